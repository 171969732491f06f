"""A Lua script that Redis knows by its digest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis.asyncio import Redis

Argument = str | bytes | int


class Script:
    """Runs a script; redis-py sends its text where Redis doesn't know it yet, or any more."""

    def __init__(self, redis: Redis, text: str) -> None:
        self._script = redis.register_script(text)

    async def __call__(self, keys: Sequence[str], args: Sequence[Argument]) -> Any:
        """Run it, and return what it returns."""
        return await self._script(keys=keys, args=args)

    def bound(self, keys: Sequence[str], args: Sequence[Argument]) -> Callable[[], Awaitable[Any]]:
        """What runs it with these, as often as it is called."""
        return lambda: self(keys, args)
