"""JSON as its standard has it: Python also takes NaN and Infinity."""

from __future__ import annotations

from typing import NoReturn


def refuse_constant(name: str) -> NoReturn:
    """What `json.loads` is to do with such a constant, as its `parse_constant`.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} isn't JSON")
