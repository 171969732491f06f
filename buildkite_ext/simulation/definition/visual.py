"""Visual steps: the steps of a pipeline as JSON, without a pipeline.yml.

https://buildkite.com/docs/apis/rest-api/pipelines#create-a-visual-step-pipeline
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from .steps import BlockStep, CommandStep, Concurrency, Step, TriggerStep, WaitStep

__all__ = ["visual_steps"]


def visual_steps(given: Sequence[object], concurrency_group: str) -> tuple[Step, ...]:
    """Return the steps of a list.

    Args:
        given: the steps as they came.
        concurrency_group: the beginning of the names of concurrency groups. A visual step has a limit but no name of a
            group, so each step with a limit has a group of its own.

    Raises:
        ValueError: one isn't a step. The message has its number.

    Example:
        >>> [step.label for step in visual_steps([{"type": "script", "name": "Test", "command": "make"}], "web")]
        ['Test']
    """
    steps: list[Step] = []
    for number, item in enumerate(given, 1):
        if not isinstance(item, Mapping):
            raise ValueError(f"step {number} must be an object")
        read = _VisualStep(cast("Mapping[str, object]", item), number)
        make = _KINDS.get(str(read.text("type")))
        if make is None:
            raise ValueError(f"step {number} must have one of the types {', '.join(_KINDS)}")
        steps.append(make(read, f"{concurrency_group}/{number}"))
    return tuple(steps)


class _VisualStep:
    """Fields of a step. Null counts as left out."""

    def __init__(self, given: Mapping[str, object], number: int) -> None:
        self._given = given
        self._number = number

    def text(self, name: str) -> str | None:
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value

    def whole(self, name: str) -> int | None:
        value = self._given.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(name, "a number above 0")
        return value

    def flag(self, name: str) -> bool:
        value = self._given.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return bool(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._given.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(name, "a list of strings")
        return tuple(map(str, cast("list[object]", value)))

    def variables(self, name: str) -> dict[str, str]:
        value = self._given.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self._wrong(name, "an object")
        return {str(key): str(item) for key, item in cast("Mapping[object, object]", value).items()}

    def plugins(self) -> tuple[Mapping[str, object], ...]:
        value = self._given.get("plugins")
        if value is None:
            return ()
        if isinstance(value, Mapping):
            return tuple({str(key): item} for key, item in cast("Mapping[object, object]", value).items())
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in cast("list[object]", value)):
            raise self._wrong("plugins", "an object, or a list of objects")
        return tuple(cast("list[Mapping[str, object]]", value))

    def _wrong(self, name: str, expected: str) -> ValueError:
        return ValueError(f"{name} of step {self._number} must be {expected}")


def _command(read: _VisualStep, group: str) -> Step:
    paths = read.text("artifact_paths") or ""
    minutes, limit = read.whole("timeout_in_minutes"), read.whole("concurrency")
    return CommandStep(
        label=read.text("name") or "",
        command=read.text("command") or "",
        artifact_paths=tuple(path.strip() for path in paths.split(";") if path.strip()),
        branches=read.text("branch_configuration") or None,
        env=read.variables("env"),
        timeout=None if minutes is None else minutes * 60.0,
        agents=read.texts("agent_query_rules"),
        concurrency=None if limit is None else Concurrency(group, limit),
        parallelism=read.whole("parallelism"),
        plugins=read.plugins(),
    )


def _trigger(read: _VisualStep, _: str) -> Step:
    pipeline = read.text("trigger_project_slug")
    if not pipeline:
        raise ValueError("a trigger step must have a trigger_project_slug")
    return TriggerStep(
        label=read.text("label") or "",
        pipeline=pipeline,
        asynchronous=read.flag("trigger_async"),
        branch=read.text("trigger_branch") or None,
        commit=read.text("trigger_commit") or None,
        branches=read.text("branch_configuration") or None,
    )


def _manual(read: _VisualStep, _: str) -> Step:
    return BlockStep(label=read.text("label") or "", branches=read.text("branch_configuration") or None)


def _waiter(_: _VisualStep, __: str) -> Step:
    return WaitStep()


_KINDS: Mapping[str, Callable[[_VisualStep, str], Step]] = {
    "script": _command,
    "waiter": _waiter,
    "manual": _manual,
    "trigger": _trigger,
}
