"""Credentials that an answer carries, or that a request takes, reach whom they are for and nothing else."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import rich.console
import rich.traceback
from buildkite_api.api.user import get_current_user
from buildkite_api.operations import OPERATIONS

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Retry, Secret, errors

from .fakes import TOKEN as CLIENT_TOKEN
from .fakes import Answer, App, FakeClock, Flavor, answer
from .storage import Storage, artifact, described

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
    assert {type(event).__name__ for event in events} == {
        "RetryScheduled",
        "RequestFinished",
        "WriteAudited",
        "SchemaDrift",
    }
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


# --- The token of the client ------------------------------------------------------------------------------------------


def shown_by_rich(error: BaseException) -> str:
    """Return the traceback that rich shows, with the variables of each frame."""
    console = rich.console.Console(file=io.StringIO(), width=300)
    found = rich.traceback.Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=None, locals_max_length=None
    )
    console.print(found)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_no_view_of_a_client_shows_its_token() -> None:
    for client in (BuildkiteClient("acme", token=CLIENT_TOKEN), AsyncBuildkiteClient("acme", token=CLIENT_TOKEN)):
        requester: Any = client._requester
        views = [client, client.options, vars(client), vars(requester), [vars(stage) for stage in requester.stages]]
        assert CLIENT_TOKEN not in repr([*views, dataclasses.asdict(client.options)])
        for secretive in (client, client.options):
            with pytest.raises(TypeError):
                pickle.dumps(secretive)


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_a_client_that_is_only_half_made_has_a_repr(kind: type) -> None:
    assert repr(object.__new__(kind)) == f"<{kind.__name__} without options>"
    with pytest.raises(errors.ConfigurationError) as error:
        kind("acme", token=CLIENT_TOKEN, timeout=-1)
    assert "timeout=-1" in str(error.value)


@pytest.mark.parametrize("options", [{"token": f"{CLIENT_TOKEN} twice"}, {"token": CLIENT_TOKEN, "base_url": "x"}])
def test_no_frame_of_an_error_at_the_start_holds_the_token(options: dict[str, Any]) -> None:
    for kind in (BuildkiteClient, AsyncBuildkiteClient):
        with pytest.raises(errors.ConfigurationError) as caught:
            kind("acme", **options)
        hidden, caught.value.__traceback__ = caught.value.__traceback__, None
        assert hidden is not None
        assert hidden.tb_next is None  # the line above is the last one
        assert CLIENT_TOKEN not in shown_by_rich(caught.value)


async def test_rich_shows_no_token_also_for_errors_of_others(flavor: Flavor) -> None:
    def breaks(request: httpx.Request) -> httpx.Response:
        raise KeyError("a fault of the transport")

    for app in (breaks, App(answer({"message": CLIENT_TOKEN}, 401)), App(httpx.ReadError(f"got {CLIENT_TOKEN}"))):
        client = flavor.client(app, retry=Retry(attempts=1))
        with pytest.raises((errors.BuildkiteError, KeyError)) as caught:
            await flavor.call(client.user.get)
        del app
        assert CLIENT_TOKEN not in shown_by_rich(caught.value)


def phrased(body: dict[str, Any], status: int, phrase: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, **body, extensions={"reason_phrase": phrase.encode()})


JSON = {"Content-Type": "application/json"}
TEXT_ESCAPED = b'"%s"' % CLIENT_TOKEN.replace("_", r"\u005f").encode()
ESCAPED = b'{"message": %s}' % TEXT_ESCAPED
ECHOES = {
    "message": answer({"message": f"no user for {CLIENT_TOKEN}"}, 401),
    "field": answer({"errors": [{"field": CLIENT_TOKEN, "code": CLIENT_TOKEN}]}, 422),
    "text": httpx.Response(500, text=f"Authorization: Bearer {CLIENT_TOKEN}"),
    "header": answer({"message": "no"}, 403, X_Debug=f"Bearer {CLIENT_TOKEN}", X_Request_Id=CLIENT_TOKEN),
    "location": httpx.Response(302, headers={"Location": f"https://other.test/?access_token={CLIENT_TOKEN}"}),
    "page": httpx.Response(200, html=f"<html>{CLIENT_TOKEN}</html>"),
    "rate limit": answer({"message": CLIENT_TOKEN, "reset": 900}, 429),
    "lost": httpx.RemoteProtocolError(f"illegal header line: Bearer {CLIENT_TOKEN}"),
    "escaped in JSON": httpx.Response(401, content=ESCAPED, headers=JSON),
    "escaped in a field": httpx.Response(
        422, content=b'{"errors": [{"field": %s, "code": %s}]}' % (TEXT_ESCAPED, TEXT_ESCAPED)
    ),
    "escaped in a scope": httpx.Response(429, content=b'{"reset": 900, "scope": %s}' % TEXT_ESCAPED, headers=JSON),
    "escaped in a name": httpx.Response(401, content=b'{"message": "no", %s: [{}]}' % TEXT_ESCAPED, headers=JSON),
    "escaped twice": httpx.Response(401, content=json.dumps({"message": ESCAPED.decode()}).encode(), headers=JSON),
    "escaped, and replaced by a second value": httpx.Response(
        401, content=b'{"message": %s, "message": "no"}' % TEXT_ESCAPED, headers=JSON
    ),
    "JSON in UTF-16": httpx.Response(401, content=json.dumps({"message": CLIENT_TOKEN}).encode("utf-16"), headers=JSON),
    "JSON in UTF-32": httpx.Response(401, content=json.dumps({"message": CLIENT_TOKEN}).encode("utf-32-be")),
    "text in UTF-16": httpx.Response(
        500, content=CLIENT_TOKEN.encode("utf-16"), headers={"Content-Type": "text/plain; charset=utf-16"}
    ),
    "text in UTF-7": httpx.Response(
        500,
        content=CLIENT_TOKEN.replace("_", "+AF8-").encode(),
        headers={"Content-Type": "text/plain; charset=utf-7"},
    ),
    "text in EBCDIC": httpx.Response(
        500, content=CLIENT_TOKEN.encode("cp037"), headers={"Content-Type": "text/plain; charset=cp037"}
    ),
    "entities of a page": httpx.Response(502, html=f"<p>{CLIENT_TOKEN.replace('_', '&#95;')}</p>"),
    "reason phrase": phrased({"json": {"message": "no"}}, 401, CLIENT_TOKEN),
    "reason phrase of a page": phrased({"html": "<p>"}, 502, f"Bad {CLIENT_TOKEN}"),
    "reason phrase of an answer that differs": phrased({"json": 5}, 200, CLIENT_TOKEN),
    "name of a header": httpx.Response(401, headers={CLIENT_TOKEN: "1", f"X-{CLIENT_TOKEN}": "2"}),
    "upper case": answer({"message": CLIENT_TOKEN.upper()}, 401, X_Debug=CLIENT_TOKEN.upper()),
    "percent-encoded header": answer({"message": "no"}, 401, X_Debug=CLIENT_TOKEN.replace("_", "%5F")),
    "coding": httpx.Response(200, content=b"[]", headers={"Content-Encoding": CLIENT_TOKEN}),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
async def test_a_token_that_a_server_sends_back_is_in_no_error(
    flavor: Flavor, echo: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[object] = []
    client = flavor.client(App(echo), on_event=events.append)
    with pytest.raises(errors.BuildkiteError) as caught:
        await flavor.call(client.user.get)
    assert texts_with_the_token(caught.value) == []
    assert SECRET_PART not in f"{events}{caplog.text}".lower()


SECRET_PART = CLIENT_TOKEN.partition("_")[2]


def texts_with_the_token(error: BaseException) -> list[str]:
    """Return the texts of an error that hold the part of the token after its prefix."""
    return [text for text in texts_of(error) if SECRET_PART in text.lower()]


def texts_of(error: BaseException) -> list[str]:
    """Return the texts of an error, of what caused it and of its answer."""
    shown = [shown_by_rich(error), "".join(traceback.format_exception(error))]
    each: BaseException | None = error
    while each is not None:
        shown += [str(each), repr(each), repr(each.args), repr(vars(each)), pickle.dumps(each, 0).decode("latin-1")]
        response = getattr(each, "response", None)
        if response is not None:
            shown += [repr(response.content), repr(response.headers.raw), repr(response.request.headers.raw)]
            shown += [repr(response), response.reason_phrase, response.text, str(response.request.url)]
            with contextlib.suppress(ValueError):
                shown.append(repr(response.json()))
        each = each.__cause__ or each.__context__
    return shown


SIGNED = "https://bucket.s3.amazonaws.com/a.zip?part=1&X-Amz-Credential=canary-cred&X-Amz-Signature=canary-sig"
QUERY, HEADER = "canary-of-the-query", "canary-of-the-header"
CANARIES = ("canary-cred", "canary-sig", QUERY, HEADER)


def echo_url(request: httpx.Request) -> httpx.Response:
    return answer({"message": f"bad {request.url}", "errors": [{"field": str(request.url), "code": QUERY}]}, 422)


def echo_headers(request: httpx.Request) -> httpx.Response:
    return httpx.Response(500, text=f"{dict(request.headers)}", headers={"X-Debug": request.headers["x-team"]})


def lose_url(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError(f"lost {request.url} {HEADER}")


def phrase(request: httpx.Request) -> httpx.Response:
    return httpx.Response(502, html="<p>", extensions={"reason_phrase": f"Bad {HEADER}".encode()})


def signed_url(request: httpx.Request) -> httpx.Response:
    return answer(
        {
            "message": f'cannot fetch "{SIGNED}"',
            "errors": [{"field": "url", "code": SIGNED}, SIGNED],
            "inner": f"/?next={SIGNED.replace('&', '%26').replace('=', '%3D')}",
        },
        422,
        Location=SIGNED,
    )


def signed_as_go_writes_it(request: httpx.Request) -> httpx.Response:
    return httpx.Response(404, content=json.dumps({"message": SIGNED}).replace("&", "\\u0026").encode())


def signed_in_utf_16(request: httpx.Request) -> httpx.Response:
    return httpx.Response(404, content=json.dumps({"message": f"{SIGNED} {HEADER}"}).encode("utf-16"))


def lose_signed(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"no way to {SIGNED}") from OSError(5, "lost", SIGNED)


@pytest.mark.parametrize(
    "server",
    [
        echo_url,
        echo_headers,
        lose_url,
        phrase,
        signed_url,
        signed_as_go_writes_it,
        signed_in_utf_16,
        lose_signed,
    ],
)
@pytest.mark.parametrize("call", ["get", "create"])
async def test_what_a_request_holds_besides_its_token_is_in_no_error(
    flavor: Flavor, server: Callable[[httpx.Request], httpx.Response], call: str
) -> None:
    """Nor what a server tells of addresses with credentials. Events and log lines never held them."""
    client = flavor.client(
        server, headers={"X-Team": HEADER}, query={"api_key": QUERY}, retry=None, on_event=(events := []).append
    )
    calls: dict[str, Callable[[], Any]] = {
        "get": lambda: client.builds.get("web", 1),
        "create": lambda: client.builds.create("web", branch="main"),
    }
    with pytest.raises(errors.BuildkiteError) as caught:
        await flavor.call(calls[call])
    assert [text for text in [*texts_of(caught.value), repr(events)] for each in CANARIES if each in text] == []
    if server is signed_url:
        assert "a.zip?part=1&X-Amz-Credential=REDACTED&X-Amz-Signature=REDACTED" in str(caught.value)
    if server is echo_headers:
        assert "[the header x-team]" in str(caught.value)


LEGACY = "0123456789abcdef0123456789abcdef01234567"
"""A token of the form without a prefix, which only the client that sends it can tell."""


@pytest.mark.parametrize(
    "link", [f"https://evil.test/{LEGACY}", f"https://{LEGACY.upper()}.test/", "https://evil.test/%3" + LEGACY, LEGACY]
)
async def test_a_link_that_repeats_the_token_is_refused_without_it(flavor: Flavor, link: str) -> None:
    client = flavor.client(App(answer([], Link=f'<{link}>; rel="next"')), token=LEGACY)
    for read in (flavor.list, lambda items: flavor.call(items.all), lambda items: flavor.call(items.first)):
        with pytest.raises(errors.InvalidResponse) as caught:
            await read(client.builds.list("web"))
        assert LEGACY[1:] not in f"{''.join(traceback.format_exception(caught.value))}{caught.value!r}".lower()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"path": f"../{LEGACY}"}, errors.UnsafePath),
        ({"job_id": f"../{LEGACY}"}, errors.UnsafePath),
        ({"sha1sum": LEGACY}, errors.ArtifactCorrupted),
        ({"id": LEGACY, "file_size": 1}, errors.ArtifactCorrupted),
        ({"file_size": LEGACY}, errors.InvalidResponse),
    ],
)
async def test_an_artifact_that_repeats_the_token_is_refused_without_it(
    flavor: Flavor, tmp_path: Path, changes: dict[str, Any], kind: type[errors.BuildkiteError]
) -> None:
    storage = Storage({"a": [b"wheel"], LEGACY: [b"wheel"]}, [{**described("a", b"wheel"), **changes}])
    client = flavor.client(storage, token=LEGACY)
    with pytest.raises(kind) as caught:
        await flavor.call(client.artifacts.download_all, "web", 1, to=tmp_path, by_job=True)
    assert LEGACY not in f"{''.join(traceback.format_exception(caught.value))}{caught.value!r}{vars(caught.value)}"


@pytest.mark.parametrize(
    "trouble", [httpx.Response(403), httpx.ConnectError("refused"), httpx.Response(200, content=b"other")]
)
@pytest.mark.parametrize("url", [f"https://storage.test/{LEGACY}", f"https://{LEGACY}.test/"])
async def test_a_storage_whose_url_repeats_the_token_fails_without_it(
    flavor: Flavor, tmp_path: Path, url: str, trouble: httpx.Response | Exception
) -> None:
    stored = App(trouble)

    def app(request: httpx.Request) -> httpx.Response:
        api = request.url.host == "api.buildkite.com"
        return answer({"url": url}, 302, Location=url) if api else stored(request)

    client = flavor.client(app, token=LEGACY)
    with pytest.raises(errors.BuildkiteError) as caught:
        await flavor.call(client.artifacts.download, artifact(), tmp_path / "a")
    assert LEGACY not in f"{''.join(traceback.format_exception(caught.value))}{caught.value!r}{vars(caught.value)}"


async def test_generated_functions_and_events_hide_the_token_too(flavor: Flavor) -> None:
    events: list[object] = []
    client = flavor.client(App(answer({"id": "u1", LEGACY: 1})), token=LEGACY, on_event=events.append)
    await flavor.call(client.user.get)
    assert [type(event).__name__ for event in events] == ["RequestFinished", "SchemaDrift"]
    assert LEGACY not in repr(events)
    app = App(httpx.Response(200, content=b"[]", headers={"Content-Encoding": LEGACY}))
    client = flavor.client(app, token=LEGACY)
    with pytest.raises(errors.InvalidResponse) as caught:
        await flavor.call(get_current_user.sync if flavor.blocking else get_current_user.asyncio, client=client.raw)
    assert LEGACY not in "".join(traceback.format_exception(caught.value))


async def test_log_lines_hide_a_token_without_a_prefix(
    flavor: Flavor,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "debug")
    caplog.set_level(logging.DEBUG)

    def app(_: httpx.Request) -> httpx.Response:
        # httpcore writes the headers of an answer in this form.
        logging.getLogger("httpcore.http11").debug(f"complete return_value=[(b'X-Request-Id', b'{LEGACY}')]")  # noqa: G004
        return httpx.Response(
            200, json={"id": "u1"}, headers={"X-Request-Id": LEGACY}, extensions={"reason_phrase": LEGACY.encode()}
        )

    await flavor.call(flavor.client(app, token=LEGACY).user.get)
    err = capsys.readouterr().err
    assert "request id [the token]" in err
    assert "b'[the token]'" in caplog.text
    assert LEGACY not in err + caplog.text


async def test_an_error_that_the_caller_was_handling_stays_as_it_is(flavor: Flavor) -> None:
    client = flavor.client(App(answer({"message": LEGACY}, 401)), token=LEGACY)
    own = ValueError(LEGACY)
    try:
        raise own
    except ValueError:
        with pytest.raises(errors.Unauthorized) as caught:
            await flavor.call(client.user.get)
    assert LEGACY not in repr(caught.value)
    assert own.args == (LEGACY,)


async def test_an_answer_that_was_asked_for_as_it_came_can_be_stored_without_the_token(flavor: Flavor) -> None:
    client = flavor.client(App(answer({"id": "u1"})))
    response = await flavor.call(client.request, get_current_user)
    assert response.json() == {"id": "u1"}
    assert CLIENT_TOKEN.encode() not in pickle.dumps(response)
    assert "Authorization" not in response.request.headers


# --- Logs -------------------------------------------------------------------------------------------------------------


async def test_each_attempt_is_one_line_of_the_log(flavor: Flavor, caplog: pytest.LogCaptureFixture) -> None:
    from buildkite_api.api.user import get_current_user as generated

    caplog.set_level(logging.INFO)
    app = App(answer({"message": "busy"}, 503), answer({"id": "u1"}))
    client = flavor.client(app)
    await flavor.call(client.user.get)
    assert len([record for record in caplog.records if "HTTP Request" in record.message]) == len(app.requests) == 2
    await flavor.call(generated.sync if flavor.blocking else generated.asyncio, client=client.raw)
    assert len([record for record in caplog.records if "HTTP Request" in record.message]) == len(app.requests) == 3


async def test_the_environment_can_ask_for_a_log_without_secrets(
    flavor: Flavor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "debug")
    app = App(answer({"message": "busy"}, 503), httpx.ReadError("reset\x1b[31m"), answer([], X_Request_Id="req-1"))
    client = flavor.client(app)
    await flavor.list(client.builds.list("web", branch=CLIENT_TOKEN))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5  # three attempts and two pauses
    assert "answered 503 after 0.000 s, 18 bytes" in lines[0]
    assert "RetryScheduled(" in lines[1]
    assert "failed after" in lines[2]
    assert "reset\\x1b[31m" in lines[2]
    assert lines[4].endswith("answered 200 after 0.000 s, 2 bytes, request id req-1")
    assert all(" buildkite_ext: " in line and line.isprintable() for line in lines)
    assert CLIENT_TOKEN not in "".join(lines)
    assert "branch=bkua_REDACTED" in lines[0]


@pytest.mark.parametrize(("level", "lines"), [("", 0), ("off", 0), ("verbose", 1), (" DEBUG ", 1)])
def test_the_level_of_that_log(
    level: str, lines: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BUILDKITE_EXT_LOG", level)
    app = App(answer({"id": "u1"}))
    with BuildkiteClient("acme", token=CLIENT_TOKEN, transport=httpx.MockTransport(app), clock=FakeClock()) as client:
        client.user.get()
    shown = [line for line in capsys.readouterr().err.splitlines() if "answered" in line or "has no meaning" in line]
    assert min(len(shown), 1) == lines


def test_a_level_without_meaning_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "nope")
    for _ in range(2):
        with BuildkiteClient("acme", token=CLIENT_TOKEN, transport=httpx.MockTransport(App(answer([])))) as client:
            client.with_options(timeout=5)
    assert capsys.readouterr().err.count("has no meaning") == 1


def test_that_log_needs_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "debug")
    monkeypatch.setattr(sys, "stderr", None)
    app = App(answer({"id": "u1"}))
    with BuildkiteClient("acme", token=CLIENT_TOKEN, transport=httpx.MockTransport(app)) as client:
        assert client.user.get().id == "u1"
