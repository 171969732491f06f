"""References to pipelines, builds, jobs, artifacts and pull requests: slugs, and URLs of the web site and of the API.

Nothing is requested. A reference is read from a text, and written as a URL:

    >>> found = read_reference("https://buildkite.com/acme/web/builds/42#0199b4d2-3c1f-4b6e-9f00-0123456789ab")
    >>> found.pipeline, found.number, found.job_id
    ('web', 42, '0199b4d2-3c1f-4b6e-9f00-0123456789ab')
    >>> found.url()
    'https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/42/jobs/0199b4d2-3c1f-4b6e-9f00-0123456789ab'

https://buildkite.com/docs/apis/rest-api
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from .urls import SCHEME, is_utf8, place_of

if TYPE_CHECKING:
    from buildkite_api.models import Build

__all__ = [
    "JobReference",
    "PullRequestReference",
    "Reference",
    "is_uuid",
    "read_job_reference",
    "read_pull_request",
    "read_reference",
    "refuse_page",
]

_API_ROOT = "https://api.buildkite.com"
_WEB_ROOT = "https://buildkite.com"
_SIMULATED_HOST = "buildkite.test"
"""Host of the web pages in the simulator's answers."""

_WEB_HOSTS = ("buildkite.com", "www.buildkite.com")
_WEB_PAGE = re.compile(r"(?P<scheme>https?://)?(?:www\.)?buildkite\.com/", re.IGNORECASE)
"""Beginning of the URL of a page, also of one that was copied without its scheme."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Slugs in which nothing is encoded."""
_NUMBER = re.compile(r"0*([1-9][0-9]{0,17})")
_FORMS = "give PIPELINE, ORG/PIPELINE, ORG/PIPELINE/NUMBER, or the URL of a pipeline, a build, a job or an artifact"

_PULL_REQUEST = re.compile(
    r"/(?P<repository>[^/]+/.+?)/(?:pull|pull-requests|(?:-/)?merge_requests)/0*(?P<number>[1-9][0-9]{0,17})(?:/.*)?"
)
"""Paths of pull requests at GitHub, Bitbucket and GitLab, on any host."""
_REMOTE = re.compile(
    r"(?:[a-z+]+://)?(?:[^/@]+@)?(?P<host>[^/:]+)(?::[0-9]+(?=/))?[:/]/?(?P<repository>.+?)(?:\.git)?/?"
)
"""URLs of Git repositories, also in the form of scp: `git@github.com:acme/web.git`."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Reference to a pipeline, a build, a job or an artifact.

    Attributes:
        pipeline: the pipeline's slug.
        organization: the organization's slug; None if the text names none.
        number: the build's number; None for a pipeline.
        job_id: the job's id; None for a pipeline or a build.
        artifact_id: the artifact's id; None for all else.
        step_id: the id of the step that a page of the build shows, which is that of no job; None for other pages. A job tells
            its own as `job.step.id`.
    """

    pipeline: str
    organization: str | None = None
    number: int | None = None
    job_id: str | None = None
    artifact_id: str | None = None
    step_id: str | None = None

    def url(self, root: str = _API_ROOT) -> str:
        """Return the URL in the API. A step has none: the URL is that of its build.

        Args:
            root: the API's root, without `/v2`.

        Raises:
            ValueError: the reference names no organization.
        """
        path = f"{root}/v2/organizations/{self._organization()}/pipelines/{_quoted(self.pipeline)}"
        if self.number is None:
            return path
        path += f"/builds/{self.number}"
        if self.job_id is None:
            return path
        path += f"/jobs/{_quoted(self.job_id)}"
        return path if self.artifact_id is None else f"{path}/artifacts/{_quoted(self.artifact_id)}"

    def web_url(self, root: str = _WEB_ROOT) -> str:
        """Return the URL of the page on the web site.

        Args:
            root: the root of the web site.

        Raises:
            ValueError: the reference names no organization.
        """
        organization, pipeline = self._organization(), _quoted(self.pipeline)
        page = f"{root}/{organization}/{pipeline}"
        if organization == "organizations" or (organization, pipeline) == ("v2", "organizations"):
            page = f"{root}/organizations/{organization}/pipelines/{pipeline}"  # the short form is that of other pages
        if self.number is None:
            return page
        page += f"/builds/{self.number}"
        if self.artifact_id is not None and self.job_id is not None:
            below = f"jobs/{_quoted(self.job_id)}/artifacts/{_quoted(self.artifact_id)}"
            return f"{root}/organizations/{organization}/pipelines/{pipeline}/builds/{self.number}/{below}"
        if self.step_id is not None:
            page += f"/steps/canvas?sid={_quoted(self.step_id)}"
        return page if self.job_id is None else f"{page}#{_quoted(self.job_id)}"

    def _organization(self) -> str:
        if self.organization is None:
            raise ValueError(
                f"the reference to {self.pipeline!r} names no organization: write Reference(organization=...)"
            )
        return _quoted(self.organization)


