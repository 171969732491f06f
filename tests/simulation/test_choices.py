"""Each choice of the simulator, where Buildkite's documentation is silent, at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from buildkite_ext import ApiError
from buildkite_ext.simulation import Fault, Simulator, check_pipeline, plan_pipeline
from buildkite_ext.simulation.choices import CHOICES
from buildkite_ext.simulation.definition.conditions import Condition, ConditionContext

from .test_semantics import FAILS, GATE, after, ended, name, started, states

pytestmark = pytest.mark.filterwarnings("ignore::buildkite_ext.UnknownNameWarning")

SHOWN: dict[str, Callable[[], None]] = {}


def shows(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Mark a function as the one that shows a choice at work."""

    def mark(function: Callable[[], None]) -> Callable[[], None]:
        assert name not in SHOWN
        SHOWN[name] = function
        return function

    return mark


def test_each_choice_is_shown() -> None:
    assert list(SHOWN) == [choice.name for choice in CHOICES]


@pytest.mark.parametrize("name", [choice.name for choice in CHOICES])
def test_choice(name: str) -> None:
    SHOWN[name]()


def errors(text: str) -> list[str]:
    return [problem.message for problem in check_pipeline(text) if problem.level == "error"]


@shows("unknown-step")
def _() -> None:
    assert [problem.level for problem in check_pipeline("[{comand: x}]")] == ["warning"]
    assert ended("[{comand: x}, {command: a, key: a}]") == ("passed", {"a": "passed"})


@shows("settings-interpolation")
def _() -> None:
    _, _, build = started("[{command: 'echo $BUILDKITE_BRANCH $A'}]", branch="next", env={"A": "b"})
    assert build.jobs[0].command_step is not None
    assert build.jobs[0].command_step.command == "echo next b"


@shows("boolean-condition")
def _() -> None:
    assert ended("[{command: a, key: a, if: false}, {command: b, key: b, if: true}]")[1] == {
        "a": "broken",
        "b": "passed",
    }


@shows("pattern-lines")
def _() -> None:
    context = ConditionContext({"build.message": "one\ntwo"})
    assert not Condition("build.message =~ /^two$/").holds(context)
    assert Condition("build.message =~ /two$/").holds(context)


@shows("if-and-branches")
def _() -> None:
    text = "[{command: a, key: a, if: build.tag == null, branches: rel}]"
    assert [problem.level for problem in check_pipeline(text)] == ["warning"]
    assert ended(text, branch="main")[1] == {"a": "broken"}
    assert ended(text, branch="rel", tag="v1")[1] == {"a": "broken"}
    assert ended(text, branch="rel")[1] == {"a": "passed"}


@shows("group-if-and-skip")
def _() -> None:
    text = "[{group: g, if: build.tag == null, steps: [{command: a, key: a, if: build.branch == 'rel'}]}]"
    assert [ended(text, branch=branch)[1]["a"] for branch in ("rel", "main")] == ["passed", "broken"]
    assert ended(text, branch="rel", tag="v1")[1]["a"] == "broken"
    assert ended("[{group: g, skip: true, steps: [{command: a, key: a, skip: false}]}]")[1]["a"] == "broken"


@shows("skipped-step")
def _() -> None:
    _, _, build = started("[{command: a, key: a, skip: Not today}]")
    assert [(job.state, job.broken_reason) for job in build.jobs] == [("broken", "Not today")]


@shows("parallelism-zero")
def _() -> None:
    assert errors("[{command: a, parallelism: 0}]") == ["`parallelism` is 0: at least 1 was expected"]
    assert errors("[{command: a, parallelism: many}]") == ["`parallelism` is a text: a whole number was expected"]


@shows("agents-of-a-step")
def _() -> None:
    _, _, build = started("{agents: {queue: a, os: linux}, steps: [{command: x, agents: {gpu: t4}}, {command: y}]}")
    assert [job.command_step.agents for job in build.jobs if job.command_step] == [("gpu=t4",), ("queue=a", "os=linux")]


