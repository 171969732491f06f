"""What there is to say of a signature and a body."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...errors import WebhookMalformed, WebhookUnverified
from ...webhooks.headers import SIGNATURE, TOKEN
from ...webhooks.parsing import UnknownEvent, parse
from ...webhooks.signature import Verified
from ...webhooks.signature import verify as check
from ..streams import short
from .credentials import Proof
from .diagnosis import causes
from .display import subject_of
from .event_fields import facts_of
from .moment import shown, span

_HEADER = re.compile(rf"\s*({SIGNATURE}|{TOKEN})\s*:\s*(.*?)\s*", re.IGNORECASE | re.DOTALL)
_FORM = re.compile(r"timestamp=(\d+),[ \t]*signature=([0-9a-fA-F]{64})")
HALF_HOUR = 1800


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a receiver would take it, and what to say: the first line is the verdict."""

    fits: bool
    lines: tuple[str, ...]


def verdict(body: bytes, header: str, proof: Proof, *, tolerance: float, now: float) -> Verdict:
    """Judge a signature.

    Args:
        body: the body.
        header: the header's value, or the whole header.
        proof: the secrets.
        tolerance: seconds by which its time may differ from now.
        now: the time, in seconds since the epoch.
    """
    named = _HEADER.fullmatch(header)
    name, value = (named[1].lower(), named[2]) if named else (SIGNATURE, header.strip())
    if name == TOKEN or value.encode("utf-8", "surrogateescape") in {key.strip() for key in proof.values}:
        return Verdict(False, (*_token(value, proof), "", *_event(body)))
    headers = {SIGNATURE: value}
    try:
        found = check(body, headers, proof.values, tolerance=float("inf"), now=lambda: now)
    except WebhookUnverified as error:
        return Verdict(False, (*_misfit(body, value, proof, error), "", *_event(body)))
    age = _age(found, now)
    if abs(now - found.timestamp) > tolerance:
        return Verdict(False, (*_off(found, proof, tolerance, now), "", *_event(body)))
    return Verdict(
        True, (f"The signature fits: {_which(found, proof)}, sent {shown(found.timestamp)}, {age}.", *_event(body))
    )


def _which(found: Verified, proof: Proof) -> str:
    several = f"secret {found.secret + 1} of {len(proof.keys)}" if len(proof.keys) > 1 else "the secret"
    return f"{several} ({proof.keys[found.secret].origin})"


def _age(found: Verified, now: float) -> str:
    away = now - found.timestamp
    return f"{span(away)} ago" if away >= 0 else f"{span(-away)} in the future"


def _off(found: Verified, proof: Proof, tolerance: float, now: float) -> list[str]:
    """It is signed, at another time."""
    away = now - found.timestamp
    sent = f"sent {shown(found.timestamp)}, {_age(found, now)}"
    lines = [
        f"The signature fits, and is too {'old' if away > 0 else 'new'}: {sent}; allowed are {span(tolerance)}.",
        f"  It was signed with {_which(found, proof)}.",
        f"  A delivery kept for later is judged as of then: --at {found.timestamp}, or --tolerance {abs(away) + 1:.0f}.",
    ]
    halves = round(away / HALF_HOUR)
    if halves and abs(away - halves * HALF_HOUR) < 60 and abs(halves) <= 48:
        lines.append(
            f"  That is {abs(halves) / 2:g} h, nearly to the minute: one of the two clocks may be set to another time zone."
        )
    elif away < 0:
        lines.append("  This computer's clock is slow, or whatever signed it has one that is fast.")
    return lines


def _token(value: str, proof: Proof) -> list[str]:
    """The header holds the token in clear text."""
    fits = value.encode("utf-8", "surrogateescape") in {key.strip() for key in proof.values}
    return [
        "This is no signature but a token in clear text"
        + (": the secret itself." if fits else ", and another one than the secret."),
        f"  The webhook is set up to send {TOKEN.title()}. In its settings choose {SIGNATURE.title()}, or verify tokens:",
        "  verify_token(headers, token), WebhookHandler(token=…), `webhooks listen --token-file`.",
    ]


def _misfit(body: bytes, value: str, proof: Proof, error: WebhookUnverified) -> list[str]:
    said = str(error).removeprefix("The delivery is refused: ")
    form = _FORM.fullmatch(value)
    if error.reason != "mismatch" or form is None:
        hints = []
        if value.startswith(("sha1=", "sha256=", "v0=", "v1=")):
            hints.append("  It looks like another service's: GitHub, Slack and others sign in forms of their own.")
        elif re.fullmatch(r"[0-9a-fA-F]{64}", value):
            hints.append("  Give the whole header: the timestamp before it is a part of what was signed.")
        return [f"The signature can't be read: {said}", *hints]
    known = causes(body, form[1], form[2].lower(), proof.values)
    tried = f"{len(proof.keys)} secrets" if len(proof.keys) > 1 else "the secret"
    head = f"The signature doesn't fit this body with {tried} of {proof.origins}."
    if known:
        more = len(proof.keys) > 1
        return [head, *(f"  Why: {c.text}{f' ({proof.keys[c.key].origin})' if more else ''}." for c in known)]
    return [
        head,
        f"  It says that it was signed {shown(float(form[1]))}.",
        "  No line break, CRLF, JSON written anew, white space around the secret or timestamp nearby explains it.",
        "  Most likely the secret is another webhook's, or an older one; or the body is another delivery's. The secret is the",
        "  token in the webhook's settings.",
    ]


def _event(body: bytes) -> list[str]:
    """What event it is."""
    try:
        event = parse(body)
    except WebhookMalformed as error:
        said = str(error).removeprefix("The delivery is refused: ")
        return [f"Event: none. {said[:1].upper()}{said[1:]}"]
    facts = facts_of(event)
    what = ", ".join(
        filter(None, (short(facts.event, 60), subject_of(facts), short(facts.state, 40), short(facts.branch, 60)))
    )
    if isinstance(event, UnknownEvent):
        what += f" ({type(event).__name__}: {event.problem})"
    return [f"Event: {what}; {len(body):,} bytes."]
