"""Pipelines of a YAML text, in the form that Buildkite's own tools give them.

Each kind of step has one name for each of its attributes, lists where a single value may stand, and plugins with their full
names. Nothing is expanded or decided here. What isn't known is kept as it is, with a warning.
https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...messages import path_hint
from ...unknown_names import nearest
from .attributes import unknown_attributes
from .yaml_tree import (
    Mark,
    PipelineError,
    PipelineProblem,
    Tree,
    TreeList,
    TreeMap,
    describe,
    documents,
    repeated_keys,
    text_of,
)

__all__ = ["ParsedPipeline", "StepKind", "kind_of_step", "parse_document", "parse_pipeline", "parse_pipelines"]

StepKind = Literal["command", "wait", "input", "trigger", "group", "unknown"]
"""Kind of a step. A block step is an `input`: see its key `block`."""

_TYPES: dict[str, StepKind] = {
    **dict.fromkeys(("command", "script"), "command"),
    **dict.fromkeys(("wait", "waiter"), "wait"),
    **dict.fromkeys(("block", "input", "manual"), "input"),
    "trigger": "trigger",
    "group": "group",
}
_WORDS = frozenset({"wait", "waiter", "block", "input", "manual"})
"""Steps that may be a word alone."""

_BY_KEY: tuple[tuple[str, StepKind], ...] = (
    *((key, "command") for key in ("command", "commands", "plugins")),
    *((key, "wait") for key in ("wait", "waiter")),
    *((key, "input") for key in ("block", "input", "manual")),
    ("trigger", "trigger"),
    ("group", "group"),
)
_MEANT = {**dict.fromkeys(("cmd", "run", "script", "sh", "shell"), "command"), "steps": "group"}
"""Attributes that other systems have, or that stand beside a forgotten one, with the one that says the kind."""

_COMMON = "allow_dependency_failure branches depends_on id identifier if key label name type"
_KNOWN: dict[StepKind, frozenset[str]] = {
    "command": frozenset(
        f"{_COMMON} agent_query_rules agents artifact_paths artifacts cache cancel_on_build_failing checkout command commands "
        "concurrency concurrency_group concurrency_method env if_changed image matrix notify parallelism plugins priority retry "
        "secrets signature skip soft_fail timeout timeout_in_minutes".split()
    ),
    "wait": frozenset(f"{_COMMON} continue_on_failure wait waiter".split()),
    "input": frozenset(
        f"{_COMMON} allowed_teams block blocked_state fields if_changed input manual prompt submit".split()
    ),
    "trigger": frozenset(f"{_COMMON} async build if_changed parallelism skip soft_fail trigger".split()),
    "group": frozenset(f"{_COMMON} group if_changed notify skip steps".split()),
}
_KNOWN_AT_THE_TOP = frozenset(["agents", "cache", "checkout", "env", "image", "notify", "priority", "secrets", "steps"])
_ALIKE = 0.75
"""Least likeness of two attributes, so that `label` isn't taken for `block`."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class ParsedPipeline:
    """Pipeline of one document.

    Attributes:
        tree: `steps`, and the attributes of the pipeline.
        warnings: what was kept though it isn't known.
    """

    tree: TreeMap
    warnings: Sequence[PipelineProblem] = field(default=())


def parse_pipelines(text: str) -> list[ParsedPipeline]:
    """Return the pipelines of a text, one for each document. An agent uploads each of them.

    Raises:
        PipelineError: it isn't YAML, or a document isn't a pipeline.
    """
    return [parse_document(tree, mark) for tree, mark in documents(text)]


def parse_document(tree: Tree, mark: Mark, errors: list[PipelineProblem] | None = None) -> ParsedPipeline:
    """Return the pipeline of a document.

    Args:
        tree: the value of the document.
        mark: the place where it begins.
        errors: takes what is wrong with parts of it, so that the rest can be read; None to end at the first error.

    Raises:
        PipelineError: it isn't a pipeline. With `errors`, only if nothing of it can be read.
    """
    return _DocumentParser(errors).pipeline(tree, mark)


def parse_pipeline(text: str) -> ParsedPipeline:
    """Return the pipeline of the first document of a text.

    Raises:
        PipelineError: it isn't YAML, or not a pipeline.

    Example:
        >>> parse_pipeline("- commands: [make, make test]\\n  name: Test\\n- wait").tree
        {'steps': [{'command': 'make\\nmake test', 'label': 'Test'}, 'wait']}
    """
    return parse_pipelines(text)[0]


