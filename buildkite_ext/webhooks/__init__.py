"""Reception of Buildkite's webhooks: verified, typed and handled.

    from buildkite_ext.webhooks import BuildFinished, WebhookHandler

    hooks = WebhookHandler(secret=...)

    @hooks.on("build.finished", state="failed", pipeline="web", branch="release/*")
    async def page_someone(event: BuildFinished) -> None: ...

    app = hooks.asgi()

`receive_event` verifies and parses a delivery in one call; `verify` and `parse` can be called alone. `Router` collects the
handlers of other modules, and `buildkite_ext.webhooks.testing` sends sample events to handlers in tests. Names are imported
when they are first used.
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
    from .allowed_ips import AllowedIPs as AllowedIPs
    from .deduplication import DeduplicationStore as DeduplicationStore
    from .deduplication import MemoryDeduplicationStore as MemoryDeduplicationStore
    from .deduplication import deduplication_key as deduplication_key
    from .delivery import Delivery as Delivery
    from .delivery import EventSink as EventSink
    from .delivery import EventSource as EventSource
    from .delivery import current_delivery as current_delivery
    from .dispatch import HandlersFailed as HandlersFailed
    from .events import DeliveriesLost as DeliveriesLost
    from .events import DeliveryAccepted as DeliveryAccepted
    from .events import DeliveryEvent as DeliveryEvent
    from .events import DeliveryHandled as DeliveryHandled
    from .events import DeliveryRefused as DeliveryRefused
    from .events import DeliveryRepeated as DeliveryRepeated
    from .events import HandlerFailed as HandlerFailed
    from .filters import event_state as event_state
    from .handler import WebhookHandler as WebhookHandler
    from .http import Headers as Headers
    from .http import WebhookResponse as WebhookResponse
    from .parsing import UnknownEvent as UnknownEvent
    from .parsing import parse as parse
    from .parsing import receive_event as receive_event
    from .queue import MemoryQueue as MemoryQueue
    from .redis import DeadLetter as DeadLetter
    from .redis import Lag as Lag
    from .redis import RedisDeduplicationStore as RedisDeduplicationStore
    from .redis import RedisStreamSink as RedisStreamSink
    from .redis import RedisStreamSource as RedisStreamSource
    from .routing import Router as Router
    from .signature import Verified as Verified
    from .signature import sign as sign
    from .signature import verify as verify
    from .signature import verify_token as verify_token

_NAMES = {
    "buildkite_api.webhooks.events": (
        "AgentBlocked AgentConnected AgentDisconnected AgentEvent AgentLost AgentStopped AgentStopping "
        "BuildEvent BuildFailing BuildFinished BuildRunning BuildScheduled BuildSkipped "
        "ClusterTokenRegistrationBlocked JobActivated JobEvent JobFinished JobPromisedExitStatus JobScheduled "
        "JobStarted PackageCreated Ping PingService WebhookEvent WorkflowAlarm WorkflowEvent"
    ),
    "buildkite_api.webhooks.registrar": "EventName",
    "..errors": "WebhookError WebhookMalformed WebhookQueueFull WebhookReason WebhookUnverified",
    ".allowed_ips": "AllowedIPs",
    ".deduplication": "DeduplicationStore MemoryDeduplicationStore deduplication_key",
    ".delivery": "Delivery EventSink EventSource current_delivery",
    ".dispatch": "HandlersFailed",
    ".events": (
        "DeliveriesLost DeliveryAccepted DeliveryEvent DeliveryHandled DeliveryRefused DeliveryRepeated HandlerFailed"
    ),
    ".filters": "event_state",
    ".handler": "WebhookHandler",
    ".http": "Headers WebhookResponse",
    ".parsing": "UnknownEvent parse receive_event",
    ".queue": "MemoryQueue",
    ".redis": "DeadLetter Lag RedisDeduplicationStore RedisStreamSink RedisStreamSource",
    ".routing": "Router",
    ".signature": "Verified sign verify verify_token",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "AgentBlocked",
    "AgentConnected",
    "AgentDisconnected",
    "AgentEvent",
    "AgentLost",
    "AgentStopped",
    "AgentStopping",
    "AllowedIPs",
    "BuildEvent",
    "BuildFailing",
    "BuildFinished",
    "BuildRunning",
    "BuildScheduled",
    "BuildSkipped",
    "ClusterTokenRegistrationBlocked",
    "DeadLetter",
    "DeduplicationStore",
    "DeliveriesLost",
    "Delivery",
    "DeliveryAccepted",
    "DeliveryEvent",
    "DeliveryHandled",
    "DeliveryRefused",
    "DeliveryRepeated",
    "EventName",
    "EventSink",
    "EventSource",
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
    "MemoryDeduplicationStore",
    "MemoryQueue",
    "PackageCreated",
    "Ping",
    "PingService",
    "RedisDeduplicationStore",
    "RedisStreamSink",
    "RedisStreamSource",
    "Router",
    "UnknownEvent",
    "Verified",
    "WebhookError",
    "WebhookEvent",
    "WebhookHandler",
    "WebhookMalformed",
    "WebhookQueueFull",
    "WebhookReason",
    "WebhookResponse",
    "WebhookUnverified",
    "WorkflowAlarm",
    "WorkflowEvent",
    "current_delivery",
    "deduplication_key",
    "event_state",
    "parse",
    "receive_event",
    "sign",
    "verify",
    "verify_token",
]

if not TYPE_CHECKING:  # hidden from type checkers, for which otherwise any name would exist

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            if name.startswith("_"):
                raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
            from buildkite_api.attributes import missing_attribute

            raise missing_attribute(f"module {__name__!r}", name, __all__, {})
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
