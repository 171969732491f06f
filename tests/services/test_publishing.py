"""A package is read while it is sent, and sent again only where that is safe and possible."""

from __future__ import annotations

import contextlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from buildkite_api.models import PublishPackageRequest
from buildkite_api.types import File

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Retry
from buildkite_ext.clock import SystemClock
from buildkite_ext.errors import ConnectionFailed, InvalidRequest, RateLimited, ResponseLost, ServerError
from buildkite_ext.transport.retry import replayable

PACKAGE = {"id": "p1", "name": "thing.whl", "web_url": "https://buildkite.com/p1"}
PUBLISHED = httpx.Response(200, json=PACKAGE)
LIMITED = httpx.Response(429, json={"message": "slow down"}, headers={"RateLimit-Reset": "0"})
FAILED = httpx.Response(503, json={"message": "later"})
REFUSED = httpx.Response(422, json={"message": "Not a wheel"})
UNREACHED = httpx.ConnectError("refused")
LOST = httpx.ReadError("reset")
Answer = httpx.Response | Exception
RETRY = Retry(base=0.001, maximum=0.001, random=lambda: 0.0)


class Registry(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Reads what it is sent as a connection does, piece by piece, and answers in turn."""

    def __init__(self, *answers: Answer, read: Callable[[], object] = lambda: None) -> None:
        self._answers = list(answers)
        self._read = read
        self.bodies: list[bytes] = []
        self.headers: list[httpx.Headers] = []

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        self.bodies.append(body)
        self.headers.append(request.headers)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        pieces = bytearray()
        assert isinstance(request.stream, httpx.SyncByteStream)
        for piece in request.stream:
            self._read()
            pieces += piece
        return self._answer(request, bytes(pieces))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        pieces = bytearray()
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for piece in request.stream:
            self._read()
            pieces += piece
        return self._answer(request, bytes(pieces))


class OneWay(io.RawIOBase):
    """A stream that is read once, like a pipe."""

    name = "thing.whl"

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._content.read(size)


def publish(registry: Registry, file: Any, **options: Any) -> Any:
    with BuildkiteClient("acme", token="t", transport=registry, retry=RETRY) as client:
        return client.packages.publish("wheels", file, **options)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "thing.whl"
    path.write_bytes(b"0123456789" * 20_000)
    return path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_a_package_arrives_whole_under_its_name(wheel: Path) -> None:
    registry = Registry(PUBLISHED)
    assert publish(registry, wheel).web_url == PACKAGE["web_url"]
    (body,) = registry.bodies
    assert b'name="file"; filename="thing.whl"' in body
    assert wheel.read_bytes() in body
    assert int(registry.headers[0]["content-length"]) == len(body)
    assert registry.headers[0]["authorization"] == "Bearer t"


async def test_in_the_other_flavor(wheel: Path) -> None:
    registry = Registry(UNREACHED, PUBLISHED)
    content = wheel.read_bytes()  # noqa: ASYNC240
    async with AsyncBuildkiteClient("acme", token="t", transport=registry, retry=RETRY) as client:
        assert (await client.packages.publish("wheels", wheel, name="other.whl")).id == "p1"
    assert [b'filename="other.whl"' in body and content in body for body in registry.bodies] == [True, True]


@pytest.mark.parametrize("failure", [UNREACHED, LIMITED], ids=["unreached", "limited"])
def test_what_buildkite_took_nothing_of_is_sent_again_from_its_beginning(failure: Answer, wheel: Path) -> None:
    registry = Registry(failure, PUBLISHED)
    publish(registry, wheel)
    assert registry.bodies[0] == registry.bodies[1]
    with wheel.open("rb") as opened:
        registry = Registry(failure, PUBLISHED)
        publish(registry, opened)
        assert not opened.closed
    assert registry.bodies[0] == registry.bodies[1]
    assert wheel.read_bytes() in registry.bodies[1]


@pytest.mark.parametrize(
    ("failure", "raised"),
    [(LOST, ResponseLost), (FAILED, ServerError), (REFUSED, InvalidRequest)],
)
def test_what_may_have_been_published_is_not_sent_again(failure: Answer, raised: type[Exception], wheel: Path) -> None:
    registry = Registry(failure, PUBLISHED)
    with pytest.raises(raised):
        publish(registry, wheel)
    assert len(registry.bodies) == 1


@pytest.mark.parametrize(("failure", "raised"), [(UNREACHED, ConnectionFailed), (LIMITED, RateLimited)])
def test_what_can_be_read_once_is_sent_once(failure: Answer, raised: type[Exception]) -> None:
    registry = Registry(failure, PUBLISHED)
    with pytest.raises(raised):
        publish(registry, OneWay(b"content"))
    (body,) = registry.bodies
    assert b"content" in body


def test_a_stream_of_unknown_length_is_sent_in_chunks() -> None:
    registry = Registry(PUBLISHED)
    publish(registry, OneWay(b"content"))
    assert registry.headers[0]["transfer-encoding"] == "chunked"


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(200_000_000)

    class Sink(Registry):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert isinstance(request.stream, httpx.SyncByteStream)
            self.bodies.append(str(sum(len(piece) for piece in request.stream)).encode())
            return httpx.Response(200, json=PACKAGE)

    registry = Sink()
    tracemalloc.start()
    publish(registry, path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert int(registry.bodies[0]) > 200_000_000
    assert peak < 20_000_000


def open_files() -> list[str]:
    return [str(each.resolve()) for each in Path("/proc/self/fd").iterdir() if each.exists()]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at Linux' own list of open files")
def test_a_path_is_open_only_while_it_is_sent(wheel: Path) -> None:
    seen: list[bool] = []
    for answer in (PUBLISHED, REFUSED, LOST):
        registry = Registry(answer, read=lambda: seen.append(str(wheel) in open_files()))
        with contextlib.suppress(InvalidRequest, ResponseLost):
            publish(registry, wheel)
        assert str(wheel) not in open_files()
    assert True in seen

    def give_up() -> None:
        if str(wheel) in open_files():
            raise httpx.WriteError("broken pipe")

    with pytest.raises(ResponseLost) as caught:
        publish(Registry(PUBLISHED, read=give_up), wheel)
    assert str(wheel) not in open_files()
    assert caught.value.__traceback__ is not None


def test_a_long_upload_outlives_the_time_for_a_call(wheel: Path) -> None:
    class Slow(SystemClock):
        late = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.late

    clock = Slow()

    def pass_time() -> None:
        clock.late += 100.0

    registry = Registry(PUBLISHED, PUBLISHED, read=pass_time)
    with BuildkiteClient("acme", token="t", transport=registry, clock=clock) as client:
        assert client.packages.publish("wheels", wheel).id == "p1"
        with pytest.raises(TimeoutError):
            client.packages.publish("wheels", wheel, timeout=60)


def test_what_cannot_be_sent_is_refused_before_anything_is(tmp_path: Path) -> None:
    registry = Registry()
    for file, error in (
        (tmp_path / "missing.whl", FileNotFoundError),
        (tmp_path, IsADirectoryError),
        (io.BytesIO(b"x"), ValueError),
        (io.StringIO("x"), TypeError),
    ):
        with pytest.raises(error):
            publish(registry, file)
    assert registry.bodies == []


def test_which_bodies_can_be_sent_twice() -> None:
    def request(**body: Any) -> httpx.Request:
        return httpx.Request("POST", "https://api.test", **body)

    def form(file: Any) -> httpx.Request:
        return request(**PublishPackageRequest(file=File(file, name="x")).to_form())

    assert replayable(request())
    assert replayable(request(json={}))
    assert replayable(request(files={"file": b"x"}))
    assert replayable(form(io.BytesIO(b"x")))
    assert not replayable(form(OneWay(b"x")))
    assert not replayable(request(content=iter([b"x"])))
    assert not replayable(request(content=io.BytesIO(b"x")))


async def test_the_generated_function_sends_it_too(wheel: Path) -> None:
    from buildkite_api.api.packages import publish_package

    registry = Registry(LIMITED, PUBLISHED)
    with BuildkiteClient("acme", token="t", transport=registry, retry=RETRY) as client:
        body = PublishPackageRequest(file=File(wheel))
        answer: Any = publish_package.sync("acme", "wheels", client=client.raw, body=body)
    assert answer.id == "p1"
    assert len(set(registry.bodies)) == 1
    assert len(registry.bodies) == 2
