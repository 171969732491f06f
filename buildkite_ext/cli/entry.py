"""The entry point: from the arguments to the exit code, with a handler for every error."""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

from ..version import __version__
from .env import WEBHOOK_SECRET_VARIABLE, WEBHOOK_TOKEN_VARIABLE
from .exit_codes import ExitCode
from .problem import Problem, Terminated, UsageError, write_traceback
from .render.colour import problem_line
from .streams import coloured, discard, output_failure, prepare_streams, print_error

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["execute"]

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)

_GRACE = 2.0
"""Seconds that threads get to end by themselves after Ctrl-C: to remove a partial download, for example."""

_STOPPED = frozenset({ExitCode.INTERRUPTED, ExitCode.OUTPUT_CLOSED, ExitCode.OUTPUT_FAILED, ExitCode.TERMINATED})

_CLOSED_OUTPUT = (
    "The standard output is closed. To run the command without its output, redirect it to the null device: "
    f">{os.devnull}"
)


def execute(argv: Sequence[str] | None) -> int:
    """Run the command, and return its exit code.

    Args:
        argv: its arguments; None for those of the process.
    """
    prepare_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    with _sigterm_raises():
        code = _guarded(words)
    if argv is None and code in _STOPPED:
        _exit_soon(code)
    return int(code)


def _guarded(words: list[str]) -> int:
    if sys.stdout is None:
        return _report(Problem.of(UsageError(_CLOSED_OUTPUT)), words)
    try:
        code = _run(words)
        sys.stdout.flush()  # here, where an error can be reported, and not when the interpreter exits
    except KeyboardInterrupt:  # users know what they pressed; a command that has more to say has said it
        return ExitCode.INTERRUPTED
    except Terminated:
        return _report(Problem.described(ExitCode.TERMINATED, "Terminated."), words)
    except SystemExit:  # rich raises it for a BrokenPipeError while it prints --help
        discard(sys.stdout)
        return ExitCode.OUTPUT_CLOSED
    except Exception as error:  # each becomes a paragraph and a code
        failure = output_failure(error)
        if failure is not None:
            discard(sys.stdout)
        return ExitCode.OUTPUT_CLOSED if failure == "closed" else _report(Problem.of(error), words)
    return code


def _run(words: list[str]) -> int:
    if words == ["--version"]:
        print(__version__)
        return ExitCode.PASSED
    _refuse_secrets(words)
    if words[:1] == ["api"] and len(words) < 4:
        from .api.plain import is_plain, send_plain

        if is_plain(words[1:]):
            return send_plain(words[1:])
    with _extra_needed():
        if words in (["--help"], ["-h"], []):
            from .render.help import print_program_help

            print_program_help()
            return ExitCode.PASSED
        from cyclopts import CycloptsError

        from .app import app
    try:
        console = cast("Console", _HelpConsole())
        command, bound, _ = app.parse_args(
            words, console=console, error_console=console, exit_on_error=False, print_error=False
        )
    except CycloptsError as error:
        from .usage import usage_text

        raise UsageError(
            f"{usage_text(error, words)}\nTry: {' '.join(['buildkite-ext', *_command_words(words), '--help'])}"
        ) from error
    _refuse_other_bytes(bound)
    result = command(*bound.args, **bound.kwargs)
    return result if isinstance(result, int) else ExitCode.PASSED  # --help returns nothing


@contextmanager
def _extra_needed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("cyclopts", "rich"):
            raise
        raise UsageError("the command needs an extra: pip install 'buildkite-ext[cli]'") from error


class _HelpConsole:
    """Console of `--help`, made when it is first used: other commands don't need to import rich."""

    def __init__(self) -> None:
        self._console: Console | None = None

    def __getattr__(self, name: str) -> Any:
        if self._console is None:
            from .render.console import ClampedConsole, sizes_clamped

            self._console = ClampedConsole(_environ=sizes_clamped(os.environ))
        return getattr(self._console, name)


def _command_words(words: list[str]) -> list[str]:
    """Return the words that name a command."""
    from .command_table import COMMANDS, CommandGroup

    named = next((command for command in COMMANDS if words[:1] == [command.name]), None)
    if named is None:
        return []
    if isinstance(named, CommandGroup) and words[1:2] and words[1] in {command.name for command in named.commands}:
        return words[:2]
    return words[:1]


def _refuse_secrets(words: list[str]) -> None:
    """Refuse secrets on the command line, before anything could repeat them."""
    variables = {"--token": "BUILDKITE_API_TOKEN"}
    if words[:1] == ["webhooks"]:
        variables = {"--token": WEBHOOK_TOKEN_VARIABLE, "--secret": WEBHOOK_SECRET_VARIABLE}
    for option, variable in variables.items():
        if any(word == option or word.startswith(f"{option}=") for word in words):
            raise UsageError(
                f"There is no {option}: every program on this computer can read the command lines of the others. Set "
                f"${variable}, or use {option}-file."
            )


def _refuse_other_bytes(bound: inspect.BoundArguments) -> None:
    """Refuse texts that aren't UTF-8, for all commands."""
    from .inputs import refuse_other_bytes

    named: dict[str, object] = {}
    for name, value in bound.arguments.items():
        if name == "exec":  # a command line may name a file
            continue
        if is_dataclass(value):
            named |= {_option(field.name): getattr(value, field.name) for field in fields(value)}
        elif bound.signature.parameters[name].kind in _POSITIONAL:
            named[name.upper()] = value
        else:
            named[_option(name.removesuffix("_option"))] = value
    refuse_other_bytes(named)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _report(problem: Problem, words: list[str]) -> ExitCode:
    print_error(problem_line(problem, colour=coloured("auto", sys.stderr)))
    if "--debug" in words and problem.cause is not None:
        write_traceback(problem.cause)
    return problem.code


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that a terminal gets its cursor back."""

    def terminate(*_: object) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit_soon(code: int) -> None:
    """Exit without waiting for requests that are still running, as the interpreter would."""
    deadline = time.monotonic() + _GRACE
    workers = [
        thread for thread in threading.enumerate() if thread is not threading.main_thread() and not thread.daemon
    ]
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
    if any(worker.is_alive() for worker in workers):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
