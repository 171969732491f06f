"""The stage of the circuit breaker beside its store: what it asks and reports, as a store of a user's would see it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import pytest

from buildkite_ext import BuildkiteClient, CircuitBreaker, CircuitChanged, MemoryStore, Retry, Runtime, Send, errors
from buildkite_ext.stores.circuits import PROBE_LEASE
from buildkite_ext.transport.breaker import CircuitBreakerStage
from buildkite_ext.transport.context import context_of
from tests.core.fakes import TOKEN, FakeClock, build

NAME = "acme at https://api.buildkite.com"
POLICY = CircuitBreaker(failures=2, open_for=30.0)


class Recording(MemoryStore):
    """Store that remembers what it was asked and told of circuits, and which attempts probed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, bool]] = []
        self.leases: list[float] = []
        self.told: list[tuple[Any, ...]] = []
        self.probed: list[bool] = []
        self.halts = False

    async def permit(
        self, circuit: str, policy: Any, runtime: Runtime, *, admission: bool = False, probe_for: float = PROBE_LEASE
    ) -> Any:
        self.asked.append((circuit, admission))
        self.leases.append(probe_for)
        return await super().permit(circuit, policy, runtime, admission=admission, probe_for=probe_for)

    async def admit(self, *arguments: Any, probe: bool = False, **options: Any) -> Any:
        self.probed.append(probe)
        return await super().admit(*arguments, probe=probe, **options)

    async def report(
        self, circuit: str, permit: Any, policy: Any, runtime: Runtime, *, failed: bool, answered: bool = True
    ) -> Any:
        self.told.append((circuit, failed, answered))
        return await super().report(circuit, permit, policy, runtime, failed=failed, answered=answered)

    def release(self, circuit: str, permit: Any, runtime: Runtime) -> None:
        assert runtime.blocking
        self.told.append((circuit, "released"))
        super().release(circuit, permit, runtime)

    def halted(self, circuit: str, permit: Any) -> bool:
        halts, self.halts = self.halts, False
        return halts or super().halted(circuit, permit)


def client(store: MemoryStore, answer: Any, **options: Any) -> BuildkiteClient:
    def api(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.pop(0) if isinstance(answer, list) else answer, json=build(7))

    options = {"retry": Retry(attempts=1), "breaker": POLICY, "clock": FakeClock(), **options}
    return BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(api), store=store, **options)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (200, (NAME, False, True)),
        (404, (NAME, False, True)),
        (429, (NAME, False, True)),
        (499, (NAME, False, True)),
        (500, (NAME, True, True)),
        (503, (NAME, True, True)),
        (httpx.ConnectError("refused"), (NAME, True, False)),
        (httpx.ReadError("reset"), (NAME, True, False)),
    ],
    ids=str,
)
def test_the_store_is_told_how_a_call_ended(answer: Any, told: tuple[Any, ...]) -> None:
    store = Recording()
    with suppress(errors.BuildkiteError):
        client(store, answer, budget=None).builds.get("web", 7)
    assert store.told == [told]
    assert store.asked == [(NAME, False)]


def test_with_a_budget_the_store_is_asked_for_each_attempt_as_well() -> None:
    store = Recording()
    client(store, 200).builds.get("web", 7)
    assert store.asked == [(NAME, True)]


@pytest.mark.parametrize("last", [200, 500])
def test_a_probe_that_meets_a_429_is_told_once_and_goes_on_as_any_other_call(last: int) -> None:
    store, clock = Recording(), FakeClock()
    buildkite = client(store, [500, 500, 429, last], clock=clock)
    for retry in (Retry(attempts=1), Retry(attempts=1), Retry(attempts=2)):
        with suppress(errors.ServerError):
            buildkite.with_options(retry=retry).builds.get("web", 7)
        clock.advance(30)
    assert store.told == [(NAME, True, True), (NAME, True, True), (NAME, False, True)]
    assert store.probed == [False, False, True, False]


