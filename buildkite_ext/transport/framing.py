"""Framing of the answers on an HTTP/1.1 connection: where an answer ends, and whether bytes follow it.

A server that sends more than its answer would have the surplus read as the answer to the next request. The connection pool
closes a connection whose framing is not at rest instead of using it again.
"""

from __future__ import annotations

import re
from enum import Enum, auto

__all__ = ["AnswerFraming"]

_MAX_HEAD = 128 * 1024
"""Bytes of a head or of a line between chunks; httpcore gives up earlier."""

_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9][0-9])")
_CHUNKED = re.compile(rb"\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*[,\r\n]", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n")


class _State(Enum):
    UNUSED = auto()
    """No request was sent."""
    HEAD = auto()
    """A status line and headers are expected."""
    BODY = auto()
    """A body of known length is expected."""
    CHUNKS = auto()
    TRAILERS = auto()
    COMPLETE = auto()
    """Exactly one answer arrived for the last request."""
    UNKNOWN = auto()
    """The answer ends with the connection, cannot be understood, or is followed by other bytes."""


class AnswerFraming:
    r"""Position in the answers of one connection.

    Example:
        >>> framing = AnswerFraming()
        >>> framing.sent(b"GET / HTTP/1.1\r\n\r\n")
        True
        >>> framing.received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        >>> framing.at_rest
        True
        >>> framing.received(b"HTTP/1.1 200 OK")
        >>> framing.at_rest
        False
    """

    __slots__ = ("_left", "_line", "_method", "_state", "_status")

    def __init__(self) -> None:
        self._state = _State.UNUSED
        self._method = b""
        self._line = b""
        self._left = 0
        self._status = 0

    def __repr__(self) -> str:
        return f"AnswerFraming({self._state.name.lower()})"

    @property
    def at_rest(self) -> bool:
        """True if every request was answered completely and no byte follows."""
        return self._state is _State.COMPLETE or self._state is _State.UNUSED

    @property
    def refused(self) -> bool:
        """True if the answer to the last request has begun and is an error."""
        return self._status >= 400

    def sent(self, buffer: bytes) -> bool:
        """Note that `buffer` is written, and return True if it begins a request."""
        if not self.at_rest:
            return False
        request = _REQUEST.match(buffer)
        if request is None:  # a handshake with a SOCKS proxy
            return False
        self._state = _State.HEAD
        self._status = 0
        self._method = request[1].upper()
        self._line = b""
        return True

    def received(self, data: bytes) -> None:
        """Note that `data` arrived."""
        if not data or self._state is _State.UNKNOWN or self._state is _State.UNUSED:
            return
        if self._state is _State.COMPLETE:
            self._state = _State.UNKNOWN
        elif self._state is _State.HEAD:
            self._head(data)
        elif self._state is _State.BODY:
            self._body(len(data))
        else:
            self._chunks(data, 0)

    def _head(self, data: bytes) -> None:
        data = self._line + data
        self._line = b""
        while (blank := _BLANK_LINE.search(data)) is not None:
            head, data = data[: blank.end()], data[blank.end() :]
            status = _STATUS.match(head)
            code = int(status[1]) if status else 101
            if code >= 200:
                self._status = code
                self._begin_body(code, head, data)
                return
            if code == 101:
                self._state = _State.UNKNOWN
                return
        if len(data) > _MAX_HEAD:
            self._state = _State.UNKNOWN
        else:
            self._line = data

    def _begin_body(self, code: int, head: bytes, data: bytes) -> None:
        if self._method == b"CONNECT" and code < 300:
            self._state = _State.UNKNOWN  # a tunnel: what follows is another protocol
        elif self._method == b"HEAD" or code in (204, 304):
            self._left = 0
            self._body(len(data))
        elif _CHUNKED.search(head):
            self._left = 0
            self._state = _State.CHUNKS
            self._chunks(data, 0)
        elif (length := _LENGTH.search(head)) is not None:
            self._left = int(length[1])
            self._body(len(data))
        else:
            self._state = _State.UNKNOWN  # the connection ends the body

    def _body(self, count: int) -> None:
        self._left -= count
        if self._left > 0:
            self._state = _State.BODY
        else:
            self._state = _State.COMPLETE if self._left == 0 else _State.UNKNOWN

    def _chunks(self, data: bytes, at: int) -> None:
        while at < len(data):
            if self._left:  # within a chunk and the line end behind it
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            end = data.find(b"\n", at) + 1
            if not end:
                self._line += data[at:]
                if len(self._line) > _MAX_HEAD:
                    self._state = _State.UNKNOWN
                return
            line, self._line, at = self._line + data[at:end], b"", end
            if self._state is _State.TRAILERS:
                if line in (b"\r\n", b"\n"):
                    self._state = _State.COMPLETE if at == len(data) else _State.UNKNOWN
                    return
            elif (size := _CHUNK_SIZE.fullmatch(line)) is None:
                self._state = _State.UNKNOWN
                return
            elif count := int(size[1], 16):
                self._left = count + 2
            else:
                self._state = _State.TRAILERS
