"""Values of a build that conditions read, and the environment of its jobs."""

from __future__ import annotations

from ..definition.conditions import ConditionContext, Value
from ..state.builds import Build, Job
from ..state.organization import Organization

__all__ = ["build_environment", "condition_context", "environment"]


def condition_context(build: Build, organization: Organization) -> ConditionContext:
    """Return what the conditions of a build's steps read."""
    request, pipeline = build.request, build.pipeline
    pull_request = request.pull_request or {}
    author = request.author or {}
    parent = build.triggered_by
    values: dict[str, Value] = {
        "build.id": build.id,
        "build.number": build.number,
        "build.branch": request.branch,
        "build.tag": request.tag,
        "build.message": request.message,
        "build.commit": request.commit,
        "build.source": build.source,
        "build.state": build.state,
        "build.creator.id": build.creator.id,
        "build.creator.name": build.creator.name,
        "build.creator.email": build.creator.email,
        "build.creator.teams": [team.slug for team in organization.teams_of(build.creator)],
        "build.creator.verified": True,
        "build.author.name": author.get("name"),
        "build.author.email": author.get("email"),
        "build.pull_request.id": None if pull_request.get("id") is None else str(pull_request["id"]),
        "pipeline.id": pipeline.id,
        "pipeline.name": pipeline.name,
        "pipeline.slug": pipeline.slug,
        "pipeline.default_branch": pipeline.default_branch,
        "pipeline.repository": pipeline.repository,
        "organization.id": organization.id,
        "organization.slug": organization.slug,
    }
    for key, name in (("base", "base_branch"), ("repository", "repository")):
        found = pull_request.get(key)
        values[f"build.pull_request.{name}"] = None if found is None else str(found)
    labels = pull_request.get("labels")
    if isinstance(labels, list | tuple):
        values["build.pull_request.labels"] = [str(label) for label in labels]
    for key in ("draft", "fork"):
        flag = pull_request.get(key)
        name = "build.pull_request.draft" if key == "draft" else "build.pull_request.repository.fork"
        values[name] = flag if isinstance(flag, bool) else None
    if parent is not None:
        values["triggered_from.build_id"] = parent.build.id
        values["triggered_from.build_number"] = parent.build.number
        values["triggered_from.pipeline_slug"] = parent.build.pipeline.slug
        values["triggered_from.job_id"] = parent.id
    if build.rebuilt_from is not None:
        values["rebuilt_from.build_id"] = build.rebuilt_from.id
        values["rebuilt_from.build_number"] = build.rebuilt_from.number
    return ConditionContext(values, request.env, pipeline.env)


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
