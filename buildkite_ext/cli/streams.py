"""Output streams: their encoding and colours, and text of others made safe to print on them."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import Literal, TextIO

from ..messages import printable, shortened
from .encoding import READABLE
from .windows_console import interprets_escape_sequences

__all__ = [
    "Colour",
    "clean",
    "coloured",
    "discard",
    "is_terminal",
    "output_failure",
    "paragraph",
    "prepare_streams",
    "print_error",
    "print_line",
    "short",
]

_LONGEST = 300

_WRITE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN})
"""Errors of writing to a stream: a full disk, a quota, a device or descriptor that is gone, a pipe that may not block."""

Colour = Literal["auto", "always", "never"]


def prepare_streams() -> None:
    """Make the streams replace characters that they can't encode, so that no log can end the command.

    What is written to a closed standard error is lost. A closed standard input or output stays None.
    """
    _occupy_closed_descriptors()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open, as a stream does
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a test's stream
            stream.reconfigure(errors=READABLE)  # type: ignore[union-attr]


def _occupy_closed_descriptors() -> None:
    """Open the null device where a standard stream is closed, so that no file or socket gets its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown") and interprets_escape_sequences(stream)


def coloured(wanted: Colour, stream: TextIO) -> bool:
    """Return whether to write colours. The option decides, then NO_COLOR, then FORCE_COLOR, then the stream.

    https://no-color.org and https://force-color.org
    """
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def print_error(text: str) -> None:
    """Print a line on the standard error."""
    print_line(text, sys.stderr)


def print_line(text: str, stream: TextIO) -> None:
    """Print a line on a stream, and flush it.

    The standard error is never needed: if it can't be written to, the command continues without it.

    Raises:
        OSError: another stream can't be written to.
    """
    try:
        print(text, file=stream, flush=True)
    except (OSError, ValueError):
        if stream is not sys.stderr:
            raise
        discard(stream)


def discard(stream: TextIO) -> None:
    """Redirect a stream that can't be written to to the null device, so that further writes don't fail."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def output_failure(error: BaseException) -> Literal["closed", "failed"] | None:
    """Return how the output failed: its reader is gone, or it can't be written for another reason, such as a full disk.

    Errors of files name the file, and those of connections have classes of their own.

    Returns:
        None for an error of anything else.
    """
    if isinstance(error, BrokenPipeError) or (sys.platform == "win32" and _is_closed_pipe_of_windows(error)):
        return "closed"
    if type(error) in (OSError, BlockingIOError):
        assert isinstance(error, OSError)
        return "failed" if error.filename is None and error.errno in _WRITE_ERRORS else None
    return None


def _is_closed_pipe_of_windows(error: BaseException) -> bool:
    """Return whether an error is that of a pipe without a reader on Windows, which has no code of its own."""
    return type(error) is OSError and error.filename is None and error.errno == errno.EINVAL


def clean(text: str | None) -> str:
    """Return a text of others as one line, without escape sequences, control characters and direction marks.

    Example:
        >>> clean("\\x1b]0;title\\x07te\\x1b[31mst\\n\\u202egnp.exe")
        'test gnp.exe'
    """
    if not text:
        return ""
    if "\x1b" in text:
        from ..logs.screen import CSI, ESCAPE, STRING_CONTROL

        text = ESCAPE.sub("", CSI.sub("", STRING_CONTROL.sub("", text)))
    return printable(text)


def short(text: str | None, longest: int = _LONGEST) -> str:
    """Return the same, shortened to `longest` characters.

    Example:
        >>> short("x" * 1000, 5)
        'xxxx…'
    """
    return shortened(clean(text).strip(), longest)


def paragraph(text: str) -> str:
    """Return several lines, each of them cleaned.

    Example:
        >>> paragraph("one\\x07\\n  two\\r\\n")
        'one\\n  two'
    """
    return "\n".join(clean(line).rstrip() for line in text.splitlines()).strip()
