"""Exit codes of the command, and their meanings for `--help` and docs/command.md."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from ..states import Outcome

__all__ = [
    "ANNOTATE_CODES",
    "API_CODES",
    "ARTIFACTS_CODES",
    "CANCEL_CODES",
    "CHECK_CODES",
    "DOCTOR_CODES",
    "JOB_RETRY_CODES",
    "LISTEN_CODES",
    "LOCAL_CODES",
    "LOGS_CODES",
    "PLAN_CODES",
    "READ_CODES",
    "RECORD_CODES",
    "REPLAY_CODES",
    "RETRY_CODES",
    "RUN_CODES",
    "SEND_CODES",
    "SIMULATE_CODES",
    "UNBLOCK_CODES",
    "VERIFY_CODES",
    "WATCH_CODES",
    "WHY_CODES",
    "ExitCode",
    "exit_code_of",
    "exit_codes_help",
]


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
    TIMEOUT = 6, "the build hadn't ended within --timeout; it continues"
    NOT_RUN = 7, "the build was skipped, or not run"
    ARTIFACTS = 8, "the build passed; its artifacts weren't all fetched, or none matched"
    INTERNAL = 70, "an error in buildkite-ext itself"
    OUTPUT_FAILED = 74, "the output can't be written, such as to a full disk; the build continues"
    INTERRUPTED = 130, "Ctrl-C; the build continues"
    OUTPUT_CLOSED = 141, "the reader of the output closed it; the build continues"
    TERMINATED = 143, "SIGTERM; the build continues"


LOCAL_CODES: Mapping[ExitCode, str] = {
    ExitCode.PASSED: "done",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.INTERNAL: ExitCode.INTERNAL.meaning,
    ExitCode.OUTPUT_FAILED: "the output can't be written, such as to a full disk",
    ExitCode.INTERRUPTED: "Ctrl-C",
    ExitCode.OUTPUT_CLOSED: "the reader of the output closed it",
    ExitCode.TERMINATED: "SIGTERM",
}
"""Exit codes of a command that sends nothing, and their meanings there."""

RUN_CODES: Mapping[ExitCode, str] = {
    **{code: code.meaning for code in ExitCode},
    ExitCode.PASSED: "the build passed",
    ExitCode.FAILED: "the build failed",
    ExitCode.API_ERROR: "Buildkite refused a request, or can't be reached",
}
CANCEL_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "the build is canceled or being canceled, or had ended before",
    ExitCode.USAGE: ExitCode.USAGE.meaning,
    ExitCode.API_ERROR: "Buildkite refused the request, or can't be reached",
}
WHY_CODES: Mapping[ExitCode, str] = {
    **CANCEL_CODES,
    ExitCode.PASSED: "it was told why the build failed, or that it hasn't failed",
    ExitCode.API_ERROR: "Buildkite refused a request, or can't be reached; or no build matches",
}
READ_CODES: Mapping[ExitCode, str] = {
    **WHY_CODES,
    ExitCode.PASSED: "done, also if nothing matches",
    ExitCode.API_ERROR: "Buildkite refused a request, or can't be reached; or no such build or job",
}
LOGS_CODES: Mapping[ExitCode, str] = {
    **READ_CODES,
    ExitCode.PASSED: "the lines were shown",
    ExitCode.FAILED: "no line matches --grep",
    ExitCode.TIMEOUT: "not all lines came within --timeout; the build continues",
}
RECORD_CODES: Mapping[ExitCode, str] = {
    **READ_CODES,
    ExitCode.PASSED: "the build is recorded",
    ExitCode.FAILED: "the build hasn't ended, or a secret would be recorded",
}
UNBLOCK_CODES: Mapping[ExitCode, str] = {**READ_CODES, ExitCode.PASSED: "the step is unblocked"}
ANNOTATE_CODES: Mapping[ExitCode, str] = {**READ_CODES, ExitCode.PASSED: "the build or the job is annotated"}
ARTIFACTS_CODES: Mapping[ExitCode, str] = {
    **READ_CODES,
    ExitCode.PASSED: "all artifacts were fetched",
    ExitCode.ARTIFACTS: "artifacts weren't all fetched, or none matched",
}
JOB_RETRY_CODES: Mapping[ExitCode, str] = {
    **READ_CODES,
    ExitCode.PASSED: "the jobs are retried; with --wait: they passed",
    ExitCode.FAILED: "with --wait: a job didn't pass",
    ExitCode.TIMEOUT: "the jobs hadn't ended within --timeout; they continue",
}
_ENDS: Mapping[ExitCode, str] = {
    code: code.meaning
    for code in (
        *(ExitCode.CANCELED, ExitCode.BLOCKED, ExitCode.TIMEOUT, ExitCode.NOT_RUN),
        *(ExitCode.OUTPUT_FAILED, ExitCode.INTERRUPTED, ExitCode.OUTPUT_CLOSED, ExitCode.TERMINATED),
    )
}
WATCH_CODES: Mapping[ExitCode, str] = {
    **READ_CODES,
    **_ENDS,
    ExitCode.PASSED: "all builds passed",
    ExitCode.FAILED: "a build failed; of several builds 6 counts before 1, then 4, 5 and 7",
}
RETRY_CODES: Mapping[ExitCode, str] = {
    **READ_CODES,
    **_ENDS,
    ExitCode.PASSED: "the jobs are retried; with --wait: the build passed",
    ExitCode.FAILED: "with --wait: the build failed",
}
API_CODES: Mapping[ExitCode, str] = {**CANCEL_CODES, ExitCode.PASSED: "Buildkite accepted the request"}
DOCTOR_CODES: Mapping[ExitCode, str] = {
    **CANCEL_CODES,
    ExitCode.PASSED: "Buildkite is reachable, and accepts the token",
    ExitCode.API_ERROR: "Buildkite can't be reached, or refused the token",
}
LISTEN_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "done: Ctrl-C or SIGTERM, after all deliveries were handled",
    ExitCode.FAILED: "a command of --exec failed",
    ExitCode.INTERRUPTED: "a second Ctrl-C",
    ExitCode.TERMINATED: "a second SIGTERM",
}
VERIFY_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "a receiver would accept the signature",
    ExitCode.FAILED: "a receiver would refuse it",
}
SEND_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "the receiver accepted each delivery",
    ExitCode.FAILED: "the receiver refused a delivery",
    ExitCode.API_ERROR: "the URL can't be reached",
}
CHECK_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "no errors (with --strict: and no warnings)",
    ExitCode.FAILED: "a pipeline has an error (with --strict: or a warning)",
    ExitCode.USAGE: "the command line is wrong, or a file can't be read",
}
PLAN_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "the plan was made, however its build ends",
    ExitCode.FAILED: "the pipeline has an error",
    ExitCode.USAGE: "the command line is wrong, or a file can't be read",
}
REPLAY_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "done; the program, if any, ended with 0",
    ExitCode.FAILED: "with --check: the requests differ; else that of PROGRAM",
    ExitCode.USAGE: "the command line is wrong, or a file can't be used",
}
SIMULATE_CODES: Mapping[ExitCode, str] = {
    **LOCAL_CODES,
    ExitCode.PASSED: "done: Ctrl-C",
    ExitCode.USAGE: "the command line is wrong, or a file can't be used",
    ExitCode.INTERRUPTED: "Ctrl-C before it answered",
}


def exit_code_of(outcome: Outcome) -> ExitCode:
    """Return the exit code for the outcome of a build."""
    from ..states import EXIT_CODES  # here: `--help` has no use for it

    return {int(code): code for code in ExitCode}[EXIT_CODES[outcome]]


def exit_codes_help(meanings: Mapping[ExitCode, str] | None = None) -> str:
    """Return the list of exit codes for `--help`.

    Args:
        meanings: the exit codes of a command, and their meanings there; by default those of the whole program.
    """
    if meanings is None:
        meanings = {code: code.meaning for code in ExitCode}
    return "\n".join(["Exit codes:", *(f"  {int(code):>3}  {meanings[code]}" for code in sorted(meanings))])
