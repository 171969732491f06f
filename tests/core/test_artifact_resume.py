"""Downloads that continue: behind a lost connection, where a file is there already, and when an upload isn't over."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import ArtifactCorrupted, ArtifactUnavailable, BuildkiteClient, ResponseLost, UnsafePath
from buildkite_ext.models import Artifact
from buildkite_ext.simulation import Simulator

from .fakes import LONGEST, TOKEN, Body, FakeClock, Flavor, answer
from .storage import LOST, Storage, artifact, cut, described, files

CONTENT = b"0123456789" * 5


class RangedStorage:
    """Storage that serves ranges, and loses the connection after some bytes of each answer but the last ones.

    Args:
        content: what it holds.
        cuts: bytes that each answer has before the connection is lost; the answers after these are whole.
        headers: of each answer.
        ranges: how a range is answered: `honoured`, `ignored` (200), `other` (another part), `unsatisfiable` (416), or `total`
            (with another total size).
        replaced: what it holds from the second request on.
    """

    def __init__(
        self,
        content: bytes = CONTENT,
        cuts: Iterable[int] = (),
        headers: dict[str, str] | None = None,
        ranges: str = "honoured",
        replaced: bytes | None = None,
    ) -> None:
        self.content = content
        self.cuts = list(cuts)
        self.headers = {"ETag": '"one"'} if headers is None else headers
        self.ranges = ranges
        self.replaced = replaced
        self.asked: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "storage.test":
            return httpx.Response(302, headers={"Location": "https://storage.test/a"})
        assert request.headers["Accept-Encoding"] == "identity"
        self.asked.append(request.headers)
        content, headers = self.content, dict(self.headers)
        if self.replaced is not None and len(self.asked) > 1:
            content, headers = self.replaced, {"ETag": '"two"'} if self.headers else {}
        start = int(request.headers.get("Range", "bytes=0-")[len("bytes=") : -1])
        condition = request.headers.get("If-Range")
        matches = condition is None or condition in (headers.get("ETag"), headers.get("Last-Modified"))
        status = 200
        if "Range" in request.headers and matches and self.ranges != "ignored":
            if self.ranges == "unsatisfiable":
                return httpx.Response(416)
            status = 206
            shown = start - 1 if self.ranges == "other" else start
            total = len(content) + (self.ranges == "total")
            headers["Content-Range"] = f"bytes {shown}-{len(content) - 1}/{total}"
        rest = content[start:] if status == 206 else content
        if self.cuts:
            return httpx.Response(status, headers=headers, stream=Body(rest[: self.cuts.pop(0)], LOST))
        return httpx.Response(status, headers=headers, stream=Body(rest))


async def test_a_download_continues_behind_what_has_arrived(flavor: Flavor, tmp_path: Path) -> None:
    storage = RangedStorage(cuts=[20, 10])
    done: list[int] = []
    await flavor.call(
        flavor.client(storage).artifacts.download,
        artifact("a", CONTENT),
        tmp_path / "a",
        on_progress=lambda progress: done.append(progress.done),
    )
    assert files(tmp_path) == {"a": CONTENT}
    assert [(each.get("Range"), each.get("If-Range")) for each in storage.asked] == [
        (None, None),
        ("bytes=20-", '"one"'),
        ("bytes=30-", '"one"'),
    ]
    assert done == sorted(done)
    assert done[-1] == len(CONTENT)


@pytest.mark.parametrize(
    ("headers", "if_range"),
    [
        ({"ETag": '"one"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}, '"one"'),
        # A weak one can't tell whether the bytes are the same.
        ({"ETag": 'W/"one"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}, "Thu, 01 Jan 2026 00:00:00 GMT"),
        ({}, None),
    ],
)
async def test_what_tells_that_the_file_is_the_same(
    flavor: Flavor, headers: dict[str, str], if_range: str | None
) -> None:
    storage = RangedStorage(cuts=[20], headers=headers)
    assert await flavor.call(flavor.client(storage).artifacts.read, artifact("a", CONTENT)) == CONTENT
    assert (storage.asked[1]["Range"], storage.asked[1].get("If-Range")) == ("bytes=20-", if_range)


async def test_without_anything_that_tells_a_download_begins_again(flavor: Flavor) -> None:
    storage = RangedStorage(cuts=[20], headers={})
    assert await flavor.call(flavor.client(storage).artifacts.read, artifact("a", CONTENT, sha1sum=None)) == CONTENT
    assert "Range" not in storage.asked[1]


@pytest.mark.parametrize("ranges", ["ignored", "other", "unsatisfiable", "total"])
async def test_a_storage_that_does_not_continue_is_read_from_the_start(
    flavor: Flavor, tmp_path: Path, ranges: str
) -> None:
    storage = RangedStorage(cuts=[20], ranges=ranges)
    await flavor.call(flavor.client(storage).artifacts.download, artifact("a", CONTENT), tmp_path / "a")
    assert files(tmp_path) == {"a": CONTENT}
    assert storage.asked[1]["Range"] == "bytes=20-"
    assert len(storage.asked) == (2 if ranges == "ignored" else 3)


async def test_a_file_that_was_replaced_meanwhile_is_read_from_the_start(flavor: Flavor, tmp_path: Path) -> None:
    new = b"new" * 20
    storage = RangedStorage(b"old" * 20, cuts=[20], replaced=new)
    await flavor.call(flavor.client(storage).artifacts.download, artifact("a", new), tmp_path / "a")
    assert files(tmp_path) == {"a": new}
    without = RangedStorage(b"old" * 20, cuts=[20], replaced=new, headers={})
    await flavor.call(flavor.client(without).artifacts.download, artifact("a", new), tmp_path / "b")
    assert files(tmp_path)["b"] == new
    assert [each.get("Range") for each in without.asked] == [None, "bytes=20-", None]


async def test_what_is_on_disk_is_hashed_again(flavor: Flavor, tmp_path: Path) -> None:
    """Another process has changed the temporary file: the content is found to differ, and fetched again."""
    content = b"0123456789" * 10_000  # more than the file keeps in memory before it writes
    storage = RangedStorage(content, cuts=[50_000])

    def app(request: httpx.Request) -> httpx.Response:
        if "Range" in request.headers:
            (part,) = tmp_path.glob("*.part")
            with part.open("r+b") as file:
                file.write(b"X")
        return storage(request)

    await flavor.call(flavor.client(app).artifacts.download, artifact("a", content), tmp_path / "a")
    assert files(tmp_path) == {"a": content}
    assert [each.get("Range") for each in storage.asked] == [None, "bytes=50000-", None]


async def test_stored_bytes_of_a_coding_continue_too(flavor: Flavor, tmp_path: Path) -> None:
    stored = gzip.compress(CONTENT)
    headers = {"ETag": '"one"', "Content-Encoding": "gzip"}
    for name, uploaded in (("decoded", CONTENT), ("stored", stored)):
        storage = RangedStorage(stored, cuts=[12], headers=headers)
        await flavor.call(flavor.client(storage).artifacts.download, artifact(name, uploaded), tmp_path / name)
        assert files(tmp_path)[name] == uploaded
        assert storage.asked[1]["Range"] == "bytes=12-"


async def test_a_large_artifact_may_need_many_connections(flavor: Flavor, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096 * 8  # 8 MiB
    storage = RangedStorage(content, cuts=[1024 * 1024] * 7)
    await flavor.call(flavor.client(storage).artifacts.download, artifact("a", content), tmp_path / "a")
    assert files(tmp_path) == {"a": content}
    assert len(storage.asked) == 8


async def test_connections_that_bring_little_are_given_up(flavor: Flavor, tmp_path: Path) -> None:
    storage = RangedStorage(cuts=[5] * 9)
    with pytest.raises(ResponseLost):
        await flavor.call(flavor.client(storage).artifacts.download, artifact("a", CONTENT), tmp_path / "a")
    assert len(storage.asked) == 3
    assert files(tmp_path) == {}


@given(
    content=st.binary(min_size=1, max_size=200),
    cuts=st.lists(st.integers(0, 60), max_size=2),
    ranges=st.sampled_from(["honoured", "ignored", "other", "unsatisfiable", "total"]),
)
def test_wherever_the_connection_is_lost_the_content_is_the_uploaded_one(
    content: bytes, cuts: list[int], ranges: str
) -> None:
    storage = RangedStorage(content, cuts=[min(cut, len(content) - 1) for cut in cuts], ranges=ranges)
    with BuildkiteClient(
        "acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock(), retry=LONGEST
    ) as client:
        assert client.artifacts.read(artifact("a", content)) == content


async def test_content_that_differs_is_fetched_again_once(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"a": [b"wrong", b"wheel"]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact("a", b"wheel"), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}
    for options, fetched in (({}, 2), ({"retry": None}, 1)):
        corrupt = Storage({"a": [b"wrong"]})
        with pytest.raises(ArtifactCorrupted, match="SHA-1"):
            await flavor.call(
                flavor.client(corrupt, **options).artifacts.download, artifact("a", b"wheel"), tmp_path / "b"
            )
        assert len(corrupt.fetched) == fetched
    assert files(tmp_path) == {"a": b"wheel"}


async def test_a_file_that_is_there_with_the_right_content_is_left(flavor: Flavor, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"wheel")
    (tmp_path / "b").write_bytes(b"other")  # the right size, and other content
    (tmp_path / "c").write_bytes(b"wheels")
    (tmp_path / "elsewhere").write_bytes(b"wheel")
    (tmp_path / "d").symlink_to("elsewhere")
    before = (tmp_path / "a").stat()
    storage = Storage(
        {name: [b"wheel"] for name in "abcde"},
        [*(described(name, b"wheel") for name in "abcd"), described("e", b"wheel", sha1sum=None)],
    )
    done: list[str | None] = []
    await flavor.call(
        flavor.client(storage).artifacts.download_all,
        "web",
        7,
        to=tmp_path,
        on_progress=lambda progress: done.append(progress.artifact.path if progress.done == progress.total else None),
    )
    assert sorted(each.url.params["path"] for each in storage.fetched) == ["b", "c", "d", "e"]
    assert set("abcde") <= set(filter(None, done))
    assert (tmp_path / "a").stat() == before
    assert not (tmp_path / "d").is_symlink()
    assert files(tmp_path) == {**dict.fromkeys("abcde", b"wheel"), "elsewhere": b"wheel"}
    again = await flavor.call(flavor.client(storage).artifacts.download, artifact("a", b"wheel"), tmp_path / "a")
    assert again == tmp_path / "a"
    assert len(storage.fetched) == 4


class Uploading:
    """Buildkite while an artifact is uploading: it has these states, one poll after another, the last one for ever."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.polls = 0
        self.listed: list[dict[str, Any]] = []
        self.storage = Storage({"a": [b"wheel"], "b": [b"wheel"]})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/artifacts/id-a"):
            self.polls += 1
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return answer(described("a", b"wheel", state=state))
        if path.endswith("/builds/7/artifacts"):
            return answer(self.listed)
        return self.storage(request)


