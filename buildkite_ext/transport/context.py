"""Context of a request: the data that the stages on its path share, under one extension key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, BinaryIO

from ..urls import path_of
from .sending import CONTEXT

if TYPE_CHECKING:
    import httpx
    from buildkite_api.operations import Operation
    from buildkite_api.types import Secret

    from .._sleeps import Sleeps
    from ..stores.circuits import Permit
    from ..stores.limits import Priority
    from .deadline import Deadline

__all__ = ["CircuitMoved", "Match", "RequestContext", "context_of", "organization_of"]

Match = Callable[[str, str], "tuple[Operation, dict[str, str]] | None"]
"""Function that finds the operation of a method and a path, and the values of its path parameters."""


class CircuitMoved(Exception):
    """The circuit has opened while a request waited to be sent. It never reaches a caller: the circuit breaker asks again."""


class RequestContext:
    """Context of one request, from its first stage to the wire."""

    organization: str | None = None
    """Slug of the organization in the path; None until it is asked for."""
    priority: Priority | None = None
    """Priority of the request at the rate limits; None for that of the client."""
    probe: bool = False
    """True if the request probes the API for all others, so that it waits for no rate limit."""
    permit: Permit | None = None
    """Permit of the circuit breaker for the call; None without a breaker."""
    token: Secret | None = None
    """Token of the next attempt, if a stage has asked for it already."""
    waited: float = 0.0
    """Seconds for which it has waited for the rate limit."""
    waits_since: float | None = None
    """The time since which it waits for the rate limit; None if it doesn't."""
    halted: Callable[[], bool] | None = None
    """Tells if no further attempt is allowed, since the circuit has opened since the call began."""
    answered: Callable[[], Awaitable[None]] | None = None
    """Tells the circuit breaker that Buildkite has answered a call that probes, which goes on."""
    attempts: int = 0
    """Attempts that were sent."""
    sent: bool = False
    """True if something of the last attempt may have been sent."""
    may_have_acted: bool = False
    """True if Buildkite may have done what was requested, although no answer says so."""
    passed: httpx.Request | None = None
    """Request that the stages of the user passed on; None without such stages. Of several it is a write, if there is one."""
    _values: Mapping[str, str] | None = None
    unmoved: Deadline | None = None
    """Deadline as it would be if nobody else slept."""
    sleeps: Sleeps | None = None
    """Sleeps by a virtual clock."""
    _others: float = 0.0
    """Seconds that others had slept when the request began."""

    def __init__(
        self,
        operation: Operation | None = None,
        *,
        stream: bool = False,
        ends: float | None = None,
        fresh: bool = False,
        files: tuple[BinaryIO, ...] = (),
    ) -> None:
        self.operation = operation
        """The documented operation; None for a request outside the description."""
        self.stream = stream
        """True if the body of the answer stays on the connection for its reader."""
        self.ends = ends
        """End of the workflow that the request is a part of, such as a wait, on the runtime's clock."""
        self.fresh = fresh
        """True if neither a kept answer nor that of a request that is on its way will do, as for the polls of a wait."""
        self.files = files
        """Files that the request sends."""

    @property
    def deadline(self) -> Deadline | None:
        """End of the request, set by the stage of the deadline; later by what others have slept since the request began.

        Read the clock before it: who sleeps in between moves it too.
        """
        deadline = self.unmoved
        if deadline is None or self.sleeps is None:
            return deadline
        return deadline.later(self.sleeps.others_since(self._others), latest=None)

    @deadline.setter
    def deadline(self, deadline: Deadline | None) -> None:
        self.unmoved = deadline

    def begin(self, sleeps: Sleeps | None) -> None:
        """Take in that the request begins, before the clock is read for its deadline."""
        self.sleeps = sleeps
        self._others = 0.0 if sleeps is None else sleeps.of_others()

    def attach(self, request: httpx.Request) -> httpx.Request:
        """Make this the context of a request, and return the request."""
        request.extensions[CONTEXT] = self
        return request

    def waited_at(self, now: float) -> float:
        """Return the seconds for which it has waited for the rate limit until a time."""
        since = self.waits_since
        return self.waited if since is None else self.waited + now - since

    def wait_for_limit(self, seconds: float) -> None:
        """Take in that it waits for the rate limit for some seconds. A timeout that nobody gave doesn't count them."""
        self.waited += seconds
        deadline = self.unmoved
        if deadline is not None and deadline.from_admission:
            self.unmoved = deadline.later(seconds, latest=self.ends)

    def match(self, request: httpx.Request, match: Match) -> None:
        """Take in that the request has become another one, with another method or path."""
        found = match(request.method, path_of(request))
        self.operation, self._values = found or (None, {})
        self.organization = None

    def path_values(self, request: httpx.Request, match: Match) -> Mapping[str, str]:
        """Return the values of the path parameters. The path is matched once."""
        if self._values is None:
            found = match(request.method, path_of(request))
            self._values = found[1] if found else {}
        return self._values


def context_of(request: httpx.Request, match: Match | None = None) -> RequestContext:
    """Return the context of a request. A request that a generated function built gets its operation by `match`."""
    context: RequestContext | None = request.extensions.get(CONTEXT)
    if context is None:
        context = RequestContext()
        if match:
            context.match(request, match)
        context.attach(request)
    return context


def organization_of(request: httpx.Request) -> str:
    """Return the slug of the organization in the path of a request; empty if there is none."""
    context = context_of(request)
    if context.organization is None:
        path = request.url.raw_path.decode("ascii", "replace")
        context.organization = path.partition("/organizations/")[2].partition("/")[0].partition("?")[0]
    return context.organization
