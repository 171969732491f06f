"""Sample bodies of webhooks, one for each event.

A sample holds responses of a simulated organization, in the form of webhooks: builds without their jobs and their pipeline,
and times such as `2026-05-28 20:16:40 UTC`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from ..clock import VirtualClock
from ..timestamps import format_time
from .api.request import SimRequest
from .behaviour.timing import Timing
from .clients import Simulator
from .deliveries.bodies import in_webhook_form, matching_events

__all__ = ["matching_events", "webhook_sample"]

_Json = dict[str, Any]

_LEAD = 600.0
"""Seconds before now at which the simulated organization begins."""


def webhook_sample(event: str, *, seed: int = 0, now: float | None = None) -> _Json:
    """Return the sample body of an event.

    Args:
        event: the event's name, one of `EVENTS`.
        seed: the seed of the identifiers in it.
        now: the time of the delivery, in seconds since the epoch. By default the current time.

    Raises:
        KeyError: the event doesn't exist.

    Example:
        >>> body = webhook_sample("build.finished", now=1_780_000_000)
        >>> body["event"], body["build"]["state"], body["build"]["created_at"], "jobs" in body["build"]
        ('build.finished', 'passed', '2026-05-28 20:16:40 UTC', False)
    """
    organization = _SampleOrganization(seed, time.time() if now is None else now)
    body: _Json = {"event": event, **_SAMPLES[event](organization)}
    if event != "workflow.alarm":  # Test Engine sends no sender
        body["sender"] = organization.sender
    return {key: in_webhook_form(value) for key, value in body.items()}


class _SampleOrganization:
    """Simulated organization with two pipelines.

    The pipeline `web` has two jobs, a block step, and a job behind it. The pipeline `api` has two jobs, and the first fails.
    """

    def __init__(self, seed: int, now: float) -> None:
        self._now = now
        self._clock = VirtualClock(now - _LEAD)
        self._simulator = Simulator(clock=self._clock, seed=seed, timing=Timing(pickup=2.0))
        self._pipeline("web", exit_status=0).block("Ship it?", key="ship").job("deploy", after=30)
        self._pipeline("api", exit_status=1)

    def _pipeline(self, slug: str, *, exit_status: int) -> Any:
        pipeline = self._simulator.pipeline(slug, name=slug.title(), skip_queued_branch_builds=True)
        return pipeline.job("lint", key="lint", exit_status=exit_status, after=20).job("tests", key="tests", after=60)

    @property
    def sender(self) -> _Json:
        user = self._get("user")
        return {"id": user["id"], "name": user["name"]}

    @property
    def organization(self) -> _Json:
        return self._get("organizations/acme")

    def build(self, pipeline: str, seconds: float, *, unblocked: bool = False) -> _Json:
        """Create a build and return it, with its jobs, as it is `seconds` later."""
        builds = f"organizations/acme/pipelines/{pipeline}/builds"
        build = self._request("POST", builds, {"commit": "HEAD", "branch": "main", "message": "Make the cart remember"})
        path = f"{builds}/{build['number']}"
        if unblocked:
            self._clock.advance(90)
            block = self._get(path)["jobs"][2]
            self._request("PUT", f"{path}/jobs/{block['id']}/unblock", {})
        self._clock.advance(seconds)
        return self._get(path)

    def skipped_build(self) -> _Json:
        """Return a build that was skipped because a newer one of its branch was created."""
        first = self.build("web", 0)
        self.build("web", 0)
        return self._get(f"organizations/acme/pipelines/web/builds/{first['number']}")

    def pipeline(self, slug: str) -> _Json:
        return self._get(f"organizations/acme/pipelines/{slug}")

    def agent(self, **changes: Any) -> _Json:
        self.build("web", 30)  # the simulator has agents only while jobs run
        agent: _Json = self._request("GET", "organizations/acme/agents")[-1]
        return {**agent, **changes}

    def cluster_token(self) -> _Json:
        cluster = self._request("GET", "organizations/acme/clusters")[0]
        digits = cluster["id"][::-1].replace("-", "")
        identifier = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        return {
            "id": identifier,
            "graphql_id": cluster["graphql_id"],
            "description": "Build machines",
            "allowed_ip_addresses": "192.0.2.0/24",
            "expires_at": None,
            "url": f"{cluster['url']}/tokens/{identifier}",
            "cluster_url": cluster["url"],
            "created_at": cluster["created_at"],
            "created_by": cluster["created_by"],
        }

    def time(self, seconds_ago: float) -> str:
        """Return a time of the past in the form of the REST API."""
        return format_time(self._now - seconds_ago)

    def _get(self, path: str) -> _Json:
        answered: _Json = self._request("GET", path)
        return answered

    def _request(self, method: str, path: str, body: _Json | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._simulator.token}", "Content-Type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        response = self._simulator.handle(SimRequest.of(method, f"/v2/{path}", headers=headers, body=content))
        assert response.status < 300, (method, path, response.status, response.body)
        return json.loads(response.body)


_Sample = Callable[[_SampleOrganization], _Json]


def _with_pipeline(organization: _SampleOrganization, build: _Json) -> _Json:
    """Return a build and its pipeline as webhooks have them, side by side."""
    slug = build["pipeline"]["slug"]
    alone = {key: value for key, value in build.items() if key not in ("jobs", "pipeline")}
    return {"build": alone, "pipeline": organization.pipeline(slug)}


def _build(pipeline: str, seconds: float, *, unblocked: bool = False) -> _Sample:
    return lambda organization: _with_pipeline(organization, organization.build(pipeline, seconds, unblocked=unblocked))


def _job(seconds: float, number: int = 0, *, unblocked: bool = False) -> _Sample:
    def sample(organization: _SampleOrganization) -> _Json:
        build = organization.build("web", seconds, unblocked=unblocked)
        return {"job": build["jobs"][number], **_with_pipeline(organization, build)}

    return sample


def _promised_exit_status(organization: _SampleOrganization) -> _Json:
    body = _job(50, 1)(organization)
    body["job"] |= {"promised_exit_status": 1, "promised_exit_status_at": organization.time(_LEAD - 45)}
    return {**body, "promised_exit_status_reason": "a test failed, the others go on"}


def _agent(state: str, *times: str) -> _Sample:
    return lambda organization: {
        "agent": organization.agent(connection_state=state, **dict.fromkeys(times, organization.time(1)))
    }


def _blocked_agent(organization: _SampleOrganization) -> _Json:
    disconnected_at = organization.time(1)
    agent = organization.agent(
        connection_state="disconnected", ip_address="198.51.100.7", disconnected_at=disconnected_at
    )
    return {"blocked_ip": "198.51.100.7", "agent": agent, "cluster_token": organization.cluster_token()}


def _blocked_registration(organization: _SampleOrganization) -> _Json:
    return {"blocked_ip": "198.51.100.7", "cluster_token": organization.cluster_token()}


def _package(organization: _SampleOrganization) -> _Json:
    owner = organization.organization
    registry = f"{owner['url'].replace('/organizations/', '/packages/organizations/')}/registries/wheels"
    identifier = owner["id"]
    package = {
        "id": identifier,
        "url": f"{registry}/packages/{identifier}",
        "web_url": f"{owner['web_url']}/packages/registries/wheels/{identifier}",
        "name": "web-1.4.2-py3-none-any.whl",
        "version": "1.4.2",
        "created_at": organization.time(1),
        "metadata": {"name": "web", "version": "1.4.2", "requires_python": ">=3.11"},
        "organization": {key: owner[key] for key in ("id", "slug", "url", "web_url")},
        "registry": {"id": identifier, "graphql_id": owner["graphql_id"], "slug": "wheels", "url": registry},
    }
    return {"package": package}


def _ping(organization: _SampleOrganization) -> _Json:
    owner = organization.organization
    settings = {"url": "https://hooks.example/buildkite"}
    return {"service": {"id": owner["id"], "provider": "webhook", "settings": settings}, "organization": owner}


def _alarm(organization: _SampleOrganization) -> _Json:
    owner = organization.organization
    suite = f"{owner['web_url'].replace('/acme', '/organizations/acme')}/analytics/suites/web"
    identifier = owner["id"]
    return {
        "subject": {"type": "test", "name": "the cart remembers", "url": f"{suite}/tests/{identifier}"},
        "workflow_id": identifier,
        "workflow_url": f"{suite}/workflows/{identifier}",
        "workflow_event": {"type": "transition_count"},
    }


_SAMPLES: dict[str, _Sample] = {
    "build.scheduled": _build("web", 0),
    "build.running": _build("web", 10),
    "build.failing": _build("api", 40),
    "build.finished": _build("web", 120, unblocked=True),
    "build.skipped": lambda organization: _with_pipeline(organization, organization.skipped_build()),
    "job.scheduled": _job(1),
    "job.started": _job(10),
    "job.finished": _job(30),
    "job.activated": _job(0, 2, unblocked=True),
    "job.promised_exit_status": _promised_exit_status,
    "agent.connected": _agent("connected"),
    "agent.lost": _agent("lost", "lost_at"),
    "agent.disconnected": _agent("disconnected", "disconnected_at"),
    "agent.stopping": _agent("stopping"),
    "agent.stopped": _agent("stopped", "stopped_at"),
    "agent.blocked": _blocked_agent,
    "cluster_token.registration_blocked": _blocked_registration,
    "package.created": _package,
    "ping": _ping,
    "workflow.alarm": _alarm,
}
