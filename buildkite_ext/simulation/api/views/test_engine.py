"""Views of Test Engine: suites, runs, failed executions and tests."""

from __future__ import annotations

from collections.abc import Iterable

from ....timestamps import format_time
from ...state.test_engine import Execution, Suite, SuiteRun, SuiteTest
from ..request import Json
from ..suite_metrics import Metrics
from .urls import Urls, graphql_id

__all__ = [
    "failed_execution_view",
    "flaky_test_view",
    "measured_test_view",
    "run_view",
    "runs_of_build_view",
    "suite_test_view",
    "suite_view",
]


def suite_view(suite: Suite, organization_id: str, urls: Urls, *, with_token: bool) -> Json:
    """Return a suite, with or without its API token."""
    view: Json = {
        "id": suite.id,
        "graphql_id": graphql_id("Suite", suite.id),
        "organization_id": organization_id,
        "slug": suite.slug,
        "name": suite.name,
        "url": _url(suite, urls),
        "web_url": _web_url(suite, urls),
        "default_branch": suite.default_branch,
        "application_name": suite.application_name,
        "color": suite.color,
        "emoji": suite.emoji,
        "team_ids": list(suite.team_ids),
        "oidc_policy": suite.oidc_policy,
    }
    if with_token:
        view["api_token"] = suite.api_token
    return view


def run_view(run: SuiteRun, suite: Suite, urls: Urls) -> Json:
    """Return a run."""
    return {
        "id": run.id,
        "branch": run.branch,
        "commit_sha": run.commit,
        "state": "finished" if run.finished else "running",
        "result": run.result,
        "url": f"{_url(suite, urls)}/runs/{run.id}",
        "web_url": f"{_web_url(suite, urls)}/runs/{run.id}",
        "build_id": run.build_id,
        "created_at": format_time(run.created_at),
    }


def runs_of_build_view(runs: Iterable[tuple[Suite, SuiteRun]]) -> Json:
    """Return what a build shows of its runs."""
    return {"runs": [{"id": run.id, "suite": {"id": suite.id, "slug": suite.slug}} for suite, run in runs]}


def failed_execution_view(execution: Execution, suite: Suite, urls: Urls, *, expanded: bool) -> Json:
    """Return a failed execution, with or without its failure at length. A run's name is its id, as in the sample."""
    run, test = execution.run, execution.test
    test_url = f"{_web_url(suite, urls)}/tests/{test.id}"
    view: Json = {
        "execution_id": execution.id,
        "run_id": run.id,
        "test_id": test.id,
        "run_name": run.id,
        "commit_sha": run.commit,
        "created_at": format_time(execution.created_at),
        "branch": run.branch,
        "failure_reason": execution.reason,
        "duration": execution.duration,
        "location": test.location,
        "test_name": f"{test.scope} {test.name}".strip(),
        "run_url": f"{_web_url(suite, urls)}/runs/{run.id}",
        "test_url": test_url,
        "test_execution_url": f"{test_url}?execution_id={execution.id}",
        "tags": dict(execution.tags),
    }
    if expanded:
        view["failure_expanded"] = [{"backtrace": list(execution.backtrace), "expanded": list(execution.details)}]
    return view


def suite_test_view(test: SuiteTest, suite: Suite, urls: Urls, *, labels: bool = True) -> Json:
    """Return a test without metrics, with or without its labels."""
    view: Json = {
        "id": test.id,
        "url": f"{_url(suite, urls)}/tests/{test.id}",
        "web_url": f"{_web_url(suite, urls)}/tests/{test.id}",
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
    }
    if labels:
        view["labels"] = list(test.labels)
    return view


def measured_test_view(test: SuiteTest, metrics: Metrics, suite: Suite, urls: Urls) -> Json:
    """Return a test with its metrics."""
    return {
        **suite_test_view(test, suite, urls),
        "reliability": metrics.reliability,
        "duration_avg": metrics.duration_avg,
        "duration_sum": metrics.duration_sum,
        "duration_min": metrics.duration_min,
        "duration_max": metrics.duration_max,
        "executions_count": len(metrics.executions),
        "executions_count_by_result": metrics.counts,
    }


def flaky_test_view(test: SuiteTest, failures: list[Execution], suite: Suite, urls: Urls) -> Json:
    """Return a flaky test. Each of its failures is an instance."""
    latest = format_time(failures[-1].created_at)
    return {
        "id": test.id,
        "web_url": f"{_web_url(suite, urls)}/tests/{test.id}",
        "scope": test.scope,
        "name": test.name,
        "location": test.location,
        "file_name": test.file_name,
        "instances": len(failures),
        "latest_occurrence_at": latest,
        "most_recent_instance_at": latest,
        "last_resolved_at": None,
        "ownership_team_ids": list(suite.team_ids),
    }


def _url(suite: Suite, urls: Urls) -> str:
    return f"{urls.api}/v2/analytics/organizations/{urls.organization}/suites/{suite.slug}"


def _web_url(suite: Suite, urls: Urls) -> str:
    return f"{urls.web}/organizations/{urls.organization}/analytics/suites/{suite.slug}"
