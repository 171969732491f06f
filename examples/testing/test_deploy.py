"""Tests of a program that drives Buildkite: each outcome, what was asked, an outage, and a program of another library.

pytest examples/testing/test_deploy.py
"""

from __future__ import annotations

import httpx
import pytest

from buildkite_ext import BuildkiteClient, Outcome
from buildkite_ext.pytest_plugin import BuildkiteServer
from buildkite_ext.simulation import Fault, Simulator

PIPELINE = """
steps:
  - {label: Test, key: test, command: make test}
  - {block: Ship it?}
  - {label: Deploy, command: make deploy}
"""


def deploy(branch: str) -> str:
    """Deploy a branch, and tell how it went: the program under test."""
    with BuildkiteClient() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch=branch, message="Deploy")
        result = buildkite.builds.wait("web", build.number, timeout=3600)
    if result.passed:
        return "deployed"
    return f"not deployed: {result.outcome} {', '.join(str(job.name) for job in result.failed_jobs)}".rstrip()


@pytest.mark.buildkite_pipeline("web", PIPELINE)
def test_only_a_passed_build_is_deployed(buildkite_outcome: Outcome) -> None:
    assert (deploy("main") == "deployed") is (buildkite_outcome == "passed")


@pytest.mark.buildkite_pipeline("web", PIPELINE)
def test_the_job_that_failed_is_named(buildkite_simulator: Simulator) -> None:
    buildkite_simulator.pipeline("web").script("test", exit_status=1, after=90, log="boom\n")
    assert deploy("main") == "not deployed: failed Test"


@pytest.mark.buildkite_pipeline("web", outcome="passed")
def test_an_outage_creates_no_second_build(buildkite_simulator: Simulator) -> None:
    buildkite_simulator.faults.add(Fault("error", status=503, operation="builds.get", times=3))
    assert deploy("release") == "deployed"
    buildkite_simulator.assert_asked("builds.create", times=1, body={"branch": "release"})


@pytest.mark.buildkite_pipeline("web", outcome="failed")
def test_a_program_of_another_library(buildkite_server: BuildkiteServer) -> None:
    headers = {"Authorization": f"Bearer {buildkite_server.simulator.token}"}
    with httpx.Client(base_url=f"{buildkite_server.url}/v2/organizations/acme/pipelines/web", headers=headers) as api:
        number = api.post("/builds", json={"commit": "HEAD", "branch": "main"}).json()["number"]
        states = [api.get(f"/builds/{number}").json()["state"] for _ in range(3)]
    assert states[-1] == "failed"
