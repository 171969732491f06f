"""From the arguments to the exit code, whatever happens: the net below all commands."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cyclopts import CycloptsError

from .app import app
from .exit_codes import ExitCode
from .problem import Problem, Terminated, UsageError, problem, problem_of, without_secrets
from .render.colour import problem_line
from .safe_text import paragraph
from .streams import coloured, prepare, silence, tell
from .webhooks.names import SECRET_VARIABLE, TOKEN_VARIABLE

PATIENCE = 2.0
"""Seconds that threads have to end by themselves after Ctrl-C: to remove half a download, say."""

LEFT = frozenset({ExitCode.INTERRUPTED, ExitCode.OUTPUT_CLOSED, ExitCode.TERMINATED})


def launch(argv: Sequence[str] | None) -> int:
    """Run the command. See `buildkite_ext.cli.main`."""
    prepare()
    words = list(sys.argv[1:] if argv is None else argv)
    with _terminable():
        code = _guarded(words)
    if argv is None and code in LEFT:
        _leave(code)
    return int(code)


def _guarded(words: list[str]) -> ExitCode:
    try:
        return _run(words)
    except KeyboardInterrupt:
        return _tell(problem(ExitCode.INTERRUPTED, "Interrupted."), words)
    except Terminated:
        return _tell(problem(ExitCode.TERMINATED, "Terminated."), words)
    except (BrokenPipeError, SystemExit):  # rich makes the second of the first, while it prints --help
        silence(sys.stdout)
        return ExitCode.OUTPUT_CLOSED
    except Exception as error:  # each becomes a paragraph and a code
        return _tell(problem_of(error), words)


def _run(words: list[str]) -> ExitCode:
    try:
        _no_secrets(words)
        command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise UsageError(f"{error}\nTry: {' '.join(['buildkite-ext', *_known(words), '--help'])}") from error
    result = command(*bound.args, **bound.kwargs)
    return result if isinstance(result, ExitCode) else ExitCode.PASSED  # --help and --version return nothing


def _known(words: list[str]) -> list[str]:
    """The words that name a command."""
    if words[:1] == ["webhooks"]:
        return words[: 2 if words[1:2] and words[1] in ("listen", "verify", "send") else 1]
    return words[:1] if words and words[0] in ("run", "api", "cancel", "simulate") else []


def _no_secrets(words: list[str]) -> None:
    """Refuse secrets on the command line, before anything could repeat them."""
    variables = {"--token": "BUILDKITE_API_TOKEN"}
    if words[:1] == ["webhooks"]:
        variables = {"--token": TOKEN_VARIABLE, "--secret": SECRET_VARIABLE}
    for option, variable in variables.items():
        if any(word == option or word.startswith(f"{option}=") for word in words):
            raise UsageError(
                f"There is no {option}: every program on this computer can read the command lines of the others. Set "
                f"${variable}, or use {option}-file."
            )


def _tell(trouble: Problem, words: list[str]) -> ExitCode:
    tell(problem_line(trouble, colour=coloured("auto", sys.stderr)))
    if "--debug" in words and trouble.cause is not None:
        write_traceback(trouble.cause)
    return trouble.code


def write_traceback(error: BaseException) -> None:
    """Where an error came from, on the standard error: without the values of variables, which may be secrets."""
    text = "".join(traceback.format_exception(error))
    tell(without_secrets(paragraph(text)))


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the command as Ctrl-C does, so that a terminal gets its cursor back."""

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


def _leave(code: ExitCode) -> None:
    """End now: whoever pressed Ctrl-C doesn't wait for requests under way, as the interpreter would."""
    deadline = time.monotonic() + PATIENCE
    workers = [
        thread for thread in threading.enumerate() if thread is not threading.main_thread() and not thread.daemon
    ]
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
    if any(worker.is_alive() for worker in workers):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
