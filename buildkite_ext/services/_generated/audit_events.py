# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.audit_events`: audit events."""

from __future__ import annotations

from buildkite_api.models import AuditEvent
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncAuditEvents(AsyncService):
    """The audit log of an organization."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[AuditEvent]:
        """List an organization's audit events. Scope: read_audit_events.

        The audit log of an organization, newest events first, a page at a time.

        Only on the Enterprise plan, and for administrators; otherwise 403. Pages go by cursor. Both cursors at
        once, a wrong cursor or a wrong `per_page` is a 400.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/organizations/audit-events
        """
        check(AsyncAuditEvents.list, locals())
        from buildkite_api.api.audit_events import list_audit_events

        return self._items(
            "audit_events.list",
            list_audit_events,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, audit_event_uuid: str) -> AuditEvent:
        """Get an audit event. Scope: read_audit_events.

        One audit event by its id. Only on the Enterprise plan, and for administrators; otherwise 403.

        Args:
            audit_event_uuid: the audit event's id.

        https://buildkite.com/docs/apis/rest-api/organizations/audit-events
        """
        check(AsyncAuditEvents.get, locals())
        from buildkite_api.api.audit_events import get_audit_event

        return await self._requester.call(get_audit_event, self._requester.organization, audit_event_uuid)


class AuditEvents(Service[AsyncAuditEvents]):
    """The audit log of an organization."""

    list = blocking(AsyncAuditEvents.list)
    get = blocking(AsyncAuditEvents.get)
