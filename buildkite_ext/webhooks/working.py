"""A worker's whole life: until somebody asks it to end, and then until it has handled what it began."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from .deliveries import EventSource

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_told_to_end(consume: Callable[[EventSource], Awaitable[None]], source: EventSource) -> None:
    """Consume a source until SIGINT or SIGTERM, and to its orderly end. A second signal does what it always does."""
    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []

    def end() -> None:
        forget()
        ending.append(asyncio.ensure_future(source.aclose()))

    def forget() -> None:
        for each in _SIGNALS:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(each)

    for each in _SIGNALS:
        # Not on Windows, where Ctrl-C cancels, nor in a thread beside the main one, which signals don't reach.
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(each, end)
    try:
        await consume(source)
    finally:
        forget()
        await source.aclose()
        await asyncio.gather(*ending)
