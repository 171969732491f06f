"""Properties for random pipelines and requests: builds only have documented transitions, and logs only grow."""

from __future__ import annotations

import json
from itertools import pairwise, product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation import Simulator, Timing

from .helpers import ORG, WEB, connect

# The diagram of the documentation. It is not imported, so that the simulator's own copy is tested.
EDGES = {
    "creating": {"scheduled"},
    "scheduled": {"not_run", "skipped", "running", "blocked", "canceled"},
    "running": {"blocked", "passed", "failing", "failed", "canceling"},
    "failing": {"running", "failed", "canceling"},
    "blocked": {"running", "canceled"},
    "passed": {"running"},
    "failed": {"running"},
    "canceling": {"canceled"},
}
SHOWN = {
    "creating",
    "scheduled",
    "running",
    "failing",
    "passed",
    "failed",
    "canceling",
    "canceled",
    "skipped",
    "not_run",
}
JOB_STATES = {
    "pending", "waiting", "waiting_failed", "blocked", "blocked_failed", "unblocked", "unblocked_failed",
    "limited", "scheduled", "assigned", "accepted", "running", "passed", "failed",
    "timed_out", "timing_out", "canceled", "canceling", "skipped", "broken", "expired",
}  # fmt: skip
RETRYABLE = {"failed", "timed_out", "canceled"}

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("job"),
            st.fixed_dictionaries(
                {
                    "after": st.sampled_from([0.0, 1.0, 5.0, 30.0]),
                    "exit_status": st.sampled_from([0, 1, [1, 0], [0, 1]]),
                    "soft_fail": st.booleans(),
                    "automatic_retries": st.sampled_from([0, 0, 1]),
                    "timeout": st.sampled_from([None, None, 3.0]),
                    "parallelism": st.sampled_from([None, None, 2]),
                    "log": st.sampled_from(["", "a\nb\nc\n", [(0, "x"), (2.5, "y\r"), (9, "z\n")]]),
                    "skip": st.sampled_from([False, False, False, True]),
                    "branches": st.sampled_from([None, None, "main", "dev"]),
                    "artifacts": st.sampled_from([{}, {"a.txt": b"a"}]),
                }
            ),
        ),
        st.tuples(st.just("wait"), st.fixed_dictionaries({"continue_on_failure": st.booleans()})),
        st.tuples(st.just("block"), st.just({})),
        st.tuples(st.just("trigger"), st.fixed_dictionaries({"asynchronous": st.booleans()})),
    ),
    max_size=6,
)
actions = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "sleep",
                "sleep",
                "sleep",
                "create",
                "cancel",
                "rebuild",
                "retry",
                "retry_failed",
                "unblock",
                "stop",
                "pause",
            ]
        ),
        st.integers(0, 5),
    ),
    max_size=25,
)
timings = st.sampled_from(
    [
        Timing(),
        Timing(creating=2, assigned=1, accepted=1, canceling=4, retrying=2),
        Timing(pickup=0, canceling=0),
        Timing(expiry=8),
    ]
)


def add_steps(simulator: Simulator, found: list[tuple[str, dict[str, Any]]]) -> None:
    web = simulator.pipeline("web", skip_queued_branch_builds=len(found) % 2 == 0)
    simulator.pipeline("other").job("work", after=4)
    for number, (kind, options) in enumerate(found):
        if kind == "job":
            web.job(f"job {number}", **options)
        elif kind == "wait":
            web.wait(**options)
        elif kind == "block":
            web.block(f"block {number}")
        else:
            web.trigger("other", **options)


def act(api: httpx.Client, simulator: Simulator, action: str, number: int) -> None:
    builds = api.get(f"{WEB}/builds", params={"per_page": "100"}).json()
    build = builds[number % len(builds)] if builds else None
    jobs = [job for job in build["jobs"] if job["type"] != "waiter"] if build else []
    job = jobs[number % len(jobs)] if jobs else None
    agents = api.get(f"{ORG}/agents").json()
    agent = agents[number % len(agents)] if agents else None
    answer: httpx.Response | None = None
    if action == "sleep":
        simulator.clock.sleep(0.7 + number * 2)
    elif action == "create":
        branch = ("main", "dev")[number % 2]
        answer = api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": branch})
    elif action in ("cancel", "rebuild") and build:
        answer = api.put(f"{WEB}/builds/{build['number']}/{action}")
    elif action == "retry_failed" and build:
        answer = api.put(f"{WEB}/builds/{build['number']}/retry_failed_jobs")
    elif action in ("retry", "unblock") and job:
        answer = api.put(f"{ORG}/jobs/{job['id']}/{action}")
    elif action in ("stop", "pause") and agent:
        answer = api.put(f"{ORG}/agents/{agent['id']}/{action}")
    assert answer is None or answer.status_code < 500, answer.text
    if action == "unblock" and job and answer is not None and job.get("unblockable"):
        assert answer.status_code == 200


