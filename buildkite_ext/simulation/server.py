"""Server: the simulator on two ports, one for the API and one for its artifacts.

Needs uvicorn: `pip install 'buildkite-ext[server]'`. With httptools, which the extra installs too, uvicorn reads requests in a
third of the time.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..clock import VirtualClock
from ..unknown_keywords import checks_keywords
from .asgi import CONNECTION, App, Pause
from .definition.checks import check_number
from .deliveries.sender import Pulse
from .simulator import SimulatedOrganization

if TYPE_CHECKING:
    import uvicorn

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]

__all__ = ["ServerUrl", "reserve_address", "running", "serve", "url_of"]

_STARTUP_TIMEOUT = 10.0
_PAUSE = 3600.0

_RETAINED = 10_000
"""Number of finished builds that a simulator keeps which is served for days."""

_OTHER_LOOPBACK = {"127.0.0.1": "::1", "::1": "127.0.0.1", "localhost": "::1", "0.0.0.0": "::1"}  # noqa: S104
"""Address that `localhost` may stand for as well. Some clients try it first, or alone."""


@checks_keywords
def serve(
    simulator: SimulatedOrganization,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    artifacts_port: int = 0,
    base_url: str | None = None,
    artifacts_url: str | None = None,
    allowed_hosts: Iterable[str] = (),
    admin: bool = False,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve a simulator until Ctrl-C. It keeps the newest 10,000 finished builds, unless it has another `retain`.

    Args:
        simulator: the simulator.
        host: the address to listen on.
        port: the API's port; 0 for a free one.
        artifacts_port: the port of the artifacts; 0 for a free one.
        base_url: the root of the API for clients; `http://host:port` by default.
        artifacts_url: the root of the artifacts for clients, as `running` explains.
        allowed_hosts: further names of hosts that requests may name, as `Simulator.app` explains.
        admin: whether requests below `/_simulator/` add and remove faults.
        started: called with the root of the API when it answers.

    Raises:
        ImportError: uvicorn is not installed.
        OSError: the port is in use.
        ValueError: a name in `allowed_hosts` has a scheme, a port or a path.

    Example:
        >>> def show() -> None:
        ...     serve(demo_organization(SystemClock()), port=8080, started=print)
    """
    if simulator.retain is None:
        simulator.retain = _RETAINED
    with running(
        simulator,
        port,
        host=host,
        artifacts_port=artifacts_port,
        base_url=base_url,
        artifacts_url=artifacts_url,
        allowed_hosts=allowed_hosts,
        admin=admin,
    ) as url:
        if started is not None:
            started(url)
        try:
            while True:
                time.sleep(_PAUSE)  # Ctrl-C ends it on every system; on Windows it would not end waiting for a lock
        except KeyboardInterrupt:
            return


class ServerUrl(str):
    """Root of the API of a running server. It is the text itself; `base_url` gives it by the name that clients use."""

    __slots__ = ()

    @property
    def base_url(self) -> str:
        """The root of the API."""
        return str(self)


