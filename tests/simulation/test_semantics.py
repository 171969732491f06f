"""How a pipeline.yml becomes jobs, and its jobs a build's state: a test for each rule of Buildkite's documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import httpx
import pytest

from buildkite_ext.services.arguments import or_unset
from buildkite_ext.simulation import SimulatedPipeline, Simulator, Timing, VirtualClock
from buildkite_ext.simulation.definition.steps import CommandStep
from buildkite_ext.simulation.state.builds import Build, Job

pytestmark = pytest.mark.filterwarnings("ignore::buildkite_ext.UnknownNameWarning")

Script = Mapping[str, Any]


def started(
    text: str, scripts: Mapping[str, Script] | None = None, *, uploads: Mapping[str, str] | None = None, **build: Any
) -> tuple[Simulator, SimulatedPipeline, Build]:
    """Return a simulator, its pipeline and a build of it. Jobs run for 10 s; `scripts` say what else happens, by step."""
    simulator = Simulator()
    web = simulator.pipeline("web").configure(text).script("*", after=10).script(lambda _: True, after=10)
    for step, script in (scripts or {}).items():
        web.script(step, **script)
    for step, upload in (uploads or {}).items():
        web.on_upload(step, upload, after=5)
    made = web.build(**{"branch": "main", **build})
    return simulator, web, made


def name(job: Job) -> str:
    return job.step.key or job.step.label or job.type


def states(build: Build) -> dict[str, str]:
    """Return the states of the current jobs. Several jobs of one name have a number each."""
    found: dict[str, str] = {}
    for job in build.current_jobs:
        at, number = name(job), 2
        while at in found:
            at, number = f"{name(job)} {number}", number + 1
        found[at] = job.state
    return found


def advance(simulator: Simulator, seconds: float) -> None:
    clock = simulator.clock
    assert isinstance(clock, VirtualClock)
    clock.advance(seconds)


def after(simulator: Simulator, web: SimulatedPipeline, seconds: float) -> Build:
    advance(simulator, seconds)
    return web.builds[0]


def ended(text: str, scripts: Mapping[str, Script] | None = None, **options: Any) -> tuple[str, dict[str, str]]:
    """Return the state of a build after an hour, and those of its jobs."""
    simulator, web, _ = started(text, scripts, **options)
    build = after(simulator, web, 3600)
    return build.state, states(build)


FAILS: Script = {"exit_status": 1}


# Dependencies ---------------------------------------------------------------------------------------------------------

GRAPH: list[tuple[str, str, Mapping[str, Script], str, dict[str, str]]] = [
    (
        "a wait holds back what is behind it",
        "[{command: a, key: a}, wait, {command: b, key: b}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "b": "waiting_failed"},
    ),
    (
        "continue_on_failure lets go after a failure",
        "[{command: a, key: a}, {wait: ~, continue_on_failure: true}, {command: b, key: b}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "passed", "b": "passed"},
    ),
    (
        "a plain wait behind it still stops",
        "[{command: a, key: a}, {wait: ~, continue_on_failure: true}, {command: b, key: b}, wait, {command: c, key: c}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "passed", "b": "passed", "waiter 2": "waiting_failed", "c": "waiting_failed"},
    ),
    (
        "what a plain wait stopped stays stopped",
        "[{command: a, key: a}, wait, {command: b, key: b}, {wait: ~, continue_on_failure: true}, {command: c, key: c}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "b": "waiting_failed", "waiter 2": "waiting_failed", "c": "waiting_failed"},
    ),
    (
        "depends_on ignores waits",
        "[{command: a, key: a}, wait, {command: b, key: b, depends_on: ~}, {command: c, key: c, depends_on: []}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "b": "passed", "c": "passed"},
    ),
    (
        "depends_on ignores blocks",
        "[{command: a, key: a}, {block: Go, key: go}, {command: b, key: b, depends_on: a}, {command: c, key: c}]",
        {},
        "blocked",
        {"a": "passed", "go": "blocked", "b": "passed", "c": "waiting"},
    ),
    (
        "a wait waits for steps with depends_on, too",
        "[{command: a, key: a}, {command: b, key: b, depends_on: a}, wait, {command: c, key: c}]",
        {"b": FAILS},
        "failed",
        {"a": "passed", "b": "failed", "waiter": "waiting_failed", "c": "waiting_failed"},
    ),
    (
        "a dependency that failed",
        "[{command: a, key: a}, {command: b, key: b, depends_on: a}, {command: c, key: c, depends_on: b}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "b": "waiting_failed", "c": "waiting_failed"},
    ),
    (
        "allow_failure of an entry",
        "[{command: a, key: a}, {command: b, key: b, depends_on: [{step: a, allow_failure: true}]}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "b": "passed"},
    ),
    (
        "allow_dependency_failure of a step",
        "[{command: a, key: a}, {command: b, key: b, depends_on: a, allow_dependency_failure: true}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "b": "passed"},
    ),
    (
        "both accept a step that couldn't run",
        "[{command: a, key: a}, {command: b, key: b, depends_on: a}, {command: c, key: c, depends_on: [{step: b, allow_failure: true}]}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "b": "waiting_failed", "c": "passed"},
    ),
    (
        "allow_dependency_failure accepts a step that couldn't run",
        "[{command: a, key: a}, {command: b, key: b, depends_on: a}, {command: c, key: c, depends_on: b, allow_dependency_failure: true}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "b": "waiting_failed", "c": "passed"},
    ),
    (
        "two groups run side by side",
        "[{group: g, steps: [{command: a, key: a}, wait, {command: b, key: b}]}, {group: h, steps: [{command: c, key: c}]}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "b": "waiting_failed", "c": "passed"},
    ),
    (
        "a block behind a failure doesn't open",
        "[{command: a, key: a}, {block: Go, key: go}, {command: b, key: b}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "go": "blocked_failed", "b": "waiting_failed"},
    ),
    (
        "a block may depend on a step and nothing else",
        "[{command: a, key: a}, {command: b, key: b}, {block: Go, key: go, depends_on: b}]",
        {"a": FAILS},
        "blocked",
        {"a": "failed", "b": "passed", "go": "blocked"},
    ),
    (
        "a dependency that failed softly",
        "[{command: a, key: a, soft_fail: true}, {command: b, key: b, depends_on: a}]",
        {"a": FAILS},
        "passed",
        {"a": "failed", "b": "passed"},
    ),
    (
        "a dependency that was left out",
        "[{command: a, key: a, skip: true}, {command: b, key: b, depends_on: a}]",
        {},
        "passed",
        {"a": "broken", "b": "passed"},
    ),
    (
        "a dependency that doesn't exist",
        "[{command: a, key: a}, {command: b, key: b, depends_on: nowhere}]",
        {},
        "failed",
        {"a": "passed", "b": "waiting_failed"},
    ),
    (
        "a dependency on a group",
        "[{group: g, key: g, steps: [{command: a, key: a}, {command: b, key: b}]}, {command: c, key: c, depends_on: g}]",
        {"b": FAILS},
        "failed",
        {"a": "passed", "b": "failed", "c": "waiting_failed"},
    ),
    (
        "a dependency on an empty group",
        "[{group: g, key: g, steps: []}, {command: c, key: c, depends_on: g}]",
        {},
        "passed",
        {"c": "passed"},
    ),
    (
        "depends_on of a group holds for its steps",
        "[{command: a, key: a}, {group: g, depends_on: a, steps: [{command: b, key: b}]}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "b": "waiting_failed"},
    ),
    (
        "a wait in a group counts inside of it only",
        "[{group: g, steps: [{command: a, key: a}, wait, {command: b, key: b}]}, {command: c, key: c}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "b": "waiting_failed", "c": "passed"},
    ),
    (
        "a wait outside counts the steps of groups",
        "[{group: g, steps: [{command: a, key: a}]}, wait, {group: h, steps: [{command: b, key: b}]}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "b": "waiting_failed"},
    ),
    (
        "a wait in a group doesn't keep one outside from letting go",
        "[{group: g, steps: [{command: a, key: a}, wait, {command: b, key: b}]}, {wait: ~, continue_on_failure: true}, {command: c, key: c}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "b": "waiting_failed", "waiter 2": "passed", "c": "passed"},
    ),
    (
        "a block in a group doesn't keep a wait outside from letting go",
        "[{group: g, steps: [{command: a, key: a}, {block: Go, key: go}]}, {wait: ~, continue_on_failure: true}, {command: c, key: c}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "go": "blocked_failed", "waiter": "passed", "c": "passed"},
    ),
    (
        "what a plain wait in a group stopped stays stopped in it",
        "[{group: g, steps: [{command: a, key: a}, wait, {wait: ~, continue_on_failure: true}, {command: b, key: b}]}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "waiting_failed", "waiter 2": "waiting_failed", "b": "waiting_failed"},
    ),
    (
        "a wait beside a block is ignored",
        "[{command: a, key: a}, {wait: ~, continue_on_failure: true}, {block: Go, key: go}, {command: b, key: b}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "passed", "go": "blocked_failed", "b": "waiting_failed"},
    ),
    (
        "a wait behind a block is ignored, too",
        "[{command: a, key: a}, {block: Go, key: go}, {wait: ~, continue_on_failure: true}, {command: b, key: b}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "go": "blocked_failed", "waiter": "waiting_failed", "b": "waiting_failed"},
    ),
    (
        "an input creates no dependency, and keeps the build from ending",
        "[{command: a, key: a}, {input: Name, key: name}, {command: b, key: b}]",
        {},
        "blocked",
        {"a": "passed", "name": "blocked", "b": "passed"},
    ),
    (
        "a build with a failure ends although an input is open",
        "[{command: a, key: a}, {input: Name, key: name}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "name": "blocked"},
    ),
    (
        "steps that wait for each other",
        "[{command: a, key: a, depends_on: b}, {command: b, key: b, depends_on: a}, {command: c, key: c}]",
        {},
        "failed",
        {"a": "waiting_failed", "b": "waiting_failed", "c": "passed"},
    ),
    (
        "a step of several jobs has ended when all have",
        "[{command: a, key: a, parallelism: 2}, {command: b, key: b, depends_on: a}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "a 2": "failed", "b": "waiting_failed"},
    ),
    (
        "a step that is left out holds nothing back",
        "[{command: a, key: a}, {wait: ~, if: build.branch == \"other\"}, {command: b, key: b}]",
        {"a": FAILS},
        "failed",
        {"a": "failed", "waiter": "broken", "b": "passed"},
    ),
    (
        "all steps left out",
        "[{command: a, key: a, skip: Not today}, {command: b, key: b, branches: other}, wait]",
        {},
        "not_run",
        {"a": "broken", "b": "broken", "waiter": "passed"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "scripts", "state", "jobs"), [pytest.param(*row, id=rule) for rule, *row in GRAPH])
def test_dependencies(steps: str, scripts: Mapping[str, Script], state: str, jobs: dict[str, str]) -> None:
    assert ended(steps, scripts) == (state, jobs)


def test_a_canceled_dependency_is_let_through_by_nothing() -> None:
    simulator, web, _ = started(
        "[{command: a, key: a, cancel_on_build_failing: true}, {command: x, key: x},"
        " {command: b, key: b, depends_on: [{step: a, allow_failure: true}]},"
        " {command: c, key: c, depends_on: a, allow_dependency_failure: true},"
        " {wait: ~, continue_on_failure: true}, {command: d, key: d}]",
        {"a": {"after": 100}, "x": FAILS},
    )
    build = after(simulator, web, 3600)
    assert (build.state, states(build)) == (
        "failed",
        {
            "a": "canceled",
            "x": "failed",
            "b": "waiting_failed",
            "c": "waiting_failed",
            "waiter": "waiting_failed",
            "d": "waiting_failed",
        },
    )


def test_an_expired_dependency_is_let_through_by_nothing() -> None:
    simulator = Simulator(agents=0, timing=Timing(expiry=60))
    web = simulator.pipeline("web").configure(
        "[{command: a, key: a}, {command: b, key: b, depends_on: [{step: a, allow_failure: true}]},"
        " {command: c, key: c, depends_on: a, allow_dependency_failure: true}]"
    )
    build = web.build(branch="main")
    advance(simulator, 3600)
    assert (web.builds[0].state, states(build)) == (
        "failed",
        {"a": "expired", "b": "waiting_failed", "c": "waiting_failed"},
    )


DAY = 86_400.0


def expired_after(job: Job) -> str:
    """Return the days, hours and minutes after its creation at which a job has expired. The clock begins at 9:00:00."""
    assert job.expired_at is not None
    minutes, seconds = divmod(job.expired_at - job.created_at, 60)
    assert seconds == 0
    return f"{minutes // 1440:.0f} d {minutes // 60 % 24:.0f} h {minutes % 60:.0f} min"


def test_a_job_that_no_agent_takes_expires_at_the_first_look_after_thirty_days() -> None:
    simulator = Simulator(agents=0)
    web = simulator.pipeline("web").configure("[{command: a, key: a}, wait, {command: b, key: b}]")
    build = web.build(branch="main")
    advance(simulator, 30 * DAY + 299)
    assert (web.builds[0].state, states(build)["a"]) == ("scheduled", "scheduled")
    advance(simulator, 1)
    assert (web.builds[0].state, states(build)) == (
        "failed",
        {"a": "expired", "waiter": "waiting_failed", "b": "waiting_failed"},
    )
    assert expired_after(build.jobs[0]) == "30 d 0 h 5 min"


def test_a_job_expires_by_the_time_since_its_creation_whatever_it_waited_for() -> None:
    simulator = Simulator(agents=1)
    web = simulator.pipeline("web").configure(
        "[{command: z, key: z}, wait, {command: a, key: a, agents: {gpu: a100}}, {command: q, key: q, agents: {queue: none}}]"
    )
    web.script("z", after=31 * DAY)
    build = web.build(branch="main")
    advance(simulator, 31 * DAY + 2)
    assert web.builds[0].state == "running"
    advance(simulator, 298)
    assert (web.builds[0].state, states(build)) == (
        "failed",
        {"z": "passed", "waiter": "passed", "a": "expired", "q": "expired"},
    )
    assert [expired_after(job) for job in build.jobs[2:]] == ["31 d 0 h 5 min"] * 2


def test_a_job_that_an_agent_takes_in_time_does_not_expire() -> None:
    simulator = Simulator(agents=1)
    web = simulator.pipeline("web").configure("[{command: a, key: a}, {command: b, key: b}]")
    web.script("*", after=29 * DAY)
    web.build(branch="main")
    advance(simulator, 365 * DAY)
    assert web.builds[0].state == "passed"


def test_the_expiry_of_the_organization_holds_at_once() -> None:
    simulator = Simulator(agents=0)
    web = simulator.pipeline("web").configure("[{command: a, key: a}]")
    first = web.build(branch="main")

    def seen(seconds: float) -> list[str]:
        advance(simulator, seconds)
        return [build.state for build in sorted(web.builds, key=lambda build: build.number)]

    with simulator.client() as buildkite:
        assert seen(3600) == ["scheduled"]
        buildkite.pipeline_settings.update(scheduled_job_expiry_in_minutes=120)
        second = web.build(branch="main")
        assert seen(3600 + 299) == ["scheduled", "scheduled"]
        assert seen(1) == ["failed", "scheduled"]
        buildkite.pipeline_settings.update(scheduled_job_expiry_in_minutes=2880)
        assert seen(47 * 3600 - 1) == ["failed", "scheduled"]
        assert seen(1) == ["failed", "failed"]
    assert [expired_after(build.jobs[0]) for build in (first, second)] == ["0 d 2 h 5 min", "2 d 0 h 5 min"]


def test_jobs_of_the_past_do_not_expire_in_the_future() -> None:
    simulator = Simulator(agents=0)
    web = simulator.pipeline("web").configure("[{command: a, key: a}]")
    web.history(2)
    assert {job.state for build in web.builds for job in build.jobs} == {"scheduled"}


def test_a_retry_lets_what_it_stopped_wait_again() -> None:
    simulator, web, build = started(
        "[{command: a, key: a}, wait, {command: b, key: b}, {command: c, key: c, depends_on: a}]",
        {"a": {"exit_status": [1, 0]}},
    )
    after(simulator, web, 60)
    assert states(build) == {"a": "failed", "waiter": "waiting_failed", "b": "waiting_failed", "c": "waiting_failed"}
    with simulator.client() as buildkite:
        buildkite.jobs.retry("web", 1, build.current_jobs[0].id)
        assert states(build) == {"a": "scheduled", "waiter": "waiting", "b": "waiting", "c": "waiting"}
    assert (after(simulator, web, 60).state, set(states(build).values())) == ("passed", {"passed"})


def test_a_retry_leaves_out_what_was_left_out() -> None:
    simulator, web, build = started(
        "[{command: a, key: a}, {command: 'b {{matrix}}', key: b, depends_on: a, matrix: {setup: [x, y],"
        " adjustments: [{with: y, skip: true}]}}]",
        {"a": {"exit_status": [1, 0]}},
    )
    after(simulator, web, 60)
    assert states(build) == {"a": "failed", "b": "waiting_failed", "b 2": "broken"}
    with simulator.client() as buildkite:
        buildkite.jobs.retry("web", 1, build.current_jobs[0].id)
    after(simulator, web, 60)
    assert states(build) == {"a": "passed", "b": "passed", "b 2": "broken"}


def test_a_retry_does_not_hold_back_what_has_begun() -> None:
    simulator, web, build = started(
        "[{command: a, key: a}, {command: b, key: b, depends_on: [{step: a, allow_failure: true}]}]",
        {"a": {"exit_status": [1, 0]}, "b": {"after": 100}},
    )
    after(simulator, web, 30)
    with simulator.client() as buildkite:
        buildkite.jobs.retry("web", 1, build.current_jobs[0].id)
    assert states(build)["b"] == "running"
    assert after(simulator, web, 3600).state == "passed"


# Which steps run ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "build", "reason"),
    [
        ("if: build.branch == 'main'", {}, None),
        ("if: build.branch != 'main'", {}, "conditional_failed"),
        ("if: ' '", {}, None),
        ("if: build.env('A') == 'x'", {"env": {"A": "x"}}, None),
        ("if: build.tag =~ /^v/", {"tag": "v1"}, None),
        ("if: build.source == 'api'", {"source": "schedule"}, "conditional_failed"),
        ("branches: main", {}, None),
        ("branches: 'release/* !release/old'", {"branch": "release/old"}, "branch_mismatch"),
        ("branches: [next, 'release/*']", {"branch": "release/2"}, None),
        ("branches: '!main'", {"branch": "next"}, None),
        ("skip: true", {}, "skip: true"),
        ("skip: Broken on Tuesdays", {}, "Broken on Tuesdays"),
        ("skip: ''", {}, None),
        ("skip: false", {}, None),
        ("if_changed: docs/**", {"changed": ["docs/a/b.md"]}, None),
        ("if_changed: docs/*", {"changed": ["docs/a/b.md"]}, "no changes in docs/*"),
        ("if_changed: [src/*.py, '*.md']", {"changed": ["a.md"]}, None),
        ("if_changed: {include: '**', exclude: '*.md'}", {"changed": ["a.md"]}, "no changes in **"),
        ("if_changed: '{a,b}/[xy].py'", {"changed": ["b/y.py"]}, None),
        ("if_changed: 'a{'", {"changed": ["b"]}, None),
        ("if_changed: '[z-a'", {"changed": ["b"]}, None),
        ("if_changed: 'a['", {"changed": ["b"]}, None),
        ("if_changed: '[]'", {"changed": ["b"]}, None),
        ("if_changed: '[!]x'", {"changed": ["b"]}, None),
        ("if_changed: '[a/c]'", {"changed": ["b"]}, None),
        ("if_changed: 'a\\'", {"changed": ["b"]}, None),
        ("if_changed: ['*.md', '{c,[}']", {"changed": ["b"]}, None),
        ("if_changed: {include: '*', exclude: '[b'}", {"changed": ["b"]}, None),
        ("if_changed: {include: '*', exclude: ['[b', '**']}", {"changed": ["b"]}, None),
        ("if_changed: '\\[b'", {"changed": ["b"]}, "no changes in \\[b"),
        ("if_changed: '\\[b'", {"changed": ["[b"]}, None),
        ("if_changed: ']'", {"changed": ["b"]}, "no changes in ]"),
        ("if_changed: docs/**", {}, None),
        ("if: build.branch == 'main'\n  branches: next", {}, "branch_mismatch"),
    ],
)
def test_which_steps_run(step: str, build: dict[str, Any], reason: str | None) -> None:
    _, _, made = started(f"- command: a\n  {step}\n", **build)
    assert made.current_jobs[0].broken_reason == reason
    assert (made.current_jobs[0].state == "broken") is (reason is not None)


@pytest.mark.parametrize(
    "pattern",
    ["{a}" * 2000, "{" * 2000 + "a" + "}" * 2000, "{" + "{a,b}" * 7 + ",c}"],
    ids=["braces in a row", "nested braces", "alternatives in an alternative"],
)
def test_a_step_runs_if_the_patterns_of_its_files_have_too_many_braces(pattern: str) -> None:
    _, _, made = started(f"- {{command: a, if_changed: '{pattern}'}}", changed=["d"])
    assert made.current_jobs[0].broken_reason is None


def test_if_and_skip_of_a_group_hold_for_its_steps() -> None:
    _, _, build = started(
        "[{group: g, if: build.branch == 'x', steps: [{command: a, key: a, if: true == true}]},"
        " {group: h, skip: true, steps: [{command: b, key: b}]},"
        " {group: i, steps: [{command: c, key: c}]}]"
    )
    assert [job.broken_reason for job in build.current_jobs] == ["conditional_failed", "skip: true", None]


def test_a_matrix_makes_a_job_for_each_combination() -> None:
    _, _, build = started(
        """
