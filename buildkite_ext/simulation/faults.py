"""Faults: error answers and dropped connections that a test asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import responses

from buildkite_api.operations import OPERATIONS

from .api.request import ConnectionDropped, SimResponse, dumps
from .definition.names import check_name

__all__ = ["Fault", "Faults"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """Fault of the next requests.

    Attributes:
        times: how many more requests it affects.
        operation: the only operation that it affects, such as `"create_build"`; None for any.
        status: the status of the answer; None where the connection is dropped instead.
        headers: headers of the answer.
        body: body of the answer: bytes that are sent as they are, or a value that is sent as JSON.
        after_acting: whether the connection is dropped after the request took effect.
    """

    times: int = 1
    operation: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: object = None
    after_acting: bool = False

    def answer(self) -> SimResponse:
        """Return the answer that replaces the proper one.

        Raises:
            ConnectionDropped: the fault is a dropped connection.
        """
        if self.status is None:
            raise ConnectionDropped(self.after_acting)
        content_type = "text/html; charset=utf-8"
        body = self.body
        if body is None:
            body = {"message": responses.get(self.status, "Error")}
        if not isinstance(body, bytes):
            content_type = "application/json; charset=utf-8"
            body = dumps(body)
        given = {name.lower() for name in self.headers}
        own = (("Content-Type", content_type), ("Content-Length", str(len(body))))
        return SimResponse(
            self.status,
            (*(pair for pair in own if pair[0].lower() not in given), *self.headers.items()),
            body,
        )


class Faults:
    """Faults of the next requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault.

        Raises:
            ValueError: it affects no request, its status is none, or there is no such operation.
        """
        if fault.times < 1:
            raise ValueError(f"times={fault.times}: a fault affects at least one request; give 1 or more")
        if fault.status is not None and not 200 <= fault.status <= 599:
            raise ValueError(f"status={fault.status}: the status of an answer is from 200 to 599")
        known = {name for operation in OPERATIONS.values() for name in (operation.id, operation.row)}
        if fault.operation is not None:
            check_name("operation", fault.operation, known, "operation", listed="docs/operations.md")
        self._faults.append(fault)

    def take(self, *names: str) -> Fault | None:
        """Return the fault of a request to an operation of one of these names, and count the request."""
        for fault in self._faults:
            if fault.operation is None or fault.operation in names:
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None
