"""Patterns in which `*` stands for anything and every other character for itself."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """The pattern of a branch or a path."""
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def branch_allowed(patterns: str, branch: str) -> bool:
    """Whether a list of patterns such as `"main release/* !release/old"` lets a branch through."""
    allowed = [pattern for pattern in patterns.split() if not pattern.startswith("!")]
    banned = [pattern[1:] for pattern in patterns.split() if pattern.startswith("!")]
    return (not allowed or any(glob(pattern).fullmatch(branch) for pattern in allowed)) and not any(
        glob(pattern).fullmatch(branch) for pattern in banned
    )
