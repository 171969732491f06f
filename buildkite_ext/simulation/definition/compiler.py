"""Compiler of pipelines: the steps of a parsed pipeline, with every attribute checked.

What Buildkite refuses is an error. Where its documentation leaves open what happens, a warning says what is done here.
https://buildkite.com/docs/pipelines/configure/step-types
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict, cast

from .attributes import AttributeReader, Problems
from .conditions import Condition, ConditionError, EntryPoint, is_blank
from .failures import automatic_retries, manual_retry, soft_fail
from .interpolation import InterpolationError, expand, names_in
from .matrix import combinations, replace_tokens, token_in
from .parser import kind_of_step
from .steps import (
    MOST_JOBS_OF_AN_UPLOAD,
    BlockField,
    BlockStep,
    CommandStep,
    Concurrency,
    Dependency,
    FilePatterns,
    Group,
    InputStep,
    Step,
    TriggerStep,
    WaitStep,
    block_field,
    job_count,
)
from .yaml_tree import Mark, PipelineError, PipelineProblem, Tree, TreeList, TreeMap, describe, text_of

__all__ = ["Definition", "compile_pipeline"]

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LONGEST_SKIP, _LONGEST_CONCURRENCY_GROUP = 70, 200
_BLOCKED_STATES = ("passed", "failed", "running")
_METHODS = ("ordered", "eager")
_MINUTE = 60.0
_MOST_PARALLEL = 10_000
"""Jobs of a step. Buildkite refuses an upload with more than 500, unless it has raised the organization's limit."""


class _CommonAttributes(TypedDict):
    """Attributes that each kind of step has."""

    label: str
    key: str | None
    group: Group | None
    condition: Condition | None
    branches: str | None
    depends_on: tuple[Dependency, ...] | None
    allow_dependency_failure: bool
    if_changed: FilePatterns | None
    skip: bool | str
    line: int


