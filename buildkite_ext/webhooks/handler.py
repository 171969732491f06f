"""`WebhookHandler`: receives deliveries, and runs what was registered for them."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar

import anyio
from buildkite_api.webhooks.events import BuildEvent, JobEvent, WebhookEvent
from buildkite_api.webhooks.registrar import Registrar

from ..errors import ConfigurationError, WebhookMalformed, WebhookQueueFull, WebhookUnverified
from .answers import ACCEPTED, MAX_BODY, REPEATED, Answer, Head, Refusal, answer, check_head, closed, too_large
from .background import BackgroundLoop, Stopped, at_exit
from .deliveries import Delivery, EventSink, EventSource
from .dispatch import Dispatcher, HandlersFailed, Registration
from .doors import Doors
from .forks import forget_when_forked, keep
from .happenings import happening
from .headers import SIGNATURE, TOKEN, Headers
from .matching import Filters, Patterns, matcher
from .memory import MemoryQueue
from .parsing import parse
from .replays import MemoryReplays, ReplayStore
from .reports import Accepted, Hook, Lost, Refused, Repeated, Reports
from .signature import TOLERANCE, Secrets, secrets_of, verify, verify_token
from .sources import SourceAddresses

T = TypeVar("T")

_ACCEPTING = 60.0
"""Seconds after which a delivery whose acceptance was never finished may be accepted again."""
_LONGEST_REMEMBERED = 86_400.0


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
        remember: float = _LONGEST_REMEMBERED,
        sources: SourceAddresses | None = None,
        on_report: Hook | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        if (secret is not None) + (token is not None) + bool(allow_unsigned) != 1:
            raise ConfigurationError(
                "WebhookHandler needs exactly one of secret= (Buildkite signs: the better one), token= (it shows the token) "
                "and allow_unsigned=True (anybody may post)"
            )
        for name, number in (("tolerance", tolerance), ("body_timeout", body_timeout), ("remember", remember)):
            if not number > 0:
                raise ConfigurationError(f"{name}={number!r}: give seconds above 0")
        if max_body < 1 or threads < 1 or not 200 <= failure_status <= 599:
            raise ConfigurationError(
                "max_body and threads must be 1 or more, failure_status an HTTP status of 200 to 599"
            )
        if answer not in ("accepted", "handled"):
            raise ConfigurationError(f'answer={answer!r}: give "accepted" or "handled"')
        self._secret = tuple(secrets_of(secret)) if secret is not None else None
        self._token = tuple(secrets_of(token)) if token is not None else None
        self._tolerance = tolerance
        self._max_body = max_body
        self._body_timeout = body_timeout
        self._answer = answer
        self._failure_status = failure_status
        self._handler_timeout = _timeout(handler_timeout)
        self._sink: EventSink = sink if sink is not None else MemoryQueue()
        self._replays: ReplayStore = replays if replays is not None else MemoryReplays()
        self._sources = sources
        self._now = now
        self._reports = Reports(on_report)
        self._registrations: list[Registration] = []
        self._dispatcher = Dispatcher(self._reports, self._replays, remember=remember, threads=threads)
        self._worker: asyncio.Task[None] | None = None
        self._closed = False
        self._background = BackgroundLoop()
        self._closes_at_exit = False
        self._starting = threading.Lock()
        forget_when_forked(self)

    def __repr__(self) -> str:
        way = "secret=…" if self._secret else "token=…" if self._token else "allow_unsigned=True"
        return f"WebhookHandler({way}, sink={self._sink!r}, handlers={len(self._registrations)})"

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
        if self._closed:
            receiving.close()
            return self.refuse(head, closed())
        if not self._closes_at_exit:
            self._closes_at_exit = True
            at_exit(self._close_at_exit)
        try:
            return self._background.run(receiving)
        except Stopped:
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
            if self._closed:
                raise closed()
            check_head(head, max_body=self._max_body, proof=self._proof, length_required=length_required)
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
            delivery = self._delivery(head.headers, body)
            return await self._accept_once(delivery, handle_first=handle_first)
        except Refusal as refusal:
            return self.refuse(head, refusal)

    def refuse(self, head: Head, refusal: Refusal) -> Answer:
        """Report a refusal, and make an answer of it."""
        self._reports.emit(Refused(refusal.status, refusal.reason, refusal.message, head.client))
        return refusal.answer()

    @property
    def _proof(self) -> str | None:
        return SIGNATURE if self._secret else TOKEN if self._token else None

    def _delivery(self, headers: Headers, body: bytes) -> Delivery:
        try:
            signature = self._verify(headers, body)
            event = parse(body, headers)
        except WebhookUnverified as error:
            raise Refusal(401, error.reason, str(error), "Unauthorized") from None
        except WebhookMalformed as error:
            raise Refusal(400, error.reason, str(error)) from None
        # Unsigned, a second alarm looks just like the first sent again: unless its content tells, they are two.
        proof = signature or ("" if happening(event) else secrets.token_hex(8))
        digest = hashlib.sha256(f"{proof}\n".encode() + body).hexdigest()
        return Delivery(digest, event.event, event.raw, self._now(), _build_id(event), event)

    def _verify(self, headers: Headers, body: bytes) -> str:
        """The signature; nothing where there is none to verify."""
        if self._secret is not None:
            return verify(body, headers, self._secret, tolerance=self._tolerance, now=self._now).signature
        if self._token is not None:
            verify_token(headers, self._token)
        return ""

    async def _accept_once(self, delivery: Delivery, *, handle_first: bool) -> Answer:
        key = f"delivery:{delivery.id}"
        always = self._answer == "handled"
        inline = always or (handle_first and isinstance(self._sink, MemoryQueue))
        try:
            claim = await self._replays.claim(key, max(_ACCEPTING, self._replayable) if inline else _ACCEPTING)
        except Exception as error:
            raise _unavailable(error) from error
        if claim == "settled":
            self._reports.emit(Repeated(delivery.id, delivery.event))
            return REPEATED
        if claim == "pending":
            raise Refusal(503, "pending", "the same delivery is being accepted", headers={"Retry-After": "1"})
        accepted = False
        try:
            if inline:
                done = await self._handle_now(delivery, failed=self._failure_status if always else 200)
            else:
                done = await self._put(delivery)
            accepted = done.status < 300
        finally:
            # Shielded: a server that gives up on the request would otherwise leave the key claimed.
            with anyio.CancelScope(shield=True):
                await self._settle(key, self._replayable if accepted else 0)
        return done

    @property
    def _replayable(self) -> float:
        """For how long a signature can be good: it may have been early by as much as it may become late."""
        return min(2 * self._tolerance, _LONGEST_REMEMBERED)

    async def _settle(self, key: str, seconds: float) -> None:
        try:
            await self._replays.settle(key, seconds)
        except Exception as error:
            # The delivery is accepted or not whatever becomes of this; the key expires.
            self._reports.problem("a delivery could not be remembered", error)

    async def _put(self, delivery: Delivery) -> Answer:
        if self._closed:
            # Its body came while everything else ended: nobody would wait for its handlers.
            raise closed()
        self._ensure_running()
        try:
            await self._sink.put(delivery)
        except WebhookQueueFull as error:
            raise Refusal(503, error.reason, str(error), "No room for it now.", {"Retry-After": "5"}) from None
        except Exception as error:
            raise _unavailable(error) from error
        self._reports.emit(Accepted(delivery.id, delivery.event))
        return ACCEPTED

    async def _handle_now(self, delivery: Delivery, *, failed: int) -> Answer:
        self._reports.emit(Accepted(delivery.id, delivery.event))
        try:
            await self.handle(delivery)
        except HandlersFailed:
            return answer(failed, "A handler failed.")
        return answer(200, "Handled.")

    # --- Handling -----------------------------------------------------------------------------------------------------

    async def handle(self, delivery: Delivery, /) -> None:
        """Run the handlers of one delivery, in the order of their registration.

        Raises:
            HandlersFailed: at least one of them failed. All were run, and what they raised was reported.
        """
        event = delivery.parsed if delivery.parsed is not None else parse(delivery.body)
        await self._dispatcher.run(self._registrations, event, delivery)

    async def consume(self, source: EventSource) -> None:
        """Handle what a source gives until it is closed: the work of a worker on any machine.

        Args:
            source: such as a `RedisStreamSource`.
        """
        await source.consume(self.handle)

    def _ensure_running(self) -> None:
        """Empty the queue, where it is one of this process, in the loop that runs now, unless another one does."""
        if not isinstance(self._sink, MemoryQueue):
            return
        with self._starting:
            self._start_worker(self._sink)

    def _start_worker(self, queue: MemoryQueue) -> None:
        if self._worker is not None and not (self._worker.done() or self._worker.get_loop().is_closed()):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                'a MemoryQueue needs asyncio: on trio, use WebhookHandler(answer="handled")'
            ) from None
        # In a context of its own: the first request's would otherwise cling to all that follow.
        context = contextvars.Context()
        self._worker = loop.create_task(self.consume(queue), name="buildkite-webhooks", context=context)

    async def aclose(self, timeout: float = 30.0) -> None:
        """Accept nothing more, and handle what was accepted.

        Args:
            timeout: seconds to give to that. What isn't handled by then is reported as `Lost`.
        """
        self._closed = True
        home = self._worker.get_loop() if self._worker is not None else None
        if home is None or home is asyncio.get_running_loop() or not home.is_running():
            await self._drain(timeout)
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._drain(timeout), home))

    def close(self, timeout: float = 30.0) -> None:
        """As `aclose`, for code that can't await; it also ends the thread that `receive_blocking` started.

        It is called by itself when the interpreter ends, so servers need not call it. Not to be called in the thread of
        an event loop that handles deliveries: there, `await hooks.aclose()`.

        Args:
            timeout: seconds to give to what was accepted. What isn't handled by then is reported as `Lost`.
        """
        self._closed = True
        begun = time.monotonic()
        if self._background.started or self._worker is not None or not isinstance(self._sink, MemoryQueue):
            self._background.run(self.aclose(timeout))
        self._background.stop(max(0.0, timeout - (time.monotonic() - begun)))

    def _close_at_exit(self) -> None:
        if self._background.started:
            self.close()

    def forget(self) -> None:
        """Begin anew in a forked process, without what its parent accepted."""
        keep(self._worker)
        self._worker = None
        self._starting = threading.Lock()

    async def _drain(self, timeout: float) -> None:
        await self._sink.aclose()
        worker, self._worker = self._worker, None
        if worker is None or not isinstance(self._sink, MemoryQueue):
            return
        if worker.get_loop() is not asyncio.get_running_loop():
            # Its loop was stopped before its work was done.
            if len(self._sink):
                self._reports.emit(Lost(len(self._sink)))
            return
        await asyncio.wait({worker}, timeout=timeout)
        if not worker.done():
            left = len(self._sink)
            worker.cancel()
            await asyncio.wait({worker}, timeout=1.0)
            self._reports.emit(Lost(left))

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:  # noqa: ARG002 - Starlette gives it
        """Handle what was accepted before the server ends: `Starlette(lifespan=hooks.lifespan)`, `FastAPI(…)` likewise.

        Servers tell only the outermost app of their end, so an app that is within another needs this one there.
        """
        self._closed = False
        try:
            yield
        finally:
            await self.aclose()


def _timeout(seconds: float | None) -> float | None:
    if seconds is not None and not seconds > 0:
        raise ConfigurationError(f"timeout={seconds!r}: give seconds above 0, or None for any time")
    return seconds


def _build_id(event: WebhookEvent) -> str | None:
    build = event.build if isinstance(event, (BuildEvent, JobEvent)) else None
    return build.id if build is not None and isinstance(build.id, str) else None


def _unavailable(error: Exception) -> Refusal:
    # Not the error's text, which may hold an address with a password.
    message = f"what remembers or keeps deliveries can't be reached ({type(error).__name__})"
    return Refusal(503, "unavailable", message, "Not now.", {"Retry-After": "5"})
