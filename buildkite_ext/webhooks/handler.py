"""`WebhookHandler`: receives deliveries, and runs what was registered for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar

from buildkite_api.webhooks.registrar import Registrar

from ..errors import ConfigurationError
from .acceptance import LONGEST_REMEMBERED, Acceptance
from .answers import MAX_BODY, Answer, Head, Refusal, check_head, closed, too_large
from .deliveries import Delivery, EventSink, EventSource
from .dispatch import Dispatcher, Registration
from .doors import Doors
from .headers import Headers
from .matching import Filters, Patterns, matcher
from .memory import MemoryQueue
from .parsing import event_of
from .proof import proof_of
from .replays import MemoryReplays, ReplayStore
from .reports import Hook, Refused, Reports
from .runtime.event_loop import LoopStopped
from .runtime.lifecycle import Lifecycle
from .runtime.worker import consume_until_signal
from .signature import TOLERANCE, Secrets
from .sources import SourceAddresses

T = TypeVar("T")


class WebhookHandler(Doors, Registrar):
    """Verifies, answers and handles webhooks.

    Give exactly one of `secret`, `token` and `allow_unsigned`.

    Args:
        secret: the token that was set for the webhook, with which Buildkite signs; several, as a tuple, while it is
            changed.
        token: the same for a webhook that is set up to show it in clear text, which is weaker.
        allow_unsigned: take deliveries from anybody. Test Engine's can't be verified.
        tolerance: seconds by which a signature's time may differ from now; within them a delivery is accepted once.
        max_body: the most bytes of a body to take.
        body_timeout: seconds that a body may take to arrive.
        answer: `accepted`: answer as soon as a delivery is in the queue, and run its handlers then. `handled`: run its
            handlers first, in the request.
        failure_status: with `answer="handled"`, what a delivery is answered with when one of its handlers failed: 500
            says so; 200 keeps it between you and `on_report`. What Buildkite makes of it isn't documented.
        handler_timeout: seconds that a handler may take, unless it is registered with a timeout of its own; None for
            any time. A sync handler that takes longer is left behind in its thread, which can't be stopped.
        threads: how many sync handlers may run at once.
        sink: where accepted deliveries go: by default a `MemoryQueue()`, which this handler empties itself; a
            `RedisStreamSink` for workers on other machines, which `consume` a `RedisStreamSource`.
        replays: what remembers deliveries and happenings: by default this process; a `RedisReplays` for all machines.
        remember: for how many seconds handlers with `once=True` remember what they did.
        sources: take deliveries only from Buildkite's addresses: `SourceAddresses()`. It comes on top of a signature and
            takes the place of none.
        close_timeout: seconds that closing gives to what was accepted. What isn't handled by then is reported as `Lost`.
        on_report: called with each `Report`.
        now: the time, in seconds since the epoch.

    Raises:
        ConfigurationError: not exactly one way to verify; an empty secret; a number that makes no sense.

    Example:
        >>> hooks = WebhookHandler(secret="s3cret")
        >>> @hooks.on("build.finished", state="failed", pipeline="web", branch=["main", "release/*"])
        ... async def page_someone(event):
        ...     print("Wake up:", event.build.web_url)
        >>> app = hooks.asgi()

    Documentation: https://buildkite.com/docs/apis/webhooks
    """

    def __init__(
        self,
        *,
        secret: Secrets | None = None,
        token: Secrets | None = None,
        allow_unsigned: bool = False,
        tolerance: float = TOLERANCE,
        max_body: int = MAX_BODY,
        body_timeout: float = 10.0,
        answer: Literal["accepted", "handled"] = "accepted",
        failure_status: int = 500,
        handler_timeout: float | None = 30.0,
        threads: int = 16,
        sink: EventSink | None = None,
        replays: ReplayStore | None = None,
        remember: float = LONGEST_REMEMBERED,
        sources: SourceAddresses | None = None,
        close_timeout: float = 30.0,
        on_report: Hook | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        proof = proof_of(secret, token, allow_unsigned=allow_unsigned, tolerance=tolerance)
        for name, number in (("tolerance", tolerance), ("body_timeout", body_timeout), ("remember", remember)):
            if not number > 0:
                raise ConfigurationError(f"{name}={number!r}: give seconds above 0")
        if not close_timeout >= 0:
            raise ConfigurationError(f"close_timeout={close_timeout!r}: give seconds, 0 or more")
        if max_body < 1 or threads < 1 or not 200 <= failure_status <= 599:
            raise ConfigurationError(
                "max_body and threads must be 1 or more, failure_status an HTTP status of 200 to 599"
            )
        if answer not in ("accepted", "handled"):
            raise ConfigurationError(f'answer={answer!r}: give "accepted" or "handled"')
        replays = replays if replays is not None else MemoryReplays()
        self._proof = proof
        self._max_body = max_body
        self._body_timeout = body_timeout
        self._handler_timeout = _timeout(handler_timeout)
        self._sources = sources
        self._registrations: list[Registration] = []
        self._reports = Reports(on_report)
        self._dispatcher = Dispatcher(self._reports, replays, remember=remember, threads=threads)
        sink = sink if sink is not None else MemoryQueue()
        self._lifecycle = Lifecycle(sink, replays, self.handle, self._reports, close_timeout=close_timeout)
        self._acceptance = Acceptance(
            proof,
            replays,
            self._lifecycle,
            self.handle,
            self._reports,
            when=answer,
            failure_status=failure_status,
            now=now,
        )

    def __repr__(self) -> str:
        return f"WebhookHandler({self._proof}, sink={self._lifecycle.sink!r}, handlers={len(self._registrations)})"

    # --- Registering --------------------------------------------------------------------------------------------------

    def _register(
        self,
        event: str | type[Any],
        *,
        state: Patterns | None,
        pipeline: Patterns | None,
        branch: Patterns | None,
        once: bool,
        timeout: float | None,
    ) -> Any:
        matches = matcher(event, Filters(state=state, pipeline=pipeline, branch=branch))
        seconds = self._handler_timeout if timeout is None else _timeout(timeout)

        def decorate(function: Callable[[Any], object]) -> Callable[[Any], object]:
            if not callable(function):
                raise TypeError(f"a handler must be callable, not {type(function).__name__}")
            self._registrations.append(Registration(function, self._name(function), matches, once, seconds))
            return function

        return decorate

    def _name(self, function: Any) -> str:
        """A name that is the same in every process that registers the same handlers in the same order."""
        name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"
        again = sum(each.name.partition("#")[0] == name for each in self._registrations)
        return f"{name}#{again + 1}" if again else name

    # --- Receiving ----------------------------------------------------------------------------------------------------

    @property
    def counts(self) -> Mapping[str, int]:
        """How many deliveries were `accepted`, `repeated`, `refused`, `handled` and `lost`, and handlers `failed`."""
        return self._reports.counts

    @property
    def max_body(self) -> int:
        """The most bytes of a body that are taken."""
        return self._max_body

    @property
    def body_timeout(self) -> float:
        """Seconds that a body may take to arrive."""
        return self._body_timeout

    async def receive(
        self,
        method: str,
        headers: Headers,
        body: bytes,
        *,
        client: str | None = None,
        handle_first: bool = False,
    ) -> Answer:
        """Take one request, by whatever door it came.

        Args:
            method: the HTTP method.
            headers: the headers, in any of the forms that servers have them in.
            body: the raw body.
            client: the address that the connection comes from.
            handle_first: return only when the handlers have run, where it is this process that runs them: for one that
                may stop as soon as it has answered. The answer is the same.

        Returns:
            What to answer. It never raises for anything that a request may hold.

        Example:
            >>> import asyncio
            >>> hooks = WebhookHandler(allow_unsigned=True, answer="handled")
            >>> headers = {"Content-Type": "application/json", "X-Buildkite-Event": "ping"}
            >>> asyncio.run(hooks.receive("POST", headers, b'{"event": "ping"}')).status
            200
        """
        head = Head(method, headers, client)
        refused = await self.admit(head)
        return refused if refused is not None else await self.accept(head, body, handle_first=handle_first)

    def receive_blocking(
        self,
        method: str,
        headers: Headers,
        body: bytes,
        *,
        client: str | None = None,
        handle_first: bool = False,
    ) -> Answer:
        """As `receive`, for code that can't await: a plain function for any server, in any thread.

        Handlers run in an event loop of this handler's own, in a thread that starts with the first delivery, in each
        process that a server forks. `close` ends it; so does the end of the process, after what was accepted.

        Args:
            method: the HTTP method.
            headers: the headers, in any of the forms that servers have them in.
            body: the raw body.
            client: the address that the connection comes from.
            handle_first: return only when the handlers have run.

        Returns:
            What to answer.

        Raises:
            RuntimeError: called by an async handler of its own, which would wait for itself.

        Example:
            >>> hooks = WebhookHandler(allow_unsigned=True)
            >>> headers = {"Content-Type": "application/json"}
            >>> hooks.receive_blocking("POST", headers, b'{"event": "ping"}').status
            200
            >>> hooks.close()
            >>> hooks.receive_blocking("POST", headers, b'{"event": "ping"}').status
            503
        """
        receiving = self.receive(method, headers, body, client=client, handle_first=handle_first)
        return self._blocking(Head(method, headers, client), receiving)

    def admit_blocking(self, head: Head, *, length_required: bool = False) -> Answer | None:
        """As `admit`, for code that can't await."""
        if self._sources is None:
            return self._look(head, length_required=length_required)
        return self._blocking(head, self.admit(head, length_required=length_required))

    def accept_blocking(self, head: Head, body: bytes) -> Answer:
        """As `accept`, for code that can't await."""
        return self._blocking(head, self.accept(head, body))

    def _blocking(self, head: Head, receiving: Coroutine[Any, Any, T]) -> T | Answer:
        if self._lifecycle.closed:
            receiving.close()
            return self.refuse(head, closed())
        try:
            return self._lifecycle.run(receiving)
        except LoopStopped:
            return self.refuse(head, closed())

    async def admit(self, head: Head, *, length_required: bool = False) -> Answer | None:
        """Look at a request before its body is read.

        Returns:
            The answer for one whose body isn't worth reading; None for any other.
        """
        refused = self._look(head, length_required=length_required)
        if refused is not None or self._sources is None:
            return refused
        try:
            await self._sources.check(head)
        except Refusal as refusal:
            return self.refuse(head, refusal)
        return None

    def _look(self, head: Head, *, length_required: bool) -> Answer | None:
        try:
            if self._lifecycle.closed:
                raise closed()
            check_head(head, max_body=self._max_body, proof=self._proof.header, length_required=length_required)
        except Refusal as refusal:
            return self.refuse(head, refusal)
        return None

    async def accept(self, head: Head, body: bytes, *, handle_first: bool = False) -> Answer:
        """Verify the body of an admitted request, and accept it, or handle it.

        Returns:
            What to answer.
        """
        try:
            if len(body) > self._max_body:
                raise too_large(self._max_body)
            delivery = self._acceptance.delivery(head.headers, body)
            return await self._acceptance.accept(delivery, handle_first=handle_first)
        except Refusal as refusal:
            return self.refuse(head, refusal)

    def refuse(self, head: Head, refusal: Refusal) -> Answer:
        """Report a refusal, and make an answer of it."""
        self._reports.emit(Refused(refusal.status, refusal.reason, refusal.message, head.client))
        return refusal.answer()

    # --- Handling -----------------------------------------------------------------------------------------------------

    async def handle(self, delivery: Delivery, /) -> None:
        """Run the handlers of one delivery, in the order of their registration.

        Raises:
            HandlersFailed: at least one of them failed. All were run, and what they raised was reported.
        """
        await self._dispatcher.run(self._registrations, event_of(delivery), delivery)

    async def consume(self, source: EventSource) -> None:
        """Handle what a source gives until it is closed: the work of a worker on any machine.

        Args:
            source: such as a `RedisStreamSource`.
        """
        await source.consume(self.handle)

    def work(self, source: EventSource) -> None:
        """The main program of a worker: handle what a source gives until Ctrl-C or SIGTERM, and then what was begun.

        A second signal ends it at once; what was being handled comes again elsewhere, where the source promises that.

        Args:
            source: such as a `RedisStreamSource`, which it closes.

        Example:
            ```python
            if __name__ == "__main__":
                hooks.work(RedisStreamSource("redis://localhost:6379/0"))
            ```
        """

        async def working() -> None:
            try:
                await consume_until_signal(self.consume, source)
            finally:
                await self.aclose()

        asyncio.run(working())

    # --- Ending -------------------------------------------------------------------------------------------------------

    async def aclose(self, timeout: float | None = None) -> None:
        """Accept nothing more, handle what was accepted, and close the sink and the connections of the replays.

        Args:
            timeout: seconds to give to that; by default the handler's `close_timeout`. What isn't handled by then is
                reported as `Lost`.
        """
        await self._lifecycle.aclose(timeout)

    def close(self, timeout: float | None = None) -> None:
        """As `aclose`, for code that can't await; it also ends the thread that `receive_blocking` started.

        It is called by itself when the interpreter ends, so servers need not call it. Not to be called in the thread of
        an event loop that handles deliveries: there, `await hooks.aclose()`.

        Args:
            timeout: seconds to give to what was accepted; by default the handler's `close_timeout`. What isn't handled
                by then is reported as `Lost`.
        """
        self._lifecycle.close(timeout)

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:  # noqa: ARG002 - Starlette gives it
        """Handle what was accepted before the server ends: `Starlette(lifespan=hooks.lifespan)`, `FastAPI(…)` likewise.

        Servers tell only the outermost app of their end, so an app that is within another needs this one there.
        """
        async with self._lifecycle.lifespan():
            yield


def _timeout(seconds: float | None) -> float | None:
    if seconds is not None and not seconds > 0:
        raise ConfigurationError(f"timeout={seconds!r}: give seconds above 0, or None for any time")
    return seconds
