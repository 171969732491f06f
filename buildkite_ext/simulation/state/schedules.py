"""Schedules: they create builds of a pipeline again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..definition.cron import CronLine
from .pipelines import Pipeline
from .users import User

__all__ = ["PipelineSchedule", "ScheduleAttributes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleAttributes:
    """Attributes of a schedule that requests set.

    Attributes:
        cronline: the times of its builds, as they were written.
        line: the same, parsed.
        branch: the branch of its builds; None for the pipeline's default branch.
    """

    cronline: str
    line: CronLine
    label: str | None = None
    message: str | None = None
    commit: str = "HEAD"
    branch: str | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    enabled: bool = True


@dataclass(slots=True, eq=False)
class PipelineSchedule:
    """PipelineSchedule. Times are seconds since the epoch.

    Attributes:
        next_build_at: when it creates its next build; None while it is disabled.
        failed_message, failed_at: why its last attempt to create a build failed, and when; None if it didn't.
    """

    id: str
    pipeline: Pipeline
    attributes: ScheduleAttributes
    created_at: float
    created_by: User
    next_build_at: float | None = None
    failed_message: str | None = None
    failed_at: float | None = None
