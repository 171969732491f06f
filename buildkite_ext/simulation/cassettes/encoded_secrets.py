"""Search for secrets in what would be written, also where they are encoded."""

from __future__ import annotations

import html
import re
import zlib
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from urllib.parse import unquote

__all__ = ["standing_secrets"]

_ANY = ("utf-8", "surrogatepass")
_URL_SAFE = str.maketrans("+/", "-_")
_DEEPEST = 3
"""Times that a text may be encoded around a secret."""

_ESCAPE = re.compile(r"(?<!\\)\\+(?:u00|x)([0-9a-f]{2})", re.IGNORECASE)
_BACKSLASHES = re.compile(r"(?<!\\)\\+([\"/'])")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,}")
"""Base64 of something as long as a secret, possibly behind other letters."""
_GZIP = b"\x1f\x8b"
_LARGEST = 64 * 1024 * 1024
"""Bytes that are looked at in a file that is compressed."""


def standing_secrets(recorded: object, name: str, secrets: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each place in which a secret stands, and the secret.

    Args:
        recorded: what would be written.
        name: the name of it.
        secrets: what is looked for.

    Example:
        >>> list(standing_secrets({"body": ["a", "x=hush%21"]}, "it", ["hush!"]))
        [('it, body 2', 'hush!')]
    """
    encoded = [(form, secret) for secret in secrets for form in {*_in_base64(secret)}]
    plain = [(form.lower(), secret) for secret in secrets for form in _plain(secret)]
    for place, text in _texts(recorded, name):
        found = next((secret for form, secret in encoded if form in text), None)
        for held in _held(text):
            for each in _decoded(held):
                found = found or next((secret for form, secret in plain if form in each), None)
        if found is not None:
            yield place, found


def _plain(secret: str) -> set[str]:
    """Return a secret, and its bytes in UTF-8 as characters and in hexadecimal."""
    data = secret.encode(*_ANY)
    return {secret, data.decode("latin-1"), data.hex()}


def _in_base64(secret: str) -> Iterator[str]:
    """Yield what is sure to be in the Base64 of any text that contains a secret, for its three places and both alphabets."""
    for before in range(3):
        coded = b64encode(b"\0" * before + secret.encode(*_ANY)).decode()
        kept = coded[(4 if before else 0) : -4].rstrip("=") or coded
        yield kept
        yield kept.translate(_URL_SAFE)


def _held(text: str) -> Iterator[str]:
    """Yield a text, and what is in it as Base64, possibly several times and also within URLs, HTML and JSON."""
    texts = [text]
    for _ in range(_DEEPEST):
        yield from texts
        texts = [held for each in texts for form in {each, _unescaped(each)} for held in _from_base64(form)]
    yield from texts


def _from_base64(text: str) -> Iterator[str]:
    """Yield what the Base64 in a text holds, a character a byte: four texts, since letters may stand in front of it."""
    pieces = _BASE64.findall(text.replace("-", "+").replace("_", "/"))
    for place in range(4 if pieces else 0):
        # Base64 consists of groups of four letters: each piece is filled up, and a group of its own keeps two pieces apart.
        coded = "".join(f"{each[place:]}{'A' * (-(len(each) - place) % 4)}AAAA" for each in pieces)
        yield a2b_base64(coded).decode("latin-1")


def _unescaped(text: str) -> str:
    """Return a text of a URL, of HTML or of JSON without their escapes."""
    text = html.unescape(unquote(text))
    if "\\" not in text:
        return text
    return _BACKSLASHES.sub(r"\1", _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text))


def _decoded(text: str) -> Iterator[str]:
    """Yield a text in lower case, and what is in it as URLs, HTML and JSON encode it, possibly several times."""
    text = text.lower()
    yield text
    for _ in range(_DEEPEST):
        before = text
        text = _unescaped(text).lower()
        if text == before:
            return
        yield text


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield place, str(key)
            yield from _texts(each, f"{place}, {key}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value, 1):
            yield from _texts(each, f"{place} {number}")
    elif isinstance(value, bytes | bytearray):
        yield place, value.decode(errors="replace")
        yield place, value.decode("latin-1")
        if value.startswith(_GZIP):
            with suppress(zlib.error):  # not whole, or something else
                yield place, zlib.decompressobj(31).decompress(value, _LARGEST).decode(errors="replace")
    elif value is not None:
        yield place, str(value)
