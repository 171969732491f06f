"""The two streams that the command writes to, and whether what it writes is coloured."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Literal, TextIO

Colour = Literal["auto", "always", "never"]


def prepare() -> None:
    """See to it that no character of a log can end the command: what a stream can't encode becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a test's stream
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def coloured(wanted: Colour, stream: TextIO) -> bool:
    """Whether to write colours: the option, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal.

    https://no-color.org and https://force-color.org
    """
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def tell(text: str) -> None:
    """A line on the standard error. Where nobody reads it, the command goes on, and ends as it would have."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Lead a stream whose reader has gone nowhere, so that neither we nor the interpreter stumble over it again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
