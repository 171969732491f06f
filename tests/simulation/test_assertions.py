"""Assertions about what was asked: what holds, and what the message says where it doesn't."""

from __future__ import annotations

from typing import Any

import pytest

from buildkite_ext.simulation import Simulator

from .helpers import WEB, connect


@pytest.fixture
def asked() -> Simulator:
    simulator = Simulator()
    simulator.pipeline("web").job("test", after=600)
    with simulator.client() as buildkite:
        build = buildkite.builds.create(
            "web", commit="HEAD", branch="dev", env={"A": "1", "B": "2"}, meta_data={"release": "1.4"}
        )
        buildkite.builds.wait("web", build.number)
        buildkite.builds.list("web", state=["failed", "passed"], branch="main", per_page=5).first()
    return simulator


def test_what_was_asked_for_passes(asked: Simulator) -> None:
    asked.assert_asked("builds.create")
    asked.assert_asked("create_build", times=1, path=f"{WEB}/builds")
    asked.assert_asked("builds.create", path="*/web/*", body={"branch": "dev", "env": {"A": "1"}})
    asked.assert_asked("builds.list", times=1, query={"per_page": 5, "state": ["passed", "failed"], "branch": "main"})
    asked.assert_asked("builds.cancel", times=0)
    asked.assert_asked("builds.create", times=0, body={"branch": "main"})
    asked.assert_calls(["builds.create", "builds.get", "builds.list"])


def message(simulator: Simulator, call: str, **expected: Any) -> str:
    with pytest.raises(AssertionError) as raised:
        simulator.assert_asked(call, **expected)
    return str(raised.value)


def test_a_difference_names_each_value_that_differs(asked: Simulator) -> None:
    said = message(
        asked,
        "builds.create",
        body={"branch": "main", "env": {"A": "1", "B": "3", "C": "4"}, "author": {"name": "Ada"}},
    )
    first, request, *differences, counted = said.splitlines()
    assert first == "builds.create was asked for once, but not with what was expected:"
    assert request == f"  POST {WEB}/builds -> 201"
    assert differences == [
        "    body['branch'] was 'dev', not 'main'",
        "    body['env']['B'] was '2', not '3'",
        "    body['env']['C'] was missing, not '4'",
        "    body['author'] was missing, not {'name': 'Ada'}",
    ]
    assert counted.startswith("Asked for in all: builds.create, builds.get × ")


def test_a_difference_of_the_query_and_of_the_path(asked: Simulator) -> None:
    said = message(asked, "builds.list", path="*/api/*", query={"per_page": 30, "creator": "ada", "state": "passed"})
    assert f"the path was {WEB}/builds, not */api/*" in said
    assert "query['per_page'] was '5', not '30'" in said
    assert "query['creator'] was missing, not 'ada'" in said
    assert "query['state'] was ['failed', 'passed'], not 'passed'" in said


def test_what_was_never_asked_for(asked: Simulator) -> None:
    assert message(asked, "builds.cancel").startswith(
        "builds.cancel wasn't asked for.\nAsked for in all: builds.create,"
    )
    assert message(Simulator(), "builds.cancel").endswith("Asked for in all: nothing")


def test_another_number_shows_the_requests(asked: Simulator) -> None:
    assert "builds.create was asked for once with what was expected, not twice:" in message(
        asked, "builds.create", times=2
    )
    assert (
        f"builds.create was asked for once with what was expected, not never:\n  POST {WEB}/builds -> 201"
        in message(asked, "builds.create", times=0)
    )
    said = message(asked, "builds.get", times=3)
    assert said.count("-> 200") == 5
    assert "  and " in said


def test_a_body_that_is_not_json_and_a_boolean_that_is_not_a_number() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with connect(simulator) as api:
        api.post(f"{WEB}/builds", content=b"\x00")
        assert "the body wasn't JSON, but 1 bytes" in message(simulator, "builds.create", body={"branch": "main"})
        api.post(
            f"{WEB}/builds", json={"commit": "HEAD", "branch": "main", "clean_checkout": True, "list": [1, {"a": 2}]}
        )
    simulator.assert_asked("builds.create", body={"clean_checkout": True, "list": [1, {"a": 2}]})
    assert "body['clean_checkout'] was True, not 1" in message(simulator, "builds.create", body={"clean_checkout": 1})
    assert "body['list'][1]['a'] was 2, not 3" in message(simulator, "builds.create", body={"list": [1, {"a": 3}]})
    assert "body['list'] was [1, {'a': 2}], not [1]" in message(simulator, "builds.create", body={"list": [1]})


def test_another_order_is_shown_as_a_difference(asked: Simulator) -> None:
    with pytest.raises(AssertionError) as raised:
        asked.assert_calls(["builds.create", "builds.cancel", "builds.list"])
    assert str(raised.value).splitlines() == [
        "Other calls were asked for (- expected, + asked):",
        "    builds.create",
        "  - builds.cancel",
        "  + builds.get",
        "    builds.list",
    ]


def test_no_token_gets_into_a_message() -> None:
    simulator = Simulator(token="bkua_secret0123")
    with connect(simulator, token=None) as api:
        api.get("/v2/user", params={"access_token": "bkua_secret0123"})
    said = message(simulator, "user.get", query={"page": 1})
    assert "/v2/user" in said
    assert "secret0123" not in said


@pytest.mark.parametrize(
    ("expected", "kind", "said"),
    [
        ({"call": "builds.creat"}, ValueError, "builds.create"),
        ({"call": "builds.get", "times": -1}, ValueError, "times"),
        ({"call": "builds.get", "body": "main"}, TypeError, "body: give a map"),
        ({"call": "builds.get", "query": ["a"]}, TypeError, "query: give a map"),
        ({"call": "builds.get", "path": 1}, TypeError, "path"),
    ],
)
def test_a_wrong_assertion_is_an_error_of_its_own(expected: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        Simulator().assert_asked(**expected)


def test_wrong_calls_are_an_error_of_their_own() -> None:
    with pytest.raises(TypeError, match="calls"):
        Simulator().assert_calls("builds.get")
    with pytest.raises(ValueError, match=r"builds\.get"):
        Simulator().assert_calls(["builds.gett"])
    with pytest.raises(AttributeError, match="assert_asked"):
        Simulator().assert_called("builds.get")  # type: ignore[attr-defined]  # the wrong name is what is tested
