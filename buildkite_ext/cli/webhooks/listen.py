"""`buildkite-ext webhooks listen`: its options, and what they come to."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from ..exit_codes import ExitCode
from ..inputs import not_empty, positive
from ..parameters import OUTPUT, Flag
from ..problem import UsageError
from ..streams import Colour, coloured, is_terminal
from .credentials import PROOF, SecretFiles, TokenFiles, proof_of

if TYPE_CHECKING:
    from .credentials import Proof
    from .display import View
    from .jsonl import Journal

ADDRESS = Group("The address", sort_key=2)
FILTERS = Group("Which events", sort_key=3)
ACTIONS = Group("What becomes of them", sort_key=3)

Patterns = Annotated[tuple[str, ...], Parameter(group=FILTERS, metavar="PATTERN", negative="", show_default=False)]


def listen(
    *,
    secret_file: SecretFiles = (),
    token_file: TokenFiles = (),
    allow_unsigned: Annotated[bool, Flag, Parameter(group=PROOF)] = False,
    tolerance: Annotated[float, Parameter(group=PROOF, metavar="S")] = 300.0,
    host: Annotated[str, Parameter(group=ADDRESS, metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, Parameter(group=ADDRESS, metavar="N")] = 8081,
    path: Annotated[str | None, Parameter(group=ADDRESS, metavar="PATH")] = None,
    event: Patterns = (),
    pipeline: Patterns = (),
    branch: Patterns = (),
    state: Annotated[tuple[str, ...], Parameter(group=FILTERS, metavar="STATE", negative="", show_default=False)] = (),
    exec: Annotated[str | None, Parameter(group=ACTIONS, metavar="COMMAND")] = None,  # noqa: A002 - the option's name
    exec_timeout: Annotated[float, Parameter(group=ACTIONS, metavar="S")] = 60.0,
    at_once: Annotated[int, Parameter(group=ACTIONS, metavar="N")] = 4,
    limit: Annotated[int, Parameter(group=ACTIONS, metavar="N")] = 1000,
    jsonl: Annotated[str | None, Parameter(group=ACTIONS, metavar="FILE", allow_leading_hyphen=True)] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Receive webhooks until Ctrl-C. See `groups.LISTEN_HELP`.

    Args:
        secret_file: A file that holds the secret with which deliveries are signed; - reads the standard input. By default
            $BUILDKITE_WEBHOOK_SECRET. Several lines, or files, are several secrets of which any will do.
        token_file: The same for a webhook that shows its token in clear text, which is weaker; by default
            $BUILDKITE_WEBHOOK_TOKEN.
        allow_unsigned: Take deliveries from anybody, and verify nothing.
        tolerance: Seconds by which a signature's time may differ from now.
        host: The address to listen on; 0.0.0.0 for all of this computer's.
        port: The port to listen on; 0 for a free one.
        path: The only path to receive at, such as /hooks; by default any.
        event: Only these events, such as build.finished or 'job.*'; may be repeated.
        pipeline: Only of these pipelines, by slug, such as web or 'web-*'; may be repeated.
        branch: Only of these branches, such as main or 'release/*'; may be repeated.
        state: Only in these states. A build at a block step is blocked. May be repeated.
        exec: A command to run for each event: its body on the standard input, its facts in BUILDKITE_WEBHOOK_EVENT,
            ..._PIPELINE, ..._BUILD_NUMBER, ..._BUILD_STATE and others. No shell runs it.
        exec_timeout: Seconds that the command may take; then it is killed.
        at_once: How many commands may run at once. Those of one build run one after the other.
        limit: The most deliveries to hold whose command hasn't ended; more are refused with 503.
        jsonl: A file to append each delivery to, on the disk before it is answered; - is the standard output.
        json: Print one JSON object a line on the standard output, everything else on the standard error.
        color: Whether to colour; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        debug: Show where an error came from.
    """
    from ...simulation.server import url_of
    from ..sockets import listening_socket
    from .command_runner import Executor, words_of
    from .filters import wanted_by
    from .serve import Listening, serve, server_module
    from .welcome import welcome

    _check(port=port, path=path, at_once=at_once, limit=limit, json=json, jsonl=jsonl)
    server = server_module()
    proof = proof_of(secret_file, token_file, unsigned=allow_unsigned)
    seconds = positive("--exec-timeout", exec_timeout)
    view = _view(json=json, color=color, aside=jsonl == "-")
    what = Listening(
        proof=proof,
        tolerance=positive("--tolerance", tolerance),
        path=path,
        wanted=wanted_by(event, pipelines=pipeline, branches=branch, states=state, note=view.note),
        journal=None if jsonl is None else _journal(not_empty("--jsonl", jsonl)),
        executor=None if exec is None else Executor(words_of(exec), seconds),
        at_once=at_once,
        limit=limit,
    )
    with listening_socket(not_empty("--host", host), port) as bound:
        view.note(
            welcome(
                url_of(host, bound) + (path or "/"), proof, path=path, again=_options(proof, secret_file, token_file)
            )
        )
        return serve(server, what, bound, view)


def _check(*, port: int, path: str | None, at_once: int, limit: int, json: bool, jsonl: str | None) -> None:
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: ports go from 0 to 65535.")
    if path is not None and not path.startswith("/"):
        raise UsageError(f"--path {path!r}: paths begin with /.")
    for option, number in (("--at-once", at_once), ("--limit", limit)):
        if number < 1:
            raise UsageError(f"{option} {number}: give a number above 0.")
    if json and jsonl == "-":
        raise UsageError("--json and --jsonl - both want the standard output: give one of them, or a file to --jsonl.")


def _view(*, json: bool, color: Colour, aside: bool) -> View:
    from .display import JsonView, LineView

    if json:
        return JsonView(sys.stdout, sys.stderr, colour=coloured(color, sys.stderr))
    out = sys.stderr if aside else sys.stdout
    return LineView(out, colour=coloured(color, out), terminal=is_terminal(out))


def _journal(path: str) -> Journal:
    from .jsonl import FileJournal, StreamJournal

    if path == "-":
        return StreamJournal(sys.stdout.buffer)
    try:
        return FileJournal(Path(path))
    except OSError as error:
        said = f"{error.strerror}" if error.strerror else str(error)
        raise UsageError(f"--jsonl: {path!r} can't be written: {said}.") from error


def _options(proof: Proof, secret_files: tuple[str, ...], token_files: tuple[str, ...]) -> list[str]:
    """The options of `send` that prove what these verify."""
    if proof.mode == "unsigned":
        return ["--unsigned"]
    option, files = ("--secret-file", secret_files) if proof.mode == "secret" else ("--token-file", token_files)
    return [option, os.path.abspath(files[0])] if files and files[0] != "-" else []  # noqa: PTH100 - without following links
