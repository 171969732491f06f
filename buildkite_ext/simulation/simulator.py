"""Simulated organization: its state, its clock and its API."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from ..clock import EpochClock, VirtualClock
from ..timestamps import to_millisecond
from .api.app import RestApi, Route, route
from .api.handler import AnswerOptions
from .api.request import ConnectionDropped, SimRequest, SimResponse
from .api.views.builds import BuildWriter
from .api.views.urls import Urls
from .artifact_storage import ArtifactStorage
from .asgi import App, application
from .behaviour.timing import Timing
from .builder import SimulatedPipeline
from .engine.agent_pool import AgentPool, HistoryAgentPool
from .engine.changes import Changes, Listener
from .engine.engine import Engine
from .engine.scheduler import Scheduler
from .faults import Fault, Faults
from .hosts import AllowedHosts
from .recording import RecordedRequest, record
from .state.clusters import Agent, Queue
from .state.organization import Ids, Organization
from .state.pipelines import Pipeline
from .state.users import DEFAULT_RATE_LIMIT, RateLimit, known_scopes

__all__ = ["SimulatedOrganization"]

_DAY = 86_400.0


class SimulatedOrganization:
    """Organization in memory that answers the REST API. `Simulator` explains the arguments.

    Attributes:
        organization: the slug.
        token: the token that requests carry.
        clock: the clock.
        state: the users, pipelines, builds, clusters and agents. Only the simulator changes it.
    """

    organization: str
    token: str
    clock: EpochClock
    state: Organization

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
        log_timestamps: bool = True,
    ) -> None:
        self.clock = VirtualClock() if clock is None else clock
        if not callable(getattr(self.clock, "time", None)):
            raise TypeError(
                f"clock={clock!r} only measures: a simulator dates its builds, so its clock needs `time()`, seconds since "
                "the epoch. SystemClock and VirtualClock have it."
            )
        self.organization = organization
        self.token = token
        self._lock = threading.RLock()
        now = self.clock.time()
        self._created_at = created_at = to_millisecond(now - 365 * _DAY)
        self.state = state = Organization(
            organization,
            name or organization,
            created_at,
            Ids(seed),
            RateLimit("rest", rate_limit),
            user_rate_limit,
        )
        self._user = state.add_user(user)
        state.add_token(token, self._user, known_scopes(scopes), "Simulated", created_at)
        cluster = state.add_cluster("Default cluster", self._user, created_at)
        queue = state.add_queue(cluster, "default", self._user, created_at)
        for number in range(1, (3 if agents is None else agents) + 1):
            state.add_agent(f"agent-{number}", queue, created_at)
        self._engine, self._past = self._engines(
            timing or Timing(), now, fixed=agents is not None, stamps=log_timestamps
        )
        self._artifact_storage = ArtifactStorage(state, seed)
        self._api = RestApi(
            self._engine,
            AnswerOptions(deep_listing_after, link_last, self._artifact_storage.download_url),
            Ids(seed, "requests"),
        )
        self._faults = Faults()
        self._requests: list[RecordedRequest] = []
        self._pipelines: dict[str, SimulatedPipeline] = {}
        self.move_to(base_url, artifacts_url)

    def _engines(
        self, timing: Timing, now: float, *, fixed: bool, stamps: bool
    ) -> tuple[Engine, Callable[[Scheduler], Engine]]:
        """Return the engine, and a function that makes an engine for builds of the past."""
        state, changes = self.state, Changes()

        def connect(queue: Queue) -> Agent:
            return engine.connect_agent(f"agent-{len(state.agents) + 1}", queue)

        pool = AgentPool(state.agents, None if fixed else connect)
        engine = Engine(state, Scheduler(now), pool, timing, changes, timestamps=stamps)
        history_pool = HistoryAgentPool(state.agents, None if fixed else connect)
        return engine, lambda scheduler: Engine(state, scheduler, history_pool, timing, changes, timestamps=stamps)

    # Organization ---------------------------------------------------------------------------------------------------

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
        cancel_running_branch_builds: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> SimulatedPipeline:
        """Return the pipeline of a slug, and create it if it is new. The options apply when it is created.

        Args:
            slug: the slug.
            name: the name; the slug by default.
            repository: the URL of the repository.
            default_branch: the branch of builds that name none.
            description: the description.
            allow_rebuilds: whether its builds can be rebuilt.
            branch_configuration: the branches that it builds, such as `"main release/*"`; others are refused with 422.
            skip_queued_branch_builds: whether a new build skips the builds of its branch that have not started.
            cancel_running_branch_builds: whether a new build cancels the running builds of its branch.
            env: environment variables of its jobs.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> web = Simulator().pipeline("web").job("lint").job("test").block("Ship it?").job("deploy")
        """
        with self._lock, self._engine.at(self.clock.time()):
            known = self._pipelines.get(slug)
            if known is not None:
                return known
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
                env=dict(env or {}),
            )
            self._engine.administration.add_pipeline(state)
            made = SimulatedPipeline(
                state, engine=self._engine, past=self._past, user=self._user, lock=self._lock, now=self.clock.time
            )
            self._pipelines[slug] = made
            return made

    def agent(self, name: str, *, queue: str = "default") -> Agent:
        """Connect another agent.

        Args:
            name: the name.
            queue: the key of its queue, which is created if it is new.
        """
        with self._lock, self._engine.at(self.clock.time()):
            agent = self._engine.connect_agent(name, self.queue(queue))
            self._engine.dispatch()
            return agent

    def queue(self, key: str) -> Queue:
        """Return the queue of a key in the default cluster, and create it if it is new."""
        with self._lock, self._engine.at(self.clock.time()):
            return self._engine.administration.add_queue(self.state.clusters[0], key, self._user)

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
            user: the name of its user, who is created if new; the first user by default. Each user has a rate limit.
            expires_in: the seconds after which it expires; never by default.

        Raises:
            TypeError: `scopes` is a single string.
            ValueError: Buildkite has no such scope.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> Simulator().add_token("bkua_reader", scopes={"read_builds"}, user="Grace Hopper")
        """
        allowed = known_scopes(scopes)
        with self._lock:
            owner = self._user if user is None else self.state.add_user(user)
            now = self.clock.time()
            added = self.state.add_token(token, owner, allowed, "Simulated", now)
            added.expires_at = None if expires_in is None else now + expires_in

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Call a function with an event for each change of what the simulator holds.

        These are builds, jobs, agents, artifacts, annotations, pipelines, clusters and queues.

        The events come in the order of the changes, at the simulator's time, when the action that caused them is
        complete. `SimulatedPipeline.history` sends the events of its builds with their past times. A listener that raises
        is logged. It may send requests to the simulator. It runs in the thread that advances the simulator and holds its
        lock, so it must not wait for another thread that uses the simulator.

        Args:
            listener: receives a `BuildChanged`, `JobChanged`, `AgentChanged`, `ArtifactChanged`, `AnnotationChanged`,
                `PipelineChanged`, `ClusterChanged` or `QueueChanged`.

        Returns:
            A function that removes the listener.

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
        with self._lock:
            return self._engine.changes.subscribe(listener)

    # Faults and records --------------------------------------------------------------------------------------------

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
            status: the status of the answer.
            times: the number of requests.
            operation: the only operation that is affected, such as `"create_build"`.
            headers: additional headers of the answer.
            body: the body of the answer: bytes that are sent as they are, or a value that is sent as JSON.

        Raises:
            ValueError: times is less than 1, the status isn't from 200 to 599, or there is no such operation.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> Simulator().fail_next(status=502, body=b"<html>Bad Gateway</html>", operation="get_build")
        """
        with self._lock:
            self._faults.add(
                Fault(times=times, operation=operation, status=status, headers=dict(headers or {}), body=body)
            )

    def drop_next(self, *, times: int = 1, operation: str | None = None, after_acting: bool = False) -> None:
        """Drop the connection of the next requests.

        With a transport, the client sees `httpx.ConnectError`, or `httpx.ReadError` after acting. With a socket, it sees
        an answer that is cut off.

        Args:
            times: the number of requests.
            operation: the only operation that is affected.
            after_acting: drop the connection after the request took effect, instead of before.

        Raises:
            ValueError: times is less than 1, or there is no such operation.
        """
        with self._lock:
            self._faults.add(Fault(times=times, operation=operation, after_acting=after_acting))

    @property
    def requests(self) -> list[RecordedRequest]:
        """Requests to the API so far. You may clear the list."""
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
        """Change both roots. The URLs in answers change with them."""
        with self._lock:
            urls = Urls(base_url.rstrip("/"), "https://buildkite.test", self.organization)
            self._api.writer = BuildWriter(urls, self.state)
            self._artifact_storage.url = artifacts_url.rstrip("/")

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
            response: SimResponse | None = None
            try:
                response = self._answer(request, found)
                return response
            finally:
                record(self._requests, request, found[0].id if found else None, response)

    def handle_artifact(self, request: SimRequest) -> SimResponse:
        """Answer a request to the origin of the artifacts at the clock's time."""
        with self._lock:
            now = self.clock.time()
            with self._engine.at(now):
                return self._artifact_storage.answer(request, now)

    def app(self, *, allowed_hosts: Iterable[str] = ()) -> App:
        """Return an ASGI application that is the API.

        `buildkite_ext.simulation.server` serves it. Under another server it needs a `SystemClock`: its virtual time passes
        only by the clock.

        Args:
            allowed_hosts: further names of hosts that the `Host` and `Origin` headers of requests may have, such as
                `["sim.test"]`; `["*"]` for any. Requests that name other hosts are refused with 403, so that web pages can't
                use the simulator. This computer, IP addresses in `Host`, and the host of `base_url` are always allowed.

        Raises:
            TypeError: `allowed_hosts` is a single string.
            ValueError: a name has a scheme, a port or a path.
        """
        return application(self.handle, AllowedHosts(allowed_hosts, lambda: self.base_url), self._completed)

    def artifacts_app(self, *, allowed_hosts: Iterable[str] = ()) -> App:
        """Return an ASGI application that is the origin of the artifacts, as `app` does."""
        return application(self.handle_artifact, AllowedHosts(allowed_hosts, lambda: self.artifacts_url))

    def _completed(self, response: SimResponse) -> SimResponse:
        with self._lock, self._engine.at(self.clock.time()):
            return self._api.completed(response)

    def _answer(self, request: SimRequest, found: Route | None) -> SimResponse:
        fault = self._faults.take(*((found[0].id, found[0].row) if found else ()))
        if fault is None:
            return self._api.answer(request, found)
        if fault.after_acting and fault.status is None:
            self._api.answer(request, found)
            raise ConnectionDropped(acted=True)
        return self._api.completed(fault.answer())