def kind_of_step(step: Tree) -> StepKind:
    """Return the kind of a step."""
    if isinstance(step, str):
        return _TYPES[step] if step in _WORDS else "unknown"
    if not isinstance(step, TreeMap):
        return "unknown"
    if "type" in step:
        found = step["type"]
        return _TYPES.get(found, "unknown") if isinstance(found, str) else "unknown"
    for key, kind in _BY_KEY:
        if key in step:
            return kind
    return "unknown"


class _Misfit(TypeError):
    """Attribute of a step that has the wrong form."""

    def __init__(self, message: str, mark: Mark) -> None:
        super().__init__(message)
        self.message, self.mark = message, mark


class _DocumentParser:
    """Parser of one document."""

    def __init__(self, errors: list[PipelineProblem] | None) -> None:
        self._warnings: list[PipelineProblem] = []
        self._errors = errors

    def pipeline(self, tree: Tree, mark: Mark) -> ParsedPipeline:
        """Return the pipeline of a document."""
        self._warnings += repeated_keys(tree)
        if isinstance(tree, TreeList):
            listed, tree = tree, TreeMap(mark)
            tree.put("steps", listed, mark, listed.mark)
        if not isinstance(tree, TreeMap):
            raise PipelineError(
                f"this is {describe(tree)}: a pipeline was expected, a mapping with `steps` or a list of steps"
                f"{path_hint(tree) if isinstance(tree, str) else ''}",
                mark,
            )
        out = tree.copy()
        if "steps" not in tree:
            self._warn("the pipeline has no `steps`", mark)
            out.put("steps", TreeList(mark), mark, mark)
        else:
            out.move("steps", self._steps(tree["steps"], tree.value_mark("steps")), tree, "steps")
        self._known(tree, _KNOWN_AT_THE_TOP, "a pipeline")
        for key, form in (("env", _env), ("secrets", _secrets)):
            try:
                if key in tree:
                    _replace(out, tree, key, form)
            except _Misfit as error:
                self._fail(error.message, error.mark)
        return ParsedPipeline(out, tuple(sorted(self._warnings, key=lambda problem: problem.mark)))

    def _fail(self, message: str, mark: Mark) -> None:
        error = PipelineError(message, mark)
        if self._errors is None:
            raise error
        self._errors.append(error.problem)

    def _warn(self, message: str, mark: Mark) -> None:
        self._warnings.append(PipelineProblem("warning", message, mark))

    def _known(self, tree: TreeMap, known: frozenset[str], what: str) -> None:
        self._warnings += unknown_attributes(tree, known, what)

    def _steps(self, value: Tree, mark: Mark) -> Tree:
        if value is None:
            return TreeList(mark)
        if not isinstance(value, TreeList):
            self._fail(f"`steps` is {describe(value)}: a list of steps was expected", mark)
            return value
        steps = TreeList(mark)
        for index, step in enumerate(value):
            at = value.item_mark(index)
            if not isinstance(step, str | TreeMap):
                self._fail(f"this is {describe(step)}: a step was expected, such as `- command: make`", at)
            else:
                steps.put(self._step(step, at), at)
        return steps

    def _step(self, step: str | TreeMap, mark: Mark) -> Tree:
        kind = kind_of_step(step)
        if kind == "unknown":
            self._warn(
                "the kind of this step is unknown: it isn't documented whether Buildkite refuses it, which would fail the build"
                f"{_meant_kind(step)}",
                mark,
            )
            return step
        if isinstance(step, str):
            return step
        self._known(step, _KNOWN[kind], _described(step, kind))
        try:
            if kind == "command":
                return _command(step)
            if kind == "group":
                return self._group(step)
        except _Misfit as error:
            self._warn(
                f"{error.message}. It isn't documented whether Buildkite refuses the step, which would fail the build",
                error.mark,
            )
        return step

    def _group(self, step: TreeMap) -> TreeMap:
        out = step.copy()
        _rename(out, step, "key", ("id", "identifier"))
        names = [name for name in ("group", "label", "name") if name in step]
        if names:
            del out[names[0]]
            value = step[names[0]]
            out.move("group", None if value is None else _text(value, step, names[0]), step, names[0])
        else:
            out.put("group", None, step.mark, step.mark)
        out.move("steps", self._steps(step.get("steps"), step.value_mark("steps")), step, "steps")
        return out


def _described(step: TreeMap, kind: StepKind) -> str:
    """Return what a message calls a step."""
    if kind != "input":
        return f"a {kind} step"
    return "an input step" if "input" in step or step.get("type") == "input" else "a block step"


