"""The table of commands, from which dispatch, `--help` and shell completion are made.

It imports no parser, so that `--help` of the whole program needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .env import ENVIRONMENT_HELP
from .exit_codes import (
    ANNOTATE_CODES,
    API_CODES,
    ARTIFACTS_CODES,
    CANCEL_CODES,
    CHECK_CODES,
    DOCTOR_CODES,
    JOB_RETRY_CODES,
    LISTEN_CODES,
    LOCAL_CODES,
    LOGS_CODES,
    PLAN_CODES,
    READ_CODES,
    RECORD_CODES,
    REPLAY_CODES,
    RETRY_CODES,
    RUN_CODES,
    SEND_CODES,
    SIMULATE_CODES,
    UNBLOCK_CODES,
    VERIFY_CODES,
    WATCH_CODES,
    WHY_CODES,
    ExitCode,
    exit_codes_help,
)

__all__ = [
    "ANNOTATIONS_EXAMPLES",
    "API_EXAMPLES",
    "ARTIFACTS_EXAMPLES",
    "BUILDS_EXAMPLES",
    "COMMANDS",
    "DESCRIPTION",
    "EPILOGUE",
    "EXAMPLES",
    "JOBS_EXAMPLES",
    "PIPELINE_EXAMPLES",
    "PROGRAM",
    "WEBHOOKS_EXAMPLES",
    "Command",
    "CommandGroup",
    "epilogue_of",
]

PROGRAM = "buildkite-ext"
DESCRIPTION = (
    "Create Buildkite builds, follow and wait for them, read their logs, find out why they failed, and fetch artifacts. Check "
    "pipelines, receive webhooks, run a simulated Buildkite, and send any request to the API."
)

EXAMPLES = """
Examples:
  buildkite-ext run web --branch main --simulate
  buildkite-ext run acme/web -b main -m Nightly -e DEBUG=1
  buildkite-ext run web --artifacts 'dist/*.whl' --to wheels
  buildkite-ext run web --json --timeout 30m | jq -r .url
  buildkite-ext cancel web 42
  buildkite-ext cancel https://buildkite.com/acme/web/builds/42
  buildkite-ext watch web 42 43 api 7 --timeout 30m
  buildkite-ext watch web --mine
  buildkite-ext logs acme/web/42 --follow
  buildkite-ext logs web --latest --grep 'error:' --context 3
  buildkite-ext why acme/web/42
  buildkite-ext why web --branch main --json | jq -r '.jobs[].error'
  buildkite-ext unblock release 7 --field version=1.4.2
  buildkite-ext retry-failed web --latest --wait
  buildkite-ext annotate web 42 --style error --from junit.xml
  buildkite-ext api GET organizations/{org}/pipelines --select '[].slug'
  buildkite-ext api GET organizations/{org}/builds -f state=failed --paginate
  buildkite-ext webhooks listen --secret-file hook.secret --event 'build.*'
  buildkite-ext pipeline check .buildkite/pipeline.yml
  buildkite-ext pipeline plan .buildkite/pipeline.yml --branch main
  buildkite-ext doctor --json | jq .token_valid
  buildkite-ext simulate --port 8080
  buildkite-ext simulate --pipeline .buildkite/pipeline.yml
  buildkite-ext record acme/web/42 --to scenario.yml
  buildkite-ext simulate --scenario scenario.yml --at-once
  buildkite-ext replay build.yaml --check -- python deploy.py"""

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

BUILDS_EXAMPLES = """
Examples:
  buildkite-ext builds list web --branch main --state failed
  buildkite-ext builds list --mine --json | jq -r .web_url
  buildkite-ext builds get acme/web/42
  buildkite-ext builds cancel web 42"""

JOBS_EXAMPLES = """
Examples:
  buildkite-ext jobs list web 42 --state failed
  buildkite-ext jobs retry web 42 --job unit --wait
  buildkite-ext jobs retry "$JOB_URL" --json | jq -r .id
  buildkite-ext jobs unblock release 7 --job ship --field version=1.4.2"""

ANNOTATIONS_EXAMPLES = """
Examples:
  buildkite-ext annotations list web 42
  buildkite-ext annotations add web 42 --style error --from junit.xml
  buildkite-ext annotations add web 42 --context notes --body - <notes.md"""

ARTIFACTS_EXAMPLES = """
Examples:
  buildkite-ext artifacts list web 42 --path 'dist/*'
  buildkite-ext artifacts download web 42 'dist/*.whl' --to wheels
  buildkite-ext artifacts download web --branch main '**/junit.xml'"""

_BUILD = "BUILD | PIPELINE NUMBER | PIPELINE --branch B | --latest | --mine"
_NEWEST = "PIPELINE --branch B | --latest | --mine"
_ANNOTATE = "Annotate a build or a job, with a text or with the failures of a JUnit report."

PIPELINE_EXAMPLES = """
Examples:
  buildkite-ext pipeline check .buildkite/pipeline.yml
  buildkite-ext pipeline check --strict '.buildkite/*.yml'
  ./generate-pipeline | buildkite-ext pipeline check -
  buildkite-ext pipeline check --format annotation .buildkite/pipeline.yml \\
    | buildkite-agent annotate --style error
  buildkite-ext pipeline plan .buildkite/pipeline.yml --branch main
  buildkite-ext pipeline plan .buildkite/pipeline.yml --branch fix \\
    --pull-request 12 --base-branch main --changed docs/index.md
  buildkite-ext pipeline plan web.yml --fail test=1 --svg web.svg
  ./generate-pipeline | buildkite-ext pipeline plan -"""

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
        webhooks: they receive, verify or send webhooks.
    """

    name: str
    help: str
    commands: tuple[Command, ...]
    examples: str
    webhooks: bool = False


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
        usage=f"[OPTIONS] {_BUILD}",
        api=True,
    ),
    Command(
        name="watch",
        function="buildkite_ext.cli.commands.watch:watch",
        help="Wait until builds have ended or are blocked, and show what they do. The exit code says how they ended.\n\n"
        "Ctrl-C stops watching and leaves the builds alone. Several builds share their requests.",
        examples=EXAMPLES,
        codes=WATCH_CODES,
        usage=f"[OPTIONS] BUILD... | PIPELINE NUMBER... | {_NEWEST}",
        api=True,
    ),
    Command(
        name="logs",
        function="buildkite_ext.cli.commands.logs:logs",
        help="Show the logs of a build's jobs: as they are now, as they grow, or the lines that match a pattern.",
        examples=EXAMPLES,
        codes=LOGS_CODES,
        usage=f"[OPTIONS] {_BUILD}",
        api=True,
    ),
    Command(
        name="unblock",
        function="buildkite_ext.cli.commands.unblock:unblock",
        help="Unblock a block step of a build, and say what the build does then.",
        examples=EXAMPLES,
        codes=UNBLOCK_CODES,
        usage=f"[OPTIONS] {_BUILD}",
        api=True,
    ),
    Command(
        name="retry-failed",
        function="buildkite_ext.cli.commands.retry_failed:retry_failed",
        help="Retry the failed jobs of a build that has ended.",
        examples=EXAMPLES,
        codes=RETRY_CODES,
        usage=f"[OPTIONS] {_BUILD}",
        api=True,
    ),
    Command(
        name="annotate",
        function="buildkite_ext.cli.commands.annotations:annotations_add",
        help=_ANNOTATE,
        examples=EXAMPLES,
        codes=ANNOTATE_CODES,
        usage=f"[OPTIONS] {_BUILD}",
        api=True,
    ),
    CommandGroup(
        name="builds",
        help="List builds, show one, and cancel one.",
        examples=BUILDS_EXAMPLES,
        commands=(
            Command(
                name="list",
                function="buildkite_ext.cli.commands.builds:builds_list",
                help="List the builds of a pipeline, or of the organization, the newest first.",
                examples=BUILDS_EXAMPLES,
                codes=READ_CODES,
                usage="[OPTIONS] [PIPELINE]",
                api=True,
            ),
            Command(
                name="get",
                function="buildkite_ext.cli.commands.builds:builds_get",
                help="Show a build and its jobs. The exit code doesn't depend on the build.",
                examples=BUILDS_EXAMPLES,
                codes=READ_CODES,
                usage=f"[OPTIONS] {_BUILD}",
                api=True,
            ),
            Command(
                name="cancel",
                function="buildkite_ext.cli.commands.cancel:cancel",
                help="Cancel a build. A build that has ended stays as it is.",
                examples=BUILDS_EXAMPLES,
                codes=CANCEL_CODES,
                usage="[OPTIONS] BUILD | PIPELINE NUMBER",
                api=True,
            ),
        ),
    ),
    CommandGroup(
        name="jobs",
        help="List the jobs of a build, retry and unblock them.",
        examples=JOBS_EXAMPLES,
        commands=(
            Command(
                name="list",
                function="buildkite_ext.cli.commands.jobs:jobs_list",
                help="List the jobs of a build.",
                examples=JOBS_EXAMPLES,
                codes=READ_CODES,
                usage=f"[OPTIONS] {_BUILD}",
                api=True,
            ),
            Command(
                name="retry",
                function="buildkite_ext.cli.commands.jobs:jobs_retry",
                help="Retry jobs of a build. Each can be retried once: then its retry can.",
                examples=JOBS_EXAMPLES,
                codes=JOB_RETRY_CODES,
                usage=f"[OPTIONS] JOB_URL | {_BUILD}",
                api=True,
            ),
            Command(
                name="unblock",
                function="buildkite_ext.cli.commands.jobs:jobs_unblock",
                help="Unblock the job of a block step.",
                examples=JOBS_EXAMPLES,
                codes=UNBLOCK_CODES,
                usage=f"[OPTIONS] JOB_URL | {_BUILD}",
                api=True,
            ),
        ),
    ),
    CommandGroup(
        name="annotations",
        help="List the annotations of a build, and add one.",
        examples=ANNOTATIONS_EXAMPLES,
        commands=(
            Command(
                name="list",
                function="buildkite_ext.cli.commands.annotations:annotations_list",
                help="List the annotations of a build, each with the first line of its text.",
                examples=ANNOTATIONS_EXAMPLES,
                codes=READ_CODES,
                usage=f"[OPTIONS] {_BUILD}",
                api=True,
            ),
            Command(
                name="add",
                function="buildkite_ext.cli.commands.annotations:annotations_add",
                help=_ANNOTATE,
                examples=ANNOTATIONS_EXAMPLES,
                codes=ANNOTATE_CODES,
                usage=f"[OPTIONS] {_BUILD}",
                api=True,
            ),
        ),
    ),
    CommandGroup(
        name="artifacts",
        help="List the artifacts of a build, and download them.",
        examples=ARTIFACTS_EXAMPLES,
        commands=(
            Command(
                name="list",
                function="buildkite_ext.cli.commands.artifacts:artifacts_list",
                help="List the artifacts of a build: state, bytes, path and the id of the job.",
                examples=ARTIFACTS_EXAMPLES,
                codes=READ_CODES,
                usage=f"[OPTIONS] {_BUILD}",
                api=True,
            ),
            Command(
                name="download",
                function="buildkite_ext.cli.commands.artifacts:artifacts_download",
                help="Download artifacts of a build into a folder, each under its own path. Their size and SHA-1 are checked.",
                examples=ARTIFACTS_EXAMPLES,
                codes=ARTIFACTS_CODES,
                usage="[OPTIONS] BUILD [GLOB]... | PIPELINE NUMBER [GLOB]... | PIPELINE --branch B | --latest | --mine [GLOB]...",
                api=True,
            ),
        ),
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
        webhooks=True,
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
    CommandGroup(
        name="pipeline",
        help="Check a pipeline.yml, and show what its build would do, without a network and without a token.",
        examples=PIPELINE_EXAMPLES,
        commands=(
            Command(
                name="check",
                function="buildkite_ext.cli.commands.pipeline_check:check",
                help="Check pipelines: errors and warnings, each with its line and column.\n\nNothing is sent anywhere.",
                examples=PIPELINE_EXAMPLES,
                codes=CHECK_CODES,
                usage="[OPTIONS] FILE...",
            ),
            Command(
                name="plan",
                function="buildkite_ext.cli.commands.pipeline_plan:plan",
                help="Show what a build of a pipeline would do.\n\nThat is which jobs run, in which order and at once with "
                "which, and which are left out by which condition. Nothing is sent anywhere.",
                examples=PIPELINE_EXAMPLES,
                codes=PLAN_CODES,
                usage="[OPTIONS] FILE",
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
        name="record",
        function="buildkite_ext.cli.commands.record:record",
        help="Record a build as a scenario, which a simulator plays.\n\n"
        "A scenario holds the jobs, how long they ran, how they ended, and the beginnings of their logs. One request is sent, "
        "and two for each attempt of a job. Secrets are replaced. What is left out is told.",
        examples=EXAMPLES,
        codes=RECORD_CODES,
        usage=f"[OPTIONS] {_BUILD}",
        api=True,
    ),
    Command(
        name="replay",
        function="buildkite_ext.cli.commands.replay:replay",
        help="Run a program against recorded requests, and compare what it asks with them.\n\n"
        "Nothing is sent to Buildkite. The exit code is that of the program, whose own pauses, such as those "
        "between the polls of a wait, take real time.",
        examples=EXAMPLES,
        codes=REPLAY_CODES,
        usage="[OPTIONS] CASSETTE [-- PROGRAM [ARGUMENT]...]",
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
