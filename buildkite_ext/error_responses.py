"""Error answers of Buildkite, as errors of this library with their messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from buildkite_api.types import kind_of

from .errors import (
    AccessDenied,
    AgentNotFound,
    AnnotationNotFound,
    ApiError,
    ArtifactNotFound,
    BuildAlreadyFinished,
    BuildNotFound,
    ClusterNotFound,
    ClusterQueueNotFound,
    FieldError,
    InvalidRequest,
    JobNotFound,
    JobNotUnblockable,
    NotFound,
    OrganizationNotFound,
    PipelineNotFound,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    Unauthorized,
)
from .messages import MAY_HAVE_ACTED, escaped
from .rate_limits import LONGEST, advised_pause, reset_after
from .redaction import TOKEN_NAME, redacted_request, redactor_of, secrets_in, token_in, without_secrets
from .scopes import scope_words
from .strict_json import loads
from .urls import OF_LOGS, READS, path_of

if TYPE_CHECKING:
    import httpx
    from buildkite_api.operations import Operation

__all__ = ["error_of", "from_response"]

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

_WITHOUT_LOG = (
    "Or the job has no log: it has not started, or it isn't of a command step: job.type is `script` only for these."
)

_FIELDS = "Give their values by the keys of the fields, in fields=."

_MAX_REASON = 500
_MAX_ERRORS = 100
_MAX_ID = 200
_OF_THE_BODY = (b"content-encoding", b"transfer-encoding", b"content-length")
_EXTENSIONS = ("http_version", "reason_phrase")
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
"""Encodings that readers of JSON find out without a charset."""


def error_of(
    response: httpx.Response,
    request: httpx.Request,
    operation: Operation | None,
    identifiers: Mapping[str, str],
) -> ApiError:
    """Return the error for the answer to a request. It holds no secret of the request, also if the server sent that back.

    The arguments are those of `from_response`.
    """
    response = _redacted(response, request)
    response.request = redacted_request(request)
    token = [(TOKEN_NAME, token_in(request))]
    hidden = {name: without_secrets(value, token) for name, value in identifiers.items()}
    return from_response(response, operation, hidden, method=request.method, path=path_of(request))


def _redacted(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    """Return an answer without what its server sent back of a request: in a header, in the reason phrase or in the body."""
    redact = redactor_of(request)
    headers = [(_masked(key, redact), _masked(value, redact)) for key, value in response.headers.raw]
    extensions = {key: response.extensions[key] for key in _EXTENSIONS if key in response.extensions}
    if "reason_phrase" in extensions:
        extensions["reason_phrase"] = _masked(extensions["reason_phrase"], redact)
    content = _masked_body(response, secrets_in(request), redact)
    if (headers, content) == (response.headers.raw, response.content) and all(
        value == response.extensions[key] for key, value in extensions.items()
    ):
        return response
    import httpx

    kept = [(key, value) for key, value in headers if key.lower() not in _OF_THE_BODY]
    return httpx.Response(response.status_code, headers=kept, content=content, extensions=extensions)


def _masked(value: bytes, redact: Callable[[str], str]) -> bytes:
    return redact(value.decode("latin-1")).encode("latin-1", "replace")


def _masked_body(response: httpx.Response, secrets: Iterable[tuple[str, str]], redact: Callable[[str], str]) -> bytes:
    """Return the redacted body, however its readers decode it: as text of its charset, or as JSON."""
    content = response.content
    for name, secret in secrets:
        for encoding in _WIDE:
            wanted = re.compile(re.escape(secret.encode(encoding)), re.IGNORECASE)
            content = f"[{name}]".encode(encoding).join(wanted.split(content))
    for charset in (response.charset_encoding or "utf-8", json.detect_encoding(content)):
        text = _decoded(content, charset)
        hidden = redact(text)
        if hidden == text:
            continue
        try:
            return json.dumps(_masked_json(json.loads(content), redact)).encode()
        except (ValueError, RecursionError):  # it isn't JSON, or is nested too deeply
            content = _encoded(hidden, charset)
    return content


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError):  # httpx reads it as UTF-8 then
        return content.decode("utf-8", "replace")


def _encoded(text: str, charset: str) -> bytes:
    try:
        return text.encode(charset, "replace")
    except (LookupError, ValueError):
        return text.encode("utf-8", "replace")


def _masked_json(value: object, redact: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_masked_json(each, redact) for each in value]
    if isinstance(value, dict):
        return {redact(key): _masked_json(each, redact) for key, each in value.items()}
    return value


def from_response(
    response: httpx.Response,
    operation: Operation | None,
    identifiers: Mapping[str, str],
    *,
    method: str,
    path: str,
) -> ApiError:
    """Return the error for an answer of status 400 or above.

    Args:
        response: the answer, its body read.
        operation: the operation that was called; None for a request outside the description.
        identifiers: the parameters of the path, such as `{"org_slug": "acme", "pipeline_slug": "web"}`.
        method: the request's method.
        path: the request's path, without its query.
    """
    status = response.status_code
    body = _json(response)
    reason = _reason(response, body)
    errors = _field_errors(body)
    kind = _kind(status, operation)
    lines = [f"{method} {path} answered {status}" + (f": {escaped(reason)}" if reason else "")]
    lines += [f"  {escaped(f'{error.field}: {error.code}' if error.field else error.code)}" for error in errors]
    if _may_have_acted(status, operation, method):
        lines.append(MAY_HAVE_ACTED)
    pause = reset_after(response) if kind is RateLimited else advised_pause(response)
    hint = _hint(kind, operation, identifiers, pause)
    if kind is JobNotUnblockable and "required field" in reason.lower():
        hint = _FIELDS
    if hint:
        lines.append(hint)
    request_id = response.headers.get("X-Request-Id", "")
    if request_id:
        lines.append(f"Request id for Buildkite's support: {escaped(request_id[:_MAX_ID])}")
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
    if isinstance(error, RateLimited | ServerError):
        error.retry_after = pause
    return error


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


def _may_have_acted(status: int, operation: Operation | None, method: str) -> bool:
    """Return True for a write that an answer leaves open, and that may not be sent again without a look at its effect."""
    if status < 500 or method.upper() in READS:
        return False
    return operation is None or not (operation.repeatable or (status == 503 and operation.unavailable))


def _hint(
    kind: type[ApiError], operation: Operation | None, identifiers: Mapping[str, str], pause: float | None
) -> str | None:
    if issubclass(kind, RateLimited | ServerError) and pause is not None and pause > LONGEST:
        return f"It asks to wait {pause:.0f} s, and the client waits {LONGEST:.0f} s at most. Call again then."
    if issubclass(kind, NotFound) and identifiers:
        named = ", ".join(f"{_label(name)} {value!r}" for name, value in identifiers.items())
        hint = f"One of these doesn't exist, or the token can't see it: {named}."
        return f"{hint} {_WITHOUT_LOG}" if operation is not None and operation.row in OF_LOGS else hint
    if kind is Unauthorized:
        return "Check the token: it may be mistyped, expired or revoked (https://buildkite.com/user/api-access-tokens)."
    if kind is AccessDenied and operation is not None and operation.scope:
        return (
            f"{operation.id} needs the scope {scope_words(operation.scope)}: check that the token has it, that it was granted "
            "to this organization, and that its user has the permission."
        )
    if kind is RateLimited:
        return "The retries are used up. Send fewer requests at once, or allow more time with timeout=."
    return None


def _label(parameter: str) -> str:
    return {"org_slug": "organization", "pipeline_slug": "pipeline", "build_number": "build"}.get(
        parameter, parameter.removesuffix("_id").removesuffix("_uuid").removesuffix("_slug").replace("_", " ")
    )


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = loads(response.content)
    except ValueError:
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
    for entry in entries[:_MAX_ERRORS]:
        if isinstance(entry, dict):
            code = entry.get("code", entry.get("message", ""))
            found.append(FieldError(_short(entry.get("field", "")), _short(code)))
        else:
            found.append(FieldError("", _short(entry)))
    return found


def _short(value: object) -> str:
    try:
        return str(value)[:_MAX_REASON]
    except (RecursionError, ValueError):  # nested deeply, or a number of too many digits
        return kind_of(value)
