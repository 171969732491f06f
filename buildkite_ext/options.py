"""What a client is configured with, where it comes from, and what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from .errors import ConfigurationError
from .transport.auth import TokenSource, check_token
from .transport.retry import Retry

TOKEN_VARIABLES = ("BUILDKITE_API_TOKEN", "BUILDKITE_TOKEN", "BUILDKITE_API_ACCESS_TOKEN")
ORGANIZATION_VARIABLE = "BUILDKITE_ORGANIZATION_SLUG"
ENDPOINT_VARIABLE = "BUILDKITE_REST_API_ENDPOINT"
DEFAULT_BASE_URL = "https://api.buildkite.com"
DEFAULT_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """A client's configuration. Frozen; the token is in no repr."""

    token: TokenSource = field(repr=False)
    organization: str | None = None
    base_url: str = DEFAULT_BASE_URL
    timeout: float | None = DEFAULT_TIMEOUT
    retry: Retry = field(default_factory=Retry)
    strict: bool = False
    unknown: Literal["ignore", "keep"] = "ignore"
    max_body: int = 256 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.timeout is not None and not self.timeout > 0:
            raise ConfigurationError(f"timeout={self.timeout!r}: give seconds above 0, or None for no limit.")

    def __getstate__(self) -> object:
        raise TypeError("A configuration holds a token, so it isn't pickled: make a client where it is needed.")

    @classmethod
    def load(
        cls,
        organization: str | None = None,
        *,
        token: TokenSource | None = None,
        base_url: str | None = None,
        timeout: float | None = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
        strict: bool = False,
        unknown: Literal["ignore", "keep"] = "ignore",
        environ: Mapping[str, str] | None = None,
    ) -> ClientOptions:
        """Arguments first, then the environment, then the defaults.

        Raises:
            ConfigurationError: there is no token, or something given can't be used.
        """
        environ = os.environ if environ is None else environ
        if token is None:
            token = _token_from(environ)
        elif not callable(token):
            token = check_token(token)
        if organization is None:
            organization = environ.get(ORGANIZATION_VARIABLE, "").strip() or None
        return cls(
            token=token,
            organization=organization,
            base_url=normalize_base_url(base_url or environ.get(ENDPOINT_VARIABLE, "").strip() or DEFAULT_BASE_URL),
            timeout=timeout,
            retry=retry if retry is not None else Retry(),
            strict=strict,
            unknown=unknown,
        )


def normalize_base_url(url: str) -> str:
    """The API's root without a trailing slash or `/v2`.

    Example:
        >>> normalize_base_url("https://api.buildkite.com/v2/")
        'https://api.buildkite.com'
    """
    parts = _split(url)
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"base_url {shown!r}: give the API's root, such as {DEFAULT_BASE_URL}.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(
            f"base_url {shown!r}: it takes no user, query or fragment; the token goes into token= or ${TOKEN_VARIABLES[0]}."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/v2').rstrip('/')}"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if url.isprintable() and " " not in url and parts.port != 0:
            return parts
    except ValueError:
        pass
    # Not shown: what stands in the place of a port may be half of user:password.
    raise ConfigurationError(f"base_url isn't an address: give the API's root, such as {DEFAULT_BASE_URL}.")


def _token_from(environ: Mapping[str, str]) -> str:
    for name in TOKEN_VARIABLES:
        value = environ.get(name, "")
        if value.strip():
            return check_token(value)
    tried = ", ".join(f"${name}" for name in TOKEN_VARIABLES)
    raise ConfigurationError(
        f"No Buildkite API token: token= wasn't given, and none of {tried} is set. "
        "Make one at https://buildkite.com/user/api-access-tokens."
    )
