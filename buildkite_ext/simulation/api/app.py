"""A request in, an answer out: who asks, what for, whether they may, and what happens."""

from __future__ import annotations

from buildkite_api.operations import Operation, match

from ..engine.engine import Engine
from ..faults import Faults
from ..parameters import Parameters
from ..recording import TOKEN_PARAMETERS, RecordedRequest, keep
from ..representation import without_suffix
from ..state.users import Token
from .handler import Call, Settings
from .request import ConnectionDropped, Pairs, Refused, SimRequest, SimResponse
from .routes import HANDLERS, UNAUTHENTICATED
from .views.builds import BuildWriter
from .views.urls import Urls


class Core:
    """Answers requests out of an organization's state. No sockets, no httpx, and no waiting.

    Args:
        engine: runs the organization.
        settings: how to answer.

    Attributes:
        writer: writes builds, and knows the addresses.
        faults: what goes wrong next.
        requests: what was asked so far.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.writer = BuildWriter(Urls("", "", engine.organization.slug))
        self.faults = Faults()
        self.requests: list[RecordedRequest] = []

    def answer(self, request: SimRequest) -> SimResponse:
        """The answer to a request, as of the engine's hour.

        Raises:
            ConnectionDropped: a fault wants it so.
        """
        found = match(request.method, request.path) or match(request.method, without_suffix(request.path))
        operation = found[0] if found else None
        response: SimResponse | None = None
        try:
            response = self._answer_or_fault(request, found)
            return response
        finally:
            keep(self.requests, RecordedRequest.of(request, operation.id if operation else None, response))

    def _answer_or_fault(self, request: SimRequest, found: tuple[Operation, dict[str, str]] | None) -> SimResponse:
        fault = self.faults.next_for(*((found[0].id, found[0].row) if found else ()))
        if fault is not None:
            if fault.after_acting and fault.status is None:
                self._answer(request, found)
                raise ConnectionDropped(acted=True)
            response = fault.answer()
            given = {name.lower() for name, _ in response.headers}
            limits = tuple(pair for pair in self._limits(None) if pair[0].lower() not in given)
            return SimResponse(response.status, (*response.headers, *limits), response.body)
        return self._answer(request, found)

    def _answer(self, request: SimRequest, found: tuple[Operation, dict[str, str]] | None) -> SimResponse:
        token: Token | None = None
        try:
            if found is None:
                raise Refused(404, "Not Found")
            operation, path = found
            query = Parameters(request.query)
            if operation.row not in UNAUTHENTICATED:
                token = self._token(request, query)
                self._count(token)
                self._check(operation, path, token)
            handler = HANDLERS.get(operation.row)
            if handler is None:
                raise Refused(501, f"The simulator doesn't answer {operation.id} ({operation.summary})")
            call = Call(request, operation, path, query, token, self.engine, self.writer, self.settings)
            response = handler(call)
        except Refused as refused:
            response = refused.response
        if request.method == "HEAD":
            response = SimResponse(response.status, response.headers)
        return SimResponse(response.status, (*response.headers, *self._limits(token)), response.body)

    def _token(self, request: SimRequest, query: Parameters) -> Token:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            value = next((text for name in TOKEN_PARAMETERS if (text := query.text(name))), "")
        token = self.engine.organization.tokens.get(value.strip())
        if token is None or (token.expires_at is not None and token.expires_at <= self.engine.now):
            raise Refused(401, "Authentication required: send a valid API access token")
        return token

    def _count(self, token: Token) -> None:
        now = self.engine.timeline.now
        windows = (self.engine.organization.window, token.user.window)
        for window in windows:
            window.count(now)
        for window in windows:
            if window.exceeded:
                raise window.refusal(now)

    def _check(self, operation: Operation, path: dict[str, str], token: Token) -> None:
        if not token.allows(operation.scope):
            raise Refused(403, f"Forbidden: the token lacks the scope {operation.scope}")
        if path.get("org_slug", self.engine.organization.slug) != self.engine.organization.slug:
            raise Refused(404, "No organization found")

    def _limits(self, token: Token | None) -> Pairs:
        now = self.engine.timeline.now
        organization = self.engine.organization
        # Whoever sends no token is nobody in particular; the headers are there all the same.
        user = token.user if token is not None else next(iter(organization.users.values()))
        return (*organization.window.headers("RateLimit-", now), *user.window.headers("RateLimit-User-", now))
