"""The pairs of examples/patterns show what docs/migrating.md says they show, and its programs do what docs/patterns.md says."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import requests

from buildkite_ext import (
    ArtifactCorrupted,
    BuildkiteClient,
    NothingMatched,
    PipelineNotFound,
    ResponseLost,
    UnsafePath,
)
from buildkite_ext.simulation import SimRequest, SimResponse, Simulator, VirtualClock
from buildkite_ext.simulation.server import running

ROOT = Path(__file__).parents[1]
PATTERNS = ROOT / "examples" / "patterns"
SAID = {
    "wait_for_the_end": ["before: passed", "after:  blocked", "the deployment: waiting"],
    "wait_out_a_429": ["before: 60 builds in 70 s, 2 refusal(s)", "after: 60 builds in 6", " s, 0 refusal(s)"],
    "page_by_link": [
        "before: 253 builds given out, 250 different ones",
        "after: 253 builds given out, 253 different ones",
        "before, far down: 400 Client Error",
        "after, far down: 250 builds",
    ],
    "trigger_once": ["before: passed, 2 build(s) created", "after: passed, 1 build(s) created"],
    "tail_a_log": ["before: 8.8 MB fetched", "after: 0.6 MB fetched"],
    "fetch_artifacts": ["after, a damaged one: ArtifactCorrupted", "after, one that leads outside: UnsafePath"],
}
PROGRAMS = {
    "last_green": ["a" * 40 + " by #1"],
    "nightly_report": ["#2 failed", "model: failed, exit status 1", "FAILED test_50", "soak: timed_out", "#1 passed"],
    "promote_wheels": ["web-1.4-py3-none-any.whl in "],
    "run_elsewhere": ["#2 passed {'cpu': {'ms': 12}}"],
    "find_culprit": ["11111111 #1 passed", "6" * 40 + " broke it"],
    "collect_markers": ["--incompatible_x: 1 job(s), first build", "--incompatible_y: 150 job(s), first test"],
    "step_durations": ["step,runs,median_s,longest_s,median_wait_s,flaky", "test,300,100.0,100.0,30.0,150"],
    "release_train": ["/acme/app/builds/1 passed", "/acme/api/builds/1 passed", "/acme/docs/builds/1 passed"],
}


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PATTERNS))


@contextmanager
def served(simulator: Simulator) -> Iterator[tuple[str, BuildkiteClient]]:
    """The address of a simulator for the scripts, and a client of it whose pauses move the simulator's clock."""
    with (
        running(simulator, real_time=False) as url,
        BuildkiteClient("acme", token=simulator.token, base_url=url, clock=simulator.clock) as buildkite,
    ):
        yield url, buildkite


def pattern(name: str) -> ModuleType:
    return import_module(name)


def test_all_patterns_are_tried_and_named() -> None:
    names = {path.stem for path in PATTERNS.glob("*.py")}
    assert names == {*SAID, *PROGRAMS}
    for page, shown in (("migrating.md", SAID), ("patterns.md", PROGRAMS)):
        document = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert all(f"/blob/main/examples/patterns/{name}.py)" in document for name in shown)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_page_counts_the_lines_of_the_program(name: str) -> None:
    tree = ast.parse((PATTERNS / f"{name}.py").read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name not in ("stage", "main")]
    lines = sum((function.end_lineno or 0) - function.lineno + 1 for function in functions)
    page = (ROOT / "docs" / "patterns.md").read_text(encoding="utf-8")
    [row] = [row.split("|") for row in page.splitlines() if f"/{name}.py)" in row]
    assert row[3].strip() == str(lines)


