"""Queries into JSON: the paths of `--select`, and the expressions of `--jq`.

A path is simple on purpose, and `--jq` does everything else:

    number            the value of a key                 (also .number)
    creator.name      a key of a key
    jobs[0], jobs[-1] an item of a list, from its end with a minus
    ["a key"]         a key with any characters, as a JSON string
    jobs[].name       from each item of a list: the values make one flat list
    .                 everything

A key with a character of expressions, such as `(`, `|` or `*`, has to be a JSON string, so that `length(@)` isn't a key.

A missing key, an index past the end and a key of a list are null. `[]` of a value that isn't a list gives nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ...errors import InvalidResponse
from ...options import TOKEN_VARIABLES
from ..problem import UsageError

__all__ = ["JqFilter", "Selection", "jq_filter"]

_STEP = re.compile(
    r"""(?P<each>\[\]) | \[(?P<index>-?[0-9]{1,9})\] | \[(?P<key>"(?:[^"\\]|\\.)*")\]
    | (?P<dot>\.?)(?P<name>(?!@(?:[.\[]|$))[^.\[\]"\s(){}|,*'`&!=<>$?;]+)""",
    re.VERBOSE,
)


class _Each:
    """The step `[]`."""


_EACH = _Each()
_Step = str | int | _Each


@dataclass(frozen=True, slots=True)
class Selection:
    """A parsed path of `--select`.

    Example:
        >>> Selection.parse("jobs[].name").of({"jobs": [{"name": "test"}, {}]})
        ['test', None]
        >>> Selection.parse("creator.name").of({"creator": None}) is None
        True
    """

    steps: tuple[_Step, ...]

    @classmethod
    def parse(cls, path: str) -> Selection:
        """Parse a path.

        Raises:
            UsageError: the text isn't a path.
        """
        if not path.strip():
            raise UsageError("--select is empty; . selects everything.")
        steps: list[_Step] = []
        rest = path.strip()
        at = 1 if rest == "." or rest.startswith(".[") else 0  # jq writes it so
        while at < len(rest):
            found = _STEP.match(rest, at)
            if found is None or (found["name"] and at and not found["dot"]):
                raise UsageError(
                    f"--select: {path!r} isn't a path, from character {at + 1} on: write a.b, a[0], a[].b or [].b; a key "
                    """with other characters is ["a key"]; --jq takes more than paths."""
                )
            steps.append(_step(found, path))
            at = found.end()
        return cls(tuple(steps))

    @property
    def many(self) -> bool:
        """True if the path has a `[]`, so that its result is a list."""
        return _EACH in self.steps

    def of(self, value: Any) -> Any:
        """Return the part of a value that the path leads to. No value is an error."""
        found = self.values(value)
        return found if self.many else found[0]

    def values(self, value: Any) -> list[Any]:
        """Return all values that the path leads to: exactly one if it has no `[]`."""
        values = [value]
        for step in self.steps:
            if isinstance(step, _Each):
                values = [item for one in values if isinstance(one, list) for item in one]
            else:
                values = [_get(one, step) for one in values]
        return values

    def item(self) -> Selection | None:
        """Return the same path for each item of a list; None if it needs the whole list."""
        return Selection(self.steps[1:]) if self.steps and isinstance(self.steps[0], _Each) else None


def _step(found: re.Match[str], path: str) -> _Step:
    if found["each"]:
        return _EACH
    if found["index"]:
        return int(found["index"])
    if found["name"]:
        return found["name"]
    try:
        return str(json.loads(found["key"]))
    except ValueError:
        raise UsageError(f"--select {path!r}: {found['key']} isn't a JSON string.") from None


def _get(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    if isinstance(value, list) and -len(value) <= step < len(value):
        return value[step]
    return None


JqFilter = Callable[[Any], Iterable[Any]]
"""A jq expression as a function: from one value to any number of values."""


class _JqError(InvalidResponse):
    """Failure of a jq expression on an answer."""

    def __init__(self, said: str) -> None:
        super().__init__(f"The answer was received, but --jq fails on it: {said}")


def jq_filter(expression: str) -> JqFilter:
    """Compile a jq expression, with the package `jq` if it is installed and the program otherwise.

    Raises:
        UsageError: jq isn't installed, or the expression isn't valid.
    """
    try:
        package: Any = import_module("jq")
    except ModuleNotFoundError:
        import shutil

        program = shutil.which("jq")
        if program is None:
            raise UsageError(
                "--jq needs jq: pip install jq, or the program (apt-get install jq, brew install jq). --select takes simple "
                "paths without it."
            ) from None
        return _program_filter(program, expression)
    try:
        with _tokens_removed():  # $ENV is read when the expression is compiled, and env when it runs
            compiled = package.compile(expression)
    except ValueError as error:
        raise UsageError(f"--jq: {error}") from error

    def apply(value: Any) -> Iterable[Any]:
        try:
            with _tokens_removed():
                return list(compiled.input_value(value))
        except ValueError as error:
            raise _JqError(str(error)) from error

    return apply


@contextmanager
def _tokens_removed() -> Iterator[None]:
    """Remove the tokens from the environment meanwhile, since jq's `env` would print them."""
    taken = {name: os.environ.pop(name) for name in TOKEN_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(taken)


def _program_filter(program: str, expression: str) -> JqFilter:
    import subprocess

    # Without input the program compiles the expression and doesn't run it. The space keeps it from looking like an option.
    command = [program, "--compact-output", f" {expression}"]
    environment = {name: value for name, value in os.environ.items() if name not in TOKEN_VARIABLES}
    checked = subprocess.run(command, input=b"", capture_output=True, env=environment, check=False)  # noqa: S603
    if checked.returncode != 0:
        raise UsageError(f"--jq: {_message(checked.stderr)}")

    def apply(value: Any) -> Iterable[Any]:
        body = json.dumps(value).encode()
        done = subprocess.run(command, input=body, capture_output=True, env=environment, check=False)  # noqa: S603
        yield from map(json.loads, done.stdout.decode("utf-8", "replace").splitlines())
        if done.returncode != 0:
            raise _JqError(_message(done.stderr))

    return apply


def _message(stderr: bytes) -> str:
    return stderr.decode("utf-8", "replace").strip()[:1000] or "it failed without a message"
