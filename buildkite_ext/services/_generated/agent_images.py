# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.agent_images`: agent images."""

from __future__ import annotations

import builtins

from buildkite_api.models import AgentImage
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncAgentImages(AsyncService):
    """Images that Buildkite hosted agents run."""

    async def list(self, cluster_id: str) -> builtins.list[AgentImage]:
        """List a cluster's agent images. Scope: read_clusters.

        The images of a cluster by name, all at once. A cluster of one's own agents has none.

        Needs the permission to manage the cluster. Where the organization does not have custom images, it is a
        404. When the service behind it fails, it is a 503.

        Args:
            cluster_id: the cluster's id.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-images
        """
        check(AsyncAgentImages.list, locals())
        from buildkite_api.api.agent_images import list_agent_images

        return await self._requester.call(list_agent_images, self._requester.organization, cluster_id)

    async def get(self, cluster_id: str, image_id: str) -> AgentImage:
        """Get an agent image. Scope: read_clusters.

        One image by its id. Ask again until its status is no longer `BUILDING`.

        Needs the permission to manage the cluster. Where the organization does not have custom images, it is a
        404. When the service behind it fails, it is a 503.

        Args:
            cluster_id: the cluster's id.
            image_id: the agent image's id.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-images
        """
        check(AsyncAgentImages.get, locals())
        from buildkite_api.api.agent_images import get_agent_image

        return await self._requester.call(get_agent_image, self._requester.organization, cluster_id, image_id)

    async def create(self, cluster_id: str, *, name: str, dockerfile: str) -> AgentImage:
        """Create an agent image. Scope: write_clusters.

        Build an image on top of Buildkite's. The answer comes before it is built: ask for it until its status
        is no longer `BUILDING`.

        A name that is taken is a 409, and what does not fit, such as a cluster of one's own agents, a 422. A
        503 may be sent again. Needs the permission to manage the cluster. Where the organization does not have
        custom images, it is a 404.

        Args:
            cluster_id: the cluster's id.
            name: its name, once in a cluster.
            dockerfile: additions to Buildkite's image, as lines of a Dockerfile without `FROM`. Empty to add
                nothing.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-images
        """
        check(AsyncAgentImages.create, locals())
        from buildkite_api.api.agent_images import create_agent_image
        from buildkite_api.models import CreateAgentImageRequest

        request = CreateAgentImageRequest(name=name, dockerfile=dockerfile)
        return await self._requester.call(create_agent_image, self._requester.organization, cluster_id, body=request)

    async def delete(self, cluster_id: str, image_id: str) -> None:
        """Delete an agent image. Scope: write_clusters.

        Delete an image. One that a queue uses is a 409: give the queue another one first. A 503 may be sent
        again.

        Needs the permission to manage the cluster. Where the organization does not have custom images, it is a
        404.

        Args:
            cluster_id: the cluster's id.
            image_id: the agent image's id.

        https://buildkite.com/docs/apis/rest-api/clusters/agent-images
        """
        check(AsyncAgentImages.delete, locals())
        from buildkite_api.api.agent_images import delete_agent_image

        return await self._requester.call(delete_agent_image, self._requester.organization, cluster_id, image_id)


class AgentImages(Service[AsyncAgentImages]):
    """Images that Buildkite hosted agents run."""

    list = blocking(AsyncAgentImages.list)
    get = blocking(AsyncAgentImages.get)
    create = blocking(AsyncAgentImages.create)
    delete = blocking(AsyncAgentImages.delete)
