"""`buildkite-ext webhooks verify`: verify the signature of a body, and explain why it doesn't match."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from ...timestamps import parse_time
from ..durations import shown_duration
from ..exit_codes import ExitCode
from ..inputs import STDIN, Inputs, is_stdin
from ..parameters import OUTPUT, DurationOrZero, Flag
from ..problem import UsageError
from ..startup import end_startup
from ..streams import Colour, coloured
from .credentials import SECRET_GROUP, SecretFiles, read_auth

__all__ = ["verify"]

_DELIVERY = Group("The delivery", sort_key=1)


def verify(
    body_file: Annotated[Path, Parameter(metavar="BODY_FILE", allow_leading_hyphen=True)] = Path(STDIN),
    /,
    *,
    signature: Annotated[str, Parameter(group=_DELIVERY, metavar="HEADER")],
    secret_file: SecretFiles = (),
    tolerance: Annotated[float, DurationOrZero, Parameter(group=SECRET_GROUP, show_default=shown_duration)] = 300.0,
    at: Annotated[str | None, Parameter(group=SECRET_GROUP, metavar="TIME")] = None,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Verify the signature of a body and, if it doesn't match, find out why.

    Nothing is sent anywhere.

    Args:
        body_file: A file that holds the raw body, byte for byte; - reads the standard input.
        signature: The value of the header X-Buildkite-Signature: timestamp=SECONDS,signature=HEX.
        secret_file: A file that holds the secret; - reads the standard input. By default $BUILDKITE_WEBHOOK_SECRET. Several
            lines or files are several secrets, any of which is valid.
        tolerance: The time by which the signature's time may differ from now.
        at: The time to verify at, by default now: seconds since 1970, or a time such as 2026-05-09T21:05:59Z.
        color: Whether to color; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        debug: Show the traceback of an error.
    """
    from ..render.colour import TONES, painted
    from ..streams import clean
    from .diagnose import diagnose

    if str(body_file).startswith("--"):
        raise UsageError(
            f"unknown option {str(body_file).partition('=')[0]}. (For a file of this name write ./{body_file}.)"
        )
    end_startup()
    inputs = Inputs(reserved_for="BODY_FILE" if is_stdin(body_file) else None)
    auth = read_auth(inputs, secret_file, tokens=False, unsigned_option=None)
    now = time.time() if at is None else _seconds("--at", at)
    body = inputs.read("BODY_FILE", body_file, hint="Paste the body, then press Ctrl-D twice, without a line break.")
    found = diagnose(body, signature, auth, tolerance=tolerance, now=now)
    first, *rest = [clean(auth.hide(line)) for line in found.lines]
    tone = TONES["good" if found.valid else "bad"] if coloured(color, sys.stdout) else ""
    print("\n".join([painted(first, tone), *rest]))
    return ExitCode.PASSED if found.valid else ExitCode.FAILED


def _seconds(option: str, text: str) -> float:
    """Parse a time: seconds since the epoch, ISO 8601, or the form that webhooks have.

    Raises:
        UsageError: it has none of these forms.

    Example:
        >>> _seconds("--at", "2018-03-25 03:58:14 UTC") == _seconds("--at", "2018-03-25T03:58:14Z") == 1521950294
        True
    """
    try:
        if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", text):
            return float(text)
        return parse_time(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r}: give seconds since 1970, or a time such as 2026-05-09T21:05:59Z."
        ) from error
