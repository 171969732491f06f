"""`buildkite-ext pipeline plan`: show what a build of a pipeline would do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from ..exit_codes import ExitCode
from ..inputs import Inputs, name_of, not_empty, pairs, source_of, write_text
from ..parameters import OUTPUT, Flag, Repeated, WholeNumber
from ..problem import Problem, UsageError
from ..startup import end_startup
from ..streams import clean, print_error

__all__ = ["plan"]

_BUILD = Group("The build", sort_key=1)
_COURSE = Group("What happens", sort_key=2)
_Source = Literal["api", "schedule", "trigger_job", "ui", "webhook"]


def plan(
    file: Annotated[Path, Parameter(metavar="FILE", allow_leading_hyphen=True)],
    /,
    *,
    branch: Annotated[str, Parameter(name=["--branch", "-b"], group=_BUILD, metavar="NAME")] = "main",
    commit: Annotated[str | None, Parameter(name=["--commit", "-c"], group=_BUILD, metavar="SHA")] = None,
    tag: Annotated[str | None, Parameter(group=_BUILD)] = None,
    message: Annotated[str | None, Parameter(name=["--message", "-m"], group=_BUILD)] = None,
    source: Annotated[_Source, Parameter(group=_BUILD)] = "webhook",
    event: Annotated[str | None, Parameter(group=_BUILD)] = None,
    pull_request: Annotated[int | None, WholeNumber, Parameter(group=_BUILD)] = None,
    base_branch: Annotated[str | None, Parameter(group=_BUILD, metavar="NAME")] = None,
    label: Annotated[tuple[str, ...], Repeated, Parameter(group=_BUILD, metavar="NAME")] = (),
    draft: Annotated[bool, Flag, Parameter(group=_BUILD)] = False,
    env: Annotated[tuple[str, ...], Repeated, Parameter(name=["--env", "-e"], group=_BUILD, metavar="K=V")] = (),
    changed: Annotated[tuple[str, ...], Repeated, Parameter(group=_BUILD, metavar="PATH")] = (),
    organization: Annotated[str, Parameter(group=_BUILD, metavar="SLUG")] = "acme",
    pipeline: Annotated[str, Parameter(group=_BUILD, metavar="SLUG")] = "pipeline",
    default_branch: Annotated[str, Parameter(group=_BUILD, metavar="NAME")] = "main",
    fail: Annotated[tuple[str, ...], Repeated, Parameter(group=_COURSE, metavar="STEP[=STATUS]")] = (),
    block_at: Annotated[tuple[str, ...], Repeated, Parameter(group=_COURSE, metavar="STEP")] = (),
    unblock: Annotated[bool, Parameter(group=_COURSE)] = True,
    no_interpolation: Annotated[bool, Flag, Parameter(group=_COURSE)] = False,
    document: Annotated[int, WholeNumber, Parameter(group=_COURSE)] = 1,
    json_output: Annotated[bool, Flag, Parameter(name="--json", group=OUTPUT)] = False,
    svg: Annotated[Path | None, Parameter(group=OUTPUT, metavar="PATH")] = None,
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Show what a build of a pipeline would do.

    Nothing is sent anywhere.

    Args:
        file: The pipeline.yml; - reads the standard input.
        branch: The branch of the build.
        commit: Its commit.
        tag: Its tag.
        message: Its message.
        source: What creates it.
        event: The event of its webhook, build.source_event; by default pull_request with --pull-request, else push.
        pull_request: The number of its pull request.
        base_branch: The branch that the pull request is for; by default the default branch.
        label: A label of the pull request. Give it again for each.
        draft: The pull request is a draft.
        env: An environment variable. Give it again for each.
        changed: The path of a file that the build changes, for if_changed. Give it again for each. Without it, if_changed
            leaves nothing out.
        organization: The organization's slug.
        pipeline: The pipeline's slug.
        default_branch: The pipeline's default branch.
        fail: A step that fails, by its key, label or command, with exit status 1 or another. Several statuses with commas are
            those of its attempts. Give it again for each.
        block_at: A block or input step that no user unblocks, by its key or label. Give it again for each.
        unblock: Users unblock the other block and input steps.
        no_interpolation: Take $ as it is, as buildkite-agent pipeline upload --no-interpolation does.
        document: Which document of the file to plan, where it has several.
        json_output: Print one JSON object.
        svg: Write a picture of the graph to this file, too.
        debug: Show the traceback of an error.
    """
    from ...errors import ConfigurationError
    from ...simulation import plan_pipeline

    if str(file).startswith("--"):
        raise UsageError(f"unknown option {str(file).partition('=')[0]}. (For a file of this name write ./{file}.)")
    end_startup()
    text = Inputs().text("FILE", file)
    try:
        planned = plan_pipeline(
            text,
            branch=not_empty("--branch", branch),
            commit="0123456789abcdef0123456789abcdef01234567" if commit is None else not_empty("--commit", commit),
            tag=tag,
            message=message,
            source=source,
            event=event,
            pull_request=pull_request,
            base_branch=base_branch,
            labels=label,
            draft=draft,
            env=pairs("--env", env),
            changed=changed or None,
            fail=_failures(fail),
            block_at=block_at,
            unblock=unblock,
            interpolated=not no_interpolation,
            document=document,
            organization=not_empty("--organization", organization),
            pipeline=not_empty("--pipeline", pipeline),
            default_branch=not_empty("--default-branch", default_branch),
        )
    except ConfigurationError as error:
        print_error(f"buildkite-ext: {Problem.described(ExitCode.FAILED, f'{source_of(file)}: {error}', error).text}")
        return ExitCode.FAILED
    except ImportError as error:
        raise UsageError(str(error)) from error
    except ValueError as error:
        raise UsageError(_in_options(str(error))) from error
    if svg is not None:
        write_text("--svg", svg, planned.svg())
    if json_output:
        print(json.dumps(planned.to_dict()))
    else:
        print(planned.text(shutil.get_terminal_size((100, 24)).columns), end="")
        for warning in planned.warnings:
            place = f"{clean(name_of(file))}:{warning.mark.line}:{warning.mark.column}"
            print_error(f"{place}: warning: {clean(warning.message)}")
    return ExitCode.PASSED


def _failures(words: tuple[str, ...]) -> dict[str, list[int]]:
    """Return the exit statuses of steps that fail.

    Raises:
        UsageError: a status isn't a number.

    Example:
        >>> _failures(("test", "a=b=2", "flaky=1,0"))
        {'test': [1], 'a=b': [2], 'flaky': [1, 0]}
    """
    found: dict[str, list[int]] = {}
    for word in words:
        name, sign, given = word.rpartition("=")
        if not sign:
            found[word] = [1]
            continue
        try:
            found[name] = [int(status) for status in given.split(",")]
        except ValueError:
            raise UsageError(f"--fail {word!r}: give STEP, or STEP=STATUS with a number such as 1, or 1,0.") from None
    return found


def _in_options(text: str) -> str:
    """Return the text of an error of `plan_pipeline`, with the option in place of its argument."""
    for argument in ("block_at", "document", "event", "fail", "pull_request"):
        if text.startswith(f"{argument}="):
            text = f"--{argument.replace('_', '-')} {text[len(argument) + 1 :]}"
    if text.startswith("message holds "):
        text = f"--{text}".replace("Give another source", "Give another --source")
    return text.replace("source='webhook'", "--source webhook")
