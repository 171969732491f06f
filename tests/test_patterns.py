"""The pairs of examples/patterns show what docs/migrating.md says they show."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import requests

from buildkite_ext import ArtifactCorrupted, BuildkiteClient, UnsafePath
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

ROOT = Path(__file__).parents[1]
PATTERNS = ROOT / "examples" / "patterns"
SAID = {
    "wait_for_the_end": ["before: passed", "after:  blocked", "the deployment: waiting"],
    "wait_out_a_429": ["before: 60 builds in 70 s, 2 refusal(s)", "after: 60 builds in 6", " s, 1 refusal(s)"],
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
    document = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
    assert names == set(SAID)
    assert all(f"/blob/main/examples/patterns/{name}.py)" in document for name in names)


@pytest.mark.parametrize("name", SAID)
def test_it_runs_by_itself(name: str, tmp_path: Path) -> None:
    path = PATTERNS / f"{name}.py"
    told = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
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
    for said in SAID[name]:
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
        assert (self.refused(simulator), len(simulator.requests)) == (1, 61)

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
