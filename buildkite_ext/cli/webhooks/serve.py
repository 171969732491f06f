"""Server of `webhooks listen`, from its start to its orderly shutdown."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from buildkite_api.webhooks.events import WebhookEvent

from ...webhooks.adapters.asgi import AsgiApp, Receive, Scope, Send, respond
from ...webhooks.events import DeliveryAccepted, DeliveryEvent, DeliveryRefused, DeliveryRepeated
from ...webhooks.handler import WebhookHandler
from ...webhooks.http import response
from ..exit_codes import ExitCode
from ..problem import UsageError
from ..streams import output_failure
from .command_runner import CommandRunner
from .counters import DeliveryCounters
from .credentials import WebhookAuth
from .display import Display, DisplayThread
from .jsonl import JsonlWriter
from .sink import ListenSink

if TYPE_CHECKING:
    import uvicorn

__all__ = ["ListenOptions", "import_uvicorn", "serve"]

_REQUEST_SECONDS = 15
"""Seconds that running requests get to end: somewhat more than a body may take."""
_OUTPUT_SECONDS = 5.0
"""Seconds that the reader of the output gets to read the last lines."""

if sys.platform == "win32":
    _STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)
else:
    _STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenOptions:
    """Options of `webhooks listen`, read and checked."""

    auth: WebhookAuth
    tolerance: float
    path: str | None
    passes: Callable[[WebhookEvent], bool]
    jsonl: JsonlWriter | None
    runner: CommandRunner | None
    at_once: int
    limit: int


def import_uvicorn() -> ModuleType:
    """Return the module uvicorn.

    Raises:
        UsageError: it isn't installed.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise UsageError("Receiving webhooks needs uvicorn: pip install 'buildkite-ext[server]'") from error
    return uvicorn


def serve(server: ModuleType, options: ListenOptions, bound: socket.socket, display: Display) -> ExitCode:
    """Receive webhooks until Ctrl-C or SIGTERM, then handle those that were accepted. A second signal stops at once."""
    for name in ("buildkite_ext.webhooks", "uvicorn.error"):
        logging.getLogger(name).addHandler(logging.NullHandler())  # the display shows it
    return asyncio.run(_Session(options, display).run(server, bound))


class _Session:
    """One run of `webhooks listen`."""

    def __init__(self, options: ListenOptions, display: Display) -> None:
        self._options = options
        self._display = display
        self._counters = DeliveryCounters()
        self._thread = DisplayThread(display, self._output_closed)
        self._server: uvicorn.Server | None = None
        self._code = ExitCode.PASSED
        self._stop_now = asyncio.Event()
        self._sink = ListenSink(
            passes=options.passes,
            jsonl=options.jsonl,
            display=display,
            thread=self._thread,
            runner=options.runner,
            limit=options.limit,
            at_once=options.at_once,
            counters=self._counters,
        )

    async def run(self, server: ModuleType, bound: socket.socket) -> ExitCode:
        self._server = _quiet_server(server, _PathFilter(self._handler().asgi(), self._options.path, self._wrong_path))
        commands = asyncio.create_task(self._sink.run_commands())
        with self._signals():
            serving = asyncio.create_task(self._server.serve(sockets=[bound]))
            await self._wait_for(serving)
            await _cancelled(serving)
            await self._sink.aclose()
            await self._wait_for(commands)
            if not commands.done():
                self._counters.lost = self._sink.queued
            await _cancelled(commands)
        return await self._end()

    def _handler(self) -> WebhookHandler:
        auth = self._options.auth
        return WebhookHandler(
            secret=auth.values if auth.mode == "secret" else None,
            token=auth.values if auth.mode == "token" else None,
            allow_unsigned=auth.mode == "unsigned",
            tolerance=self._options.tolerance,
            sink=self._sink,
            on_delivery_event=self._on_delivery_event,
        )

    def _on_delivery_event(self, event: DeliveryEvent) -> None:
        if isinstance(event, DeliveryAccepted):
            self._counters.accepted += 1
        elif isinstance(event, DeliveryRepeated):
            self._counters.repeated += 1
            self._thread.submit_or_count(self._display.repeated, event.event, event.delivery)
        elif isinstance(event, DeliveryRefused):
            self._refused(event.status, event.reason, event.message, event.client)

    def _wrong_path(self, client: str | None) -> None:
        self._refused(404, "path", f"its path isn't {self._options.path}", client)

    def _refused(self, status: int, reason: str, message: str, client: str | None) -> None:
        self._counters.refused += 1
        self._thread.refused(status, reason, message, client)

    # --- Shutdown -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Stop at Ctrl-C and SIGTERM (on Windows Ctrl-Break); at SIGHUP, which log rotation sends, open --jsonl's file again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def stop(number: int, _: object) -> None:
            loop.call_soon_threadsafe(self._stop, signal.Signals(number))

        before = {number: signal.signal(number, stop) for number in _STOP_SIGNALS}
        jsonl = self._options.jsonl
        if jsonl is not None and sys.platform != "win32":

            def reopen(*_: object) -> None:
                loop.call_soon_threadsafe(self._thread.submit, jsonl.reopen)

            before[signal.SIGHUP] = signal.signal(signal.SIGHUP, reopen)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: signal.Signals) -> None:
        assert self._server is not None
        if self._server.should_exit:
            self._code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
            self._server.force_exit = True
            self._stop_now.set()
            return
        self._server.should_exit = True
        queued = self._sink.queued
        more = f" Waiting for {queued} of them; a second Ctrl-C or SIGTERM stops at once." if queued else ""
        self._thread.submit(self._display.note, f"Stopping: accepted deliveries are handled first.{more}")

    def _output_closed(self) -> None:
        self._code = ExitCode.OUTPUT_CLOSED
        if self._server is not None:
            self._server.should_exit = True

    async def _wait_for(self, task: asyncio.Task[None]) -> None:
        """Wait for a task, or until a second signal."""
        stopping = asyncio.create_task(self._stop_now.wait())
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _end(self) -> ExitCode:
        try:
            await asyncio.wait_for(self._thread.end(self._counters), _OUTPUT_SECONDS)
        except (OSError, TimeoutError) as error:
            self._thread.close()
            if error.errno != errno.EIO and output_failure(error) == "failed":
                raise
            self._code = ExitCode.OUTPUT_CLOSED
        self._thread.close()
        if self._code is ExitCode.OUTPUT_CLOSED:
            raise BrokenPipeError
        if self._code is ExitCode.PASSED and not self._sink.can_write:
            return ExitCode.OUTPUT_FAILED
        if self._code is ExitCode.PASSED and (self._counters.failed or self._counters.lost):
            return ExitCode.FAILED
        return self._code


class _PathFilter:
    """ASGI app that answers 404 at every path but one.

    Args:
        app: the app at that path.
        path: the path; None for all paths.
        on_wrong_path: called with the client's address.
    """

    def __init__(self, app: AsgiApp, path: str | None, on_wrong_path: Callable[[str | None], None]) -> None:
        self._app = app
        self._path = path
        self._on_wrong_path = on_wrong_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._path is None or scope["path"] == self._path:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        self._on_wrong_path(client[0] if client else None)
        await respond(send, response(404, "Nothing is received at this path."))


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task, unless it is done, and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _quiet_server(module: ModuleType, app: _PathFilter) -> uvicorn.Server:
    """Return a server that writes nothing and leaves signals to us. (It would raise them again after its end.)"""
    config = module.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_REQUEST_SECONDS,
    )
    server: uvicorn.Server = module.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    return server


@contextmanager
def _no_signals() -> Generator[None, None, None]:
    yield
