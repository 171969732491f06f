"""Language of the `if` of steps and notifications: parsing, checking and evaluation.

https://buildkite.com/docs/pipelines/configure/conditionals
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from .checking import check, variables_of
from .evaluation import ConditionContext, Evaluator, Value, evaluator
from .patterns import SearchTime
from .syntax import ConditionError, Node, is_blank, parse
from .variables import EntryPoint

__all__ = ["Condition", "ConditionContext", "ConditionError", "EntryPoint", "SearchTime", "Value", "is_blank"]


class Condition:
    """Condition that was parsed and checked.

    Args:
        text: the condition.
        entry_point: the place in which it stands.
        documented: True if a variable may be compared with a value that Buildkite's documentation lists and its evaluator
            refuses. It never has such a value.

    Raises:
        ConditionError: it isn't a condition, or has an unknown name or a wrong type.

    Example:
        >>> condition = Condition('build.branch == "main" || build.tag =~ /^v/')
        >>> condition.holds(ConditionContext({"build.branch": "main"}))
        True
        >>> condition.values(ConditionContext({"build.branch": "next", "build.tag": "v2"}))
        {'build.branch': 'next', 'build.tag': 'v2'}
    """

    __slots__ = ("_evaluate", "_node", "entry_point", "text")

    def __init__(self, text: str, entry_point: EntryPoint = "build_condition", *, documented: bool = False) -> None:
        self.text = text
        self.entry_point: EntryPoint = entry_point
        self._node, self._evaluate = _checked(text, entry_point, documented)

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def holds(self, context: ConditionContext) -> bool:
        """Evaluate the condition. In a notification, every error is false.

        Raises:
            ConditionError: a value was wrong (`evaluation`).
        """
        try:
            return self._evaluate(context) is True
        except ConditionError:
            if self.entry_point in ("build_notification", "step_notification"):
                return False
            raise

    def values(self, context: ConditionContext) -> Mapping[str, Value]:
        """Return the values of the variables that the condition reads, by what is written for each."""
        return {name: evaluator(node)(context) for name, node in variables_of(self._node).items()}


@lru_cache(maxsize=1024)
def _checked(text: str, entry_point: EntryPoint, documented: bool) -> tuple[Node, Evaluator]:
    try:
        node = parse(text)
        check(node, entry_point, documented=documented)
        return node, evaluator(node)
    except RecursionError:  # called with little left of Python's own limit
        raise ConditionError("parse", "the expression is nested too deeply", 0) from None
