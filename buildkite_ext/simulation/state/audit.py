"""Audit log: who has changed what in the organization. https://buildkite.com/docs/platform/audit-log"""

from __future__ import annotations

from dataclasses import dataclass

from .users import User

__all__ = ["AUDIT_LOG_SIZE", "AuditEvent"]

AUDIT_LOG_SIZE = 10_000
"""Number of audit events that are kept. The oldest one is dropped for a newer one."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Audit event.

    Attributes:
        type: the name of its class at Buildkite, such as `ClusterCreatedEvent`.
        subject_type, subject_id, subject_name: the object that was changed.
    """

    id: str
    type: str
    occurred_at: float
    actor: User
    subject_type: str
    subject_id: str
    subject_name: str
