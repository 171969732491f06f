"""Builds: created, run, canceled, rebuilt, retried."""

from __future__ import annotations

import httpx
import pytest

from buildkite_ext.simulation import Simulator, Timing

from .helpers import ORG, WEB, build, connect, create, jobs, refusal


def states(api: httpx.Client, number: int = 1) -> tuple[str, dict[str, str]]:
    return build(api, number)["state"], {name: job["state"] for name, job in jobs(api, number).items()}


def test_a_build_goes_from_scheduled_over_running_to_passed(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("lint", after=10).job("test", after=20).wait().job("deploy", after=5)
    made = create(api, message="Fix it", env={"A": "1"}, meta_data={"os": "linux"})
    assert (made["number"], made["state"], made["source"], made["message"]) == (1, "scheduled", "api", "Fix it")
    assert (made["env"], made["meta_data"], made["blocked"]) == ({"A": "1"}, {"os": "linux"}, False)
    assert states(api) == (
        "scheduled",
        {"lint": "scheduled", "test": "scheduled", "waiter": "waiting", "deploy": "waiting"},
    )
    simulator.clock.sleep(2)
    assert states(api)[0] == "running"
    simulator.clock.sleep(10)
    assert states(api) == ("running", {"lint": "passed", "test": "running", "waiter": "waiting", "deploy": "waiting"})
    simulator.clock.sleep(60)
    done = build(api)
    assert (done["state"], done["finished_at"]) == ("passed", "2026-01-05T09:00:27.000Z")
    assert done["started_at"] == "2026-01-05T09:00:01.000Z"
    assert done["job_state_counts"] == {"total": 4, "states": {"passed": 4}}


def test_a_failure_stops_what_waits_for_it(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=2, after=10).job("slow", after=30).wait().job("deploy")
    create(api)
    simulator.clock.sleep(15)
    assert build(api)["state"] == "failing"
    assert build(api)["failing_at"] == "2026-01-05T09:00:11.000Z"
    simulator.clock.sleep(30)
    state, found = states(api)
    assert (state, found["waiter"], found["deploy"]) == ("failed", "waiting_failed", "waiting_failed")
    assert jobs(api)["test"]["exit_status"] == 2
    assert jobs(api)["deploy"]["started_at"] is None


def test_a_wait_can_continue_after_a_failure(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=1).wait(continue_on_failure=True).job("report").wait().job(
        "deploy"
    )
    create(api)
    simulator.clock.sleep(60)
    state, found = states(api)
    assert (state, found["report"], found["deploy"]) == ("failed", "passed", "waiting_failed")


@pytest.mark.parametrize("soft_fail", [True, [3]])
def test_a_soft_failure_lets_the_build_pass(soft_fail: bool | list[int]) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("flaky", exit_status=3, soft_fail=soft_fail).wait().job("deploy", soft_fail=True)
    with connect(simulator) as api:
        create(api)
        simulator.clock.sleep(60)
        found = jobs(api)
        assert build(api)["state"] == "passed"
        assert (found["flaky"]["state"], found["flaky"]["soft_failed"]) == ("failed", True)
        assert (found["deploy"]["state"], found["deploy"]["soft_failed"]) == ("passed", False)


def test_another_exit_status_is_not_softened(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("flaky", exit_status=4, soft_fail=[3])
    create(api)
    simulator.clock.sleep(60)
    assert build(api)["state"] == "failed"


def test_a_job_that_takes_too_long_is_timed_out(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=600, timeout=60)
    create(api)
    simulator.clock.sleep(61.5)
    assert states(api) == ("running", {"test": "timing_out"})
    simulator.clock.sleep(1)
    assert states(api) == ("failed", {"test": "timed_out"})


def test_a_build_whose_steps_are_all_left_out_is_not_run(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("docs", skip=True).job("release", branches="release/*")
    create(api)
    assert states(api) == ("not_run", {"docs": "broken", "release": "broken"})
    assert jobs(api)["release"]["broken_reason"] == "branch_mismatch"
    create(api, branch="release/1")
    simulator.clock.sleep(60)
    assert states(api, 2) == ("passed", {"docs": "broken", "release": "passed"})


def test_creation_can_take_its_time() -> None:
    simulator = Simulator(timing=Timing(creating=5, pickup=5, assigned=2, accepted=2))
    simulator.pipeline("web").job("test", after=10)
    with connect(simulator) as api:
        assert create(api)["state"] == "creating"
        seen = []
        for _ in range(30):
            simulator.clock.sleep(1)
            seen.append((build(api)["state"], jobs(api)["test"]["state"]))
    assert list(dict.fromkeys(seen)) == [
        ("creating", "pending"),
        ("scheduled", "scheduled"),
        ("scheduled", "assigned"),
        ("scheduled", "accepted"),
        ("running", "running"),
        ("passed", "passed"),
    ]


def test_a_newer_build_can_skip_queued_ones_and_cancel_running_ones() -> None:
    simulator = Simulator(timing=Timing(pickup=10))
    simulator.pipeline("web", skip_queued_branch_builds=True, cancel_running_branch_builds=True).job("test", after=100)
    with connect(simulator) as api:
        create(api)
        create(api, branch="other")
        create(api)
        assert [build(api, number)["state"] for number in (1, 2, 3)] == ["skipped", "scheduled", "scheduled"]
        simulator.clock.sleep(20)
        create(api)
        simulator.clock.sleep(2)
        assert [build(api, number)["state"] for number in (2, 3, 4)] == ["running", "running", "scheduled"]
        simulator.clock.sleep(10)
        assert [build(api, number)["state"] for number in (2, 3, 4)] == ["running", "canceled", "running"]
        assert build(api, 3)["cancel_reason"]


def test_head_is_answered_as_get_is_without_a_body(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test").build()
    for path in (
        f"{WEB}/builds/1",
        f"{WEB}/builds?per_page=1",
        f"{WEB}/builds/1/",
        f"{WEB}/builds/2",
        f"{WEB}/builds/1/retry",
    ):
        head, get = api.head(path), api.get(path)
        assert (head.status_code, head.headers.get("Link"), head.content) == (
            get.status_code,
            get.headers.get("Link"),
            b"",
        )
    assert api.head(f"{WEB}/builds/1/cancel").status_code == 404


def test_cancel_ends_what_runs_and_what_waits(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=100).wait().job("deploy")
    create(api)
    simulator.clock.sleep(10)
    response = api.put(f"{WEB}/builds/1/cancel")
    assert (response.status_code, response.json()["state"]) == (200, "canceling")
    assert states(api)[1] == {"test": "canceling", "waiter": "canceled", "deploy": "canceled"}
    simulator.clock.sleep(1)
    assert states(api) == ("canceled", {"test": "canceled", "waiter": "canceled", "deploy": "canceled"})
    assert jobs(api)["test"]["signal_reason"] == "cancel"
    assert api.put(f"{WEB}/builds/1/cancel").status_code == 422


def test_a_scheduled_build_is_canceled_at_once(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    create(api)
    assert api.put(f"{WEB}/builds/1/cancel").json()["state"] == "canceled"


def test_a_finished_build_cannot_be_canceled(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    create(api)
    simulator.clock.sleep(60)
    finished = (422, "Build can't be canceled because it's already finished.")
    assert refusal(api.put(f"{WEB}/builds/1/cancel")) == finished
    create(api)
    simulator.clock.sleep(3)
    assert api.put(f"{WEB}/builds/2/cancel").status_code == 200
    assert refusal(api.put(f"{WEB}/builds/2/cancel")) == (422, "The build can't be canceled: it is canceling")
    simulator.clock.sleep(5)
    assert refusal(api.put(f"{WEB}/builds/2/cancel")) == finished


def test_rebuild_makes_a_new_build_of_the_same_thing(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    old = create(api, branch="dev", message="One", meta_data={"a": "b"}, pull_request_id=7, env={"X": "y"})
    simulator.clock.sleep(60)
    response = api.put(f"{WEB}/builds/1/rebuild")
    new = response.json()
    assert (response.status_code, new["number"], new["state"], new["source"]) == (200, 2, "scheduled", "api")
    for key in ("branch", "commit", "message", "meta_data", "env", "pull_request"):
        assert new[key] == old[key]
    assert build(api, 2)["rebuilt_from"] == {"id": old["id"], "number": 1, "url": old["url"]}


def test_rebuilds_can_be_switched_off(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web", allow_rebuilds=False).job("test")
    create(api)
    assert api.put(f"{WEB}/builds/1/rebuild").status_code == 422


def test_failed_jobs_are_retried_and_the_build_is_reopened(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=[1, 0]).job("soft", exit_status=1, soft_fail=True).wait().job(
        "deploy"
    )
    create(api)
    simulator.clock.sleep(60)
    assert build(api)["state"] == "failed"
    response = api.put(f"{WEB}/builds/1/retry_failed_jobs", json={"states": "failed"})
    assert (response.status_code, response.json()["retried_jobs_count"], response.json()["state"]) == (
        202,
        1,
        "running",
    )
    simulator.clock.sleep(60)
    assert states(api)[0] == "passed"
    assert jobs(api)["deploy"]["state"] == "passed"
    again = api.put(f"{WEB}/builds/1/retry_failed_jobs")
    assert again.json()["retried_jobs_count"] == 1  # the soft one


def test_retrying_can_happen_after_the_answer() -> None:
    simulator = Simulator(timing=Timing(retrying=3))
    simulator.pipeline("web").job("test", exit_status=[1, 0])
    with connect(simulator) as api:
        create(api)
        simulator.clock.sleep(60)
        assert api.put(f"{WEB}/builds/1/retry_failed_jobs").json()["state"] == "failed"
        simulator.clock.sleep(3)
        assert build(api)["state"] == "running"


def test_unknown_states_to_retry_are_refused(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=1)
    create(api)
    status, message = refusal(api.put(f"{WEB}/builds/1/retry_failed_jobs", json={"states": "failed,odd"}))
    assert status == 400
    assert "odd" in message
    assert "soft_failed" in message
    assert api.put(f"{WEB}/builds/1/retry_failed_jobs", json={"states": ["failed"]}).status_code == 400


def test_automatic_retries_happen_by_themselves(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=[1, 1, 0], automatic_retries=2)
    create(api)
    simulator.clock.sleep(60)
    found = build(api, include_retried_jobs="true")
    assert [(job["state"], job["retried"], job["retry_type"]) for job in found["jobs"]] == [
        ("failed", True, "automatic"),
        ("failed", True, "automatic"),
        ("passed", False, None),
    ]
    assert found["state"] == "passed"
    assert found["job_state_counts"] == {"total": 3, "states": {"failed": 2, "passed": 1}}
    assert len(build(api)["jobs"]) == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["commit", "branch"]),
        ({"commit": "HEAD"}, ["branch"]),
        ({"commit": 5, "branch": "main"}, ["commit"]),
        (
            {"commit": "HEAD", "branch": "main", "env": [], "meta_data": "x", "message": 3},
            ["message", "env", "meta_data"],
        ),
    ],
)
def test_a_build_needs_a_commit_and_a_branch(
    simulator: Simulator, api: httpx.Client, body: object, fields: list[str]
) -> None:
    simulator.pipeline("web")
    response = api.post(f"{WEB}/builds", json=body)
    assert response.status_code == 422
    assert response.json()["message"] == "Validation Failed"
    assert [entry["field"] for entry in response.json()["errors"]] == fields


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b'"x"', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(simulator: Simulator, api: httpx.Client, body: bytes) -> None:
    simulator.pipeline("web")
    assert api.post(f"{WEB}/builds", content=body).status_code == 400


@pytest.mark.parametrize("kind", [None, "text/plain", "application/json; charset=utf-8"])
def test_a_body_is_json_with_any_content_type(simulator: Simulator, api: httpx.Client, kind: str | None) -> None:
    simulator.pipeline("web").job("test")
    headers = {} if kind is None else {"Content-Type": kind}
    response = api.post(f"{WEB}/builds", content=b'{"commit": "HEAD", "branch": "main"}', headers=headers)
    assert response.status_code == 201


def test_a_branch_that_is_switched_off_is_refused(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web", branch_configuration="main release/* !release/old").job("test")
    body = {"commit": "HEAD", "branch": "feature"}
    status, message = refusal(api.post(f"{WEB}/builds", json=body))
    assert (status, "feature" in message) == (422, True)
    assert api.post(f"{WEB}/builds", json={**body, "ignore_pipeline_branch_filters": True}).status_code == 201
    assert api.post(f"{WEB}/builds", json={**body, "branch": "release/2"}).status_code == 201
    assert api.post(f"{WEB}/builds", json={**body, "branch": "release/old"}).status_code == 422


def test_meta_data_is_kept_as_text(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    made = create(api, meta_data={"flag": True, "count": 3, "none": None})
    assert made["meta_data"] == {"flag": "true", "count": "3"}


def test_what_is_not_there_is_named(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web")
    assert refusal(api.get("/v2/organizations/other/builds")) == (404, "No organization found")
    assert refusal(api.get(f"{ORG}/pipelines/other/builds/1")) == (404, "No pipeline found")
    assert refusal(api.get(f"{WEB}/builds/9")) == (404, "No build found")
    assert refusal(api.get(f"{WEB}/builds/x")) == (404, "No build found")
    assert refusal(api.get(f"{WEB}/builds/" + "9" * 5000)) == (404, "No build found")
    assert refusal(api.get(f"{ORG}/jobs/x")) == (404, "No job found")


def test_a_build_is_shown_as_it_is_asked_for(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("one").job("two", exit_status=1)
    create(api)
    simulator.clock.sleep(60)
    assert "jobs" not in build(api, exclude_jobs="true")
    assert "pipeline" not in build(api, exclude_pipeline="true")
    assert build(api, include_test_engine="true")["test_engine"] == {"runs": []}
    only = api.get(f"{WEB}/builds/1", params={"job_states[]": "failed"}).json()
    assert [job["name"] for job in only["jobs"]] == ["two"]
    assert only["job_state_counts"]["total"] == 2
    whole = build(api)["jobs"][0]["agent"]
    assert {"id", "url", "name", "connection_state", "hostname", "creator", "created_at"} <= set(whole)
    listed = api.get(f"{WEB}/builds").json()[0]
    assert set(listed["jobs"][0]["agent"]) == {"id", "url", "name"}
    assert "job_state_counts" not in listed


def test_the_pipeline_in_a_build_counts_what_is_under_way(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("one", after=50).wait().job("two")
    create(api)
    create(api)
    counts = {key: value for key, value in build(api)["pipeline"].items() if key.endswith("_count")}
    assert counts == {
        "scheduled_builds_count": 2,
        "running_builds_count": 0,
        "scheduled_jobs_count": 2,
        "running_jobs_count": 0,
        "waiting_jobs_count": 2,
    }
    simulator.clock.sleep(10)
    assert api.get(f"{WEB}/builds").json()[1]["pipeline"]["running_builds_count"] == 2
    simulator.clock.sleep(600)
    assert api.get(f"{WEB}/builds").json()[1]["pipeline"]["running_builds_count"] == 0


def test_builds_of_a_push_and_of_the_past(simulator: Simulator, api: httpx.Client) -> None:
    web = simulator.pipeline("web").job("test", after=30).history(5, every=600, branch="old")
    pushed = web.build(branch="main", message="Hello", meta_data={"a": "1"})
    assert (pushed.number, pushed.state) == (6, "scheduled")
    found = api.get(f"{WEB}/builds").json()
    assert [(item["number"], item["state"]) for item in found] == [
        (6, "scheduled"), (5, "passed"), (4, "passed"), (3, "passed"), (2, "passed"), (1, "passed"),
    ]  # fmt: skip
    assert found[1]["finished_at"] == "2026-01-05T09:00:00.000Z"
    assert found[2]["created_at"] == "2026-01-05T08:49:29.000Z"
    simulator.clock.sleep(60)
    assert web.builds[-1].state == "passed"


def test_builds_of_the_past_run_where_there_are_agents(simulator: Simulator) -> None:
    assert simulator.pipeline("mac").job("sign", queue="mac").history(2).slug == "mac"
    simulator.pipeline("mac").history(1)
    builds = simulator.pipeline("mac").builds
    assert [build.state for build in builds] == ["passed"] * 3
    assert {build.jobs[0].agent.queue.key for build in builds if build.jobs[0].agent} == {"mac"}
    assert Simulator(agents=0).pipeline("web").job("test").history(1).builds[0].state == "scheduled"


def test_a_trigger_step_goes_with_the_build_it_triggers(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("deploy").job("ship", after=20, exit_status=[1, 0])
    simulator.pipeline("web").trigger("deploy", label="Deploy").trigger("deploy", label="Aside", asynchronous=True)
    create(api)
    simulator.clock.sleep(5)
    found = jobs(api)
    assert (found["Deploy"]["state"], found["Aside"]["state"], found["Aside"]["async"]) == ("running", "passed", True)
    assert found["Deploy"]["triggered_build"]["number"] == 1
    child = build(api, 1, "deploy")
    assert (child["source"], child["triggered_from"]["build_number"]) == ("trigger_job", 1)
    simulator.clock.sleep(60)
    assert build(api)["state"] == "failed"
    retried = api.put(f"{ORG}/jobs/{jobs(api)['Deploy']['id']}/retry").json()
    assert (retried["type"], retried["triggered_build"]) == ("trigger", None)
    simulator.clock.sleep(60)
    assert build(api)["state"] == "failed"  # a new build fails at its first attempt, too


def test_a_pipeline_that_triggers_itself_comes_to_an_end(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").trigger("web")
    create(api)
    simulator.clock.sleep(600)
    assert build(api)["state"] == "failed"
    assert len(api.get(f"{WEB}/builds").json()) == 10


def test_a_trigger_of_nothing_fails(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").trigger("nowhere")
    create(api)
    simulator.clock.sleep(60)
    assert build(api)["state"] == "failed"


def test_a_test_can_assert_what_a_program_sent(simulator: Simulator) -> None:
    web = simulator.pipeline("web").job("test")
    sent = {"commit": "a1b2c3", "branch": "dev", "message": "Deploy", "env": {"DEBUG": "1"}, "meta_data": {"by": "me"}}
    with simulator.client() as client:
        client.builds.create("web", **sent)  # type: ignore[arg-type]
        client.builds.create("web", commit="HEAD", branch="main")
    found, plain = web.builds
    assert {name: getattr(found, name) for name in sent} == sent
    assert (found.number, found.state, found.source) == (1, "scheduled", "api")
    assert (plain.env, plain.meta_data, plain.branch, plain.commit) == ({}, {}, "main", "HEAD")


def test_a_rebuild_and_a_push_show_the_same_attributes(simulator: Simulator) -> None:
    web = simulator.pipeline("web").job("test")
    web.build(env={"A": "1"}, message="Push", branch="dev")
    simulator.clock.sleep(60)
    with simulator.client() as client:
        client.builds.rebuild("web", 1)
    first, second = web.builds
    for name in ("env", "message", "branch", "commit"):
        assert getattr(first, name) == getattr(second, name)
    assert (second.number, first.env) == (2, {"A": "1"})
