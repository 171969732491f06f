"""Faults: error answers and dropped connections."""

from __future__ import annotations

import httpx
import pytest

from buildkite_ext.simulation import Simulator

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


@pytest.mark.parametrize("operation", ["creat_build", "builds.create", ""])
def test_a_fault_of_an_operation_that_does_not_exist_is_refused(operation: str) -> None:
    simulator = Simulator()
    for add in (simulator.fail_next, simulator.drop_next):
        with pytest.raises(ValueError, match="there is no such operation"):
            add(operation=operation)
    with pytest.raises(ValueError, match="did you mean 'create_build'"):
        simulator.fail_next(operation="creat_build")