async def test_an_artifact_that_is_still_uploading_is_waited_for(flavor: Flavor, tmp_path: Path) -> None:
    app, clock = Uploading("new", "new", "finished"), FakeClock()
    app.listed = [described("a", b"wheel", state="new"), described("b", b"wheel"), described("c", b"", state="expired")]
    client = flavor.client(app, clock=clock)
    await flavor.call(client.artifacts.download_all, "web", 7, to=tmp_path)
    assert (files(tmp_path), app.polls) == ({"a": b"wheel", "b": b"wheel"}, 3)
    assert sum(clock.sleeps) < 10
    assert await flavor.call(client.artifacts.read, artifact("a", b"wheel", state="new")) == b"wheel"


@pytest.mark.parametrize("state", ["error", "deleted", "expired"])
async def test_an_upload_that_failed_is_told(flavor: Flavor, tmp_path: Path, state: str) -> None:
    client = flavor.client(Uploading("new", state))
    with pytest.raises(ArtifactUnavailable, match=f"Artifact 'a' .* was not uploaded: its state is '{state}'"):
        await flavor.call(client.artifacts.download, artifact("a", b"wheel", state="new"), tmp_path / "a")
    assert files(tmp_path) == {}


async def test_an_upload_that_takes_long_is_given_up(flavor: Flavor, tmp_path: Path) -> None:
    app, clock = Uploading("new"), FakeClock()
    with pytest.raises(ArtifactUnavailable, match="was still uploading after 60 s"):
        await flavor.call(
            flavor.client(app, clock=clock).artifacts.download, artifact("a", b"wheel", state="new"), tmp_path / "a"
        )
    assert 55 < sum(clock.sleeps) <= 60
    assert app.polls < 20


