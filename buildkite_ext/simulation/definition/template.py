"""Template of a pipeline: its text, which is parsed once, and its steps in an environment."""

from __future__ import annotations

from collections.abc import Mapping

from .compiler import Definition, compile_pipeline
from .interpolation import interpolate, names_in
from .parser import ParsedPipeline, parse_pipeline
from .yaml_tree import PipelineError

__all__ = ["Template"]

_KEPT = 64
"""Environments whose steps are kept. A text that names the number of a build has other steps in each build."""


class Template:
    """Pipeline's text. The steps in an environment are compiled when they are first asked for.

    Args:
        text: the YAML text.
        interpolated: False if variables stay as they are.
        parsed: one of its documents; the first one by default.

    Attributes:
        definition: the steps, with variables as they were written.
        expands: True if there are variables to be expanded.

    Raises:
        PipelineError: it isn't YAML, or not a pipeline.

    Example:
        >>> template = Template("- command: deploy $REGION")
        >>> template.within({"REGION": "eu"}).steps[0].command
        'deploy eu'
    """

    def __init__(self, text: str, *, interpolated: bool = True, parsed: ParsedPipeline | None = None) -> None:
        self.text = text
        self._parsed = parse_pipeline(text) if parsed is None else parsed
        self._names = names_in(text)
        self.expands = interpolated and "$" in text
        self.definition = compile_pipeline(self._parsed.tree, self._parsed.warnings, expanded=not self.expands)
        self._known: dict[tuple[str | None, ...], Definition] = {}

    def within(self, environment: Mapping[str, str]) -> Definition:
        """Return the steps, with the variables of an environment expanded.

        Raises:
            PipelineError: an expansion is wrong, or Buildkite would refuse the steps.
        """
        if not self.expands:
            return _accepted(self.definition)
        key = tuple(environment.get(name) for name in self._names)
        found = self._known.get(key)
        if found is None:
            found = _accepted(compile_pipeline(interpolate(self._parsed.tree, environment)))
            if len(self._known) < _KEPT:
                self._known[key] = found
        return found


def _accepted(definition: Definition) -> Definition:
    for problem in definition.errors:
        raise PipelineError(problem.message, problem.mark)
    return definition
