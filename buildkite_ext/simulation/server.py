"""The simulator behind real sockets: one for the API, and one on another port for its artifacts.

Needs uvicorn: `pip install 'buildkite-ext[server]'`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .asgi import App, application

if TYPE_CHECKING:
    import uvicorn

    from .simulator import Simulator

STARTUP = 10.0


def serve(
    simulator: Simulator,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    artifacts_port: int = 0,
    base_url: str | None = None,
    started: Callable[[str], None] | None = None,
) -> None:
    """Serve a simulator until Ctrl-C.

    Args:
        simulator: what to serve; give it a `SystemClock`, or its builds stand still.
        host: the address to listen on.
        port: the API's port; 0 for a free one.
        artifacts_port: the port of the artifacts' origin; 0 for a free one.
        base_url: the API's root as clients see it, where that is not `http://host:port`.
        started: called with the API's root once it answers.

    Raises:
        ImportError: uvicorn is missing; the message says what to type.
        OSError: the port is taken.

    Example:
        >>> def show() -> None:
        ...     serve(demo_organization(SystemClock()), port=8080, started=print)
    """
    with running(simulator, port, host=host, artifacts_port=artifacts_port, base_url=base_url) as url:
        if started is not None:
            started(url)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


@contextmanager
def running(
    simulator: Simulator,
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    artifacts_port: int = 0,
    base_url: str | None = None,
) -> Iterator[str]:
    """Serve a simulator from a thread while a `with` block runs.

    Meanwhile the addresses in its answers are those of the server; afterwards they are what they were.

    Args:
        simulator: what to serve.
        port: the API's port; 0 for a free one.
        host: the address to listen on.
        artifacts_port: the port of the artifacts' origin; 0 for a free one.
        base_url: the API's root as clients see it, where that is not `http://host:port`.

    Yields:
        The API's root.

    Raises:
        ImportError: uvicorn is missing; the message says what to type.
        OSError: the port is taken.

    Example:
        >>> import httpx
        >>> from buildkite_ext.simulation import Simulator
        >>> with running(Simulator()) as url:
        ...     httpx.get(f"{url}/v2/meta").status_code
        200
    """
    uvicorn = _uvicorn()
    before = simulator.base_url, simulator.artifacts_url
    with _bound(host, port) as api, _bound(host, artifacts_port) as artifacts, _dropping_in_silence():
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
    # Only of a socket that is said to be TCP does asyncio send small packets at once; otherwise each answer takes 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        yield bound


def url_of(host: str, bound: socket.socket) -> str:
    """What reaches a listening socket from this computer."""
    # Nobody can connect to "every address"; on this machine the loopback is one of them.
    loopback = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared with, not bound to
    name = loopback.get(host) or (f"[{host}]" if ":" in host else host)
    return f"http://{name}:{bound.getsockname()[1]}"


def _server(server: type[uvicorn.Server], app: App) -> uvicorn.Server:
    from uvicorn import Config

    # Without a log_config of its own uvicorn leaves the logging of whoever embeds this alone.
    return server(Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))


@contextmanager
def _dropping_in_silence() -> Iterator[None]:
    """A dropped connection is an answer left unfinished on purpose: uvicorn need not report it."""
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
    for _ in range(int(STARTUP / 0.01)):
        if all(server.started for server in servers):
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise RuntimeError("the simulator's server didn't start")
