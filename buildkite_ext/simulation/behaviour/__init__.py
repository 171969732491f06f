"""Behaviour: what happens when a job runs, and how long Buildkite's own steps take."""

from __future__ import annotations

__all__: list[str] = []
