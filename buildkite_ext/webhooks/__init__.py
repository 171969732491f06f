"""Receive Buildkite's webhooks: verified, typed, and handled.

    from buildkite_ext.webhooks import BuildFinished, WebhookHandler

    hooks = WebhookHandler(secret=...)

    @hooks.on("build.finished", state="failed", pipeline="web", branch="release/*")
    async def page_someone(event: BuildFinished) -> None: ...

    app = hooks.asgi()

`verify` and `parse` do the same by hand. Names are loaded when they are first used.
https://buildkite.com/docs/apis/webhooks
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import AgentBlocked as AgentBlocked
    from buildkite_api.webhooks.events import AgentConnected as AgentConnected
    from buildkite_api.webhooks.events import AgentDisconnected as AgentDisconnected
    from buildkite_api.webhooks.events import AgentEvent as AgentEvent
    from buildkite_api.webhooks.events import AgentLost as AgentLost
    from buildkite_api.webhooks.events import AgentStopped as AgentStopped
    from buildkite_api.webhooks.events import AgentStopping as AgentStopping
    from buildkite_api.webhooks.events import BuildEvent as BuildEvent
    from buildkite_api.webhooks.events import BuildFailing as BuildFailing
    from buildkite_api.webhooks.events import BuildFinished as BuildFinished
    from buildkite_api.webhooks.events import BuildRunning as BuildRunning
    from buildkite_api.webhooks.events import BuildScheduled as BuildScheduled
    from buildkite_api.webhooks.events import BuildSkipped as BuildSkipped
    from buildkite_api.webhooks.events import ClusterTokenRegistrationBlocked as ClusterTokenRegistrationBlocked
    from buildkite_api.webhooks.events import JobActivated as JobActivated
    from buildkite_api.webhooks.events import JobEvent as JobEvent
    from buildkite_api.webhooks.events import JobFinished as JobFinished
    from buildkite_api.webhooks.events import JobPromisedExitStatus as JobPromisedExitStatus
    from buildkite_api.webhooks.events import JobScheduled as JobScheduled
    from buildkite_api.webhooks.events import JobStarted as JobStarted
    from buildkite_api.webhooks.events import PackageCreated as PackageCreated
    from buildkite_api.webhooks.events import Ping as Ping
    from buildkite_api.webhooks.events import PingService as PingService
    from buildkite_api.webhooks.events import WebhookEvent as WebhookEvent
    from buildkite_api.webhooks.events import WorkflowAlarm as WorkflowAlarm
    from buildkite_api.webhooks.events import WorkflowEvent as WorkflowEvent
    from buildkite_api.webhooks.registrar import EventName as EventName

    from ..errors import WebhookError as WebhookError
    from ..errors import WebhookMalformed as WebhookMalformed
    from ..errors import WebhookQueueFull as WebhookQueueFull
    from ..errors import WebhookReason as WebhookReason
    from ..errors import WebhookUnverified as WebhookUnverified
    from .answers import Answer as Answer
    from .deliveries import Delivery as Delivery
    from .deliveries import EventSink as EventSink
    from .deliveries import EventSource as EventSource
    from .dispatch import HandlersFailed as HandlersFailed
    from .handler import WebhookHandler as WebhookHandler
    from .happenings import happening as happening
    from .headers import Headers as Headers
    from .matching import state_of as state_of
    from .memory import MemoryQueue as MemoryQueue
    from .parsing import UnknownEvent as UnknownEvent
    from .parsing import parse as parse
    from .redis import DeadLetter as DeadLetter
    from .redis import Lag as Lag
    from .redis import RedisReplays as RedisReplays
    from .redis import RedisStreamSink as RedisStreamSink
    from .redis import RedisStreamSource as RedisStreamSource
    from .replays import MemoryReplays as MemoryReplays
    from .replays import ReplayStore as ReplayStore
    from .reports import Accepted as Accepted
    from .reports import Handled as Handled
    from .reports import HandlerFailed as HandlerFailed
    from .reports import Lost as Lost
    from .reports import Refused as Refused
    from .reports import Repeated as Repeated
    from .reports import Report as Report
    from .signature import Verified as Verified
    from .signature import sign as sign
    from .signature import verify as verify
    from .signature import verify_token as verify_token
    from .sources import SourceAddresses as SourceAddresses

_HOMES = {
    "Accepted": ".reports",
    "AgentBlocked": "buildkite_api.webhooks.events",
    "AgentConnected": "buildkite_api.webhooks.events",
    "AgentDisconnected": "buildkite_api.webhooks.events",
    "AgentEvent": "buildkite_api.webhooks.events",
    "AgentLost": "buildkite_api.webhooks.events",
    "AgentStopped": "buildkite_api.webhooks.events",
    "AgentStopping": "buildkite_api.webhooks.events",
    "Answer": ".answers",
    "BuildEvent": "buildkite_api.webhooks.events",
    "BuildFailing": "buildkite_api.webhooks.events",
    "BuildFinished": "buildkite_api.webhooks.events",
    "BuildRunning": "buildkite_api.webhooks.events",
    "BuildScheduled": "buildkite_api.webhooks.events",
    "BuildSkipped": "buildkite_api.webhooks.events",
    "ClusterTokenRegistrationBlocked": "buildkite_api.webhooks.events",
    "DeadLetter": ".redis",
    "Delivery": ".deliveries",
    "EventName": "buildkite_api.webhooks.registrar",
    "EventSink": ".deliveries",
    "EventSource": ".deliveries",
    "Handled": ".reports",
    "HandlerFailed": ".reports",
    "HandlersFailed": ".dispatch",
    "Headers": ".headers",
    "JobActivated": "buildkite_api.webhooks.events",
    "JobEvent": "buildkite_api.webhooks.events",
    "JobFinished": "buildkite_api.webhooks.events",
    "JobPromisedExitStatus": "buildkite_api.webhooks.events",
    "JobScheduled": "buildkite_api.webhooks.events",
    "JobStarted": "buildkite_api.webhooks.events",
    "Lag": ".redis",
    "Lost": ".reports",
    "MemoryQueue": ".memory",
    "MemoryReplays": ".replays",
    "PackageCreated": "buildkite_api.webhooks.events",
    "Ping": "buildkite_api.webhooks.events",
    "PingService": "buildkite_api.webhooks.events",
    "RedisReplays": ".redis",
    "RedisStreamSink": ".redis",
    "RedisStreamSource": ".redis",
    "Refused": ".reports",
    "Repeated": ".reports",
    "ReplayStore": ".replays",
    "Report": ".reports",
    "SourceAddresses": ".sources",
    "UnknownEvent": ".parsing",
    "Verified": ".signature",
    "WebhookError": "..errors",
    "WebhookEvent": "buildkite_api.webhooks.events",
    "WebhookHandler": ".handler",
    "WebhookMalformed": "..errors",
    "WebhookQueueFull": "..errors",
    "WebhookReason": "..errors",
    "WebhookUnverified": "..errors",
    "WorkflowAlarm": "buildkite_api.webhooks.events",
    "WorkflowEvent": "buildkite_api.webhooks.events",
    "happening": ".happenings",
    "parse": ".parsing",
    "sign": ".signature",
    "state_of": ".matching",
    "verify": ".signature",
    "verify_token": ".signature",
}

__all__ = [
    "Accepted",
    "AgentBlocked",
    "AgentConnected",
    "AgentDisconnected",
    "AgentEvent",
    "AgentLost",
    "AgentStopped",
    "AgentStopping",
    "Answer",
    "BuildEvent",
    "BuildFailing",
    "BuildFinished",
    "BuildRunning",
    "BuildScheduled",
    "BuildSkipped",
    "ClusterTokenRegistrationBlocked",
    "DeadLetter",
    "Delivery",
    "EventName",
    "EventSink",
    "EventSource",
    "Handled",
    "HandlerFailed",
    "HandlersFailed",
    "Headers",
    "JobActivated",
    "JobEvent",
    "JobFinished",
    "JobPromisedExitStatus",
    "JobScheduled",
    "JobStarted",
    "Lag",
    "Lost",
    "MemoryQueue",
    "MemoryReplays",
    "PackageCreated",
    "Ping",
    "PingService",
    "RedisReplays",
    "RedisStreamSink",
    "RedisStreamSource",
    "Refused",
    "Repeated",
    "ReplayStore",
    "Report",
    "SourceAddresses",
    "UnknownEvent",
    "Verified",
    "WebhookError",
    "WebhookEvent",
    "WebhookHandler",
    "WebhookMalformed",
    "WebhookQueueFull",
    "WebhookReason",
    "WebhookUnverified",
    "WorkflowAlarm",
    "WorkflowEvent",
    "happening",
    "parse",
    "sign",
    "state_of",
    "verify",
    "verify_token",
]

if not TYPE_CHECKING:  # out of sight of the type checkers, for which every name would exist

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
