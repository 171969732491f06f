"""Changes by administrators: each is emitted as an event, and the audit log names those that Buildkite's does.

https://buildkite.com/docs/platform/audit-log
"""

from __future__ import annotations

from collections.abc import Mapping

from ..state.audit import AuditEvent
from ..state.clusters import Cluster, Queue
from ..state.organization import Organization
from ..state.users import User
from .changes import Changes, ClusterChanged, QueueChanged, ResourceChanged
from .scheduler import Scheduler

__all__ = ["AdministrativeChanges"]

_AUDITED: Mapping[str, str] = {
    "cluster": "Cluster",
    "cluster_queue": "ClusterQueue",
    "cluster_token": "ClusterToken",
    "cluster_maintainer": "ClusterPermission",
    "cluster_secret": "Secret",
    "invitation": "OrganizationInvitation",
    "member": "OrganizationMember",
    "notification_service": "NotificationService",
    "pipeline": "Pipeline",
    "pipeline_template": "PipelineTemplate",
    "registry": "Registry",
    "schedule": "PipelineSchedule",
    "settings": "Organization",
    "suite": "Suite",
    "team": "Team",
}
"""Kinds of objects whose changes stand in Buildkite's audit log, with the name that they have there."""


class AdministrativeChanges:
    """Reporter of changes by administrators.

    Args:
        organization: the organization, which has the audit log.
        scheduler: knows the time.
        changes: receives the events.
    """

    def __init__(self, organization: Organization, scheduler: Scheduler, changes: Changes) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._changes = changes

    @property
    def now(self) -> float:
        """Current time, at the precision that the API shows."""
        return self._scheduler.millisecond

    def audit(self, kind: str, id_: str, action: str, name: str | None, by: User | None) -> None:
        """Note in the audit log that a user has done something with an object."""
        audited = _AUDITED.get(kind)
        if audited is None or by is None:
            return
        self._organization.audit_log.append(
            AuditEvent(
                self._organization.ids.uuid(),
                f"{audited}{action.capitalize()}Event",
                self.now,
                by,
                audited,
                id_,
                name or "",
            )
        )

    def cluster(self, cluster: Cluster, before: str | None, after: str | None, by: User | None) -> None:
        """Report a change of a cluster, from one name to another."""
        self.audit("cluster", cluster.id, _action(before, after), after or before, by)
        if self._changes.wanted:
            self._changes.emit(ClusterChanged(cluster, before, after, self.now))

    def queue(self, queue: Queue, before: str | None, after: str | None, by: User | None) -> None:
        """Report a change of a queue, from one state to another."""
        self.audit("cluster_queue", queue.id, _action(before, after), queue.key, by)
        if self._changes.wanted:
            self._changes.emit(QueueChanged(queue, before, after, self.now))

    def resource(
        self, kind: str, id_: str, before: str | None, after: str | None, by: User | None, *, action: str | None = None
    ) -> None:
        """Report a change of another object, from one name to another.

        Args:
            kind: the kind of the object.
            id_: its id.
            before: its name before; None for a new object.
            after: its name after the change; None for a deleted object.
            by: the user who has changed it; None where the simulator has.
            action: what has happened, if that is more than a change.
        """
        action = action or _action(before, after)
        self.audit(kind, id_, action, after or before, by)
        if self._changes.wanted:
            self._changes.emit(ResourceChanged(kind, id_, action, before, after, by, self.now))


def _action(before: str | None, after: str | None) -> str:
    if before is None:
        return "created"
    return "deleted" if after is None else "updated"
