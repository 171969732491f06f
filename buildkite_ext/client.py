"""Clients: `BuildkiteClient`, and `AsyncBuildkiteClient` for asyncio and trio."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, Self, TypeVar, overload

import httpx
from buildkite_api.types import UNSET, Secret, Unset

from ._in_process import answers_for
from ._sync import run
from ._tracebacks import EndsAtCaller
from .options import (
    DEFAULT_BREAKER,
    DEFAULT_BUDGET,
    DEFAULT_LIMITS,
    DEFAULT_MAX_BODY,
    DEFAULT_MINIMUM_RATE,
    DEFAULT_RETRY,
    DEFAULT_TIMEOUT,
    ClientOptions,
)
from .pagination.items import AsyncItems, Items
from .redaction import unsigned
from .runtime import AsyncRuntime, BlockingRuntime
from .services._argument_errors import NamesArguments, names_keywords
from .services._generated import AsyncServices, Services
from .transport.auth import check_token
from .transport.requester import Endpoint, Requester, checked_endpoint
from .transport.shared import SharedState
from .unknown_names import missing_or_raised
from .urls import path_refused, query_of

if TYPE_CHECKING:
    from buildkite_api.client import Client

    from .clock import MonotonicClock
    from .events import Hook
    from .health import Health
    from .pagination.walker import Walker
    from .services.agents import Agents, AsyncAgents
    from .services.annotations import Annotations, AsyncAnnotations
    from .services.artifacts import Artifacts, AsyncArtifacts
    from .services.builds import AsyncBuilds, Builds
    from .services.cached_answers import AsyncCachedAnswers, CachedAnswers
    from .services.clusters import AsyncClusters, Clusters
    from .services.jobs import AsyncJobs, Jobs
    from .services.metadata import AsyncMetadata, Metadata
    from .services.organizations import AsyncOrganizations, Organizations
    from .services.packages import AsyncPackages, Packages
    from .services.pipelines import AsyncPipelines, Pipelines
    from .stores.base import Store
    from .stores.circuits import CircuitBreaker
    from .stores.entries import Cache
    from .stores.limits import Budget, Priority
    from .stores.status import BudgetStatus
    from .telemetry.base import Telemetry
    from .transport.auth import TokenSource
    from .transport.middleware import Stage
    from .transport.rates import ConnectionLimits, TransferRate
    from .transport.retry import Retry
    from .urls import Params

__all__ = ["AsyncBuildkiteClient", "BuildkiteClient", "CursorPage"]

_OTHER_WORDS: Mapping[str, str | tuple[str, ...]] = {
    "tokens": "cluster_tokens",
    "suites": "client.test_engine.suites",
    "runs": "client.test_engine.runs",
    "tests": "client.test_engine.tests",
    "organization": "client.options.organization",
    "org": "client.options.organization",
    "base_url": "client.options.base_url",
    "timeout": "client.options.timeout",
    "config": "options",
    "close": "aclose",
    "aclose": "close",
    "paginate": "iterate",
    "get": 'client.request("GET", path)',
    "post": 'client.request("POST", path, json=...)',
    "put": 'client.request("PUT", path, json=...)',
    "patch": 'client.request("PATCH", path, json=...)',
    "delete": 'client.request("DELETE", path)',
    "graphql": "another library for it: this one speaks Buildkite's REST API",
}
"""Words that users look for, and what each is called here."""

P = ParamSpec("P")
T = TypeVar("T")


class CursorPage(Protocol[T]):
    """Answer of the form `{items, links}`."""

    @property
    def items(self) -> list[T]: ...

    @property
    def links(self) -> Any: ...


class AsyncBuildkiteClient(AsyncServices):
    """Client for asyncio and trio.

    Example:
        >>> async def failed_builds() -> list[int]:
        ...     async with AsyncBuildkiteClient("acme") as buildkite:
        ...         return [build.number async for build in buildkite.builds.list("web", state="failed")]

    Args:
        organization: the slug of the organization that the services work on (default: $BUILDKITE_ORGANIZATION_SLUG).
        token: an API access token, as a string or a `Secret`, or a function, which may be async, that
            returns the current one; default: $BUILDKITE_API_TOKEN, then $BUILDKITE_TOKEN and $BUILDKITE_API_ACCESS_TOKEN.
        base_url: the API's root (default: $BUILDKITE_REST_API_ENDPOINT, then https://api.buildkite.com).
        allow_http: send the token unencrypted: with it, `base_url` may begin with `http://`, and so may the URLs of artifacts.
            Without it that is allowed for this computer alone: `localhost`, and addresses of the loopback interface.
        timeout: seconds allowed for one call, its retries and pauses included; None for no limit. Only the default one leaves
            out the time in which the call waits for a rate limit.
        retry: the policy by which requests are sent again; None for never.
        budget: the policy towards the rate limits; None sends each request at once, whatever they say.
        breaker: the policy of the circuit breaker; None for none.
        priority: `background` for a program that leaves room to others: its requests are spread over the window of a limit.
        cache: the policy by which answers are kept; None for none.
        coalesce: let identical reads that are on their way at the same time share one request.
        read_only: refuse every request that could change something.
        stages: your own stages of a request's path: see `buildkite_ext.Stage`.
        headers: added to each request to the API.
        query: query parameters that are added to each request to the API.
        user_agent: the name of your program, which is put in front of the library's own.
        store: the state that clients share: a `MemoryStore`, or a `RedisStore` for many processes. By default all clients of
            a process share one, but not those with a `transport` or a `clock` of their own.
        transport: an httpx transport that sends the requests, for fakes and recordings. One that keeps connections is not
            shared with a forked process: make the client there.
        limits: the limits of the connections to the API, and as many to the storage of artifacts. A call that waits for one
            has begun no attempt.
        clock: the clock of deadlines and pauses, for tests.
        strict: raise an error when an answer doesn't fit the description, instead of reporting an event.
        unknown: `keep` keeps the keys that a model lacks in its `additional_properties`, which is slower.
        max_body: the maximum of bytes in an answer that is read whole; a larger one raises InvalidResponse.
        minimum_rate: the least rate of uploads and downloads; a slower one ends with ResponseLost; None for no limit.
        on_event: called with each event: the end of a request, a write for the audit, a retry, a drift from the description.
        telemetry: gets metrics and spans, such as `OpenTelemetry()` of `buildkite_ext.telemetry`; None for none.

    Raises:
        ConfigurationError: the token is missing, or an argument can't be used.
    """

    @names_keywords
    def __init__(
        self,
        organization: str | None = None,
        *,
        token: TokenSource | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        timeout: float | None = DEFAULT_TIMEOUT,
        retry: Retry | None = DEFAULT_RETRY,
        budget: Budget | None = DEFAULT_BUDGET,
        breaker: CircuitBreaker | None = DEFAULT_BREAKER,
        priority: Priority = "foreground",
        cache: Cache | None = None,
        coalesce: bool = False,
        read_only: bool = False,
        stages: Sequence[Stage] = (),
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        store: Store | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        limits: ConnectionLimits = DEFAULT_LIMITS,
        clock: MonotonicClock | None = None,
        strict: bool = False,
        unknown: Literal["ignore", "keep"] = "ignore",
        max_body: int = DEFAULT_MAX_BODY,
        minimum_rate: TransferRate | None = DEFAULT_MINIMUM_RATE,
        on_event: Hook | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        with EndsAtCaller():
            options = ClientOptions.load(
                organization,
                token=token,
                base_url=base_url,
                allow_http=allow_http,
                timeout=timeout,
                retry=retry,
                budget=budget,
                breaker=breaker,
                priority=priority,
                cache=cache,
                coalesce=coalesce,
                read_only=read_only,
                stages=stages,
                headers=headers,
                query=query,
                user_agent=user_agent,
                store=store,
                transport=transport,
                limits=limits,
                clock=clock,
                strict=strict,
                unknown=unknown,
                max_body=max_body,
                minimum_rate=minimum_rate,
                on_event=on_event,
                telemetry=telemetry,
            )
            if transport is None and (here := answers_for(options.base_url)) is not None:
                transport, clock = here.async_transport(), here.clock if clock is None else clock
            self._requester = Requester(
                options, SharedState(AsyncRuntime(clock), transport, on_event, store, telemetry, limits=limits)
            )

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> Any:
            return missing_or_raised(self, name, _OTHER_WORDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, and end waits for builds with ClientClosed.

        A copy made by `with_options` leaves the connections to its original.
        """
        await self._requester.close()

    def __repr__(self) -> str:
        return _repr(self, self.__dict__.get("_requester"))

    @property
    def options(self) -> ClientOptions:
        """Options of the client, frozen. Their repr leaves the token out."""
        return self._requester.options

    @property
    def budget(self) -> BudgetStatus:
        """What is known of the rate limits of the organization and of the user. Nothing is sent.

        Example:
            >>> def report(buildkite: AsyncBuildkiteClient) -> None:
            ...     print(buildkite.budget.user.remaining, "of", buildkite.budget.user.limit, "requests are left")

        https://buildkite.com/docs/apis/rest-api/rate-limits
        """
        return self._requester.budget

    async def health(self, *, probe: bool = False) -> Health:
        """Return the health of the client: is Buildkite reachable, is the token valid, and what do limits and circuit allow.

        Args:
            probe: send one request to ask for the token's scopes; it waits for no rate limit, and isn't sent again. By default
                nothing is sent, and what only a request can tell is None.

        Example:
            >>> async def missing(buildkite: AsyncBuildkiteClient) -> bool:
            ...     health = await buildkite.health(probe=True)
            ...     return not health.ok or "write_builds" in (health.missing_scopes("builds") or ())

        https://buildkite.com/docs/apis/rest-api/access-token
        """
        from .health import health_of

        with EndsAtCaller():
            return await health_of(self._requester, probe=probe)

    @names_keywords
    def with_options(
        self,
        *,
        organization: str | Unset | None = UNSET,
        token: TokenSource | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        retry: Retry | Unset | None = UNSET,
        budget: Budget | Unset | None = UNSET,
        breaker: CircuitBreaker | Unset | None = UNSET,
        priority: Priority | Unset = UNSET,
        cache: Cache | Unset | None = UNSET,
        coalesce: bool | Unset = UNSET,
        read_only: bool | Unset = UNSET,
        stages: Sequence[Stage] | Unset = UNSET,
        headers: Mapping[str, str] | Unset | None = UNSET,
        query: Mapping[str, str] | Unset | None = UNSET,
        user_agent: str | Unset | None = UNSET,
        strict: bool | Unset = UNSET,
        unknown: Literal["ignore", "keep"] | Unset = UNSET,
        max_body: int | Unset = UNSET,
        minimum_rate: TransferRate | Unset | None = UNSET,
    ) -> Self:
        """Return a copy with other options that shares this client's connections. It needs no closing.

        Each copy signs its requests with its own token.

        Args:
            organization, token, timeout, retry, budget, breaker, priority: as for the client itself; UNSET keeps the present
                value.
            cache, coalesce, read_only, stages, headers, query, user_agent: as for the client itself, likewise.
            strict, unknown, max_body, minimum_rate: as for the client itself, likewise.

        Example:
            >>> def patient(buildkite: AsyncBuildkiteClient) -> AsyncBuildkiteClient:
            ...     return buildkite.with_options(timeout=600)
        """
        changes = {
            "organization": organization,
            "token": token,
            "timeout": timeout,
            "retry": retry,
            "budget": budget,
            "breaker": breaker,
            "priority": priority,
            "cache": cache,
            "coalesce": coalesce,
            "read_only": read_only,
            "stages": stages,
            "headers": headers,
            "query": query,
            "user_agent": user_agent,
            "strict": strict,
            "unknown": unknown,
            "max_body": max_body,
            "minimum_rate": minimum_rate,
        }
        with EndsAtCaller():
            copy = object.__new__(type(self))
            copy._requester = _with_changes(self._requester, changes)
            return copy

    async def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call any operation of the API, typed: `await client.call(get_agent, "acme", agent_id)`.

        Args:
            endpoint: a module of `buildkite_api.api`, such as `buildkite_api.api.agents.get_agent`.
            args, kwargs: its path parameters, then its query and body.

        Returns:
            The decoded answer.

        Raises:
            BuildkiteError: see `buildkite_ext.errors`.
        """
        with EndsAtCaller() as end:
            checked_endpoint(endpoint, "call")
            with NamesArguments(end, endpoint._get_kwargs, args, kwargs):
                return await self._requester.call(endpoint, *args, **kwargs)

    @overload
    async def request(
        self,
        method: str,
        path: str,
        /,
        *,
        params: Params | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response: ...
    @overload
    async def request(self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> httpx.Response: ...
    async def request(self, endpoint: Any, /, *args: Any, **kwargs: Any) -> httpx.Response:
        """Send a request to any path of the API, or call any operation, and return the answer undecoded.

        The request takes the path of all others: token, retries, deadline, errors. A redirect isn't followed.

        Args:
            endpoint: the HTTP method, or a generated module as for `call`.
            args: the path, relative to the API's root, with or without `/v2`; `{org}` in it stands for the organization.
                For a module, its path parameters.
            kwargs: for a path, these: `params`, the query: a map or pairs, where a list is sent as `name[]=…`; `json` or
                `content`, the body; `headers`. For a module, its query and body.

        Returns:
            The answer: its status, headers, `content`, `text` and `json()`.

        Raises:
            ValueError: the path leads outside the API, or an argument can't be sent. Nothing was sent.
            BuildkiteError: see `buildkite_ext.errors`.

        Example:
            >>> async def suites(buildkite: AsyncBuildkiteClient) -> list[str]:
            ...     answer = await buildkite.request("GET", "analytics/organizations/{org}/suites", params={"per_page": 5})
            ...     return [suite["slug"] for suite in answer.json()]

        https://buildkite.com/docs/apis/rest-api
        """
        with EndsAtCaller() as end:
            if isinstance(endpoint, str):
                return _unsigned(await self._requester.request_path(endpoint, *args, **kwargs))
            checked_endpoint(endpoint, "request")
            with NamesArguments(end, endpoint._get_kwargs, args, kwargs):
                return _unsigned(await self._requester.request(endpoint, *args, **kwargs))

    @overload
    def iterate(self, endpoint: Endpoint[P, list[T]], /, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[T]: ...
    @overload
    def iterate(self, endpoint: Endpoint[P, CursorPage[T]], /, *args: P.args, **kwargs: P.kwargs) -> AsyncItems[T]: ...
    @overload
    def iterate(
        self,
        path: str,
        /,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncItems[dict[str, Any]]: ...
    def iterate(self, endpoint: Any, /, *args: Any, **kwargs: Any) -> AsyncItems[Any]:
        """Iterate over every page of any list: of an operation, or at a path.

        Args:
            endpoint: a generated module such as `list_agents`, or a path as for `request`.
            args: the path parameters of a module.
            kwargs: the query of a module; for a path `params` and `headers`, as for `request`.

        Returns:
            A lazy iterable, with `.pages()` and `.with_options(limit=, concurrency=, max_pages=)`. The items of a path are
            dicts, as they came.

        Raises:
            ValueError: the path leads outside the API, or an argument can't be sent.

        Example:
            >>> async def hosts(buildkite: AsyncBuildkiteClient) -> list[str]:
            ...     agents = buildkite.iterate("organizations/{org}/agents", params={"name": "mac"})
            ...     return [agent["hostname"] async for agent in agents]
        """
        with EndsAtCaller() as end:
            if isinstance(endpoint, str):
                return AsyncItems(_pages_of_path(self._requester, endpoint, *args, **kwargs))
            checked_endpoint(endpoint, "iterate")
            with NamesArguments(end, endpoint._get_kwargs, args, kwargs):
                return AsyncItems(_pages_of(self._requester, endpoint, args, kwargs))

    @property
    def raw(self) -> Client:
        """Generated client for the generated functions. Its requests take the same path as all others."""
        return self._requester.raw

    @cached_property
    def cache(self) -> AsyncCachedAnswers:
        """Answers that are kept, with the methods that drop them. `cache=Cache()` turns it on."""
        from .services.cached_answers import AsyncCachedAnswers

        return AsyncCachedAnswers(self._requester)

    @cached_property
    def organizations(self) -> AsyncOrganizations:
        """Organizations that the token can see."""
        from .services.organizations import AsyncOrganizations

        return AsyncOrganizations(self._requester)

    @cached_property
    def pipelines(self) -> AsyncPipelines:
        """Pipelines of the organization."""
        from .services.pipelines import AsyncPipelines

        return AsyncPipelines(self._requester)

    @cached_property
    def builds(self) -> AsyncBuilds:
        """Builds: create, list, follow, wait, cancel, rebuild."""
        from .services.builds import AsyncBuilds

        return AsyncBuilds(self._requester)

    @cached_property
    def jobs(self) -> AsyncJobs:
        """Jobs of a build, and their logs."""
        from .services.jobs import AsyncJobs

        return AsyncJobs(self._requester)

    @cached_property
    def artifacts(self) -> AsyncArtifacts:
        """Files that jobs uploaded."""
        from .services.artifacts import AsyncArtifacts

        return AsyncArtifacts(self._requester)

    @cached_property
    def annotations(self) -> AsyncAnnotations:
        """Annotations of builds and jobs."""
        from .services.annotations import AsyncAnnotations

        return AsyncAnnotations(self._requester)

    @cached_property
    def metadata(self) -> AsyncMetadata:
        """Meta-data of builds."""
        from .services.metadata import AsyncMetadata

        return AsyncMetadata(self._requester)

    @cached_property
    def clusters(self) -> AsyncClusters:
        """Clusters and their queues."""
        from .services.clusters import AsyncClusters

        return AsyncClusters(self._requester)

    @cached_property
    def agents(self) -> AsyncAgents:
        """Agents that are connected."""
        from .services.agents import AsyncAgents

        return AsyncAgents(self._requester)

    @cached_property
    def packages(self) -> AsyncPackages:
        """Packages of registries."""
        from .services.packages import AsyncPackages

        return AsyncPackages(self._requester)


class BuildkiteClient(Services):
    """Client for code that isn't async. Threads may share it.

    Example:
        >>> def failed_builds() -> list[int]:
        ...     with BuildkiteClient("acme") as buildkite:
        ...         return [build.number for build in buildkite.builds.list("web", state="failed")]

    Args:
        organization: the slug of the organization that the services work on (default: $BUILDKITE_ORGANIZATION_SLUG).
        token: an API access token, as a string or a `Secret`, or a function that returns the current one; default:
            $BUILDKITE_API_TOKEN, then $BUILDKITE_TOKEN and $BUILDKITE_API_ACCESS_TOKEN.
        base_url: the API's root (default: $BUILDKITE_REST_API_ENDPOINT, then https://api.buildkite.com).
        allow_http: send the token unencrypted: with it, `base_url` may begin with `http://`, and so may the URLs of artifacts.
            Without it that is allowed for this computer alone: `localhost`, and addresses of the loopback interface.
        timeout: seconds allowed for one call, its retries and pauses included; None for no limit. Only the default one leaves
            out the time in which the call waits for a rate limit.
        retry: the policy by which requests are sent again; None for never.
        budget: the policy towards the rate limits; None sends each request at once, whatever they say.
        breaker: the policy of the circuit breaker; None for none.
        priority: `background` for a program that leaves room to others: its requests are spread over the window of a limit.
        cache: the policy by which answers are kept; None for none.
        coalesce: let identical reads that are on their way at the same time share one request.
        read_only: refuse every request that could change something.
        stages: your own stages of a request's path: see `buildkite_ext.Stage`.
        headers: added to each request to the API.
        query: query parameters that are added to each request to the API.
        user_agent: the name of your program, which is put in front of the library's own.
        store: the state that clients share: a `MemoryStore`, or a `RedisStore` for many processes. By default all clients of
            a process share one, but not those with a `transport` or a `clock` of their own.
        transport: an httpx transport that sends the requests, for fakes and recordings. One that keeps connections is not
            shared with a forked process: make the client there.
        limits: the limits of the connections to the API, and as many to the storage of artifacts. A call that waits for one
            has begun no attempt.
        clock: the clock of deadlines and pauses, for tests.
        strict: raise an error when an answer doesn't fit the description, instead of reporting an event.
        unknown: `keep` keeps the keys that a model lacks in its `additional_properties`, which is slower.
        max_body: the maximum of bytes in an answer that is read whole; a larger one raises InvalidResponse.
        minimum_rate: the least rate of uploads and downloads; a slower one ends with ResponseLost; None for no limit.
        on_event: called with each event: the end of a request, a write for the audit, a retry, a drift from the description.
        telemetry: gets metrics and spans, such as `OpenTelemetry()` of `buildkite_ext.telemetry`; None for none.

    Raises:
        ConfigurationError: the token is missing, or an argument can't be used.
    """

    @names_keywords
    def __init__(
        self,
        organization: str | None = None,
        *,
        token: str | Secret | Callable[[], str | Secret] | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        timeout: float | None = DEFAULT_TIMEOUT,
        retry: Retry | None = DEFAULT_RETRY,
        budget: Budget | None = DEFAULT_BUDGET,
        breaker: CircuitBreaker | None = DEFAULT_BREAKER,
        priority: Priority = "foreground",
        cache: Cache | None = None,
        coalesce: bool = False,
        read_only: bool = False,
        stages: Sequence[Stage] = (),
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        user_agent: str | None = None,
        store: Store | None = None,
        transport: httpx.BaseTransport | None = None,
        limits: ConnectionLimits = DEFAULT_LIMITS,
        clock: MonotonicClock | None = None,
        strict: bool = False,
        unknown: Literal["ignore", "keep"] = "ignore",
        max_body: int = DEFAULT_MAX_BODY,
        minimum_rate: TransferRate | None = DEFAULT_MINIMUM_RATE,
        on_event: Hook | None = None,
        telemetry: Telemetry | None = None,
    ) -> None:
        with EndsAtCaller():
            options = ClientOptions.load(
                organization,
                token=token,
                base_url=base_url,
                allow_http=allow_http,
                timeout=timeout,
                retry=retry,
                budget=budget,
                breaker=breaker,
                priority=priority,
                cache=cache,
                coalesce=coalesce,
                read_only=read_only,
                stages=stages,
                headers=headers,
                query=query,
                user_agent=user_agent,
                store=store,
                transport=transport,
                limits=limits,
                clock=clock,
                strict=strict,
                unknown=unknown,
                max_body=max_body,
                minimum_rate=minimum_rate,
                on_event=on_event,
                telemetry=telemetry,
            )
            if transport is None and (here := answers_for(options.base_url)) is not None:
                transport, clock = here.transport(), here.clock if clock is None else clock
            self._requester = Requester(
                options, SharedState(BlockingRuntime(clock), transport, on_event, store, telemetry, limits=limits)
            )

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> Any:
            return missing_or_raised(self, name, _OTHER_WORDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, and end waits for builds with ClientClosed.

        A copy made by `with_options` leaves the connections to its original.
        """
        run(self._requester.close())

    def __repr__(self) -> str:
        return _repr(self, self.__dict__.get("_requester"))

    @property
    def options(self) -> ClientOptions:
        """Options of the client, frozen. Their repr leaves the token out."""
        return self._requester.options

    @property
    def budget(self) -> BudgetStatus:
        """What is known of the rate limits of the organization and of the user. Nothing is sent.

        Example:
            >>> def report(buildkite: BuildkiteClient) -> None:
            ...     print(buildkite.budget.user.remaining, "of", buildkite.budget.user.limit, "requests are left")

        https://buildkite.com/docs/apis/rest-api/rate-limits
        """
        return self._requester.budget

    def health(self, *, probe: bool = False) -> Health:
        """Return the health of the client: is Buildkite reachable, is the token valid, and what do limits and circuit allow.

        Args:
            probe: send one request to ask for the token's scopes; it waits for no rate limit, and isn't sent again. By default
                nothing is sent, and what only a request can tell is None.

        Example:
            >>> def missing(buildkite: BuildkiteClient) -> bool:
            ...     health = buildkite.health(probe=True)
            ...     return not health.ok or "write_builds" in (health.missing_scopes("builds") or ())

        https://buildkite.com/docs/apis/rest-api/access-token
        """
        from .health import health_of

        with EndsAtCaller():
            return run(health_of(self._requester, probe=probe))

    @names_keywords
    def with_options(
        self,
        *,
        organization: str | Unset | None = UNSET,
        token: TokenSource | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        retry: Retry | Unset | None = UNSET,
        budget: Budget | Unset | None = UNSET,
        breaker: CircuitBreaker | Unset | None = UNSET,
        priority: Priority | Unset = UNSET,
        cache: Cache | Unset | None = UNSET,
        coalesce: bool | Unset = UNSET,
        read_only: bool | Unset = UNSET,
        stages: Sequence[Stage] | Unset = UNSET,
        headers: Mapping[str, str] | Unset | None = UNSET,
        query: Mapping[str, str] | Unset | None = UNSET,
        user_agent: str | Unset | None = UNSET,
        strict: bool | Unset = UNSET,
        unknown: Literal["ignore", "keep"] | Unset = UNSET,
        max_body: int | Unset = UNSET,
        minimum_rate: TransferRate | Unset | None = UNSET,
    ) -> Self:
        """Return a copy with other options that shares this client's connections. It needs no closing.

        Each copy signs its requests with its own token.

        Args:
            organization, token, timeout, retry, budget, breaker, priority: as for the client itself; UNSET keeps the present
                value.
            cache, coalesce, read_only, stages, headers, query, user_agent: as for the client itself, likewise.
            strict, unknown, max_body, minimum_rate: as for the client itself, likewise.

        Example:
            >>> def patient(buildkite: BuildkiteClient) -> BuildkiteClient:
            ...     return buildkite.with_options(timeout=600)
        """
        changes = {
            "organization": organization,
            "token": token,
            "timeout": timeout,
            "retry": retry,
            "budget": budget,
            "breaker": breaker,
            "priority": priority,
            "cache": cache,
            "coalesce": coalesce,
            "read_only": read_only,
            "stages": stages,
            "headers": headers,
            "query": query,
            "user_agent": user_agent,
            "strict": strict,
            "unknown": unknown,
            "max_body": max_body,
            "minimum_rate": minimum_rate,
        }
        with EndsAtCaller():
            copy = object.__new__(type(self))
            copy._requester = _with_changes(self._requester, changes)
            return copy

    def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call any operation of the API, typed: `client.call(get_agent, "acme", agent_id)`.

        Args:
            endpoint: a module of `buildkite_api.api`, such as `buildkite_api.api.agents.get_agent`.
            args, kwargs: its path parameters, then its query and body.

        Returns:
            The decoded answer.

        Raises:
            BuildkiteError: see `buildkite_ext.errors`.
        """
        with EndsAtCaller() as end:
            checked_endpoint(endpoint, "call")
            with NamesArguments(end, endpoint._get_kwargs, args, kwargs):
                return run(self._requester.call(endpoint, *args, **kwargs))

    @overload
    def request(
        self,
        method: str,
        path: str,
        /,
        *,
        params: Params | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response: ...
    @overload
    def request(self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> httpx.Response: ...
    def request(self, endpoint: Any, /, *args: Any, **kwargs: Any) -> httpx.Response:
        """Send a request to any path of the API, or call any operation, and return the answer undecoded.

        The request takes the path of all others: token, retries, deadline, errors. A redirect isn't followed.

        Args:
            endpoint: the HTTP method, or a generated module as for `call`.
            args: the path, relative to the API's root, with or without `/v2`; `{org}` in it stands for the organization.
                For a module, its path parameters.
            kwargs: for a path, these: `params`, the query: a map or pairs, where a list is sent as `name[]=…`; `json` or
                `content`, the body; `headers`. For a module, its query and body.

        Returns:
            The answer: its status, headers, `content`, `text` and `json()`.

        Raises:
            ValueError: the path leads outside the API, or an argument can't be sent. Nothing was sent.
            BuildkiteError: see `buildkite_ext.errors`.

        Example:
            >>> def suites(buildkite: BuildkiteClient) -> list[str]:
            ...     answer = buildkite.request("GET", "analytics/organizations/{org}/suites", params={"per_page": 5})
            ...     return [suite["slug"] for suite in answer.json()]

        https://buildkite.com/docs/apis/rest-api
        """
        with EndsAtCaller() as end:
            if isinstance(endpoint, str):
                return _unsigned(run(self._requester.request_path(endpoint, *args, **kwargs)))
            checked_endpoint(endpoint, "request")
            with NamesArguments(end, endpoint._get_kwargs, args, kwargs):
                return _unsigned(run(self._requester.request(endpoint, *args, **kwargs)))

    @overload
    def iterate(self, endpoint: Endpoint[P, list[T]], /, *args: P.args, **kwargs: P.kwargs) -> Items[T]: ...
    @overload
    def iterate(self, endpoint: Endpoint[P, CursorPage[T]], /, *args: P.args, **kwargs: P.kwargs) -> Items[T]: ...
    @overload
    def iterate(
        self,
        path: str,
        /,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Items[dict[str, Any]]: ...
    def iterate(self, endpoint: Any, /, *args: Any, **kwargs: Any) -> Items[Any]:
        """Iterate over every page of any list: of an operation, or at a path.

        Args:
            endpoint: a generated module such as `list_agents`, or a path as for `request`.
            args: the path parameters of a module.
            kwargs: the query of a module; for a path `params` and `headers`, as for `request`.

        Returns:
            A lazy iterable, with `.pages()` and `.with_options(limit=, concurrency=, max_pages=)`. The items of a path are
            dicts, as they came.

        Raises:
            ValueError: the path leads outside the API, or an argument can't be sent.

        Example:
            >>> def hosts(buildkite: BuildkiteClient) -> list[str]:
            ...     agents = buildkite.iterate("organizations/{org}/agents", params={"name": "mac"})
            ...     return [agent["hostname"] for agent in agents]
        """
        with EndsAtCaller() as end:
            if isinstance(endpoint, str):
                return Items(_pages_of_path(self._requester, endpoint, *args, **kwargs))
            checked_endpoint(endpoint, "iterate")
            with NamesArguments(end, endpoint._get_kwargs, args, kwargs):
                return Items(_pages_of(self._requester, endpoint, args, kwargs))

    @property
    def raw(self) -> Client:
        """Generated client for the generated functions. Its requests take the same path as all others."""
        return self._requester.raw

    @cached_property
    def cache(self) -> CachedAnswers:
        """Answers that are kept, with the methods that drop them. `cache=Cache()` turns it on."""
        from .services.cached_answers import AsyncCachedAnswers, CachedAnswers

        return CachedAnswers(AsyncCachedAnswers(self._requester))

    @cached_property
    def organizations(self) -> Organizations:
        """Organizations that the token can see."""
        from .services.organizations import AsyncOrganizations, Organizations

        return Organizations(AsyncOrganizations(self._requester))

    @cached_property
    def pipelines(self) -> Pipelines:
        """Pipelines of the organization."""
        from .services.pipelines import AsyncPipelines, Pipelines

        return Pipelines(AsyncPipelines(self._requester))

    @cached_property
    def builds(self) -> Builds:
        """Builds: create, list, follow, wait, cancel, rebuild."""
        from .services.builds import AsyncBuilds, Builds

        return Builds(AsyncBuilds(self._requester))

    @cached_property
    def jobs(self) -> Jobs:
        """Jobs of a build, and their logs."""
        from .services.jobs import AsyncJobs, Jobs

        return Jobs(AsyncJobs(self._requester))

    @cached_property
    def artifacts(self) -> Artifacts:
        """Files that jobs uploaded."""
        from .services.artifacts import Artifacts, AsyncArtifacts

        return Artifacts(AsyncArtifacts(self._requester))

    @cached_property
    def annotations(self) -> Annotations:
        """Annotations of builds and jobs."""
        from .services.annotations import Annotations, AsyncAnnotations

        return Annotations(AsyncAnnotations(self._requester))

    @cached_property
    def metadata(self) -> Metadata:
        """Meta-data of builds."""
        from .services.metadata import AsyncMetadata, Metadata

        return Metadata(AsyncMetadata(self._requester))

    @cached_property
    def clusters(self) -> Clusters:
        """Clusters and their queues."""
        from .services.clusters import AsyncClusters, Clusters

        return Clusters(AsyncClusters(self._requester))

    @cached_property
    def agents(self) -> Agents:
        """Agents that are connected."""
        from .services.agents import Agents, AsyncAgents

        return Agents(AsyncAgents(self._requester))

    @cached_property
    def packages(self) -> Packages:
        """Packages of registries."""
        from .services.packages import AsyncPackages, Packages

        return Packages(AsyncPackages(self._requester))


def _pages_of(
    requester: Requester, endpoint: Endpoint[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Walker[Any]:
    from .pagination.sources import EndpointPages  # here: a call that reads no list needs neither
    from .pagination.walker import Walker

    return Walker(EndpointPages.of(requester, endpoint, args, kwargs))


def _pages_of_path(
    requester: Requester, path: str, /, *, params: Params | None = None, headers: Mapping[str, str] | None = None
) -> Walker[Any]:
    from .pagination.sources import PathPages
    from .pagination.walker import Walker

    try:
        return Walker(PathPages.of(requester, path, params=query_of(params), headers=headers))
    except ValueError as error:
        raise path_refused(path, error) from None


def _repr(client: object, requester: Requester | None) -> str:
    """Return the repr of a client; also of one whose constructor has not ended, which debuggers show."""
    if requester is None:
        return f"<{type(client).__name__} without options>"
    return f"{type(client).__name__}({requester.options.organization!r}, base_url={requester.options.base_url!r})"


def _unsigned(response: httpx.Response) -> httpx.Response:
    """Return an answer whose request is without the token, since an answer may be pickled, logged and shown."""
    response.request = unsigned(response.request)
    return response


def _with_changes(requester: Requester, changes: Mapping[str, object]) -> Requester:
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not UNSET}
    if "token" in given and not callable(given["token"]):
        given["token"] = Secret(check_token(given["token"]))
    return requester.copy(replace(requester.options, **given))
