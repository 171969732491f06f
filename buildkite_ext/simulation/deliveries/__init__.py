"""Webhooks of a simulator: their bodies, the order and the times of their deliveries, and their receivers."""

from __future__ import annotations

__all__: list[str] = []
