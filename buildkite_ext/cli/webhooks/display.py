"""Output of `webhooks listen`: lines for people or JSON objects, written by one thread."""

from __future__ import annotations

import asyncio
import errno
import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import ParamSpec, Protocol, TextIO, TypeVar

from ...states import FAILED_JOBS
from ...webhooks.delivery import Delivery
from ...webhooks.log_limit import LogLimiter
from ..render.colour import TONES, Tone, painted
from ..streams import clean, print_line, short
from .command_runner import CommandResult
from .counters import DeliveryCounters
from .event_fields import EventFields

__all__ = ["Display", "DisplayThread", "JsonDisplay", "TextDisplay"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_GOOD = frozenset({"passed", "connected"})
_BAD = FAILED_JOBS | {"failing", "broken", "lost"}
_WARNING = frozenset({"blocked", "canceled", "canceling", "skipped", "not_run", "stopping", "stopped", "disconnected"})

_WIDTHS = (22, 16, 12)
"""Widths of the columns event, subject and state. A longer value moves the rest of its line to the right."""

_MOST_WAITING = 200
"""Lines about refusals that may wait to be written. Any client can cause them, so further ones are only counted."""


class Display(Protocol):
    """Output of events and problems. Each method writes at once, and blocks while the stream does."""

    def event(self, delivery: Delivery, event: EventFields) -> None: ...

    def repeated(self, event: str, delivery: str) -> None: ...

    def refused(self, status: int, reason: str, message: str, client: str | None) -> None: ...

    def not_shown(self, refusals: int) -> None:
        """Write the number of refusals that were only counted."""
        ...

    def command_line(self, event: EventFields, line: str) -> None:
        """Write a line that the command of `--exec` printed."""
        ...

    def command_ended(self, delivery: Delivery, event: EventFields, result: CommandResult) -> None: ...

    def problem(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...

    def end(self, counters: DeliveryCounters) -> None: ...


class TextDisplay:
    """Lines for people.

    Args:
        out: the stream to write to.
        colour: whether to write colours.
        terminal: whether the stream is a terminal: then times are shown without their date.
        now: a function that returns the time, in seconds since the epoch.
    """

    def __init__(self, out: TextIO, *, colour: bool, terminal: bool, now: Callable[[], float] = time.time) -> None:
        self._out = out
        self._colour = colour
        self._terminal = terminal
        self._now = now

    def event(self, delivery: Delivery, event: EventFields) -> None:
        state = event.state or ""
        columns = [
            _event_column(event.event),
            event.subject.ljust(_WIDTHS[1]),
            self._painted(short(state, 40).ljust(_WIDTHS[2]), _tone(state)),
            *(self._painted(text, "faint" if number else "plain") for number, text in enumerate(_details(event))),
        ]
        self._line("  ".join(columns).rstrip(), delivery.received_at)

    def repeated(self, event: str, delivery: str) -> None:  # noqa: ARG002 - JSON has it
        self._line(self._painted(f"{_event_column(event)}  the same delivery again: ignored", "faint"))

    def refused(self, status: int, reason: str, message: str, client: str | None) -> None:  # noqa: ARG002 - JSON has it
        origin = f" (from {short(client)})" if client else ""
        text = short(message).removeprefix("The delivery is refused: ")
        self._line(f"{self._painted(_event_column(f'refused with {status}'), 'bad')}  {text}{origin}")

    def not_shown(self, refusals: int) -> None:
        self._line(self._painted(f"refused {refusals} more", "bad"))

    def command_line(self, event: EventFields, line: str) -> None:
        self._write(f"  {event.subject or short(event.event, 60)} {self._painted('|', 'faint')} {clean(line)}")

    def command_ended(self, delivery: Delivery, event: EventFields, result: CommandResult) -> None:  # noqa: ARG002 - JSON has it
        if result.problem is not None:
            columns = (
                _event_column(event.event),
                event.subject.ljust(_WIDTHS[1]),
                self._painted(result.problem, "bad"),
            )
            self._line(f"{'  '.join(columns)} after {result.seconds:.1f} s")

    def problem(self, text: str) -> None:
        self._line(self._painted(clean(text), "bad"))

    def note(self, text: str) -> None:
        for line in text.splitlines():
            self._write(clean(line).rstrip())

    def end(self, counters: DeliveryCounters) -> None:
        self._write(self._painted(counters.summary, "bad" if counters.failed or counters.lost else "good"))

    def _painted(self, text: str, tone: Tone) -> str:
        return painted(text, TONES[tone] if self._colour else "")

    def _line(self, text: str, at: float | None = None) -> None:
        moment = datetime.fromtimestamp(self._now() if at is None else at, UTC)
        shown = f"{moment.astimezone():%H:%M:%S}" if self._terminal else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        self._write(f"{self._painted(shown, 'faint')}  {text}")

    def _write(self, text: str) -> None:
        print_line(text, self._out)


class JsonDisplay(TextDisplay):
    """JSON objects, one a line, on the standard output. Text for people goes to the standard error.

    Args:
        out: the stream for objects.
        err: the stream for text.
        colour: whether to colour the text.
    """

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool) -> None:
        super().__init__(err, colour=colour, terminal=False)
        self._objects = out

    def event(self, delivery: Delivery, event: EventFields) -> None:
        self._object("event", {**dict(event.items()), "delivery": delivery.id}, delivery.received_at)

    def repeated(self, event: str, delivery: str) -> None:
        self._object("repeated", {"event": event, "delivery": delivery})

    def refused(self, status: int, reason: str, message: str, client: str | None) -> None:
        self._object("refused", {"status": status, "reason": reason, "message": message, "client": client})

    def not_shown(self, refusals: int) -> None:
        self._object("unshown", {"refused": refusals})

    def command_ended(self, delivery: Delivery, event: EventFields, result: CommandResult) -> None:
        values = {
            "event": event.event,
            "delivery": delivery.id,
            "exit_status": result.exit_status,
            "seconds": round(result.seconds, 3),
            "problem": result.problem,
        }
        self._object("command", values)

    def problem(self, text: str) -> None:
        self._object("problem", {"message": text})

    def end(self, counters: DeliveryCounters) -> None:
        super().end(counters)
        self._object("end", counters.as_dict())

    def _object(self, kind: str, values: Mapping[str, str | float | None], at: float | None = None) -> None:
        moment = datetime.fromtimestamp(self._now() if at is None else at, UTC).isoformat(timespec="milliseconds")
        print_line(json.dumps({"type": kind, "at": moment, **values}), self._objects)


class DisplayThread:
    """Thread that writes, in order. A stream without a reader must not block the event loop, which answers requests.

    Args:
        display: the display whose methods the thread runs.
        on_closed: called when the reader of the output is gone.
        clock: a function that returns monotonic seconds.
    """

    def __init__(
        self, display: Display, on_closed: Callable[[], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._display = display
        self._on_closed = on_closed
        self._clock = clock
        self._refusals: LogLimiter[tuple[int, str]] = LogLimiter()
        self._telling: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, "webhooks-output")
        self._waiting = 0
        self._not_shown = 0

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a function in its turn, and wait for it."""
        try:
            return await asyncio.wrap_future(self._thread.submit(function, *args, **kwargs))
        except OSError as error:
            self._check_closed(error)
            raise

    def submit(self, function: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Run a function in its turn, without waiting for it."""
        self._waiting += 1
        loop = asyncio.get_running_loop()
        future = self._thread.submit(function, *args, **kwargs)
        future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._done, done))

    def refused(self, status: int, reason: str, message: str, client: str | None) -> None:
        """Show a refusal, or only count it if one of its kind was shown less than a second ago.

        The count is shown a second later at the latest, or at the end.
        """
        if self._refusals.admit((status, reason), self._clock()) is None:
            self._not_shown += 1
            if self._telling is None:
                self._telling = asyncio.get_running_loop().call_later(self._refusals.interval, self._tell)
        else:
            self.submit_or_count(self._display.refused, status, reason, message, client)

    def submit_or_count(self, function: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        """Do the same, or, if too many functions wait, only count this one."""
        if self._waiting >= _MOST_WAITING:
            self._not_shown += 1
            return
        self._show_count()
        self.submit(function, *args, **kwargs)

    async def end(self, counters: DeliveryCounters) -> None:
        """Write the counters when everything else is written."""
        if self._telling is not None:
            self._telling.cancel()
        self._show_count()
        await self.run(self._display.end, counters)

    def close(self) -> None:
        """Start no more functions. Those that still wait are dropped: the stream may have no reader."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _tell(self) -> None:
        self._telling = None
        if self._waiting < _MOST_WAITING:
            self._show_count()

    def _show_count(self) -> None:
        if self._not_shown:
            count, self._not_shown = self._not_shown, 0
            self.submit(self._display.not_shown, count)

    def _done(self, future: Future[None]) -> None:
        self._waiting -= 1
        self._check_closed(future.exception())

    def _check_closed(self, error: BaseException | None) -> None:
        # A terminal that was closed gives EIO.
        if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.EIO):
            self._on_closed()


def _event_column(text: str) -> str:
    return short(text, 60).ljust(_WIDTHS[0])


def _tone(state: str) -> Tone:
    return "good" if state in _GOOD else "bad" if state in _BAD else "warn" if state in _WARNING else "plain"


def _details(event: EventFields) -> list[str]:
    """Return the texts behind the columns: the branch, and a job's name and exit status or a build's message."""
    exited = f"exit status {short(event.job_exit_status, 12)}" if event.job_exit_status else ""
    first_line = (event.message or "").strip().partition("\n")[0]
    details = [short(event.job_name, 60), exited] if event.job_id or event.job_name else [short(first_line, 60)]
    return [text for text in (short(event.branch, 60), *details) if text]
