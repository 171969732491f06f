"""Lua scripts that Redis runs as one step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connection import RedisClient

__all__ = ["RedisScript", "ScriptArgument"]

ScriptArgument = str | bytes | int


class RedisScript:
    """A Lua script. redis-py sends its digest, and its text if Redis doesn't know it."""

    def __init__(self, redis: RedisClient, text: str) -> None:
        self._script = redis.register_script(text)

    async def __call__(self, keys: Sequence[str], args: Sequence[ScriptArgument]) -> Any:
        """Run the script and return its result."""
        return await self._script(keys=keys, args=args)

    def bind(self, keys: Sequence[str], args: Sequence[ScriptArgument]) -> Callable[[], Awaitable[Any]]:
        """Return a function without arguments that runs the script with these."""
        return lambda: self(keys, args)
