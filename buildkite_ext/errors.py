"""Errors of this library, in one tree.

    BuildkiteError
    ├── ConfigurationError            (also a ValueError) a token, an organization or a URL is missing or unusable
    ├── ClientClosed                  (also a RuntimeError) the client was closed
    ├── ApiError                      Buildkite answered with an error
    │   ├── InvalidRequest            400, 422: every entry of the answer's errors[]
    │   │   ├── BuildAlreadyFinished  the build can't be canceled any more
    │   │   └── JobNotUnblockable     not a block step, or not one that can be unblocked now
    │   ├── Unauthorized              401
    │   ├── AccessDenied              403: names the scope that the operation needs
    │   ├── NotFound                  404: the class of the deepest resource in the operation's path
    │   │   └── OrganizationNotFound  PipelineNotFound  BuildNotFound  JobNotFound  ArtifactNotFound
    │   │       AnnotationNotFound  ClusterNotFound  ClusterQueueNotFound  AgentNotFound
    │   ├── RateLimited               429
    │   └── ServerError               5xx
    │       └── ServiceUnavailable    503
    ├── InvalidResponse               an answer that differs from Buildkite's documentation
    ├── TooManyPages                  a list has more pages than the limit
    ├── BlockStepNotFound             no block step fits, or several do: nothing was unblocked
    ├── MetadataNotSettable           meta-data can only be given when a build is created
    ├── BuildBlocked                  a build waits at a block step, and the caller wanted no such end
    ├── DeadlineExceeded              (also a TimeoutError) the time allowed for a call is over
    ├── CircuitOpen                   calls failed in a row, so no more are sent for a while
    ├── WriteRefused                  the client is read-only, and the request could change something
    ├── BudgetExhausted               the rate limits would let a request wait longer than allowed
    ├── NetworkError
    │   ├── ConnectionFailed          the request never arrived: safe to send again
    │   └── ResponseLost              the request may have acted: check before sending a write again
    ├── ArtifactUnavailable           the artifact's storage doesn't have it or refused it
    ├── ArtifactCorrupted             the downloaded bytes differ from the uploaded ones
    ├── ArtifactTooLarge              an artifact has more bytes than may be read into memory
    ├── NothingMatched                a pattern matches no artifact of a build
    ├── UnsafePath                    an artifact can't be written safely where it would go
    └── WebhookError                  a delivery that is refused; `reason` says why in a word
        ├── WebhookUnverified         not signed with the secret, or too old or new: answered 401
        ├── WebhookMalformed          not a delivery of Buildkite: answered 400
        └── WebhookQueueFull          the queue is full, so nothing was accepted: answered 503

Every error says what happened, to what, and what to do next if something can be done. Errors never hold a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .messages import escaped

if TYPE_CHECKING:
    import httpx
    from buildkite_api.models import Build

__all__ = [
    "AccessDenied",
    "AgentNotFound",
    "AnnotationNotFound",
    "ApiError",
    "ArtifactCorrupted",
    "ArtifactNotFound",
    "ArtifactTooLarge",
    "ArtifactUnavailable",
    "BlockStepNotFound",
    "BudgetExhausted",
    "BuildAlreadyFinished",
    "BuildBlocked",
    "BuildNotFound",
    "BuildkiteError",
    "CircuitOpen",
    "ClientClosed",
    "ClusterNotFound",
    "ClusterQueueNotFound",
    "ConfigurationError",
    "ConnectionFailed",
    "DeadlineExceeded",
    "FieldError",
    "InvalidRequest",
    "InvalidResponse",
    "JobNotFound",
    "JobNotUnblockable",
    "MetadataNotSettable",
    "NetworkError",
    "NotFound",
    "NothingMatched",
    "OrganizationNotFound",
    "PipelineNotFound",
    "RateLimited",
    "ResponseLost",
    "ServerError",
    "ServiceUnavailable",
    "TooManyPages",
    "Unauthorized",
    "UnsafePath",
    "WebhookError",
    "WebhookMalformed",
    "WebhookQueueFull",
    "WebhookReason",
    "WebhookUnverified",
    "WriteRefused",
]


class BuildkiteError(Exception):
    """Base class of all errors of this library: `except BuildkiteError` catches each of them and nothing else.

    `str(error)` shows control characters, which a server's texts may hold, as escapes such as `\\x1b`.
    """

    def __str__(self) -> str:
        return escaped(super().__str__(), kept="\n")


class ConfigurationError(BuildkiteError, ValueError):
    """A token, an organization, a URL or another option is missing or unusable."""


class ClientClosed(BuildkiteError, RuntimeError):
    """The client was closed before the call, or while the call waited. Nothing was sent after that."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """Entry of an answer's `errors[]`: the field that was refused, and the reason in Buildkite's words."""

    field: str
    code: str


class ApiError(BuildkiteError):
    """Buildkite answered with an error.

    Attributes:
        status: the HTTP status.
        reason: the `message` of Buildkite's answer; empty if it has none.
        errors: the entries of its `errors[]`.
        operation: the operation's id, such as `get_build`; None for a request outside the description.
        method, path: those of the request. The query is left out, since it may hold credentials.
        response: the whole answer. A token that the server sent back is replaced in it, in every encoding.
        request_id: the answer's `X-Request-Id`, by which Buildkite's support finds the request; None if it has none.
    """

    def __init__(
        self,
        message: str,
        *,
        response: httpx.Response,
        reason: str = "",
        errors: Sequence[FieldError] = (),
        operation: str | None = None,
        method: str = "",
        path: str = "",
    ) -> None:
        super().__init__(message)
        self.response = response
        self.status = response.status_code
        self.reason = reason
        self.errors = tuple(errors)
        self.operation = operation
        self.method = method
        self.path = path
        self.request_id = response.headers.get("X-Request-Id") or None

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle rebuilds an exception from its positional arguments alone; these classes need their keywords too.
        return _rebuild, (type(self), self.args, {**self.__dict__, "response": _plain(self.response)})


class InvalidRequest(ApiError):
    """400 or 422: Buildkite understood the request and refused it. `errors` holds the fields that the answer names."""


class BuildAlreadyFinished(InvalidRequest):
    """The build can't be canceled: it is finished, or not in a state that can be canceled."""


