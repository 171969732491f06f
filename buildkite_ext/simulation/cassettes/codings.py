"""Content codings of bodies, such as gzip: what is recorded is decoded, so that its secrets are seen."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from ...errors import ConfigurationError

__all__ = ["UndecodedBody", "decoded", "header_texts"]

_GZIP = b"\x1f\x8b"


class UndecodedBody(ConfigurationError):
    """A body whose coding can't be decoded, so that nobody knows what it holds."""


def header_texts(value: object) -> list[str]:
    """Return the texts of a header, whose value may be bytes or a list.

    Example:
        >>> header_texts([b"gzip", "br"]), header_texts("gzip")
        (['gzip', 'br'], ['gzip'])
    """
    values = value if isinstance(value, list) else [value]
    return [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in values]


def decoded(body: bytes, headers: Mapping[str, object]) -> bytes:
    """Return a body without its codings: those that httpx decodes, and `x-gzip`.

    Args:
        body: the body. A beginning of one is decoded as far as it goes.
        headers: those of the request or of the answer; each value may be a list.

    Raises:
        UndecodedBody: a coding isn't known, its package isn't installed, or the body isn't of this coding.

    Example:
        >>> import gzip
        >>> decoded(gzip.compress(b"abc"), {"content-encoding": ["GZIP"]}), decoded(b"abc", {})
        (b'abc', b'abc')
    """
    codings = [
        coding
        for name, value in headers.items()
        if name.lower() == "content-encoding"
        for each in header_texts(value)
        for part in each.split(",")
        if (coding := part.strip().lower()) not in ("", "identity")
    ]
    for coding in reversed(codings) if body else ():
        try:
            body = _without(coding, body)
        except zlib.error as error:
            raise UndecodedBody(f"its body isn't of the Content-Encoding {coding}: {error}") from None
    return body


def _without(coding: str, body: bytes) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return _gunzipped(body)
    if coding == "deflate":
        try:
            return _inflated(body, zlib.MAX_WBITS)
        except zlib.error:  # servers send it without the header, too
            return _inflated(body, -zlib.MAX_WBITS)
    return _by_httpx(coding, body)


def _inflated(body: bytes, window: int) -> bytes:
    inflate = zlib.decompressobj(window)
    return inflate.decompress(body) + inflate.flush()


def _gunzipped(body: bytes) -> bytes:
    """Return what a file of gzip holds, which may have several members."""
    parts = []
    while True:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        parts.append(inflate.decompress(body) + inflate.flush())
        body = inflate.unused_data
        if not body.startswith(_GZIP):
            return b"".join(parts)


def _by_httpx(coding: str, body: bytes) -> bytes:
    """Return what httpx decodes. It leaves a body as it is whose coding it doesn't know, or lacks the package for."""
    import httpx

    try:
        found = httpx.Response(200, headers={"Content-Encoding": coding}, content=body).content
    except httpx.DecodingError as error:
        raise UndecodedBody(f"its body isn't of the Content-Encoding {coding}: {error}") from None
    if found == body:
        raise UndecodedBody(f"its Content-Encoding {coding!r} can't be decoded: ask for gzip by Accept-Encoding")
    return found
