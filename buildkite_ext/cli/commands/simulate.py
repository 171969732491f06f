"""`buildkite-ext simulate`: serve a simulated Buildkite on this computer until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..exit_codes import ExitCode
from ..inputs import not_empty
from ..parameters import Flag
from ..sockets import check_port

__all__ = ["simulate"]


def simulate(
    *,
    port: Annotated[int, Parameter(metavar="N")] = 8080,
    host: Annotated[str, Parameter(metavar="ADDRESS")] = "127.0.0.1",
    organization: Annotated[str, Parameter(metavar="SLUG")] = "acme",
    debug: Annotated[bool, Flag] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Serve a simulated Buildkite on this computer until Ctrl-C, and say how to connect clients to it.

    Args:
        port: The port to listen on; 0 for a free one.
        host: The address to listen on.
        organization: The organization's slug.
        debug: Show the traceback of an error.
    """
    from ..simulator import serve_until_stopped

    serve_until_stopped(host, check_port(port), not_empty("--organization", organization))
    return ExitCode.PASSED
