"""The commands, their options, and their help."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Group, Parameter

from ..version import __version__
from .exit_codes import ExitCode, listing
from .problem import UsageError
from .streams import Colour, coloured, is_terminal

if TYPE_CHECKING:
    from .render.view import View

Flag = Parameter(negative="", show_default=False)

BUILD = Group("The build", sort_key=1)
WAITING = Group("Following and waiting", sort_key=2)
ARTIFACTS = Group("Artifacts", sort_key=3)
OUTPUT = Group("Output", sort_key=4)
CONNECTION = Group("Connection", sort_key=5)

EXAMPLES = """
Examples:
  buildkite-ext run web --branch main --simulate
  buildkite-ext run web --branch main --message Nightly --env DEBUG=1
  buildkite-ext run web --branch main --artifacts 'dist/*.whl' --to wheels
  buildkite-ext run web --branch main --json --timeout 1800 | jq -r .url
  buildkite-ext cancel web 42
  buildkite-ext api GET organizations/{org}/pipelines --select '[].slug'
  buildkite-ext api GET organizations/{org}/builds -f state=failed --paginate
  buildkite-ext webhooks listen --secret-file hook.secret --event 'build.*'
  buildkite-ext simulate --port 8080"""

API_HELP = """Send any request to the API and print its answer as JSON.

The token, retries and rate limits are taken care of.
PATH is relative to the API's root, with or without /v2, and leads nowhere else.
{org} in it stands for the organization."""

API_EXAMPLES = """
Examples of api:
  buildkite-ext api GET user
  buildkite-ext api GET organizations/{org}/builds --paginate \\
    -f state=failed -f 'branch[]=main' --select '[].web_url' --raw-output
  buildkite-ext api POST organizations/{org}/pipelines/web/builds \\
    -f branch=main -F commit=HEAD -f 'env[DEBUG]=1' --jq .number
  buildkite-ext api PATCH organizations/{org}/pipelines/web --input web.json
  buildkite-ext api GET organizations/{org}/agents --include --simulate"""

WEBHOOKS_EXAMPLES = """
Examples of webhooks:
  buildkite-ext webhooks listen --secret-file hook.secret
  buildkite-ext webhooks listen --event build.finished --state failed \\
    --exec './page-someone'
  buildkite-ext webhooks listen --pipeline 'web-*' --jsonl events.jsonl
  buildkite-ext webhooks verify --secret-file hook.secret \\
    --signature 'timestamp=1780000000,signature=4f0c...' body.json
  buildkite-ext webhooks send http://127.0.0.1:8081/ --secret-file hook.secret
  buildkite-ext webhooks send http://127.0.0.1:8081/ --event 'job.*' \\
    --set pipeline.slug=api --set build.branch=release/1.4"""

ENVIRONMENT = """
Environment:
  BUILDKITE_API_TOKEN          the token; it is never given on the command line
  BUILDKITE_ORGANIZATION_SLUG  the organization
  BUILDKITE_REST_API_ENDPOINT  the API's root (https://api.buildkite.com)
  BUILDKITE_WEBHOOK_SECRET     what webhooks are signed with
  BUILDKITE_WEBHOOK_TOKEN      what webhooks show instead, in clear text
  NO_COLOR, FORCE_COLOR        never, or always, use colours"""

EXIT_CODES = f"""
Exit codes:
{listing()}"""

app = App(
    name="buildkite-ext",
    help="Create a Buildkite build, follow it live, wait for it and fetch its artifacts; send any request to the API.",
    version=__version__,
    help_format="plaintext",
    help_epilogue=f"{EXAMPLES}\n{ENVIRONMENT}\n{EXIT_CODES}".strip(),
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Where:
    """Where to connect to, and how much to tell of errors."""

    organization: Annotated[str | None, Parameter(group=CONNECTION, metavar="SLUG")] = None
    """The organization; by default that of the environment."""

    token_file: Annotated[str | None, Parameter(group=CONNECTION, metavar="PATH", allow_leading_hyphen=True)] = None
    """A file that holds the API token; - reads the standard input. By default the environment's token."""

    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False
    """Show where an error came from."""


