"""The budget: how soon requests go while limits have room, how long they wait otherwise, and who waits for whom.

Most of it is measured in virtual time against the simulator, which enforces both limits and answers 429 beyond them.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from itertools import pairwise
from typing import Any

import httpx
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BudgetExhausted,
    BuildkiteClient,
    DeadlineExceeded,
    MemoryStore,
    NetworkError,
    RateLimited,
    RateLimitWait,
    RequestFinished,
    Retry,
)
from buildkite_ext.simulation import Simulator
from buildkite_ext.stores.limits import GUARD, Reported, Window
from tests.core.fakes import App, FakeClock, Flavor, answer

from .virtual_time import RoundTrips, client, run, simulated

TRIP = 0.15
LIMITS = {"rate_limit": 200, "user_rate_limit": 50}


async def get(api: AsyncBuildkiteClient) -> None:
    await api.builds.get("web", 1)


async def many(api: AsyncBuildkiteClient, calls: int, tasks: int) -> float:
    """Make calls from some tasks, and return the seconds until the last has ended."""
    began = trio.current_time()
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await get(api)

    async with trio.open_nursery() as nursery:
        for _ in range(tasks):
            nursery.start_soon(work)
    return trio.current_time() - began


def test_calls_one_after_the_other_are_not_delayed_while_there_is_room() -> None:
    async def main() -> float:
        api, _ = client(simulated(**LIMITS))
        return await many(api, 20, 1)

    assert run(main) == pytest.approx(20 * TRIP)


def test_parallel_calls_into_an_unknown_window_wait_for_one_answer() -> None:
    async def main() -> float:
        api, _ = client(simulated(**LIMITS))
        return await many(api, 20, 20)

    assert run(main) == pytest.approx(2 * TRIP)


@pytest.mark.parametrize(("calls", "windows"), [(300, 5), (1000, 19)])
@pytest.mark.parametrize("used", [0, 37], ids=["fresh", "a part of it used"])
def test_more_calls_than_a_window_allows_take_as_long_as_they_must(calls: int, windows: int, used: int) -> None:
    async def main() -> tuple[float, float, list[int]]:
        simulator = simulated(**LIMITS)
        other, _ = client(simulator, budget=None)
        for _ in range(used):
            await get(other)
        await trio.sleep(13)
        began = trio.current_time()
        api, transport = client(simulator)
        taken = await many(api, calls, 20)
        least = (calls + used - 1) // 50 * 60 - (began - 1000 if used else 0.0)
        return taken, least, transport.statuses

    taken, least, statuses = run(main)
    assert statuses == [200] * calls
    assert least <= taken <= 1.02 * least + 2 * TRIP
    assert used or least == windows * 60


def test_requests_of_others_refuse_no_more_than_what_is_on_its_way() -> None:
    async def main() -> list[int]:
        simulator = simulated(**LIMITS)
        other, _ = client(simulator, budget=None, retry=None)
        api, transport = client(simulator)
        async with trio.open_nursery() as nursery:

            async def others() -> None:
                while True:
                    await trio.sleep(3.1)
                    with suppress(RateLimited):
                        await get(other)

            nursery.start_soon(others)
            await many(api, 200, 20)
            nursery.cancel_scope.cancel()
        return transport.statuses

    statuses = run(main)
    assert statuses.count(200) == 200
    assert statuses.count(429) <= 20 * 5  # of five windows, what was on its way


def test_after_a_429_only_requests_under_the_exhausted_limit_wait() -> None:
    async def main() -> tuple[float, float]:
        simulator = simulated(rate_limit=200, user_rate_limit=5)
        simulator.add_token("bkua_other", user="Grace Hopper")
        store = MemoryStore()
        api, _ = client(simulator, store=store)
        other, _ = client(simulator, store=store, token="bkua_other")
        spent, _ = client(simulator, budget=None)
        for _ in range(5):
            await get(spent)
        times = []
        for each in (other, api):
            began = trio.current_time()
            await get(each)
            times.append(trio.current_time() - began)
        return times[0], times[1]

    others, own = run(main)
    assert others == pytest.approx(TRIP)
    assert 59 < own < 62


def test_four_clients_with_one_store_share_the_limits() -> None:
    async def main() -> tuple[float, list[int]]:
        simulator, store = simulated(**LIMITS), MemoryStore()
        clients = [client(simulator, store=store) for _ in range(4)]
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for api, _ in clients:
                nursery.start_soon(many, api, 40, 5)
        return trio.current_time() - began, [each for _, transport in clients for each in transport.statuses]

    taken, statuses = run(main)
    assert statuses == [200] * 160
    assert 180 <= taken <= 1.02 * 180 + 2 * TRIP


def test_a_reserve_is_left_to_others() -> None:
    async def main() -> tuple[float, list[int]]:
        simulator = simulated(**LIMITS)
        api, transport = client(simulator, budget=Budget(reserve=40))
        taken = await many(api, 20, 5)
        return taken, transport.statuses

    taken, statuses = run(main)
    assert statuses == [200] * 20
    assert 60 <= taken <= 61.5


def test_a_reserve_above_the_limit_leaves_one_request_a_window() -> None:
    async def main() -> float:
        api, _ = client(simulated(**LIMITS), budget=Budget(reserve=1000))
        return await many(api, 3, 1)

    assert 120 <= run(main) <= 123


def test_background_requests_are_spread_over_the_window_and_give_way() -> None:
    async def main() -> tuple[list[float], float]:
        simulator, store = simulated(**LIMITS), MemoryStore()
        api, _ = client(simulator, store=store)
        quiet, _ = client(simulator, store=store, priority="background")
        times: list[float] = []

        async def polls() -> None:
            for _ in range(25):
                await get(quiet)
                times.append(trio.current_time())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(polls)
            await trio.sleep(10)
            began = trio.current_time()
            await many(api, 20, 20)
            urgent = trio.current_time() - began
        return times, urgent

    times, urgent = run(main)
    gaps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert min(gaps) > 1.0  # 50 in a minute
    assert urgent <= 2 * TRIP


def test_only_what_holds_a_request_up_is_an_event() -> None:
    async def main() -> tuple[list[float], list[float]]:
        spread: list[Any] = []
        exhausted: list[Any] = []
        simulator = simulated(rate_limit=200, user_rate_limit=50)
        quiet, _ = client(simulator, priority="background", on_event=spread.append)
        await many(quiet, 40, 1)
        simulator = simulated(rate_limit=200, user_rate_limit=3)
        slow, _ = client(simulator, priority="background", on_event=exhausted.append)
        await many(slow, 4, 1)
        return [
            [round(event.pause) for event in events if isinstance(event, RateLimitWait)]
            for events in (spread, exhausted)
        ]  # type: ignore[return-value]

    spread, exhausted = run(main)
    assert spread == []
    # Gaps of half a minute hold a request up, as the end of the window does.
    assert exhausted == [30, 30]


def test_a_wait_that_is_longer_than_allowed_is_refused_at_once() -> None:
    async def main() -> tuple[float, BudgetExhausted, DeadlineExceeded]:
        simulator = simulated(rate_limit=200, user_rate_limit=2)
        store = MemoryStore()
        api, _ = client(simulator, store=store)
        impatient, _ = client(simulator, store=store, budget=Budget(max_wait=10))
        for _ in range(2):
            await get(api)
        began = trio.current_time()
        with pytest.raises(BudgetExhausted) as refused:
            await get(impatient)
        with pytest.raises(DeadlineExceeded) as late:
            await get(api.with_options(timeout=20))
        return trio.current_time() - began, refused.value, late.value

    taken, refused, late = run(main)
    assert taken < 0.001
    said = "GET /v2/organizations/acme/pipelines/web/builds/1: the rate limit is exhausted, and the next request may be sent"
    assert str(refused).startswith(f"{said} in 60 s, later than the 10 s of Budget(max_wait=). Nothing was sent.")
    assert 49 < refused.retry_after < 51
    assert str(late).startswith(
        f"{said} in 60 s, past the 20 s allowed for the call. Nothing was sent. A longer timeout="
    )


def test_the_default_timeout_begins_when_the_request_may_go() -> None:
    async def main() -> tuple[float, list[Any]]:
        events: list[Any] = []
        simulator = simulated(rate_limit=200, user_rate_limit=1)
        api, _ = client(simulator, on_event=events.append)
        # Each waits behind the one before: the last for four minutes, longer than the default timeout of two.
        return await many(api, 5, 5), events

    taken, events = run(main)
    assert 240 <= taken <= 1.02 * 240 + 1
    assert {type(event) for event in events} == {RateLimitWait, RequestFinished}
    events = [event for event in events if isinstance(event, RateLimitWait)]
    path = "/v2/organizations/acme/pipelines/web/builds/1"
    assert {(event.method, event.path, event.operation) for event in events} == {("GET", path, "get_build")}
    assert all(58 < event.pause < 62 for event in events)


def test_without_headers_nothing_waits() -> None:
    async def main() -> float:
        async def answer(_: httpx.Request) -> httpx.Response:
            await trio.sleep(TRIP)
            return httpx.Response(200, json={"id": "1", "number": 1})

        simulator = simulated()
        api = simulator.async_client(transport=httpx.MockTransport(answer))
        await get(api)
        return await many(api, 100, 100)

    assert run(main) == pytest.approx(TRIP)


def test_an_opener_that_is_cancelled_lets_the_next_one_open_the_window() -> None:
    async def main() -> float:
        api, _ = client(simulated(**LIMITS), round_trip=4.0)
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            scope = trio.CancelScope()

            async def opener() -> None:
                with scope:
                    await get(api)

            nursery.start_soon(opener)
            await trio.sleep(0.1)
            for _ in range(3):
                nursery.start_soon(get, api)
            await trio.sleep(0.9)
            scope.cancel()
        return trio.current_time() - began

    assert run(main) == pytest.approx(1 + 2 * 4)


def test_a_lost_connection_lets_the_next_one_open_the_window() -> None:
    class Breaks(RoundTrips):
        broken = False

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if not self.broken:
                self.broken = True
                await trio.sleep(1)
                raise httpx.ConnectError("no route")
            return await super().handle_async_request(request)

    async def main() -> float:
        simulator = simulated(**LIMITS)
        api = simulator.async_client(transport=Breaks(simulator.async_transport(), 0.1, 0.1), retry=None)
        began = trio.current_time()
        async with trio.open_nursery() as nursery:

            async def opener() -> None:
                with pytest.raises(Exception, match="no route"):
                    await get(api)

            nursery.start_soon(opener)
            await trio.sleep(0.5)
            for _ in range(5):
                nursery.start_soon(get, api)
        return trio.current_time() - began

    assert run(main) == pytest.approx(1.4)


def test_threads_share_the_limits_of_a_process() -> None:
    """Blocking clients on threads, in real time: no 429, though only the first answer tells the limit."""
    simulator = Simulator(user_rate_limit=30)
    simulator.pipeline("web").build()
    store = MemoryStore()
    statuses: list[int] = []

    def work() -> None:
        with BuildkiteClient(
            "acme", token=simulator.token, base_url=simulator.base_url, transport=simulator.transport(), store=store
        ) as api:
            for _ in range(5):
                api.builds.get("web", 1)
                statuses.append(200)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses == [200] * 30
    assert {request.status for request in simulator.requests} == {200}


def test_what_is_known_is_told() -> None:
    simulator = Simulator(**LIMITS)
    simulator.pipeline("web").build()
    with simulator.client() as buildkite:
        before = buildkite.budget
        buildkite.builds.get("web", 1)
        after = buildkite.budget
        simulator.clock.advance(61)
        later = buildkite.budget
    assert (before.user.limit, before.user.remaining, before.user.reset) == (None, None, None)
    assert (after.user.limit, after.user.remaining, after.user.reset, after.user.scope) == (50, 49, 60.0, "rest_user")
    assert (after.organization.limit, after.organization.remaining) == (200, 199)
    assert (later.user.limit, later.user.remaining) == (50, None)
    assert after.waiting == 0


def test_the_number_of_requests_that_wait_is_told_of_their_own_limits() -> None:
    async def main() -> tuple[int, int]:
        store = MemoryStore()
        api, _ = client(simulated(rate_limit=200, user_rate_limit=1), store=store)
        other, _ = client(simulated(**LIMITS, base_url="https://two.test"), store=store)
        await get(api)
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(get, api)
            await trio.sleep(1)
            waiting = api.budget.waiting, other.budget.waiting
            nursery.cancel_scope.cancel()
        return waiting

    assert run(main) == (3, 0)


def test_a_request_that_is_held_up_tells_so_once_though_it_looks_often() -> None:
    """Each answer to another request may make room, so by the clock of the system the first of those that wait asks again."""
    headers = {"RateLimit-Limit": "50", "RateLimit-Remaining": "0", "RateLimit-Reset": "0"}
    exhausted = httpx.Response(200, headers=headers, json={"id": "1", "number": 1})
    events: list[Any] = []
    store = MemoryStore()
    api, other = (
        BuildkiteClient("acme", token="bkua_0123", transport=transport, store=store, base_url=root, on_event=on_event)
        for transport, root, on_event in (
            (httpx.MockTransport(lambda _: exhausted), "https://one.test", events.append),
            (httpx.MockTransport(lambda _: httpx.Response(200, json={"number": 1})), "https://two.test", None),
        )
    )
    api.builds.get("web", 1)
    waits = threading.Thread(target=api.builds.get, args=("web", 1))
    waits.start()
    while waits.is_alive():
        other.builds.get("web", 1)
        waits.join(0.01)
    assert len([event for event in events if isinstance(event, RateLimitWait)]) == 1


def test_by_the_clock_of_the_system_a_request_goes_when_its_limit_is_reset() -> None:
    headers = {"RateLimit-Limit": "50", "RateLimit-Remaining": "0", "RateLimit-Reset": "0"}
    answer = httpx.Response(200, headers=headers, json={"id": "1", "number": 1})
    events: list[Any] = []
    api = BuildkiteClient(
        "acme", token="bkua_0123", transport=httpx.MockTransport(lambda _: answer), on_event=events.append
    )
    for _ in range(2):
        api.builds.get("web", 1)
    (wait,) = [event for event in events if isinstance(event, RateLimitWait)]
    assert 0 < wait.pause <= GUARD


def test_a_request_that_is_not_signed_counts_for_nothing() -> None:
    tokens = ["bkua_0123"]
    answered = httpx.MockTransport(lambda _: httpx.Response(200, headers=USER, json={"id": "1", "number": 1}))
    api = BuildkiteClient("acme", token=lambda: tokens.pop(), transport=answered)
    api.builds.get("web", 1)
    with pytest.raises(IndexError):
        api.builds.get("web", 1)
    assert api.budget.user.remaining == 9


@pytest.mark.parametrize(
    ("error", "left"), [(httpx.ReadError("reset"), 8), (httpx.WriteError("reset"), 8), (httpx.ConnectError("no"), 9)]
)
def test_a_request_that_may_have_arrived_counts_although_its_answer_is_lost(error: httpx.HTTPError, left: int) -> None:
    outcomes: list[httpx.Response | httpx.HTTPError] = [
        httpx.Response(200, headers=USER, json={"id": "1", "number": 1}),
        error,
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    api = BuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(answer), retry=Retry(attempts=1))
    api.builds.get("web", 1)
    with pytest.raises(NetworkError):
        api.builds.get("web", 1)
    assert api.budget.user.remaining == left


def test_organizations_have_limits_of_their_own() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        remaining = "12" if "/acme/" in request.url.path else "150"
        return httpx.Response(200, headers={**ORGANIZATION, "RateLimit-Remaining": remaining}, json={"number": 1})

    store = MemoryStore()
    acme, other = (
        BuildkiteClient(slug, token="bkua_0123", transport=httpx.MockTransport(answer), store=store)
        for slug in ("acme", "other")
    )
    for api in (acme, other):
        api.builds.get("web", 1)
    assert (acme.budget.organization.remaining, other.budget.organization.remaining) == (12, 150)


def test_none_sends_at_once_whatever_the_limits_say() -> None:
    simulator = Simulator(user_rate_limit=1)
    simulator.pipeline("web").build()
    with simulator.client(budget=None, retry=Retry(attempts=1)) as buildkite:
        buildkite.builds.get("web", 1)
        with pytest.raises(RateLimited):
            buildkite.builds.get("web", 1)
    assert [request.status for request in simulator.requests] == [200, 429]


# --- What answers tell ------------------------------------------------------------------------------------------------


def refusal(**headers: str) -> httpx.Response:
    return httpx.Response(429, headers={name.replace("_", "-"): value for name, value in headers.items()})


ORGANIZATION = {
    "RateLimit-Limit": "200",
    "RateLimit-Remaining": "12",
    "RateLimit-Reset": "30",
    "RateLimit-Scope": "rest",
}
USER = {
    "RateLimit-User-Limit": "50",
    "RateLimit-User-Remaining": "9",
    "RateLimit-User-Reset": "40",
    "RateLimit-User-Scope": "rest_user",
}
TELLS = {
    "the scope of the body": (
        {**ORGANIZATION, **USER},
        {"scope": "rest_user", "limit": 50, "current": 51, "reset": 40},
        "user",
    ),
    "the other scope": (
        {**ORGANIZATION, **USER},
        {"scope": "rest", "limit": 200, "current": 201, "reset": 30},
        "organization",
    ),
    "a scope with another name": (
        {**ORGANIZATION, **USER, "RateLimit-Scope": "portal"},
        {"scope": "portal", "limit": 200, "current": 201, "reset": 30},
        "organization",
    ),
    "a scope without headers": ({}, {"scope": "rest_user", "limit": 50, "current": 60, "reset": 40}, "user"),
    "the user's warning": ({**ORGANIZATION, **USER, "RateLimit-User-Warning": "used up"}, None, "user"),
    "the other warning": ({**ORGANIZATION, **USER, "RateLimit-Warning": "used up"}, None, "organization"),
    "what is left": ({**ORGANIZATION, **USER, "RateLimit-User-Remaining": "-3"}, None, "user"),
    "nothing": ({**ORGANIZATION, **USER}, None, "both"),
}


@pytest.mark.parametrize(("headers", "body", "which"), TELLS.values(), ids=TELLS)
def test_a_429_tells_which_limit_is_exhausted(headers: dict[str, str], body: dict[str, Any] | None, which: str) -> None:
    """A client asks once more, and the budget tells which of the two limits it holds for exhausted."""
    answers = [httpx.Response(429, headers=headers, json=body) if body else httpx.Response(429, headers=headers)]
    api = BuildkiteClient(
        "acme", token="bkua_0123", transport=httpx.MockTransport(lambda _: answers[0]), retry=Retry(attempts=1)
    )
    with pytest.raises(RateLimited) as refused:
        api.builds.get("web", 1)
    assert refused.value.retry_after == (30 if which == "organization" else 40)  # the caller is told the same limit
    spent = [
        name
        for name in ("organization", "user")
        if (remaining := getattr(api.budget, name).remaining) is not None and remaining <= 0
    ]
    assert spent == (["organization", "user"] if which == "both" else [which])


@pytest.mark.parametrize(
    "wrong",
    ["", "many", "1e999", "nan", "-inf", "1" * 400, "0x10", "12 requests"],
    ids=["nothing", "words", "infinite", "nan", "-inf", "long", "hex", "more"],
)
@pytest.mark.parametrize("name", ["Limit", "Remaining", "Reset"])
def test_headers_that_are_no_numbers_say_nothing(name: str, wrong: str) -> None:
    answer = httpx.Response(200, headers={**ORGANIZATION, f"RateLimit-{name}": wrong}, json={"id": "1", "number": 1})
    api = BuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(lambda _: answer))
    for _ in range(2):
        api.builds.get("web", 1)
    assert api.budget.organization.remaining is None


reports = st.builds(
    Reported,
    limit=st.integers(0, 500),
    remaining=st.integers(-50, 500),
    reset=st.floats(0, 100),
)


@given(st.lists(st.tuples(reports, st.floats(0, 200), st.floats(0, 5)), max_size=30))
def test_within_a_window_what_is_left_never_rises(answers: list[tuple[Reported, float, float]]) -> None:
    """Answers in any order, from any moment."""
    window = Window()
    now = 0.0
    for reported, pause, trip in answers:
        now += pause
        window.roll(now)
        before = (window.remaining, window.ends)
        window.sent(now)
        window.answered(reported, sent=now, arrived=now + trip)
        now += trip
        assert window.in_flight == 0
        if before[0] is not None and window.remaining is not None and window.remaining > before[0]:
            assert window.ends > before[1]  # another window


@given(st.integers(0, 60), st.integers(1, 100), st.integers(0, 100))
def test_no_more_requests_go_than_are_left(remaining: int, limit: int, reserve: int) -> None:
    window = Window()
    window.sent(0.0)
    window.answered(Reported(limit, remaining, 60.0), sent=0.0, arrived=0.1)
    went = 0
    while window.room(1.0, reserve=reserve) is None:
        window.sent(1.0)
        went += 1
    assert went == max(0, remaining - min(reserve, limit - 1))
    wait = window.room(1.0, reserve=reserve)
    assert wait is not None
    assert wait.until == pytest.approx(60.1 + GUARD)


@pytest.mark.parametrize(("max_wait", "reset"), [(10, 30), (0, 1), (29, 30)])
def test_the_pause_after_a_429_is_bounded_as_the_queue_is(max_wait: float, reset: int) -> None:
    """The client doesn't know that the limit is exhausted until it is refused."""
    clock, app = FakeClock(), App(refused(reset))
    api = Flavor("blocking").client(app, clock=clock, budget=Budget(max_wait=max_wait))
    with pytest.raises(
        BudgetExhausted, match=rf"in {reset + 1} s, later than the {max_wait} s .*Nothing was done\.$"
    ) as late:
        api.builds.get("web", 7)
    assert isinstance(late.value.__cause__, RateLimited)
    assert late.value.retry_after == reset + 1 - max_wait
    assert clock.sleeps == []
    assert len(app.requests) == 1


