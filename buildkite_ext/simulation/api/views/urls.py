"""URLs and GraphQL ids that answers contain."""

from __future__ import annotations

from binascii import b2a_base64
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

from ...state.builds import Build, Job
from ...state.clusters import Agent, Cluster, Queue
from ...state.pipelines import Pipeline, PipelineTemplate
from ...state.teams import Invitation

__all__ = ["Urls", "graphql_id"]


@dataclass(frozen=True, slots=True)
class Urls:
    """URLs below the root of the API and below the root of the web pages."""

    api: str
    web: str
    organization: str
    _org: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_org", f"{self.api}/v2/organizations/{self.organization}")

    def org(self) -> str:
        """Return the URL of the organization in the API."""
        return self._org

    def pipeline(self, pipeline: Pipeline) -> str:
        """Return the URL of a pipeline in the API."""
        return f"{self._org}/pipelines/{_quoted(pipeline.slug)}"

    def pipeline_web(self, pipeline: Pipeline) -> str:
        """Return the URL of the web page of a pipeline."""
        return f"{self.web}/{self.organization}/{_quoted(pipeline.slug)}"

    def template(self, template: PipelineTemplate) -> str:
        """Return the URL of a template of pipelines in the API."""
        return f"{self.org()}/pipeline-templates/{template.uuid}"

    def template_web(self, template: PipelineTemplate) -> str:
        """Return the URL of the web page of a template of pipelines."""
        return f"{self.web}/organizations/{self.organization}/pipeline-templates/{template.uuid}"

    def invitation(self, invitation: Invitation) -> str:
        """Return the URL of an invitation in the API."""
        return f"{self.org()}/invitations/{invitation.id}"

    def suite(self, slug: str) -> str:
        """Return the URL of a test suite in the API."""
        return f"{self.api}/v2/analytics/organizations/{self.organization}/suites/{_quoted(slug)}"

    def build(self, build: Build) -> str:
        """Return the URL of a build in the API."""
        return f"{self.pipeline(build.pipeline)}/builds/{build.number}"

    def build_web(self, build: Build) -> str:
        """Return the URL of the web page of a build."""
        return f"{self.pipeline_web(build.pipeline)}/builds/{build.number}"

    def job(self, job: Job) -> str:
        """Return the URL of a job in the API."""
        return f"{self.build(job.build)}/jobs/{job.id}"

    def job_web(self, job: Job) -> str:
        """Return the URL of the web page of a job."""
        return f"{self.build_web(job.build)}#{job.id}"

    def cluster(self, cluster: Cluster) -> str:
        """Return the URL of a cluster in the API."""
        return f"{self._org}/clusters/{cluster.id}"

    def cluster_web(self, cluster: Cluster) -> str:
        """Return the URL of the web page of a cluster."""
        return f"{self.web}/organizations/{self.organization}/clusters/{cluster.id}"

    def queue(self, queue: Queue) -> str:
        """Return the URL of a queue in the API."""
        return f"{self.cluster(queue.cluster)}/queues/{queue.id}"

    def queue_web(self, queue: Queue) -> str:
        """Return the URL of the web page of a queue."""
        return f"{self.cluster_web(queue.cluster)}/queues/{queue.id}"

    def agent(self, agent: Agent) -> str:
        """Return the URL of an agent in the API."""
        return f"{self.org()}/agents/{agent.id}"

    def agent_web(self, agent: Agent) -> str:
        """Return the URL of the web page of an agent."""
        return f"{self.queue_web(agent.queue)}/agents/{agent.id}"


def graphql_id(kind: str, uuid: str) -> str:
    """Return the GraphQL id of an object of a type."""
    return b2a_base64(f"{kind}---{uuid}".encode(), newline=False).decode()


@lru_cache(maxsize=256)
def _quoted(slug: str) -> str:
    return quote(slug, safe="")
