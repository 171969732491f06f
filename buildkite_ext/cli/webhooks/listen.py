"""`buildkite-ext webhooks listen`: receive webhooks on this computer until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from ...states import EventStateName
from ..durations import shown_duration
from ..exit_codes import ExitCode
from ..inputs import Inputs, is_stdin, not_empty
from ..parameters import OUTPUT, Duration, Flag, WholeNumber
from ..problem import UsageError
from ..sockets import check_port, listening_socket
from ..startup import end_startup
from ..streams import Colour, coloured, is_terminal
from .credentials import SECRET_GROUP, SecretFiles, TokenFiles, WebhookAuth, read_auth

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent

    from .display import Display
    from .jsonl import JsonlWriter

__all__ = ["listen"]

_ADDRESS = Group("The address", sort_key=2)
_FILTERS = Group("Which events", sort_key=3)
_ACTIONS = Group("What to do with them", sort_key=3)

_Patterns = Annotated[tuple[str, ...], Parameter(group=_FILTERS, metavar="PATTERN", negative="", show_default=False)]


def listen(
    *,
    secret_file: SecretFiles = (),
    token_file: TokenFiles = (),
    allow_unsigned: Annotated[bool, Flag, Parameter(group=SECRET_GROUP)] = False,
    tolerance: Annotated[float, Duration, Parameter(group=SECRET_GROUP, show_default=shown_duration)] = 300.0,
    host: Annotated[str, Parameter(group=_ADDRESS, metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, WholeNumber, Parameter(group=_ADDRESS)] = 8081,
    path: Annotated[str | None, Parameter(group=_ADDRESS, metavar="PATH")] = None,
    event: _Patterns = (),
    pipeline: _Patterns = (),
    branch: _Patterns = (),
    state: Annotated[
        tuple[EventStateName | str, ...],
        Parameter(group=_FILTERS, metavar="STATE", negative="", show_default=False, show_choices=False),
    ] = (),
    exec: Annotated[str | None, Parameter(group=_ACTIONS, metavar="COMMAND")] = None,  # noqa: A002 - the option's name
    exec_timeout: Annotated[float, Duration, Parameter(group=_ACTIONS, show_default=shown_duration)] = 60.0,
    at_once: Annotated[int, WholeNumber, Parameter(group=_ACTIONS)] = 4,
    limit: Annotated[int, WholeNumber, Parameter(group=_ACTIONS)] = 1000,
    jsonl: Annotated[Path | None, Parameter(group=_ACTIONS, metavar="FILE", allow_leading_hyphen=True)] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Receive webhooks until Ctrl-C, and print a line for each event.

    Run a command for each, or append each to a file. Accepted deliveries are handled before it ends.

    Args:
        secret_file: A file that holds the secret that deliveries are signed with; - reads the standard input. By default
            $BUILDKITE_WEBHOOK_SECRET. Several lines or files are several secrets, any of which is valid.
        token_file: The same for a webhook that sends its token in clear text, which is weaker; by default
            $BUILDKITE_WEBHOOK_TOKEN.
        allow_unsigned: Accept deliveries from anyone, and verify nothing.
        tolerance: The time by which a signature's time may differ from now.
        host: The address to listen on; 0.0.0.0 for all of this computer's.
        port: The port to listen on; 0 for a free one.
        path: The only path to receive at, such as /hooks; by default any.
        event: Only these events, such as build.finished or 'job.*'; may be repeated.
        pipeline: Only events of these pipelines, by slug, such as web or 'web-*'; may be repeated.
        branch: Only events of these branches, such as main or 'release/*'; may be repeated.
        state: Only events in these states. A build at a block step is blocked. May be repeated.
        exec: A command to run for each event. It gets the body on its standard input, and the event's fields in
            BUILDKITE_WEBHOOK_EVENT, ..._PIPELINE, ..._BUILD_NUMBER, ..._BUILD_STATE and others. No shell runs it.
        exec_timeout: The time that the command may take; then it is killed.
        at_once: The number of commands that run at once. Those of one build run one after the other.
        limit: The most deliveries whose command hasn't ended; more are refused with 503.
        jsonl: A file to append each delivery to, on the disk before it is answered; - is the standard output.
        json: Print one JSON object a line on the standard output, everything else on the standard error.
        color: Whether to color; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        debug: Show the traceback of an error.
    """
    from ...simulation.server import url_of
    from .command_runner import CommandRunner, split_command
    from .serve import ListenOptions, import_uvicorn, serve

    check_port(port)
    if path is not None and not path.startswith("/"):
        raise UsageError(f"--path {path!r}: paths begin with /.")
    for option, number in (("--at-once", at_once), ("--limit", limit)):
        if number < 1:
            raise UsageError(f"{option} {number}: give a number above 0.")
    if json and is_stdin(jsonl):
        raise UsageError("--json and --jsonl - both write to the standard output: give one, or a file to --jsonl.")
    server = import_uvicorn()
    end_startup()
    auth = read_auth(Inputs(), secret_file, token_file, unsigned=allow_unsigned)
    display = _display(json=json, color=color, jsonl_on_stdout=is_stdin(jsonl))
    options = ListenOptions(
        auth=auth,
        tolerance=tolerance,
        path=path,
        passes=_filter(event, pipelines=pipeline, branches=branch, states=state, note=display.note),
        jsonl=None if jsonl is None else _jsonl_writer(jsonl),
        runner=None if exec is None else CommandRunner(split_command(exec), exec_timeout),
        at_once=at_once,
        limit=limit,
    )
    with listening_socket(not_empty("--host", host), port) as bound:
        send_options = _send_options(auth, secret_file, token_file)
        display.note(_welcome(url_of(host, bound) + (path or "/"), auth, path=path, send_options=send_options))
        return serve(server, options, bound, display)


