"""Regular expressions of conditions: check, translation for Python, and search with a bound on its time.

Buildkite refuses what some engines don't know, such as lookbehind and possessive quantifiers. What it takes is written for the
library `regex`, whose searches can be given a time.
https://buildkite.com/docs/pipelines/configure/conditionals
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

__all__ = ["PatternError", "SearchTime", "SearchTimeout", "compile_pattern", "search"]

_SECONDS = 1.0
"""Time for the searches of a build. A pattern that needs more is one whose time grows exponentially with the text."""

_LEAST_SECONDS = 0.001
"""Time for which a search is begun. `regex` takes less than the resolution of its clock for none."""

_MOST_GROUPS = 100
"""Groups that are open at a time. `regex` calls itself for each."""

_REFUSED = {
    "?<=": "a lookbehind",
    "?<!": "a lookbehind",
    "?>": "an atomic group",
    "?P": "a named group",
    "?<": "a named group",
    "?'": "a named group",
    "?(": "a conditional",
}
_TOO_DEEP = f"the groups of the regular expression are nested deeper than {_MOST_GROUPS}, the most that is read here"
_FLAGS = "imsx-"
_ENDS = {"z": r"\Z", "Z": r"(?=\n?\Z)"}
_QUANTIFIER = re.compile(r"(?:[?*+]|\{[0-9]+(?:,[0-9]*)?\})([?+]?)")
_COMMENT = re.compile(r"\?#[^)]*\)")
_SET = re.compile(r"\[\^?\]?(\[:[^]:]*:\]|\\.|[^]])*+\]", re.DOTALL)
"""A set. Its first `]` is a character, and POSIX classes stand in it."""


class PatternError(ValueError):
    """Error of a regular expression that a condition may not have."""


class SearchTimeout(Exception):
    """Search that took too long."""


def compile_pattern(source: str, *, ignore_case: bool) -> regex.Pattern[str]:
    """Compile the regular expression of a condition.

    Args:
        source: the text between the slashes.
        ignore_case: True for the flag `i`.

    Raises:
        PatternError: it has a construct that Buildkite refuses, or it isn't a regular expression.
        ImportError: the library `regex` isn't installed.

    Example:
        >>> search(compile_pattern("^v[[:digit:]]+$", ignore_case=False), "v12")
        True
    """
    try:
        import regex
    except ImportError as error:
        raise ImportError("A regular expression needs regex: pip install 'buildkite-ext[simulator]'") from error
    translated = _Translation(source).run()
    try:
        return regex.compile(translated, regex.VERSION0 | regex.IGNORECASE * ignore_case)
    except RecursionError:
        raise PatternError(_TOO_DEEP) from None
    except (regex.error, ValueError, OverflowError) as error:
        raise PatternError(f"/{source}/ is not a regular expression: {error}") from None


def search(pattern: regex.Pattern[str], text: str, *, seconds: float = _SECONDS) -> bool:
    """Tell whether a text holds a match.

    Raises:
        SearchTimeout: the search took longer than the seconds.
    """
    try:
        return pattern.search(text, timeout=seconds) is not None
    except TimeoutError:
        raise SearchTimeout(f"the search for /{pattern.pattern}/ took longer than {seconds:g} s") from None


class SearchTime:
    """Time for the searches of a build's conditions together: one that takes too long leaves less to the others.

    Args:
        used: the seconds that earlier searches took.
        clock: tells the seconds that the processor worked.

    Attributes:
        used: the seconds that the searches took.

    Example:
        >>> times = SearchTime(clock=lambda: 0.0)
        >>> times.search(compile_pattern("^v", ignore_case=False), "v12"), times.used
        (True, 0.0)
    """

    __slots__ = ("_clock", "used")

    def __init__(self, used: float = 0.0, *, clock: Callable[[], float] = time.thread_time) -> None:
        self.used = used
        self._clock = clock

    def search(self, pattern: regex.Pattern[str], text: str) -> bool:
        """Tell whether a text holds a match.

        Raises:
            SearchTimeout: the searches took longer than a build's may.
        """
        left = _SECONDS - self.used
        if left >= _LEAST_SECONDS:
            begun = self._clock()
            try:
                return search(pattern, text, seconds=left)
            except SearchTimeout:
                if left == _SECONDS:
                    raise
            finally:
                self.used += self._clock() - begun
        raise SearchTimeout(f"the build's searches took longer than {_SECONDS:g} s, the last for /{pattern.pattern}/")


class _Translation:
    """Translation of one pattern. `(?i)` holds until the end of its group, which `regex` says with a group of its own."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._out: list[str] = []
        self._scopes: list[list[str]] = [[]]
        """For each open group, the flags that were set in it."""
        self._open_groups = 0

    def run(self) -> str:
        """Return the translated pattern."""
        while self._at < len(self._source):
            character = self._source[self._at]
            quantifier = _QUANTIFIER.match(self._source, self._at)
            if quantifier is not None:
                if quantifier[1] == "+":
                    raise PatternError("possessive quantifiers, such as `a++`, are not supported")
                self._out.append(quantifier.group())
                self._at = quantifier.end()
            elif character == "\\":
                self._escape()
            elif character == "[":
                self._set()
            elif character == "(":
                self._open()
            elif character == ")":
                self._close()
            elif character == "|":
                scope = self._scopes[-1]
                self._out.append(")" * len(scope) + "|" + "".join(f"(?{flags}:" for flags in scope))
                self._at += 1
            else:
                self._out.append(r"\{" if character == "{" else character)
                self._at += 1
        self._out.append(")" * len(self._scopes[0]))
        return "".join(self._out)

    def _escape(self) -> None:
        following = self._source[self._at + 1 : self._at + 2]
        if not following:
            raise PatternError("it ends with a backslash")
        self._out.append(_ENDS.get(following, "\\" + following))
        self._at += 2

    def _set(self) -> None:
        found = _SET.match(self._source, self._at)
        if found is None:
            raise PatternError("a set is not closed: `]` is missing")
        self._out.append(found.group())
        self._at = found.end()

    def _open(self) -> None:
        source, at = self._source, self._at + 1
        for beginning, name in _REFUSED.items():
            if source.startswith(beginning, at):
                raise PatternError(f"{name}, as in `({beginning}`, is not supported")
        if source.startswith("?#", at):
            comment = _COMMENT.match(source, at)
            if comment is None:
                raise PatternError("a comment is not closed: `)` is missing")
            self._at = comment.end()
            return
        if source.startswith(("?:", "?=", "?!"), at):
            self._out.append("(" + source[at : at + 2])
            self._at = at + 2
        elif source.startswith("?", at):
            self._flags(at + 1)
            return
        else:
            self._out.append("(")
            self._at = at
        self._scopes.append([])
        self._deeper()

    def _flags(self, at: int) -> None:
        end = len(self._source) - len(self._source[at:].lstrip(_FLAGS))
        flags, closing = self._source[at:end], self._source[end : end + 1]
        if not flags or closing not in (")", ":"):
            raise PatternError(f"`(?{self._source[at : end + 1]}` is not supported")
        self._out.append(f"(?{flags}:")
        self._at = end + 1
        self._deeper()
        if closing == ")":
            self._scopes[-1].append(flags)
        else:
            self._scopes.append([])

    def _close(self) -> None:
        if len(self._scopes) == 1:
            raise PatternError("`)` has no `(`")
        closed = len(self._scopes.pop()) + 1
        self._open_groups -= closed
        self._out.append(")" * closed)
        self._at += 1

    def _deeper(self) -> None:
        self._open_groups += 1
        if self._open_groups > _MOST_GROUPS:
            raise PatternError(_TOO_DEEP)