def _meant_kind(step: str | TreeMap) -> str:
    """Return the hint for a step whose kind is unknown.

    Example:
        >>> _meant_kind("wiat")
        '. Did you mean `wait`?'
    """
    if isinstance(step, str):
        near = nearest(step, ("block", "input", "wait"))
        return f". Did you mean `{near}`?" if near else ". A step that is a word alone is `wait`, `block` or `input`"
    if "type" in step:
        near = nearest(str(step["type"]), _TYPES)
        return f". Did you mean `type: {near}`?" if near else ""
    keys = [key for key, _ in _BY_KEY]
    for key in step:
        near = _MEANT.get(key) or nearest(key, keys, cutoff=_ALIKE)
        if near:
            return f". Did you mean `{near}` instead of `{key}`?" if key != "steps" else ". Did you forget `group`?"
    return ". It has none of `command`, `plugins`, `wait`, `block`, `input`, `trigger` and `group`"


def _command(step: TreeMap) -> TreeMap:
    """Return a command step in its one form.

    Raises:
        _Misfit: an attribute can't be read.
    """
    out = step.copy()
    source = "commands" if "commands" in step else "command"
    out.pop("commands", None)
    out.move("command", "\n".join(map(str, _texts(step.get(source), step, source))), step, source)
    _rename(out, step, "key", ("id", "identifier"))
    _rename(out, step, "label", ("name",))
    forms: dict[str, Callable[[Tree, TreeMap, str], Tree]] = {
        "plugins": _plugins,
        "secrets": _secrets,
        "env": _env,
        "matrix": _matrix,
        "cache": _cache,
    }
    for key, form in forms.items():
        if key in step:
            _replace(out, step, key, form)
    return out


def _rename(out: TreeMap, step: TreeMap, name: str, aliases: tuple[str, ...]) -> None:
    """Give an attribute its proper name, and leave it out if it is empty. A name that lost to another one stays."""
    found = next((each for each in (name, *aliases) if each in step), None)
    if found is None:
        return
    del out[found]
    text = _text(step[found], step, found)
    if text:
        out.move(name, text, step, found)


def _replace(out: TreeMap, step: TreeMap, key: str, form: Callable[[Tree, TreeMap, str], Tree]) -> None:
    """Replace an attribute by its one form, and leave it out if it is empty."""
    del out[key]
    value = form(step[key], step, key)
    if value is False or value:
        out.move(key, value, step, key)


def _text(value: Tree, owner: TreeMap, key: str) -> str:
    try:
        return text_of(value)
    except TypeError:
        raise _Misfit(f"`{key}` is {describe(value)}: a text was expected", owner.value_mark(key)) from None


def _texts(value: Tree, owner: TreeMap, key: str) -> TreeList:
    """Return the texts of a list, or of a single value."""
    mark = owner.value_mark(key)
    found = TreeList(mark)
    if isinstance(value, TreeList):
        for index, item in enumerate(value):
            if isinstance(item, TreeList | TreeMap):
                raise _Misfit(f"`{key}` holds {describe(item)}: a text was expected", value.item_mark(index))
            found.put(text_of(item), value.item_mark(index))
    elif value is not None:
        found.put(_text(value, owner, key), mark)
    return found


def _mapping(value: Tree, owner: TreeMap, key: str, expected: str) -> TreeMap:
    if not isinstance(value, TreeMap):
        raise _Misfit(f"`{key}` is {describe(value)}: {expected} was expected", owner.value_mark(key))
    return value


def _env(value: Tree, owner: TreeMap, key: str) -> Tree:
    if value is None:
        return None
    variables = _mapping(value, owner, key, "a mapping of names and texts")
    out = TreeMap(variables.mark)
    for name, each in variables.items():
        out.move(name, _text(each, variables, name), variables, name)
    return out


def _plugins(value: Tree, owner: TreeMap, key: str) -> Tree:
    mark = owner.value_mark(key)
    out = TreeList(mark)
    if value is None:
        return out
    if isinstance(value, TreeMap):
        items: TreeList = TreeList(mark)
        items.put(value, mark)
    elif isinstance(value, TreeList):
        items = value
    else:
        raise _Misfit(f"`{key}` is {describe(value)}: a list of plugins was expected", mark)
    for index, item in enumerate(items):
        at = items.item_mark(index)
        if isinstance(item, str):
            one = TreeMap(at)
            one.put(_plugin_source(item), None, at, at)
            out.put(one, at)
        elif isinstance(item, TreeMap):
            for source, configuration in item.items():
                one = TreeMap(at)
                empty = isinstance(configuration, TreeMap | TreeList) and not configuration
                one.move(_plugin_source(source), None if empty else configuration, item, source)
                out.put(one, item.key_mark(source))
        else:
            raise _Misfit(f"`{key}` holds {describe(item)}: a plugin was expected, such as docker#v5.12.0", at)
    return out


