"""Clients that misbehave get a response, and other clients aren't affected."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from ...webhooks.posting import build_body
from .crowd import PATIENCE, Answered, answer, connected, deliveries, head, post_all, request
from .figures import PROPERTY, row
from .process import Receiver, receiving

BODY_TIMEOUT = 0.6
LARGE = 10 << 20
Record = Callable[[str, object], None]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path, body_timeout=BODY_TIMEOUT) as it:
        yield it
        it.terminate()
        it.ended()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def others(receiver: Receiver) -> AsyncIterator[list[Answered]]:
    """Post valid deliveries at the same time; each must be accepted."""
    answers: list[Answered] = []
    posting = asyncio.create_task(post_all(receiver.port, deliveries(range(300)), connections=4))
    yield answers
    answers += await posting
    assert {each.status for each in answers} == {200}


async def finish(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Return the response's status, and True if the server closed the connection after it."""
    status, _ = await asyncio.wait_for(answer(reader), PATIENCE)
    try:
        return status, await asyncio.wait_for(reader.read(1), PATIENCE) == b""
    except ConnectionError:
        return status, True


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


async def test_clients_that_dribble(receiver: Receiver, record_property: Record) -> None:
    async def dribble(number: int) -> Answered:
        sent = request(build_body(number=number))
        begun = time.perf_counter()
        async with connected(receiver.port) as (reader, writer):
            writer.write(sent[:-200])
            ended = asyncio.create_task(finish(reader))
            for byte in sent[-200:]:
                if ended.done():
                    break
                writer.write(bytes([byte]))
                await asyncio.sleep(0.02)
            status, closed = await ended
            assert closed
        return Answered(number, status, time.perf_counter() - begun)

    async with others(receiver) as well:
        dribbling = await asyncio.gather(*(dribble(number) for number in range(1000, 1050)))
    assert {each.status for each in dribbling} == {408}
    assert all(BODY_TIMEOUT * 0.9 < each.seconds < PATIENCE for each in dribbling)
    receiver.terminate()
    receiver.ended()
    assert sorted(receiver.handled) == list(range(300))
    record_property(PROPERTY, row("dribbling bodies", dribbling, 0))
    record_property(PROPERTY, row("… and the others meanwhile", well, len(receiver.handled)))


async def test_headers_and_then_silence(receiver: Receiver, record_property: Record) -> None:
    async def silent(number: int) -> Answered:
        begun = time.perf_counter()
        async with connected(receiver.port) as (reader, writer):
            writer.write(head(build_body(number=number)))
            status, closed = await finish(reader)
            assert closed
        return Answered(number, status, time.perf_counter() - begun)

    answers = await asyncio.gather(*(silent(number) for number in range(50)))
    assert {each.status for each in answers} == {408}
    record_property(PROPERTY, row("headers, then silence", answers, 0))


async def test_a_body_without_a_length(receiver: Receiver) -> None:
    body = build_body(number=7)
    unlimited = head(body, unless=["Content-Length"], Transfer_Encoding="chunked")
    async with connected(receiver.port) as (reader, writer):
        for _ in range(2):  # the same connection serves on
            writer.write(unlimited + chunked(body[:20], body[20:], b""))
            assert await asyncio.wait_for(answer(reader), PATIENCE) == (200, True)


async def test_a_body_without_a_length_that_never_ends(receiver: Receiver, record_property: Record) -> None:
    answers = [await too_large(receiver, number, 10 * LARGE, length=False) for number in range(10)]
    assert {each.status for each in answers} == {413}
    assert (await post_all(receiver.port, deliveries([8])))[0].status == 200
    record_property(PROPERTY, row("endless bodies without a length", answers, 0))


async def test_bodies_of_10_mib(receiver: Receiver, record_property: Record) -> None:
    async with others(receiver):
        answers = [await too_large(receiver, number, LARGE, length=True) for number in range(1000, 1020)]
    assert {each.status for each in answers} == {413}
    record_property(PROPERTY, row("bodies of 10 MiB", answers, 0))


async def too_large(receiver: Receiver, number: int, size: int, *, length: bool) -> Answered:
    """Send a body as fast as possible, and read the response when the server takes no more."""
    loop, begun, sent = asyncio.get_running_loop(), time.perf_counter(), 0
    body = build_body(number=number)
    if length:
        begin, chunk = head(body, Content_Length=str(size)), b" " * 65536
    else:
        begin = head(body, unless=["Content-Length"], Transfer_Encoding="chunked")
        chunk = chunked(b" " * 65536)
    with socket.create_connection(("127.0.0.1", receiver.port)) as connection:
        connection.setblocking(False)
        with suppress(ConnectionError):
            await loop.sock_sendall(connection, begin)
            while sent < size:
                await asyncio.wait_for(loop.sock_sendall(connection, chunk), PATIENCE)
                sent += len(chunk)
        received = await asyncio.wait_for(loop.sock_recv(connection, 65536), PATIENCE)
    assert sent < size, "the server has read all of it"
    return Answered(number, int(received.split()[1]), time.perf_counter() - begun)


async def test_a_client_that_disconnects_in_mid_body_leaves_nothing(receiver: Receiver) -> None:
    for number in range(100):
        async with connected(receiver.port) as (_, writer):
            writer.write(request(build_body(number=number))[: -1 - number])
            await writer.drain()
    answers = await post_all(receiver.port, deliveries(range(100)))
    assert {each.status for each in answers} == {200}
    receiver.terminate()
    receiver.ended()
    assert receiver.counts == {"DeliveryAccepted": 100, "DeliveryHandled": 100}


async def test_many_bad_signatures(receiver: Receiver, record_property: Record) -> None:
    forged = {
        number: request(
            build_body(number=number), X_Buildkite_Signature=f"timestamp={int(time.time())},signature={number:064x}"
        )
        for number in range(1000)
    }
    async with others(receiver) as well:
        answers = await post_all(receiver.port, [(number + 1000, sent) for number, sent in forged.items()])
    assert {each.status for each in answers} == {401}
    receiver.terminate()
    receiver.ended()
    assert sorted(receiver.handled) == list(range(300))
    assert receiver.counts == {"DeliveryAccepted": 300, "DeliveryHandled": 300, "DeliveryRefused 401": 1000}
    record_property(PROPERTY, row("bad signatures", answers, 0))
    record_property(PROPERTY, row("… and the others meanwhile", well, 300))
