"""A state that this version doesn't know is sent, and its caller is warned once, at the line that gave it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from buildkite_api.api.builds import list_builds

import buildkite_ext
from buildkite_ext import UnknownNameWarning

from .fakes import App, Flavor, answer, body_of, build

Send = Callable[[Any, Flavor], Awaitable[object]]

SENT: dict[str, tuple[Send, str]] = {
    "builds.list": (lambda client, flavor: flavor.list(client.builds.list("web", state="faild")), "'failed'"),
    "builds.list of all pipelines": (
        lambda client, flavor: flavor.list(client.builds.list(state=["passed", "faild"])),
        "'failed'",
    ),
    "builds.list_all": (lambda client, flavor: flavor.list(client.builds.list_all(state="cancelled")), "'canceled'"),
    "pipelines.builds": (
        lambda client, flavor: flavor.list(client.pipelines.builds("web", state="runing")),
        "'running'",
    ),
    "builds.get": (
        lambda client, flavor: flavor.call(client.builds.get, "web", 7, job_states="timedout"),
        "'timed_out'",
    ),
    "artifacts.list": (
        lambda client, flavor: flavor.list(client.artifacts.list("web", 7, state="finishd")),
        "'finished'",
    ),
    "test_engine.tests.list": (
        lambda client, flavor: flavor.list(client.test_engine.tests.list("suite", state="mutd")),
        "'muted'",
    ),
    "iterate": (
        lambda client, flavor: flavor.list(client.iterate(list_builds, state=["faild"])),
        "'failed'",
    ),
    "jobs.list": (lambda client, flavor: flavor.list(client.jobs.list("web", 7, state=["brokn"])), "'broken'"),
    "builds.retry_failed_jobs": (
        lambda client, flavor: flavor.call(client.builds.retry_failed_jobs, "web", 7, states="soft-failed"),
        "'soft_failed'",
    ),
}


def app() -> App:
    """Return a server of empty lists and of build 7."""

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/jobs"):
            return answer({"items": [], "links": {}})
        listed = not request.url.path.endswith(("/7", "/retry_failed_jobs"))
        return answer([] if listed else build(7))

    return App(serve)


@pytest.mark.parametrize("method", SENT)
async def test_a_mistyped_state_is_warned_about_and_sent(flavor: Flavor, method: str) -> None:
    send, near = SENT[method]
    server = app()
    with pytest.warns(UnknownNameWarning, match=rf"did you mean {near}\?$") as caught:
        await send(flavor.client(server), flavor)
    assert len(caught) == 1
    assert Path(caught[0].filename).parent == Path(__file__).parent  # the caller, or the fake that calls for it
    assert len(server.requests) == 1


async def test_it_is_sent_as_it_was_given(flavor: Flavor) -> None:
    server = app()
    with pytest.warns(UnknownNameWarning):
        await flavor.list(flavor.client(server).builds.list("web", state=["faild", "passed"]))
    assert [value for name, value in server.requests[0].url.params.multi_items() if "state" in name] == [
        "faild",
        "passed",
    ]
    server = app()
    with pytest.warns(UnknownNameWarning):
        await flavor.call(flavor.client(server).builds.retry_failed_jobs, "web", 7, states=["tomorrow"])
    assert body_of(server.requests[0]) == {"states": "tomorrow"}


async def test_each_name_is_warned_about_once(flavor: Flavor) -> None:
    with pytest.warns(UnknownNameWarning) as caught:
        await flavor.list(flavor.client(app()).builds.list("web", state=["faild", "x", "faild"]))
    assert [str(each.message) for each in caught] == [
        "this version doesn't know the state 'faild'; did you mean 'failed'?",
        "this version doesn't know the state 'x'",
    ]


async def test_known_states_are_not_warned_about(flavor: Flavor) -> None:
    client = flavor.client(app())
    await flavor.list(client.builds.list("web", state=["creating", "finished", "not_run"]))
    await flavor.call(client.builds.get, "web", 7, job_states=["waiting_failed", "limited"])


async def test_a_loop_is_warned_once_and_the_warning_can_be_turned_off(flavor: Flavor) -> None:
    client = flavor.client(app())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            await flavor.list(client.builds.list("web", state="faild"))
    assert len(caught) == 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", category=buildkite_ext.UnknownNameWarning)
        await flavor.list(client.builds.list("web", state="faild"))
    assert caught == []


async def test_where_warnings_are_errors_it_is_one_of_the_public_category(flavor: Flavor) -> None:
    server = app()
    with pytest.raises(UnknownNameWarning, match="'faild'"):
        await flavor.list(flavor.client(server).builds.list("web", state="faild"))
    assert server.requests == []
    assert issubclass(UnknownNameWarning, UserWarning)


@pytest.mark.parametrize("service", ["builds", "jobs", "pipelines"])
def test_editors_can_offer_the_names(service: str) -> None:
    with buildkite_ext.BuildkiteClient("acme", token="bkua_x") as client:
        method = client.pipelines.builds if service == "pipelines" else getattr(client, service).list
        assert "StateName | str" in str(inspect.signature(method).parameters["state"].annotation)
