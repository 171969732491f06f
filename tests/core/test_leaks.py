"""One run of everything with secrets that are easy to find, and a search for them in all that leaves the package.

The secrets: the token, in both forms that tokens have; values of a build's environment, its meta-data and a block step's fields; the
secret of a webhook; and the signature of a storage's URL.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import rich.console
import rich.traceback

from buildkite_ext import CircuitBreaker, Retry, errors
from buildkite_ext.cli.commands.doctor import _as_json, _lines
from buildkite_ext.webhooks import WebhookHandler, sign

from .fakes import FakeClock, Flavor, answer, build
from .storage import artifact
from .test_request_events import PASSED
from .test_telemetry import Collected

TOKENS = {"prefixed": "bkua_canary0123456789", "legacy": "canary0123456789abcdef0123456789abcdef00"}
VALUE = "canaryvalue"
SIGNATURE = "canarysignature"
CANARY = "canary"
"""What all of them have in common, and nothing else does."""


class Api:
    """A Buildkite that repeats the token wherever it can, and fails in every way."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.failures: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return answer_again(failure)
        path = request.url.path
        if request.url.host == "storage.test":
            return httpx.Response(200, content=b"wheel", headers={"ETag": self.token})
        if path.endswith("/download"):
            return httpx.Response(302, headers={"Location": f"https://storage.test/a.whl?X-Amz-Signature={SIGNATURE}"})
        if path.endswith("/access-token"):
            return answer({"uuid": "t1", "scopes": ["read_builds", self.token]}, X_Request_Id=self.token)
        if path.endswith("/builds") and request.method == "GET":
            return answer([build(7)], X_Request_Id=self.token)
        if path.endswith("/unblock"):
            return answer({"id": "job-1", "type": "manual", self.token: 1})
        return answer({**PASSED, "env": {"A": VALUE}, self.token: 1, "number": 7}, X_Request_Id=self.token)


def answer_again(response: httpx.Response) -> httpx.Response:
    return httpx.Response(response.status_code, headers=response.headers, content=response.content)