def test_a_429_within_a_call_that_fails_is_no_success() -> None:
    store = Recording()
    buildkite = client(store, [500, 429, 500])
    for retry in (Retry(attempts=1), Retry(attempts=2)):
        with pytest.raises(errors.ServerError):
            buildkite.with_options(retry=retry).builds.get("web", 7)
    assert store.told == [(NAME, True, True)] * 2
    with pytest.raises(errors.CircuitOpen):
        buildkite.builds.get("web", 7)


@pytest.mark.parametrize(
    ("options", "lease"),
    [({}, 60.0), ({"timeout": 5}, 6.0), ({"timeout": 600}, 60.0), ({"timeout": None}, 60.0)],
    ids=str,
)
def test_a_call_that_probes_keeps_others_out_no_longer_than_it_may_take(options: Any, lease: float) -> None:
    """Its process may be killed."""
    store = Recording()
    client(store, 200, **options).builds.get("web", 7)
    assert store.leases == [lease]


def test_an_error_of_a_stage_s_own_says_nothing() -> None:
    store = Recording()

    async def broken(request: httpx.Request) -> httpx.Response:
        raise KeyError("mine")

    stage = CircuitBreakerStage(POLICY, store, "https://api.buildkite.com", None, admission=False)  # type: ignore[arg-type]
    buildkite = client(store, 200)
    request = httpx.Request("GET", "https://api.buildkite.com/v2/organizations/acme/pipelines")
    from buildkite_ext._sync import run

    with pytest.raises(KeyError):
        run(stage(request, broken, buildkite._requester.runtime))
    assert store.told == [(NAME, "released")]
    assert (context_of(request).permit, context_of(request).halted) == (None, None)


def test_a_circuit_that_moved_while_the_request_waited_is_asked_again() -> None:
    store = Recording()
    store.halts = True
    assert client(store, 200).builds.get("web", 7).number == 7
    assert store.asked == [(NAME, True)] * 2
    assert store.told == [(NAME, "released"), (NAME, False, True)]


def test_the_event_names_the_circuit_and_both_states() -> None:
    events: list[Any] = []
    buildkite = client(MemoryStore(), 500, on_event=events.append)
    for _ in range(2):
        with pytest.raises(errors.ServerError):
            buildkite.builds.get("web", 7)
    assert [event for event in events if isinstance(event, CircuitChanged)] == [CircuitChanged(NAME, "closed", "open")]
    assert buildkite._requester.circuit == "open"
    assert buildkite.with_options(organization="other")._requester.circuit == "closed"


def test_an_open_circuit_says_what_failed_and_when_to_call_again() -> None:
    buildkite = client(MemoryStore(), 500)
    for _ in range(2):
        with pytest.raises(errors.ServerError):
            buildkite.builds.get("web", 7)
    with pytest.raises(errors.CircuitOpen) as refused:
        buildkite.builds.get("web", 7)
    assert refused.value.retry_after == 30.0
    assert str(refused.value).startswith(
        "GET /v2/organizations/acme/pipelines/web/builds/7: 2 calls to https://api.buildkite.com failed in a row, so none is "
        "sent for 30 s. Nothing was sent. Call again then, or switch this off with breaker=None."
    )


def test_the_stage_is_shown_by_its_policy() -> None:
    stage = CircuitBreakerStage(POLICY, MemoryStore(), "", None, admission=False)  # type: ignore[arg-type]
    assert repr(stage) == repr(POLICY)


def test_the_state_is_that_of_the_policy_at_the_time() -> None:
    clock = FakeClock()
    buildkite = client(MemoryStore(), 500, clock=clock)
    for _ in range(2):
        with pytest.raises(errors.ServerError):
            buildkite.builds.get("web", 7)
    clock.sleep(29.9)
    assert buildkite._requester.circuit == "open"
    clock.sleep(0.2)
    assert buildkite._requester.circuit == "half_open"


async def passed(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
    """Stage of a user's that sees the permit of the call below it end."""
    response = await send(request)
    context = context_of(request)
    assert (context.permit, context.halted) == (None, None)
    return response


def test_after_a_call_no_permit_is_left() -> None:
    client(MemoryStore(), 200, stages=[passed]).builds.get("web", 7)
