"""Endpoints of webhooks: who gets which events, what was sent to them, and what they answered."""

from __future__ import annotations

import heapq
import hmac
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit

from buildkite_api.types import kind_of

from ...errors import ConfigurationError
from ...globs import branch_matches
from ...unknown_names import nearest
from ..api.request import Json, encoded
from ..definition.checks import check_text, texts_of
from ..engine.changes import Change
from .bodies import EventBodies, SimulatedEvent, in_webhook_form, matching_events
from .plan import Deliveries
from .sender import UrlSender

__all__ = [
    "BlockingReceiver",
    "Receive",
    "SentDelivery",
    "WebhookEndpoint",
    "WebhookEndpoints",
    "checked_plan",
    "checked_receiver",
]

_KEPT = 1_000
"""Deliveries of an endpoint that are kept."""


@runtime_checkable
class BlockingReceiver(Protocol):
    """Receiver in the same process, such as a `WebhookHandler`."""

    def receive_blocking(
        self, method: str, headers: Mapping[str, str], body: bytes, *, handle_first: bool = False
    ) -> object:
        """Receive one request and return its response, which has a `status`."""
        ...


Receive = Callable[[bytes, Mapping[str, str]], object]
"""Function that takes the body and the headers of a delivery, and returns a status; None for 200."""


@dataclass(frozen=True, slots=True)
class SentDelivery:
    """Delivery to an endpoint.

    Attributes:
        event: the event's name.
        body: the body.
        headers: the headers. They hold the signature or the token.
        attempt: how often it was sent, from 1.
        sent_at: when it was sent, in seconds since the epoch.
        status: the status of the answer; None where there was none.
        error: why there was no answer; an empty text where there was one.
    """

    event: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    attempt: int
    sent_at: float
    status: int | None
    error: str = ""

    @property
    def accepted(self) -> bool:
        """True if the receiver has answered with a status of 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class _Planned:
    """Delivery that waits for its time."""

    endpoint: WebhookEndpoint
    event: str
    body: bytes
    due: float
    attempt: int = 1


class WebhookEndpoint:
    """Endpoint of a webhook. `Simulator.webhook` adds one.

    Attributes:
        id: the UUID of its notification service.
        url: its address; `""` for a receiver in the same process.
        events: the names of the events that it gets.
        enabled: whether it gets events. A test may change it.
        lost: how many deliveries were never sent, because its plan says so.
    """

    def __init__(
        self,
        service_id: str,
        to: str | BlockingReceiver | Receive,
        *,
        events: Iterable[str],
        secret: str | None,
        token: str | None,
        pipelines: Sequence[str] | None,
        branches: str | None,
        plan: Deliveries,
        endpoints: WebhookEndpoints,
    ) -> None:
        self.id = service_id
        self.url = to if isinstance(to, str) else ""
        self.events = frozenset(events)
        self.enabled = True
        self.lost = 0
        self.plan = plan
        self.random = Random(plan.seed)
        self.target = self.url
        """The URL that deliveries are sent to; `""` for a receiver in the same process."""
        self.verify = True
        """Whether the certificate of the URL is checked."""
        self._to = to
        self._receive = _receive_of(to)
        self._secret = secret
        self._token = token
        self._takes: Callable[[SimulatedEvent], bool] = _of_pipelines(pipelines)
        self._branches = branches
        self._endpoints = endpoints
        self._sent: deque[SentDelivery] = deque(maxlen=_KEPT)

    def __repr__(self) -> str:
        return f"WebhookEndpoint({self.url or kind_of(self._to)}, events={len(self.events)})"

    @property
    def deliveries(self) -> list[SentDelivery]:
        """What was sent to it, oldest first: the last 1,000 deliveries."""
        return list(self._sent)

    def ping(self) -> None:
        """Send a `ping`, as Buildkite does when a webhook is created or changed."""
        self._endpoints.ping(self)

    def remove(self) -> None:
        """Send it nothing any more."""
        self._endpoints.remove(self)

    def takes(self, event: SimulatedEvent) -> bool:
        """Tell whether it gets an event. Its pipelines and branches restrict events of builds and jobs alone."""
        if not self.enabled or event.name not in self.events:
            return False
        if not self._takes(event):
            return False
        return event.branch is None or self._branches is None or branch_matches(self._branches, event.branch)

    def settle(
        self,
        *,
        url: str,
        to: str | BlockingReceiver | Receive,
        plan: Deliveries,
        events: frozenset[str],
        secret: str | None,
        token: str | None,
        branches: str | None,
        verify: bool,
    ) -> None:
        """Take over the settings of a notification service.

        Args:
            url: its address.
            to: what receives there: a URL, which may be another one, or a receiver in the same process.
            plan: what is delayed, repeated, shuffled or lost.
            events, secret, token, branches: as for `Simulator.webhook`.
            verify: whether the certificate of the URL is checked.
        """
        if plan != self.plan:
            self.plan, self.random = plan, Random(plan.seed)
        self.url, self.events, self.verify = url, events, verify
        self.target = to if isinstance(to, str) else ""
        self._to, self._receive = to, _receive_of(to)
        self._secret, self._token, self._branches = secret, token, branches

    def headers(self, event: str, body: bytes, now: float) -> dict[str, str]:
        """Return the headers of a delivery that is sent now.

        https://buildkite.com/docs/apis/webhooks/pipelines#http-headers
        """
        sent = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-Buildkite-Event": event,
        }
        if self._secret is not None:
            stamp = str(int(now))
            digest = hmac.digest(
                self._secret.encode("utf-8", "replace"), b"%s.%s" % (stamp.encode(), body), "sha256"
            ).hex()
            sent["X-Buildkite-Signature"] = f"timestamp={stamp},signature={digest}"
        elif self._token is not None:
            sent["X-Buildkite-Token"] = self._token
        return sent

    def deliver(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Give a delivery to a receiver in the same process, and return the status of its answer."""
        answer = self._receive(body, headers)
        status = 200 if answer is None else getattr(answer, "status", answer)
        if not isinstance(status, int) or isinstance(status, bool):
            raise TypeError(f"the receiver returned {kind_of(answer)}: return a status, such as 200, or None")
        return status

    def note(self, sent: SentDelivery) -> None:
        """Keep what was sent."""
        self._sent.append(sent)