@pytest.mark.parametrize("max_wait", [50, 42])
def test_the_pauses_of_a_call_count_together(max_wait: float) -> None:
    clock, app = FakeClock(), App(refused(20))
    api = Flavor("blocking").client(app, clock=clock, budget=Budget(max_wait=max_wait))
    with pytest.raises(BudgetExhausted, match=f"in 63 s, later than the {max_wait} s"):
        api.builds.get("web", 7)
    assert clock.sleeps == [21.0, 21.0]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"budget": None, "timeout": 5}, DeadlineExceeded),
        ({"budget": Budget(max_wait=10), "timeout": 5}, DeadlineExceeded),
        ({"budget": Budget(max_wait=5), "timeout": 5}, BudgetExhausted),
        ({"budget": Budget(max_wait=3), "timeout": 5}, BudgetExhausted),
        ({"budget": Budget(max_wait=3), "retry": None}, RateLimited),
    ],
)
def test_what_ends_first_ends_a_call_that_is_refused(options: Any, error: type[Exception]) -> None:
    clock = FakeClock()
    with pytest.raises(error):
        Flavor("blocking").client(App(refused(30)), clock=clock, **options).builds.get("web", 7)
    assert clock.sleeps == []


def refused(reset: int) -> httpx.Response:
    return answer({"message": "slow down", "scope": "rest", "limit": 200, "current": 201, "reset": reset}, 429)


