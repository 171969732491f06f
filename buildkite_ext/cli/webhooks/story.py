"""What samples tell of: an organization of the embedded simulator, and what happens in it."""

from __future__ import annotations

import json
from typing import Any

from ...simulation import SimRequest, Simulator, Timing, VirtualClock
from ...simulation.times import written

Json = dict[str, Any]

EARLIER = 600.0
"""Seconds before now at which the story begins."""


class Story:
    """An organization whose pipeline `web` has two jobs, a block step, and a job behind it."""

    def __init__(self, seed: int, now: float) -> None:
        self._now = now
        self._clock = VirtualClock(now - EARLIER)
        self._simulator = Simulator(clock=self._clock, seed=seed, timing=Timing(pickup=2.0))
        self._pipeline("web", exit_status=0).block("Ship it?", key="ship").job("deploy", after=30)
        self._pipeline("api", exit_status=1)

    def _pipeline(self, slug: str, *, exit_status: int) -> Any:
        pipeline = self._simulator.pipeline(slug, name=slug.title(), skip_queued_branch_builds=True)
        return pipeline.job("lint", key="lint", exit_status=exit_status, after=20).job("tests", key="tests", after=60)

    @property
    def sender(self) -> Json:
        user = self._get("/v2/user")
        return {"id": user["id"], "name": user["name"]}

    @property
    def organization(self) -> Json:
        return _object(self._get("/v2/organizations/acme"))

    def build(self, pipeline: str, after: float, *, unblocked: bool = False) -> Json:
        """A build so many seconds after its creation, the jobs within."""
        builds = f"/v2/organizations/acme/pipelines/{pipeline}/builds"
        asked = {"commit": "HEAD", "branch": "main", "message": "Make the cart remember"}
        build = self._ask("POST", builds, asked)
        if unblocked:
            self._clock.advance(90)
            blocked = self._get(f"{builds}/{build['number']}")["jobs"][2]
            self._ask("PUT", f"{builds}/{build['number']}/jobs/{blocked['id']}/unblock", {})
        self._clock.advance(after)
        return _object(self._get(f"{builds}/{build['number']}"))

    def skipped(self) -> Json:
        """A build that a newer one of its branch took the place of."""
        first = self.build("web", 0)
        self.build("web", 0)
        return _object(self._get(f"/v2/organizations/acme/pipelines/web/builds/{first['number']}"))

    def pipeline(self, slug: str) -> Json:
        return _object(self._get(f"/v2/organizations/acme/pipelines/{slug}"))

    def agent(self, **more: Any) -> Json:
        self.build("web", 30)  # an agent of the simulator works
        agent: Json = self._get("/v2/organizations/acme/agents")[-1]
        return {**agent, **more}

    def cluster_token(self) -> Json:
        cluster = self._get("/v2/organizations/acme/clusters")[0]
        token_id = cluster["id"][::-1].replace("-", "")
        identifier = "-".join((token_id[:8], token_id[8:12], token_id[12:16], token_id[16:20], token_id[20:]))
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

    def at(self, ago: float) -> str:
        """An hour of the past, as REST has it."""
        return written(self._now - ago)

    def _get(self, path: str) -> Any:
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: Json | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._simulator.token}", "Content-Type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        response = self._simulator.handle(SimRequest.of(method, path, headers=headers, body=content))
        assert response.status < 300, (method, path, response.status, response.body)
        return json.loads(response.body)


def _object(value: Any) -> Json:
    assert isinstance(value, dict)
    return value
