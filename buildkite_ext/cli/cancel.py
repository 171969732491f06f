"""`buildkite-ext cancel`: what the message after Ctrl-C advises."""

from __future__ import annotations

from .connection import Connection
from .exit_codes import ExitCode
from .safe_text import clean, short

ENDED = frozenset({"passed", "failed", "skipped", "not_run"})


def cancel(connection: Connection, pipeline: str, number: int) -> ExitCode:
    """Cancel a build and say so. One that has ended already stays as it is, and that is no error.

    Raises:
        UsageError, BuildkiteError: it couldn't be done.
    """
    with connection.client() as client:
        build = client.builds.cancel(pipeline, number)
    state = short(str(build.state), 20)
    said = f"had ended before: {state}" if state in ENDED else f"is {state}"
    print(f"Build {short(pipeline, 100)} #{build.number} {said}: {clean(build.web_url)}")
    return ExitCode.PASSED
