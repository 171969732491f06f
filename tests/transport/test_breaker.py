"""The circuit breaker: which calls open a circuit, who may probe, and what a user sees meanwhile."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import pytest
import trio
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from buildkite_ext import (
    Budget,
    BuildkiteClient,
    CircuitBreaker,
    CircuitChanged,
    CircuitOpen,
    MemoryStore,
    Retry,
    errors,
)
from buildkite_ext.events import RetryScheduled
from buildkite_ext.simulation import Simulator
from buildkite_ext.stores.circuits import Circuit, Permit
from tests.core.fakes import LONGEST, TOKEN, App, FakeClock, Flavor, answer, build

from .virtual_time import client, run, simulated

DOWN = answer({"message": "oops"}, 500)
GONE = httpx.ConnectError("refused")
CUT = httpx.ReadError("reset")
ONCE = Retry(attempts=1)


async def failing(flavor: Flavor, buildkite: Any, times: int) -> list[type]:
    """Make calls, and return the classes of their errors."""
    kinds = []
    for _ in range(times):
        try:
            await flavor.call(buildkite.builds.get, "web", 7)
        except errors.BuildkiteError as error:
            kinds.append(type(error))
        else:
            kinds.append(type(None))
    return kinds


@pytest.mark.anyio
@pytest.mark.parametrize(
    "failure",
    [DOWN, answer("<h1>Bad gateway</h1>", 502), answer({}, 503), GONE, CUT],
    ids=["500", "502", "503", "connect", "cut"],
)
async def test_five_failures_in_a_row_open_the_circuit_for_30_seconds(flavor: Flavor, failure: Any) -> None:
    app, clock, events = App(failure), FakeClock(), []
    buildkite = flavor.client(app, clock=clock, retry=ONCE, on_event=events.append)
    kinds = await failing(flavor, buildkite, 8)
    assert CircuitOpen not in kinds[:5]
    assert kinds[5:] == [CircuitOpen] * 3
    assert len(app.requests) == 5
    clock.advance(29.9)
    assert await failing(flavor, buildkite, 1) == [CircuitOpen]
    clock.advance(0.2)
    probed = await failing(flavor, buildkite, 2)
    assert probed[0] is not CircuitOpen
    assert probed[1] is CircuitOpen
    assert len(app.requests) == 6
    changes = [(event.before, event.after) for event in events if isinstance(event, CircuitChanged)]
    assert changes == [("closed", "open"), ("half_open", "open")]


@pytest.mark.anyio
async def test_a_probe_that_succeeds_closes_the_circuit(flavor: Flavor) -> None:
    app, clock, events = App(*[DOWN] * 5, answer(build(7))), FakeClock(), []
    buildkite = flavor.client(app, clock=clock, retry=ONCE, on_event=events.append)
    await failing(flavor, buildkite, 5)
    clock.advance(30)
    assert await failing(flavor, buildkite, 6) == [type(None)] * 6
    changes = [(event.before, event.after) for event in events if isinstance(event, CircuitChanged)]
    assert changes == [("closed", "open"), ("half_open", "closed")]


@pytest.mark.anyio
async def test_an_open_circuit_says_when_to_come_back(flavor: Flavor) -> None:
    clock = FakeClock()
    buildkite = flavor.client(App(DOWN), clock=clock, retry=ONCE)
    await failing(flavor, buildkite, 5)
    clock.advance(12)
    with pytest.raises(
        CircuitOpen, match=r"5 calls to https://api\.buildkite\.com failed in a row.* for 18 s"
    ) as error:
        await flavor.call(buildkite.builds.get, "web", 7)
    assert error.value.retry_after == pytest.approx(18)


SUCCESSES = {
    "an answer": answer(build(7)),
    "404": answer({"message": "No build found"}, 404),
    "401": answer({"message": "no"}, 401),
    "422": answer({"message": "no"}, 422),
    "429": answer({"message": "slow"}, 429),
}


@pytest.mark.anyio
@pytest.mark.parametrize("success", SUCCESSES.values(), ids=SUCCESSES)
async def test_every_answer_below_500_is_a_success(flavor: Flavor, success: Any) -> None:
    app = App(*[DOWN, DOWN, DOWN, DOWN, success] * 3)
    buildkite = flavor.client(app, retry=ONCE, budget=None)
    assert CircuitOpen not in await failing(flavor, buildkite, 15)
    assert len(app.requests) == 15


@pytest.mark.anyio
async def test_a_call_counts_once_after_its_retries(flavor: Flavor) -> None:
    app = App(DOWN)
    buildkite = flavor.client(app, retry=Retry(attempts=4, random=lambda: 0.0))
    assert CircuitOpen not in await failing(flavor, buildkite, 5)
    assert len(app.requests) == 20
    assert await failing(flavor, buildkite, 1) == [CircuitOpen]


@pytest.mark.anyio
async def test_a_503_that_is_documented_for_an_operation_says_nothing(flavor: Flavor) -> None:
    app = App(answer({"message": "not available"}, 503))
    buildkite = flavor.client(app, retry=ONCE)
    for _ in range(7):
        with pytest.raises(errors.ServiceUnavailable):
            await flavor.call(buildkite.agent_images.get, "c1", "i1")
    assert len(app.requests) == 7


@pytest.mark.anyio
async def test_one_log_that_can_not_be_read_opens_no_circuit(flavor: Flavor) -> None:
    broken = {"j1"}

    def api(request: httpx.Request) -> httpx.Response:
        job = request.url.path.partition("/jobs/")[2].partition("/")[0]
        if job in broken:
            return httpx.Response(500, json={"message": "oops"})
        return httpx.Response(200, json={"content": "x", "size": 1} if job else build(7))

    events: list[Any] = []
    buildkite = flavor.client(api, clock=FakeClock(), retry=ONCE, on_event=events.append)

    async def log(job: str) -> type:
        try:
            await flavor.call(buildkite.jobs.log, "web", 7, job)
        except errors.BuildkiteError as error:
            return type(error)
        return type(None)

    assert {await log("j1") for _ in range(12)} == {errors.ServerError}
    assert await failing(flavor, buildkite, 1) == [type(None)]
    broken.clear()
    assert await log("j1") is type(None)
    assert not any(isinstance(event, CircuitChanged) for event in events)
    broken |= {f"j{number}" for number in range(1, 6)}  # an outage: one log after another
    assert [await log(job) for job in sorted(broken)] == [errors.ServerError] * 5
    assert await failing(flavor, buildkite, 1) == [CircuitOpen]


def test_a_log_that_could_not_be_read_before_keeps_no_circuit_open() -> None:
    clock, down = FakeClock(), True

    def api(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500 if down or "/jobs/" in request.url.path else 200, json=build(7))

    transport, breaker = httpx.MockTransport(api), CircuitBreaker(failures=2)
    buildkite = BuildkiteClient("acme", token=TOKEN, transport=transport, clock=clock, retry=ONCE, breaker=breaker)
    with pytest.raises(errors.ServerError):
        buildkite.jobs.log("web", 7, "j1")
    with pytest.raises(errors.ServerError):
        buildkite.builds.get("web", 7)
    clock.advance(30)
    down = False
    with pytest.raises(errors.ServerError):  # as the probe
        buildkite.jobs.log("web", 7, "j1")
    assert buildkite.builds.get("web", 7).number == 7


@pytest.mark.parametrize("call", ["a log", "a feature that may be off"])
def test_while_the_api_is_down_a_call_whose_failure_says_nothing_probes_once_in_30_seconds(call: str) -> None:
    clock, down, sent = FakeClock(), True, 0

    def api(_: httpx.Request) -> httpx.Response:
        nonlocal sent
        sent += 1
        return httpx.Response(503 if down else 200, json={**build(7), "content": "x", "size": 1})

    transport, breaker = httpx.MockTransport(api), CircuitBreaker(failures=2)
    buildkite = BuildkiteClient("acme", token=TOKEN, transport=transport, clock=clock, retry=ONCE, breaker=breaker)

    def vain() -> None:
        if call == "a log":
            buildkite.jobs.log("web", 7, "j1")
        else:
            buildkite.agent_images.get("c1", "i1")

    def refused(function: Any) -> bool:
        try:
            function()
        except errors.BuildkiteError as error:
            return isinstance(error, CircuitOpen)
        return False

    def get() -> None:
        buildkite.builds.get("web", 7)

    assert [refused(each) for each in (vain, get, get, get)][-1]
    for _ in range(2):
        clock.advance(30)
        sent = 0
        assert [refused(vain) for _ in range(5)] == [False] + [True] * 4
        assert sent == 1
    with pytest.raises(CircuitOpen) as error:
        vain()
    assert error.value.retry_after == 30
    assert [refused(get), refused(get)] == [False, True]  # another call still probes at once
    down = False
    clock.advance(30)
    assert [refused(vain), refused(vain), refused(get)] == [False] * 3


@pytest.mark.parametrize(("seconds", "opens"), [(299, False), (300, True)])
def test_a_log_that_could_not_be_read_counts_again_when_it_was_not_read_for_five_minutes(
    seconds: float, opens: bool
) -> None:
    """Otherwise a later outage, in which only such logs are read, would open no circuit."""
    clock, down = FakeClock(), True

    def api(_: httpx.Request) -> httpx.Response:
        return httpx.Response(500 if down else 200, json=build(7))

    transport, breaker = httpx.MockTransport(api), CircuitBreaker(failures=3)
    buildkite = BuildkiteClient("acme", token=TOKEN, transport=transport, clock=clock, retry=ONCE, breaker=breaker)
    logs = ("j1", "j2", "j3")
    for job in logs:
        with pytest.raises(errors.ServerError):
            buildkite.jobs.log("web", 7, job)
        down = False
        assert buildkite.builds.get("web", 7).number == 7
        down = True
    for _ in range(2):  # as long as a log is read, it opens no circuit
        clock.advance(299)
        for job in logs:
            with pytest.raises(errors.ServerError):
                buildkite.jobs.log("web", 7, job)
    clock.advance(seconds)
    for job in logs:
        with pytest.raises(errors.ServerError):
            buildkite.jobs.log("web", 7, job)
    with pytest.raises(CircuitOpen if opens else errors.ServerError):
        buildkite.jobs.log("web", 7, "j1")


@pytest.mark.anyio
async def test_our_own_deadline_says_nothing(flavor: Flavor) -> None:
    clock = FakeClock()

    def slow(_: httpx.Request) -> httpx.Response:
        clock.advance(3)
        return answer({"message": "oops"}, 500)

    app = App(slow)
    buildkite = flavor.client(app, clock=clock, timeout=2, retry=LONGEST)
    assert await failing(flavor, buildkite, 7) == [errors.DeadlineExceeded] * 7
    assert len(app.requests) == 7


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["a read without retries", "a write", "the end of a wait"])
async def test_an_attempt_that_our_own_deadline_ended_says_nothing(flavor: Flavor, how: str) -> None:
    clock = FakeClock()

    def silent(_: httpx.Request) -> httpx.Response:
        clock.advance(2)
        raise httpx.ReadTimeout("timed out")

    app = App(silent)
    buildkite = flavor.client(app, clock=clock, timeout=2, retry=Retry() if how == "a write" else ONCE)
    calls = {
        "a read without retries": lambda: flavor.call(buildkite.builds.get, "web", 7),
        "a write": lambda: flavor.call(buildkite.builds.create, "web", commit="HEAD", branch="main"),
        "the end of a wait": lambda: flavor.call(buildkite.builds.wait, "web", 7, timeout=1),
    }
    for _ in range(7):
        with pytest.raises(errors.DeadlineExceeded):
            await calls[how]()
    assert len(app.requests) == 7
    assert (await flavor.call(buildkite.health)).breaker == "closed"


@pytest.mark.anyio
async def test_organizations_have_circuits_of_their_own(flavor: Flavor) -> None:
    app = App(*[DOWN] * 5, answer(build(7)))
    buildkite = flavor.client(app, retry=ONCE)
    await failing(flavor, buildkite, 5)
    assert (await flavor.call(buildkite.with_options(organization="other").builds.get, "web", 7)).number == 7
    assert await failing(flavor, buildkite, 1) == [CircuitOpen]


@pytest.mark.anyio
async def test_none_switches_it_off(flavor: Flavor) -> None:
    app = App(DOWN)
    await failing(flavor, flavor.client(app, retry=ONCE, breaker=None), 9)
    assert len(app.requests) == 9


@pytest.mark.anyio
async def test_its_bounds_can_be_chosen(flavor: Flavor) -> None:
    app, clock = App(DOWN), FakeClock()
    buildkite = flavor.client(app, clock=clock, retry=ONCE, breaker=CircuitBreaker(failures=2, open_for=5))
    await failing(flavor, buildkite, 3)
    clock.advance(5)
    await failing(flavor, buildkite, 1)
    assert len(app.requests) == 3


def test_clients_of_one_store_share_circuits() -> None:
    app, store = App(DOWN), MemoryStore()
    one, other = (
        BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), retry=ONCE, store=store)
        for _ in range(2)
    )
    for _ in range(5):
        with pytest.raises(errors.ServerError):
            one.builds.get("web", 1)
    with pytest.raises(CircuitOpen):
        other.builds.get("web", 1)


@pytest.mark.parametrize(
    "wrong", [{"failures": 0}, {"failures": True}, {"failures": 1.5}, {"open_for": 0}, {"open_for": "30"}], ids=str
)
def test_bounds_that_can_t_be_used_are_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(errors.ConfigurationError, match=f"^{name}="):
        CircuitBreaker(**wrong)


def test_whole_seconds_are_seconds() -> None:
    """A clock and a policy of whole numbers."""

    class Whole(FakeClock):
        def monotonic(self) -> int:
            return 7

    app = App(DOWN)
    buildkite = Flavor("blocking").client(
        app, clock=Whole(), retry=ONCE, breaker=CircuitBreaker(failures=1, open_for=5)
    )
    with pytest.raises(errors.ServerError):
        buildkite.builds.get("web", 7)
    with pytest.raises(CircuitOpen, match="for 5 s"):
        buildkite.builds.get("web", 7)


class Flaky(httpx.AsyncBaseTransport):
    """Transport that takes a second, and answers 500 while it is down."""

    def __init__(self) -> None:
        self.down = True
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        await trio.sleep(1)
        return httpx.Response(500, json={"message": "down"}) if self.down else httpx.Response(200, json={"number": 1})


def test_only_one_of_many_calls_probes_and_a_cancelled_probe_is_released() -> None:
    async def main() -> tuple[int, int, list[str]]:
        transport = Flaky()
        api = simulated().async_client(transport=transport, retry=ONCE)
        ends: list[str] = []

        async def get() -> None:
            try:
                await api.builds.get("web", 1)
                ends.append("ok")
            except errors.BuildkiteError as error:
                ends.append(type(error).__name__)

        for _ in range(5):
            await get()
        await trio.sleep(30)
        ends.clear()
        before = transport.requests
        with trio.move_on_after(0.5):
            await api.builds.get("web", 1)
        transport.down = False
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(get)
        probes = transport.requests - before
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(get)
        return probes, transport.requests - before, sorted(ends)

    probes, requests, ends = run(main)
    assert probes == 2  # the cancelled one, and one of the ten
    assert requests == 12
    assert ends == ["CircuitOpen"] * 9 + ["ok"] * 11


def test_retries_stop_once_another_call_has_opened_the_circuit() -> None:
    async def main() -> int:
        transport = Flaky()
        api = simulated().async_client(
            transport=transport, retry=Retry(attempts=50, base=60, maximum=60, random=lambda: 1.0), timeout=None
        )
        quick = api.with_options(retry=ONCE)

        async def patient() -> None:
            with pytest.raises(errors.ServerError):
                await api.builds.get("web", 1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(patient)
            await trio.sleep(50)
            for _ in range(5):
                with pytest.raises(errors.ServerError):
                    await quick.builds.get("web", 1)
        return transport.requests

    assert run(main) == 1 + 5


def test_a_probe_waits_for_no_rate_limit() -> None:
    async def main() -> tuple[float, float]:
        simulator, store = simulated(user_rate_limit=1), MemoryStore()
        api, _ = client(simulator, round_trip=1.0, retry=ONCE, breaker=CircuitBreaker(open_for=5), store=store)
        simulator.fail_next(status=500, times=5)
        for _ in range(5):
            with pytest.raises(errors.ServerError):
                await api.builds.get("web", 1)
        await trio.sleep(5)
        times = []
        # The first request spends the limit. Only the one that probes goes although it is spent.
        for each in (api.with_options(breaker=None), api):
            began = trio.current_time()
            with suppress(errors.RateLimited):
                await each.builds.get("web", 1)
            times.append(trio.current_time() - began)
        return times[0], times[1]

    assert run(main) == (pytest.approx(1.0), pytest.approx(1.0))


SLOW = answer({"message": "slow", "scope": "rest", "limit": 200, "current": 201, "reset": 45}, 429)


@pytest.mark.anyio
@pytest.mark.parametrize("then", [answer(build(7)), DOWN, CUT], ids=["an answer", "500", "lost"])
async def test_a_probe_that_meets_a_429_closes_the_circuit_at_once(flavor: Flavor, then: Any) -> None:
    """It waits for the limit itself, and however it ends, the API has answered."""
    states, clock, events = [], FakeClock(), []

    def refused(_: httpx.Request) -> httpx.Response:
        states.append(buildkite._requester.circuit)
        return SLOW

    app = App(*[DOWN] * 5, refused, then)
    buildkite = flavor.client(app, clock=clock, retry=ONCE, on_event=events.append, timeout=None)
    await failing(flavor, buildkite, 5)
    clock.advance(30)
    patient = buildkite.with_options(retry=Retry(attempts=2))
    await failing(flavor, patient, 1)
    assert states == ["half_open"]
    assert buildkite._requester.circuit == "closed"
    changes = [(type(event), getattr(event, "after", "")) for event in events]
    assert changes.index((CircuitChanged, "closed")) < changes.index((RetryScheduled, ""))


@pytest.mark.anyio
@pytest.mark.parametrize("options", [{"timeout": 5}, {"budget": Budget(max_wait=5)}, {"retry": None}], ids=str)
async def test_a_probe_that_is_given_up_after_a_429_closes_the_circuit(flavor: Flavor, options: Any) -> None:
    clock = FakeClock()
    buildkite = flavor.client(App(*[DOWN] * 5, SLOW), clock=clock, retry=ONCE)
    await failing(flavor, buildkite, 5)
    clock.advance(30)
    (ended,) = await failing(flavor, buildkite.with_options(**{"retry": Retry(), **options}), 1)
    assert ended in (errors.DeadlineExceeded, errors.BudgetExhausted, errors.RateLimited)
    assert buildkite._requester.circuit == "closed"


def test_a_probe_that_met_a_429_waits_for_the_limit_as_any_call() -> None:
    """While it waits, others do as well, instead of being refused."""

    async def main() -> list[float]:
        simulator = simulated(user_rate_limit=1)
        api, _ = client(simulator, round_trip=1.0, breaker=CircuitBreaker(open_for=5), retry=ONCE)
        simulator.fail_next(status=500, times=5)
        for _ in range(5):
            with pytest.raises(errors.ServerError):
                await api.builds.get("web", 1)
        spent, _ = client(simulator, budget=None)
        await spent.builds.get("web", 1)
        await trio.sleep(5)
        began, ends = trio.current_time(), []

        async def get(after: float) -> None:
            await trio.sleep(after)
            await api.with_options(retry=Retry(random=lambda: 0.5)).builds.get("web", 1)
            ends.append(trio.current_time() - began)

        async with trio.open_nursery() as nursery:
            for after in (0, 2):
                nursery.start_soon(get, after)
        return ends

    first, second = run(main)
    assert 50 < first < 70
    assert 110 < second < 130


def test_organizations_have_one_circuit_whatever_their_spelling() -> None:
    app, store = App(DOWN), MemoryStore()
    upper, lower = (Flavor("blocking").client(app, name, retry=ONCE, store=store) for name in ("ACME", "acme"))
    for each in (upper, lower, upper, lower, upper):
        with pytest.raises(errors.ServerError):
            each.builds.get("web", 7)
    with pytest.raises(CircuitOpen):
        lower.builds.get("web", 7)
    assert [path.split("/")[3] for path in app.paths[:2]] == ["ACME", "acme"]


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["wait", "follow"])
async def test_a_workflow_that_polls_sleeps_through_an_open_circuit(flavor: Flavor, how: str) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", after=20, log="one\ntwo\n")
    kind = "client" if flavor.blocking else "async_client"
    buildkite: Any = getattr(simulator, kind)(retry=ONCE)
    created = await flavor.call(buildkite.builds.create, "web", branch="main", commit="HEAD")
    simulator.fail_next(status=500, times=5)
    for _ in range(5):
        with pytest.raises(errors.ServerError):
            await flavor.call(buildkite.builds.get, created)
    begin = simulator.clock.monotonic()
    if how == "wait":
        assert (await flavor.call(buildkite.builds.wait, created, timeout=600)).passed
    else:
        assert [line.text for line in await flavor.list(buildkite.builds.follow(created, timeout=600))] == [
            "one",
            "two",
        ]
    assert simulator.clock.monotonic() - begin >= 30


@pytest.mark.anyio
async def test_a_wait_that_ends_before_the_circuit_closes_says_so(flavor: Flavor) -> None:
    clock = FakeClock()
    buildkite = flavor.client(App(DOWN), clock=clock, retry=ONCE)
    await failing(flavor, buildkite, 5)
    with pytest.raises(CircuitOpen):
        await flavor.call(buildkite.builds.wait, "web", 7, timeout=20)


class CircuitMachine(RuleBasedStateMachine):
    """Calls that begin, fail, succeed and are given up in any order, at any time."""

    permits = Bundle("permits")

    def __init__(self) -> None:
        super().__init__()
        self.policy = CircuitBreaker(failures=3, open_for=10)
        self.circuit = Circuit()
        self.now = 0.0
        self.probes = 0

    @rule(seconds=st.floats(0, 20))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=permits)
    def begin(self) -> Any:
        state = self.circuit.state(self.policy, self.now)
        self.circuit, permit = self.circuit.admit(self.policy, self.now, probe_for=10_000)
        if isinstance(permit, Permit):
            assert state != "open"
            assert permit.probe is (state == "half_open")
            return permit
        assert state != "closed"
        assert 0 < permit <= 10 + 1e-9  # a sum of times is rounded
        return None

    @rule(permit=consumes(permits))
    def succeed(self, permit: Permit | None) -> None:
        if permit is not None:
            current = permit.epoch == self.circuit.epoch
            self.circuit = self.circuit.succeeded(permit)
            if current and permit.probe:
                assert self.circuit.state(self.policy, self.now) == "closed"

    @rule(permit=consumes(permits))
    def fail(self, permit: Permit | None) -> None:
        if permit is not None:
            current = permit.epoch == self.circuit.epoch
            self.circuit = self.circuit.failed(permit, self.policy, self.now)
            if current and permit.probe:
                assert self.circuit.state(self.policy, self.now) == "open"

    @rule(permit=consumes(permits))
    def give_up(self, permit: Permit | None) -> None:
        if permit is not None:
            before = self.circuit.state(self.policy, self.now)
            self.circuit = self.circuit.released(permit)
            assert self.circuit.state(self.policy, self.now) == before

    @invariant()
    def opens_at_the_bound_alone(self) -> None:
        if self.circuit.opened_at is None:
            assert self.circuit.failures < self.policy.failures
            assert self.circuit.probe_ends is None


TestCircuit = CircuitMachine.TestCase
