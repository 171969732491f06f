"""`WebhookHandler`: receives deliveries and runs the handlers that are registered for their events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from buildkite_api.webhooks.events import WebhookEvent

from .._unfinished import shown_unfinished
from ..errors import ConfigurationError
from ..messages import shown
from .allowed_ips import AllowedIPs
from .deduplication import DeduplicationStore, MemoryDeduplicationStore
from .delivery import Delivery, EventSink, EventSource, Handle
from .dispatch import HandlerDispatcher
from .events import DeliveryAccepted, DeliveryEvent, DeliveryEvents, DeliveryHook
from .http import MAX_BODY, Headers, RequestHead, WebhookResponse, received_headers
from .parsing import event_of
from .queue import MemoryQueue
from .receiver import LONGEST_REMEMBERED, Receiver, delivery_of
from .routing import Registration, Router
from .runtime.lifecycle import Lifecycle, consume_until_signal
from .signature import TOLERANCE, Secrets, verifier_for

if TYPE_CHECKING:
    from ..telemetry.base import Telemetry
    from .adapters.asgi import App, AsgiApp, LifespanApp
    from .adapters.wsgi import WsgiApp

__all__ = ["WebhookHandler"]

_SPAN = "buildkite.webhook.process"


class WebhookHandler(Router):
    """Verifies deliveries, responds to them, and runs handlers.

    Give exactly one of `secret`, `token` and `allow_unsigned`.

    Args:
        secret: the webhook's token in Buildkite, with which Buildkite signs; a tuple of several while it is changed.
        token: the same for a webhook that sends its token in plain text, which is weaker.
        allow_unsigned: accept deliveries from anybody. Test Engine's can't be verified.
        tolerance: seconds by which a signature's time may differ from the current time. Within them, a repeated
            delivery is accepted once.
        max_body: the limit of a body, in bytes.
        body_timeout: seconds in which a body must arrive.
        respond_after: `accepted`: respond as soon as a delivery is in the queue, and run its handlers then. `handled`:
            run its handlers within the request, and respond then.
        failure_status: with `respond_after="handled"`, the status of the response if a handler failed. With 200 only
            you learn of the failure, by `on_delivery_event`. How Buildkite reacts to a status isn't documented.
        handler_timeout: seconds that a handler may take, unless it is registered with its own timeout; None for no
            limit. A sync handler that takes longer is left behind in its thread, which can't be stopped.
        threads: the maximum number of sync handlers that run at the same time.
        sink: where accepted deliveries go: by default a `MemoryQueue()`, which this handler empties itself; a
            `RedisStreamSink` for workers on other machines, which `consume` a `RedisStreamSource`.
        deduplication: the store that remembers accepted deliveries and handled events: by default in this process; a
            `RedisDeduplicationStore` for all machines.
        remember: seconds for which handled events are remembered for handlers with `once=True`.
        allowed_ips: `AllowedIPs()` to accept deliveries from Buildkite's addresses only. This is an addition to a
            signature, not a replacement.
        health: a path such as `/healthz` at which `asgi`, `wsgi` and `aws_lambda` answer the GET and HEAD requests of load
            balancers: 200, and 503 while the receiver closes. Such a request needs no signature and comes from any address.
            It is neither counted nor logged. None for no such path.
        close_timeout: seconds in which accepted deliveries must be handled on close. The others are reported as
            `DeliveriesLost`.
        on_delivery_event: called with each `DeliveryEvent`.
        telemetry: gets a count of accepted deliveries and a span of each that is handled, such as `OpenTelemetry()` of
            `buildkite_ext.telemetry`; None for none.
        now: returns the current time, in seconds since the epoch.

    Raises:
        ConfigurationError: not exactly one way to verify, an empty secret, or a number out of its range.

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
        respond_after: Literal["accepted", "handled"] = "accepted",
        failure_status: int = 500,
        handler_timeout: float | None = 30.0,
        threads: int = 16,
        sink: EventSink | None = None,
        deduplication: DeduplicationStore | None = None,
        remember: float = LONGEST_REMEMBERED,
        allowed_ips: AllowedIPs | None = None,
        health: str | None = None,
        close_timeout: float = 30.0,
        on_delivery_event: DeliveryHook | None = None,
        telemetry: Telemetry | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        verifier = verifier_for(secret, token, allow_unsigned=allow_unsigned, tolerance=tolerance)
        for name, number in (("tolerance", tolerance), ("body_timeout", body_timeout), ("remember", remember)):
            if not number > 0:
                raise ConfigurationError(f"{name}={number!r}: give seconds above 0")
        if not close_timeout >= 0:
            raise ConfigurationError(f"close_timeout={close_timeout!r}: give seconds, 0 or more")
        if max_body < 1 or threads < 1 or not 200 <= failure_status <= 599:
            raise ConfigurationError(
                "max_body= and threads= must be 1 or more, failure_status= an HTTP status of 200 to 599"
            )
        if respond_after not in ("accepted", "handled"):
            raise ConfigurationError(f'respond_after={respond_after!r}: give "accepted" or "handled"')
        if health is not None and not health.startswith("/"):
            raise ConfigurationError(f'health={health!r}: give a path that begins with /, such as "/healthz"')
        if not _is_timeout(handler_timeout):
            raise ConfigurationError(f"handler_timeout={handler_timeout!r}: give seconds above 0, or None for no limit")
        store = deduplication if deduplication is not None else MemoryDeduplicationStore()
        sink = sink if sink is not None else MemoryQueue()
        self._handler_timeout = handler_timeout
        self._handlers: list[Registration] = []
        self._events = DeliveryEvents(on_delivery_event)
        self._telemetry = telemetry
        if telemetry is not None:
            if not hasattr(telemetry, "webhook_received"):
                raise ConfigurationError(f"telemetry={shown(telemetry)}: give a Telemetry, such as OpenTelemetry()")
            self._events.hooks.add(partial(_count_received, telemetry))
        self._dispatcher = HandlerDispatcher(self._events, store, remember=remember, threads=threads)
        queue = sink if isinstance(sink, MemoryQueue) else None
        handle = self.handle if queue is None else self._handle_of(queue)
        self._lifecycle = Lifecycle(sink, queue, store, handle, self._events, close_timeout=close_timeout)
        self._receiver = Receiver(
            verifier,
            store,
            self._lifecycle,
            self.handle,
            self._events,
            respond_after=respond_after,
            failure_status=failure_status,
            max_body=max_body,
            body_timeout=body_timeout,
            allowed_ips=allowed_ips,
            health=health,
            now=now,
        )
        self._shown = f"{verifier}, sink={sink!r}"

    @shown_unfinished
    def __repr__(self) -> str:
        options = self.__dict__.get("_shown")
        if options is None:  # its constructor has not ended; debuggers show it all the same
            return "<WebhookHandler without options>"
        return f"WebhookHandler({options}, handlers={len(self._handlers)})"

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of deliveries that were `accepted`, `repeated`, `handled`, `failed` and `lost`, and of requests `refused`.

        A delivery is `failed` once, however many of its handlers failed, and again each time that a source tries it again.
        What was accepted here and isn't handled, failed or lost yet waits, or is handled by workers elsewhere.
        """
        return self._events.counts

    # --- Registering --------------------------------------------------------------------------------------------------

    def _add(self, registration: Registration) -> None:
        if registration in self._registrations:
            return
        super()._add(registration)
        timeout = self._handler_timeout if registration.timeout is None else registration.timeout
        self._handlers.append(replace(registration, name=self._name(registration.function), timeout=timeout))

    def _name(self, function: Any) -> str:
        """Return a name that is the same in all processes that register the same handlers in the same order."""
        name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"
        again = sum(each.name.partition("#")[0] == name for each in self._handlers)
        return f"{name}#{again + 1}" if again else name

    # --- Receiving ----------------------------------------------------------------------------------------------------

    async def receive(
        self,
        method: str,
        headers: Headers,
        body: bytes,
        *,
        client: str | None = None,
        handle_first: bool = False,
    ) -> WebhookResponse:
        """Receive one request from any server.

        Args:
            method: the HTTP method.
            headers: the headers, in any form that servers use.
            body: the raw body.
            client: the address that the connection comes from.
            handle_first: return after the handlers have run, if they run in this process. Use it where the process may
                be stopped as soon as it has responded. The response is the same.

        Returns:
            The response. The content of a request never makes this raise an error.

        Example:
            >>> import asyncio
            >>> hooks = WebhookHandler(allow_unsigned=True, respond_after="handled")
            >>> headers = {"Content-Type": "application/json", "X-Buildkite-Event": "ping"}
            >>> asyncio.run(hooks.receive("POST", headers, b'{"event": "ping"}')).status
            200
        """
        head = RequestHead(method, received_headers(headers), client)
        return await self._receiver.receive(head, body, handle_first=handle_first)

    def receive_blocking(
        self,
        method: str,
        headers: Headers,
        body: bytes,
        *,
        client: str | None = None,
        handle_first: bool = False,
    ) -> WebhookResponse:
        """Receive one request in sync code, in any server and any thread.

        Handlers run in an event loop of this `WebhookHandler`, in a thread that starts with the first delivery in each
        process. `close` ends it; so does the end of the process, after the accepted deliveries were handled.

        The arguments and the response are those of `receive`.

        Raises:
            RuntimeError: it was called by an async handler of its own, which would wait for itself.

        Example:
            >>> hooks = WebhookHandler(allow_unsigned=True)
            >>> headers = {"Content-Type": "application/json"}
            >>> hooks.receive_blocking("POST", headers, b'{"event": "ping"}').status
            200
            >>> hooks.close()
            >>> hooks.receive_blocking("POST", headers, b'{"event": "ping"}').status
            503
        """
        head = RequestHead(method, received_headers(headers), client)
        return self._receiver.receive_blocking(head, body, handle_first=handle_first)

    # --- Adapters, each imported when it is used ----------------------------------------------------------------------

    def asgi(self) -> AsgiApp:
        """Return an ASGI app that receives at any path, for uvicorn or hypercorn, or within Starlette or FastAPI.

        It runs on asyncio, and with `respond_after="handled"` on trio. Within another app, give that app `lifespan`, and
        this one a route. A route matches exactly the path that Buildkite was given (a mount redirects a path without a
        slash at its end):

            app = FastAPI(lifespan=hooks.lifespan)
            app.router.routes.append(Route("/webhooks/buildkite", hooks.asgi()))

        Example:
            >>> from buildkite_ext.webhooks import WebhookHandler
            >>> app = WebhookHandler(secret="s3cret").asgi()

        Documentation: https://asgi.readthedocs.io/en/latest/specs/www.html
        """
        from .adapters.asgi import AsgiApp

        return AsgiApp(self._receiver)

    def with_lifespan(self, app: App) -> LifespanApp:
        """Return an ASGI app that gives another app the lifespan of this receiver.

        Use it for an app without a lifespan, such as Django's, whose views call `receive`. Accepted deliveries are then
        handled in the event loop of the server, and before it ends. The lifespan of an app that has one is run as well.

        Args:
            app: the ASGI app of your framework.

        Example:
            ```python
            application = hooks.with_lifespan(get_asgi_application())
            ```

        Documentation: https://asgi.readthedocs.io/en/latest/specs/lifespan.html
        """
        from .adapters.asgi import LifespanApp

        return LifespanApp(app, self._lifecycle)

    def wsgi(self) -> WsgiApp:
        """Return a WSGI app that receives at any path, for gunicorn or uWSGI, or beside a Flask app.

        Handlers run in a thread of their own, see `receive_blocking`. The time of a body is limited by the server,
        because `body_timeout` can't be applied: for gunicorn use `--timeout`, behind a proxy that reads the body first.
        Each process of a server remembers its own deliveries only. Give several processes one `RedisDeduplicationStore`,
        or a repeated delivery may be handled twice.

        Beside a Flask app, at a path:

            from werkzeug.middleware.dispatcher import DispatcherMiddleware

            app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/webhooks/buildkite": hooks.wsgi()})

        In a view of Flask, return `flask.Response.from_app(hooks.wsgi(), flask.request.environ)`. In a view of Django, use
        `receive_blocking`.

        Example:
            >>> from buildkite_ext.webhooks import WebhookHandler
            >>> app = WebhookHandler(secret="s3cret").wsgi()

        Documentation: https://peps.python.org/pep-3333/
        """
        from .adapters.wsgi import WsgiApp

        return WsgiApp(self._receiver)

    def aws_lambda(self, event: Mapping[str, Any], context: object = None) -> dict[str, Any]:  # noqa: ARG002 - Lambda gives it
        """Respond to one invocation of AWS Lambda: `handler = hooks.aws_lambda`.

        It accepts the events of API Gateway (REST and HTTP APIs), of function URLs, and of an Application Load Balancer
        with and without multi-value headers. Lambda may stop the process as soon as it has responded, so handlers run
        first; with a `RedisStreamSink`, workers elsewhere run them.

        Args:
            event: the event that Lambda gives.
            context: the context that Lambda gives; not used.

        Returns:
            The response in the form that belongs to the event. The content of an event never makes this raise an error.

        Example:
            >>> from buildkite_ext.webhooks import WebhookHandler
            >>> hooks = WebhookHandler(allow_unsigned=True)
            >>> event = {
            ...     "version": "2.0",
            ...     "headers": {"content-type": "application/json"},
            ...     "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.7"}},
            ...     "body": '{"event": "ping"}',
            ...     "isBase64Encoded": False,
            ... }
            >>> hooks.aws_lambda(event)["statusCode"]
            200
            >>> hooks.close()

        Documentation: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
        """
        from .adapters.aws_lambda import respond_to_lambda

        return respond_to_lambda(self._receiver, event)

    # --- Handling -----------------------------------------------------------------------------------------------------

    async def handle(self, delivery: Delivery, /) -> None:
        """Run the handlers of one delivery, in the order in which they were registered.

        Raises:
            HandlersFailed: at least one handler failed. All were run, and their errors were reported.
        """
        await self._run(delivery, None)

    async def _run(self, delivery: Delivery, ending: Callable[[], bool] | None) -> None:
        if self._telemetry is None:
            await self._dispatcher.run(self._handlers, event_of(delivery), delivery, ending)
            return
        with self._telemetry.span(_SPAN, {"event_type": delivery.event}, kind="consumer"):
            await self._dispatcher.run(self._handlers, event_of(delivery), delivery, ending)

    def _handle_of(self, queue: MemoryQueue) -> Handle:
        """Return `handle` for the workers of a queue, which know if somebody ends them."""

        async def handle(delivery: Delivery, /) -> None:
            await self._run(delivery, queue._ending)

        return handle

    async def dispatch(self, event: WebhookEvent, /) -> None:
        """Run the handlers of an event that no delivery brought, such as one of `builds.events`.

        The same handlers run as for a delivery of the event, with the same filters, and failures are reported in the same way.
        Nothing is verified, and nothing is queued. The body of `current_delivery()` is empty.

        Raises:
            HandlersFailed: at least one handler failed. All were run, and their errors were reported.
            TypeError: it isn't an event.

        Example:
            >>> import asyncio
            >>> from buildkite_ext.webhooks.testing import sample
            >>> hooks = WebhookHandler(allow_unsigned=True)
            >>> @hooks.on("build.finished", state="passed")
            ... async def celebrate(event):
            ...     print(f"{event.pipeline.slug} passed")
            >>> asyncio.run(hooks.dispatch(sample("build.finished")))
            web passed
        """
        if not isinstance(event, WebhookEvent):
            raise TypeError(f"dispatch() needs an event, such as one of builds.events, not {type(event).__name__}")
        await self.handle(delivery_of(event, now=self._receiver.now()))

    def dispatch_blocking(self, event: WebhookEvent, /) -> None:
        """Do the same as `dispatch` in sync code: `builds.wait("web", 42, on_event=hooks.dispatch_blocking)`.

        Handlers run in an event loop of this `WebhookHandler`, in a thread, as for `receive_blocking`.

        Raises:
            HandlersFailed: at least one handler failed. All were run, and their errors were reported.
            TypeError: it isn't an event.
            RuntimeError: it was called by an async handler of its own, which would wait for itself.

        Example:
            >>> from buildkite_ext.webhooks.testing import sample
            >>> hooks = WebhookHandler(allow_unsigned=True)
            >>> @hooks.on("build.finished", state="passed")
            ... def celebrate(event):
            ...     print(f"{event.pipeline.slug} passed")
            >>> hooks.dispatch_blocking(sample("build.finished"))
            web passed
            >>> hooks.close()
        """
        self._lifecycle.run(self.dispatch(event))

    async def consume(self, source: EventSource) -> None:
        """Handle the deliveries of a source until it is closed. This is the work of a worker on any machine.

        Args:
            source: such as a `RedisStreamSource`.
        """
        await source.consume(self._handle_of(source) if isinstance(source, MemoryQueue) else self.handle)

    def work(self, source: EventSource) -> None:
        """Run a worker's main program: handle deliveries until Ctrl-C or SIGTERM, then finish what has begun.

        A second signal ends it at once. What was being handled is then handled again elsewhere, if the source promises
        that.

        Args:
            source: such as a `RedisStreamSource`; it is closed at the end.

        Example:
            ```python
            if __name__ == "__main__":
                hooks.work(RedisStreamSource("redis://localhost:6379/0"))
            ```
        """

        async def run() -> None:
            try:
                await consume_until_signal(self.consume, source)
            finally:
                await self.aclose()

        asyncio.run(run())

    # --- Closing ------------------------------------------------------------------------------------------------------

    async def aclose(self, timeout: float | None = None) -> None:
        """Stop accepting, handle what was accepted, and close the sink and the deduplication store.

        Args:
            timeout: seconds to wait for the handlers; by default `close_timeout`. Deliveries that aren't handled by then
                are reported as `DeliveriesLost`.
        """
        await self._lifecycle.aclose(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Do the same as `aclose` in sync code, and end the thread that `receive_blocking` started.

        This is called when the interpreter ends in an orderly way: at the end of the program and at `sys.exit`. It isn't
        called when a signal ends the process, as SIGTERM does unless the server or the program handles it. Don't call it in
        the thread of an event loop that handles deliveries; use `await hooks.aclose()` there.

        Args:
            timeout: as for `aclose`.
        """
        self._lifecycle.close(timeout)

    def close_at_sigterm(self) -> None:
        """Close this receiver at SIGTERM, and end the process when its deliveries are handled.

        Use it for servers that SIGTERM ends at once, such as waitress and cheroot: call it when the app is made, in the main
        thread. From the signal on, new deliveries are refused with 503. After at most `close_timeout` seconds the signal has
        its usual effect; a second signal has it at once.

        Raises:
            ConfigurationError: SIGTERM has a handler already, as under gunicorn and uvicorn.
            ValueError: this isn't the main thread.

        Example:
            ```python
            hooks = WebhookHandler(secret="s3cret")
            hooks.close_at_sigterm()
            app = hooks.wsgi()
            ```
        """
        self._lifecycle.close_at_sigterm()

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:  # noqa: ARG002 - Starlette gives it
        """Handle accepted deliveries before the server ends: `Starlette(lifespan=hooks.lifespan)`, also in FastAPI.

        Servers announce their end to the outermost app only. If the app of `asgi` is within another app, that one needs
        this lifespan.
        """
        async with self._lifecycle.lifespan():
            yield


def _count_received(telemetry: Telemetry, event: DeliveryEvent) -> None:
    if isinstance(event, DeliveryAccepted):
        telemetry.webhook_received(event.event)


def _is_timeout(seconds: float | None) -> bool:
    return seconds is None or seconds > 0