REFUSED = ["../out", "/etc/passwd", "C:/out", "a\x00b", "x/../../y", "", "CON\x07"]


@pytest.mark.parametrize("path", REFUSED)
async def test_refused_names_are_left_out_with_the_reason(flavor: Flavor, tmp_path: Path, path: str) -> None:
    storage = Storage({"a": [b"wheel"]}, [described(path, b"bad", filename=""), described("a", b"wheel")])
    download_all = flavor.client(storage).artifacts.download_all
    with pytest.raises(UnsafePath):
        await flavor.call(download_all, "web", 7, to=tmp_path / "to")
    assert files(tmp_path) == {}
    written = await flavor.call(download_all, "web", 7, to=tmp_path / "to", on_refused="skip")
    assert written == [tmp_path / "to" / "a"]
    assert [each.artifact.path for each in written.refused] == [path]
    assert written.refused[0].reason
    assert files(tmp_path) == {"to/a": b"wheel"}


async def test_of_names_that_clash_the_first_is_kept(flavor: Flavor, tmp_path: Path) -> None:
    paths = ["README.md", "readme.md", "docs", "docs/a", "Lib/x", "lib/y", "same"]
    listed = [described(path, path.encode()) for path in paths]
    listed.append(described("same", b"other", id="id-other", job_id="job-2"))
    storage = Storage({path: [path.encode()] for path in paths}, listed)
    written = await flavor.call(
        flavor.client(storage).artifacts.download_all,
        "web",
        7,
        to=tmp_path,
        on_refused="skip",
        include_retried_jobs=True,
    )
    assert files(tmp_path) == {path: path.encode() for path in ("README.md", "docs", "Lib/x", "same")}
    assert [each.artifact.path for each in written.refused] == ["readme.md", "docs/a", "lib/y", "same"]


