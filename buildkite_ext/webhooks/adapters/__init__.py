"""Adapters of a webhook receiver for ASGI, WSGI and AWS Lambda."""

from __future__ import annotations

__all__: list[str] = []
