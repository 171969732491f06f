# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.api_settings`: organization api settings."""

from __future__ import annotations

from buildkite_api.models import ApiSettings
from buildkite_api.types import UNSET, Unset
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null
from buildkite_ext.services.checks import check


class AsyncApiSettingsService(AsyncService):
    """Restrictions of the use of an organization's API."""

    async def get(self) -> ApiSettings:
        """Get an organization's API settings. Scope: read_organization_settings.

        The restrictions of the use of an organization's API. Only for administrators; otherwise 403.

        https://buildkite.com/docs/apis/rest-api/organizations/api-settings
        """
        from buildkite_api.api.organization_api_settings import get_organization_api_settings

        return await self._requester.call(get_organization_api_settings, self._requester.organization)

    async def update(
        self,
        *,
        allowed_ip_addresses: str | None | Unset = UNSET,
        revoke_inactive_tokens_after_days: int | None | Unset = UNSET,
        restrict_user_api_token_creation: bool | Unset = UNSET,
    ) -> ApiSettings:
        """Update an organization's API settings. Scope: write_organization_settings.

        Change what is given and leave the rest alone. Only for administrators; a setting that the plan does not
        have is a 403, too, and a value that is not allowed a 422.

        A list of addresses holds at once. One that lacks the caller's own address shuts the caller out with the
        next request.

        Args:
            allowed_ip_addresses: the networks that requests may come from, in CIDR notation and separated by
                spaces. Null lets every address in.
            revoke_inactive_tokens_after_days: after how many days without use a token is revoked: 30, 60, 90,
                180 or 365. Null revokes none.
            restrict_user_api_token_creation: true if only administrators may create tokens.

        https://buildkite.com/docs/apis/rest-api/organizations/api-settings
        """
        check(AsyncApiSettingsService.update, locals())
        from buildkite_api.api.organization_api_settings import update_organization_api_settings
        from buildkite_api.models import UpdateOrganizationApiSettingsRequest

        not_null(restrict_user_api_token_creation=restrict_user_api_token_creation)
        request = UpdateOrganizationApiSettingsRequest(
            allowed_ip_addresses=allowed_ip_addresses,
            revoke_inactive_tokens_after_days=revoke_inactive_tokens_after_days,
            restrict_user_api_token_creation=restrict_user_api_token_creation,
        )
        return await self._requester.call(update_organization_api_settings, self._requester.organization, body=request)


class ApiSettingsService(Service[AsyncApiSettingsService]):
    """Restrictions of the use of an organization's API."""

    get = blocking(AsyncApiSettingsService.get)
    update = blocking(AsyncApiSettingsService.update)
