"""Sink of `webhooks listen`: writes each verified delivery before it is answered, then runs the command for it."""

from __future__ import annotations

from collections.abc import Callable

from buildkite_api.webhooks.events import WebhookEvent

from ...errors import WebhookQueueFull
from ...webhooks.delivery import Delivery
from ...webhooks.parsing import event_of
from ...webhooks.queue import MemoryQueue
from .command_runner import CommandRunner
from .counters import DeliveryCounters
from .display import Display, DisplayThread
from .event_fields import event_fields
from .jsonl import JsonlWriter, delivery_line

__all__ = ["ListenSink"]


class ListenSink:
    """`EventSink` that writes deliveries to the file of `--jsonl` and to the display.

    Args:
        passes: whether an event passes the filters.
        jsonl: the writer of `--jsonl`; None without it.
        display: the output.
        thread: the thread that writes.
        runner: the runner of the command of `--exec`; None without it.
        limit: the most deliveries whose command hasn't ended.
        at_once: the number of commands that run at once. Those of one build run one after the other.
        counters: the counters to increase.
    """

    def __init__(
        self,
        *,
        passes: Callable[[WebhookEvent], bool],
        jsonl: JsonlWriter | None,
        display: Display,
        thread: DisplayThread,
        runner: CommandRunner | None,
        limit: int,
        at_once: int,
        counters: DeliveryCounters,
    ) -> None:
        self._passes = passes
        self._jsonl = jsonl
        self._display = display
        self._thread = thread
        self._runner = runner
        self._limit = limit
        self._queue = MemoryQueue(limit, workers=at_once, ordered=True)
        self._writing = 0
        self._counters = counters
        self._can_write = True

    @property
    def can_write(self) -> bool:
        """False if the last delivery couldn't be written to --jsonl."""
        return self._can_write

    @property
    def queued(self) -> int:
        """The number of accepted deliveries whose command hasn't ended."""
        return len(self._queue)

    async def put(self, delivery: Delivery, /) -> None:
        """Accept a delivery: it can be answered with 200.

        Raises:
            WebhookQueueFull: there are too many deliveries whose command hasn't ended.
            OSError: the delivery can't be written.
        """
        event = event_of(delivery)
        if not self._passes(event):
            self._counters.passed_over += 1
            return
        if self._writing + self.queued >= self._limit:
            # Before it is in the file: it will be sent again, and must not be there twice.
            raise WebhookQueueFull(
                f"The delivery is refused: {self._limit} others are being handled, which is the limit.",
                reason="queue_full",
            )
        self._writing += 1
        try:
            await self._write_jsonl(delivery)
            await self._thread.run(self._display.event, delivery, event_fields(event))
            if self._runner is None:
                self._counters.handled += 1
            else:
                await self._queue.put(delivery)
        finally:
            self._writing -= 1

    async def run_commands(self) -> None:
        """Run the command for each accepted delivery, until `aclose`."""
        if self._runner is not None:
            await self._queue.consume(self._run_command)

    async def aclose(self) -> None:
        await self._queue.aclose()

    async def _write_jsonl(self, delivery: Delivery) -> None:
        if self._jsonl is None:
            return
        line = delivery_line(delivery)
        try:
            await self._thread.run(self._jsonl.append, line)
            self._can_write = True
        except OSError as error:
            self._can_write = False
            reason = error.strerror or str(error)
            await self._thread.run(self._display.problem, f"--jsonl: the delivery can't be written: {reason}.")
            raise

    async def _run_command(self, delivery: Delivery) -> None:
        assert self._runner is not None
        event = event_fields(event_of(delivery))

        async def on_line(line: str) -> None:
            await self._thread.run(self._display.command_line, event, line)

        result = await self._runner.run(delivery, event, on_line)
        if result.problem is None:
            self._counters.handled += 1
        else:
            self._counters.failed += 1
        await self._thread.run(self._display.command_ended, delivery, event, result)
