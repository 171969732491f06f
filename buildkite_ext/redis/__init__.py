"""Redis: connections, commands that wait until Redis answers, and scripts. They need the extra `redis`."""

from __future__ import annotations

__all__: list[str] = []
