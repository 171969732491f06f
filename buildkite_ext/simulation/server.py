"""Server: the simulator on two ports, one for the API and one for its artifacts.

Needs uvicorn: `pip install 'buildkite-ext[server]'`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .asgi import App, application
from .simulator import SimulatedOrganization

if TYPE_CHECKING:
    import uvicorn

__all__ = ["reserve_address", "running", "serve", "url_of"]

_STARTUP_TIMEOUT = 10.0
_PAUSE = 3600.0


def serve(
    simulator: SimulatedOrganization,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    artifacts_port: int = 0,
    base_url: str | None = None,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve a simulator until Ctrl-C.

    Args:
        simulator: the simulator. It needs a `SystemClock`, or its builds don't proceed.
        host: the address to listen on.
        port: the API's port; 0 for a free one.
        artifacts_port: the port of the artifacts; 0 for a free one.
        base_url: the root of the API for clients; `http://host:port` by default.
        started: called with the root of the API when it answers.

    Raises:
        ImportError: uvicorn is not installed.
        OSError: the port is in use.

    Example:
        >>> def show() -> None:
        ...     serve(demo_organization(SystemClock()), port=8080, started=print)
    """
    with running(simulator, port, host=host, artifacts_port=artifacts_port, base_url=base_url) as url:
        if started is not None:
            started(url)
        try:
            while True:
                time.sleep(_PAUSE)  # Ctrl-C ends it on every system; on Windows it would not end waiting for a lock
        except KeyboardInterrupt:
            return


@contextmanager
def running(
    simulator: SimulatedOrganization,
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    artifacts_port: int = 0,
    base_url: str | None = None,
) -> Iterator[str]:
    """Serve a simulator from a thread while a `with` block runs.

    Meanwhile the URLs in its answers are those of the server.

    Args:
        simulator: the simulator.
        port: the API's port; 0 for a free one.
        host: the address to listen on.
        artifacts_port: the port of the artifacts; 0 for a free one.
        base_url: the root of the API for clients; `http://host:port` by default.

    Yields:
        The root of the API.

    Raises:
        ImportError: uvicorn is not installed.
        OSError: the port is in use.

    Example:
        >>> import httpx
        >>> from buildkite_ext.simulation import Simulator
        >>> with running(Simulator()) as url:
        ...     httpx.get(f"{url}/v2/meta").status_code
        200
    """
    uvicorn = _uvicorn()
    before = simulator.base_url, simulator.artifacts_url
    with _bound(host, port) as api, _bound(host, artifacts_port) as artifacts, _without_dropped_connections():
        simulator.move_to(base_url or url_of(host, api), url_of(host, artifacts))
        servers = [
            (_server(uvicorn, simulator.app()), api),
            (_server(uvicorn, application(simulator.handle_artifact)), artifacts),
        ]
        thread = threading.Thread(target=lambda: asyncio.run(_serve(servers)), name="simulator", daemon=True)
        thread.start()
        try:
            _await_start([server for server, _ in servers], thread)
            yield simulator.base_url
        finally:
            for server, _ in servers:
                server.should_exit = True
            thread.join()
            simulator.move_to(*before)


def _uvicorn() -> type[uvicorn.Server]:
    try:
        import uvicorn
    except ImportError as error:
        raise ImportError("Serving the simulator needs uvicorn: pip install 'buildkite-ext[server]'") from error
    return uvicorn.Server


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
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


def url_of(host: str, bound: socket.socket) -> str:
    """Return the URL of a listening socket for clients on this machine."""
    # Clients can't connect to the address that means every address; the loopback is one of them.
    loopback = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared with, not bound to
    name = loopback.get(host) or (f"[{host}]" if ":" in host else host)
    return f"http://{name}:{bound.getsockname()[1]}"


def _server(server: type[uvicorn.Server], app: App) -> uvicorn.Server:
    from uvicorn import Config

    # With log_config=None, uvicorn keeps the logging configuration of the program.
    return server(Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))


@contextmanager
def _without_dropped_connections() -> Iterator[None]:
    """Keep uvicorn from logging the unfinished answers that stand for dropped connections."""
    logger = logging.getLogger("uvicorn.error")

    def wanted(record: logging.LogRecord) -> bool:
        return "without completing response" not in record.getMessage()

    logger.addFilter(wanted)
    try:
        yield
    finally:
        logger.removeFilter(wanted)


async def _serve(servers: list[tuple[uvicorn.Server, socket.socket]]) -> None:
    await asyncio.gather(*(server.serve(sockets=[bound]) for server, bound in servers))


def _await_start(servers: list[uvicorn.Server], thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(_STARTUP_TIMEOUT / 0.01)):
        if all(server.started for server in servers):
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise RuntimeError("the simulator's server didn't start")
