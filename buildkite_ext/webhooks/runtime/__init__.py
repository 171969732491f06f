"""Runtime of a webhook receiver: its lifecycle, its worker process, its event loop and its threads."""

from __future__ import annotations

__all__: list[str] = []
