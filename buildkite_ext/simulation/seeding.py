"""Seeding: what a test puts into an organization beside pipelines, where Buildkite's API only reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from ..clock import EpochClock
from ..unknown_keywords import checks_keywords
from .definition.checks import (
    check_name,
    check_names,
    check_number,
    check_optional_texts,
    check_whole,
    text_map,
    texts_of,
)
from .deliveries.lock import StateLock
from .engine.administration import Administration
from .engine.engine import Engine
from .state.builds import Build
from .state.integrations import Repository
from .state.organization import Organization
from .state.registries import Registry
from .state.test_engine import Suite, SuiteRun
from .state.users import User

__all__ = ["ResourceSeeding", "SimulatedRegistry", "SimulatedRun", "SimulatedSuite"]

_Access = Callable[[], AbstractContextManager[Administration]]
"""Opens the administration for changes at the clock's time."""

_HOSTS = {
    "github_app": "https://github.com",
    "github_code_access_app": "https://github.com",
    "github_restricted_app": "https://github.com",
    "github_enterprise_app": "https://github.example.com",
    "github_enterprise": "https://github.example.com",
    "bitbucket_server": "https://bitbucket.example.com",
    "gitlab_self_managed": "https://gitlab.example.com",
    "cursor_origin_app": "https://origin.example.com",
}
"""Kinds of repository connections, each with its host here."""


class ResourceSeeding:
    """Seeding of an organization with objects that other systems create: test runs, packages, volumes, connections.

    Attributes:
        state: the users, pipelines, builds, clusters and agents. Only the simulator changes it.
        clock: the clock.
    """

    state: Organization
    clock: EpochClock
    _engine: Engine
    _user: User
    _lock: StateLock

    @checks_keywords
    def suite(self, slug: str, *, name: str | None = None, default_branch: str = "main") -> SimulatedSuite:
        """Return the Test Engine suite of a slug, and create it if it is new. Tests report their runs to it.

        Args:
            slug: the slug.
            name: the name; the slug by default.
            default_branch: the default branch.

        Raises:
            TypeError: an argument isn't a text.
            ValueError: one is empty.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> build = simulator.pipeline("web").job("test", exit_status=1).build()
            >>> run = simulator.suite("rspec").run(build)
            >>> _ = run.passed("is valid", scope="User").failed("has an email", scope="User", reason="it is nil").finish()
            >>> simulator.clock.sleep(60)
            >>> with simulator.client() as buildkite:
            ...     print(buildkite.test_engine.runs.list("rspec").first().result)
            failed
        """
        check_names(slug=slug, default_branch=default_branch)
        check_optional_texts(name=name)
        with self._administration() as administration:
            suite = self.state.suites.get(slug)
            if suite is None:
                suite = administration.suites.create(slug, name or slug, default_branch, self._user)
            return SimulatedSuite(suite, self._administration)

    @checks_keywords
    def registry(self, slug: str, *, ecosystem: str = "python", name: str | None = None) -> SimulatedRegistry:
        """Return the package registry of a slug, and create it if it is new.

        Args:
            slug: the slug.
            ecosystem: the kind of its packages.
            name: the name; the slug by default.

        Raises:
            TypeError: an argument isn't a text.
            ValueError: one is empty.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> _ = simulator.registry("wheels").package("banana", version="1.0.0")
            >>> with simulator.client() as buildkite:
            ...     [package.name for package in buildkite.packages.list("wheels")]
            ['banana']
        """
        check_names(slug=slug, ecosystem=ecosystem)
        check_optional_texts(name=name)
        with self._administration() as administration:
            registry = self.state.registries.get(slug)
            if registry is None:
                registry = administration.registries.create(slug, name or slug, ecosystem, self._user)
            return SimulatedRegistry(registry, self._administration, self._user)

    @checks_keywords
    def cache_volume(self, tag: str, *, size_mb: int = 20_480, cluster: str | None = None) -> None:
        """Add a cache volume that a hosted agent has just detached.

        Lists show it where the cluster has a queue of hosted agents.

        Args:
            tag: the tag, such as `"web/node-modules"`. An earlier volume of the tag is replaced.
            size_mb: its size in megabytes.
            cluster: the name of the cluster; the first one by default.

        Raises:
            TypeError: an argument has another type.
            ValueError: there is no such cluster, the tag is empty, or the size is negative.
        """
        check_names(tag=tag)
        check_whole("size_mb", size_mb)
        with self._administration() as administration:
            clusters = {each.name: each for each in self.state.clusters}
            if cluster is None:
                chosen = self.state.clusters[0]
            else:
                check_name("cluster", cluster, clusters, "cluster", listed="The organization")
                chosen = clusters[cluster]
            administration.clusters.add_cache_volume(chosen, tag, size_mb)

    @checks_keywords
    def repository_connection(self, name: str, *, kind: str = "github_app", repositories: Iterable[str] = ()) -> None:
        """Add a connection to a source code host.

        Args:
            name: the display name, such as `"GitHub (acme)"`.
            kind: the kind of the host, such as `"gitlab_self_managed"`.
            repositories: the full names of the repositories that it reaches, such as `["acme/web"]`.

        Raises:
            TypeError: an argument has another type.
            ValueError: there is no such kind, or the name is empty.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> Simulator().repository_connection("GitHub (acme)", repositories=["acme/web"])
        """
        check_names(name=name)
        check_name("kind", kind, _HOSTS, "kind of connection", listed="The reference of `RepositoryConnectionType`")
        names = texts_of("repositories", repositories, give="a list of full names, such as ['acme/web']")
        with self._administration() as administration:
            administration.integrations.add_connection(
                name, kind, self.state.slug, _HOSTS[kind], [Repository(each) for each in names]
            )

    @contextmanager
    def _administration(self) -> Iterator[Administration]:
        """Return the administration for changes at the clock's time, in a `with` block."""
        with self._lock, self._engine.at(self.clock.time()):
            yield self._engine.administration


