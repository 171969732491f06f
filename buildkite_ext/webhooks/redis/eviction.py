"""Eviction: a Redis that drops keys when its memory is full would drop deliveries without a word."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ...redis.connection import RedisConnection
from ..events import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["warn_of_eviction"]

_INFO_TIMEOUT = 2.0


def _evicting_policy(memory: Mapping[str, Any]) -> str | None:
    """Return the eviction policy if it can drop a stream; None if it can't.

    Args:
        memory: the answer to `INFO memory`. Managed services allow it, and forbid `CONFIG GET`.

    Example:
        >>> _evicting_policy({"maxmemory": 1 << 30, "maxmemory_policy": "allkeys-lru"})
        'allkeys-lru'
        >>> _evicting_policy({"maxmemory": 0, "maxmemory_policy": "allkeys-lru"})  # no limit: nothing is dropped
        >>> _evicting_policy({"maxmemory": 1 << 30, "maxmemory_policy": "volatile-lru"})  # a stream has no expiry
    """
    policy = memory.get("maxmemory_policy")
    limited = memory.get("maxmemory") != 0
    return policy if isinstance(policy, str) and policy.startswith("allkeys-") and limited else None


async def warn_of_eviction(connection: RedisConnection, stream: str) -> None:
    """Log a warning if Redis may drop a stream. A Redis that doesn't answer, or forbids the question, is no reason for one.

    Args:
        connection: the connection.
        stream: the stream's key, for the message.
    """
    try:
        async with asyncio.timeout(_INFO_TIMEOUT):
            memory: Any = await connection.client.info("memory")
        policy = _evicting_policy(memory)
    except Exception:
        return
    if policy is not None:
        logger.warning(
            "%s has maxmemory-policy %s: when its memory is full, it drops %s with all deliveries in it. Set the policy to "
            "noeviction: then receivers answer 503 instead",
            connection.label,
            policy,
            stream,
        )
