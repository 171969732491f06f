"""Requests and answers as plain values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from ...timestamps import parse_time

__all__ = [
    "MAX_BODY",
    "MAX_PER_PAGE",
    "PER_PAGE",
    "TOKEN_PARAMETERS",
    "Arrival",
    "ConnectionDropped",
    "Json",
    "Pairs",
    "Query",
    "RefusedRequest",
    "Representation",
    "SimRequest",
    "SimResponse",
    "body_too_large",
    "dumps",
    "encoded",
    "invalid",
    "json_response",
    "raw_json_response",
    "representation",
    "validation_failed",
    "without_suffix",
]

Pairs = tuple[tuple[str, str], ...]
Json = dict[str, object]

PER_PAGE = 30
MAX_PER_PAGE = 100

MAX_BODY = 10 * 1024 * 1024
"""Bytes of a request's body that are read. Buildkite documents no limit; its largest field, an annotation, has 1 MiB."""

_encode = msgspec.json.Encoder().encode

TOKEN_PARAMETERS = ("access_token", "api_key")
"""Query parameters that may hold a token."""


@dataclass(frozen=True, slots=True)
class SimRequest:
    """Request.

    Attributes:
        method: `"GET"`, in upper case.
        path: the path from the API's root as it was sent, percent-encoded: `"/v2/user"`.
        query: the decoded parameters in their order.
        headers: the headers; their names are in lower case.
        body: the bytes of the body.

    Example:
        >>> SimRequest.of("GET", "/v2/builds?page=2", headers={"Authorization": "Bearer bkua_simulator"}).query
        (('page', '2'),)
    """

    method: str
    path: str
    query: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @classmethod
    def of(
        cls,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> SimRequest:
        """Create a request from a target such as `"/v2/builds?page=2"` and headers in any case."""
        path, _, query = target.partition("?")
        return cls(
            method.upper(),
            path,
            tuple(parse_qsl(query, keep_blank_values=True)) if query else (),
            {name.lower(): value for name, value in dict(headers).items()},
            body,
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """Arrival of an answer that is slow, or whose end is missing.

    Attributes:
        delay: the seconds before the first byte.
        head_pause: the seconds before each further piece of the head.
        head_pieces: the number of its pieces.
        body_pause: the seconds before each further piece of the body.
        body_pieces: the number of its pieces.
        length: the bytes of the body after which the connection ends; None for all of it.
    """

    delay: float = 0.0
    head_pause: float = 0.0
    head_pieces: int = 1
    body_pause: float = 0.0
    body_pieces: int = 1
    length: int | None = None

    def before_body(self) -> list[float]:
        """Return the pauses before the head is complete, in seconds."""
        return [each for each in (self.delay, *[self.head_pause] * (self.head_pieces - 1)) if each]

    def of_head(self, head: bytes) -> Iterator[tuple[float, bytes]]:
        """Yield the pieces of a head, each with the seconds before it."""
        for number, piece in enumerate(_pieces(head, self.head_pieces)):
            yield self.head_pause if number else self.delay, piece

    def of_body(self, body: bytes) -> Iterator[tuple[float, bytes]]:
        """Yield the pieces of a body that arrive, each with the seconds before it."""
        left = len(body) if self.length is None else self.length
        for number, piece in enumerate(_pieces(body, self.body_pieces)):
            if left > 0:
                yield self.body_pause if number else 0.0, piece[:left]
            left -= len(piece)

    def cuts(self, body: bytes) -> bool:
        """Return whether a body doesn't arrive whole."""
        return self.length is not None and self.length < len(body)


def _pieces(data: bytes, count: int) -> Iterator[bytes]:
    size = max(1, -(-len(data) // count))
    for start in range(0, len(data), size):
        yield data[start : start + size]


@dataclass(frozen=True, slots=True)
class SimResponse:
    """Answer: its status, its headers in order, its body, and how it arrives if that isn't at once."""

    status: int
    headers: Pairs = ()
    body: bytes = b""
    arrival: Arrival | None = None

    def header(self, name: str) -> str | None:
        """Return the value of a header, whose name may be in any case, or None."""
        lower = name.lower()
        return next((value for key, value in self.headers if key.lower() == lower), None)


class RefusedRequest(Exception):
    """Error answer to a request."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.response = json_response({"message": message, **more}, status=status)


class ConnectionDropped(Exception):
    """Dropped connection instead of an answer. `acted` tells whether the request took effect before."""

    def __init__(self, acted: bool) -> None:
        super().__init__("the simulator dropped the connection")
        self.acted = acted


def json_response(body: object, *, status: int = 200, headers: Pairs = ()) -> SimResponse:
    """Return an answer with a JSON body."""
    return raw_json_response(encoded(body), status=status, headers=headers)


def raw_json_response(body: bytes, *, status: int = 200, headers: Pairs = ()) -> SimResponse:
    """Return an answer with a JSON body that is encoded already."""
    return SimResponse(
        status,
        (("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body))), *headers),
        body,
    )


def encoded(view: object) -> bytes:
    """Encode a view as `dumps` does, in a tenth of the time."""
    try:
        return _encode(view)
    except (UnicodeEncodeError, TypeError):
        return dumps(view)


def dumps(value: object) -> bytes:
    """Encode any JSON value as Buildkite sends it: compact UTF-8. A lone surrogate becomes a question mark."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def body_too_large() -> RefusedRequest:
    """Return the refusal of a body that is longer than `MAX_BODY`."""
    return RefusedRequest(413, f"The request's body is longer than {MAX_BODY // 1024 // 1024} MiB")


def invalid(*errors: tuple[str, str]) -> RefusedRequest:
    """Return the refusal of a body with invalid fields: the name of each and what is wrong with it."""
    return RefusedRequest(422, "Validation Failed", errors=[{"field": name, "code": reason} for name, reason in errors])


def validation_failed(reason: str) -> RefusedRequest:
    """Return the refusal of a body for a reason, in one sentence."""
    return RefusedRequest(422, f"Validation failed: {reason}")


class Query:
    """Query of a request, read as leniently as Buildkite reads it.

    Of a scalar that is given twice, the last value counts. Unknown parameters are ignored.
    """

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs
        self._scalars = {key: value for key, value in pairs if value}

    def text(self, name: str) -> str | None:
        """Return a scalar; None where it is absent or empty."""
        return self._scalars.get(name)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean."""
        value = self._scalars.get(name)
        return default if value is None else value.lower() in ("true", "1", "yes", "on")

    def number(self, name: str, default: int) -> int:
        """Return a positive number; the default for anything else."""
        value = (self.text(name) or "")[:9]
        return int(value) if value.isascii() and value.isdigit() and int(value) > 0 else default

    def array(self, name: str) -> list[str]:
        """Return the values of `name[]`."""
        return [value for key, value in self.pairs if key == f"{name}[]" and value]

    def values(self, name: str) -> list[str]:
        """Return the values of `name[]` and of the scalar `name`."""
        scalar = self.text(name)
        return self.array(name) + ([scalar] if scalar is not None else [])

    def mapping(self, name: str) -> dict[str, str]:
        """Return the values of `name[key]` by key."""
        return {
            key[len(name) + 1 : -1]: value
            for key, value in self.pairs
            if key.startswith(f"{name}[") and key.endswith("]") and len(key) > len(name) + 2
        }

    def time(self, name: str) -> float | None:
        """Return an ISO 8601 date or time in seconds since the epoch.

        Raises:
            RefusedRequest: the value is neither.
        """
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse_time(value)
        except (ValueError, OverflowError):
            raise RefusedRequest(400, f"{name} isn't an ISO 8601 date or time") from None


Representation = Literal["json", "text", "html"]

_SUFFIXES: tuple[tuple[str, Representation], ...] = ((".txt", "text"), (".html", "html"), (".json", "json"))
_MEDIA_TYPES: dict[str, Representation] = {
    "application/json": "json",
    "text/plain": "text",
    "text/html": "html",
    "*/*": "json",
    "application/*": "json",
    "text/*": "text",
}


def representation(request: SimRequest) -> Representation:
    """Return the representation that the path's suffix names, else the first known one that `Accept` names."""
    path = request.path.rstrip("/")
    for suffix, named in _SUFFIXES:
        if path.endswith(suffix):
            return named
    for entry in request.headers.get("accept", "").split(","):
        accepted = _MEDIA_TYPES.get(entry.partition(";")[0].strip().lower())
        if accepted is not None:
            return accepted
    return "json"


def without_suffix(path: str) -> str:
    """Return the path of a log or an environment without the suffix that names its representation."""
    path = path.rstrip("/")
    for suffix, _ in _SUFFIXES:
        for last in ("/log", "/env"):
            if path.endswith(last + suffix):
                return path.removesuffix(suffix)
    return path
