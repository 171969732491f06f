"""Of several artifacts with one path the newest is downloaded: of the last attempt of a job, and of its last upload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, errors
from buildkite_ext.artifacts.attempts import last_uploads, newest_attempts
from buildkite_ext.simulation import Simulator

from .fakes import Flavor, answer, job
from .storage import Content, Storage, artifact, described, files

RETRIED = [job("1", retried=True, retried_in_job_id="job-2"), job("2", retry_source={"job_id": "job-1"}), job("3")]
"""Two attempts of one job, and another job."""


def uploads(*each: tuple[str, str], path: str = "log", jobs: Any = RETRIED) -> Storage:
    """Return a storage with uploads of one path: (job, content) in the order of the list."""
    contents: dict[str, list[Content]] = {}
    listed = []
    for number, (job_name, content) in enumerate(each):
        contents[str(number)] = [content.encode()]
        listed.append(described(path, content.encode(), id=f"id-{number}", job_id=f"job-{job_name}"))
    return Storage({**contents}, listed, jobs=jobs)


@pytest.mark.parametrize("order", [[("1", "old"), ("2", "new")], [("2", "new"), ("1", "old")]])
async def test_the_last_attempt_of_a_job_wins(flavor: Flavor, tmp_path: Path, order: list[tuple[str, str]]) -> None:
    storage = uploads(*order)
    written = await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path)
    assert written == [tmp_path / "log"]
    assert files(tmp_path) == {"log": b"new"}
    assert storage.redirects == 1
    assert storage.asked[1].url.path == "/v2/organizations/acme/pipelines/web/builds/7"


@pytest.mark.parametrize(
    ("jobs", "newest"),
    [
        ([job("1", retried_in_job_id="job-2"), job("2", retried_in_job_id="job-3"), job("3")], "3"),
        ([job("1", retried_in_job_id="job-9"), job("9", retried_in_job_id="job-2"), job("2"), job("3")], None),
        ([job("2", retry_source={"job_id": "job-1"}), job("3", retry_source={"job_id": "job-2"})], "3"),
        ([job("3", retried_in_job_id="job-1"), job("1", retried_in_job_id="job-2"), job("2")], "2"),
        ([job("1", retried_in_job_id="job-2"), job("2", retried_in_job_id="job-3"), job("3", retried_in_job_id="job-4")], "3"),
    ],
)  # fmt: skip
async def test_a_job_may_have_many_attempts(flavor: Flavor, tmp_path: Path, jobs: Any, newest: str | None) -> None:
    storage = uploads(("1", "1"), ("2", "2"), ("3", "3"), jobs=jobs)
    call = flavor.client(storage).artifacts.download_all
    if newest is None:  # the third job isn't an attempt of the others
        with pytest.raises(errors.UnsafePath, match="by_job=True"):
            await flavor.call(call, "web", 7, to=tmp_path)
        return
    await flavor.call(call, "web", 7, to=tmp_path)
    assert files(tmp_path) == {"log": newest.encode()}


async def test_all_attempts_can_be_downloaded_into_folders_of_their_own(flavor: Flavor, tmp_path: Path) -> None:
    storage = uploads(("1", "old"), ("2", "new"), ("3", "other"))
    call = flavor.client(storage).artifacts.download_all
    await flavor.call(call, "web", 7, to=tmp_path / "newest", by_job=True)
    assert files(tmp_path / "newest") == {"job-2/log": b"new", "job-3/log": b"other"}
    asked = len(storage.asked)
    await flavor.call(call, "web", 7, to=tmp_path / "all", by_job=True, include_retried_jobs=True)
    assert files(tmp_path / "all") == {"job-1/log": b"old", "job-2/log": b"new", "job-3/log": b"other"}
    assert [request for request in storage.asked[asked:] if request.url.path.endswith("/7")] == []


async def test_the_advice_of_the_error_works(flavor: Flavor, tmp_path: Path) -> None:
    storage = uploads(("1", "old"), ("2", "new"))
    call = flavor.client(storage).artifacts.download_all
    with pytest.raises(errors.UnsafePath) as error:
        await flavor.call(call, "web", 7, to=tmp_path / "to", include_retried_jobs=True)
    assert files(tmp_path) == {}
    for advice in ("by_job=True", "job_id=", "artifacts.download(artifact, to=FILE)"):
        assert advice in str(error.value)
    await flavor.call(call, "web", 7, to=tmp_path / "a", include_retried_jobs=True, by_job=True)
    one_s = uploads(("1", "old"))
    await flavor.call(flavor.client(one_s).artifacts.download_all, "web", 7, to=tmp_path / "b", job_id="job-1")
    await flavor.call(flavor.client(storage).artifacts.download, artifact("log", b"old", id="id-0"), tmp_path / "c")
    assert files(tmp_path) == {"a/job-1/log": b"old", "a/job-2/log": b"new", "b/log": b"old", "c": b"old"}


async def test_attempts_matter_only_where_several_jobs_uploaded_one_path(flavor: Flavor, tmp_path: Path) -> None:
    """The scope read_builds isn't needed for anything else."""
    refused = answer({"message": "Forbidden"}, 403)
    storage = Storage(
        {"a": [b"1"], "b": [b"2"]}, [described("a", b"1"), described("b", b"2", job_id="job-2")], jobs=refused
    )
    await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path)
    same = uploads(("1", "same"), ("2", "same"), jobs=refused)
    await flavor.call(flavor.client(same).artifacts.download_all, "web", 7, to=tmp_path)
    assert files(tmp_path) == {"a": b"1", "b": b"2", "log": b"same"}
    one_job = uploads(("1", "old"), ("1", "new"), jobs=refused)
    await flavor.call(flavor.client(one_job).artifacts.download_all, "web", 7, to=tmp_path)
    assert files(tmp_path)["log"] == b"new"


