"""Circuits: every transition, as a table of values before and after."""

from __future__ import annotations

import pytest

from buildkite_ext import CircuitBreaker, ConfigurationError
from buildkite_ext.stores.circuits import Circuit, Permit

POLICY = CircuitBreaker(failures=3, open_for=30.0)
CLOSED, FAILING = Circuit(epoch=4), Circuit(failures=2, epoch=4)
OPEN = Circuit(failures=3, opened_at=100.0, epoch=5)
PROBED = Circuit(failures=3, opened_at=100.0, probe_ends=190.0, epoch=5)
CALL, PROBE, EARLIER = Permit(4), Permit(5, probe=True), Permit(4)


@pytest.mark.parametrize(
    ("circuit", "permit", "after"),
    [
        (CLOSED, CALL, Circuit(failures=1, epoch=4)),
        (Circuit(failures=1, epoch=4), CALL, FAILING),
        (FAILING, CALL, Circuit(failures=3, opened_at=200.0, epoch=5)),
        (OPEN, EARLIER, OPEN),
        (OPEN, Permit(5), OPEN),
        (PROBED, PROBE, Circuit(failures=4, opened_at=200.0, epoch=6)),
        (PROBED, Permit(3, probe=True), PROBED),
        (Circuit(failures=1, epoch=6), PROBE, Circuit(failures=1, epoch=6)),
    ],
)
def test_a_call_that_fails(circuit: Circuit, permit: Permit, after: Circuit) -> None:
    assert circuit.failed(permit, POLICY, 200.0) == after


@pytest.mark.parametrize(
    ("circuit", "permit", "after"),
    [
        (FAILING, CALL, CLOSED),
        (OPEN, Permit(5), OPEN),
        (OPEN, EARLIER, OPEN),
        (PROBED, PROBE, Circuit(epoch=6)),
        (PROBED, Permit(3, probe=True), PROBED),
    ],
)
def test_a_call_that_succeeds(circuit: Circuit, permit: Permit, after: Circuit) -> None:
    assert circuit.succeeded(permit) == after


def test_a_success_where_nothing_failed_changes_nothing() -> None:
    assert CLOSED.succeeded(CALL) is CLOSED
    assert OPEN.succeeded(Permit(5)) is OPEN


@pytest.mark.parametrize(
    ("circuit", "permit", "after"),
    [
        (PROBED, PROBE, OPEN),
        (PROBED, Permit(5), PROBED),
        (PROBED, Permit(4, probe=True), PROBED),
        (CLOSED, CALL, CLOSED),
    ],
)
def test_a_call_that_says_nothing(circuit: Circuit, permit: Permit, after: Circuit) -> None:
    assert circuit.released(permit) == after


@pytest.mark.parametrize(
    ("circuit", "now", "answer"),
    [
        (CLOSED, 200.0, CALL),
        (OPEN, 100.0, 30.0),
        (OPEN, 129.0, 1.0),
        (OPEN, 90.0, 30.0),  # a clock that went back waits no longer than the policy says
        (OPEN, 130.0, PROBE),
        (PROBED, 185.0, 1.0),
        (PROBED, 189.5, 0.5),
        (PROBED, 190.0, PROBE),
        (PROBED, 191.0, PROBE),
    ],
)
def test_a_call_that_asks(circuit: Circuit, now: float, answer: Permit | float) -> None:
    after, told = circuit.admit(POLICY, now, probe_for=60.0)
    assert told == answer
    assert after == (Circuit(3, 100.0, now + 60.0, 5) if answer == PROBE else circuit)


@pytest.mark.parametrize(
    ("circuit", "now", "state"),
    [(CLOSED, 0.0, "closed"), (OPEN, 129.9, "open"), (OPEN, 130.0, "half_open"), (PROBED, 150.0, "half_open")],
)
def test_the_state(circuit: Circuit, now: float, state: str) -> None:
    assert circuit.state(POLICY, now) == state


@pytest.mark.parametrize(
    ("circuit", "permit", "halted"),
    [(CLOSED, CALL, False), (OPEN, EARLIER, True), (OPEN, Permit(5), False), (Circuit(epoch=6), EARLIER, False)],
)
def test_what_is_halted(circuit: Circuit, permit: Permit, *, halted: bool) -> None:
    assert circuit.halts(permit) is halted


@pytest.mark.parametrize("failures", [0, -1, 1.5, True, "5"])
def test_a_number_of_failures_that_can_t_be_used_is_refused(failures: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^failures=.*: give a whole number of 1 or more\.$"):
        CircuitBreaker(failures=failures)  # type: ignore[arg-type]
    assert CircuitBreaker(failures=1).failures == 1


@pytest.mark.parametrize("seconds", [0, -1, True, "30", float("inf"), float("nan"), None])
def test_a_time_that_can_t_be_used_is_refused(seconds: object) -> None:
    with pytest.raises(ConfigurationError, match=r"^open_for=.*: give seconds above 0\.$"):
        CircuitBreaker(open_for=seconds)  # type: ignore[arg-type]
