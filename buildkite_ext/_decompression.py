"""Decompression of answers in steps of bounded size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

from .errors import InvalidResponse
from .urls import path_of

__all__ = ["ACCEPT_ENCODING", "Decompressor", "decompressed"]

ACCEPT_ENCODING = "gzip, deflate"
"""Codings of zlib, which decompresses step by step. Others, which httpx adds if their packages are there, don't."""

_CODINGS = ("gzip", "deflate")

_STEP = 256 * 1024
"""Maximum of bytes that one step yields."""


def decompressed(response: httpx.Response) -> Decompressor | None:
    """Return the decompressor for the body of an answer; None if it isn't compressed.

    Raises:
        InvalidResponse: the body has a coding that no request asks for, or several.
    """
    codings = [
        coding
        for value in response.headers.get_list("content-encoding", split_commas=True)
        if (coding := value.strip().lower()) not in ("", "identity")
    ]
    if not codings:
        return None
    coding = codings[0].removeprefix("x-")
    if len(codings) > 1 or coding not in _CODINGS:
        raise InvalidResponse(
            f"{response.request.method} {path_of(response.request)}: the answer has the Content-Encoding {', '.join(codings)!r}, "
            f"and only one of {ACCEPT_ENCODING} was asked for."
        )
    return Decompressor(coding)


class Decompressor:
    """Decompressor of one body.

    Example:
        >>> import gzip
        >>> decompressor = Decompressor("gzip")
        >>> b"".join(decompressor.feed(gzip.compress(b"hello")))
        b'hello'
        >>> decompressor.finish()
    """

    def __init__(self, coding: str) -> None:
        """Create a decompressor.

        Args:
            coding: "gzip", or "deflate", which servers send with and without the header of zlib.
        """
        self._gzip = coding == "gzip"
        self._inflate: zlib._Decompress | None = None
        self._empty = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` decompresses to, in bounded pieces.

        Raises:
            httpx.DecodingError: the data isn't of this coding.
        """
        while data:
            self._empty = False
            if self._inflate is None:
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16 if self._gzip else _wbits(data[0]))
            piece = self._step(data)
            if piece:
                yield piece
            data = self._inflate.unconsumed_tail
            if self._inflate.eof:
                data = self._inflate.unused_data
                if data and not self._gzip:
                    raise httpx.DecodingError("bytes follow the compressed body")
                if data:  # a file of gzip may have several members
                    self._inflate = None
            elif not data and len(piece) == _STEP:
                yield from self._rest()

    def finish(self) -> None:
        """Check that the body was complete, with its checksum.

        Raises:
            httpx.DecodingError: its end is missing.
        """
        if not self._empty and (self._inflate is None or not self._inflate.eof):
            raise httpx.DecodingError("the end of the compressed body is missing")

    def _step(self, data: bytes) -> bytes:
        assert self._inflate is not None
        try:
            return self._inflate.decompress(data, _STEP)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error

    def _rest(self) -> Iterator[bytes]:
        """Yield what is left in the decompressor after a full step that took all its input."""
        assert self._inflate is not None
        while not self._inflate.eof and (piece := self._step(b"")):
            yield piece


def _wbits(first: int) -> int:
    """Return the window of a deflated body by its first byte: with the header of zlib, or raw."""
    return zlib.MAX_WBITS if first & 0x0F == 8 and first >> 4 <= 7 else -zlib.MAX_WBITS
