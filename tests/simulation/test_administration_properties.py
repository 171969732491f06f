"""Any order of administration, builds and time: answers stay described, and lists agree with each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation import Simulator, Timing

from .helpers import ORG, connect

SLUGS = ("web", "api", "docs")
TEXTS = (
    "- {label: Test, command: make, key: t, parallelism: 2}\n- wait\n- {trigger: api}",
    "- {block: Go}\n- {command: x, concurrency: 1, concurrency_group: g, soft_fail: true}",
    "- {label: up, command: y, retry: {automatic: true}}\n- {trigger: web, async: true}",
)

Act = Callable[[httpx.Client, str, int], httpx.Response]


def _pipeline(slug: str) -> str:
    return f"{ORG}/pipelines/{slug}"


def _new(api: httpx.Client, slug: str, choice: int) -> httpx.Response:
    body = {"name": slug, "repository": "git@github.com:acme/x.git", "configuration": TEXTS[choice % len(TEXTS)]}
    return api.post(f"{ORG}/pipelines", json=body)


def _unblock(api: httpx.Client, slug: str, choice: int) -> httpx.Response:
    answer = api.get(f"{_pipeline(slug)}/builds/{choice + 1}")
    blocked = [job for job in answer.json().get("jobs", []) if job["state"] == "blocked"]
    return api.put(f"{ORG}/jobs/{blocked[0]['id']}/unblock") if blocked else answer


ACTS: dict[str, Act] = {
    "new": _new,
    "delete": lambda api, slug, _: api.delete(_pipeline(slug)),
    "archive": lambda api, slug, _: api.post(f"{_pipeline(slug)}/archive"),
    "unarchive": lambda api, slug, _: api.post(f"{_pipeline(slug)}/unarchive"),
    "rename": lambda api, slug, choice: api.patch(_pipeline(slug), json={"slug": SLUGS[choice % 3]}),
    "text": lambda api, slug, choice: api.patch(_pipeline(slug), json={"configuration": TEXTS[choice % len(TEXTS)]}),
    "skipping": lambda api, slug, _: api.patch(
        _pipeline(slug), json={"skip_queued_branch_builds": True, "cancel_running_branch_builds": True}
    ),
    "schedule": lambda api, slug, choice: api.post(
        f"{_pipeline(slug)}/schedules", json={"cronline": ("@hourly", "*/10 * * * *", "odd")[choice % 3]}
    ),
    "build": lambda api, slug, _: api.post(f"{_pipeline(slug)}/builds", json={"commit": "HEAD", "branch": "main"}),
    "cancel": lambda api, slug, choice: api.put(f"{_pipeline(slug)}/builds/{choice + 1}/cancel"),
    "rebuild": lambda api, slug, choice: api.put(f"{_pipeline(slug)}/builds/{choice + 1}/rebuild"),
    "retry": lambda api, slug, choice: api.put(f"{_pipeline(slug)}/builds/{choice + 1}/retry_failed_jobs"),
    "unblock": _unblock,
}

acts = st.lists(
    st.tuples(st.sampled_from([*ACTS, "wait"]), st.sampled_from(SLUGS), st.integers(0, 3)), min_size=4, max_size=14
)


@given(
    script=acts,
    timing=st.sampled_from([Timing(), Timing(creating=2, retrying=3, canceling=4)]),
    agents=st.sampled_from([None, 1]),
)
def test_lists_agree_after_any_administration(
    script: list[tuple[str, str, int]], timing: Timing, agents: int | None
) -> None:
    simulator = Simulator(timing=timing, agents=agents)
    simulator.pipeline("web").configure(TEXTS[0]).script("*", exit_status=[1, 0])
    with connect(simulator) as api:
        for verb, slug, choice in script:
            if verb == "wait":
                simulator.clock.sleep((1, 7, 60, 4000)[choice])
            else:
                status = ACTS[verb](api, slug, choice).status_code
                assert status < 300 or status in (404, 422)
            _check(api)
        simulator.clock.sleep(600)
        _check(api)


def _check(api: httpx.Client) -> None:
    everywhere: list[dict[str, Any]] = api.get("/v2/builds", params={"per_page": "100"}).json()
    pipelines = {item["slug"]: item for item in api.get(f"{ORG}/pipelines").json()}
    assert {item["pipeline"]["slug"] for item in everywhere} <= set(pipelines)
    found: list[str] = []
    for slug, pipeline in pipelines.items():
        assert pipeline["url"].endswith(f"/pipelines/{slug}")
        builds = api.get(f"{_pipeline(slug)}/builds", params={"per_page": "100"}).json()
        found += [item["id"] for item in builds]
        assert all(item["url"].startswith(f"{pipeline['url']}/builds/") for item in builds)
        for schedule in api.get(f"{_pipeline(slug)}/schedules").json():
            assert schedule["next_build_at"] is not None
        running = sum(item["state"] in ("running", "failing", "canceling") and not item["blocked"] for item in builds)
        assert len(builds) == 100 or pipeline["running_builds_count"] == running
    assert len(everywhere) == 100 or sorted(found) == sorted(item["id"] for item in everywhere)
    assert api.get(f"{ORG}/agents").status_code == 200
