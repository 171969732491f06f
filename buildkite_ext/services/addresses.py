"""Arguments that name a pipeline, a build, a job or an artifact: what those of a method name together.

Nothing is requested. A model names its own address, by the URLs in it:
https://buildkite.com/docs/apis/rest-api/builds
"""

from __future__ import annotations

import re
from typing import Literal, TypeVar

from buildkite_api.models import Artifact, Build, Job, Pipeline
from buildkite_api.types import kind_of

from ..messages import shown
from ..redaction import redacted_text
from ..references import Reference, is_uuid, read_job_reference, read_reference

__all__ = [
    "Level",
    "artifact_address",
    "artifact_organization",
    "job_address",
    "names_build",
    "needed",
    "resolve",
    "step_in",
]

T = TypeVar("T")

_CREDENTIALS = re.compile(r"://[^?#]*@")
"""User and password in a URL."""

_ARTICLES = {"job": "a", "artifact": "an"}

Level = Literal["pipeline", "build", "job", "build or job"]
"""What a method works on."""

_URLS = {
    Pipeline: ("url", "web_url"),
    Build: ("url", "web_url"),
    Job: ("build_url", "web_url", "log_url", "raw_log_url", "artifacts_url", "unblock_url"),
}
"""Fields that hold the address of a model. Several, since Buildkite leaves some of them out:
https://buildkite.com/docs/apis/rest-api/jobs"""

_LEVELS: dict[Level, tuple[type, ...]] = {
    "pipeline": (),
    "build": (Build,),
    "job": (Build, Job),
    "build or job": (Build, Job),
}
"""Models that may stand in the place of `pipeline`, beside a Pipeline."""

_EXAMPLES: dict[Level, tuple[str, str]] = {
    "pipeline": ('"web"', '"acme/web"'),
    "build": ('"web", 42', "build"),
    "job": ('"web", 42, job.id', "job"),
    "build or job": ('"web", 42', "build"),
}


def resolve(
    called: str,
    level: Level,
    pipeline: object,
    number: object = None,
    job_id: object = None,
    *,
    root: str,
) -> Reference:
    """Return the address that the arguments of a method name together.

    Args:
        called: the method, such as `builds.get`, for messages.
        level: what the method works on.
        pipeline: a slug, alone or behind its organization's (`acme/web`); a URL of the web site or of the API; or a model.
        number: the number of a build, or a Build.
        job_id: the id of a job, or a Job.
        root: the API's root, without `/v2`. URLs of another API are refused.

    Returns:
        The address. It has what the level asks for; its organization is None if no argument names one.

    Raises:
        TypeError: an argument is missing, or has another type.
        ValueError: an argument isn't an address, or two arguments name different ones.

    Example:
        >>> resolve("builds.get", "build", "acme/web", 42, root="https://api.buildkite.com").organization
        'acme'
        >>> resolve("builds.get", "build", "https://buildkite.com/acme/web/builds/42", root="https://api.buildkite.com").number
        42
    """
    write = _what_to_write(called, level)
    found = _of_pipeline(pipeline, level, root, write)
    if number is not None:
        given = _of_number(number, found, root, write)
        found = _joined(found, given, ("number", number), write)
    if job_id is not None:
        given = _of_job_id(job_id, found, root, write)
        found = _joined(found, given, ("job_id", job_id), write)
    if level == "pipeline" and found.number is not None:
        raise ValueError(
            f"pipeline={_shown(pipeline)} is the address of a build, and {called} takes a pipeline: {write}"
        )
    if level != "pipeline" and found.number is None:
        hint = ". A build is found by its pipeline and its number, never by its id" if _is_id(pipeline) else ""
        raise TypeError(f"{called}() misses the argument number, the build's number: {write}{hint}")
    if level == "job" and found.job_id is None:
        raise TypeError(f"{called}() misses the argument job_id, the job's id: {write}{_step_hint(found)}")
    return found


def job_address(called: str, job_id: object, *, root: str) -> tuple[str | None, str]:
    """Return the organization, if it is known, and the id of a job that is addressed by its id alone.

    Raises:
        TypeError, ValueError: as for `resolve`.

    Example:
        >>> job_address("jobs.get_by_id", "0199b4d2-3c1f-4b6e-9f00-0123456789ab", root="https://api.buildkite.com")
        (None, '0199b4d2-3c1f-4b6e-9f00-0123456789ab')
    """
    write = f'write {called}("0199b4d2-…"), or {called}(job)'
    organization, found, _ = _of_job(job_id, root, write)
    return organization, found


