"""Deliveries as Buildkite sends them, for tests."""

from __future__ import annotations

import json
from typing import Any

from buildkite_ext.webhooks import sign

SECRET = "s3cret"
NOW = 1_780_000_000.0


def build_body(event: str = "build.finished", *, number: int = 1, **build: Any) -> bytes:
    """Return a small body of a build's event, in the form that webhooks have."""
    return json.dumps(
        {
            "event": event,
            "build": {
                "id": f"018f-{number}",
                "url": f"https://api.buildkite.test/v2/organizations/acme/pipelines/web/builds/{number}",
                "web_url": f"https://buildkite.test/acme/web/builds/{number}",
                "number": number,
                "state": "failed",
                "blocked": False,
                "branch": "main",
                "message": "Nightly",
                "created_at": "2026-05-09 21:05:59 UTC",
                "finished_at": "2026-05-09 21:15:59 UTC",
                **build,
            },
            "pipeline": {"id": "018f-web", "slug": "web", "name": "Web"},
            "sender": {"id": "018f-ann", "name": "Ann"},
        }
    ).encode()


def job_body(event: str = "job.finished", *, pipeline: str = "web", branch: str = "main", **job: Any) -> bytes:
    body = json.loads(build_body(branch=branch))
    body["event"] = event
    body["pipeline"]["slug"] = pipeline
    body["job"] = {"id": "018f-job", "type": "script", "state": "failed", "name": "test", **job}
    return json.dumps(body).encode()


def agent_body(event: str = "agent.lost", **agent: Any) -> bytes:
    return json.dumps({"event": event, "agent": {"id": "0b46", "name": "mac-1", "url": "https://x", **agent}}).encode()


PING = b'{"event": "ping", "service": {"id": "4980", "provider": "webhook", "settings": {"url": "https://x.test"}}}'


def signed(body: bytes, *, secret: str = SECRET, at: float = NOW, **more: str) -> dict[str, str]:
    """Return the headers of a signed delivery."""
    return {
        "Host": "hooks.test",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Buildkite-Event": json.loads(body)["event"],
        "X-Buildkite-Signature": sign(body, secret, now=lambda: at),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
