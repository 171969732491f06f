"""Costs of the simulator, as numbers of Python's instructions: they grow with the work, not with what is there besides."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from buildkite_ext.simulation import SimRequest, Simulator, Timing
from buildkite_ext.simulation.definition.steps import CommandStep, Dependency, WaitStep
from buildkite_ext.simulation.state.graph import Graph
from buildkite_ext.timestamps import format_time

from .helpers import ORG, WEB

TOKEN = {"Authorization": "Bearer bkua_simulator"}


def instructions(work: Callable[[], object]) -> int:
    """Return how many instructions of Python a function takes. No machine is too busy for this count."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    gc.collect()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def send(simulator: Simulator, method: str, target: str, body: bytes = b"") -> bytes:
    """Send a request without a client, whose instructions would be counted too."""
    response = simulator.handle(SimRequest.of(method, target, headers=TOKEN, body=body))
    assert response.status < 300, response.body
    return response.body


def grows(cost: Callable[[int], int], few: int, many: int) -> float:
    """Return how many times as much `many` costs as `few`."""
    cost(few)  # what is imported or cached at the first time doesn't count
    return cost(many) / cost(few)


def test_the_end_of_a_job_costs_the_same_however_many_its_step_has() -> None:
    def looked_at(count: int) -> int:
        simulator = Simulator(agents=count - 1)
        web = simulator.pipeline("web").job("test", parallelism=count)
        web.build()
        simulator.clock.sleep(8)
        build = web.builds[0]
        assert [job.state for job in build.jobs] == ["passed"] * (count - 1) + ["running"]
        return instructions(lambda: build.result_of(build.jobs[0].run))

    assert grows(looked_at, 5, 50) == 1


# Work for builds -------------------------------------------------------------------------------------------------------


def all_at_once(simulator: Simulator, count: int) -> None:
    web = simulator.pipeline("web").job("lint").job("test").wait().job("deploy")
    for _ in range(count):
        web.build()


def two_queues(simulator: Simulator, count: int) -> None:
    simulator.agent("mini", queue="mac")
    web = simulator.pipeline("web").job("lint").job("test", queue="mac", priority=1).job("nobody", queue="none")
    for _ in range(count):
        web.build()


def a_branch_each(simulator: Simulator, count: int) -> None:
    web = simulator.pipeline("web", skip_queued_branch_builds=True, cancel_running_branch_builds=True).job("test")
    for number in range(count):
        web.build(branch=f"feature/{number}")


def skipped_behind_running(simulator: Simulator, count: int) -> None:
    web = simulator.pipeline("web", skip_queued_branch_builds=True).job("test", after=9999)
    for _ in range(count):
        web.build()
        simulator.clock.sleep(3)


def requested(simulator: Simulator, count: int) -> None:
    simulator.pipeline("web").job("lint").job("test")
    for _ in range(count):
        send(simulator, "POST", f"{WEB}/builds", b'{"commit": "HEAD", "branch": "main"}')
        send(simulator, "GET", WEB)


def changed_priorities(simulator: Simulator, count: int) -> None:
    web = simulator.pipeline("web").job("lint")
    builds = [web.build() for _ in range(count)]
    simulator.clock.sleep(2)
    for number, build in enumerate(builds):
        send(simulator, "PUT", f"{ORG}/jobs/{build.jobs[0].id}/reprioritize", b'{"priority": %d}' % number)


def canceled_while_they_wait(simulator: Simulator, count: int) -> None:
    web = simulator.pipeline("web").job("test", after=60)
    for _ in range(count):
        web.build()
    simulator.clock.sleep(2)
    for number in range(count):
        if simulator.pipeline("web").builds[number].state == "scheduled":
            send(simulator, "PUT", f"{WEB}/builds/{number + 1}/cancel")


@pytest.mark.parametrize("agents", [None, 2])
@pytest.mark.parametrize(
    "builds",
    [
        all_at_once,
        two_queues,
        a_branch_each,
        requested,
        changed_priorities,
        canceled_while_they_wait,
    ],
)
def test_four_times_as_many_builds_cost_four_times_as_much(
    builds: Callable[[Simulator, int], None], agents: int | None
) -> None:
    def cost(count: int) -> int:
        simulator = Simulator(agents=agents)

        def run() -> None:
            builds(simulator, count)
            simulator.clock.sleep(100_000)
            _ = simulator.pipeline("web").builds

        return instructions(run)

    assert grows(cost, 8, 32) < 4.4


def test_builds_that_run_are_not_looked_at_to_skip_those_that_wait() -> None:
    def cost(count: int) -> int:
        simulator = Simulator()
        return instructions(lambda: skipped_behind_running(simulator, count))

    assert grows(cost, 8, 32) < 4.4