@dataclass(frozen=True, slots=True)
class JobReference:
    """Reference to a job, or to an artifact of it, by its id alone.

    Attributes:
        job_id: the job's id.
        organization: the organization's slug; None if the text names none.
        artifact_id: the artifact's id; None for a job.
    """

    job_id: str
    organization: str | None = None
    artifact_id: str | None = None


@dataclass(frozen=True, slots=True)
class PullRequestReference:
    """Reference to a pull request, or a merge request, of a Git host.

    Buildkite documents no filter of builds by pull request: list those of its branch, and ask each with `is_of`.

    Attributes:
        host: the host, such as `github.com`.
        repository: the path of the repository, such as `acme/web`.
        number: the number of the pull request.
    """

    host: str
    repository: str
    number: int

    def is_of(self, build: Build) -> bool:
        """Tell whether a build is for this pull request: by its number, and by the repository of its pipeline if that is known.

        Example:
            >>> def of_pull_request(buildkite, url: str, branch: str) -> list[int]:
            ...     wanted = read_pull_request(url)
            ...     return [build.number for build in buildkite.builds.list("web", branch=branch) if wanted.is_of(build)]
        """
        told = getattr(build.pull_request, "id", None)
        if told is None or str(told) != str(self.number):
            return False
        remote = getattr(build.pipeline, "repository", None)
        place = _REMOTE.fullmatch(remote) if isinstance(remote, str) else None
        if place is None:
            return True
        there = (place["host"].lower(), place["repository"].lower())
        return there == (self.host.lower(), self.repository.lower())


def read_reference(text: str, *, root: str = _API_ROOT) -> Reference:
    """Read a slug or a URL that names a pipeline, a build, a job or an artifact.

    URLs of the API have to lead to `root`. Those of the web site have to lead to buildkite.com if `root` is Buildkite's API.
    Another root, such as a simulator's, may have web pages on any host.

    Args:
        text: `PIPELINE`, `ORG/PIPELINE`, `ORG/PIPELINE/NUMBER`, `ORG/PIPELINE/builds/NUMBER`, or a URL: of the web site
            (`https://buildkite.com/acme/web/builds/42#JOB`) or of the API
            (`https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/42/jobs/JOB/artifacts/ARTIFACT`). What
            follows a build's number, or the id of a job or an artifact, such as `/log`, is ignored.
        root: the API's root, without `/v2`. URLs of this API and of Buildkite's are read, and pages of the hosts of both.

    Raises:
        ValueError: the text has none of these forms, leads to another host, or has segments that a server could read as
            another path.

    Example:
        >>> read_reference("acme/web").organization
        'acme'
        >>> read_reference("https://buildkite.com/acme/web/builds/42/steps/canvas?jid=0199b4d2-3c1f-4b6e-9f00-0123456789ab").job_id
        '0199b4d2-3c1f-4b6e-9f00-0123456789ab'
        >>> read_reference("https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/42").number
        42
    """
    if _PLAIN.fullmatch(text):
        return Reference(text)
    text = _readable(text)
    if SCHEME.match(text):
        segments, named, job, step = _of_url(text, root)
        return _of_segments(segments, named=named, job=job, step=step)
    segments = [_slug(segment) for segment in text.split("/")]
    if len(segments) == 1:
        return Reference(segments[0])
    organization, pipeline, *rest = segments
    if rest[:1] == ["builds"]:
        del rest[0]
    elif len(segments) == 2:
        return Reference(pipeline, organization)
    if len(rest) != 1:
        raise ValueError(_FORMS)
    return Reference(pipeline, organization, _number(rest[0]))


