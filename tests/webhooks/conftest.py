"""A handler for tests, and a function that posts signed deliveries to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from buildkite_ext.webhooks import WebhookHandler, WebhookResponse

from .posting import NOW, SECRET, signed


@pytest.fixture
def hooks() -> WebhookHandler:
    """A handler of signed deliveries that responds after its handlers have run."""
    return WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW)


async def post(hooks: WebhookHandler, body: bytes, *, at: float = NOW, **headers: str) -> WebhookResponse:
    """Post a signed delivery."""
    return await hooks.receive("POST", signed(body, at=at, **headers), body, client="192.0.2.7")


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition that another event loop or thread changes is true."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.001)
