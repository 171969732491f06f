"""Requests that many tests send."""

from __future__ import annotations

from typing import Any

import httpx

from buildkite_ext.simulation import Simulator

ORG = "/v2/organizations/acme"
WEB = f"{ORG}/pipelines/web"


def connect(simulator: Simulator, token: str | None = "bkua_simulator", **options: Any) -> httpx.Client:
    """Return a client of the API."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(transport=simulator.transport(), base_url=simulator.base_url, headers=headers, **options)


def create(api: httpx.Client, pipeline: str = "web", **body: Any) -> Any:
    """Create a build."""
    response = api.post(f"{ORG}/pipelines/{pipeline}/builds", json={"commit": "HEAD", "branch": "main", **body})
    assert response.status_code == 201, response.text
    return response.json()


def build(api: httpx.Client, number: int = 1, pipeline: str = "web", **query: Any) -> Any:
    """Return a build."""
    response = api.get(f"{ORG}/pipelines/{pipeline}/builds/{number}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def jobs(api: httpx.Client, number: int = 1, pipeline: str = "web", **query: Any) -> dict[str, Any]:
    """Return the jobs of a build by name or label."""
    found = build(api, number, pipeline, **query)["jobs"]
    return {job.get("name") or job.get("label") or job["type"]: job for job in found}


def job_path(job: dict[str, Any], number: int = 1) -> str:
    """Return the path of a job that contains its build."""
    return f"{WEB}/builds/{number}/jobs/{job['id']}"


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Return the status and the message of an error."""
    return response.status_code, response.json()["message"]
