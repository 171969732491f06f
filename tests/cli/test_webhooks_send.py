"""`webhooks send`: signed samples of every event, and the responses of receivers."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from buildkite_api.webhooks.events import EVENTS

from buildkite_ext.webhooks import parse, verify, verify_token

from ..webhooks.posting import SECRET
from .conftest import TOKEN, Ended
from .listening import Start, listening

Run = Callable[..., Ended]


class Receiver:
    """HTTP server that keeps its requests, and whose response the test sets."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.body, self.headers = 200, b'{"message": "Accepted."}', {"Content-Type": "application/json"}
        self.pause = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                size = 1 if receiver.pause else 4096
                try:
                    for start in range(0, len(receiver.body), size):
                        self.wfile.write(receiver.body[start : start + size])
                        time.sleep(receiver.pause)
                except OSError:  # the client has closed the connection
                    pass

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Receiver]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUILDKITE_WEBHOOK_SECRET", SECRET)
    monkeypatch.delenv("BUILDKITE_WEBHOOK_TOKEN", raising=False)
    monkeypatch.setenv("BUILDKITE_API_TOKEN", TOKEN)
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.05,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def test_signed_and_posted(receiver: Receiver, command: Run) -> None:
    result = command("webhooks", "send", receiver.url)
    assert (result.code, result.err) == (0, "")
    assert re.fullmatch(r'200 OK in \d+ ms  build\.finished  \{"message": "Accepted\."\}\n', result.out)
    ((path, headers, body),) = receiver.got
    assert path == "/hooks"
    assert abs(verify(body, headers, SECRET).timestamp - time.time()) < 30
    assert headers["X-Buildkite-Event".lower()] == "build.finished"
    assert headers["Content-Type"] == "application/json"
    assert "X-Buildkite-Token".lower() not in headers
    assert "Authorization" not in headers
    assert TOKEN not in str(headers)
    assert SECRET not in str(headers)


def test_every_event_against_listen(start: Start, receiver: Receiver, command: Run) -> None:
    with listening(start) as listener:
        result = command("webhooks", "send", listener.url, "--event", "*")
        assert result.code == 0
        assert result.out.count("200 OK") == len(EVENTS)
        again = command("webhooks", "send", listener.url, "--repeat", "2", "--set", "build.blocked=true")
        assert [line.rpartition("  ")[2] for line in again.lines] == [
            '{"message": "Accepted."}',
            '{"message": "Accepted before."}',
        ]
        wrong = command("webhooks", "send", listener.url, "--plain-token")
        assert wrong.code == 1
        assert wrong.out.startswith("401 Unauthorized in ")
        ended = listener.end()
    assert ended.lines[-1] == f"Accepted {len(EVENTS) + 1}, handled {len(EVENTS) + 1}, failed 0, refused 1, repeated 1."
    assert re.search(r"build\.finished +web #1 +blocked", ended.out)


def test_other_values(receiver: Receiver, command: Run) -> None:
    words = (
        "--set",
        "build.state=failed",
        "--set",
        "build.number=77",
        "--set",
        "build.env.CI=true",
        "--set",
        "event=x.y",
    )
    assert command("webhooks", "send", receiver.url, "--event", "build.running", *words).code == 0
    _, headers, body = receiver.got[0]
    build = json.loads(body)["build"]
    assert (build["state"], build["number"], build["env"]["CI"]) == ("failed", 77, True)
    assert json.loads(body)["event"] == headers["x-buildkite-event"] == "x.y"


def test_a_body_from_a_file_goes_byte_for_byte(receiver: Receiver, command: Run) -> None:
    raw = b'{ "event" : "ping"}\r\n\xff\n'
    Path("body.json").write_bytes(raw)
    assert command("webhooks", "send", receiver.url, "--body", "body.json").code == 0
    _, headers, body = receiver.got[0]
    assert body == raw
    verify(body, headers, SECRET)


