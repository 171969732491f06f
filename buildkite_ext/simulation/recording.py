"""What was asked, for tests to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .api.request import Pairs, SimRequest, SimResponse

KEPT = 20_000
"""The most that is kept; of more, the older half goes."""

TOKEN_PARAMETERS = ("access_token", "api_key")
"""Query parameters that may hold a token."""

_HIDDEN = "[redacted]"


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request and how it was answered. Tokens are not kept, only that there was one.

    Attributes:
        method: `"GET"`.
        path: as on the wire.
        query: the decoded parameters in their order.
        headers: names in lower case.
        body: the request's bytes.
        operation: the operation's id, None where no route was found.
        status: of the answer; None where the connection was dropped.
    """

    method: str
    path: str
    query: Pairs
    headers: Mapping[str, str]
    body: bytes
    operation: str | None
    status: int | None

    @classmethod
    def of(cls, request: SimRequest, operation: str | None, response: SimResponse | None) -> RecordedRequest:
        """The record of a request."""
        return cls(
            request.method,
            request.path,
            tuple((name, _HIDDEN if name in TOKEN_PARAMETERS else value) for name, value in request.query),
            {
                name: _HIDDEN if name in ("authorization", "cookie") else value
                for name, value in request.headers.items()
            },
            request.body,
            operation,
            response.status if response else None,
        )


def keep(records: list[RecordedRequest], record: RecordedRequest) -> None:
    """Add a record, and forget the oldest ones of very many."""
    records.append(record)
    if len(records) > KEPT:
        del records[: KEPT // 2]
