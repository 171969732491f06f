"""`buildkite-ext simulate`: serve a simulated Buildkite on this computer until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..exit_codes import ExitCode
from ..inputs import Inputs, not_empty, source_of
from ..parameters import Flag, Repeated, WholeNumber
from ..pipeline_files import pipeline_files
from ..problem import UsageError
from ..sockets import check_port
from ..startup import end_startup

__all__ = ["simulate"]


def simulate(
    *,
    port: Annotated[int, WholeNumber] = 8080,
    host: Annotated[str, Parameter(metavar="ADDRESS")] = "127.0.0.1",
    organization: Annotated[str, Parameter(metavar="SLUG")] = "acme",
    allow_host: Annotated[tuple[str, ...], Repeated, Parameter(metavar="NAME")] = (),
    pipeline: Annotated[tuple[str, ...], Repeated, Parameter(metavar="[SLUG=]FILE", allow_leading_hyphen=True)] = (),
    scenario: Annotated[tuple[Path, ...], Repeated, Parameter(metavar="FILE", allow_leading_hyphen=True)] = (),
    at_once: Annotated[bool, Flag] = False,
    coverage: Annotated[bool, Flag] = False,
    admin: Annotated[bool, Flag] = False,
    debug: Annotated[bool, Flag] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Serve a simulated Buildkite on this computer until Ctrl-C, and say how to connect clients to it.

    Args:
        port: The port to listen on; 0 for a free one.
        host: The address to listen on.
        organization: The organization's slug.
        allow_host: A further host name by which clients may address it, or of web pages that may send requests to it. Give it
            again for each; * allows any. Others are refused, so that web pages can't use it.
        pipeline: A pipeline.yml, which a pipeline of the organization runs in place of the samples; - reads the standard input.
            Its slug is the name of the file, or of the folder of a .buildkite/pipeline.yml. Give it again for each.
        scenario: A build that buildkite-ext record has recorded; - reads the standard input. It happens again, and so does each
            further build of its pipeline. Give it again for each.
        at_once: With --scenario, no job takes time.
        coverage: Print which operations are simulated, and what the simulator does where Buildkite's documentation is silent.
            Nothing is served.
        admin: Let requests below /_simulator/ add and remove faults, for tests in other languages. They need no token.
        debug: Show the traceback of an error.
    """
    end_startup()
    if coverage:
        from ..render.coverage import coverage_table

        print(coverage_table())
        return ExitCode.PASSED
    from ..simulator import serve_until_stopped, simulated_organization

    if at_once and not scenario:
        raise UsageError("--at-once is for --scenario.")
    pipelines = pipeline_files(pipeline)
    inputs = Inputs()
    scenarios: dict[str, str] = {}
    for path in scenario:
        if (source := source_of(path)) in scenarios:
            raise UsageError(f"--scenario {source} is given twice: a pipeline has the builds of one scenario.")
        scenarios[source] = inputs.text("--scenario", path)
    named = not_empty("--organization", organization)
    simulator = simulated_organization(named, pipelines, scenarios, at_once=at_once)
    serve_until_stopped(simulator, host, check_port(port), allow_host, admin=admin)
    return ExitCode.PASSED