class SimulatedSuite:
    """Test Engine suite of the simulator.

    Attributes:
        state: its tests and runs. Only the simulator changes it.
    """

    state: Suite

    def __init__(self, state: Suite, administration: _Access) -> None:
        self.state = state
        self._administration = administration

    @checks_keywords
    def run(self, build: Build | None = None, *, branch: str | None = None, commit: str | None = None) -> SimulatedRun:
        """Add a run of the suite.

        Args:
            build: the build that runs the tests, such as `web.build()` or `web.builds[-1]`; None for none.
            branch: the branch; that of the build by default.
            commit: the commit; that of the build by default.
        """
        check_optional_texts(branch=branch, commit=commit)
        with self._administration() as administration:
            run = administration.suites.add_run(
                self.state,
                build,
                branch or (self.state.default_branch if build is None else build.branch),
                commit or ("HEAD" if build is None else build.commit),
            )
            return SimulatedRun(run, self.state, build, self._administration)


class SimulatedRun:
    """Run of a suite in the simulator. Its methods return it, so that calls can be chained.

    Attributes:
        state: its executions, and its result. Only the simulator changes it.
    """

    state: SuiteRun

    def __init__(self, state: SuiteRun, suite: Suite, build: Build | None, administration: _Access) -> None:
        self.state = state
        self._suite = suite
        self._build = build
        self._administration = administration

    @checks_keywords
    def passed(
        self,
        name: str,
        *,
        scope: str = "",
        location: str | None = None,
        duration: float = 0.1,
        tags: Mapping[str, str] | None = None,
    ) -> SimulatedRun:
        """Add a test that passed.

        Args:
            name: the name of the test. Tests of a suite with the same scope and name are the same test.
            scope: the group of the test, such as a class.
            location: where it stands, such as `"./spec/user_spec.rb:42"`.
            duration: its duration in seconds.
            tags: the tags of the execution.
        """
        return self._execute(name, "passed", scope=scope, location=location, duration=duration, tags=tags)

    @checks_keywords
    def skipped(self, name: str, *, scope: str = "", location: str | None = None) -> SimulatedRun:
        """Add a test that was skipped. The arguments are those of `passed`."""
        return self._execute(name, "skipped", scope=scope, location=location, duration=0.0, tags=None)

    @checks_keywords
    def failed(
        self,
        name: str,
        *,
        reason: str = "it didn't work",
        scope: str = "",
        location: str | None = None,
        duration: float = 0.1,
        tags: Mapping[str, str] | None = None,
        details: Sequence[str] = (),
        backtrace: Sequence[str] = (),
    ) -> SimulatedRun:
        """Add a test that failed.

        Args:
            name, scope, location, duration, tags: as for `passed`.
            reason: why it failed, in a line.
            details: why it failed, line by line.
            backtrace: the backtrace, line by line.
        """
        check_names(reason=reason)
        return self._execute(
            name,
            "failed",
            scope=scope,
            location=location,
            duration=duration,
            tags=tags,
            reason=reason,
            details=texts_of("details", details, give="a list of lines"),
            backtrace=texts_of("backtrace", backtrace, give="a list of lines"),
        )

    def finish(self) -> SimulatedRun:
        """Finish the run: all its results have come. A further result lets it run again."""
        with self._administration() as administration:
            administration.suites.finish_run(self.state)
        return self

    def _execute(
        self,
        name: str,
        result: str,
        *,
        scope: str,
        location: str | None,
        duration: float,
        tags: Mapping[str, str] | None,
        reason: str | None = None,
        details: Sequence[str] = (),
        backtrace: Sequence[str] = (),
    ) -> SimulatedRun:
        check_names(name=name)
        check_optional_texts(scope=scope, location=location)
        check_number("duration", duration)
        given = text_map("tags", tags)
        with self._administration() as administration:
            administration.suites.execute(
                self._suite,
                self.state,
                name,
                result,
                build=self._build,
                scope=scope,
                location=location,
                duration=float(duration),
                tags=given,
                reason=reason,
                details=details,
                backtrace=backtrace,
            )
        return self


class SimulatedRegistry:
    """Package registry of the simulator.

    Attributes:
        state: its packages and tokens. Only the simulator changes it.
    """

    state: Registry

    def __init__(self, state: Registry, administration: _Access, user: User) -> None:
        self.state = state
        self._administration = administration
        self._user = user

    @checks_keywords
    def package(self, name: str, *, version: str | None = None, data: bytes = b"") -> SimulatedRegistry:
        """Publish a package, and return the registry, so that calls can be chained.

        Args:
            name: the name.
            version: the version.
            data: the bytes of its file, of which the digests are kept.
        """
        check_names(name=name)
        check_optional_texts(version=version)
        with self._administration() as administration:
            administration.registries.publish(self.state, name, version, data, self._user)
        return self
