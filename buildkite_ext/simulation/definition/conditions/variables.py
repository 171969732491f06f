"""Variables of conditions with their types, and the environment variables that conditions may read.

https://buildkite.com/docs/pipelines/configure/conditionals
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ....unknown_names import nearest

__all__ = [
    "DOCUMENTED_VALUES",
    "ENUM_VALUES",
    "VARIABLES",
    "EntryPoint",
    "Type",
    "allowed_in_a_literal",
    "allowed_when_computed",
    "nearest_documented",
    "only_at_runtime",
    "takes_step",
]

EntryPoint = Literal["build_condition", "build_condition_with_step", "build_notification", "step_notification"]
"""Place of a condition: the `if` of a step, of a build with a step, of the `notify` of a build, or of the `notify` of a step."""


@dataclass(frozen=True, slots=True)
class Type:
    """Static type of an expression.

    Attributes:
        name: `bool`, `string`, `number`, `array`, `pattern`, `null` or `enum`.
        enum: the variable of an enum, whose values are in `ENUM_VALUES`.
    """

    name: Literal["bool", "string", "number", "array", "pattern", "null", "enum"]
    enum: str = ""

    def __str__(self) -> str:
        return self.enum or {"array": "list", "pattern": "regular expression", "bool": "boolean"}.get(
            self.name, self.name
        )


ENUM_VALUES: Mapping[str, frozenset[str]] = {
    "build.state": frozenset(
        {
            "creating",
            "started",
            "running",
            "scheduled",
            "blocked",
            "passed",
            "failing",
            "failed",
            "canceling",
            "canceled",
            "skipped",
            "not_run",
        }
    ),
    "build.blocked_state": frozenset({"failed", "passed", "running"}),
    "build.source": frozenset({"api", "ui", "webhook", "trigger_job", "schedule", "pipeline_trigger"}),
    "step.type": frozenset({"command", "wait", "input", "trigger", "group"}),
    "step.state": frozenset(
        {
            "ignored",
            "waiting_for_dependencies",
            "ready",
            "waiting_for_input",
            "running",
            "failing",
            "canceled",
            "finished",
        }
    ),
    "step.outcome": frozenset({"neutral", "passed", "soft_failed", "hard_failed", "errored"}),
}
"""The values that each enum has."""

DOCUMENTED_VALUES: Mapping[str, frozenset[str]] = {
    "build.state": frozenset({"started_failing"}),
    "build.source": frozenset({"scheduled"}),
}
"""Further values that Buildkite's documentation lists, and its evaluator refuses."""

_STRINGS = (
    "build.id build.branch build.tag build.message build.commit build.source_event build.source_action build.creator.id "
    "build.creator.name build.creator.email build.author.id build.author.name build.author.email build.scm.author.name "
    "build.scm.author.email build.scm.committer.name build.scm.committer.email build.pull_request.id "
    "build.pull_request.base_branch build.pull_request.label build.pull_request.repository build.merge_queue.base_branch "
    "build.merge_queue.base_commit pipeline.id pipeline.slug pipeline.default_branch pipeline.repository organization.id "
    "organization.slug step.id step.key step.label"
)
_BOOLEANS = (
    "build.fixed build.creator.verified build.pull_request.draft build.pull_request.repository.fork "
    "pipeline.started_passing pipeline.started_failing pipeline.next_finished_build_exists"
)
_LISTS = "build.creator.teams build.author.teams build.pull_request.labels"

VARIABLES: Mapping[str, Type] = {
    **dict.fromkeys(_STRINGS.split(), Type("string")),
    **dict.fromkeys(_BOOLEANS.split(), Type("bool")),
    **dict.fromkeys(_LISTS.split(), Type("array")),
    "build.number": Type("number"),
    **{name: Type("enum", name) for name in ENUM_VALUES},
}
"""The variables and their types. Each may be null."""

