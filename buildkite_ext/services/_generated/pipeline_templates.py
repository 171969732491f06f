# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.pipeline_templates`: pipeline templates."""

from __future__ import annotations

from buildkite_api.models import PipelineTemplate
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncPipelineTemplates(AsyncService):
    """Steps that pipelines can share."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[PipelineTemplate]:
        """List an organization's pipeline templates. Scope: read_pipeline_templates.

        The templates of an organization, a page at a time: for administrators all of them, for others those
        that are available. Only on the Enterprise plan.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/pipeline-templates
        """
        check(AsyncPipelineTemplates.list, locals())
        from buildkite_api.api.pipeline_templates import list_pipeline_templates

        return self._items(
            "pipeline_templates.list",
            list_pipeline_templates,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, template_uuid: str) -> PipelineTemplate:
        """Get a pipeline template. Scope: read_pipeline_templates.

        One template by its id. Only on the Enterprise plan.

        Args:
            template_uuid: the template's id.

        https://buildkite.com/docs/apis/rest-api/pipeline-templates
        """
        check(AsyncPipelineTemplates.get, locals())
        from buildkite_api.api.pipeline_templates import get_pipeline_template

        return await self._requester.call(get_pipeline_template, self._requester.organization, template_uuid)

    async def create(
        self, *, name: str, configuration: str, description: str | None = None, available: bool | None = None
    ) -> PipelineTemplate:
        """Create a pipeline template. Scope: write_pipeline_templates.

        Create a template. What does not fit is a 422. Only on the Enterprise plan.

        Args:
            name: the display name.
            configuration: its steps as YAML.
            description: purpose.
            available: true if others than administrators may give it to pipelines. The default is false.

        https://buildkite.com/docs/apis/rest-api/pipeline-templates
        """
        check(AsyncPipelineTemplates.create, locals())
        from buildkite_api.api.pipeline_templates import create_pipeline_template
        from buildkite_api.models import CreatePipelineTemplateRequest

        request = CreatePipelineTemplateRequest(
            name=name, description=or_unset(description), configuration=configuration, available=or_unset(available)
        )
        return await self._requester.call(create_pipeline_template, self._requester.organization, body=request)

    async def update(
        self,
        template_uuid: str,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        configuration: str | Unset = UNSET,
        available: bool | Unset = UNSET,
    ) -> PipelineTemplate:
        """Update a pipeline template. Scope: write_pipeline_templates.

        Change what is given and leave the rest alone. What does not fit is a 422. Only on the Enterprise plan.

        Args:
            template_uuid: the template's id.
            name: the display name.
            description: purpose.
            configuration: its steps as YAML.
            available: true if others than administrators may give it to pipelines.

        https://buildkite.com/docs/apis/rest-api/pipeline-templates
        """
        check(AsyncPipelineTemplates.update, locals())
        from buildkite_api.api.pipeline_templates import update_pipeline_template
        from buildkite_api.models import UpdatePipelineTemplateRequest

        not_null(name=name, description=description, configuration=configuration, available=available)
        request = UpdatePipelineTemplateRequest(
            name=name, description=description, configuration=configuration, available=available
        )
        return await self._requester.call(
            update_pipeline_template, self._requester.organization, template_uuid, body=request
        )

    async def delete(self, template_uuid: str) -> None:
        """Delete a pipeline template. Scope: write_pipeline_templates.

        Delete a template. One that a pipeline uses is a 422. Only on the Enterprise plan.

        Args:
            template_uuid: the template's id.

        https://buildkite.com/docs/apis/rest-api/pipeline-templates
        """
        check(AsyncPipelineTemplates.delete, locals())
        from buildkite_api.api.pipeline_templates import delete_pipeline_template

        return await self._requester.call(delete_pipeline_template, self._requester.organization, template_uuid)


class PipelineTemplates(Service[AsyncPipelineTemplates]):
    """Steps that pipelines can share."""

    list = blocking(AsyncPipelineTemplates.list)
    get = blocking(AsyncPipelineTemplates.get)
    create = blocking(AsyncPipelineTemplates.create)
    update = blocking(AsyncPipelineTemplates.update)
    delete = blocking(AsyncPipelineTemplates.delete)
