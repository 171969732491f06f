"""`buildkite-ext unblock`: unblock a block step of a build."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..build_choice import BuildOptions, build_choice
from ..exit_codes import ExitCode
from ..inputs import field_values, not_empty
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag, Repeated
from ..streams import clean, short

__all__ = ["unblock"]


def unblock(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    step: Annotated[str | None, Parameter(metavar="STEP")] = None,
    field: Annotated[tuple[str, ...], Repeated, Parameter(alias="-f", metavar="K=V")] = (),
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Unblock a block step of a build, and say what the build does then.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a step or of its job names that
            step. With --branch, --latest or --mine: the pipeline.
        step: The step: its key, its label or its id. It may be left out if the build waits at a single one.
        field: The value of a field of the step, by its key; the same key again adds a value to a field that takes several.
        json: Print the build as a JSON object on a line.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ...messages import in_state
    from ...states import build_state
    from ..render.records import print_json_line

    choice = build_choice(build, which, common, command="unblock", simulate=simulate)
    values = field_values("--field", field)
    if step is not None:
        not_empty("--step", step)
    with choice.connection.client() as client:
        at = choice.find(client)
        named = step or at.step_id or at.job_id
        found = client.builds.unblock(at.pipeline, at.number, step=named, fields=values or None)
    if json:
        print_json_line(found.to_dict())
    else:
        state = short(in_state(build_state(found)), 20)
        print(f"Build {short(at.pipeline, 100)} #{at.number} is unblocked, and {state}: {clean(found.web_url)}")
    return ExitCode.PASSED
