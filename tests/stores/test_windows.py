"""Windows of a limit: what each request and each answer does to what is known, as tables; and how answers are read."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest
from buildkite_api.types import Secret
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import Budget, ConfigurationError
from buildkite_ext.stores.limits import Limits, Observation, Priority, Reported, Wait, Window, observation_of
from buildkite_ext.stores.status import LimitStatus
from buildkite_ext.transport.budget import Lines, signer_of, token_identity


def known(**changes: Any) -> Window:
    return Window(**{"limit": 50, "remaining": 10, "ends": 60.0, **changes})


@pytest.mark.parametrize(
    ("window", "now", "options", "wait"),
    [
        (Window(), 0.0, {}, None),
        (Window(opened=1.0), 2.0, {}, Wait(6.0, for_answer=True)),
        (Window(opened=1.0), 6.0, {}, None),
        (Window(opened=1.0, silent=True), 2.0, {}, None),
        (known(), 1.0, {}, None),
        (known(in_flight=9), 1.0, {}, None),
        (known(in_flight=10), 1.0, {}, Wait(60.5, for_answer=True)),
        (known(in_flight=10, remaining=11), 1.0, {"reserve": 1}, Wait(60.5, for_answer=True)),
        (known(in_flight=1, remaining=1), 1.0, {}, Wait(60.5, for_answer=True)),
        (known(remaining=0), 1.0, {}, Wait(60.5)),
        (known(remaining=-3, in_flight=3), 1.0, {}, Wait(60.5)),
        (known(remaining=-3, in_flight=4), 1.0, {}, Wait(60.5, for_answer=False)),
        (known(remaining=3), 1.0, {"reserve": 3}, Wait(60.5)),
        (known(remaining=4), 1.0, {"reserve": 3}, None),
        (known(remaining=1, limit=1), 1.0, {"reserve": 3}, None),
        (known(remaining=2, limit=2), 1.0, {"reserve": 3}, None),
        (known(remaining=1, limit=2), 1.0, {"reserve": 3}, Wait(60.5)),
        (known(remaining=1, limit=0), 1.0, {"reserve": 3}, None),
        (known(remaining=0), 60.4, {}, Wait(60.5)),
        (known(remaining=0), 60.5, {}, None),
        (known(background=5.0), 9.0, {"priority": "background"}, Wait(10.0, spread=True)),
        (known(background=5.0), 9.0, {"priority": "foreground"}, None),
        (known(background=5.0), 10.0, {"priority": "background"}, None),
        (known(background=5.0), 15.0, {"priority": "background", "reserve": 6}, Wait(16.0, spread=True)),
        (known(background=5.0, in_flight=6), 15.0, {"priority": "background"}, Wait(16.0, spread=True)),
        (known(background=59.5, remaining=1), 59.6, {"priority": "background"}, Wait(59.75, spread=True)),
        (known(background=60.2), 60.3, {"priority": "background"}, None),
    ],
)
def test_room(window: Window, now: float, options: dict[str, Any], wait: Wait | None) -> None:
    assert window.room(now, **{"reserve": 0, **options}) == wait


@pytest.mark.parametrize(
    ("window", "now", "options", "after"),
    [
        (Window(), 3.0, {}, Window(opened=3.0, in_flight=1)),
        (Window(in_flight=2), 3.0, {"priority": "background"}, Window(opened=3.0, in_flight=3)),
        (known(), 3.0, {}, known(in_flight=1)),
        (known(), 10.0, {"priority": "background"}, known(in_flight=1, background=10.0)),
        (known(background=5.0), 10.0, {}, known(in_flight=1, background=5.0)),
    ],
)
def test_a_request_that_is_sent(window: Window, now: float, options: dict[str, Any], after: Window) -> None:
    window.sent(now, **options)
    assert window == after


ANSWER = Reported(50, 7, 30.0, "rest")


@pytest.mark.parametrize(
    ("window", "reported", "sent", "arrived", "after"),
    [
        (Window(in_flight=1, opened=1.0), ANSWER, 1.0, 2.0, Window(50, 7, 32.0, scope="rest")),
        (Window(in_flight=0), ANSWER, 1.0, 2.0, Window(50, 7, 32.0, scope="rest")),
        (Window(in_flight=2, opened=1.0), None, 1.0, 2.0, Window(in_flight=1, silent=True)),
        (Window(limit=50, in_flight=2, opened=1.0), None, 1.0, 2.0, Window(limit=50, in_flight=1)),
        (Window(silent=True), ANSWER, 1.0, 2.0, Window(50, 7, 32.0, scope="rest")),
        (known(in_flight=3, scope="x"), Reported(50, 7, 30.0), 30.0, 30.1, known(remaining=7, in_flight=2, scope="x")),
        (known(), Reported(50, 20, 30.0), 30.0, 30.1, known(remaining=10)),
        (known(), Reported(60, 9, 29.0), 30.0, 30.1, known(limit=60, remaining=9, ends=59.1)),
        (known(), Reported(50, 3, 28.0), 30.0, 30.1, known()),
        (known(), Reported(50, 3, 29.0), 29.0, 30.0, known(remaining=3, ends=59.0)),
        (known(background=40.0), Reported(50, 49, 60.0), 61.0, 61.1, known(remaining=49, ends=121.1)),
        (known(), Reported(50, 49, 31.0), 30.0, 30.1, known(remaining=10)),
        (known(), Reported(50, 49, 31.5), 30.0, 30.1, known(remaining=49, ends=61.6)),
        (Window(), Reported(50, 1, 9000.0), 1.0, 2.0, Window(50, 1, 302.0)),
    ],
)
def test_an_answer(window: Window, reported: Reported | None, sent: float, arrived: float, after: Window) -> None:
    window.answered(reported, sent=sent, arrived=arrived)
    assert window.remaining == after.remaining
    assert window.ends == pytest.approx(after.ends)
    window.ends = after.ends
    assert window == after


@pytest.mark.parametrize(
    ("window", "counted", "after"),
    [
        (Window(in_flight=2, opened=1.0), True, Window(in_flight=1)),
        (known(in_flight=2), True, known(in_flight=1, remaining=9)),
        (known(in_flight=2), False, known(in_flight=1)),
        (known(), False, known()),
    ],
)
def test_a_request_without_an_answer(window: Window, after: Window, *, counted: bool) -> None:
    window.lost(counted=counted)
    assert window == after


def test_a_window_that_has_ended_is_forgotten() -> None:
    window = known(opened=3.0, background=9.0)
    window.roll(60.4)
    assert window.remaining == 10
    window.roll(60.5)
    assert window == Window(limit=50, ends=60.0)


@pytest.mark.parametrize(
    ("window", "now", "status"),
    [
        (Window(), 0.0, LimitStatus()),
        (known(in_flight=3, scope="rest"), 20.0, LimitStatus(50, 7, 40.0, "rest")),
        (known(scope="rest"), 60.2, LimitStatus(50, 10, 0.0, "rest")),
        (known(scope="rest"), 60.5, LimitStatus(50, None, None, "rest")),
    ],
)
def test_the_status(window: Window, now: float, status: LimitStatus) -> None:
    assert window.status(now) == status


# --- Answers --------------------------------------------------------------------------------------------------------------


def seen(status: int = 200, body: Any = None, **headers: str) -> tuple[Reported | None, Reported | None]:
    named = {f"RateLimit-{name.replace('_', '-')}": value for name, value in headers.items()}
    answer = (
        httpx.Response(status, headers=named, json=body) if body is not None else httpx.Response(status, headers=named)
    )
    told = observation_of(answer, sent=1.0, arrived=2.0)
    assert (told.sent, told.arrived) == (1.0, 2.0)
    return told.organization, told.user


ORGANIZATION = {"Limit": "200", "Remaining": "150", "Reset": "20", "Scope": "rest"}
USER = {"User_Limit": "50", "User_Remaining": "8", "User_Reset": "40", "User_Scope": "rest_user"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (None, None)),
        (ORGANIZATION, (Reported(200, 150, 20.0, "rest"), None)),
        (USER, (None, Reported(50, 8, 40.0, "rest_user"))),
        ({**ORGANIZATION, **USER}, (Reported(200, 150, 20.0, "rest"), Reported(50, 8, 40.0, "rest_user"))),
        ({"LIMIT": "1", "REMAINING": "-3", "RESET": "-1"}, (Reported(1, -3, 0.0), None)),
        ({"Limit": "1000000000", "Remaining": "0", "Reset": "0"}, (Reported(10**9, 0, 0.0), None)),
        ({"Limit": "1000000001", "Remaining": "0", "Reset": "0"}, (None, None)),
        ({"Limit": "1", "Remaining": "-1000000001", "Reset": "0"}, (None, None)),
        ({"Limit": "1", "Remaining": "0", "Reset": "1000000001"}, (None, None)),
        ({"Limit": "1", "Remaining": "0"}, (None, None)),
        *[({"Limit": "1", "Remaining": each, "Reset": "1"}, (None, None)) for each in ("x", "", "nan", "-inf", "1e99")],
        *[({"Limit": each, "Remaining": "1", "Reset": "1"}, (None, None)) for each in ("x", "1, 1")],
        *[({"Limit": "1", "Remaining": "1", "Reset": each}, (None, None)) for each in ("x", "inf", "soon")],
        # Fractions of requests are less than a request; those of seconds count.
        ({"Limit": "200.0", "Remaining": "12.9", "Reset": "12.5"}, (Reported(200, 12, 12.5), None)),
        ({"Limit": "200.7", "Remaining": "-0.5", "Reset": "-0.5"}, (Reported(200, -1, 0.0), None)),
        ({"User_Limit": " 50 ", "User_Remaining": "0.9", "User_Reset": "0.2"}, (None, Reported(50, 0, 0.2))),
        ({**ORGANIZATION, "Scope": "s" * 200}, (Reported(200, 150, 20.0, "s" * 100), None)),
    ],
)
def test_headers(headers: dict[str, str], expected: Any) -> None:
    assert seen(**headers) == expected


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        # The body names the limit, by the scope of the headers or by its own form.
        (
            {**ORGANIZATION, **USER},
            {"scope": "rest_user", "limit": 50, "current": 53, "reset": 45},
            (Reported(200, 150, 20.0, "rest"), Reported(50, 0, 45.0, "rest_user")),
        ),
        (
            {**ORGANIZATION, **USER},
            {"scope": "rest", "limit": 200, "current": 201, "reset": 5},
            (Reported(200, 0, 20.0, "rest"), Reported(50, 8, 40.0, "rest_user")),
        ),
        ({}, {"scope": "x_user", "limit": 50, "current": 53, "reset": 9}, (None, Reported(50, -3, 9.0, "x_user"))),
        ({}, {"scope": "x", "limit": 50, "current": 53, "reset": 9}, (Reported(50, -3, 9.0, "x"), None)),
        # The names of the headers count before the form of a name.
        (
            {**ORGANIZATION, "Scope": "by_user", **USER, "User_Scope": "person"},
            {"scope": "person", "reset": 5},
            (Reported(200, 150, 20.0, "by_user"), Reported(50, 0, 40.0, "person")),
        ),
        (
            {**ORGANIZATION, "Scope": "by_user", **USER},
            {"scope": "by_user", "reset": 5},
            (Reported(200, 0, 20.0, "by_user"), Reported(50, 8, 40.0, "rest_user")),
        ),
        # Without a scope: the warning, then what is spent, then both.
        (
            {**ORGANIZATION, **USER, "User_Warning": "slow down"},
            None,
            (Reported(200, 150, 20.0, "rest"), Reported(50, 0, 40.0, "rest_user")),
        ),
        (
            {**ORGANIZATION, **USER, "Warning": "slow down"},
            {},
            (Reported(200, 0, 20.0, "rest"), Reported(50, 8, 40.0, "rest_user")),
        ),
        (
            {**ORGANIZATION, **USER, "User_Remaining": "-2"},
            None,
            (Reported(200, 150, 20.0, "rest"), Reported(50, -2, 40.0, "rest_user")),
        ),
        (
            {**ORGANIZATION, "Remaining": "1", **USER, "User_Remaining": "0"},
            None,
            (Reported(200, 1, 20.0, "rest"), Reported(50, 0, 40.0, "rest_user")),
        ),
        (
            {**ORGANIZATION, "Remaining": "0", **USER},
            None,
            (Reported(200, 0, 20.0, "rest"), Reported(50, 8, 40.0, "rest_user")),
        ),
        (
            {**ORGANIZATION, **USER},
            {"reset": 30},
            (Reported(200, 0, 30.0, "rest"), Reported(50, 0, 40.0, "rest_user")),
        ),
        ({}, {"reset": 30}, (Reported(0, 0, 30.0), Reported(0, 0, 30.0))),
        ({}, {"reset": "7", "limit": "5", "current": "6"}, (Reported(5, -1, 7.0), Reported(5, -1, 7.0))),
        ({}, {"reset": -7, "limit": 5, "current": 3}, (Reported(5, 0, 0.0), Reported(5, 0, 0.0))),
        ({}, {"reset": 7, "scope": "s" * 200}, (Reported(0, 0, 7.0, "s" * 100), None)),
        ({}, {"reset": 7, "scope": 3}, (Reported(0, 0, 7.0), Reported(0, 0, 7.0))),
        *[({}, body, (None, None)) for body in ({}, [], "x", {"reset": None}, {"reset": True}, {"reset": "x"})],
        *[({}, {"reset": reset}, (None, None)) for reset in (1e10, 10**400, [], {"a": 1})],
        ({}, {"reset": 10**9}, (Reported(0, 0, 1e9), Reported(0, 0, 1e9))),
    ],
)
def test_a_429(headers: dict[str, str], body: Any, expected: Any) -> None:
    assert seen(429, body, **headers) == expected


def test_other_errors_exhaust_nothing() -> None:
    assert seen(500, {"reset": 30}, **ORGANIZATION) == (Reported(200, 150, 20.0, "rest"), None)


def test_a_429_whose_body_is_no_json_exhausts_both() -> None:
    answer = httpx.Response(429, content=b"<h1>slow down</h1>", headers={"RateLimit-Limit": "5"})
    assert observation_of(answer, sent=1.0, arrived=2.0) == Observation(1.0, 2.0)


# --- The policy, and lines ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        *[
            ({"reserve": value}, r"^reserve=.*: give a whole number of requests, 0 or more\.$")
            for value in (-1, 1.5, True)
        ],
        *[
            ({"max_wait": value}, r"^max_wait=.*: give seconds, 0 or more, or None for no limit\.$")
            for value in (-1, "3", True)
        ],
    ],
)
def test_a_policy_that_can_t_be_used_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Budget(**wrong)
    assert (Budget(reserve=0, max_wait=0).max_wait, Budget(max_wait=float("inf")).reserve) == (0, 0)


def test_foreground_requests_stand_in_front_of_the_background_in_their_order() -> None:
    lines, limits = Lines(), Limits("acme", "ada")
    assert (lines.busy, lines.waiting(limits)) == (False, 0)
    quiet = lines.join(limits, 0, "background", 0.0)
    one, two = lines.join(limits, 0, "foreground", 0.0), lines.join(limits, 0, "foreground", 0.0)
    other = lines.join(Limits("acme", "grace"), 0, "background", 0.0)
    assert (lines.busy, lines.waiting(limits)) == (True, 3)
    for waiter in (one, two, quiet):
        assert [lines.is_first(each, 0.0) for each in (one, two, quiet) if each is waiter] == [True]
        lines.leave(waiter, 0.0)
    assert lines.waiting(limits) == 0
    assert lines.busy
    lines.leave(other, 0.0)
    assert not lines.busy


class Bell:
    """Signal that counts how often it is set."""

    def __init__(self) -> None:
        self.rung = 0
        self.is_alive = True

    def set(self) -> None:
        self.rung += 1

    async def wait(self, seconds: float | None) -> None:
        raise AssertionError(seconds)

    def silence(self) -> float:
        return 0.0


def test_a_waiter_listens_unless_something_has_changed() -> None:
    lines, limits, bell = Lines(), Limits("acme", "ada"), Bell()
    lines.wake(0.0)
    assert lines.changes == 0  # nobody waits
    first, second, third = (lines.join(limits, 0, "foreground", 0.0) for _ in range(3))
    # Each looks now and then if those in front of it take their turn.
    assert lines.listen(second, bell, first=False, changes=0, until=60.0, now=0.0) == 0.5
    assert lines.listen(third, Bell(), first=False, changes=0, until=60.0, now=0.0) == 0.5
    lines.wake(0.0)
    assert (lines.changes, bell.rung) == (1, 0)
    assert lines.listen(first, Bell(), first=True, changes=0, until=60.0, now=0.0) is None
    assert lines.listen(second, bell, first=True, changes=1, until=60.0, now=0.0) is None
    lines.leave(first, 0.0)
    assert bell.rung == 1
    lines.wake(0.0)
    assert (lines.changes, bell.rung) == (2, 2)


def test_requests_with_another_reserve_stand_in_another_line() -> None:
    lines, limits = Lines(), Limits("acme", "ada")
    waiters = [lines.join(limits, reserve, "foreground", 0.0) for reserve in (0, 10, 0)]
    assert [lines.is_first(each, 0.0) for each in waiters] == [True, True, False]
    assert lines.waiting(limits) == 3


@pytest.mark.parametrize("how", ["late", "its event loop has ended"])
def test_a_waiter_that_does_not_take_its_turn_is_passed_over_until_it_comes_back(how: str) -> None:
    lines, limits, bells = Lines(), Limits("acme", "ada"), [Bell(), Bell(), Bell()]
    first, second, _ = waiters = [lines.join(limits, 0, "foreground", 0.0) for _ in range(3)]
    for waiter, bell in zip(waiters, bells, strict=True):
        lines.listen(waiter, bell, first=waiter is first, changes=0, until=10.0, now=10.0)
    assert not lines.is_first(second, 10.5)  # it was due half a second ago
    now = 10.6 if how == "late" else 5.0
    bells[0].is_alive = how == "late"
    assert lines.is_first(second, now)
    assert lines.waiting(limits) == 2
    assert [bell.rung for bell in bells] == [1, 1, 0]
    bells[0].is_alive = True
    assert lines.is_first(first, now)
    assert not lines.is_first(second, now)
    for waiter in waiters:
        lines.leave(waiter, now)
        lines.leave(waiter, now)
    assert not lines.busy


def admissions(lines: Lines, dies_at: list[float], *, room_at: float) -> list[tuple[int, float]]:
    """Let requests wait in one line, and return which of them go, and when. Each takes its turn until it dies."""
    limits, bells = Limits("acme", "ada"), [Bell() for _ in dies_at]
    waiters = [lines.join(limits, 0, "foreground", 0.0) for _ in dies_at]
    looks = [(0.0, index) for index in range(len(dies_at))]
    gone: list[tuple[int, float]] = []
    while looks:
        now, index = min(looks)
        looks.remove((now, index))
        if now >= dies_at[index]:
            continue
        waiter, rung = waiters[index], [bell.rung for bell in bells]
        first = lines.is_first(waiter, now)
        if first and now >= room_at:
            lines.leave(waiter, now)
            gone.append((index, now))
        else:
            most = lines.listen(waiter, bells[index], first=first, changes=lines.changes, until=room_at, now=now)
            assert most is not None
            looks.append((room_at if first else now + most, index))
        for other, before in enumerate(rung):
            if bells[other].rung > before and other != index and other not in [each for each, _ in gone]:
                looks = [(min(when, now) if of == other else when, of) for when, of in looks]
    return gone


@given(st.lists(st.sampled_from([0.0, 0.3, 3.0, 9.9, 10.0, 10.2, math.inf]), max_size=12))
def test_any_requests_that_can_t_take_their_turn_hold_up_none_for_long(dies_at: list[float]) -> None:
    """They are passed over wherever they stand. The others go in their order."""
    gone = admissions(Lines(), [*dies_at, math.inf], room_at=10.0)
    alive = [index for index, end in enumerate([*dies_at, math.inf]) if end == math.inf]
    assert [index for index, _ in gone if index in alive] == alive
    assert all(10.0 <= when <= 11.5 + 0.5 * len(dies_at) for _, when in gone)


def test_a_request_behind_very_many_that_can_t_take_their_turn_goes_within_seconds() -> None:
    ((index, when),) = admissions(Lines(), [*[1.0] * 300, math.inf], room_at=10.0)
    assert (index, 10.0 <= when <= 16.0) == (300, True)


def test_requests_that_come_back_stand_where_they_stood() -> None:
    lines, limits = Lines(), Limits("acme", "ada")
    waiters = [lines.join(limits, 0, "foreground", 0.0) for _ in range(5)]
    for waiter in waiters:
        lines.listen(waiter, Bell(), first=waiter is waiters[0], changes=0, until=1.0, now=0.0)
    assert lines.is_first(waiters[4], 9.0)
    assert [lines.is_first(waiters[index], 9.0) for index in (2, 0, 1, 3)] == [True, True, False, False]
    for waiter in waiters:
        assert lines.is_first(waiter, 9.0)
        lines.leave(waiter, 9.0)


def test_a_request_that_stood_in_a_line_that_is_gone_stands_in_a_new_one() -> None:
    lines, limits = Lines(), Limits("acme", "ada")
    first, second, third = waiters = [lines.join(limits, 0, "foreground", 0.0) for _ in range(3)]
    assert lines.is_first(third, 9.0)
    for passed_over in (first, second):  # each asks at once, whatever it has seen
        assert lines.listen(passed_over, Bell(), first=False, changes=0, until=60.0, now=9.0) is None
    lines.leave(third, 9.0)
    assert (lines.busy, lines.listen(first, Bell(), first=False, changes=0, until=60.0, now=9.0)) == (False, None)
    assert [lines.is_first(each, 9.0) for each in (second, first)] == [True, True]
    for waiter in waiters:
        lines.leave(waiter, 9.0)
    assert not lines.busy


def test_requests_near_the_head_of_a_line_look_at_it_often() -> None:
    lines, limits = Lines(), Limits("acme", "ada")
    front: list[Priority] = ["foreground"] * 15
    back: list[Priority] = ["background"] * 10
    waiters = [lines.join(limits, 0, priority, 0.0) for priority in front + back]
    looks = [lines.listen(each, Bell(), first=each is waiters[0], changes=0, until=60.0, now=10.0) for each in waiters]
    assert looks == [math.inf, *[0.5] * 19, *[5.0] * 5]
    lines.leave(waiters[0], 10.0)
    assert not lines.is_first(waiters[3], 10.9)  # the two in front of it are to look at 10.5
    assert lines.is_first(waiters[3], 11.1)


def test_a_token_is_told_from_others_and_not_shown() -> None:
    one, other = token_identity(Secret("bkua_one")), token_identity(Secret("bkua_other"))
    assert one == token_identity(Secret("bkua_one")) != other
    assert (len(one), "bkua" in one) == (16, False)
    assert token_identity(lambda: "x").startswith("function ")


def test_the_token_that_signed_a_request_is_told_as_the_token_itself() -> None:
    url = "https://api.buildkite.com/v2/user"
    signed = httpx.Request("GET", url, headers={"Authorization": "Bearer bkua_one"})
    assert (signer_of(signed), signer_of(httpx.Request("GET", url))) == (token_identity(Secret("bkua_one")), None)
