"""The environment variables of a job."""

from __future__ import annotations

from .jobs import Job


def environment(job: Job, organization: str) -> dict[str, str]:
    """What the job's commands see: Buildkite's variables, then the build's, then the step's."""
    build = job.build
    own: dict[str, str] = {
        "BUILDKITE": "true",
        "CI": "true",
        "BUILDKITE_ORGANIZATION_SLUG": organization,
        "BUILDKITE_PIPELINE_SLUG": build.pipeline.slug,
        "BUILDKITE_BUILD_ID": build.id,
        "BUILDKITE_BUILD_NUMBER": str(build.number),
        "BUILDKITE_BRANCH": build.asked.branch,
        "BUILDKITE_COMMIT": build.asked.commit,
        "BUILDKITE_MESSAGE": build.asked.message,
        "BUILDKITE_SOURCE": build.source,
        "BUILDKITE_JOB_ID": job.id,
        "BUILDKITE_RETRY_COUNT": str(job.attempt),
    }
    step = job.command_step
    if step is not None:
        own["BUILDKITE_LABEL"] = step.name
        own["BUILDKITE_COMMAND"] = step.command
        if step.parallelism:
            own["BUILDKITE_PARALLEL_JOB"] = str(job.parallel_index)
            own["BUILDKITE_PARALLEL_JOB_COUNT"] = str(step.parallelism)
    return {**own, **build.pipeline.env, **build.asked.env, **(step.env if step is not None else {})}
