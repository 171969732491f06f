"""`--jq`: by the package of that name where it is installed, else by the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ...errors import InvalidResponse
from ...options import TOKEN_VARIABLES
from ..problem import UsageError

Filter = Callable[[Any], Iterable[Any]]
"""Makes any number of values out of one."""

MISSING = (
    "--jq needs jq: pip install jq, or the program (apt-get install jq, brew install jq). --select takes simple paths "
    "without it."
)


class JqError(InvalidResponse):
    """The expression can't work on the answer."""

    def __init__(self, said: str) -> None:
        super().__init__(f"The answer came, and doesn't fit --jq: {said}")


def jq_filter(expression: str) -> Filter:
    """A filter that does what the expression says.

    Raises:
        UsageError: there is no jq, or the expression isn't one.
    """
    try:
        package: Any = import_module("jq")
    except ModuleNotFoundError:
        program = shutil.which("jq")
        if program is None:
            raise UsageError(MISSING) from None
        return _by_program(program, expression)
    try:
        with _no_tokens():  # $ENV is what there was then, and env what there is later
            compiled = package.compile(expression)
    except ValueError as error:
        raise UsageError(f"--jq: {error}") from error

    def apply(value: Any) -> Iterable[Any]:
        try:
            with _no_tokens():
                return list(compiled.input_value(value))
        except ValueError as error:
            raise JqError(str(error)) from error

    return apply


@contextmanager
def _no_tokens() -> Iterator[None]:
    """Without the tokens of the environment, which `env` would print."""
    taken = {name: os.environ.pop(name) for name in TOKEN_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(taken)


def _by_program(program: str, expression: str) -> Filter:
    # Without input the program is compiled and not run. A space in front: no expression looks like an option.
    command = [program, "--compact-output", f" {expression}"]
    environment = {name: value for name, value in os.environ.items() if name not in TOKEN_VARIABLES}
    checked = subprocess.run(command, input=b"", capture_output=True, env=environment, check=False)  # noqa: S603
    if checked.returncode != 0:
        raise UsageError(f"--jq: {_said(checked.stderr)}")

    def apply(value: Any) -> Iterable[Any]:
        body = json.dumps(value).encode()
        done = subprocess.run(command, input=body, capture_output=True, env=environment, check=False)  # noqa: S603
        yield from map(json.loads, done.stdout.decode("utf-8", "replace").splitlines())
        if done.returncode != 0:
            raise JqError(_said(done.stderr))

    return apply


def _said(err: bytes) -> str:
    return err.decode("utf-8", "replace").strip()[:1000] or "it failed, and said nothing"