@checks_keywords
@contextmanager
def running(
    simulator: SimulatedOrganization,
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    artifacts_port: int = 0,
    base_url: str | None = None,
    artifacts_url: str | None = None,
    allowed_hosts: Iterable[str] = (),
    admin: bool = False,
    real_time: bool = True,
    seconds_per_request: float = 0.0,
) -> Iterator[ServerUrl]:
    """Serve a simulator from a thread while a `with` block runs.

    Meanwhile the URLs in its answers are those of the server, and real time passes on a `VirtualClock`, too: other programs
    can't sleep by it. It can still be advanced. With `simulator.connected()`, around this block or in it, the environment has
    the server's address, so that processes that the block starts reach it.

    The artifacts have another port than the API and, on this computer, another host name: `localhost` beside `127.0.0.1`.
    Clients drop the token when they are redirected to another host, but not when only the port differs.

    Args:
        simulator: the simulator.
        port: the API's port; 0 for a free one.
        host: the address to listen on.
        artifacts_port: the port of the artifacts; 0 for a free one.
        base_url: the root of the API for clients; `http://host:port` by default.
        artifacts_url: the root of the artifacts for clients. By default it has the host that `base_url` doesn't have of
            `localhost` and `127.0.0.1`, or `host` where that is another address.
        allowed_hosts: further names of hosts that requests may name, as `Simulator.app` explains.
        admin: whether requests below `/_simulator/` add and remove faults, for clients in other languages. They need no token.
        real_time: whether real time passes on a `VirtualClock`. Give False where the test itself moves the clock, or its
            clients sleep by it, so that the times in the answers are the same each time.
        seconds_per_request: the seconds of a `VirtualClock` that pass before each request to the API, besides real time: a
            program that polls sees the end of a long build after a few requests.

    Yields:
        The root of the API, a text, which `base_url` of it gives too.

    Raises:
        ImportError: uvicorn is not installed.
        OSError: the port is in use.
        ValueError: a name in `allowed_hosts` has a scheme, a port or a path.

    Example:
        >>> import httpx
        >>> from buildkite_ext.simulation import Simulator
        >>> with running(Simulator()) as url:
        ...     httpx.get(f"{url}/v2/meta").status_code
        200
    """
    uvicorn = _uvicorn()
    names = tuple(allowed_hosts) if not isinstance(allowed_hosts, str) else allowed_hosts
    virtual = isinstance(simulator.clock, VirtualClock)
    pause: Pause = asyncio.sleep if real_time and virtual else simulator.clock.asleep
    apps = [
        simulator.app(allowed_hosts=names, admin=admin, pause=pause),
        simulator.artifacts_app(allowed_hosts=names, pause=pause),
    ]
    check_number("seconds_per_request", seconds_per_request)
    passing: _PassingTime | None = None
    if isinstance(simulator.clock, VirtualClock) and (real_time or seconds_per_request):
        passing = _PassingTime(simulator.clock, real=real_time)
        apps = [passing.before(app, more) for app, more in zip(apps, (seconds_per_request, 0.0), strict=True)]
    apps = [_with_connection(app) for app in apps]
    with ExitStack() as stack:
        sockets = [stack.enter_context(_bound(host, wanted)) for wanted in (port, artifacts_port)]
        stack.enter_context(_without_dropped_connections())
        api_url = base_url or url_of(host, sockets[0][0])
        artifacts_root = artifacts_url or _artifacts_url(host, sockets[1][0], api_url)
        stack.enter_context(simulator._served_at(api_url, artifacts_root))
        servers = [(_server(uvicorn, app), bound) for app, bound in zip(apps, sockets, strict=True)]
        thread = threading.Thread(target=lambda: asyncio.run(_serve(servers)), name="simulator", daemon=True)
        thread.start()
        try:
            _await_start([server for server, _ in servers], thread)
            if passing is not None:
                stack.callback(Pulse(lambda: passing.for_webhooks(simulator)).stop)
            yield ServerUrl(simulator.base_url)
        finally:
            for server, _ in servers:
                server.should_exit = True
            thread.join()


class _PassingTime:
    """Time that passes on a virtual clock before each request."""

    def __init__(self, clock: VirtualClock, *, real: bool) -> None:
        self._clock = clock
        self._real = real
        self._last = time.monotonic()
        self._lock = threading.Lock()

    def before(self, app: App, more: float) -> App:
        """Return an application that lets time pass, and then calls another.

        Args:
            app: the other application.
            more: the seconds that pass besides the real time since the last request.
        """

        async def passing(scope: _Message, receive: _Receive, send: _Send) -> None:
            if scope["type"] == "http":
                self._let_pass(more)
            await app(scope, receive, send)

        return passing

    def for_webhooks(self, simulator: SimulatedOrganization) -> bool:
        """Let time pass without a request where webhooks are sent: their receivers need not ask. Return True."""
        if len(simulator.webhooks):
            self._let_pass()
        return True

    def _let_pass(self, more: float = 0.0) -> None:
        with self._lock:
            now = time.monotonic()
            passed, self._last = now - self._last, now
        self._clock.advance(more + (passed if self._real else 0.0))


