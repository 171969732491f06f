"""Schedules: it adds and changes them, and creates their builds."""

from __future__ import annotations

from collections.abc import Callable

from ...globs import branch_matches
from ..state.actions import ScheduledAction
from ..state.builds import BuildRequest
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.schedules import PipelineSchedule, ScheduleAttributes
from ..state.users import User
from .administrative_changes import AdministrativeChanges
from .scheduler import Scheduler

__all__ = ["ScheduleAdministration"]


class ScheduleAdministration:
    """Administration of schedules: the only writer of them. Each change is emitted as an event.

    Args:
        organization: the organization.
        scheduler: its time and its next actions.
        changes: receives each change.
        create: creates a build of a pipeline for a user.
    """

    def __init__(
        self,
        organization: Organization,
        scheduler: Scheduler,
        changes: AdministrativeChanges,
        create: Callable[[Pipeline, BuildRequest, User], object],
    ) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes
        self._create = create
        self._actions: dict[str, ScheduledAction] = {}

    def add(self, pipeline: Pipeline, attributes: ScheduleAttributes, by: User) -> PipelineSchedule:
        """Add a schedule."""
        schedule = PipelineSchedule(self._organization.ids.uuid(), pipeline, attributes, self._changes.now, by)
        self._organization.schedules[schedule.id] = schedule
        self._plan(schedule)
        self._changes.resource("schedule", schedule.id, None, attributes.cronline, by)
        return schedule

    def update(self, schedule: PipelineSchedule, attributes: ScheduleAttributes, by: User) -> None:
        """Change a schedule. Where it is enabled again, its last failure is forgotten."""
        before, schedule.attributes = schedule.attributes, attributes
        if attributes.enabled and not before.enabled:
            schedule.failed_message = schedule.failed_at = None
        self._plan(schedule)
        action = None if attributes.enabled == before.enabled else "enabled" if attributes.enabled else "disabled"
        self._changes.resource("schedule", schedule.id, before.cronline, attributes.cronline, by, action=action)

    def delete(self, schedule: PipelineSchedule, by: User) -> None:
        """Delete a schedule."""
        self._cancel(schedule)
        del self._organization.schedules[schedule.id]
        self._changes.resource("schedule", schedule.id, schedule.attributes.cronline, None, by)

    def delete_of(self, pipeline: Pipeline, by: User) -> None:
        """Delete the schedules of a pipeline."""
        for schedule in list(self._organization.schedules.values()):
            if schedule.pipeline is pipeline:
                self.delete(schedule, by)

    def _plan(self, schedule: PipelineSchedule) -> None:
        """Let a schedule create its next build at the time that its line says."""
        self._cancel(schedule)
        now = self._scheduler.now
        schedule.next_build_at = schedule.attributes.line.next_after(now) if schedule.attributes.enabled else None
        if schedule.next_build_at is not None:
            action = self._scheduler.after(schedule.next_build_at - now, lambda: self._act(schedule))
            self._actions[schedule.id] = action

    def _act(self, schedule: PipelineSchedule) -> None:
        pipeline, attributes = schedule.pipeline, schedule.attributes
        branch = attributes.branch or pipeline.default_branch
        patterns = pipeline.branch_configuration
        if pipeline.refuses_builds:
            schedule.failed_message = "The pipeline is archived"
        elif patterns and not branch_matches(patterns, branch):
            schedule.failed_message = f"The pipeline doesn't build the branch {branch}"
        else:
            schedule.failed_message = None
            request = BuildRequest(
                commit=attributes.commit,
                branch=branch,
                message=attributes.message or attributes.label or f"Build of {branch}",
                env=attributes.env,
            )
            self._create(pipeline, request, schedule.created_by)
        schedule.failed_at = None if schedule.failed_message is None else self._changes.now
        self._plan(schedule)
        self._changes.resource("schedule", schedule.id, attributes.cronline, attributes.cronline, None)

    def _cancel(self, schedule: PipelineSchedule) -> None:
        action = self._actions.pop(schedule.id, None)
        if action is not None:
            action.cancel()
