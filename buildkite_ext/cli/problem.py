"""Problems: errors as one paragraph for a person and an exit code for a script."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .env import WEBHOOK_SECRET_VARIABLE, WEBHOOK_TOKEN_VARIABLE
from .exit_codes import ExitCode
from .streams import output_failure, paragraph, print_error

__all__ = ["CommandFailed", "Problem", "Terminated", "UsageError", "without_secrets", "write_traceback"]


class UsageError(Exception):
    """Error in the command line. Its message says what can't be done, and what to give instead."""


class CommandFailed(Exception):
    """Error of a command, with its exit code. Its message says what happened, to what, and what to do next."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Terminated(BaseException):
    """SIGTERM. Like KeyboardInterrupt it isn't an Exception, so that no `except Exception` catches it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the user sees it.

    Attributes:
        code: the exit code of the command.
        kind: the error's class, such as `PipelineNotFound`.
        text: what happened, to what, and what to do next. It is safe to print.
        cause: the error itself, for --debug.
    """

    code: ExitCode
    kind: str
    text: str
    cause: BaseException | None = None

    @classmethod
    def described(cls, code: ExitCode, text: str, cause: BaseException | None = None, *, kind: str = "") -> Problem:
        """Return a problem with a text of the command's or the server's. Secrets and control characters are removed.

        Args:
            code: the exit code.
            text: the paragraph.
            cause: the error, if there is one.
            kind: by default the class of `cause`.
        """
        return cls(code, kind or type(cause).__name__, without_secrets(paragraph(text)), cause)

    @classmethod
    def of(cls, error: Exception) -> Problem:
        """Return the problem for an error about which nothing else is known."""
        if isinstance(error, UsageError):
            return cls.described(ExitCode.USAGE, str(error), error)
        if isinstance(error, CommandFailed):
            return cls.described(error.code, str(error), error)
        from ..errors import BuildkiteError, ConfigurationError
        from .hints import in_options

        if isinstance(error, ConfigurationError):
            return cls.described(ExitCode.USAGE, in_options(str(error)), error)
        if isinstance(error, BuildkiteError):
            return cls.described(ExitCode.API_ERROR, in_options(str(error)), error)
        if output_failure(error) is not None:
            assert isinstance(error, OSError)
            said = f"The output can't be written: {error.strerror or error}"
            return cls.described(ExitCode.OUTPUT_FAILED, said, error, kind="OutputFailed")
        return cls.described(
            ExitCode.INTERNAL,
            f"{type(error).__name__}: {error}\nThis is an error in buildkite-ext itself. Run the command again with --debug "
            "and report what it shows.",
            error,
        )


def without_secrets(text: str) -> str:
    """Return a text without the secrets of the environment, which users paste where they don't belong, and the token."""
    from .. import redaction
    from ..options import TOKEN_VARIABLES

    secrets = [
        (f"${name}", token.strip())
        for name in (*TOKEN_VARIABLES, WEBHOOK_SECRET_VARIABLE, WEBHOOK_TOKEN_VARIABLE)
        for token in os.environ.get(name, "").splitlines()
    ]
    return redaction.without_used_tokens(redaction.without_secrets(text, secrets))


def write_traceback(error: BaseException) -> None:
    """Print the traceback of an error on the standard error, without the values of variables, which may be secrets."""
    import traceback

    text = "".join(traceback.format_exception(error))
    print_error(without_secrets(paragraph(text)))
