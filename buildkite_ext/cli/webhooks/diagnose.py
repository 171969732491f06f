"""Diagnosis of a signature: whether it is valid and, if it isn't, which mistake explains it."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ... import strict_json
from ...errors import WebhookMalformed, WebhookUnverified
from ...timestamps import format_webhook_time
from ...webhooks.http import SIGNATURE, TOKEN
from ...webhooks.parsing import UnknownEvent, parse
from ...webhooks.signature import Verified
from ...webhooks.signature import verify as verify_signature
from ..streams import short
from .credentials import WebhookAuth
from .event_fields import event_fields

__all__ = ["MismatchCause", "SignatureDiagnosis", "diagnose", "find_causes"]

_HEADER = re.compile(rf"({SIGNATURE}|{TOKEN})\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_FORM = re.compile(r"timestamp=([0-9]+),[ \t]*signature=([0-9a-fA-F]{64})")
_HALF_HOUR = 1800
_NEARBY = 300
"""Seconds around the signature's time that are tried in its place."""
_LARGEST_NEARBY = 1 << 18
"""Size of the largest body with which other times are tried: with larger ones that would take long."""


@dataclass(frozen=True, slots=True)
class SignatureDiagnosis:
    """Result of a diagnosis.

    Attributes:
        valid: whether a receiver would accept the delivery.
        lines: the explanation; the first line is the result.
    """

    valid: bool
    lines: tuple[str, ...]


def diagnose(body: bytes, header: str, auth: WebhookAuth, *, tolerance: float, now: float) -> SignatureDiagnosis:
    """Verify a signature and explain the result.

    Args:
        body: the body.
        header: the header's value, or the complete header.
        auth: the secrets.
        tolerance: seconds by which the signature's time may differ from now.
        now: the time, in seconds since the epoch.
    """
    named = _HEADER.fullmatch(header.strip())
    name, value = (named[1].lower(), named[2]) if named else (SIGNATURE, header.strip())
    is_secret = value.encode("utf-8", "surrogateescape") in {each.strip() for each in auth.values}
    if name == TOKEN or is_secret:
        return SignatureDiagnosis(False, (*_token(is_secret=is_secret), "", *_event(body)))
    try:
        found = verify_signature(body, {SIGNATURE: value}, auth.values, tolerance=float("inf"), now=lambda: now)
    except WebhookUnverified as error:
        return SignatureDiagnosis(False, (*_mismatch(body, value, auth, error), "", *_event(body)))
    if abs(now - found.timestamp) > tolerance:
        return SignatureDiagnosis(False, (*_wrong_time(found, auth, tolerance, now), "", *_event(body)))
    return SignatureDiagnosis(
        True, (f"The signature matches: {_secret(found, auth)}, {_sent(found, now)}.", *_event(body))
    )


# --- Explanations -----------------------------------------------------------------------------------------------------


def _secret(found: Verified, auth: WebhookAuth) -> str:
    which = f"secret {found.secret + 1} of {len(auth.credentials)}" if len(auth.credentials) > 1 else "the secret"
    return f"{which} ({auth.credentials[found.secret].origin})"


def _sent(found: Verified, now: float) -> str:
    age = now - found.timestamp
    return f"sent {_time(found.timestamp)}, {f'{_span(age)} ago' if age >= 0 else f'{_span(-age)} in the future'}"


def _wrong_time(found: Verified, auth: WebhookAuth, tolerance: float, now: float) -> list[str]:
    """Explain a signature that matches, but whose time is too far from now."""
    age = now - found.timestamp
    too = "too old" if age > 0 else "too new"
    lines = [
        f"The signature matches, but it is {too}: {_sent(found, now)}; the tolerance is {_span(tolerance)}.",
        f"  It was signed with {_secret(found, auth)}.",
        f"  To verify a stored delivery, give its time: --at {found.timestamp}, or --tolerance {abs(age) + 1:.0f}.",
    ]
    halves = round(age / _HALF_HOUR)
    if halves and abs(age - halves * _HALF_HOUR) < 60 and abs(halves) <= 48:
        lines.append(
            f"  That is {abs(halves) / 2:g} h, nearly to the minute: one of the two clocks may be set to another time zone."
        )
    elif age < 0:
        lines.append("  The clock of this computer is slow, or the clock of the sender is fast.")
    return lines


