"""Health of a client: can it reach Buildkite, with which token, and what do limits and circuit allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from .errors import (
    AccessDenied,
    ApiError,
    BuildkiteError,
    DeadlineExceeded,
    InvalidResponse,
    NetworkError,
    Unauthorized,
)
from .redaction import redacted_text
from .scopes import grants
from .timestamps import parse_http_date
from .transport.context import context_of
from .unknown_names import nearest

if TYPE_CHECKING:
    import httpx

    from .stores.circuits import CircuitState
    from .stores.status import BudgetStatus
    from .transport.requester import Requester

__all__ = ["Health", "clock_skew", "health_of", "scopes_of_services"]

_PATIENCE = 10.0
"""Seconds allowed for the probe, unless the client allows less."""

_OPEN = "The circuit is open: calls failed in a row, so that no call is sent for a while. Call again later."


@dataclass(frozen=True, slots=True)
class Health:
    """Health of a client at a moment. What isn't known is None.

    Attributes:
        reachable: an answer of the API arrived.
        token_valid: the API accepted the token.
        scopes: the scopes of the token, sorted.
        budget: what is known of the rate limits.
        breaker: the state of the organization's circuit; None for a client without a circuit breaker.
        clock_skew: seconds by which this computer's clock is ahead of Buildkite's. Within the precision of Buildkite's answer,
            which is a second, it is 0.
        problem: what is wrong, in words: how the probe failed, or that the circuit is open; None if nothing is known to be wrong.
        ok: True if nothing is known to be wrong: there is no `problem`.

    Example:
        >>> from buildkite_ext import BuildkiteClient
        >>> health = BuildkiteClient("acme", token="bkua_example").health()
        >>> health.reachable, health.breaker, health.ok
        (None, 'closed', True)
    """

    reachable: bool | None
    token_valid: bool | None
    scopes: tuple[str, ...] | None
    budget: BudgetStatus
    breaker: CircuitState | None
    clock_skew: float | None
    problem: str | None

    @property
    def ok(self) -> bool:
        """True if nothing is known to be wrong."""
        return self.problem is None

    def missing_scopes(self, service: str) -> tuple[str, ...] | None:
        """Return the scopes that operations of a service need and the token lacks; None if the token's aren't known.

        Args:
            service: the name of the service at the client, such as `builds` or `test_engine.suites`.

        Raises:
            KeyError: no service has this name. The message gives the nearest one, or all.
        """
        services = scopes_of_services()
        needed = services.get(service)
        if needed is None:
            near = nearest(service, services)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(services)}"
            raise KeyError(f"no service is named {service!r}; {hint}")
        return None if self.scopes is None else tuple(each for each in needed if not grants(self.scopes, each))


async def health_of(requester: Requester, *, probe: bool) -> Health:
    """Return the health of a client.

    Args:
        requester: its requester.
        probe: ask the API. Otherwise nothing is sent.
    """
    circuit = requester.circuit
    known = Health(None, None, None, requester.budget, circuit, None, _OPEN if circuit == "open" else None)
    return await _probed(requester, known) if probe else known


async def _probed(requester: Requester, known: Health) -> Health:
    """Return what one request tells: the first and only attempt, which waits for no rate limit and no circuit."""
    endpoint = requester.module("access_token", "get_access_token")
    seconds = requester.options.timeout
    options = replace(
        requester.options, retry=None, breaker=None, timeout=_PATIENCE if seconds is None else min(_PATIENCE, seconds)
    )
    prober = requester.copy(options)
    request = prober.build(endpoint, endpoint._get_kwargs())
    context_of(request).probe = True
    now = requester.runtime.time
    sent = now()
    response: httpx.Response | None = None
    found = replace(known, reachable=True)
    try:
        response = await prober.send(request)
        token = prober.parse(endpoint, response)
        found = replace(
            found, token_valid=True, scopes=tuple(sorted(redacted_text(str(scope)) for scope in token.scopes))
        )
    except BuildkiteError as error:
        found = replace(found, reachable=_reachable(error), token_valid=_valid(error), problem=str(error))
        if response is None:
            response = error.response if isinstance(error, ApiError) else None
    date = None if response is None else response.headers.get("Date")
    return replace(found, budget=requester.budget, clock_skew=clock_skew(date, sent=sent, arrived=now()))


def _reachable(error: BuildkiteError) -> bool | None:
    if isinstance(error, NetworkError | DeadlineExceeded):
        return False
    return True if isinstance(error, ApiError | InvalidResponse) else None


def _valid(error: BuildkiteError) -> bool | None:
    if isinstance(error, Unauthorized):
        return False
    return True if isinstance(error, AccessDenied) else None


def clock_skew(date: str | None, *, sent: float, arrived: float) -> float | None:
    """Return the seconds by which a clock is ahead of that of a server; None if the server's time isn't known.

    Args:
        date: the header `Date` of an answer, which has whole seconds.
        sent, arrived: the times at which the request was sent and its answer arrived, in seconds since the epoch.

    Example:
        >>> date = "Thu, 01 Jan 1970 00:01:40 GMT"
        >>> [clock_skew(date, sent=100 + ahead, arrived=100.5 + ahead) for ahead in (0, 0.5, 30, -30)]
        [0.0, 0.0, 29.0, -29.5]
    """
    told = parse_http_date(date)
    if told is None:
        return None
    server = told.timestamp()
    if sent > server + 1:
        return sent - server - 1
    return min(0.0, arrived - server)


@cache
def scopes_of_services() -> Mapping[str, tuple[str, ...]]:
    """Return the scopes that the operations of each service need, by the name of the service at the client."""
    from buildkite_api.operations import OPERATIONS

    found: dict[str, set[str]] = {}
    for operation in OPERATIONS.values():
        service = operation.call.rpartition(".")[0]
        found.setdefault(service, set()).update((operation.scope or "").split("+"))
    return {service: tuple(sorted(scopes - {""})) for service, scopes in sorted(found.items())}
