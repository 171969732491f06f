"""Requests and answers as plain values: what the three doors hand to the core and get back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

Pairs = tuple[tuple[str, str], ...]
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class SimRequest:
    """A request.

    Attributes:
        method: `"GET"`, in capitals.
        path: as on the wire, percent-encoded, from the API's root: `"/v2/user"`.
        query: the decoded parameters in their order.
        headers: names in lower case.
        body: its bytes.

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
        """A request from a target such as `"/v2/builds?page=2"` and headers in any case."""
        path, _, query = target.partition("?")
        return cls(
            method.upper(),
            path,
            tuple(parse_qsl(query, keep_blank_values=True)),
            {name.lower(): value for name, value in dict(headers).items()},
            body,
        )


@dataclass(frozen=True, slots=True)
class SimResponse:
    """An answer: its status, its headers in order, its body."""

    status: int
    headers: Pairs = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The value of a header in any case, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Refused(Exception):
    """Ends a request with an error answer."""

    def __init__(self, status: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.response = json_response({"message": message, **more}, status=status)


class ConnectionDropped(Exception):
    """The connection breaks instead of an answer: `acted` says whether the request took effect before."""

    def __init__(self, acted: bool) -> None:
        super().__init__("the simulator dropped the connection")
        self.acted = acted


def json_response(body: object, *, status: int = 200, headers: Pairs = ()) -> SimResponse:
    """An answer with a JSON body."""
    return raw_json_response(dumps(body), status=status, headers=headers)


def raw_json_response(body: bytes, *, status: int = 200, headers: Pairs = ()) -> SimResponse:
    """An answer with a JSON body that is bytes already."""
    return SimResponse(
        status,
        (("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body))), *headers),
        body,
    )


def dumps(value: object) -> bytes:
    """JSON as Buildkite sends it: compact UTF-8. A lone surrogate becomes a question mark."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def invalid(*errors: tuple[str, str]) -> Refused:
    """The refusal of a body whose fields do not do, each named with what is wrong."""
    return Refused(422, "Validation Failed", errors=[{"field": name, "code": reason} for name, reason in errors])
