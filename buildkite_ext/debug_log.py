"""Log of requests and events on the standard error, which the environment asks for with BUILDKITE_EXT_LOG=debug."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache

from .messages import escaped, shown
from .redaction import redacted_text

__all__ = ["LOG_VARIABLE", "WriteLine", "debug_log"]

LOG_VARIABLE = "BUILDKITE_EXT_LOG"

WriteLine = Callable[[str], None]
"""Function that writes one line."""

_OFF = frozenset({"", "0", "off", "none", "false"})


def debug_log(environ: Mapping[str, str] | None = None) -> WriteLine | None:
    """Return the function that writes a line of the log; None if the environment asks for no log.

    The lines go to the standard error and not to `logging`, so that nothing is logged twice where a program configured that.
    No line holds a token, a header or a body.

    Args:
        environ: by default the environment of the process.

    Example:
        >>> debug_log({}) is None
        True
    """
    level = (os.environ if environ is None else environ).get(LOG_VARIABLE, "").strip().lower()
    if level in _OFF:
        return None
    if level != "debug":
        _warn(level)
        return None
    return _write


@cache
def _warn(level: str) -> None:
    """Write that a level has no meaning. Each client asks for the log several times, and one line is enough."""
    _write(f"${LOG_VARIABLE}={shown(level)} has no meaning: set it to debug, or unset it.")


def _write(line: str) -> None:
    moment = datetime.now().astimezone().isoformat(timespec="milliseconds")
    with suppress(AttributeError, OSError, ValueError):  # the standard error is closed
        sys.stderr.write(f"{moment} buildkite_ext: {escaped(redacted_text(line))}\n")
        sys.stderr.flush()