class JobNotUnblockable(InvalidRequest):
    """The job isn't a block step, its build is canceled, or it was unblocked before."""


class Unauthorized(ApiError):
    """401: the token is missing, wrong, expired or revoked."""


class AccessDenied(ApiError):
    """403: the token lacks a scope, its user a permission, or the organization a plan.

    Attributes:
        scope: the scope that the documentation asks for, such as `write_builds`; None if it names none.
    """

    scope: str | None = None


class NotFound(ApiError):
    """404: a resource in the path doesn't exist, or the token can't see it."""


class OrganizationNotFound(NotFound):
    """The organization doesn't exist, or the token isn't allowed to see it."""


class PipelineNotFound(NotFound):
    """The pipeline, or its organization, doesn't exist for this token."""


class BuildNotFound(NotFound):
    """The build, or its pipeline or organization, doesn't exist for this token."""


class JobNotFound(NotFound):
    """The job, or a resource above it, doesn't exist for this token."""


class ArtifactNotFound(NotFound):
    """The artifact, or a resource above it, doesn't exist for this token."""


class AnnotationNotFound(NotFound):
    """The annotation, or a resource above it, doesn't exist for this token."""


class ClusterNotFound(NotFound):
    """The cluster, or its organization, doesn't exist for this token."""


class ClusterQueueNotFound(NotFound):
    """The queue, or its cluster or organization, doesn't exist for this token."""


class AgentNotFound(NotFound):
    """The agent, or its organization, doesn't exist for this token."""


class RateLimited(ApiError):
    """429, and the retries allowed for it are used up, or the answer asks for a pause of more than 300 seconds.

    Attributes:
        retry_after: seconds until the limit that was hit is reset, or that the answer advises; None if the answer doesn't say.
        scope: `rest` (the organization's limit) or `rest_user` (the user's); None if the answer doesn't say.
        limit: requests allowed in the window; None if the answer doesn't say.
    """

    retry_after: float | None = None
    scope: str | None = None
    limit: int | None = None


class ServerError(ApiError):
    """5xx: Buildkite failed. A write may have acted nevertheless.

    Attributes:
        retry_after: seconds after which the answer advises to try again; None if it doesn't say.
    """

    retry_after: float | None = None


class ServiceUnavailable(ServerError):
    """503: a service behind Buildkite is unavailable for now."""


class InvalidResponse(BuildkiteError):
    """The answer differs from Buildkite's documentation: not JSON, a redirect, a next page on another origin, too large."""


class TooManyPages(BuildkiteError):
    """The list has more pages than the limit. Nothing was left out in silence: narrow the list, or raise `max_pages`."""


