"""Requester: the typed bridge to the generated client, for any generated module."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar
from urllib.parse import urlencode

import httpx

from .._decompression import ACCEPT_ENCODING
from ..errors import CircuitOpen, ConfigurationError, InvalidResponse, WriteRefused
from ..redaction import hide_secrets, redact_httpx_log, redactor_of, without_used_tokens
from ..references import refuse_page
from ..stores.limits import Budget
from ..strict_json import dumps
from ..urls import Origin, Params, address, origin, path_of, path_refused, query_of
from ..version import __version__
from .auth import SignStage
from .breaker import CircuitBreakerStage
from .budget import BudgetStage, token_identity
from .context import RequestContext, context_of
from .deadline import DEFAULT_TIMEOUT, DeadlineStage
from .middleware import Additions, Invalidation, RaiseForStatus, ReadOnly, Stage, UserStages, compose
from .retry import Retry, RetryStage
from .trace import TraceAttempt, TraceCall
from .wire import Wire

if TYPE_CHECKING:
    from buildkite_api.client import Client
    from buildkite_api.models import Error
    from buildkite_api.operations import Operation

    from ..options import ClientOptions
    from ..runtime import Http
    from ..stores.base import Store
    from ..stores.circuits import CircuitState
    from ..stores.entries import CacheStats, Change
    from ..stores.recent_actions import RecentActions
    from ..stores.status import BudgetStatus
    from ..telemetry.base import Attributes, Span
    from .shared import SharedState

__all__ = ["Endpoint", "Requester", "checked_endpoint", "operation_of"]

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_NO_RETRY = Retry(attempts=1)

_METHOD = re.compile(r"[A-Za-z]+")

_TIMEOUTS = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": None}
"""Timeouts of one attempt, in seconds. The deadline shortens them. An attempt begins when it has a connection: only the
deadline limits the time in the queue for one."""

_EXTENSIONS = {"timeout": _TIMEOUTS}

_NO_BODY = frozenset({"method", "url", "params", "headers"})
"""Arguments of a generated module's request that tell nothing of its body."""


class Endpoint(Protocol[P, T_co]):
    """Generated module, such as `buildkite_api.api.builds.get_build`, with the types of its arguments and its answer."""

    def _get_kwargs(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]: ...

    def _parse_response(self, *, client: Client, response: httpx.Response) -> Error | T_co: ...


