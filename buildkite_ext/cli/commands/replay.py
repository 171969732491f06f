"""`buildkite-ext replay`: run a program against a cassette, and compare what it asks with what was recorded."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ...options import ENDPOINT_VARIABLE, TOKEN_VARIABLES, client_variables
from ..exit_codes import ExitCode
from ..inputs import source_of
from ..parameters import OUTPUT, Flag, WholeNumber
from ..problem import UsageError
from ..programs import run_program
from ..sockets import check_port, unusable_address
from ..startup import end_startup
from ..streams import clean, print_error

__all__ = ["replay"]


def replay(
    cassette: Annotated[Path, Parameter(metavar="CASSETTE", allow_leading_hyphen=True)],
    /,
    *program: Annotated[str, Parameter(metavar="PROGRAM", show_default=False)],
    check: Annotated[bool, Flag] = False,
    lenient: Annotated[bool, Flag] = False,
    port: Annotated[int, WholeNumber] = 0,
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> int:
    """Run a program against recorded requests, and compare what it asks with them.

    Args:
        cassette: The file, as Recorder or vcrpy has written it.
        program: The program to run, with its arguments, after --. The variables of its environment lead its client to the
            cassette. Without a program, it is served until Ctrl-C.
        check: Print in what the requests differ from the recorded ones. The exit code is 1 if they do.
        lenient: Answer a request whose query or body wasn't recorded from the nearest one of its path. --check tells it.
        port: The port to listen on; 0 for a free one.
        debug: Show the traceback of an error.
    """
    from ...errors import ConfigurationError
    from ...simulation import Replayer
    from ...simulation.cassettes.replayer import organization_of
    from ...simulation.cassettes.serving import serving

    end_startup()
    try:
        replayer = Replayer(cassette, strict=not lenient)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"CASSETTE: {source_of(cassette)} can't be read: {error.strerror or error}") from error
    code: int = ExitCode.PASSED
    with ExitStack() as stack:
        try:
            url = stack.enter_context(serving(replayer, check_port(port)))
        except OSError as error:
            raise unusable_address("127.0.0.1", port, error) from error
        variables = client_variables("bkua_recorded", url, organization_of(replayer.interactions))
        if program:
            code = _run(program, variables)
        else:
            _wait(cassette, variables)
    if not check:
        return code
    found = replayer.differences
    for each in found:
        print_error(clean(each))
    if not found:
        print_error("All requests are those of the cassette.")
    return code or (ExitCode.FAILED if found else ExitCode.PASSED)


def _run(program: tuple[str, ...], variables: dict[str, str]) -> int:
    """Run a program whose client finds the cassette, and return its exit code."""
    local = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1", "localhost")))
    others = {name: value for name, value in os.environ.items() if name not in TOKEN_VARIABLES}
    return run_program(program, {**others, **variables, "NO_PROXY": local, "no_proxy": local})


def _wait(cassette: Path, variables: dict[str, str]) -> None:
    """Say how to connect clients, and wait for Ctrl-C."""
    from ..simulator import assignments

    try:
        print(
            f"The cassette {source_of(cassette)} answers at {variables[ENDPOINT_VARIABLE]}\nCtrl-C ends it.\n\n"
            f"These variables connect buildkite-ext and BuildkiteClient:\n{assignments(variables)}",
            flush=True,
        )
        threading.Event().wait()
    except KeyboardInterrupt:
        print(flush=True)
