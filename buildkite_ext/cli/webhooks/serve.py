"""`listen` at work: a receiver, what becomes of deliveries, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from buildkite_api.webhooks.events import WebhookEvent

from ...webhooks.handler import WebhookHandler
from ...webhooks.reports import Accepted, Refused, Repeated, Report
from ..exit_codes import ExitCode
from ..problem import UsageError
from .command_runner import Executor
from .counters import Tally
from .credentials import Proof
from .display import View
from .jsonl import Journal
from .one_path import OnePath
from .printer import Printer
from .sink import Intake

if TYPE_CHECKING:
    import uvicorn

UNDER_WAY = 15
"""Seconds that requests under way have to end: somewhat more than a body may take."""
LAST_WORDS = 5.0
"""Seconds that the last lines may take to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What to receive, and what to do with it."""

    proof: Proof
    tolerance: float
    path: str | None
    wanted: Callable[[WebhookEvent], bool]
    journal: Journal | None
    executor: Executor | None
    at_once: int
    limit: int


def server_module() -> ModuleType:
    """uvicorn.

    Raises:
        UsageError: it is missing.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise UsageError("Receiving webhooks needs uvicorn: pip install 'buildkite-ext[server]'") from error
    return uvicorn


def serve(server: ModuleType, listening: Listening, bound: socket.socket, view: View) -> ExitCode:
    """Receive webhooks until Ctrl-C or SIGTERM, and handle what was accepted. A second one ends it at once."""
    for name in ("buildkite_ext.webhooks", "uvicorn.error"):
        logging.getLogger(name).addHandler(logging.NullHandler())  # the lines here say it
    return asyncio.run(_Session(listening, view).run(server, bound))


class _Session:
    def __init__(self, listening: Listening, view: View) -> None:
        self._listening = listening
        self._view = view
        self._tally = Tally()
        self._printer = Printer(self._output_gone)
        self._server: uvicorn.Server | None = None
        self._code = ExitCode.PASSED
        self._insisted = asyncio.Event()
        self._intake = Intake(
            wanted=listening.wanted,
            journal=listening.journal,
            view=view,
            printer=self._printer,
            executor=listening.executor,
            limit=listening.limit,
            at_once=listening.at_once,
            tally=self._tally,
        )

    async def run(self, server: ModuleType, bound: socket.socket) -> ExitCode:
        self._server = _quiet(server, OnePath(self._handler().asgi(), self._listening.path, self._astray))
        handling = asyncio.create_task(self._intake.consume())
        with self._signals():
            serving = asyncio.create_task(self._server.serve(sockets=[bound]))
            await self._until_done(serving)
            await self._ended(serving)
            await self._intake.aclose()
            await self._until_done(handling)
            if not handling.done():
                self._tally.lost = self._intake.queued
            await self._ended(handling)
        return await self._end()

    def _handler(self) -> WebhookHandler:
        proof = self._listening.proof
        return WebhookHandler(
            secret=proof.values if proof.mode == "secret" else None,
            token=proof.values if proof.mode == "token" else None,
            allow_unsigned=proof.mode == "unsigned",
            tolerance=self._listening.tolerance,
            sink=self._intake,
            on_report=self._report,
        )

    def _report(self, report: Report) -> None:
        if isinstance(report, Accepted):
            self._tally.accepted += 1
        elif isinstance(report, Repeated):
            self._tally.repeated += 1
            self._printer.later(self._view, self._view.repeated, report.event, report.delivery)
        elif isinstance(report, Refused):
            self._refuse(report.status, report.reason, report.message, report.client)

    def _astray(self, client: str | None) -> None:
        self._refuse(404, "path", f"it is for another path than {self._listening.path}", client)

    def _refuse(self, status: int, reason: str, message: str, client: str | None) -> None:
        self._tally.refused += 1
        self._printer.later(self._view, self._view.refused, status, reason, message, client)

    # --- The end ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM end it; SIGHUP, as log rotation sends it, opens the file of --jsonl anew."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def ending(number: int, _: object) -> None:
            loop.call_soon_threadsafe(self._stop, signal.Signals(number))

        before = {number: signal.signal(number, ending) for number in (signal.SIGINT, signal.SIGTERM)}
        journal = self._listening.journal
        if journal is not None:

            def reopening(*_: object) -> None:
                loop.call_soon_threadsafe(self._printer.surely, journal.reopen)

            before[signal.SIGHUP] = signal.signal(signal.SIGHUP, reopening)
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
            self._insisted.set()
            return
        self._server.should_exit = True
        left = self._intake.queued
        more = f" Waiting for {left} of them; once more ends it at once." if left else ""
        self._printer.surely(self._view.note, f"Ending: what was accepted is handled first.{more}")

    def _output_gone(self) -> None:
        self._code = ExitCode.OUTPUT_CLOSED
        if self._server is not None:
            self._server.should_exit = True

    async def _until_done(self, work: asyncio.Task[None]) -> None:
        """Wait for it, but no longer than until somebody insists."""
        insisting = asyncio.create_task(self._insisted.wait())
        await asyncio.wait({work, insisting}, return_when=asyncio.FIRST_COMPLETED)
        insisting.cancel()

    async def _ended(self, work: asyncio.Task[None]) -> None:
        work.cancel()  # which is nothing to one that is done
        with suppress(asyncio.CancelledError):
            await work

    async def _end(self) -> ExitCode:
        try:
            await asyncio.wait_for(self._printer.finish(self._view, self._view.finish, self._tally), LAST_WORDS)
        except (OSError, TimeoutError):
            self._code = ExitCode.OUTPUT_CLOSED
        self._printer.close()
        if self._code is ExitCode.OUTPUT_CLOSED:
            raise BrokenPipeError
        if self._code is ExitCode.PASSED and (self._tally.failed or self._tally.lost):
            return ExitCode.FAILED
        return self._code


def _quiet(module: ModuleType, app: OnePath) -> uvicorn.Server:
    """A server that leaves output and signals to us: it would raise them once more when it has ended."""
    config = module.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=UNDER_WAY,
    )
    server: uvicorn.Server = module.Server(config)
    server.capture_signals = _left_alone  # type: ignore[method-assign]
    return server


@contextmanager
def _left_alone() -> Generator[None, None, None]:
    yield
