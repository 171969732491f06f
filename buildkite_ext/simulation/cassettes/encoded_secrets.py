"""Search for secrets in what would be written, also where they are encoded."""

from __future__ import annotations

import codecs
import re
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self, TypeVar

import httpx

from ..._decompression import Decompressor
from ...escapes import DEEPEST, escaped_runs, unescaped

__all__ = ["standing_secrets"]

T = TypeVar("T", str, bytes)

_ANY = ("utf-8", "surrogatepass")
_URL_SAFE = str.maketrans("+/", "-_")
_GZIP = b"\x1f\x8b"
_LARGEST = 64 * 1024 * 1024
"""Bytes that are looked at in a file that is compressed."""

_WINDOW = 512 * 1024
"""Characters that are looked at together: what is decoded of a large body stays small."""
_LONGEST_CODE = 64
"""Characters that stand for one of a secret, if it is encoded several times."""


def standing_secrets(recorded: object, name: str, secrets: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each place in which a secret stands, and the secret.

    Args:
        recorded: what would be written.
        name: the name of it.
        secrets: what is looked for; none of them is empty.

    Example:
        >>> list(standing_secrets({"body": ["a", "x=hush%21"]}, "it", ["hush!"]))
        [('it, body 2', 'hush!')]
    """
    if not secrets:
        return
    search = _Search.of(secrets)
    for place, value in _values(recorded, name):
        found = next((found for text in search.windows(value) if (found := search.found(text)) is not None), None)
        if found is not None:
            yield place, found


@dataclass(frozen=True, slots=True)
class _Search:
    """Search for some secrets.

    Attributes:
        encoded: the forms of the secrets in Base64, and the secret of each.
        plain: their other forms, in lower case, likewise.
        characters: what the other forms consist of, also in upper case.
        base64: the expression of Base64 of something as long as the shortest secret, possibly behind other letters.
        overlap: the characters that two windows share, so that a secret is whole in one of them.
    """

    encoded: tuple[tuple[str, str], ...]
    plain: tuple[tuple[str, str], ...]
    characters: str
    base64: re.Pattern[str]
    overlap: int

    @classmethod
    def of(cls, secrets: Collection[str]) -> Self:
        """Return the search for secrets."""
        plain = [(form.lower(), secret) for secret in secrets for form in sorted(_plain(secret))]
        return cls(
            tuple((form, secret) for secret in secrets for form in dict.fromkeys(_in_base64(secret))),
            tuple(plain),
            "".join(sorted({each for form, secret in plain for each in form + form.upper() + secret})),
            re.compile(rf"[A-Za-z0-9+/]{{{_letters(min(len(form) for form, _ in plain))},}}"),
            _LONGEST_CODE * max(len(form) for form, _ in plain),
        )

    def windows(self, value: str | bytes | bytearray) -> Iterator[str]:
        """Yield the parts of a value, as texts that overlap."""
        for pieces in self._readings(value):
            kept = ""
            for piece in pieces:
                window = kept + piece
                yield window
                kept = window[-self.overlap :]

    def _readings(self, given: str | bytes | bytearray) -> Iterator[Iterable[str]]:
        """Yield what a value may be read as, each in pieces."""
        if isinstance(given, str):
            yield _pieces(given)
            return
        value = bytes(given)
        yield (piece.decode("latin-1") for piece in _pieces(value))  # a form of each secret has a character a byte
        if not self.characters.isascii():
            decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
            yield map(decoder.decode, _pieces(value))
        if value.count(0) > len(value) // 4:  # two or four bytes a character
            yield (piece.replace(b"\0", b"").decode("latin-1") for piece in _pieces(value))
        if value.startswith(_GZIP):
            yield _decompressed(value)

    def found(self, text: str, depth: int = 0) -> str | None:
        """Return a secret that stands in a text, or in what is encoded there; None if there is none."""
        if depth == 0:
            for form, secret in self.encoded:
                if form in text:
                    return secret
        runs = escaped_runs(text, self.characters)
        for each in (text, *_decoded(runs)):
            lower = each.lower()
            for form, secret in self.plain:
                if form in lower:
                    return secret
        if depth < DEEPEST:
            for each in (text, unescaped(runs)):
                for held in self._from_base64(each):
                    found = self.found(held, depth + 1)
                    if found is not None:
                        return found
        return None

    def _from_base64(self, text: str) -> Iterator[str]:
        """Yield what the Base64 in a text holds, a character a byte: four texts, since letters may stand in front of it."""
        pieces = self.base64.findall(text.replace("-", "+").replace("_", "/"))
        for place in range(4 if pieces else 0):
            # Base64 consists of groups of four letters: each piece is filled up, and a group of its own keeps two apart.
            coded = "".join(f"{each[place:]}{'A' * (-(len(each) - place) % 4)}AAAA" for each in pieces)
            yield a2b_base64(coded).decode("latin-1")


def _letters(size: int) -> int:
    """Return the number of letters of Base64 that so many bytes need."""
    return max(4, -(-size * 4 // 3))


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


def _decoded(runs: str) -> Iterator[str]:
    """Yield what is in runs with escapes, as URLs, HTML and JSON encode it, possibly several times."""
    text = runs.lower()
    for _ in range(DEEPEST):
        before = text
        text = unescaped(text).lower()
        if text == before:
            return
        yield text


def _pieces(value: T) -> Iterator[T]:
    """Yield the pieces of a value."""
    for at in range(0, len(value), _WINDOW):
        yield value[at : at + _WINDOW]


def _decompressed(value: bytes) -> Iterator[str]:
    """Yield the pieces of what is compressed, a character a byte."""
    size = 0
    with suppress(httpx.DecodingError):  # not whole, or something else
        for piece in Decompressor("gzip").feed(value):
            yield piece.decode("latin-1")
            size += len(piece)
            if size >= _LARGEST:
                return


def _values(value: object, place: str) -> Iterator[tuple[str, str | bytes | bytearray]]:
    """Yield the texts and the bytes in what would be written, each with its place."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield place, str(key)
            yield from _values(each, f"{place}, {key}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value, 1):
            yield from _values(each, f"{place} {number}")
    elif isinstance(value, bytes | bytearray):
        yield place, value
    elif value is not None:
        yield place, str(value)
