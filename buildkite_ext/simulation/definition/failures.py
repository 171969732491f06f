"""Failures in the definition of a step: which are soft, and which jobs are retried.

https://buildkite.com/docs/pipelines/configure/retry
"""

from __future__ import annotations

from typing import Literal, cast

from .attributes import AttributeReader, Problems, whole_number
from .steps import ManualRetry, RetryRule, SoftFail
from .yaml_tree import Mark, Tree, TreeList, TreeMap, describe

__all__ = ["automatic_retries", "manual_retry", "soft_fail"]

_MOST_RETRIES = 10


def soft_fail(value: Tree, mark: Mark, problems: Problems) -> SoftFail:
    """Return the exit statuses with which a job fails softly."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if value in ("true", "false"):
        return value == "true"
    if isinstance(value, TreeList):
        statuses: list[int | Literal["*"]] = []
        for index, item in enumerate(value):
            if isinstance(item, TreeMap) and "exit_status" in item:
                AttributeReader(item, problems).known("an entry of `soft_fail`", "exit_status")
            status = item.get("exit_status") if isinstance(item, TreeMap) else None
            found = "*" if status == "*" else whole_number(status)
            if found is None:
                message = "an entry of `soft_fail` is wrong: a mapping was expected, such as exit_status: 1"
                problems.error(message, value.item_mark(index), value=status)
            else:
                statuses.append(cast("int | Literal['*']", found))
        return tuple(statuses)
    message = f"`soft_fail` is {describe(value)}: true, false or a list of exit statuses was expected"
    problems.error(message, mark, value=value)
    return False


def automatic_retries(step: TreeMap, problems: Problems) -> tuple[RetryRule, ...]:
    """Return the rules of `retry.automatic`."""
    retry = AttributeReader(step, problems).mapping("retry")
    if retry is not None:
        AttributeReader(retry, problems).known("`retry`", "automatic", "manual")
    value = None if retry is None else retry.get("automatic")
    if retry is None or value is None or value is False:
        return ()
    if value is True:
        return (RetryRule(exit_statuses=("*",)),)
    if isinstance(value, TreeMap):
        return (_rule(value, problems),)
    if isinstance(value, TreeList):
        rules: list[RetryRule] = []
        for index, item in enumerate(value):
            if isinstance(item, TreeMap):
                rules.append(_rule(item, problems))
            else:
                message = f"an entry of `automatic` is {describe(item)}: a rule was expected, such as exit_status: 1"
                problems.error(message, value.item_mark(index), value=item)
        return tuple(rules)
    AttributeReader(retry, problems).error(
        "automatic", f"`automatic` is {describe(value)}: true, or a list of rules, was expected"
    )
    return ()


def _rule(tree: TreeMap, problems: Problems) -> RetryRule:
    read = AttributeReader(tree, problems)
    read.known("a rule of `retry.automatic`", "exit_status", "limit", "signal", "signal_reason")
    value = tree.get("exit_status")
    items = list(value) if isinstance(value, TreeList) else [] if value is None else [value]
    statuses: list[int | Literal["*"]] = []
    for item in items:
        found = whole_number(item)
        if found is None and item != "*":
            read.error("exit_status", "`exit_status` is wrong: a whole number, a list of them or `*` was expected")
        else:
            statuses.append("*" if found is None else found)
    limit = read.whole("limit", least=0, most=_MOST_RETRIES)
    return RetryRule(
        tuple(statuses) if items else None,
        read.text("signal"),
        read.text("signal_reason"),
        2 if limit is None else limit,
    )


def manual_retry(step: TreeMap, problems: Problems) -> ManualRetry:
    """Return what `retry.manual` says."""
    retry = step.get("retry")
    value = retry.get("manual") if isinstance(retry, TreeMap) else None
    if not isinstance(retry, TreeMap) or value is None:
        return ManualRetry()
    if isinstance(value, bool):
        return ManualRetry(allowed=value)
    if not isinstance(value, TreeMap):
        AttributeReader(retry, problems).error(
            "manual", f"`manual` is {describe(value)}: true, false or a mapping was expected"
        )
        return ManualRetry()
    read = AttributeReader(value, problems)
    read.known("`retry.manual`", "allowed", "permit_on_passed", "reason")
    return ManualRetry(read.flag("allowed", default=True), read.flag("permit_on_passed"), read.text("reason"))
