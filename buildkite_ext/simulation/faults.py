"""Faults: error answers and dropped connections that a test asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import responses

from buildkite_api.operations import OPERATIONS, Operation
from buildkite_api.types import kind_of

from .api.request import ConnectionDropped, SimResponse, dumps
from .definition.checks import check_flags, check_name, check_whole, text_map

__all__ = ["Fault", "Faults", "answer_fault"]

_CALLS = frozenset(operation.call for operation in OPERATIONS.values())
_IDS = {
    **{operation.row: operation.call for operation in OPERATIONS.values()},
    **{operation.id: operation.call for operation in OPERATIONS.values()},
}
"""Ids of operations and names of their rows, each with the method that sends it."""
_LISTED = "The page Operations of the documentation"

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_HEADERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(slots=True, kw_only=True)
class Fault:
    """Fault of the next requests.

    Attributes:
        times: how many more requests it affects.
        operation: the only operation that it affects, `"builds.create"` or `"create_build"`; None for any.
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


def answer_fault(
    *,
    status: int,
    least: int,
    times: int,
    operation: str | None,
    headers: Mapping[str, str] | None,
    body: object,
) -> Fault:
    """Return a fault that answers. Its arguments are checked, apart from those that `Faults.add` checks.

    Raises:
        TypeError: an argument has another type, or the body can't be sent as JSON.
        ValueError: the status isn't from `least` to 599, or a header can't be sent.
    """
    check_whole("status", status, least=None)
    if not least <= status <= 599:
        hint = "; answer_next gives other answers" if least == 400 and 200 <= status < 400 else ""
        raise ValueError(f"status={status}: give a status from {least} to 599{hint}")
    sent = text_map("headers", headers)
    for name, value in sent.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"headers has the name {name!r}: give the name of a header, such as 'Retry-After'")
        if _NOT_IN_HEADERS.search(value):
            raise ValueError(f"headers[{name!r}] has a control character, such as a line break: give one line of text")
    if not isinstance(body, bytes):
        try:
            dumps(body)
        except (TypeError, ValueError, RecursionError) as error:
            kind = ValueError if isinstance(error, ValueError) else TypeError
            raise kind(
                f"body is {kind_of(body)} that can't be sent as JSON ({error}): give bytes or JSON values"
            ) from None
    return Fault(times=times, operation=operation, status=status, headers=sent, body=body)


class Faults:
    """Faults of the next requests, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault.

        Raises:
            TypeError: `times`, `operation` or `after_acting` has another type.
            ValueError: it affects no request, or there is no such operation.
        """
        check_whole("times", fault.times, least=1)
        check_flags(after_acting=fault.after_acting)
        if fault.operation is not None:
            check_name("operation", fault.operation, _CALLS, "operation", also=_IDS, listed=_LISTED)
        self._faults.append(fault)

    def take(self, operation: Operation | None) -> Fault | None:
        """Return the fault of a request to an operation, and count the request."""
        names = () if operation is None else (operation.call, operation.id, operation.row)
        for fault in self._faults:
            if fault.operation is None or fault.operation in names:
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                return fault
        return None
