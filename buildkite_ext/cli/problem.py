"""What goes wrong, as one paragraph for a person and an exit code for a script."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .exit_codes import ExitCode
from .safe_text import paragraph
from .webhooks.names import SECRET_VARIABLE, TOKEN_VARIABLE

SHORTEST_SECRET = 8


class UsageError(Exception):
    """The command line says something that can't be done. The message says what, and what to say instead."""


class Terminated(BaseException):
    """SIGTERM came. Like KeyboardInterrupt it is no Exception, so that nothing on the way takes it for an error."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong.

    Attributes:
        code: how the command ends by it.
        kind: the error's class, such as `PipelineNotFound`.
        text: what happened, to what, and what to do next. Safe to print.
        cause: the error itself, for --debug.
    """

    code: ExitCode
    kind: str
    text: str
    cause: BaseException | None = None


def problem(code: ExitCode, text: str, cause: BaseException | None = None, *, kind: str = "") -> Problem:
    """A problem in words of ours or of the server's."""
    return Problem(code, kind or type(cause).__name__, without_secrets(paragraph(text)), cause)


def problem_of(error: Exception) -> Problem:
    """What an error means where nothing more is known than the error itself."""
    from ..errors import BuildkiteError, ConfigurationError  # not before: they bring httpx along

    if isinstance(error, UsageError | ConfigurationError):
        return problem(ExitCode.USAGE, str(error), error)
    if isinstance(error, BuildkiteError):
        return problem(ExitCode.API_ERROR, str(error), error)
    return problem(
        ExitCode.INTERNAL,
        f"{type(error).__name__}: {error}\nThis is an error in buildkite-ext itself. Run the command again with --debug and "
        "report what it shows.",
        error,
    )


def without_secrets(text: str) -> str:
    """The text without the secrets of the environment: somebody may have pasted one where it doesn't belong."""
    from ..options import TOKEN_VARIABLES

    for name in (*TOKEN_VARIABLES, SECRET_VARIABLE, TOKEN_VARIABLE):
        for token in map(str.strip, os.environ.get(name, "").splitlines()):
            if len(token) >= SHORTEST_SECRET:
                text = text.replace(token, f"[${name}]")
    return text