@dataclass(frozen=True, slots=True)
class Definition:
    """Pipeline that was compiled.

    Attributes:
        steps: its steps in order, those of groups among them.
        groups: its groups, also those without steps.
        env: its environment variables.
        notify: its notifications, as they were written.
        keys: the keys of its steps and groups, with their places.
        problems: errors, for which Buildkite would refuse it, and warnings, in the order of their places.
        too_many: the place of the first step with a job too many for an upload; None if Buildkite takes all of them.
    """

    steps: tuple[Step, ...]
    groups: tuple[Group, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    notify: Tree = None
    keys: Mapping[str, Mark] = field(default_factory=dict[str, Mark])
    problems: tuple[PipelineProblem, ...] = ()
    too_many: Mark | None = None

    @property
    def errors(self) -> tuple[PipelineProblem, ...]:
        """The errors."""
        return tuple(problem for problem in self.problems if problem.level == "error")


def compile_pipeline(tree: TreeMap, warnings: Sequence[PipelineProblem] = (), *, expanded: bool = True) -> Definition:
    """Return the steps of a pipeline.

    Args:
        tree: the parsed pipeline.
        warnings: what its parser warned about.
        expanded: False if variables stand in it as they were written, and will be expanded.

    Example:
        >>> from .parser import parse_pipeline
        >>> definition = compile_pipeline(parse_pipeline("- {command: make, key: build, if: 'build.brnch == 1'}").tree)
        >>> definition.steps[0].key, definition.errors[0].message
        ('build', '`build.brnch` is not a variable: did you mean `build.branch`?')
    """
    return _Compiler(tree, Problems(warnings, expanded=expanded)).run()


class _Compiler:
    """Compiler of one pipeline."""

    def __init__(self, tree: TreeMap, problems: Problems) -> None:
        self._tree = tree
        self._problems = problems
        self._keys: dict[str, Mark] = {}
        self._steps: list[Step] = []
        self._groups: list[Group] = []
        self._jobs = self._counted = 0
        self._too_many: Mark | None = None
        top = self._read(tree)
        self._env = top.variables("env")
        self._agents = _agents(top)
        self._image, self._cache = top.text("image"), tree.get("cache")
        self._priority = top.whole("priority") or 0

    def run(self) -> Definition:
        """Compile the pipeline."""
        self._sequence(self._tree.get("steps"), None)
        self._notifications(self._tree, "build_notification")
        return Definition(
            tuple(self._steps),
            tuple(self._groups),
            self._env,
            self._tree.get("notify"),
            self._keys,
            self._problems.in_order(),
            self._too_many,
        )

    def _read(self, tree: TreeMap) -> AttributeReader:
        return AttributeReader(tree, self._problems)

    def _sequence(self, steps: Tree, group: Group | None) -> None:
        if isinstance(steps, TreeList):
            for index, step in enumerate(steps):
                self._step(step, steps.item_mark(index), group)
                self._count(steps.item_mark(index))

    def _count(self, mark: Mark) -> None:
        """Count the jobs of a step that was compiled. Those of a group have been counted one by one."""
        self._jobs += job_count(self._steps[self._counted :])
        self._counted = len(self._steps)
        if self._too_many is None and self._jobs > MOST_JOBS_OF_AN_UPLOAD:
            self._too_many = mark

    def _step(self, step: Tree, mark: Mark, group: Group | None) -> None:
        kind = kind_of_step(step)
        if isinstance(step, str):
            named, step = step, TreeMap(mark)
            step.put(named, None, mark, mark)
        if not isinstance(step, TreeMap) or kind == "unknown":
            return  # the parser has warned
        if kind == "group":
            self._group(step, group)
        elif kind == "command":
            self._command(step, group)
        elif kind == "wait":
            read = self._read(step)
            common = self._common(step, group, read.text("label", "name", "wait", "waiter") or "")
            self._steps.append(WaitStep(**common, continue_on_failure=read.flag("continue_on_failure")))
        elif kind == "input":
            self._form(step, group)
        else:
            self._trigger(step, group)

    def _common(self, step: TreeMap, group: Group | None, label: str) -> _CommonAttributes:
        read = self._read(step)
        key = read.text("key", "id", "identifier")
        if key:
            self._claim(key, step)
        read.quoted("branches")
        branches = " ".join(read.texts("branches"))
        condition = self._condition(step)
        self._notifications(step, "step_notification")
        if condition is not None and branches:
            read.warn(
                "branches", "`if` and `branches` on one step: Buildkite doesn't allow both. Here, both have to hold"
            )
        return {
            "label": label,
            "key": key or None,
            "group": group,
            "condition": condition,
            "branches": branches or None,
            "depends_on": self._depends_on(step),
            "allow_dependency_failure": read.flag("allow_dependency_failure"),
            "if_changed": self._if_changed(step),
            "skip": self._skip(step),
            "line": step.mark.line,
        }

    def _claim(self, key: str, step: TreeMap) -> None:
        mark = step.value_mark("key")
        if _UUID.fullmatch(key):
            self._problems.error(f"the key {key!r} has the form of a UUID", mark)
        if key in self._keys:
            message = f'The key "{key}" has already been used by another step in this build'
            self._problems.error(f"{message} (line {self._keys[key].line})", mark)
        self._keys.setdefault(key, mark)

    def _condition(self, step: TreeMap) -> Condition | None:
        text = self._read(step).text("if")
        if text is None or is_blank(text):
            return None
        mark = step.value_mark("if")
        try:
            condition = Condition(text)
        except ConditionError as error:
            documented = _condition_of_documentation(text)
            if documented is not None:
                message = f"Buildkite's documentation lists a value that its evaluator refuses: {error}"
                self._problems.found.append(PipelineProblem("warning", message, mark, (text, error.position)))
            elif not (self._problems.is_open(text) and _is_condition_when_expanded(text)):
                self._problems.found.append(PipelineProblem("error", str(error), mark, (text, error.position)))
            return documented
        return condition

    def _notifications(self, tree: TreeMap, entry_point: EntryPoint) -> None:
        """Warn of the conditions of notifications that are wrong: Buildkite takes each error there for false."""
        value = tree.get("notify")
        for item in value if isinstance(value, TreeList) else ():
            if not isinstance(item, TreeMap) or item.get("if") is None:
                continue
            mark = item.value_mark("if")
            try:
                text = text_of(item["if"])
            except TypeError:
                self._problems.warn(f"the `if` of a notification is {describe(item['if'])}: a text was expected", mark)
                continue
            try:
                _ = is_blank(text) or Condition(text, entry_point)
            except ConditionError as error:
                if not (self._problems.is_open(text) and _is_condition_when_expanded(text, entry_point)):
                    message = f"the notification is never sent, since an error counts as false: {error}"
                    self._problems.found.append(PipelineProblem("warning", message, mark, (text, error.position)))

    def _depends_on(self, step: TreeMap) -> tuple[Dependency, ...] | None:
        if "depends_on" not in step:
            return None
        value = step["depends_on"]
        mark = step.value_mark("depends_on")
        items: Sequence[tuple[Tree, Mark]]
        if isinstance(value, TreeList):
            items = [(item, value.item_mark(index)) for index, item in enumerate(value)]
        else:
            items = [] if value is None else [(value, mark)]
        found: list[Dependency] = []
        for item, at in items:
            named = item.get("step") if isinstance(item, TreeMap) else item
            if named is None or isinstance(named, TreeList | TreeMap):
                message = f"an entry of `depends_on` is {describe(item)}: a key, or a mapping with `step`, was expected"
                self._problems.error(message, at)
            elif isinstance(item, TreeMap):
                self._read(item).known("an entry of `depends_on`", "step", "allow_failure")
                allowed = self._read(item).flag("allow_failure")
                found.append(Dependency(text_of(named), allowed, item.value_mark("step")))
            else:
                found.append(Dependency(text_of(named), mark=at))
        return tuple(found)

    def _if_changed(self, step: TreeMap) -> FilePatterns | None:
        value = step.get("if_changed")
        if value is None:
            return None
        read = self._read(step)
        if isinstance(value, TreeMap):
            inner = self._read(value)
            inner.known("`if_changed`", "include", "exclude")
            inner.quoted("include", "exclude")
            return FilePatterns(inner.texts("include"), inner.texts("exclude"))
        read.quoted("if_changed")
        return FilePatterns(read.texts("if_changed"))

    def _skip(self, step: TreeMap) -> bool | str:
        value = step.get("skip")
        if value is None or isinstance(value, bool):
            return bool(value)
        if not isinstance(value, TreeList):
            self._read(step).quoted("skip")
        text = self._read(step).text("skip") or ""
        if len(text) > _LONGEST_SKIP:
            self._read(step).error("skip", f"the reason of `skip` is longer than {_LONGEST_SKIP} characters")
        return text or False

    def _group(self, step: TreeMap, outer: Group | None) -> None:
        read = self._read(step)
        if outer is not None:
            self._problems.error("a group stands in a group: groups can't be nested", step.mark)
            return
        common = self._common(step, None, read.text("group", "label", "name") or "")
        found = Group(
            key=common["key"],
            label=common["label"],
            depends_on=common["depends_on"],
            allow_dependency_failure=common["allow_dependency_failure"],
            condition=common["condition"],
            if_changed=common["if_changed"],
            skip=common["skip"],
        )
        self._groups.append(found)
        if step.get("steps") in (None, []):
            read.warn("group", "the group has no steps")
        self._sequence(step.get("steps"), found)

    def _command(self, step: TreeMap, group: Group | None) -> None:
        matrix = step.get("matrix")
        read = self._read(step)
        common = self._common(step, group, "")
        whole = self._one_command(step if matrix is None else _without(step, "matrix", "parallelism"), common, None)
        if matrix is not None:
            if read.has("parallelism"):
                read.error("parallelism", "`parallelism` can't stand beside `matrix`")
            for key in ("key", "concurrency_group"):
                value = step.get(key)
                if isinstance(value, str) and (token := token_in(value)) is not None:
                    self._problems.warn(f"`{token}` isn't replaced in `{key}`", step.value_mark(key))
            made = self._combinations(step, matrix, common)
            whole = replace(whole, combinations=tuple(replace(one, concurrency=whole.concurrency) for one in made))
        self._steps.append(whole)

    def _combinations(self, step: TreeMap, matrix: Tree, common: _CommonAttributes) -> Iterator[CommandStep]:
        mark = step.value_mark("matrix")
        if isinstance(matrix, TreeMap):
            if matrix.get("setup") is not None:
                self._read(matrix).known("`matrix`", "setup", "adjustments")
            adjustments = matrix.get("adjustments")
            for item in adjustments if isinstance(adjustments, TreeList) else ():
                if isinstance(item, TreeMap) and item.get("with"):
                    self._read(item).known("an entry of `adjustments`", "with", "skip", "soft_fail")
                    soft_fail(item.get("soft_fail"), item.value_mark("soft_fail"), self._problems)
        try:
            for each in combinations(matrix, mark):
                known = len(self._problems.found)
                replaced = replace_tokens(
                    _without(step, "matrix", "parallelism", "key", "concurrency_group"), each.values, step.mark
                )
                one = self._one_command(cast("TreeMap", replaced), common, each.values)
                if each.skip:
                    one = replace(one, skip=each.skip)
                if each.soft_fail is not None:
                    one = replace(one, soft_fail=soft_fail(each.soft_fail, mark, self._problems))
                del self._problems.found[known:]  # the whole step and the adjustments have told them
                yield one
        except PipelineError as error:
            self._problems.found.append(error.problem)

    def _one_command(self, step: TreeMap, common: _CommonAttributes, matrix: Mapping[str, str] | None) -> CommandStep:
        read = self._read(step)
        minutes = self._minutes(step)
        plugins = step.get("plugins")
        command = "\n".join(read.texts("command"))
        label = read.text("label", "name") or ""
        if step.get("command") in (None, "") and plugins is None:
            read.warn("command", "the step has neither a command nor a plugin")
        common = {**common, "label": label}
        return CommandStep(
            **common,
            command=command,
            artifact_paths=read.texts("artifact_paths", split=";") or read.texts("artifacts", split=";"),
            soft_fail=soft_fail(step.get("soft_fail"), step.value_mark("soft_fail"), self._problems),
            parallelism=read.whole("parallelism", least=1, most=_MOST_PARALLEL),
            retry=automatic_retries(step, self._problems),
            manual_retry=manual_retry(step, self._problems),
            timeout=None if minutes is None else minutes * _MINUTE,
            agents=_agents(read) or self._agents,
            priority=self._priority if not read.has("priority") else read.whole("priority") or 0,
            env={**self._env, **read.variables("env")},
            concurrency=self._concurrency(step),
            cancel_on_build_failing=read.flag("cancel_on_build_failing"),
            matrix=matrix,
            plugins=tuple(item for item in plugins if isinstance(item, TreeMap))
            if isinstance(plugins, TreeList)
            else (),
            image=read.text("image") or self._image,
            cache=step.get("cache", self._cache),
        )

    def _minutes(self, step: TreeMap) -> int | None:
        read = self._read(step)
        key = "timeout_in_minutes" if read.has("timeout_in_minutes") else "timeout"
        return read.whole(key, least=1) if read.tree.get(key) != 0 else None

    def _concurrency(self, step: TreeMap) -> Concurrency | None:
        read = self._read(step)
        limit, group = read.whole("concurrency", least=1), read.text("concurrency_group")
        method = read.choice("concurrency_method", _METHODS, "ordered")
        if limit is not None and step.get("concurrency_group") in (None, ""):
            read.error("concurrency", "`concurrency` needs a `concurrency_group` beside it")
        if group and not read.has("concurrency"):
            read.error("concurrency_group", "`concurrency_group` needs a `concurrency` beside it, a number of jobs")
            return None
        if group and len(group) > _LONGEST_CONCURRENCY_GROUP:
            read.error(
                "concurrency_group", f"`concurrency_group` is longer than {_LONGEST_CONCURRENCY_GROUP} characters"
            )
        return Concurrency(group, limit, method == "eager") if group and limit else None

    def _form(self, step: TreeMap, group: Group | None) -> None:
        read = self._read(step)
        kind = "input" if "input" in step or step.get("type") == "input" else "block"
        common = self._common(step, group, read.text("label", "name", kind, "manual") or "")
        made = InputStep if kind == "input" else BlockStep
        self._steps.append(
            made(
                **common,
                fields=self._fields(step),
                blocked_state=read.choice("blocked_state", _BLOCKED_STATES, "passed"),
                prompt=read.text("prompt"),
                allowed_teams=read.texts("allowed_teams"),
            )
        )

    def _fields(self, step: TreeMap) -> tuple[BlockField, ...]:
        value = step.get("fields")
        if value is None:
            return ()
        if not isinstance(value, TreeList):
            self._read(step).error("fields", f"`fields` is {describe(value)}: a list of fields was expected")
            return ()
        found: list[BlockField] = []
        for index, item in enumerate(value):
            at = value.item_mark(index)
            if not isinstance(item, TreeMap) or not ("text" in item or "select" in item):
                message = "a field needs `text` or `select`, and a `key`"
                self._problems.error(message, at)
            elif item.get("key") in (None, ""):
                self._problems.error("a field needs a `key`: the key of the meta-data that holds its value", at)
            else:
                found += self._field(item, at)
        return tuple(found)

    def _field(self, item: TreeMap, at: Mark) -> Iterator[BlockField]:
        read = self._read(item)
        if read.text("key") is None:
            return
        read.text("text", "select")
        read.text("hint")
        if "select" in item:
            read.known("a select field", "select", "key", "default", "hint", "multiple", "options", "required")
            options = item.get("options")
            if options is not None and not isinstance(options, TreeList):
                read.error("options", f"`options` is {describe(options)}: a list of options was expected")
                return
            if not options:
                read.warn("select", "a select field needs `options`: a list of mappings with `label` and `value`")
            for option in options if isinstance(options, TreeList) else ():
                if isinstance(option, TreeMap):
                    one = self._read(option)
                    if "value" in option:
                        one.known("an option", "label", "value", "hint", "required")
                    one.text("label")
                    one.text("hint")
                    one.texts("required")
        else:
            read.known("a text field", "text", "key", "default", "format", "hint", "required")
            form = item.get("format")
            if form is not None and not isinstance(form, str):
                read.error("format", f"`format` is {describe(form)}: a regular expression, a text, was expected")
                return
        given: dict[str, object] = {
            **item,
            "required": read.flag("required", default=True),
            "multiple": read.flag("multiple"),
        }
        try:
            yield block_field("", given)
        except (TypeError, ValueError) as error:
            self._problems.error(str(error), at)

    def _trigger(self, step: TreeMap, group: Group | None) -> None:
        read = self._read(step)
        pipeline = read.text("trigger") or ""
        if not pipeline and step.get("trigger") in (None, ""):
            read.error("trigger", "`trigger` is empty: the slug of a pipeline was expected")
        build = self._read(read.mapping("build") or TreeMap(step.mark))
        build.known("the `build` of a trigger step", "branch", "commit", "env", "message", "meta_data")
        self._steps.append(
            TriggerStep(
                **self._common(step, group, read.text("label", "name") or pipeline),
                pipeline=pipeline,
                asynchronous=read.flag("async"),
                branch=build.text("branch"),
                commit=build.text("commit"),
                message=build.text("message"),
                env=build.variables("env"),
                meta_data=build.variables("meta_data"),
                soft_fail=soft_fail(step.get("soft_fail"), step.value_mark("soft_fail"), self._problems),
                parallelism=read.whole("parallelism", least=1, most=_MOST_PARALLEL),
            )
        )


def _condition_of_documentation(text: str) -> Condition | None:
    """Return a condition that compares with a value which Buildkite's documentation lists and its evaluator refuses."""
    try:
        return Condition(text, documented=True)
    except ConditionError:
        return None


def _is_condition_when_expanded(text: str, entry_point: EntryPoint = "build_condition") -> bool:
    """Tell whether a text with variables is a condition, or nothing, when the variables are unset."""
    try:
        expanded = expand(text, dict.fromkeys(names_in(text), ""))
        return is_blank(expanded) or Condition(expanded, entry_point) is not None
    except (InterpolationError, ConditionError):
        return False


def _agents(read: AttributeReader) -> tuple[str, ...]:
    """Return the tags of `agents`, a mapping or a list of `key=value`."""
    key = "agents" if read.has("agents") else "agent_query_rules"
    value = read.tree.get(key)
    queue = None
    if isinstance(value, TreeMap):
        found = tuple(f"{name}={text}" for name, text in read.variables(key).items())
        queue = value.get("queue")
    else:
        read.quoted(key)
        found = read.texts(key)
    if "queue=" in found and not isinstance(queue, TreeList | TreeMap):  # which is an error
        read.warn(
            key, "the queue is empty, and no agent has such a one. Leave it out for the default queue of the cluster"
        )
    return found


def _without(tree: TreeMap, *keys: str) -> TreeMap:
    found = tree.copy()
    for key in keys:
        found.pop(key, None)
    return found
