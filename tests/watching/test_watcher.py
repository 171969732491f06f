"""Waits that share one poller: what each of them gets, and that one of them always polls."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import BuildkiteClient, BuildSeen, DeadlineExceeded, errors
from buildkite_ext.simulation import ListBehaviour, Simulator

from ..core.fakes import TOKEN, FakeClock, answer, build, job
from ..core.timelines import Timeline
from ..transport.virtual_time import TrioClock, run
from .load import Load


def simulated(lasting: dict[str, float], **options: Any) -> Simulator:
    """Return a simulator with a build of each of some pipelines, which lasts for some seconds. Every tenth fails."""
    simulator = Simulator(**options)
    for index, (slug, seconds) in enumerate(lasting.items()):
        simulator.pipeline(slug).job("test", after=seconds, exit_status=int(index % 10 == 9)).build()
    return simulator


def many(number: int = 30) -> dict[str, float]:
    return {f"p{index}": 20.0 + 7 * index for index in range(number)}


def calls(simulator: Simulator) -> Counter[str | None]:
    return Counter(request.call for request in simulator.requests)


def test_a_wait_returns_the_outcome_and_the_jobs_that_broke_the_build() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("lint").job("test", exit_status=1).build()
    with simulator.client() as buildkite:
        result = buildkite.builds.watcher().wait("web", 1)
    assert (result.outcome, [job.name for job in result.failed_jobs], result.passed) == ("failed", ["test"], False)


def test_a_few_builds_are_read_alone_and_cost_four_requests_a_minute_each() -> None:
    simulator = simulated({"a": 600, "b": 600})
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        results = watcher.wait_all(["acme/a/1", "acme/b/1"])
    assert [result.outcome for result in results] == ["passed", "passed"]
    assert set(calls(simulator)) == {"builds.get"}
    assert watcher.requests == len(simulator.requests) <= 2 * (4 * 10 + 2)


@pytest.mark.parametrize("number", [4, 30, 130])
def test_many_builds_are_seen_in_lists_and_only_those_that_failed_are_read(number: int) -> None:
    simulator = simulated(many(number))
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        results = watcher.wait_all([f"acme/{slug}/1" for slug in many(number)])
    assert [result.outcome for result in results] == ["failed" if i % 10 == 9 else "passed" for i in range(number)]
    assert all([job.name for job in result.failed_jobs] == ["test"] for result in results if not result.passed)
    made = calls(simulator)
    assert (
        made["builds.get"] <= number // 10 + 12
    )  # those that failed, and those that are left at the beginning and end
    assert made["builds.list"] <= 15 * (20 + 7 * number) / 60 + number / 100 + 15


def test_results_come_as_builds_end() -> None:
    simulator = simulated({"a": 300, "b": 60, "c": 200, "d": 100, "e": 20})
    with simulator.client() as buildkite:
        ended = [
            (result.build.url or "").split("/")[-3]
            for result in buildkite.builds.watcher().as_finished([f"acme/{slug}/1" for slug in "abcde"])
        ]
    assert ended == ["e", "b", "d", "c", "a"]


def test_a_loop_over_results_may_be_left_early_and_the_watcher_used_again() -> None:
    simulator = simulated(many(8))
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        builds = [f"acme/{slug}/1" for slug in many(8)]
        for result in watcher.as_finished(builds):
            assert result.passed
            break
        assert all(watcher.wait_all(builds, timeout=600))


def test_no_builds_are_no_results() -> None:
    with Simulator().client() as buildkite:
        assert buildkite.builds.watcher().wait_all([]) == []


def test_a_build_twice_is_two_results() -> None:
    simulator = simulated({"a": 5})
    with simulator.client() as buildkite:
        one, other = buildkite.builds.watcher().wait_all(["acme/a/1", "acme/a/1"])
    assert one is other


@pytest.mark.parametrize("untimed", [(), ("blocked", "skipped", "not_run")])
@pytest.mark.parametrize("number", [0, 10])
def test_builds_that_are_blocked_skipped_or_not_run_are_seen_with_and_without_a_time(
    untimed: tuple[str, ...], number: int
) -> None:
    simulator = Simulator(without_finished_at=untimed, agents=1)
    for index in range(number):
        simulator.pipeline(f"other{index}").job("test", after=4000, queue=f"q{index}").build()
        simulator.agent(f"agent-q{index}", queue=f"q{index}")
    simulator.pipeline("blocked").job("test", after=30).block("Ship?").build()
    simulator.pipeline("nothing").job("test", skip=True).build()
    skipping = simulator.pipeline("skipped", skip_queued_branch_builds=True).job("test", queue="none")
    skipping.build()
    outcomes: dict[str, str | None] = {}
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        others = [f"acme/other{index}/1" for index in range(number)]
        ours = ["acme/blocked/1", "acme/nothing/1", "acme/skipped/1"]
        left = 3
        for result in watcher.as_finished([*others, *ours]):
            slug = (result.build.url or "").split("/")[-3]
            outcomes[slug] = result.outcome
            if slug == "nothing":
                skipping.build()
            left -= slug in ("blocked", "nothing", "skipped")
            if not left:
                break
        at = simulator.clock.time()
    assert outcomes == {"blocked": "blocked", "nothing": "not_run", "skipped": "skipped"}
    assert at - 1_767_603_600 < 240


def test_a_wait_may_outlast_a_block_step() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").block("Ship?").job("deploy")
    web.build()
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        (step,) = watcher.wait("web", 1).blocked_by
        with pytest.raises(DeadlineExceeded, match=r"web #1 \(blocked\) is not over after 60 s"):
            watcher.wait("web", 1, on_blocked="wait", timeout=60)
        buildkite.jobs.unblock("web", 1, step.id)
        assert watcher.wait("web", 1, on_blocked="wait").passed


def test_the_time_allowed_ends_a_wait_and_names_what_runs() -> None:
    simulator = simulated({"a": 20, **dict.fromkeys("bcdef", 4000.0)})
    with (
        simulator.client() as buildkite,
        pytest.raises(DeadlineExceeded, match=r"b #1 \(running\), .* and 2 more are not"),
    ):
        buildkite.builds.watcher().wait_all([f"acme/{slug}/1" for slug in "abcdef"], timeout=120)
    assert 120 <= simulator.clock.time() - 1_767_603_600 < 130


@pytest.mark.parametrize("count", [2, 6])
def test_each_state_that_is_seen_is_an_event(count: int) -> None:
    simulator = simulated(dict.fromkeys("abcdef"[:count], 100.0))
    states: dict[str, list[str]] = {}

    def note(event: object) -> None:
        if isinstance(event, BuildSeen):
            states.setdefault(event.pipeline, []).append(event.state)

    with simulator.client(on_event=note) as buildkite:
        buildkite.builds.watcher().wait_all([f"acme/{slug}/1" for slug in "abcdef"[:count]])
    for seen in states.values():
        assert "running" in seen
        assert seen[-1] == "passed"
        assert len(seen) == len(set(seen))
    assert len(states) == count


def test_a_build_that_does_not_exist_ends_its_own_wait_alone() -> None:
    simulator = simulated(many(6))
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        with pytest.raises(errors.BuildNotFound):
            watcher.wait("p0", 7)
        with pytest.raises(errors.BuildNotFound):
            watcher.wait_all([*(f"acme/{slug}/1" for slug in many(6)), "acme/p0/7"])
        assert watcher.wait("p1", 1).passed


def test_errors_that_pass_end_no_wait_once_buildkite_has_answered() -> None:
    simulator = simulated(many(12))
    outcomes = []
    with simulator.client(retry=None) as buildkite:
        for result in buildkite.builds.watcher().as_finished([f"acme/{slug}/1" for slug in many(12)]):
            outcomes.append(result.outcome)
            simulator.fail_next(status=503, times=3)
    assert sorted(outcomes) == ["failed", *["passed"] * 11]


def test_an_error_before_any_answer_is_raised() -> None:
    simulator = simulated(many(6))
    simulator.fail_next(status=503)
    with simulator.client(retry=None) as buildkite, pytest.raises(errors.ServiceUnavailable):
        buildkite.builds.watcher().wait_all([f"acme/{slug}/1" for slug in many(6)])


def test_a_token_that_is_refused_ends_all_waits() -> None:
    simulator = simulated(many(6))
    simulator.add_token("bkua_short", expires_in=60)
    with simulator.client(token="bkua_short") as buildkite, pytest.raises(errors.Unauthorized):
        buildkite.builds.watcher().wait_all([f"acme/{slug}/1" for slug in many(6)])


def test_builds_of_two_organizations_are_refused() -> None:
    with Simulator().client() as buildkite, pytest.raises(ValueError, match="organizations acme and other"):
        buildkite.builds.watcher().wait_all(["acme/a/1", "other/a/1"])


# --- Who polls


def test_threads_share_a_poller_and_one_that_gives_up_passes_its_part_on() -> None:
    simulator = simulated({**{f"p{i}": 100.0 + i for i in range(20)}, "long": 4000.0})
    outcomes: list[str | None] = []
    begun = threading.Barrier(21)
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()

        def wait(slug: str, timeout: float | None) -> None:
            begun.wait(30)
            try:
                outcomes.append(watcher.wait(slug, 1, timeout=timeout).outcome)
            except DeadlineExceeded:
                outcomes.append(None)

        threads = [threading.Thread(target=wait, args=(f"p{i}", None)) for i in range(20)]
        threads.append(threading.Thread(target=wait, args=("long", 60.0)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert Counter(outcomes) == {"passed": 18, "failed": 2, None: 1}
    assert calls(simulator)["builds.list"] < 60


class Hanging(httpx.AsyncBaseTransport):
    """Transport whose first requests hang until the task that sent them is cancelled."""

    def __init__(self, inner: httpx.AsyncBaseTransport, times: int) -> None:
        self._inner = inner
        self._left = times
        self.sender: ContextVar[anyio.CancelScope] = ContextVar("sender")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._left:
            self._left -= 1
            self.sender.get().cancel()
            await anyio.sleep_forever()
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_part_passes_on_when_the_one_who_polls_is_cancelled(backend: str) -> None:
    outcomes: list[str | None] = []
    canceled: list[str] = []

    async def main() -> None:
        simulator = simulated(many(9))
        transport = Hanging(simulator.async_transport(), times=4)
        async with simulator.async_client(transport=transport) as buildkite:
            watcher = buildkite.builds.watcher()

            async def wait(slug: str) -> None:
                with anyio.CancelScope() as scope:
                    transport.sender.set(scope)
                    outcomes.append((await watcher.wait(slug, 1)).outcome)
                if scope.cancelled_caught:
                    canceled.append(slug)

            async with anyio.create_task_group() as tasks:
                for slug in many(9):
                    tasks.start_soon(wait, slug)

    anyio.run(main, backend=backend)
    assert len(canceled) == 4
    assert outcomes == ["passed"] * 5


def test_the_part_passes_on_when_a_wait_ends_by_its_time() -> None:
    async def main() -> list[str]:
        ended: list[str] = []
        simulator = simulated(many(6), clock=TrioClock())
        async with simulator.async_client() as buildkite:
            watcher = buildkite.builds.watcher()

            async def wait(slug: str, timeout: float | None) -> None:
                try:
                    await watcher.wait(slug, 1, timeout=timeout)
                except DeadlineExceeded:
                    ended.append(f"{slug} too late")
                else:
                    ended.append(slug)

            async with anyio.create_task_group() as tasks:
                for slug, timeout in (("p5", 10.0), ("p4", 15.0), ("p3", None), ("p0", None), ("p2", 30.0)):
                    tasks.start_soon(wait, slug, timeout)
        return ended

    ended = run(main)
    assert ended[:2] == ["p5 too late", "p4 too late"]
    assert sorted(ended[2:]) == ["p0", "p2 too late", "p3"]  # in which order depends on who polls


def test_nothing_runs_when_nobody_waits() -> None:
    simulator = simulated(many(6))
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        with pytest.raises(DeadlineExceeded):
            watcher.wait_all([f"acme/{slug}/1" for slug in many(6)], timeout=5)
        threads, sent = threading.active_count(), len(simulator.requests)
        simulator.clock.sleep(600)
        assert (threading.active_count(), len(simulator.requests)) == (threads, sent)


# --- Load: a small one. The large one is in tests/endurance.

LISTS = {
    "at once": ListBehaviour(),
    "late": ListBehaviour(lag=14),
    "late and out of order": ListBehaviour(lag=8, disorder=30),
}


@pytest.mark.parametrize("lists", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("late", [0.0, 2.0], ids=["answers at once", "answers late"])
def test_ends_are_seen_soon_and_none_is_missed(lists: ListBehaviour, late: float) -> None:
    measured = run(Load(waits=60, pipelines=6, ours=12, others=24, minutes=4, lists=lists, late=late).run)
    assert measured.missed == []
    assert measured.median <= 4 + late
    assert measured.worst <= 10 + 2 * late
    assert measured.statuses == {200}
    assert measured.most_lists <= 15


# --- Builds that seem to have ended where their jobs aren't shown ---------------------------------------------------------

DEPLOY = job("deploy", type="manual", state="blocked", label="Deploy?")
BESIDE = [job("a", state="running"), DEPLOY]
END = {"state": "passed", "finished_at": "2026-01-05T12:20:00Z"}


def over(clock: FakeClock, app: Callable[[httpx.Request], httpx.Response]) -> BuildkiteClient:
    return BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=clock)


@pytest.mark.parametrize(
    "shown",
    [
        {"state": "running", "blocked": True, "jobs": BESIDE},
        {"state": "passed", "blocked": True, "blocked_state": "running", "jobs": BESIDE},
    ],
)
def test_a_block_step_beside_a_job_that_runs_is_no_end_and_costs_few_reads(shown: dict[str, Any]) -> None:
    clock = FakeClock()
    timeline = Timeline(clock, [(0, shown), (600, END)])
    result = over(clock, timeline).builds.watcher().wait("web", 7, timeout=1200)
    assert result.outcome == "passed"
    assert timeline.now <= 615
    assert len(timeline.requests) <= 45  # 4 a minute, and a few at the beginning


def test_a_block_step_that_was_unblocked_and_still_shown_is_read_seldom() -> None:
    clock = FakeClock()
    blocked = {"state": "passed", "blocked": True, "finished_at": "2026-01-05T12:03:00Z", "jobs": [DEPLOY]}
    timeline = Timeline(
        clock,
        [(0, blocked), (5, {"state": "running"}), (60, END)],
        on_write=lambda _: answer(job("deploy", type="manual", state="unblocked"), 200),
    )

    def late(request: httpx.Request) -> httpx.Response:
        clock.advance(0.1)
        return timeline(request)

    client = over(clock, late)
    client.jobs.unblock("web", 7, "job-deploy")
    before = len(timeline.requests)
    assert client.builds.watcher().wait("web", 7, timeout=600).outcome == "passed"
    assert timeline.now <= 76
    assert len(timeline.requests) - before <= 12


def test_reads_that_lag_behind_each_other_are_no_reason_to_read_without_a_pause() -> None:
    clock = FakeClock()
    failed = {"state": "failed", "finished_at": "2026-01-05T12:10:00Z", "jobs": [job("a", state="failed")]}
    timeline = Timeline(clock, [(0, {"state": "running"}), (60, END)])
    lagging = Timeline(clock, [(0, failed), (8, {"state": "running"}), (60, END)])

    def app(request: httpx.Request) -> httpx.Response:
        clock.advance(0.1)
        return (lagging if "exclude_jobs" in request.url.params else timeline)(request)

    assert over(clock, app).builds.watcher().wait("web", 7, timeout=600).outcome == "passed"
    assert len(timeline.requests) + len(lagging.requests) <= 15


def test_lists_that_show_blocked_builds_beside_their_jobs_that_run_cost_few_reads() -> None:
    number = 30
    clock = FakeClock()
    shown = {"state": "running", "blocked": True}
    numbers = range(1, number + 1)
    reads: Counter[int] = Counter()
    began = clock.monotonic()

    def of(count: int, **more: Any) -> dict[str, Any]:
        what = END if clock.monotonic() - began >= 600 else shown
        return build(
            count,
            url=f"https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/{count}",
            **{**what, **more},
        )

    def app(request: httpx.Request) -> httpx.Response:
        clock.advance(0.05)
        last = request.url.path.rpartition("/")[2]
        if last == "builds":
            return answer([of(count) for count in numbers], 200, Date="Mon, 05 Jan 2026 12:30:00 GMT")
        reads[int(last)] += 1
        ended = clock.monotonic() - began >= 600
        return answer(of(int(last), jobs=[] if ended or "exclude_jobs" in request.url.params else BESIDE), 200)

    watcher = over(clock, app).builds.watcher()
    results = watcher.wait_all([f"acme/web/{count}" for count in numbers], timeout=1200)
    assert [result.outcome for result in results] == ["passed"] * number
    assert clock.monotonic() - began <= 610
    assert max(reads.values()) <= 30  # 3 a minute


def test_builds_are_never_asked_for_by_their_meta_data_which_they_may_change() -> None:
    clock = FakeClock()
    began = clock.monotonic()
    looks: list[httpx.QueryParams] = []

    def of(number: int, **more: Any) -> dict[str, Any]:
        over = clock.monotonic() - began >= 100 + 10 * number
        meta_data = {"batch": "1"} if clock.monotonic() - began < 90 else {"batch": "done"}
        end = {"state": "passed", "finished_at": "2026-01-05T12:30:00.000Z"} if over else {}
        return build(
            number,
            url=f"https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/{number}",
            creator={"id": "ada", "name": "Ada"},
            branch=f"topic-{number}",
            meta_data=meta_data,
            **{**end, **more},
        )

    def app(request: httpx.Request) -> httpx.Response:
        clock.advance(0.05)
        if not request.url.path.endswith("/builds"):
            return answer(of(int(request.url.path.rpartition("/")[2])))
        shown = [of(number) for number in range(1, 9)]
        if "finished_from" not in request.url.params:
            return answer([each for each in shown if each["state"] == "running"])
        looks.append(request.url.params)
        ended = [each for each in shown if each["state"] == "passed"]
        # So many builds of others have ended that each look has two pages.
        link = {"Link": f'<{request.url.copy_set_param("page", "2")}>; rel="next"'}
        return answer(ended, 200, **({} if request.url.params.get("page") == "2" else link))

    results = over(clock, app).builds.watcher().wait_all([f"acme/web/{number}" for number in range(1, 9)], timeout=600)
    assert all(results)
    assert looks[-1].get("creator") == "ada"
    assert not [name for params in looks for name in params if "meta_data" in name]
