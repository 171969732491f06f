"""`buildkite-ext doctor`: find out if Buildkite can be reached, and what the token may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..exit_codes import ExitCode
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag
from ..streams import clean

if TYPE_CHECKING:
    from ...health import Health
    from ...stores.status import LimitStatus

__all__ = ["doctor"]

_AGREES = 2.0
"""Seconds by which clocks may differ that agree: servers send whole seconds, and some the time of a second ago."""


def doctor(
    *,
    json_output: Annotated[bool, Flag, Parameter(name="--json", group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Check the connection: is Buildkite reachable, is the token valid, what may it do, and what do the rate limits allow.

    Args:
        json_output: Print one JSON object.
        simulate: Check the connection to a simulator in this process instead.
    """
    from ..connection import ConnectionOptions

    connection = ConnectionOptions.of(common, common.organization, simulate=simulate)
    with connection.client(need_organization=False) as client:
        health, root = client.health(probe=True), client.options.base_url
    print(json.dumps(_as_json(health, root)) if json_output else "\n".join(_lines(health, root)))
    return ExitCode.PASSED if health.ok else ExitCode.API_ERROR


def _as_json(health: Health, root: str) -> dict[str, object]:
    from ...health import scopes_of_services

    return {
        "api": root,
        "ok": health.ok,
        "reachable": health.reachable,
        "token_valid": health.token_valid,
        "problem": health.problem,
        "clock_skew": health.clock_skew,
        "budget": {
            name: {"limit": limit.limit, "remaining": limit.remaining, "reset": limit.reset, "scope": limit.scope}
            for name, limit in (("organization", health.budget.organization), ("user", health.budget.user))
        },
        "breaker": health.breaker,
        "scopes": None if health.scopes is None else list(health.scopes),
        "services": {
            service: {"needs": list(needed), "missing": _listed(health.missing_scopes(service))}
            for service, needed in scopes_of_services().items()
        },
    }


def _listed(scopes: tuple[str, ...] | None) -> list[str] | None:
    return None if scopes is None else list(scopes)


def _lines(health: Health, root: str) -> list[str]:
    lines = [
        f"API           {clean(root)}: {_told(health.reachable, 'reachable', 'not reachable')}",
        f"Token         {_told(health.token_valid, 'valid', 'refused')}",
        f"Clock         {_clock(health.clock_skew)}",
        f"Rate limits   organization: {_limit(health.budget.organization)}; user: {_limit(health.budget.user)}",
        f"Circuit       {health.breaker or 'none'}",
    ]
    if health.problem is not None:
        lines.append(f"Problem       {clean(_sentences(health.problem))}")
    if health.scopes is not None:
        lines += _services(health)
    return lines


def _sentences(text: str) -> str:
    """Return lines as sentences on one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(
        [*(line if line.endswith((".", ":", "!", "?")) else f"{line}." for line in lines[:-1]), *lines[-1:]]
    )


def _services(health: Health) -> list[str]:
    from ...health import scopes_of_services
    from ...scopes import scope_words

    lines = [f"Scopes        {clean(', '.join(health.scopes or ())) or 'none'}", "", "What each service needs:"]
    needs = scopes_of_services()
    width = max(map(len, needs))
    for service, needed in needs.items():
        missing = health.missing_scopes(service) or ()
        words = [scope_words(scope) + (" (missing)" if scope in missing else "") for scope in needed]
        lines.append(f"  {service:<{width}}  {', '.join(words) or 'no scope'}")
    return lines


def _told(known: bool | None, yes: str, no: str) -> str:
    return "not known" if known is None else yes if known else no


def _clock(skew: float | None) -> str:
    if skew is None:
        return "not known"
    if abs(skew) < _AGREES:
        return "agrees with Buildkite's"
    return f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Buildkite's"


def _limit(limit: LimitStatus) -> str:
    if limit.remaining is None:
        return "not known"
    return f"{limit.remaining} of {limit.limit} left for {limit.reset or 0:.0f} s"