@shows("new-queue")
def _() -> None:
    simulator, web, _ = started("[{command: a, key: a, agents: {queue: $Q}}]", env={"Q": "gpu"})
    assert after(simulator, web, 60).state == "passed"
    assert [queue.key for queue in simulator.state.clusters[0].queues] == ["default", "gpu"]
    assert ended("[{command: a, key: a, agents: {queue: $Q}}]") == ("scheduled", {"a": "scheduled"})
    assert ended('[{command: a, key: a, agents: {queue: ""}}]') == ("scheduled", {"a": "scheduled"})
    with simulator.client() as buildkite:
        (gpu,) = (each for each in simulator.state.clusters[0].queues if each.key == "gpu")
        for agent in buildkite.agents.list(cluster_queue_id=gpu.id):
            buildkite.agents.stop(agent.id)
        buildkite.queues.delete(gpu.cluster.id, gpu.id)
        buildkite.builds.create("web", commit="HEAD", branch="main", env={"Q": "gpu"})
    after(simulator, web, 60)
    assert web.builds[-1].state == "scheduled"


@shows("upload-with-depends-on")
def _() -> None:
    simulator, web, build = started(
        "[{command: up, key: up}, {command: a, key: a}]",
        {"up": {"after": 60}},
        uploads={"up": "[{command: b, key: b, depends_on: a}]"},
    )
    after(simulator, web, 40)
    assert (states(build)["a"], states(build)["b"]) == ("passed", "waiting")
    after(simulator, web, 60)
    assert states(build)["b"] == "passed"


@shows("refused-upload")
def _() -> None:
    upload = "[{command: b, key: b}, {command: a, key: up}]"
    assert ended("[{command: up, key: up}]", uploads={"up": upload}) == ("failed", {"up": "failed"})


@shows("replaced-steps")
def _() -> None:
    text = "[{command: up, key: up}, {command: a, key: a, parallelism: 2}, {command: b, key: b}, {input: i, key: i}]"
    simulator = Simulator(agents=2)
    web = simulator.pipeline("web").configure(text).script("*", after=10)
    build = web.on_upload("up", "[{command: c, key: c}]", after=5, replaces=True).build(branch="main")
    after(simulator, web, 3)
    assert states(build) == {"up": "running", "a": "running", "a 2": "scheduled", "b": "scheduled", "i": "blocked"}
    after(simulator, web, 60)
    assert (build.state, list(states(build))) == ("passed", ["up", "c", "a", "a 2"])


@shows("missing-key")
def _() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, depends_on: late}, {command: b, key: b}]", {"b": {"after": 60}}
    )
    after(simulator, web, 30)
    assert states(build)["a"] == "waiting"
    after(simulator, web, 60)
    assert (build.state, states(build)["a"]) == ("failed", "waiting_failed")


@shows("dependency-cycle")
def _() -> None:
    text = "[{command: a, key: a, depends_on: b}, {command: b, key: b, depends_on: a}, {command: c, key: c}]"
    assert errors(text) == ["these steps wait for each other: a -> b -> a"]
    assert ended(text) == ("failed", {"a": "waiting_failed", "b": "waiting_failed", "c": "passed"})
    text = "[{group: g, key: g, steps: [{command: a, key: a, depends_on: g}, {command: b, key: b, depends_on: b}, {command: c, key: c}]}]"
    assert errors(text) == ["the step waits for 'g', the group in which it stands", "the step b waits for itself"]
    assert ended(text) == ("failed", {"a": "waiting_failed", "b": "waiting_failed", "c": "passed"})


@shows("turn-behind-a-waiting-job")
def _() -> None:
    group = "concurrency: 1, concurrency_group: g"
    text = f"[{{command: b, key: b, depends_on: a, {group}}}, {{command: a, key: a, {group}}}, {{command: c, key: c}}]"
    simulator, web, build = started(text)
    after(simulator, web, 5)
    assert states(build) == {"b": "waiting", "a": "limited", "c": "running"}
    after(simulator, web, 3600)
    assert (build.state, states(build)) == ("failed", {"b": "waiting_failed", "a": "passed", "c": "passed"})


