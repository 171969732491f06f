"""Answers that go wrong on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import responses

from .api.request import ConnectionDropped, SimResponse, dumps


@dataclass(slots=True, kw_only=True)
class Fault:
    """What happens to the next requests instead of a proper answer.

    Attributes:
        times: how many more requests it befalls.
        operation: only this operation's (`"create_build"`); None for any.
        status: the status of the answer; None where the connection breaks instead.
        headers: of the answer.
        body: of the answer: bytes as they are, or something to send as JSON.
        after_acting: the connection breaks when the request has taken effect, not before.
    """

    times: int = 1
    operation: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: object = None
    after_acting: bool = False

    def answer(self) -> SimResponse:
        """The answer that the request gets instead.

        Raises:
            ConnectionDropped: it gets none.
        """
        if self.status is None:
            raise ConnectionDropped(self.after_acting)
        kind = "text/html; charset=utf-8"
        body = self.body
        if body is None:
            body = {"message": responses.get(self.status, "Error")}
        if not isinstance(body, bytes):
            kind = "application/json; charset=utf-8"
            body = dumps(body)
        given = {name.lower() for name in self.headers}
        own = (("Content-Type", kind), ("Content-Length", str(len(body))))
        return SimResponse(
            self.status,
            (*(pair for pair in own if pair[0].lower() not in given), *self.headers.items()),
            body,
        )


class Faults:
    """The faults that are still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Have it befall the next requests."""
        if fault.times < 1:
            raise ValueError(f"times={fault.times}: a fault befalls at least one request")
        self._coming.append(fault)

    def next_for(self, *names: str) -> Fault | None:
        """The fault of a request to this operation (or to the row it belongs to), used up by one."""
        for fault in self._coming:
            if fault.operation is None or fault.operation in names:
                fault.times -= 1
                if not fault.times:
                    self._coming.remove(fault)
                return fault
        return None