def _display(*, json: bool, color: Colour, jsonl_on_stdout: bool) -> Display:
    from .display import JsonDisplay, TextDisplay

    if json:
        return JsonDisplay(sys.stdout, sys.stderr, colour=coloured(color, sys.stderr))
    out = sys.stderr if jsonl_on_stdout else sys.stdout
    return TextDisplay(out, colour=coloured(color, out), terminal=is_terminal(out))


def _filter(
    events: Sequence[str],
    *,
    pipelines: Sequence[str],
    branches: Sequence[str],
    states: Sequence[str],
    note: Callable[[str], None],
) -> Callable[[WebhookEvent], bool]:
    """Return the filter of the options, which follows the same rules as `WebhookHandler.on`.

    Args:
        events: names and patterns of events; none for all.
        pipelines: patterns of pipelines' slugs; none for all.
        branches: patterns of branches; none for all.
        states: states of builds, jobs and agents; none for all.
        note: called with each warning about a likely typing error.

    Raises:
        UsageError: no event could ever pass.
    """
    from ...errors import ConfigurationError
    from ...webhooks.filters import Filters, matcher

    filters = Filters(state=states or None, pipeline=pipelines or None, branch=branches or None)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            matchers = [matcher(event, filters) for event in events or ("*",)]
    except ConfigurationError as error:
        raise UsageError(f"--event, --pipeline, --branch, --state: {error}") from error
    for text in dict.fromkeys(str(each.message) for each in caught):
        note(f"Check the filters: {text}{'' if text.endswith('?') else '.'}")
    return lambda event: any(matches(event) for matches in matchers)


def _jsonl_writer(path: Path) -> JsonlWriter:
    from .jsonl import JsonlFile, JsonlStream

    if is_stdin(path):
        return JsonlStream(sys.stdout.buffer)
    try:
        return JsonlFile(path)
    except OSError as error:
        raise UsageError(f"--jsonl: {str(path)!r} can't be written: {error.strerror or error}.") from error


def _send_options(auth: WebhookAuth, secret_files: tuple[Path, ...], token_files: tuple[Path, ...]) -> list[str]:
    """Return the options with which `webhooks send` sends deliveries that are accepted here."""
    if auth.mode == "unsigned":
        return ["--unsigned"]
    option, files = ("--secret-file", secret_files) if auth.mode == "secret" else ("--token-file", token_files)
    return [option, os.path.abspath(files[0])] if files and not is_stdin(files[0]) else []  # noqa: PTH100 - without following links


def _welcome(url: str, auth: WebhookAuth, *, path: str | None, send_options: Sequence[str]) -> str:
    """Return the first lines: the address, what is verified, and the settings for Buildkite."""
    one_of = f"one of {len(auth.credentials)} " if len(auth.credentials) > 1 else "the "
    plural = "s" if len(auth.credentials) > 1 else ""
    verified, setting = {
        "secret": (
            f"Every delivery must be signed (X-Buildkite-Signature) with {one_of}secret{plural} of {auth.origins}.",
            "the secret, sent as X-Buildkite-Signature",
        ),
        "token": (
            f"Every delivery must contain (X-Buildkite-Token) {one_of}token{plural} of {auth.origins}, in clear text.",
            "the token, sent as X-Buildkite-Token",
        ),
        "unsigned": (
            "NOTHING IS VERIFIED (--allow-unsigned): anyone who reaches this address can send events.",
            "any: it isn't checked",
        ),
    }[auth.mode]
    return (
        f"Receiving webhooks at {url} ({'at this path only' if path else 'at any path'}) until Ctrl-C.\n"
        f"{verified}\n\n"
        "In Buildkite, under Settings > Notification Services, add a Webhook:\n"
        "  Webhook URL  a public address that leads here (through a tunnel or a proxy)\n"
        f"  Token        {setting}\n\n"
        "To try it without Buildkite, in another terminal:\n"
        f"  {shlex.join(['buildkite-ext', 'webhooks', 'send', url, *send_options])}\n"
    )