@app.command
def run(
    pipeline: Annotated[str, Parameter(metavar="PIPELINE")],
    /,
    *,
    branch: Annotated[str, Parameter(group=BUILD, metavar="B")],
    commit: Annotated[str, Parameter(group=BUILD, metavar="C")] = "HEAD",
    message: Annotated[str | None, Parameter(group=BUILD, metavar="M", allow_leading_hyphen=True)] = None,
    env: Annotated[tuple[str, ...], Parameter(group=BUILD, metavar="K=V", negative="", show_default=False)] = (),
    meta_data: Annotated[tuple[str, ...], Parameter(group=BUILD, metavar="K=V", negative="", show_default=False)] = (),
    timeout: Annotated[float | None, Parameter(group=WAITING, metavar="S")] = None,
    no_follow: Annotated[bool, Flag, Parameter(group=WAITING)] = False,
    poll_interval: Annotated[float | None, Parameter(group=WAITING, metavar="S")] = None,
    artifacts: Annotated[
        tuple[str, ...], Parameter(group=ARTIFACTS, metavar="GLOB", negative="", show_default=False)
    ] = (),
    to: Annotated[Path | None, Parameter(group=ARTIFACTS, metavar="DIR")] = None,
    quiet: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    where: Where = Where(),
) -> ExitCode:
    """Create a build, follow it live, wait for it and fetch its artifacts. The exit code tells how it ended.

    Ctrl-C stops the following and leaves the build alone.

    Args:
        pipeline: The pipeline's slug.
        branch: The branch to build.
        commit: The commit; HEAD is the branch's newest.
        message: What the build is called; by default the commit's message.
        env: An environment variable of the build's jobs; may be repeated.
        meta_data: Meta-data of the build; may be repeated.
        timeout: Seconds to wait for the build; then the command ends and the build goes on.
        no_follow: Show no logs, only wait.
        poll_interval: Seconds between two looks at the build.
        artifacts: The artifacts to fetch; * stays within a folder, ** goes through folders. May be repeated.
        to: The folder that artifacts go to; by default the current one.
        quiet: Show nothing but how the build ended.
        json: Print one JSON object at the end; everything else goes to the standard error.
        color: Whether to colour; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        simulate: Run against a simulator inside this command, over real HTTP; it has the pipelines web, api and release.
            No token, no network, and nothing of the environment counts.
    """
    from .connection import Connection
    from .order import Order
    from .run import Run

    order = Order(
        pipeline=_slug(pipeline),
        branch=filled("--branch", branch),
        commit=filled("--commit", commit),
        message=message,
        env=_pairs("--env", env),
        meta_data=_pairs("--meta-data", meta_data),
        artifacts=tuple(filled("--artifacts", glob) for glob in artifacts),
        to=_folder(to, artifacts),
        timeout=positive("--timeout", timeout),
        poll_interval=positive("--poll-interval", poll_interval),
        follow=not (no_follow or quiet),
        last_lines=not quiet,
    )
    connection = Connection(organization=where.organization, token_file=where.token_file, simulate=simulate)
    view = _view(json=json, quiet=quiet, color=color)
    try:
        report = Run(order, connection, view).report()
        view.finish(report)
    finally:
        view.close()
    if where.debug and report.problem is not None and report.problem.cause is not None:
        from .launch import write_traceback

        write_traceback(report.problem.cause)
    return report.code


# Loaded when it is asked for.
app.command(
    "buildkite_ext.cli.api.command:api",
    name="api",
    help=API_HELP,
    help_epilogue=f"{API_EXAMPLES}\n{EXAMPLES}\n{ENVIRONMENT}\n{EXIT_CODES}".strip(),
)

