"""`--exec`: a command for each event, without a shell."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from ...webhooks.deliveries import Delivery
from ..env import WEBHOOK_PREFIX
from ..problem import UsageError
from .event_fields import Facts

LONGEST_VALUE = 4096
"""Longer facts stand in the body alone: the system bounds what an environment holds."""
LONGEST_LINE = 8192
AFTERWARDS = 1.0
"""Seconds to go on reading when the command has ended: what it left running may hold its output open."""

Say = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Execution:
    """How a command ended."""

    exit_status: int | None
    """None where it was stopped, for it took too long, or could not be started."""
    seconds: float
    problem: str | None
    """What went wrong; None where it exited 0."""


def words_of(command: str) -> list[str]:
    """The words of a command as a shell would split them, and nothing else that a shell does.

    Raises:
        UsageError: a quote isn't closed; there is no word; there is no such program.

    Example:
        >>> words_of("sh -c 'echo $BUILDKITE_WEBHOOK_EVENT'")
        ['sh', '-c', 'echo $BUILDKITE_WEBHOOK_EVENT']
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--exec: it can't be split into words: {error}.") from error
    if not words:
        raise UsageError("--exec is empty.")
    if shutil.which(words[0]) is None:
        raise UsageError(
            f"--exec: there is no program {words[0]!r}. No shell runs it: for pipes and variables, write --exec 'sh -c \"…\"'."
        )
    return words


def environment_of(delivery: Delivery, facts: Facts) -> dict[bytes, bytes]:
    """This process's environment with the facts of a delivery, and without the secrets that verify it."""
    environment = {name: value for name, value in os.environb.items() if not name.startswith(WEBHOOK_PREFIX.encode())}
    named = [*facts.items(), ("delivery", delivery.id)]
    for name, value in named:
        text = value.replace("\0", "").encode("utf-8", "replace")
        if name != "message" and len(text) <= LONGEST_VALUE:
            environment[f"{WEBHOOK_PREFIX}{name.upper()}".encode()] = text
    return environment


class Executor:
    """Runs a command for each delivery: its body on the standard input, its facts in the environment.

    Args:
        words: the command.
        timeout: seconds that it may take; then it is killed, with all that it started.
    """

    def __init__(self, words: list[str], timeout: float) -> None:
        self._words = words
        self._timeout = timeout

    async def run(self, delivery: Delivery, facts: Facts, say: Say) -> Execution:
        """Run it to its end.

        Args:
            delivery: what it is for.
            facts: what its environment tells.
            say: called with each line that it prints.
        """
        begun = time.monotonic()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment_of(delivery, facts),
                start_new_session=True,  # Ctrl-C is for us: what it was accepted for goes on
            )
        except OSError as error:
            return Execution(None, 0.0, f"the command can't be started: {error.strerror or error}")
        talk = asyncio.gather(_feed(process, delivery.body), _relay(process, say))
        try:
            status = await asyncio.wait_for(_exit_of(process), self._timeout)
        except TimeoutError:
            problem = f"the command took longer than {self._timeout:g} s and was killed"
            return Execution(None, time.monotonic() - begun, problem)
        else:
            return Execution(status, time.monotonic() - begun, _problem(status))
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await _exit_of(process)
            # What was written before the end is read; whoever holds the output open afterwards is left alone.
            await asyncio.wait({talk}, timeout=AFTERWARDS)
            talk.cancel()
            with suppress(asyncio.CancelledError):
                await talk
            process._transport.close()  # type: ignore[attr-defined] # or what holds its output open keeps ours open


async def _exit_of(process: asyncio.subprocess.Process) -> int:
    """Its exit status. The `wait` of older Pythons also waits for whoever else holds its output open."""
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


async def _feed(process: asyncio.subprocess.Process, body: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()


async def _relay(process: asyncio.subprocess.Process, say: Say) -> None:
    """Say what it prints, line by line; a line without an end in pieces."""
    assert process.stdout is not None
    rest = b""
    while chunk := await process.stdout.read(LONGEST_LINE):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) >= LONGEST_LINE:
            lines, rest = [*lines, rest], b""
        for line in lines:
            await _told(say, line)
    if rest:
        await _told(say, rest)


async def _told(say: Say, line: bytes) -> None:
    with suppress(BrokenPipeError):  # nobody reads ours: the command need not stand still for that
        await say(line.decode("utf-8", "replace"))
