"""Events of a client, as frozen values for a hook: `BuildkiteClient(on_event=print)`.

Each event is also a line of the logger `buildkite_ext`, at debug level. Some stand at a higher level, in words: a circuit that
opened (warning) or closed again (info), a wait for a rate limit of 10 s or longer (info), and a state that Buildkite doesn't
document (warning).

No event holds a token, a header or a body. With no hook, no telemetry and no debug log, those of requests are not made at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

__all__ = [
    "ArtifactDownloaded",
    "BuildSeen",
    "CircuitChanged",
    "Dispatcher",
    "Event",
    "Hook",
    "JobTiming",
    "RateLimitWait",
    "RequestFinished",
    "RetryScheduled",
    "SchemaDrift",
    "StoreRecovered",
    "StoreUnavailable",
    "UnexpectedState",
    "WaitFinished",
    "WatcherSlowed",
    "WriteAudited",
    "WriteResult",
    "client_events",
    "logger",
]

E = TypeVar("E")

logger = logging.getLogger("buildkite_ext")

_LONG_WAIT = 10.0
"""Seconds of a wait for a rate limit from which it is logged at info level."""

WriteResult = Literal["done", "refused", "unknown"]
"""Result of a write. `done`: Buildkite did it. `refused`: nothing was done, by Buildkite's answer, or since nothing was sent.
`unknown`: it may have been done, since an answer was lost, or was a 5xx."""


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """End of a call, with all its attempts."""

    method: str
    route: str
    """The path with its parameters in braces, such as `/v2/organizations/{org_slug}`; `other` for one that isn't described."""
    operation: str | None
    status: int | None
    """Status of the last answer; None if the call ended without one."""
    error: str | None
    """Name of the class of the error that ended the call; None if it ended with an answer."""
    attempts: int
    """Attempts that were sent; 0 if the call was refused before."""
    seconds: float
    """Seconds that the call took, with its pauses."""


@dataclass(frozen=True, slots=True)
class WriteAudited:
    """A write, for an audit log: who did what, and how it ended. It holds no value of a body but those of `details`."""

    actor: str
    """Hash that tells the token from others and doesn't show it."""
    method: str
    route: str
    """As in `RequestFinished`."""
    operation: str | None
    parameters: Mapping[str, str] = field(hash=False)
    """Parameters of the path: slugs, numbers and ids."""
    details: Mapping[str, str] = field(hash=False)
    """`branch` and `commit` of a build that is created, `retried_jobs_count` where failed jobs are retried; otherwise empty."""
    result: WriteResult
    status: int | None
    error: str | None
    """Name of the class of the error, if the call ended without an answer."""
    request_id: str | None
    """Id that Buildkite gave the request, for its support."""


@dataclass(frozen=True, slots=True)
class JobTiming:
    """Time that a job ran."""

    type: str
    state: str
    seconds: float


@dataclass(frozen=True, slots=True)
class BuildSeen:
    """Look of a wait at its build, once a poll."""

    organization: str
    pipeline: str
    number: int
    state: str


@dataclass(frozen=True, slots=True)
class UnexpectedState:
    """State, or change of a state, that Buildkite doesn't document. The wait continues. It is reported once for each wait."""

    organization: str
    pipeline: str
    number: int
    job: str | None
    """Id of the job whose state it is; None for the build itself."""
    problem: Literal["unknown", "impossible"]
    """`unknown`: this version doesn't know the state `after`. `impossible`: `before` never leads to `after`."""
    before: str | None
    """State that was seen before; None for the first one."""
    after: str


@dataclass(frozen=True, slots=True)
class WaitFinished:
    """End of a wait for a build."""

    organization: str
    pipeline: str
    number: int
    state: str | None
    """The state in which the build was seen last; None if it was never seen."""
    outcome: str | None
    """As in `WaitResult`; None if the wait ended before the build, by its timeout for example."""
    seconds: float
    """Seconds that the wait took."""
    duration: float | None
    """Seconds that the build ran; None if it has not finished."""
    jobs: tuple[JobTiming, ...] = ()
    """The jobs of the build that ran."""


@dataclass(frozen=True, slots=True)
class WatcherSlowed:
    """Change of the pace of a watcher: more builds end than its requests of a minute can show in time, or no longer so many."""

    organization: str
    builds: int
    """Number of builds that are waited for."""
    seconds: float
    """Seconds between two looks for builds that have ended."""


@dataclass(frozen=True, slots=True)
class ArtifactDownloaded:
    """Artifact that was downloaded, or read into memory."""

    artifact: str
    """Its id."""
    size: int
    """Bytes that were written."""
    seconds: float
    """Seconds that it took, with further attempts."""


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """Retry of a request that failed, after a pause."""

    method: str
    path: str
    operation: str | None
    attempt: int
    """The attempt that failed, counted from 1."""
    pause: float
    """Seconds until the next one."""
    reason: str


