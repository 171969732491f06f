"""Options of a client: their defaults, the environment variables that set them, and the check of their values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import SplitResult, urlsplit

from buildkite_api.types import Secret

from ._in_process import in_process
from ._tracebacks import EndsAtCaller
from .clock import are_countable
from .errors import ConfigurationError
from .messages import shown
from .redaction import is_token
from .stores.circuits import CircuitBreaker
from .stores.limits import Budget
from .transport.auth import check_token
from .transport.deadline import DEFAULT_TIMEOUT
from .transport.rates import DEFAULT_LIMITS, ConnectionLimits, TransferRate
from .transport.retry import Retry
from .urls import in_clear_text

if TYPE_CHECKING:
    from .clock import MonotonicClock
    from .events import Hook
    from .runtime import Transport
    from .stores.base import Store
    from .stores.entries import Cache
    from .stores.limits import Priority
    from .telemetry.base import Telemetry
    from .transport.auth import TokenFunction, TokenSource
    from .transport.middleware import Stage

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_BREAKER",
    "DEFAULT_BUDGET",
    "DEFAULT_LIMITS",
    "DEFAULT_MAX_BODY",
    "DEFAULT_MINIMUM_RATE",
    "DEFAULT_RETRY",
    "DEFAULT_TIMEOUT",
    "ENDPOINT_VARIABLE",
    "ORGANIZATION_VARIABLE",
    "TOKEN_VARIABLES",
    "ClientOptions",
    "client_variables",
    "normalize_base_url",
]

TOKEN_VARIABLES = ("BUILDKITE_API_TOKEN", "BUILDKITE_TOKEN", "BUILDKITE_API_ACCESS_TOKEN")
ORGANIZATION_VARIABLE = "BUILDKITE_ORGANIZATION_SLUG"
ENDPOINT_VARIABLE = "BUILDKITE_REST_API_ENDPOINT"


def client_variables(token: str, base_url: str, organization: str | None) -> dict[str, str]:
    """Return the environment variables that lead clients to an API. Without an organization, theirs stays as it is."""
    found = {TOKEN_VARIABLES[0]: token, ENDPOINT_VARIABLE: base_url}
    return found if organization is None else {**found, ORGANIZATION_VARIABLE: organization}


DEFAULT_BASE_URL = "https://api.buildkite.com"
DEFAULT_RETRY = Retry()
DEFAULT_BUDGET = Budget()
DEFAULT_BREAKER = CircuitBreaker()
DEFAULT_MAX_BODY = 256 * 1024 * 1024
DEFAULT_MINIMUM_RATE = TransferRate(bytes=1024, seconds=60.0)

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OWN_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "accept-encoding",
    }
)
"""Headers that the client sets, or that would carry another credential."""

_HEADERS = (
    "a mapping of names to printable ASCII texts, without "
    f"{', '.join(sorted(name.title() for name in _OWN_HEADERS))}, which the client sets itself"
)
_NOT_SHOWN = frozenset({"headers", "query"})
"""Options whose values may hold secrets."""

_SHARED: Mapping[str, Any] = {"shared": True}
"""Metadata of the options that a client and its copies share, so that `with_options` does not change them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """Options of a client, frozen. Their repr leaves the token out.

    A new option is a field here, a keyword of both clients, and a line of their documentation; unless it is marked as shared,
    a keyword of `with_options` as well. `tests/core/test_options.py` proves that they agree.
    """

    token: Secret | TokenFunction = field(repr=False)
    organization: str | None = None
    base_url: str = field(default=DEFAULT_BASE_URL, metadata=_SHARED)
    allow_http: bool = field(default=False, metadata=_SHARED)
    timeout: float | None = DEFAULT_TIMEOUT
    retry: Retry | None = DEFAULT_RETRY
    budget: Budget | None = DEFAULT_BUDGET
    breaker: CircuitBreaker | None = DEFAULT_BREAKER
    priority: Priority = "foreground"
    cache: Cache | None = None
    coalesce: bool = False
    read_only: bool = False
    stages: Sequence[Stage] = ()
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    query: Mapping[str, str] | None = field(default=None, repr=False)
    user_agent: str | None = None
    store: Store | None = field(default=None, repr=False, metadata=_SHARED)
    transport: Transport | None = field(default=None, repr=False, metadata=_SHARED)
    limits: ConnectionLimits = field(default=DEFAULT_LIMITS, metadata=_SHARED)
    clock: MonotonicClock | None = field(default=None, repr=False, metadata=_SHARED)
    strict: bool = False
    unknown: Literal["ignore", "keep"] = "ignore"
    max_body: int = DEFAULT_MAX_BODY
    minimum_rate: TransferRate | None = DEFAULT_MINIMUM_RATE
    on_event: Hook | None = field(default=None, repr=False, metadata=_SHARED)
    telemetry: Telemetry | None = field(default=None, repr=False, metadata=_SHARED)

    def __post_init__(self) -> None:
        if isinstance(self.organization, str) and is_token(self.organization):
            raise ConfigurationError(
                "organization= is an API token: give the organization's slug, and the token as token=, or set "
                f"${TOKEN_VARIABLES[0]}. Nothing was sent."
            )
        for name, fits, wanted in (
            ("organization", self.organization is None or _is_slug(self.organization), "the organization's slug"),
            ("allow_http", isinstance(self.allow_http, bool), "True or False"),
            ("timeout", self.timeout is None or _is_number(self.timeout), "seconds above 0, or None for no limit"),
            ("retry", self.retry is None or isinstance(self.retry, Retry), "a Retry, or None for never"),
            ("budget", self.budget is None or isinstance(self.budget, Budget), "a Budget, or None for no waits"),
            (
                "breaker",
                self.breaker is None or isinstance(self.breaker, CircuitBreaker),
                "a CircuitBreaker, or None for none",
            ),
            ("priority", self.priority in ("foreground", "background"), "'foreground' or 'background'"),
            ("cache", self.cache is None or _is_cache(self.cache), "a Cache, or None for none"),
            ("coalesce", isinstance(self.coalesce, bool), "True or False"),
            ("read_only", isinstance(self.read_only, bool), "True or False"),
            (
                "stages",
                isinstance(self.stages, Sequence) and all(map(callable, self.stages)),
                "a list of async functions that take request, send and runtime",
            ),
            ("headers", self.headers is None or _are_headers(self.headers), _HEADERS),
            ("query", self.query is None or _are_texts(self.query), "a mapping of texts to texts"),
            (
                "user_agent",
                self.user_agent is None or (_is_slug(self.user_agent) and _is_header(self.user_agent)),
                "the name of your program, such as 'deploy-bot/1.2'",
            ),
            (
                "store",
                self.store is None or hasattr(self.store, "admit"),
                "a Store, such as MemoryStore() or RedisStore(url)",
            ),
            ("limits", isinstance(self.limits, ConnectionLimits), "ConnectionLimits"),
            (
                "clock",
                self.clock is None or hasattr(self.clock, "monotonic"),
                "a MonotonicClock, such as SystemClock()",
            ),
            ("strict", isinstance(self.strict, bool), "True or False"),
            ("unknown", self.unknown in ("ignore", "keep"), "'ignore' or 'keep'"),
            ("max_body", isinstance(self.max_body, int) and _is_number(self.max_body), "bytes above 0"),
            (
                "minimum_rate",
                self.minimum_rate is None or isinstance(self.minimum_rate, TransferRate),
                "a TransferRate, or None for no limit",
            ),
            ("on_event", self.on_event is None or callable(self.on_event), "a function that takes an event"),
            (
                "telemetry",
                self.telemetry is None or hasattr(self.telemetry, "on_event"),
                "a Telemetry, such as OpenTelemetry(), or None for none",
            ),
        ):
            if not fits:
                said = "" if name in _NOT_SHOWN else shown(getattr(self, name))
                raise ConfigurationError(f"{name}={said}: give {wanted}.")

        if self.transport is not None and self.limits != DEFAULT_LIMITS:
            raise ConfigurationError("limits= is for the client's own connections: give it to your transport= instead.")

    def __getstate__(self) -> object:
        raise TypeError(
            "The options of a client hold a token, so they aren't pickled. Make a client where it is needed."
        )

    @classmethod
    def load(
        cls,
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
        transport: Transport | None = None,
        limits: ConnectionLimits = DEFAULT_LIMITS,
        clock: MonotonicClock | None = None,
        strict: bool = False,
        unknown: Literal["ignore", "keep"] = "ignore",
        max_body: int = DEFAULT_MAX_BODY,
        minimum_rate: TransferRate | None = DEFAULT_MINIMUM_RATE,
        on_event: Hook | None = None,
        telemetry: Telemetry | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> ClientOptions:
        """Return the options that arguments, then the environment, then the defaults give.

        Raises:
            ConfigurationError: the token is missing, or an argument can't be used.
        """
        with EndsAtCaller():  # no frame of an error shows the token
            environ = os.environ if environ is None else environ
            if organization is None:
                organization = environ.get(ORGANIZATION_VARIABLE, "").strip() or None
            if token is None:
                token = _token_from(environ)
            root = normalize_base_url(base_url or environ.get(ENDPOINT_VARIABLE, "").strip() or DEFAULT_BASE_URL)
            options = cls(
                token=token if callable(token) else Secret(check_token(token)),
                organization=organization,
                base_url=root,
                # What is answered in this process passes no network.
                allow_http=True if in_process(root) is not None else allow_http,
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
            _refuse_clear_text(options, source="base_url" if base_url else f"${ENDPOINT_VARIABLE}")
            return options


def _refuse_clear_text(options: ClientOptions, *, source: str) -> None:
    """Refuse a base URL to which the token would be sent unencrypted, unless that was asked for.

    Args:
        options: the options of a client.
        source: what gave the base URL, in words of the user's code.
    """
    parts = urlsplit(options.base_url)
    if in_clear_text(parts.scheme, parts.hostname or "") and not options.allow_http:
        raise ConfigurationError(
            f"{source} {options.base_url!r}: http:// would send the token unencrypted over the network. Give an https:// URL, or "
            "pass allow_http=True if everyone on the way may read it. Nothing was sent."
        )


def _is_cache(value: object) -> bool:
    from .stores.entries import Cache  # here: most clients have none

    return isinstance(value, Cache)


def _are_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _is_header(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _are_headers(value: Mapping[str, str]) -> bool:
    return _are_texts(value) and all(
        _HEADER_NAME.fullmatch(name) and name.lower() not in _OWN_HEADERS and _is_header(text)
        for name, text in value.items()
    )


def _is_slug(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0 and are_countable(value)


def normalize_base_url(url: str) -> str:
    """Return the API's root without a trailing slash or `/v2`.

    Example:
        >>> normalize_base_url("https://api.buildkite.com/v2/")
        'https://api.buildkite.com'
    """
    if not isinstance(url, str):
        raise ConfigurationError(
            f"base_url={shown(url)}: give the API's root as a string, such as {DEFAULT_BASE_URL!r}."
        )
    parts = _split(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"base_url {plain!r}: give the API's root, such as {DEFAULT_BASE_URL}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(
            f"base_url {plain!r}: leave out user, query and fragment; the token belongs in token= or ${TOKEN_VARIABLES[0]}."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v2').rstrip('/')}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if url.isprintable() and " " not in url and parts.port != 0:
            return parts
    except ValueError:
        pass
    # The URL is not shown: the text in the place of a port may be a part of user:password.
    raise ConfigurationError(f"base_url isn't a URL: give the API's root, such as {DEFAULT_BASE_URL}.")


def _token_from(environ: Mapping[str, str]) -> str:
    for name in TOKEN_VARIABLES:
        value = environ.get(name, "")
        if value.strip():
            return check_token(value)
    tried = ", ".join(f"${name}" for name in TOKEN_VARIABLES)
    raise ConfigurationError(
        f"No Buildkite API token: token= wasn't given, and none of {tried} is set. "
        "Create one at https://buildkite.com/user/api-access-tokens."
    )
