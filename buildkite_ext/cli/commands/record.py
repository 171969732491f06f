"""`buildkite-ext record`: record a build, so that a simulator lets it happen again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..build_choice import BuildOptions, build_choice
from ..exit_codes import ExitCode
from ..inputs import Inputs, is_stdin, write_text
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag, WholeNumber
from ..problem import CommandFailed, UsageError
from ..streams import clean, print_error

if TYPE_CHECKING:
    from ...client import BuildkiteClient
    from ...references import Reference
    from ...simulation import Scenario

__all__ = ["record"]


def record(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    to: Annotated[Path | None, Parameter(group=OUTPUT, metavar="FILE")] = None,
    force: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    log_bytes: Annotated[int, WholeNumber, Parameter(group=OUTPUT)] = 65536,
    emails: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    secrets_file: Annotated[Path | None, Parameter(group=OUTPUT, metavar="PATH", allow_leading_hyphen=True)] = None,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Record a build as a scenario, which a simulator plays.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its build. With
            --branch, --latest or --mine: the pipeline.
        to: The file to write; by default the standard output.
        force: Replace a file that exists.
        log_bytes: The bytes to keep of each log; 0 for no logs.
        emails: Replace addresses of users.
        secrets_file: A file with further texts to replace, one a line; - reads the standard input. Tokens, addresses of webhooks
            and signatures of URLs are replaced without it.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    if log_bytes < 0:
        raise UsageError(f"--log-bytes {log_bytes}: give 0 or more.")
    if to is not None and (to.exists() or to.is_symlink()) and not force:
        raise UsageError(f"--to: {str(to)!r} exists already. Name another file, or give --force to replace it.")
    if is_stdin(secrets_file) and is_stdin(common.token_file):
        raise UsageError("--secrets-file: the standard input is read by --token-file already.")
    secrets = () if secrets_file is None else Inputs().text("--secrets-file", secrets_file).split("\n")
    choice = build_choice(build, which, common, command="record", simulate=simulate)
    with choice.connection.client() as client:
        found = choice.find(client)
        scenario = _recorded(client, found, log_bytes, emails=emails, secrets=[each.strip() for each in secrets])
        text = scenario.dump()
    if to is None:
        sys.stdout.write(text)
    else:
        write_text("--to", to, text)
    attempts = sum(len(job.attempts) for job in scenario.jobs)
    print_error(
        f"Recorded build {found.pipeline} #{found.number}, {scenario.state}: {len(scenario.jobs)} jobs with {attempts} attempts. "
        "Contents of artifacts, environment variables, meta-data, and "
        "which step depends on which, aren't recorded."
    )
    return ExitCode.PASSED


def _recorded(
    client: BuildkiteClient, found: Reference, log_bytes: int, *, emails: bool, secrets: list[str]
) -> Scenario:
    """Record a build, and say on the standard error what is left out.

    Raises:
        CommandFailed: the build hasn't ended, or a secret would be recorded.
    """
    from ...errors import BuildkiteError, ConfigurationError
    from ...simulation import Scenario, SecretRecorded

    try:
        return Scenario.from_build(
            client,
            found.pipeline,
            found.number or 0,
            log_bytes=log_bytes,
            emails=emails,
            secrets=[each for each in secrets if each],
            on_left_out=lambda sentence: print_error(clean(sentence)),
        )
    except SecretRecorded as error:
        said = str(error).replace("secrets=", "--secrets-file").replace("log_bytes=0", "--log-bytes 0")
        raise CommandFailed(ExitCode.FAILED, f"{said}.") from error
    except ConfigurationError as error:
        raise UsageError(f"{error}.".replace("secrets: text", "--secrets-file: text")) from error
    except BuildkiteError:
        raise
    except ValueError as error:
        hint = f"buildkite-ext watch {found.pipeline} {found.number} waits for it."
        raise CommandFailed(ExitCode.FAILED, f"{error}. {hint}".replace("build", "Build", 1)) from error