@pytest.mark.parametrize("name", [*SAID, *PROGRAMS])
def test_it_runs_by_itself(name: str, tmp_path: Path) -> None:
    path = PATTERNS / f"{name}.py"
    told = subprocess.run(
        [sys.executable, "-W", "error", str(path), *(["--simulate"] if name in PROGRAMS else [])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={
            "PATH": "/nowhere",
            "TMPDIR": str(tmp_path),
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'generated'}",
        },
        timeout=240,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    for said in (SAID | PROGRAMS)[name]:
        assert said in told.stdout
    assert f"python examples/patterns/{name}.py" in (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")


class TestWaitForTheEnd:
    module = "wait_for_the_end"

    def test_a_build_at_a_block_step(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        build = simulator.pipeline("release").build()
        with served(simulator) as (url, buildkite):
            assert it.before(url, build.number, simulator.clock.sleep) == "passed"
            assert it.after(buildkite, build.number) == "blocked"
        assert [job.state for job in build.jobs] == ["passed", "blocked", "waiting"]

    def test_a_bad_gateway_on_the_way(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.pipeline("release").build()
        with served(simulator) as (url, buildkite):
            simulator.fail_next(status=502)
            with pytest.raises(requests.HTTPError, match="502"):
                it.before(url, 1, simulator.clock.sleep)
            simulator.fail_next(status=502)
            assert it.after(buildkite, 1) == "blocked"


class TestWaitOutA429:
    module = "wait_out_a_429"

    def refused(self, simulator: Simulator) -> int:
        return sum(request.status == 429 for request in simulator.requests)

    def test_the_limit_that_was_hit(self) -> None:
        it = pattern(self.module)
        numbers = range(1, 61)
        simulator = it.stage()
        with served(simulator) as (url, _):
            old = it.before(url, numbers, simulator.clock.sleep)
        assert (len(old), self.refused(simulator), len(simulator.requests)) == (60, 2, 62)
        simulator = it.stage()
        with served(simulator) as (_, buildkite):
            assert it.after(buildkite, numbers) == old
        assert (self.refused(simulator), len(simulator.requests)) == (0, 60)

    def test_another_bad_answer(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with served(simulator) as (url, buildkite):
            simulator.fail_next(status=502)
            with pytest.raises(requests.HTTPError, match="502"):
                it.before(url, range(1, 3), simulator.clock.sleep)
            simulator.fail_next(status=502)
            assert len(it.after(buildkite, range(1, 3))) == 2


class TestPageByLink:
    module = "page_by_link"

    def test_a_list_that_grows_meanwhile(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with served(simulator) as (url, _):
            found = it.while_others_push(simulator, it.before(url))
        assert found == [*range(250, 150, -1), *range(153, 0, -1)]
        simulator = it.stage()
        with served(simulator) as (_, buildkite):
            found = it.while_others_push(simulator, it.after(buildkite))
        assert found == [*range(250, 0, -1)]
        assert len(simulator.requests) == 3

    def test_far_down(self) -> None:
        it = pattern(self.module)
        with served(it.stage(deep_listing_after=200)) as (url, buildkite):
            with pytest.raises(requests.HTTPError, match="400"):
                list(it.before(url))
            assert list(it.after(buildkite)) == [*range(250, 0, -1)]


class TestTriggerOnce:
    module = "trigger_once"

    def test_an_answer_that_is_lost(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with served(simulator) as (url, _):
            assert it.before(url, "1.4", simulator.clock.sleep) == "passed"
        assert [build.meta_data for build in simulator.pipeline("web").builds] == [{"release": "1.4"}] * 2
        simulator = it.stage()
        with served(simulator) as (_, buildkite):
            assert it.after(buildkite, "1.4") == "passed"
        assert len(simulator.pipeline("web").builds) == 1
        assert [request.operation for request in simulator.requests].count("create_build") == 1


class TestTailALog:
    module = "tail_a_log"

    def test_what_is_fetched_and_what_comes(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        build = simulator.pipeline("web").build()
        with served(simulator) as (url, _):
            old = list(it.before(url, build.number, build.jobs[0].id, simulator.clock.sleep))
        whole, sent = "".join(old), simulator.sent
        simulator = it.stage()
        build = simulator.pipeline("web").build()
        with served(simulator) as (_, buildkite):
            lines = list(it.after(buildkite, build.number, build.jobs[0].id))
        assert lines == [f"PASSED tests/test_{number:04}.py" for number in range(5000)]
        assert whole.count("PASSED") == 5000
        assert "\x1b_bk;t=" in whole
        assert simulator.sent < sent / 10


class TestFetchArtifacts:
    module = "fetch_artifacts"

    def test_a_report(self, tmp_path: Path) -> None:
        it = pattern(self.module)
        with served(it.stage("reports/junit.xml")) as (url, buildkite):
            [old] = it.before(url, 1, tmp_path / "before")
            [new] = it.after(buildkite, 1, tmp_path / "after")
        assert old.read_bytes() == new.read_bytes() == b"<testsuite/>"
        assert new == tmp_path / "after" / "reports" / "junit.xml"

    def test_a_damaged_one(self, tmp_path: Path) -> None:
        it = pattern(self.module)
        with served(it.stage("junit.xml", kind=it.Damaged)) as (url, buildkite):
            [old] = it.before(url, 1, tmp_path / "before")
            assert old.read_bytes() == b"<testsuite/?"
            with pytest.raises(ArtifactCorrupted):
                it.after(buildkite, 1, tmp_path / "after")
        assert [path for path in (tmp_path / "after").rglob("*") if path.is_file()] == []

    def test_one_that_leads_outside(self, tmp_path: Path) -> None:
        it = pattern(self.module)
        simulator = it.stage("../junit.xml")
        with served(simulator) as (url, buildkite):
            it.before(url, 1, tmp_path / "before")
            assert (tmp_path / "junit.xml").exists()
            simulator.artifact_requests.clear()
            with pytest.raises(UnsafePath):
                it.after(buildkite, 1, tmp_path / "after")
        assert simulator.artifact_requests == []


def ask(simulator: Simulator, path: str, **query: str) -> Any:
    """Return the answer to one request of a script that is written by hand: JSON, or the text of a log."""
    headers = {"Authorization": f"Bearer {simulator.token}"}
    with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url, headers=headers) as client:
        answer = client.get(f"/v2/organizations/acme/pipelines/{path}", params=query).raise_for_status()
    return answer.text if path.endswith("/log.txt") else answer.json()


class TestLastGreen:
    module = "last_green"

    def find(self, simulator: Simulator, *required: str) -> str | None:
        with simulator.client() as buildkite:
            build = pattern(self.module).last_green(buildkite, "web", "main", required)
        return build.commit if build else None

    def test_a_build_at_a_block_step_is_not_green(self) -> None:
        simulator = pattern(self.module).stage()
        assert ask(simulator, "web/builds", state="passed")[0]["commit"] == "b" * 40
        assert self.find(simulator) == "a" * 40

    def test_a_later_build_at_a_block_step_decides_nothing(self) -> None:
        simulator = pattern(self.module).stage()
        simulator.pipeline("web").build(commit="a" * 40)
        simulator.clock.sleep(60)
        assert ask(simulator, "web/builds")[0]["blocked"] is True
        assert self.find(simulator) == "a" * 40

    def test_a_commit_whose_newest_build_failed_is_not_green(self) -> None:
        simulator = Simulator()
        web = simulator.pipeline("web").job("test")
        for commit in "ab":
            web.build(commit=commit * 40)
        simulator.clock.sleep(60)
        web.job("stress", exit_status=1).build(commit="b" * 40)
        simulator.clock.sleep(60)
        assert ask(simulator, "web/builds", state="passed")[0]["commit"] == "b" * 40
        assert self.find(simulator) == "a" * 40

    def test_a_soft_failure_of_a_required_step(self) -> None:
        simulator = Simulator()
        web = simulator.pipeline("web").job("gpu", key="gpu")
        web.build(commit="a" * 40)
        simulator.clock.sleep(60)
        web.job("more of it", key="soft", soft_fail=True, exit_status=1).build(commit="b" * 40)
        simulator.clock.sleep(60)
        assert self.find(simulator) == self.find(simulator, "gpu") == "b" * 40
        assert self.find(simulator, "soft") is None

    def test_far_below_the_first_page(self) -> None:
        simulator = Simulator()
        web = simulator.pipeline("web").job("test")
        web.build(commit="a" * 40)
        simulator.clock.sleep(60)
        web.job("broken", exit_status=1)
        for _ in range(150):
            web.build()
        simulator.clock.sleep(600)
        first = ask(simulator, "web/builds", per_page="100", branch="main")
        assert [build for build in first if build["state"] == "passed"] == []
        assert self.find(simulator) == "a" * 40

    def test_no_green_commit(self) -> None:
        simulator = Simulator()
        simulator.pipeline("web").job("test", exit_status=1).history(3)
        assert self.find(simulator) is None


class TestNightlyReport:
    module = "nightly_report"

    def test_the_nights_below_forty_pushes(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with simulator.client() as buildkite:
            told = list(it.report(buildkite, "web", "main", nights=2, tail=2))
        assert [line for line in told if line.startswith("#")] == ["#2 failed", "#1 passed"]
        assert told[1:4] == ["  model: failed, exit status 1", "    PASSED test_49", "    FAILED test_50"]
        assert not any("lint" in line or "network" in line for line in told)
        newest = ask(simulator, "web/builds", branch="main")
        assert {build["source"] for build in newest} == {"webhook"}
        jobs = ask(simulator, "web/builds/2", include_retried_jobs="true")["jobs"]
        assert [job["name"] for job in jobs if job["state"] == "failed"] == ["lint", "network", "model"]

    def test_a_job_without_a_log(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.fail_next(status=404, operation="get_build_job_log_text")
        with simulator.client() as buildkite:
            told = list(it.report(buildkite, "web", "main", nights=1, tail=1))
        assert told == ["#2 failed", "  model: failed, exit status 1", "  soak: timed_out, exit status -1"]


class TestPromoteWheels:
    module = "promote_wheels"

    def test_the_wheels_of_the_last_attempt(self, tmp_path: Path) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with simulator.client() as buildkite:
            [wheel] = it.promote(buildkite, "web", "main", "c" * 40, tmp_path)
        assert wheel.read_bytes() == b"a wheel"
        paths = [artifact["path"] for artifact in ask(simulator, "web/builds/1/artifacts")]
        assert len(paths) == 2 * len(set(paths))

    def test_the_build_of_a_fork_is_not_taken(self, tmp_path: Path) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.pipeline("web").job("attack", artifacts={"dist/evil-1.0.whl": b""}).build(
            commit="c" * 40, branch="eve:main"
        )
        simulator.clock.sleep(3600)
        assert ask(simulator, "web/builds", commit="c" * 40)[0]["branch"] == "eve:main"
        with simulator.client() as buildkite:
            assert [wheel.name for wheel in it.promote(buildkite, "web", "main", "c" * 40, tmp_path)] == [
                "web-1.4-py3-none-any.whl"
            ]

    def test_a_build_that_waits_for_approval(self, tmp_path: Path) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.pipeline("web").block("Publish?").build(commit="d" * 40)
        simulator.clock.sleep(3600)
        assert ask(simulator, "web/builds/2")["state"] == "passed"
        with simulator.client() as buildkite, pytest.raises(it.NotPublishable, match="#2 is blocked"):
            it.promote(buildkite, "web", "main", "d" * 40, tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_what_is_no_release(self, tmp_path: Path) -> None:
        it = pattern(self.module)
        with it.stage(digest=hashlib.sha256(b"another").hexdigest()).client() as buildkite:
            with pytest.raises(it.NotPublishable, match="another digest of web-"):
                it.promote(buildkite, "web", "main", "c" * 40, tmp_path / "digest")
            with pytest.raises(it.NotPublishable, match="no build of"):
                it.promote(buildkite, "web", "main", "e" * 40, tmp_path / "none")
        empty = Simulator()
        empty.pipeline("web").job("wheel", artifacts={"build/web.tar": b""}).build(commit="c" * 40)
        with empty.client() as buildkite, pytest.raises(NothingMatched):
            it.promote(buildkite, "web", "main", "c" * 40, tmp_path / "empty")


class TestRunElsewhere:
    module = "run_elsewhere"

    def run(self, simulator: Simulator, caller: str = "web-1") -> tuple[int, str, dict[str, object]]:
        it = pattern(self.module)
        with simulator.client() as buildkite:
            build = it.start(buildkite, "benchmarks", "d" * 40, caller)
            result = buildkite.builds.wait(build)
            return build.number, result.outcome, it.results(buildkite, result.build)

    def test_the_build_of_another_is_not_taken(self) -> None:
        simulator = pattern(self.module).stage()
        assert [build["number"] for build in ask(simulator, "benchmarks/builds", commit="d" * 40)] == [1]
        assert self.run(simulator) == (2, "passed", {"cpu": {"ms": 12}})
        assert self.run(simulator) == (2, "passed", {"cpu": {"ms": 12}})
        assert self.run(simulator, "web-2")[0] == 3

    def test_one_that_was_canceled_is_made_again(self) -> None:
        simulator = pattern(self.module).stage()
        with simulator.client() as buildkite:
            build = buildkite.builds.create("benchmarks", commit="d" * 40, meta_data={"caller": "web-1"})
            buildkite.builds.cancel(build)
            assert buildkite.builds.wait(build).outcome == "canceled"
        assert self.run(simulator)[:2] == (3, "passed")

    def test_a_lost_answer(self) -> None:
        simulator = pattern(self.module).stage()
        simulator.drop_next(operation="create_build", after_acting=True)
        assert self.run(simulator)[:2] == (2, "passed")
        assert len(simulator.pipeline("benchmarks").builds) == 2

    def test_the_results_of_an_attempt_that_was_retried_are_not_read(self) -> None:
        simulator = pattern(self.module).stage()
        number, _, found = self.run(simulator)
        listed = ask(simulator, f"benchmarks/builds/{number}/artifacts")
        assert [artifact["path"] for artifact in listed] == ["results.json"] * 2
        assert found == {"cpu": {"ms": 12}}
        assert len(simulator.artifact_requests) == 1


class Interrupted(Simulator):
    """Simulator in which a user cancels the first build while its job runs."""

    asked = 0

    def handle(self, request: SimRequest) -> SimResponse:
        if request.method == "GET" and request.path.endswith("/builds/1"):
            self.asked += 1
            if self.asked == 2:
                super().handle(SimRequest.of("PUT", f"{request.path}/cancel", headers=dict(request.headers)))
        return super().handle(request)


class TestFindCulprit:
    module = "find_culprit"
    commits = tuple(f"{number:040x}" for number in range(20))

    @pytest.mark.parametrize("first_bad", [1, 2, 10, 19])
    def test_each_place(self, first_bad: int) -> None:
        it = pattern(self.module)
        simulator = it.stage(self.commits, first_bad)
        with simulator.client() as buildkite:
            assert it.culprit(buildkite, "web", "main", self.commits) == self.commits[first_bad]
        assert len(simulator.pipeline("web").builds) <= 7

    def test_a_flaky_job_breaks_the_first_attempt_of_every_commit(self) -> None:
        it = pattern(self.module)
        simulator = it.stage(self.commits, 10)
        with simulator.client() as buildkite:
            build = buildkite.builds.create("web", commit=self.commits[0])
            assert buildkite.builds.wait(build).outcome == "failed"
            assert it.is_good(buildkite, "web", "main", self.commits[0])
            assert not it.is_good(buildkite, "web", "main", self.commits[10])

    def test_a_build_that_says_nothing(self) -> None:
        it = pattern(self.module)
        simulator = it.stage(self.commits, 10)
        simulator.pipeline("web").block("Deploy?")
        with simulator.client() as buildkite, pytest.raises(it.Undecided, match="blocked"):
            it.culprit(buildkite, "web", "main", self.commits)

    def test_a_build_that_was_canceled(self) -> None:
        it = pattern(self.module)
        simulator = Interrupted()
        simulator.pipeline("web").job("test", after=300)
        with simulator.client() as buildkite, pytest.raises(it.Undecided, match="is canceled"):
            it.culprit(buildkite, "web", "main", self.commits)
        assert ask(simulator, "web/builds/1")["state"] == "canceled"

    @pytest.mark.parametrize(("first_bad", "said"), [(0, "bad already"), (20, "is good")])
    def test_both_ends_are_tried(self, first_bad: int, said: str) -> None:
        it = pattern(self.module)
        with it.stage(self.commits, first_bad).client() as buildkite, pytest.raises(it.Undecided, match=said):
            it.culprit(buildkite, "web", "main", self.commits)


class TestCollectMarkers:
    module = "collect_markers"
    marker = re.compile(r"FLAG (\S+)")

    def test_each_job_once(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with simulator.client() as buildkite:
            found = it.collect(buildkite, "https://buildkite.com/acme/web/builds/1", self.marker)
            asked = [request.operation for request in simulator.requests].count("get_build_job_log_text")
            assert asked == 152  # build, 150 tests and late: windows never started, docs is a trigger step
            assert found == it.collect(buildkite, buildkite.builds.get("web", 1), self.marker)
        assert found == {"--incompatible_x": ["build"], "--incompatible_y": ["test"] * 150}

    def test_what_is_in_the_answers(self) -> None:
        """A single page holds some of the jobs, both attempts are in it, and a log's lines begin with a mark of time."""
        simulator = pattern(self.module).stage()
        jobs = ask(simulator, "web/builds/1/jobs", per_page="100")["items"]
        assert len(jobs) == 100
        ids = [
            job["id"]
            for job in ask(simulator, "web/builds/1", include_retried_jobs="true")["jobs"]
            if job.get("name") == "build"
        ]
        assert len(ids) == 2
        log = ask(simulator, f"web/builds/1/jobs/{ids[0]}/log.txt")
        assert "FLAG" in log
        assert not any(self.marker.match(line) for line in log.splitlines())


class TestStepDurations:
    module = "step_durations"
    since = "2026-01-01T00:00:00Z"

    def test_what_is_measured(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with simulator.client() as buildkite:
            steps = it.measure(it.builds_since(buildkite, "web", "main", self.since))
        assert {name: (len(step.took), step.flaky) for name, step in steps.items()} == {
            "lint": (150, 0),
            "test": (300, 150),
        }
        assert set(steps["test"].took) == {100.0}
        assert set(steps["test"].waited) == {30.0}

    def test_what_a_page_without_options_tells(self) -> None:
        simulator = pattern(self.module).stage()
        page = ask(simulator, "web/builds")
        assert len(page) == 30
        assert not any(job["retried"] for build in page for job in build["jobs"])
        job = next(job for job in page[0]["jobs"] if job["step_key"] == "lint")
        took = datetime.fromisoformat(job["finished_at"]) - datetime.fromisoformat(job["created_at"])
        assert took.total_seconds() >= 40

    def test_a_job_that_fails_to_the_end_is_broken_not_flaky(self) -> None:
        it = pattern(self.module)
        simulator = Simulator()
        simulator.pipeline("web").job("test", exit_status=1, automatic_retries=2).job("never", skip=True).history(4)
        with simulator.client() as buildkite:
            steps = it.measure(it.builds_since(buildkite, "web", "main", self.since))
        assert {name: (len(step.took), step.flaky) for name, step in steps.items()} == {"test": (12, 0)}

    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_what_it_writes(
        self, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["step_durations.py", "--simulate", *(["--json"] if form == "json" else [])])
        pattern(self.module).main()
        out = capsys.readouterr().out
        if form == "csv":
            assert [row["step"] for row in csv.DictReader(io.StringIO(out))] == ["lint", "test"]
        else:
            builds = json.loads(out)
            assert [build["number"] for build in builds] == [*range(150, 0, -1)]
            page = ask(pattern(self.module).stage(), "web/builds", include_retried_jobs="true", per_page="100")
            assert builds[0].keys() == page[0].keys()


class Failing(Simulator):
    """Simulator in which the failure of a job is no soft failure, so that a build that waits at a block step will have failed."""

    def handle(self, request: SimRequest) -> SimResponse:
        response = super().handle(request)
        return replace(response, body=re.sub(rb'"soft_failed": ?true', b'"soft_failed":false', response.body))


class TestReleaseTrain:
    module = "release_train"
    pipelines = ("app", "api", "docs")

    def states(self, simulator: Simulator) -> dict[str, str]:
        return {
            slug: simulator.pipeline(slug).builds[-1].state
            for slug in self.pipelines
            if simulator.pipeline(slug).builds
        }

    def test_all_ship_with_the_version(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with simulator.client() as buildkite:
            assert [result.outcome for result in it.release(buildkite, self.pipelines, "1.4.2")] == ["passed"] * 3
        for slug in self.pipelines:
            [build] = simulator.pipeline(slug).builds
            assert (build.meta_data["version"], build.meta_data["release"]) == ("1.4.2", "1.4.2")

    def test_one_fails_and_nothing_ships(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.pipeline("tools").job("package", exit_status=1).block("Ship it?", ["version"])
        with simulator.client() as buildkite, pytest.raises(it.NotReady, match=r"tools/builds/1 is failed"):
            it.release(buildkite, [*self.pipelines, "tools"], "1.4.2")
        simulator.clock.sleep(60)
        assert set(self.states(simulator).values()) == {"canceled"}

    def test_one_that_failed_before_its_block_step_says_blocked(self) -> None:
        it = pattern(self.module)
        simulator = Failing()
        simulator.pipeline("app").job("package").block("Ship it?")
        simulator.pipeline("api").job("package", exit_status=1, soft_fail=True).block(
            "Ship it?", blocked_state="failed"
        )
        with simulator.client() as buildkite:
            build = buildkite.builds.create("api")
            gate = buildkite.builds.wait(build)
            assert (gate.outcome, [job.name for job in gate.failed_jobs]) == ("blocked", ["package"])
            with pytest.raises(it.NotReady, match=r"api/builds/2 is blocked"):
                it.release(buildkite, ["app", "api"], "1.4.2")
        simulator.clock.sleep(60)
        assert simulator.pipeline("app").builds[-1].state == "canceled"
        assert simulator.pipeline("api").builds[0].state != "canceled"

    def test_one_that_passes_without_a_block_step(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.pipeline("site").job("deploy")
        with simulator.client() as buildkite, pytest.raises(it.NotReady, match=r"site/builds/1 is passed"):
            it.release(buildkite, ["site", *self.pipelines], "1.4.2")
        simulator.clock.sleep(60)
        assert set(self.states(simulator).values()) == {"canceled"}

    def test_one_that_cannot_be_created(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        with simulator.client() as buildkite, pytest.raises(PipelineNotFound):
            it.release(buildkite, ["app", "nowhere", "api"], "1.4.2")
        simulator.clock.sleep(60)
        assert self.states(simulator) == {"app": "canceled"}

    def test_one_whose_answer_is_lost(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.drop_next(operation="create_build", after_acting=True)
        with simulator.client() as buildkite, pytest.raises(ResponseLost):
            it.release(buildkite, self.pipelines, "1.4.2")
        simulator.clock.sleep(60)
        assert self.states(simulator) == {"app": "canceled"}

    def test_one_that_cannot_be_canceled_stops_no_other(self) -> None:
        it = pattern(self.module)
        simulator = it.stage()
        simulator.pipeline("tools").job("package", exit_status=1)
        simulator.fail_next(status=403, operation="cancel_build")
        with simulator.client() as buildkite, pytest.raises(it.NotReady):
            it.release(buildkite, ["tools", *self.pipelines], "1.4.2")
        simulator.clock.sleep(60)
        assert sorted(self.states(simulator).values()) == ["blocked", "canceled", "canceled"]

    def test_it_begins_at_its_time(self) -> None:
        it = pattern(self.module)
        clock = VirtualClock()
        at = datetime(2026, 1, 5, 18, tzinfo=UTC)
        it.wait_until(clock, at)
        assert clock.time() == at.timestamp()
        it.wait_until(clock, at)
        assert clock.time() == at.timestamp()
        with pytest.raises(ValueError, match="2026-01-05T18:00:00Z"):
            it.wait_until(clock, datetime(2026, 1, 5, 18))