async def test_what_is_in_the_way_on_disk_is_left_out(flavor: Flavor, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    to = tmp_path / "to"
    to.mkdir()
    (to / "link").symlink_to(outside)
    (to / "file").write_bytes(b"mine")
    (to / "folder").mkdir()
    paths = ["link/a", "file/a", "folder", "a"]
    storage = Storage({path: [b"wheel"] for path in paths}, [described(path, b"wheel") for path in paths])
    download_all = flavor.client(storage).artifacts.download_all
    written = await flavor.call(download_all, "web", 7, to=to, on_refused="skip")
    assert written == [to / "a"]
    assert [each.artifact.path for each in written.refused] == ["link/a", "file/a", "folder"]
    assert files(tmp_path) == {"to/file": b"mine", "to/a": b"wheel"}
    with pytest.raises(UnsafePath, match="isn't a folder"):
        await flavor.call(download_all, "web", 7, to=to / "file", on_refused="skip")
    with pytest.raises(ValueError, match="on_refused='ignore'"):
        await flavor.call(download_all, "web", 7, to=to, on_refused="ignore")


async def test_artifacts_that_are_left_out_are_not_requested(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({}, [described("../out", b"bad")])
    assert (
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path, on_refused="skip") == []
    )
    assert storage.redirects == 0


FULL = """
import resource, signal, sys
import httpx
from buildkite_ext import BuildkiteClient
from tests.core.storage import Storage, artifact, described
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.dont_write_bytecode = True  # Python would keep what it can't write whole
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
content = b"x" * 3_000_000
storage = Storage({"a": [content], "b": [b"wheel"]}, [described("a", content), described("b", b"wheel")])
with BuildkiteClient("acme", token="bkua_0123456789abcdef", transport=httpx.MockTransport(storage)) as client:
    try:
        client.artifacts.download_all("web", 7, to=sys.argv[1], concurrency=1)
    except OSError as error:
        print(type(error).__name__, error.errno, error.filename)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_disk_that_is_full_leaves_no_part_and_names_the_file(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["OSError", "27", str(tmp_path / "a")]
    assert files(tmp_path) == {}


def test_the_simulator_s_storage_continues(tmp_path: Path) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", artifacts={"log.txt": b"x" * 100})
    with simulator.client() as buildkite:
        made = buildkite.builds.create("web", branch="main")
        buildkite.builds.wait(made)
        (found,) = buildkite.artifacts.list(made)
        assert isinstance(found, Artifact)
        written = buildkite.artifacts.download(found.url, tmp_path / "log.txt")
        assert hashlib.sha1(written.read_bytes()).hexdigest() == found.sha1sum
        count = len(simulator.requests)
        assert buildkite.artifacts.download(found, tmp_path / "log.txt") == written
        assert len(simulator.requests) == count


def test_a_cut_that_is_met_again_keeps_nothing(tmp_path: Path) -> None:
    """Without ranges each attempt begins again, and none leaves a part."""
    storage = Storage({"a": [cut(b"whe")]})
    with (
        BuildkiteClient(
            "acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock(), retry=LONGEST
        ) as client,
        pytest.raises(ResponseLost),
    ):
        client.artifacts.download(artifact("a", b"wheel"), tmp_path / "a")
    assert files(tmp_path) == {}
