# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new


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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.url = struct.url
        model.web_url = struct.web_url
        model.scope = struct.scope
        model.name = struct.name
        model.location = struct.location
        model.file_name = struct.file_name
        model.labels = [] if struct.labels is None else struct.labels
        model.reliability = struct.reliability
        model.duration_avg = struct.duration_avg
        model.duration_sum = struct.duration_sum
        model.duration_min = struct.duration_min
        model.duration_max = struct.duration_max
        model.executions_count = struct.executions_count
        model.executions_count_by_result = (
            {} if struct.executions_count_by_result is None else struct.executions_count_by_result
        )
        return model
