"""docs/migrating.md: every call of pybuildkite is in its tables, both sides of each row do the same, and what it says of the
differences is so."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from buildkite_api.operations import OPERATIONS
from pybuildkite.buildkite import Buildkite, BuildState
from pybuildkite.client import Response
from pybuildkite.exceptions import BuildStateNotAList, NoAcccessTokenException, NotValidBuildState, NotValidDateTime
from pybuildkite.jobs import LogFormat

from buildkite_ext import (
    UNSET,
    ApiError,
    ArtifactCorrupted,
    BuildkiteClient,
    BuildNotFound,
    ConfigurationError,
    InvalidRequest,
    PipelineNotFound,
    RateLimited,
    Retry,
    ServerError,
    Unauthorized,
    UnknownNameWarning,
    models,
)
from buildkite_ext.simulation import SimRequest, SimResponse, Simulator
from buildkite_ext.simulation.server import running

from .contract.answers import content
from .contract.description import OPERATIONS as DESCRIBED
from .contract.values import Fill

DOCUMENT = (Path(__file__).parents[1] / "docs" / "migrating.md").read_text(encoding="utf-8")

UNSIMULATED = (
    "create_pipeline",
    "update_pipeline",
    "delete_pipeline",
    "archive_pipeline",
    "unarchive_pipeline",
    "list_teams",
)
"""Operations that the simulator doesn't answer: it is given what the description has."""

TWINS = {"get_build_job_artifact": "get_job_artifact", "download_build_job_artifact": "download_job_artifact"}
"""Where ours takes the shorter way to the same: the job's id is enough."""


@dataclass(frozen=True)
class Row:
    """A row of the tables: what was written, and what to write."""

    theirs: str
    ours: str

    @property
    def their_name(self) -> str:
        """Such as `builds.list_all`, of `buildkite.builds().list_all(...)`."""
        match ast.parse(self.theirs, mode="eval").body:
            case ast.Call(ast.Attribute(ast.Call(ast.Attribute(ast.Name("buildkite"), resource)), method)):
                return f"{resource}.{method}"
        raise AssertionError(f"not a call of pybuildkite: {self.theirs}")

    @property
    def our_name(self) -> str:
        """Such as `builds.list`."""
        call = ast.parse(self.ours, mode="eval").body
        assert isinstance(call, ast.Call)
        return ast.unparse(call.func).removeprefix("buildkite.")


def section(title: str) -> str:
    return DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