def _with_connection(app: App) -> App:
    """Return an application whose requests have their connection, so that it can be reset and written to."""

    async def connected(scope: _Message, receive: _Receive, send: _Send) -> None:
        # uvicorn's `send` is a method of the request, which knows its transport. ASGI has no other way to it.
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if transport is not None:
            scope.setdefault("extensions", {})[CONNECTION] = _Connection(transport)
        await app(scope, receive, send)

    return connected


class _Connection:
    """Connection of a request that uvicorn serves."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._transport.write(data)

    def close(self) -> None:
        """Close the connection when all bytes are sent."""
        self._transport.close()

    def reset(self) -> None:
        """Reset the connection: without lingering, the system sends RST instead of FIN."""
        bound = self._transport.get_extra_info("socket")
        bound.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        )
        self._transport.abort()


def _uvicorn() -> type[uvicorn.Server]:
    try:
        import uvicorn
    except ImportError as error:
        raise ImportError("Serving the simulator needs uvicorn: pip install 'buildkite-ext[server]'") from error
    return uvicorn.Server


@contextmanager
def _bound(host: str, port: int) -> Iterator[list[socket.socket]]:
    """Bind a socket to an address, and another one to the other loopback address, for clients that try it first."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(_socket(host, port))]
        other = _OTHER_LOOPBACK.get(host)
        if other is not None:
            with suppress(OSError):  # there is no IPv6, or the port is taken: clients then use the first address
                sockets.append(stack.enter_context(_socket(other, sockets[0].getsockname()[1])))
        yield sockets


@contextmanager
def _socket(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small packets at once only if the protocol is given; otherwise each answer takes 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        reserve_address(bound)
        bound.bind((host, port))
        yield bound


def reserve_address(bound: socket.socket) -> None:
    """Let a socket listen on an address where connections of an earlier process are ending, and where nobody else listens.

    On Windows SO_REUSEADDR would take the port of another process that listens on it:
    https://learn.microsoft.com/en-us/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
    """
    if sys.platform == "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _artifacts_url(host: str, bound: socket.socket, api_url: str) -> str:
    """Return the URL of the artifacts. Its host differs from that of the API's URL where this computer has two names."""
    url = url_of(host, bound)
    if urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost"):
        return url
    port = bound.getsockname()[1]
    name = "[::1]" if ":" in host else "127.0.0.1"
    return f"http://{name if urlsplit(api_url).hostname == 'localhost' else 'localhost'}:{port}"


def url_of(host: str, bound: socket.socket) -> str:
    """Return the URL of a listening socket for clients on this machine."""
    # Clients can't connect to the address that means every address; the loopback is one of them.
    loopback = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared with, not bound to
    name = loopback.get(host) or (f"[{host}]" if ":" in host else host)
    return f"http://{name}:{bound.getsockname()[1]}"


def _server(server: type[uvicorn.Server], app: App) -> uvicorn.Server:
    from uvicorn import Config

    # With log_config=None, uvicorn keeps the logging configuration of the program.
    # A Date header would be the system's, and the simulator has a clock of its own. It asks nothing of proxies.
    return server(
        Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            date_header=False,
            proxy_headers=False,
        )
    )


@contextmanager
def _without_dropped_connections() -> Iterator[None]:
    """Keep uvicorn from logging the unfinished answers that stand for dropped connections, and requests that its end cuts off."""
    logger = logging.getLogger("uvicorn.error")

    def wanted(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, asyncio.CancelledError) and not any(
            unwanted in record.getMessage() for unwanted in ("without completing response", "running task(s)")
        )

    logger.addFilter(wanted)
    try:
        yield
    finally:
        logger.removeFilter(wanted)


async def _serve(servers: list[tuple[uvicorn.Server, list[socket.socket]]]) -> None:
    await asyncio.gather(*(server.serve(sockets=bound) for server, bound in servers))


def _await_start(servers: list[uvicorn.Server], thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(_STARTUP_TIMEOUT / 0.01)):
        if all(server.started for server in servers):
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise RuntimeError("the simulator's server didn't start")
