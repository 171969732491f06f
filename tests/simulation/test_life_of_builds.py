"""The life of builds of random pipelines: graphs of steps, retries, uploads, cancelations, unblocked steps.

Every build ends or waits for a user, its states follow the documented diagram, and the same acts give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from buildkite_ext.simulation import BuildChanged, JobChanged, Simulator
from buildkite_ext.simulation.definition.compiler import compile_pipeline
from buildkite_ext.simulation.definition.parser import parse_pipeline
from buildkite_ext.simulation.definition.steps import BlockStep, InputStep, Step, WaitStep
from buildkite_ext.simulation.state.graph import Graph, Node, Result

pytestmark = pytest.mark.filterwarnings("ignore::buildkite_ext.UnknownNameWarning")

KEYS = tuple("abcdef")
ORG = "/v2/organizations/acme"

# https://buildkite.com/docs/pipelines/configure/defining-steps. Not imported, so that the simulator's own copy is tested.
BUILDS = {
    None: {"creating"},
    "creating": {"scheduled"},
    "scheduled": {"not_run", "skipped", "running", "blocked", "canceled"},
    "running": {"blocked", "passed", "failing", "failed", "canceling"},
    "failing": {"running", "failed", "canceling"},
    "blocked": {"running", "canceled"},
    "passed": {"running"},
    "failed": {"running"},
    "canceling": {"canceled"},
}
_LEFT = {"canceled", "skipped"}
_UNMET = {"waiting_failed", "blocked_failed"}
JOBS = {
    None: {"pending"},
    "pending": {"waiting", "limited", "scheduled", "blocked", "passed", "broken"} | _LEFT | _UNMET,
    "waiting": {"limited", "scheduled", "blocked", "passed"} | _LEFT | _UNMET,
    "limited": {"scheduled"} | _LEFT,
    "scheduled": {"assigned", "running", "expired"} | _LEFT,
    "assigned": {"accepted"} | _LEFT,
    "accepted": {"running"} | _LEFT,
    "running": {"passed", "failed", "canceling", "timing_out", "skipped"},
    "canceling": {"canceled"},
    "timing_out": {"timed_out", "passed"},
    "blocked": {"unblocked"} | _LEFT | _UNMET,
    "unblocked": {"unblocked_failed"},
    "unblocked_failed": {"unblocked"},
    "waiting_failed": {"waiting"} | _LEFT,
    "blocked_failed": {"waiting"} | _LEFT,
}

waits = st.one_of(
    st.sampled_from(["wait", {"wait": None, "continue_on_failure": True}]),
    st.fixed_dictionaries({"block": st.just("Go")}, optional={"depends_on": st.just(["a"])}),
    st.just({"input": "Name"}),
    st.fixed_dictionaries(
        {"trigger": st.sampled_from(["child", "child", "none"])},
        optional={"async": st.just(True), "soft_fail": st.just(True), "depends_on": st.just(["a"])},
    ),
)
CHILD = "[{command: c, concurrency: 1, concurrency_group: shared}]"


@st.composite
def dependencies(draw: st.DrawFn) -> Any:
    named = draw(st.lists(st.sampled_from([*KEYS, "g", "missing"]), max_size=2, unique=True))
    return [{"step": key, "allow_failure": draw(st.booleans())} for key in named]


def commands(key: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"command": st.just(f"make {key}"), "key": st.just(key)},
        optional={
            "depends_on": dependencies(),
            "soft_fail": st.just(True),
            "skip": st.just(True),
            "allow_dependency_failure": st.just(True),
            "parallelism": st.just(2),
            "retry": st.just({"automatic": {"exit_status": 1, "limit": 1}}),
            "timeout_in_minutes": st.just(1),
            "cancel_on_build_failing": st.just(True),
            "branches": st.sampled_from(["main", "other"]),
        },
    )


@st.composite
def pipelines(draw: st.DrawFn, keys: tuple[str, ...] = KEYS) -> list[Any]:
    """Draw steps: commands with dependencies forward and back, waits, blocks, inputs, and a group of some of them."""
    found: list[Any] = [draw(commands(key)) for key in draw(st.permutations(keys))[: draw(st.integers(1, len(keys)))]]
    if draw(st.booleans()):
        for step in found:
            if draw(st.integers(0, 3)) == 0:
                shared = draw(st.sampled_from(["shared", "shared", "other"]))
                step |= {"concurrency": draw(st.sampled_from([1, 1, 2])), "concurrency_group": shared}
                step["concurrency_method"] = draw(st.sampled_from(["ordered", "ordered", "eager"]))
    for _ in range(draw(st.integers(0, 3))):
        found.insert(draw(st.integers(0, len(found))), draw(waits))
    if draw(st.booleans()):
        low = draw(st.integers(0, len(found)))
        high = draw(st.integers(low, len(found)))
        group: dict[str, Any] = {"group": "G", "key": "g", "steps": found[low:high]}
        if draw(st.booleans()):
            group["depends_on"] = draw(st.lists(st.sampled_from(KEYS), max_size=1))
        found[low:high] = [group]
    return found


scripts = st.fixed_dictionaries(
    {},
    optional={
        key: st.fixed_dictionaries(
            {"after": st.sampled_from([0, 10, 100]), "exit_status": st.sampled_from([0, 0, 1, [1, 0], -1])},
            optional={"interrupted": st.sampled_from([(0, 0), (0.5, 0), (0.5, 1), (5, 0)])},
        )
        for key in KEYS
    },
)


class World:
    """Simulator with one pipeline, and what happened in it."""

    def __init__(self, steps: list[Any], behaviour: dict[str, Any], uploads: dict[str, Any]) -> None:
        self.simulator = Simulator(seed=3)
        self.changes: list[tuple[str, str | None, str]] = []
        self.illegal: list[str] = []
        """Moves that aren't in the diagrams. A listener can't raise: the simulator logs what it raises."""

        self.simulator.on_change(self._note)
        self.web = self.simulator.pipeline("web", cancel_running_branch_builds=bool(len(steps) % 2))
        self.web.configure(json.dumps(steps)).script("*", after=10)
        for key, script in behaviour.items():
            self.web.script(key, **script)
        self.child = self.simulator.pipeline("child", skip_queued_branch_builds=bool(len(behaviour) % 2))
        self.child.configure(CHILD).script("*", after=10, exit_status=behaviour.get("a", {}).get("exit_status", 0))
        for key, (upload, replaces) in uploads.items():
            self.web.on_upload(key, json.dumps(upload), after=5, replaces=replaces)
        self.http = httpx.Client(
            transport=self.simulator.transport(),
            base_url=self.simulator.base_url,
            headers={"Authorization": f"Bearer {self.simulator.token}"},
        )

    def _note(self, change: object) -> None:
        if isinstance(change, BuildChanged) and change.before != change.after:
            self.changes.append((change.build.id, change.before, change.after))
            if change.after not in BUILDS.get(change.before, set()):
                self.illegal.append(f"build: {change.before} -> {change.after}")
        if isinstance(change, JobChanged) and change.before != change.after:
            self.changes.append((change.job.id, change.before, change.after))
            if change.after not in JOBS.get(change.before, set()):
                self.illegal.append(f"{change.job.type}: {change.before} -> {change.after}")

    def send(self, method: str, path: str, body: object = None) -> int:
        return self.http.request(method, f"{ORG}/pipelines/web/builds{path}", json=body).status_code

    def unblock_all(self) -> bool:
        done = False
        for build in self.web.builds:
            for job in build.current_jobs:
                if job.state == "blocked":
                    done = self.send("PUT", f"/{build.number}/jobs/{job.id}/unblock", {}) == 200 or done
        return done

    def settled(self) -> None:
        """Check that no build goes on by itself, or can't end, and that all moves were legal."""
        assert self.illegal == []
        for build in (*self.web.builds, *self.child.builds):
            states = {job.state for job in build.current_jobs}
            assert not states & {"pending", "limited", "scheduled", "assigned", "accepted", "running"}, states
            assert build.done or build.blocked, build.state
            if build.done:
                assert "waiting" not in states or "blocked" in states
            assert build.active_jobs == build.limited_jobs == 0
            assert len({job.id for job in build.jobs}) == len(build.jobs)
            assert len({job.step_id for job in build.jobs}) == len(build.runs)
            assert {job.run for job in build.jobs} == set(build.runs.values())
            assert [job.position for job in build.current_jobs] == list(range(len(build.current_jobs)))
            assert build.failures == sum(job.fails_build for job in build.current_jobs)
            assert build.blocked_jobs == sum(job.state == "blocked" for job in build.current_jobs)

    def shown(self) -> bytes:
        """Return what a client sees of all builds, byte for byte."""
        found = [self.http.get(f"{ORG}/builds", params={"include_retried_jobs": "true"})]
        return b"".join(each.content for each in found) + json.dumps(self.changes).encode()


