"""Recorded requests, for tests to inspect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildkite_api.operations import Operation

from ..unknown_names import missing_or_raised
from .api.request import TOKEN_PARAMETERS, Pairs, SimRequest, SimResponse

__all__ = ["RecordedRequest", "record"]

_LIMIT = 20_000
"""Number of requests that are kept. When there are more, the older half is dropped."""

_BYTES_LIMIT = 200_000_000
"""Bytes of bodies that are kept. When there are more, the older half of the requests is dropped."""

_LARGE = 10_000
"""Bytes of a body that can matter for the limit: 20,000 smaller ones stay below it."""

_REDACTED = "[redacted]"

_OTHER_WORDS: Mapping[str, str | tuple[str, ...]] = {
    "json": "json.loads(request.body)",
    **dict.fromkeys(("content", "data", "text"), "body"),
    **dict.fromkeys(("url", "uri", "endpoint"), ("path", "query")),
    **dict.fromkeys(("params", "args", "query_string", "query_params"), "query"),
    **dict.fromkeys(("status_code", "code"), "status"),
    "verb": "method",
    "name": ("call", "operation"),
}
"""Words that users look for, and what each is called here."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """Request and the status of its answer. Tokens are redacted.

    Attributes:
        method: `"GET"`.
        path: the path as it was sent.
        query: the decoded parameters in their order.
        headers: the headers; their names are in lower case.
        body: the bytes of the body. The text form of the record leaves them out: they may hold secrets.
        operation: the id of the operation, such as `"create_build"`; None where no route was found.
        call: the method of the client that sends it, such as `"builds.create"`; None where `operation` is.
        status: the status of the answer; None where the connection was dropped.
    """

    method: str
    path: str
    query: Pairs
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    operation: str | None
    call: str | None
    status: int | None

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> object:
            return missing_or_raised(self, name, _OTHER_WORDS)

    @classmethod
    def of(cls, request: SimRequest, operation: Operation | None, response: SimResponse | None) -> RecordedRequest:
        """Create the record of a request."""
        return cls(
            request.method,
            request.path,
            tuple((name, _REDACTED if name in TOKEN_PARAMETERS else value) for name, value in request.query),
            {
                name: _REDACTED if name in ("authorization", "cookie") else value
                for name, value in request.headers.items()
            },
            request.body,
            operation.id if operation else None,
            operation.call if operation else None,
            response.status if response else None,
        )


def record(
    records: list[RecordedRequest], request: SimRequest, operation: Operation | None, response: SimResponse | None
) -> None:
    """Add a request to a list of records, and drop the older half of a long list."""
    records.append(RecordedRequest.of(request, operation, response))
    large = len(request.body) >= _LARGE and sum(len(each.body) for each in records) > _BYTES_LIMIT
    if large or len(records) > _LIMIT:
        del records[: len(records) // 2]
