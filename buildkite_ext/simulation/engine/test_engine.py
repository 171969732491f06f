"""Test Engine: it adds and changes suites, runs and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..state.builds import Build
from ..state.organization import Organization
from ..state.test_engine import Execution, Suite, SuiteRun, SuiteTest
from ..state.users import User
from .administrative_changes import AdministrativeChanges

__all__ = ["SuiteAdministration"]


class SuiteAdministration:
    """Administration of test suites: the only writer of them, their runs and tests.

    Args:
        organization: the organization that it changes.
        changes: receives each change.
    """

    def __init__(self, organization: Organization, changes: AdministrativeChanges) -> None:
        self._organization = organization
        self._changes = changes

    def create(
        self,
        slug: str,
        name: str,
        default_branch: str,
        by: User,
        *,
        application_name: str | None = None,
        color: str | None = None,
        emoji: str | None = None,
        oidc_policy: object = None,
        team_ids: Sequence[str] = (),
    ) -> Suite:
        """Create a suite."""
        ids = self._organization.ids
        suite = Suite(
            ids.uuid(),
            slug,
            name,
            default_branch,
            ids.commit()[:24],
            application_name,
            color,
            emoji,
            oidc_policy,
            tuple(team_ids),
        )
        self._organization.suites[slug] = suite
        self._changes.resource("suite", suite.id, None, name, by)
        return suite

    def update(
        self,
        suite: Suite,
        by: User,
        *,
        name: str | None,
        default_branch: str | None,
        application_name: str | None,
        color: str | None,
        emoji: str | None,
        oidc_policy: object,
    ) -> None:
        """Change a suite. None leaves a text as it is; the policy is always replaced."""
        before = suite.name
        suite.name = name or suite.name
        suite.default_branch = default_branch or suite.default_branch
        suite.application_name = suite.application_name if application_name is None else application_name
        suite.color = suite.color if color is None else color
        suite.emoji = suite.emoji if emoji is None else emoji
        suite.oidc_policy = oidc_policy
        self._changes.resource("suite", suite.id, before, suite.name, by)

    def delete(self, suite: Suite, by: User) -> None:
        """Delete a suite with its tests and runs."""
        del self._organization.suites[suite.slug]
        gone = set(suite.runs)
        for build_id, runs in list(self._organization.runs_of_builds.items()):
            kept = [(owner, run) for owner, run in runs if run.id not in gone]
            if len(kept) < len(runs):
                self._organization.runs_of_builds[build_id] = kept
                self._touch(build_id)
        self._changes.resource("suite", suite.id, suite.name, None, by)

    def add_run(self, suite: Suite, build: Build | None, branch: str, commit: str) -> SuiteRun:
        """Add a run of a suite, in a build or without one."""
        build_id = None if build is None else build.id
        run = SuiteRun(self._organization.ids.uuid(), branch, commit, build_id, self._time(build))
        suite.runs[run.id] = run
        if build is not None:
            self._organization.runs_of_builds.setdefault(build.id, []).append((suite, run))
            build.touch()
        self._changes.resource("run", run.id, None, run.id, None)
        return run

    def finish_run(self, run: SuiteRun) -> None:
        """Finish a run: all its results have come."""
        run.finished = True
        self._changes.resource("run", run.id, run.id, run.id, None)

    def execute(
        self,
        suite: Suite,
        run: SuiteRun,
        name: str,
        result: str,
        *,
        build: Build | None,
        scope: str,
        location: str | None,
        duration: float,
        tags: Mapping[str, str],
        reason: str | None = None,
        details: Sequence[str] = (),
        backtrace: Sequence[str] = (),
    ) -> Execution:
        """Add an execution of a test to a run. A test that is new to the suite is added to it.

        What is added after the end of its build has happened at that end: tests run while their build does.
        """
        test = suite.test(scope, name)
        if test is None:
            test = SuiteTest(self._organization.ids.uuid(), scope, name)
            suite.tests[test.id] = test
            self._changes.resource("test", test.id, None, name, None)
        if location is not None:
            test.location, test.file_name = location, location.rpartition(":")[0] or location
        execution = Execution(
            self._organization.ids.uuid(),
            test,
            run,
            result,
            duration,
            self._time(build),
            reason,
            tuple(details),
            tuple(backtrace),
            tags,
        )
        test.executions.append(execution)
        run.executions.append(execution)
        run.finished = False
        return execution

    def label(self, test: SuiteTest, labels: Sequence[str], by: User, *, add: bool) -> None:
        """Add labels to a test, or remove some."""
        kept = [label for label in test.labels if label not in labels]
        test.labels = (
            [*test.labels, *(each for each in dict.fromkeys(labels) if each not in test.labels)] if add else kept
        )
        self._changes.resource("test", test.id, test.name, test.name, by)

    def set_state(self, test: SuiteTest, state: str, by: User) -> None:
        """Enable, mute or skip a test."""
        test.state = state
        self._changes.resource("test", test.id, test.name, test.name, by)

    def set_tags(self, execution: Execution, tags: Mapping[str, str]) -> None:
        """Replace the mutable tags of an execution, whose names begin with `mut.`."""
        kept = {name: value for name, value in execution.tags.items() if not name.startswith("mut.")}
        execution.tags = {**kept, **tags}

    def _time(self, build: Build | None) -> float:
        now = self._changes.now
        return now if build is None or build.finished_at is None else min(now, build.finished_at)

    def _touch(self, build_id: str) -> None:
        for builds in (self._organization.builds_of(each) for each in self._organization.pipelines.values()):
            build = builds.by_id.get(build_id)
            if build is not None:
                build.touch()
