"""Schedules: they create builds as time passes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from buildkite_ext import BuildkiteClient
from buildkite_ext.errors import InvalidRequest, NotFound
from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, refusal

HOUR = 3600


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    simulator.pipeline("web", default_branch="trunk").job("test")
    with simulator.client() as client:
        yield client


def test_a_schedule_creates_builds(simulator: Simulator, client: BuildkiteClient) -> None:
    made = client.pipelines.schedules.create("web", cronline="@hourly", label="Nightly", env={"DEPLOY_ENV": "staging"})
    assert (made.branch, made.commit, made.enabled, made.message) == ("trunk", "HEAD", True, None)
    assert str(made.next_build_at) == "2026-01-05 10:00:00+00:00"
    assert made.pipeline is not None
    assert made.pipeline.slug == "web"
    simulator.clock.sleep(2.5 * HOUR)
    builds = simulator.pipeline("web").builds
    assert [(build.number, build.source, build.state) for build in builds] == [
        (1, "schedule", "passed"),
        (2, "schedule", "passed"),
    ]
    assert (builds[0].branch, builds[0].message, builds[0].env) == ("trunk", "Nightly", {"DEPLOY_ENV": "staging"})
    assert [str(build.created_at) for build in client.builds.list("web")] == [
        "2026-01-05 11:00:00+00:00",
        "2026-01-05 10:00:00+00:00",
    ]
    assert builds[0].creator.name == "Ada Byron"


def test_time_zones_hold_over_their_changes(simulator: Simulator, client: BuildkiteClient) -> None:
    client.pipelines.schedules.create(
        "web", cronline="0 8 * * 1-5 Europe/Berlin", branch="main", message="m", commit="abc"
    )
    simulator.clock.sleep(90 * 24 * HOUR)
    builds = list(client.builds.list("web"))
    hours = {build.created_at.strftime("%H:%M") for build in builds if build.created_at is not None}
    days = {build.created_at.strftime("%a") for build in builds if build.created_at is not None}
    assert (hours, days) == ({"06:00", "07:00"}, {"Mon", "Tue", "Wed", "Thu", "Fri"})
    assert {(build.branch, build.message, build.commit) for build in builds} == {("main", "m", "abc")}


def test_a_disabled_schedule_waits(simulator: Simulator, client: BuildkiteClient) -> None:
    schedules = client.pipelines.schedules
    made = schedules.create("web", cronline="@hourly", enabled=False)
    assert made.next_build_at is None
    simulator.clock.sleep(2 * HOUR)
    assert simulator.pipeline("web").builds == []
    assert str(schedules.update("web", made.id, enabled=True).next_build_at) == "2026-01-05 12:00:00+00:00"
    simulator.clock.sleep(HOUR)
    changed = schedules.update("web", made.id, enabled=False, cronline="@daily")
    assert (changed.next_build_at, changed.cronline, changed.branch) == (None, "@daily", "trunk")
    simulator.clock.sleep(48 * HOUR)
    assert len(simulator.pipeline("web").builds) == 1


def test_a_changed_schedule_forgets_its_old_times(simulator: Simulator, client: BuildkiteClient) -> None:
    schedules = client.pipelines.schedules
    made = schedules.create("web", cronline="@hourly", env={"A": "b"}, branch="main")
    changed = schedules.update("web", made.id, cronline="30 9 * * *", env=None, label="l")
    assert (changed.env, changed.branch, changed.label) == ({}, "main", "l")
    simulator.clock.sleep(2 * HOUR)
    assert [str(build.created_at) for build in client.builds.list("web")] == ["2026-01-05 09:30:00+00:00"]
    schedules.delete("web", made.id)
    simulator.clock.sleep(48 * HOUR)
    assert len(simulator.pipeline("web").builds) == 1
    with pytest.raises(NotFound):
        schedules.get("web", made.id)


def test_a_failure_is_told_until_a_build_succeeds(simulator: Simulator, client: BuildkiteClient) -> None:
    schedules = client.pipelines.schedules
    made = schedules.create("web", cronline="@hourly")
    client.pipelines.archive("web")
    simulator.clock.sleep(HOUR)
    failed = schedules.get("web", made.id)
    assert (failed.failed_message, str(failed.failed_at)) == ("The pipeline is archived", "2026-01-05 10:00:00+00:00")
    client.pipelines.unarchive("web")
    simulator.clock.sleep(HOUR)
    worked = schedules.get("web", made.id)
    assert (worked.failed_message, worked.failed_at) == (None, None)
    client.pipelines.update("web", branch_configuration="main")
    simulator.clock.sleep(HOUR)
    assert schedules.get("web", made.id).failed_message == "The pipeline doesn't build the branch trunk"
    schedules.update("web", made.id, enabled=False)
    assert schedules.get("web", made.id).failed_at is not None
    assert schedules.update("web", made.id, enabled=True).failed_at is None


def test_schedules_are_listed_newest_first(simulator: Simulator, client: BuildkiteClient) -> None:
    simulator.pipeline("api").job("test")
    made = [client.pipelines.schedules.create(slug, cronline="@daily").id for slug in ("web", "api", "web")]
    assert [each.id for each in client.pipelines.schedules.list("web", per_page=1)] == [made[2], made[0]]
    with pytest.raises(NotFound):
        client.pipelines.schedules.get("web", made[1])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "cronline can't be blank"),
        ({"cronline": ""}, "cronline can't be blank"),
        ({"cronline": 5}, "cronline must be a string"),
        ({"cronline": "* * * * *"}, "Cronline is invalid: builds come at most every 10 minutes"),
        ({"cronline": "0 ~ * * *"}, "Cronline is invalid: '~' can't be the hour"),
        ({"cronline": "@daily", "env": [], "enabled": "maybe"}, "env must be an object, enabled must be true or false"),
    ],
)
def test_what_does_not_fit_is_one_sentence(client: BuildkiteClient, api: httpx.Client, body: object, said: str) -> None:
    assert refusal(api.post(f"{WEB}/schedules", json=body)) == (422, f"Validation failed: {said}")
    assert api.get(f"{WEB}/schedules").json() == []


def test_updates_come_by_put_and_by_patch(client: BuildkiteClient, api: httpx.Client) -> None:
    one = f"{WEB}/schedules/{client.pipelines.schedules.create('web', cronline='@daily').id}"
    assert api.put(one, json={"label": "a"}).json()["label"] == "a"
    assert api.patch(one, json={"label": "b"}).json()["label"] == "b"
    assert api.patch(one, json={"cronline": "@odd"}).status_code == 422
    with pytest.raises(InvalidRequest, match="Cronline"):
        client.pipelines.schedules.update("web", one.rpartition("/")[2], cronline="@odd")
    assert refusal(api.get(f"{ORG}/pipelines/no/schedules")) == (404, "No pipeline found")
