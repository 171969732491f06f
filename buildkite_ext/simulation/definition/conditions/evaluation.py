"""Evaluation of conditions: the values that they read, and what they make of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .patterns import SearchTime, SearchTimeout
from .syntax import (
    Array,
    Binary,
    Call,
    ConditionError,
    Expansion,
    InvalidEscape,
    Literal_,
    Node,
    Not,
    Pattern,
    Piece,
    Ternary,
    Text,
    Variable,
)
from .variables import allowed_when_computed

__all__ = ["ConditionContext", "Evaluator", "Value", "evaluator"]

Value = str | int | bool | Sequence[str | None] | None
"""Value of an expression. A list from which a null came is an error only where the null is met."""

_BLANK_IS_NULL = frozenset(
    {
        "build.tag",
        "build.message",
        "build.author.name",
        "build.author.email",
        "pipeline.default_branch",
        "pipeline.repository",
    }
)
_BUILT_IN = {
    "BUILDKITE_BRANCH": "build.branch",
    "BUILDKITE_COMMIT": "build.commit",
    "BUILDKITE_REPO": "pipeline.repository",
    "BUILDKITE_PIPELINE_SLUG": "pipeline.slug",
    "BUILDKITE_PIPELINE_NAME": "pipeline.name",
    "BUILDKITE_PIPELINE_ID": "pipeline.id",
    "BUILDKITE_ORGANIZATION_SLUG": "organization.slug",
}
"""Environment variables that are unset without a value."""

_BUILT_IN_OR_EMPTY = {
    "BUILDKITE_TAG": "build.tag",
    "BUILDKITE_MESSAGE": "build.message",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "build.pull_request.base_branch",
    "BUILDKITE_PULL_REQUEST_REPO": "build.pull_request.repository",
    "BUILDKITE_MERGE_QUEUE_BASE_BRANCH": "build.merge_queue.base_branch",
    "BUILDKITE_MERGE_QUEUE_BASE_COMMIT": "build.merge_queue.base_commit",
    "BUILDKITE_TRIGGERED_FROM_BUILD_ID": "triggered_from.build_id",
    "BUILDKITE_TRIGGERED_FROM_BUILD_NUMBER": "triggered_from.build_number",
    "BUILDKITE_TRIGGERED_FROM_BUILD_PIPELINE_SLUG": "triggered_from.pipeline_slug",
    "BUILDKITE_TRIGGERED_FROM_BUILD_JOB_ID": "triggered_from.job_id",
    "BUILDKITE_REBUILT_FROM_BUILD_ID": "rebuilt_from.build_id",
    "BUILDKITE_REBUILT_FROM_BUILD_NUMBER": "rebuilt_from.build_number",
}
"""Environment variables that are empty without a value."""

_EVENTS = {
    "build.source_event": "BUILDKITE_GITHUB_EVENT",
    "build.source_action": "BUILDKITE_GITHUB_ACTION",
}
"""Variables of builds that a webhook created, and the environment variables that they are read from."""


@dataclass(frozen=True)
class ConditionContext:
    """Values that conditions read.

    Attributes:
        values: by the name of the variable; null where there is none. Some can be read as environment variables only:
            `pipeline.name`, `triggered_from.*`, `rebuilt_from.*`, `pull_request.using_merge_refspec`, `merge_queue.active`
            and `merge_queue.diffs_against_commit`.
        build_env: environment variables of the build.
        pipeline_env: environment variables of the pipeline. Those of the build win.
        search_time: the time that regular expressions have.

    Example:
        >>> context = ConditionContext({"build.branch": "main"}, {"DEPLOY": "yes"})
        >>> context.value("build.branch"), context.value("build.tag"), context.environment["BUILDKITE_BRANCH"]
        ('main', None, 'main')
    """

    values: Mapping[str, Value] = field(default_factory=dict[str, Value])
    build_env: Mapping[str, str] = field(default_factory=dict[str, str])
    pipeline_env: Mapping[str, str] = field(default_factory=dict[str, str])
    search_time: SearchTime = field(default_factory=SearchTime, compare=False, repr=False)

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """What `env` and `$NAME` read: the pipeline's, the build's, and those that Buildkite sets."""
        own = {**self.pipeline_env, **self.build_env}
        merged = {name: value for name, value in own.items() if allowed_when_computed(name)}
        return {**merged, **self._built_in()}

    def value(self, name: str) -> Value:
        """Return the value of a variable."""
        if name in _EVENTS:
            return self._event(name)
        value = self.values.get(name)
        if name in _BLANK_IS_NULL and isinstance(value, str) and not value.strip():
            return None
        if name == "build.pull_request.label" and self._event("build.source_event") != "pull_request":
            return None
        return value

    def _event(self, name: str) -> Value:
        if self.values.get("build.source") != "webhook":
            return None
        value = self.values.get(name)
        return self.build_env.get(_EVENTS[name]) if value is None else value

    def _built_in(self) -> dict[str, str]:
        values = self.values
        found = {name: str(values[key]) for name, key in _BUILT_IN.items() if values.get(key) is not None}
        for name, key in _BUILT_IN_OR_EMPTY.items():
            value = values.get(key)
            found[name] = "" if value is None else str(value)
        labels = values.get("build.pull_request.labels")
        found["BUILDKITE_PULL_REQUEST"] = str(values.get("build.pull_request.id") or "false")
        found["BUILDKITE_PULL_REQUEST_LABELS"] = ",".join(map(str, labels)) if isinstance(labels, Sequence) else ""
        found["BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC"] = (
            "true" if values.get("pull_request.using_merge_refspec") else ""
        )
        of = "base_commit" if values.get("merge_queue.diffs_against_commit") else "base_branch"
        base = values.get(f"build.merge_queue.{of}") if values.get("merge_queue.active") else None
        found["BUILDKITE_GIT_DIFF_BASE"] = "" if base is None else str(base)
        return found


Evaluator = Callable[[ConditionContext], Value]
"""Evaluates an expression for a build."""


def evaluator(node: Node) -> Evaluator:
    """Return the function that evaluates an expression that was checked. It is made once, and called for each build.

    The function raises `ConditionError` where a value is wrong (`evaluation`).
    """
    assert not isinstance(node, Pattern)  # it has no value of its own: the check lets it stand on the right only
    match node:
        case Literal_(value=literal):
            return lambda _: literal
        case Text(pieces=pieces, fixed=fixed):
            return (lambda context: _joined(pieces, context)) if fixed is None else (lambda _: fixed)
        case Expansion():
            return lambda context: _expanded_operand(node, context)
        case Variable(name=name):
            return lambda context: context.value(name)
        case Array(items=items):
            texts = [_text(item) for item in items]
            return lambda context: [text(context) for text in texts]
        case Call():
            return _environment_variable(node)
        case Not(operand=operand):
            value = evaluator(operand)
            return lambda context: not value(context)
        case Ternary():
            condition, yes, no = evaluator(node.condition), evaluator(node.yes), evaluator(node.no)
            return lambda context: yes(context) if condition(context) else no(context)
        case Binary():
            return _comparison(node)


def _comparison(node: Binary) -> Evaluator:
    operator, right = node.operator, node.right
    if operator == "includes":
        return _includes(node)
    left_value = evaluator(node.left)
    if isinstance(right, Pattern):
        positive = operator == "=~"

        def matches(context: ConditionContext) -> bool:
            text = left_value(context)
            return (isinstance(text, str) and _found(right, text, context)) is positive

        return matches
    right_value = evaluator(right)
    match operator:
        case "||":
            return lambda context: bool(left_value(context)) or bool(right_value(context))
        case "&&":
            return lambda context: bool(left_value(context)) and bool(right_value(context))
        case "==":
            return lambda context: _equal(left_value(context), right_value(context))
        case _:
            return lambda context: not _equal(left_value(context), right_value(context))


def _text(node: Node) -> Callable[[ConditionContext], str | None]:
    of = evaluator(node)

    def text(context: ConditionContext) -> str | None:
        value = of(context)
        assert value is None or isinstance(value, str)
        return value

    return text


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, tuple | list) and isinstance(right, tuple | list):
        return list(left) == list(right)
    return left == right


def _found(pattern: Pattern, text: str, context: ConditionContext) -> bool:
    try:
        return context.search_time.search(pattern.compiled, text)
    except SearchTimeout as error:
        raise ConditionError("evaluation", str(error), pattern.position) from None


def _includes(node: Binary) -> Evaluator:
    items_of, right = evaluator(node.left), node.right
    wanted_of = None if isinstance(right, Pattern) else evaluator(right)

    def includes(context: ConditionContext) -> bool:
        items = items_of(context)
        wanted = None if wanted_of is None else wanted_of(context)
        if items is None or (wanted is None and wanted_of is not None):
            return False
        assert isinstance(items, Sequence)
        for item in items:
            if item is None:
                raise ConditionError(
                    "evaluation", "a null is in the list on the left of `includes`", node.left.position
                )
            if _found(right, item, context) if isinstance(right, Pattern) else item == wanted:
                return True
        return False

    return includes


def _environment_variable(node: Call) -> Evaluator:
    argument = node.arguments[0]
    name_of = evaluator(argument)

    def read(context: ConditionContext) -> str | None:
        name = name_of(context)
        if not isinstance(name, str) or not name:
            raise ConditionError("evaluation", f"the name in `{node.name}(…)` is empty", argument.position)
        if not allowed_when_computed(name):
            raise ConditionError("evaluation", f'"{name}" is not a valid environment variable', argument.position)
        return context.environment.get(name, "" if node.name == "env" else None)

    return read


# Expansions -----------------------------------------------------------------------------------------------------------


def _joined(pieces: Sequence[Piece], context: ConditionContext) -> str:
    out: list[str] = []
    for piece in pieces:
        if isinstance(piece, InvalidEscape):
            raise ConditionError("evaluation", piece.message, piece.position)
        out.append(piece if isinstance(piece, str) else _expanded(piece, context) or "")
    return "".join(out)


def _expanded_operand(node: Expansion, context: ConditionContext) -> str | None:
    expanded = _expanded(node, context)
    return expanded if not node.suffix else (expanded or "") + node.suffix


def _expanded(node: Expansion, context: ConditionContext) -> str | None:
    """Return the value of an expansion; None if the variable is unset and nothing stands for it."""
    value = context.environment.get(node.name)
    missing = value is None or (node.operator.startswith(":") and not value)
    word: Callable[[], str] = lambda: _joined(node.word, context)  # noqa: E731 - only evaluated where used
    match node.operator:
        case "-" | ":-":
            return word() if missing else value
        case "+" | ":+":
            return "" if missing else word()
        case "?" | ":?":
            if missing:
                raise ConditionError("evaluation", f"${node.name}: {word() or 'not set'}", node.position)
            return value
        case ":":
            return _substring(value or "", node, context)
        case _:
            return value


def _substring(value: str, node: Expansion, context: ConditionContext) -> str:
    """Return a part of a text. Positions beyond its ends are moved to them."""
    offset = _whole_number(node.offset, node, context)
    start = max(0, len(value) + offset) if offset < 0 else min(offset, len(value))
    if node.length is None:
        return value[start:]
    length = _whole_number(node.length, node, context)
    end = len(value) + length if length < 0 else start + length
    return value[start : max(start, min(end, len(value)))]


def _whole_number(pieces: Sequence[Piece], node: Expansion, context: ConditionContext) -> int:
    text = _joined(pieces, context).strip()
    if re.fullmatch(r"[+-]?[0-9]{1,9}", text) is None:
        raise ConditionError("evaluation", f"${{{node.name}:…}}: {text!r} is not a number", node.position)
    return int(text)
