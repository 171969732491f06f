"""Patterns of paths that match no artifact: which they are, and what is near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from ..globs import matches_path, plain_path
from ..messages import listed
from .names import shown

__all__ = ["nothing_matched", "unmatched"]

_EXAMPLES = 3
"""Limit on the paths in a message, for each pattern."""

_COMPARED = 1_000
"""Limit on the paths that are compared by their letters, which is slow."""


def unmatched(globs: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Return the patterns that match none of the paths.

    Example:
        >>> unmatched(["*.xml", "dist/*"], ["dist/app.whl"])
        ['*.xml']
    """
    return [glob for glob in dict.fromkeys(globs) if not any(matches_path(path, [glob]) for path in paths)]


def nothing_matched(globs: Sequence[str], paths: Sequence[str], build: str) -> str:
    """Return the message about patterns that match nothing.

    Args:
        globs: the patterns.
        paths: the paths of the build's artifacts.
        build: its name.

    Example:
        >>> print(nothing_matched(["result.json"], ["a/result.json", "b/result.json"], "web #7"))
        No artifact of build web #7 matches 'result.json'; '**/result.json' matches 2: 'a/result.json', 'b/result.json'.
    """
    if not paths:
        given = ", ".join(map(repr, globs))
        said = f"No artifact of build {build} matches {given}: no artifact was uploaded, or none is there any more"
    else:
        said = f"No artifact of build {build} matches " + "; nor ".join(
            f"{glob!r}{_near(glob, paths)}" for glob in globs
        )
    return f"{said}."


def _near(glob: str, paths: Sequence[str]) -> str:
    """Return what is near a pattern, for the place behind it: another pattern with what it matches, or similar paths."""
    for other in _wider(glob):
        found = [path for path in paths if matches_path(path, [other])]
        if found:
            return f"; {other!r} matches {len(found)}: {_listed(found)}"
    lower = plain_path(glob).lower()
    found = [path for path in paths if matches_path(path.lower(), [lower])]
    if found:
        return f"; upper and lower case differ: {_listed(found)}"
    similar = get_close_matches(glob, dict.fromkeys(paths[:_COMPARED]))
    return f"; similar: {_listed(similar)}" if similar else f"; the build has {len(paths)}: {_listed(paths)}"


def _wider(glob: str) -> Iterator[str]:
    """Yield patterns that match more, the nearest first: in any folder, and through folders."""
    plain = plain_path(glob).lstrip("/")
    yield f"**/{plain}"
    deep = plain.replace("**", "*").replace("*/", "**/")
    folder, slash, name = deep.rpartition("/")
    if slash and "*" in name:
        yield f"{folder.removesuffix('/**')}/**/{name}"
    yield f"**/{plain.rpartition('/')[2]}"
    yield f"{plain}/**"  # the name of a folder


def _listed(paths: Sequence[str]) -> str:
    return listed([shown(path) for path in paths], most=_EXAMPLES)