Act = Callable[[World], object]


class BuildsOfAPipeline(RuleBasedStateMachine):
    """Users and time, in any order."""

    world: World
    made: Callable[[], World]

    def __init__(self) -> None:
        super().__init__()
        self.acts: list[Act] = []

    @initialize(
        steps=pipelines(),
        behaviour=scripts,
        uploads=st.fixed_dictionaries(
            {},
            optional={
                "a": st.tuples(pipelines(keys=("x", "y", "b")), st.booleans()),
                "x": st.tuples(pipelines(keys=("z", "c", "d")), st.booleans()),
            },
        ),
    )
    def begin(self, steps: list[Any], behaviour: dict[str, Any], uploads: dict[str, Any]) -> None:
        self.made = lambda: World(steps, behaviour, uploads)
        self.world = self.made()
        self.act(lambda world: world.web.build(branch="main"))

    def act(self, act: Act) -> None:
        self.acts.append(act)
        act(self.world)

    def builds(self) -> int:
        return len(self.world.web.builds)

    @rule(seconds=st.sampled_from([0.5, 3, 7, 30, 1000]))
    def wait(self, seconds: float) -> None:
        self.act(lambda world: world.simulator.clock.advance(seconds))  # type: ignore[attr-defined]
        self.act(lambda world: world.web.builds)

    @precondition(lambda self: self.builds() < 4)
    @rule(branch=st.sampled_from(["main", "next"]))
    def create(self, branch: str) -> None:
        self.act(lambda world: world.send("POST", "", {"commit": "HEAD", "branch": branch}))

    @rule()
    def unblock(self) -> None:
        self.act(World.unblock_all)

    @rule(number=st.integers(1, 4))
    def cancel(self, number: int) -> None:
        self.act(lambda world: world.send("PUT", f"/{number}/cancel"))
        self.wait(3)

    @rule(number=st.integers(1, 4))
    def retry_failed(self, number: int) -> None:
        self.act(lambda world: world.send("POST", f"/{number}/jobs/retry-failed"))

    @rule(number=st.integers(1, 4), index=st.integers(0, 7))
    def retry(self, number: int, index: int) -> None:
        def act(world: World) -> None:
            builds = world.web.builds
            if number <= len(builds) and index < len(builds[number - 1].current_jobs):
                job = builds[number - 1].current_jobs[index]
                world.send("PUT", f"/{number}/jobs/{job.id}/retry")

        self.act(act)

    def teardown(self) -> None:
        if not self.acts:
            return
        self.wait(10_000)
        self.world.settled()
        for _ in range(30):
            if not self.world.unblock_all():
                break
            self.acts.append(World.unblock_all)
            self.wait(10_000)
        self.world.settled()
        assert all(build.done for build in self.world.web.builds)
        again = self.made()
        for act in self.acts:
            act(again)
        assert again.shown() == self.world.shown()