def test_a_reserve_that_is_spread_over_the_window_holds_up_no_background_request_of_others() -> None:
    async def main() -> float:
        simulator, store = simulated(user_rate_limit=50), MemoryStore()
        careful, _ = client(simulator, store=store, priority="background", budget=Budget(reserve=47))
        quiet, _ = client(simulator, store=store, priority="background")
        await get(careful)
        await get(careful)
        began = trio.current_time()
        await get(quiet)
        return trio.current_time() - began

    assert run(main) < 2


def test_organizations_are_told_apart_whatever_their_spelling() -> None:
    clock, store = FakeClock(), MemoryStore()
    app = App(answer({"number": 7}, RateLimit_Limit="9", RateLimit_Remaining="0", RateLimit_Reset="60"))
    upper, lower = (
        Flavor("blocking").client(app, name, clock=clock, store=store, timeout=5) for name in ("ACME", "acme")
    )
    upper.builds.get("web", 7)
    assert lower.budget.organization == upper.budget.organization
    with pytest.raises(DeadlineExceeded):
        lower.builds.get("web", 7)
    assert [path.split("/")[3] for path in app.paths] == ["ACME"]


def test_a_request_with_a_reserve_that_waits_holds_up_none_without() -> None:
    async def main() -> float:
        simulator, store = simulated(**LIMITS), MemoryStore()
        careful, _ = client(simulator, store=store, budget=Budget(reserve=49))
        other, _ = client(simulator, store=store)
        await get(careful)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(get, careful)
            await trio.sleep(1)
            began = trio.current_time()
            await get(other)
            nursery.cancel_scope.cancel()
        return trio.current_time() - began

    assert run(main) == pytest.approx(TRIP)


