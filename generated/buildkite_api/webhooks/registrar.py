# Generated from spec/ by `make generate`: edit that, not this.

"""Registration of handlers: a decorator whose argument determines the type of the event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, Literal, TypeVar, overload

from .base import Decorator
from .events import (
    AgentBlocked,
    AgentConnected,
    AgentDisconnected,
    AgentLost,
    AgentStopped,
    AgentStopping,
    BuildFailing,
    BuildFinished,
    BuildRunning,
    BuildScheduled,
    BuildSkipped,
    ClusterTokenRegistrationBlocked,
    JobActivated,
    JobFinished,
    JobPromisedExitStatus,
    JobScheduled,
    JobStarted,
    PackageCreated,
    Ping,
    WebhookEvent,
    WorkflowAlarm,
)

E = TypeVar("E", bound=WebhookEvent)

EventName = Literal[
    "ping",
    "build.scheduled",
    "build.running",
    "build.failing",
    "build.finished",
    "build.skipped",
    "job.scheduled",
    "job.started",
    "job.finished",
    "job.activated",
    "job.promised_exit_status",
    "agent.connected",
    "agent.lost",
    "agent.disconnected",
    "agent.stopping",
    "agent.stopped",
    "agent.blocked",
    "cluster_token.registration_blocked",
    "package.created",
    "workflow.alarm",
]
"""Names of the events."""

Patterns = str | Collection[str]
"""Value of a filter: one text, or several of which one must match. In a pattern `*` matches any text, also `/`."""


class Registrar(ABC):
    """Registrar of the handlers of events."""

    @overload
    def on(
        self,
        event: Literal["ping"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[Ping]: ...

    @overload
    def on(
        self,
        event: Literal["build.scheduled"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[BuildScheduled]: ...

    @overload
    def on(
        self,
        event: Literal["build.running"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[BuildRunning]: ...

    @overload
    def on(
        self,
        event: Literal["build.failing"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[BuildFailing]: ...

    @overload
    def on(
        self,
        event: Literal["build.finished"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[BuildFinished]: ...

    @overload
    def on(
        self,
        event: Literal["build.skipped"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[BuildSkipped]: ...

    @overload
    def on(
        self,
        event: Literal["job.scheduled"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[JobScheduled]: ...

    @overload
    def on(
        self,
        event: Literal["job.started"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[JobStarted]: ...

    @overload
    def on(
        self,
        event: Literal["job.finished"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[JobFinished]: ...

    @overload
    def on(
        self,
        event: Literal["job.activated"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[JobActivated]: ...

    @overload
    def on(
        self,
        event: Literal["job.promised_exit_status"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[JobPromisedExitStatus]: ...

    @overload
    def on(
        self,
        event: Literal["agent.connected"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[AgentConnected]: ...

    @overload
    def on(
        self,
        event: Literal["agent.lost"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[AgentLost]: ...

    @overload
    def on(
        self,
        event: Literal["agent.disconnected"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[AgentDisconnected]: ...

    @overload
    def on(
        self,
        event: Literal["agent.stopping"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[AgentStopping]: ...

    @overload
    def on(
        self,
        event: Literal["agent.stopped"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[AgentStopped]: ...

    @overload
    def on(
        self,
        event: Literal["agent.blocked"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[AgentBlocked]: ...

    @overload
    def on(
        self,
        event: Literal["cluster_token.registration_blocked"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[ClusterTokenRegistrationBlocked]: ...

    @overload
    def on(
        self,
        event: Literal["package.created"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[PackageCreated]: ...

    @overload
    def on(
        self,
        event: Literal["workflow.alarm"],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[WorkflowAlarm]: ...

    @overload
    def on(
        self,
        event: type[E],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[E]: ...

    @overload
    def on(
        self,
        event: str,
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Decorator[WebhookEvent]: ...

    def on(
        self,
        event: str | type[Any],
        /,
        *,
        state: Patterns | None = None,
        pipeline: Patterns | None = None,
        branch: Patterns | None = None,
        once: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """Register a handler: `@handler.on("build.finished", state="failed", pipeline="web", branch="release/*")`.

        Handlers run in the order in which they were registered, one after the other. An error in one handler does not
        stop the others.

        Args:
            event: the event's name; a class such as `BuildFinished` or `JobEvent`, for each event of that kind; or a
                pattern such as `"build.*"` or `"*"`.
            state: the state or states to handle: of the build for a build's events, of the job for a job's, of the
                connection for an agent's. A build that waits at a block step is `blocked`, with any `state`.
            pipeline: the slug of the pipeline, or several slugs. Patterns.
            branch: the branch, or several branches. Patterns.
            once: run once for each event, even if it is delivered several times: see `deduplication_key`.
            timeout: maximum of seconds for the handler; None for the timeout of the `WebhookHandler`.

        Returns:
            A decorator, which returns the function unchanged.

        Raises:
            ConfigurationError: a filter that this event can't have, or that is empty.

        Documentation: https://buildkite.com/docs/apis/webhooks
        """
        return self._register(event, state=state, pipeline=pipeline, branch=branch, once=once, timeout=timeout)

    @abstractmethod
    def _register(
        self,
        event: str | type[Any],
        *,
        state: Patterns | None,
        pipeline: Patterns | None,
        branch: Patterns | None,
        once: bool,
        timeout: float | None,
    ) -> Any: ...


__all__ = ["EventName", "Patterns", "Registrar"]
