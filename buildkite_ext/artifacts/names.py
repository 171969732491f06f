"""Targets of downloads: files for the paths, names and job ids that a server sends."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ..errors import BuildkiteError, UnsafePath

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

__all__ = ["conflict", "file_target", "server_filter", "tree_target"]

_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|^[A-Za-z]:")
"""Forbidden in file names: separators, control characters, surrogates, a drive."""


def file_target(artifact: Artifact, to: Path) -> Path:
    """Return the target of one artifact: the file `to`, or a file in the folder `to` with the artifact's own name.

    Raises:
        UnsafePath: the artifact's name isn't a file name.
    """
    if not to.is_dir():
        return to
    name = (artifact.filename or PurePosixPath(artifact.path or "").name or "").strip()
    if not _is_name(name):
        raise UnsafePath(f"Artifact {artifact.id}: {name!r} isn't a file name. Name the file to write in to=.")
    return to / name


def tree_target(artifact: Artifact, root: Path, *, by_job: bool = False) -> Path:
    """Return the target of one of many artifacts: below `root`, under the artifact's own path.

    Args:
        artifact: as the server describes it. Neither its path nor its job id is trusted.
        root: the folder of all targets.
        by_job: put it into a folder with its job's id as name.

    Raises:
        UnsafePath: the path is absolute, leads out of `root`, or passes a link that leads out of it; or the job id isn't
            the name of a folder.
    """
    path = (artifact.path or artifact.filename or "").replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or path.startswith("/") or not all(_is_name(part) for part in parts):
        raise UnsafePath(
            f"Artifact {artifact.id} has the path {artifact.path!r}, which leads outside {str(root)!r}. Download it alone, "
            "with artifacts.download(artifact, to=FILE)."
        )
    if by_job:
        job = artifact.job_id or ""
        if not _is_name(job):
            raise UnsafePath(
                f"Artifact {artifact.id} has the job id {job!r}, which isn't the name of a folder. Download it without "
                "by_job=True."
            )
        parts.insert(0, job)
    target = root.joinpath(*parts)
    base = root.resolve()
    if not target.parent.resolve().is_relative_to(base):
        raise UnsafePath(f"Artifact {artifact.path!r}: a link below {str(root)!r} leads out of it.")
    return target


def _is_name(part: str) -> bool:
    return part not in ("", ".", "..") and not _UNSAFE.search(part)


def server_filter(globs: Sequence[str]) -> str | None:
    """Return the `path` filter that Buildkite itself can apply: one glob whose only wildcard is `*`."""
    if len(globs) != 1 or "**" in globs[0] or "?" in globs[0]:
        return None
    return globs[0]


def conflict(targets: Sequence[tuple[Artifact, Path]]) -> BuildkiteError | None:
    """Return the error for two artifacts that differ and would be written to one file."""
    taken: dict[str, Artifact] = {}
    for artifact, target in targets:
        other = taken.setdefault(os.path.normcase(target), artifact)
        if other is not artifact and (not artifact.sha1sum or other.sha1sum != artifact.sha1sum):
            return UnsafePath(
                f"Two artifacts would be written to {str(target)!r}: {other.id} of job {other.job_id} and {artifact.id} of job "
                f"{artifact.job_id}. Nothing was downloaded; pass by_job=True for a folder a job, or job_id= for one job's."
            )
    return None
