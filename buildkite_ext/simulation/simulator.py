"""Simulated organization: its state, its clock and its API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import finalize, ref

from buildkite_api.types import kind_of

from ..clock import EpochClock, VirtualClock
from ..timestamps import to_millisecond
from ..unknown_keywords import checks_keywords
from ..unknown_names import missing_or_raised
from .admin import AdminRoute
from .api.app import RestApi, Route, route
from .api.handler import AnswerOptions
from .api.lists import ListBehaviour
from .api.request import ConnectionDropped, SimRequest, SimResponse
from .api.views.builds import BuildWriter
from .api.views.urls import Urls
from .api.views.users import organization_view
from .artifact_storage import ArtifactStorage
from .asgi import App, Pause, application
from .assertions import RequestAssertions
from .behaviour.timing import Timing
from .builder import SimulatedPipeline
from .definition.checks import (
    check_flags,
    check_names,
    check_number,
    check_optional_texts,
    check_slug,
    check_text,
    check_token,
    check_whole,
    configuration_errors,
    text_map,
    texts_of,
)
from .deliveries.bodies import EventBodies
from .deliveries.endpoints import (
    BlockingReceiver,
    Receive,
    WebhookEndpoint,
    WebhookEndpoints,
    checked_plan,
    checked_receiver,
)
from .deliveries.lock import StateLock
from .deliveries.plan import Deliveries
from .deliveries.sender import Pulse
from .deliveries.services import ServiceWebhooks
from .engine.agent_pool import AgentPool, HistoryAgentPool
from .engine.changes import Changes, Listener
from .engine.engine import Engine
from .engine.scheduler import Scheduler
from .faults import Fault, Faults, check_status
from .faulty_answers import faulty_answer, given_answer, lists_of
from .hosts import AllowedHosts
from .recording import RecordedRequest, record
from .seeding import ResourceSeeding
from .state.clusters import Agent, Queue
from .state.ids import Ids
from .state.integrations import NotificationService
from .state.organization import Organization
from .state.pipelines import Pipeline
from .state.retention import Retention
from .state.settings import PipelineSettings
from .state.users import DEFAULT_RATE_LIMIT, RateLimit, known_scopes

__all__ = ["SimulatedOrganization"]

_DAY = 86_400.0

_OTHER_WORDS: Mapping[str, str | tuple[str, ...]] = {
    **dict.fromkeys(("advance", "tick", "pass_time", "move", "forward"), "simulator.clock.advance(seconds)"),
    "sleep": "simulator.clock.sleep(seconds)",
    **dict.fromkeys(("now", "time"), "simulator.clock.time()"),
    **dict.fromkeys(("url", "api_url"), "base_url"),
    **dict.fromkeys(("calls", "history", "recorded"), "requests"),
    **dict.fromkeys(("assert_called", "assert_requested", "assert_called_with"), "assert_asked"),
    **dict.fromkeys(("activate", "start", "patch"), "simulator.connected()"),
    **dict.fromkeys(("add_pipeline", "create_pipeline"), "pipeline"),
    **dict.fromkeys(("fail", "error_next"), "fail_next"),
    **dict.fromkeys(("builds", "job", "jobs"), 'simulator.pipeline("web"), which has them'),
}
"""Words that users look for, and what each is called here."""


class SimulatedOrganization(ResourceSeeding, RequestAssertions):
    """Organization in memory that answers the REST API. `Simulator` explains the arguments.

    Attributes:
        organization: the slug.
        token: the token that requests carry.
        clock: the clock.
        state: the users, pipelines, builds, clusters and agents. Only the simulator changes it.
        faults: what goes wrong with requests. `fail_next`, `answer_next` and `drop_next` add to them.
    """

    organization: str
    token: str
    clock: EpochClock
    faults: Faults

    @checks_keywords
    def __init__(
        self,
        organization: str = "acme",
        *,
        name: str | None = None,
        token: str = "bkua_simulator",  # noqa: S107 - it opens nothing but this
        scopes: Iterable[str] | None = None,
        user: str = "Ada Byron",
        clock: EpochClock | None = None,
        seed: int = 0,
        base_url: str = "https://api.buildkite.test",
        artifacts_url: str = "https://artifacts.buildkite.test",
        timing: Timing | None = None,
        agents: int | None = None,
        rate_limit: int = DEFAULT_RATE_LIMIT,
        user_rate_limit: int = DEFAULT_RATE_LIMIT,
        deep_listing_after: int = 10_000,
        link_last: bool = True,
        lists: ListBehaviour | None = None,
        without_finished_at: Iterable[str] = (),
        log_timestamps: bool = True,
        retain: int | None = None,
    ) -> None:
        self.clock = _checked_clock(VirtualClock() if clock is None else clock)
        if timing is not None and not isinstance(timing, Timing):
            raise TypeError(f"timing is {kind_of(timing)}: give a Timing, such as Timing(pickup=0)")
        if lists is not None and not isinstance(lists, ListBehaviour):
            raise TypeError(f"lists is {kind_of(lists)}: give a ListBehaviour, such as ListBehaviour(lag=12)")
        check_flags(link_last=link_last, log_timestamps=log_timestamps)
        untimed = _checked_untimed(without_finished_at)
        check_optional_texts(name=name)
        check_whole("seed", seed, least=None)
        with configuration_errors():
            check_slug("organization", organization)
            check_token(token)
            check_names(user=user)
            allowed = known_scopes(scopes)
            check_whole("agents", agents, optional=True)
            check_whole("rate_limit", rate_limit)
            check_whole("user_rate_limit", user_rate_limit)
            check_whole("deep_listing_after", deep_listing_after)
            check_whole("retain", retain, least=1, optional=True)
            _check_root("base_url", base_url)
            _check_root("artifacts_url", artifacts_url)
        self.organization = organization
        self.token = token
        self._lock = StateLock()
        now = self.clock.time()
        self._created_at = created_at = to_millisecond(now - 365 * _DAY)
        self.state = state = Organization(
            organization,
            name or organization,
            created_at,
            Ids(seed),
            RateLimit("rest", rate_limit),
            user_rate_limit,
            without_finished_at=untimed,
            retention=Retention(retain),
        )
        self._user = state.add_user(user)
        state.add_token(token, self._user, allowed, "Simulated", created_at)
        cluster = state.add_cluster("Default cluster", self._user, created_at)
        state.pipeline_settings = PipelineSettings(default_cluster_id=cluster.id)
        queue = state.add_queue(cluster, "default", self._user, created_at)
        for number in range(1, (3 if agents is None else agents) + 1):
            state.add_agent(f"agent-{number}", queue, created_at)
        state.add_maintainer(cluster, "user", self._user.id)
        self._engine, self._past = self._engines(
            timing or Timing(), now, fixed=agents is not None, stamps=log_timestamps
        )
        self._artifact_storage = ArtifactStorage(state, seed)
        self._lists = lists or ListBehaviour()
        self._api = RestApi(
            self._engine,
            AnswerOptions(deep_listing_after, link_last, self._artifact_storage.download_url, self._lists),
            Ids(seed, "requests"),
        )
        self.faults = Faults(self._lock)
        self._requests: list[RecordedRequest] = []
        self._pipelines: dict[str, SimulatedPipeline] = {}
        self.move_to(base_url, artifacts_url)
        self._endpoints = WebhookEndpoints(
            EventBodies(state, lambda: self._api.writer.urls),
            now=self.clock.time,
            organization_view=lambda: organization_view(state, self._api.writer.urls),
            new_id=Ids(seed, "webhooks").uuid,
        )
        self._services = ServiceWebhooks(state, self._endpoints)
        self._engine.administration.integrations.on_service = self._service_changed
        if isinstance(self.clock, VirtualClock):  # builds and jobs that a test holds are as they are at this time
            reference = ref(self)
            finalize(self, self.clock.on_advance(lambda: _caught_up(reference()))).atexit = False

    def _engines(
        self, timing: Timing, now: float, *, fixed: bool, stamps: bool
    ) -> tuple[Engine, Callable[[Scheduler], Engine]]:
        """Return the engine, and a function that makes an engine for builds of the past."""
        state, changes = self.state, Changes()
        past = self._past_changes = Changes()

        def connect(queue: Queue, tags: Sequence[str]) -> Agent:
            return engine.agents.connect(f"agent-{len(state.agents) + 1}", queue, tags)

        pool = AgentPool(state.agents, None if fixed else connect)
        engine = Engine(state, Scheduler(now), pool, timing, changes, timestamps=stamps)
        history_pool = HistoryAgentPool(None if fixed else connect)

        def of_the_past(scheduler: Scheduler) -> Engine:
            past_engine = Engine(state, scheduler, history_pool, timing, past, timestamps=stamps)
            past_engine.let_jobs_wait()
            return past_engine

        return engine, of_the_past

    # Organization ---------------------------------------------------------------------------------------------------

    @checks_keywords
    def pipeline(
        self,
        slug: str,
        *,
        name: str | None = None,
        repository: str | None = None,
        default_branch: str = "main",
        description: str | None = None,
        allow_rebuilds: bool = True,
        branch_configuration: str | None = None,
        skip_queued_branch_builds: bool = False,
        skip_queued_branch_builds_filter: str | None = None,
        cancel_running_branch_builds: bool = False,
        cancel_running_branch_builds_filter: str | None = None,
        default_timeout: float | None = None,
        maximum_timeout: float | None = None,
        env: Mapping[str, str] | None = None,
    ) -> SimulatedPipeline:
        """Return the pipeline of a slug, and create it if it is new. The options apply when it is created.

        A pipeline that a request has created is returned too, so that a test can say what happens in its jobs.

        Args:
            slug: the slug.
            name: the name; the slug by default.
            repository: the URL of the repository.
            default_branch: the branch of builds that name none.
            description: the description.
            allow_rebuilds: whether its builds can be rebuilt.
            branch_configuration: the branches that it builds, such as `"main release/*"`; others are refused with 422.
            skip_queued_branch_builds: whether a new build skips the builds of its branch that have not started.
            skip_queued_branch_builds_filter: the branches for which it does, as patterns; None for all.
            cancel_running_branch_builds: whether a build that starts cancels the older ones of its branch that run or are
                blocked.
            cancel_running_branch_builds_filter: the branches for which it does, as patterns; None for all.
            default_timeout: seconds after which a job is timed out whose step has no timeout of its own.
            maximum_timeout: seconds after which any job is timed out.
            env: environment variables of its jobs.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: the slug or the default branch is empty.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> web = Simulator().pipeline("web").job("lint").job("test").block("Ship it?").job("deploy")
        """
        check_names(slug=slug, default_branch=default_branch)
        check_optional_texts(name=name, repository=repository, description=description)
        if branch_configuration is not None:
            check_text("branch_configuration", branch_configuration, give="one text, such as 'main release/*'")
        check_flags(
            allow_rebuilds=allow_rebuilds,
            skip_queued_branch_builds=skip_queued_branch_builds,
            cancel_running_branch_builds=cancel_running_branch_builds,
        )
        check_optional_texts(
            skip_queued_branch_builds_filter=skip_queued_branch_builds_filter,
            cancel_running_branch_builds_filter=cancel_running_branch_builds_filter,
        )
        check_number("default_timeout", default_timeout, optional=True)
        check_number("maximum_timeout", maximum_timeout, optional=True)
        variables = text_map("env", env)
        with self._lock, self._engine.at(self.clock.time()):
            existing = self.state.pipelines.get(slug)
            if existing is not None:
                return self._builder(existing)
            state = Pipeline(
                id=self.state.ids.uuid(),
                slug=slug,
                name=name or slug,
                description=description,
                repository=repository or f"git@github.com:{self.organization}/{slug}.git",
                default_branch=default_branch,
                cluster_id=self.state.clusters[0].id,
                created_at=self._created_at,
                created_by=self._user,
                allow_rebuilds=allow_rebuilds,
                branch_configuration=branch_configuration,
                skip_queued_branch_builds=skip_queued_branch_builds,
                cancel_running_branch_builds=cancel_running_branch_builds,
                skip_queued_branch_builds_filter=skip_queued_branch_builds_filter,
                cancel_running_branch_builds_filter=cancel_running_branch_builds_filter,
                default_timeout=default_timeout,
                maximum_timeout=maximum_timeout,
                env=variables,
            )
            self._engine.administration.add_pipeline(state)
            return self._builder(state)

    def _builder(self, state: Pipeline) -> SimulatedPipeline:
        """Return the one builder of a pipeline."""
        made = self._pipelines.get(state.id)
        if made is None:
            made = self._pipelines[state.id] = SimulatedPipeline(
                state, engine=self._engine, past=self._past, user=self._user, lock=self._lock, now=self.clock.time
            )
        return made

    @checks_keywords
    def agent(self, name: str, *, queue: str = "default", tags: Sequence[str] = ()) -> Agent:
        """Connect another agent.

        Args:
            name: the name.
            queue: the key of its queue, which is created if it is new.
            tags: further tags, such as `["os=linux", "gpu=a100"]`. Jobs whose steps ask for them go to such agents alone.

        Raises:
            TypeError: an argument isn't a text.
            ValueError: one is empty.
        """
        check_names(name=name, queue=queue)
        given = texts_of("tags", tags, give="a list of tags, such as ['gpu=a100']")
        with self._lock, self._engine.at(self.clock.time()):
            agent = self._engine.agents.connect(name, self.queue(queue), given)
            self._engine.dispatch()
            return agent

    def queue(self, key: str) -> Queue:
        """Return the queue of a key in the default cluster, and create it if it is new.

        Raises:
            TypeError: the key isn't a text.
            ValueError: it is empty.
        """
        check_names(key=key)
        with self._lock, self._engine.at(self.clock.time()):
            return self._engine.administration.clusters.add_queue(self.state.clusters[0], key, self._user)

    @checks_keywords
    def add_token(
        self,
        token: str,
        *,
        scopes: Iterable[str] | None = None,
        user: str | None = None,
        expires_in: float | None = None,
    ) -> None:
        """Add a token.

        Args:
            token: the value.
            scopes: the scopes; all by default.
            user: the name of its user, who is created if new, as a member who doesn't administrate the organization; the
                first user by default. Each user has a rate limit.
            expires_in: the seconds after which it expires; never by default.

        Raises:
            TypeError: an argument has another type, such as `scopes` that are a single string. The message names it.
            ValueError: Buildkite has no such scope, the token or the user is empty, the token has a character that no header can
                carry, or `expires_in` is negative.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> Simulator().add_token("bkua_reader", scopes={"read_builds"}, user="Grace Hopper")
        """
        check_token(token)
        allowed = known_scopes(scopes)
        if user is not None:
            check_names(user=user)
        check_number("expires_in", expires_in, optional=True)
        with self._lock:
            owner = self._user if user is None else self.state.add_user(user)
            now = self.clock.time()
            added = self.state.add_token(token, owner, allowed, "Simulated", now)
            added.expires_at = None if expires_in is None else now + expires_in

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Call a function with an event for each change of what the simulator holds.

        These are builds, jobs, agents, artifacts, annotations, pipelines, clusters and queues, and what else users
        administrate, such as schedules and teams.

        The events come in the order of the changes, at the simulator's time, when the action that caused them is
        complete. `SimulatedPipeline.history` sends the events of its builds with their past times. A listener that raises
        is logged. It may send requests to the simulator. It runs in the thread that advances the simulator and holds its
        lock, so it must not wait for another thread that uses the simulator.

        Args:
            listener: receives a `BuildChanged`, `JobChanged`, `AgentChanged`, `ArtifactChanged`, `AnnotationChanged`,
                `PipelineChanged`, `ClusterChanged`, `QueueChanged` or `ResourceChanged`.

        Returns:
            A function that removes the listener.

        Raises:
            TypeError: the listener isn't a function.

        Example:
            >>> from buildkite_ext.simulation import BuildChanged, Simulator
            >>> simulator = Simulator()
            >>> states = []
            >>> remove = simulator.on_change(lambda e: states.append(e.after) if isinstance(e, BuildChanged) else None)
            >>> web = simulator.pipeline("web").job("test")
            >>> _ = web.build(), simulator.clock.sleep(60), web.builds
            >>> states
            ['creating', 'scheduled', 'running', 'passed']
        """
        if not callable(listener):
            raise TypeError(f"listener is {kind_of(listener)}: give a function that takes a change")
        with self._lock:
            removals = [changes.subscribe(listener) for changes in (self._engine.changes, self._past_changes)]

        def remove() -> None:
            for each in removals:
                each()

        return remove

    # Webhooks ------------------------------------------------------------------------------------------------------

    @property
    def webhooks(self) -> WebhookEndpoints:
        """Endpoints that get webhooks. `webhook` adds one, and so does a request that creates a notification service."""
        return self._endpoints

    @checks_keywords
    def webhook(
        self,
        to: str | BlockingReceiver | Receive,
        *,
        events: Iterable[str] | None = None,
        secret: str | None = None,
        token: str | None = None,
        pipelines: Sequence[str] | None = None,
        branches: str | None = None,
        deliveries: Deliveries | None = None,
    ) -> WebhookEndpoint:
        """Send webhooks of what happens from now on, beginning with a `ping`.

        With a `VirtualClock`, deliveries are sent when time passes on it, by the thread that lets it pass, before it goes on:
        after `clock.sleep(60)` the handlers of what happened in this minute have run. With a `SystemClock`, they are sent as
        time passes.

        Args:
            to: a URL, a `WebhookHandler`, or a function that takes the body and the headers and returns a status.
            events: the names of the events, or patterns such as `"build.*"`; all by default.
            secret: the webhook's token, with which deliveries are signed.
            token: the same, sent in plain text. Give at most one of both. Without one, nothing proves the sender.
            pipelines: the slugs of the pipelines whose builds and jobs are sent; all by default.
            branches: the branches of these builds, as patterns such as `"main release/*"`; all by default.
            deliveries: what is delayed, repeated, shuffled or lost, and what happens to refused deliveries.

        Returns:
            The endpoint. Its `deliveries` are what was sent, and `remove` ends it.

        Raises:
            TypeError: an argument has another type. The message names it.
            ConfigurationError: there is no such event, a text is empty, or both a secret and a token are given.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> from buildkite_ext.webhooks import WebhookHandler
            >>> simulator = Simulator()
            >>> hooks = WebhookHandler(secret="s3cret", now=simulator.clock.time)
            >>> @hooks.on("build.finished")
            ... def show(event):
            ...     print(event.pipeline.slug, event.build.number, event.build.state.value)
            >>> endpoint = simulator.webhook(hooks, secret="s3cret", events=["build.*"])
            >>> build = simulator.pipeline("web").job("test", exit_status=1).build()
            >>> simulator.clock.sleep(60)
            web 1 failed
            >>> [sent.event for sent in endpoint.deliveries]
            ['build.scheduled', 'build.running', 'build.finished']
            >>> hooks.close()

        Documentation: https://buildkite.com/docs/apis/webhooks
        """
        self.send_webhooks()
        self.catch_up()
        endpoint = self._endpoints.add(
            to,
            events=events,
            secret=secret,
            token=token,
            pipelines=pipelines,
            branches=branches,
            deliveries=deliveries,
        )
        endpoint.ping()
        return endpoint

    @checks_keywords
    def webhook_receiver(
        self, url: str, to: str | BlockingReceiver | Receive, *, deliveries: Deliveries | None = None
    ) -> None:
        """Receive at a URL what notification services send, which requests create or have created.

        Without it, deliveries to this computer are sent, and those to others are not: `deliveries` of the service's endpoint,
        one of `webhooks`, tell that nothing has received them.

        Args:
            url: the URL in the settings of the service, whole.
            to: a `WebhookHandler`; a function that takes the body and the headers and returns a status; or another URL.
            deliveries: what is delayed, repeated, shuffled or lost, and what happens to refused deliveries.

        Raises:
            TypeError: an argument has another type. The message names it.
            ConfigurationError: `to` is a text that is no URL.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> simulator.webhook_receiver("https://hooks.acme.test/", lambda body, headers: print(headers["X-Buildkite-Event"]))
            >>> with simulator.client() as buildkite:
            ...     service = buildkite.notification_services.create(
            ...         provider="webhook", settings={"url": "https://hooks.acme.test/", "events": ["build.finished"]}
            ...     )
            ping
            >>> build = simulator.pipeline("web").job("test").build()
            >>> simulator.clock.sleep(60)
            build.finished
        """
        check_text("url", url)
        checked_receiver(to)
        with self._lock:
            self._services.receive(url, to, checked_plan(deliveries))

    def _service_changed(self, service: NotificationService, action: str) -> None:
        if service.provider == "webhook":
            self.send_webhooks()
            self._services.changed(service, action)

    def send_webhooks(self) -> None:
        """Send webhooks to the endpoints of `webhooks` from now on. Only the first call does something."""
        with self._lock:
            if self._lock.released is not None:
                return
            self._lock.released = self._endpoints.dispatch
            self._engine.changes.subscribe(self._endpoints.on_change)
        if not isinstance(self.clock, VirtualClock):  # that calls `catch_up` whenever time passes
            reference = ref(self)
            Pulse(lambda: _caught_up(reference()))

    def catch_up(self) -> None:
        """Let happen what is due by the clock's time, and send its webhooks.

        Requests and reads do it as well. Code that only waits for webhooks needs it where its clock is neither a
        `VirtualClock` nor a `SystemClock`.
        """
        with self._lock, self._engine.at(self.clock.time()):
            pass

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> object:
            return missing_or_raised(self, name, _OTHER_WORDS)

    # Faults and records --------------------------------------------------------------------------------------------

    @checks_keywords
    def fail_next(
        self,
        *,
        status: int = 503,
        times: int = 1,
        operation: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> None:
        """Answer the next requests with an error. They take no effect.

        Args:
            status: the status of the answer, from 400 to 599. `answer_next` takes others.
            times: the number of requests.
            operation: the only operation that is affected: a method of the client, such as `"builds.create"`, or an
                operation's id, such as `"create_build"`. `"builds.get"` hits `builds.wait` as well, which sends it.
            headers: additional headers of the answer.
            body: the body of the answer: bytes that are sent as they are, or a value that is sent as JSON.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: times is less than 1, the status isn't from 400 to 599, a header can't be sent, or there is no such
                operation.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> Simulator().fail_next(status=502, body=b"<html>Bad Gateway</html>", operation="builds.get")
        """
        check_whole("times", times, least=1)
        check_status(status, 400)
        self.faults.add(Fault("error", times=times, operation=operation, status=status, headers=headers, body=body))

    @checks_keywords
    def answer_next(
        self,
        *,
        status: int = 200,
        times: int = 1,
        operation: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> None:
        """Answer the next requests with any answer, such as a redirect, or a success that isn't as documented.

        They take no effect.

        Args:
            status: the status of the answer, from 200 to 599.
            times, operation, headers, body: as for `fail_next`. An answer with the status 204 or 304 has no body.

        Raises:
            TypeError, ValueError: as for `fail_next`.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> Simulator().answer_next(body={"number": "one"}, operation="builds.get")
        """
        check_whole("times", times, least=1)
        check_status(status, 200)
        self.faults.add(Fault("answer", times=times, operation=operation, status=status, headers=headers, body=body))

    @checks_keywords
    def drop_next(self, *, times: int = 1, operation: str | None = None, after_acting: bool = False) -> None:
        """Drop the connection of the next requests.

        With a transport, the client sees `httpx.ConnectError`, or `httpx.ReadError` after acting. With a socket, the
        connection is reset.

        Args:
            times: the number of requests.
            operation: the only operation that is affected, as for `fail_next`.
            after_acting: drop the connection after the request took effect, instead of before.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: times is less than 1, or there is no such operation.
        """
        check_whole("times", times, least=1)
        check_flags(after_acting=after_acting)
        self.faults.add(Fault("reset", times=times, operation=operation, after_acting=after_acting))

    @property
    def retain(self) -> int | None:
        """Number of finished builds that are kept, the newest ones; None for all.

        Older ones are dropped, with their jobs, logs and artifacts: requests for them are answered with 404.

        Raises:
            TypeError: it is set to something else than a number or None.
            ValueError: it is set to less than 1.
        """
        return self.state.retention.limit

    @retain.setter
    def retain(self, limit: int | None) -> None:
        check_whole("retain", limit, least=1, optional=True)
        with self._lock, self._engine.at(self.clock.time()):
            self.state.retention = Retention(limit, self.state.builds)

    @property
    def requests(self) -> list[RecordedRequest]:
        """Requests to the API so far, in their order. You may clear the list.

        Those of waits are among them, often many. Choose by `call`, the method of the client.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> web = simulator.pipeline("web").job("test")
            >>> with simulator.client() as buildkite:
            ...     build = buildkite.builds.create("web", commit="HEAD", branch="main")
            ...     _ = buildkite.builds.wait("web", build.number)
            >>> [(r.operation, r.status) for r in simulator.requests if r.call == "builds.create"]
            [('create_build', 201)]
        """
        return self._requests

    @property
    def artifact_requests(self) -> list[RecordedRequest]:
        """Requests to the origin of the artifacts so far."""
        return self._artifact_storage.requests

    # Requests ------------------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Root of the API."""
        return self._api.writer.urls.api

    @property
    def artifacts_url(self) -> str:
        """Root of the origin that serves artifacts."""
        return self._artifact_storage.url

    def move_to(self, base_url: str, artifacts_url: str) -> None:
        """Change both roots. The URLs in answers change with them.

        Raises:
            TypeError: one isn't a text.
            ValueError: one isn't a URL with http or https and a host.
        """
        _check_root("base_url", base_url)
        _check_root("artifacts_url", artifacts_url)
        with self._lock:
            urls = Urls(base_url.rstrip("/"), "https://buildkite.test", self.organization)
            self._api.writer = BuildWriter(urls, self.state)
            self._artifact_storage.url = artifacts_url.rstrip("/")

    @contextmanager
    def _served_at(self, base_url: str, artifacts_url: str) -> Iterator[None]:
        """Change both roots while a `with` block runs."""
        before = self.base_url, self.artifacts_url
        self.move_to(base_url, artifacts_url)
        try:
            yield
        finally:
            self.move_to(*before)

    def handle(self, request: SimRequest) -> SimResponse:
        """Answer a request to the API at the clock's time. Any thread may call it.

        Raises:
            ConnectionDropped: `drop_next` asked for it.

        Example:
            >>> from buildkite_ext.simulation import SimRequest, Simulator
            >>> Simulator().handle(SimRequest.of("GET", "/v2/meta")).status
            200
        """
        with self._lock, self._engine.at(self.clock.time()):
            found = route(request)
            operation = found[0] if found else None
            faults = self.faults.take(request, operation, "api", self.clock.time)
            response: SimResponse | None = None
            try:
                response = self._answer(request, found, faults)
                return response
            finally:
                record(self._requests, request, operation, response, _kinds(faults))

    def handle_artifact(self, request: SimRequest) -> SimResponse:
        """Answer a request to the origin of the artifacts at the clock's time.

        Raises:
            ConnectionDropped: a fault asked for it.
        """
        with self._lock:
            now = self.clock.time()
            with self._engine.at(now):
                faults = self.faults.take(request, None, "artifacts", self.clock.time)
                response: SimResponse | None = None
                try:
                    response = self._faulty(
                        request, faults, lambda: self._artifact_storage.answer(request, now), lambda answer: answer
                    )
                    return response
                finally:
                    record(self._artifact_storage.requests, request, None, response, _kinds(faults))

    @checks_keywords
    def app(self, *, allowed_hosts: Iterable[str] = (), admin: bool = False, pause: Pause | None = None) -> App:
        """Return an ASGI application that is the API.

        `buildkite_ext.simulation.server` serves it. Under another server it needs a `SystemClock`: its virtual time passes
        only by the clock.

        Args:
            allowed_hosts: further names of hosts that the `Host` and `Origin` headers of requests may have, such as
                `["sim.test"]`; `["*"]` for any. Requests that name other hosts are refused with 403, so that web pages can't
                use the simulator. This computer, IP addresses in `Host`, and the host of `base_url` are always allowed.
            admin: whether requests below `/_simulator/` add and remove faults, for clients in other languages. They need no
                token.
            pause: lets the seconds of a slow answer pass; `clock.asleep` by default.

        Raises:
            TypeError: `allowed_hosts` is a single string.
            ValueError: a name has a scheme, a port or a path.
        """
        check_flags(admin=admin)
        answer = AdminRoute(self.faults, self.clock.time, self.handle) if admin else self.handle
        hosts = AllowedHosts(allowed_hosts, lambda: self.base_url)
        return application(answer, hosts, self._completed, pause=pause or self.clock.asleep)

    @checks_keywords
    def artifacts_app(self, *, allowed_hosts: Iterable[str] = (), pause: Pause | None = None) -> App:
        """Return an ASGI application that is the origin of the artifacts, as `app` does."""
        hosts = AllowedHosts(allowed_hosts, lambda: self.artifacts_url)
        return application(self.handle_artifact, hosts, pause=pause or self.clock.asleep)

    def _completed(self, response: SimResponse) -> SimResponse:
        with self._lock, self._engine.at(self.clock.time()):
            return self._dated(self._api.completed(response))

    def _answer(self, request: SimRequest, found: Route | None, faults: Mapping[str, Fault]) -> SimResponse:
        if "token" in faults and (token := self._api.token_of(request)) is not None:
            token.expires_at = self.clock.time()
        lists = lists_of(faults, self._lists) if faults else None
        return self._faulty(request, faults, lambda: self._api.answer(request, found, lists), self._api.completed)

    def _faulty(
        self,
        request: SimRequest,
        faults: Mapping[str, Fault],
        proper: Callable[[], SimResponse],
        completed: Callable[[SimResponse], SimResponse],
    ) -> SimResponse:
        """Return the answer to a request with its faults.

        Args:
            request: the request.
            faults: its faults, by their groups.
            proper: lets the request act and returns its proper answer.
            completed: adds the headers that each answer has.

        Raises:
            ConnectionDropped: a fault asks for it.
        """
        if not faults:
            return self._dated(proper())
        instead = faults.get("answer")
        acted = proper() if instead is None or instead.after_acting else None
        if instead is None:
            assert acted is not None
            response = acted
        elif instead.kind == "reset":
            raise ConnectionDropped(acted is not None)
        elif instead.kind == "rate_limit":
            response = completed(self._api.limited(request, instead.limit or "", instead.seconds or 0.0))
        else:
            response = completed(given_answer(instead, request))
        skew = faults["date"].seconds or 0.0 if "date" in faults else 0.0
        return faulty_answer(self._dated(response, skew), faults)

    def _dated(self, response: SimResponse, skew: float = 0.0) -> SimResponse:
        """Return an answer with the `Date` of the clock, unless it has one."""
        if response.header("Date") is not None:
            return response
        date = _http_date(int(self.clock.time() + skew))
        return SimResponse(response.status, (*response.headers, ("Date", date)), response.body)


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> str:
    """Return a time as the `Date` header has it. https://www.rfc-editor.org/rfc/rfc9110#name-date"""
    return formatdate(min(max(0, seconds), _LAST_DATE), usegmt=True)


_LAST_DATE = 253_402_300_799
"""Last second of the year 9999, behind which a date has no form."""


def _kinds(faults: Mapping[str, Fault]) -> tuple[str, ...]:
    return tuple(fault.kind for fault in faults.values())


def _caught_up(simulator: SimulatedOrganization | None) -> bool:
    """Let a simulator catch up, and return whether it still exists."""
    if simulator is None:
        return False
    simulator.catch_up()
    return True


def _checked_clock(clock: EpochClock) -> EpochClock:
    """Return a clock that gives dates and pauses.

    Raises:
        TypeError: it lacks a method.
    """
    if not callable(getattr(clock, "time", None)):
        raise TypeError(
            f"clock={clock!r} only measures: a simulator dates its builds, so its clock needs `time()`, seconds since "
            "the epoch. SystemClock and VirtualClock have it."
        )
    for name in ("monotonic", "sleep", "asleep"):
        if not callable(getattr(clock, name, None)):
            raise TypeError(f"clock is {kind_of(clock)} without `{name}()`: give a SystemClock or a VirtualClock")
    return clock


def _checked_untimed(states: Iterable[str]) -> frozenset[str]:
    """Return the states of builds that have no `finished_at`.

    Raises:
        TypeError: they are a single string, or nothing that holds several.
        ConfigurationError: one is another state.
    """
    if isinstance(states, str) or not isinstance(states, Iterable):
        raise TypeError(f"without_finished_at is {kind_of(states)}: give several states, such as ['blocked']")
    given, possible = frozenset(states), frozenset({"blocked", "not_run", "skipped"})
    with configuration_errors():
        if given - possible:
            raise ValueError(f"without_finished_at={sorted(given)}: give some of {', '.join(sorted(possible))}")
    return given


def _check_root(name: str, url: str) -> None:
    """Check the root of an origin.

    Raises:
        TypeError: it isn't a text.
        ValueError: it isn't a URL with http or https and a host.
    """
    check_text(name, url)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            f"{name}={url!r}: give a URL with http or https and a host, such as 'https://api.buildkite.test'"
        )
