"""Interpolation of environment variables into a pipeline, as an agent does when it uploads one.

Every text is expanded once, keys and conditions included. `if` conditions have a syntax of their own for variables: see
`conditions`.
https://buildkite.com/docs/agent/cli/reference/pipeline
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .yaml_tree import Mark, PipelineError, PipelineProblem, Tree, TreeList, TreeMap

__all__ = ["InterpolationError", "expand", "interpolate", "interpolation_problems", "names_in"]

_VARIABLE = re.compile(r"\$\{?([A-Za-z][A-Za-z0-9_]*)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WHOLE_NUMBER = re.compile(r" *(-?)0*([0-9]+) *")
_MOST_DIGITS = 18
"""Digits of a number that are read. With more, it lies outside of every text, as its first ones do."""
_MOST_NESTED = 50


class InterpolationError(ValueError):
    """Error of an expansion in a text."""


def interpolate(tree: TreeMap, environment: Mapping[str, str]) -> TreeMap:
    """Return a pipeline with its variables expanded.

    The pipeline's own `env` is expanded first, in order: each variable is seen by the next one and by the steps, and wins over
    one of the environment.

    Args:
        tree: the pipeline.
        environment: the environment of the job that uploads it.

    Raises:
        PipelineError: an expansion is wrong, or a variable with `?` is unset.
    """
    known = dict(environment)
    out = TreeMap(tree.mark)
    env = tree.get("env")
    if isinstance(env, TreeMap):
        expanded = TreeMap(env.mark)
        for name, value in env.items():
            new_name = _expanded(name, known, env.key_mark(name))
            new_value = _walk(value, known, env.value_mark(name))
            expanded.move(new_name, new_value, env, name)
            if isinstance(new_value, str):
                known[new_name] = new_value
        out.move("env", expanded, tree, "env")
    for key, value in tree.items():
        if key != "env" or not isinstance(env, TreeMap):
            out.move(_expanded(key, known, tree.key_mark(key)), _walk(value, known, tree.value_mark(key)), tree, key)
    return out


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Return a text with its variables expanded.

    Raises:
        InterpolationError: an expansion is wrong, or a variable with `?` is unset.

    Example:
        >>> expand("$CITY ${CITY:0:2} ${ZIP:-none} $$HOME", {"CITY": "Bonn"})
        'Bonn Bo none $HOME'
    """
    return _Expansion(text, environment).run() if "$" in text else text


def names_in(text: str) -> list[str]:
    """Return the names of the variables that a text may expand, each once.

    Example:
        >>> names_in("${B:-$A} $$A $B")
        ['A', 'B']
    """
    return sorted(set(_VARIABLE.findall(text)))


def interpolation_problems(tree: Tree, mark: Mark) -> Iterator[PipelineProblem]:
    """Yield an error for each text of a value in which an expansion is wrong, whatever the variables are."""
    if isinstance(tree, str):
        try:
            expand(tree, dict.fromkeys(names_in(tree), ""))
        except InterpolationError as error:
            yield PipelineProblem("error", str(error), mark)
    elif isinstance(tree, TreeList):
        for index, item in enumerate(tree):
            yield from interpolation_problems(item, tree.item_mark(index))
    elif isinstance(tree, TreeMap):
        for key, value in tree.items():
            yield from interpolation_problems(key, tree.key_mark(key))
            yield from interpolation_problems(value, tree.value_mark(key))


def _walk(value: Tree, environment: Mapping[str, str], mark: Mark) -> Tree:
    if isinstance(value, str):
        return _expanded(value, environment, mark)
    if isinstance(value, TreeList):
        items = TreeList(value.mark)
        for index, item in enumerate(value):
            items.put(_walk(item, environment, value.item_mark(index)), value.item_mark(index))
        return items
    if isinstance(value, TreeMap):
        out = TreeMap(value.mark)
        for key, each in value.items():
            name = _expanded(key, environment, value.key_mark(key))
            out.move(name, _walk(each, environment, value.value_mark(key)), value, key)
        return out
    return value


def _expanded(text: str, environment: Mapping[str, str], mark: Mark) -> str:
    try:
        return expand(text, environment)
    except InterpolationError as error:
        raise PipelineError(str(error), mark) from None


class _Expansion:
    """Expansion of one text."""

    def __init__(self, text: str, environment: Mapping[str, str]) -> None:
        self._text = text
        self._environment = environment
        self._at = 0
        self._depth = 0

    def run(self) -> str:
        """Return the expanded text."""
        return self._until("")

    def _until(self, end: str) -> str:
        """Expand up to a character, which isn't taken; or up to the end of the text."""
        out: list[str] = []
        while self._at < len(self._text) and self._text[self._at] != end:
            character = self._text[self._at]
            following = self._text[self._at + 1 : self._at + 2]
            if character == "\\" and following in ("\\", "$"):
                out.append("\\\\" if following == "\\" else "$")
                self._at += 2
            elif character == "$":
                out.append(self._variable(following))
            else:
                out.append(character)
                self._at += 1
        return "".join(out)

    def _variable(self, following: str) -> str:
        if following == "$":
            self._at += 2
            return "$"
        if following == "{":
            return self._braced()
        self._at += 1
        name = _NAME.match(self._text, self._at)
        if name is None:
            return "$"
        self._at = name.end()
        return self._environment.get(name.group(), "")

    def _braced(self) -> str:
        start = self._at
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise InterpolationError(f"`${{` is nested deeper than {_MOST_NESTED}, the most that is read here")
        self._at += 2
        name = _NAME.match(self._text, self._at)
        if name is None:
            raise InterpolationError(f"`{self._shown(start)}`: the name of a variable was expected behind `${{`")
        self._at = name.end()
        value = self._operated(name.group(), start)
        if not self._text.startswith("}", self._at):
            raise InterpolationError(f"`{self._shown(start)}` is not closed: `}}` was expected")
        self._at += 1
        self._depth -= 1
        return value

    def _operated(self, name: str, start: int) -> str:
        value = self._environment.get(name)
        if self._takes(":-"):
            default = self._until("}")
            return value or default
        if self._takes("-"):
            default = self._until("}")
            return default if value is None else value
        if self._takes("?"):
            message = self._until("}")
            if value is None:
                raise InterpolationError(f"${name}: {message or 'not set'}")
            return value
        if self._takes(":"):
            return self._substring(value or "", start)
        if not self._text.startswith("}", self._at) and self._at < len(self._text):
            raise InterpolationError(
                f"`{self._shown(start)}` has an operator that interpolation doesn't know: there are `-`, `:-`, `?` and "
                "`:offset:length`"
            )
        return value or ""

    def _takes(self, operator: str) -> bool:
        found = self._text.startswith(operator, self._at)
        self._at += len(operator) if found else 0
        return found

    def _substring(self, value: str, start: int) -> str:
        """Return a part of a text, counted in bytes. What lies outside of the text is left out."""
        data = value.encode()
        offset = self._number(start)
        begin = max(0, len(data) + offset) if offset < 0 else min(offset, len(data))
        end = len(data)
        if self._takes(":"):
            length = self._number(start)
            end = len(data) + length if length < 0 else begin + length
        return data[begin : max(begin, min(end, len(data)))].decode(errors="replace")

    def _number(self, start: int) -> int:
        number = _WHOLE_NUMBER.match(self._text, self._at)
        if number is None:
            raise InterpolationError(f"`{self._shown(start)}`: a number was expected behind `:`")
        self._at = number.end()
        return int(number[1] + number[2][:_MOST_DIGITS])

    def _shown(self, start: int) -> str:
        return self._text[start : start + 20].partition("\n")[0]
