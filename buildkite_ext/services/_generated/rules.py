# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.rules`: rules."""

from __future__ import annotations

from buildkite_api.models import Rule, RuleType, RuleValueRequest
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncRules(AsyncService):
    """Permissions of one pipeline for another."""

    def list(self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1) -> AsyncItems[Rule]:
        """List an organization's rules. Scope: read_rules.

        The rules of an organization, a page at a time.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/rules
        """
        check(AsyncRules.list, locals())
        from buildkite_api.api.rules import list_rules

        return self._items(
            "rules.list",
            list_rules,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, rule_uuid: str) -> Rule:
        """Get a rule. Scope: read_rules.

        One rule by its id. Its conditions are not told.

        Args:
            rule_uuid: the rule's id.

        https://buildkite.com/docs/apis/rest-api/rules
        """
        check(AsyncRules.get, locals())
        from buildkite_api.api.rules import get_rule

        return await self._requester.call(get_rule, self._requester.organization, rule_uuid)

    async def create(self, *, type: RuleType | str, value: RuleValueRequest) -> Rule:
        """Create a rule. Scope: write_rules.

        Let one pipeline trigger builds of another, or read its artifacts. What does not fit is a 422.

        Args:
            type: kind of the rule.
            value: pipelines of the rule.

        https://buildkite.com/docs/apis/rest-api/rules
        """
        check(AsyncRules.create, locals())
        from buildkite_api.api.rules import create_rule
        from buildkite_api.models import CreateRuleRequest

        request = CreateRuleRequest(type=type, value=value)
        return await self._requester.call(create_rule, self._requester.organization, body=request)

    async def delete(self, rule_uuid: str) -> None:
        """Delete a rule. Scope: write_rules.

        Delete a rule. One that cannot be deleted is a 422 that names the reason.

        Args:
            rule_uuid: the rule's id.

        https://buildkite.com/docs/apis/rest-api/rules
        """
        check(AsyncRules.delete, locals())
        from buildkite_api.api.rules import delete_rule

        return await self._requester.call(delete_rule, self._requester.organization, rule_uuid)


class Rules(Service[AsyncRules]):
    """Permissions of one pipeline for another."""

    list = blocking(AsyncRules.list)
    get = blocking(AsyncRules.get)
    create = blocking(AsyncRules.create)
    delete = blocking(AsyncRules.delete)
