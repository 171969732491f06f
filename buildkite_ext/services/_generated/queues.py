# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.queues`: cluster queues."""

from __future__ import annotations

from buildkite_api.models import ClusterQueue, CreateHostedAgentsRequest, RetryAgentAffinity, UpdateHostedAgentsRequest
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncQueues(AsyncService):
    """The queues of a cluster."""

    def list(
        self, cluster_id: str, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[ClusterQueue]:
        """List a cluster's queues. Scope: read_clusters.

        The queues of a cluster, a page at a time.

        Args:
            cluster_id: the cluster's id.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/clusters/queues
        """
        check(AsyncQueues.list, locals())
        from buildkite_api.api.cluster_queues import list_cluster_queues

        return self._items(
            "queues.list",
            list_cluster_queues,
            self._requester.organization,
            cluster_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, cluster_id: str, queue_id: str) -> ClusterQueue:
        """Get a queue. Scope: read_clusters.

        One queue by its id.

        Args:
            cluster_id: the cluster's id.
            queue_id: the queue's id, not its key.

        https://buildkite.com/docs/apis/rest-api/clusters/queues
        """
        check(AsyncQueues.get, locals())
        from buildkite_api.api.cluster_queues import get_cluster_queue

        return await self._requester.call(get_cluster_queue, self._requester.organization, cluster_id, queue_id)

    async def create(
        self,
        cluster_id: str,
        *,
        key: str,
        description: str | None = None,
        retry_agent_affinity: RetryAgentAffinity | str | None = None,
        hosted_agents: CreateHostedAgentsRequest | None = None,
    ) -> ClusterQueue:
        """Create a queue. Scope: write_clusters.

        Create a queue for agents of one's own, or with `hostedAgents` for Buildkite's. A cluster holds at most
        50 queues. What does not fit is a 422.

        Args:
            cluster_id: the cluster's id.
            key: the name by which steps and agents address it.
            description: purpose.
            retry_agent_affinity: choice of the agents for a retried job.
            hosted_agents: properties of Buildkite's agents. Without it, the queue is for self-hosted agents.

        https://buildkite.com/docs/apis/rest-api/clusters/queues
        """
        check(AsyncQueues.create, locals())
        from buildkite_api.api.cluster_queues import create_cluster_queue
        from buildkite_api.models import CreateClusterQueueRequest

        request = CreateClusterQueueRequest(
            key=key,
            description=or_unset(description),
            retry_agent_affinity=or_unset(retry_agent_affinity),
            hostedAgents=or_unset(hosted_agents),
        )
        return await self._requester.call(create_cluster_queue, self._requester.organization, cluster_id, body=request)

    async def update(
        self,
        cluster_id: str,
        queue_id: str,
        *,
        description: str | Unset = UNSET,
        retry_agent_affinity: RetryAgentAffinity | str | Unset = UNSET,
        hosted_agents: UpdateHostedAgentsRequest | Unset = UNSET,
    ) -> ClusterQueue:
        """Update a queue. Scope: write_clusters.

        Change what is given and leave the rest alone.

        `hostedAgents` can change only the size of the machines, never their kind or architecture, and needs
        `instanceShape` even to change the image alone. What does not fit is a 422.

        Args:
            cluster_id: the cluster's id.
            queue_id: the queue's id, not its key.
            description: purpose.
            retry_agent_affinity: choice of the agents for a retried job.
            hosted_agents: properties of Buildkite's agents.

        https://buildkite.com/docs/apis/rest-api/clusters/queues
        """
        check(AsyncQueues.update, locals())
        from buildkite_api.api.cluster_queues import update_cluster_queue
        from buildkite_api.models import UpdateClusterQueueRequest

        not_null(description=description, retry_agent_affinity=retry_agent_affinity, hosted_agents=hosted_agents)
        request = UpdateClusterQueueRequest(
            description=description, retry_agent_affinity=retry_agent_affinity, hostedAgents=hosted_agents
        )
        return await self._requester.call(
            update_cluster_queue, self._requester.organization, cluster_id, queue_id, body=request
        )

    async def delete(self, cluster_id: str, queue_id: str) -> None:
        """Delete a queue. Scope: write_clusters.

        Delete a queue. One that cannot be deleted is a 422 that names the reason.

        Args:
            cluster_id: the cluster's id.
            queue_id: the queue's id, not its key.

        https://buildkite.com/docs/apis/rest-api/clusters/queues
        """
        check(AsyncQueues.delete, locals())
        from buildkite_api.api.cluster_queues import delete_cluster_queue

        return await self._requester.call(delete_cluster_queue, self._requester.organization, cluster_id, queue_id)

    async def pause(self, cluster_id: str, queue_id: str, *, dispatch_paused_note: str | None = None) -> ClusterQueue:
        """Pause a queue. Scope: write_clusters.

        Dispatch no more jobs to the agents of a queue. A queue that is paused already is a 422.

        Args:
            cluster_id: the cluster's id.
            queue_id: the queue's id, not its key.
            dispatch_paused_note: shown with the queue and its builds. The documentation's table calls it
                `note`, its example and Buildkite's Go client as here.

        https://buildkite.com/docs/apis/rest-api/clusters/queues
        """
        check(AsyncQueues.pause, locals())
        from buildkite_api.api.cluster_queues import pause_cluster_queue
        from buildkite_api.models import PauseClusterQueueRequest

        request = PauseClusterQueueRequest(dispatch_paused_note=or_unset(dispatch_paused_note))
        return await self._requester.call(
            pause_cluster_queue,
            self._requester.organization,
            cluster_id,
            queue_id,
            body=request if request.to_dict() else UNSET,
        )

    async def resume(self, cluster_id: str, queue_id: str) -> ClusterQueue:
        """Resume a queue. Scope: write_clusters.

        Dispatch jobs to the agents of a paused queue again. A queue that is not paused is a 422.

        Args:
            cluster_id: the cluster's id.
            queue_id: the queue's id, not its key.

        https://buildkite.com/docs/apis/rest-api/clusters/queues
        """
        check(AsyncQueues.resume, locals())
        from buildkite_api.api.cluster_queues import resume_cluster_queue

        return await self._requester.call(resume_cluster_queue, self._requester.organization, cluster_id, queue_id)


class Queues(Service[AsyncQueues]):
    """The queues of a cluster."""

    list = blocking(AsyncQueues.list)
    get = blocking(AsyncQueues.get)
    create = blocking(AsyncQueues.create)
    update = blocking(AsyncQueues.update)
    delete = blocking(AsyncQueues.delete)
    pause = blocking(AsyncQueues.pause)
    resume = blocking(AsyncQueues.resume)
