"""Selection of steps: which steps of a pipeline run in a build, and why the others don't.

All of it is decided when the steps are uploaded, from their `skip`, `if`, `branches` and `if_changed`, and those of their group.
https://buildkite.com/docs/pipelines/configure/conditionals
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from ...globs import PathGlob, branch_matches
from .conditions import Condition, ConditionContext, ConditionError, Value
from .steps import FilePatterns, Step

__all__ = ["LeftOut", "left_out", "may_be_left_out", "optional_steps", "refuse_ignored_commit"]

_FALSE = "conditional_failed"
_IGNORED = re.compile(r"\[(?:ci[ -]skip|skip[ -]ci)\]")

_GLOB_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]/]+\]|\\.|.", re.DOTALL)
_INCOMPLETE = frozenset({"[", "\\", "[!]", "[^]"})
"""Pieces that are no glob: a class that isn't closed or holds nothing, and an escape of nothing."""

_MOST_ALTERNATIVES = 64
"""Alternatives of a pattern, and braces in one."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Reason for which a step doesn't run.

    Attributes:
        by: the attribute that decided.
        reason: `broken_reason` of its jobs. Of a condition that can't be evaluated, it says why.
        text: the condition, the patterns or the reason, as the pipeline says.
        values: the values that made a condition false.
        in_group: True if the attribute is the group's.
    """

    by: Literal["skip", "if", "branches", "if_changed"]
    reason: str
    text: str
    values: Mapping[str, Value] = field(default_factory=dict[str, Value])
    in_group: bool = False

    @property
    def failure(self) -> str | None:
        """Why the condition couldn't be evaluated; None if it was false, or if something else decided."""
        return self.reason if self.by == "if" and self.reason != _FALSE else None


def refuse_ignored_commit(message: str | None, source: str) -> None:
    """Refuse a build of a push or pull request that Buildkite ignores, by the words in its message.

    https://buildkite.com/docs/pipelines/configure/skipping

    Raises:
        ValueError: Buildkite would create no build.

    Example:
        >>> refuse_ignored_commit("Fix a typo [skip ci]", "webhook")
        Traceback (most recent call last):
        ...
        ValueError: message holds [skip ci]: Buildkite creates no build for such a push or pull request. Give another source
    """
    found = _IGNORED.search(message or "") if source == "webhook" else None
    if found is not None:
        raise ValueError(
            f"message holds {found[0]}: Buildkite creates no build for such a push or pull request. Give another source"
        )


def may_be_left_out(step: Step) -> bool:
    """Tell whether a build may leave a step out."""
    by = [(each.condition, each.if_changed, each.skip) for each in (step, step.group) if each is not None]
    return step.branches is not None or any(map(any, by))


@lru_cache(maxsize=64)
def optional_steps(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return those of some steps that a build may leave out. Most builds of a pipeline have the same steps."""
    return tuple(filter(may_be_left_out, steps))


def left_out(
    step: Step, context: ConditionContext, branch: str, changed: Collection[str] | None = None
) -> LeftOut | None:
    """Return why a step doesn't run in a build; None if it runs.

    Args:
        step: the step.
        context: what conditions read.
        branch: the branch of the build.
        changed: the paths of the files that it changed; None if that isn't known, and then `if_changed` leaves nothing out.
    """
    for of in (step,) if step.group is None else (step.group, step):
        if of.skip:
            text = of.skip if isinstance(of.skip, str) else "skip: true"
            return LeftOut("skip", text, text, in_group=of is not step)
        if of is step and step.branches is not None and not branch_matches(step.branches, branch):
            return LeftOut("branches", "branch_mismatch", step.branches, {"build.branch": branch})
        if of.condition is not None:
            found = _by_condition(of.condition, context, in_group=of is not step)
            if found is not None:
                return found
        if of.if_changed is not None and changed is not None and not _changed_files_match(of.if_changed, changed):
            text = ", ".join(of.if_changed.include)
            return LeftOut("if_changed", f"no changes in {text}", text, in_group=of is not step)
    return None


def _by_condition(condition: Condition, context: ConditionContext, *, in_group: bool) -> LeftOut | None:
    try:
        if condition.holds(context):
            return None
    except ConditionError as error:
        return LeftOut("if", str(error), condition.text, in_group=in_group)
    return LeftOut("if", _FALSE, condition.text, condition.values(context), in_group)


def _changed_files_match(patterns: FilePatterns, changed: Collection[str]) -> bool:
    """Tell whether a changed file lets a step run. Without `include`, or with a pattern that is none, the step runs.

    Example:
        >>> _changed_files_match(FilePatterns(("docs/**", "*.md"), ("docs/old/**",)), ["docs/old/a.md", "src/b.py"])
        False
        >>> _changed_files_match(FilePatterns(("{docs,src}/*.[ch]",)), ["src/main.c"])
        True
    """
    include, exclude = _globs(patterns.include), _globs(patterns.exclude)
    if not include or exclude is None:
        return True
    return any(
        any(glob.matches(path) for glob in include) and not any(glob.matches(path) for glob in exclude)
        for path in changed
    )


@lru_cache(maxsize=1024)
def _globs(patterns: tuple[str, ...]) -> Sequence[PathGlob] | None:
    """Return the globs that some patterns stand for; None if one isn't a glob."""
    found: list[PathGlob] = []
    for pattern in patterns:
        alternatives = None if pattern.count("{") > _MOST_ALTERNATIVES else _alternatives(pattern)
        if alternatives is None:
            return None
        for each in alternatives:
            pieces = _GLOB_PIECES.findall(each)
            if not _INCOMPLETE.isdisjoint(pieces):
                return None
            found.append(PathGlob(pieces))
    return found


def _alternatives(pattern: str) -> list[str] | None:
    """Return the patterns that `{a,b}` stands for; None if a brace isn't closed, or if there are too many."""
    opened = pattern.find("{")
    if opened < 0:
        return None if "}" in pattern else [pattern]
    depth, parts, begun = 0, [], opened + 1
    for at in range(opened, len(pattern)):
        character = pattern[at]
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
        if (character == "," and depth == 1) or (character == "}" and depth == 0):
            parts.append(pattern[begun:at])
            begun = at + 1
        if depth == 0:
            rests = _alternatives(pattern[at + 1 :])
            inner: list[str] = []
            for part in parts:
                found = _alternatives(part)
                if found is None:
                    return None
                inner += found
            if rests is None or len(inner) * len(rests) > _MOST_ALTERNATIVES:
                return None
            return [pattern[:opened] + each + rest for each in inner for rest in rests]
    return None