@shows("dependency-on-a-concurrency-group")
def _() -> None:
    assert ended(GATE)[0] == "passed"
    group = "concurrency: 1, concurrency_group: g"
    for key, waits_for in (("b", {"a", "b"}), ("a", {"a"})):
        text = f"[{{command: a, key: a, {group}}}, {{command: b, key: b, {group}}}, {{command: c, key: c, depends_on: {key}}}]"
        simulator, web, build = started(text)
        after(simulator, web, 600)
        c = next(job for job in build.jobs if name(job) == "c")
        over = {name(job) for job in build.jobs if (job.finished_at or 0) <= (c.started_at or 0)}
        assert (build.state, over) == ("passed", waits_for)


@shows("step-of-several-jobs")
def _() -> None:
    text = "[{command: a, key: a, parallelism: 2, retry: {automatic: true}}, wait, {command: b, key: b}]"
    assert ended(text, {"a": {"exit_status": [1, 0]}})[0] == "passed"


@shows("used-up-retry-rule")
def _() -> None:
    rules = "[{exit_status: 1, limit: 1}, {exit_status: '*', limit: 5}]"
    simulator, web, build = started(f"[{{command: a, key: a, retry: {{automatic: {rules}}}}}]", {"a": FAILS})
    after(simulator, web, 3600)
    assert len(build.jobs) == 2


@shows("retry-of-passed-job")
def _() -> None:
    simulator, web, build = started("[{command: a, key: a, retry: {manual: {allowed: true}}}]")
    after(simulator, web, 60)
    with simulator.client() as buildkite, pytest.raises(ApiError):
        buildkite.jobs.retry("web", 1, build.jobs[0].id)


@shows("soft-fail-any")
def _() -> None:
    for soft_fail in ("true", "[{exit_status: '*'}]"):
        assert ended(f"[{{command: a, key: a, soft_fail: {soft_fail}}}]", {"a": {"exit_status": -1}})[0] == "passed"


@shows("failure-after-a-timeout")
def _() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, timeout_in_minutes: 1}]", {"a": {"after": 100, "interrupted": (0.5, 3)}}
    )
    after(simulator, web, 100)
    assert [(job.state, job.exit_status) for job in build.jobs] == [("timed_out", 3)]


@shows("unblocked-failed")
def _() -> None:
    simulator, web, build = started(
        "[{command: a, key: a, retry: {manual: {permit_on_passed: true}}}, {block: Go, key: go}, {command: b, key: b}]",
        {"a": {"exit_status": [0, 1, 0]}, "b": {"after": 100}},
    )
    after(simulator, web, 30)
    shown: list[dict[str, str]] = []
    with simulator.client() as buildkite:
        buildkite.jobs.unblock("web", 1, build.current_jobs[1].id)
        for _ in range(2):
            buildkite.jobs.retry("web", 1, build.current_jobs[0].id)
            after(simulator, web, 20)
            shown.append(states(build))
            assert {job.state for job in buildkite.builds.get("web", 1).jobs if job.type == "manual"} == {
                shown[-1]["go"]
            }
    assert shown == [
        {"a": "failed", "go": "unblocked_failed", "b": "running"},
        {"a": "passed", "go": "unblocked", "b": "running"},
    ]
    assert after(simulator, web, 100).state == "passed"


@shows("open-input-after-failure")
def _() -> None:
    assert ended("[{command: a, key: a}, {input: i, key: i}]", {"a": FAILS}) == (
        "failed",
        {"a": "failed", "i": "blocked"},
    )


@shows("only-waits")
def _() -> None:
    assert ended("[wait]") == ("not_run", {"waiter": "passed"})


@shows("start-of-a-build")
def _() -> None:
    simulator = Simulator(agents=1)
    web = simulator.pipeline("web", cancel_running_branch_builds=True).script("a", after=100)
    for text in ("[{command: a, key: a}]", "[wait]", "[{block: Go}, {command: b, key: a}]"):
        web.configure(text).build(branch="main")
        after(simulator, web, 10)
    assert [build.state for build in web.builds] == ["running", "not_run", "blocked"]
    with simulator.client() as buildkite:
        buildkite.jobs.unblock("web", 3, web.builds[2].jobs[0].id)
    after(simulator, web, 10)
    assert [build.state for build in web.builds] == ["canceled", "not_run", "running"]


@shows("skip-in-the-message")
def _() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test")
    with simulator.client() as buildkite:
        buildkite.builds.create("web", commit="HEAD", branch="main", message="Fix [skip ci]")
    assert after(simulator, web, 60).state == "passed"


