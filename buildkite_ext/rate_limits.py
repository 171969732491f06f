"""Rate limits in the headers of an answer and in the body of a 429: which of the two it hit, and when that one is reset.

And the pause that an answer advises by `Retry-After`, which Buildkite documents nowhere but proxies send.

https://buildkite.com/docs/apis/rest-api/rate-limits
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .strict_json import loads
from .timestamps import parse_http_date

if TYPE_CHECKING:
    import httpx

__all__ = [
    "LARGEST",
    "LIMITS",
    "LONGEST",
    "advised_pause",
    "is_users_limit",
    "number_of",
    "rate_limit_headers",
    "refusal_in",
    "reset_after",
]

LARGEST = 10**9
"""The largest number that is taken for one of a rate limit."""

LONGEST = 300.0
"""Seconds of the longest window that Buildkite documents, that of GraphQL. One that is said to be longer is taken to be this
long, and no pause is made that an answer wants to be longer."""

_SECONDS = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)

LIMITS = (b"ratelimit-", b"ratelimit-user-")
"""Prefixes of the headers of a limit: of the organization's, and of the user's."""


def rate_limit_headers(response: httpx.Response) -> dict[bytes, bytes]:
    """Return the headers of both limits, by their names in lower case."""
    # In one go: each question to the headers of httpx is a walk over them.
    return {key.lower(): value for key, value in response.headers.raw if key[:10].lower() == LIMITS[0]}


def is_users_limit(headers: Mapping[bytes, bytes], scope: object) -> bool | None:
    """Tell if the limit that a 429 hit is the user's. None: the answer doesn't tell.

    The scope in its body tells. Without it, the warning that stands only while a limit is exhausted does, and then what is left.

    Args:
        headers: its headers of rate limits.
        scope: the scope in its body.

    Example:
        >>> is_users_limit({b"ratelimit-remaining": b"-2", b"ratelimit-user-remaining": b"8"}, None)
        False
    """
    if isinstance(scope, str) and scope:
        scopes = [headers.get(prefix + b"scope", b"").decode("latin-1") for prefix in LIMITS]
        return scopes.index(scope) == 1 if scope in scopes else scope.endswith("_user")
    warned = [prefix + b"warning" in headers for prefix in LIMITS]
    if warned[0] != warned[1]:
        return warned[1]
    left = [number_of(headers.get(prefix + b"remaining")) for prefix in LIMITS]
    spent = [number is not None and number <= 0 for number in left]
    return spent[1] if spent[0] != spent[1] else None


def reset_after(response: httpx.Response) -> float | None:
    """Return the seconds until the limit that a 429 hit is reset; None if the answer doesn't say.

    The body's `reset` belongs to the limit that was hit. Without it, the header of that limit counts. If the answer names
    neither limit, the later one does. `Retry-After`, which Buildkite doesn't document, is the last resort.
    """
    body = refusal_in(response)
    reset = number_of(body.get("reset"))
    if reset is not None and reset >= 0:
        return reset
    headers = rate_limit_headers(response)
    organization, user = (number_of(headers.get(prefix + b"reset")) for prefix in LIMITS)
    of_user = is_users_limit(headers, body.get("scope"))
    hit, other = (user, organization) if of_user else (organization, user)
    if of_user is not None and hit is not None:
        return max(0.0, hit)
    known = [reset for reset in (hit, other) if reset is not None]
    if known:
        return max(0.0, *known)
    return advised_pause(response)


def advised_pause(response: httpx.Response) -> float | None:
    """Return the seconds that the header `Retry-After` advises to wait; None if it isn't there, or can't be used.

    It holds seconds, or a date. A date is compared with the `Date` of the answer, and without one it can't be used.
    https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3

    Example:
        >>> import httpx
        >>> advised_pause(httpx.Response(503, headers={"Retry-After": "120"}))
        120.0
        >>> date, later = "Fri, 02 Jan 2026 00:01:00 GMT", "Fri, 02 Jan 2026 00:01:30 GMT"
        >>> advised_pause(httpx.Response(503, headers={"Date": date, "Retry-After": later}))
        30.0
    """
    told = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(told):
        return max(0.0, min(float(told), float(LARGEST)))
    until, date = parse_http_date(told), parse_http_date(response.headers.get("Date"))
    return None if until is None or date is None else max(0.0, (until - date).total_seconds())


def refusal_in(response: httpx.Response) -> Mapping[str, object]:
    """Return the object in the body of a 429; an empty one if there is none."""
    try:
        body = loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def number_of(value: object) -> float | None:
    """Return the number of a header or of a body; None if it is none."""
    if isinstance(value, bytes):
        if len(value) < 10 and value.isdigit():  # as nearly each one is
            return float(value)
        value = value.decode("latin-1")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not value.isascii():
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= LARGEST else None
