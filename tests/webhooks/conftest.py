"""A hand that posts to a handler, and the time it does so at."""

from __future__ import annotations

import pytest

from buildkite_ext.webhooks import WebhookHandler, WebhookResponse

from .posting import NOW, SECRET, signed


@pytest.fixture
def hooks() -> WebhookHandler:
    """A handler that is sent signed deliveries, and runs its handlers before it answers."""
    return WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW)


async def post(hooks: WebhookHandler, body: bytes, *, at: float = NOW, **headers: str) -> WebhookResponse:
    """Post a signed delivery."""
    return await hooks.receive("POST", signed(body, at=at, **headers), body, client="192.0.2.7")
