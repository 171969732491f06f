"""What `listen` shows: a line for each thing that happens, or a JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

from ...webhooks.deliveries import Delivery
from ..render.colour import TONES, Tone, painted
from ..streams import clean, short
from .command_runner import Execution
from .counters import Tally
from .event_fields import Facts

GOOD = frozenset({"passed", "connected"})
BAD = frozenset({"failed", "failing", "timed_out", "broken", "expired", "lost"})
DOUBTFUL = frozenset({"blocked", "canceled", "canceling", "skipped", "not_run", "stopping", "stopped", "disconnected"})

WIDTHS = (22, 16, 12)
"""Of the columns event, subject and state. What is wider moves the rest of its line along."""


class View(Protocol):
    """Shows what happens. Each method writes at once, and waits where the stream does."""

    def event(self, delivery: Delivery, facts: Facts) -> None: ...

    def repeated(self, event: str, delivery: str) -> None: ...

    def refused(self, status: int, reason: str, message: str, client: str | None) -> None: ...

    def unshown(self, refusals: int) -> None:
        """Refusals that came faster than they could be shown."""
        ...

    def said(self, facts: Facts, line: str) -> None:
        """A line that the command of `--exec` printed."""
        ...

    def executed(self, delivery: Delivery, facts: Facts, execution: Execution) -> None: ...

    def problem(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...

    def finish(self, tally: Tally) -> None: ...


class LineView:
    """Lines for people.

    Args:
        out: where they go.
        colour: whether they are coloured.
        terminal: whether somebody watches: then the hour is enough.
        now: the time, in seconds since the epoch.
    """

    def __init__(self, out: TextIO, *, colour: bool, terminal: bool, now: Callable[[], float] = time.time) -> None:
        self._out = out
        self._colour = colour
        self._terminal = terminal
        self._now = now

    def event(self, delivery: Delivery, facts: Facts) -> None:
        state = facts.state or ""
        columns = [
            self._in(short(facts.event, 60).ljust(WIDTHS[0]), "plain"),
            self._in(subject_of(facts).ljust(WIDTHS[1]), "plain"),
            self._in(short(state, 40).ljust(WIDTHS[2]), tone_of(state)),
            *(self._in(text, "faint" if number else "plain") for number, text in enumerate(_rest(facts))),
        ]
        self._line(delivery.received_at, "  ".join(columns).rstrip())

    def repeated(self, event: str, delivery: str) -> None:  # noqa: ARG002 - for machines
        self._now_line(self._in(f"{short(event, 60).ljust(WIDTHS[0])}  the same delivery again: left alone", "faint"))

    def refused(self, status: int, reason: str, message: str, client: str | None) -> None:  # noqa: ARG002 - each view shows its part of it
        origin = f" (from {short(client)})" if client else ""
        text = short(message).removeprefix("The delivery is refused: ")
        self._now_line(f"{self._in(f'refused with {status}'.ljust(WIDTHS[0]), 'bad')}  {text}{origin}")

    def unshown(self, refusals: int) -> None:
        self._now_line(self._in(f"refused {refusals} more", "bad"))

    def said(self, facts: Facts, line: str) -> None:
        bar = painted("|", "2") if self._colour else "|"
        self._write(f"  {subject_of(facts) or short(facts.event, 60)} {bar} {clean(line)}")

    def executed(self, delivery: Delivery, facts: Facts, execution: Execution) -> None:  # noqa: ARG002 - each view shows its part of it
        if execution.problem is not None:
            name = short(facts.event, 60).ljust(WIDTHS[0])
            where = subject_of(facts).ljust(WIDTHS[1])
            text = f"{name}  {where}  {self._in(execution.problem, 'bad')} after {execution.seconds:.1f} s"
            self._now_line(text)

    def problem(self, text: str) -> None:
        self._now_line(self._in(clean(text), "bad"))

    def note(self, text: str) -> None:
        for line in text.splitlines():
            self._write(clean(line).rstrip())

    def finish(self, tally: Tally) -> None:
        self._write(self._in(tally.summary, "bad" if tally.failed or tally.lost else "good"))

    def _in(self, text: str, tone: Tone) -> str:
        return painted(text, TONES[tone] if self._colour else "")

    def _now_line(self, text: str) -> None:
        self._line(self._now(), text)

    def _line(self, at: float, text: str) -> None:
        hour = datetime.fromtimestamp(at, UTC)
        shown = f"{hour.astimezone():%H:%M:%S}" if self._terminal else hour.strftime("%Y-%m-%dT%H:%M:%SZ")
        self._write(f"{self._in(shown, 'faint')}  {text}")

    def _write(self, text: str) -> None:
        print(text, file=self._out, flush=True)


class JsonView(LineView):
    """An object a line on the standard output; what is for people goes to the standard error.

    Args:
        out: where the objects go.
        err: where the rest goes.
        colour: whether the rest is coloured.
    """

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool) -> None:
        super().__init__(err, colour=colour, terminal=False)
        self._objects = out

    def event(self, delivery: Delivery, facts: Facts) -> None:
        self._object("event", delivery.received_at, **dict(facts.items()), delivery=delivery.id)

    def repeated(self, event: str, delivery: str) -> None:
        self._object("repeated", self._now(), event=event, delivery=delivery)

    def refused(self, status: int, reason: str, message: str, client: str | None) -> None:
        self._object("refused", self._now(), status=status, reason=reason, message=message, client=client)

    def unshown(self, refusals: int) -> None:
        self._object("unshown", self._now(), refused=refusals)

    def executed(self, delivery: Delivery, facts: Facts, execution: Execution) -> None:
        self._object(
            "command",
            self._now(),
            event=facts.event,
            delivery=delivery.id,
            exit_status=execution.exit_status,
            seconds=round(execution.seconds, 3),
            problem=execution.problem,
        )

    def problem(self, text: str) -> None:
        self._object("problem", self._now(), message=text)

    def finish(self, tally: Tally) -> None:
        super().finish(tally)
        self._object("end", self._now(), **tally.counts())

    def _object(self, kind: str, at: float, **told: Any) -> None:
        hour = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        print(json.dumps({"type": kind, "at": hour, **told}), file=self._objects, flush=True)


def subject_of(facts: Facts) -> str:
    """Such as `web #12`, safe to print."""
    if facts.pipeline is not None:
        return short(facts.pipeline, 40) + (f" #{short(facts.build_number, 12)}" if facts.build_number else "")
    return short(facts.agent_name or facts.package, 40)


def tone_of(state: str) -> Tone:
    return "good" if state in GOOD else "bad" if state in BAD else "warn" if state in DOUBTFUL else "plain"


def _rest(facts: Facts) -> list[str]:
    """What stands behind the columns: the branch and, of a job, its name, of a build, its message."""
    exited = f"exit status {short(facts.job_exit_status, 12)}" if facts.job_exit_status else ""
    first_line = (facts.message or "").strip().partition("\n")[0]
    detail = [short(facts.job_name, 60), exited] if facts.job_id or facts.job_name else [short(first_line, 60)]
    return [text for text in (short(facts.branch, 60), *detail) if text]
