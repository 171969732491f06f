"""`buildkite-ext cancel`: cancel a build."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ...states import outcome_of
from ..exit_codes import ExitCode
from ..inputs import slug
from ..parameters import CommonOptions
from ..problem import UsageError
from ..streams import clean, short

__all__ = ["cancel"]


def cancel(
    pipeline: Annotated[str, Parameter(metavar="PIPELINE")],
    number: Annotated[int, Parameter(metavar="NUMBER")],
    /,
    *,
    common: CommonOptions = CommonOptions(),  # noqa: B008 - frozen
) -> ExitCode:
    """Cancel a build. A build that has ended stays as it is.

    Args:
        pipeline: The pipeline's slug.
        number: The build's number.
    """
    from ..connection import ConnectionOptions

    if number < 1:
        raise UsageError(f"NUMBER: {number} can't be a build's number. They begin at 1.")
    connection = ConnectionOptions(organization=common.organization, token_file=common.token_file)
    pipeline = slug("PIPELINE", pipeline)
    with connection.client() as client:
        build = client.builds.cancel(pipeline, number)
    state = short(str(build.state), 20)
    ended_before = outcome_of(build) not in (None, "blocked", "canceled")
    said = f"had ended before: {state}" if ended_before else f"is {state}"
    print(f"Build {short(pipeline, 100)} #{build.number} {said}: {clean(build.web_url)}")
    return ExitCode.PASSED
