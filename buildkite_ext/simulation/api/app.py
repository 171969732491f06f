"""REST API: it routes a request, checks its token and limits, and lets a handler answer it."""

from __future__ import annotations

import re
from dataclasses import replace

from buildkite_api.operations import Operation, match

from ..engine.engine import Engine
from ..state.ids import Ids
from ..state.users import WINDOW, RateLimit, Token
from .handler import AnswerOptions, RoutedRequest
from .lists import ListBehaviour
from .request import (
    MAX_BODY,
    TOKEN_PARAMETERS,
    Pairs,
    Query,
    RefusedRequest,
    SimRequest,
    SimResponse,
    body_too_large,
    without_suffix,
)
from .routes import HANDLERS, UNAUTHENTICATED
from .views.builds import BuildWriter
from .views.urls import Urls

__all__ = ["RestApi", "Route", "route"]

Route = tuple[Operation, dict[str, str]]
"""Operation of a request, and the values in its path."""


_PATCHED = frozenset(
    {"update_cluster", "update_cluster_queue", "update_cluster_token", "update_pipeline_schedule", "update_registry"}
)
"""Updates that are documented with PUT or POST, and for which Buildkite's own clients send PATCH."""

_GO_PATH = re.compile(r"(/v2/organizations/[^/]+/teams/[^/]+/suite)/?")
"""Path to which Buildkite's Go client posts a new test suite of a team, where the documentation has `suites`."""


def route(request: SimRequest) -> Route | None:
    """Return the route of a request; None where no operation has this method and path."""
    method, path = request.method, request.path
    if method == "POST" and (of_team := _GO_PATH.fullmatch(path)):
        path = f"{of_team[1]}s"
    found = match(method, path) or match(method, without_suffix(path))
    if found is None and method == "HEAD":  # answered as GET is, without a body
        return match("GET", path) or match("GET", without_suffix(path))
    return _patched(path) if found is None and method == "PATCH" else found


def _patched(path: str) -> Route | None:
    for documented in ("PUT", "POST"):
        found = match(documented, path)
        if found is not None and found[0].id in _PATCHED:
            return found
    return None


