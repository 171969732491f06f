"""Rate limits of the organization and of users: headers, and refused requests."""

from __future__ import annotations

import httpx

from buildkite_ext.simulation import Simulator

from .helpers import ORG, connect


def limits(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("ratelimit-")}


def test_every_answer_has_both_families_of_headers(simulator: Simulator, api: httpx.Client) -> None:
    with connect(simulator, None) as nobody:
        for response in (api.get("/v2/user"), api.get("/v2/none"), nobody.get("/v2/meta"), nobody.get("/v2/user")):
            assert {name.removeprefix("ratelimit-") for name in limits(response)} == {
                "scope", "limit", "remaining", "reset", "user-scope", "user-limit", "user-remaining", "user-reset",
            }  # fmt: skip
    assert limits(response)["ratelimit-scope"] == "rest"
    assert limits(response)["ratelimit-user-scope"] == "rest_user"


def test_the_user_runs_out_first_and_gets_a_new_window_after_a_minute() -> None:
    simulator = Simulator(rate_limit=200, user_rate_limit=2)
    with connect(simulator) as api:
        api.get("/v2/user")
        simulator.clock.sleep(20)
        last = api.get("/v2/user")
        assert (last.status_code, last.headers["RateLimit-User-Remaining"]) == (200, "0")
        assert "RateLimit-User-Warning" in last.headers
        assert "RateLimit-Warning" not in last.headers
        refused = api.get("/v2/user")
        assert refused.status_code == 429
        body = refused.json()
        assert "40 seconds" in body.pop("message")
        assert body == {"scope": "rest_user", "limit": 2, "current": 3, "reset": 40}
        assert refused.headers["RateLimit-User-Reset"] == "40"
        assert "Retry-After" not in refused.headers
        simulator.clock.sleep(40)
        assert api.get("/v2/user").headers["RateLimit-User-Remaining"] == "1"


def test_users_have_windows_of_their_own_and_share_the_organizations() -> None:
    simulator = Simulator(rate_limit=3, user_rate_limit=2)
    simulator.add_token("bkua_grace", user="Grace Hopper")
    with connect(simulator) as ada, connect(simulator, "bkua_grace") as grace:
        assert [ada.get("/v2/user").status_code for _ in range(2)] == [200, 200]
        assert grace.get("/v2/user").headers["RateLimit-Remaining"] == "0"
        refused = grace.get("/v2/user")
        assert (refused.status_code, refused.json()["scope"]) == (429, "rest")
        simulator.clock.sleep(60)
        usage = grace.get(f"{ORG}/rate_limit").json()["scopes"]["rest"]
        assert (usage["limit"], usage["current"], usage["reset"]) == (3, 1, 60)


def test_a_refused_request_does_not_act() -> None:
    simulator = Simulator(user_rate_limit=0)
    simulator.pipeline("web").job("test")
    with connect(simulator) as api:
        response = api.post(f"{ORG}/pipelines/web/builds", json={"commit": "HEAD", "branch": "main"})
    assert response.status_code == 429
    assert simulator.pipeline("web").builds == []


def test_requests_without_a_valid_token_do_not_count() -> None:
    simulator = Simulator(rate_limit=1)
    with connect(simulator, "wrong") as stranger, connect(simulator) as api:
        assert {stranger.get("/v2/user").status_code for _ in range(5)} == {401}
        assert api.get("/v2/user").status_code == 200
