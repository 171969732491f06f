"""Webhooks of notification services that requests have created: what each gets, and where it is received."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ..state.integrations import NotificationService
from ..state.organization import Organization
from .bodies import SimulatedEvent
from .endpoints import BlockingReceiver, Receive, WebhookEndpoint, WebhookEndpoints
from .plan import Deliveries
from .sender import is_here

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ServiceWebhooks"]


class ServiceWebhooks:
    """Webhooks of the notification services of an organization.

    A service gets the events that its `events` name, of the pipelines of its scope and of its branches. Neither of these
    restricts events of agents, which have no pipeline. A service that is disabled gets nothing.

    The documentation doesn't say what happens in these cases; the choices are:

    - `build_states` restrict no webhook: its `events` do.
    - A service is pinged when it is created and when it is changed, whatever its `events` are.

    Args:
        organization: the organization.
        endpoints: send the deliveries.
    """

    def __init__(self, organization: Organization, endpoints: WebhookEndpoints) -> None:
        self._organization = organization
        self._endpoints = endpoints
        self._known: dict[str, WebhookEndpoint] = {}
        self._receivers: dict[str, tuple[str | BlockingReceiver | Receive, Deliveries]] = {}

    def receive(self, url: str, to: str | BlockingReceiver | Receive, deliveries: Deliveries) -> None:
        """Let something in this process, or another URL, receive what services send to a URL."""
        self._receivers[url] = to, deliveries
        for endpoint in self._known.values():
            self._follow(endpoint, self._organization.notification_services[endpoint.id])

    def changed(self, service: NotificationService, action: str) -> None:
        """Take over a change of a service: it was `created`, `updated`, `enabled`, `disabled` or `deleted`."""
        endpoint = self._known.get(service.id)
        if action == "deleted":
            if endpoint is not None:
                del self._known[service.id]
                self._endpoints.remove(endpoint)
            return
        if endpoint is None:
            endpoint = self._known[service.id] = self._endpoints.of_service(service.id, self._takes(service))
        self._follow(endpoint, service)
        if action in ("created", "updated") and service.enabled:
            self._endpoints.plan_ping(endpoint)

    def _follow(self, endpoint: WebhookEndpoint, service: NotificationService) -> None:
        """Give an endpoint the settings of its service."""
        url, token = _text(service.settings, "url"), _text(service.settings, "token")
        signed = service.settings.get("token_mode") == "signature"
        events = service.settings.get("events")
        to, plan = self._receivers.get(url, (url if is_here(url) else _nobody(url), Deliveries()))
        endpoint.enabled = service.enabled
        endpoint.settle(
            url=url,
            to=to,
            plan=plan,
            events=frozenset(each for each in events if isinstance(each, str))
            if isinstance(events, list)
            else frozenset(),
            secret=token if signed else None,
            token=None if signed else token,
            branches=service.branch_configuration or None,
            verify=service.settings.get("tls_verify") is not False,
        )

    def _takes(self, service: NotificationService) -> Callable[[SimulatedEvent], bool]:
        return lambda event: event.pipeline is None or service.scope == "all" or event.pipeline in self._slugs(service)

    def _slugs(self, service: NotificationService) -> Collection[str]:
        """Return the slugs of the pipelines of a service's scope."""
        wanted, organization = set(service.scope_uuids), self._organization
        if service.scope == "some_teams":
            teams = (organization.teams[each] for each in wanted if each in organization.teams)
            return {access.pipeline.slug for team in teams for access in team.pipelines.values()}
        clusters = service.scope == "some_clusters"
        pipelines = organization.pipelines.values()
        return {each.slug for each in pipelines if (each.cluster_id if clusters else each.id) in wanted}


def _text(settings: Mapping[str, object], name: str) -> str:
    return str(settings.get(name) or "")


def _nobody(url: str) -> Receive:
    """Return the receiver of a URL that nothing stands for: the simulator sends nothing to other computers."""

    def refuse(_: bytes, __: Mapping[str, str]) -> int:
        raise ConnectionError(f"nothing receives {url!r} here: give simulator.webhook_receiver({url!r}, to)")

    return refuse
