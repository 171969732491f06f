"""What a storage answers: redirects, codings and lies. No token reaches it, and what is written is what was uploaded."""

from __future__ import annotations

import gzip
import hashlib
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildkite_ext import BuildkiteClient, errors

from .fakes import API, TOKEN, App, Body, FakeClock, Flavor, answer
from .storage import Storage, artifact, described, files


def gzipped(data: bytes, level: int = 9) -> bytes:
    """Compress data in the same way at any time: a test's name must be the same in each worker."""
    return gzip.compress(data, level, mtime=0)


class Redirecting:
    """A storage of many hosts: what each URL answers. Each request to it is remembered."""

    def __init__(self, first: str, answers: dict[str, httpx.Response | Callable[[], httpx.Response]]) -> None:
        self._first = first
        self._answers = answers
        self.fetched: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/download"):
            assert request.headers["Authorization"] == f"Bearer {TOKEN}"
            return answer({"url": self._first}, 302, Location=self._first)
        self.fetched.append(request)
        found = self._answers[str(request.url)]
        return found() if callable(found) else found

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.fetched]


def to(location: str, status: int = 302) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, headers={"Location": location}, stream=Body(b"moved"))


def content(data: bytes = b"wheel", coding: str | None = None) -> Callable[[], httpx.Response]:
    headers = {} if coding is None else {"Content-Encoding": coding}
    return lambda: httpx.Response(200, headers=headers, stream=Body(data[:3], data[3:]))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_storage_s_redirect_is_followed_without_the_token(flavor: Flavor, tmp_path: Path, status: int) -> None:
    storage = Redirecting(
        "https://a.test/1",
        {"https://a.test/1": to("https://eu.a.test/2?sig=x", status), "https://eu.a.test/2?sig=x": content()},
    )
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}
    assert storage.urls == ["https://a.test/1", "https://eu.a.test/2?sig=x"]
    assert not [request for request in storage.fetched if TOKEN in str(request.headers) + str(request.url)]


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b/c", "https://a.test/b/c"),
        ("c?x=1", "https://a.test/1/c?x=1"),
        ("//b.test/c", "https://b.test/c"),
        ("HTTPS://B.test/c", "https://b.test/c"),
        (f"{API}/v2/user", f"{API}/v2/user"),
    ],
)
async def test_a_redirect_may_be_relative_and_even_lead_to_the_api_without_the_token(
    flavor: Flavor, tmp_path: Path, location: str, leads_to: str
) -> None:
    storage = Redirecting("https://a.test/1/2", {"https://a.test/1/2": to(location), leads_to: content()})
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}
    assert storage.urls[1:] == [leads_to]
    assert not [request for request in storage.fetched if "Authorization" in request.headers]


async def test_five_redirects_are_followed_and_no_more(flavor: Flavor, tmp_path: Path) -> None:
    chain: dict[str, Any] = {f"https://a.test/{place}": to(f"https://a.test/{place + 1}") for place in range(5)}
    storage = Redirecting("https://a.test/0", {**chain, "https://a.test/5": content()})
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}
    longer = Redirecting("https://a.test/0", {**chain, "https://a.test/5": to("https://a.test/6")})
    with pytest.raises(errors.ArtifactUnavailable, match="more than 5 times"):
        await flavor.call(flavor.client(longer).artifacts.download, artifact(), tmp_path / "b")
    circle = Redirecting("https://a.test/0", {"https://a.test/0": to("https://a.test/0")})
    with pytest.raises(errors.ArtifactUnavailable, match="more than 5 times"):
        await flavor.call(flavor.client(circle).artifacts.download, artifact(), tmp_path / "b")
    assert (len(longer.fetched), len(circle.fetched)) == (6, 6)
    assert files(tmp_path) == {"a": b"wheel"}


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://a.test/2", "from https to http"),
        ("HTTP://127.0.0.1/2", "from https to http"),
        ("file:///etc/passwd", "isn't http or https"),
        ("ftp://a.test/2", "isn't http or https"),
        ("javascript:alert(1)", "isn't http or https"),
        ("data:text/plain,wheel", "isn't http or https"),
        ("https://[::1", "isn't a URL"),
        ("https://a.test:99999999/", "host that could exist"),
        ("https://a..test/", "host that could exist"),
        (f"https://{'x' * 64}.test/", "host that could exist"),
        ("", "more than 5 times"),
    ],
)
async def test_a_redirect_that_leaves_https_or_leads_nowhere_is_refused(
    flavor: Flavor, tmp_path: Path, location: str, said: str
) -> None:
    storage = Redirecting("https://a.test/1", {"https://a.test/1": to(location)})
    with pytest.raises(errors.BuildkiteError, match=said) as error:
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert isinstance(error.value, errors.ArtifactUnavailable | errors.InvalidResponse | errors.NetworkError)
    assert set(storage.urls) == {"https://a.test/1"}
    assert files(tmp_path) == {}


