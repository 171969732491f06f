"""Faults: error answers and dropped connections."""

from __future__ import annotations

import re

import httpx
import pytest

from buildkite_ext import ApiError, BuildkiteClient, ConfigurationError
from buildkite_ext.simulation import Fault, Simulator

from .helpers import WEB, create


def test_the_next_requests_fail_and_do_not_act(simulator: Simulator, api: httpx.Client) -> None:
    web = simulator.pipeline("web").job("test")
    simulator.fail_next(times=2)
    body = {"commit": "HEAD", "branch": "main"}
    assert [api.post(f"{WEB}/builds", json=body).status_code for _ in range(3)] == [503, 503, 201]
    assert len(web.builds) == 1
    assert [request.status for request in simulator.requests] == [503, 503, 201]


def test_a_fault_may_be_for_one_operation(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", log="a\n")
    simulator.fail_next(operation="get_build_job_log", status=500)
    job = create(api)["jobs"][0]
    assert api.get(f"{WEB}/builds/1").status_code == 200
    assert api.get(f"{WEB}/builds/1/jobs/{job['id']}/log.txt").status_code == 500
    assert api.get(f"{WEB}/builds/1/jobs/{job['id']}/log.txt").status_code == 200


def test_the_answer_is_as_it_is_asked_for(simulator: Simulator, api: httpx.Client) -> None:
    simulator.fail_next(status=502, body=b"<html>Bad Gateway</html>", headers={"Retry-After": "3"})
    response = api.get("/v2/user")
    assert (response.status_code, response.text, response.headers["Retry-After"]) == (
        502,
        "<html>Bad Gateway</html>",
        "3",
    )
    assert response.headers["Content-Type"].startswith("text/html")
    simulator.fail_next(status=599, body={"message": "odd"}, headers={"content-type": "text/plain"})
    response = api.get("/v2/user")
    assert (response.json(), response.headers.get_list("Content-Type")) == ({"message": "odd"}, ["text/plain"])
    simulator.fail_next(status=503)
    assert api.get("/v2/user").json() == {"message": "Service Unavailable"}
    simulator.fail_next(status=429, headers={"RateLimit-Reset": "7"})
    assert api.get("/v2/user").headers.get_list("RateLimit-Reset") == ["7"]


def test_a_connection_breaks_before_or_after_acting(simulator: Simulator, api: httpx.Client) -> None:
    web = simulator.pipeline("web").job("test")
    simulator.drop_next()
    with pytest.raises(httpx.ConnectError):
        create(api)
    assert web.builds == []
    simulator.drop_next(after_acting=True)
    with pytest.raises(httpx.ReadError):
        create(api)
    assert len(web.builds) == 1
    assert [request.status for request in simulator.requests] == [None, None]
    create(api)


def test_a_fault_affects_at_least_one_request(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="times"):
        simulator.fail_next(times=0)


@pytest.mark.parametrize("path", ["builds", "v2/organizations/acme/builds", "", "pipelines/*"])
def test_a_path_that_no_request_has_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"each path begins with '/'.* such as '\*"):
        Fault("error", path=path)


@pytest.mark.parametrize("operation", ["creat_build", "builds.crate", "unblok", ""])
def test_a_fault_of_an_operation_that_does_not_exist_is_refused(operation: str) -> None:
    simulator = Simulator()
    for add in (simulator.fail_next, simulator.drop_next):
        with pytest.raises(ValueError, match="there is no such operation"):
            add(operation=operation)


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ("creat_build", "did you mean 'create_build' (builds.create)"),
        ("builds.crate", "did you mean 'builds.create'"),
        ("jobs.unblok", "did you mean 'jobs.unblock'"),
        ("jobs_unblock", "did you mean 'jobs.unblock' or 'unblock_job' (jobs.unblock_by_id)?"),
        ("unblock", "did you mean 'unblock_job' (jobs.unblock_by_id) or 'jobs.unblock'?"),
        ("§", "The page Operations of the documentation lists them"),
    ],
)
def test_an_unknown_operation_is_answered_with_the_nearest_of_both_forms(operation: str, said: str) -> None:
    for add in (Simulator().fail_next, Simulator().drop_next, Simulator().answer_next):
        with pytest.raises(ValueError, match=re.escape(said)) as caught:
            add(operation=operation)
        assert ".md" not in str(caught.value)


def send(client: BuildkiteClient, call: str) -> None:
    """Call a method of the client, on a build that is blocked."""
    job = client.builds.get("web", 1).jobs[-1].id
    assert isinstance(job, str)
    test = str(client.builds.get("web", 1).jobs[0].id)
    {
        "builds.create": lambda: client.builds.create("web", commit="HEAD", branch="main"),
        "builds.list": lambda: client.builds.list("web").all(),
        "jobs.unblock": lambda: client.jobs.unblock("web", 1, job, fields={"version": "1"}),
        "jobs.unblock_by_id": lambda: client.jobs.unblock_by_id(job, fields={"version": "1"}),
        "jobs.log_text": lambda: client.jobs.log_text("web", 1, test),
        "agents.list": lambda: client.agents.list().all(),
        "pipelines.get": lambda: client.pipelines.get("web"),
    }[call]()


@pytest.mark.parametrize(
    "call",
    [
        "builds.create",
        "builds.list",
        "jobs.unblock",
        "jobs.unblock_by_id",
        "jobs.log_text",
        "agents.list",
        "pipelines.get",
    ],
)
def test_a_fault_is_for_the_method_of_the_client(simulator: Simulator, call: str) -> None:
    simulator.pipeline("web").job("test", log="a\n").block("Ship?", ["version"]).history(1)
    simulator.fail_next(status=418, operation=call)
    with simulator.client() as client:
        with pytest.raises(ApiError, match="418"):
            send(client, call)
        assert (simulator.requests[-1].call, simulator.requests[-1].status) == (call, 418)
        send(client, call)
    sent = [request for request in simulator.requests if request.call == call]
    assert [request.status == 418 for request in sent] == [True, False]
    assert len({request.operation for request in sent}) == 1


def test_a_fault_of_a_twin_leaves_the_other_alone(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test").block("Ship?", ["version"]).history(1)
    simulator.fail_next(operation="unblock_job", status=418)
    with simulator.client() as client:
        send(client, "jobs.unblock")
        with pytest.raises(ApiError, match="418"):
            send(client, "jobs.unblock_by_id")


@pytest.mark.parametrize("status", [200, 302, 399])
def test_an_answer_that_is_no_error_is_another_method(simulator: Simulator, api: httpx.Client, status: int) -> None:
    with pytest.raises(ValueError, match=f"status={status}: give a status from 400 to 599; answer_next gives other"):
        simulator.fail_next(status=status)
    simulator.answer_next(status=status, body={"id": 5}, operation="user.get")
    answer = api.get("/v2/user")
    assert (answer.status_code, answer.json()) == (status, {"id": 5})
    assert api.get("/v2/user").json()["name"] == "Ada Byron"


def test_a_request_outside_the_api_has_no_method(simulator: Simulator, api: httpx.Client) -> None:
    api.get("/v2/nothing")
    assert (simulator.requests[-1].operation, simulator.requests[-1].call) == (None, None)
