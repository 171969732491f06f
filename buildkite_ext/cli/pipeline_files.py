"""Files of pipelines that an option names, and the slugs of their pipelines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..simulation.state.ids import slug_of
from .inputs import Inputs, is_stdin, source_of
from .problem import UsageError

__all__ = ["PipelineFile", "pipeline_files"]

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_USUAL_NAMES = frozenset({"pipeline", "buildkite"})
_USUAL_FOLDERS = frozenset({".buildkite", "buildkite", "pipelines"})


class PipelineFile(NamedTuple):
    """Text of a pipeline, and how messages name its file."""

    source: str
    text: str


def pipeline_files(words: Iterable[str]) -> dict[str, PipelineFile]:
    """Return the files of `--pipeline`, by slug.

    Args:
        words: each `FILE` or `SLUG=FILE`; - reads the standard input.

    Raises:
        UsageError: a file can't be read, two have the same slug, or one has none.
    """
    inputs = Inputs()
    found: dict[str, PipelineFile] = {}
    for word in words:
        slug, sign, name = word.partition("=")
        if not sign or Path(word).exists() or _SLUG.fullmatch(slug) is None:
            slug, name = "", word
        if not slug and is_stdin(name):
            raise UsageError("--pipeline -: give its slug, as in --pipeline web=-")
        slug = slug or _slug_of(Path(name))
        if not slug:
            raise UsageError(
                f"--pipeline {word!r}: its name can't be a pipeline's slug. Give the slug, as in --pipeline web={word}"
            )
        if slug in found:
            raise UsageError(
                f"--pipeline {word!r}: another file has the slug {slug} already. Give --pipeline SLUG=FILE"
            )
        found[slug] = PipelineFile(source_of(name), inputs.text("--pipeline", name))
    return found


def _slug_of(path: Path) -> str:
    """Return the slug of the pipeline of a file: its name, or that of its folder where all such files have one name.

    Example:
        >>> _slug_of(Path("/src/shop/.buildkite/pipeline.yml")), _slug_of(Path("pipelines/Deploy Web.yaml"))
        ('shop', 'deploy-web')
    """
    path = path.absolute()
    name = path.name.partition(".")[0] if not path.name.startswith(".") else path.stem
    if name.lower() in _USUAL_NAMES:
        folder = path.parent
        while folder.name in _USUAL_FOLDERS:
            folder = folder.parent
        name = folder.name
    return slug_of(name)