@pytest.mark.parametrize("first", ["http://a.test/1", "http://10.0.0.7/1", "http://127.0.0.1:8080/1"])
async def test_a_storage_without_encryption_is_refused_unless_it_is_on_this_computer(
    flavor: Flavor, tmp_path: Path, first: str
) -> None:
    here = "127.0.0.1" in first
    storage = Redirecting(first, {first: to("http://b.test/2"), "http://b.test/2": content()})
    with pytest.raises(
        errors.ArtifactUnavailable, match=r"has an http:// URL, .* Pass allow_http=True to the client"
    ) as error:
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert error.value.status == (302 if here else None)
    assert storage.urls == ([first] if here else [])
    assert files(tmp_path) == {}


async def test_http_may_lead_to_http_and_up_to_https(flavor: Flavor, tmp_path: Path) -> None:
    storage = Redirecting(
        "http://a.test/1",
        {
            "http://a.test/1": to("http://b.test/2"),
            "http://b.test/2": to("https://c.test/3"),
            "https://c.test/3": content(),
        },
    )
    await flavor.call(flavor.client(storage, allow_http=True).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}


async def test_a_url_that_expires_behind_a_redirect_is_requested_again(flavor: Flavor, tmp_path: Path) -> None:
    answers = iter([httpx.Response(403, stream=Body(b"expired")), content()()])
    storage = Redirecting("https://a.test/1", {"https://a.test/1": to("/2"), "https://a.test/2": lambda: next(answers)})
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}


