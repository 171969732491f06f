"""REST API: requests in, answers out."""

from __future__ import annotations

__all__: list[str] = []
