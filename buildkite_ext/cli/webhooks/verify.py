"""`buildkite-ext webhooks verify`: whether a signature fits, and if not, why."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from ..exit_codes import ExitCode
from ..parameters import OUTPUT, Flag
from ..problem import UsageError
from ..streams import Colour, coloured
from .credentials import PROOF, SecretFiles, proof_of

if TYPE_CHECKING:
    from .credentials import Proof
    from .diagnose import Verdict

DELIVERY = Group("The delivery", sort_key=1)


def verify(
    body_file: Annotated[str, Parameter(metavar="BODY_FILE", allow_leading_hyphen=True)] = "-",
    /,
    *,
    signature: Annotated[str, Parameter(group=DELIVERY, metavar="HEADER")],
    secret_file: SecretFiles = (),
    tolerance: Annotated[float, Parameter(group=PROOF, metavar="S")] = 300.0,
    at: Annotated[str | None, Parameter(group=PROOF, metavar="TIME")] = None,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Say whether a signature fits a body. See `app`.

    Args:
        body_file: A file that holds the raw body, byte for byte; - reads the standard input.
        signature: The value of the header X-Buildkite-Signature: timestamp=SECONDS,signature=HEX.
        secret_file: A file that holds the secret; - reads the standard input. By default $BUILDKITE_WEBHOOK_SECRET. Several
            lines, or files, are several secrets of which any will do.
        tolerance: Seconds by which the signature's time may differ from now.
        at: Take this for now: seconds since 1970, or an hour such as 2026-05-09T21:05:59Z.
        color: Whether to colour; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        debug: Show where an error came from.
    """
    from .diagnose import verdict
    from .moment import moment

    if not tolerance >= 0:
        raise UsageError(f"--tolerance {tolerance:g}: give seconds, 0 or more.")
    taken_by = "BODY_FILE" if body_file == "-" else None
    proof = proof_of(secret_file, tokens=False, unsigned_option=None, taken_by=taken_by)
    now = time.time() if at is None else moment("--at", at)
    found = verdict(_body(body_file), signature, proof, tolerance=tolerance, now=now)
    _tell(found, proof, colour=coloured(color, sys.stdout))
    return ExitCode.PASSED if found.fits else ExitCode.FAILED


def _body(path: str) -> bytes:
    try:
        if path == "-":
            if sys.stdin.isatty():
                print("Paste the body, then press Ctrl-D twice, without a line break.", file=sys.stderr)
            return sys.stdin.buffer.read()
        return Path(path).read_bytes()
    except OSError as error:
        where = "the standard input" if path == "-" else repr(path)
        raise UsageError(f"BODY_FILE: {where} can't be read: {error.strerror or error}") from error


def _tell(verdict: Verdict, proof: Proof, *, colour: bool) -> None:
    from ..render.colour import TONES, painted
    from ..streams import clean

    head, *rest = [clean(proof.hide(line)) for line in verdict.lines]
    print(painted(head, TONES["good" if verdict.fits else "bad"] if colour else ""))
    for line in rest:
        print(line)
