"""The typed bridge to the generated client: any generated module is something that can be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

import httpx

from ..errors import ConfigurationError, InvalidResponse, path_of
from ..events import Events, Hook, SchemaDrift
from ..redaction import redact_httpx_log
from ..urls import address
from ..version import __version__
from .auth import TokenAuth, origin
from .deadline import ENDS, DeadlineStage
from .middleware import OPERATION, STREAM, Connections, RaiseForStatus, Stage, Wire, compose
from .retry import RetryStage

if TYPE_CHECKING:
    from buildkite_api.client import Client
    from buildkite_api.models import Error
    from buildkite_api.operations import Operation

    from ..options import ClientOptions
    from ..runtime import Http, Runtime, Send

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

TIMEOUTS = httpx.Timeout(30.0, connect=10.0)
"""Of one attempt, in seconds; the deadline narrows them."""


FILES = "buildkite.files"
"""The extension under which a request carries the files that it sends."""


class Endpoint(Protocol[P, T_co]):
    """A generated module, such as `buildkite_api.api.builds.get_build`: what it takes, and what it gives."""

    def _get_kwargs(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]: ...

    def _parse_response(self, *, client: Client, response: httpx.Response) -> Error | T_co: ...


class Requester:
    """Sends what generated modules describe through the pipeline, in the colour of its runtime.

    One wire (a connection pool) may serve several requesters with different options.
    """

    def __init__(
        self,
        options: ClientOptions,
        runtime: Runtime,
        connections: Connections,
        *,
        hook: Hook | None,
        owner: bool = True,
    ) -> None:
        redact_httpx_log()
        self.options = options
        self.runtime = runtime
        self.events = Events(hook)
        self._connections = connections
        self._hook = hook
        self._owner = owner
        try:
            base = httpx.URL(options.base_url)
            self.origin = origin(base)
        except (httpx.InvalidURL, ValueError) as error:
            raise ConfigurationError(f"base_url {options.base_url!r} isn't an address: {error}") from error
        self._prefix = base.raw_path.decode("ascii").rstrip("/")
        self.stages: tuple[Stage, ...] = (
            RaiseForStatus(self._match),
            DeadlineStage(options.timeout),
            RetryStage(options.retry, self.events),
        )
        self._http = self._outer(
            compose(self.stages, Wire(connections.api, runtime, options.max_body), runtime),
            auth=TokenAuth(options.token, self.origin),
            base_url=options.base_url,
        )
        self._foreign_http = self._outer(
            compose(self.stages[1:], Wire(connections.foreign, runtime, options.max_body), runtime)
        )
        self._client: Client | None = None

    def copy(self, options: ClientOptions) -> Requester:
        """A requester with other options over the same connections, which stay this one's to close."""
        return Requester(options, self.runtime, self._connections, hook=self._hook, owner=False)

    async def close(self) -> None:
        """Close the connections, where they are this requester's own."""
        if self._owner:
            await self._connections.close()

    @property
    def organization(self) -> str:
        """The organization's slug."""
        if self.options.organization is None:
            raise ConfigurationError(
                'No organization: give its slug, BuildkiteClient("acme"), or set $BUILDKITE_ORGANIZATION_SLUG.'
            )
        return self.options.organization

    def module(self, group: str, operation: str) -> Any:
        """A generated module, loaded when it is first needed."""
        return import_module(f"buildkite_api.api.{group}.{operation}")

    async def call(self, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Send one operation and decode its answer."""
        response = await self.request(endpoint, *args, **kwargs)
        return self.parse(endpoint, response)

    async def call_by(self, ends: float | None, endpoint: Endpoint[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As `call`, and over by `ends` on the runtime's clock: for what is made of several calls."""
        request = self.build(endpoint, endpoint._get_kwargs(*args, **kwargs), ends=ends)
        return self.parse(endpoint, await self.send(request))

    async def request(self, endpoint: Endpoint[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> httpx.Response:
        """Send one operation and give the answer as it came: headers, HEAD, text, a 302."""
        return await self.send(self.build(endpoint, endpoint._get_kwargs(*args, **kwargs)))

    def parse(self, endpoint: Endpoint[..., T], response: httpx.Response) -> T:
        """Decode an answer of an operation."""
        try:
            # Error answers were raised below, so what is left is a T.
            return endpoint._parse_response(client=self.client, response=response)  # type: ignore[return-value]
        except ValueError as error:
            request = response.request
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
    ) -> httpx.Request:
        """The request of an operation.

        Args:
            endpoint, kwargs: the generated module, and what its `_get_kwargs` gave.
            url: replaces its own: the link to a further page.
            headers: added to its own.
            stream: leave the body on the connection for its reader.
            ends: when, on the runtime's clock, what the request is a part of has to be over.
        """
        operation = operation_of(endpoint)
        merged = {"Accept": operation.accept, **(kwargs.get("headers") or {}), **(headers or {})}
        arguments = {**kwargs, "headers": merged}
        if url is not None:
            arguments |= {"url": url, "params": None}
        files = tuple(part for _, part in (kwargs.get("files") or {}).values())
        extensions = {OPERATION: operation, STREAM: stream, ENDS: ends, FILES: files}
        return self._http.build_request(**arguments, extensions=extensions)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the API through the pipeline, signed."""
        stream = bool(request.extensions.get(STREAM))
        try:
            return await self.runtime.send(self._http, request, stream=stream)
        finally:
            for file in request.extensions.get(FILES, ()):
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
        """A request outside the typed bridge, to the API's own origin: for what somebody typed.

        Args:
            method: the HTTP method.
            path: see `paths.address`.
            params: added to its query.
            content: the body.
            headers: of the request. `Authorization` among them is replaced.

        Raises:
            ValueError: the path leads elsewhere, or it isn't one.
        """
        typed = address(path, root=self.options.base_url, organization=self.options.organization, params=params)
        try:
            url = httpx.URL(typed)
        except httpx.InvalidURL as error:
            raise ValueError(f"it isn't an address: {error}") from error
        if origin(url) != self.origin or not f"{url.path}/".startswith(f"{self._prefix}/v2/"):
            raise ValueError(f"it leads elsewhere than to {self.options.base_url}/v2")
        merged = {"Accept": "application/json, */*;q=0.9", **(headers or {})}
        found = self._match(method, url.raw_path.partition(b"?")[0].decode("ascii"))
        extensions = {OPERATION: found[0] if found else None}
        return self._http.build_request(method, url, content=content, headers=merged, extensions=extensions)

    async def send_path(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request outside the typed bridge, and give the answer as it came. See `build_path`."""
        return await self.send(self.build_path(method, path, params=params, content=content, headers=headers))

    async def send_foreign(self, url: str, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """GET something from another origin: without the token, and with its body left to read."""
        try:
            request = self._foreign_http.build_request(
                "GET", url, headers={"Accept-Encoding": "identity", **(headers or {})}, extensions={STREAM: True}
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise InvalidResponse(f"Buildkite leads to what isn't an address: {error}") from error
        return await self.runtime.send(self._foreign_http, request, stream=True)

    @property
    def client(self) -> Client:
        """The generated client, carrying the pipeline: for the generated functions themselves."""
        if self._client is None:
            from buildkite_api.client import Client
            from buildkite_api.decoding import Decoder, Drift

            def report(drift: Drift) -> None:
                self.events.emit(SchemaDrift(drift.model, drift.key, drift.kind))

            client = Client(
                base_url=self.options.base_url,
                decoder=Decoder(strict=self.options.strict, unknown=self.options.unknown, on_drift=report),
            )
            if isinstance(self._http, httpx.Client):
                client.set_httpx_client(self._http)
            else:
                client.set_async_httpx_client(self._http)
            self._client = client
        return self._client

    def _outer(self, send: Send, **arguments: Any) -> Http:
        return self.runtime.client(
            transport=self.runtime.transport(send),
            timeout=TIMEOUTS,
            trust_env=False,  # the wire below is what meets the environment
            follow_redirects=False,
            headers={"User-Agent": f"buildkite-ext/{__version__} python-httpx/{httpx.__version__}"},
            **arguments,
        )

    def _match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        from buildkite_api.operations import match

        return match(method, path.removeprefix(self._prefix))


def operation_of(endpoint: Endpoint[..., Any]) -> Operation:
    """The record of the operation that a generated module sends."""
    from buildkite_api.operations import OPERATIONS

    name: str = endpoint.__name__  # type: ignore[attr-defined]
    return OPERATIONS[name.rpartition(".")[2]]
