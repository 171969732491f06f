"""Where `listen` puts what was verified: in the file and on the screen before it is answered, then before the command."""

from __future__ import annotations

from collections.abc import Callable

from buildkite_api.webhooks.events import WebhookEvent

from ...errors import WebhookQueueFull
from ...webhooks.deliveries import Delivery
from ...webhooks.memory import MemoryQueue
from ...webhooks.parsing import event_of
from .command_runner import Executor
from .counters import Tally
from .display import View
from .event_fields import facts_of
from .jsonl import Journal, line_of
from .printer import Printer


class Intake:
    """An `EventSink`. What it accepts is in the journal.

    Args:
        wanted: whether an event passes the filters.
        journal: what keeps deliveries; None for nothing.
        view: what shows them.
        printer: what writes.
        executor: what runs a command for each; None for nothing.
        limit: the most deliveries to hold.
        at_once: how many commands may run at once. Those of one build run one after the other.
        tally: what counts.
    """

    def __init__(
        self,
        *,
        wanted: Callable[[WebhookEvent], bool],
        journal: Journal | None,
        view: View,
        printer: Printer,
        executor: Executor | None,
        limit: int,
        at_once: int,
        tally: Tally,
    ) -> None:
        self._wanted = wanted
        self._journal = journal
        self._view = view
        self._printer = printer
        self._executor = executor
        self._limit = limit
        self._queue = MemoryQueue(limit, workers=at_once, ordered=True)
        self._entering = 0
        self._tally = tally

    @property
    def queued(self) -> int:
        """How many deliveries were accepted whose command hasn't ended."""
        return len(self._queue)

    async def put(self, delivery: Delivery, /) -> None:
        """Accept a delivery, which is to be answered with 200.

        Raises:
            WebhookQueueFull: too many are on their way.
            OSError: it can't be kept or shown.
        """
        event = event_of(delivery)
        if not self._wanted(event):
            self._tally.passed_over += 1
            return
        if self._entering + self.queued >= self._limit:
            # Before it stands in the file: it will be sent anew, and must not be there twice.
            raise WebhookQueueFull(
                f"The delivery is refused: {self._limit} others are being handled, which is the limit.",
                reason="queue_full",
            )
        self._entering += 1
        try:
            await self._keep(delivery)
            await self._printer.write(self._view.event, delivery, facts_of(event))
            if self._executor is None:
                self._tally.handled += 1
            else:
                await self._queue.put(delivery)
        finally:
            self._entering -= 1

    async def consume(self) -> None:
        """Run the command for what is accepted, until `aclose`."""
        if self._executor is not None:
            await self._queue.consume(self._execute)

    async def aclose(self) -> None:
        await self._queue.aclose()

    async def _keep(self, delivery: Delivery) -> None:
        if self._journal is None:
            return
        line = line_of(delivery)
        try:
            await self._printer.write(self._journal.append, line)
        except OSError as error:
            why = error.strerror or str(error)
            await self._printer.write(self._view.problem, f"--jsonl: the delivery can't be written: {why}.")
            raise

    async def _execute(self, delivery: Delivery) -> None:
        assert self._executor is not None
        facts = facts_of(event_of(delivery))

        async def say(line: str) -> None:
            await self._printer.write(self._view.said, facts, line)

        execution = await self._executor.run(delivery, facts, say)
        if execution.problem is None:
            self._tally.handled += 1
        else:
            self._tally.failed += 1
        await self._printer.write(self._view.executed, delivery, facts, execution)
