"""Credentials that an answer carries, or that a request takes, reach whom they are for and nothing else."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest
from buildkite_api.operations import OPERATIONS

from buildkite_ext import BuildkiteClient, Secret, errors

from .fakes import App, Flavor, answer

TEXT = "hunter2"
TOKEN = {"id": "t1", "token": TEXT}


async def test_an_answer_with_a_secret_is_in_no_event_and_no_log_line(
    flavor: Flavor, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "httpx", "httpcore", "buildkite_ext"):
        caplog.set_level(logging.DEBUG, logger=name or None)
    events: list[object] = []
    app = App(answer({"message": "slow down"}, 429), answer({**TOKEN, "new": TEXT, "url": 5}))
    client = flavor.client(app, on_event=events.append)
    token = await flavor.call(client.cluster_tokens.create, "c1", description="d")
    assert token.token == Secret(TEXT)
    assert {type(event).__name__ for event in events} == {"RetryScheduled", "SchemaDrift"}
    assert TEXT not in f"{token} {events} {caplog.text}"


async def test_a_secret_is_sent_as_its_text(flavor: Flavor) -> None:
    app = App(answer({"id": "s1"}))
    client = flavor.client(app)
    for value in (TEXT, Secret(TEXT)):
        await flavor.call(client.secrets.create, "c1", key="K", value=value)
        await flavor.call(client.secrets.update_value, "c1", "s1", value=value)
    assert [request.content for request in app.requests[2:]] == [request.content for request in app.requests[:2]]
    assert all(TEXT.encode() in request.content for request in app.requests)


@pytest.mark.parametrize(
    "trouble",
    [
        answer({"message": "Validation failed", "errors": [{"field": "value", "code": "invalid", "value": TEXT}]}, 422),
        answer({"message": "no"}, 403),
        httpx.Response(502, text="<html>bad</html>", headers={"content-type": "text/html"}),
        httpx.ReadTimeout("lost"),
        httpx.ConnectError("refused"),
        httpx.Response(200, text="[]"),
        httpx.Response(200, json=[TOKEN]),
    ],
    ids=["422", "403", "502", "lost", "refused", "a list", "a list with a secret"],
)
async def test_no_error_shows_what_was_sent_or_answered(flavor: Flavor, trouble: httpx.Response | Exception) -> None:
    client = flavor.client(App(trouble))
    with pytest.raises(errors.BuildkiteError) as error:
        await flavor.call(client.cluster_tokens.create, "c1", description=TEXT)
    assert TEXT not in "".join(traceback.format_exception(error.value))
    assert TEXT not in repr(error.value)


async def test_a_client_takes_its_token_as_a_secret(flavor: Flavor) -> None:
    app = App(answer(TOKEN))
    for token in (Secret("bkua_x"), lambda: Secret("bkua_x")):
        client = flavor.client(app, token=token)
        await flavor.call(client.user.get)
        assert "bkua_x" not in f"{client} {client.options}"
    assert [request.headers["Authorization"] for request in app.requests] == ["Bearer bkua_x"] * 2


@pytest.mark.parametrize("token", [Secret(""), Secret("hunter2 hunter2"), 5, b"hunter2"])
def test_what_is_no_token_is_refused_at_once(token: object) -> None:
    with pytest.raises(errors.ConfigurationError) as error:
        BuildkiteClient("acme", token=token)  # type: ignore[arg-type]
    assert TEXT not in str(error.value)


def test_what_buildkite_marks_no_store_is_known_before_it_is_asked_for() -> None:
    assert {o.id for o in OPERATIONS.values() if o.no_store} == {"create_job_ssh_session", "create_job_vnc_session"}