webhooks = App(
    name="webhooks",
    help="Receive webhooks here, find out why a signature doesn't fit, and send samples.",
    help_format="plaintext",
    help_epilogue=f"{WEBHOOKS_EXAMPLES}\n{EXAMPLES}\n{ENVIRONMENT}\n{EXIT_CODES}".strip(),
)
app.command(webhooks)
for _name, _help in {
    "listen": "Receive webhooks until Ctrl-C, and print a line for each event.\n\nRun a command for each, or append each to a "
    "file. What was accepted is handled before it ends.",
    "verify": "Say whether a signature fits a body and, where it doesn't, find out why.\n\nNothing is sent anywhere.",
    "send": "Sign a sample of an event, post it to a URL, and show the answer.\n\nNo API token is needed or sent.",
}.items():
    webhooks.command(
        f"buildkite_ext.cli.webhooks.{_name}:{_name}", name=_name, help=_help, help_epilogue=webhooks.help_epilogue
    )


@app.command
def cancel(
    pipeline: Annotated[str, Parameter(metavar="PIPELINE")],
    number: Annotated[int, Parameter(metavar="NUMBER")],
    /,
    *,
    where: Where = Where(),
) -> ExitCode:
    """Cancel a build. One that has ended already stays as it is.

    Args:
        pipeline: The pipeline's slug.
        number: The build's number.
    """
    from .cancel import cancel as do
    from .connection import Connection

    if number < 1:
        raise UsageError(f"NUMBER: {number} is no build's number.")
    return do(Connection(organization=where.organization, token_file=where.token_file), _slug(pipeline), number)


@app.command
def simulate(
    *,
    port: Annotated[int, Parameter(metavar="N")] = 8080,
    host: Annotated[str, Parameter(metavar="ADDRESS")] = "127.0.0.1",
    organization: Annotated[str, Parameter(metavar="SLUG")] = "acme",
    debug: Annotated[bool, Flag] = False,  # noqa: ARG001 - read by launch
) -> ExitCode:
    """Serve a simulated Buildkite on this computer until Ctrl-C, and say how to point clients at it.

    Args:
        port: The port to listen on; 0 for a free one.
        host: The address to listen on.
        organization: The organization's slug.
        debug: Show where an error came from.
    """
    from .simulate import simulate as do

    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: ports go from 0 to 65535.")
    return do(host, port, filled("--organization", organization))


def _view(*, json: bool, quiet: bool, color: Colour) -> View:
    """The form of output that suits the options and the streams."""
    out, err = sys.stdout, sys.stderr
    if json:
        from .render.json import JsonView

        return JsonView(out, err, colour=coloured(color, err), quiet=quiet)
    if quiet or not is_terminal(out):
        from .render.plain import PlainView

        return PlainView(out, err, colour=coloured(color, out), err_colour=coloured(color, err), quiet=quiet)
    from rich.console import Console

    from .render.terminal import TerminalView

    console = Console(
        file=out,
        # Of the environment only what tells of colours: a COLUMNS that is wrong would garble everything.
        _environ={name: os.environ[name] for name in ("TERM", "COLORTERM") if name in os.environ},
        force_terminal=True,
        force_jupyter=False,
        color_system="auto" if coloured(color, out) else None,
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    return TerminalView(console, err, err_colour=coloured(color, err))


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in given:
        name, sign, value = word.partition("=")
        if not name or not sign:
            raise UsageError(f"{option} {name!r}: give NAME=VALUE.")  # not the word: it may be a secret on its own
        pairs[name] = value
    return pairs


def _folder(to: Path | None, artifacts: Sequence[str]) -> Path:
    if to is None:
        return Path()
    if not artifacts:
        raise UsageError("--to is where artifacts go: say which ones with --artifacts GLOB.")
    if to.exists() and not to.is_dir():
        raise UsageError(f"--to {str(to)!r} is a file; artifacts need a folder.")
    return to


def positive(option: str, seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds < float("inf"):
        raise UsageError(f"{option} {seconds:g}: give seconds above 0.")
    return seconds


def filled(option: str, text: str) -> str:
    if not text.strip():
        raise UsageError(f"{option} is empty.")
    return text


def _slug(pipeline: str) -> str:
    if pipeline.strip() in ("", ".", ".."):
        raise UsageError(f"PIPELINE: {pipeline!r} is no pipeline's slug.")
    return pipeline