def _token(*, is_secret: bool) -> list[str]:
    """Explain a header that holds a token."""
    token = "the secret itself" if is_secret else "another one than the secret"
    return [
        f"This isn't a signature but a token in clear text: {token}.",
        f"  The webhook is set to send {TOKEN.title()}. In its settings choose {SIGNATURE.title()}, or receive it with:",
        "  buildkite-ext webhooks listen --token-file PATH",
    ]


def _mismatch(body: bytes, value: str, auth: WebhookAuth, error: WebhookUnverified) -> list[str]:
    """Explain a signature that can't be read or doesn't match."""
    form = _FORM.fullmatch(value)
    if error.reason != "mismatch" or form is None:
        hints = []
        if value.startswith(("sha1=", "sha256=", "v0=", "v1=")):
            hints.append("  It looks like the signature of another service, such as GitHub or Slack.")
        elif re.fullmatch(r"[0-9a-fA-F]{64}", value):
            hints.append("  Give the complete header: the timestamp before the signature is part of what was signed.")
        return [f"The signature can't be read: {str(error).removeprefix('The delivery is refused: ')}", *hints]
    several = len(auth.credentials) > 1
    tried = f"{len(auth.credentials)} secrets" if several else "the secret"
    first = f"The signature doesn't match this body with {tried} of {auth.origins}."
    causes = find_causes(body, form[1], form[2].lower(), auth.values)
    if causes:
        origins = [f" ({auth.credentials[cause.secret].origin})" if several else "" for cause in causes]
        return [first, *(f"  Why: {cause.text}{origin}." for cause, origin in zip(causes, origins, strict=True))]
    return [
        first,
        f"  Its timestamp is {_time(float(form[1]))}.",
        "  No line break, CRLF, serialized JSON, white space around the secret or nearby timestamp explains it.",
        "  Most likely the secret is another webhook's, or an older one; or the body is another delivery's. The secret is the",
        "  token in the webhook's settings.",
    ]


def _event(body: bytes) -> list[str]:
    """Describe the event of a body."""
    try:
        event = parse(body)
    except WebhookMalformed as error:
        reason = str(error).removeprefix("The delivery is refused: ")
        return [f"Event: none. {reason[:1].upper()}{reason[1:]}"]
    found = event_fields(event)
    texts = (short(found.event, 60), found.subject, short(found.state, 40), short(found.branch, 60))
    problem = f" ({type(event).__name__}: {event.problem})" if isinstance(event, UnknownEvent) else ""
    return [f"Event: {', '.join(filter(None, texts))}{problem}; {len(body):,} bytes."]


def _time(seconds: float) -> str:
    """Format a time as `2018-03-25 03:58:14 UTC`, or as a number if no calendar has it."""
    try:
        return format_webhook_time(seconds)
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"


def _span(seconds: float) -> str:
    """Format a span of time.

    Example:
        >>> [_span(each) for each in (0.2, 63, 3600, 200_000)]
        ['0 s', '63 s', '60 min', '2.31 days']
    """
    for size, unit, after in ((86_400, "days", 172_800), (3600, "h", 7200), (60, "min", 120)):
        if seconds >= after:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


# --- Causes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MismatchCause:
    """Mistake that explains a mismatch, and what to do about it. `secret` is the index of the secret."""

    text: str
    secret: int


def find_causes(body: bytes, timestamp: str, signature: str, secrets: Sequence[bytes]) -> list[MismatchCause]:
    """Find the mistakes that explain why a signature doesn't match: first a single one, then two at once.

    Args:
        body: the body.
        timestamp: the timestamp of the header.
        signature: the signature of the header, in lower-case hexadecimal.
        secrets: the secrets.

    Returns:
        The causes; empty if no known mistake explains the mismatch.

    Example:
        >>> signed = hmac.digest(b"s3cret", b"1.{}", "sha256").hex()
        >>> [cause.text.partition(":")[0] for cause in find_causes(b"{}\\n", "1", signed, [b"s3cret"])]
        ['the body has a line break at its end that was not signed']
    """
    unchanged, bodies = [("", body)], list(_other_bodies(body))
    for tried_bodies, other_secrets in ((bodies, False), (unchanged, True), (bodies, True)):
        causes = [
            MismatchCause("; and ".join(filter(None, (body_text, secret_text))), index)
            for index, secret in enumerate(secrets)
            for secret_text, tried_secret in (_other_secrets(secret) if other_secrets else [("", secret)])
            for body_text, tried_body in tried_bodies
            if _matches(timestamp.encode() + b"." + tried_body, signature, tried_secret)
        ]
        if causes:
            return causes
    return [
        MismatchCause(text, index)
        for index, secret in enumerate(secrets)
        for text in _other_messages(body, timestamp, signature, secret)
    ]


