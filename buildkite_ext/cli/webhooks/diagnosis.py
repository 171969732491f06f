"""Why a signature doesn't fit: what would have to be otherwise for it to fit. Pure."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..strict_json import refuse_constant

NEARBY = 300
"""Seconds around the signature's time that are tried in its place."""
LARGEST_NEARBY = 1 << 18
"""Of larger bodies that would take long."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What would have to be otherwise, and what to do about it. `key` counts the keys from 0."""

    text: str
    key: int


def causes(body: bytes, timestamp: str, signature: str, keys: Sequence[bytes]) -> list[Cause]:
    """What explains that a signature doesn't fit.

    First one thing alone is taken to be otherwise, then the body and the secret at once.

    Args:
        body: the body that was tried.
        timestamp: the signature's time, as it stands in the header.
        signature: the signature in small hexadecimal.
        keys: the secrets that were tried.

    Returns:
        The causes that fit; none where nothing that is known explains it.

    Example:
        >>> signed = hmac.digest(b"s3cret", b"1.{}", "sha256").hex()
        >>> [cause.text.partition(":")[0] for cause in causes(b"{}\\n", "1", signed, [b"s3cret"])]
        ['the body has a line break at its end that was not signed']
    """
    same_body, same_key = [("", body)], ""
    bodies = list(_bodies(body))
    for tried_bodies, changed_keys in ((bodies, False), (same_body, True), (bodies, True)):
        found = [
            Cause(" And ".join(filter(None, (what, why))), number)
            for number, key in enumerate(keys)
            for why, secret in (_keys(key) if changed_keys else [(same_key, key)])
            for what, text in tried_bodies
            if _fits(timestamp.encode() + b"." + text, signature, secret)
        ]
        if found:
            return found
    return [
        Cause(text, number)
        for number, key in enumerate(keys)
        for text in _other_messages(body, timestamp, signature, key)
    ]


def _fits(message: bytes, signature: str, key: bytes) -> bool:
    return hmac.compare_digest(hmac.digest(key, message, "sha256").hex(), signature)


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Bodies that may have been signed in place of this one, and what that means. Each other body once."""
    seen = {body}
    for what, other in _variants(body):
        if other not in seen:
            seen.add(other)
            yield what, other


def _variants(body: bytes) -> Iterator[tuple[str, bytes]]:
    ended = "the body has a line break at its end that was not signed: an editor, echo or a template added it"
    yield ended, body.removesuffix(b"\n")
    yield ended, body.removesuffix(b"\r\n")
    yield "the body has white space around it that was not signed", body.strip()
    lost = "the body lacks the line break at its end, which was signed: something trimmed it"
    yield lost, body + b"\n"
    yield lost, body + b"\r\n"
    unix = body.replace(b"\r\n", b"\n")
    yield "the body's line breaks became CRLF on the way (Windows, or a transfer as text)", unix
    yield "the body's line breaks became CRLF, and one was added at its end", unix.removesuffix(b"\n")
    yield "the body's line breaks were CRLF, and became LF on the way", unix.replace(b"\n", b"\r\n")
    mark = b"\xef\xbb\xbf"
    yield "the body begins with a byte order mark that was not signed: an editor added it", body.removeprefix(mark)
    yield from _rewritten(body)


def _rewritten(body: bytes) -> Iterator[tuple[str, bytes]]:
    """JSON as it may have been before something parsed it and wrote it anew."""
    try:
        value = json.loads(body, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return
    what = (
        "the body is not the one that was signed but the same JSON, parsed and written anew ({}): keep the raw body, as "
        "bytes, from before anything parses it"
    )
    for escaping, ascii_only in (("", False), (", non-ASCII escaped", True)):
        compact = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)
        spaced = json.dumps(value, ensure_ascii=ascii_only)
        wide = json.dumps(value, indent=2, ensure_ascii=ascii_only)
        for form, text in (
            ("it was compact", compact),
            ("it was compact, with <, > and & escaped", _html_safe(compact)),
            ("it had a space after each comma and colon", spaced),
            ("it was indented", wide),
            ("it was indented, with a line break at its end", f"{wide}\n"),
        ):
            yield what.format(form + escaping), text.encode("utf-8", "replace")


def _html_safe(text: str) -> str:
    # What Rails and Go write so that JSON may stand in HTML.
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _keys(key: bytes) -> Iterator[tuple[str, bytes]]:
    """Secrets that may have been meant by this one."""
    yield "the secret was meant without the white space around it: a file or a paste added it", key.strip()
    quoted = key.strip()
    if len(quoted) > 2 and quoted[:1] == quoted[-1:] and quoted[:1] in (b"'", b'"'):
        yield "the secret was meant without its quotes", quoted[1:-1]
    yield (
        "it was signed with the secret and a line break: whatever signed it read the secret from a file and did not trim it",
        key + b"\n",
    )
    yield "it was signed with the secret and a line break (CRLF)", key + b"\r\n"
    yield "it was signed with the secret in small letters", key.lower()
    try:
        yield (
            "it was signed with the bytes that the secret stands for in hexadecimal",
            bytes.fromhex(key.decode("ascii")),
        )
    except ValueError:
        return


def _other_messages(body: bytes, timestamp: str, signature: str, key: bytes) -> Iterator[str]:
    """Other things that may have been signed than TIMESTAMP.BODY."""
    if _fits(body, signature, key):
        yield "the body alone was signed: what Buildkite signs is the timestamp, a point, and the body"
    if _fits(timestamp.encode() + body, signature, key):
        yield "timestamp and body were signed without the point between them"
    if _fits(b"." + body, signature, key) or _fits(b"0." + body, signature, key):
        yield "it was signed without a timestamp, or with 0"
    if len(body) > LARGEST_NEARBY:
        return
    at = int(timestamp)
    for other in range(max(0, at - NEARBY), at + NEARBY + 1):
        if other != at and _fits(b"%d.%s" % (other, body), signature, key):
            yield (
                f"it was signed at {other}, and its header says {at}: the timestamp is that of another delivery, or was changed"
            )
