"""What the body of a new build has to hold."""

from __future__ import annotations

from typing import cast

from .api.request import Json, Refused, invalid
from .globs import branch_allowed
from .state.builds import Asked
from .state.pipelines import Pipeline


def asked_of(body: Json) -> Asked:
    """The build that a body asks for.

    Raises:
        Refused: commit or branch is missing, or a field has a type that makes no sense.
    """
    wrong: list[tuple[str, str]] = []

    def text(name: str) -> str:
        value = body.get(name)
        if isinstance(value, str) and value.strip():
            return value
        wrong.append((name, f"{name} can't be blank"))
        return ""

    def mapping(name: str) -> dict[str, str]:
        value = body.get(name)
        if value is None:
            return {}
        if isinstance(value, dict):
            return {str(key): _text(item) for key, item in cast("Json", value).items() if item is not None}
        wrong.append((name, f"{name} must be an object"))
        return {}

    commit, branch = text("commit"), text("branch")
    message = body.get("message")
    if message is not None and not isinstance(message, str):
        wrong.append(("message", "message must be a string"))
    env, meta_data = mapping("env"), mapping("meta_data")
    author = mapping("author") or None
    if wrong:
        raise invalid(*wrong)
    return Asked(
        commit=commit,
        branch=branch,
        message=str(message) if message else f"Build of {branch}",
        env=env,
        meta_data=meta_data,
        author=author,
        pull_request=_pull_request(body),
    )


def refuse_branch(pipeline: Pipeline, asked: Asked, body: Json) -> None:
    """Refuse a branch that the pipeline has switched off.

    Raises:
        Refused: it has, and the body does not say that filters are to be ignored.
    """
    patterns = pipeline.branch_configuration
    if patterns and not body.get("ignore_pipeline_branch_filters") and not branch_allowed(patterns, asked.branch):
        raise Refused(422, f"The pipeline doesn't build the branch {asked.branch}")


def _pull_request(body: Json) -> Json:
    number = body.get("pull_request_id")
    if number is None:
        return {}
    return {
        "id": _text(number),
        "base": body.get("pull_request_base_branch"),
        "repository": body.get("pull_request_repository"),
    }


def _text(value: object) -> str:
    """A value as meta-data and environment variables keep it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