TestBuildsOfAPipeline = BuildsOfAPipeline.TestCase
TestBuildsOfAPipeline.settings = settings(max_examples=settings.default.max_examples // 2, stateful_step_count=12)


# The graph, beside one that is computed anew after each result --------------------------------------------------------


class Recomputed:
    """Graph whose steps are computed from the results alone, by the rules of the documentation."""

    def __init__(self, steps: list[Step], excluded: set[int]) -> None:
        self.steps = steps
        self.excluded = excluded
        kept = [index for index in range(len(steps)) if index not in excluded]
        self.ignored = {
            wait
            for one, two in pairwise(kept)
            for wait, block in ((one, two), (two, one))
            if isinstance(steps[wait], WaitStep) and self._closes(block) and steps[one].group is steps[two].group
        }

    def _closes(self, index: int) -> bool:
        return isinstance(self.steps[index], BlockStep) and not isinstance(self.steps[index], InputStep)

    def _is_wait(self, index: int) -> bool:
        return isinstance(self.steps[index], WaitStep) or self._closes(index)

    def _is_gate(self, index: int) -> bool:
        return self._is_wait(index) and index not in self.ignored and index not in self.excluded

    def _waits_for(self, index: int) -> tuple[list[tuple[int, str, bool]], bool]:
        """Return what a step waits for, as (index, kind, whether a failure is allowed), and whether a key is missing."""
        step, found, missing = self.steps[index], [], False
        group = step.group
        entries = [*((group.depends_on or ()) if group else ()), *(step.depends_on or ())]
        for entry in entries:
            named = [
                other for other, each in enumerate(self.steps)
                if entry.key in (each.key, each.group.key if each.group else None)
            ]  # fmt: skip
            missing = missing or not named
            allow = (
                entry.allow_failure or step.allow_dependency_failure or bool(group and group.allow_dependency_failure)
            )
            found += [(other, "dependency", allow) for other in named]
        if step.depends_on is not None or isinstance(step, InputStep):
            return found, missing
        inside = [other for other in range(index) if group is None or self.steps[other].group is group]
        if self._is_wait(index):
            allow = isinstance(step, WaitStep) and step.continue_on_failure
            found += [(other, "before", allow) for other in inside if not isinstance(self.steps[other], InputStep)]
        else:
            found += [(other, "gate", False) for other in self._last_gate(group, index)]
        if group is not None and group.depends_on is None:
            found += [(other, "gate", False) for other in self._last_gate(None, index)]
        return found, missing

    def _last_gate(self, group: object, index: int) -> list[int]:
        gates = [other for other in range(index) if self.steps[other].group is group and self._is_gate(other)]
        return gates[-1:]

    def _meets(self, other: int, kind: str, allow: bool, result: str) -> bool:
        if result == "passed":
            return True
        if kind == "gate" or (kind == "before" and self._is_gate(other)):
            return False
        return allow and result in ("failed", "unmet")

    def state(self, results: dict[int, str]) -> tuple[set[int], set[int]]:
        """Return the steps that have begun or may begin, and those that can't run."""
        known = dict.fromkeys(self.excluded, "passed") | results
        begun: set[int] = set(known)
        changed = True
        while changed:
            changed = False
            for index in range(len(self.steps)):
                if index in begun or index in known:
                    continue
                wanted, missing = self._waits_for(index)
                ended = [(other, kind, allow) for other, kind, allow in wanted if other in known]
                unmet = any(not self._meets(other, kind, allow, known[other]) for other, kind, allow in ended)
                if unmet and not (len(ended) < len(wanted) and self._is_wait(index)):
                    known[index], changed = "unmet", True
                elif not unmet and not missing and len(ended) == len(wanted):
                    begun.add(index)
                    changed = True
        return begun, {index for index, result in known.items() if result == "unmet"}


@given(steps=pipelines(), data=st.data())
def test_the_graph_is_that_which_is_computed_anew(steps: list[Any], data: st.DataObject) -> None:
    definition = compile_pipeline(parse_pipeline(json.dumps(steps)).tree)
    excluded = [step for step in definition.steps if step.skip or step.branches == "other"]
    graph = Graph()
    nodes = graph.add(definition.steps, excluded=excluded, groups=definition.groups)
    naive = Recomputed(list(definition.steps), {index for index, node in enumerate(nodes) if node.result is not None})
    graph.begin()
    results: dict[int, str] = {}

    def running() -> list[Node]:
        return [node for node in nodes if node.begun and node.result is None]

    while True:
        begun, unmet = naive.state(results)
        assert {index for index, node in enumerate(nodes) if node.begun and node.result != "unmet"} == begun
        assert {index for index, node in enumerate(nodes) if node.result == "unmet"} == unmet
        if not running():
            return
        node = data.draw(st.sampled_from(running()))
        result: Result = data.draw(st.sampled_from(["passed", "passed", "failed", "canceled"]))
        results[nodes.index(node)] = result
        graph.finish(node, result)