def test_requests_in_the_background_wait_behind_those_that_come_later_in_the_foreground() -> None:
    async def main() -> list[str]:
        simulator, store, order = simulated(user_rate_limit=1), MemoryStore(), []
        clients = {name: client(simulator, store=store, priority=name)[0] for name in ("background", "foreground")}

        async def call(name: str) -> None:
            await get(clients[name].with_options(timeout=None))
            order.append(name)

        await get(clients["foreground"])
        async with trio.open_nursery() as nursery:
            for name in clients:
                nursery.start_soon(call, name)
                await trio.sleep(1)
        return order

    assert run(main) == ["foreground", "background"]


def test_a_request_behind_another_one_waits_as_long_as_it_may() -> None:
    async def main() -> tuple[float, DeadlineExceeded]:
        api, _ = client(simulated(user_rate_limit=1))
        await get(api)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(get, api)
            await trio.sleep(1)
            began = trio.current_time()
            with pytest.raises(DeadlineExceeded) as late:
                await get(api.with_options(timeout=5))
            nursery.cancel_scope.cancel()
        return trio.current_time() - began, late.value

    taken, late = run(main)
    assert taken == pytest.approx(5)
    assert str(late).endswith("past the 5 s allowed for the call. Nothing was sent. A longer timeout= waits for it.")


