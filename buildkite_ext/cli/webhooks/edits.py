"""`--set`: other values in a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..inputs import json_or_text, name_and_value
from ..problem import UsageError


def edited(body: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """The body with `path=value` words put in; a value is JSON where it reads as JSON, else a string.

    Raises:
        UsageError: a word has no path or no value, or its path leads through something that has no keys.

    Example:
        >>> edited({"build": {"state": "passed"}}, ["build.state=failed", "build.blocked=true", "build.env.CI=x"])
        {'build': {'state': 'failed', 'blocked': True, 'env': {'CI': 'x'}}}
    """
    for word in words:
        path, value = name_and_value("--set", word)
        *way, last = path.split(".")
        if not all([*way, last]):
            raise UsageError(f"--set {path}: keys stand between points, such as build.state.")
        place: Any = body
        for key in way:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise UsageError(f"--set {path}: {key} isn't an object, so it has no keys.")
        place[last] = json_or_text(value)
    return body
