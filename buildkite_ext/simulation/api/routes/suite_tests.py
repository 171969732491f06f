"""Routes of Test Engine's tests. https://buildkite.com/docs/apis/rest-api/test-engine/tests

The texts of refusals are not documented, apart from that for the version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from ...state.builds import Build
from ...state.test_engine import Suite, SuiteTest
from ..fields import Attributes
from ..handler import Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response, validation_failed
from ..suite_metrics import Metrics, executions_within, filtered, period_of
from ..views.test_engine import flaky_test_view, measured_test_view, suite_test_view
from .suites import suite_of

__all__ = ["HANDLERS"]

_WITH_METRICS = "2026-08-01"
"""Version of the API from which on tests come with metrics."""

_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_DAY = 86_400

_MAX_EXECUTIONS, _MAX_TAGS = 100_000, 10
"""Numbers of executions in a request, and of tags of each, that `update_execution_tags` takes."""


def _list_tests(request: RoutedRequest) -> SimResponse:
    """List the tests of a suite, with metrics where the header `Buildkite-Version` asks for them."""
    suite, query = suite_of(request), request.query
    if not _with_metrics(request):
        label = query.text("label")
        tests = [test for test in suite.tests.values() if label is None or label in test.labels]
        return request.page(tests, lambda test: suite_test_view(test, suite, request.urls))
    begin, end = period_of(query, request.now)
    found = filtered(((test, executions_within(test, begin, end)) for test in suite.tests.values()), query)
    return request.page(found, lambda each: measured_test_view(*each, suite, request.urls))


def _get_test(request: RoutedRequest) -> SimResponse:
    suite, test = _test(request)
    if not _with_metrics(request):
        return json_response(suite_test_view(test, suite, request.urls))
    metrics = Metrics(executions_within(test, *period_of(request.query, request.now)))
    return json_response(measured_test_view(test, metrics, suite, request.urls))


def _find_test(request: RoutedRequest) -> SimResponse:
    suite, given = suite_of(request), Attributes(request.body())
    test = suite.test(given.text("scope") or "", given.required("name"))
    if test is None:
        raise RefusedRequest(404, "No test found")
    return json_response(suite_test_view(test, suite, request.urls))


def _list_build_tests(request: RoutedRequest) -> SimResponse:
    """List the tests of a build, of all suites, with the metrics of the first day after it was created."""
    build = _build(request)
    end = min(build.created_at + _DAY, request.now if build.finished_at is None else build.finished_at)
    suites: dict[str, Suite] = {}
    tests: dict[str, SuiteTest] = {}
    for suite, run in request.organization.runs_of_builds.get(build.id, ()):
        for execution in run.executions:
            suites[execution.test.id], tests[execution.test.id] = suite, execution.test
    counted = (
        (test, [each for each in test.executions if each.run.build_id == build.id and each.created_at <= end])
        for test in tests.values()
    )
    return request.page(
        filtered(counted, request.query),
        lambda each: measured_test_view(*each, suites[each[0].id], request.urls),
    )


def _update_labels(request: RoutedRequest) -> SimResponse:
    suite, test = _test(request)
    given = Attributes(request.body())
    operator, labels = given.choice("operator", ("add", "remove")), given.texts("labels")
    if operator is None or labels is None:
        raise validation_failed("operator and labels must be given")
    request.engine.administration.suites.label(test, labels, request.user, add=operator == "add")
    return json_response(suite_test_view(test, suite, request.urls))


def _set_state(request: RoutedRequest, *, state: str) -> SimResponse:
    """Change the state of a test. Every suite has all states switched on. The sample shows no labels."""
    suite, test = _test(request)
    request.engine.administration.suites.set_state(test, state, request.user)
    return json_response(suite_test_view(test, suite, request.urls, labels=False))


def _list_in_state(request: RoutedRequest, *, state: str) -> SimResponse:
    """List the tests in a state, all at once: whether they come in pages is not documented. The sample shows no labels."""
    suite = suite_of(request)
    return json_response(
        [
            suite_test_view(test, suite, request.urls, labels=False)
            for test in suite.tests.values()
            if test.state == state
        ]
    )


def _list_flaky(request: RoutedRequest) -> SimResponse:
    """List the tests that have both passed and failed in a time. How Buildkite finds them is not documented."""
    suite, query = suite_of(request), request.query
    begin, end = period_of(query, request.now)
    search, branch = (query.text("search") or "").lower(), query.text("branch")
    found = []
    for test in suite.tests.values():
        executions = [each for each in executions_within(test, begin, end) if branch in (None, each.run.branch)]
        failures = [each for each in executions if each.result == "failed"]
        passed = any(each.result == "passed" for each in executions)
        if failures and passed and any(search in text.lower() for text in (test.name, test.scope)):
            found.append((test, failures))
    return request.page(found, lambda each: flaky_test_view(each[0], each[1], suite, request.urls))


def _update_execution_tags(request: RoutedRequest) -> SimResponse:
    """Replace the mutable tags of executions.

    An execution that isn't in the suite is refused, and nothing is changed then. The answer has no body. Its rate limit of
    one request a minute is not simulated.
    """
    suite, given = suite_of(request), Attributes(request.body())
    wanted = given.objects("executions")
    if wanted is None or len(wanted) > _MAX_EXECUTIONS:
        raise validation_failed(f"executions must be a list of at most {_MAX_EXECUTIONS}")
    known = {each.id: each for run in suite.runs.values() for each in run.executions}
    changes = []
    for each in wanted:
        execution, tags = known.get(each.required("id")), each.object("tags")
        if execution is None:
            raise validation_failed(f"execution {each.required('id')} must be in the suite")
        if tags is None or len(tags.body) > _MAX_TAGS or not all(name.startswith("mut.") for name in tags.body):
            raise validation_failed(f"tags must be at most {_MAX_TAGS}, whose names begin with mut.")
        changes.append((execution, {name: tags.text(name) or "" for name in tags.body}))
    for execution, new in changes:
        request.engine.administration.suites.set_tags(execution, new)
    return SimResponse(200, (("Content-Length", "0"),))


def _with_metrics(request: RoutedRequest) -> bool:
    """Return whether the version that a request asks for has metrics. A blank one is the oldest."""
    version = request.request.headers.get("buildkite-version", "").strip()
    if version and not _VERSION.fullmatch(version):
        raise RefusedRequest(400, "Buildkite-Version must be in format YYYY-MM-DD")
    return version >= _WITH_METRICS


def _test(request: RoutedRequest) -> tuple[Suite, SuiteTest]:
    suite = suite_of(request)
    test = suite.tests.get(request.path["test_id"])
    if test is None:
        raise RefusedRequest(404, "No test found")
    return suite, test


def _build(request: RoutedRequest) -> Build:
    for pipeline in request.organization.pipelines.values():
        build = request.organization.builds_of(pipeline).by_id.get(request.path["build_id"].lower())
        if build is not None:
            return build
    raise RefusedRequest(404, "No build found")


HANDLERS: Mapping[str, Handler] = {
    "list_tests": _list_tests,
    "get_test": _get_test,
    "find_test": _find_test,
    "list_build_tests": _list_build_tests,
    "update_test_labels": _update_labels,
    "skip_test": partial(_set_state, state="skipped"),
    "mute_test": partial(_set_state, state="muted"),
    "enable_test": partial(_set_state, state="enabled"),
    "list_muted_tests": partial(_list_in_state, state="muted"),
    "list_skipped_tests": partial(_list_in_state, state="skipped"),
    "list_flaky_tests": _list_flaky,
    "update_execution_tags": _update_execution_tags,
}
