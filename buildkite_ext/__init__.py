"""Python toolkit for Buildkite: a typed client, blocking and async, a webhook receiver, and a simulator of Buildkite.

Names are loaded when they are first used, so `import buildkite_ext` itself is fast.

Example:
    >>> from buildkite_ext import BuildkiteClient
    >>> def passes(number: int) -> bool:
    ...     with BuildkiteClient("acme") as buildkite:
    ...         return buildkite.builds.wait("web", number, timeout=1800).passed
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:
    from buildkite_api.types import UNSET as UNSET
    from buildkite_api.types import Secret as Secret

    from . import models as models
    from . import simulation as simulation
    from . import telemetry as telemetry
    from . import webhooks as webhooks
    from .artifacts.result import DownloadedFiles as DownloadedFiles
    from .artifacts.result import RefusedArtifact as RefusedArtifact
    from .artifacts.transfer import DownloadProgress as DownloadProgress
    from .client import AsyncBuildkiteClient as AsyncBuildkiteClient
    from .client import BuildkiteClient as BuildkiteClient
    from .clock import EpochClock as EpochClock
    from .clock import MonotonicClock as MonotonicClock
    from .clock import SystemClock as SystemClock
    from .clock import VirtualClock as VirtualClock
    from .errors import AccessDenied as AccessDenied
    from .errors import AgentNotFound as AgentNotFound
    from .errors import AnnotationNotFound as AnnotationNotFound
    from .errors import ApiError as ApiError
    from .errors import ArtifactCorrupted as ArtifactCorrupted
    from .errors import ArtifactNotFound as ArtifactNotFound
    from .errors import ArtifactTooLarge as ArtifactTooLarge
    from .errors import ArtifactUnavailable as ArtifactUnavailable
    from .errors import BlockStepNotFound as BlockStepNotFound
    from .errors import BudgetExhausted as BudgetExhausted
    from .errors import BuildAlreadyFinished as BuildAlreadyFinished
    from .errors import BuildBlocked as BuildBlocked
    from .errors import BuildkiteError as BuildkiteError
    from .errors import BuildNotFound as BuildNotFound
    from .errors import CircuitOpen as CircuitOpen
    from .errors import ClientClosed as ClientClosed
    from .errors import ClusterNotFound as ClusterNotFound
    from .errors import ClusterQueueNotFound as ClusterQueueNotFound
    from .errors import ConfigurationError as ConfigurationError
    from .errors import ConnectionFailed as ConnectionFailed
    from .errors import DeadlineExceeded as DeadlineExceeded
    from .errors import FieldError as FieldError
    from .errors import InvalidRequest as InvalidRequest
    from .errors import InvalidResponse as InvalidResponse
    from .errors import JobNotFound as JobNotFound
    from .errors import JobNotUnblockable as JobNotUnblockable
    from .errors import MetadataNotSettable as MetadataNotSettable
    from .errors import NetworkError as NetworkError
    from .errors import NotFound as NotFound
    from .errors import NothingMatched as NothingMatched
    from .errors import OrganizationNotFound as OrganizationNotFound
    from .errors import PipelineNotFound as PipelineNotFound
    from .errors import RateLimited as RateLimited
    from .errors import ResponseLost as ResponseLost
    from .errors import ServerError as ServerError
    from .errors import ServiceUnavailable as ServiceUnavailable
    from .errors import TooManyPages as TooManyPages
    from .errors import Unauthorized as Unauthorized
    from .errors import UnsafePath as UnsafePath
    from .errors import WebhookError as WebhookError
    from .errors import WebhookMalformed as WebhookMalformed
    from .errors import WebhookQueueFull as WebhookQueueFull
    from .errors import WebhookUnverified as WebhookUnverified
    from .errors import WriteRefused as WriteRefused
    from .events import ArtifactDownloaded as ArtifactDownloaded
    from .events import BuildSeen as BuildSeen
    from .events import CircuitChanged as CircuitChanged
    from .events import Event as Event
    from .events import FollowFinished as FollowFinished
    from .events import JobTiming as JobTiming
    from .events import LogIncomplete as LogIncomplete
    from .events import LogRewritten as LogRewritten
    from .events import RateLimitWait as RateLimitWait
    from .events import RequestFinished as RequestFinished
    from .events import RetryScheduled as RetryScheduled
    from .events import SchemaDrift as SchemaDrift
    from .events import StoreRecovered as StoreRecovered
    from .events import StoreUnavailable as StoreUnavailable
    from .events import UnexpectedState as UnexpectedState
    from .events import WaitFinished as WaitFinished
    from .events import WatcherSlowed as WatcherSlowed
    from .events import WriteAudited as WriteAudited
    from .failures.summary import FailedJob as FailedJob
    from .failures.summary import FailedTest as FailedTest
    from .failures.summary import FailureAnnotation as FailureAnnotation
    from .failures.summary import FailureKind as FailureKind
    from .failures.summary import FailureSummary as FailureSummary
    from .failures.summary import JobAttempt as JobAttempt
    from .failures.summary import PassedBuild as PassedBuild
    from .failures.summary import RetriedJob as RetriedJob
    from .failures.summary import TriggeredFailure as TriggeredFailure
    from .health import Health as Health
    from .junit import junit_annotation as junit_annotation
    from .logs.parser import LogLine as LogLine
    from .pagination.items import AsyncItems as AsyncItems
    from .pagination.items import Items as Items
    from .pagination.page import Page as Page
    from .runtime import Runtime as Runtime
    from .runtime import Send as Send
    from .services.builds import Author as Author
    from .states import Outcome as Outcome
    from .states import exit_code_of as exit_code_of
    from .states import failed_jobs as failed_jobs
    from .states import outcome_of as outcome_of
    from .stores.circuits import CircuitBreaker as CircuitBreaker
    from .stores.entries import Cache as Cache
    from .stores.entries import CacheStats as CacheStats
    from .stores.limits import Budget as Budget
    from .stores.memory import MemoryStore as MemoryStore
    from .stores.redis import RedisStore as RedisStore
    from .stores.status import BudgetStatus as BudgetStatus
    from .stores.status import LimitStatus as LimitStatus
    from .transport.middleware import Stage as Stage
    from .transport.rates import ConnectionLimits as ConnectionLimits
    from .transport.rates import TransferRate as TransferRate
    from .transport.retry import Retry as Retry
    from .unknown_names import UnknownNameWarning as UnknownNameWarning
    from .watching.job_wait import JobResult as JobResult
    from .watching.job_wait import JobWaitResult as JobWaitResult
    from .watching.outcome import WaitResult as WaitResult

_HOMES = {
    "AsyncBuildkiteClient": "client",
    "AsyncItems": "pagination.items",
    "Author": "services.builds",
    "BuildkiteClient": "client",
    "EpochClock": "clock",
    "MonotonicClock": "clock",
    "Budget": "stores.limits",
    "BudgetStatus": "stores.status",
    "LimitStatus": "stores.status",
    "Cache": "stores.entries",
    "CacheStats": "stores.entries",
    "CircuitBreaker": "stores.circuits",
    "CircuitChanged": "events",
    "RateLimitWait": "events",
    "MemoryStore": "stores.memory",
    "Stage": "transport.middleware",
    "Send": "runtime",
    "Runtime": "runtime",
    "RedisStore": "stores.redis",
    "DownloadProgress": "artifacts.transfer",
    "DownloadedFiles": "artifacts.result",
    "RefusedArtifact": "artifacts.result",
    "Event": "events",
    "FailedJob": "failures.summary",
    "FailedTest": "failures.summary",
    "FailureAnnotation": "failures.summary",
    "FailureKind": "failures.summary",
    "FailureSummary": "failures.summary",
    "JobAttempt": "failures.summary",
    "PassedBuild": "failures.summary",
    "RetriedJob": "failures.summary",
    "TriggeredFailure": "failures.summary",
    "Health": "health",
    "junit_annotation": "junit",
    "Items": "pagination.items",
    "LogLine": "logs.parser",
    "Outcome": "states",
    "exit_code_of": "states",
    "failed_jobs": "states",
    "outcome_of": "states",
    "Page": "pagination.page",
    "Retry": "transport.retry",
    "ConnectionLimits": "transport.rates",
    "TransferRate": "transport.rates",
    "RetryScheduled": "events",
    "ArtifactDownloaded": "events",
    "BuildSeen": "events",
    "FollowFinished": "events",
    "LogIncomplete": "events",
    "LogRewritten": "events",
    "JobTiming": "events",
    "RequestFinished": "events",
    "WaitFinished": "events",
    "WatcherSlowed": "events",
    "WriteAudited": "events",
    "SchemaDrift": "events",
    "StoreRecovered": "events",
    "StoreUnavailable": "events",
    "UnexpectedState": "events",
    "Secret": "buildkite_api.types",
    "SystemClock": "clock",
    "UNSET": "buildkite_api.types",
    "UnknownNameWarning": "unknown_names",
    "VirtualClock": "clock",
    "WaitResult": "watching.outcome",
    "JobResult": "watching.job_wait",
    "JobWaitResult": "watching.job_wait",
}
_MODULES = {
    "models": "buildkite_ext.models",
    "simulation": "buildkite_ext.simulation",
    "telemetry": "buildkite_ext.telemetry",
    "webhooks": "buildkite_ext.webhooks",
}
_OTHER_WORDS = {
    **dict.fromkeys(("Client", "Buildkite", "SyncClient"), "BuildkiteClient"),
    **dict.fromkeys(("AsyncClient", "AsyncBuildkite", "BuildkiteAsyncClient"), "AsyncBuildkiteClient"),
    "TimeoutError": "DeadlineExceeded",
    "Error": "BuildkiteError",
    "serve": "from buildkite_ext.simulation.server import serve",
    **{
        name: f"from buildkite_ext.{module} import {name}"
        for module, names in {
            "models": (
                "Agent",
                "Annotation",
                "Artifact",
                "Build",
                "BuildState",
                "Job",
                "JobLog",
                "JobState",
                "Pipeline",
            ),
            "simulation": ("RecordedRequest", "SimulatedPipeline", "Simulator"),
            "telemetry": ("OpenTelemetry",),
            "webhooks": (
                "BuildFinished",
                "JobFinished",
                "Router",
                "WebhookHandler",
                "WebhookResponse",
                "parse",
                "verify",
            ),
        }.items()
        for name in names
    },
}
"""Names by which users ask for something that has another name here, or that is in another module."""

__all__ = [
    "UNSET",
    "AccessDenied",
    "AgentNotFound",
    "AnnotationNotFound",
    "ApiError",
    "ArtifactCorrupted",
    "ArtifactDownloaded",
    "ArtifactNotFound",
    "ArtifactTooLarge",
    "ArtifactUnavailable",
    "AsyncBuildkiteClient",
    "AsyncItems",
    "Author",
    "BlockStepNotFound",
    "Budget",
    "BudgetExhausted",
    "BudgetStatus",
    "BuildAlreadyFinished",
    "BuildBlocked",
    "BuildNotFound",
    "BuildSeen",
    "BuildkiteClient",
    "BuildkiteError",
    "Cache",
    "CacheStats",
    "CircuitBreaker",
    "CircuitChanged",
    "CircuitOpen",
    "ClientClosed",
    "ClusterNotFound",
    "ClusterQueueNotFound",
    "ConfigurationError",
    "ConnectionFailed",
    "ConnectionLimits",
    "DeadlineExceeded",
    "DownloadProgress",
    "DownloadedFiles",
    "EpochClock",
    "Event",
    "FailedJob",
    "FailedTest",
    "FailureAnnotation",
    "FailureKind",
    "FailureSummary",
    "FieldError",
    "FollowFinished",
    "Health",
    "InvalidRequest",
    "InvalidResponse",
    "Items",
    "JobAttempt",
    "JobNotFound",
    "JobNotUnblockable",
    "JobResult",
    "JobTiming",
    "JobWaitResult",
    "LimitStatus",
    "LogIncomplete",
    "LogLine",
    "LogRewritten",
    "MemoryStore",
    "MetadataNotSettable",
    "MonotonicClock",
    "NetworkError",
    "NotFound",
    "NothingMatched",
    "OrganizationNotFound",
    "Outcome",
    "Page",
    "PassedBuild",
    "PipelineNotFound",
    "RateLimitWait",
    "RateLimited",
    "RedisStore",
    "RefusedArtifact",
    "RequestFinished",
    "ResponseLost",
    "RetriedJob",
    "Retry",
    "RetryScheduled",
    "Runtime",
    "SchemaDrift",
    "Secret",
    "Send",
    "ServerError",
    "ServiceUnavailable",
    "Stage",
    "StoreRecovered",
    "StoreUnavailable",
    "SystemClock",
    "TooManyPages",
    "TransferRate",
    "TriggeredFailure",
    "Unauthorized",
    "UnexpectedState",
    "UnknownNameWarning",
    "UnsafePath",
    "VirtualClock",
    "WaitFinished",
    "WaitResult",
    "WatcherSlowed",
    "WebhookError",
    "WebhookMalformed",
    "WebhookQueueFull",
    "WebhookUnverified",
    "WriteAudited",
    "WriteRefused",
    "__version__",
    "exit_code_of",
    "failed_jobs",
    "junit_annotation",
    "models",
    "outcome_of",
    "simulation",
    "telemetry",
    "webhooks",
]

if not TYPE_CHECKING:  # hidden from type checkers, for which every name would exist

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            value: Any = import_module(_MODULES[name])
        elif name in _HOMES:
            home = _HOMES[name]
            if home == "client":
                from ._httpx_import import import_httpx

                import_httpx()
            value = getattr(import_module(home if home.startswith("buildkite_api.") else f".{home}", __name__), name)
        elif name in __all__:
            value = getattr(import_module(".errors", __name__), name)
        else:
            if name.startswith("_"):
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
            from buildkite_api.attributes import missing_attribute

            raise missing_attribute(f"module {__name__!r}", name, __all__, _OTHER_WORDS)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
