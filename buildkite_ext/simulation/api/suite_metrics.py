"""Filters and metrics of Test Engine's tests.

https://buildkite.com/docs/apis/rest-api/test-engine/tests
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from ..state.test_engine import Execution, SuiteTest
from .request import Query, RefusedRequest

__all__ = ["Metrics", "executions_within", "filtered", "period_of"]

_SECONDS = {"hour": 3_600, "day": 86_400}

_DEFAULT_PERIOD = 7 * 86_400
"""Seconds of the default period. At Buildkite the organization's plan decides."""

_PERIOD = re.compile(r"([1-9][0-9]{0,2})(hour|day)s?")

_SORT_KEYS = ("duration_avg", "duration_sum", "duration_min", "duration_max", "reliability")


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics of a test over some executions."""

    executions: Sequence[Execution]

    @property
    def counts(self) -> dict[str, int]:
        """Number of executions by result: of those that passed and failed always, of others if there are any."""
        return {"passed": 0, "failed": 0, **Counter(each.result for each in self.executions)}

    @property
    def reliability(self) -> float | None:
        """Share of the executions that passed among those that passed or failed."""
        counts = self.counts
        total = counts["passed"] + counts["failed"]
        return round(counts["passed"] / total, 4) if total else None

    @property
    def duration_sum(self) -> float | None:
        """Seconds of all executions."""
        return self._of(sum)

    @property
    def duration_avg(self) -> float | None:
        """Seconds of an execution on average."""
        return self._of(lambda durations: sum(durations) / len(durations))

    @property
    def duration_min(self) -> float | None:
        """Seconds of the shortest execution."""
        return self._of(min)

    @property
    def duration_max(self) -> float | None:
        """Seconds of the longest execution."""
        return self._of(max)

    def _of(self, function: Callable[[list[float]], float]) -> float | None:
        durations = [each.duration for each in self.executions]
        return round(function(durations), 6) if durations else None


def period_of(query: Query, now: float) -> tuple[float, float]:
    """Return the time of the executions that count: its begin and its end.

    Raises:
        RefusedRequest: the period is none, or is given beside a time.
    """
    period, begin, end = query.text("period"), query.time("min_timestamp"), query.time("max_timestamp")
    if period is None:
        until = now if end is None else end
        return until - _DEFAULT_PERIOD if begin is None else begin, until
    if begin is not None or end is not None:
        raise RefusedRequest(400, "period can't be given together with min_timestamp or max_timestamp")
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise RefusedRequest(400, "period must be a number of hours or days, such as 7days")
    return now - int(found[1]) * _SECONDS[found[2]], now


def executions_within(test: SuiteTest, begin: float, end: float) -> list[Execution]:
    """Return the executions of a test in a time, both ends included."""
    return [each for each in test.executions if begin <= each.created_at <= end]


def filtered(tests: Iterable[tuple[SuiteTest, Sequence[Execution]]], query: Query) -> list[tuple[SuiteTest, Metrics]]:
    """Return the tests that match the filters of a query, each with its metrics over the executions that match.

    Tests without such an execution are left out. No test has an owner here.

    Args:
        tests: the tests, each with the executions that count.
        query: the query.

    Raises:
        RefusedRequest: a filter isn't as documented.
    """
    label, labels, owners = query.text("label"), _list(query, "labels"), _list(query, "owners")
    if label is not None and labels:
        raise RefusedRequest(400, "label and labels can't be given together")
    wanted = labels if label is None else [label]
    state, branch = query.text("state"), query.text("branch")
    found: list[tuple[SuiteTest, Metrics]] = []
    for test, executions in tests:
        counted = [each for each in executions if branch is None or _matches(each.run.branch, branch)]
        counted = _tagged(counted, _list(query, "tags"))
        if (
            counted
            and all(_has(test.labels, each) for each in wanted)
            and all(_has((), each) for each in owners)
            and state in (None, test.state)
        ):
            found.append((test, Metrics(counted)))
    return _sorted(found, query)


def _sorted(tests: list[tuple[SuiteTest, Metrics]], query: Query) -> list[tuple[SuiteTest, Metrics]]:
    key, order = query.text("sort_by") or "duration_avg", query.text("order") or "desc"
    if key not in _SORT_KEYS:
        raise RefusedRequest(400, f"sort_by must be one of {', '.join(_SORT_KEYS)}")
    if order not in ("asc", "desc"):
        raise RefusedRequest(400, "order must be asc or desc")
    value = attrgetter(key)
    known = [each for each in tests if value(each[1]) is not None]
    known.sort(key=lambda each: value(each[1]), reverse=order == "desc")
    return known + [each for each in tests if value(each[1]) is None]


def _list(query: Query, name: str) -> list[str]:
    return [each for text in query.values(name) for each in text.split(",") if each]


def _has(values: Sequence[str], wanted: str) -> bool:
    return wanted[1:] not in values if wanted.startswith("!") else wanted in values


def _matches(value: str | None, wanted: str) -> bool:
    if wanted.startswith("!"):
        return not _matches(value, wanted[1:])
    if wanted.endswith("*"):
        return value is not None and value.startswith(wanted[:-1])
    return value == wanted


def _tagged(executions: list[Execution], tags: Iterable[str]) -> list[Execution]:
    """Return the executions with some tags; all of them, or none, where a tag is about all executions of the test."""
    for tag in tags:
        name, _, wanted = tag.partition(":")
        if name == "result" and wanted[:1] in ("~", "^"):
            results = [each.result == wanted[1:] for each in executions]
            executions = executions if (any(results) if wanted[0] == "~" else all(results)) else []
        else:
            executions = [each for each in executions if _matches(_tag(each, name), wanted)]
    return executions


def _tag(execution: Execution, name: str) -> str | None:
    own = {"result": execution.result, "scm.branch": execution.run.branch, "scm.commit_sha": execution.run.commit}
    return own.get(name, execution.tags.get(name))
