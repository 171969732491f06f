"""Engine: changes the state as time passes and emits an event for each change."""

from __future__ import annotations

__all__: list[str] = []