class BlockStepNotFound(BuildkiteError):
    """The build waits at no block step that fits, or at several; or the step that was named is of another type. Nothing was sent.

    Attributes:
        candidates: names of the block steps that can be unblocked, as `step=` of `builds.unblock` takes them.
    """

    def __init__(self, message: str, *, candidates: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


class MetadataNotSettable(BuildkiteError):
    """Buildkite's REST API takes meta-data only when a build is created."""


class BuildBlocked(BuildkiteError):
    """The build waits at a block step, and `on_blocked="raise"` was given; or a wait has unblocked as many steps as it may.

    Attributes:
        build: the build, with its jobs.
    """

    def __init__(self, message: str, *, build: Build | None = None) -> None:
        super().__init__(message)
        self.build = build


class DeadlineExceeded(BuildkiteError, TimeoutError):
    """The time allowed for a call, its retries and pauses included, is over (or would be, after the next pause).

    Attributes:
        retry_after: seconds after which the next attempt would have been sent; None if no pause was due.
    """

    retry_after: float | None = None


class CircuitOpen(BuildkiteError):
    """Calls to the API failed in a row, so that no more are sent for a while. Nothing was sent.

    Attributes:
        retry_after: seconds after which a call may be sent again: 1 at most while another call probes the API, however long that
            takes.
    """

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BudgetExhausted(BuildkiteError):
    """The rate limits would let a call wait longer than `Budget(max_wait=)` allows. Nothing was done.

    The request wasn't sent, or Buildkite refused it by a 429, which is the cause of this error then.

    Attributes:
        retry_after: seconds after which a call waits no longer than `max_wait`, so that it isn't refused again: the wait for
            the limits less `max_wait`.
    """

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class WriteRefused(BuildkiteError):
    """The client is read-only, and the request could change something. Nothing was sent."""


class NetworkError(BuildkiteError):
    """The request or its answer was lost on the way."""


class ConnectionFailed(NetworkError):
    """The request never arrived, so sending it again is safe, a write included.

    Attributes:
        permanent: True if sending it again can't help, as with a certificate that isn't trusted.
    """

    permanent: bool = False


class ResponseLost(NetworkError):
    """The request was sent and its answer was lost: it may have acted. Check before you send a write again.

    Attributes:
        once: the key of the build, if `builds.create(..., once=)` looked for it and didn't find it; else None.
    """

    once: str | None = None


class ArtifactUnavailable(BuildkiteError):
    """The artifact can't be downloaded: it was never uploaded, is expired or deleted, or its storage refused.

    Attributes:
        status: the storage's HTTP status; None if it wasn't asked.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ArtifactCorrupted(BuildkiteError):
    """The downloaded bytes differ in size or SHA-1 from the uploaded ones. Nothing was written to the target."""


class ArtifactTooLarge(BuildkiteError):
    """The artifact has more bytes than may be read into memory. `artifacts.download` writes it to a file."""


class NothingMatched(BuildkiteError):
    """A pattern matches no artifact of a build, so that nothing was downloaded; or none of its jobs.

    Attributes:
        reason: which patterns match nothing, and what is near, without the advice that follows it in the message.
        patterns: the patterns that match nothing.
    """

    def __init__(self, reason: str, advice: str = "", *, patterns: tuple[str, ...] = ()) -> None:
        super().__init__(f"{reason} {advice}".rstrip())
        self.reason = reason
        self.patterns = patterns


class UnsafePath(BuildkiteError):
    """An artifact can't be written safely where it would go. Nothing was written there.

    Its path leads outside the folder, isn't one that the system can hold, is that of another artifact, or something that isn't
    a regular file is in the way.

    Attributes:
        reason: what is wrong with the path, without the advice that follows it in the message.
    """

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason} {advice}" if advice else reason)
        self.reason = reason


WebhookReason = Literal[
    "missing",
    "duplicate",
    "malformed",
    "oversized",
    "not_ascii",
    "mismatch",
    "too_old",
    "too_new",
    "no_json",
    "no_event",
    "event_differs",
    "queue_full",
]
"""Reason why a delivery is refused: of its headers `missing`, `duplicate`, `malformed`, `oversized` or `not_ascii`; of its
signature or token `mismatch`; of its age `too_old` or `too_new`; of its body `no_json`, `no_event` or `event_differs`
(from the event's header); `queue_full` if the queue has no room."""


class WebhookError(BuildkiteError):
    """The delivery is refused.

    Attributes:
        reason: the reason in a word, see `WebhookReason`.
    """

    def __init__(self, message: str, *, reason: WebhookReason) -> None:
        super().__init__(message)
        self.reason: WebhookReason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


class WebhookUnverified(WebhookError):
    """The delivery isn't signed with the secret, or its signature is for another time."""


class WebhookMalformed(WebhookError):
    """The headers or the body of the delivery differ from those that Buildkite sends."""


class WebhookQueueFull(WebhookError):
    """The queue has no room for the delivery now. It was not accepted: it is handled only if it is sent again."""


def _plain(response: httpx.Response) -> httpx.Response:
    """Return the answer without its connection and without its request, which holds the token."""
    import httpx

    headers = [(key, value) for key, value in response.headers.raw if key.lower() != b"content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=response.content)


def _rebuild(kind: type[BuildkiteError], args: tuple[Any, ...], state: dict[str, Any]) -> BuildkiteError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
