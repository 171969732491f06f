"""Main loop of a worker process, which ends in order at SIGINT and SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..delivery import EventSource

__all__ = ["consume_until_signal"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def consume_until_signal(consume: Callable[[EventSource], Awaitable[None]], source: EventSource) -> None:
    """Consume a source until SIGINT or SIGTERM, then wait for its orderly end. A second signal has its usual effect."""
    loop = asyncio.get_running_loop()
    closing: list[asyncio.Task[None]] = []

    def end() -> None:
        remove_handlers()
        closing.append(asyncio.ensure_future(source.aclose()))

    def remove_handlers() -> None:
        for each in _SIGNALS:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(each)

    for each in _SIGNALS:
        # Not on Windows, where Ctrl-C cancels, and not outside the main thread, which alone gets signals.
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(each, end)
    try:
        await consume(source)
    finally:
        remove_handlers()
        await source.aclose()
        await asyncio.gather(*closing)