class Requester:
    """Sender of requests. It builds them as generated modules describe, and sends them through the stages.

    Requesters with different options may share their connections: see `SharedState`.
    """

    def __init__(self, options: ClientOptions, shared: SharedState, *, owner: bool = True) -> None:
        redact_httpx_log()
        self.options = options
        self.runtime = runtime = shared.runtime
        self.events = shared.events
        self._shared = shared
        self._owner = owner
        self.origin, self._prefix, self._host = _root_of(options.base_url)
        self._headers = _headers_of(options.user_agent)
        deadline = DeadlineStage(options.timeout, from_admission=options.timeout is DEFAULT_TIMEOUT)
        retry, foreign_retry = (
            RetryStage(options.retry or _NO_RETRY, self.events, shared.quota, budget, shared.closing)
            for budget in (options.budget, None)
        )
        actor = token_identity(options.token)
        sign = SignStage(options.token, self.origin)
        api, foreign = (
            Wire(transport, runtime, max_body=options.max_body, rate=options.minimum_rate)
            for transport in (shared.api, shared.foreign)
        )
        self._budget = BudgetStage(
            options.budget or Budget(),
            priority=options.priority,
            store=shared.store,
            lines=shared.lines,
            token=options.token,
            sign=sign,
            ask=compose((sign,), api, runtime),
            root=options.base_url,
            organization=options.organization,
            events=self.events,
            closing=shared.closing,
        )
        cache = self._cache_stage(sign, actor)
        budget = self._budget if options.budget else None
        self._breaker: CircuitBreakerStage | None = None
        if options.breaker is not None:
            self._breaker = CircuitBreakerStage(
                options.breaker, shared.store, options.base_url, self.events, admission=budget is not None
            )
        telemetry = shared.telemetry
        self._trace = TraceCall(
            self._match,
            self.events,
            actor=None if callable(options.token) else actor,
            telemetry=telemetry,
            seen=shared.seen,
            budget=budget,
            breaker=self._breaker,
        )
        stages: list[Stage | None] = [
            RaiseForStatus(self._match),
            ReadOnly(self._trace.refused) if options.read_only else None,
            self._trace,
            Additions(options.headers or {}, options.query or {}) if options.headers or options.query else None,
            deadline,
            UserStages(options.stages, self._match, read_only=options.read_only) if options.stages else None,
            shared.closing,
            Invalidation(shared.store, options.base_url, self._prefix, keeps=cache is not None),
            cache,
            self._breaker,
            retry,
            budget,
            sign,
            None if telemetry is None else TraceAttempt(telemetry, api=True),
        ]
        self.stages: tuple[Stage, ...] = tuple(stage for stage in stages if stage is not None)
        self._path = compose(self.stages, api, runtime)
        # Storage that artifacts redirect to gets the deadline and the retries, and neither token nor API errors.
        attempt = () if telemetry is None else (TraceAttempt(telemetry, api=False),)
        self._foreign_path = compose((deadline, foreign_retry, *attempt), foreign, runtime)
        self._client: Client | None = None
        self._http: Http | None = None

    def _cache_stage(self, sign: SignStage, actor: str) -> Stage | None:
        """Return the stage that keeps and shares answers; None if neither is asked for."""
        options, shared = self.options, self._shared
        if options.cache is None and not options.coalesce:
            return None
        from .cache import CacheStage  # here: most clients have none

        return CacheStage(
            options.cache,
            flights=shared.flights if options.coalesce else None,
            store=shared.store,
            root=options.base_url,
            prefix=self._prefix,
            identity=None if callable(options.token) else actor,
            sign=sign,
            max_body=options.max_body,
            alike=(
                options.retry,
                options.budget,
                options.breaker,
                options.priority,
                options.max_body,
                options.minimum_rate,
            ),
        )

    def copy(self, options: ClientOptions) -> Requester:
        """Return a requester with other options over the same connections, which only the original closes."""
        return Requester(options, self._shared, owner=False)

    def within(self, organization: str) -> Requester:
        """Return a requester for an organization: this one if it is for that one, else a copy."""
        if organization == self.options.organization:
            return self
        return self.copy(replace(self.options, organization=organization))

    async def pause(self, seconds: float) -> None:
        """Pause between two polls. The pause ends at once when the client is closed: the next poll raises ClientClosed."""
        await self._shared.closing.pause(seconds, self.runtime)

    def on_close(self, function: Callable[[], None]) -> Callable[[], None]:
        """Have a function called when the client is closed; see `Closing.tell`."""
        return self._shared.closing.tell(function)

    async def close(self) -> None:
        """Close the connections, unless this is a copy."""
        if self._owner:
            await self._shared.close()

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[Span | None]:
        """Return a span of work of several requests; without telemetry one that is None."""
        telemetry = self._shared.telemetry
        return nullcontext() if telemetry is None else telemetry.span(name, attributes)

    @property
    def budget(self) -> BudgetStatus:
        """What is known of the rate limits."""
        return self._budget.status(self.runtime.now())

    @property
    def cache_stats(self) -> CacheStats:
        """Counts of the cache, and of the answers that were shared."""
        return replace(self._shared.store.cache_stats(), shared=self._shared.flights.joined)

    @property
    def store(self) -> Store:
        """Store that the client shares with others."""
        return self._shared.store

    @property
    def recent_actions(self) -> RecentActions:
        """What this client and its copies did to builds lately."""
        return self._shared.recent_actions

    async def change(self, change: Change) -> None:
        """Drop the kept answers that a change makes wrong."""
        await self._shared.store.change(change, self.runtime)

    @property
    def circuit(self) -> CircuitState | None:
        """State of the circuit of the client's organization; None without a circuit breaker."""
        return (
            None if self._breaker is None else self._breaker.state(self.options.organization or "", self.runtime.now())
        )

    @property
    def organization(self) -> str:
        """Slug of the organization."""
        if self.options.organization is None:
            raise ConfigurationError(
                'No organization: give its slug, BuildkiteClient("acme"), or set $BUILDKITE_ORGANIZATION_SLUG.'
            )
        return self.options.organization

    def module(self, group: str, operation: str) -> Any:
        """Return a generated module, which is loaded when it is first needed."""
        return import_module(f"buildkite_api.api.{group}.{operation}")

    async def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send one operation and decode its answer."""
        response = await self.request(endpoint, *args, **kwargs)
        return self.parse(endpoint, response)

    async def call_by(self, ends: float | None, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send one operation and decode its answer, by `ends` on the runtime's clock: see `send_by`.

        The answer is never one that is kept: workflows wait for a change.
        """
        request = self.build(endpoint, endpoint._get_kwargs(*args, **kwargs), ends=ends, fresh=True)
        return self.parse(endpoint, await self.send_by(ends, request))

    async def call_fresh(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send one operation and decode its answer, which is never one that is kept."""
        request = self.build(endpoint, endpoint._get_kwargs(*args, **kwargs), fresh=True)
        return self.parse(endpoint, await self.send(request))

    async def send_by(self, ends: float | None, request: httpx.Request) -> httpx.Response:
        """Send a request of a workflow that polls, such as a wait, by `ends` on the runtime's clock.

        It gives way to other requests at the rate limits. While the circuit is open, it waits.
        """
        context_of(request).priority = "background"
        while True:
            try:
                return await self.send(request)
            except CircuitOpen as error:
                if ends is not None and self.runtime.now() + error.retry_after >= ends:
                    raise
                await self.pause(error.retry_after)
                self._shared.closing.check()

    def refuse_write(
        self,
        method: str,
        *writes: str,
        at: Sequence[object],
        details: Mapping[str, str | None] | None = None,
    ) -> None:
        """Refuse a method that could change something before any of its requests, if the client is read-only.

        Args:
            method: the name of the method.
            writes: the ids of the operations that it could send. Each is audited as refused.
            at: the values of the first parameters of their paths.
            details: see `WriteAudited`; None for a value that isn't known.

        Raises:
            WriteRefused: it is.
        """
        if not self.options.read_only:
            return
        from buildkite_api.operations import OPERATIONS

        for write in writes:
            self._trace.tell_refused(OPERATIONS[write], at, details or {}, error="WriteRefused")
        raise WriteRefused(
            f"{method}: the client is read-only, so nothing was sent. with_options(read_only=False) allows it."
        )

    @contextmanager
    def reads_before(
        self, write: str, *, at: Sequence[object], details: Mapping[str, str | None] | None = None
    ) -> Iterator[None]:
        """Return a context for what a method does before it writes. If that fails, the write is audited as refused.

        Args:
            write: the id of the operation that the method is for.
            at, details: as for `refuse_write`.
        """
        try:
            yield
        except BaseException as error:
            from buildkite_api.operations import OPERATIONS

            self._trace.tell_refused(OPERATIONS[write], at, details or {}, error=type(error).__name__)
            raise

    async def request(self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> httpx.Response:
        """Send one operation and return its answer undecoded: headers, the answer to HEAD, text, a 302."""
        return await self.send(self.build(endpoint, endpoint._get_kwargs(*args, **kwargs)))

    def parse(self, endpoint: Endpoint[..., T], response: httpx.Response) -> T:
        """Decode an answer of an operation."""
        try:
            # Error answers were raised by a stage, so the result is a T.
            return endpoint._parse_response(client=self.client, response=response)  # type: ignore[return-value]
        except ValueError as error:
            request = response.request
            hide_secrets(error, redactor_of(request))
            raise InvalidResponse(f"{request.method} {path_of(request)}: {error}") from error

    def build(
        self,
        endpoint: Endpoint[..., Any],
        kwargs: Mapping[str, Any],
        *,
        url: httpx.URL | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        ends: float | None = None,
        fresh: bool = False,
    ) -> httpx.Request:
        """Build the request of an operation.

        Args:
            endpoint, kwargs: the generated module, and the result of its `_get_kwargs`.
            url: replaces its own URL, by the link to a further page.
            headers: added to its own headers.
            stream: leave the body on the connection for its reader.
            ends: end of the workflow that the request is a part of, on the runtime's clock.
            fresh: take no answer that is kept, or on its way already.
        """
        operation = operation_of(endpoint)
        host = self._host if url is None else _host_of(url)
        merged = _headers_of(self.options.user_agent, operation.accept, host)
        if headers or "headers" in kwargs:
            merged = merged.copy()
            merged.update(kwargs.get("headers"))
            merged.update(headers)
        if url is None:
            # The query is a part of the URL: httpx would parse that again to add it.
            params = kwargs.get("params")
            query = f"?{urlencode(params, doseq=True)}" if params else ""
            url = _parsed(f"{self.options.base_url}{kwargs['url']}{query}")
        if kwargs["method"] == "get":
            request = _get(url, merged)
        else:
            body = {name: value for name, value in kwargs.items() if name not in _NO_BODY}
            request = httpx.Request(kwargs["method"], url, headers=merged, extensions=_EXTENSIONS, **body)
        files = tuple(part for _, part in kwargs["files"].values()) if kwargs.get("files") else ()
        return RequestContext(operation, stream=stream, ends=ends, fresh=fresh, files=files).attach(request)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the API through the stages, signed."""
        try:
            return await self._path(request)
        finally:
            for file in context_of(request).files:
                file.close()

    def build_path(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """Build a request to a path that a user typed, outside the typed bridge, to the API's own origin.

        Args:
            method: the HTTP method.
            path: see `urls.address`.
            params: added to its query.
            content: the body.
            headers: of the request. `Authorization` among them is replaced.

        Raises:
            ValueError: the path leads outside the API, or it isn't a path.
        """
        refuse_page(path, root=self.options.base_url)
        typed = address(path, root=self.options.base_url, organization=self.options.organization, params=params)
        try:
            url = httpx.URL(typed)
        except httpx.InvalidURL as error:
            raise ValueError(f"it isn't a URL: {error}") from error
        if origin(url) != self.origin or not f"{url.path}/".startswith(f"{self._prefix}/v2/"):
            raise ValueError(f"it leads outside {self.options.base_url}/v2")
        merged = _headers_of(self.options.user_agent, "application/json, */*;q=0.9", self._host).copy()
        merged.update(headers)
        if method == "GET" and content is None:
            request = _get(url, merged)
        else:
            request = httpx.Request(method, url, content=content, headers=merged, extensions=_EXTENSIONS)
        context_of(request, self._match)
        return request

    async def request_path(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request to a path that a user typed, and return its answer undecoded.

        Raises:
            TypeError, ValueError: an argument can't be sent. Nothing was sent.
        """
        merged = httpx.Headers(headers)
        if json is not None:
            if content is not None:
                raise TypeError("json= and content= are two bodies: give one of them")
            content = dumps(json, name="json")
            merged.setdefault("Content-Type", "application/json")
        if not _METHOD.fullmatch(method):
            raise ValueError(f'method={method!r} isn\'t an HTTP method: write request("GET", "organizations/{{org}}")')
        try:
            request = self.build_path(method.upper(), path, params=query_of(params), content=content, headers=merged)
        except ValueError as error:
            raise path_refused(path, error) from None
        return await self.send(request)

    async def send_foreign(self, url: httpx.URL, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """GET a file from another origin, without the token. Its body stays on the connection for its reader."""
        merged = _headers_of(self.options.user_agent, None, _host_of(url)).copy()
        merged.update({"Accept-Encoding": "identity", **(headers or {})})
        return await self._foreign_path(RequestContext(stream=True).attach(_get(url, merged)))

    @property
    def client(self) -> Client:
        """Generated client with the decoder."""
        if self._client is None:
            from buildkite_api.client import Client
            from buildkite_api.decoding import Decoder, Drift

            def report(drift: Drift) -> None:
                from ..events import SchemaDrift  # here: most answers are as described

                self.events.emit(SchemaDrift(drift.model, without_used_tokens(drift.key), drift.kind))

            self._client = Client(
                base_url=self.options.base_url,
                decoder=Decoder(strict=self.options.strict, unknown=self.options.unknown, on_drift=report),
            )
        return self._client

    @property
    def raw(self) -> Client:
        """Generated client for the generated functions. Its requests take the path of every request."""
        if self._http is not None and not self._http.is_closed:
            return self.client
        self._http = http = self.runtime.client(
            self._path, base_url=self.options.base_url, headers=self._headers, timeouts=_TIMEOUTS
        )
        if isinstance(http, httpx.Client):
            return self.client.set_httpx_client(http)
        return self.client.set_async_httpx_client(http)

    def _match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        from buildkite_api.operations import match

        return match(method, path.removeprefix(self._prefix))


@lru_cache(maxsize=64)
def _root_of(base_url: str) -> tuple[Origin, str, str]:
    """Return the origin of the API, the path in front of its `/v2`, and its host as the header of requests."""
    try:
        base = httpx.URL(base_url)
        return origin(base), base.raw_path.decode("ascii").rstrip("/"), _host_of(base)
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigurationError(f"base_url {base_url!r} isn't a URL: {error}") from error


@lru_cache(maxsize=64)
def _headers_of(user_agent: str | None, accept: str | None = None, host: str | None = None) -> httpx.Headers:
    """Return the headers of requests, with the names of the user's program and of this package. Each request copies them."""
    own = f"buildkite-ext/{__version__} python-httpx/{httpx.__version__}"
    headers = {
        "Host": host,
        "Accept-Encoding": ACCEPT_ENCODING,
        "Connection": "keep-alive",
        "User-Agent": own if user_agent is None else f"{user_agent.strip()} {own}",
        "Accept": accept,
    }
    return httpx.Headers({name: value for name, value in headers.items() if value is not None})


def _host_of(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")


def _get(url: httpx.URL, headers: httpx.Headers) -> httpx.Request:
    """Return a GET with all its headers. httpx would look for those that a body needs, which takes longer than the rest."""
    request = httpx.Request("GET", url, headers=headers, stream=httpx.ByteStream(b""), extensions=_EXTENSIONS)
    request.read()
    return request


def checked_endpoint(endpoint: object, method: str) -> None:
    """Check that an argument is a generated module.

    Raises:
        TypeError: it isn't one.
    """
    if not hasattr(endpoint, "_get_kwargs"):
        written = f"{endpoint!r}" if isinstance(endpoint, str) else f"a {type(endpoint).__name__}"
        raise TypeError(
            f"{method}({written}): give a module of buildkite_api.api, such as buildkite_api.api.builds.get_build. For a "
            'path write request("GET", path), or iterate(path) for a list'
        )


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Return a URL. Polls ask for the same ones again, and httpx takes a seventh of the time of a call to parse one."""
    return httpx.URL(url)


def operation_of(endpoint: Endpoint[..., Any]) -> Operation:
    """Return the record of the operation that a generated module sends."""
    name: str = endpoint.__name__  # type: ignore[attr-defined]
    return _operation(name)


@cache
def _operation(module: str) -> Operation:
    from buildkite_api.operations import OPERATIONS

    return OPERATIONS[module.rpartition(".")[2]]
