"""Events of the engine: one for each change, in order, and enough to rebuild the state."""

from __future__ import annotations

import logging
from dataclasses import FrozenInstanceError
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation import (
    AgentChanged,
    AnnotationChanged,
    ArtifactChanged,
    BuildChanged,
    ClusterChanged,
    JobChanged,
    PipelineChanged,
    QueueChanged,
    Simulator,
    Timing,
)

from .helpers import ORG, WEB, build, connect, create, job_path, jobs
from .test_properties import act, actions, add_steps, steps, timings

AnyChange = (
    AgentChanged
    | AnnotationChanged
    | ArtifactChanged
    | BuildChanged
    | ClusterChanged
    | JobChanged
    | PipelineChanged
    | QueueChanged
)


class Mirror:
    """State of builds, jobs, agents, artifacts, pipelines and queues that is rebuilt from the events alone."""

    def __init__(self) -> None:
        self.builds: dict[str, str] = {}
        self.jobs: dict[str, dict[str, str]] = {}
        self.agents: dict[str, str] = {}
        self.artifacts: dict[str, str] = {}
        self.pipelines: dict[str, str] = {}
        self.queues: dict[str, str] = {}
        self.time = 0.0

    def __call__(self, change: AnyChange) -> None:
        assert change.time >= self.time
        self.time = change.time
        match change:
            case BuildChanged():
                known: dict[str, str] = self.builds
                key = change.build.id
            case JobChanged():
                known = self.jobs.setdefault(change.job.build.id, {})
                key = change.job.id
            case AgentChanged():
                known, key = self.agents, change.agent.id
            case ArtifactChanged():
                known, key = self.artifacts, change.artifact.id
            case PipelineChanged():
                known, key = self.pipelines, change.pipeline.id
            case QueueChanged():
                known, key = self.queues, change.queue.id
            case AnnotationChanged() | ClusterChanged():
                raise AssertionError("nothing here annotates or changes a cluster")
        assert known.get(key) == change.before
        known[key] = change.after


def same_as_the_answers(mirror: Mirror, api: httpx.Client) -> None:
    answers = api.get("/v2/builds", params={"per_page": "100", "include_retried_jobs": "true"}).json()
    pipelines = api.get(f"{ORG}/pipelines", params={"per_page": "100"}).json()
    assert mirror.pipelines == {item["id"]: item["slug"] for item in pipelines}
    for cluster in api.get(f"{ORG}/clusters").json():
        for queue in api.get(cluster["queues_url"]).json():
            paused = mirror.queues.get(queue["id"], "dispatching") == "paused"
            assert paused == queue["dispatch_paused"]
    assert mirror.builds == {item["id"]: "blocked" if item["blocked"] else item["state"] for item in answers}
    for item in answers:
        assert mirror.jobs.get(item["id"], {}) == {job["id"]: job["state"] for job in item["jobs"]}
        path = f"{ORG}/pipelines/{item['pipeline']['slug']}/builds/{item['number']}/artifacts"
        for artifact in api.get(path, params={"per_page": "100"}).json():
            assert mirror.artifacts[artifact["id"]] == artifact["state"]
    # The agents that exist before the first listener are never announced.
    for agent in api.get(f"{ORG}/agents", params={"per_page": "100"}).json():
        assert mirror.agents.get(agent["id"], "connected") == agent["connection_state"]


@given(found=steps, script=actions, timing=timings, agents=st.sampled_from([None, 1, 0]))
def test_the_events_alone_give_the_state_that_the_api_answers(
    found: list[tuple[str, dict[str, Any]]], script: list[tuple[str, int]], timing: Timing, agents: int | None
) -> None:
    simulator = Simulator(timing=timing, agents=agents)
    mirror = Mirror()
    for agent in simulator.state.agents:
        mirror.agents[agent.id] = "connected"
    raised: list[AssertionError] = []

    def listener(change: AnyChange) -> None:
        try:
            mirror(change)
        except AssertionError as error:
            raised.append(error)

    simulator.on_change(listener)
    add_steps(simulator, found)
    with connect(simulator) as api:
        for action, number in [("create", 0), *script, ("sleep", 5), ("sleep", 500)]:
            act(api, simulator, action, number)
            same_as_the_answers(mirror, api)
    assert not raised
    for pipeline in ("web", "other"):
        for seen in simulator.pipeline(pipeline).builds:
            assert mirror.builds[seen.id] == seen.state