def artifact_address(called: str, job_id: object, artifact_id: object, *, root: str) -> tuple[str | None, str, str]:
    """Return the organization, if it is known, the id of the job, and the id of the artifact that arguments name together.

    Args:
        called: the method, such as `artifacts.get`, for messages.
        job_id: the id of the job, a Job, an Artifact, or the URL of an artifact.
        artifact_id: the id of the artifact, or an Artifact; None where `job_id` names it.
        root: the API's root, without `/v2`.

    Raises:
        TypeError, ValueError: as for `resolve`.

    Example:
        >>> url = "https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/42/jobs/01-ab/artifacts/02-cd"
        >>> artifact_address("artifacts.get", url, None, root="https://api.buildkite.com")
        ('acme', '01-ab', '02-cd')
    """
    write = f"write {called}(job.id, artifact.id), {called}(artifact), or the URL of an artifact"
    known: object
    if isinstance(job_id, Artifact):
        organization, known = artifact_organization(job_id, root=root), job_id.id
        job = _plain_id("job_id", job_id.job_id, write)
    else:
        organization, job, known = _of_job(job_id, root, write)
    if isinstance(artifact_id, Artifact):
        artifact_id = artifact_id.id
    if artifact_id is None:
        if known is None:
            raise TypeError(f"{called}() misses the argument artifact_id, the artifact's id: {write}")
        return organization, job, _plain_id("artifact_id", known, write)
    given = _plain_id("artifact_id", artifact_id, write)
    if known is not None and known != given:
        raise ValueError(
            f"artifact_id={_shown(given)}: the argument before it names the artifact {_shown(known)}: {write}"
        )
    return organization, job, given


def artifact_organization(artifact: Artifact, *, root: str) -> str | None:
    """Return the organization that the URL of an artifact names; None if it names none at this API."""
    try:
        return read_job_reference(artifact.url, root=root).organization if isinstance(artifact.url, str) else None
    except ValueError:
        return None


def names_build(pipeline: object, *, root: str) -> bool:
    """Tell whether an argument in the place of a pipeline names a build, or a job, so that no number follows it."""
    if not isinstance(pipeline, str):
        return isinstance(pipeline, Build | Job)
    try:
        return read_reference(pipeline, root=root).number is not None
    except ValueError:
        return False


def step_in(pipeline: object, *, root: str) -> str | None:
    """Return the id of the job, or else of the step, that a URL in the place of a pipeline names; None if it names none."""
    if not isinstance(pipeline, str):
        return None
    found = read_reference(pipeline, root=root)
    return found.job_id or found.step_id


def needed(called: str, name: str, value: T | None) -> T:
    """Return an argument that may not be left out, although those before it may be.

    Raises:
        TypeError: it was left out.
    """
    if value is None:
        raise TypeError(f"{called}() misses the argument {name}: write {called}(..., {name}=...)")
    return value


def _of_pipeline(pipeline: object, level: Level, root: str, write: str) -> Reference:
    if isinstance(pipeline, Pipeline | Build | Job) and isinstance(pipeline, (Pipeline, *_LEVELS[level])):
        return _of_model(pipeline, "pipeline", root, write)
    if not isinstance(pipeline, str):
        hint = "" if level == "pipeline" else _url_hint(pipeline)
        if level == "pipeline" and isinstance(pipeline, Build):
            hint = ". The pipeline of a build is build.pipeline"
        raise TypeError(f"pipeline{_wrong(pipeline)}, and has to be a slug: {write}{hint}")
    try:
        return read_reference(pipeline, root=root)
    except ValueError as error:
        raise ValueError(f"pipeline={_shown(pipeline)}: {error}. Instead {write}") from None


def _of_number(number: object, found: Reference, root: str, write: str) -> Reference:
    if isinstance(number, Build):
        return _of_model(number, "number", root, write)
    if isinstance(number, bool) or not isinstance(number, int):
        digits = isinstance(number, str) and number.strip().isdecimal() and number.isascii()
        more = f", as int({number!r}) is" if digits else ""
        raise TypeError(f"number{_wrong(number)}, and has to be an int{more}: {write}{_url_hint(number)}")
    if number < 1:
        raise ValueError(f"number={number}: the numbers of builds begin at 1: {write}")
    return Reference(found.pipeline, found.organization, number)


def _of_job_id(job_id: object, found: Reference, root: str, write: str) -> Reference:
    if not isinstance(job_id, Job):
        given = _of_text(job_id, root, write)
        if isinstance(given, Reference):
            return given
        return Reference(found.pipeline, found.organization, found.number, given)
    identity = _id_of(job_id, "job_id", write)
    known = _of_urls(job_id, root)
    if isinstance(known, str):  # its id is enough beside a pipeline and a number
        return Reference(found.pipeline, found.organization, found.number, identity)
    return Reference(known.pipeline, known.organization, known.number, identity)


def _of_model(model: Pipeline | Build | Job, argument: str, root: str, write: str) -> Reference:
    known = _of_urls(model, root)
    kind = type(model).__name__
    if isinstance(known, str):
        raise ValueError(f"{argument} is a {kind} that doesn't tell where it is: {known}. Instead {write}")
    if isinstance(model, Job):
        return Reference(known.pipeline, known.organization, known.number, _id_of(model, argument, write))
    return Reference(known.pipeline, known.organization, None if isinstance(model, Pipeline) else known.number)


