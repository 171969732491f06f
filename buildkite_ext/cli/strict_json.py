"""Strict JSON: without NaN and Infinity, which Python also accepts."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["refuse_constant"]


def refuse_constant(name: str) -> NoReturn:
    """Refuse a constant that isn't JSON. Pass this to `json.loads` as `parse_constant`.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} isn't JSON")