def test_the_token_in_clear_text(receiver: Receiver, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.body = f"got {SECRET}".encode()
    result = command("webhooks", "send", receiver.url, "--plain-token")
    assert result.code == 0
    assert SECRET not in result.out
    assert "got [$BUILDKITE_WEBHOOK_SECRET]" in result.out
    Path("token").write_text("t0k3n\n")
    assert command("webhooks", "send", receiver.url, "--token-file", "token").code == 0
    assert command("webhooks", "send", receiver.url, "--unsigned").code == 0
    for (_, headers, _), token in zip(receiver.got, (SECRET, "t0k3n"), strict=False):
        verify_token(headers, token)
        assert "x-buildkite-signature" not in headers
    assert not {"x-buildkite-token", "x-buildkite-signature"} & set(receiver.got[2][1])


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_refusal_is_shown_and_safe(receiver: Receiver, command: Run, status: int) -> None:
    receiver.status, receiver.body = status, b"\x1b]0;x\x07no\x1b[2J thanks\n" + b"x" * 20_000
    result = command("webhooks", "send", receiver.url, "--event", "ping", "--event", "job.started")
    assert result.code == 1
    assert len(result.lines) == 2
    assert result.lines[0].startswith(f"{status} ")
    assert "  ping  no thanks" in result.lines[0]
    assert "\x1b" not in result.out
    assert max(map(len, result.lines)) < 300


def test_redirects_are_not_followed(receiver: Receiver, command: Run) -> None:
    receiver.status, receiver.body = 307, b""
    receiver.headers = {"Location": f"{receiver.url}/elsewhere"}
    result = command("webhooks", "send", receiver.url)
    assert result.code == 1
    assert f"to {receiver.url}/elsewhere, which isn't followed" in result.out
    assert len(receiver.got) == 1


def test_no_receiver(receiver: Receiver, command: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    result = command("webhooks", "send", f"http://127.0.0.1:{port}/")
    assert (result.code, result.out) == (3, "")
    assert (
        f"http://127.0.0.1:{port}/ can't be reached: [Errno 111] Connection refused. Is a receiver running"
        in result.err
    )
    result = command("webhooks", "send", f"http://127.0.0.1:{port}/", "--debug")
    assert SECRET not in result.err


def test_a_slow_response(receiver: Receiver, command: Run) -> None:
    receiver.body, receiver.pause = b"x" * 1000, 0.2
    begun = time.monotonic()
    result = command("webhooks", "send", receiver.url, "--timeout", "1")
    assert result.code == 3
    assert "took longer than 1 s" in result.err
    assert time.monotonic() - begun < 60


def test_no_proxy_is_used_for_this_computer(receiver: Receiver, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert command("webhooks", "send", receiver.url).code == 0


def test_show_sends_nothing(receiver: Receiver, start: Start) -> None:
    process = start("webhooks", "send", receiver.url, "--show", "--event", "job.*")
    out, err = process.communicate(timeout=90)
    assert (process.returncode, err) == (0, "")
    events = [parse(line.encode()).event for line in out.splitlines()]
    assert events == [event for event in EVENTS if event.startswith("job.")]
    assert receiver.got == []


USAGE: dict[str, tuple[list[str], str]] = {
    "ftp": (["ftp://127.0.0.1/"], "URL: give http://… or https://…"),
    "no URL": (["localhost"], "URL: give http://… or https://…"),
    "a password": (["http://ann:hunter22@127.0.0.1/"], "give it without a user or a password"),
    "a port": (["http://127.0.0.1:99999/"], "URL: it can't be parsed"),
    "no such event": (
        ["http://127.0.0.1:1/", "--event", "build.ended"],
        "there is no such event. The events are build.scheduled",
    ),
    "set": (["http://127.0.0.1:1/", "--set", "x"], "--set: give NAME=VALUE"),
    "set nothing": (["http://127.0.0.1:1/", "--set", "a..b=1"], "separate keys by points"),
    "set below": (["http://127.0.0.1:1/", "--set", "event.b=1"], "event isn't an object"),
    "body and set": (["http://127.0.0.1:1/", "--body", __file__, "--set", "a=1"], "without --event and --set"),
    "no body": (["http://127.0.0.1:1/", "--body", "/nowhere"], "--body: '/nowhere' can't be read"),
    "repeat": (["http://127.0.0.1:1/", "--repeat", "0"], "--repeat 0: give a number above 0"),
    "two ways": (["http://127.0.0.1:1/", "--plain-token", "--unsigned"], "give one of them"),
    "a secret": (["http://127.0.0.1:1/", "--secret=hunter22"], "There is no --secret"),
}


@pytest.mark.parametrize(("words", "said"), USAGE.values(), ids=USAGE)
def test_usage(receiver: Receiver, command: Run, words: list[str], said: str) -> None:
    result = command("webhooks", "send", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "hunter22" not in result.err


def test_a_token_that_no_header_can_have(receiver: Receiver, command: Run) -> None:
    Path("token").write_text("t\u00f6ken\n")
    result = command("webhooks", "send", receiver.url, "--token-file", "token")
    assert result.code == 2
    assert "only printable ASCII can" in result.err


def test_no_secret(receiver: Receiver, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKITE_WEBHOOK_SECRET")
    result = command("webhooks", "send", receiver.url)
    assert result.code == 2
    assert "to go without, --unsigned" in result.err
    assert receiver.got == []
