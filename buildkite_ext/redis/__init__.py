"""General parts for Redis: connections, waiting for a Redis that is away, and scripts. They need the extra `redis`."""

from __future__ import annotations

__all__: list[str] = []
