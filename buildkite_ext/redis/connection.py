"""Connection to Redis, by a URL or by the user's own client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..redaction import public_url
from .answers import bound_answers

if TYPE_CHECKING:
    from redis import Redis as BlockingRedis
    from redis import RedisCluster as BlockingRedisCluster
    from redis.asyncio import Redis, RedisCluster

    RedisClient = Redis | RedisCluster
    BlockingRedisClient = BlockingRedis | BlockingRedisCluster
else:
    RedisClient = BlockingRedisClient = Any  # redis-py is an extra

__all__ = [
    "BlockingRedisClient",
    "BlockingRedisConnection",
    "RedisClient",
    "RedisConnection",
    "connect",
    "connect_blocking",
]

_NEEDS_EXTRA = "Redis needs an extra: pip install 'buildkite-ext[redis]'"
_ALIASES = {"valkey://": "redis://", "valkeys://": "rediss://"}
_INVALID_URL = (
    "The Redis URL is invalid. Its form is redis://[user:password@]host:6379/0, rediss://… (with TLS), valkey://…, "
    "valkeys://… or unix:///path."
)
_HEALTH_CHECK = 30  # a connection that was idle for this many seconds is checked before it is used


@dataclass(frozen=True, slots=True)
class RedisConnection:
    """A client, with a label for messages that holds no password.

    Attributes:
        client: the client.
        owned: True if the client was made here and must be closed here.
        label: the URL without credentials, or a text instead of one.
        is_cluster: True if the client is one of a Redis Cluster, in which the keys of a command must be in one slot.
    """

    client: RedisClient
    owned: bool
    label: str
    is_cluster: bool = False

    @property
    def longest_block(self) -> float:
        """Seconds that a blocking read may take before the client's socket timeout."""
        timeout = self._kwargs.get("socket_timeout")
        return min(1.0, timeout / 2) if isinstance(timeout, int | float) and timeout > 0 else 1.0

    @property
    def decodes(self) -> bool:
        """True if the client decodes values, which changes or refuses bytes that aren't text."""
        return bool(self._kwargs.get("decode_responses"))

    async def aclose(self) -> None:
        """Close the client if it was made here."""
        if self.owned:
            await self.client.aclose()

    @property
    def _kwargs(self) -> dict[str, Any]:
        client: Any = self.client
        kwargs: dict[str, Any] = (client if self.is_cluster else client.connection_pool).connection_kwargs
        return kwargs


def connect(client_or_url: RedisClient | str, *, timeout: float) -> RedisConnection:
    """Return a connection with the user's client, or with a new one that neither hangs nor repeats commands.

    Args:
        client_or_url: a `redis.asyncio.Redis` or `RedisCluster`, or a URL with the scheme `redis`, `rediss`, `valkey`,
            `valkeys` or `unix`.
        timeout: seconds for connecting and for each answer, for a new client.

    Raises:
        ConfigurationError: redis-py isn't installed, the URL isn't a Redis URL, or the client is a blocking one.
    """
    try:
        from redis.asyncio import Redis as AsyncRedis
        from redis.asyncio import RedisCluster as AsyncRedisCluster
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError as error:
        raise ConfigurationError(_NEEDS_EXTRA) from error
    if isinstance(client_or_url, AsyncRedis):
        return RedisConnection(client_or_url, owned=False, label="<redis client>")
    if isinstance(client_or_url, AsyncRedisCluster):
        return RedisConnection(client_or_url, owned=False, label="<redis cluster client>", is_cluster=True)
    if not isinstance(client_or_url, str):
        raise ConfigurationError(
            "client_or_url= must be a URL, a redis.asyncio.Redis or a redis.asyncio.RedisCluster, not "
            f"{type(client_or_url).__module__}.{type(client_or_url).__qualname__}."
        )
    try:
        client = AsyncRedis.from_url(
            _redis_url(client_or_url),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            health_check_interval=_HEALTH_CHECK,
            # A command whose answer was lost, such as XADD, must not be repeated without the caller's knowledge.
            retry=Retry(NoBackoff(), 0),
        )
        label = public_url(client_or_url)
    except (ValueError, TypeError):  # its message may quote the URL with its password
        raise ConfigurationError(_INVALID_URL) from None
    return RedisConnection(client, owned=True, label=label)


@dataclass(frozen=True, slots=True)
class BlockingRedisConnection:
    """A blocking client, with a label for messages that holds no password.

    Attributes:
        client: the client.
        owned: True if the client was made here and must be closed here.
        label: the URL without credentials, or a text instead of one.
    """

    client: BlockingRedisClient
    owned: bool
    label: str

    def close(self) -> None:
        """Close the client if it was made here."""
        if self.owned:
            self.client.close()


def connect_blocking(client_or_url: BlockingRedisClient | str, *, timeout: float) -> BlockingRedisConnection:
    """Return a connection with the user's blocking client, or with a new one that neither hangs nor repeats commands.

    Args:
        client_or_url: a `redis.Redis` or `redis.RedisCluster`, or a URL with the scheme `redis`, `rediss`, `valkey`,
            `valkeys` or `unix`.
        timeout: seconds for connecting and for each answer, for a new client.

    Raises:
        ConfigurationError: redis-py isn't installed, the URL isn't a Redis URL, or the client is an async one.
    """
    try:
        from redis import Redis as BlockingRedis
        from redis import RedisCluster as BlockingRedisCluster
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise ConfigurationError(_NEEDS_EXTRA) from error
    if isinstance(client_or_url, BlockingRedis):
        return BlockingRedisConnection(client_or_url, owned=False, label="<redis client>")
    if isinstance(client_or_url, BlockingRedisCluster):
        return BlockingRedisConnection(client_or_url, owned=False, label="<redis cluster client>")
    if not isinstance(client_or_url, str):
        raise ConfigurationError(
            "client_or_url= must be a URL, a redis.Redis or a redis.RedisCluster, not "
            f"{type(client_or_url).__module__}.{type(client_or_url).__qualname__}."
        )
    try:
        client = BlockingRedis.from_url(
            _redis_url(client_or_url),
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            # A command whose answer was lost, such as one that counts a request, must not be repeated.
            retry=Retry(NoBackoff(), 0),
        )
        bound_answers(client, timeout)
        label = public_url(client_or_url)
    except (ValueError, TypeError):  # its message may quote the URL with its password
        raise ConfigurationError(_INVALID_URL) from None
    return BlockingRedisConnection(client, owned=True, label=label)


def _redis_url(url: str) -> str:
    """Return a URL that redis-py knows. Valkey's schemes are aliases: it speaks the protocol of Redis.

    Example:
        >>> _redis_url("valkeys://cache.internal:6380/1"), _redis_url("redis://localhost")
        ('rediss://cache.internal:6380/1', 'redis://localhost')
    """
    for alias, scheme in _ALIASES.items():
        if url[: len(alias)].lower() == alias:
            return scheme + url[len(alias) :]
    return url
