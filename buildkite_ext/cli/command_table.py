"""The table of commands, from which dispatch, `--help` and shell completion are made.

It imports no parser, so that `--help` of the whole program needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .env import ENVIRONMENT_HELP
from .exit_codes import (
    API_CODES,
    CANCEL_CODES,
    DOCTOR_CODES,
    LISTEN_CODES,
    LOCAL_CODES,
    RUN_CODES,
    SEND_CODES,
    SIMULATE_CODES,
    VERIFY_CODES,
    WHY_CODES,
    ExitCode,
    exit_codes_help,
)

__all__ = [
    "API_EXAMPLES",
    "COMMANDS",
    "DESCRIPTION",
    "EPILOGUE",
    "EXAMPLES",
    "PROGRAM",
    "WEBHOOKS_EXAMPLES",
    "Command",
    "CommandGroup",
    "epilogue_of",
]

PROGRAM = "buildkite-ext"
DESCRIPTION = (
    "Create a Buildkite build, follow it live, wait for it and fetch its artifacts; send any request to the API."
)

EXAMPLES = """
Examples:
  buildkite-ext run web --branch main --simulate
  buildkite-ext run acme/web -b main -m Nightly -e DEBUG=1
  buildkite-ext run web --artifacts 'dist/*.whl' --to wheels
  buildkite-ext run web --json --timeout 30m | jq -r .url
  buildkite-ext cancel web 42
  buildkite-ext cancel https://buildkite.com/acme/web/builds/42
  buildkite-ext why acme/web/42
  buildkite-ext why web --branch main --json | jq -r '.jobs[].error'
  buildkite-ext api GET organizations/{org}/pipelines --select '[].slug'
  buildkite-ext api GET organizations/{org}/builds -f state=failed --paginate
  buildkite-ext webhooks listen --secret-file hook.secret --event 'build.*'
  buildkite-ext doctor --json | jq .token_valid
  buildkite-ext simulate --port 8080"""

API_EXAMPLES = """
Examples:
  buildkite-ext api GET user
  buildkite-ext api GET organizations/{org}/builds --paginate \\
    -f state=failed -f 'branch[]=main' --select '[].web_url' --raw-output
  buildkite-ext api POST organizations/{org}/pipelines/web/builds \\
    -f branch=main -f commit=HEAD -F clean_checkout=true --jq .number
  buildkite-ext api PATCH organizations/{org}/pipelines/web --input web.json
  buildkite-ext api GET organizations/{org}/agents --include --simulate"""

WEBHOOKS_EXAMPLES = """
Examples:
  buildkite-ext webhooks listen --secret-file hook.secret
  buildkite-ext webhooks listen --event build.finished --state failed \\
    --exec './page-someone'
  buildkite-ext webhooks listen --pipeline 'web-*' --jsonl events.jsonl
  buildkite-ext webhooks verify --secret-file hook.secret \\
    --signature 'timestamp=1780000000,signature=4f0c...' body.json
  buildkite-ext webhooks send http://127.0.0.1:8081/ --secret-file hook.secret
  buildkite-ext webhooks send http://127.0.0.1:8081/ --event 'job.*' \\
    --set pipeline.slug=api --set build.branch=release/1.4"""

_COMPLETION_EXAMPLES = """
Examples:
  eval "$(buildkite-ext completion bash)"           # in ~/.bashrc
  buildkite-ext completion zsh >"${fpath[1]}/_buildkite-ext"
  buildkite-ext completion fish >~/.config/fish/completions/buildkite-ext.fish"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command of the table.

    Attributes:
        name: its word on the command line.
        function: where its function is, as `module:name`. It is imported only when the command runs, shows its own help, or
            is completed.
        help: its description. The first sentence stands in the list of commands.
        examples: the text that holds its examples, possibly among those of others.
        codes: its exit codes, and their meanings.
        usage: its arguments, where the signature of its function doesn't show which of them are needed.
        api: it connects to Buildkite's API.
    """

    name: str
    function: str
    help: str
    examples: str
    codes: Mapping[ExitCode, str]
    usage: str | None = None
    api: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGroup:
    """Commands that share a first word.

    Attributes:
        name: the word.
        help: what they are for.
        commands: the commands.
        examples: their examples.
    """

    name: str
    help: str
    commands: tuple[Command, ...]
    examples: str


COMMANDS: tuple[Command | CommandGroup, ...] = (
    Command(
        name="run",
        function="buildkite_ext.cli.commands.run:run",
        help="Create a build, follow it live, wait for it and fetch its artifacts. The exit code says how it ended.\n\n"
        "Ctrl-C stops following and leaves the build alone.",
        examples=EXAMPLES,
        codes=RUN_CODES,
        usage="[OPTIONS] PIPELINE",
        api=True,
    ),
    Command(
        name="cancel",
        function="buildkite_ext.cli.commands.cancel:cancel",
        help="Cancel a build. A build that has ended stays as it is.",
        examples=EXAMPLES,
        codes=CANCEL_CODES,
        usage="[OPTIONS] BUILD | PIPELINE NUMBER",
        api=True,
    ),
    Command(
        name="why",
        function="buildkite_ext.cli.commands.why:why",
        help="Tell why a build failed.\n\n"
        "Failed jobs are shown with the useful lines of their logs, flaky jobs, annotations and failed tests.\n"
        "At most 3 requests are sent, and one for each job that is shown. The exit code doesn't depend on the build.",
        examples=EXAMPLES,
        codes=WHY_CODES,
        usage="[OPTIONS] BUILD | PIPELINE NUMBER | PIPELINE --branch B | PIPELINE --latest",
        api=True,
    ),
    Command(
        name="api",
        function="buildkite_ext.cli.commands.api:api",
        help="Send any request to the API and print its answer as JSON.\n\n"
        "The token, retries and rate limits are taken care of.\n"
        "PATH is relative to the API's root, with or without /v2, and can't lead anywhere else.\n"
        "{org} in it stands for the organization.",
        examples=API_EXAMPLES,
        codes=API_CODES,
        usage="[OPTIONS] [METHOD] PATH",
        api=True,
    ),
    Command(
        name="doctor",
        function="buildkite_ext.cli.commands.doctor:doctor",
        help="Check the connection: is Buildkite reachable, is the token valid, what may it do, and what do the rate limits "
        "allow.\n\nOne request is sent. A scope that is missing is shown, and is no error.",
        examples=EXAMPLES,
        codes=DOCTOR_CODES,
        api=True,
    ),
    CommandGroup(
        name="webhooks",
        help="Receive webhooks here, find out why a signature doesn't match, and send samples.",
        examples=WEBHOOKS_EXAMPLES,
        commands=(
            Command(
                name="listen",
                function="buildkite_ext.cli.webhooks.listen:listen",
                help="Receive webhooks until Ctrl-C, and print a line for each event.\n\n"
                "Run a command for each, or append each to a file. Accepted deliveries are handled before the command ends.",
                examples=WEBHOOKS_EXAMPLES,
                codes=LISTEN_CODES,
            ),
            Command(
                name="verify",
                function="buildkite_ext.cli.webhooks.verify:verify",
                help="Verify the signature of a body and, if it doesn't match, find out why.\n\nNothing is sent anywhere.",
                examples=WEBHOOKS_EXAMPLES,
                codes=VERIFY_CODES,
            ),
            Command(
                name="send",
                function="buildkite_ext.cli.webhooks.send:send",
                help="Sign a sample of an event, post it to a URL, and show the response.\n\nNo API token is needed or sent.",
                examples=WEBHOOKS_EXAMPLES,
                codes=SEND_CODES,
            ),
        ),
    ),
    Command(
        name="simulate",
        function="buildkite_ext.cli.commands.simulate:simulate",
        help="Serve a simulated Buildkite on this computer until Ctrl-C, and say how to connect clients to it.",
        examples=EXAMPLES,
        codes=SIMULATE_CODES,
    ),
    Command(
        name="completion",
        function="buildkite_ext.cli.commands.completion:completion",
        help="Print the completion script of a shell: bash, zsh or fish.",
        examples=_COMPLETION_EXAMPLES,
        codes=LOCAL_CODES,
    ),
)
"""Every command."""


def epilogue_of(*parts: str) -> str:
    """Return the end of a `--help`: its parts, one below the other, without those that are empty."""
    return "\n\n".join(part.strip() for part in parts if part)


EPILOGUE = epilogue_of(EXAMPLES, ENVIRONMENT_HELP, exit_codes_help())
"""The end of the `--help` of the whole program."""