@pytest.mark.parametrize(("max_wait", "late"), [(50, 31.5), (21, 60.5), (81, 0.5)])
def test_the_wait_before_an_attempt_counts_with_the_pause_after_a_429(max_wait: float, late: float) -> None:
    store = MemoryStore()
    spent = App(answer({"number": 7}, RateLimit_Limit="9", RateLimit_Remaining="0", RateLimit_Reset="60"))

    class Clock(FakeClock):
        """Clock whose first pause is long enough for another client to learn that the limit is exhausted."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not spent.requests:
                Flavor("blocking").client(spent, clock=clock, store=store).builds.get("web", 1)

    clock, app = Clock(), App(refused(20), answer({"number": 7}))
    api = Flavor("blocking").client(app, clock=clock, store=store, budget=Budget(max_wait=max_wait))
    with pytest.raises(
        BudgetExhausted, match=rf"in 8[12] s, later than the {max_wait} s .*Nothing was sent\.$"
    ) as error:
        api.builds.get("web", 7)
    assert error.value.retry_after == late
    assert (clock.sleeps, len(app.requests)) == ([21.0], 1)


def test_by_a_clock_of_its_own_a_request_waits_for_the_answer_to_the_one_before_it() -> None:
    clock, numbers = FakeClock(), []

    def answered(_: httpx.Request) -> httpx.Response:
        if second.ident is None:
            second.start()
            while not api.budget.waiting:
                time.sleep(0.001)
            time.sleep(0.02)  # until it listens
        return httpx.Response(200, headers=USER, json={"id": "1", "number": 1})

    api = BuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(answered), clock=clock)
    second = threading.Thread(target=lambda: numbers.append(api.builds.get("web", 1).number))
    api.builds.get("web", 1)
    second.join()
    assert (numbers, clock.sleeps) == ([1], [])


def test_a_call_to_another_organization_counts_for_that_one_alone() -> None:
    clock, spent = FakeClock(), {"RateLimit_Limit": "9", "RateLimit_Remaining": "0", "RateLimit_Reset": "60"}
    app = App(answer({}, **spent), answer({"number": 7}))
    api = Flavor("blocking").client(app, clock=clock, timeout=5)
    api.request("GET", "organizations/globex/pipelines")
    assert api.builds.get("web", 7).number == 7
    with pytest.raises(DeadlineExceeded):
        api.request("GET", "organizations/globex/pipelines")
    assert (clock.sleeps, len(app.requests)) == ([], 2)
