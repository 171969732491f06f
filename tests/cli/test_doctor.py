"""`buildkite-ext doctor`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from buildkite_ext import BuildkiteClient
from buildkite_ext.cli.commands.doctor import _lines
from buildkite_ext.health import Health, scopes_of_services
from buildkite_ext.simulation import Simulator

from .conftest import TOKEN, Ended

Run = Callable[..., Ended]


def test_all_is_well(web: Simulator, command: Run) -> None:
    result = command("doctor")
    assert (result.code, result.err) == (0, "")
    text = result.out
    assert f"{web.base_url}: reachable" in text
    assert "Token         valid" in text
    assert "Clock         agrees with Buildkite's" in text
    assert re.search(r"organization: 999\d\d of 100000 left", text)  # the tests of a process share its budget
    assert "Circuit       closed" in text
    assert all(f"  {service} " in text for service in scopes_of_services())
    # Where other tests of the process have used other tokens, a limit may ask whose this one is.
    assert "/v2/access-token" in {request.path for request in web.requests} <= {"/v2/access-token", "/v2/user"}
    assert TOKEN not in text


def test_as_json(web: Simulator, command: Run) -> None:
    web.add_token("bkua_reader_0123456789", scopes={"read_builds"})
    result = command("doctor", "--json")
    told = json.loads(result.out)
    assert result.code == 0
    assert (told["ok"], told["reachable"], told["token_valid"], told["problem"]) == (True, True, True, None)
    assert (told["breaker"], told["api"]) == ("closed", web.base_url)
    assert told["clock_skew"] == 0
    assert 99_900 < told["budget"]["organization"]["remaining"] < 100_000
    assert told["services"]["builds"] == {"needs": ["read_builds", "write_builds"], "missing": []}


def test_a_token_that_may_do_all_lacks_nothing(web: Simulator, command: Run) -> None:
    assert "(missing)" not in command("doctor").out
    with web.client() as client:
        health = client.health(probe=True)
    assert not any(map(health.missing_scopes, scopes_of_services()))
    assert "view_teams" not in (health.scopes or ())  # no token can have it: read_teams stands for it


def test_a_problem_of_two_lines_is_two_sentences(web: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_unknown_0123456789")
    result = command("doctor")
    assert result.code == 3
    assert "send a valid API access token. Check the token: it may be" in result.out


def test_missing_scopes_are_shown_and_are_no_error(
    web: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.add_token("bkua_reader_0123456789", scopes={"read_builds"})
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_reader_0123456789")
    result = command("doctor")
    assert result.code == 0
    assert "Scopes        read_builds\n" in result.out
    assert "read_builds, write_builds (missing)" in result.out
    assert "view_teams (tokens have read_teams for it) (missing)" in result.out
    told = json.loads(command("doctor", "--json").out)
    assert told["services"]["builds"]["missing"] == ["write_builds"]


def test_a_clock_that_differs_is_shown(web: Simulator, command: Run) -> None:
    headers = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type": "application/json"}
    body = b'{"uuid": "t1", "scopes": ["read_builds"]}'
    web.answer_next(operation="get_access_token", times=4, status=200, headers=headers, body=body)
    assert " s ahead of Buildkite's" in command("doctor").out
    assert json.loads(command("doctor", "--json").out)["clock_skew"] > 60


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_token_that_is_refused(
    web: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_wrong_0123456789")
    result = command("doctor", *words)
    assert result.code == 3
    assert "bkua_wrong" not in result.out + result.err
    if words:
        told = json.loads(result.out)
        assert (told["ok"], told["reachable"], told["token_valid"], told["scopes"]) == (False, True, False, None)
        assert told["services"]["builds"]["missing"] is None
    else:
        assert "Token         refused" in result.out
        assert "Problem       " in result.out


def test_an_api_that_cannot_be_reached(web: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", "http://127.0.0.1:9")
    result = command("doctor")
    assert result.code == 3
    assert "http://127.0.0.1:9: not reachable" in result.out
    assert "Token         not known" in result.out


def test_without_a_token_nothing_is_sent(web: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKITE_API_TOKEN")
    result = command("doctor")
    assert result.code == 2
    assert "No API token" in result.err
    assert web.requests == []


def test_it_needs_no_organization(web: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKITE_ORGANIZATION_SLUG")
    assert command("doctor").code == 0


@pytest.mark.parametrize(
    ("skew", "said"),
    [
        (None, "not known"),
        (0.0, "agrees with Buildkite's"),
        (-1.5, "agrees with Buildkite's"),
        (90.2, "90 s ahead of Buildkite's"),
        (-7200.0, "7200 s behind Buildkite's"),
    ],
)
def test_the_clock_in_words(skew: float | None, said: str) -> None:
    assert doctor_lines(replace(BuildkiteClient("acme", token=TOKEN).health(), clock_skew=skew))[2] == (
        f"Clock         {said}"
    )


def doctor_lines(health: Health) -> list[str]:
    return _lines(health, "https://api.buildkite.com")