@pytest.mark.parametrize("agents", [None, 1])
@pytest.mark.parametrize("timing", [Timing(), Timing(assigned=1), Timing(creating=2, pickup=0, accepted=1)])
def test_a_listener_changes_nothing_in_the_answers(timing: Timing, agents: int | None) -> None:
    answers: list[list[bytes]] = []
    for listens in (False, True):
        simulator = Simulator(timing=timing, agents=agents)
        if listens:
            simulator.on_change(lambda _: None)
        web = simulator.pipeline("web").job("lint").job("unit", exit_status=[1, 0], automatic_retries=1)
        web.wait().job("deploy", timeout=3)
        query = {"include_retried_jobs": "true"}
        answers.append([])
        with connect(simulator) as api:
            create(api)
            create(api)
            for _ in range(24):
                simulator.clock.sleep(0.9)
                answers[-1] += [api.get(path, params=query).content for path in ("/v2/builds", f"{ORG}/agents")]
    assert answers[0] == answers[1]


@given(found=steps, pauses=st.lists(st.sampled_from([0.0, 0.4, 1.0, 7.0]), max_size=12))
def test_the_history_of_a_build_is_that_of_its_events(
    found: list[tuple[str, dict[str, Any]]], pauses: list[float]
) -> None:
    simulator = Simulator()
    events: dict[str, list[tuple[float, str]]] = {}

    def listener(change: AnyChange) -> None:
        if isinstance(change, BuildChanged) and change.before != change.after:
            events.setdefault(change.build.id, []).append((change.time, change.after))

    simulator.on_change(listener)
    add_steps(simulator, found)
    web = simulator.pipeline("web")
    web.build()
    for pause in pauses:
        simulator.clock.sleep(pause)
        assert web.builds
    for made in (*web.builds, *simulator.pipeline("other").builds):
        assert events[made.id] == [(round(time, 3), state) for time, state in made.history]


def test_a_build_and_its_job_change_in_order(simulator: Simulator) -> None:
    seen: list[tuple[str, str | None, str | None, float]] = []

    def listener(change: AnyChange) -> None:
        kind = type(change).__name__.removesuffix("Changed")
        seen.append((kind, change.before, change.after, change.time - start))

    start = simulator.clock.time()
    simulator.on_change(listener)
    web = simulator.pipeline("web").job("test", after=10, artifacts={"a.txt": b"a"})
    web.build()
    simulator.clock.sleep(60)
    assert web.builds[0].state == "passed"
    assert seen == [
        ("Pipeline", None, "web", 0),
        ("Pipeline", "web", "web", 0),
        ("Build", None, "creating", 0),
        ("Job", None, "pending", 0),
        ("Build", "creating", "scheduled", 0),
        ("Job", "pending", "scheduled", 0),
        ("Agent", "connected", "connected", 1),
        ("Job", "scheduled", "assigned", 1),
        ("Job", "assigned", "accepted", 1),
        ("Job", "accepted", "running", 1),
        ("Build", "scheduled", "running", 1),
        ("Artifact", None, "new", 10),
        ("Artifact", "new", "finished", 11),
        ("Job", "running", "passed", 11),
        ("Agent", "connected", "connected", 11),
        ("Build", "running", "passed", 11),
    ]


def test_a_change_that_is_not_of_the_state_is_an_event_too(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=[1, 0]).wait(continue_on_failure=True).block("Go?", ["version"])
    create(api)
    path = job_path(jobs(api)["test"])
    seen: list[AnyChange] = []
    simulator.on_change(seen.append)

    def changes() -> list[tuple[type, str | None, str | None]]:
        found = [(type(change), change.before, change.after) for change in seen]
        seen.clear()
        return found

    assert api.put(f"{path}/reprioritize", json={"priority": 4}).status_code == 200
    assert changes() == [(JobChanged, "scheduled", "scheduled")]
    simulator.clock.sleep(60)
    assert build(api)["state"] == "failed"
    changes()
    assert api.put(f"{path}/retry").status_code == 200
    assert changes()[:2] == [(JobChanged, "failed", "failed"), (JobChanged, None, "pending")]
    simulator.clock.sleep(60)
    assert build(api)["blocked"]
    changes()
    block = jobs(api)["Go?"]
    assert api.put(f"{job_path(block)}/unblock", json={"fields": {"version": "1"}}).status_code == 200
    assert changes()[:2] == [(JobChanged, "blocked", "unblocked"), (BuildChanged, "blocked", "blocked")]


