"""Commands of `webhooks listen --exec`: one process for each event, without a shell."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from ...webhooks.delivery import Delivery
from ..env import WEBHOOK_PREFIX
from ..problem import UsageError
from .event_fields import EventFields

__all__ = ["CommandResult", "CommandRunner", "command_environment", "split_command"]

_LONGEST_VALUE = 4096
"""Longer fields are in the body only, because the system limits the size of an environment."""
_LONGEST_LINE = 8192
_DRAIN_SECONDS = 1.0
"""Time to read remaining output after the command has exited: a process that it left running may keep its output open."""

if sys.platform == "win32":
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP  # in place of a session
else:
    _NEW_GROUP = 0

_OnLine = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Result of a command."""

    exit_status: int | None
    """None if the command was killed after its timeout, or could not be started."""
    seconds: float
    problem: str | None
    """The reason of the failure; None if the command exited 0."""


def split_command(command: str) -> list[str]:
    """Split a command into words as a shell would. Nothing is expanded. On Windows a backslash is a part of a path.

    Raises:
        UsageError: a quote isn't closed, the command is empty, or its program doesn't exist.

    Example:
        >>> split_command("sh -c 'echo $BUILDKITE_WEBHOOK_EVENT'")
        ['sh', '-c', 'echo $BUILDKITE_WEBHOOK_EVENT']
    """
    try:
        words = _words(command)
    except ValueError as error:
        raise UsageError(f"--exec: the command can't be split into words: {error}.") from error
    if not words:
        raise UsageError("--exec is empty.")
    program = shutil.which(words[0])
    if program is None:
        raise UsageError(
            f"--exec: there is no program {words[0]!r}. No shell runs it: for pipes and variables, write --exec 'sh -c \"…\"'."
        )
    # Windows itself finds no scripts, such as npm.cmd.
    return [program, *words[1:]] if sys.platform == "win32" else words


def _words(command: str) -> list[str]:
    words = shlex.shlex(command, posix=True, punctuation_chars=False)
    words.whitespace_split = True
    words.commenters = ""
    if sys.platform == "win32":
        words.escape = ""
    return list(words)


def command_environment(delivery: Delivery, event: EventFields) -> dict[str, str]:
    """Return the environment of this process with the fields of a delivery, and without the webhook credentials."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(WEBHOOK_PREFIX)}
    for name, value in [*event.items(), ("delivery", delivery.id)]:
        text = value.replace("\0", "").encode("utf-8", "replace")
        if name != "message" and len(text) <= _LONGEST_VALUE:
            environment[f"{WEBHOOK_PREFIX}{name.upper()}"] = os.fsdecode(text)  # UTF-8 in every locale
    return environment


class CommandRunner:
    """Runner of a command. It gets the body of a delivery on its standard input, and the fields in its environment.

    Args:
        words: the command.
        timeout: seconds until the command is killed, with all processes that it started.
    """

    def __init__(self, words: list[str], timeout: float) -> None:
        self._words = words
        self._timeout = timeout

    async def run(self, delivery: Delivery, event: EventFields, on_line: _OnLine) -> CommandResult:
        """Run the command and wait for its end.

        Args:
            delivery: the delivery to handle.
            event: the fields of its event.
            on_line: called with each line that the command prints.
        """
        started = time.monotonic()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=command_environment(delivery, event),
                # Ctrl-C must not reach commands of accepted deliveries.
                start_new_session=True,
                creationflags=_NEW_GROUP,
            )
        except OSError as error:
            return CommandResult(None, 0.0, f"the command can't be started: {error.strerror or error}")
        pipes = asyncio.gather(_write_body(process, delivery.body), _read_lines(process, on_line))
        try:
            status = await asyncio.wait_for(_wait(process), self._timeout)
        except TimeoutError:
            problem = f"the command took longer than {self._timeout:g} s and was killed"
            return CommandResult(None, time.monotonic() - started, problem)
        else:
            return CommandResult(status, time.monotonic() - started, _problem(status))
        finally:
            if process.returncode is None:
                await _kill_all(process)
                await _wait(process)
            # Read what was written before the exit. A process that keeps the output open after that is left alone.
            await asyncio.wait({pipes}, timeout=_DRAIN_SECONDS)
            pipes.cancel()
            with suppress(asyncio.CancelledError):
                await pipes
            process._transport.close()  # type: ignore[attr-defined] # or such a process would keep our end open too


async def _kill_all(process: asyncio.subprocess.Process) -> None:
    """Kill a command with all processes that it started."""
    if sys.platform == "win32":
        nowhere = asyncio.subprocess.DEVNULL
        with suppress(OSError):  # without taskkill, the command alone
            killing = await asyncio.create_subprocess_exec(
                *("taskkill", "/F", "/T", "/PID", str(process.pid)), stdin=nowhere, stdout=nowhere, stderr=nowhere
            )
            await killing.wait()
        with suppress(OSError):
            process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def _wait(process: asyncio.subprocess.Process) -> int:
    """Return the exit status. (`wait` of older Pythons also waits for other processes that keep the output open.)"""
    pause = 0.002
    while process.returncode is None:
        await asyncio.sleep(pause)
        pause = min(2 * pause, 0.05)
    return process.returncode


def _problem(status: int) -> str | None:
    if status == 0:
        return None
    if status > 0:
        return f"the command exited {status}"
    with suppress(ValueError):
        return f"the command was ended by {signal.Signals(-status).name}"
    return f"the command was ended by signal {-status}"


async def _write_body(process: asyncio.subprocess.Process, body: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # the command may leave its input unread
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()


async def _read_lines(process: asyncio.subprocess.Process, on_line: _OnLine) -> None:
    """Call `on_line` with each line of the output. A very long line is passed on in pieces."""
    assert process.stdout is not None
    rest = b""
    while chunk := await process.stdout.read(_LONGEST_LINE):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) >= _LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            await _pass_on(on_line, line)
    if rest:
        await _pass_on(on_line, rest)


async def _pass_on(on_line: _OnLine, line: bytes) -> None:
    with suppress(BrokenPipeError):  # our output has no reader left: the command continues
        await on_line(line.decode("utf-8", "replace"))