async def test_a_token_that_can_t_read_the_build_is_told_what_to_do(flavor: Flavor, tmp_path: Path) -> None:
    storage = uploads(("1", "old"), ("2", "new"), jobs=answer({"message": "Forbidden"}, 403))
    call = flavor.client(storage).artifacts.download_all
    with pytest.raises(errors.UnsafePath, match="read_builds") as error:
        await flavor.call(call, "web", 7, to=tmp_path)
    assert "by_job=True and include_retried_jobs=True" in str(error.value)
    assert files(tmp_path) == {}
    await flavor.call(call, "web", 7, to=tmp_path, by_job=True, include_retried_jobs=True)
    assert files(tmp_path) == {"job-1/log": b"old", "job-2/log": b"new"}


@pytest.mark.parametrize("include_retried_jobs", [False, True])
@pytest.mark.parametrize("by_job", [False, True])
async def test_the_last_upload_of_one_job_wins(
    flavor: Flavor, tmp_path: Path, include_retried_jobs: bool, by_job: bool
) -> None:
    storage = uploads(("1", "first"), ("1", "second"), ("1", "third"))
    await flavor.call(
        flavor.client(storage).artifacts.download_all,
        "web", 7, to=tmp_path, include_retried_jobs=include_retried_jobs, by_job=by_job,
    )  # fmt: skip
    assert files(tmp_path) == {"job-1/log" if by_job else "log": b"third"}
    assert storage.redirects == 1


async def test_paths_of_windows_and_others_are_the_same_path(flavor: Flavor, tmp_path: Path) -> None:
    listed = [
        described("dist\\log", b"old", id="id-0", job_id="job-1"),
        described("./dist//log", b"new", id="id-1", job_id="job-2"),
    ]
    storage = Storage({"0": [b"old"], "1": [b"new"]}, listed, jobs=RETRIED)
    await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, "dist/*", to=tmp_path)
    assert files(tmp_path) == {"dist/log": b"new"}


OLD, NEW = "018f0000-0000-7000-8000-000000000000", "0190ffff-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        ((OLD, NEW), NEW),
        ((NEW, OLD), NEW),
        (("6f0ab0b6-9d3c-4b1a-8a52-0a3d5b2f0a11", NEW), NEW),
        ((NEW, "0f0ab0b6-9d3c-4b1a-8a52-0a3d5b2f0a11"), "0f0ab0b6-9d3c-4b1a-8a52-0a3d5b2f0a11"),
        (("b", "a"), "a"),
    ],
)
def test_ids_that_hold_their_time_tell_which_upload_is_newer(ids: tuple[str, str], kept: str) -> None:
    found = last_uploads([artifact("log", str(place).encode(), id=one) for place, one in enumerate(ids)])
    assert [one.id for one in found] == [kept]


uploading = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "y"])), max_size=8)
retries = st.dictionaries(st.sampled_from("abcde"), st.sampled_from("abcde"), max_size=5)


@given(uploading, retries)
def test_no_path_is_lost_and_what_is_kept_is_the_newest(
    each: list[tuple[str, str]], retried_in: dict[str, str]
) -> None:
    listed = [artifact(path, str(n).encode(), id=str(n), job_id=who) for n, (who, path) in enumerate(each)]
    kept = newest_attempts(last_uploads(listed), retried_in)
    assert {one.path for one in kept} == {one.path for one in listed}
    assert [one for one in listed if one in kept] == kept
    for one in kept:
        assert not [
            other
            for other in listed
            if (other.job_id, other.path) == (one.job_id, one.path) and int(other.id) > int(one.id)
        ]
        later, who = set(), one.job_id
        while (who := retried_in.get(who, "")) and who not in later and who != one.job_id:
            later.add(who)
        circular = bool(who)
        assert circular or not [other for other in listed if other.path == one.path and other.job_id in later]


def test_the_simulator_s_retries_are_attempts(tmp_path: Path) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", exit_status=1, artifacts={"junit.xml": b"<failed/>"})
    with simulator.client() as client:
        number = client.builds.create("web", commit="HEAD", branch="main").number
        [failed] = client.builds.wait("web", number).failed_jobs
        client.jobs.retry("web", number, failed.id)
        client.builds.wait("web", number)
        listed = list(client.artifacts.list("web", number))
        assert len({one.job_id for one in listed}) == 2
        client.artifacts.download_all("web", number, to=tmp_path / "newest", by_job=True)
        client.artifacts.download_all("web", number, to=tmp_path / "all", by_job=True, include_retried_jobs=True)
    assert len(files(tmp_path / "newest")) == 1
    assert len(files(tmp_path / "all")) == 2


def test_what_is_no_artifact_is_told(tmp_path: Path) -> None:
    client = BuildkiteClient("acme", token="bkua_x", transport=None)
    wrong: Any
    for wrong in ("id", {"id": "x"}, None, 5):
        with pytest.raises(TypeError, match=r"artifact is (a|None)"):
            client.artifacts.download(wrong, tmp_path / "a")
    client.close()