def read_job_reference(text: str, *, root: str = _API_ROOT) -> JobReference:
    """Read the URL of a job or of an artifact, also one of the API that names no build.

    Args:
        text: a URL of the web site or of the API, as for `read_reference`; or one of a job by its id alone
            (`https://api.buildkite.com/v2/organizations/acme/jobs/JOB`).
        root: the API's root, without `/v2`.

    Raises:
        ValueError: it isn't such a URL, or it doesn't name a job.

    Example:
        >>> read_job_reference("https://api.buildkite.com/v2/organizations/acme/jobs/01-ab/artifacts/02-cd")
        JobReference(job_id='01-ab', organization='acme', artifact_id='02-cd')
    """
    text = _readable(text)
    if not SCHEME.match(text):
        raise ValueError("it isn't the URL of a job")
    segments, named, job, step = _of_url(text, root)
    if named and segments[1:2] == ["jobs"] and len(segments) > 2:
        artifact = segments[4] if segments[3:4] == ["artifacts"] and len(segments) > 4 else None
        return JobReference(
            _decoded(segments[2]), _decoded(segments[0]), None if artifact is None else _decoded(artifact)
        )
    found = _of_segments(segments, named=named, job=job, step=step)
    if found.job_id is None:
        shown = "a step of the build, and no job" if found.step_id is not None else "no job"
        raise ValueError(f"it is the URL of {shown}")
    return JobReference(found.job_id, found.organization, found.artifact_id)


def read_pull_request(text: str) -> PullRequestReference:
    """Read the URL of a pull request at GitHub, GitHub Enterprise, Bitbucket or GitLab.

    Args:
        text: such as `https://github.com/acme/web/pull/12`. What follows the number, such as `/files`, is ignored.

    Raises:
        ValueError: it isn't the URL of a pull request.

    Example:
        >>> read_pull_request("https://github.com/acme/web/pull/12/files")
        PullRequestReference(host='github.com', repository='acme/web', number=12)
    """
    parts, segments = _split(_readable(text))
    found = _PULL_REQUEST.fullmatch("/" + "/".join(segments))
    if found is None:
        raise ValueError("it isn't the URL of a pull request, such as https://github.com/acme/web/pull/12")
    repository = "/".join(map(_decoded, found["repository"].split("/")))
    return PullRequestReference(parts.hostname or "", repository, int(found["number"]))


def is_uuid(text: str) -> bool:
    """Tell whether a text has the form of the ids of Buildkite's builds, jobs, steps and artifacts."""
    return _UUID.fullmatch(text.strip()) is not None


def refuse_page(path: str, *, root: str) -> None:
    """Refuse the URL of a page of the web site where a path of the API belongs, and say which path that is.

    Raises:
        ValueError: it is a page.
    """
    buildkites = _WEB_PAGE.match(path) is not None
    if not buildkites and (root == _API_ROOT or not SCHEME.match(path) or path.startswith(f"{root}/")):
        return
    try:
        found = read_reference(path, root=root)
    except ValueError:
        return  # the page of something else, which leads outside of the API
    if not buildkites and found.number is None:
        return  # any URL of two segments looks like the page of a pipeline
    route = f"organizations/{found.organization}/pipelines/{found.pipeline}"
    if found.number is not None:
        route += f"/builds/{found.number}"
    if found.job_id is not None:
        route += f"/jobs/{found.job_id}"
    if found.artifact_id is not None:
        route += f"/artifacts/{found.artifact_id}"
    raise ValueError(f"it is a page of the web site; write {route}")


def _readable(text: str) -> str:
    """Return a text without the space around it, with the scheme that a copied URL has lost."""
    text = text.strip()
    if not is_utf8(text):
        raise ValueError("it isn't UTF-8 text")
    if not text.isprintable():
        raise ValueError("it holds a control character")
    page = _WEB_PAGE.match(text)
    return f"https://{text}" if page is not None and page["scheme"] is None else text


