"""Views of runs that suit the options and streams, and the execution of a run with one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from ..problem import write_traceback
from ..run.runner import Run
from ..streams import Colour, coloured, is_terminal

if TYPE_CHECKING:
    from ..connection import ConnectionOptions
    from ..exit_codes import ExitCode
    from ..run.options import RunOptions
    from ..run.runner import RunView

__all__ = ["Output", "executed", "run_view"]

Output = Literal["lines", "json", "events"]


def executed(
    options: RunOptions,
    connection: ConnectionOptions,
    *,
    output: Output,
    color: Colour,
    quiet: bool = False,
    debug: bool = False,
) -> ExitCode:
    """Execute a run, show it, and return the exit code.

    Args:
        options: the run.
        connection: its connection.
        output: lines, or on a terminal a table; one JSON object at the end; or each change as a JSON line.
        color: when to use colours.
        quiet: show only how the build ended.
        debug: show the traceback of an error.
    """
    view = run_view(output=output, quiet=quiet, color=color)
    try:
        result = Run(options, connection, view).result()
        view.finish(result)
    finally:
        view.close()
    if debug and result.problem is not None and result.problem.cause is not None:
        write_traceback(result.problem.cause)
    return result.code


def run_view(*, output: Output, color: Colour, quiet: bool = False) -> RunView:
    """Return the view that suits the options and the streams."""
    out, err = sys.stdout, sys.stderr
    if output == "events":
        from .events import EventsRunView

        return EventsRunView(out, err, err_colour=coloured(color, err))
    if output == "json":
        from .plain import JsonRunView

        return JsonRunView(out, err, colour=coloured(color, err), quiet=quiet)
    if quiet or not is_terminal(out):
        from .plain import PlainRunView

        return PlainRunView(out, err, colour=coloured(color, out), err_colour=coloured(color, err), quiet=quiet)
    from .console import terminal_console
    from .terminal import TerminalRunView

    return TerminalRunView(terminal_console(out, color), err, err_colour=coloured(color, err))