def _of_urls(model: Pipeline | Build | Job, root: str) -> Reference | str:
    """Return the address in the URLs of a model, or the reason why there is none."""
    names = next(fields for kind, fields in _URLS.items() if isinstance(model, kind))
    reasons: list[str] = []
    for name in names:
        url: object = getattr(model, name, None)
        if not isinstance(url, str) or not url:
            continue
        try:
            found = read_reference(url, root=root)
        except ValueError as error:
            reasons.append(f"{name}={_shown(url)}: {error}")
            continue
        if found.organization is not None and (found.number is not None or isinstance(model, Pipeline)):
            return found
        reasons.append(f"{name}={_shown(url)} names no build")
    return reasons[0] if reasons else f"it has none of the fields {', '.join(names)}"


def _joined(first: Reference, second: Reference, argument: tuple[str, object], write: str) -> Reference:
    """Return what two arguments name together. `second` has at least the pipeline of `first`, or one of its own."""
    if first == Reference(second.pipeline, second.organization):
        return second
    for one, other in (
        (first.organization, second.organization),
        (first.pipeline, second.pipeline),
        (first.number, second.number),
        (first.job_id, second.job_id),
    ):
        if one is not None and other is not None and one != other:
            raise ValueError(
                f"{argument[0]}={_shown(argument[1])} is of {_named(second)}, and the arguments before it name "
                f"{_named(first)}: {write}"
            )
    return Reference(
        first.pipeline,
        first.organization if second.organization is None else second.organization,
        first.number if second.number is None else second.number,
        first.job_id if second.job_id is None else second.job_id,
        first.artifact_id if second.artifact_id is None else second.artifact_id,
        first.step_id if second.step_id is None else second.step_id,
    )


def _named(address: Reference) -> str:
    slug = address.pipeline if address.organization is None else f"{address.organization}/{address.pipeline}"
    number = "" if address.number is None else f" #{address.number}"
    return f"{slug}{number}" + ("" if address.job_id is None else f", job {_shown(address.job_id)}")


def _id_of(job: Job, argument: str, write: str) -> str:
    if not isinstance(job.id, str) or not job.id:
        raise ValueError(f"{argument} is a Job without an id: {write}")
    return job.id


def _of_job(job_id: object, root: str, write: str) -> tuple[str | None, str, str | None]:
    """Return the organization and the id of a job, and the id of an artifact where a URL names one."""
    if isinstance(job_id, Job):
        known = _of_urls(job_id, root)
        return None if isinstance(known, str) else known.organization, _id_of(job_id, "job_id", write), None
    text = _plain_id("job_id", job_id, write)
    if "://" not in text:
        return None, text, None
    try:
        found = read_job_reference(text, root=root)
    except ValueError as error:
        raise ValueError(f"job_id={_shown(text)}: {error}. Instead {write}") from None
    return found.organization, found.job_id, found.artifact_id


def _of_text(job_id: object, root: str, write: str) -> str | Reference:
    """Return the id of a job as it is, or the reference that its URL is."""
    text = _plain_id("job_id", job_id, write)
    if "://" not in text:
        return text
    try:
        found = read_reference(text, root=root)
    except ValueError as error:
        raise ValueError(f"job_id={_shown(text)}: {error}. Instead {write}") from None
    if found.job_id is None:
        raise ValueError(f"job_id={_shown(text)} is the URL of no job: {write}{_step_hint(found)}")
    return found


def _plain_id(argument: str, value: object, write: str) -> str:
    """Return an id that can be a part of a path, or a URL as it is."""
    kind = argument.partition("_")[0]
    if not isinstance(value, str):
        raise TypeError(f"{argument}{_wrong(value)}, and has to be the id of {_ARTICLES[kind]} {kind}: {write}")
    if value.strip() in ("", ".", ".."):
        raise ValueError(
            f"{argument}={value!r} isn't the id of {_ARTICLES[kind]} {kind}, and would address another resource: {write}"
        )
    return value


def _step_hint(found: Reference) -> str:
    """Return how the jobs of a step are found, where a URL shows a step."""
    if found.step_id is None:
        return ""
    return (
        f". The URL shows a step, which may have several jobs: they are those of jobs.list(build) whose step.id is "
        f"{_shown(found.step_id)}"
    )


def _what_to_write(called: str, level: Level) -> str:
    plain, short = _EXAMPLES[level]
    return f"write {called}({plain}), or {called}({short})"


def _wrong(value: object) -> str:
    """Return an argument's wrong value and type, such as `=42 is an int`, for the place behind its name."""
    written = f"={_shown(value)}" if isinstance(value, str | int | float) else ""
    return f"{written} is {kind_of(value)}"


def _url_hint(value: object) -> str:
    """Return what to write for another model that has a URL, such as a TriggeredBuild."""
    return ". Its .url is an address too" if isinstance(getattr(value, "url", None), str) else ""


def _is_id(value: object) -> bool:
    return isinstance(value, str) and is_uuid(value)


def _shown(value: object) -> str:
    if isinstance(value, Pipeline | Build | Job):
        return f"<{type(value).__name__}>"
    if isinstance(value, str) and "://" in value:
        return shown(redacted_text(_CREDENTIALS.sub("://", value)))
    return shown(value)
