"""Decisions of a watcher: under any order and any lag, no end is missed, and no minute has too many requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from buildkite_ext.watching.steps import (
    Answer,
    Key,
    ListBuilds,
    Narrowing,
    Pause,
    ReadBuild,
    SeenBuild,
    Traits,
)
from buildkite_ext.watching.sweeps import Sweeps

EPOCH = 1_767_603_600.0


@dataclass
class FakeBuild:
    key: Key
    created_at: float
    place: float
    """Its place in lists, which may differ from the order of creation."""
    ended_at: float | None = None
    shown_at: float = 0.0
    """When lists show its end."""
    timed: bool = True
    """Its end has a time."""
    branch: str = "main"

    def row(self, now: float, *, alone: bool) -> SeenBuild:
        over = self.ended_at is not None and (alone or now >= self.shown_at)
        finished = self.ended_at if over and self.timed else None
        return SeenBuild(
            self.key, over, self.created_at, finished, finished or self.created_at, Traits("ada", self.branch, None)
        )


class Server:
    """Builds as Buildkite's lists show them, and the requests that were made."""

    def __init__(self, *, page_size: int, dated: bool, skew: Callable[[int], float] = lambda _: 0.0) -> None:
        """Create a server. `skew` returns how many seconds the Date of an answer is ahead, by the number of the answer."""
        self.builds: dict[Key, FakeBuild] = {}
        self.page_size = page_size
        self.dated = dated
        self.skew = skew
        self.answers = 0
        self.lists: list[float] = []
        self.searched = 0

    def answer(self, step: ListBuilds | ReadBuild, now: float) -> Answer:
        self.answers += 1
        time = EPOCH + now + self.skew(self.answers) if self.dated else None
        if isinstance(step, ReadBuild):
            return Answer([self.builds[step.key].row(now, alone=True)], time)
        if step.purpose == "search":
            self.searched += 1
        else:
            self.lists.append(now)
        rows = [
            row
            for build in sorted(self.builds.values(), key=lambda build: -build.place)
            if (row := build.row(now, alone=False)) and self._fits(step, build, row)
        ]
        start = (step.page - 1) * self.page_size
        left = -(-max(0, len(rows) - start - self.page_size) // self.page_size)
        return Answer(rows[start : start + self.page_size], time, left > 0, left)

    def _fits(self, step: ListBuilds, build: FakeBuild, row: SeenBuild) -> bool:
        if step.pipeline not in (None, build.key[0]) or (
            step.narrowing.branches and build.branch not in step.narrowing.branches
        ):
            return False
        if step.created_to is not None and build.created_at >= step.created_to:
            return False
        if step.created_from is not None and build.created_at < step.created_from:
            return False
        if step.finished_from is not None:
            return row.finished_at is not None and row.finished_at >= step.finished_from
        return row.over and not build.timed if step.purpose == "quiet" else not row.over


class Watching(RuleBasedStateMachine):
    """Any sequence of new builds, waits, ends and pauses."""

    @initialize(dated=st.booleans(), page_size=st.sampled_from([5, 100]))
    def begin(self, dated: bool, page_size: int) -> None:
        self.now = 0.0
        self.server = Server(page_size=page_size, dated=dated)
        self.sweeps = Sweeps(page_size=page_size)
        self.waited: set[Key] = set()
        self.late_after = 0.0
        self.add(12, 0.0, waits=True)
        self.add(6, 0.0, waits=False)

    @rule(number=st.integers(1, 6), disorder=st.floats(-40, 40), waits=st.booleans())
    def add(self, number: int, disorder: float, waits: bool) -> None:
        for _ in range(number):
            key = (f"p{len(self.server.builds) % 4}", len(self.server.builds))
            at = EPOCH + self.now + len(self.server.builds) / 1000
            self.server.builds[key] = FakeBuild(key, at, at + disorder, branch="ours" if waits else "main")
            if waits:
                self.waited.add(key)
                self.sweeps.add(key, self.now)

    @rule(which=st.integers(0, 1000), lag=st.floats(0, 15), timed=st.sampled_from([True, True, True, False]))
    def end(self, which: int, lag: float, timed: bool) -> None:
        going = [build for build in self.server.builds.values() if build.ended_at is None]
        if going:
            build = going[which % len(going)]
            build.ended_at, build.timed = EPOCH + self.now, timed
            build.shown_at = self.now + lag

    @rule(seconds=st.floats(0.1, 40), answer_after=st.floats(0.05, 3))
    def pass_time(self, seconds: float, answer_after: float) -> None:
        until = self.now + seconds
        while self.now < until:
            step = self.sweeps.next(self.now)
            if isinstance(step, Pause):
                assert step.until > self.now
                self.now = min(until, step.until)
                continue
            answer = self.server.answer(step, self.now)
            self.now += answer_after
            for key in self.sweeps.answered(answer, self.now):
                assert self.server.builds[key].ended_at is not None
                self.waited.remove(key)

    @rule(which=st.integers(0, 1000))
    def give_up(self, which: int) -> None:
        if self.waited:
            key = sorted(self.waited)[which % len(self.waited)]
            self.waited.remove(key)
            self.sweeps.remove(key)

    @rule()
    def fail(self) -> None:
        if not isinstance(self.sweeps.next(self.now), Pause):
            self.sweeps.failed(self.now)

    @invariant()
    def what_is_waited_for_is_known(self) -> None:
        assert len(self.sweeps) == len(self.waited)

    @invariant()
    def a_minute_has_few_lists(self) -> None:
        for index in range(len(self.server.lists) - 15):
            assert self.server.lists[index + 15] - self.server.lists[index] > 59.0

    def teardown(self) -> None:
        if not hasattr(self, "sweeps"):
            return
        # Whatever has ended is seen, whether lists showed it late, in another order, or without a time.
        for _ in range(60):
            self.pass_time(30.0, 0.3)
        assert not [key for key in self.waited if self.server.builds[key].ended_at is not None]


TestWatching = Watching.TestCase
TestWatching.settings = settings(max_examples=max(10, settings().max_examples // 6), stateful_step_count=20)


@given(
    lags=st.lists(st.floats(0, 15), min_size=20, max_size=60),
    ends=st.data(),
    disorder=st.floats(0, 60),
)
def test_each_end_is_seen_by_the_first_look_after_lists_show_it(
    lags: list[float], ends: st.DataObject, disorder: float
) -> None:
    server, sweeps, now = Server(page_size=100, dated=False), Sweeps(), 0.0
    for index, _ in enumerate(lags):
        key = (f"p{index % 5}", index)
        server.builds[key] = FakeBuild(key, EPOCH - index, EPOCH - index + disorder * (index % 3))
        sweeps.add(key, now)
    order = sorted(ends.draw(st.lists(st.floats(30, 300), min_size=len(lags), max_size=len(lags))))
    for build, lag, end in zip(server.builds.values(), lags, order, strict=True):
        build.ended_at, build.shown_at = EPOCH + end, end + lag
    pending = {key: build.ended_at for key, build in server.builds.items()}
    for build in server.builds.values():
        build.ended_at = None
    seen: dict[Key, float] = {}
    while len(seen) < len(lags) - 4 and now < 600:
        for key, end in pending.items():
            assert end is not None
            if end - EPOCH <= now:
                server.builds[key].ended_at = end
        step = sweeps.next(now)
        if isinstance(step, Pause):
            now = min(step.until, now + 0.5)
            continue
        answer = server.answer(step, now)
        now += 0.2
        seen |= dict.fromkeys(sweeps.answered(answer, now), now)
    assert len(seen) >= len(lags) - 4
    assert all(at - server.builds[key].shown_at <= 6.0 for key, at in seen.items())


def run_to_the_ends(server: Server, sweeps: Sweeps, ends: dict[Key, float], *, until: float) -> dict[Key, float]:
    """Wait for builds that end at some times, and return the seconds after which each end was seen."""
    for key in ends:
        sweeps.add(key, 0.0)
    now, seen = 0.0, dict[Key, float]()
    while len(sweeps) > 3 and now < until:
        for key, end in ends.items():
            if end <= now:
                server.builds[key].ended_at = EPOCH + end
        step = sweeps.next(now)
        if isinstance(step, Pause):
            now = min(step.until, now + 0.5)
            continue
        answer = server.answer(step, now)
        now += 0.2
        seen |= {key: now - ends[key] for key in sweeps.answered(answer, now)}
    return seen


@pytest.mark.parametrize(
    "skew",
    [
        lambda _: 300.0,
        lambda number: 300.0 if number == 1 else 0.0,
        lambda number: 3600.0 * (number % 4 == 0),
        lambda _: -300.0,
        lambda number: -3600.0 * (number % 4 == 0),
    ],
    ids=["all ahead", "the first ahead", "one of four ahead", "all behind", "one of four behind"],
)
@pytest.mark.parametrize("in_the_future", [False, True], ids=["", "an end in the future"])
def test_a_wrong_date_of_an_answer_delays_no_end(skew: Callable[[int], float], in_the_future: bool) -> None:
    server = Server(page_size=100, dated=True, skew=skew)
    ends = {(f"p{index % 5}", index): 10.0 + 9 * index for index in range(40)}
    for key in ends:
        server.builds[key] = FakeBuild(key, EPOCH - 60, EPOCH - 60)
    if in_the_future:
        server.builds["other", 1] = FakeBuild(("other", 1), EPOCH - 60, EPOCH - 60, ended_at=EPOCH + 200, shown_at=0)
    seen = run_to_the_ends(server, Sweeps(), ends, until=1000)
    assert len(seen) >= len(ends) - 3
    # Where no clock tells that an end is in the future, the check of the active builds finds what it hides.
    assert max(seen.values()) <= (6.0 if not in_the_future or skew(2) <= 0 else 120.0)


def test_looks_are_narrowed_when_too_many_builds_of_others_end() -> None:
    server, sweeps, now = Server(page_size=10, dated=True), Sweeps(page_size=10), 0.0
    for index in range(400):
        key = (f"p{index % 5}", index)
        ours = index < 8
        server.builds[key] = FakeBuild(
            key,
            EPOCH - index,
            EPOCH - index,
            branch="ours" if ours else "main",
            ended_at=None if ours else EPOCH + index / 2,
            shown_at=index / 2,
        )
        if ours:
            sweeps.add(key, now)
    narrowings = []
    while now < 180:
        step = sweeps.next(now)
        if isinstance(step, Pause):
            now = step.until
            continue
        if isinstance(step, ListBuilds) and step.purpose == "look":
            narrowings.append(step.narrowing)
        sweeps.answered(server.answer(step, now), now)
        now += 0.2
    assert narrowings[0] == Narrowing()
    assert narrowings[-1] == Narrowing(creator="ada", branches=("ours",))


def test_webhooks_make_everything_slower_and_wake_reads() -> None:
    sweeps, now, steps = Sweeps(webhooks=True), 0.0, []
    server = Server(page_size=100, dated=True)
    for index in range(10):
        key = ("web", index)
        server.builds[key] = FakeBuild(key, EPOCH, EPOCH)
        sweeps.add(key, now)
    while now < 600:
        step = sweeps.next(now)
        if isinstance(step, Pause):
            now = step.until
            continue
        steps.append(step)
        sweeps.answered(server.answer(step, now), now)
        now += 0.2
    assert len(steps) <= 40
    sweeps.woken(("web", 3), now)
    # The API may show the end a little later than the webhook.
    read = []
    while now < 620:
        step = sweeps.next(now)
        if isinstance(step, Pause):
            now = step.until
            continue
        if isinstance(step, ReadBuild):
            read.append(now)
        sweeps.answered(server.answer(step, now), now)
    assert len(read) == 5