@given(found=steps, script=actions, timing=timings, agents=st.sampled_from([None, 1, 0]))
def test_states_follow_the_documented_diagram_and_logs_only_grow(
    found: list[tuple[str, dict[str, Any]]], script: list[tuple[str, int]], timing: Timing, agents: int | None
) -> None:
    simulator = Simulator(timing=timing, agents=agents)
    add_steps(simulator, found)
    logs: dict[str, bytes] = {}
    with connect(simulator) as api:
        for action, number in [("create", 0), *script, ("sleep", 5), ("sleep", 500)]:
            act(api, simulator, action, number)
            for build in api.get("/v2/builds", params={"per_page": "100", "include_retried_jobs": "true"}).json():
                assert build["state"] in SHOWN
                for job in build["jobs"]:
                    assert job["state"] in JOB_STATES
                    if job["type"] == "script":
                        log = api.get(f"{ORG}/jobs/{job['id']}/log.txt").content
                        assert log.startswith(logs.get(job["id"], b""))
                        logs[job["id"]] = log
                consistent(build)
    for pipeline in ("web", "other"):
        for seen in simulator.pipeline(pipeline).builds:
            states = [state for _, state in seen.history]
            assert states[0] == "creating"
            for before, after in pairwise(states):
                assert after in EDGES.get(before, set()), states
            times = [time for time, _ in seen.history]
            assert times == sorted(times)


def consistent(build: dict[str, Any]) -> None:
    """Check that the state of a build agrees with the states of its jobs."""
    current = [job for job in build["jobs"] if not job.get("retried")]
    states = {job["state"] for job in current}
    under_way = states & {"scheduled", "assigned", "accepted", "running", "canceling", "timing_out"}
    if build["blocked"]:
        assert "blocked" in states
        assert not under_way
    elif build["state"] in ("passed", "failed", "canceled", "skipped", "not_run"):
        assert not under_way
        assert build["finished_at"] is not None
    if build["state"] == "passed" and not build["blocked"]:
        assert not any(job["state"] in RETRYABLE and not job.get("soft_failed") for job in current)
    for job in build["jobs"]:
        if job["type"] == "script":
            assert (job["started_at"] is None) or job["state"] not in ("waiting", "scheduled", "skipped", "broken")
            times = [job[key] for key in ("created_at", "scheduled_at", "started_at", "finished_at") if job[key]]
            assert times == sorted(times)


@given(found=steps, script=actions, timing=timings, agents=st.sampled_from([None, 1]), data=st.data())
def test_counts_and_filters_agree_with_the_whole_list(
    found: list[tuple[str, dict[str, Any]]],
    script: list[tuple[str, int]],
    timing: Timing,
    agents: int | None,
    data: st.DataObject,
) -> None:
    simulator = Simulator(timing=timing, agents=agents)
    add_steps(simulator, found)
    with connect(simulator) as api:
        builds: list[dict[str, Any]] = []
        for action, number in [("create", 0), *script]:
            act(api, simulator, action, number)
            builds = api.get(f"{WEB}/builds", params={"per_page": "100"}).json()
            assert counted(api.get(WEB).json()) == counts(builds)
            assert all(counted(build["pipeline"]) == counts(builds) for build in builds)
        branch = data.draw(st.sampled_from([None, "main", "dev", "*", "d*", "none"]))
        since, until = (data.draw(st.none() | st.sampled_from([build["created_at"] for build in builds])) for _ in "12")
        asked = {"branch": branch, "created_from": since, "created_to": until}
        query = {name: value for name, value in asked.items() if value is not None}
        for path, state in product((f"{WEB}/builds", f"{ORG}/builds"), [None, *SHOWN, "blocked", "finished"]):
            named = {} if state is None else {"state": state}
            listed = api.get(path, params={**query, **named, "per_page": "100"}).json()
            assert [build["number"] for build in listed if build["pipeline"]["slug"] == "web"] == [
                build["number"]
                for build in builds
                if (state is None or in_state(build, state))
                and (branch in (None, "*", build["branch"]) or (branch == "d*" and build["branch"] == "dev"))
                and (since is None or build["created_at"] >= since)
                and (until is None or build["created_at"] < until)
            ]


