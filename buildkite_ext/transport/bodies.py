"""Bodies of answers that arrive while their reader works, and that no other process may read.

A child process that is forked meanwhile inherits the connection. Two processes that read one socket each get a part of what
arrives, so the child gets an error instead, and leaves the connection to the parent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import httpx

from .._forks import keep_inherited, reset_after_fork

if TYPE_CHECKING:
    from typing import Self

__all__ = ["of_this_process"]


def of_this_process(response: httpx.Response, *, blocking: bool) -> None:
    """Let only this process read the body of an answer, and close it.

    In a child process that is forked later, reading it raises httpx.ReadError, and closing it does nothing.

    Args:
        response: the answer. One that is read already stays as it is.
        blocking: True if its body is read by blocking code.
    """
    if response.is_stream_consumed:
        return
    stream = response.stream
    if blocking:
        assert isinstance(stream, httpx.SyncByteStream)
        response.stream = _OwnBody(stream)
    else:
        assert isinstance(stream, httpx.AsyncByteStream)
        response.stream = _AsyncOwnBody(stream)


def _inherited() -> httpx.ReadError:
    return httpx.ReadError("it was opened before this process was forked, so only the parent process can read on")


class _OwnBody(httpx.SyncByteStream):
    """Body in blocking code."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream
        self._chunks: Iterator[bytes] | None = None
        self._is_inherited = False
        reset_after_fork(self)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._is_inherited:
            raise _inherited()
        if self._chunks is None:
            self._chunks = iter(self._stream)
        return next(self._chunks)

    def close(self) -> None:
        if not self._is_inherited:
            self._stream.close()

    def _reset_after_fork(self) -> None:
        self._is_inherited = True
        keep_inherited(self._stream, self._chunks)  # a generator that is deleted closes its connection


class _AsyncOwnBody(httpx.AsyncByteStream):
    """Body in async code."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._chunks: AsyncIterator[bytes] | None = None
        self._is_inherited = False
        reset_after_fork(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._is_inherited:
            raise _inherited()
        if self._chunks is None:
            self._chunks = aiter(self._stream)
        return await anext(self._chunks)

    async def aclose(self) -> None:
        if not self._is_inherited:
            await self._stream.aclose()

    def _reset_after_fork(self) -> None:
        self._is_inherited = True
        keep_inherited(self._stream, self._chunks)
