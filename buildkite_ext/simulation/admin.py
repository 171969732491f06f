"""Admin route: faults over HTTP, for clients in other languages. It exists only where a server is asked for it.

| request | effect |
|---|---|
| `GET /_simulator/faults` | the faults that are active, each with its index and count, and the simulator's time |
| `POST /_simulator/faults` | add one: a JSON object with the arguments of `Fault`; `text` is a body that isn't JSON |
| `DELETE /_simulator/faults` | remove all |
| `DELETE /_simulator/faults/0` | remove one by its index |

What can't be used is refused with 422 and a message that says why. These requests need no token and aren't recorded.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from ..unknown_names import nearest
from .api.request import RefusedRequest, SimRequest, SimResponse, json_response
from .faults import Fault, Faults

__all__ = ["AdminRoute"]

_ADMIN_PATH = "/_simulator/"
"""Beginning of the paths of the admin route."""

_FAULTS = f"{_ADMIN_PATH}faults"
_NAMES = (*(each.name for each in fields(Fault)), "text")


class AdminRoute:
    """Function that answers requests of the admin route, and hands all others on.

    Args:
        faults: the faults of the simulator.
        now: returns the simulator's time, in seconds since the epoch.
        other: answers the other requests.
    """

    def __init__(self, faults: Faults, now: Callable[[], float], other: Callable[[SimRequest], SimResponse]) -> None:
        self._faults = faults
        self._now = now
        self._other = other

    def __call__(self, request: SimRequest) -> SimResponse:
        """Answer a request."""
        if not request.path.startswith(_ADMIN_PATH):
            return self._other(request)
        try:
            return self._answer(request)
        except RefusedRequest as refused:
            return refused.response

    def _answer(self, request: SimRequest) -> SimResponse:
        path, _, index = request.path.removeprefix(_ADMIN_PATH).partition("/")
        if path != "faults" or (index and request.method != "DELETE"):
            raise RefusedRequest(404, f"The simulator's admin route is {_FAULTS}")
        match request.method:
            case "GET":
                return json_response({"now": self._now(), "faults": self._listed()})
            case "POST":
                self._faults.add(_fault(request.body))
                return json_response({"now": self._now(), "faults": self._listed()}, status=201)
            case "DELETE":
                self._remove(index)
                return SimResponse(204)
            case _:
                raise RefusedRequest(405, f"{_FAULTS} takes GET, POST and DELETE")

    def _listed(self) -> list[dict[str, object]]:
        return [
            {"index": index, "affected": self._faults.affected(fault), **_as_json(fault)}
            for index, fault in enumerate(self._faults)
        ]

    def _remove(self, index: str) -> None:
        if not index:
            self._faults.clear()
            return
        active = list(self._faults)
        if not (index.isascii() and index.isdigit() and len(index) < 10 and int(index) < len(active)):
            raise RefusedRequest(404, f"There is no fault {index[:20]!r}: GET {_FAULTS} lists those that are active")
        self._faults.remove(active[int(index)])


def _fault(body: bytes) -> Fault:
    try:
        given: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedRequest(400, "The request's body isn't JSON") from None
    if not isinstance(given, dict) or "kind" not in given:
        raise RefusedRequest(422, 'Give a JSON object with a kind, such as {"kind": "latency", "seconds": 5}')
    for name in given:
        if name not in _NAMES:
            near = nearest(name, _NAMES)
            hint = f"; did you mean {near!r}?" if near else ""
            raise RefusedRequest(422, f"{name}: a fault has no such argument{hint}")
    if "text" in given:
        text = given.pop("text")
        if not isinstance(text, str) or "body" in given:
            raise RefusedRequest(422, "text: give a text, in place of body")
        given["body"] = text.encode("utf-8", "replace")
    try:
        return Fault(**given)
    except (TypeError, ValueError) as error:
        raise RefusedRequest(422, str(error)) from None


def _as_json(fault: Fault) -> dict[str, object]:
    """Return the kind of a fault, and its arguments that aren't the defaults."""
    plain, found = Fault(fault.kind, on=fault.on), dict[str, object]()
    for each in fields(fault):
        value = getattr(fault, each.name)
        if each.name == "kind" or value != getattr(plain, each.name) or (each.name == "on" and value != "api"):
            name = "text" if each.name == "body" and isinstance(value, bytes) else each.name
            found[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return found
