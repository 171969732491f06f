"""Behaviour of a command: its duration, exit status, output and artifacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from buildkite_api.types import kind_of

from ..definition.checks import check_number, check_text, utf8

__all__ = ["CommandBehaviour", "LogScript", "Upload", "log_script"]

LogScript = str | bytes | Sequence[tuple[float, str | bytes]]
"""Output of a job: a text whose lines arrive evenly while the job runs, or pieces, each with its second."""

_GIVE = "a text with line breaks, such as 'a\\nb\\n', or a list of pieces, such as [(0, 'a\\n'), (5, 'b\\n')]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Upload of steps by a job, as `buildkite-agent pipeline upload` does.

    Attributes:
        text: the YAML text, or a function that returns it for a job.
        after: seconds after the start of the job.
        replace: True if it replaces the steps that have not begun.
        interpolate: True if environment variables are expanded in it.
        attempt: the attempt that uploads it, counted from 0; None for each.
    """

    text: str | Callable[..., str]  # `on_upload` has the exact type: a job holds its behaviour, and is not known here
    after: float = 0.0
    replace: bool = False
    interpolate: bool = True
    attempt: int | None = 0

    def text_of(self, job: object) -> str:
        """Return the YAML text that a job uploads.

        Raises:
            TypeError: the function returned something else.
        """
        if isinstance(self.text, str):
            return self.text
        found = self.text(job)
        name = getattr(self.text, "__qualname__", repr(self.text))
        check_text(f"what {name} returned for on_upload", found, give="the YAML text of the steps; '[]' uploads none")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandBehaviour:
    """Behaviour of the jobs of a command step.

    Attributes:
        duration: seconds that the command runs.
        exit_statuses: one for each attempt; the last one holds for all further attempts. -1 is that of a lost agent.
        log: its output.
        artifacts: the files that it uploads, by path.
        signal, signal_reason: the signal that ended it, and why, where its exit status isn't 0.
        promise: the second at which an attempt that fails promises to, and the exit status that it promises; None for no
            promise.
        interrupted: how it ends when it is interrupted: seconds after the signal, and its exit status; None if the signal
            ends it.
        uploads: the steps that it uploads.
    """

    duration: float = 5.0
    exit_statuses: tuple[int, ...] = (0,)
    log: LogScript = ""
    artifacts: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    signal: str | None = None
    signal_reason: str | None = None
    promise: tuple[float, int] | None = None
    interrupted: tuple[float, int] | None = None
    uploads: tuple[Upload, ...] = ()

    def exit_status(self, attempt: int) -> int:
        """Return the exit status of an attempt, counted from 0."""
        return self.exit_statuses[attempt] if attempt < len(self.exit_statuses) else self.exit_statuses[-1]

    def promise_of(self, attempt: int) -> tuple[float, int] | None:
        """Return the promise of an attempt, counted from 0; None if it promises nothing, as one that passes."""
        return self.promise if self.promise is not None and self.exit_status(attempt) else None


def log_script(log: object) -> LogScript:
    """Return the output of a job as bytes, or as pieces of bytes.

    Raises:
        TypeError: it is neither a text nor a sequence of pieces. The message says what to write.
        ValueError: the second of a piece is negative or infinite, or a text can't be encoded.

    Example:
        >>> log_script("a\\nb\\n"), log_script([(0, "a\\n"), (5, b"b\\n")])
        (b'a\\nb\\n', ((0.0, b'a\\n'), (5.0, b'b\\n')))
    """
    if isinstance(log, str | bytes | bytearray | memoryview):
        return utf8("log", log, give=_GIVE)
    if not isinstance(log, Sequence):
        raise TypeError(f"log is {kind_of(log)}: give {_GIVE}")
    return tuple(_piece(f"log[{index}]", piece) for index, piece in enumerate(log))


def _piece(name: str, piece: object) -> tuple[float, bytes]:
    if not isinstance(piece, tuple | list) or len(piece) != 2:
        raise TypeError(f"{name} is {kind_of(piece)}, not a piece (seconds, text): give log {_GIVE}")
    check_number(f"{name}[0]", piece[0])
    return float(piece[0]), utf8(f"{name}[1]", piece[1], give="the text of the piece, or bytes")
