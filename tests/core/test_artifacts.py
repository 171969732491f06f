"""A download is whole and checked, or there is nothing; and it is never written anywhere else."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, DownloadProgress, Retry, errors
from buildkite_ext.artifacts.names import tree_target

from .fakes import TOKEN, App, Body, FakeClock, Flavor, answer
from .storage import Content, Storage, artifact, cut, described, files


async def test_an_artifact_is_downloaded_to_the_file_that_is_named(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [b"wheel"]})
    target = tmp_path / "new" / "folder" / "app.whl"
    written = await flavor.call(flavor.client(storage).artifacts.download, artifact(), str(target))
    assert written == target
    assert files(tmp_path) == {"new/folder/app.whl": b"wheel"}
    assert storage.asked[0].url.path == "/v2/organizations/acme/jobs/job-1/artifacts/id-dist/app.whl/download"
    assert storage.fetched[0].headers["Accept-Encoding"] == "identity"


async def test_an_artifact_is_downloaded_into_a_folder_under_its_own_name(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [b"wheel"]})
    assert await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path) == tmp_path / "app.whl"


@pytest.mark.parametrize("exists", [False, True])
async def test_a_text_that_ends_with_a_separator_is_a_folder(flavor: Flavor, tmp_path: Path, exists: bool) -> None:
    storage = Storage({"dist/app.whl": [b"wheel"]})
    client = flavor.client(storage)
    if exists:
        (tmp_path / "new").mkdir()
    written = await flavor.call(client.artifacts.download, artifact(), f"{tmp_path}{os.sep}new{os.sep}")
    assert written == tmp_path / "new" / "app.whl"
    deep = await flavor.call(client.artifacts.download, artifact(), f"{tmp_path}/a/b//")
    assert deep == tmp_path / "a" / "b" / "app.whl"
    assert files(tmp_path) == {"new/app.whl": b"wheel", "a/b/app.whl": b"wheel"}


async def test_a_file_in_the_place_of_that_folder_stays(flavor: Flavor, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"mine")
    storage = Storage({"dist/app.whl": [b"wheel"]})
    with pytest.raises(errors.UnsafePath):
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), f"{tmp_path}/new/")
    assert files(tmp_path) == {"new": b"mine"}


@pytest.mark.parametrize(
    "wrong",
    [("web", 7, ["*.whl"]), ("web", 7, "*.xml", ("*.whl",)), ("https://buildkite.com/acme/web/builds/7", ["*"])],
)
async def test_patterns_that_are_a_list_are_refused(flavor: Flavor, tmp_path: Path, wrong: tuple[Any, ...]) -> None:
    with pytest.raises(
        TypeError, match=r"pattern \(globs\) is an argument of its own: write .* or \*patterns"
    ) as caught:
        await flavor.call(flavor.client(App(answer([]))).artifacts.download_all, *wrong, to=tmp_path)
    assert "artifacts.download_all(pipeline, number," in str(caught.value)


async def test_the_file_has_the_permissions_that_any_new_file_has(flavor: Flavor, tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.write_bytes(b"")
    storage = Storage({"dist/app.whl": [b"wheel"]})
    written = await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "app.whl")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_downloads_by_threads_leave_the_process_s_umask_alone(tmp_path: Path) -> None:
    contents = {f"f{number}": [b"x"] for number in range(40)}
    storage = Storage(contents, [described(path, b"x") for path in contents])
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock())
    before = os.umask(0o027)
    try:
        for written in client.artifacts.download_all("web", 7, to=tmp_path, concurrency=16):
            assert stat.S_IMODE(written.stat().st_mode) == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)


async def test_the_progress_is_told_as_bytes_arrive(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [b"wheel"]})
    told: list[DownloadProgress] = []
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a", on_progress=told.append)
    assert [(progress.done, progress.total, progress.artifact.path) for progress in told] == [
        (2, 5, "dist/app.whl"),
        (5, 5, "dist/app.whl"),
    ]


async def test_an_empty_artifact_is_an_empty_file(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"empty": [b""]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact("empty", b""), tmp_path / "a")
    assert files(tmp_path) == {"a": b""}


async def test_an_artifact_without_a_digest_is_taken_as_it_comes(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [b"whatever"]})
    unknown = artifact(file_size=None, sha1sum=None)
    await flavor.call(flavor.client(storage).artifacts.download, unknown, tmp_path / "a")
    assert files(tmp_path) == {"a": b"whatever"}


async def test_a_download_cut_off_on_the_way_is_begun_again(flavor: Flavor, clock: FakeClock, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [cut(b"whe"), cut(b""), b"wheel"]})
    await flavor.call(flavor.client(storage, clock=clock).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}
    assert (storage.redirects, clock.sleeps) == (3, [1.0, 2.0])


async def test_a_download_cut_off_again_and_again_leaves_nothing(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [cut(b"whe")]})
    with pytest.raises(errors.ResponseLost, match="reset by peer"):
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {}
    assert storage.redirects == 3


async def test_a_client_that_never_retries_begins_no_download_again(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [cut(b"whe")]})
    with pytest.raises(errors.ResponseLost):
        await flavor.call(
            flavor.client(storage, retry=Retry(attempts=1)).artifacts.download, artifact(), tmp_path / "a"
        )
    assert storage.redirects == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"wheel!", "6 bytes instead of 5"), (b"whee", "4 bytes instead of 5"), (b"WHEEL", "SHA-1")],
)
async def test_what_is_not_what_was_uploaded_is_refused(
    flavor: Flavor, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    storage = Storage({"dist/app.whl": [content]})
    with pytest.raises(errors.ArtifactCorrupted, match=said):
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"old"}


async def test_a_file_that_is_there_is_replaced_on_success_only(flavor: Flavor, tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    storage = Storage({"dist/app.whl": [cut(b"whe"), cut(b"whe"), cut(b"whe"), b"wheel"]})
    client = flavor.client(storage)
    with pytest.raises(errors.ResponseLost):
        await flavor.call(client.artifacts.download, artifact(), target)
    assert files(tmp_path) == {"a": b"old"}
    await flavor.call(client.artifacts.download, artifact(), target)
    assert files(tmp_path) == {"a": b"wheel"}


async def test_a_link_that_is_there_is_replaced_and_not_written_through(flavor: Flavor, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"old")
    (tmp_path / "a").symlink_to(tmp_path / "precious")
    storage = Storage({"dist/app.whl": [b"wheel"]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert not (tmp_path / "a").is_symlink()
    assert files(tmp_path) == {"a": b"wheel", "precious": b"old"}


@pytest.mark.parametrize("status", [401, 403, 410])
async def test_an_address_that_has_become_too_old_is_requested_again(
    flavor: Flavor, tmp_path: Path, status: int
) -> None:
    storage = Storage({"dist/app.whl": [lambda: httpx.Response(status, text="Request has expired"), b"wheel"]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {"a": b"wheel"}
    assert [request.url.params["n"] for request in storage.fetched] == ["1", "2"]


@pytest.mark.parametrize(("status", "fetched"), [(403, 3), (404, 1), (304, 1), (206, 1), (500, 5)])
async def test_a_storage_that_refuses_is_not_buildkite(
    flavor: Flavor, tmp_path: Path, status: int, fetched: int
) -> None:
    storage = Storage(
        {"dist/app.whl": [lambda: httpx.Response(status, headers={"Location": "https://elsewhere.test"})]}
    )
    with pytest.raises(errors.ArtifactUnavailable, match=str(status)) as error:
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert (type(error.value), error.value.status) == (errors.ArtifactUnavailable, status)
    assert len(storage.fetched) == fetched
    assert files(tmp_path) == {}


async def test_a_storage_that_is_out_for_a_moment_is_asked_again(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist/app.whl": [lambda: httpx.Response(503), lambda: httpx.Response(500), b"wheel"]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert (storage.redirects, len(storage.fetched)) == (1, 3)


@pytest.mark.parametrize(
    "response",
    [
        answer({"url": ""}, 302),
        answer({"url": 5}, 302),
        answer({"url": "ftp://storage.test/a"}, 302),
        answer({"url": "https://[::1"}, 302),
        answer({"url": "https://xn--0/"}, 302),
        answer({"url": "https://storage.test:99999999/"}, 302),
        answer({}, 302),
        answer([], 302),
        httpx.Response(302, text="nonsense"),
        httpx.Response(302, headers={"Location": "/relative"}),
        httpx.Response(302, headers={"Location": "https://[::1"}),
    ],
)
async def test_an_address_that_is_none_is_an_error_of_ours(flavor: Flavor, tmp_path: Path, response: Any) -> None:
    with pytest.raises(errors.BuildkiteError):
        await flavor.call(flavor.client(App(response)).artifacts.download, artifact(), tmp_path / "a")
    assert files(tmp_path) == {}


async def test_the_address_may_stand_in_the_body_alone(flavor: Flavor, tmp_path: Path) -> None:
    app = App(answer({"url": "https://storage.test/a"}, 302), httpx.Response(200, content=b"wheel"))
    await flavor.call(flavor.client(app).artifacts.download, artifact(), tmp_path / "a")
    assert str(app.requests[1].url) == "https://storage.test/a"


API_URL = "https://api.buildkite.com/v2/organizations/other/pipelines/web/builds/7/jobs/job-1/artifacts/id-a"
PAGE_URL = "https://buildkite.com/organizations/other/pipelines/web/builds/7/jobs/job-1/artifacts/id-a"


@pytest.mark.parametrize("url", [API_URL, f"{API_URL}/download", PAGE_URL])
async def test_an_artifact_is_named_by_its_url(flavor: Flavor, tmp_path: Path, url: str) -> None:
    app = App(
        answer(described("a", b"wheel", url=API_URL)),
        answer({"url": "https://storage.test/a"}, 302),
        httpx.Response(200, content=b"wheel"),
    )
    artifacts = flavor.client(app).artifacts
    written = await flavor.call(artifacts.download, url, tmp_path / "a")
    assert written.read_bytes() == b"wheel"
    route = "/v2/organizations/other/jobs/job-1/artifacts/id-a"
    assert app.paths[:2] == [route, f"{route}/download"]

    again = App(answer(described("a", b"wheel")))
    assert (await flavor.call(flavor.client(again).artifacts.get, url)).path == "a"
    await flavor.call(flavor.client(again).artifacts.delete, url)
    assert again.paths == [route, route]
    assert again.requests[1].method == "DELETE"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/v2/organizations/acme/pipelines/web/builds/7/jobs/job-1/artifacts/id-a",
        API_URL.replace("job-1", "%2e%2e"),
        API_URL.replace("id-a", "..%2f..%2fuser"),
        API_URL.replace("https://", "https://me:s3cret@"),
        API_URL.partition("/artifacts/")[0],
        "https://buildkite.com/acme/web/builds/7",
    ],
)
async def test_a_url_of_no_artifact_is_refused_before_anything_is_sent(
    flavor: Flavor, tmp_path: Path, url: str
) -> None:
    app = App(answer({}))
    for method, more in (("download", (tmp_path / "a",)), ("read", ()), ("get", ()), ("delete", ())):
        with pytest.raises((ValueError, TypeError), match="artifact") as caught:
            await flavor.call(getattr(flavor.client(app).artifacts, method), url, *more)
        assert "s3cret" not in str(caught.value)
    assert app.requests == []


async def test_an_artifact_that_is_gone_is_not_found(flavor: Flavor, tmp_path: Path) -> None:
    client = flavor.client(App(answer({"message": "No artifact found"}, 404)))
    with pytest.raises(errors.ArtifactNotFound):
        await flavor.call(client.artifacts.download, artifact(), tmp_path / "a")


async def test_an_artifact_without_a_job_has_no_route(flavor: Flavor, tmp_path: Path) -> None:
    with pytest.raises(errors.ArtifactUnavailable, match="has no job_id"):
        await flavor.call(flavor.client(App(answer({}))).artifacts.download, artifact(job_id=None), tmp_path / "a")


async def test_an_error_in_the_progress_leaves_nothing(flavor: Flavor, tmp_path: Path) -> None:
    def progress(told: DownloadProgress) -> None:
        raise KeyboardInterrupt if flavor.blocking else LookupError

    storage = Storage({"dist/app.whl": [b"wheel"]})
    with pytest.raises((KeyboardInterrupt, LookupError)):
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a", on_progress=progress)
    assert files(tmp_path) == {}


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_download_leaves_nothing(flavor: Flavor, tmp_path: Path) -> None:
    class Stuck(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield b"whe"
            scope.cancel()
            await anyio.sleep(60)

    storage = Storage({"dist/app.whl": [lambda: httpx.Response(200, stream=Stuck())]})
    with anyio.CancelScope() as scope:
        await flavor.client(storage).artifacts.download(artifact(), tmp_path / "a")
    assert scope.cancelled_caught
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", "C:evil", "a\0b", "a\nb", "a\x1b[2Jb", "a\x85b", "a\ud800b"],
)
async def test_a_name_that_is_none_is_not_written_into_a_folder(flavor: Flavor, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(errors.UnsafePath):
        await flavor.call(
            flavor.client(App(answer({}))).artifacts.download, artifact("x", filename=name, path=""), folder
        )
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    "name",
    [
        "Bildschirmfoto 2026-01-05 um 09.00.00\u202fAM.png",
        "日本語\u3000.txt",
        "👩\u200d🔧.log",
        "a b",
        ".hidden",
        "...",
        "ab:c",
        "ü" * 120,
    ],
)
async def test_a_name_that_is_unusual_is_written_all_the_same(flavor: Flavor, tmp_path: Path, name: str) -> None:
    storage = Storage({name: [b"wheel"]})
    client = flavor.client(storage)
    one = artifact(name)
    one.id = "id-" + name
    assert (await flavor.call(client.artifacts.download, one, tmp_path)).name == name
    assert (tmp_path / name).read_bytes() == b"wheel"
    assert tree_target(one, tmp_path).path == tmp_path / name


PATHS = ["dist/app.whl", "dist/old/app.whl", "coverage/index.html", "log.txt"]


def everything(**changes: Any) -> Storage:
    return Storage(
        {path: [path.encode()] for path in PATHS}, [described(path, path.encode(), **changes) for path in PATHS]
    )


@pytest.mark.parametrize(
    ("globs", "paths", "filters"),
    [
        ((), PATHS, None),
        (("dist/*.whl",), ["dist/app.whl"], None),
        (("dist/**",), ["dist/app.whl", "dist/old/app.whl"], None),
        (("**/*.whl", "log.txt"), ["dist/app.whl", "dist/old/app.whl", "log.txt"], None),
        (("log.txt",), ["log.txt"], "*log.txt"),
        (("*.txt",), ["log.txt"], "*.txt"),
    ],
)
async def test_a_build_s_artifacts_are_downloaded_by_their_paths(
    flavor: Flavor, tmp_path: Path, globs: tuple[str, ...], paths: list[str], filters: str | None
) -> None:
    storage = everything()
    written = await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, *globs, to=tmp_path / "to")
    assert written == [tmp_path / "to" / path for path in paths]
    assert files(tmp_path) == {f"to/{path}": path.encode() for path in paths}
    params = storage.asked[0].url.params
    assert (params.get("path"), params.get("state")) == (filters, None)


async def test_one_job_s_artifacts_can_be_downloaded_into_a_folder_of_its_own(flavor: Flavor, tmp_path: Path) -> None:
    storage = everything()
    await flavor.call(
        flavor.client(storage).artifacts.download_all, "web", 7, "log.txt", to=tmp_path, job_id="job-1", by_job=True
    )
    assert files(tmp_path) == {"job-1/log.txt": b"log.txt"}
    assert storage.asked[0].url.path == "/v2/organizations/acme/pipelines/web/builds/7/jobs/job-1/artifacts"


async def test_two_artifacts_for_one_file_are_refused_before_anything_is_downloaded(
    flavor: Flavor, tmp_path: Path
) -> None:
    listed = [described("log", b"one"), described("log", b"two", id="id-other", job_id="job-2")]
    storage = Storage({"log": [b"one"], "other": [b"two"]}, listed)
    client = flavor.client(storage)
    with pytest.raises(errors.UnsafePath, match="by_job=True"):
        await flavor.call(client.artifacts.download_all, "web", 7, to=tmp_path)
    assert files(tmp_path) == {}
    assert storage.redirects == 0
    await flavor.call(client.artifacts.download_all, "web", 7, to=tmp_path, by_job=True)
    assert files(tmp_path) == {"job-1/log": b"one", "job-2/log": b"two"}


async def test_two_artifacts_that_are_the_same_are_downloaded_once(flavor: Flavor, tmp_path: Path) -> None:
    listed = [described("log", b"one"), described("log", b"one", id="id-other", job_id="job-2")]
    storage = Storage({"log": [b"one"], "other": [b"one"]}, listed)
    written = await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path)
    assert written == [tmp_path / "log"]
    assert storage.redirects == 1


@pytest.mark.parametrize(
    "path",
    [
        "../evil",
        "/etc/passwd",
        "a/../../evil",
        "..\\evil",
        "C:\\evil",
        "C:evil",
        "a/\0",
        "a\n/b",
        "",
        "./",
        "\\\\host\\share",
    ],
)
async def test_one_path_that_leads_outside_stops_everything_before_it_begins(
    flavor: Flavor, tmp_path: Path, path: str
) -> None:
    storage = Storage({"log": [b"one"]}, [described("log", b"one"), described(path, b"two", filename="")])
    with pytest.raises(errors.UnsafePath):
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path / "to")
    assert files(tmp_path) == {}
    assert storage.redirects == 0


async def test_a_link_that_leads_outside_is_not_followed(flavor: Flavor, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "dist").symlink_to(tmp_path / "outside")
    with pytest.raises(errors.UnsafePath, match="link"):
        await flavor.call(flavor.client(everything()).artifacts.download_all, "web", 7, to=tmp_path / "to")
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    "job_id", ["../../evil", "..", ".", "/etc", "a/../../..", "..\\evil", "C:", "a/b", "a\0b", "a\nb", "link"]
)
async def test_a_job_id_that_is_no_name_of_a_folder_stops_everything_before_it_begins(
    flavor: Flavor, tmp_path: Path, job_id: str
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "link").symlink_to(tmp_path / "outside")
    storage = Storage({"log": [b"one"]}, [described("log", b"one"), described("log", b"two", id="b", job_id=job_id)])
    with pytest.raises(errors.UnsafePath):
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path / "to", by_job=True)
    assert files(tmp_path) == {}
    assert storage.redirects == 0


async def test_one_failure_ends_the_others_and_leaves_no_part(flavor: Flavor, tmp_path: Path) -> None:
    paths = [f"f{number}" for number in range(400)]  # many: which of them come before the failure is up to the threads
    contents: dict[str, Iterable[Content]] = {path: [b"x" * 10] for path in paths}
    contents["f1"] = [b"x" * 11]  # too long, so it is not fetched again
    storage = Storage(contents, [described(path, b"x" * 10) for path in paths])
    with pytest.raises(errors.ArtifactCorrupted, match="f1"):
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path, concurrency=4)
    written = set(files(tmp_path))
    assert written < set(paths) - {"f1"}  # no part among them


async def test_each_file_costs_two_requests_and_the_list_one_a_page(flavor: Flavor, tmp_path: Path) -> None:
    paths = [f"f{number}" for number in range(30)]
    storage = Storage({path: [path.encode()] for path in paths}, [described(path, path.encode()) for path in paths])
    written = await flavor.call(
        flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path / "to", concurrency=8
    )
    assert written == [tmp_path / "to" / path for path in paths]
    assert (len(storage.asked), storage.redirects, len(storage.fetched)) == (31, 30, 30)


def test_a_slow_file_holds_up_none_of_the_others(tmp_path: Path) -> None:
    """The next file begins when any of them ends."""
    storage = everything()
    others = threading.Semaphore(0)

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("path") == PATHS[0]:
            for _ in PATHS[1:]:
                assert others.acquire(timeout=60), "the others wait for the slow file"
        answered = storage(request)
        if request.url.host == "storage.test" and request.url.params["path"] != PATHS[0]:
            others.release()
        return answered

    with BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=FakeClock()) as client:
        written = client.artifacts.download_all("web", 7, to=tmp_path, concurrency=2)
    assert written == [tmp_path / path for path in PATHS]


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_slow_file_holds_up_none_of_the_others_in_async_code(loop: str, tmp_path: Path) -> None:
    storage = everything()

    async def main() -> list[Path]:
        over = anyio.Event()
        fetched: list[str] = []

        async def app(request: httpx.Request) -> httpx.Response:
            if request.url.host == "storage.test":
                if request.url.params["path"] == PATHS[0]:
                    await over.wait()
                else:
                    fetched.append(request.url.params["path"])
                    if len(fetched) == len(PATHS) - 1:
                        over.set()
            return storage(request)

        client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=FakeClock())
        with anyio.fail_after(60):
            return await client.artifacts.download_all("web", 7, to=tmp_path, concurrency=2)

    assert anyio.run(main, backend=loop) == [tmp_path / path for path in PATHS]


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize(("chunks", "most"), [(1, 3), (16, 4), (320, 23)])
def test_async_downloads_hand_over_to_threads_by_the_megabyte(
    loop: str, chunks: int, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hand-over looks what is in the way, one makes the file, one finishes it; and one a megabyte between them."""
    hand_overs: list[object] = []
    run_sync = anyio.to_thread.run_sync

    async def counting(function: Any, *args: Any, **options: Any) -> Any:
        hand_overs.append(function)
        return await run_sync(function, *args, **options)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counting)
    content = bytes(range(256)) * 256 * chunks
    pieces = [content[at : at + 65_536] for at in range(0, len(content), 65_536)]
    storage = Storage({"large": [lambda: httpx.Response(200, stream=Body(*pieces))]})
    one = artifact("large", content)
    told: list[int] = []

    async def main() -> bytes:
        client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock())
        await client.artifacts.download(
            one, tmp_path / "large", on_progress=lambda progress: told.append(progress.done)
        )
        assert len(hand_overs) <= most
        hand_overs.clear()
        return await client.artifacts.read(one, max_bytes=len(content))

    assert anyio.run(main, backend=loop) == content
    assert len(hand_overs) <= most
    assert (tmp_path / "large").read_bytes() == content
    assert told == [65_536 * number for number in range(1, chunks + 1)]


