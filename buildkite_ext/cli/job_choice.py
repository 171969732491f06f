"""The jobs of a build that a command line chooses: by ids, step keys, names, or the URL of a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import NothingMatched
from ..references import Reference, is_uuid
from .parameters import Repeated
from .problem import UsageError
from .streams import short

if TYPE_CHECKING:
    from buildkite_api.models import Job

    from ..client import BuildkiteClient

__all__ = ["JobWords", "chosen_job", "chosen_jobs", "job_id_of", "job_words"]

JobWords = Annotated[tuple[str, ...], Repeated, Parameter(alias="-j", metavar="JOB")]
"""The type of `--job`: a step key, a name in which `*` stands for any text, or an id; may be repeated."""


def job_words(words: Sequence[str], address: Reference | None) -> list[str]:
    """Return the jobs of `--job`, or else the one that the URL of a job names. A build that is searched for has no address yet.

    Raises:
        UsageError: one of them is empty.
    """
    if any(not word.strip() for word in words):
        raise UsageError("--job is empty.")
    if not words and address is not None and address.job_id is not None:
        return [address.job_id]
    return list(words)


def chosen_jobs(
    client: BuildkiteClient, address: Reference, words: Sequence[str], *, retried: bool = False
) -> list[Job]:
    """Return the jobs of a build that are chosen, in Buildkite's order.

    Args:
        client: a client of the organization.
        address: the build.
        words: the jobs, as of `job_words`; empty for all.
        retried: attempts that were retried are among them.

    Raises:
        NothingMatched: a word names no job.
    """
    from ..logs.selection import JobSelection, name_of

    build = client.builds.get(
        address.pipeline, address.number, exclude_pipeline=True, include_retried_jobs=True if retried else None
    )
    jobs = [job for job in build.jobs if str(job.type) != "waiter"]
    for word in words:
        if not any(JobSelection((word,)).matches(job) for job in jobs):
            names = ", ".join(repr(short(name_of(job), 60)) for job in jobs[:10]) or "none"
            raise NothingMatched(
                f"--job {short(word, 100)!r} names no job of build #{build.number}. Its jobs: {names}."
            )
    wanted = JobSelection(tuple(words))
    return [job for job in jobs if wanted.matches(job)]


def job_id_of(client: BuildkiteClient, address: Reference, job: str | None) -> str | None:
    """Return the id of the one job that `--job` names, or else the URL of a job; None if neither names one.

    Raises:
        NothingMatched: it names no job.
        UsageError: it is empty, or names several.
    """
    words = job_words([] if job is None else [job], address)
    if not words:
        return None
    found = chosen_job(client, address, words[0])
    return found if isinstance(found, str) else found.id


def chosen_job(client: BuildkiteClient, address: Reference, word: str) -> str | Job:
    """Return the one job that a word names. An id is taken as it is, without a request.

    Raises:
        NothingMatched: it names no job.
        UsageError: it names several.
    """
    if is_uuid(word):
        return word.strip()
    found = chosen_jobs(client, address, [word])
    if len(found) > 1:
        ids = ", ".join(job.id for job in found[:10])
        raise UsageError(f"--job {short(word, 100)!r} names {len(found)} jobs: give the id of one of them: {ids}.")
    return found[0]