@shows("event-of-a-webhook")
def _() -> None:
    text = "[{label: $BUILDKITE_GITHUB_EVENT, command: a, key: a, if: build.source_event == 'push'}]"
    for source in ("webhook", "api", "ui", "schedule"):
        pushed = source == "webhook"
        _, _, made = started(text, source=source)
        assert (made.jobs[0].state == "broken", made.jobs[0].step.label) == (not pushed, "")
        left_out = plan_pipeline(text, source=source).steps[0].left_out
        assert (None if left_out is None else left_out.values) == (None if pushed else {"build.source_event": None})
    _, _, made = started(text, env={"BUILDKITE_GITHUB_EVENT": "release"})
    assert made.jobs[0].state == "broken"
    assert plan_pipeline(text, pull_request=7).state == plan_pipeline(text, event="release").state == "not_run"


@shows("end-of-a-chain")
def _() -> None:
    simulator, web, _build = started("[{trigger: web, key: t}]")
    after(simulator, web, 600)
    assert [states(each)["t"] for each in web.builds] == ["failed"] * 10
    assert [each.jobs[0].refused is not None for each in web.builds] == [False] * 9 + [True]


@shows("blocked-child")
def _() -> None:
    simulator, web, build = started("[{trigger: child, key: t}]")
    child = simulator.pipeline("child").job("test").block("Go", blocked_state="failed")
    after(simulator, web, 60)
    assert (child.builds[0].shown_state, states(build)["t"]) == ("failed", "running")
    with simulator.client() as buildkite:
        buildkite.jobs.unblock("child", 1, child.builds[0].current_jobs[1].id)
    assert after(simulator, web, 60).state == "passed"


@shows("unblock-format")
def _() -> None:
    fields = "[{text: Version, key: version, format: '[0-9]+'}, {select: Where, key: where, options: [{label: A, value: a}]}]"
    simulator, web, build = started(f"[{{block: Go, key: go, fields: {fields}}}]")
    after(simulator, web, 1)
    with simulator.client() as buildkite:
        for answers in ({}, {"version": "x", "where": "a"}, {"version": "1", "where": "b"}):
            with pytest.raises(ApiError):
                buildkite.jobs.unblock("web", 1, build.current_jobs[0].id, fields=answers)
        buildkite.jobs.unblock("web", 1, build.current_jobs[0].id, fields={"version": "1", "where": "a"})
    assert plan_pipeline(f"[{{block: Go, key: go, fields: {fields}}}]").steps[0].outcome == "passed"


def sent_by_a_webhook(**attributes: Any) -> list[str]:
    """Return the events that a webhook gets which a request creates, and of a build that passes."""
    simulator, events = Simulator(), list[str]()
    simulator.webhook_receiver("https://hooks.test/", lambda body, headers: events.append(headers["X-Buildkite-Event"]))
    with simulator.client() as buildkite:
        settings = {"url": "https://hooks.test/", "events": ["build.finished"]}
        buildkite.notification_services.create(provider="webhook", settings=settings, **attributes)
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(60)
    return events


@shows("build-states-of-a-webhook")
def _() -> None:
    assert sent_by_a_webhook(build_states={"build_failed": True})[1:] == ["build.finished"]


@shows("ping-of-a-webhook")
def _() -> None:
    assert sent_by_a_webhook() == ["ping", "build.finished"]


@shows("conditional-requests")
def _() -> None:
    simulator = Simulator()
    with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url) as api:
        headers = {"Authorization": f"Bearer {simulator.token}"}
        assert "ETag" not in api.get("/v2/user", headers=headers).headers
        assert api.get("/v2/user", headers=headers | {"If-None-Match": "*"}).status_code == 200


@shows("compressed-answers")
def _() -> None:
    simulator = Simulator()
    with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url) as api:
        headers = {"Authorization": f"Bearer {simulator.token}", "Accept-Encoding": "gzip"}
        assert "Content-Encoding" not in api.get("/v2/user", headers=headers).headers
        simulator.faults.add(Fault("gzip"))
        assert api.get("/v2/user", headers=headers).headers["Content-Encoding"] == "gzip"
