"""Globs: of paths, and the wildcards of Buildkite's branch filters and queries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

__all__ = [
    "PathGlob",
    "branch_matches",
    "matches_path",
    "matches_wildcard",
    "plain_path",
    "server_filter",
    "slashed_path",
]

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|.", re.DOTALL)

_EXACT = re.compile(r"[A-Za-z0-9_.*-]+")
"""Globs of which Buildkite's filter means the same or more: no folders, no `?`, and no character with two Unicode forms."""


def slashed_path(path: str) -> str:
    r"""Return a path with slashes, without the `.` and the empty parts that mean nothing.

    Example:
        >>> slashed_path(r".\dist\app.whl"), slashed_path("dist//./app.whl")
        ('dist/app.whl', 'dist/app.whl')
    """
    slashed = path.replace("\\", "/")
    parts = "/".join(part for part in slashed.split("/") if part not in ("", "."))
    return f"/{parts}" if slashed.startswith("/") else parts


def plain_path(path: str) -> str:
    """Return a path in the one form in which paths and globs are compared.

    That is the form of `slashed_path`. Characters with several Unicode forms, such as `ü`, have the composed one (NFC).
    """
    return slashed_path(unicodedata.normalize("NFC", path))


def matches_path(path: str, globs: Sequence[str]) -> bool:
    r"""Tell whether a path matches one of the globs. Without globs every path does.

    `*` and `?` stay within a folder, `**` crosses any number of folders. Both are compared in their plain form: see
    `plain_path`. The time is proportional to the length of the path, for every glob.

    Example:
        >>> matches_path("dist/app.whl", ["dist/*.whl"]), matches_path("dist/old/app.whl", ["dist/*.whl"])
        (True, False)
        >>> matches_path("dist/old/app.whl", ["dist/**/*.whl"]), matches_path("dist/app.whl", ["dist/**/*.whl"])
        (True, True)
        >>> matches_path(r"dist\app.whl", ["./dist/*.whl"])
        True
    """
    if not globs:
        return True
    plain = plain_path(path)
    return any(_path_glob(glob).matches(plain) for glob in globs)


def server_filter(globs: Sequence[str]) -> str | None:
    """Return the `path` filter with which Buildkite lists every artifact of the globs; None if no filter does.

    Buildkite compares a path as it was uploaded. A glob with folders misses the paths of Windows agents, and one with `?` or
    a character outside ASCII may mean something else there.

    Example:
        >>> server_filter(["*.whl"]), server_filter(["junit.xml"]), server_filter(["dist/*.whl"])
        ('*.whl', '*junit.xml', None)
    """
    if len(globs) != 1 or not _EXACT.fullmatch(globs[0]) or "**" in globs[0] or plain_path(globs[0]) != globs[0]:
        return None
    # The wildcard in front also finds "./junit.xml".
    return "*" + globs[0].removeprefix("*")


class PathGlob:
    r"""Compiled glob of paths: a set of positions in the glob that moves over the path, one bit a position.

    A regular expression would need exponential or polynomial time for a path that a server made for that.

    Args:
        pieces: the parts of the glob: `**/`, `**`, `*`, `?`, a class such as `[ch]` or `[!ch]`, `\\` with a character, and
            single characters.

    Example:
        >>> PathGlob(["**/", "a", ".", "[ch]"]).matches("src/a.c")
        True
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self._literal: dict[str, int] = {}
        self._classes: list[tuple[int, str, bool]] = []
        self._any = self._star = self._deep = self._entry = self._folders = 0
        self._prefix = "".join(takewhile(_is_literal, pieces))
        self._suffix = "".join(takewhile(_is_literal, reversed(pieces)))[::-1]
        place = 1
        for piece in pieces:
            if piece == "**/":
                # No folder, or some text that ends with a slash.
                self._entry |= place
                place <<= 1
                self._folders |= place
            elif piece == "**":
                self._deep |= place
            elif piece == "*":
                self._star |= place
            elif piece == "?":
                self._any |= place
            elif len(piece) > 1 and piece[0] == "[":
                negated = piece[1] in "!^"
                self._classes.append((place, piece[2 if negated else 1 : -1], negated))
            else:
                character = piece[-1]  # without the backslash
                self._literal[character] = self._literal.get(character, 0) | place
            place <<= 1
        self._end = place
        self._start = self._closed(1)

    def matches(self, path: str) -> bool:
        """Tell whether the whole path matches."""
        if not (path.startswith(self._prefix) and path.endswith(self._suffix)):  # most paths of a build, at once
            return False
        places = self._start
        for character in path:
            moved = (places & self._literal.get(character, 0)) << 1 | places & (self._deep | self._folders)
            if character == "/":
                moved |= (places & self._folders) << 1
            else:
                moved |= (places & self._any) << 1 | places & self._star
            for place, characters, negated in self._classes:
                if places & place and (
                    character not in characters and character != "/" if negated else character in characters
                ):
                    moved |= place << 1
            if not moved:
                return False
            places = self._closed(moved)
        return bool(places & self._end)

    def _closed(self, places: int) -> int:
        """Add the positions that are reached without a character."""
        while True:
            more = places | (places & (self._star | self._deep | self._entry)) << 1 | (places & self._entry) << 2
            if more == places:
                return places
            places = more


def _is_literal(piece: str) -> bool:
    return len(piece) == 1 and piece not in "*?"


@lru_cache(maxsize=256)
def _path_glob(glob: str) -> PathGlob:
    return PathGlob(_PIECES.findall(plain_path(glob)))


def matches_wildcard(text: str, pattern: str) -> bool:
    """Tell whether a whole text matches a pattern in which `*` stands for any text and nothing else is special.

    Each part between two stars is taken where it is found first, since a later place leaves less text for the next parts. A
    regular expression would try every place of every part, and some pairs of pattern and text would need exponential time.

    Example:
        >>> matches_wildcard("release/1.0", "release/*"), matches_wildcard("release", "release/*")
        (True, False)
    """
    first, *parts = pattern.split("*")
    if not parts:
        return text == pattern
    last = parts.pop()
    place, end = len(first), len(text) - len(last)
    if place > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for part in parts:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def branch_matches(patterns: str, branch: str) -> bool:
    """Tell whether a branch filter such as `main release/* !release/old` lets a branch through.

    https://buildkite.com/docs/pipelines/configure/workflows/branch-configuration

    Example:
        >>> [branch_matches("main release/* !release/old", name) for name in ("main", "release/1", "release/old", "dev")]
        [True, True, False, False]
    """
    allowed = [pattern for pattern in patterns.split() if not pattern.startswith("!")]
    denied = [pattern[1:] for pattern in patterns.split() if pattern.startswith("!")]
    return (not allowed or any(matches_wildcard(branch, pattern) for pattern in allowed)) and not any(
        matches_wildcard(branch, pattern) for pattern in denied
    )