class RestApi:
    """REST API of an organization, without sockets and without httpx.

    Args:
        engine: changes the organization.
        options: options of the answers.
        request_ids: gives each answer its `X-Request-Id`.

    Attributes:
        writer: writes builds, and knows the URLs that answers contain.
    """

    def __init__(self, engine: Engine, options: AnswerOptions, request_ids: Ids) -> None:
        self._engine = engine
        self._request_ids = request_ids
        self._organization = engine.organization
        self._options = options
        self.writer = BuildWriter(Urls("", "", engine.organization.slug), engine.organization)

    def answer(self, request: SimRequest, found: Route | None, lists: ListBehaviour | None = None) -> SimResponse:
        """Return the answer to a request with the route that was found for it.

        Args:
            request: the request.
            found: its route.
            lists: how lists of builds behave; as the options say by default.
        """
        token: Token | None = None
        try:
            if len(request.body) > MAX_BODY:
                raise body_too_large()
            if found is None:
                raise RefusedRequest(404, "Not Found")
            operation, path = found
            query = Query(request.query)
            if operation.row not in UNAUTHENTICATED:
                token = self._token(request, query)
                self._count(token)
                self._check(operation, path, token)
            handler = HANDLERS.get(operation.row)
            if handler is None:
                said = f"The simulator doesn't answer {operation.id} ({operation.summary})"
                instead = f"in a test, simulator.answer_next(operation={operation.call!r}, body=...) does"
                raise RefusedRequest(
                    501, f"{said}; {instead}. Its documentation lists what it answers: page Operations"
                )
            options = self._options if lists is None else replace(self._options, lists=lists)
            response = handler(
                RoutedRequest(request, operation, path, query, token, self._engine, self.writer, options)
            )
        except RefusedRequest as refused:
            response = refused.response
        if request.method == "HEAD":
            response = SimResponse(response.status, response.headers)
        return self.completed(response, token)

    def completed(self, response: SimResponse, token: Token | None = None) -> SimResponse:
        """Return an answer with the headers of both rate limits and of the request's id, apart from those that it has."""
        now = self._engine.scheduler.now
        # A request without a token belongs to no user. Its answer has the headers of a user all the same.
        user = token.user if token is not None else next(iter(self._organization.users.values()))
        headers = (
            *_rate_limit_headers(self._organization.rate_limit, "RateLimit-", now),
            *_rate_limit_headers(user.rate_limit, "RateLimit-User-", now),
            ("X-Request-Id", self._request_ids.uuid()),
        )
        given = {name.lower() for name, _ in response.headers}
        if not given.isdisjoint(_COMPLETED):
            headers = tuple(pair for pair in headers if pair[0].lower() not in given)
        return SimResponse(response.status, (*response.headers, *headers), response.body)

    def limited(self, request: SimRequest, whose: str, seconds: float) -> SimResponse:
        """Return the answer to a request that the limit of the organization or of the user refuses.

        Args:
            request: the request.
            whose: `"organization"` or `"user"`.
            seconds: the seconds until the limit ends.
        """
        now = self._engine.scheduler.now
        token = self.token_of(request)
        user = token.user if token is not None else next(iter(self._organization.users.values()))
        proper, prefix = (
            (user.rate_limit, "RateLimit-User-") if whose == "user" else (self._organization.rate_limit, "RateLimit-")
        )
        used_up = replace(proper, current=proper.limit + 1, began=now + seconds - WINDOW)
        refused = _too_many_requests(used_up, now).response
        headers = (*refused.headers, *_rate_limit_headers(used_up, prefix, now))
        return SimResponse(refused.status, headers, refused.body)

    def token_of(self, request: SimRequest) -> Token | None:
        """Return the token of a request, also one that has expired; None where the organization has no such token."""
        return self._found(request, Query(request.query))

    def _found(self, request: SimRequest, query: Query) -> Token | None:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            value = next((text for name in TOKEN_PARAMETERS if (text := query.text(name))), "")
        return self._organization.tokens.get(value.strip())

    def _token(self, request: SimRequest, query: Query) -> Token:
        token = self._found(request, query)
        if token is None or (token.expires_at is not None and token.expires_at <= self._engine.now):
            raise RefusedRequest(401, "Authentication required: send a valid API access token")
        return token

    def _count(self, token: Token) -> None:
        now = self._engine.scheduler.now
        limits = (self._organization.rate_limit, token.user.rate_limit)
        for limit in limits:
            limit.count(now)
        for limit in limits:
            if limit.exceeded:
                raise _too_many_requests(limit, now)

    def _check(self, operation: Operation, path: dict[str, str], token: Token) -> None:
        if not token.allows(operation.scope):
            raise RefusedRequest(403, f"Forbidden: the token lacks the scope {operation.scope}")
        known = token.user.id in self._organization.users
        if "org_slug" in path and (path["org_slug"] != self._organization.slug or not known):
            raise RefusedRequest(404, "No organization found")


_COMPLETED = {"x-request-id"} | {
    f"ratelimit-{whose}{name}"
    for whose in ("", "user-")
    for name in ("scope", "limit", "remaining", "reset", "warning")
}
"""Headers that each answer has, or may have, in lower case."""


def _rate_limit_headers(limit: RateLimit, prefix: str, now: float) -> Pairs:
    reset = limit.reset(now)
    pairs = (
        (f"{prefix}Scope", limit.scope),
        (f"{prefix}Limit", str(limit.limit)),
        (f"{prefix}Remaining", str(limit.remaining)),
        (f"{prefix}Reset", str(reset)),
    )
    if limit.remaining:
        return pairs
    return (
        *pairs,
        (f"{prefix}Warning", f"The limit of the scope {limit.scope} is used up for {reset} seconds."),
    )


def _too_many_requests(limit: RateLimit, now: float) -> RefusedRequest:
    reset = limit.reset(now)
    return RefusedRequest(
        429,
        f"You have used up your API requests. Wait {reset} seconds before you send more.",
        scope=limit.scope,
        limit=limit.limit,
        current=limit.current,
        reset=reset,
    )
