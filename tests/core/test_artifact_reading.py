"""Artifacts that are read into memory, and patterns that match nothing."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.artifacts.patterns import nothing_matched, unmatched
from buildkite_ext.errors import (
    ArtifactCorrupted,
    ArtifactTooLarge,
    ArtifactUnavailable,
    NothingMatched,
    ResponseLost,
)
from buildkite_ext.globs import matches_path
from buildkite_ext.models import Build, Job

from .fakes import API, Body, Flavor, build
from .storage import Storage, artifact, cut, described, files

CONTENT = b'{"passed": 12}'


async def test_a_small_artifact_is_read(flavor: Flavor) -> None:
    storage = Storage({"result.json": [CONTENT]})
    read = flavor.client(storage).artifacts.read
    assert await flavor.call(read, artifact("result.json", CONTENT)) == CONTENT
    assert await flavor.call(read, artifact("result.json", CONTENT), max_bytes=len(CONTENT)) == CONTENT
    assert storage.asked[0].url.path == "/v2/organizations/acme/jobs/job-1/artifacts/id-result.json/download"
    empty = flavor.client(Storage({"a": [b""]})).artifacts.read
    assert await flavor.call(empty, artifact("a", b"")) == b""


async def test_a_larger_artifact_isn_t_requested(flavor: Flavor) -> None:
    storage = Storage({"a": [CONTENT]})
    said = r"Artifact 'a' .*has 14 bytes, and max_bytes=13\. .*artifacts\.download\."
    with pytest.raises(ArtifactTooLarge, match=said):
        await flavor.call(flavor.client(storage).artifacts.read, artifact("a", CONTENT), max_bytes=13)
    assert storage.asked == []


@pytest.mark.parametrize("size", [14, 5000])
async def test_an_artifact_whose_size_isn_t_told_is_read_up_to_the_limit(flavor: Flavor, size: int) -> None:
    content = b"x" * size
    read = flavor.client(Storage({"a": [content]})).artifacts.read
    unknown = artifact("a", content, file_size=None)
    assert await flavor.call(read, unknown, max_bytes=size) == content
    with pytest.raises(ArtifactTooLarge, match=f"has more bytes, and max_bytes={size - 1}"):
        await flavor.call(read, unknown, max_bytes=size - 1)


@pytest.mark.parametrize("changes", [{"sha1sum": "0" * 40}, {"file_size": 13}, {"file_size": 15}])
async def test_what_differs_from_the_upload_is_refused(flavor: Flavor, changes: dict[str, Any]) -> None:
    read = flavor.client(Storage({"a": [CONTENT]})).artifacts.read
    with pytest.raises(ArtifactCorrupted, match="Artifact 'a'"):
        await flavor.call(read, artifact("a", CONTENT, **changes))


async def test_a_lost_connection_is_tried_again(flavor: Flavor) -> None:
    storage = Storage({"a": [cut(CONTENT[:3]), CONTENT]})
    assert await flavor.call(flavor.client(storage).artifacts.read, artifact("a", CONTENT)) == CONTENT
    assert len(storage.fetched) == 2
    lost = Storage({"a": [cut(CONTENT[:3])]})
    with pytest.raises(ResponseLost):
        await flavor.call(flavor.client(lost).artifacts.read, artifact("a", CONTENT))


async def test_content_that_storage_encodes_is_decoded_if_only_that_agrees(flavor: Flavor) -> None:
    def encoded() -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body(gzip.compress(CONTENT)))

    read = flavor.client(Storage({"a": [encoded]})).artifacts.read
    assert await flavor.call(read, artifact("a", CONTENT)) == CONTENT
    assert await flavor.call(read, artifact("a", CONTENT), max_bytes=14) == CONTENT


@pytest.mark.parametrize("wrong", ["a", {"id": "x"}, None, 5])
async def test_what_is_no_artifact_isn_t_read(flavor: Flavor, wrong: Any) -> None:
    client = flavor.client(Storage())
    with pytest.raises(TypeError, match=r"artifact(=5)? is (a|None)"):
        await flavor.call(client.artifacts.read, wrong)
    with pytest.raises(ArtifactUnavailable, match="no job_id"):
        await flavor.call(client.artifacts.read, artifact("a", b"", job_id=None))


@pytest.mark.parametrize("wrong", [0, -1])
async def test_the_limit_is_a_number_of_bytes(flavor: Flavor, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"^max_bytes={wrong}: give a number of bytes above 0"):
        await flavor.call(flavor.client(Storage()).artifacts.read, artifact(), max_bytes=wrong)
    with pytest.raises(TypeError, match=r"^max_bytes='1' is a str"):
        await flavor.call(flavor.client(Storage()).artifacts.read, artifact(), max_bytes="1")


# --- patterns ---------------------------------------------------------------------------------------------------------

PATHS = ["out/a/result.json", "out/b/result.json", "dist/app.whl", "Report.xml"]


def everything() -> Storage:
    return Storage({path: [path.encode()] for path in PATHS}, [described(path, path.encode()) for path in PATHS])


@pytest.mark.parametrize(
    ("globs", "said"),
    [
        (
            ("result.json",),
            r"matches 'result\.json'; '\*\*/result\.json' matches 2: 'out/a/result\.json', 'out/b/result\.json'\.",
        ),
        (("out/*.json",), r"matches 'out/\*\.json'; 'out/\*\*/\*\.json' matches 2"),
        (("dist",), r"matches 'dist'; 'dist/\*\*' matches 1: 'dist/app\.whl'"),
        (("build/app.whl",), r"'\*\*/app\.whl' matches 1: 'dist/app\.whl'"),
        (("report.xml",), r"upper and lower case differ: 'Report\.xml'"),
        (("dist/ap.whl",), r"similar: 'dist/app\.whl'"),
        (("nothing.here",), r"the build has 4: 'out/a/result\.json'"),
        (("dist/*", "junit.xml"), r"matches 'junit\.xml'; the build has 4"),
        (("a.zip", "b.zip"), r"matches 'a\.zip'; .*; nor 'b\.zip'; "),
    ],
)
async def test_a_pattern_that_matches_nothing_is_an_error_that_shows_what_is_near(
    flavor: Flavor, tmp_path: Path, globs: tuple[str, ...], said: str
) -> None:
    storage = everything()
    download_all = flavor.client(storage).artifacts.download_all
    with pytest.raises(
        NothingMatched, match=rf"^No artifact of build web #7 .*{said}.*Nothing was downloaded.*missing="
    ) as caught:
        await flavor.call(download_all, "web", 7, *globs, to=tmp_path / "to")
    assert caught.value.patterns == tuple(glob for glob in globs if glob != "dist/*")
    assert "Nothing was downloaded" not in caught.value.reason
    assert storage.fetched == []
    assert "path" not in storage.asked[-1].url.params
    assert not (tmp_path / "to").exists()


async def test_a_last_pattern_that_looks_like_a_folder_hints_at_to(flavor: Flavor) -> None:
    download_all = flavor.client(everything()).artifacts.download_all
    with pytest.raises(NothingMatched, match="if this is the folder, give to='wheels'"):
        await flavor.call(download_all, "web", 7, "dist/*", "wheels")
    for globs in (("wheels",), ("wheels", "dist/*"), ("dist/*", "*.zip")):
        with pytest.raises(NothingMatched) as caught:
            await flavor.call(download_all, "web", 7, *globs)
        assert "to=" not in str(caught.value)


async def test_what_is_missing_can_be_ignored(flavor: Flavor, tmp_path: Path) -> None:
    storage = everything()
    download_all = flavor.client(storage).artifacts.download_all
    assert await flavor.call(download_all, "web", 7, "x.zip", to=tmp_path, missing="ignore") == []
    written = await flavor.call(download_all, "web", 7, "x.zip", "dist/*", to=tmp_path, missing="ignore")
    assert written == [tmp_path / "dist/app.whl"]
    assert len(storage.asked) == 3  # two lists, one download
    for wrong in ("warn", "", None):
        with pytest.raises((TypeError, ValueError), match=r"^missing"):
            await flavor.call(download_all, "web", 7, "x.zip", to=tmp_path, missing=wrong)


async def test_a_build_without_artifacts(flavor: Flavor, tmp_path: Path) -> None:
    download_all = flavor.client(Storage()).artifacts.download_all
    assert await flavor.call(download_all, "web", 7, to=tmp_path) == []
    with pytest.raises(NothingMatched, match=r"matches '\*': no artifact was uploaded"):
        await flavor.call(download_all, "web", 7, "*", to=tmp_path)


BUILD = Build.from_dict(build(7))
ID = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((BUILD, "dist/*"), "/builds/7/artifacts"),
        ((f"{API}/v2/organizations/acme/pipelines/web/builds/7", "dist/*"), "/builds/7/artifacts"),
        (("acme/web/7", "dist/*"), "/builds/7/artifacts"),
        ((BUILD, None, "dist/*"), "/builds/7/artifacts"),
        (("web", BUILD, "dist/*"), "/builds/7/artifacts"),
        ((Job.from_dict({"id": ID, "type": "script", "build_url": BUILD.url}), "dist/*"), f"/builds/7/jobs/{ID}/artifacts"),
    ],
)  # fmt: skip
async def test_patterns_follow_a_build_at_once(
    flavor: Flavor, tmp_path: Path, arguments: tuple[Any, ...], path: str
) -> None:
    storage = everything()
    written = await flavor.call(flavor.client(storage).artifacts.download_all, *arguments, to=tmp_path)
    assert written == [tmp_path / "dist/app.whl"]
    assert files(tmp_path) == {"dist/app.whl": b"dist/app.whl"}
    assert storage.asked[0].url.path.endswith(path)


async def test_a_pattern_is_no_number(flavor: Flavor, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"^number='dist/\*' is a str"):
        await flavor.call(flavor.client(Storage()).artifacts.download_all, "web", "dist/*", to=tmp_path)


NAMES = st.text("abX./*?", min_size=1, max_size=8)


@given(globs=st.lists(NAMES, min_size=1, max_size=3), paths=st.lists(NAMES, max_size=5))
def test_what_is_called_near_is_among_the_paths(globs: list[str], paths: list[str]) -> None:
    lacking = unmatched(globs, paths)
    assert not [path for path in paths if lacking and matches_path(path, lacking)]
    assert nothing_matched(lacking or globs, paths, "web #7").endswith(".")
