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

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..clock import SystemClock, VirtualClock
    from .api.lists import ListBehaviour
    from .api.request import ConnectionDropped, SimRequest, SimResponse
    from .behaviour.timing import Timing
    from .builder import SimulatedPipeline
    from .cassettes.cleaning import SecretRecorded
    from .cassettes.recorder import Recorder
    from .cassettes.replayer import Replayer, ReplayMiss
    from .checking import check_pipeline
    from .clients import BuildSimulator, Simulator
    from .definition.selection import LeftOut
    from .definition.yaml_tree import Mark, PipelineProblem
    from .deliveries.endpoints import SentDelivery, WebhookEndpoint
    from .deliveries.plan import Deliveries
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
    from .faults import Fault, Faults
    from .mock_client import MockBuildkiteClient
    from .plan import Plan
    from .planned_steps import PlannedJob, PlannedStep
    from .planning import plan_pipeline
    from .recording import RecordedRequest
    from .scenario import Scenario
    from .scenario_jobs import ScenarioAttempt, ScenarioJob

__all__ = [
    "AgentChanged",
    "AnnotationChanged",
    "ArtifactChanged",
    "BuildChanged",
    "BuildSimulator",
    "ClusterChanged",
    "ConnectionDropped",
    "Deliveries",
    "Fault",
    "Faults",
    "JobChanged",
    "LeftOut",
    "ListBehaviour",
    "Mark",
    "MockBuildkiteClient",
    "PipelineChanged",
    "PipelineProblem",
    "Plan",
    "PlannedJob",
    "PlannedStep",
    "QueueChanged",
    "RecordedRequest",
    "Recorder",
    "ReplayMiss",
    "Replayer",
    "ResourceChanged",
    "Scenario",
    "ScenarioAttempt",
    "ScenarioJob",
    "SecretRecorded",
    "SentDelivery",
    "SimRequest",
    "SimResponse",
    "SimulatedPipeline",
    "Simulator",
    "SystemClock",
    "Timing",
    "VirtualClock",
    "WebhookEndpoint",
    "check_pipeline",
    "plan_pipeline",
]

_HOMES = {
    **dict.fromkeys(("SystemClock", "VirtualClock"), "..clock"),
    "ListBehaviour": ".api.lists",
    **dict.fromkeys(("ConnectionDropped", "SimRequest", "SimResponse"), ".api.request"),
    "Timing": ".behaviour.timing",
    "SimulatedPipeline": ".builder",
    **dict.fromkeys(("BuildSimulator", "Simulator"), ".clients"),
    **dict.fromkeys(("Fault", "Faults"), ".faults"),
    "MockBuildkiteClient": ".mock_client",
    "RecordedRequest": ".recording",
    "SecretRecorded": ".cassettes.cleaning",
    "Recorder": ".cassettes.recorder",
    **dict.fromkeys(("ReplayMiss", "Replayer"), ".cassettes.replayer"),
    **dict.fromkeys(("SentDelivery", "WebhookEndpoint"), ".deliveries.endpoints"),
    "Deliveries": ".deliveries.plan",
    "Scenario": ".scenario",
    **dict.fromkeys(("ScenarioAttempt", "ScenarioJob"), ".scenario_jobs"),
    "check_pipeline": ".checking",
    "LeftOut": ".definition.selection",
    **dict.fromkeys(("Mark", "PipelineProblem"), ".definition.yaml_tree"),
    "Plan": ".plan",
    **dict.fromkeys(("PlannedJob", "PlannedStep"), ".planned_steps"),
    "plan_pipeline": ".planning",
}
"""Modules of the names, which are loaded when a name is first used. Those that aren't here are in `engine.changes`."""

if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

    def __getattr__(name: str) -> object:
        if name not in __all__:
            if name.startswith("_"):
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
            from buildkite_api.attributes import missing_attribute

            raise missing_attribute(f"module {__name__!r}", name, __all__, {})
        value = getattr(import_module(_HOMES.get(name, ".engine.changes"), __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
