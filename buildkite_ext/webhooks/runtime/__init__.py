"""Runtime of receivers and workers: lifecycle, event loop and threads."""

from __future__ import annotations

__all__: list[str] = []
