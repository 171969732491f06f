"""REST API: it routes a request, checks its token and limits, and lets a handler answer it."""

from __future__ import annotations

from buildkite_api.operations import Operation, match

from ..engine.engine import Engine
from ..state.users import RateLimit, Token
from .handler import AnswerOptions, RoutedRequest
from .request import TOKEN_PARAMETERS, Pairs, Query, RefusedRequest, SimRequest, SimResponse, without_suffix
from .routes import HANDLERS, UNAUTHENTICATED
from .views.builds import BuildWriter
from .views.urls import Urls

__all__ = ["RestApi", "Route", "route"]

Route = tuple[Operation, dict[str, str]]
"""Operation of a request, and the values in its path."""


def route(request: SimRequest) -> Route | None:
    """Return the route of a request; None where no operation has this method and path."""
    return match(request.method, request.path) or match(request.method, without_suffix(request.path))


class RestApi:
    """REST API of an organization, without sockets and without httpx.

    Args:
        engine: changes the organization.
        options: options of the answers.

    Attributes:
        writer: writes builds, and knows the URLs that answers contain.
    """

    def __init__(self, engine: Engine, options: AnswerOptions) -> None:
        self._engine = engine
        self._organization = engine.organization
        self._options = options
        self.writer = BuildWriter(Urls("", "", engine.organization.slug), engine.organization)

    def answer(self, request: SimRequest, found: Route | None) -> SimResponse:
        """Return the answer to a request with the route that was found for it."""
        token: Token | None = None
        try:
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
                raise RefusedRequest(501, f"{said}; docs/operations.md lists what it answers")
            response = handler(
                RoutedRequest(request, operation, path, query, token, self._engine, self.writer, self._options)
            )
        except RefusedRequest as refused:
            response = refused.response
        if request.method == "HEAD":
            response = SimResponse(response.status, response.headers)
        return self.with_rate_limits(response, token)

    def with_rate_limits(self, response: SimResponse, token: Token | None = None) -> SimResponse:
        """Return an answer with the headers of both rate limits, apart from those that it has already."""
        now = self._engine.scheduler.now
        # A request without a token belongs to no user. Its answer has the headers of a user all the same.
        user = token.user if token is not None else next(iter(self._organization.users.values()))
        limits = (
            *_rate_limit_headers(self._organization.rate_limit, "RateLimit-", now),
            *_rate_limit_headers(user.rate_limit, "RateLimit-User-", now),
        )
        given = {name.lower() for name, _ in response.headers}
        added = tuple(pair for pair in limits if pair[0].lower() not in given)
        return SimResponse(response.status, (*response.headers, *added), response.body)

    def _token(self, request: SimRequest, query: Query) -> Token:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            value = next((text for name in TOKEN_PARAMETERS if (text := query.text(name))), "")
        token = self._organization.tokens.get(value.strip())
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
        if path.get("org_slug", self._organization.slug) != self._organization.slug:
            raise RefusedRequest(404, "No organization found")


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
