"""Simulator: a Buildkite organization in memory, for tests without sockets or waiting, and as a local server.

    from buildkite_ext.simulation import Simulator

    simulator = Simulator()
    simulator.pipeline("web").job("test", log="boom\\n", exit_status=1, after=90)
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch="main")
        assert buildkite.builds.wait("web", build.number).outcome == "failed"

Its answers have the forms, statuses and headers that Buildkite documents. Where the documentation describes none, the
docstring of the handler says what the simulator does. https://buildkite.com/docs/apis/rest-api
"""

from __future__ import annotations

from ..clock import SystemClock, VirtualClock
from .api.lists import ListBehaviour
from .api.request import ConnectionDropped, SimRequest, SimResponse
from .behaviour.timing import Timing
from .builder import SimulatedPipeline
from .checking import check_pipeline
from .clients import Simulator
from .definition.selection import LeftOut
from .definition.yaml_tree import Mark, PipelineProblem
from .engine.changes import (
    AgentChanged,
    AnnotationChanged,
    ArtifactChanged,
    BuildChanged,
    ClusterChanged,
    JobChanged,
    PipelineChanged,
    QueueChanged,
    ResourceChanged,
)
from .plan import Plan
from .planned_steps import PlannedJob, PlannedStep
from .planning import plan_pipeline
from .recording import RecordedRequest

__all__ = [
    "AgentChanged",
    "AnnotationChanged",
    "ArtifactChanged",
    "BuildChanged",
    "ClusterChanged",
    "ConnectionDropped",
    "JobChanged",
    "LeftOut",
    "ListBehaviour",
    "Mark",
    "PipelineChanged",
    "PipelineProblem",
    "Plan",
    "PlannedJob",
    "PlannedStep",
    "QueueChanged",
    "RecordedRequest",
    "ResourceChanged",
    "SimRequest",
    "SimResponse",
    "SimulatedPipeline",
    "Simulator",
    "SystemClock",
    "Timing",
    "VirtualClock",
    "check_pipeline",
    "plan_pipeline",
]