_DOCUMENTED = frozenset(
    {
        "BUILDKITE_BRANCH",
        "BUILDKITE_TAG",
        "BUILDKITE_MESSAGE",
        "BUILDKITE_COMMIT",
        "BUILDKITE_PIPELINE_SLUG",
        "BUILDKITE_PIPELINE_NAME",
        "BUILDKITE_PIPELINE_ID",
        "BUILDKITE_ORGANIZATION_SLUG",
        "BUILDKITE_TRIGGERED_FROM_BUILD_ID",
        "BUILDKITE_TRIGGERED_FROM_BUILD_NUMBER",
        "BUILDKITE_TRIGGERED_FROM_BUILD_PIPELINE_SLUG",
        "BUILDKITE_REBUILT_FROM_BUILD_ID",
        "BUILDKITE_REBUILT_FROM_BUILD_NUMBER",
        "BUILDKITE_REPO",
        "BUILDKITE_PULL_REQUEST",
        "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
        "BUILDKITE_PULL_REQUEST_REPO",
        "BUILDKITE_MERGE_QUEUE_BASE_BRANCH",
        "BUILDKITE_MERGE_QUEUE_BASE_COMMIT",
        "BUILDKITE_GITHUB_DEPLOYMENT_ID",
        "BUILDKITE_GITHUB_DEPLOYMENT_TASK",
        "BUILDKITE_GITHUB_DEPLOYMENT_ENVIRONMENT",
        "BUILDKITE_GITHUB_DEPLOYMENT_PAYLOAD",
    }
)
_LITERAL = _DOCUMENTED | {
    "BUILDKITE_TRIGGERED_FROM_BUILD_JOB_ID",
    "BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC",
    "BUILDKITE_GIT_DIFF_BASE",
    "BUILDKITE_GITHUB_ACTION",
    "BUILDKITE_GITHUB_CHECK_RUN_CONCLUSION",
    "BUILDKITE_GITHUB_CHECK_RUN_NAME",
    "BUILDKITE_GITHUB_COMMENT_ID",
    "BUILDKITE_GITHUB_DEPLOYMENT_STATUS_ENVIRONMENT",
    "BUILDKITE_GITHUB_DEPLOYMENT_STATUS_STATE",
    "BUILDKITE_GITHUB_EVENT",
    "BUILDKITE_GITHUB_RELEASE_DRAFT",
    "BUILDKITE_GITHUB_RELEASE_PRERELEASE",
    "BUILDKITE_GITHUB_RELEASE_TAG",
    "BUILDKITE_GITHUB_REVIEW_ID",
    "BUILDKITE_GITHUB_REVIEW_STATE",
}
_COMPUTED = _LITERAL | {"BUILDKITE_PULL_REQUEST_LABELS"}
_RUNTIME_BEGINNINGS = ("BUILDKITE_AGENT_", "BUILDKITE_JOB_", "BUILDKITE_BUILD_", "BUILDKITE_STEP_", "BUILDKITE_PLUGIN")
_RUNTIME = frozenset(
    {
        "BUILDKITE_ARTIFACT_PATHS",
        "BUILDKITE_COMMAND",
        "BUILDKITE_LABEL",
        "BUILDKITE_PARALLEL_JOB",
        "BUILDKITE_PARALLEL_JOB_COUNT",
        "BUILDKITE_RETRY_COUNT",
        "BUILDKITE_TIMEOUT",
    }
)


def takes_step(entry_point: EntryPoint) -> bool:
    """Tell whether the variables `step.*` can be used in a place."""
    return entry_point in ("build_condition_with_step", "step_notification")


def allowed_in_a_literal(name: str) -> bool:
    """Tell whether `env("NAME")` may be written."""
    return not name.startswith("BUILDKITE_") or name in _LITERAL


def allowed_when_computed(name: str) -> bool:
    """Tell whether a computed name may be read, and whether a variable of the build's own reaches conditions."""
    return not name.startswith("BUILDKITE_") or name in _COMPUTED


def only_at_runtime(name: str) -> bool:
    """Tell whether an agent sets the variable, when a job runs."""
    return name in _RUNTIME or name.startswith(_RUNTIME_BEGINNINGS)


def nearest_documented(name: str) -> str | None:
    """Return the documented environment variable that was probably meant."""
    return nearest(name, _DOCUMENTED)
