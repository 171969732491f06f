"""Outcome of a build that is waited for: what a result tells, and what an answer from before the last action is worth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from buildkite_ext import WaitResult, exit_code_of
from buildkite_ext.states import Outcome
from buildkite_ext.stores.recent_actions import PendingActions, Reopening
from buildkite_ext.watching.outcome import outcome_after

from .fakes import job
from .test_states import a_build

DEPLOY = job("deploy", id="deploy", type="manual", state="blocked")
APPROVE = job("approve", id="approve", type="manual", state="blocked")
OLD = Reopening(datetime(2026, 1, 5, 12, 5, tzinfo=UTC))
OLD_END, NEW_END = "2026-01-05T12:05:00Z", "2026-01-05T12:10:00Z"


@pytest.mark.parametrize(
    ("changes", "pending", "outcome"),
    [
        ({"state": "running"}, PendingActions(), None),
        ({"state": "passed", "finished_at": OLD_END}, PendingActions(), "passed"),
        ({"state": "failed", "finished_at": OLD_END}, PendingActions((OLD,)), None),
        ({"state": "failed", "finished_at": NEW_END}, PendingActions((OLD,)), "failed"),
        ({"state": "running"}, PendingActions((OLD,)), None),
        ({"state": "passed", "blocked": True, "jobs": [DEPLOY]}, PendingActions(), "blocked"),
        ({"state": "passed", "blocked": True, "jobs": [DEPLOY]}, PendingActions(unblocked=frozenset({"deploy"})), None),
        ({"state": "passed", "blocked": True, "jobs": [DEPLOY]}, PendingActions((OLD,), frozenset({"deploy"})), None),
        ({"state": "passed", "blocked": True, "jobs": [DEPLOY]}, PendingActions(unblocked=frozenset({"deploy", "x"})), None),
        ({"state": "passed", "blocked": True, "jobs": [DEPLOY]}, PendingActions(unblocked=frozenset({"x"})), "blocked"),
        (
            {"state": "passed", "blocked": True, "jobs": [DEPLOY, APPROVE]},
            PendingActions(unblocked=frozenset({"deploy"})), "blocked",
        ),
        ({"state": "passed", "blocked": True, "jobs": []}, PendingActions(unblocked=frozenset({"deploy"})), "blocked"),
        ({"state": "canceled", "jobs": [DEPLOY]}, PendingActions(unblocked=frozenset({"deploy"})), "canceled"),
    ],
)  # fmt: skip
def test_a_build_that_shows_what_it_was_before_the_last_action_continues(
    changes: dict[str, Any], pending: PendingActions, outcome: str | None
) -> None:
    assert outcome_after(a_build(**changes), pending) == outcome


def result(outcome: Any) -> WaitResult:
    jobs = [job("ended", state="passed"), job("runs"), DEPLOY]
    return WaitResult(build=a_build("running", jobs=jobs), outcome=outcome, failed_jobs=[], blocked_by=[], requests=1)


@pytest.mark.parametrize("outcome", [*get_args(Outcome), None])
def test_a_result_is_true_if_the_build_passed(outcome: Any) -> None:
    found = result(outcome)
    assert bool(found) is (outcome == "passed")
    assert found.passed is (outcome == "passed")
    assert found.exit_code == exit_code_of(outcome)
    assert found.timed_out is False


def test_a_result_names_what_the_build_waits_for() -> None:
    assert [one.name for one in result(None).waiting_for] == ["deploy", "runs"]


@pytest.mark.parametrize(
    ("word", "name"), [("state", "outcome"), ("succeeded", "passed"), ("url", "result.build.web_url")]
)
def test_a_result_names_the_word_that_was_meant(word: str, name: str) -> None:
    with pytest.raises(AttributeError, match=name.replace(".", r"\.")):
        getattr(result("passed"), word)