def _plugin_source(source: str) -> str:
    """Return the full source of a plugin.

    Example:
        >>> _plugin_source("docker#v5.12.0"), _plugin_source("acme/lint"), _plugin_source("./local")
        ('github.com/buildkite-plugins/docker-buildkite-plugin#v5.12.0', 'github.com/acme/lint-buildkite-plugin', './local')
    """
    if not source or source[0] in "/.\\" or _SCHEME.match(source):
        return source
    path, separator, version = source.partition("#")
    names = path.partition("?")[0].split("/")
    if len(names) > 2 or ":" in names[0]:
        return source
    owner = "buildkite-plugins" if len(names) == 1 else names[0]
    return f"github.com/{owner}/{names[-1]}-buildkite-plugin{separator}{version}"


def _secrets(value: Tree, owner: TreeMap, key: str) -> Tree:
    mark = owner.value_mark(key)
    out = TreeList(mark)
    if value is None:
        return out
    if isinstance(value, TreeMap):
        for variable, secret in value.items():
            out.put(_secret(variable, secret, value.key_mark(variable)), value.key_mark(variable))
        return out
    if not isinstance(value, TreeList):
        raise _Misfit(f"`{key}` is {describe(value)}: a list or a mapping of secrets was expected", mark)
    for index, item in enumerate(value):
        at = value.item_mark(index)
        out.put(_secret(item, item, at) if isinstance(item, str) else item, at)
    return out


def _secret(variable: str, secret: Tree, mark: Mark) -> TreeMap:
    found = TreeMap(mark)
    found.put("environment_variable", variable, mark, mark)
    found.put("key", secret, mark, mark)
    return found


def _cache(value: Tree, owner: TreeMap, key: str) -> Tree:
    if value is None or value is False:
        return value
    out = TreeMap(owner.value_mark(key))
    if value is True:
        return out
    if isinstance(value, str | TreeList):
        out.move("paths", _texts(value, owner, key), owner, key)
        return out
    found = _mapping(value, owner, key, "a path, a list of paths or a mapping")
    out = found.copy()
    for name in ("name", "size"):
        _rename(out, found, name, ())
    if "paths" in found:
        paths = _texts(found["paths"], found, "paths")
        del out["paths"]
        if paths:
            out.move("paths", paths, found, "paths")
    return out


def _matrix(value: Tree, owner: TreeMap, key: str) -> Tree:
    if value is None or isinstance(value, TreeList):
        return None if value is None else _texts(value, owner, key)
    found = _mapping(value, owner, key, "a list of values, or a mapping with `setup`,")
    out = found.copy()
    setup = found.get("setup")
    if isinstance(setup, TreeList):
        out.move("setup", _texts(setup, found, "setup"), found, "setup")
        if set(found) == {"setup"}:
            return out["setup"]
    elif isinstance(setup, TreeMap):
        dimensions = TreeMap(setup.mark)
        for name, values in setup.items():
            dimensions.move(name, _texts(values, setup, name), setup, name)
        out.move("setup", dimensions, found, "setup")
    else:
        out.move("setup", None, found, "setup")
    if "adjustments" in found:
        _replace(out, found, "adjustments", _adjustments)
    return out


def _adjustments(value: Tree, owner: TreeMap, key: str) -> Tree:
    if not value:
        return None
    if not isinstance(value, TreeList):
        raise _Misfit(f"`{key}` is {describe(value)}: a list of adjustments was expected", owner.value_mark(key))
    out = TreeList(value.mark)
    for index, item in enumerate(value):
        if not isinstance(item, TreeMap):
            raise _Misfit(f"an adjustment is {describe(item)}: a mapping was expected", value.item_mark(index))
        adjustment = item.copy()
        chosen = item.get("with")
        if isinstance(chosen, TreeMap):
            adjustment.move("with", _env(chosen, item, "with"), item, "with")
        elif isinstance(chosen, TreeList):
            adjustment.move("with", _texts(chosen, item, "with"), item, "with")
        else:
            adjustment.move("with", text_of(chosen), item, "with")
        out.put(adjustment, value.item_mark(index))
    return out
