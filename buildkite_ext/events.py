"""Events of a client, as frozen values for a hook: `BuildkiteClient(on_event=print)`.

Each event is also a line of the logger `buildkite_ext`, at debug level. Some stand at a higher level, in words: a circuit that
opened (warning) or closed again (info), a wait for a rate limit of 10 s or longer (info), a log that was rewritten (warning), and
a state that Buildkite doesn't document (warning).

No event holds a token, a header or a body. With no hook, no telemetry and no debug log, those of requests are not made at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "ArtifactDownloaded",
    "BuildSeen",
    "CircuitChanged",
    "Event",
    "FollowFinished",
    "Hook",
    "JobTiming",
    "LogIncomplete",
    "LogRewritten",
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
]

WriteResult = Literal["done", "refused", "unknown"]
"""Result of a write. `done`: Buildkite did it. `refused`: nothing was done, by Buildkite's answer, or since nothing was sent.
`unknown`: it may have been done, since an answer was lost, or was a 5xx."""


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """End of a call, with all its attempts. A write that a read-only client refuses has none: `WriteAudited` tells of it."""

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
    """A write, for an audit log: who did what, and how it ended. It holds no value of a body but those of `details`.

    A write that was asked for and for which no request was made is told too, as refused. No `RequestFinished` and no span tell
    of it:

    - A client that is read-only refused it. If it refused a method that reads before it writes, each write that the method could
      make is told, with what is known of it: the job to unblock isn't, for example.
    - What `builds.create`, `builds.run`, `builds.find_or_create` or `builds.unblock` reads before its write has failed, or
      doesn't allow it. `error` names the reason.

    Wrong arguments, which are refused before all that, are not told, nor are writes that turn out not to be needed.
    """

    actor: str
    """Hash that tells the token from others and doesn't show it. If a function returns the token, it is that of the last attempt;
    `function` if it was not asked."""
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
    """Name of the class of the error, if the write ended without an answer."""
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
    """Look at a build that is waited for or followed, once a poll; for builds of a watcher, once a state."""

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
class FollowFinished:
    """End of following the logs of a build."""

    organization: str
    pipeline: str
    number: int
    state: str | None
    """The state in which the build was seen last; None if it was never seen."""
    outcome: str | None
    """As in `WaitResult`; None if following ended before the build, by its timeout for example."""
    seconds: float
    """Seconds that following took."""


@dataclass(frozen=True, slots=True)
class LogRewritten:
    """Change of bytes of a log that were read already: it was deleted, redacted or written again."""

    job: str
    """The id of the job."""
    name: str
    """Its name."""
    read: int
    """Bytes of the log that were read before."""
    resumed: bool
    """True if following continues behind the lines that it gave. False if it gives those of the new log from its beginning."""


@dataclass(frozen=True, slots=True)
class LogIncomplete:
    """Log of a followed build that wasn't read to its end, although the build has other logs that were or will be."""

    job: str
    """The id of the job."""
    name: str
    """Its name."""
    error: str | None
    """The text of the error for which it was left out; None if the time allowed was over."""


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
    """Wait of a request for a rate limit, before it is sent.

    It tells of a limit that is exhausted. The gaps between requests in the background are told from ten seconds on.
    """

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
    | FollowFinished
    | LogIncomplete
    | LogRewritten
    | WatcherSlowed
    | ArtifactDownloaded
    | StoreUnavailable
    | StoreRecovered
)
Hook = Callable[[Event], object]
