# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.test_engine`: test engine runs, test engine suites, test engine tests, test engine workflows."""

from __future__ import annotations

import builtins
import datetime
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from buildkite_api.models import (
    ExecutionTagsRequest,
    FailedExecution,
    FlakyTest,
    LabelOperator,
    Run,
    SortOrder,
    Suite,
    Test,
    TestSortKey,
    TestState,
    TestWithMetrics,
    Workflow,
    WorkflowActionRequest,
    WorkflowFilterRequest,
    WorkflowMonitorRequest,
)
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import aware, not_empty, not_null, or_unset
from buildkite_ext.services.checks import check


class AsyncTestEngineWorkflows(AsyncService):
    """Workflows of test suites."""

    async def create(
        self,
        suite: str,
        *,
        monitor: WorkflowMonitorRequest,
        filters: Sequence[WorkflowFilterRequest] | None = None,
        alarm_actions: Sequence[WorkflowActionRequest] | None = None,
        recover_actions: Sequence[WorkflowActionRequest] | None = None,
    ) -> Workflow:
        """Create a workflow.

        Create a workflow of a suite: a monitor that watches the tests, and the actions to run when a test
        alarms or recovers. Only with an API access token: OIDC tokens are refused.

        Args:
            suite: the test suite's slug, as in its URL.
            monitor: the monitor that watches the tests.
            filters: executions to count, by their tags. All of them when left out.
            alarm_actions: what is done when a test alarms.
            recover_actions: what is done when a test recovers.

        https://buildkite.com/docs/apis/rest-api/test-engine/workflows
        """
        check(AsyncTestEngineWorkflows.create, locals())
        from buildkite_api.api.test_engine_workflows import create_workflow
        from buildkite_api.models import CreateWorkflowRequest

        request = CreateWorkflowRequest(
            monitor=monitor,
            filters=or_unset(filters),
            alarm_actions=or_unset(alarm_actions),
            recover_actions=or_unset(recover_actions),
        )
        return await self._requester.call(create_workflow, self._requester.organization, suite, body=request)


class TestEngineWorkflows(Service[AsyncTestEngineWorkflows]):
    """Workflows of test suites."""

    __test__ = False

    create = blocking(AsyncTestEngineWorkflows.create)


