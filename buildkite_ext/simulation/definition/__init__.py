"""Definition: what a pipeline says."""

from __future__ import annotations

__all__: list[str] = []
