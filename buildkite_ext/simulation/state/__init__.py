"""State: an organization with its users, clusters, pipelines and builds."""

from __future__ import annotations

__all__: list[str] = []
