"""Errors of this library, as one tree.

    BuildkiteError
    ├── ConfigurationError            (also a ValueError) a token, an organization or an address is missing or unusable
    ├── ApiError                      Buildkite answered, and the answer was an error
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
    ├── InvalidResponse               an answer that isn't what Buildkite documents
    ├── TooManyPages                  a list went on past the bound on pages
    ├── MetadataNotSettable           meta-data can only be given when a build is created
    ├── DeadlineExceeded              (also a TimeoutError) the time allowed for a call is over
    ├── NetworkError
    │   ├── ConnectionFailed          the request never arrived: safe to send again
    │   └── ResponseLost              the request may have acted: look before sending a write again
    ├── ArtifactUnavailable           the artifact's storage didn't hand it over
    ├── ArtifactCorrupted             what was downloaded isn't what was uploaded
    ├── UnsafePath                    an artifact's path would be written outside the folder that was asked for
    └── WebhookError                  a delivery that isn't taken; its reason says why in a word
        ├── WebhookUnverified         not by who knows the secret, or not now: answered 401
        ├── WebhookMalformed          not what Buildkite sends: answered 400
        └── WebhookQueueFull          no room for it now, so nothing was accepted: answered 503

Every error says what happened, to what, and, where something can be done, what to do next. No error holds a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

__all__ = [
    "AccessDenied",
    "AgentNotFound",
    "AnnotationNotFound",
    "ApiError",
    "ArtifactCorrupted",
    "ArtifactNotFound",
    "ArtifactUnavailable",
    "BuildAlreadyFinished",
    "BuildNotFound",
    "BuildkiteError",
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
]


class BuildkiteError(Exception):
    """Above all errors of this library: `except BuildkiteError` catches each of them and nothing else."""


class ConfigurationError(BuildkiteError, ValueError):
    """Something the client needs to begin (a token, an organization, an address) is missing or unusable."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of an answer's `errors[]`: the field that was refused, and why, in Buildkite's words."""

    field: str
    code: str


class ApiError(BuildkiteError):
    """Buildkite answered with an error.

    Attributes:
        status: the HTTP status.
        reason: what Buildkite said, its `message`; empty where it said nothing.
        errors: the entries of its `errors[]`.
        operation: the operation's id, such as `get_build`; None for a request outside the description.
        method, path: what was asked. The query is left out: it may hold credentials.
        response: the whole answer.
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

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt from their positional arguments alone; ours need their keywords (multiprocessing).
        return _rebuild, (type(self), self.args, {**self.__dict__, "response": _plain(self.response)})


class InvalidRequest(ApiError):
    """400 or 422: Buildkite understood the request and refused it. `errors` names the fields, where it does."""


class BuildAlreadyFinished(InvalidRequest):
    """The build can't be canceled: it is finished, or not in a state that can be canceled."""


class JobNotUnblockable(InvalidRequest):
    """The job isn't a block step, its build is canceled, or it was unblocked before."""


class Unauthorized(ApiError):
    """401: the token is missing, wrong, expired or revoked."""


class AccessDenied(ApiError):
    """403: the token lacks a scope, its user a permission, or the organization a plan.

    Attributes:
        scope: the scope that the documentation asks for, such as `write_builds`; None where it names none.
    """

    scope: str | None = None


class NotFound(ApiError):
    """404: one of the things named in the path doesn't exist, or the token can't see it."""


class OrganizationNotFound(NotFound):
    """The organization doesn't exist, or the token isn't allowed to see it."""


class PipelineNotFound(NotFound):
    """The pipeline, or its organization, doesn't exist for this token."""


class BuildNotFound(NotFound):
    """The build, or its pipeline or organization, doesn't exist for this token."""


class JobNotFound(NotFound):
    """The job, or something above it, doesn't exist for this token."""


class ArtifactNotFound(NotFound):
    """The artifact, or something above it, doesn't exist for this token."""


class AnnotationNotFound(NotFound):
    """The annotation, or something above it, doesn't exist for this token."""


class ClusterNotFound(NotFound):
    """The cluster, or its organization, doesn't exist for this token."""


class ClusterQueueNotFound(NotFound):
    """The queue, or its cluster or organization, doesn't exist for this token."""


class AgentNotFound(NotFound):
    """The agent, or its organization, doesn't exist for this token."""


class RateLimited(ApiError):
    """429, and the retries allowed for it are used up.

    Attributes:
        retry_after: seconds until the limit that was hit is counted anew; None where the answer doesn't say.
        scope: `rest` (the organization's limit) or `rest_user` (the user's); None where the answer doesn't say.
        limit: requests allowed in the window; None where the answer doesn't say.
    """

    retry_after: float | None = None
    scope: str | None = None
    limit: int | None = None


class ServerError(ApiError):
    """5xx: Buildkite failed. A write may have acted all the same."""


class ServiceUnavailable(ServerError):
    """503: something behind Buildkite is out for now."""


class InvalidResponse(BuildkiteError):
    """An answer that isn't what Buildkite documents: no JSON, a redirect, a next page on another origin, too large."""


class TooManyPages(BuildkiteError):
    """A list went on past the bound on its pages. Nothing was left out in silence: narrow the list or raise the bound."""


class MetadataNotSettable(BuildkiteError):
    """Buildkite's REST API takes meta-data only when a build is created."""


class DeadlineExceeded(BuildkiteError, TimeoutError):
    """The time allowed for a call, its retries and pauses included, is over (or would be, after the next pause)."""


class NetworkError(BuildkiteError):
    """The request or its answer was lost on the way."""


class ConnectionFailed(NetworkError):
    """The request never arrived, so sending it again is safe, a write included."""


class ResponseLost(NetworkError):
    """The request was sent and its answer was lost: it may have acted. Look before you send a write again."""


class ArtifactUnavailable(BuildkiteError):
    """The artifact can't be had: never uploaded, expired or deleted, or its storage refused.

    Attributes:
        status: the storage's HTTP status; None where it wasn't asked.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ArtifactCorrupted(BuildkiteError):
    """The bytes that came aren't those that were uploaded: size or SHA-1 differ. Nothing was left at the target."""


class UnsafePath(BuildkiteError):
    """An artifact's path would be written outside the folder that was asked for. Nothing was written."""


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
"""Why a delivery isn't taken: of its headers `missing`, `duplicate`, `malformed`, `oversized` or `not_ascii`; of its
signature or token `mismatch`; of its age `too_old` or `too_new`; of its body `no_json`, `no_event` or `event_differs`
(from the event's header); `queue_full` where there is no room for it."""


class WebhookError(BuildkiteError):
    """A delivery that isn't taken.

    Attributes:
        reason: why, in a word: see `WebhookReason`.
    """

    def __init__(self, message: str, *, reason: WebhookReason) -> None:
        super().__init__(message)
        self.reason: WebhookReason = reason

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


class WebhookUnverified(WebhookError):
    """The delivery doesn't prove that it comes from who knows the secret, or it does so for another time."""


class WebhookMalformed(WebhookError):
    """The delivery isn't one of Buildkite's: its headers or its body aren't what Buildkite sends."""


class WebhookQueueFull(WebhookError):
    """There is no room for the delivery now. It was not accepted: nothing will handle it unless it is sent again."""


def _plain(response: httpx.Response) -> httpx.Response:
    """The answer without what ties it to a connection, or to the request with its token."""
    headers = [(key, value) for key, value in response.headers.raw if key.lower() != b"content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=response.content)


def _rebuild(kind: type[BuildkiteError], args: tuple[Any, ...], state: dict[str, Any]) -> BuildkiteError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
