"""Answers whose lists hold something else than objects: an error of this library that names the request and the place."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildkite_ext import errors

from .fakes import Flavor, answer, build, job

SHA = "a" * 40
FAILED = job("a", id="a", state="failed", started_at="2026-01-05T12:00:00Z", finished_at="2026-01-05T12:01:00Z")


class Odd:
    """Server whose lists of a kind hold one odd item."""

    def __init__(self, kind: str, item: object) -> None:
        self._lists: dict[str, Any] = {"jobs": [FAILED], "annotations": [], "artifacts": [], "builds": []}
        self._lists[kind] = [item]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        if last in self._lists:
            return answer(self._lists[last])
        if last == "log":
            return httpx.Response(200, text="error: no\n", headers={"Content-Type": "text/plain"})
        return answer(build(7, state="failed", finished_at="2026-01-05T12:01:00Z", jobs=self._lists["jobs"]))


CALLS: dict[str, tuple[str, Any]] = {
    "wait": ("jobs", lambda client: client.builds.wait("web", 7)),
    "events": ("jobs", lambda client: client.builds.events("web", 7)),
    "watch": ("jobs", lambda client: client.builds.watcher().wait("web", 7)),
    "watch many": ("builds", lambda client: client.builds.watcher().wait_all([f"acme/web/{n}" for n in range(1, 9)])),
    "follow": ("jobs", lambda client: client.builds.follow("web", 7)),
    "search": ("jobs", lambda client: client.builds.log_search("web", 7, pattern="x")),
    "unblock": ("jobs", lambda client: client.builds.unblock("web", 7)),
    "jobs": ("jobs", lambda client: client.jobs.wait("web", 7, job_ids=["a", "b"])),
    "why": ("jobs", lambda client: client.builds.failure_summary("web", 7)),
    "find": ("builds", lambda client: client.builds.find_or_create("web", commit=SHA, branch="main")),
    "once": ("builds", lambda client: client.builds.create("web", commit=SHA, branch="main", once="key")),
    "artifacts": ("artifacts", lambda client: client.artifacts.list("web", 7)),
    "annotations": ("annotations", lambda client: client.annotations.list("web", 7)),
    "builds": ("builds", lambda client: client.builds.list("web")),
}


async def outcome(flavor: Flavor, call: Any, client: Any) -> Any:
    """Call, and await or exhaust what comes back."""
    result = await flavor.call(call, client)
    lists = any(hasattr(result, name) for name in ("__next__", "__anext__", "all"))
    return await flavor.list(result) if lists else result


@pytest.mark.parametrize("name", CALLS)
async def test_an_item_that_is_no_object_is_named(flavor: Flavor, name: str) -> None:
    kind, call = CALLS[name]
    for item, got in ((None, "null"), ("x", "a text"), (3, "a number")):
        place = "Build.jobs[0]" if kind == "jobs" else f"list[{kind.title()[:-1]}][0]"
        said = rf"^GET /v2/organizations/acme/\S*: {re.escape(place)}: expected a JSON object, got {got}$"
        with pytest.raises(errors.InvalidResponse, match=said):
            await outcome(flavor, call, flavor.client(Odd(kind, item)))


async def test_a_download_names_it_and_writes_nothing(flavor: Flavor, tmp_path: Path) -> None:
    client = flavor.client(Odd("artifacts", None))
    with pytest.raises(errors.InvalidResponse, match=r"list\[Artifact\]\[0\]"):
        await flavor.call(client.artifacts.download_all, "web", 7, "*", to=tmp_path)
    assert not any(os.scandir(tmp_path))


async def test_annotations_that_cannot_be_read_are_a_problem_of_a_summary(flavor: Flavor) -> None:
    summary = await flavor.call(flavor.client(Odd("annotations", None)).builds.failure_summary, "web", 7)
    assert any("list[Annotation][0]" in problem for problem in summary.problems), summary.problems


async def test_a_text_in_the_place_of_an_object_costs_its_field_alone(flavor: Flavor) -> None:
    odd = {**FAILED, "agent": "x", "step": "y"}
    shown = build(7, state="failed", pipeline="web", creator="me", test_engine="none", jobs=[odd])
    summary = await flavor.call(
        flavor.client(
            lambda request: answer([] if request.url.path.endswith("annotations") else shown)
        ).builds.failure_summary,
        "web",
        7,
    )
    assert summary.state == "failed"
