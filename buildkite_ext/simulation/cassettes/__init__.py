"""Cassettes: real traffic that is recorded without secrets, and answered from again."""

from __future__ import annotations

__all__: list[str] = []