def _matches(message: bytes, signature: str, secret: bytes) -> bool:
    return hmac.compare_digest(hmac.digest(secret, message, "sha256").hex(), signature)


def _other_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the bodies that may have been signed instead of this one, each once, with an explanation."""
    seen = {body}
    for text, other in (*_respaced_bodies(body), *_reserialized_bodies(body)):
        if other not in seen:
            seen.add(other)
            yield text, other


def _respaced_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    added = "the body has a line break at its end that was not signed: an editor, echo or a template added it"
    yield added, body.removesuffix(b"\n")
    yield added, body.removesuffix(b"\r\n")
    yield "the body has white space around it that was not signed", body.strip()
    lost = "the body lacks the line break at its end, which was signed: something removed it"
    yield lost, body + b"\n"
    yield lost, body + b"\r\n"
    unix = body.replace(b"\r\n", b"\n")
    yield "the line breaks of the body became CRLF on the way (Windows, or a transfer as text)", unix
    yield "the line breaks of the body became CRLF, and one was added at its end", unix.removesuffix(b"\n")
    yield "the line breaks of the body were CRLF, and became LF on the way", unix.replace(b"\n", b"\r\n")
    mark = b"\xef\xbb\xbf"
    yield "the body begins with a byte order mark that was not signed: an editor added it", body.removeprefix(mark)


def _reserialized_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a JSON body in the forms in which it may have been signed, before something parsed and serialized it."""
    try:
        value = strict_json.loads(body)
    except ValueError:
        return
    text = (
        "the body is not the signed one but the same JSON, parsed and serialized again ({}): keep the raw bytes of the body from "
        "before anything parses it"
    )
    for escaping, ascii_only in (("", False), (", non-ASCII escaped", True)):
        compact = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)
        spaced = json.dumps(value, ensure_ascii=ascii_only)
        indented = json.dumps(value, indent=2, ensure_ascii=ascii_only)
        for form, signed in (
            ("it was compact", compact),
            ("it was compact, with <, > and & escaped", _html_safe(compact)),
            ("it had a space after each comma and colon", spaced),
            ("it was indented", indented),
            ("it was indented, with a line break at its end", f"{indented}\n"),
        ):
            yield text.format(form + escaping), signed.encode("utf-8", "replace")


def _html_safe(text: str) -> str:
    # Rails and Go write JSON so, for use within HTML.
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _other_secrets(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the secrets that may have been used instead of this one, with an explanation."""
    stripped = secret.strip()
    yield "the right secret has no white space around it: a file or a paste added it", stripped
    if len(stripped) > 2 and stripped[:1] == stripped[-1:] and stripped[:1] in (b"'", b'"'):
        yield "the right secret has no quotes around it", stripped[1:-1]
    yield (
        "it was signed with the secret and a line break: the sender read the secret from a file and did not trim it",
        secret + b"\n",
    )
    yield "it was signed with the secret and a line break (CRLF)", secret + b"\r\n"
    yield "it was signed with the secret in lower case", secret.lower()
    try:
        yield "it was signed with the bytes that the secret holds in hexadecimal", bytes.fromhex(secret.decode("ascii"))
    except ValueError:
        return


def _other_messages(body: bytes, timestamp: str, signature: str, secret: bytes) -> Iterator[str]:
    """Yield explanations for signatures of something else than `TIMESTAMP.BODY`."""
    if _matches(body, signature, secret):
        yield "the body alone was signed: Buildkite signs the timestamp, a point, and the body"
    if _matches(timestamp.encode() + body, signature, secret):
        yield "timestamp and body were signed without the point between them"
    if _matches(b"." + body, signature, secret) or _matches(b"0." + body, signature, secret):
        yield "it was signed without a timestamp, or with 0"
    if len(body) > _LARGEST_NEARBY:
        return
    at = int(timestamp)
    for other in range(max(0, at - _NEARBY), at + _NEARBY + 1):
        if other != at and _matches(b"%d.%s" % (other, body), signature, secret):
            yield (
                f"it was signed at {other}, but its header says {at}: the timestamp is another delivery's, or was changed"
            )
