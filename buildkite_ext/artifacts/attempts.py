"""Attempts: which of several artifacts with one path is the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from ..globs import slashed_path

if TYPE_CHECKING:
    from buildkite_api.models import Artifact, Build

__all__ = ["last_uploads", "newest_attempts", "repeated", "same_content", "successors"]


def last_uploads(artifacts: Sequence[Artifact]) -> list[Artifact]:
    """Return the artifacts without those that their own job uploaded again to the same path.

    The ids tell which upload is newer where both hold their time (UUID version 7). Buildkite documents no time of an upload and
    no order of the list: otherwise the one that is listed later counts as the newer.
    """
    newest: dict[tuple[str, str], Artifact] = {}
    for artifact in artifacts:
        key = (artifact.job_id, _path(artifact))
        other = newest.get(key)
        if other is None or not _newer(other, artifact):
            newest[key] = artifact
    kept = {id(artifact) for artifact in newest.values()}
    return [artifact for artifact in artifacts if id(artifact) in kept]


def repeated(artifacts: Sequence[Artifact], *, apart: bool) -> bool:
    """Tell whether several jobs uploaded the same path, so that it matters which of them are attempts of one job.

    Args:
        artifacts: of a build.
        apart: True if each job gets a folder. Otherwise equal artifacts of several jobs are one file.
    """
    uploads: dict[str, Artifact] = {}
    for artifact in artifacts:
        other = uploads.setdefault(_path(artifact), artifact)
        if other.job_id != artifact.job_id and (apart or not same_content(other, artifact)):
            return True
    return False


def same_content(one: Artifact, other: Artifact) -> bool:
    """Tell whether two artifacts surely have the same content."""
    return bool(one.sha1sum) and one.sha1sum == other.sha1sum


def successors(build: Build) -> dict[str, str]:
    """Return the job that retried each job of a build, by their ids."""
    from buildkite_api.models import Job, JobRetrySource

    found: dict[str, str] = {}
    jobs: object = build.jobs  # decoding keeps values of other types as they came
    for job in jobs if isinstance(jobs, list) else ():
        if not isinstance(job, Job) or not isinstance(job.id, str):
            continue
        source = job.retry_source
        if isinstance(source, JobRetrySource) and isinstance(source.job_id, str):
            found.setdefault(source.job_id, job.id)
        if isinstance(job.retried_in_job_id, str):
            found[job.id] = job.retried_in_job_id
    return found


def newest_attempts(artifacts: Sequence[Artifact], retried_in: Mapping[str, str]) -> list[Artifact]:
    """Return the artifacts without those whose path a later attempt of their job uploaded as well.

    Args:
        artifacts: of a build.
        retried_in: the job that retried a job, by its id.
    """
    uploaders: dict[str, set[str]] = {}
    for artifact in artifacts:
        uploaders.setdefault(_path(artifact), set()).add(artifact.job_id)

    def outdated(artifact: Artifact) -> bool:
        later: set[str] = set()
        job = retried_in.get(artifact.job_id)
        while job is not None:
            if job == artifact.job_id or job in later:  # a circle, in which no attempt is the last
                return False
            later.add(job)
            job = retried_in.get(job)
        return not later.isdisjoint(uploaders[_path(artifact)])

    return [artifact for artifact in artifacts if not outdated(artifact)]


def _path(artifact: Artifact) -> str:
    return slashed_path(artifact.path or artifact.filename or "")


def _newer(one: Artifact, other: Artifact) -> bool:
    """Tell whether an upload is newer than one that is listed after it."""
    try:
        first, second = UUID(one.id), UUID(other.id)
    except ValueError:
        return False
    return first.version == second.version == 7 and first.int > second.int
