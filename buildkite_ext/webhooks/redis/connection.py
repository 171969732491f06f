"""A Redis client, ours or the user's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from redis.asyncio import Redis

_NEEDS_EXTRA = "Webhooks over Redis need an extra: pip install 'buildkite-ext[redis]'"
_HEALTH_CHECK = 30  # a connection that was silent for so many seconds is tried before it is used


@dataclass(frozen=True, slots=True)
class Connection:
    """A client, whether it is ours to close, and what to call it where no password may stand."""

    client: Redis
    owned: bool
    label: str

    @property
    def longest_block(self) -> float:
        """Seconds that a blocking read may take, so that no socket timeout mistakes it for a Redis that is gone."""
        timeout = self._kwargs.get("socket_timeout")
        return min(1.0, timeout / 2) if isinstance(timeout, int | float) and timeout > 0 else 1.0

    def refuse_decoding(self) -> None:
        """A body is bytes, and what decodes them changes or refuses some."""
        if self._kwargs.get("decode_responses"):
            raise ConfigurationError(
                "A delivery's body is bytes: RedisStreamSource needs a client without decode_responses=True, or the URL."
            )

    async def aclose(self) -> None:
        if self.owned:
            await self.client.aclose()

    @property
    def _kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = self.client.connection_pool.connection_kwargs
        return kwargs


def connect(client_or_url: Redis | str, *, timeout: float) -> Connection:
    """Take the user's client as it is, or make one that neither hangs nor sends anything twice.

    Args:
        client_or_url: a `redis.asyncio.Redis`, or a URL of the schemes `redis`, `rediss` or `unix`.
        timeout: seconds for connecting and for each answer of a client made here.

    Raises:
        ConfigurationError: redis-py isn't installed, the URL is no Redis URL, or the client is a blocking one.
    """
    try:
        from redis.asyncio import Redis as AsyncRedis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError as error:
        raise ConfigurationError(_NEEDS_EXTRA) from error
    if isinstance(client_or_url, AsyncRedis):
        return Connection(client_or_url, owned=False, label="<redis client>")
    if not isinstance(client_or_url, str):
        raise ConfigurationError(f"Expected a URL or a redis.asyncio.Redis, not {type(client_or_url).__qualname__}.")
    try:
        client = AsyncRedis.from_url(
            client_or_url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            health_check_interval=_HEALTH_CHECK,
            # An XADD whose answer was lost must not be sent again unseen.
            retry=Retry(NoBackoff(), 0),
        )
        label = public_url(client_or_url)
    except (ValueError, TypeError):  # its message may quote the URL, and that the password
        raise ConfigurationError(
            "The Redis URL is unusable. It looks like redis://[user:password@]host:6379/0, rediss://… or unix:///path."
        ) from None
    return Connection(client, owned=True, label=label)


def public_url(url: str) -> str:
    """A Redis URL without its credentials, which may stand before the host as well as in the query.

    Example:
        >>> public_url("rediss://user:hunter2@redis.internal:6380/1?password=hunter2")
        'rediss://redis.internal:6380/1'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