class WebhookEndpoints:
    """Endpoints of an organization, and the deliveries to them.

    Receivers in the same process are called in the thread that let the time pass, when it no longer holds the simulator. A
    thread of its own sends to URLs, one delivery after another.

    Args:
        bodies: makes the events of changes.
        now: returns the simulator's time.
        organization_view: returns the organization, for pings.
        new_id: returns a UUID.
    """

    def __init__(
        self,
        bodies: EventBodies,
        *,
        now: Callable[[], float],
        organization_view: Callable[[], Json],
        new_id: Callable[[], str],
    ) -> None:
        self._bodies = bodies
        self._now = now
        self._organization_view = organization_view
        self._new_id = new_id
        self._endpoints: tuple[WebhookEndpoint, ...] = ()
        self._planned: list[tuple[float, int, _Planned]] = []
        self._count = 0
        self._guard = threading.Lock()
        self._sending = threading.Lock()
        self._urls: UrlSender | None = None

    def __iter__(self) -> Iterator[WebhookEndpoint]:
        return iter(self._endpoints)

    def __len__(self) -> int:
        return len(self._endpoints)

    def add(
        self,
        to: str | BlockingReceiver | Receive,
        *,
        events: Iterable[str] | None = None,
        secret: str | None = None,
        token: str | None = None,
        pipelines: Sequence[str] | None = None,
        branches: str | None = None,
        deliveries: Deliveries | None = None,
        service_id: str | None = None,
    ) -> WebhookEndpoint:
        """Add an endpoint. `Simulator.webhook` explains the arguments.

        Args:
            to, events, secret, token, pipelines, branches, deliveries: as there.
            service_id: the UUID of its notification service; a new one by default.
        """
        checked_receiver(to)
        if secret is not None and token is not None:
            raise ConfigurationError("secret= and token=: give one of them, since a webhook has one")
        for name, value in (("secret", secret), ("token", token), ("branches", branches)):
            if value is not None:
                check_text(name, value)
                if not value:
                    raise ConfigurationError(f"{name} is empty: give a text, or None")
        plan = checked_plan(deliveries)
        endpoint = WebhookEndpoint(
            service_id or self._new_id(),
            to,
            events=matching_events("*") if events is None else _names(events),
            secret=secret,
            token=token,
            pipelines=None if pipelines is None else texts_of("pipelines", pipelines, give="a list of slugs"),
            branches=branches,
            plan=plan,
            endpoints=self,
        )
        with self._guard:
            self._endpoints = (*self._endpoints, endpoint)
        return endpoint

    def of_service(self, service_id: str, takes: Callable[[SimulatedEvent], bool]) -> WebhookEndpoint:
        """Add an endpoint of a notification service, whose settings `settle` tells.

        Args:
            service_id: the id of the service.
            takes: tells whether an event is one of its pipelines.
        """
        endpoint = WebhookEndpoint(
            service_id,
            "",
            events=(),
            secret=None,
            token=None,
            pipelines=None,
            branches=None,
            plan=Deliveries(),
            endpoints=self,
        )
        endpoint._takes = takes
        with self._guard:
            self._endpoints = (*self._endpoints, endpoint)
        return endpoint

    def remove(self, endpoint: WebhookEndpoint) -> None:
        """Remove an endpoint. What it hasn't got is dropped."""
        with self._guard:
            self._endpoints = tuple(each for each in self._endpoints if each is not endpoint)
            self._planned = [each for each in self._planned if each[2].endpoint is not endpoint]
            heapq.heapify(self._planned)

    def ping(self, endpoint: WebhookEndpoint) -> None:
        """Send a `ping` to an endpoint, if it takes pings."""
        if "ping" in endpoint.events and endpoint.enabled:
            self.plan_ping(endpoint)
        self.dispatch()

    def plan_ping(self, endpoint: WebhookEndpoint) -> None:
        """Plan a `ping` to an endpoint."""
        service = {"id": endpoint.id, "provider": "webhook", "settings": {"url": endpoint.url}}
        fields = {"service": service, "organization": in_webhook_form(self._organization_view())}
        ping = SimulatedEvent("ping", fields, self._bodies.owner())
        self._plan_one(endpoint, ping.name, encoded(ping.body()), self._now())

    def on_change(self, change: Change) -> None:
        """Plan the deliveries of the events that a change causes."""
        if self._endpoints:
            for event in self._bodies.of_change(change):
                self._plan(event, self._endpoints, min(change.time, self._now()))

    def publish(self, event: SimulatedEvent) -> None:
        """Plan the deliveries of an event that no change of builds, jobs and agents causes."""
        self._plan(event, self._endpoints, self._now())

    def dispatch(self) -> None:
        """Send the deliveries that are due. A second thread leaves them to the first."""
        while self._has_due():
            if not self._sending.acquire(blocking=False):
                return
            try:
                while (planned := self._next()) is not None:
                    self._send(planned)
            finally:
                self._sending.release()

    def wait(self, timeout: float) -> bool:
        """Wait until the deliveries to URLs that were due have been answered, and return whether they have.

        Those that were refused, and that are due again by now, are sent again before.

        Args:
            timeout: seconds of real time after which it gives up.
        """
        until = time.monotonic() + timeout
        while True:
            self.dispatch()
            if self._urls is not None and not self._urls.wait(max(0.0, until - time.monotonic())):
                return False
            if not self._has_due() or self._sending.locked():
                return True

    def _plan(self, event: SimulatedEvent, endpoints: Iterable[WebhookEndpoint], at: float) -> None:
        """Plan the deliveries of an event that happened at a time, which may be in the middle of a sleep that is over."""
        body: bytes | None = None
        for endpoint in endpoints:
            if not endpoint.takes(event):
                continue
            body = encoded(event.body()) if body is None else body
            self._plan_one(endpoint, event.name, body, at)

    def _plan_one(self, endpoint: WebhookEndpoint, event: str, body: bytes, at: float) -> None:
        delays = endpoint.plan.delays(endpoint.random)
        endpoint.lost += not delays
        for delay in delays:
            self._add(_Planned(endpoint, event, body, at + delay))

    def _add(self, planned: _Planned) -> None:
        with self._guard:
            self._count += 1
            heapq.heappush(self._planned, (planned.due, self._count, planned))

    def _has_due(self) -> bool:
        with self._guard:
            return bool(self._planned) and self._planned[0][0] <= self._now()

    def _next(self) -> _Planned | None:
        with self._guard:
            if self._planned and self._planned[0][0] <= self._now():
                return heapq.heappop(self._planned)[2]
            return None

    def _send(self, planned: _Planned) -> None:
        endpoint, body, now = planned.endpoint, planned.body, self._now()
        headers = endpoint.headers(planned.event, body, now)
        if endpoint.target:
            if self._urls is None:
                self._urls = UrlSender()
            self._urls.submit(
                endpoint.target,
                body,
                headers,
                lambda status, error: self._answered(planned, headers, now, status, error),
                timeout=endpoint.plan.timeout,
                verify=endpoint.verify,
            )
            return
        try:
            status, error = endpoint.deliver(body, headers), ""
        except Exception as raised:  # a receiver may raise anything; the simulator goes on
            status, error = None, f"{type(raised).__name__}: {raised}"
        self._answered(planned, headers, now, status, error)

    def _answered(
        self, planned: _Planned, headers: Mapping[str, str], now: float, status: int | None, error: str
    ) -> None:
        sent = SentDelivery(planned.event, planned.body, headers, planned.attempt, now, status, error)
        planned.endpoint.note(sent)
        if sent.accepted:
            return
        pause = planned.endpoint.plan.retry_after(planned.attempt)
        if pause is not None and planned.endpoint in self._endpoints:
            due = planned.due + pause
            self._add(_Planned(planned.endpoint, planned.event, planned.body, due, planned.attempt + 1))


