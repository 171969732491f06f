"""Uploads of steps by running jobs: whether Buildkite takes them, and the steps themselves.

https://buildkite.com/docs/agent/cli/reference/pipeline
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..definition.compiler import Definition, compile_pipeline
from ..definition.interpolation import interpolate
from ..definition.parser import parse_pipelines
from ..definition.places import placed
from ..definition.steps import MOST_JOBS_OF_AN_UPLOAD, job_count
from ..definition.yaml_tree import PipelineError
from ..state.builds import Build
from ..state.graph import Node

__all__ = ["read_upload", "refusal"]

_MOST_UPLOADS, _MOST_JOBS = 500, 4000


def read_upload(text: str, environment: Mapping[str, str], *, interpolated: bool) -> list[Definition] | str:
    """Return the pipelines of a text, or why it can't be uploaded.

    Args:
        text: the YAML text.
        environment: the environment of the job.
        interpolated: False if variables stay as they are.
    """
    definitions: list[Definition] = []
    try:
        for parsed in parse_pipelines(text):
            tree = interpolate(parsed.tree, environment) if interpolated else parsed.tree
            definitions.append(compile_pipeline(tree, parsed.warnings))
    except PipelineError as error:
        return f"Pipeline parsing failed: {error}"
    return definitions


def refusal(build: Build, definition: Definition, replaced: Sequence[Node], text: str) -> str | None:
    """Return why an upload is refused; None if it is taken.

    Args:
        build: the build.
        definition: the steps of the upload.
        replaced: the steps of the build that it replaces.
        text: the YAML text of the upload.
    """
    for problem in placed(definition.errors[:1], text):
        return f"line {problem.mark.line}, column {problem.mark.column}: {problem.message}"
    if build.done or build.state in ("canceling", "blocked"):
        return "You can only change the pipeline of a running build"
    if build.uploads >= _MOST_UPLOADS:
        return f"A build can have at most {_MOST_UPLOADS} uploads"
    gone = frozenset(replaced)
    for named in (*definition.steps, *definition.groups):
        if named.key is not None and build.graph.has_key(named.key, without=gone):
            return f'The key "{named.key}" has already been used by another step in this build'
    count = job_count(definition.steps)
    if count > MOST_JOBS_OF_AN_UPLOAD:
        return f"The upload has {count} jobs, and at most {MOST_JOBS_OF_AN_UPLOAD} are allowed"
    count += len(build.jobs) - sum(build.runs[node].count for node in replaced)
    if count > _MOST_JOBS:
        return f"The build would have {count} jobs, and at most {_MOST_JOBS} are allowed"
    return None
