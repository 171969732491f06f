"""One try at a delivery."""

from __future__ import annotations

import asyncio

from ..delivery import Delivery, Handle
from .link import describe


async def attempt(handle: Handle, delivery: Delivery) -> str | None:
    """Hand over a delivery once. Returns why it failed, or None."""
    try:
        await handle(delivery)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return describe(error)  # the handler awaited something that was cancelled: that is its failure
    except Exception as error:
        return describe(error)
    return None
