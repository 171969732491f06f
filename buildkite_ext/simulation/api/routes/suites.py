"""Routes of Test Engine's suites and runs. https://buildkite.com/docs/apis/rest-api/test-engine/suites

The texts of refusals are not documented.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.ids import slug_of
from ...state.test_engine import Suite, SuiteRun
from ..fields import Attributes
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response, validation_failed
from ..views.test_engine import failed_execution_view, run_view, suite_view

__all__ = ["HANDLERS", "suite_of"]


def _list_suites(request: RoutedRequest) -> SimResponse:
    shown = request.query.flag("show_api_token")
    return request.page(list(request.organization.suites.values()), lambda each: _view(request, each, shown))


def _get_suite(request: RoutedRequest) -> SimResponse:
    return json_response(_view(request, suite_of(request), request.query.flag("show_api_token")))


def _create_suite(request: RoutedRequest) -> SimResponse:
    """Create a suite. Any policy is taken."""
    given = Attributes(request.body())
    name, branch = given.required("name"), given.required("default_branch")
    slug = slug_of(name)
    if not slug or slug in request.organization.suites:
        raise validation_failed("Name has already been taken" if slug else "Name must have letters or digits")
    shown = given.flag("show_api_token") or False
    suite = request.engine.administration.suites.create(
        slug,
        name,
        branch,
        request.user,
        application_name=given.text("application_name"),
        color=given.text("color"),
        emoji=given.text("emoji"),
        oidc_policy=given.body.get("oidc_policy"),
        team_ids=given.texts("team_ids") or (),
    )
    return json_response(_view(request, suite, shown), status=201)


def _update_suite(request: RoutedRequest) -> SimResponse:
    """Change a suite. Its slug stays."""
    suite, given = suite_of(request), Attributes(request.body())
    shown = given.flag("show_api_token") or False
    request.engine.administration.suites.update(
        suite,
        request.user,
        name=given.text("name", blank=False),
        default_branch=given.text("default_branch", blank=False),
        application_name=given.text("application_name"),
        color=given.text("color"),
        emoji=given.text("emoji"),
        oidc_policy=given.body.get("oidc_policy", suite.oidc_policy),
    )
    return json_response(_view(request, suite, shown))


def _delete_suite(request: RoutedRequest) -> SimResponse:
    request.engine.administration.suites.delete(suite_of(request), request.user)
    return NO_CONTENT


def _list_runs(request: RoutedRequest) -> SimResponse:
    """List the runs of a suite, newest first. Their order is not documented."""
    suite, build_id = suite_of(request), request.query.text("build_id")
    runs = [run for run in suite.runs.values() if build_id in (None, run.build_id)]
    return request.page(runs[::-1], lambda run: run_view(run, suite, request.urls))


def _get_run(request: RoutedRequest) -> SimResponse:
    suite, run = _run(request)
    return json_response(run_view(run, suite, request.urls))


def _list_failed_executions(request: RoutedRequest) -> SimResponse:
    suite, run = _run(request)
    expanded = request.query.flag("include_failure_expanded")
    failed = [execution for execution in run.executions if execution.result == "failed"]
    return request.page(failed, lambda each: failed_execution_view(each, suite, request.urls, expanded=expanded))


def suite_of(request: RoutedRequest) -> Suite:
    """Return the suite that the path names.

    Raises:
        RefusedRequest: there is none.
    """
    suite = request.organization.suites.get(request.path["suite_slug"])
    if suite is None:
        raise RefusedRequest(404, "No suite found")
    return suite


def _run(request: RoutedRequest) -> tuple[Suite, SuiteRun]:
    suite = suite_of(request)
    run = suite.runs.get(request.path["run_id"])
    if run is None:
        raise RefusedRequest(404, "No run found")
    return suite, run


def _view(request: RoutedRequest, suite: Suite, with_token: bool) -> dict[str, object]:
    return suite_view(suite, request.organization.id, request.urls, with_token=with_token)


HANDLERS: Mapping[str, Handler] = {
    "list_suites": _list_suites,
    "get_suite": _get_suite,
    "create_suite": _create_suite,
    "update_suite": _update_suite,
    "delete_suite": _delete_suite,
    "list_runs": _list_runs,
    "get_run": _get_run,
    "list_run_failed_executions": _list_failed_executions,
}