ROWS = [Row(*found) for found in re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", section("Call by call"), re.MULTILINE)]


def public_methods() -> set[str]:
    """Every public method of pybuildkite's resources, without those that they inherit and that don't work."""
    buildkite = Buildkite()
    buildkite.set_access_token("any")
    resources = [name for name in vars(Buildkite) if not name.startswith("_") and name != "set_access_token"]
    return {
        f"{resource}.{name}"
        for resource in resources
        for name, member in vars(type(getattr(buildkite, resource)())).items()
        if callable(member) and not name.startswith("_")
    }


class Switchboard(Simulator):
    """One server for many simulators, one after another: starting and stopping one takes longer than a test."""

    connected: Simulator

    def handle(self, request: SimRequest) -> SimResponse:
        return self.connected.handle(request)

    def handle_artifact(self, request: SimRequest) -> SimResponse:
        return self.connected.handle_artifact(request)


@pytest.fixture(scope="module")
def switchboard() -> Iterator[Switchboard]:
    board = Switchboard()
    with running(board):
        yield board


Theirs = Callable[[Simulator], Buildkite]


@pytest.fixture
def theirs(switchboard: Switchboard) -> Theirs:
    """Makes a pybuildkite that talks to a simulator over HTTP."""

    def connect(simulator: Simulator) -> Buildkite:
        switchboard.connected = simulator
        simulator.move_to(switchboard.base_url, switchboard.artifacts_url)
        buildkite = Buildkite()
        buildkite.base_url = f"{switchboard.base_url}/v2/"
        buildkite.set_access_token(simulator.token)
        return buildkite

    return connect


def scene(row: Row) -> tuple[Simulator, dict[str, Any]]:
    """A Buildkite in which a row's call makes sense, and what the names in it stand for. Always the same one."""
    simulator = Simulator()
    web = simulator.pipeline("web").job("test", log="ok\n", artifacts={"junit.xml": b"<testsuite/>"}).history(2)
    simulator.pipeline("broken").job("test", exit_status=1).history(1)
    simulator.pipeline("release").block("Ship it?", ["version"])
    for pipeline in ("web", "release"):
        simulator.pipeline(pipeline).build()
    simulator.clock.sleep(1)
    with simulator.client() as client:
        client.annotations.create("web", 1, "Done")
    for name in UNSIMULATED:
        if name in OPERATIONS:
            described = DESCRIBED[name]
            headers = {"Content-Type": described.media} if described.media else {}
            body = content(described, Fill.FULL)
            simulator.answer_next(status=described.success, operation=name, body=body, headers=headers)
    simulator.requests.clear()
    pipeline = {"jobs.retry_job": "broken", "jobs.unblock_job": "release"}.get(row.their_name, "web")
    number = 3 if row.their_name == "builds.cancel_build" else 1
    job = simulator.pipeline(pipeline).builds[number - 1].jobs[0]
    with simulator.client() as client:
        artifact = next(iter(client.artifacts.list("web", 1)))
    names = {
        "BuildState": BuildState,
        "LogFormat": LogFormat,
        "agent_id": simulator.state.agents[0].id,
        "artifact": artifact,
        "artifact_id": artifact.id,
        "cluster_id": simulator.state.clusters[0].id,
        "configuration": "steps: []",
        "job_id": job.id,
        "number": number,
        "pipeline": pipeline,
        "repository": "git@example.com:acme/web.git",
        "since": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        "step_requests": [models.PipelineStepRequest(type="script", command="make")],
        "steps": [{"type": "script", "command": "make"}],
        "user_id": next(iter(simulator.state.users)),
    }
    simulator.requests.clear()
    assert web.builds
    return simulator, names


def essence(value: Any) -> Any:
    """What two answers have in common, whatever they are made of."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Path):
        return value.read_text()
    if isinstance(value, list):
        return [essence(item) for item in value]
    for key in ("id", "uuid", "env", "content", "webhook_ips", "name"):
        found = value.get(key) if isinstance(value, dict) else getattr(value, key, None)
        if found is not None:
            return found
    return value


def test_all_of_pybuildkite_is_in_the_tables() -> None:
    assert len(public_methods()) == 36
    assert {row.their_name for row in ROWS} == public_methods()


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=f"{row.their_name}-{row.our_name}",
        )
        for row in ROWS
    ],
)
def test_both_sides_of_a_row_do_the_same(
    row: Row, theirs: Theirs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    simulator, names = scene(row)
    with simulator.client(strict=True) as client:
        ours = eval(row.ours, names | {"buildkite": client})
        ours = list(ours) if hasattr(ours, "pages") else ours
    operation = simulator.requests[0].operation
    assert all(request.status is not None and request.status < 400 for request in simulator.requests)

    simulator, names = scene(row)
    given = eval(row.theirs, names | {"buildkite": theirs(simulator)})
    [asked] = simulator.requests
    assert asked.operation is not None
    assert operation is not None
    assert OPERATIONS[TWINS.get(asked.operation, asked.operation)].row == OPERATIONS[operation].row
    assert essence(given) == essence(ours)


# What is different -----------------------------------------------------------------------------------------------------


def passing(builds: int = 3) -> Simulator:
    simulator = Simulator()
    simulator.pipeline("web").job("test").history(builds)
    return simulator


def query(simulator: Simulator) -> dict[str, str]:
    return dict(simulator.requests[-1].query)


def our_client(simulator: Simulator) -> BuildkiteClient:
    return simulator.client(retry=Retry(attempts=1))


def test_pages_are_lists_and_lists_are_whole(theirs: Theirs) -> None:
    simulator = passing(150)
    buildkite = theirs(simulator)
    with our_client(simulator) as client:
        assert len(buildkite.builds().list_all_for_pipeline("acme", "web")) == 100
        builds = client.builds.list("web")
        assert len(list(builds)) == 150
        assert len(list(client.builds.list("web", limit=100))) == 100
        with pytest.raises(TypeError):
            builds[0]  # type: ignore[index]
        with pytest.raises(TypeError):
            len(builds)  # type: ignore[arg-type]
        from buildkite_api.api.builds import list_pipeline_builds

        assert len(client.call(list_pipeline_builds, "acme", "web", page=2, per_page=100)) == 50
        assert client.builds.list("web", branch="no such branch")


@pytest.mark.parametrize(
    ("link", "next_page"),
    [
        ('<https://api.buildkite.com/v2/builds?page=2&per_page=100>; rel="next"', 2),
        ('<https://api.buildkite.com/v2/builds?per_page=100&page=2>; rel="next"', None),
    ],
)
def test_a_page_that_is_the_last_parameter(link: str, next_page: int | None) -> None:
    answer = Response([])
    if next_page is None:
        with pytest.raises(ValueError, match="'2>'"):
            answer.append_pagination_data({"Link": link})
    else:
        assert answer.append_pagination_data({"Link": link}).next_page == next_page


def test_pagination_against_the_simulator(theirs: Theirs) -> None:
    buildkite = theirs(passing(150))
    first = buildkite.builds().list_all_for_pipeline("acme", "web", with_pagination=True)
    assert (first.next_page, first.last_page, len(first.body)) == (2, 2, 100)
    second = buildkite.builds().list_all_for_pipeline("acme", "web", page=first.next_page, with_pagination=True)
    assert (second.next_page, second.previous_page, len(second.body)) == (None, 1, 50)


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ({"status": 400}, 400, InvalidRequest),
        ({"status": 401}, 401, Unauthorized),
        ({"status": 404}, 404, BuildNotFound),
        ({"status": 429}, 429, RateLimited),
        ({"status": 502}, 502, ServerError),
    ],
)
def test_errors(theirs: Theirs, fault: dict[str, Any], status: int, error: type[ApiError]) -> None:
    simulator = passing()
    simulator.fail_next(**fault, times=2, body={"message": "what Buildkite said"})
    buildkite = theirs(simulator)
    with our_client(simulator) as client:
        with pytest.raises(requests.HTTPError) as raised:
            buildkite.builds().get_build_by_number("acme", "web", 1)
        assert raised.value.response.status_code == status
        assert len(simulator.requests) == 1  # it was sent once
        assert "what Buildkite said" not in str(raised.value)
        assert "what Buildkite said" in raised.value.response.text
        with pytest.raises(error, match="what Buildkite said") as ours:
            client.builds.get("web", 1)
        assert (ours.value.status, ours.value.reason) == (status, "what Buildkite said")


def test_a_lost_answer(theirs: Theirs) -> None:
    simulator = passing()
    simulator.drop_next()
    buildkite = theirs(simulator)
    with pytest.raises(requests.ConnectionError):
        buildkite.builds().get_build_by_number("acme", "web", 1)
    simulator.drop_next()
    with simulator.client() as client:
        assert client.builds.get("web", 1).number == 1


def test_a_finished_build_is_canceled(theirs: Theirs) -> None:
    simulator = passing()
    buildkite = theirs(simulator)
    with our_client(simulator) as client:
        with pytest.raises(requests.HTTPError, match="422"):
            buildkite.builds().cancel_build("acme", "web", 1)
        assert client.builds.cancel("web", 1).state == "passed"


@pytest.mark.parametrize(
    ("moment", "theirs_sends", "ours_sends"),
    [
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "2026-01-01T00:00:00 00:00", "2026-01-01T00:00:00.000Z"),
        (
            dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            "2026-01-01T00:00:00 02:00",
            "2025-12-31T22:00:00.000Z",
        ),
        (
            dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-5))),
            "2026-01-01T00:00:00-05:00",
            "2026-01-01T05:00:00.000Z",
        ),
        (dt.datetime(2026, 1, 1), "2026-01-01T00:00:00", None),
    ],
)
def test_dates(theirs: Theirs, moment: dt.datetime, theirs_sends: str, ours_sends: str | None) -> None:
    simulator = passing()
    buildkite = theirs(simulator)
    with our_client(simulator) as client:
        buildkite.builds().list_all(created_from=moment)
        assert query(simulator)["created_from"] == theirs_sends
        if ours_sends is None:
            with pytest.raises(ValueError, match="no time zone"):
                client.builds.list_all(created_from=moment)
        else:
            list(client.builds.list_all(created_from=moment))
            assert query(simulator)["created_from"] == ours_sends


def test_what_pybuildkite_checks(theirs: Theirs) -> None:
    simulator = passing()
    buildkite = theirs(simulator)
    builds = buildkite.builds()
    with pytest.raises(NotValidDateTime):
        builds.list_all(created_from="2026-01-01")
    with pytest.raises(NotValidBuildState):
        builds.list_all(states=["passed"])
    with pytest.raises(BuildStateNotAList):
        builds.list_all(states=BuildState.PASSED)
    with pytest.raises(TypeError):
        builds.list_all(branch=("main", "dev"))
    assert simulator.requests == []
    assert len(builds.list_all(states=[])) == 3
    assert len(builds.list_all(created_from=dt.date(2026, 1, 1))) == 3


def test_states_are_texts() -> None:
    with passing().client() as client:
        for state in ("passed", models.BuildState.PASSED, ["passed", "failed"], "finished"):
            assert len(list(client.builds.list("web", state=state))) == 3
        with pytest.warns(UnknownNameWarning, match=r"did you mean 'passed'\?"):
            assert list(client.builds.list("web", state="pased")) == []
        assert client.builds.get("web", 1).state == "passed"


def test_addresses(theirs: Theirs) -> None:
    simulator = passing()
    buildkite = theirs(simulator)
    with our_client(simulator) as client:
        assert buildkite.pipelines().get_pipeline("acme", "web?x=1")["slug"] == "web"
        with pytest.raises(requests.HTTPError, match="404"):
            buildkite.pipelines().get_pipeline("acme", "a/b")
        assert simulator.requests[-1].path == "/v2/organizations/acme/pipelines/a/b"
        with pytest.raises(PipelineNotFound):
            client.pipelines.get("a b")
        assert simulator.requests[-1].path == "/v2/organizations/acme/pipelines/a%20b"
        for name in ("", ".", "..", "web?x=1", "a/b/c"):
            with pytest.raises(ValueError, match=r"^pipeline="):
                client.pipelines.get(name)


def test_filters(theirs: Theirs) -> None:
    simulator = passing()
    given: dict[str, Any] = {
        "meta_data": {"release": "1.4 & later"},
        "creator": "a&state=failed",
        "commit": "c0ffee+",
        "branch": "a&b",
    }
    buildkite = theirs(simulator)
    with our_client(simulator) as client:
        buildkite.builds().list_all(**given)
        found = query(simulator)
        assert (found["meta_data[release]"], found["branch"]) == ("1.4 ", "a&b")
        assert (found["creator"], found["state"], found["commit"]) == ("a", "failed", "c0ffee ")
        assert " later" in found
        list(client.builds.list_all(**given))
        assert {key: value for key, value in query(simulator).items() if key != "per_page"} == {
            "meta_data[release]": "1.4 & later",
            "creator": "a&state=failed",
            "commit": "c0ffee+",
            "branch": "a&b",
        }


def test_maps_of_env_and_meta_data(theirs: Theirs) -> None:
    simulator = passing()
    buildkite = theirs(simulator)
    with our_client(simulator) as client:
        buildkite.builds().create_build("acme", "web", "HEAD", "main", env={"DEBUG": 1, "NONE": None})
        assert b'"env": {"DEBUG": 1, "NONE": null}' in simulator.requests[-1].body
        assert query(simulator) == {"per_page": "100"}  # of a write
        for value in (1, None):
            env: Any = {"DEBUG": value}
            with pytest.raises(TypeError, match="DEBUG"):
                client.builds.create("web", commit="HEAD", branch="main", env=env)


def test_what_is_none(theirs: Theirs) -> None:
    from buildkite_api.api.pipelines import update_pipeline

    simulator = passing()
    simulator.answer_next(times=2, status=200, body={}, operation="update_pipeline")
    buildkite = theirs(simulator)
    with simulator.client() as client:
        buildkite.pipelines().update_pipeline("acme", "web", description="", visibility=None)
        assert simulator.requests[-1].body == b'{"description": ""}'
        client.request(update_pipeline, "acme", "web", body=models.UpdatePipelineRequest(cluster_id=None))
        assert simulator.requests[-1].body == b'{"cluster_id":null}'
        simulator.answer_next(times=2, status=200, body={}, operation="update_pipeline")
        client.pipelines.update("web", cluster_id=None)
        assert simulator.requests[-1].body == b'{"cluster_id":null}'
        client.pipelines.update("web", visibility=UNSET, description="")
        assert simulator.requests[-1].body == b'{"description":""}'
        with pytest.raises(TypeError, match=r"^visibility=None: Buildkite documents no null for visibility"):
            client.pipelines.update("web", visibility=None)  # type: ignore[arg-type]


def test_what_is_deleted_and_downloaded(theirs: Theirs, tmp_path: Path) -> None:
    class Rotten(Simulator):
        def handle_artifact(self, request: SimRequest) -> SimResponse:
            return replace(super().handle_artifact(request), body=b"<testsuite/?")

    simulator = Rotten()
    simulator.pipeline("web").job("test", log="ok\n", artifacts={"junit.xml": b"<testsuite/>"}).history(1)
    buildkite = theirs(simulator)
    with simulator.client() as client:
        [artifact] = client.artifacts.list("web", 1)
        where = ("acme", "web", 1, artifact.job_id)
        assert buildkite.artifacts().download_artifact(*where, artifact.id) == b"<testsuite/?"
        assert list(buildkite.artifacts().download_artifact(*where, artifact.id, as_stream=True)) == [b"<testsuite/?"]
        with pytest.raises(ArtifactCorrupted):
            client.artifacts.download(artifact, to=tmp_path / "junit.xml")
        assert not (tmp_path / "junit.xml").exists()
        assert buildkite.jobs().get_job_log(*where).startswith(b"<time")
        assert buildkite.jobs().delete_job_log(*where) is True
        assert client.agents.stop(simulator.state.agents[0].id) is None  # type: ignore[func-returns-value]


def test_tokens(theirs: Theirs) -> None:
    simulator = passing()
    buildkite = theirs(simulator)
    buildkite.set_access_token(None)
    with pytest.raises(requests.HTTPError, match="401"):
        buildkite.users().get_current_user()
    assert "authorization" not in simulator.requests[-1].headers
    buildkite.set_access_token("")
    with pytest.raises(NoAcccessTokenException):
        buildkite.users()
    for make in (lambda: BuildkiteClient("acme"), lambda: BuildkiteClient("acme", token="")):
        with pytest.raises(ConfigurationError):
            make()


def test_the_methods_that_resources_inherit(theirs: Theirs) -> None:
    buildkite = theirs(passing())
    with pytest.raises(AttributeError, match="access_token"):
        buildkite.builds().get(f"{buildkite.base_url}user")


def test_a_blocked_build_says_passed(theirs: Theirs) -> None:
    simulator = Simulator()
    simulator.pipeline("release").block("Ship it?").build()
    buildkite = theirs(simulator)
    with simulator.client() as client:
        build = buildkite.builds().get_build_by_number("acme", "release", 1)
        assert (build["state"], build["blocked"]) == ("passed", True)
        assert client.builds.get("release", 1).state == "passed"
        assert client.builds.wait("release", 1).outcome == "blocked"


def test_unknown_keys() -> None:
    simulator = passing()
    for unknown, kept in (("ignore", {}), ("keep", {"new": 1})):
        simulator.answer_next(
            status=200, operation="get_organization", body={"id": "1", "slug": "acme", "name": "Acme", "new": 1}
        )
        options: Any = {"unknown": unknown}
        with simulator.client(**options) as client:
            assert client.organizations.get().additional_properties == kept
