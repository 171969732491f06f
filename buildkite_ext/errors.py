"""Everything that can go wrong, as one tree.

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
    ├── CircuitOpen                   too many failures lately; nothing was sent
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

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import httpx

if TYPE_CHECKING:
    from buildkite_api.operations import Operation

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
    "CircuitOpen",
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


class CircuitOpen(BuildkiteError):
    """Too many requests failed lately, so this one wasn't sent."""


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


_NOT_FOUND: Mapping[str, type[NotFound]] = {
    "organization": OrganizationNotFound,
    "pipeline": PipelineNotFound,
    "build": BuildNotFound,
    "job": JobNotFound,
    "artifact": ArtifactNotFound,
    "annotation": AnnotationNotFound,
    "cluster": ClusterNotFound,
    "cluster_queue": ClusterQueueNotFound,
    "agent": AgentNotFound,
}

_MAX_REASON = 500


def from_response(
    response: httpx.Response,
    operation: Operation | None,
    identifiers: Mapping[str, str],
    *,
    method: str,
    path: str,
) -> ApiError:
    """The error that an answer of status 400 or above means.

    Args:
        response: the answer, its body read.
        operation: what was asked; None outside the description.
        identifiers: the parameters of the path, such as `{"org_slug": "acme", "pipeline_slug": "web"}`.
        method: the request's method.
        path: the request's path, without its query.
    """
    status = response.status_code
    body = _json(response)
    reason = _reason(response, body)
    errors = _field_errors(body)
    kind = _kind(status, operation)
    lines = [f"{method} {path} answered {status}" + (f": {reason}" if reason else "")]
    lines += [f"  {error.field}: {error.code}" if error.field else f"  {error.code}" for error in errors]
    hint = _hint(kind, operation, identifiers)
    if hint:
        lines.append(hint)
    error = kind(
        "\n".join(lines),
        response=response,
        reason=reason,
        errors=errors,
        operation=operation.id if operation else None,
        method=method,
        path=path,
    )
    if isinstance(error, AccessDenied):
        error.scope = operation.scope if operation else None
    if isinstance(error, RateLimited):
        error.scope = body["scope"] if isinstance(body.get("scope"), str) else None
        error.limit = body["limit"] if isinstance(body.get("limit"), int) else None
        error.retry_after = reset_after(response)
    return error


def unsigned(request: httpx.Request) -> httpx.Request:
    """The request without its token: an error travels further than a call does."""
    headers = [(key, value) for key, value in request.headers.raw if key.lower() != b"authorization"]
    try:
        content = request.content
    except httpx.RequestNotRead:  # a file, sent piece by piece
        content = b""
    return httpx.Request(request.method, request.url, headers=headers, content=content)


def path_of(request: httpx.Request) -> str:
    """A request's path as messages show it: percent-encoded, so that no line break gets into a log, and without the
    query, which may hold credentials."""
    return request.url.raw_path.partition(b"?")[0].decode("ascii", "replace")


def reset_after(response: httpx.Response) -> float | None:
    """Seconds until the limit that a 429 hit is counted anew; None where the answer doesn't say.

    The body's `reset` belongs to the limit that was hit. Without it, the header of that limit does: `RateLimit-Reset`
    for the organization's, `RateLimit-User-Reset` for the user's, both in seconds left. Where the body names neither,
    the limit with nothing remaining is the one. https://buildkite.com/docs/apis/rest-api/rate-limits
    """
    body = _json(response)
    reset = _number(body.get("reset"))
    if reset is not None:
        return reset
    headers = response.headers
    organization = _number(headers.get("RateLimit-Reset"))
    user = _number(headers.get("RateLimit-User-Reset"))
    scope = body.get("scope") or ""
    if scope == "rest_user":
        return user if user is not None else organization
    if scope == "rest":
        return organization if organization is not None else user
    exhausted = [
        reset
        for reset, remaining in (
            (organization, headers.get("RateLimit-Remaining")),
            (user, headers.get("RateLimit-User-Remaining")),
        )
        if reset is not None and _number(remaining) == 0
    ]
    known = exhausted or [reset for reset in (organization, user) if reset is not None]
    return max(known) if known else _number(headers.get("Retry-After"))


def _kind(status: int, operation: Operation | None) -> type[ApiError]:
    name = operation.row if operation else ""
    if status in (400, 422):
        if name == "cancel_build" and status == 422:
            return BuildAlreadyFinished
        if name in ("unblock_job", "unblock_build_job"):
            return JobNotUnblockable
        return InvalidRequest
    if status == 401:
        return Unauthorized
    if status == 403:
        return AccessDenied
    if status == 404:
        return _NOT_FOUND.get(operation.resource, NotFound) if operation else NotFound
    if status == 429:
        return RateLimited
    if status == 503:
        return ServiceUnavailable
    return ServerError if status >= 500 else ApiError


def _hint(kind: type[ApiError], operation: Operation | None, identifiers: Mapping[str, str]) -> str | None:
    if issubclass(kind, NotFound) and identifiers:
        named = ", ".join(f"{_label(name)} {value!r}" for name, value in identifiers.items())
        return f"One of these doesn't exist, or the token can't see it: {named}."
    if kind is Unauthorized:
        return "Check the token: it may be mistyped, expired or revoked (https://buildkite.com/user/api-access-tokens)."
    if kind is AccessDenied and operation is not None and operation.scope:
        return (
            f"{operation.id} needs the scope {operation.scope}: check that the token has it, that it was granted to this "
            "organization, and that its user has the permission."
        )
    if kind is RateLimited:
        return "The retries allowed for it are used up; fewer requests at once, or a longer timeout=, would help."
    return None


def _label(parameter: str) -> str:
    return {"org_slug": "organization", "pipeline_slug": "pipeline", "build_number": "build"}.get(
        parameter, parameter.removesuffix("_id").removesuffix("_uuid").removesuffix("_slug").replace("_", " ")
    )


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _reason(response: httpx.Response, body: Mapping[str, Any]) -> str:
    for key in ("message", "error_description", "error"):
        if isinstance(body.get(key), str) and body[key].strip():
            return str(body[key]).strip()[:_MAX_REASON]
    if body or not response.content:
        return ""
    kind = response.headers.get("content-type", "no content type").split(";")[0].strip().lower()
    if kind.endswith("json"):
        return ""
    if kind == "text/plain":
        return response.text.strip()[:_MAX_REASON]
    return f"{response.reason_phrase} ({kind} instead of JSON)".strip()


def _field_errors(body: Mapping[str, Any]) -> list[FieldError]:
    entries = body.get("errors")
    if not isinstance(entries, list):
        return []
    found = []
    for entry in entries:
        if isinstance(entry, dict):
            code = entry.get("code", entry.get("message", ""))
            found.append(FieldError(str(entry.get("field", "")), str(code)))
        else:
            found.append(FieldError("", str(entry)))
    return found


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 1e9 else None


def _plain(response: httpx.Response) -> httpx.Response:
    """The answer without what ties it to a connection, or to the request with its token."""
    headers = [(key, value) for key, value in response.headers.raw if key.lower() != b"content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=response.content)


def _rebuild(kind: type[BuildkiteError], args: tuple[Any, ...], state: dict[str, Any]) -> BuildkiteError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