def checked_receiver(to: object) -> None:
    """Check what receives deliveries.

    Raises:
        ConfigurationError: it is a text that is no URL.
        TypeError: it is neither a URL nor a receiver.
    """
    if isinstance(to, str):
        parts = urlsplit(to)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"to={to!r}: give a URL with http or https and a host, or a receiver")
    elif not isinstance(to, BlockingReceiver) and not callable(to):
        raise TypeError(f"to is {kind_of(to)}: give a URL, a WebhookHandler, or a function of a body and headers")


def checked_plan(deliveries: object) -> Deliveries:
    """Return a plan of deliveries; that of None is the usual one.

    Raises:
        TypeError: it is something else.
    """
    if deliveries is None:
        return Deliveries()
    if not isinstance(deliveries, Deliveries):
        raise TypeError(f"deliveries is {kind_of(deliveries)}: give a Deliveries, such as Deliveries(repeat=0.1)")
    return deliveries


def _receive_of(to: str | BlockingReceiver | Receive) -> Receive:
    """Return the function that takes deliveries in this process."""
    if isinstance(to, str):
        return lambda *_: 0
    if isinstance(to, BlockingReceiver):
        return lambda body, headers: to.receive_blocking("POST", headers, body, handle_first=True)
    return to


def _of_pipelines(slugs: Sequence[str] | None) -> Callable[[SimulatedEvent], bool]:
    """Return a function that tells whether an event is one of these pipelines, or of none."""
    wanted = None if slugs is None else frozenset(slugs)
    return lambda event: event.pipeline is None or wanted is None or event.pipeline in wanted


def _names(events: object) -> tuple[str, ...]:
    """Return the names of events that names and patterns mean.

    Raises:
        TypeError: they are a single text, or no texts.
        ConfigurationError: one matches no event.
    """
    given = texts_of("events", events, give="a list of names or patterns, such as ['build.finished', 'job.*']")
    known = tuple(matching_events("*"))
    for pattern in given:
        if not any(matching_events([pattern])):
            near = nearest(pattern, known)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(known)}"
            raise ConfigurationError(f"events: no event is called {pattern!r}; {hint}")
    return tuple(matching_events(given))
