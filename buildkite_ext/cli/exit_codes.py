"""Exit codes of the command, and their meanings for `--help` and docs/command.md."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ..states import Outcome

__all__ = ["ExitCode", "exit_code_of", "exit_codes_help"]


class ExitCode(IntEnum):
    """Exit code with its meaning.

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

    PASSED = 0, "the build passed (other commands: done)"
    FAILED = 1, "the build failed (webhooks: refused, or a command failed)"
    USAGE = 2, "the command line or the configuration is wrong; nothing was sent"
    API_ERROR = 3, "Buildkite refused a request, or it (or the URL) can't be reached"
    CANCELED = 4, "the build was canceled"
    BLOCKED = 5, "the build waits at a block step"
    TIMEOUT = 6, "the build hadn't ended after --timeout seconds; it continues"
    NOT_RUN = 7, "the build was skipped, or not run"
    ARTIFACTS = 8, "the build passed; its artifacts weren't all fetched, or none matched"
    INTERNAL = 70, "an error in buildkite-ext itself"
    OUTPUT_FAILED = 74, "the output can't be written, such as to a full disk; the build continues"
    INTERRUPTED = 130, "Ctrl-C; the build continues"
    OUTPUT_CLOSED = 141, "the reader of the output closed it; the build continues"
    TERMINATED = 143, "SIGTERM; the build continues"


def exit_code_of(outcome: Outcome) -> ExitCode:
    """Return the exit code for the outcome of a build."""
    return {
        "passed": ExitCode.PASSED,
        "failed": ExitCode.FAILED,
        "blocked": ExitCode.BLOCKED,
        "canceled": ExitCode.CANCELED,
        "skipped": ExitCode.NOT_RUN,
        "not_run": ExitCode.NOT_RUN,
    }[outcome]


def exit_codes_help() -> str:
    """Return the list of all exit codes for `--help`."""
    return "\n".join(["Exit codes:", *(f"  {int(code):>3}  {code.meaning}" for code in ExitCode)])
