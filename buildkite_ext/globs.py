"""Globs: of paths, and the wildcards of Buildkite's branch filters and queries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["branch_matches", "matches_path", "wildcard"]

_PATH_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches_path(path: str, globs: Sequence[str]) -> bool:
    """Tell whether a path matches one of the globs. Without globs every path does.

    `*` and `?` stay within a folder, `**` crosses any number of folders.

    Example:
        >>> matches_path("dist/app.whl", ["dist/*.whl"]), matches_path("dist/old/app.whl", ["dist/*.whl"])
        (True, False)
        >>> matches_path("dist/old/app.whl", ["dist/**/*.whl"]), matches_path("dist/app.whl", ["dist/**/*.whl"])
        (True, True)
    """
    return not globs or any(_path_glob(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=256)
def _path_glob(glob: str) -> re.Pattern[str]:
    pieces = [_PATH_WILDCARDS.get(piece, re.escape(piece)) for piece in re.split(r"(\*\*/|\*\*|\*|\?)", glob)]
    return re.compile("".join(pieces), re.DOTALL)


@lru_cache(maxsize=1024)
def wildcard(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern in which `*` stands for any text and nothing else is special.

    Example:
        >>> wildcard("release/*").fullmatch("release/1.0") is not None
        True
    """
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def branch_matches(patterns: str, branch: str) -> bool:
    """Tell whether a branch filter such as `main release/* !release/old` lets a branch through.

    https://buildkite.com/docs/pipelines/configure/workflows/branch-configuration

    Example:
        >>> [branch_matches("main release/* !release/old", name) for name in ("main", "release/1", "release/old", "dev")]
        [True, True, False, False]
    """
    allowed = [pattern for pattern in patterns.split() if not pattern.startswith("!")]
    denied = [pattern[1:] for pattern in patterns.split() if pattern.startswith("!")]
    return (not allowed or any(wildcard(pattern).fullmatch(branch) for pattern in allowed)) and not any(
        wildcard(pattern).fullmatch(branch) for pattern in denied
    )
