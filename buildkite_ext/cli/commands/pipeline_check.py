"""`buildkite-ext pipeline check`: check pipelines, and print each error and warning with its place."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ...messages import counted
from ...terminal_text import cells, fitted, printable
from ..exit_codes import ExitCode
from ..inputs import Inputs, is_stdin, name_of
from ..parameters import OUTPUT, Flag
from ..problem import UsageError
from ..render.colour import TONES, painted
from ..startup import end_startup
from ..streams import Colour, clean, coloured, is_terminal

if TYPE_CHECKING:
    from ...simulation import PipelineProblem

__all__ = ["check"]

_Format = Literal["text", "json", "annotation"]

_GLOB = re.compile(r"[*?\[]")


def check(
    *files: Annotated[Path, Parameter(metavar="FILE", allow_leading_hyphen=True)],
    output_format: Annotated[_Format, Parameter(name="--format", group=OUTPUT)] = "text",
    strict: Annotated[bool, Flag] = False,
    no_interpolation: Annotated[bool, Flag] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Check pipelines: errors and warnings, each with its line and column.

    Nothing is sent anywhere.

    Args:
        files: The files, or patterns of files such as '.buildkite/*.yml'; - reads the standard input.
        output_format: text: a line for each, FILE:LINE:COLUMN: error: MESSAGE, as editors read it, with the line of the file on
            a terminal; json: one JSON object; annotation: Markdown for buildkite-agent annotate.
        strict: Count warnings as errors.
        no_interpolation: Take $ as it is, as buildkite-agent pipeline upload --no-interpolation does.
        color: Whether to color; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        debug: Show the traceback of an error.
    """
    from ...simulation import check_pipeline

    end_startup()
    inputs = Inputs()
    checked: list[_Checked] = []
    for path in _files(files):
        text = inputs.text("FILE", path)
        try:
            problems = check_pipeline(text, interpolated=not no_interpolation)
        except ImportError as error:
            raise UsageError(str(error)) from error
        checked.append(_Checked(name_of(path), text, problems))
    errors, warnings = (sum(each.count(level) for each in checked) for level in ("error", "warning"))
    if output_format == "json":
        print(json.dumps(_as_json(checked, errors, warnings)))
    elif output_format == "annotation":
        print(_annotation(checked, errors, warnings))
    else:
        _print_text(checked, colour=coloured(color, sys.stdout), summary=_summary(errors, warnings, len(checked)))
    return ExitCode.FAILED if errors or (strict and warnings) else ExitCode.PASSED


@dataclass(frozen=True)
class _Checked:
    """File that was checked."""

    name: str
    text: str
    problems: tuple[PipelineProblem, ...]

    def count(self, level: str) -> int:
        """Return how many problems have a level."""
        return sum(problem.level == level for problem in self.problems)

    def head(self, problem: PipelineProblem) -> str:
        """Return the place of a problem, as editors read it."""
        return f"{clean(self.name)}:{problem.mark.line}:{problem.mark.column}:"

    def excerpt(self, problem: PipelineProblem, width: int) -> list[str]:
        """Return the line of the file with a caret below the place."""
        lines = self.text.splitlines()
        if problem.mark.line > len(lines):
            return []
        line = lines[problem.mark.line - 1]
        at = problem.mark.column - 1
        before, behind = printable(line[:at].expandtabs(1)), printable(line[at:])
        if cells(before + behind) > width and cells(before) > width // 2:
            before = f"…{before[-(width // 3) :]}"
        return [fitted(before + behind, width), " " * cells(before) + "^"]


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files that arguments name. A pattern is expanded, where the shell hasn't done that.

    Raises:
        UsageError: no argument was given, or a pattern matches no file; or an argument is an unknown option, or a folder.
    """
    if not paths:
        raise UsageError("missing argument FILE: give the path of a pipeline.yml, or - for the standard input.")
    found: list[Path] = []
    for path in paths:
        word = str(path)
        if word.startswith("--"):
            raise UsageError(f"unknown option {word.partition('=')[0]}. (For a file of this name write ./{word}.)")
        if not is_stdin(path) and not path.exists() and _GLOB.search(word):
            matches = sorted(Path(name) for name in glob(word, recursive=True))  # noqa: PTH207 - it may be absolute
            files = [match for match in matches if match.is_file()]
            found += files
            if not files:
                raise UsageError(f"FILE: no file matches {word!r}.")
        elif path.is_dir():
            raise UsageError(f"FILE: {word!r} is a folder. Give its files, such as {word.rstrip('/')}/*.yml.")
        else:
            found.append(path)
    return found


def _as_json(checked: list[_Checked], errors: int, warnings: int) -> dict[str, object]:
    return {
        "files": [each.name for each in checked],
        "errors": errors,
        "warnings": warnings,
        "problems": [
            {
                "file": each.name,
                "line": problem.mark.line,
                "column": problem.mark.column,
                "level": problem.level,
                "message": problem.message,
            }
            for each in checked
            for problem in each.problems
        ],
    }


def _print_text(checked: list[_Checked], *, colour: bool, summary: str) -> None:
    interactive = is_terminal(sys.stdout)
    width = shutil.get_terminal_size().columns - 4
    for each in checked:
        for problem in each.problems:
            tone = TONES["bad" if problem.level == "error" else "warn"] if colour else ""
            print(f"{each.head(problem)} {painted(f'{problem.level}:', tone)} {clean(problem.message)}")
            if interactive:
                print("".join(f"    {line}\n" for line in each.excerpt(problem, width)), end="")
    if interactive:
        print(summary)


def _annotation(checked: list[_Checked], errors: int, warnings: int) -> str:
    """Return Markdown. The problems stand in a block of code, so that nothing in them is markup."""
    lines = [
        line
        for each in checked
        for problem in each.problems
        for line in (
            f"{each.head(problem)} {problem.level}: {clean(problem.message)}",
            *(f"    {line}" for line in each.excerpt(problem, 100)),
        )
    ]
    summary = f"**{_summary(errors, warnings, len(checked))}**"
    if not lines:
        return summary
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([summary, "", f"{fence}text", *lines, fence])


def _summary(errors: int, warnings: int, files: int) -> str:
    return f"{counted(errors, 'error')} and {counted(warnings, 'warning')} in {counted(files, 'pipeline')}"