TEXT = b"a line of a log\n" * 1000


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "br", "gzip, gzip", "identity", "nonsense", ""])
async def test_what_was_stored_compressed_is_written_as_it_was_uploaded(
    flavor: Flavor, tmp_path: Path, coding: str
) -> None:
    # The agent uploaded a .gz, and the storage serves it with the coding that it was stored with.
    stored = gzipped(TEXT)
    storage = Storage({"log.gz": [content(stored, coding)]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact("log.gz", stored), tmp_path / "log.gz")
    assert files(tmp_path) == {"log.gz": stored}


@pytest.mark.parametrize(
    ("coding", "compressed"),
    [
        ("gzip", gzipped(TEXT)),
        ("gzip", gzipped(TEXT[:100]) + gzipped(TEXT[100:])),
        ("gzip", gzipped(b"") + gzipped(TEXT, 0)),
        (" X-GZip ", gzipped(TEXT)),
        ("deflate", zlib.compress(TEXT)),
    ],
)
async def test_what_a_storage_compressed_by_itself_is_decoded(
    flavor: Flavor, tmp_path: Path, coding: str, compressed: bytes
) -> None:
    storage = Storage({"log": [content(compressed, coding)]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact("log", TEXT), tmp_path / "log")
    assert files(tmp_path) == {"log": TEXT}
    unsized = artifact("log", TEXT, file_size=None)
    await flavor.call(flavor.client(storage).artifacts.download, unsized, tmp_path / "log")
    assert files(tmp_path) == {"log": TEXT}


@pytest.mark.parametrize("data", [b"", b"x", b"wheel"])
async def test_a_small_artifact_that_a_coding_makes_larger_is_decoded(
    flavor: Flavor, tmp_path: Path, data: bytes
) -> None:
    storage = Storage({"a": [content(gzipped(data), "gzip")]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact("a", data), tmp_path / "a")
    assert files(tmp_path) == {"a": data}


@pytest.mark.parametrize(
    "body",
    [
        TEXT,
        gzipped(TEXT)[:-1],
        gzipped(TEXT)[:-8] + bytes(8),
        gzipped(TEXT) + b"surplus",
        gzipped(TEXT + b"!"),
        gzipped(TEXT[:-1]),
        gzipped(TEXT[:-1] + b"!"),
        gzipped(gzipped(TEXT)),
        b"",
    ],
)
async def test_a_coding_that_lies_is_an_artifact_that_is_corrupted(flavor: Flavor, tmp_path: Path, body: bytes) -> None:
    storage = Storage({"log": [content(body, "gzip")]})
    if body == TEXT:  # said to be compressed, and wasn't
        await flavor.call(flavor.client(storage).artifacts.download, artifact("log", TEXT), tmp_path / "log")
        assert files(tmp_path) == {"log": TEXT}
        return
    with pytest.raises(errors.ArtifactCorrupted):
        await flavor.call(flavor.client(storage).artifacts.download, artifact("log", TEXT), tmp_path / "log")
    assert files(tmp_path) == {}


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body without an end, which counts what was read of it."""

    def __init__(self, piece: bytes) -> None:
        self._piece = piece
        self.read = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        while self.read < 1024**3:
            self.read += len(self._piece)
            yield self._piece

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> bytes:
        self.read += len(self._piece)
        assert self.read < 1024**3
        return self._piece

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


@pytest.mark.parametrize("coding", ["", "gzip", "br"])
@pytest.mark.parametrize("size", [0, 5, 100_000])
async def test_nothing_is_read_past_the_size(flavor: Flavor, tmp_path: Path, size: int, coding: str) -> None:
    body = Endless(bytes(1000))
    storage = Storage({"a": [lambda: httpx.Response(200, headers={"Content-Encoding": coding}, stream=body)]})
    with pytest.raises(errors.ArtifactCorrupted, match=f"instead of {size}"):
        await flavor.call(flavor.client(storage).artifacts.download, artifact("a", bytes(size)), tmp_path / "a")
    assert body.read <= size + 3000
    assert body.closed
    assert files(tmp_path) == {}


@pytest.mark.parametrize(("status", "answers"), [(302, 6), (403, 3), (404, 1), (500, 5)])
async def test_of_a_refusal_only_the_beginning_is_read(
    flavor: Flavor, tmp_path: Path, status: int, answers: int
) -> None:
    bodies: list[Endless] = []

    def refuse() -> httpx.Response:
        bodies.append(Endless(bytes(10_000)))
        return httpx.Response(status, headers={"Location": "https://storage.test/?path=a"}, stream=bodies[-1])

    with pytest.raises(errors.ArtifactUnavailable):
        await flavor.call(
            flavor.client(Storage({"a": [refuse]})).artifacts.download, artifact("a", b"wheel"), tmp_path / "a"
        )
    assert len(bodies) == answers
    assert all(body.read <= 80_000 and body.closed for body in bodies)


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503, 418])
async def test_a_refusal_of_the_storage_says_what_to_do(flavor: Flavor, tmp_path: Path, status: int) -> None:
    storage = Storage({"a": [lambda: httpx.Response(status)]})
    with pytest.raises(errors.ArtifactUnavailable, match=f"answered {status}") as caught:
        await flavor.call(flavor.client(storage).artifacts.download, artifact("a", b"wheel"), tmp_path / "a")
    assert caught.value.status == status
    assert ("expired or been deleted" in str(caught.value)) is (status in (403, 404, 410))
    assert ("has an outage: try again later" in str(caught.value)) is (status >= 500)


def test_a_body_that_unpacks_to_far_more_than_its_size_costs_neither_memory_nor_disk(tmp_path: Path) -> None:
    bomb = gzipped(bytes(50 * 1024 * 1024), 1)
    storage = Storage({"a": [lambda: httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body(bomb))]})
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock())
    one = artifact("a", b"", file_size=1_000_000)
    tracemalloc.start()
    with pytest.raises(errors.ArtifactCorrupted):
        client.artifacts.download(one, tmp_path / "a")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"file_size": -1},
        {"file_size": 10**18},
        {"file_size": "5"},
        {"file_size": [5]},
        {"file_size": True},
        {"sha1sum": "0" * 40},
        {"sha1sum": "\x1b[2J" + "x" * 100_000},
        {"sha1sum": 5},
        {"sha1sum": ["x"]},
        {"path": 5},
        {"path": None},
        {"path": ["../x"]},
        {"path": {"a": "b"}},
        {"path": "../x"},
        {"path": "x/" * 100_000},
        {"path": None, "filename": None},
        {"path": None, "filename": "../x"},
        {"job_id": None},
        {"job_id": 5},
        {"job_id": ""},
        {"job_id": ".."},
        {"job_id": "../../user?x=#"},
        {"job_id": {"a": 1}},
        {"id": None},
        {"id": ".."},
        {"id": ""},
        {"id": 5},
        {"id": "../../../user"},
    ],
)
@pytest.mark.parametrize("by_job", [False, True])
async def test_a_description_that_lies_is_an_error_of_ours_and_writes_nothing_outside(
    flavor: Flavor, tmp_path: Path, changes: dict[str, Any], by_job: bool
) -> None:
    asked: list[httpx.Request] = []

    def app(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.host == "storage.test":
            assert "Authorization" not in request.headers
            return httpx.Response(200, stream=Body(b"wheel"))
        if request.url.path.endswith("/artifacts"):
            return answer([described("log", b"wheel") | changes])
        return answer({}, 302, Location="https://storage.test/")

    root = tmp_path / "a" / "b" / "to"
    raised = ""
    try:
        await flavor.call(flavor.client(app).artifacts.download_all, "web", 7, to=root, by_job=by_job)
    except errors.BuildkiteError as error:
        raised = str(error)
    except ValueError as error:  # of the generated code, which refuses an id that would be another path
        raised = str(error)
        named = "artifact_id" in raised or "job_id" in raised
        assert named, raised
    assert "\x1b" not in raised
    assert len(raised) < 3000
    assert all(name.startswith("a/b/to/") for name in files(tmp_path))
    assert not [name for name in files(tmp_path) if name.endswith(".part")]
    for request in asked:
        assert request.url.host == "storage.test" or request.url.path.startswith("/v2/organizations/acme/")


def test_over_sockets_no_host_but_the_api_sees_the_token(tmp_path: Path) -> None:
    """The API, its storage and the host that this redirects to are three servers."""
    seen: list[tuple[str, dict[str, str]]] = []
    servers: dict[str, ThreadingHTTPServer] = {}

    def url(name: str) -> str:
        return f"http://127.0.0.1:{servers[name].server_port}"

    def handler(name: str) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((name, dict(self.headers)))
                follows = {"api": "storage", "storage": "region"}.get(name)
                self.send_response(302 if follows else 200)
                if follows:
                    self.send_header("Location", f"{url(follows)}/x?AWSAccessKeyId=1")
                    self.send_header("Set-Cookie", "token=1")
                self.send_header("Content-Length", "0" if follows else "5")
                self.end_headers()
                if not follows:
                    self.wfile.write(b"wheel")

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    for name in ("api", "storage", "region"):
        servers[name] = ThreadingHTTPServer(("127.0.0.1", 0), handler(name))
        threading.Thread(target=servers[name].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        with BuildkiteClient("acme", token=TOKEN, base_url=url("api")) as client:
            client.artifacts.download(artifact(), tmp_path / "a")
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()
    assert [name for name, _ in seen] == ["api", "storage", "region"]
    assert [name for name, headers in seen if TOKEN in str(headers)] == ["api"]
    assert not [name for name, headers in seen if "Cookie" in headers]
    assert files(tmp_path) == {"a": b"wheel"}


async def test_an_api_that_answers_lies_writes_nothing(flavor: Flavor, tmp_path: Path) -> None:
    for response in (
        answer([1, None, "x", []]),
        answer([{"path": "a"}]),
        answer({"path": "a"}),
        answer([[described("a", b"1")]]),
    ):
        with pytest.raises(errors.BuildkiteError):
            await flavor.call(flavor.client(App(response)).artifacts.download_all, "web", 7, to=tmp_path / "to")
    assert files(tmp_path) == {}


def test_the_digest_of_the_tests_is_sha1() -> None:
    assert artifact("a", b"x").sha1sum == hashlib.sha1(b"x").hexdigest()
