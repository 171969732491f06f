"""Values of a build that conditions read, and the environment of its jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..definition.conditions import ConditionContext, SearchTime, Value
from ..state.builds import Build, Job
from ..state.organization import Organization

__all__ = ["build_environment", "condition_context", "environment"]


def condition_context(build: Build, organization: Organization) -> ConditionContext:
    """Return what the conditions of a build's steps read."""
    return ConditionContext(
        _Values(build, organization), build.request.env, build.pipeline.env, SearchTime(build.search_seconds)
    )


class _Values(Mapping[str, Value]):
    """Values of a build's variables. Each is read when a condition asks for it."""

    __slots__ = ("_build", "_organization")

    def __init__(self, build: Build, organization: Organization) -> None:
        self._build = build
        self._organization = organization

    def __getitem__(self, name: str) -> Value:
        return _VALUES[name](self._build, self._organization)

    def __iter__(self) -> Iterator[str]:
        return iter(_VALUES)

    def __len__(self) -> int:
        return len(_VALUES)


def _pull_request(build: Build, key: str) -> str | None:
    found = (build.request.pull_request or {}).get(key)
    return None if found is None else str(found)


def _flag(build: Build, key: str) -> bool | None:
    found = (build.request.pull_request or {}).get(key)
    return found if isinstance(found, bool) else None


def _labels(build: Build) -> list[str] | None:
    found = (build.request.pull_request or {}).get("labels")
    return [str(label) for label in found] if isinstance(found, list | tuple) else None


def _event(build: Build) -> str | None:
    """Return the event for which a webhook created a build; None where something else created it."""
    if build.source != "webhook":
        return None
    given = build.request.env.get("BUILDKITE_GITHUB_EVENT")
    return given or ("push" if build.request.pull_request is None else "pull_request")


_VALUES: Mapping[str, Callable[[Build, Organization], Value]] = {
    "build.id": lambda build, _: build.id,
    "build.number": lambda build, _: build.number,
    "build.branch": lambda build, _: build.request.branch,
    "build.tag": lambda build, _: build.request.tag,
    "build.message": lambda build, _: build.request.message,
    "build.commit": lambda build, _: build.request.commit,
    "build.source": lambda build, _: build.source,
    "build.source_event": lambda build, _: _event(build),
    "build.state": lambda build, _: build.state,
    "build.creator.id": lambda build, _: build.creator.id,
    "build.creator.name": lambda build, _: build.creator.name,
    "build.creator.email": lambda build, _: build.creator.email,
    "build.creator.teams": lambda build, organization: [team.slug for team in organization.teams_of(build.creator)],
    "build.creator.verified": lambda *_: True,
    "build.author.name": lambda build, _: (build.request.author or {}).get("name"),
    "build.author.email": lambda build, _: (build.request.author or {}).get("email"),
    "build.pull_request.id": lambda build, _: _pull_request(build, "id"),
    "build.pull_request.base_branch": lambda build, _: _pull_request(build, "base"),
    "build.pull_request.repository": lambda build, _: _pull_request(build, "repository"),
    "build.pull_request.labels": lambda build, _: _labels(build),
    "build.pull_request.draft": lambda build, _: _flag(build, "draft"),
    "build.pull_request.repository.fork": lambda build, _: _flag(build, "fork"),
    "pipeline.id": lambda build, _: build.pipeline.id,
    "pipeline.name": lambda build, _: build.pipeline.name,
    "pipeline.slug": lambda build, _: build.pipeline.slug,
    "pipeline.default_branch": lambda build, _: build.pipeline.default_branch,
    "pipeline.repository": lambda build, _: build.pipeline.repository,
    "organization.id": lambda _, organization: organization.id,
    "organization.slug": lambda _, organization: organization.slug,
    "triggered_from.build_id": lambda build, _: None if (job := build.triggered_by) is None else job.build.id,
    "triggered_from.build_number": lambda build, _: None if (job := build.triggered_by) is None else job.build.number,
    "triggered_from.pipeline_slug": lambda build, _: (
        None if (job := build.triggered_by) is None else job.build.pipeline.slug
    ),
    "triggered_from.job_id": lambda build, _: None if (job := build.triggered_by) is None else job.id,
    "rebuilt_from.build_id": lambda build, _: None if (old := build.rebuilt_from) is None else old.id,
    "rebuilt_from.build_number": lambda build, _: None if (old := build.rebuilt_from) is None else old.number,
}
"""How each variable is read. Those that aren't here are null."""


def build_environment(build: Build, organization: str) -> dict[str, str]:
    """Return the environment variables that Buildkite sets in each job of a build."""
    request, pipeline = build.request, build.pipeline
    pull_request = request.pull_request or {}
    return {
        "BUILDKITE": "true",
        "CI": "true",
        "BUILDKITE_ORGANIZATION_SLUG": organization,
        "BUILDKITE_PIPELINE_SLUG": pipeline.slug,
        "BUILDKITE_PIPELINE_ID": pipeline.id,
        "BUILDKITE_PIPELINE_NAME": pipeline.name,
        "BUILDKITE_PIPELINE_DEFAULT_BRANCH": pipeline.default_branch,
        "BUILDKITE_REPO": pipeline.repository,
        "BUILDKITE_BUILD_ID": build.id,
        "BUILDKITE_BUILD_NUMBER": str(build.number),
        "BUILDKITE_BRANCH": request.branch,
        "BUILDKITE_TAG": request.tag or "",
        "BUILDKITE_COMMIT": request.commit,
        "BUILDKITE_MESSAGE": request.message,
        "BUILDKITE_SOURCE": build.source,
        "BUILDKITE_PULL_REQUEST": str(pull_request.get("id") or "false"),
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH": str(pull_request.get("base") or ""),
        "BUILDKITE_PULL_REQUEST_REPO": str(pull_request.get("repository") or ""),
    }


def environment(job: Job, organization: str) -> dict[str, str]:
    """Return the environment variables of a job: the pipeline's, the build's, the step's, and Buildkite's own, which win."""
    build, step = job.build, job.command_step
    own = {
        **build_environment(build, organization),
        "BUILDKITE_JOB_ID": job.id,
        "BUILDKITE_STEP_ID": job.step_id,
        "BUILDKITE_STEP_KEY": job.step.key or "",
        "BUILDKITE_RETRY_COUNT": str(job.attempt),
    }
    if step is not None:
        own["BUILDKITE_LABEL"] = step.label
        own["BUILDKITE_COMMAND"] = step.command
        if step.parallelism:
            own["BUILDKITE_PARALLEL_JOB"] = str(job.parallel_index)
            own["BUILDKITE_PARALLEL_JOB_COUNT"] = str(step.parallelism)
    return {**build.pipeline.env, **build.request.env, **(step.env if step is not None else {}), **own}
