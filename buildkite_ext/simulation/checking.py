"""Check of a pipeline's text, without a build: what Buildkite would refuse, and what it would do otherwise than meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..unknown_keywords import checks_keywords
from .definition.checks import check_flags, check_text
from .definition.compiler import Definition, compile_pipeline
from .definition.interpolation import interpolation_problems
from .definition.parser import parse_document
from .definition.places import placed
from .definition.steps import MOST_JOBS_OF_AN_UPLOAD, job_count
from .definition.yaml_tree import Mark, PipelineError, PipelineProblem, Tree, documents
from .dependencies import dependency_cycles, unknown_keys

__all__ = ["check_pipeline", "problems_of"]


@checks_keywords
def check_pipeline(text: str, *, interpolated: bool = True) -> tuple[PipelineProblem, ...]:
    """Check the text of a pipeline.yml, without a network and without a token.

    All documents of the text are checked. What a value will be that holds a variable isn't known, so that only the expansion
    itself is checked there.

    Args:
        text: the YAML text.
        interpolated: False if variables stay as they are, as with `--no-interpolation`.

    Returns:
        The errors and warnings, in the order of their places. An error is what Buildkite refuses, or what makes each build
        fail. A warning is what Buildkite ignores, what depends on something that the text doesn't say, and what the
        documentation and Buildkite's own tools tell differently. What exceeds a limit of this check is an error that says so,
        such as more than 100,000 keys and values.

    Raises:
        TypeError: the text isn't one.
        ImportError: the extra `simulator` isn't installed.

    Example:
        >>> from buildkite_ext.simulation import check_pipeline
        >>> for problem in check_pipeline("steps:\\n  - {command: make, if: 'build.brnch == null', paralelism: 2}"):
        ...     print(problem.mark.line, problem.mark.column, problem.level, problem.message)
        2 26 error `build.brnch` is not a variable: did you mean `build.branch`?
        2 48 warning `paralelism` is not an attribute of a command step: did you mean `parallelism`?

    https://buildkite.com/docs/pipelines/configure/defining-steps
    """
    check_text("text", text, give="the text of a pipeline.yml")
    check_flags(interpolated=interpolated)
    try:
        found = documents(text)
    except PipelineError as error:
        return (error.problem,)
    return problems_of(text, found, interpolated=interpolated)


def problems_of(text: str, trees: Sequence[tuple[Tree, Mark]], *, interpolated: bool) -> tuple[PipelineProblem, ...]:
    """Return the errors and warnings about a text whose documents were read. `check_pipeline` explains them."""
    problems: list[PipelineProblem] = []
    definitions: list[Definition] = []
    keys: dict[str, Mark] = {}
    errors: list[PipelineProblem] = []
    for tree, mark in trees:
        problems += _document(tree, mark, errors, definitions, keys, interpolated=interpolated)
    if not errors:
        problems += _unknown_keys(definitions, interpolated=interpolated and "$" in text)
    problems += dependency_cycles([step for definition in definitions for step in definition.steps])
    # What aliases name is told once, however many steps have it.
    return tuple(sorted(dict.fromkeys(placed(problems, text)), key=lambda each: (each.mark, each.level)))


def _document(
    tree: Tree,
    mark: Mark,
    errors: list[PipelineProblem],
    definitions: list[Definition],
    keys: dict[str, Mark],
    *,
    interpolated: bool,
) -> Iterator[PipelineProblem]:
    """Yield the problems of a document by itself.

    Args:
        tree: the value of the document.
        mark: the place where it begins.
        errors: takes those for which a part of it can't be read.
        definitions: takes the rest of it.
        keys: the keys of the documents before it. Its own are added.
        interpolated: True if variables will be expanded.
    """
    expansions = list(interpolation_problems(tree, mark)) if interpolated else []
    yield from expansions
    # What else is wrong with a text that can't be expanded isn't known.
    open_marks = {problem.mark for problem in expansions}
    known = len(errors)
    try:
        parsed = parse_document(tree, mark, errors)
        definition = compile_pipeline(parsed.tree, parsed.warnings, expanded=not interpolated)
    except PipelineError as error:
        errors.append(error.problem)
        yield from (problem for problem in errors[known:] if problem.mark not in open_marks)
        return
    yield from (problem for problem in (*errors[known:], *definition.problems) if problem.mark not in open_marks)
    if definition.too_many is not None:
        message = (
            f"the pipeline has {job_count(definition.steps)} jobs: Buildkite refuses an upload with more than "
            f"{MOST_JOBS_OF_AN_UPLOAD}. Upload it in parts"
        )
        yield PipelineProblem("warning", message, definition.too_many)
    for key, place in definition.keys.items():
        if key in keys:
            message = f'The key "{key}" has already been used by another step in this build (line {keys[key].line})'
            yield PipelineProblem("error", message, place)
        keys.setdefault(key, place)
    definitions.append(definition)


def _unknown_keys(definitions: Sequence[Definition], *, interpolated: bool) -> Iterator[PipelineProblem]:
    """Yield the problems of dependencies on keys that no document has, where all of each could be read."""
    steps = [step for definition in definitions for step in definition.steps]
    groups = [group for definition in definitions for group in definition.groups]
    return unknown_keys(steps, groups, expanded=not interpolated)