def test_idle_and_busy_agents_are_not_looked_at_for_each_job() -> None:
    def cost(count: int) -> int:
        simulator = Simulator(agents=count, timing=Timing(pickup=0))
        slow = simulator.pipeline("slow").job("test", after=9999)
        for _ in range(count - 1):
            slow.build()
        web = simulator.pipeline("web").job("test")
        assert len(slow.builds) == count - 1
        return instructions(lambda: (web.build(), simulator.clock.sleep(60), web.builds))

    assert grows(cost, 20, 200) < 1.1


# Requests --------------------------------------------------------------------------------------------------------------


def with_builds(count: int, **options: Any) -> Simulator:
    """Return a simulator with many builds that are over, and three that run."""
    simulator = Simulator(**options)
    web = simulator.pipeline("web").job("test", after=50, log="ok\n").history(count, branch="old")
    simulator.pipeline("api").job("test").history(5)
    for _ in range(3):
        web.build(branch="new/one")
    simulator.clock.sleep(10)
    return simulator


@pytest.mark.parametrize(
    "query",
    [
        "",
        "page=2&per_page=2",
        "state=running",
        "state[]=running&state[]=scheduled",
        "state=blocked&per_page=2",
        "branch=new/one",
        "branch=new*",
        "branch[]=new/one&state=running",
        "exclude_jobs=true&state=running&per_page=1",
        "created_from={recently}",
        "created_from={recently}&state=running",
        "created_from={recently}&state=passed&branch=old",
    ],
)
@pytest.mark.parametrize("path", [f"{WEB}/builds", f"{ORG}/builds", "/v2/builds"])
def test_a_page_of_builds_costs_the_same_however_many_others_there_are(path: str, query: str) -> None:
    def cost(count: int) -> int:
        simulator = with_builds(count)
        target = f"{path}?{query}".format(recently=format_time(simulator.clock.time() - 60))
        return instructions(lambda: send(simulator, "GET", target))

    assert grows(cost, 40, 160) < 1.15


@pytest.mark.parametrize(
    "query", ["state=passed", "commit=HEAD", "meta_data[a]=b", "creator=me", "branch=o*d", "branch=old"]
)
def test_only_the_builds_of_the_page_are_rendered(query: str) -> None:
    def cost(count: int) -> int:
        simulator = with_builds(count)
        return instructions(lambda: send(simulator, "GET", f"{WEB}/builds?{query}&per_page=2"))

    few, many = cost(40), cost(160)
    assert (
        many - few
    ) / 120 < 60  # to compare a build takes a few instructions, to render one takes more than a thousand


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", WEB),
        ("GET", f"{ORG}/pipelines"),
        ("GET", f"{WEB}/builds/{{number}}"),
        ("GET", f"{ORG}/jobs/{{job}}"),
        ("GET", f"{WEB}/builds/{{number}}/jobs"),
        ("GET", f"{ORG}/rate_limit"),
        ("POST", f"{WEB}/builds"),
        ("PUT", f"{WEB}/builds/{{number}}/cancel"),
    ],
)
def test_a_request_costs_the_same_however_many_builds_run(method: str, path: str) -> None:
    def cost(count: int) -> int:
        simulator = Simulator()
        web = simulator.pipeline("web").job("test", after=9999).wait().job("deploy")
        builds = [web.build() for _ in range(count)]
        simulator.clock.sleep(10)
        _ = web.builds
        target = path.format(number=count // 2, job=builds[count // 2].jobs[0].id)
        body = b'{"commit": "HEAD", "branch": "main"}' if method == "POST" else b""
        return instructions(lambda: send(simulator, method, target, body))

    assert grows(cost, 20, 80) < 1.1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/{agent}"), ("PUT", "/{agent}/pause"), ("PUT", "/{agent}/stop"), ("GET", "?per_page=2")],
)
def test_a_request_for_an_agent_costs_the_same_however_many_there_are(method: str, path: str) -> None:
    def cost(count: int) -> int:
        simulator = Simulator(agents=count)
        target = f"{ORG}/agents" + path.format(agent=simulator.state.agents[-1].id)
        return instructions(lambda: send(simulator, method, target))

    assert grows(cost, 20, 80) < 1.1


def test_the_end_of_a_log_costs_the_same_however_long_it_is() -> None:
    def cost(count: int) -> int:
        simulator = Simulator()
        web = simulator.pipeline("web").job("test", after=1000, log="".join(f"line {n}\n" for n in range(count)))
        log = f"{ORG}/jobs/{web.build().jobs[0].id}/log"
        simulator.clock.sleep(500)
        send(simulator, "HEAD", log)  # the log is composed when it is first read
        headers = {**TOKEN, "Range": "bytes=-10", "Accept": "text/plain"}
        return instructions(lambda: simulator.handle(SimRequest.of("GET", log, headers=headers)))

    assert grows(cost, 100, 1000) < 1.1


def test_a_listener_gets_each_change_at_the_same_cost() -> None:
    def cost(count: int) -> int:
        simulator = Simulator(agents=2)
        seen: list[object] = []
        simulator.on_change(seen.append)

        def run() -> None:
            all_at_once(simulator, count)
            simulator.clock.sleep(100_000)
            _ = simulator.pipeline("web").builds

        return instructions(run)

    assert grows(cost, 8, 32) < 4.4


