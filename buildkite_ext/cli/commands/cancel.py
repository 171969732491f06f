"""`buildkite-ext cancel`: cancel a build."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ...messages import in_state
from ...states import outcome_of
from ..exit_codes import ExitCode
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Duration, Flag
from ..streams import clean, short

__all__ = ["cancel"]


def cancel(
    build: Annotated[str, Parameter(metavar="BUILD")],
    number: Annotated[str | None, Parameter(metavar="NUMBER", show_default=False)] = None,
    /,
    *,
    pipeline: Annotated[str | None, Parameter(alias="-p", metavar="PIPELINE")] = None,
    timeout: Annotated[float | None, Duration] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Cancel a build. A build that has ended stays as it is.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its build.
        number: The build's number.
        timeout: The time for the request, with its retries and pauses; by default 2m.
        json: Print the build as a JSON object on a line.
        pipeline: The pipeline, where only NUMBER is given: a slug, ORG/PIPELINE, or a URL.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..addresses import build_of
    from ..connection import ConnectionOptions

    words = [build] if number is None else [build, number]
    address, chosen = build_of(words, pipeline, organization=common.organization, simulate=simulate)
    with ConnectionOptions.of(common, address.organization, simulate=simulate).client() as client:
        chosen_client = client if timeout is None else client.with_options(timeout=timeout)
        canceled = chosen_client.builds.cancel(address.pipeline, chosen)
    if json:
        from ..render.records import print_json_line

        print_json_line(canceled.to_dict())
        return ExitCode.PASSED
    state = short(in_state(canceled.state), 20)
    ended_before = outcome_of(canceled) not in (None, "blocked", "canceled")
    said = f"had ended before: {state}" if ended_before else f"is {state}"
    print(f"Build {short(address.pipeline, 100)} #{canceled.number} {said}: {clean(canceled.web_url)}")
    return ExitCode.PASSED
