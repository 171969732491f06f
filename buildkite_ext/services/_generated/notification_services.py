# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.notification_services`: notification services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from buildkite_api.models import NotificationService, NotificationServiceScope, NotificationServiceType
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncNotificationServices(AsyncService):
    """Services that are told about builds and jobs."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[NotificationService]:
        """List an organization's notification services. Scope: read_notification_services.

        The services that an organization notifies, oldest first, a page at a time. Pages go by cursor.

        Only for administrators, and for members who may manage notification services.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        check(AsyncNotificationServices.list, locals())
        from buildkite_api.api.notification_services import list_notification_services

        return self._items(
            "notification_services.list",
            list_notification_services,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, service_uuid: str) -> NotificationService:
        """Get a notification service. Scope: read_notification_services.

        One service by its id.

        Only for administrators, and for members who may manage notification services.

        Args:
            service_uuid: the service's id.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        check(AsyncNotificationServices.get, locals())
        from buildkite_api.api.notification_services import get_notification_service

        return await self._requester.call(get_notification_service, self._requester.organization, service_uuid)

    async def create(
        self,
        *,
        provider: NotificationServiceType | str,
        description: str | None = None,
        branch_configuration: str | None = None,
        scope: NotificationServiceScope | str | None = None,
        scope_uuids: Sequence[str] | None = None,
        build_states: Mapping[str, bool] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> NotificationService:
        """Create a notification service. Scope: write_notification_services.

        Tell one more service about builds and jobs. A `slack_workspace` or a `linear` service can only be
        created on Buildkite's pages.

        Only for administrators, and for members who may manage notification services. What does not fit is a
        422.

        Args:
            provider: kind of the service.
            description: purpose.
            branch_configuration: pattern of the branches to notify it of, such as `main release/*`. Empty for
                all.
            scope: pipelines to notify it of. All, if left out.
            scope_uuids: the ids of those pipelines, teams or clusters. Not together with the scope `all`.
            build_states: events to notify it of: true or false for any of `build_passed`, `build_fixed`,
                `build_failed`, `build_blocked`, `build_canceled`, `build_failing` and `job_activated`.
            settings: settings of the provider. The keys depend on it; the documentation lists them. They can
                hold secrets.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        check(AsyncNotificationServices.create, locals())
        from buildkite_api.api.notification_services import create_notification_service
        from buildkite_api.models import CreateNotificationServiceRequest

        request = CreateNotificationServiceRequest(
            provider=provider,
            description=or_unset(description),
            branch_configuration=or_unset(branch_configuration),
            scope=or_unset(scope),
            scope_uuids=or_unset(scope_uuids),
            build_states=or_unset(build_states),
            settings=or_unset(settings),
        )
        return await self._requester.call(create_notification_service, self._requester.organization, body=request)

    async def update(
        self,
        service_uuid: str,
        *,
        provider: NotificationServiceType | str | Unset = UNSET,
        description: str | Unset = UNSET,
        branch_configuration: str | Unset = UNSET,
        scope: NotificationServiceScope | str | Unset = UNSET,
        scope_uuids: Sequence[str] | Unset = UNSET,
        build_states: Mapping[str, bool] | Unset = UNSET,
        settings: Mapping[str, Any] | Unset = UNSET,
    ) -> NotificationService:
        """Update a notification service. Scope: write_notification_services.

        Change what is given, each setting by itself, and leave the rest alone.

        A secret that an answer masks may be sent back as it came: it is kept then. The provider cannot be
        changed, nor can some of its settings: the region and the account of `aws_event_bridge` are fixed, and
        the version of a `webhook` can only rise.

        Only for administrators, and for members who may manage notification services. What does not fit is a
        422.

        Args:
            service_uuid: the service's id.
            provider: the present kind of service, if anything: it cannot be changed.
            description: purpose.
            branch_configuration: pattern of the branches to notify it of, such as `main release/*`. Empty for
                all.
            scope: pipelines to notify it of.
            scope_uuids: the ids of those pipelines, teams or clusters. Not together with the scope `all`.
            build_states: events to notify it of: true or false for any of `build_passed`, `build_fixed`,
                `build_failed`, `build_blocked`, `build_canceled`, `build_failing` and `job_activated`.
            settings: settings of the provider. The keys depend on it; the documentation lists them. Those that
                are left out stay as they are. They can hold secrets.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        check(AsyncNotificationServices.update, locals())
        from buildkite_api.api.notification_services import update_notification_service
        from buildkite_api.models import UpdateNotificationServiceRequest

        not_null(
            provider=provider,
            description=description,
            branch_configuration=branch_configuration,
            scope=scope,
            scope_uuids=scope_uuids,
            build_states=build_states,
            settings=settings,
        )
        request = UpdateNotificationServiceRequest(
            provider=provider,
            description=description,
            branch_configuration=branch_configuration,
            scope=scope,
            scope_uuids=scope_uuids,
            build_states=build_states,
            settings=settings,
        )
        return await self._requester.call(
            update_notification_service, self._requester.organization, service_uuid, body=request
        )

    async def delete(self, service_uuid: str) -> None:
        """Delete a notification service. Scope: write_notification_services.

        Delete a service. When what the provider knows of it cannot be removed, it is a 422.

        Only for administrators, and for members who may manage notification services.

        Args:
            service_uuid: the service's id.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        check(AsyncNotificationServices.delete, locals())
        from buildkite_api.api.notification_services import delete_notification_service

        return await self._requester.call(delete_notification_service, self._requester.organization, service_uuid)

    async def enable(self, service_uuid: str) -> NotificationService:
        """Enable a notification service. Scope: write_notification_services.

        Notify a service again. Clears what disabled or broke it before.

        Only for administrators, and for members who may manage notification services.

        Args:
            service_uuid: the service's id.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        check(AsyncNotificationServices.enable, locals())
        from buildkite_api.api.notification_services import enable_notification_service

        return await self._requester.call(enable_notification_service, self._requester.organization, service_uuid)

    async def disable(self, service_uuid: str) -> NotificationService:
        """Disable a notification service. Scope: write_notification_services.

        Notify a service no more.

        Only for administrators, and for members who may manage notification services.

        Args:
            service_uuid: the service's id.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        check(AsyncNotificationServices.disable, locals())
        from buildkite_api.api.notification_services import disable_notification_service

        return await self._requester.call(disable_notification_service, self._requester.organization, service_uuid)


class NotificationServices(Service[AsyncNotificationServices]):
    """Services that are told about builds and jobs."""

    list = blocking(AsyncNotificationServices.list)
    get = blocking(AsyncNotificationServices.get)
    create = blocking(AsyncNotificationServices.create)
    update = blocking(AsyncNotificationServices.update)
    delete = blocking(AsyncNotificationServices.delete)
    enable = blocking(AsyncNotificationServices.enable)
    disable = blocking(AsyncNotificationServices.disable)
