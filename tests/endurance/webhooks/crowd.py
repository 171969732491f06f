"""Clients that post: many at the same time over open connections, and single ones that misbehave."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from ...webhooks.posting import build_body, signed

PATIENCE = 20.0


class Answered(NamedTuple):
    """The result of one delivery: no status if no response came."""

    number: int
    status: int | None
    seconds: float


def request(body: bytes, *, unless: Iterable[str] = (), **change: str) -> bytes:
    """Return the bytes of a signed delivery on the wire."""
    return head(body, unless=unless, **change) + body


def head(body: bytes, *, unless: Iterable[str] = (), **change: str) -> bytes:
    headers = signed(body, at=time.time(), **change)
    lines = [f"{name}: {value}\r\n" for name, value in headers.items() if name not in unless]
    return f"POST /hooks HTTP/1.1\r\n{''.join(lines)}\r\n".encode()


def deliveries(numbers: Iterable[int], **build: str) -> Iterator[tuple[int, bytes]]:
    return ((number, request(build_body(number=number, **build))) for number in numbers)


async def answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Return the status of the next response, and True if the connection stays open."""
    lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines[1:] if line)
    await reader.readexactly(int(headers[b"content-length"]))
    return int(lines[0].split()[1]), headers.get(b"connection") != b"close"


async def post_all(port: int, requests: Iterable[tuple[int, bytes]], *, connections: int = 20) -> list[Answered]:
    """Send each delivery once, over several connections, until all are answered or the server is gone."""
    waiting = iter(requests)
    done: list[Answered] = []
    await asyncio.gather(*(_Line(port, waiting, done).run() for _ in range(connections)))
    return done


class _Line:
    """One connection, which is opened again when the server closes it."""

    def __init__(self, port: int, waiting: Iterator[tuple[int, bytes]], done: list[Answered]) -> None:
        self._port, self._waiting, self._done = port, waiting, done
        self._writer: asyncio.StreamWriter | None = None
        self._reader = asyncio.StreamReader()

    async def run(self) -> None:
        try:
            for number, sent in self._waiting:
                begun = time.perf_counter()
                if self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._done.append(Answered(number, await self._send(sent), time.perf_counter() - begun))
        except ConnectionRefusedError:
            return
        finally:
            self._close()

    async def _send(self, sent: bytes) -> int | None:
        assert self._writer is not None
        try:
            self._writer.write(sent)
            status, stays = await asyncio.wait_for(answer(self._reader), PATIENCE)
        except (ConnectionError, asyncio.IncompleteReadError):
            self._close()
            return None
        if not stays:
            self._close()
        return status

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
