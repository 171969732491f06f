"""The simulator: an organization, its clock, and the doors that requests come in by."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..clock import EpochClock, VirtualClock
from .api.app import Core
from .api.handler import Settings
from .api.request import SimRequest, SimResponse
from .api.views.builds import BuildWriter
from .api.views.urls import Urls
from .artifact_storage import ArtifactOrigin
from .behaviour.timing import Pace
from .builder import SimulatedPipeline
from .clients import ClientDoor
from .engine.agent_pool import Agent, PastPool, Pool
from .engine.engine import Engine
from .engine.scheduler import Timeline
from .faults import Fault
from .ids import Ids
from .limits import GENEROUS, Window
from .recording import RecordedRequest
from .state.clusters import Queue
from .state.organization import Organization
from .state.pipelines import Pipeline
from .times import stamp

if TYPE_CHECKING:
    import httpx

    from .asgi import App

DAY = 86_400.0


class Simulator(ClientDoor):
    """A Buildkite organization in memory that answers the REST API.

    Its builds go on with its clock. With the default one, a `VirtualClock`, time passes only when somebody sleeps by it,
    so that a test of an hour's build takes no time; with a `SystemClock` it is a Buildkite that runs on a laptop.

    Args:
        organization: its slug.
        name: its name; the slug unless given.
        token: the token that requests carry.
        scopes: what the token may do, such as `{"read_builds"}`; everything unless given.
        user: the name of the user that the token belongs to.
        clock: its time.
        seed: other seeds give other identifiers; the same one always the same.
        base_url: the API's root. Answers name addresses below it.
        artifacts_url: the root of the other origin, which serves the bytes of artifacts.
        pace: how long Buildkite's own steps take.
        agents: how many agents there are; as many as are needed unless given.
        rate_limit: requests a minute for the organization. Buildkite's own is 200.
        user_rate_limit: requests a minute for each user. Buildkite's own is 50.
        deep_listing_after: lists of builds go this deep; the next page is refused with 400. Buildkite has such a depth,
            but does not say which.
        link_last: whether `Link` headers name the last page.
        log_timestamps: whether logs hold the time of each line, as those of real agents do.

    Example:
        >>> simulator = Simulator()
        >>> web = simulator.pipeline("web").job("test", log="boom\\n", exit_status=1, after=90)
        >>> with simulator.client() as buildkite:
        ...     build = buildkite.builds.create("web", commit="HEAD", branch="main")
        ...     buildkite.builds.wait("web", build.number).outcome
        'failed'

    https://buildkite.com/docs/apis/rest-api
    """

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
        pace: Pace | None = None,
        agents: int | None = None,
        rate_limit: int = GENEROUS,
        user_rate_limit: int = GENEROUS,
        deep_listing_after: int = 10_000,
        link_last: bool = True,
        log_timestamps: bool = True,
    ) -> None:
        self.clock: EpochClock = VirtualClock() if clock is None else clock
        if not callable(getattr(self.clock, "time", None)):
            raise TypeError(
                f"clock={clock!r} only measures: a simulator dates its builds, so its clock needs `time()`, seconds since "
                "the epoch. SystemClock and VirtualClock have it."
            )
        self.organization = organization
        self.token = token
        self._lock = threading.RLock()
        now = self.clock.time()
        self._founded = founded = stamp(now - 365 * DAY)
        self.state = state = Organization(
            organization,
            name or organization,
            founded,
            Ids(seed),
            Window("rest", rate_limit),
            user_rate_limit,
        )
        self._user = state.add_user(user)
        state.add_token(token, self._user, None if scopes is None else frozenset(scopes), "Simulated", founded)
        queue = state.add_queue(
            state.add_cluster("Default cluster", self._user, founded), "default", self._user, founded
        )
        for number in range(1, (3 if agents is None else agents) + 1):
            state.add_agent(f"agent-{number}", queue, founded)
        hire = self._hire if agents is None else None
        pace = pace or Pace()
        self._engine = Engine(state, Timeline(now), Pool(state.agents, hire), pace, timestamps=log_timestamps)
        past = PastPool(state.agents, hire)
        self._past = lambda timeline: Engine(state, timeline, past, pace, timestamps=log_timestamps)
        self._origin = ArtifactOrigin(state, seed)
        self._settings = Settings(deep_listing_after, link_last, self._origin.link)
        self._core = Core(self._engine, self._settings)
        self._pipelines: dict[str, SimulatedPipeline] = {}
        self.move_to(base_url, artifacts_url)

    # What there is -------------------------------------------------------------------------------------------------

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
        """A pipeline by its slug, made when new. The options count when it is made.

        Args:
            slug: its slug.
            name: its name; the slug unless given.
            repository: its repository's address.
            default_branch: the branch of builds that name none.
            description: what it is for.
            allow_rebuilds: whether its builds can be rebuilt.
            branch_configuration: the branches that it builds, such as `"main release/*"`; others are refused with 422.
            skip_queued_branch_builds: whether a new build skips those of its branch that have not started.
            cancel_running_branch_builds: whether a new build cancels those of its branch that run.
            env: environment variables of its jobs.

        Example:
            >>> web = Simulator().pipeline("web").job("lint").job("test").block("Ship it?").job("deploy")
        """
        with self._lock:
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
                created_at=self._founded,
                created_by=self._user,
                allow_rebuilds=allow_rebuilds,
                branch_configuration=branch_configuration,
                skip_queued_branch_builds=skip_queued_branch_builds,
                cancel_running_branch_builds=cancel_running_branch_builds,
                env=dict(env or {}),
            )
            self.state.pipelines[slug] = state
            made = SimulatedPipeline(
                state, engine=self._engine, past=self._past, user=self._user, lock=self._lock, now=self.clock.time
            )
            self._pipelines[slug] = made
            return made

    def agent(self, name: str, *, queue: str = "default") -> Agent:
        """Connect another agent.

        Args:
            name: its name.
            queue: the key of its queue, made when new.
        """
        with self._lock:
            agent = self.state.add_agent(name, self.queue(queue), self.clock.time())
            self._engine.dispatch()
            return agent

    def queue(self, key: str) -> Queue:
        """A queue of the default cluster by its key, made when new."""
        with self._lock:
            return self.state.add_queue(self.state.clusters[0], key, self._user, self.clock.time())

    def add_token(
        self,
        token: str,
        *,
        scopes: Iterable[str] | None = None,
        user: str | None = None,
        expires_in: float | None = None,
    ) -> None:
        """Accept another token.

        Args:
            token: its value.
            scopes: what it may do; everything unless given.
            user: the name of the user it belongs to, made when new; the first user unless given. Each user has a rate
                limit of their own.
            expires_in: the seconds after which it is refused; never unless given.

        Example:
            >>> Simulator().add_token("bkua_reader", scopes={"read_builds"}, user="Grace Hopper")
        """
        with self._lock:
            owner = self._user if user is None else self.state.add_user(user)
            now = self.clock.time()
            added = self.state.add_token(token, owner, None if scopes is None else frozenset(scopes), "Simulated", now)
            added.expires_at = None if expires_in is None else now + expires_in

    # What goes wrong -----------------------------------------------------------------------------------------------

    def fail_next(
        self,
        *,
        status: int = 503,
        times: int = 1,
        operation: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> None:
        """Answer the next requests with an error; they do not act.

        Args:
            status: the answer's status.
            times: how many requests.
            operation: only requests to this operation, such as `"create_build"`.
            headers: more headers of the answer.
            body: its body: bytes as they are, or something to send as JSON.

        Example:
            >>> Simulator().fail_next(status=502, body=b"<html>Bad Gateway</html>", operation="get_build")
        """
        with self._lock:
            self._core.faults.add(
                Fault(times=times, operation=operation, status=status, headers=dict(headers or {}), body=body)
            )

    def drop_next(self, *, times: int = 1, operation: str | None = None, after_acting: bool = False) -> None:
        """Break the connection of the next requests.

        Through a transport this raises `httpx.ConnectError`, or `httpx.ReadError` after acting. Through a socket both look
        like an answer that was cut off.

        Args:
            times: how many requests.
            operation: only requests to this operation.
            after_acting: break it when the request has taken effect, instead of before it arrives.
        """
        with self._lock:
            self._core.faults.add(Fault(times=times, operation=operation, after_acting=after_acting))

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests to the API so far. Clear it when you like."""
        return self._core.requests

    @property
    def artifact_requests(self) -> list[RecordedRequest]:
        """The requests to the artifacts' origin so far."""
        return self._origin.requests

    # The doors -----------------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The API's root."""
        return self._core.writer.urls.api

    @property
    def artifacts_url(self) -> str:
        """The root of the origin that serves artifacts."""
        return self._origin.url

    def move_to(self, base_url: str, artifacts_url: str) -> None:
        """Be reachable elsewhere: the addresses in answers follow."""
        with self._lock:
            urls = Urls(base_url.rstrip("/"), "https://buildkite.test", self.organization)
            self._core.writer = BuildWriter(urls)
            self._origin.url = artifacts_url.rstrip("/")

    def handle(self, request: SimRequest) -> SimResponse:
        """Answer a request to the API as of the clock's hour. May be called from any thread.

        Raises:
            ConnectionDropped: `drop_next` wants it so.

        Example:
            >>> Simulator().handle(SimRequest.of("GET", "/v2/meta")).status
            200
        """
        with self._lock:
            self._engine.timeline.advance(self.clock.time())
            return self._core.answer(request)

    def handle_artifact(self, request: SimRequest) -> SimResponse:
        """Answer a request to the artifacts' origin as of the clock's hour."""
        with self._lock:
            now = self.clock.time()
            self._engine.timeline.advance(now)
            return self._origin.answer(request, now)

    def transport(self) -> httpx.BaseTransport:
        """An httpx transport that leads here: no sockets.

        Example:
            >>> import httpx
            >>> simulator = Simulator()
            >>> with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url) as client:
            ...     client.get("/v2/meta").status_code
            200
        """
        from .transport import SimulatorTransport

        return SimulatorTransport(self)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """The same for `httpx.AsyncClient`."""
        from .transport import AsyncSimulatorTransport

        return AsyncSimulatorTransport(self)

    def app(self) -> App:
        """An ASGI application that is the API; `buildkite_ext.simulation.server` serves it."""
        from .asgi import application

        return application(self.handle)

    def _hire(self, queue: Queue) -> Agent:
        return self.state.add_agent(f"agent-{len(self.state.agents) + 1}", queue, self._engine.now)
