"""How the command ends: every exit code, and the only place that names them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ..watching.wait import Outcome


class ExitCode(IntEnum):
    """An exit code and what it means.

    Example:
        >>> int(ExitCode.BLOCKED), ExitCode.BLOCKED.meaning
        (5, 'the build waits at a block step')
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    PASSED = 0, "the build passed (of other commands: done)"
    FAILED = 1, "the build failed (webhooks: refused, or a command failed)"
    USAGE = 2, "the command line or the configuration can't be used; nothing was sent"
    API_ERROR = 3, "Buildkite refused a request, or it (or the URL) couldn't be reached"
    CANCELED = 4, "the build was canceled"
    BLOCKED = 5, "the build waits at a block step"
    TIMEOUT = 6, "the build hadn't ended after --timeout seconds; it goes on"
    NOT_RUN = 7, "the build was skipped, or not run"
    ARTIFACTS = 8, "the build passed; its artifacts could not be fetched, or none matched"
    INTERNAL = 70, "an error in buildkite-ext itself"
    INTERRUPTED = 130, "Ctrl-C; the build goes on"
    OUTPUT_CLOSED = 141, "whatever read the output went away; the build goes on"
    TERMINATED = 143, "SIGTERM; the build goes on"


def exit_code_of(outcome: Outcome) -> ExitCode:
    """The exit code that tells how a build ended."""
    return {
        "passed": ExitCode.PASSED,
        "failed": ExitCode.FAILED,
        "blocked": ExitCode.BLOCKED,
        "canceled": ExitCode.CANCELED,
        "skipped": ExitCode.NOT_RUN,
        "not_run": ExitCode.NOT_RUN,
    }[outcome]


def listing() -> str:
    """All of them, a line each, for --help."""
    return "\n".join(f"  {int(code):>3}  {code.meaning}" for code in ExitCode)