def _split(text: str) -> tuple[SplitResult, list[str]]:
    """Return the parts of a URL, and the segments of its path."""
    try:
        parts = urlsplit(text)
        place_of(parts)
    except ValueError as error:
        raise ValueError("it isn't a URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("its scheme isn't http or https")
    if "@" in parts.netloc:
        raise ValueError("its URL holds a user or a password")
    segments = [segment for segment in parts.path.split("/") if segment]
    if any(unquote(segment) in (".", "..") for segment in segments):
        raise ValueError("a segment of dots can't be a slug or an id, and leads to another path")
    return parts, segments


def _of_url(text: str, root: str) -> tuple[list[str], bool, str | None, str | None]:
    """Return the segments of a URL's path from the organization's slug on, whether they are named as in the API, and the ids
    of the job and of the step that a page shows."""
    parts, segments = _split(text)
    api = urlsplit(root)
    below = [segment for segment in parts.path.removeprefix(api.path).split("/") if segment]
    if below[:2] == ["v2", "organizations"] or segments[:2] == ["v2", "organizations"]:
        if place_of(parts) == place_of(api):
            return below[2:], True, None, None
        # A proxy in front of Buildkite passes on answers, which hold Buildkite's own URLs.
        if place_of(parts) == place_of(urlsplit(_API_ROOT)):
            return segments[2:], True, None, None
        raise ValueError(f"it is a URL of another API than {root}")
    if not _has_pages(parts, api):
        raise ValueError(f"its host isn't buildkite.com{'' if root == _API_ROOT else f', nor that of {root}'}")
    job, step = _on_page(parts)
    if segments[:1] == ["organizations"]:
        return segments[1:], True, job, step
    return segments, False, job, step


def _has_pages(parts: SplitResult, api: SplitResult) -> bool:
    """Tell whether a host has web pages of builds: that of Buildkite, of the simulator, or of another API.

    The pages of an API at api.HOST are at HOST. No request is sent to any of them: a reference leads to the client's own API.
    """
    if parts.hostname in (*_WEB_HOSTS, _SIMULATED_HOST):
        return parts.port in (None, 80, 443) and (parts.hostname != _SIMULATED_HOST or api != urlsplit(_API_ROOT))
    return api != urlsplit(_API_ROOT) and api.hostname in (parts.hostname, f"api.{parts.hostname}")


def _of_segments(segments: Sequence[str], *, named: bool, job: str | None, step: str | None) -> Reference:
    """Return the reference that the segments of a path hold.

    Args:
        segments: the path, from the organization's slug on.
        named: `pipelines` stands before the pipeline's slug, as in the API.
        job: the job's id, where it isn't in the path.
        step: the step's id, which is never in the path.
    """
    rest = list(segments)
    if named and rest[1:2] == ["pipelines"]:
        del rest[1]
    elif named:
        rest = rest[:1]  # the organization's builds, agents, …: no pipeline
    if len(rest) < 2:
        raise ValueError(f"it names no pipeline: {_FORMS}")
    organization, pipeline = map(_decoded, rest[:2])
    if len(rest) < 4 or rest[2] != "builds":
        return Reference(pipeline, organization)
    artifact = None
    if rest[4:5] == ["jobs"] and len(rest) > 5:
        job = _decoded(rest[5])
        if rest[6:7] == ["artifacts"] and len(rest) > 7:
            artifact = _decoded(rest[7])
    return Reference(pipeline, organization, _number(rest[3]), job, artifact, step)


def _on_page(page: SplitResult) -> tuple[str | None, str | None]:
    """Return the ids of the job and of the step that a page shows: `#JOB`, `#JOB/LINE`, `?jid=JOB`, `?sid=STEP`."""
    query = [(name, value) for name, value in parse_qsl(page.query) if _UUID.fullmatch(value)]
    fragment = page.fragment.partition("/")[0]
    jobs = [*([fragment] if _UUID.fullmatch(fragment) else []), *(value for name, value in query if name == "jid")]
    steps = [value for name, value in query if name == "sid"]
    return next(iter(jobs), None), next(iter(steps), None)


def _number(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} can't be a build's number: they begin at 1")
    return int(found[1])


def _decoded(segment: str) -> str:
    return _slug(unquote(segment, errors="surrogateescape"))


def _slug(text: str) -> str:
    """Return a slug or an id; refuse one that would change the path of a URL."""
    if text.strip() in ("", ".", ".."):
        raise ValueError(f"{text!r} can't be a slug: {_FORMS}")
    if not text.isprintable() or any(character in "/\\?#%" for character in text):
        raise ValueError(f"{text!r} can't be a slug")
    return text


def _quoted(segment: str) -> str:
    return quote(_slug(segment))
