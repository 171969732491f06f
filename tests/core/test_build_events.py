"""What a poll sees is told as what a webhook would bring, to the same handlers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from buildkite_api.webhooks.events import EVENTS

from buildkite_ext import errors
from buildkite_ext.models import Build
from buildkite_ext.simulation import BuildChanged, JobChanged, SimRequest, Simulator
from buildkite_ext.watching.changes import changes
from buildkite_ext.webhooks import BuildEvent, JobEvent, WebhookEvent, WebhookHandler, current_delivery

from .fakes import FakeClock, Flavor, build, job
from .timelines import Timeline

ENDED = {"passed", "failed", "canceled", "timed_out", "expired"}


def client_of(flavor: Flavor, simulator: Simulator) -> Any:
    return simulator.client() if flavor.blocking else simulator.async_client()


def told(event: WebhookEvent) -> tuple[str, str | None, bool | None]:
    """Return what tells an event from others: its name, the job, and whether the build is blocked at its end."""
    if isinstance(event, JobEvent):
        return event.event, event.job.name or event.job.label, None
    assert isinstance(event, BuildEvent)
    return event.event, None, bool(event.build.blocked) if event.event == "build.finished" else None


class Webhooks:
    """Webhooks of a simulated organization: each change is a body, made of what the API answers at that time."""

    def __init__(self, simulator: Simulator) -> None:
        self.bodies: list[bytes] = []
        self._simulator = simulator
        simulator.on_change(self)

    def __call__(self, change: object) -> None:
        of = (
            change.build
            if isinstance(change, BuildChanged)
            else change.job.build
            if isinstance(change, JobChanged)
            else None
        )
        if of is None or of.pipeline.slug != "web":
            return
        if isinstance(change, BuildChanged) and change.before != change.after:
            name = {"scheduled": "scheduled", "running": "running", "failing": "failing", "skipped": "skipped"}.get(
                change.after, "finished"
            )
            if change.after not in ("creating", "canceling"):
                self._send(f"build.{name}", change.build.number)
        if isinstance(change, JobChanged) and change.before != change.after:
            found = {"scheduled": "scheduled", "running": "started", **dict.fromkeys(ENDED, "finished")}.get(
                change.after
            )
            if change.job.type == "manual":
                found = "activated" if change.after == "unblocked" else None
            # Buildkite documents scheduled and started for command steps only.
            kinds = ("script", "trigger", "manual") if found == "finished" else ("script", "manual")
            if found is not None and change.job.type in kinds:
                self._send(f"job.{found}", change.job.build.number, change.job.id)

    def _send(self, event: str, number: int, job_id: str | None = None) -> None:
        path = f"/v2/organizations/acme/pipelines/web/builds/{number}?include_retried_jobs=true"
        headers = {"Authorization": f"Bearer {self._simulator.token}"}
        found = json.loads(self._simulator.handle(SimRequest.of("GET", path, headers=headers)).body)
        body = {"event": event, "build": found, "pipeline": found.pop("pipeline")}
        jobs = {each["id"]: each for each in found.pop("jobs")}
        if job_id is not None:
            body["job"] = jobs[job_id]
        self.bodies.append(json.dumps(body).encode())


class Counted:
    """A handler that counts what it is given, and filters of each kind."""

    def __init__(self) -> None:
        self.hooks = WebhookHandler(allow_unsigned=True, respond_after="handled")
        self.all: list[tuple[str, str | None, bool | None]] = []
        self.failed_jobs: list[str | None] = []
        self.blocked = 0
        self.elsewhere = 0
        self.hooks.on("*")(lambda event: self.all.append(told(event)))
        self.hooks.on("job.finished", state="failed", pipeline="web")(
            lambda event: self.failed_jobs.append(event.job.name)
        )

        @self.hooks.on("build.finished", state="blocked", branch="main")
        async def count_blocked(event: WebhookEvent) -> None:
            assert current_delivery().event == event.event
            self.blocked += 1

        @self.hooks.on("build.*", pipeline="another")
        def count_elsewhere(_: WebhookEvent) -> None:
            self.elsewhere += 1


PIPELINES: dict[str, Callable[[Any], object]] = {
    "passes": lambda web: web.job("lint", after=20).wait().job("test", after=300),
    "fails": lambda web: web.job("lint", after=20, exit_status=1).job("test", after=90).wait().job("deploy"),
    "is retried": lambda web: web.job("test", after=40, exit_status=[1, 0], automatic_retries=1),
    "blocks": lambda web: web.job("lint", after=20).block("Ship it?").job("deploy", after=60),
    "is fast": lambda web: web.job("one", after=0.1).wait().job("two", after=0.1).wait().job("three", after=0.1),
    "triggers": lambda web: web.job("lint", after=5).trigger("other"),
    "has nothing to run": lambda web: web.job("lint", skip=True),
}


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("how", ["wait", "events"])
async def test_handlers_get_by_polling_what_they_get_by_webhooks(flavor: Flavor, pipeline: str, how: str) -> None:
    simulator = Simulator()
    PIPELINES[pipeline](simulator.pipeline("web"))
    simulator.pipeline("other").job("inner", after=30)
    by_webhook, by_polling = Counted(), Counted()
    webhooks = Webhooks(simulator)
    client = client_of(flavor, simulator)
    dispatch = by_polling.hooks.dispatch_blocking if flavor.blocking else by_polling.hooks.dispatch
    if how == "wait":
        await flavor.call(client.builds.run, "web", branch="main", on_event=dispatch, on_blocked="unblock")
    else:
        created = await flavor.call(client.builds.create, "web", branch="main")
        async for event in flavor.iterate(client.builds.events(created)):
            await flavor.call(dispatch, event)
        if pipeline == "blocks":
            (step,) = (await flavor.call(client.builds.wait, created)).blocked_by
            await flavor.call(client.jobs.unblock, step)
            seen = await flavor.call(client.builds.get, created)
            assert str(seen.state) == "running"
            async for event in flavor.iterate(client.builds.events(created)):
                if told(event) not in by_polling.all:  # the second iterator begins with what has happened before
                    await flavor.call(dispatch, event)
            by_polling.all.append(("build.running", None, None))
    receive = by_webhook.hooks.receive_blocking if flavor.blocking else by_webhook.hooks.receive
    for body in webhooks.bodies:
        assert (await flavor.call(receive, "POST", {"Content-Type": "application/json"}, body)).status == 200
    assert sorted(by_polling.all, key=repr) == sorted(by_webhook.all, key=repr)
    assert (by_polling.failed_jobs, by_polling.blocked, by_polling.elsewhere) == (
        by_webhook.failed_jobs, by_webhook.blocked, 0,
    )  # fmt: skip
    by_webhook.hooks.close()
    by_polling.hooks.close()


# --- Changes ----------------------------------------------------------------------------------------------------------

T = "2026-01-05T12:{:02}:00Z".format


def a_build(state: str, *jobs: dict[str, Any], **changed: Any) -> Build:
    return Build.from_dict(build(7, state=state, jobs=list(jobs), **changed))


def ran(name: str, state: str = "passed", **changed: Any) -> dict[str, Any]:
    return job(name, state=state, scheduled_at=T(0), started_at=T(1), finished_at=T(2), **changed)


CREATING = a_build("creating")
RUNNING = a_build("running", started_at=T(0))
PASSED = a_build("passed", started_at=T(0), finished_at=T(9))


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (None, CREATING, []),
        (None, a_build("scheduled"), ["build.scheduled"]),
        (CREATING, a_build("scheduled"), ["build.scheduled"]),
        (a_build("scheduled"), RUNNING, ["build.running"]),
        (None, PASSED, ["build.scheduled", "build.running", "build.finished"]),
        (CREATING, PASSED, ["build.scheduled", "build.running", "build.finished"]),
        (RUNNING, RUNNING, []),
        (RUNNING, PASSED, ["build.finished"]),
        (PASSED, PASSED, []),
        (RUNNING, a_build("failing", started_at=T(0), failing_at=T(3)), ["build.failing"]),
        (RUNNING, a_build("failed", started_at=T(0), failing_at=T(3), finished_at=T(9)), ["build.failing", "build.finished"]),
        (RUNNING, a_build("running", started_at=T(0), failing_at=T(3)), ["build.failing"]),
        (a_build("failing", failing_at=T(3)), a_build("running", failing_at=T(3)), []),
        (a_build("running", failing_at=T(3)), a_build("failing", failing_at=T(3)), ["build.failing"]),
        (a_build("scheduled"), a_build("skipped"), ["build.skipped"]),
        (a_build("scheduled"), a_build("not_run", finished_at=T(1)), ["build.finished"]),
        (RUNNING, a_build("canceling", started_at=T(0)), []),
        (a_build("passed", blocked=True, started_at=T(0), finished_at=T(3)), a_build("canceling", started_at=T(0)), []),
        (a_build("canceling", started_at=T(0)), a_build("canceled", started_at=T(0), finished_at=T(3)), ["build.finished"]),
        (RUNNING, a_build("passed", blocked=True, started_at=T(0), finished_at=T(3)), ["build.finished"]),
        (a_build("passed", blocked=True, finished_at=T(3)), a_build("canceled", finished_at=T(5)), ["build.finished"]),
        (a_build("passed", blocked=True, started_at=T(0), finished_at=T(3)), RUNNING, ["build.running"]),
        (a_build("failed", started_at=T(0), finished_at=T(3)), RUNNING, ["build.running"]),
        (a_build("failed", started_at=T(0), finished_at=T(3)), PASSED, ["build.running", "build.finished"]),
        (None, a_build("running", ran("a"), started_at=T(0)),
         ["build.scheduled", "build.running", "job.scheduled", "job.started", "job.finished"]),
        (a_build("running", job("a", state="running", started_at=T(1), scheduled_at=T(0))),
         a_build("running", ran("a", "failed")), ["job.finished"]),
        (a_build("running", ran("a", "failed")),
         a_build("running", ran("a", "failed", retried=True), job("b", state="scheduled", scheduled_at=T(3))), ["job.scheduled"]),
        (RUNNING, a_build("running", job("w", type="waiter", state="passed", finished_at=T(2)), started_at=T(0)), []),
        (RUNNING, a_build("running", job("x", state="waiting"), job("y", state="broken"), job("z", state="waiting_failed"),
                          started_at=T(0)), []),
        (RUNNING, a_build("running", job("m", type="manual", state="unblocked", unblocked_at=T(2)), started_at=T(0)), ["job.activated"]),
        (RUNNING, a_build("running", job("t", type="trigger", state="passed", finished_at=T(2)), started_at=T(0)), ["job.finished"]),
        (a_build("running", job("a", state="running", scheduled_at=T(0), started_at=T(1))),
         a_build("running", job("a", state="running", scheduled_at=T(0), started_at=T(1), promised_exit_status=1)),
         ["job.promised_exit_status"]),
        (a_build("running", job("a", state="running", promised_exit_status=1)),
         a_build("running", job("a", state="running", promised_exit_status=1)), []),
        (RUNNING, a_build("running", job("a", state="assigned"), started_at=T(0)), ["job.scheduled"]),
        (RUNNING, a_build("running", job("a", state="running"), started_at=T(0)), ["job.scheduled", "job.started"]),
        (RUNNING, a_build("running", job("a", state="pending"), job("b", state="skipped"), started_at=T(0)), []),
        (RUNNING, a_build("running", job("a", state="waiting", scheduled_at=T(1)), started_at=T(0)), ["job.scheduled"]),
    ],
)  # fmt: skip
def test_each_change_is_one_event(before: Build | None, after: Build, events: list[str]) -> None:
    assert [event.event for event in changes(before, after)] == events


def test_events_are_in_the_order_of_their_times() -> None:
    jobs = [
        job("late", state="failed", scheduled_at=T(2), started_at=T(5), finished_at=T(6)),
        job("early", state="passed", scheduled_at=T(1), started_at=T(3), finished_at=T(8)),
    ]
    found = changes(None, a_build("failed", *jobs, started_at=T(3), failing_at=T(7), finished_at=T(9)))
    assert [told(event)[:2] for event in found] == [
        ("build.scheduled", None), ("build.running", None),
        ("job.scheduled", "early"), ("job.scheduled", "late"), ("job.started", "early"), ("job.started", "late"),
        ("job.finished", "late"), ("build.failing", None), ("job.finished", "early"), ("build.finished", None),
    ]  # fmt: skip


@pytest.mark.parametrize("skipped", [False, True])
def test_an_event_of_a_poll_is_of_the_class_of_the_webhook_and_names_its_build_and_its_pipeline(skipped: bool) -> None:
    jobs = [
        job("a", state="failed", scheduled_at=T(0), started_at=T(1), finished_at=T(4), promised_exit_status=1,
            promised_exit_status_at=T(3)),
        job("deploy", type="manual", state="unblocked", unblocked_at=T(2)),
        job("then", type="trigger", state="passed", finished_at=T(5)),
        job("no time", state="failed", scheduled_at=T(0), started_at=None, finished_at=None),
    ]  # fmt: skip
    after = a_build("skipped" if skipped else "failed", *jobs, started_at=T(0), failing_at=T(3), finished_at=T(9))
    found = changes(None, after)
    assert [told(event)[:2] for event in found] == [
        ("build.scheduled", None), ("build.running", None),
        ("job.scheduled", "a"), ("job.scheduled", "no time"), ("job.started", "a"), ("job.activated", "deploy"),
        ("job.promised_exit_status", "a"), ("build.failing", None), ("job.finished", "a"), ("job.finished", "then"),
        ("job.finished", "no time"), ("build.skipped" if skipped else "build.finished", None),
    ]  # fmt: skip
    for event in found:
        assert type(event) is EVENTS[event.event]
        assert isinstance(event, BuildEvent | JobEvent)
        assert event.build is after
        assert (event.pipeline.slug, event.raw) == ("web", b"")
        assert event.pipeline.url == "https://api.buildkite.com/v2/organizations/acme/pipelines/web"
        assert not isinstance(event, JobEvent) or event.job in after.jobs


def test_a_pipeline_may_be_called_builds() -> None:
    url = "https://api.buildkite.com/v2/organizations/acme/pipelines/builds"
    (event,) = changes(None, a_build("scheduled", url=f"{url}/builds/7"))
    assert isinstance(event, BuildEvent)
    assert (event.pipeline.slug, event.pipeline.url) == ("builds", url)


def test_the_pipeline_of_an_event_is_that_of_the_build_where_it_came_with_it() -> None:
    after = a_build("running", started_at=T(0), pipeline={"slug": "web", "name": "The web"})
    assert [event.pipeline.name for event in changes(None, after) if isinstance(event, BuildEvent)] == ["The web"] * 2


# --- Waits and iterators --------------------------------------------------------------------------------------------------


async def test_a_hook_that_raises_breaks_no_wait(
    flavor: Flavor, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(event: WebhookEvent) -> None:
        seen.append(event.event)
        raise RuntimeError("of the hook")

    seen: list[str] = []
    timeline = Timeline(clock, [(0, {"state": "scheduled"}), (20, {"state": "passed"})])
    with caplog.at_level(logging.ERROR):
        result = await flavor.call(flavor.client(timeline, clock=clock).builds.wait, "web", 7, on_event=hook)
    assert (result.outcome, seen) == ("passed", ["build.scheduled", "build.finished"])
    assert [record.getMessage() for record in caplog.records] == [
        f"on_event raised an error on {kind}; nothing else is affected." for kind in ("BuildScheduled", "BuildFinished")
    ]
    assert {request.url.params.get("include_retried_jobs") for request in timeline.reads} == {"true"}


async def test_an_async_hook_is_awaited_where_that_is_possible(flavor: Flavor, clock: FakeClock) -> None:
    async def hook(event: WebhookEvent) -> None:
        seen.append(event.event)

    seen: list[str] = []
    wait = flavor.client(Timeline(clock, [(0, {"state": "passed"})]), clock=clock).builds.wait
    if flavor.blocking:
        said = (
            r"^on_event= is an async function, which BuildkiteClient can't await: give a plain one, such as "
            r"hooks\.dispatch_blocking of a WebhookHandler, or use AsyncBuildkiteClient$"
        )
        with pytest.raises(TypeError, match=said):
            wait("web", 7, on_event=hook)
    else:
        await wait("web", 7, on_event=hook)
        assert seen == ["build.scheduled", "build.finished"]


async def test_events_end_with_the_build_or_its_time(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(
        clock, [(0, {"state": "running"}), (60, {"state": "passed", "blocked": True}), (90, {"state": "failed"})]
    )
    builds = flavor.client(timeline, clock=clock).builds
    found: list[WebhookEvent] = await flavor.list(builds.events("web", 7))
    assert [told(event) for event in found][-1] == ("build.finished", None, True)
    found = []
    timeline.shown = [(0, {"state": "running"})]
    said = r"still running after 90 s\. It continues\. Only its events ended: allow more with timeout=\.$"
    with pytest.raises(errors.DeadlineExceeded, match=said):
        await flavor.list(builds.events("web", 7, timeout=90), found)
    assert [event.event for event in found] == ["build.scheduled", "build.running"]
    timeline.shown = [(0, {"state": "passed", "blocked": True}), (timeline.now + 90, {"state": "failed"})]
    found = await flavor.list(builds.events("web", 7, on_blocked="wait"))
    assert [told(event)[2] for event in found if event.event == "build.finished"] == [True, False]


async def test_events_of_a_build_that_the_caller_has_seen_may_come_late(flavor: Flavor, clock: FakeClock) -> None:
    known = Build.from_dict(build(7, state="scheduled"))
    client = flavor.client(Timeline(clock, [(0, 404), (20, {"state": "passed"})]), clock=clock)
    found: list[WebhookEvent] = await flavor.list(client.builds.events(known))
    assert [event.event for event in found] == ["build.scheduled", "build.finished"]


async def test_events_of_a_blocked_build_are_asked_for_rarely(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, {"state": "passed", "blocked": True}), (1000, {"state": "canceled"})])
    builds = flavor.client(timeline, clock=clock).builds
    await flavor.list(builds.events("web", 7, on_blocked="wait"))
    assert len(timeline.requests) == 1000 / 25 + 1


async def test_an_iterator_of_events_may_be_left(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, {"state": "running"})])
    events = flavor.client(timeline, clock=clock).builds.events("web", 7)
    assert (await flavor.next(flavor.iterator(events))).event == "build.scheduled"
    await flavor.close(events)
    assert len(timeline.requests) == 1


@pytest.mark.parametrize("event", [None, "build.finished", {"event": "build.finished"}])
async def test_what_is_no_event_isnt_dispatched(flavor: Flavor, event: Any) -> None:
    hooks = WebhookHandler(allow_unsigned=True)
    with pytest.raises(TypeError, match=r"dispatch\(\) needs an event"):
        await flavor.call(hooks.dispatch_blocking if flavor.blocking else hooks.dispatch, event)
    hooks.close()


async def test_a_hook_that_cant_be_called_is_refused_before_anything_is_sent(flavor: Flavor, clock: FakeClock) -> None:
    timeline = Timeline(clock, [(0, {"state": "passed"})])
    with pytest.raises(TypeError, match="on_event='print'"):
        await flavor.call(flavor.client(timeline, clock=clock).builds.wait, "web", 7, on_event="print")
    assert timeline.requests == []
