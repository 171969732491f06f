"""Access: tokens, scopes, unknown routes and operations that are not simulated."""

from __future__ import annotations

import re
from operator import attrgetter

import httpx
import pytest
from buildkite_api.operations import OPERATIONS, Operation

from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.api.routes import HANDLERS
from tests.batches import batched

from .helpers import ORG, WEB, connect, create, refusal


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_a_token_is_needed(simulator: Simulator, token: str | None) -> None:
    with connect(simulator, token) as api:
        status, message = refusal(api.get("/v2/user"))
    assert (status, "token" in message) == (401, True)


def test_basic_authentication_is_no_token(simulator: Simulator) -> None:
    with connect(simulator, None, auth=("bkua_simulator", "")) as api:
        assert api.get("/v2/user").status_code == 401


def test_meta_needs_none(simulator: Simulator) -> None:
    with connect(simulator, None) as api:
        assert api.get("/v2/meta").json()["webhook_ips"]


def test_a_scope_that_is_missing_is_named() -> None:
    simulator = Simulator(scopes={"read_builds"})
    simulator.pipeline("web").job("test").build()
    with connect(simulator) as api:
        assert api.get(f"{WEB}/builds/1").status_code == 200
        status, message = refusal(api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"}))
        assert (status, "write_builds" in message) == (403, True)
        assert api.get(f"{ORG}/emojis").status_code == 200
        assert api.get("/v2/access-token").json()["scopes"] == ["read_builds"]


def test_the_webhook_url_needs_the_scope_to_write_pipelines(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test").build()
    simulator.add_token("bkua_reader", scopes={"read_builds", "read_pipelines"})
    with connect(simulator, "bkua_reader") as reader:
        for path, keys in ((WEB, ()), (f"{WEB}/builds/1", ("pipeline",))):
            seen = []
            for client in (api, reader, api):
                found = client.get(path).json()
                for key in keys:
                    found = found[key]
                seen.append(found["provider"]["webhook_url"])
            assert [bool(url) for url in seen] == [True, False, True]
        listed = reader.get(f"{WEB}/builds").json()[0]
        assert listed["pipeline"]["provider"]["webhook_url"] == ""


def test_a_provider_always_has_settings(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test").build()
    created = create(api)
    number = created["number"]
    pipelines = [
        api.get(WEB).json(),
        api.get(f"{ORG}/pipelines").json()[0],
        created["pipeline"],
        api.get(f"{WEB}/builds/{number}").json()["pipeline"],
        api.get(f"{WEB}/builds").json()[0]["pipeline"],
        api.put(f"{WEB}/builds/{number}/cancel").json()["pipeline"],
        api.put(f"{WEB}/builds/{number}/rebuild").json()["pipeline"],
    ]
    for pipeline in pipelines:
        settings = pipeline["provider"]["settings"]
        assert (settings["trigger_mode"], settings["repository"]) == ("code", "acme/web")
        for name in ("build_pull_request_forks", "build_tags", "publish_commit_status_per_step"):
            assert settings[name] is False


def test_a_token_can_expire_and_be_revoked(simulator: Simulator) -> None:
    simulator.add_token("bkua_short", expires_in=60)
    with connect(simulator, "bkua_short") as api:
        assert api.get("/v2/access-token").json()["expires_at"] == "2026-01-05T09:01:00.000Z"
        simulator.clock.sleep(60)
        assert api.get("/v2/access-token").status_code == 401
    with connect(simulator) as api:
        token = api.get("/v2/access-token").json()
        assert token["user"] == {"name": "Ada Byron", "email": "ada.byron@acme.example"}
        assert simulator.token not in str(token)
        assert api.delete("/v2/access-token").status_code == 204
        assert api.get("/v2/access-token").status_code == 401


def test_the_current_user(api: httpx.Client) -> None:
    user = api.get("/v2/user").json()
    assert set(user) == {"id", "graphql_id", "name", "email", "avatar_url", "created_at"}


def test_the_organization_and_its_emojis(simulator: Simulator, api: httpx.Client) -> None:
    listed = api.get("/v2/organizations").json()
    assert listed == [api.get(ORG).json()]
    assert listed[0]["pipelines_url"] == f"{simulator.base_url}{ORG}/pipelines"
    assert all(set(emoji) <= {"name", "url", "aliases"} for emoji in api.get(f"{ORG}/emojis").json())
    assert refusal(api.get("/v2/organizations/other")) == (404, "No organization found")


def test_unknown_routes_and_methods_are_not_found(api: httpx.Client) -> None:
    for path in ("/v2/nothing", "/v2", f"{ORG}/pipelines/web/odd", "/v2//user"):
        assert api.get(path).status_code == 404
    assert api.patch("/v2/user").status_code == 404


@batched(
    "operation", [each for each in OPERATIONS.values() if each.row not in HANDLERS], names=attrgetter("id"), tests=2
)
def test_what_is_not_simulated_says_so(operation: Operation, simulator: Simulator, api: httpx.Client) -> None:
    path = re.sub(r"{\w+}", "1", operation.path.replace("{org_slug}", "acme"))
    status, message = refusal(api.request(operation.method, path))
    said = (
        f"The simulator doesn't answer {operation.id} ({operation.summary}); in a test, "
        f"simulator.answer_next(operation={operation.call!r}, body=...) does. "
        "Its documentation lists what it answers: page Operations"
    )
    assert (status, message) == (501, said)
    assert simulator.requests[-1].operation == operation.id


def test_requests_are_recorded_without_tokens(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test")
    create(api)
    api.get("/v2/user", params={"access_token": "other"})
    api.get("/v2/nothing")
    first, second, third = simulator.requests
    assert (first.method, first.path, first.operation, first.status) == ("POST", f"{WEB}/builds", "create_build", 201)
    assert b'"branch"' in first.body
    assert first.headers["authorization"] == "[redacted]"
    assert second.query == (("access_token", "[redacted]"),)
    assert (third.operation, third.status) == (None, 404)
    assert "bkua_simulator" not in repr(simulator.requests)


def test_the_same_seed_gives_the_same_answers() -> None:
    def answers(seed: int) -> list[bytes]:
        simulator = Simulator(seed=seed)
        simulator.pipeline("web").job("test", artifacts={"a.txt": b"a"}).history(3)
        with connect(simulator) as api:
            create(api)
            simulator.clock.sleep(60)
            return [api.get(path).content for path in ("/v2/builds", ORG, f"{WEB}/builds/4/artifacts", "/v2/user")]

    assert answers(1) == answers(1)
    assert answers(1) != answers(2)