- label: "{{matrix.os}} {{ matrix.arch }}"
  key: build
  command: make {{matrix.os}}
  env: {ARCH: "{{matrix.arch}}"}
  agents: {os: "{{matrix.os}}"}
  matrix:
    setup: {os: [linux, mac], arch: [arm, amd]}
    adjustments:
      - with: {os: mac, arch: amd}
        skip: true
      - with: {os: windows, arch: amd}
        soft_fail: true
- {command: after, key: after, depends_on: build}
"""
    )
    jobs = build.current_jobs
    assert [(job.step.label, job.state) for job in jobs[:5]] == [
        ("linux arm", "scheduled"),
        ("linux amd", "scheduled"),
        ("mac arm", "scheduled"),
        ("mac amd", "broken"),
        ("windows amd", "scheduled"),
    ]
    steps = [job.command_step for job in jobs[:5] if job.command_step is not None]
    assert [(step.command, step.env["ARCH"], step.agents) for step in steps][4] == (
        "make windows",
        "amd",
        ("os=windows",),
    )
    assert [step.soft_fail for step in steps] == [False, False, False, False, True]
    assert len({job.step_id for job in jobs}) == 2


def test_a_matrix_replaces_no_token_in_a_key_or_a_concurrency_group() -> None:
    simulator, web, build = started(
        "[{command: 'a {{matrix}}', key: 'k-{{matrix}}', matrix: [x, y], concurrency: 1, concurrency_group: 'g-{{matrix}}'}]"
    )
    after(simulator, web, 5)
    steps = [job.command_step for job in build.jobs if job.command_step]
    assert [(step.key, step.command) for step in steps] == [("k-{{matrix}}", "a x"), ("k-{{matrix}}", "a y")]
    assert [step.concurrency.group for step in steps if step.concurrency] == ["g-{{matrix}}"] * 2
    assert [job.state for job in build.jobs] == ["running", "limited"]


def test_parallelism_tells_each_job_its_index() -> None:
    simulator, _, build = started("[{command: a, parallelism: 3}]")
    with simulator.client() as buildkite:
        found = [buildkite.jobs.env("web", 1, job.id)["BUILDKITE_PARALLEL_JOB"] for job in build.current_jobs]
    assert found == ["0", "1", "2"]


def test_the_environment_of_a_job_later_wins() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web", env={"A": "pipeline", "B": "pipeline"}).configure(
        "env: {B: top, C: top}\nsteps: [{command: a, env: {C: step, BUILDKITE_BRANCH: x}}]"
    )
    build = web.build(branch="main", env={"A": "build"})
    with simulator.client() as buildkite:
        env = buildkite.jobs.env("web", 1, build.jobs[0].id)
    assert [env[name] for name in ("A", "B", "C", "BUILDKITE_BRANCH")] == ["build", "top", "step", "main"]


def test_top_level_attributes_are_defaults() -> None:
    simulator, web, build = started(
        "agents: {queue: deploy}\npriority: 5\nsteps: [{command: a}, {command: b, priority: 1, agents: {queue: other}}]"
    )
    assert [(job.priority, job.queue.key) for job in build.jobs if job.queue] == [(5, "deploy"), (1, "other")]
    assert after(simulator, web, 100).state == "passed"


def test_top_level_image_and_cache_are_defaults() -> None:
    _, _, build = started(
        "image: debian\ncache: [a]\nsteps: [{command: a}, {command: b, image: alpine, cache: b}, {command: c, cache: false}]"
    )
    steps = [job.command_step for job in build.jobs if job.command_step]
    assert [step.image for step in steps] == ["debian", "alpine", "debian"]
    assert [step.cache for step in steps] == [["a"], {"paths": ["b"]}, False]


def test_plugins_artifact_paths_and_notify_are_kept() -> None:
    text = """
    notify: [{slack: "#builds"}]
    steps: [{command: a, artifact_paths: [dist/*, "log;more"], plugins: [{docker#v5: {image: x}}]}]
    """
    simulator, web, _build = started(text)
    (step,) = web.state.steps
    assert isinstance(step, CommandStep)
    assert step.plugins == ({"github.com/buildkite-plugins/docker-buildkite-plugin#v5": {"image": "x"}},)
    assert web.state.notify == [{"slack": "#builds"}]
    with simulator.client() as buildkite:
        (job,) = buildkite.builds.get("web", 1).jobs
    assert job.artifact_paths == "dist/*;log;more"


def test_variables_are_expanded_in_each_build() -> None:
    _, web, _ = started("[{command: 'echo $WHO $$HOME', label: '$BUILDKITE_BRANCH'}]", env={"WHO": "me"})
    build = web.builds[0]
    assert (build.jobs[0].step.label, build.jobs[0].command_step and build.jobs[0].command_step.command) == (
        "main",
        "echo me $HOME",
    )
    assert web.build(branch="next").jobs[0].step.label == "next"


def test_a_build_whose_text_cant_be_expanded_fails() -> None:
    simulator, web, build = started("[{command: 'deploy ${REGION?}'}]")
    assert after(simulator, web, 10).state == "failed"
    assert build.jobs == []
    assert build.broken is not None
    assert "$REGION: not set" in build.broken


# Ends of jobs ---------------------------------------------------------------------------------------------------------


def attempts(build: Build, step: str) -> list[tuple[str, int | None]]:
    return [(job.state, job.exit_status) for job in build.jobs if name(job) == step]


@pytest.mark.parametrize(
    ("retry", "script", "exits"),
    [
        ("automatic: true", {"exit_status": [1, 2, 3, 0]}, [1, 2, 3]),
        ("automatic: false", {"exit_status": [1, 0]}, [1]),
        ("automatic: {exit_status: 1, limit: 1}", {"exit_status": [1, 1, 0]}, [1, 1]),
        ("automatic: [{exit_status: 1, limit: 0}, {exit_status: '*', limit: 2}]", {"exit_status": [1, 0]}, [1]),
        ("automatic: [{exit_status: 1, limit: 1}, {exit_status: '*'}]", {"exit_status": [1, 1, 0]}, [1, 1]),
        ("automatic: [{exit_status: 1, limit: 1}, {exit_status: 2, limit: 1}]", {"exit_status": [1, 2, 0]}, [1, 2, 0]),
        ("automatic: {exit_status: '*'}", {"exit_status": [-1, 0]}, [-1]),
        ("automatic: {exit_status: -1}", {"exit_status": [-1, 0]}, [-1, 0]),
        ("automatic: {exit_status: [3, 4]}", {"exit_status": [4, 3, 5]}, [4, 3, 5]),
        ("automatic: {signal: kill}", {"exit_status": [137, 0], "signal": "SIGKILL"}, [137, 0]),
        ("automatic: {signal: none}", {"exit_status": [137, 0], "signal": "SIGKILL"}, [137]),
        ("automatic: {signal: none, exit_status: 5}", {"exit_status": [5, 0]}, [5, 0]),
        ("automatic: {signal_reason: agent_stop}", {"exit_status": [1, 0], "signal_reason": "agent_stop"}, [1, 0]),
        ("manual: false", {"exit_status": [1, 0]}, [1]),
    ],
)
def test_automatic_retries(retry: str, script: Script, exits: list[int]) -> None:
    simulator, web, _ = started(f"- command: a\n  key: a\n  retry: {{{retry}}}\n", {"a": script})
    build = after(simulator, web, 3600)
    assert [status for _, status in attempts(build, "a")] == exits


def test_while_a_retry_is_due_the_build_is_not_failing() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, retry: {automatic: true}}, {command: b, key: b}]",
        {"a": {"exit_status": [1, 0]}, "b": {"after": 60}},
    )
    after(simulator, web, 600)
    assert [state for _, state in build.history] == ["creating", "scheduled", "running", "passed"]


@pytest.mark.parametrize(
    ("soft_fail", "status", "state"),
    [("true", 7, "passed"), ("[{exit_status: 7}]", 7, "passed"), ("[{exit_status: 7}]", 8, "failed"),
     ("[{exit_status: '*'}]", -1, "passed"), ("false", 1, "failed")],
)  # fmt: skip
def test_soft_failures(soft_fail: str, status: int, state: str) -> None:
    simulator, web, build = started(f"[{{command: a, key: a, soft_fail: {soft_fail}}}]", {"a": {"exit_status": status}})
    assert after(simulator, web, 60).state == state
    assert (build.jobs[0].state, build.jobs[0].soft_failed) == ("failed", state == "passed")


def test_a_timeout_stops_a_job_and_may_be_retried() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, timeout_in_minutes: 1, retry: {automatic: {exit_status: -1, limit: 1}}}]",
        {"a": {"after": 100}},
    )
    after(simulator, web, 600)
    assert attempts(build, "a") == [("timed_out", -1), ("timed_out", -1)]
    assert (build.state, build.jobs[0].signal_reason) == ("failed", "cancel")


@pytest.mark.parametrize(
    ("interrupted", "job", "build"),
    [
        (None, ("timed_out", -1, "SIGTERM", "cancel", 70), "failed"),
        ((4, 0), ("passed", 0, None, None, 64), "passed"),
        ((10, 0), ("passed", 0, None, None, 70), "passed"),
        ((11, 0), ("timed_out", -1, "SIGKILL", "cancel", 70), "failed"),
        ((0, 3), ("timed_out", 3, None, "cancel", 60), "failed"),
    ],
)
def test_what_a_command_does_in_the_grace_time_of_its_timeout(
    interrupted: tuple[float, int] | None, job: tuple[str, int, str | None, str | None, float], build: str
) -> None:
    simulator = Simulator(timing=Timing(canceling=10))
    web = simulator.pipeline("web").configure(
        "[{command: a, key: a, timeout_in_minutes: 1}, wait, {command: b, key: b}]"
    )
    web.script("a", after=100, interrupted=interrupted).build(branch="main")
    made = after(simulator, web, 61 + (0 if interrupted == (0, 3) else -1))
    assert made.jobs[0].state == ("timed_out" if interrupted == (0, 3) else "running")
    after(simulator, web, 600)
    a = made.jobs[0]
    assert a.finished_at is not None
    assert a.started_at is not None
    assert (a.state, a.exit_status, a.signal, a.signal_reason, a.finished_at - a.started_at) == job
    assert (made.state, states(made)["b"]) == (build, "passed" if build == "passed" else "waiting_failed")


def test_a_timeout_is_soft_or_retried_by_the_exit_status_of_the_command_that_it_interrupts() -> None:
    rules = "retry: {automatic: {exit_status: 3, limit: 1}}, soft_fail: [{exit_status: 3}]"
    simulator, web, build = started(
        f"[{{command: a, key: a, timeout_in_minutes: 1, {rules}}}]", {"a": {"after": 100, "interrupted": (0.5, 3)}}
    )
    after(simulator, web, 600)
    assert attempts(build, "a") == [("timed_out", 3), ("timed_out", 3)]
    assert (build.state, build.jobs[1].soft_failed) == ("passed", True)


@pytest.mark.parametrize(
    ("interrupted", "status", "seconds"), [(None, -1, 10), ((2, 0), 0, 2), ((3, 5), 5, 3), ((60, 0), -1, 10)]
)
def test_a_canceled_job_stays_canceled_however_its_command_ends(
    interrupted: tuple[float, int] | None, status: int, seconds: float
) -> None:
    simulator = Simulator(timing=Timing(canceling=10))
    web = simulator.pipeline("web").configure("[{command: a, key: a}]").script("a", after=100, interrupted=interrupted)
    build = web.build(branch="main")
    after(simulator, web, 21)
    with simulator.client() as buildkite:
        buildkite.builds.cancel("web", 1)
    assert states(build) == {"a": "canceling"}
    after(simulator, web, 60)
    job = build.jobs[0]
    assert (build.state, job.state, job.exit_status, job.signal_reason) == ("canceled", "canceled", status, "cancel")
    assert (job.finished_at or 0) - (job.started_at or 0) == 20 + seconds


def test_a_promised_failure_makes_the_build_failing_early() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, soft_fail: true}]", {"a": {"promise": (3, 1), "exit_status": 1}}
    )
    assert after(simulator, web, 5).state == "failing"
    assert build.jobs[0].promised_exit_status == 1
    assert after(simulator, web, 60).state == "failed"


def test_a_promise_is_that_of_the_attempts_that_fail() -> None:
    text = "[{command: a, key: a, retry: {automatic: {exit_status: '*', limit: 2}}}]"
    for statuses, ended in (([1, 0], "passed"), ([0], "passed"), ([1, 1, 0], "passed"), ([1], "failed")):
        simulator, web, build = started(text, {"a": {"after": 60, "promise": (5, 1), "exit_status": statuses}})
        assert after(simulator, web, 400).state == ended
        assert [job.promised_exit_status for job in build.jobs] == [
            1 if job.exit_status else None for job in build.jobs
        ]


def test_a_lost_agent_fails_its_job() -> None:
    simulator, web, build = started("[{command: a, key: a}]", {"a": {"exit_status": -1}})
    assert after(simulator, web, 60).state == "failed"
    agent = build.jobs[0].agent
    assert agent is not None
    assert agent.connection_state == "lost"


def test_a_job_that_a_failure_cancels_holds_up_no_other_in_its_concurrency_group() -> None:
    text = """
      - {key: deploy, command: d, depends_on: smoke, concurrency: 1, concurrency_group: g, cancel_on_build_failing: true}
      - {key: smoke, command: s, concurrency: 1, concurrency_group: g}
      - {key: test, command: t}
    """
    web = (simulator := Simulator()).pipeline("web").configure(text).script("test", exit_status=1)
    web.build()
    simulator.clock.sleep(3600)
    assert (web.builds[0].state, web.builds[0].broken) == ("failed", None)
    assert [job.state for job in web.builds[0].jobs] == ["canceled", "passed", "failed"]


def test_cancel_on_build_failing() -> None:
    simulator, web, build = started(
        "[{command: a, key: a}, {command: b, key: b, cancel_on_build_failing: true}, {command: c, key: c}]",
        {"a": FAILS, "b": {"after": 100}, "c": {"after": 50}},
    )
    after(simulator, web, 600)
    assert (build.state, states(build)) == ("failed", {"a": "failed", "b": "canceled", "c": "passed"})


def test_a_canceled_job_that_may_fail_softly_does_not_fail_the_build() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, soft_fail: [{exit_status: 1}]}, {command: b, key: b, soft_fail: true,"
        " cancel_on_build_failing: true}, {command: c, key: c, soft_fail: true}]",
        {"a": {"promise": (1, 1), "exit_status": 1}, "b": {"after": 100}},
    )
    after(simulator, web, 600)
    assert [(job.state, job.soft_failed, job.fails_build) for job in build.jobs[1:2]] == [("canceled", True, False)]


def test_canceled_jobs_are_not_retried() -> None:
    retry = "retry: {automatic: [{exit_status: -1, limit: 2}, {signal_reason: cancel, limit: 2}]}"
    simulator, web, build = started(f"[{{command: a, key: a, {retry}}}, {{command: b, key: b, {retry}}}]")
    after(simulator, web, 5)
    with simulator.client() as buildkite:
        buildkite.builds.cancel("web", 1)
    after(simulator, web, 600)
    assert (build.state, [job.state for job in build.jobs]) == ("canceled", ["canceled", "canceled"])


def test_jobs_of_higher_priority_start_first_and_uploaded_ones_take_the_turn_of_their_job() -> None:
    simulator = Simulator(agents=1)
    web = simulator.pipeline("web").configure(
        "[{command: up, key: up, priority: 2}, {command: low, key: low, priority: -1},"
        " {command: high, key: high, priority: 1}]"
    )
    web.script("*", after=10).on_upload("up", "[{command: more, key: more}]", after=5)
    build = web.build(branch="main")
    advance(simulator, 0.5)
    simulator.pipeline("api").configure("[{command: other, key: other}]").build(branch="main")
    advance(simulator, 600)
    jobs = [*web.builds[0].jobs, *simulator.pipeline("api").builds[0].jobs]
    assert build.state == "passed"
    assert [name(job) for job in sorted(jobs, key=lambda job: job.started_at or 0)] == [
        "up",
        "high",
        "more",
        "other",
        "low",
    ]


def order_of_starts(simulator: Simulator, *pipelines: str) -> list[str]:
    """Return the names of the jobs after an hour, in the order in which they started."""
    advance(simulator, 3600)
    jobs = [job for slug in pipelines for build in simulator.pipeline(slug).builds for job in build.jobs]
    began = [(job.started_at, name(job)) for job in jobs if job.started_at is not None and job.type == "script"]
    return [key for _, key in sorted(began, key=lambda each: each[0])]


ABC = "{command: a, key: a, priority: 1}, {command: b, key: b, priority: 5}, {command: c, key: c}"


@pytest.mark.parametrize("timing", [Timing(), Timing(pickup=0), Timing(creating=2)], ids=repr)
@pytest.mark.parametrize(
    ("steps", "order"),
    [
        pytest.param(f"[{ABC}]", "b a c", id="the begin of a build"),
        pytest.param(f"[{{command: z, key: z}}, wait, {ABC}]", "z b a c", id="a wait"),
        pytest.param(
            "[{command: z, key: z}, {command: a, key: a, depends_on: z}, {command: b, key: b, depends_on: z, priority: 1},"
            " {command: c, key: c, depends_on: z, priority: 2}]",
            "z c b a",
            id="a dependency",
        ),
        pytest.param(
            f"[{{command: z, key: z}}, wait, {{group: G, steps: [{ABC}]}}]",
            "z b a c",
            id="a group",
        ),
    ],
)
def test_of_jobs_that_become_ready_together_the_one_of_the_highest_priority_starts_first(
    timing: Timing, steps: str, order: str
) -> None:
    simulator = Simulator(agents=1, timing=timing)
    web = simulator.pipeline("web").configure(steps)
    web.script("*", after=10)
    web.build(branch="main")
    assert order_of_starts(simulator, "web") == order.split()


def test_priority_decides_over_pipelines_whose_builds_are_created_together() -> None:
    simulator = Simulator(agents=1)
    for slug, priority in (("web", 0), ("api", 3)):
        simulator.pipeline(slug).configure(f"[{{command: x, key: {slug}, priority: {priority}}}]")
        simulator.pipeline(slug).script("*", after=10).build(branch="main")
    assert order_of_starts(simulator, "web", "api") == ["api", "web"]


def test_priority_decides_among_uploaded_and_retried_jobs() -> None:
    simulator = Simulator(agents=1)
    web = simulator.pipeline("web").configure("[{command: up, key: up}]")
    web.script("*", after=10).on_upload("up", f"[{ABC}]", after=5)
    for key in "abc":
        web.script(key, after=10, exit_status=[1, 0])
    web.build(branch="main")
    assert order_of_starts(simulator, "web") == ["up", "b", "a", "c"]
    with simulator.client() as buildkite:
        buildkite.builds.retry_failed_jobs("web", 1)
    assert order_of_starts(simulator, "web") == ["up", "b", "a", "c", "b", "a", "c"]


def test_a_job_that_is_canceled_before_it_is_offered_takes_no_agent() -> None:
    simulator = Simulator(agents=1)
    web = simulator.pipeline("web").configure(f"[{ABC}]").script("*", after=10)
    canceled = web.build(branch="main")
    web.build(branch="main")
    with simulator.client() as buildkite:
        buildkite.builds.cancel("web", 1)
    assert order_of_starts(simulator, "web") == ["b", "a", "c"]
    assert {job.state for job in canceled.jobs} == {"canceled"}


@pytest.mark.parametrize(
    ("text", "uploads"),
    [
        ('[{command: a, agents: {queue: "${Q:-gpu}"}}]', {}),
        ("{agents: {queue: $Q}, env: {Q: gpu}, steps: [{command: a}]}", {}),
        ('[{command: a, matrix: [gpu], agents: {queue: "${X}{{matrix}}"}}]', {}),
        ("[{command: up, key: up}]", {"up": "[{command: a, agents: {queue: gpu}}]"}),
        ("[{command: up, key: up}]", {"up": "[{command: a, agents: ['queue=$Q']}]"}),
    ],
)
def test_a_job_whose_queue_a_variable_or_an_upload_names_runs(text: str, uploads: dict[str, str]) -> None:
    assert ended(text, uploads=uploads, env={"Q": "gpu"})[0] == "passed"


def test_a_job_of_a_new_queue_waits_for_an_agent_where_their_number_is_fixed() -> None:
    simulator = Simulator(agents=1)
    web = simulator.pipeline("web").configure("[{command: a, agents: {queue: $Q}}]")
    web.build(env={"Q": "gpu"})
    assert after(simulator, web, 60).state == "scheduled"
    simulator.agent("first", queue="gpu")
    assert after(simulator, web, 60).state == "passed"


def test_jobs_go_to_agents_that_have_their_tags() -> None:
    simulator = Simulator(agents=1)
    gpu = simulator.agent("gpu", tags=["gpu=a100"])
    web = simulator.pipeline("web").configure(
        "[{command: a, key: a, agents: {gpu: '*'}}, {command: b, key: b}, {command: c, key: c, agents: {gpu: tpu}}]"
    )
    build = web.build(branch="main")
    advance(simulator, 600)
    assert states(web.builds[0]) == {"a": "passed", "b": "passed", "c": "scheduled"}
    assert build.jobs[0].agent is gpu


# Concurrency ----------------------------------------------------------------------------------------------------------

GATE = """
- {command: start, key: start, concurrency: 1, concurrency_group: gate}
- {command: work, key: work, depends_on: start, parallelism: 2}
- {command: end, key: end, depends_on: work, concurrency: 1, concurrency_group: gate}
"""


def test_a_gate_of_two_steps_lets_one_build_through_at_a_time() -> None:
    simulator, web, first = started(GATE)
    second = web.build(branch="main")
    after(simulator, web, 18)
    assert (states(first)["work"], states(second)["start"]) == ("running", "limited")
    after(simulator, web, 600)
    assert (first.state, second.state) == ("passed", "passed")
    starts = [
        next(job for job in build.jobs if name(job) == step).started_at or 0
        for build, step in ((first, "end"), (second, "start"))
    ]
    assert starts[0] < starts[1]


def test_a_concurrency_group_spans_pipelines_and_rest_shows_scheduled() -> None:
    simulator, web, first = started("[{command: a, key: a, concurrency: 1, concurrency_group: deploy}]")
    other = simulator.pipeline("api").configure("[{command: b, key: b, concurrency: 1, concurrency_group: deploy}]")
    second = other.build(branch="main")
    after(simulator, web, 5)
    assert (states(first), states(second)) == ({"a": "running"}, {"b": "limited"})
    with simulator.client() as buildkite:
        job = buildkite.builds.get("api", 1).jobs[0]
        assert job.state == "scheduled"
        advance(simulator, 60)
        waited = buildkite.builds.get("api", 1).jobs[0].concurrency_wait_time_ms
    assert waited is not None
    assert waited > 5000


def test_eager_jobs_start_by_priority() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, concurrency: 1, concurrency_group: g, concurrency_method: eager},"
        " {command: w, key: w}, {command: b, key: b, depends_on: w, concurrency: 1, concurrency_group: g, concurrency_method: eager},"
        " {command: c, key: c, priority: 5, concurrency: 1, concurrency_group: g, concurrency_method: eager},"
        " {command: d, key: d, priority: 9, concurrency: 1, concurrency_group: g, concurrency_method: eager}]",
        {"w": {"after": 300}},
    )
    after(simulator, web, 100)
    began = {name(job): job.started_at for job in build.jobs if job.started_at is not None}
    assert sorted((key for key in began if key != "w"), key=lambda key: began[key] or 0) == ["d", "c", "a"]


EAGER = "concurrency: 1, concurrency_group: g, concurrency_method: eager"
ADE = f"{{command: a, key: a, {EAGER}}}, {{command: d, key: d, {EAGER}}}, {{command: e, key: e, priority: 5, {EAGER}}}"


@pytest.mark.parametrize(
    ("steps", "order"),
    [
        pytest.param(f"[{ADE}]", "e a d", id="the begin of a build"),
        pytest.param(f"[{{command: z, key: z}}, wait, {ADE}]", "z e a d", id="a wait"),
        pytest.param(
            f"[{{command: z, key: z, {EAGER}}}, {{command: y, key: y, depends_on: z, {EAGER}}},"
            f" {{command: x, key: x, depends_on: z, priority: 1, {EAGER}}}]",
            "z x y",
            id="a dependency in the group",
        ),
    ],
)
def test_of_eager_jobs_that_become_ready_together_the_one_of_the_highest_priority_starts_first(
    steps: str, order: str
) -> None:
    simulator, _, _ = started(steps)
    assert order_of_starts(simulator, "web") == order.split()


def test_of_eager_jobs_that_are_retried_together_the_one_of_the_highest_priority_starts_first() -> None:
    simulator, _, _ = started(f"[{ADE}]", {key: {"after": 10, "exit_status": [1, 0]} for key in "ade"})
    assert order_of_starts(simulator, "web") == ["e", "a", "d"]
    with simulator.client() as buildkite:
        buildkite.builds.retry_failed_jobs("web", 1)
    assert order_of_starts(simulator, "web") == ["e", "a", "d", "e", "a", "d"]


def test_jobs_of_an_ordered_group_that_become_ready_together_keep_their_order() -> None:
    ordered = "concurrency: 1, concurrency_group: g"
    simulator, _, _ = started(
        f"[{{command: z}}, wait, {{command: a, key: a, {ordered}}}, {{command: b, key: b, priority: 5, {ordered}}}]"
    )
    assert order_of_starts(simulator, "web")[1:] == ["a", "b"]


def test_jobs_behind_a_closed_block_are_not_in_the_queue() -> None:
    simulator, web, first = started(
        "[{block: Go, key: go}, {command: a, key: a, concurrency: 1, concurrency_group: g}]"
    )
    second = web.build(branch="main")
    after(simulator, web, 5)
    with simulator.client() as buildkite:
        buildkite.jobs.unblock("web", 2, second.jobs[0].id)
    after(simulator, web, 60)
    assert (first.state, second.state) == ("blocked", "passed")


@pytest.mark.parametrize("step", ["block", "input"])
def test_jobs_that_depend_on_a_closed_block_or_input_are_not_in_the_queue(step: str) -> None:
    state, jobs = ended(
        f"[{{{step}: Go, key: go}}, {{command: w, key: w, depends_on: go}},"
        " {command: a, key: a, depends_on: w, concurrency: 1, concurrency_group: g},"
        " {command: b, key: b, depends_on: ~, concurrency: 1, concurrency_group: g}]"
    )
    assert (state, jobs) == ("blocked", {"go": "blocked", "w": "waiting", "a": "waiting", "b": "passed"})


def test_a_job_that_cannot_run_gives_its_place_in_a_gate_to_the_next_build() -> None:
    simulator, web, first = started(GATE, {"work": {"exit_status": [1, 1, 0]}})
    second = web.build(branch="main")
    after(simulator, web, 600)
    assert (states(first)["end"], states(second)["start"]) == ("waiting_failed", "passed")
    with simulator.client() as buildkite:
        for job in first.current_jobs[1:3]:
            buildkite.jobs.retry("web", 1, job.id)
    assert states(first)["end"] == "waiting"


def test_the_priority_of_an_eager_job_can_be_changed_while_it_waits_for_its_turn() -> None:
    eager = "concurrency: 1, concurrency_group: g, concurrency_method: eager"
    simulator, web, build = started("".join(f"- {{command: {key}, key: {key}, {eager}}}\n" for key in "abc"))
    after(simulator, web, 5)
    with simulator.client() as buildkite:
        buildkite.jobs.reprioritize("web", 1, build.jobs[2].id, priority=1)
    after(simulator, web, 600)
    began = {name(job): job.started_at or 0 for job in build.jobs}
    assert began["a"] < began["c"] < began["b"]


G, H = "concurrency: 1, concurrency_group: g", "concurrency: 1, concurrency_group: h"


@pytest.mark.parametrize(
    ("text", "jobs", "why"),
    [
        pytest.param(
            f"[{{command: b, key: b, depends_on: a, {G}}}, {{command: a, key: a, {G}}}, {{command: c, key: c, depends_on: a}}]",
            {"b": "waiting_failed", "a": "passed", "c": "passed"},
            "the job 'b' stands ahead of 'a' in their concurrency group, and waits for it",
            id="its own dependency",
        ),
        pytest.param(
            f"[{{command: c, key: c, depends_on: b, {G}}}, {{command: b, key: b, depends_on: a}}, {{command: a, key: a, {G}}}]",
            {"c": "waiting_failed", "b": "passed", "a": "passed"},
            "the job 'c' stands ahead of 'a' in their concurrency group, and waits for it",
            id="a dependency of its dependency",
        ),
        pytest.param(
            f"[{{command: x, key: x, depends_on: y2, {G}}}, {{command: y1, key: y1, depends_on: x2, {H}}},"
            f" {{command: x2, key: x2, {G}}}, {{command: y2, key: y2, {H}}}]",
            {"x": "waiting_failed", "y1": "passed", "x2": "passed", "y2": "passed"},
            "the job 'x' stands ahead of 'x2' in their concurrency group, and waits for it",
            id="two groups",
        ),
    ],
)
def test_a_build_that_stands_in_its_own_way_ends_and_says_why(text: str, jobs: dict[str, str], why: str) -> None:
    simulator, web, build = started(text)
    after(simulator, web, 3600)
    assert (build.state, states(build), build.broken) == ("failed", jobs, why)


def test_a_build_that_stands_in_the_way_of_the_one_it_triggers_ends_and_says_why() -> None:
    simulator = Simulator()
    api = simulator.pipeline("api").configure(f"[{{command: y, key: y, {G}}}]")
    web = simulator.pipeline("web").configure(
        f"[{{command: s, key: s, {G}}}, {{trigger: api, key: t, depends_on: s}}, {{command: e, key: e, depends_on: t, {G}}}]"
    )
    build = web.build(branch="main")
    advance(simulator, 3600)
    assert (web.builds[0].state, states(build)) == ("failed", {"s": "passed", "t": "passed", "e": "waiting_failed"})
    assert build.broken == "the job 'e' stands ahead of 'y' in their concurrency group, and waits for it"
    assert api.builds[0].state == "passed"


STANDS_AHEAD = "the job 'deploy' stands ahead of 's' in their concurrency group, and waits for it"
NO_SUCH_KEY = "steps waited for a key that no step has, or for each other"


@pytest.mark.parametrize("creating", [0, 5])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(f"[{{trigger: api}}, wait, {{command: deploy, label: deploy, {G}}}]", STANDS_AHEAD, id="wait"),
        pytest.param(
            f"[{{command: deploy, label: deploy, depends_on: t, {G}}}, {{trigger: api, key: t}}]",
            STANDS_AHEAD,
            id="depends_on",
        ),
        pytest.param(
            f"[{{command: x, {G}}}, wait, {{trigger: api}}, wait, {{command: deploy, label: deploy, {G}}}]",
            STANDS_AHEAD,
            id="behind a job that has run",
        ),
        pytest.param(f"[{{command: deploy, depends_on: tpyo, {G}}}, {{trigger: api}}]", NO_SUCH_KEY, id="missing key"),
        pytest.param(
            f"[{{wait: ~, depends_on: tpyo, key: w}}, {{command: d, depends_on: [{{step: w, allow_failure: true}}], {G}}}, {{trigger: api, depends_on: ~}}]",
            NO_SUCH_KEY,
            id="missing key of a dependency",
        ),
        pytest.param(
            f"[{{command: deploy, key: d, depends_on: d, {G}}}, {{trigger: api}}]", NO_SUCH_KEY, id="waits for itself"
        ),
    ],
)
def test_builds_that_stand_in_the_way_of_those_that_they_trigger_end_and_say_why(
    text: str, why: str, creating: float
) -> None:
    simulator = Simulator(timing=Timing(creating=creating))
    api = simulator.pipeline("api").configure(f"[{{command: s, label: s, {G}}}]")
    web = simulator.pipeline("web").configure(text)
    for _ in range(3):
        web.build(branch="main")
    advance(simulator, 3600)
    assert [(build.state, build.broken) for build in web.builds] == [("failed", why)] * 3
    assert [build.state for build in api.builds] == ["passed"] * 3


def test_builds_that_stand_in_each_others_way_end_where_the_oldest_job_ahead_fails() -> None:
    simulator = Simulator()
    crossed = "[{{command: a, key: a, depends_on: b, {}}}, {{trigger: {}, key: b, label: t}}]"
    simulator.pipeline("web").configure(crossed.format(G, "late")).build(branch="main")
    simulator.pipeline("api").configure(crossed.format(H, "later")).build(branch="main")
    simulator.pipeline("late").configure(f"[{{command: h, label: h, {H}}}]")
    simulator.pipeline("later").configure(f"[{{command: g, label: g, {G}}}]")
    advance(simulator, 3600)
    why = "the job 'a' stands ahead of 'g' in their concurrency group, and waits for it"
    found = {slug: simulator.pipeline(slug).builds[0] for slug in ("web", "api", "late", "later")}
    assert {slug: (build.state, build.broken) for slug, build in found.items()} == {
        "web": ("failed", why),
        "api": ("passed", None),
        "late": ("passed", None),
        "later": ("passed", None),
    }


def test_nothing_fails_while_the_build_of_a_job_ahead_goes_on_or_waits_for_a_user() -> None:
    simulator = Simulator()
    api = simulator.pipeline("api").configure(f"[{{command: s, label: s, {G}}}]")
    web = simulator.pipeline("web").configure(
        f"[{{trigger: api, key: t}}, {{command: deploy, label: deploy, depends_on: t, {G}}}, {{command: long, key: long}},"
        " {block: Go, key: go}]"
    )
    build = web.script("long", after=600).build(branch="main")
    advance(simulator, 500)
    assert (web.builds[0].state, build.broken, api.builds[0].state) == ("running", None, "scheduled")
    advance(simulator, 600)
    assert (web.builds[0].state, states(build)["go"], api.builds[0].state) == ("failed", "blocked_failed", "passed")


def test_as_many_builds_as_there_are_may_wait_for_each_other() -> None:
    simulator = Simulator()
    simulator.pipeline("api").configure(f"[{{command: s, {G}}}]")
    web = simulator.pipeline("web").configure(f"[{{trigger: api}}, wait, {{command: d, {G}}}]")
    for _ in range(300):
        web.build(branch="main")
    advance(simulator, 7200)
    assert {build.state for build in web.builds} == {"failed"}


@pytest.mark.parametrize("seed", range(4))
def test_however_builds_wait_for_each_other_all_of_them_end(seed: int) -> None:
    random = Random(seed)

    def step(key: int, others: Sequence[str]) -> str:
        if random.random() < 0.15:
            return "wait"
        parts = [f"key: k{key}, command: x, concurrency: 1, concurrency_group: {random.choice('gh')}"]
        if others and random.random() < 0.4:
            parts = [f"key: k{key}, trigger: {random.choice(others)}"]
        elif random.random() < 0.2:
            parts.append("concurrency_method: eager, priority: 1")
        if random.random() < 0.5:
            parts.append(f"depends_on: {random.choice(['k0', 'k1', 'k2', 'typo', '~'])}")
        return f"{{{', '.join(parts)}}}"

    for _ in range(25):
        simulator = Simulator()
        pipelines = [simulator.pipeline(slug) for slug in "abc"]
        for number, pipeline in enumerate(pipelines):
            pipeline.configure(f"[{', '.join(step(key, 'abc'[number + 1 :]) for key in range(3))}]")
        for _ in range(4):
            random.choice(pipelines).build(branch="main")
            advance(simulator, random.choice([0, 3]))
        advance(simulator, 3600)
        assert [build.history for each in pipelines for build in each.builds if not build.done] == []


def test_an_ordered_job_counts_those_ahead_by_creation_and_no_younger_eager_one() -> None:
    eager = "concurrency_method: eager"
    text = f"[{{command: a, key: a, {G}}}, {{command: b, key: b, {G}, {eager}, priority: 2, depends_on: a}}, {{command: c, key: c, {G}}}]"
    simulator, web, first = started(text)
    second = web.build(branch="main")
    assert order_of_starts(simulator, "web") == list("abcabc")
    assert (first.state, second.state, web.builds[0].broken) == ("passed", "passed", None)


def test_an_older_eager_job_that_waits_keeps_its_place_before_an_ordered_one() -> None:
    eager = "concurrency_method: eager, priority: -1"
    simulator, _, _ = started(
        f"[{{command: w, key: w}}, {{command: a, key: a, depends_on: w, {G}, {eager}}}, {{command: b, key: b, {G}}}]"
    )
    assert order_of_starts(simulator, "web") == ["w", "a", "b"]


def test_a_build_waits_for_its_turn_while_another_holds_the_slot() -> None:
    simulator, web, _ = started(f"[{{command: long, key: long, {G}}}]", {"long": {"after": 600}})
    other = simulator.pipeline("api").configure(
        f"[{{command: a, key: a, {G}}}, {{command: b, key: b, depends_on: a, {G}}}]"
    )
    second = other.build(branch="main")
    after(simulator, web, 300)
    assert (second.state, states(second), second.broken) == ("scheduled", {"a": "limited", "b": "waiting"}, None)
    after(simulator, web, 3600)
    assert other.builds[0].state == "passed"


# Triggers -------------------------------------------------------------------------------------------------------------


def triggered(
    step: str, child: str = "[{command: b, key: b}]", script: Script | None = None
) -> tuple[Simulator, Build, Build]:
    simulator = Simulator()
    api = simulator.pipeline("api", default_branch="trunk").configure(child)
    api.script("*", **{"after": 10, **(script or {})})
    web = simulator.pipeline("web").configure(f"[{{trigger: api, key: t, {step}}}]")
    build = web.build(branch="main", message="Parent")
    advance(simulator, 600)
    return simulator, web.builds[0], api.builds[0] if api.builds else build


@pytest.mark.parametrize(
    ("step", "child", "script", "state", "job"),
    [
        ("label: Go", "[{command: b, key: b}]", {}, "passed", "passed"),
        ("label: Go", "[{command: b, key: b}]", FAILS, "failed", "failed"),
        ("soft_fail: true", "[{command: b, key: b}]", FAILS, "passed", "failed"),
        ("async: true", "[{command: b, key: b}]", FAILS, "passed", "passed"),
        ("label: Go", "[{block: Wait, key: b}]", {}, "running", "running"),
        ("label: Go", "[{command: b, key: b, skip: true}]", {}, "failed", "failed"),
        ("label: Go", "[wait]", {}, "failed", "failed"),
        ("label: Go", "[{command: b, key: b, branches: none}]", {}, "failed", "failed"),
        ("soft_fail: true", "[{command: b, key: b, skip: true}]", {}, "passed", "failed"),
        ("async: true", "[{command: b, key: b, skip: true}]", {}, "passed", "passed"),
    ],
)
def test_triggers(step: str, child: str, script: Script, state: str, job: str) -> None:
    _, parent, _ = triggered(step, child, script)
    assert (parent.state, states(parent)) == (state, {"t": job})


def test_a_triggered_build_has_what_the_step_says() -> None:
    _, _, child = triggered(
        "label: Deploy, build: {branch: rel, commit: abc, message: M, env: {A: 1}, meta_data: {m: x}}"
    )
    assert (child.branch, child.commit, child.message, child.env, child.meta_data) == (
        "rel",
        "abc",
        "M",
        {"A": "1"},
        {"m": "x"},
    )
    _, parent, child = triggered("label: Deploy")
    assert (child.branch, child.commit, child.message, child.source) == ("trunk", "HEAD", "Deploy", "trigger_job")
    assert child.creator is parent.creator


def test_parallelism_of_a_trigger_step_creates_a_build_for_each_job() -> None:
    simulator, parent, _ = triggered("parallelism: 3")
    assert (parent.state, states(parent)) == ("passed", {"t": "passed", "t 2": "passed", "t 3": "passed"})
    assert [job.triggered_build for job in parent.jobs] == simulator.pipeline("api").builds


def test_the_triggered_build_is_unknown_until_it_is_made() -> None:
    simulator = Simulator()
    simulator.pipeline("api").configure("[{command: b, key: b}]")
    web = simulator.pipeline("web").configure("[{command: a, key: a}, wait, {trigger: api, key: t}]")
    build = web.build(branch="main")
    advance(simulator, 2)
    assert build.jobs[2].triggered_build is None
    advance(simulator, 600)
    assert [web.builds[0].state, build.jobs[2].triggered_build] == ["passed", simulator.pipeline("api").builds[0]]


@pytest.mark.parametrize("by", ["skip_queued_branch_builds", "cancel_running_branch_builds"])
def test_a_trigger_step_is_skipped_when_a_newer_build_takes_the_place_of_the_triggered_one(by: str) -> None:
    simulator = Simulator(agents=0 if by.startswith("skip") else 2)
    options: dict[str, Any] = {by: True}
    api = simulator.pipeline("api", **options).configure("[{command: b, key: b}]").script("*", after=100)
    web = simulator.pipeline("web").configure("[{trigger: api, key: t}]")
    build = web.build(branch="main")
    advance(simulator, 10)
    api.build(branch="main")
    advance(simulator, 10)
    assert api.builds[0].state == ("skipped" if by.startswith("skip") else "canceled")
    assert [states(each) for each in web.builds] == [states(build)] == [{"t": "skipped"}]


@pytest.mark.parametrize(
    ("step", "state", "soft"), [("label: Go", "failed", False), ("soft_fail: true", "passed", True)]
)
def test_a_trigger_of_no_pipeline_fails_as_the_step_says(step: str, state: str, soft: bool) -> None:
    simulator, web, build = started(f"[{{trigger: nowhere, key: t, {step}}}]")
    assert (after(simulator, web, 60).state, build.jobs[0].state, build.jobs[0].soft_failed) == (state, "failed", soft)
    assert build.jobs[0].refused == "there is no pipeline 'nowhere'"


def test_a_trigger_of_an_archived_pipeline_fails() -> None:
    simulator, web, build = started("[{trigger: child, key: t}]")
    simulator.pipeline("child").job("test")
    with simulator.client() as buildkite:
        buildkite.pipelines.archive("child")
    assert (after(simulator, web, 60).state, build.jobs[0].refused) == ("failed", "the pipeline 'child' is archived")


@pytest.mark.parametrize("asynchronous", ["async: true", "async: false"])
@pytest.mark.parametrize("names", [["web"], ["web", "api"], ["web", "api", "docs"]])
def test_a_chain_of_triggers_ends_after_ten_builds(names: list[str], asynchronous: str) -> None:
    simulator = Simulator()
    for name, following in zip(names, [*names[1:], names[0]], strict=True):
        simulator.pipeline(name).configure(f"[{{trigger: {following}, {asynchronous}}}]")
    simulator.pipeline("web").build(branch="main")
    advance(simulator, 600)
    builds = sorted(
        (build for name in names for build in simulator.pipeline(name).builds), key=lambda build: build.depth
    )
    assert [build.depth for build in builds] == [*range(10)]
    assert [build.jobs[0].refused for build in builds] == [
        *[None] * 9,
        "10 builds have triggered each other: Buildkite allows no longer chain",
    ]
    assert {build.state for build in builds[:9]} == {"passed" if "true" in asynchronous else "failed"}
    assert builds[9].state == "failed"


@pytest.mark.parametrize(
    ("step", "pipeline", "organization", "seconds"),
    [
        ("", (None, None), (None, None), 900),
        ("", (None, None), (2, None), 120),
        ("", (3, None), (2, None), 180),
        ("timeout_in_minutes: 4", (3, None), (2, None), 240),
        ("timeout_in_minutes: 4", (None, None), (None, 1), 60),
        ("", (None, 5), (None, 6), 300),
        ("", (None, None), (6, 5), 300),
    ],
)
def test_the_timeout_of_a_step_its_pipeline_or_the_organization(
    step: str, pipeline: tuple[int | None, int | None], organization: tuple[int | None, int | None], seconds: int
) -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").configure(f"[{{command: a, {step}}}]").script("*", after=900)
    with simulator.client() as buildkite:
        buildkite.pipelines.update(
            "web",
            default_command_step_timeout=or_unset(pipeline[0]),
            maximum_command_step_timeout=or_unset(pipeline[1]),
        )
        buildkite.pipeline_settings.update(
            default_timeout_in_minutes=or_unset(organization[0]), maximum_timeout_in_minutes=or_unset(organization[1])
        )
    build = web.build()
    after(simulator, web, 3600)
    (job,) = build.jobs
    assert job.started_at is not None
    assert job.finished_at is not None
    grace = 0 if seconds == 900 else 1
    assert round(job.finished_at - job.started_at) == seconds + grace
    assert job.state == ("timed_out" if grace else "passed")


# Uploads --------------------------------------------------------------------------------------------------------------


def test_an_upload_stands_behind_its_step_and_later_ones_stand_before() -> None:
    simulator, web, build = started("[{command: up, key: up}, {command: last, key: last}]")
    web.on_upload("up", "[{command: a, key: a}]", after=2).on_upload("up", "[{command: b, key: b}]", after=4)
    second = web.build(branch="main")
    after(simulator, web, 6)
    assert list(states(second)) == ["up", "b", "a", "last"]
    assert [states(second)[key] for key in "ba"] == ["waiting", "waiting"]
    after(simulator, web, 60)
    assert (build.state, second.state, set(states(second).values())) == ("passed", "passed", {"passed"})


def test_what_depends_on_the_step_waits_for_its_uploads() -> None:
    text = "[{command: up, key: up}, {command: dep, key: dep, depends_on: up}, wait, {command: last, key: last}]"
    simulator, web, build = started(
        text, {"a": {"after": 100, "exit_status": 1}}, uploads={"up": "[{command: a, key: a}]"}
    )
    after(simulator, web, 60)
    assert states(build) == {"up": "passed", "a": "running", "dep": "waiting", "waiter": "waiting", "last": "waiting"}
    after(simulator, web, 600)
    assert states(build) == {
        "up": "passed",
        "a": "failed",
        "dep": "waiting_failed",
        "waiter": "waiting_failed",
        "last": "waiting_failed",
    }


@pytest.mark.parametrize("between", [", ", "]\n---\n["], ids=["one upload", "two uploads"])
def test_an_uploaded_step_that_depends_on_its_uploader_does_not_wait_for_its_other_uploads(between: str) -> None:
    simulator, web, build = started(
        "[{command: up, key: up}, {command: last, key: last, depends_on: up}]",
        {"c": FAILS},
        uploads={"up": f"[{{command: b, key: b, depends_on: up}}{between}{{command: c, key: c, depends_on: b}}]"},
    )
    after(simulator, web, 600)
    assert states(build) == {"up": "passed", "b": "passed", "c": "failed", "last": "waiting_failed"}


def test_an_uploaded_wait_holds_back_the_rest() -> None:
    text = "[{command: up, key: up}, {block: Go, key: go}, {command: last, key: last}]"
    simulator, web, build = started(
        text, {"a": FAILS}, uploads={"up": "[{command: a, key: a}, wait, {command: b, key: b}]"}
    )
    after(simulator, web, 600)
    assert states(build) == {
        "up": "passed",
        "a": "failed",
        "waiter": "waiting_failed",
        "b": "waiting_failed",
        "go": "blocked_failed",
        "last": "waiting_failed",
    }


@pytest.mark.parametrize(
    ("wait", "state"), [("{wait: ~, continue_on_failure: true}", "passed"), ("wait", "waiting_failed")]
)
def test_a_wait_of_a_group_that_was_uploaded_counts_inside_of_it_only(wait: str, state: str) -> None:
    uploads = {"up": "[{group: g, steps: [{command: a, key: a}, wait, {command: b, key: b}]}]"}
    text = f"[{{command: up, key: up}}, {{command: c, key: c}}, {wait}, {{command: d, key: d}}]"
    _, jobs = ended(text, {"a": FAILS}, uploads=uploads)
    assert (jobs["b"], jobs["c"], jobs["d"]) == ("waiting_failed", "passed", state)


def test_a_wait_in_a_group_lets_no_wait_outside_go_after_a_cancelation() -> None:
    text = """
    - group: g
      steps: [{command: a, key: a, cancel_on_build_failing: true}, wait, {command: b, key: b}]
    - {command: x, key: x}
    - {wait: ~, continue_on_failure: true}
    - {command: c, key: c}
    """
    _, jobs = ended(text, {"a": {"after": 100}, "x": FAILS})
    assert (jobs["a"], jobs["b"], jobs["c"]) == ("canceled", "waiting_failed", "waiting_failed")


def test_the_conditions_of_a_build_and_its_uploads_share_the_time_of_their_searches() -> None:
    text = "[{command: up, key: up}, {command: a, key: a, if: build.message =~ /(a|aa)+$$/}]"
    uploads = {
        "up": "[{command: b, key: b, if: build.message !~ /^x/}, {command: c, key: c, if: build.branch == 'main'}]"
    }
    assert ended(text, uploads=uploads, message="a" * 60 + "b")[1] == {
        "up": "passed",
        "b": "broken",
        "c": "passed",
        "a": "broken",
    }


def test_a_key_that_an_upload_brings_is_waited_for() -> None:
    simulator, web, build = started(
        "[{command: up, key: up}, {command: dep, key: dep, depends_on: late}]",
        uploads={"up": "[{group: g, key: late, steps: [{command: a, key: a}]}]"},
    )
    after(simulator, web, 3)
    assert states(build)["dep"] == "waiting"
    assert (after(simulator, web, 600).state, states(build)) == (
        "passed",
        {"up": "passed", "a": "passed", "dep": "passed"},
    )


def test_uploads_see_the_environment_of_their_job() -> None:
    simulator, web, build = started(
        "[{command: up, key: up, env: {WHO: step}}]",
        uploads={"up": "env: {X: $WHO}\nsteps: [{command: 'echo $X $BUILDKITE_STEP_KEY'}]"},
    )
    after(simulator, web, 600)
    assert build.jobs[1].command_step is not None
    assert build.jobs[1].command_step.command == "echo step up"


def test_a_function_returns_what_a_job_uploads() -> None:
    def steps(job: Job) -> str:
        assert job.state == "running"
        seen = (job.step.key, job.attempt, job.parallel_index, job.build.branch, job.build.env, job.build.meta_data)
        told.append(seen)
        return f"[{{label: '{job.attempt} {job.parallel_index} $BUILDKITE_RETRY_COUNT', command: more}}]"

    told: list[object] = []
    simulator = Simulator()
    web = simulator.pipeline("web").configure(
        "[{command: up, key: up, parallelism: 2, retry: {automatic: {limit: 1, exit_status: 1}}}]"
    )
    web.script("*", after=10).script("up", exit_status=[1, 0])
    web.on_upload("up", steps, after=5, each_attempt=True)
    build = web.build(branch="next", env={"A": "b"}, meta_data={"m": "x"})
    assert told == []
    after(simulator, web, 600)
    given = ("next", {"A": "b"}, {"m": "x"})
    assert told == [("up", attempt, index, *given) for attempt in (0, 1) for index in (0, 1)]
    assert sorted(job.step.label for job in build.jobs if job.step.label) == ["0 0 0", "0 1 0", "1 0 1", "1 1 1"]
    assert build.step_uploads[0].text == "[{label: '0 0 $BUILDKITE_RETRY_COUNT', command: more}]"


def test_a_function_may_upload_no_steps_and_steps_that_are_refused() -> None:
    simulator, web, _ = started("[{command: up, key: up}, {command: no, key: no}]")
    web.on_upload("up", lambda _: "[]").on_upload("no", lambda job: f"[{{command: x, key: {job.step.key}}}]")
    build = web.build(branch="main")
    after(simulator, web, 600)
    assert states(build) == {"up": "passed", "no": "failed"}


@pytest.mark.parametrize(
    ("returned", "kind"), [(None, "None"), ([{"command": "x"}], "a list"), (b"- wait", "a bytes"), ({}, "a dict")]
)
def test_a_function_that_returns_no_text_is_told_at_its_upload(returned: Any, kind: str) -> None:
    def generate(_: Job) -> Any:
        return returned

    simulator, web, _ = started("[{command: up, key: up}]")
    web.on_upload("up", generate, after=5)
    build = web.build(branch="main")
    after(simulator, web, 4)
    with pytest.raises(TypeError, match=rf"generate returned for on_upload is {kind}: give the YAML text of the steps"):
        after(simulator, web, 10)
    assert after(simulator, web, 600) is web.builds[0]
    assert build.state == "passed"


def test_each_document_of_an_upload_is_an_upload() -> None:
    simulator, web, build = started(
        "[{command: up, key: up}]", uploads={"up": "- {command: a, key: a}\n---\n- {command: b, key: b}"}
    )
    after(simulator, web, 600)
    assert (list(states(build)), build.uploads) == (["up", "b", "a"], 2)


def test_replace_drops_what_has_not_begun() -> None:
    simulator, web, build = started(
        "[{command: up, key: up}, {command: now, key: now}, wait, {command: late, key: late}]"
    )
    web.on_upload("up", "[{command: a, key: a}]", after=5, replaces=True)
    second = web.build(branch="main")
    after(simulator, web, 600)
    assert states(second) == {"up": "passed", "a": "passed", "now": "passed"}
    assert (build.state, second.state) == ("passed", "passed")


def replaced(
    text: str,
    *uploads: tuple[str, float, bool],
    scripts: Mapping[str, Script] | None = None,
    then: Mapping[str, str] | None = None,
    agents: int | None = None,
) -> tuple[Simulator, SimulatedPipeline, Build]:
    """Return a build whose step `up` uploads texts, each after some seconds, and with `--replace` or without.

    The steps of `then` upload others after 20 s.
    """
    simulator = Simulator(agents=agents)
    web = simulator.pipeline("web").configure(text).script("*", after=10)
    for step, script in (scripts or {}).items():
        web.script(step, **script)
    for upload, seconds, replaces in uploads:
        web.on_upload("up", upload, after=seconds, replaces=replaces)
    for step, upload in (then or {}).items():
        web.on_upload(step, upload, after=20)
    return simulator, web, web.build(branch="main")


def test_ids_are_unique_although_a_replacement_has_removed_steps() -> None:
    simulator, web, build = replaced(
        "[{command: up, key: up}, {command: dep, key: dep, depends_on: up}, {command: now, key: now}, {command: end, key: end}]",
        ("[{command: a, key: a}]", 5, True),
        scripts={"now": {"exit_status": [1, 0]}, "end": {"after": 30}},
        then={"end": "[{command: b, key: b}, {command: c, key: c}]"},
    )
    ids = dict[str, str]()
    for _ in range(60):
        after(simulator, web, 1)
        for job in build.jobs:
            assert ids.setdefault(name(job), job.step_id) == job.step_id
    with simulator.client() as buildkite:
        buildkite.jobs.retry("web", build.number, next(job.id for job in build.jobs if name(job) == "now"))
    after(simulator, web, 60)
    assert [name(job) for job in build.jobs] == ["up", "now", "end", "a", "b", "c", "now"]
    assert sorted(ids) == ["a", "b", "c", "dep", "end", "now", "up"]
    assert len(set(ids.values())) == len(ids)
    assert len({job.id for job in build.jobs}) == len(build.jobs)


def test_a_key_is_free_again_when_a_replacement_has_removed_its_step() -> None:
    simulator, web, build = replaced(
        "[{command: dep, key: dep, depends_on: late}, {command: up, key: up}, wait, {command: late, key: late}]",
        ("[{command: new, key: late}]", 5, True),
    )
    after(simulator, web, 600)
    assert (build.state, states(build)) == ("passed", {"dep": "passed", "up": "passed", "late": "passed"})
    began = {name(job): job.started_at or 0 for job in build.jobs}
    assert began["late"] < began["dep"]


def test_what_depends_on_a_step_that_a_replacement_has_removed_does_not_run() -> None:
    simulator, web, build = replaced(
        "[{command: dep, key: dep, depends_on: late}, {command: up, key: up}, wait, {command: late, key: late}]",
        ("[{command: a, key: a}]", 5, True),
    )
    after(simulator, web, 600)
    assert (build.state, states(build)) == ("failed", {"dep": "waiting_failed", "up": "passed", "a": "passed"})


def test_a_replacement_that_is_refused_removes_nothing() -> None:
    simulator, web, build = replaced(
        "[{command: up, key: up}, wait, {command: late, key: late}]", ("[{command: new, key: up}]", 5, True)
    )
    after(simulator, web, 600)
    assert states(build) == {"up": "failed", "waiter": "waiting_failed", "late": "waiting_failed"}


def test_a_step_that_was_removed_does_not_run_when_the_key_comes_for_which_it_waited() -> None:
    simulator, web, build = replaced(
        "[{command: up, key: up}, {command: dep, key: dep, depends_on: late}]",
        ("[{command: a, key: a}]", 3, True),
        ("[{command: late, key: late}]", 5, False),
    )
    after(simulator, web, 600)
    assert (build.state, states(build)) == ("passed", {"up": "passed", "late": "passed", "a": "passed"})


@pytest.mark.parametrize(
    "rest",
    [
        "[{command: up, key: up}, {command: low, key: low}]",
        "[{command: up, key: up}, {command: a, key: a, parallelism: 2}]",
        "[{command: up, key: up}, {block: Go, key: go, depends_on: ~}]",
        "[{command: up, key: up}, {input: Name, key: name}]",
        (
            "[{command: a, key: a, concurrency: 1, concurrency_group: g}, {command: up, key: up},"
            " {command: b, key: b, concurrency: 1, concurrency_group: g}]"
        ),
    ],
    ids=["no agent", "two jobs", "a block", "an input", "no turn"],
)
def test_a_replacement_removes_what_could_start_and_has_not(rest: str) -> None:
    simulator, web, build = replaced(
        rest,
        ("[{command: new, key: new}]", 5, True),
        scripts={"a": {"after": 100}},
        agents=1 + rest.startswith("[{command: a"),
    )
    before = list(build.jobs)
    after(simulator, web, 600)
    assert (build.state, states(build)["new"]) == ("passed", "passed")
    left = [job for job in build.jobs if job in before]
    assert [name(job) for job in left] == [key for key in ("a", "up") if f"key: {key}, con" in rest or key == "up"]
    with simulator.client() as buildkite:
        assert len(buildkite.builds.get("web", 1).jobs) == len(left) + 1


@pytest.mark.parametrize(
    "rest",
    ["{command: a, key: a, parallelism: 2}", "{command: a, key: a, retry: {automatic: true}}, {command: b, key: b}"],
    ids=["one of two jobs", "a retry"],
)
def test_a_replacement_keeps_all_jobs_of_a_step_that_has_started(rest: str) -> None:
    simulator, web, build = replaced(
        f"[{{command: up, key: up}}, {rest}]",
        ("[{command: new, key: new}]", 10, True),
        scripts={
            "up": {"after": 20},
            "a": {"after": 4 if "retry" in rest else 50, "exit_status": [1, 0]},
            "b": {"after": 50},
        },
        agents=2,
    )
    before = list(build.current_jobs)
    after(simulator, web, 10)
    assert [job.state for job in build.current_jobs].count("scheduled") == 1
    after(simulator, web, 600)
    assert [name(job) for job in build.current_jobs] == ["up", "new", *(name(job) for job in before[1:])]
    assert {job.state for job in build.jobs if not job.retried} <= {"passed", "failed"}


def test_a_job_that_a_replacement_has_removed_gives_its_place_in_a_concurrency_group_to_the_next() -> None:
    simulator, web, build = replaced(
        "[{command: b, key: b}, {command: up, key: up}, {command: a, key: a, depends_on: b, concurrency: 1, concurrency_group: g}]",
        ("[{command: c, key: c}]", 5, True),
        scripts={"b": {"after": 100}},
    )
    other = simulator.pipeline("api").configure("[{command: d, key: d, concurrency: 1, concurrency_group: g}]")
    waiting = other.build(branch="main")
    after(simulator, web, 4)
    assert states(waiting) == {"d": "limited"}
    after(simulator, web, 30)
    assert (waiting.state, states(build)) == ("passed", {"b": "running", "up": "passed", "c": "passed"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{command: a, key: up}]", 'The key "up" has already been used by another step in this build'),
        (
            "[{command: a, key: x}, {command: b, key: x}]",
            'The key "x" has already been used by another step in this build',
        ),
        ("[{group: a, steps: [{group: b, steps: [wait]}]}]", "groups can't be nested"),
        ("[{command: a, parallelism: 501}]", "at most 500"),
        ("[{command: a, concurrency: 1}]", "`concurrency` needs a `concurrency_group`"),
        ("steps: {", "Pipeline parsing failed"),
        ("[{command: '${X?}'}]", "$X: not set"),
        (
            "[{command: a, if: true && build.brnch == 'x'}]",
            "line 1, column 27: `build.brnch` is not a variable: did you mean `build.branch`?",
        ),
    ],
)
def test_an_upload_that_is_refused_fails_its_job(text: str, message: str) -> None:
    simulator, web, build = started(
        "[{command: up, key: up}, {command: b, key: b}]", {"up": {"log": "hello\n"}}, uploads={"up": text}
    )
    after(simulator, web, 600)
    assert states(build) == {"up": "failed", "b": "passed"}
    assert build.jobs[0].exit_status == 1
    with simulator.client() as buildkite:
        log = buildkite.jobs.log_text("web", 1, build.jobs[0].id, clean=True)
    assert log.startswith("hello\n")
    assert message in log


@pytest.mark.parametrize(
    ("jobs", "refused"), [(500, None), (501, "The upload has 501 jobs, and at most 500 are allowed")]
)
def test_an_upload_takes_500_jobs(jobs: int, refused: str | None) -> None:
    upload = (
        f"[{{command: a, parallelism: {jobs - 26}}}, wait, {{command: 'b {{{{matrix}}}}', matrix: {list(range(25))}}}]"
    )
    simulator, web, _ = replaced("[{command: up, key: up}]", (upload.replace("wait", "{wait: ~}"), 5, False))
    build = after(simulator, web, 8)
    assert [each.refused for each in build.step_uploads] == [refused]
    assert len(build.jobs) == 1 + (jobs if refused is None else 0)


@pytest.mark.parametrize("count", [500, 501])
def test_a_build_takes_500_uploads(count: int) -> None:
    simulator, web, build = replaced("[{command: up, key: up}]", ("\n---\n".join(["- command: a"] * count), 5, False))
    after(simulator, web, 8)
    assert (len(build.jobs), build.uploads) == (501, 500)
    assert [each.refused for each in build.step_uploads[500:]] == ["A build can have at most 500 uploads"] * (
        count - 500
    )
    assert states(build)["up"] == ("running" if count == 500 else "failed")


@pytest.mark.parametrize(
    ("others", "retried", "refused"),
    [
        (3400, False, None),
        (3401, False, "The build would have 4001 jobs, and at most 4000 are allowed"),
        (3400, True, "The build would have 4001 jobs, and at most 4000 are allowed"),
    ],
)
def test_a_build_takes_4000_jobs_and_retries_count(others: int, retried: bool, refused: str | None) -> None:
    simulator, web, build = replaced(
        f"[{{command: up, key: up, retry: {{automatic: true}}}}, {{command: x, skip: true, parallelism: {others}}},"
        " {command: y, key: y, retry: {automatic: true}}]",
        ("[{command: a, parallelism: 499}]", 15, False),
        ("[{command: b, parallelism: 99}]", 16, False),
        scripts={"y": {"exit_status": [int(retried), 0]}, "up": {"after": 20}},
    )
    after(simulator, web, 18)
    assert [each.refused for each in build.step_uploads] == [None, refused]
    assert len(build.jobs) == (4000 if refused is None else 3902 + (others - 3400) + retried)


# States of builds -----------------------------------------------------------------------------------------------------


def history(build: Build) -> list[str]:
    return [state for _, state in build.history]


def test_the_life_of_builds() -> None:
    lives: dict[str, list[str]] = {}
    cases: dict[str, tuple[str, Mapping[str, Script]]] = {
        "passed": ("[{command: a, key: a}]", {}),
        "failing": ("[{command: a, key: a}, {command: b, key: b}]", {"a": FAILS, "b": {"after": 30}}),
        "blocked": ("[{command: a, key: a}, {block: Go}]", {}),
        "blocked at once": ("[{block: Go}]", {}),
    }
    for case, (text, scripts) in cases.items():
        simulator, web, build = started(text, scripts)
        after(simulator, web, 600)
        lives[case] = history(build)
    assert lives == {
        "passed": ["creating", "scheduled", "running", "passed"],
        "failing": ["creating", "scheduled", "running", "failing", "failed"],
        "blocked": ["creating", "scheduled", "running", "blocked"],
        "blocked at once": ["creating", "scheduled", "blocked"],
    }


@pytest.mark.parametrize("shown", ["passed", "failed", "running"])
def test_a_blocked_build_shows_its_blocked_state(shown: str) -> None:
    simulator, web, _ = started(f"[{{block: Go, blocked_state: {shown}}}]")
    after(simulator, web, 1)
    with simulator.client() as buildkite:
        build = buildkite.builds.get("web", 1)
    assert (build.state, build.blocked) == (shown, True)


def test_intermediate_builds_are_skipped_and_canceled_by_branch() -> None:
    simulator = Simulator(agents=6)
    web = simulator.pipeline(
        "web",
        skip_queued_branch_builds=True,
        skip_queued_branch_builds_filter="!main",
        cancel_running_branch_builds=True,
        cancel_running_branch_builds_filter="next",
    ).configure("[{command: a, key: a, agents: {queue: $Q}}]")
    web.script("a", after=100)
    for branch in ("main", "next"):
        for queue in ("default", "none", "none", "default"):
            web.build(branch=branch, env={"Q": queue})
            advance(simulator, 5)
    assert [build.state for build in web.builds] == [
        *("running", "scheduled", "scheduled", "running"),
        *("canceled", "skipped", "skipped", "running"),
    ]


def canceling(text: str, *branches: str, agents: int = 1) -> tuple[Simulator, SimulatedPipeline]:
    """Return a pipeline that cancels running intermediate builds, with a build of each branch, 10 s apart."""
    simulator = Simulator(agents=agents)
    web = simulator.pipeline("web", cancel_running_branch_builds=True).configure(text).script("*", after=100)
    for branch in branches:
        web.build(branch=branch)
        advance(simulator, 10)
    return simulator, web


def test_a_running_intermediate_build_is_canceled_when_the_newer_one_starts() -> None:
    simulator, web = canceling("[{command: a, key: a}]", "main", "main")
    assert [build.state for build in web.builds] == ["running", "scheduled"]
    advance(simulator, 105)
    assert [build.state for build in web.builds] == ["passed", "running"]
    simulator, web = canceling("[{command: a, key: a}]", "main", "next", "main", agents=2)
    assert [build.state for build in web.builds] == ["running", "running", "scheduled"]
    simulator, web = canceling("[{command: a, key: a}]", "main", "next", "main", agents=3)
    older, _, newer = web.builds
    assert [build.state for build in web.builds] == ["canceled", "running", "running"]
    assert older.cancel_reason == "A newer build of the branch has started"
    began = {state: at for at, state in older.history}["canceling"]
    assert abs(began - (newer.started_at or 0)) < 0.001


@pytest.mark.parametrize(("steps", "state"), [("{block: Go}", "blocked"), ("{command: f, key: f}", "failing")])
def test_a_blocked_or_failing_intermediate_build_is_canceled_too(steps: str, state: str) -> None:
    simulator, web = canceling(f"[{steps}, {{command: a, key: a}}]", agents=9)
    web.script("f", exit_status=1, after=1).build(branch="main")
    advance(simulator, 10)
    assert [build.state for build in web.builds] == [state]
    web.configure("[{command: a, key: a}]").build(branch="main")
    advance(simulator, 10)
    assert [build.state for build in web.builds] == ["canceled", "running"]


def test_the_start_of_a_build_cancels_no_newer_one_and_none_that_runs_again() -> None:
    simulator, web = canceling("[{command: a, key: a, agents: {queue: $Q}}]", agents=1)
    with simulator.client() as buildkite:
        buildkite.queues.create(simulator.state.clusters[0].id, key="mac")
    for queue in ("mac", "default"):
        web.build(branch="main", env={"Q": queue})
    advance(simulator, 10)
    assert [build.state for build in web.builds] == ["scheduled", "running"]
    simulator.agent("mini", queue="mac")
    advance(simulator, 10)
    assert [build.state for build in web.builds] == ["running", "running"]
    simulator, web = canceling("[{command: a, key: a}]", agents=2)
    older = web.script("a", exit_status=1).build(branch="main")
    advance(simulator, 150)
    web.build(branch="main")
    advance(simulator, 10)
    with simulator.client() as buildkite:
        buildkite.jobs.retry("web", older.number, older.jobs[0].id)
    advance(simulator, 10)
    assert [build.state for build in web.builds] == ["running", "running"]


def test_the_form_of_a_block_is_checked() -> None:
    simulator, web, build = started(
        "[{block: Go, fields: [{text: Version, key: v, format: '[0-9]+'}, {text: Note, key: n, required: false},"
        " {select: Where, key: w, multiple: true, options: [{label: EU, value: eu}, {label: US, value: us}]}]}]"
    )
    after(simulator, web, 1)
    with simulator.client() as buildkite:
        for fields, refused in (({}, "v, w"), ({"v": "x1", "w": ["eu"]}, "format"), ({"v": "1", "w": ["mars"]}, "w")):
            with pytest.raises(Exception, match=refused):
                buildkite.jobs.unblock("web", 1, build.jobs[0].id, fields=fields)
        buildkite.jobs.unblock("web", 1, build.jobs[0].id, fields={"v": "12", "w": ["eu", "us"]})
    assert build.meta_data == {"v": "12", "w": "eu\nus"}


def test_permission_to_retry() -> None:
    text = "[{command: a, key: a, retry: {manual: false}}, {command: b, key: b, retry: {manual: {permit_on_passed: true}}}, {command: c, key: c}]"
    simulator, web, build = started(text, {"a": FAILS})
    after(simulator, web, 60)
    with simulator.client() as buildkite:
        for index, allowed in ((0, False), (1, True), (2, False)):
            retry: Callable[[], object] = lambda index=index: buildkite.jobs.retry("web", 1, build.jobs[index].id)  # noqa: E731
            if allowed:
                retry()
            else:
                with pytest.raises(Exception, match="retried"):
                    retry()


def test_the_same_seed_gives_the_same_bytes() -> None:
    def run() -> bytes:
        simulator, web, _ = started(GATE + "- {block: x}\n- {command: z, retry: {automatic: true}}\n", {"work": FAILS})
        after(simulator, web, 600)
        headers = {"Authorization": f"Bearer {simulator.token}"}
        with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url, headers=headers) as http:
            return http.get("/v2/organizations/acme/pipelines/web/builds/1").content

    assert run() == run()
