# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define, field

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class TestWithMetrics(ReadModel):
    """A test of a suite, with its metrics over a time range where the version of the API has them. In all
    other answers they are null."""

    __test__: ClassVar[bool] = False

    id: str
    """The test's id."""

    url: str
    """The test in the REST API."""

    web_url: str | None = None
    """The test's page on Buildkite."""

    scope: str | None = None
    """Group of the test, such as the class that it tests."""

    name: str
    """Its name in that scope."""

    location: str | None = None
    """Location as file and line."""

    file_name: str | None = None
    """The file that it stands in."""

    labels: list[str] = field(factory=list)
    """Its labels."""

    reliability: float | None = None
    """Share of passed executions among those that passed or failed, from 0 to 1. Null without any."""

    duration_avg: float | None = None
    """Average duration of an execution, in seconds."""

    duration_sum: float | None = None
    """Duration of all executions, in seconds."""

    duration_min: float | None = None
    """Duration of the shortest execution, in seconds."""

    duration_max: float | None = None
    """Duration of the longest execution, in seconds."""

    executions_count: int | None = None
    """Number of executions."""

    executions_count_by_result: dict[str, int] = field(factory=dict)
    """Number of executions by result: `passed` and `failed` always, `skipped`, `pending` and `unknown` if
    there were any."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.url = struct.url
        self.web_url = struct.web_url
        self.scope = struct.scope
        self.name = struct.name
        self.location = struct.location
        self.file_name = struct.file_name
        self.labels = [] if struct.labels is None else struct.labels
        self.reliability = struct.reliability
        self.duration_avg = struct.duration_avg
        self.duration_sum = struct.duration_sum
        self.duration_min = struct.duration_min
        self.duration_max = struct.duration_max
        self.executions_count = struct.executions_count
        self.executions_count_by_result = (
            {} if struct.executions_count_by_result is None else struct.executions_count_by_result
        )