@pytest.fixture(params=TOKENS.values(), ids=TOKENS)
def token(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Every log line at every level, with the attributes of its record."""
    stream = io.StringIO()

    class Everything(logging.StreamHandler[io.StringIO]):
        def format(self, record: logging.LogRecord) -> str:
            return f"{super().format(record)} {record.__dict__}"

    handler = Everything(stream)
    root, levels = logging.getLogger(), {}
    for name in ("", "httpx", "httpcore", "buildkite_ext"):
        levels[name] = logging.getLogger(name).level
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def shown(error: BaseException) -> list[str]:
    """Return an error in every form: its texts, its traceback with the locals of each frame, and its pickle."""
    console = rich.console.Console(file=io.StringIO(), width=300)
    console.print(
        rich.traceback.Traceback.from_exception(
            type(error), error, error.__traceback__, show_locals=True, locals_max_string=None, locals_max_length=None
        )
    )
    return [
        console.file.getvalue(),  # type: ignore[attr-defined]
        "".join(traceback.format_exception(error)),
        repr(error),
        repr(vars(error)),
        pickle.dumps(error, 0).decode("latin-1"),
    ]


async def failure_of(flavor: Flavor, call: Callable[[], Any]) -> list[str]:
    """Return the error of a call in every form. No variable of this frame holds a secret."""
    try:
        await flavor.call(call)
    except errors.BuildkiteError as error:
        return shown(error)
    return []


async def test_no_secret_leaves_the_package(
    flavor: Flavor,
    token: str,
    tmp_path: Path,
    logged: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "debug")
    collected = Collected(propagate=True)
    events: list[Any] = []
    outputs: dict[str, object] = {}
    api = Api(token)
    clock = FakeClock()
    client = flavor.client(
        api,
        token=token,
        clock=clock,
        on_event=events.append,
        telemetry=collected.telemetry,
        retry=Retry(attempts=2),
        breaker=CircuitBreaker(failures=50),
    )
    # Calls that succeed.
    created = await flavor.call(
        client.builds.create, "web", branch="main", env={"A": VALUE}, meta_data={"b": VALUE}, message=VALUE
    )
    await flavor.list(client.builds.list("web", branch="main"))
    await flavor.call(client.builds.wait, "web", 7)
    await flavor.call(client.jobs.unblock, "web", 7, "job-1", fields={"version": VALUE})
    await flavor.call(client.artifacts.download, artifact(), tmp_path / "a.whl")
    await flavor.call(client.artifacts.read, artifact())
    await flavor.call(client.request, "POST", "organizations/{org}/x", json={"a": VALUE}, headers={"X-A": VALUE})
    assert created.number == 7
    # Calls that fail in every way, with the token in the answer.
    echo = {"message": token, "errors": [{"field": token, "code": VALUE, "value": VALUE}]}
    troubles: list[Any] = [
        *(answer(echo, status, X_Request_Id=token) for status in (400, 401, 403, 404, 409, 422, 429, 500, 503)),
        httpx.Response(502, html=f"<p>{token}"),
        httpx.Response(302, headers={"Location": f"https://evil.test/?access_token={token}"}),
        httpx.Response(200, html=f"<p>{token}"),
        httpx.ReadError(f"got {token}"),
        httpx.ConnectError(f"no {token}"),
        httpx.RemoteProtocolError(f"illegal header line: Bearer {token}"),
    ]
    failures = 0
    for trouble in troubles:
        for call in (
            lambda: client.builds.create("web", branch="main", env={"A": VALUE}),
            lambda: client.builds.get("web", 7),
            lambda: client.artifacts.read(artifact()),
        ):
            api.failures = [trouble] * 2
            texts = await failure_of(flavor, call)
            failures += bool(texts)
            # What Buildkite says of a field is the caller's own, and stands in `errors`: the token doesn't.
            assert [excerpts(text) for text in texts if token.removeprefix("bkua_") in text] == []
            api.failures = []
    assert failures > 30
    # A circuit that opens, a client that is read-only, and health.
    strict = client.with_options(breaker=CircuitBreaker(failures=1), read_only=True)
    api.failures = [answer(echo, 500)] * 2
    for _ in range(2):
        with contextlib.suppress(errors.BuildkiteError):
            await flavor.call(strict.organizations.get)
    refused = await failure_of(flavor, lambda: strict.jobs.unblock("web", 7, "job-1", fields={"version": VALUE}))
    assert "WriteRefused" in refused[1]
    health = await flavor.call(client.health, probe=True)
    outputs["refused"] = refused
    # Webhooks.
    hooks = WebhookHandler(secret=f"{VALUE}-secret", telemetry=collected.telemetry, on_delivery_event=events.append)
    body = b'{"event": "ping", "service": {"id": "1"}}'
    headers = {"Content-Type": "application/json"}
    if flavor.name != "trio":
        for signature in (sign(body, f"{VALUE}-secret"), "timestamp=1,signature=00"):
            head = {**headers, "X-Buildkite-Signature": signature}
            if flavor.blocking:
                hooks.receive_blocking("POST", head, body)
            else:
                await hooks.receive("POST", head, body)
        await flavor.close(hooks)
        assert "buildkite.webhook.process" in collected.names
    # Everything that came out of it.
    outputs |= {
        "events": [repr(events), *(pickle.dumps(event, 0).decode("latin-1") for event in events if is_ours(event))],
        "spans": [span.to_json() for span in collected.spans],
        "metrics": repr(collected.metrics),
        "log": logged.getvalue(),
        "standard error": capsys.readouterr().err,
        "reprs": repr([client, client.options, client.raw, client.builds, client._requester, hooks, collected]),
        "stages": repr([*client._requester.stages, *map(vars, client._requester.stages), vars(client._requester)]),
    }
    kinds = {type(event).__name__ for event in events}
    assert kinds >= {"RequestFinished", "WriteAudited", "RetryScheduled", "BuildSeen", "WaitFinished", "SchemaDrift"}
    assert len(collected.spans) > 100
    found = {name: excerpts(text) for name, text in outputs.items() if CANARY in str(text).lower()}
    assert found == {}
    told = f"{_lines(health, 'https://api.test')} {json.dumps(_as_json(health, 'https://api.test'))} {health!r}"
    assert token.removeprefix("bkua_") not in told


class Watched(Api):
    """A Buildkite whose build seems to have ended in lists, while a job of it still runs; and whose answers repeat the token."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.failures or request.method != "GET" or "/builds" not in request.url.path:
            return super().__call__(request)
        shown = {
            "env": {"A": VALUE},
            "meta_data": {"b": VALUE},
            "blocked": True,
            "state": "blocked",
            "blocked_state": "running",
            self.token: 1,
        }
        jobs = [
            {"id": "j1", "type": "manual", "state": "blocked", "step_key": VALUE, "label": VALUE},
            {"id": "j2", "type": "script", "state": "running", "name": VALUE, "command": VALUE, "env": {"A": VALUE}},
        ]
        if "/jobs/" in request.url.path:
            return answer(jobs[1])
        if request.url.path.endswith("/builds"):
            return answer([build(7, **shown)], X_Request_Id=self.token)
        if "exclude_jobs" in request.url.params:
            return answer(build(7, **shown), X_Request_Id=self.token)
        return answer(build(7, **shown, jobs=jobs), X_Request_Id=self.token)


async def test_no_secret_leaves_waits_refusals_and_health(
    flavor: Flavor,
    token: str,
    logged: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "debug")
    events: list[Any] = []
    api = Watched(token)
    client = flavor.client(
        api, token=token, clock=FakeClock(), on_event=events.append, retry=Retry(attempts=2), breaker=None
    )
    told: list[str] = []
    # Waits that end without their build: alone, by a watcher that misjudges it, and for a job.
    watcher = client.builds.watcher()
    for wait in (
        lambda: client.builds.wait("web", 7, timeout=60, on_blocked="wait"),
        lambda: watcher.wait("acme/web/7", timeout=90),
        lambda: watcher.wait_all(["acme/web/7"], timeout=90),
        lambda: client.jobs.wait("web", 7, job_ids=["j2"], timeout=60),
    ):
        texts = await failure_of(flavor, wait)
        assert "DeadlineExceeded" in texts[1]
        told += texts
    told.append(repr(watcher))
    # Writes that are refused before their request: by a read before them, and by the client.
    echo = {"message": token, "errors": [{"field": token, "code": token}]}
    for status in (401, 404, 500):
        for write in (
            lambda: client.builds.create("web", env={"A": VALUE}, meta_data={"b": VALUE}, message=VALUE),
            lambda: client.builds.create("web", branch="main", once="key", env={"A": VALUE}),
            lambda: client.builds.find_or_create("web", commit="a" * 40, env={"A": VALUE}),
            lambda: client.builds.unblock("web", 7, step=VALUE, fields={"version": VALUE}),
        ):
            api.failures = [answer(echo, status, X_Request_Id=token, Retry_After="99999")] * 2
            told += await failure_of(flavor, write)
            api.failures = []
    strict = client.with_options(read_only=True)
    for write in (
        lambda: strict.builds.create("web", env={"A": VALUE}),
        lambda: strict.builds.wait("web", 7, on_blocked="unblock", fields={"version": VALUE}),
        lambda: strict.builds.rebuild("web", 7),
        lambda: strict.request("POST", "organizations/{org}/x", json={"a": VALUE}),
    ):
        texts = await failure_of(flavor, write)
        assert "WriteRefused" in texts[1]
        told += texts
    audited = [event for event in events if type(event).__name__ == "WriteAudited"]
    assert [event.result for event in audited] == ["refused"] * 16
    # Health, however the probe ends.
    for trouble in (None, answer(echo, 401), answer(echo, 403), answer(echo, 500), httpx.ReadError(f"got {token}")):
        api.failures = [] if trouble is None else [trouble]
        health = await flavor.call(client.health, probe=True)
        told += [*_lines(health, "https://api.test"), json.dumps(_as_json(health, "https://api.test")), repr(health)]
        assert (health.problem is None) is (trouble is None)
    assert [excerpts(text) for text in told if token.removeprefix("bkua_") in text] == []
    # What others read of it has neither the token nor a value.
    outputs = {"events": repr(events), "log": logged.getvalue(), "standard error": capsys.readouterr().err}
    assert {name: excerpts(text) for name, text in outputs.items() if CANARY in text.lower()} == {}


def is_ours(event: object) -> bool:
    return type(event).__module__ == "buildkite_ext.events"


def excerpts(text: object) -> list[str]:
    found = str(text)
    return [found[max(0, each.start() - 150) : each.end() + 60] for each in re.finditer(CANARY, found, re.IGNORECASE)][
        :3
    ]
