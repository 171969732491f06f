"""The addresses that answers name."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ...engine.agent_pool import Agent
from ...jobs import Job
from ...state.builds import Build
from ...state.clusters import Cluster, Queue
from ...state.pipelines import Pipeline


@dataclass(frozen=True, slots=True)
class Urls:
    """Addresses below the API's root and below that of the web pages."""

    api: str
    web: str
    organization: str

    def org(self) -> str:
        return f"{self.api}/v2/organizations/{self.organization}"

    def pipeline(self, pipeline: Pipeline) -> str:
        return f"{self.org()}/pipelines/{quote(pipeline.slug, safe='')}"

    def pipeline_web(self, pipeline: Pipeline) -> str:
        return f"{self.web}/{self.organization}/{quote(pipeline.slug, safe='')}"

    def build(self, build: Build) -> str:
        return f"{self.pipeline(build.pipeline)}/builds/{build.number}"

    def build_web(self, build: Build) -> str:
        return f"{self.pipeline_web(build.pipeline)}/builds/{build.number}"

    def job(self, job: Job) -> str:
        return f"{self.build(job.build)}/jobs/{job.id}"

    def job_web(self, job: Job) -> str:
        return f"{self.build_web(job.build)}#{job.id}"

    def cluster(self, cluster: Cluster) -> str:
        return f"{self.org()}/clusters/{cluster.id}"

    def cluster_web(self, cluster: Cluster) -> str:
        return f"{self.web}/organizations/{self.organization}/clusters/{cluster.id}"

    def queue(self, queue: Queue) -> str:
        return f"{self.cluster(queue.cluster)}/queues/{queue.id}"

    def queue_web(self, queue: Queue) -> str:
        return f"{self.cluster_web(queue.cluster)}/queues/{queue.id}"

    def agent(self, agent: Agent) -> str:
        return f"{self.org()}/agents/{agent.id}"

    def agent_web(self, agent: Agent) -> str:
        return f"{self.queue_web(agent.queue)}/agents/{agent.id}"
