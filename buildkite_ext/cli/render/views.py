"""The view of a run that suits its options and streams, and the execution of a run with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..problem import write_traceback
from ..run.runner import Run
from ..streams import Colour, coloured, is_terminal

if TYPE_CHECKING:
    from ..connection import ConnectionOptions
    from ..exit_codes import ExitCode
    from ..run.options import RunOptions
    from ..run.runner import RunView

__all__ = ["executed"]


def executed(
    options: RunOptions,
    connection: ConnectionOptions,
    *,
    json: bool,
    quiet: bool,
    color: Colour,
    debug: bool,
    events: bool = False,
) -> ExitCode:
    """Execute a run, show it, and return the exit code.

    Args:
        options: the run.
        connection: its connection.
        json: print one JSON object at the end.
        quiet: show only how the build ended.
        color: when to use colours.
        debug: show the traceback of an error.
        events: print the changes as JSON lines, in place of one object.
    """
    view = _view(json=json, quiet=quiet, color=color, events=events)
    try:
        result = Run(options, connection, view).result()
        view.finish(result)
    finally:
        view.close()
    if debug and result.problem is not None and result.problem.cause is not None:
        write_traceback(result.problem.cause)
    return result.code


def _view(*, json: bool, quiet: bool, color: Colour, events: bool) -> RunView:
    """Return the output format that suits the options and the streams."""
    out, err = sys.stdout, sys.stderr
    if events:
        from .events import EventsRunView

        return EventsRunView(out, err, err_colour=coloured(color, err))
    if json:
        from .plain import JsonRunView

        return JsonRunView(out, err, colour=coloured(color, err), quiet=quiet)
    if quiet or not is_terminal(out):
        from .plain import PlainRunView

        return PlainRunView(out, err, colour=coloured(color, out), err_colour=coloured(color, err), quiet=quiet)
    from .console import terminal_console
    from .terminal import TerminalRunView

    return TerminalRunView(terminal_console(out, color), err, err_colour=coloured(color, err))
