"""`buildkite-ext completion`: the completion script of a shell, made from the table of commands."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from ..exit_codes import ExitCode
from ..parameters import OUTPUT, Flag

__all__ = ["completion"]


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], Parameter(metavar="SHELL")],
    /,
    *,
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Print the completion script of a shell: bash, zsh or fish.

    Args:
        shell: The shell.
        debug: Show the traceback of an error.
    """
    from ..app import app

    print(app.generate_completion(shell=shell))
    return ExitCode.PASSED