@dataclass(frozen=True, slots=True)
class SchemaDrift:
    """Difference between an answer and the description, reported once for each model and key."""

    model: str
    key: str
    kind: str
    """`unknown`: the description has no such key. `missing`: it calls the key required. `null`: it doesn't allow null.
    `type`: the value is of another type, and was kept as it came; or it is a number beyond all floats, and became None."""


@dataclass(frozen=True, slots=True)
class RateLimitWait:
    """Wait of a request for a rate limit, before it is sent."""

    method: str
    path: str
    operation: str | None
    pause: float
    """Seconds until the limit has room, as far as it is known."""


@dataclass(frozen=True, slots=True)
class CircuitChanged:
    """Change of the state of a circuit."""

    circuit: str
    """Its name: the organization and the host."""
    before: str
    after: str
    """`closed`: calls are sent. `open`: they are refused. `half_open`: one is sent as a probe."""


@dataclass(frozen=True, slots=True)
class StoreUnavailable:
    """Outage of a store that processes share. Until it is over each process decides by what it knows itself."""

    store: str
    """Its URL, without credentials."""
    reason: str


@dataclass(frozen=True, slots=True)
class StoreRecovered:
    """End of the outage of a store that processes share."""

    store: str
    """Its URL, without credentials."""


Event = (
    RequestFinished
    | WriteAudited
    | RetryScheduled
    | RateLimitWait
    | CircuitChanged
    | SchemaDrift
    | BuildSeen
    | UnexpectedState
    | WaitFinished
    | WatcherSlowed
    | ArtifactDownloaded
    | StoreUnavailable
    | StoreRecovered
)
Hook = Callable[[Event], object]


class Dispatcher(Generic[E]):
    """Dispatcher of events to hooks, in the order in which they were added.

    A hook that raises breaks nothing: its error is logged, and the other hooks still get the event.

    Args:
        hooks: the hooks to begin with.
        name: what users call the hook, for the log.
        log: logger of each event, at debug level; None for none.

    Example:
        >>> seen: list[str] = []
        >>> Dispatcher[str](seen.append).emit("build.started")
        >>> seen
        ['build.started']
    """

    def __init__(
        self, *hooks: Callable[[E], object], name: str = "on_event", log: logging.Logger | None = None
    ) -> None:
        self._hooks = hooks
        self._name = name
        self._log = log

    def __bool__(self) -> bool:
        return bool(self._hooks)

    @property
    def wanted(self) -> bool:
        """True if a hook or the log takes events. Without one, none is made."""
        return bool(self._hooks) or (self._log is not None and self._log.isEnabledFor(logging.DEBUG))

    def add(self, hook: Callable[[E], object]) -> None:
        """Call `hook` with each event from now on."""
        self._hooks = (*self._hooks, hook)

    def remove(self, hook: Callable[[E], object]) -> None:
        """Call `hook` no longer. A hook that isn't there is ignored."""
        hooks = list(self._hooks)
        if hook in hooks:
            hooks.remove(hook)
        self._hooks = tuple(hooks)

    def emit(self, event: E) -> None:
        """Pass an event to the log and to each hook."""
        if self._log is not None:
            level, text = _line(event)
            self._log.log(level, "%s", text)
        for hook in self._hooks:
            try:
                hook(event)
            except Exception:
                logger.exception(
                    "%s raised an error on %s; nothing else is affected.", self._name, type(event).__name__
                )


def client_events(hook: Hook | None) -> Dispatcher[Event]:
    """Return the dispatcher of a client's events."""
    return Dispatcher(*(() if hook is None else (hook,)), log=logger)


def _line(event: object) -> tuple[int, object]:
    """Return the level of an event in the log, and its text."""
    match event:
        case CircuitChanged(after="open"):
            return logging.WARNING, f"{event.circuit}: the circuit opened, so calls are refused for a while."
        case CircuitChanged(after="closed"):
            return logging.INFO, f"{event.circuit}: the circuit closed, so calls are sent again."
        case UnexpectedState():
            whose = f"Build {event.pipeline} #{event.number}" + ("" if event.job is None else f", job {event.job}")
            return logging.WARNING, (
                f"{whose}: the state {event.after!r} isn't known to this version, and counts as active."
                if event.problem == "unknown"
                else f"{whose}: the state changed from {event.before!r} to {event.after!r}, which Buildkite doesn't document."
            )
        case RateLimitWait() if event.pause >= _LONG_WAIT:
            return logging.INFO, f"{event.method} {event.path} waits {event.pause:.0f} s for the rate limit."
    return logging.DEBUG, event