class AsyncTestEngineTests(AsyncService):
    """Tests, their labels, their states and the tags of their executions."""

    def list(
        self,
        suite: str,
        *,
        labels: str | Sequence[str] | None = None,
        label: str | None = None,
        branch: str | None = None,
        owners: str | Sequence[str] | None = None,
        state: TestState | str | None = None,
        tags: str | Sequence[str] | None = None,
        sort_by: TestSortKey | str | None = None,
        order: SortOrder | str | None = None,
        period: str | None = None,
        min_timestamp: datetime.datetime | str | None = None,
        max_timestamp: datetime.datetime | str | None = None,
        buildkite_version: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[TestWithMetrics]:
        """List a suite's tests. Scope: read_suites.

        The tests of a suite, a page at a time.

        They come with their metrics over a time range, and without those that were not executed in it: the
        version 2026-08-01 of the API is requested. With an empty `buildkite_version` all tests come, without
        metrics, and `label` is the one filter.

        Args:
            suite: the test suite's slug, as in its URL.
            labels: only tests with these labels, a list or one text with commas; `!` before one for tests
                without it. Not together with `label`.
            label: only tests with this label. The only filter that needs no version. Not together with
                `labels`.
            branch: only count what was executed on this branch; `!` before it for all others, `*` after it for
                a prefix.
            owners: only tests of these owners, slugs in a list or in one text with commas; `!` before one for
                tests of others.
            state: only tests in this state.
            tags: only tests that were executed with these tags, each as `key:value`, in a list or in one text
                with commas; `!` before a value for all others, `*` after it for a prefix. Before a value of the
                tag `result`, `~` finds tests with such an execution, `^` tests with no other.
            sort_by: sort key; by default `duration_avg`.
            order: in which direction: `desc`, when left out.
            period: count the executions of this time, such as `7days` or `28days`; which there are depends on
                the organization. Not together with `min_timestamp` or `max_timestamp`.
            min_timestamp: count executions from this time on; over the organization's default period, when left
                out. Not together with `period`: a datetime with a time zone, or a text of ISO 8601 with one.
            max_timestamp: count executions up to this time; up to now, when left out. Not together with
                `period`: a datetime with a time zone, or a text of ISO 8601 with one.
            buildkite_version: the version of the API that is requested, a date; `2026-08-01` when left out.
                From that one on tests come with metrics and all filters work; with an older one, or with "",
                they do not. Another form is a 400.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/test-engine/tests
        """
        check(AsyncTestEngineTests.list, locals())
        from buildkite_api.api.test_engine_tests import list_tests

        return self._items(
            "test_engine.tests.list",
            list_tests,
            self._requester.organization,
            suite,
            labels=not_empty(labels),
            label=label,
            branch=branch,
            owners=not_empty(owners),
            state=state,
            tags=not_empty(tags),
            sort_by=sort_by,
            order=order,
            period=period,
            min_timestamp=aware("min_timestamp", min_timestamp),
            max_timestamp=aware("max_timestamp", max_timestamp),
            buildkite_version=buildkite_version,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(
        self,
        suite: str,
        test_id: str,
        *,
        period: str | None = None,
        min_timestamp: datetime.datetime | str | None = None,
        max_timestamp: datetime.datetime | str | None = None,
        buildkite_version: str | None = None,
    ) -> TestWithMetrics:
        """Get a test. Scope: read_suites.

        One test by its id, with its metrics over a time range: the version 2026-08-01 of the API is requested.
        Where the test was not executed in that time, the durations and the reliability are null and the counts
        0. With an empty `buildkite_version` it comes without metrics.

        Args:
            suite: the test suite's slug, as in its URL.
            test_id: the test's id.
            period: count the executions of this time, such as `7days` or `28days`; which there are depends on
                the organization. Not together with `min_timestamp` or `max_timestamp`.
            min_timestamp: count executions from this time on; over the organization's default period, when left
                out. Not together with `period`: a datetime with a time zone, or a text of ISO 8601 with one.
            max_timestamp: count executions up to this time; up to now, when left out. Not together with
                `period`: a datetime with a time zone, or a text of ISO 8601 with one.
            buildkite_version: the version of the API that is requested, a date; `2026-08-01` when left out.
                From that one on tests come with metrics and all filters work; with an older one, or with "",
                they do not. Another form is a 400.

        https://buildkite.com/docs/apis/rest-api/test-engine/tests
        """
        check(AsyncTestEngineTests.get, locals())
        from buildkite_api.api.test_engine_tests import get_test

        return await self._requester.call(
            get_test,
            self._requester.organization,
            suite,
            test_id,
            period=period,
            min_timestamp=aware("min_timestamp", min_timestamp),
            max_timestamp=aware("max_timestamp", max_timestamp),
            buildkite_version=buildkite_version,
        )

    async def find(self, suite: str, *, scope: str, name: str) -> Test:
        """Find a test by its scope and name. Scope: read_suites.

        One test by its scope and its name, for those who do not know its id. It only reads, although it is a
        POST.

        Args:
            suite: the test suite's slug, as in its URL.
            scope: group of the test, such as the class that it tests.
            name: its name in that scope.

        https://buildkite.com/docs/apis/rest-api/test-engine/tests
        """
        check(AsyncTestEngineTests.find, locals())
        from buildkite_api.api.test_engine_tests import find_test
        from buildkite_api.models import FindTestRequest

        request = FindTestRequest(scope=scope, name=name)
        return await self._requester.call(find_test, self._requester.organization, suite, body=request)

    async def update_labels(
        self, suite: str, test_id: str, *, operator: LabelOperator | str, labels: Sequence[str]
    ) -> Test:
        """Add or remove a test's labels. Scope: write_suites.

        Add labels to a test, or remove some.

        Args:
            suite: the test suite's slug, as in its URL.
            test_id: the test's id.
            operator: operation: add or remove.
            labels: the labels.

        https://buildkite.com/docs/apis/rest-api/test-engine/tests
        """
        check(AsyncTestEngineTests.update_labels, locals())
        from buildkite_api.api.test_engine_tests import update_test_labels
        from buildkite_api.models import UpdateTestLabelsRequest

        request = UpdateTestLabelsRequest(operator=operator, labels=labels)
        return await self._requester.call(
            update_test_labels, self._requester.organization, suite, test_id, body=request
        )

    def list_of_build(
        self,
        build_id: str,
        *,
        labels: str | Sequence[str] | None = None,
        branch: str | None = None,
        owners: str | Sequence[str] | None = None,
        state: TestState | str | None = None,
        tags: str | Sequence[str] | None = None,
        sort_by: TestSortKey | str | None = None,
        order: SortOrder | str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[TestWithMetrics]:
        """List a build's tests. Scope: read_suites.

        The tests that ran in a build, of every suite that the token can reach, with their metrics in that
        build, a page at a time.

        The counted time begins when the build is created, or later if the organization keeps less. It ends when
        the build finishes, or now, but after 24 hours at most. No version of the API is requested here.

        Args:
            build_id: the build's id, not its number.
            labels: only tests with these labels, a list or one text with commas; `!` before one for tests
                without it.
            branch: only count what was executed on this branch; `!` before it for all others, `*` after it for
                a prefix.
            owners: only tests of these owners, slugs in a list or in one text with commas; `!` before one for
                tests of others.
            state: only tests in this state.
            tags: only tests that were executed with these tags, each as `key:value`, in a list or in one text
                with commas; `!` before a value for all others, `*` after it for a prefix. Before a value of the
                tag `result`, `~` finds tests with such an execution, `^` tests with no other.
            sort_by: sort key; by default `duration_avg`.
            order: in which direction: `desc`, when left out.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/test-engine/build-tests
        """
        check(AsyncTestEngineTests.list_of_build, locals())
        from buildkite_api.api.test_engine_tests import list_build_tests

        return self._items(
            "test_engine.tests.list_of_build",
            list_build_tests,
            self._requester.organization,
            build_id,
            labels=not_empty(labels),
            branch=branch,
            owners=not_empty(owners),
            state=state,
            tags=not_empty(tags),
            sort_by=sort_by,
            order=order,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def skip(self, suite: str, test_id: str) -> Test:
        """Skip a test. Scope: write_suites.

        Let runners skip a test.

        Only on the Pro and Enterprise plans, and where the suite has the management of test states and this
        state switched on.

        Args:
            suite: the test suite's slug, as in its URL.
            test_id: the test's id.

        https://buildkite.com/docs/apis/rest-api/test-engine/quarantine
        """
        check(AsyncTestEngineTests.skip, locals())
        from buildkite_api.api.test_engine_tests import skip_test

        return await self._requester.call(skip_test, self._requester.organization, suite, test_id)

    async def mute(self, suite: str, test_id: str) -> Test:
        """Mute a test. Scope: write_suites.

        Let runners run a test, but pass over its failures.

        Only on the Pro and Enterprise plans, and where the suite has the management of test states and this
        state switched on.

        Args:
            suite: the test suite's slug, as in its URL.
            test_id: the test's id.

        https://buildkite.com/docs/apis/rest-api/test-engine/quarantine
        """
        check(AsyncTestEngineTests.mute, locals())
        from buildkite_api.api.test_engine_tests import mute_test

        return await self._requester.call(mute_test, self._requester.organization, suite, test_id)

    async def enable(self, suite: str, test_id: str) -> Test:
        """Enable a test. Scope: write_suites.

        Let a test that is skipped or muted count again.

        Only on the Pro and Enterprise plans, and where the suite has the management of test states and this
        state switched on.

        Args:
            suite: the test suite's slug, as in its URL.
            test_id: the test's id.

        https://buildkite.com/docs/apis/rest-api/test-engine/quarantine
        """
        check(AsyncTestEngineTests.enable, locals())
        from buildkite_api.api.test_engine_tests import enable_test

        return await self._requester.call(enable_test, self._requester.organization, suite, test_id)

    async def list_muted(self, suite: str) -> builtins.list[Test]:
        """List a suite's muted tests. Scope: read_suites.

        The tests of a suite that are muted, for a runner that passes over their failures. Whether the list is
        paged is not documented.

        Args:
            suite: the test suite's slug, as in its URL.

        https://buildkite.com/docs/apis/rest-api/test-engine/quarantine
        """
        check(AsyncTestEngineTests.list_muted, locals())
        from buildkite_api.api.test_engine_tests import list_muted_tests

        return await self._requester.call(list_muted_tests, self._requester.organization, suite)

    async def list_skipped(self, suite: str) -> builtins.list[Test]:
        """List a suite's skipped tests. Scope: read_suites.

        The tests of a suite that are skipped, for a runner that skips them. It only reads, although it is
        documented as a PUT. Whether the list is paged is not documented.

        Args:
            suite: the test suite's slug, as in its URL.

        https://buildkite.com/docs/apis/rest-api/test-engine/quarantine
        """
        check(AsyncTestEngineTests.list_skipped, locals())
        from buildkite_api.api.test_engine_tests import list_skipped_tests

        return await self._requester.call(list_skipped_tests, self._requester.organization, suite)

    def list_flaky(
        self,
        suite: str,
        *,
        search: str | None = None,
        branch: str | None = None,
        period: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[FlakyTest]:
        """List a suite's flaky tests. Scope: read_suites.

        The tests of a suite that were found to be flaky, a page at a time. Deprecated: `test_engine.tests.list`
        with the label `flaky` replaces it, and shows what Buildkite's pages show.

        Args:
            suite: the test suite's slug, as in its URL.
            search: only tests whose name or scope contains this; with the Ruby collector also whose location
                does.
            branch: only tests that were flaky on this branch.
            period: only tests that were flaky in this time: `1hour`, `4hours`, `1day`, `7days`, `14days` or
                `28days`. 7 days, when left out.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/test-engine/flaky-tests
        """
        check(AsyncTestEngineTests.list_flaky, locals())
        from buildkite_api.api.test_engine_tests import list_flaky_tests

        return self._items(
            "test_engine.tests.list_flaky",
            list_flaky_tests,
            self._requester.organization,
            suite,
            search=search,
            branch=branch,
            period=period,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def update_execution_tags(self, suite: str, *, executions: Sequence[ExecutionTagsRequest]) -> None:
        """Set executions' tags. Scope: write_suites.

        Replace the mutable tags of executions, many at once: by default up to 100,000 executions with up to 10
        tags each.

        It has a limit of its own, by default one request a minute. What the answer's body holds is not
        documented.

        Args:
            suite: the test suite's slug, as in its URL.
            executions: the executions.

        https://buildkite.com/docs/apis/rest-api/test-engine/execution-tags
        """
        check(AsyncTestEngineTests.update_execution_tags, locals())
        from buildkite_api.api.test_engine_tests import update_execution_tags
        from buildkite_api.models import UpdateExecutionTagsRequest

        request = UpdateExecutionTagsRequest(executions=executions)
        return await self._requester.call(update_execution_tags, self._requester.organization, suite, body=request)


class TestEngineTests(Service[AsyncTestEngineTests]):
    """Tests, their labels, their states and the tags of their executions."""

    __test__ = False

    list = blocking(AsyncTestEngineTests.list)
    get = blocking(AsyncTestEngineTests.get)
    find = blocking(AsyncTestEngineTests.find)
    update_labels = blocking(AsyncTestEngineTests.update_labels)
    list_of_build = blocking(AsyncTestEngineTests.list_of_build)
    skip = blocking(AsyncTestEngineTests.skip)
    mute = blocking(AsyncTestEngineTests.mute)
    enable = blocking(AsyncTestEngineTests.enable)
    list_muted = blocking(AsyncTestEngineTests.list_muted)
    list_skipped = blocking(AsyncTestEngineTests.list_skipped)
    list_flaky = blocking(AsyncTestEngineTests.list_flaky)
    update_execution_tags = blocking(AsyncTestEngineTests.update_execution_tags)


class AsyncTestEngineRuns(AsyncService):
    """Runs of test suites, and what failed in them."""

    def list(
        self,
        suite: str,
        *,
        build_id: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Run]:
        """List a suite's runs. Scope: read_suites.

        The runs of a test suite, a page at a time.

        Args:
            suite: the test suite's slug, as in its URL.
            build_id: only runs of the build with this id, which is not its number.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/test-engine/runs
        """
        check(AsyncTestEngineRuns.list, locals())
        from buildkite_api.api.test_engine_runs import list_runs

        return self._items(
            "test_engine.runs.list",
            list_runs,
            self._requester.organization,
            suite,
            build_id=build_id,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, suite: str, run_id: str) -> Run:
        """Get a run. Scope: read_suites.

        One run by its id.

        A run that has `passed` or `failed` may still be `running`, and one that is `finished` runs again when
        more results come. From `passed` it can go on to `failed`, but never back.

        Args:
            suite: the test suite's slug, as in its URL.
            run_id: the run's id.

        https://buildkite.com/docs/apis/rest-api/test-engine/runs
        """
        check(AsyncTestEngineRuns.get, locals())
        from buildkite_api.api.test_engine_runs import get_run

        return await self._requester.call(get_run, self._requester.organization, suite, run_id)

    def failed_executions(
        self,
        suite: str,
        run_id: str,
        *,
        include_failure_expanded: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[FailedExecution]:
        """List a run's failed executions. Scope: read_suites.

        The executions of tests that failed in a run, a page at a time.

        Args:
            suite: the test suite's slug, as in its URL.
            run_id: the run's id.
            include_failure_expanded: add `failure_expanded`. Known from Buildkite's Go client alone.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/test-engine/runs
        """
        check(AsyncTestEngineRuns.failed_executions, locals())
        from buildkite_api.api.test_engine_runs import list_run_failed_executions

        return self._items(
            "test_engine.runs.failed_executions",
            list_run_failed_executions,
            self._requester.organization,
            suite,
            run_id,
            include_failure_expanded=include_failure_expanded,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )


class TestEngineRuns(Service[AsyncTestEngineRuns]):
    """Runs of test suites, and what failed in them."""

    __test__ = False

    list = blocking(AsyncTestEngineRuns.list)
    get = blocking(AsyncTestEngineRuns.get)
    failed_executions = blocking(AsyncTestEngineRuns.failed_executions)


class AsyncTestEngineSuites(AsyncService):
    """Test suites."""

    def list(
        self,
        *,
        show_api_token: bool | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Suite]:
        """List an organization's test suites. Scope: read_suites.

        The test suites of an organization, a page at a time.

        Args:
            show_api_token: add the suites' API tokens. A 403 for those who may not see them.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/test-engine/suites
        """
        check(AsyncTestEngineSuites.list, locals())
        from buildkite_api.api.test_engine_suites import list_suites

        return self._items(
            "test_engine.suites.list",
            list_suites,
            self._requester.organization,
            show_api_token=show_api_token,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, suite: str, *, show_api_token: bool | None = None) -> Suite:
        """Get a test suite. Scope: read_suites.

        One suite by its slug.

        Args:
            suite: the test suite's slug, as in its URL.
            show_api_token: add the suite's API token. A 403 for those who may not see it.

        https://buildkite.com/docs/apis/rest-api/test-engine/suites
        """
        check(AsyncTestEngineSuites.get, locals())
        from buildkite_api.api.test_engine_suites import get_suite

        return await self._requester.call(get_suite, self._requester.organization, suite, show_api_token=show_api_token)

    async def create(
        self,
        *,
        name: str,
        default_branch: str,
        show_api_token: bool | None = None,
        team_ids: Sequence[str] | None = None,
        application_name: str | None = None,
        color: str | None = None,
        emoji: str | None = None,
        oidc_policy: str | Sequence[Mapping[str, Any]] | None = None,
    ) -> Suite:
        """Create a test suite. Scope: write_suites.

        Create a suite. Where the organization uses teams, `team_ids` has to be given.

        Args:
            name: the display name.
            default_branch: the branch whose trends are shown first.
            show_api_token: add the suite's API token to the answer.
            team_ids: the teams that can reach it. Has to be given where the organization uses teams.
            application_name: the application that it tests.
            color: a color as a hex code.
            emoji: an emoji, itself or as `:lemon:`.
            oidc_policy: policy of the OIDC tokens that may act on it, as YAML or as a list of statements. Null
                clears it.

        https://buildkite.com/docs/apis/rest-api/test-engine/suites
        """
        check(AsyncTestEngineSuites.create, locals())
        from buildkite_api.api.test_engine_suites import create_suite
        from buildkite_api.models import CreateSuiteRequest

        request = CreateSuiteRequest(
            name=name,
            default_branch=default_branch,
            show_api_token=or_unset(show_api_token),
            team_ids=or_unset(team_ids),
            application_name=or_unset(application_name),
            color=or_unset(color),
            emoji=or_unset(emoji),
            oidc_policy=or_unset(oidc_policy),
        )
        return await self._requester.call(create_suite, self._requester.organization, body=request)

    async def update(
        self,
        suite: str,
        *,
        name: str | Unset = UNSET,
        default_branch: str | Unset = UNSET,
        application_name: str | Unset = UNSET,
        color: str | Unset = UNSET,
        emoji: str | Unset = UNSET,
        show_api_token: bool | Unset = UNSET,
        oidc_policy: str | Sequence[Mapping[str, Any]] | None | Unset = UNSET,
    ) -> Suite:
        """Update a test suite. Scope: write_suites.

        Change what is given and leave the rest alone.

        Args:
            suite: the test suite's slug, as in its URL.
            name: the display name.
            default_branch: the branch whose trends are shown first.
            application_name: the application that it tests.
            color: a color as a hex code.
            emoji: an emoji, itself or as `:lemon:`.
            show_api_token: add the suite's API token to the answer.
            oidc_policy: policy of the OIDC tokens that may act on it, as YAML or as a list of statements. Null
                clears it.

        https://buildkite.com/docs/apis/rest-api/test-engine/suites
        """
        check(AsyncTestEngineSuites.update, locals())
        from buildkite_api.api.test_engine_suites import update_suite
        from buildkite_api.models import UpdateSuiteRequest

        not_null(
            name=name,
            default_branch=default_branch,
            application_name=application_name,
            color=color,
            emoji=emoji,
            show_api_token=show_api_token,
        )
        request = UpdateSuiteRequest(
            name=name,
            default_branch=default_branch,
            application_name=application_name,
            color=color,
            emoji=emoji,
            show_api_token=show_api_token,
            oidc_policy=oidc_policy,
        )
        return await self._requester.call(update_suite, self._requester.organization, suite, body=request)

    async def delete(self, suite: str) -> None:
        """Delete a test suite. Scope: write_suites.

        Delete a suite.

        Args:
            suite: the test suite's slug, as in its URL.

        https://buildkite.com/docs/apis/rest-api/test-engine/suites
        """
        check(AsyncTestEngineSuites.delete, locals())
        from buildkite_api.api.test_engine_suites import delete_suite

        return await self._requester.call(delete_suite, self._requester.organization, suite)


class TestEngineSuites(Service[AsyncTestEngineSuites]):
    """Test suites."""

    __test__ = False

    list = blocking(AsyncTestEngineSuites.list)
    get = blocking(AsyncTestEngineSuites.get)
    create = blocking(AsyncTestEngineSuites.create)
    update = blocking(AsyncTestEngineSuites.update)
    delete = blocking(AsyncTestEngineSuites.delete)


class AsyncTestEngine(AsyncService):
    """Test engine."""

    @cached_property
    def suites(self) -> AsyncTestEngineSuites:
        """Test suites."""
        return AsyncTestEngineSuites(self._requester)

    @cached_property
    def runs(self) -> AsyncTestEngineRuns:
        """Runs of test suites, and what failed in them."""
        return AsyncTestEngineRuns(self._requester)

    @cached_property
    def tests(self) -> AsyncTestEngineTests:
        """Tests, their labels, their states and the tags of their executions."""
        return AsyncTestEngineTests(self._requester)

    @cached_property
    def workflows(self) -> AsyncTestEngineWorkflows:
        """Workflows of test suites."""
        return AsyncTestEngineWorkflows(self._requester)


class TestEngine(Service[AsyncTestEngine]):
    """Test engine."""

    __test__ = False

    @cached_property
    def suites(self) -> TestEngineSuites:
        """Test suites."""
        return TestEngineSuites(self._shared.suites)

    @cached_property
    def runs(self) -> TestEngineRuns:
        """Runs of test suites, and what failed in them."""
        return TestEngineRuns(self._shared.runs)

    @cached_property
    def tests(self) -> TestEngineTests:
        """Tests, their labels, their states and the tags of their executions."""
        return TestEngineTests(self._shared.tests)

    @cached_property
    def workflows(self) -> TestEngineWorkflows:
        """Workflows of test suites."""
        return TestEngineWorkflows(self._shared.workflows)
