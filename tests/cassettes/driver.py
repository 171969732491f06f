"""Bringing the calls of either client to their end."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any


async def do(call: Any) -> Any:
    """Return the result of a call, awaited if it is awaitable, and lists read to their end."""
    if isawaitable(call):
        return await call
    if hasattr(call, "__aiter__"):
        return [item async for item in call]
    return list(call) if hasattr(call, "pages") else call
