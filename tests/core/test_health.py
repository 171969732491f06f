"""Health of a client: what it knows, and what one request tells."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import httpx
import pytest
from buildkite_api.operations import OPERATIONS
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import CircuitBreaker, errors
from buildkite_ext.clock import EpochClock, SystemClock, VirtualClock
from buildkite_ext.health import Health, clock_skew, scopes_of_services
from buildkite_ext.simulation import Simulator

from .fakes import TOKEN, Answer, App, FakeClock, Flavor, answer

OLD = "Thu, 01 Jan 1970 00:00:00 GMT"
TOKEN_ANSWER = {"uuid": "t1", "scopes": ["write_builds", "read_builds"]}


async def test_nothing_is_sent_unless_asked(flavor: Flavor) -> None:
    app = App(answer({}))
    health = await flavor.call(flavor.client(app).health)
    assert app.requests == []
    assert (health.reachable, health.token_valid, health.scopes, health.clock_skew) == (None, None, None, None)
    assert (health.breaker, health.ok, health.problem) == ("closed", True, None)
    assert health.budget.user.remaining is None
    assert health.missing_scopes("builds") is None


async def test_a_probe_tells_the_token_its_scopes_limits_and_the_clock(flavor: Flavor) -> None:
    limits = {"RateLimit_Limit": "200", "RateLimit_Remaining": "150", "RateLimit_Reset": "30"}
    app = App(answer(TOKEN_ANSWER, Date=OLD, **limits))
    client = flavor.client(app)
    health = await flavor.call(client.health, probe=True)
    assert app.paths == ["/v2/access-token"]
    assert (health.reachable, health.token_valid, health.ok) == (True, True, True)
    assert health.scopes == ("read_builds", "write_builds")
    assert health.budget.organization.remaining == 150
    assert health.clock_skew is not None
    assert health.clock_skew > 1e9
    assert health.missing_scopes("builds") == ()
    assert health.missing_scopes("artifacts") == ("read_artifacts", "write_artifacts")
    assert client.budget.organization.remaining == 150


@pytest.mark.parametrize(
    ("trouble", "reachable", "valid"),
    [
        (answer({"message": "no"}, 401), True, False),
        (answer({"message": "no"}, 403), True, True),
        (answer({"message": "slow down"}, 429), True, None),
        (answer({"message": "busy"}, 503), True, None),
        (httpx.Response(200, text="<html>"), True, None),
        (httpx.ConnectError("refused"), False, None),
        (httpx.ReadTimeout("late"), False, None),
    ],
    ids=["401", "403", "429", "503", "a page", "refused", "late"],
)
async def test_a_probe_that_fails_says_how_and_raises_nothing(
    flavor: Flavor, trouble: Answer, reachable: bool, valid: bool | None
) -> None:
    app = App(trouble)
    health = await flavor.call(flavor.client(app).health, probe=True)
    assert (health.reachable, health.token_valid, health.scopes) == (reachable, valid, None)
    assert health.problem
    assert not health.ok
    assert len(app.requests) == 1
    assert TOKEN not in repr(health)


async def test_an_open_circuit_is_unwell_and_a_probe_goes_all_the_same(flavor: Flavor) -> None:
    app = App(answer({}, 500), answer(TOKEN_ANSWER))
    client = flavor.client(app, retry=None, breaker=CircuitBreaker(failures=1))
    with pytest.raises(errors.ServerError):
        await flavor.call(client.organizations.get)
    health = await flavor.call(client.health)
    assert (health.breaker, health.ok) == ("open", False)
    assert health.problem is not None
    assert "circuit is open" in health.problem
    assert (await flavor.call(client.health, probe=True)).reachable


async def test_a_probe_waits_for_no_rate_limit(flavor: Flavor) -> None:
    clock = FakeClock()
    exhausted = {"RateLimit_Limit": "200", "RateLimit_Remaining": "0", "RateLimit_Reset": "50"}
    client = flavor.client(App(answer(TOKEN_ANSWER, **exhausted)), clock=clock)
    for _ in range(2):
        assert (await flavor.call(client.health, probe=True)).ok
    assert clock.sleeps == []


async def test_a_client_without_a_breaker_has_no_circuit(flavor: Flavor) -> None:
    assert (await flavor.call(flavor.client(App(answer({})), breaker=None).health)).breaker is None


async def test_health_is_a_frozen_value(flavor: Flavor) -> None:
    health = await flavor.call(flavor.client(App(answer(TOKEN_ANSWER))).health, probe=True)
    with pytest.raises(dataclasses.FrozenInstanceError):
        health.reachable = False
    assert pickle.loads(pickle.dumps(health)) == health


def test_the_simulator_answers_a_probe() -> None:
    simulator = Simulator(scopes={"read_builds"})
    with simulator.client() as client:
        health = client.health(probe=True)
    assert (health.token_valid, health.scopes) == (True, ("read_builds",))
    assert health.missing_scopes("builds") == ("write_builds",)


@pytest.mark.parametrize("clock", [VirtualClock(), SystemClock()], ids=["virtual", "of the system"])
def test_the_clock_of_a_client_of_a_simulator_is_that_of_the_simulator(clock: EpochClock) -> None:
    simulator = Simulator(clock=clock)
    with simulator.client() as client:
        skew = client.health(probe=True).clock_skew
    assert skew is not None
    assert abs(skew) < 60


def test_every_service_and_scope_is_known() -> None:
    needs = scopes_of_services()
    assert set(needs) == {operation.call.rpartition(".")[0] for operation in OPERATIONS.values()}
    assert needs["builds"] == ("read_builds", "write_builds")
    assert all(scope and "+" not in scope for scopes in needs.values() for scope in scopes)
    empty: Any = None
    health = Health(None, None, (), empty, None, None, None)
    with pytest.raises(KeyError, match="no service is named 'team'; did you mean 'teams'"):
        health.missing_scopes("team")
    with pytest.raises(KeyError, match=r"no service is named 'nowhere_at_all'; there are .*builds, "):
        health.missing_scopes("nowhere_at_all")


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 99 Jan 1970 00:00:00 GMT"])
def test_without_a_date_the_clock_is_not_known(date: str | None) -> None:
    assert clock_skew(date, sent=0, arrived=1) is None


@given(ahead=st.floats(-1e6, 1e6), moment=st.floats(1e9, 2e9), trip=st.floats(0, 10))
def test_the_skew_is_right_within_a_round_trip_and_a_second(ahead: float, moment: float, trip: float) -> None:
    from email.utils import formatdate

    date = formatdate(int(moment + trip / 2), usegmt=True)
    skew = clock_skew(date, sent=moment + ahead, arrived=moment + trip + ahead)
    assert skew is not None
    assert abs(skew - ahead) <= trip + 1.01
    assert abs(skew) <= abs(ahead) + 1e-3