def test_builds_of_the_past_cost_the_same_each() -> None:
    def cost(count: int) -> int:
        simulator = Simulator(agents=20)
        web = simulator.pipeline("web").job("test").job("lint")
        mixed = {"passed": 2, "failed": 1, "canceled": 1}
        return instructions(lambda: web.history(count, outcomes=mixed, retried=0.5))

    assert grows(cost, 10, 40) < 4.4


def calls(work: Callable[[], object]) -> dict[str, int]:
    """Return how often each function of `simulation.definition` is called, by its module and its name."""
    found: dict[str, int] = {}

    def profile(frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("buildkite_ext.simulation.definition."):
            name = f"{module.rpartition('.')[2]}.{frame.f_code.co_name}"
            found[name] = found.get(name, 0) + 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return found


ONCE = ("compiler.compile_pipeline", "parser.parse_document", "yaml_tree.documents")
DIAMOND = """
- {command: lint, key: lint}
- {command: unit, key: unit, depends_on: lint, if: build.branch == "main"}
- {command: browser, key: browser, depends_on: lint, matrix: [a, b]}
- {command: wheel, key: wheel, depends_on: [unit, browser], if: build.tag == null || build.message =~ /%s/}
"""


@pytest.mark.parametrize("create", ["builder", "request"])
def test_the_text_of_a_pipeline_is_parsed_and_compiled_once(create: str) -> None:
    simulator = Simulator()
    web = simulator.pipeline("web")
    read = calls(lambda: web.configure(DIAMOND % f"parsed for the {create}"))
    assert [read[name] for name in ONCE] == [1, 1, 1]
    assert read["syntax.parse"] >= 1

    def builds() -> None:
        for _ in range(3):
            if create == "builder":
                web.build()
            else:
                send(simulator, "POST", f"{WEB}/builds", b'{"commit": "HEAD", "branch": "main"}')
        simulator.clock.sleep(600)
        assert [build.state for build in web.builds] == ["passed"] * 3

    run = calls(builds)
    assert not {
        name for name in run if name in ONCE or name.startswith(("parser.", "yaml_tree.", "syntax.", "matrix."))
    }
    assert run["conditions.holds"] == 6


def test_the_text_of_a_pipeline_without_variables_is_expanded_in_no_build() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").configure(DIAMOND % "x")
    run = calls(lambda: (web.build(), simulator.clock.sleep(600), web.builds))
    assert not [name for name in run if name.startswith("interpolation.")]


# The graph of a build's steps ------------------------------------------------------------------------------------------


def edges(graph: Graph) -> list[tuple[str | None, str, str | None]]:
    """Return which step waits for which, and why."""
    return [(source.step.key, edge.kind, to.step.key) for source, edge, to in graph.edges()]


def test_builds_that_leave_out_the_same_steps_share_the_edges_of_their_graphs() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").configure(DIAMOND % "shared")
    first = [web.build(), web.build(branch="other"), web.build(message="shared")]
    again = [web.build(), web.build(branch="other"), web.build(message="shared")]
    for one, other in zip(first, again, strict=True):
        found = list(zip(one.graph.edges(), other.graph.edges(), strict=True))
        assert found
        assert all(mine[1] is its[1] and mine[0] is not its[0] for mine, its in found)


@pytest.mark.parametrize("change", ["upload", "replace"])
def test_an_upload_changes_the_graph_of_its_own_build_alone(change: str) -> None:
    build, unit, deploy = (CommandStep(key=key) for key in ("build", "unit", "deploy"))
    steps = [build, unit, WaitStep(), deploy]
    changed, other = Graph(), Graph()
    nodes = changed.add(steps)
    other.add(steps)
    before = edges(other)
    if change == "replace":
        behind = changed.unfinished_behind(nodes[0])
        assert [node.step for node in behind] == steps[1:]
        changed.remove(behind)
    changed.add([CommandStep(key="more", depends_on=(Dependency("build"),)), WaitStep()], uploader=nodes[0])
    assert edges(changed) != before
    assert edges(other) == before
    new = Graph()
    new.add(steps)
    assert edges(new) == before
    assert not new.has_key("more")
    assert [node.number for node in new.nodes] == [0, 1, 2, 3]


def test_a_build_keeps_few_objects_that_the_garbage_collector_looks_at() -> None:
    simulator = Simulator(agents=2)
    web = simulator.pipeline("web").configure(DIAMOND % "kept")

    def run(count: int) -> int:
        for _ in range(count):
            web.build()
        simulator.clock.sleep(100_000)
        assert web.builds[-1].state == "passed"
        gc.collect()
        return len(gc.get_objects())

    run(5)
    few = run(5)
    # Each of its 5 jobs, the build itself, and its lists of jobs and states: neither its steps nor its graph.
    assert (run(55) - few) / 55 < 11