def test_agents_artifacts_and_annotations_change(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", artifacts={"a.txt": b"a"})
    seen: list[tuple[str | None, str | None]] = []
    simulator.on_change(lambda change: seen.append((change.before, change.after)))
    agent = simulator.agent("mini")
    for action in ("pause", "resume", "stop"):
        assert api.put(f"{ORG}/agents/{agent.id}/{action}").status_code == 204
    assert seen == [
        (None, "connected"),
        ("connected", "connected"),
        ("connected", "connected"),
        ("connected", "stopped"),
    ]

    create(api)
    simulator.clock.sleep(60)
    artifact = api.get(f"{WEB}/builds/1/artifacts").json()[0]
    seen.clear()
    assert api.delete(artifact["url"]).status_code == 204
    assert seen == [("finished", "deleted")]

    seen.clear()
    path = f"{WEB}/builds/1/annotations"
    for body in ({"body": "a"}, {"body": "b", "append": True}):
        annotation = api.post(path, json=body).json()
    assert api.delete(f"{path}/{annotation['id']}").status_code == 204
    assert seen == [(None, "a"), ("a", "ab"), ("ab", None)]


def test_pipelines_clusters_and_queues_change(simulator: Simulator, api: httpx.Client) -> None:
    seen: list[AnyChange] = []
    simulator.on_change(seen.append)

    def changes() -> list[tuple[type, str | None, str | None]]:
        found = [(type(change), change.before, change.after) for change in seen]
        seen.clear()
        return found

    simulator.pipeline("web").job("test", queue="mac")
    simulator.pipeline("web").wait().block("Go?").trigger("api")
    steps = [(PipelineChanged, "web", "web")]
    assert changes() == [(PipelineChanged, None, "web"), (QueueChanged, None, "dispatching"), *(steps * 4)]
    queue = simulator.queue("mac")
    assert simulator.queue("mac") is queue
    assert changes() == []
    cluster = f"{ORG}/clusters/{queue.cluster.id}"
    path = f"{cluster}/queues/{queue.id}"
    assert api.post(f"{path}/pause_dispatch").status_code == 200
    assert changes() == [(QueueChanged, "dispatching", "paused")]
    assert api.put(path, json={"description": "Macs"}).status_code == 200
    assert changes() == [(QueueChanged, "paused", "paused")]
    assert api.post(f"{path}/resume_dispatch").status_code == 200
    assert changes() == [(QueueChanged, "paused", "dispatching")]
    assert api.put(cluster, json={"name": "Macs"}).status_code == 200
    assert api.put(cluster, json={"color": "#000000"}).status_code == 200
    assert changes() == [(ClusterChanged, "Default cluster", "Macs"), (ClusterChanged, "Macs", "Macs")]
    for refused in (api.post(f"{path}/resume_dispatch"), api.put(path, json={"description": 5})):
        assert refused.status_code == 422
    assert changes() == []


def test_a_deleted_artifact_stays_deleted_when_its_job_is_canceled(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", artifacts={"a.txt": b"a"}, after=100)
    create(api)
    simulator.clock.sleep(95)
    artifact = api.get(f"{WEB}/builds/1/artifacts").json()[0]
    assert api.delete(artifact["url"]).status_code == 204
    assert api.put(f"{WEB}/builds/1/cancel").status_code == 200
    assert api.get(f"{WEB}/builds/1/artifacts").json() == []


def test_a_listener_that_raises_is_logged_and_breaks_nothing(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[AnyChange] = []

    def broken(change: AnyChange) -> None:
        raise RuntimeError(f"no {change.after}")

    simulator.on_change(broken)
    simulator.on_change(seen.append)
    web = simulator.pipeline("web").job("test")
    with caplog.at_level(logging.ERROR):
        web.build()
        simulator.clock.sleep(60)
        assert web.builds[0].state == "passed"
    assert seen
    assert len(caplog.records) == len(seen)
    assert "no creating" in caplog.text


def test_a_listener_can_be_removed(simulator: Simulator) -> None:
    seen: list[AnyChange] = []
    remove = simulator.on_change(seen.append)
    web = simulator.pipeline("web")
    web.build()
    count = len(seen)
    remove()
    remove()
    web.build()
    assert len(seen) == count > 0
    with pytest.raises(FrozenInstanceError):
        seen[0].time = 0.0  # type: ignore[misc]


def test_a_listener_can_send_requests(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    deploy = simulator.pipeline("deploy").job("deploy")
    shown: list[str] = []

    def listener(change: AnyChange) -> None:
        if isinstance(change, BuildChanged) and change.build.pipeline.slug == "web":
            shown.append(build(api, change.build.number)["state"])
            if change.after == "passed":
                create(api, "deploy")

    simulator.on_change(listener)
    create(api)
    for _ in range(60):
        simulator.clock.sleep(1)
        api.get("/v2/builds")
    # A listener sees the state after the whole action: `creating` and `scheduled` are one action.
    assert shown == ["scheduled", "scheduled", "running", "passed"]
    assert [made.state for made in deploy.builds] == ["passed"]


def test_builds_of_the_past_have_events_of_the_past(simulator: Simulator) -> None:
    seen: list[AnyChange] = []
    simulator.on_change(seen.append)
    web = simulator.pipeline("web").job("test", after=5).history(3, every=100)
    now = simulator.clock.time()
    states = [change.after for change in seen if isinstance(change, BuildChanged)]
    assert states == ["creating", "scheduled", "running", "passed"] * 3
    assert all(change.time <= now for change in seen)
    assert {change.build.number for change in seen if isinstance(change, BuildChanged)} == {1, 2, 3}
    assert not [change for change in seen if isinstance(change, AgentChanged)]
    assert len(web.builds) == 3