def in_state(build: dict[str, Any], state: str) -> bool:
    if state in ("blocked", "finished") and build["blocked"]:
        return True
    return build["state"] in (("passed", "failed", "canceled") if state == "finished" else (state,))


def counted(pipeline: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in pipeline.items() if name.endswith("_count")}


def counts(builds: list[dict[str, Any]]) -> dict[str, int]:
    """Return the counts of a pipeline from all its builds."""
    states = ["blocked" if build["blocked"] else build["state"] for build in builds]
    over = {"passed", "failed", "canceled", "skipped", "not_run"}
    jobs = [
        job["state"]
        for build, state in zip(builds, states, strict=True)
        for job in build["jobs"]
        if state not in over and job["type"] == "script"
    ]
    return {
        "scheduled_builds_count": sum(state in ("creating", "scheduled") for state in states),
        "running_builds_count": sum(state in ("running", "failing", "canceling") for state in states),
        "scheduled_jobs_count": jobs.count("scheduled"),
        "running_jobs_count": sum(state in ("running", "canceling", "timing_out") for state in jobs),
        "waiting_jobs_count": sum(state in ("waiting", "waiting_failed") for state in jobs),
    }


@given(count=st.integers(0, 45), per_page=st.integers(1, 20), start=st.integers(-1, 50))
def test_following_the_links_shows_every_build_once(count: int, per_page: int, start: int) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").history(count)
    with connect(simulator) as api:
        url, seen = f"{WEB}/builds?per_page={per_page}", list[int]()
        while url:
            response = api.get(url)
            seen += [build["number"] for build in response.json()]
            url = response.links.get("next", {}).get("url", "")
        assert seen == list(range(count, 0, -1))
        middle = api.get(f"{WEB}/builds", params={"per_page": per_page, "page": start})
        assert middle.status_code == 200
        pages = -(-count // per_page)
        assert ("next" in middle.links) == (max(start, 1) < pages)
        back = [build["number"] for build in middle.json()]
        while "prev" in middle.links:
            middle = api.get(middle.links["prev"]["url"])
            back = [build["number"] for build in middle.json()] + back
        assert back == list(range(count, 0, -1))[: max(start, 1) * per_page]


@given(count=st.integers(1, 30), per_page=st.integers(1, 12))
def test_following_cursors_shows_every_job_once_and_back_again(count: int, per_page: int) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", parallelism=count).build()
    with connect(simulator) as api:
        page = api.get(f"{WEB}/builds/1/jobs", params={"per_page": per_page}).json()
        forward = [job["id"] for job in page["items"]]
        while "next" in page["links"]:
            page = api.get(page["links"]["next"]).json()
            forward += [job["id"] for job in page["items"]]
        backward = [job["id"] for job in page["items"]]
        while "prev" in page["links"]:
            page = api.get(page["links"]["prev"]).json()
            backward = [job["id"] for job in page["items"]] + backward
    assert len(set(forward)) == len(forward) == count
    assert backward == forward


@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_end_of_a_log_fits_what_was_read_before(size: int) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", log="".join(f"line {n} é\n" for n in range(50)), after=50).build()
    read = b""
    with connect(simulator) as api:
        path = f"{WEB}/builds/1/jobs/{api.get(f'{WEB}/builds/1').json()['jobs'][0]['id']}/log"
        for _ in range(60):
            simulator.clock.sleep(size)
            total = int(api.head(path).headers["Content-Length"])
            if total > len(read):
                more = {"Accept": "text/plain", "Range": f"bytes=-{total - len(read)}"}
                read += api.get(path, headers=more).content
        assert read == api.get(f"{path}.txt").content


@given(message=st.text(min_size=1), value=st.text())
def test_texts_come_back_as_they_were_sent(message: str, value: str) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with connect(simulator) as api:
        sent = {"commit": "HEAD", "branch": "main", "message": message, "env": {"TEXT": value, message: "key"}}
        answer = api.post(f"{WEB}/builds", json=sent)
        listed = api.get(f"{WEB}/builds").json()[0]
    assert (answer.json()["message"], answer.json()["env"]) == (message, {"TEXT": value, message: "key"})
    assert (listed["message"], listed["env"]) == (message, sent["env"])
    assert json.dumps(message, ensure_ascii=False).encode() in answer.content


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with connect(simulator) as api:
        body = rb'{"commit": "HEAD", "branch": "main", "message": "a\ud800b", "env": {"A": "\udfff"}}'
        answer = api.post(f"{WEB}/builds", content=body)
        listed = api.get(f"{WEB}/builds").json()[0]
    for build in (answer.json(), listed):
        assert (build["message"], build["env"]) == ("a?b", {"A": "?"})
