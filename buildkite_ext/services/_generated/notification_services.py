# Generated from spec/ by `make generate`: edit that, not this.

"""The service `client.notification_services`: notification services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking

if TYPE_CHECKING:
    from buildkite_api.models import NotificationService, NotificationServiceScope, NotificationServiceType


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
            limit: the most items to give out.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        from buildkite_api.api.notification_services import list_notification_services

        return self._items(
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
        from buildkite_api.api.notification_services import get_notification_service

        return await self._requester.call(get_notification_service, self._requester.organization, service_uuid)

    async def create(
        self,
        *,
        provider: NotificationServiceType | str,
        description: str | Unset = UNSET,
        branch_configuration: str | Unset = UNSET,
        scope: NotificationServiceScope | str | Unset = UNSET,
        scope_uuids: Sequence[str] | Unset = UNSET,
        build_states: Mapping[str, bool] | Unset = UNSET,
        settings: Mapping[str, Any] | Unset = UNSET,
    ) -> NotificationService:
        """Create a notification service. Scope: write_notification_services.

        Tell one more service about builds and jobs. A `slack_workspace` or a `linear` service can only be
        created on Buildkite's pages.

        Only for administrators, and for members who may manage notification services. What does not fit is a
        422.

        Args:
            provider: what kind of service it is.
            description: what it is for.
            branch_configuration: which branches to tell it about, as a pattern such as `main release/*`. Empty
                for all.
            scope: which pipelines to tell it about. All, when left out.
            scope_uuids: the ids of those pipelines, teams or clusters. Not together with the scope `all`.
            build_states: what to tell it about: any of `build_passed`, `build_fixed`, `build_failed`,
                `build_blocked`, `build_canceled`, `build_failing` and `job_activated`, each with whether to.
            settings: what the provider needs. The keys depend on it; the documentation lists them. They can
                hold secrets.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        from buildkite_api.api.notification_services import create_notification_service
        from buildkite_api.models import CreateNotificationServiceRequest

        request = CreateNotificationServiceRequest(
            provider=provider,
            description=description,
            branch_configuration=branch_configuration,
            scope=scope,
            scope_uuids=scope_uuids,
            build_states=build_states,
            settings=settings,
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
            description: what it is for.
            branch_configuration: which branches to tell it about, as a pattern such as `main release/*`. Empty
                for all.
            scope: which pipelines to tell it about.
            scope_uuids: the ids of those pipelines, teams or clusters. Not together with the scope `all`.
            build_states: what to tell it about: any of `build_passed`, `build_fixed`, `build_failed`,
                `build_blocked`, `build_canceled`, `build_failing` and `job_activated`, each with whether to.
            settings: what the provider needs. The keys depend on it; the documentation lists them. Those that
                are left out stay as they are. They can hold secrets.

        https://buildkite.com/docs/apis/rest-api/organizations/notification-services
        """
        from buildkite_api.api.notification_services import update_notification_service
        from buildkite_api.models import UpdateNotificationServiceRequest

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