def test_async_downloads_take_a_task_for_a_megabyte_and_not_for_a_chunk(tmp_path: Path) -> None:
    content = bytes(range(256)) * 256 * 48
    pieces = [content[at : at + 65_536] for at in range(0, len(content), 65_536)]
    storage = Storage({"large": [lambda: httpx.Response(200, stream=Body(*pieces))]})
    tasks = 0

    async def main() -> None:
        def counting(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
            nonlocal tasks
            tasks += 1
            return asyncio.Task(coroutine, loop=loop, **options)

        asyncio.get_running_loop().set_task_factory(counting)
        client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock())
        await client.artifacts.download(artifact("large", content), tmp_path / "large")

    asyncio.run(main())
    assert (tmp_path / "large").read_bytes() == content
    assert tasks <= 8  # two requests, three blocks, the end and its release, where there are 48 chunks


async def test_windows_paths_become_folders(flavor: Flavor, tmp_path: Path) -> None:
    storage = Storage({"dist\\app.whl": [b"x"]}, [described("dist\\app.whl", b"x")])
    await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path)
    assert files(tmp_path) == {"dist/app.whl": b"x"}


def test_a_large_artifact_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    class Large(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            for _ in range(60):
                yield bytes(1024 * 1024)

    import tracemalloc

    digest = hashlib.sha1(bytes(60 * 1024 * 1024)).hexdigest()
    storage = Storage({"large": [lambda: httpx.Response(200, stream=Large())]})
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock())
    one = artifact("large", b"", file_size=60 * 1024 * 1024, sha1sum=digest)
    tracemalloc.start()
    client.artifacts.download(one, tmp_path / "large")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (tmp_path / "large").unlink()
    assert peak < 10 * 1024 * 1024


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_async_downloads_go_on_at_once(loop: str, tmp_path: Path) -> None:
    under_way = most = 0
    storage = everything()

    async def main() -> None:
        three = anyio.Event()

        async def app(request: httpx.Request) -> httpx.Response:
            nonlocal under_way, most
            if request.url.host == "storage.test":
                under_way += 1
                most = max(most, under_way)
                if under_way == 3:
                    three.set()
                await three.wait()
                under_way -= 1
            return storage(request)

        client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=FakeClock())
        with anyio.fail_after(60):
            await client.artifacts.download_all("web", 7, to=tmp_path, concurrency=3)

    anyio.run(main, backend=loop)
    assert most == 3
    assert len(files(tmp_path)) == 4
