"""`webhooks listen`: its output, the deliveries that it refuses, and its shutdown."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ..webhooks.posting import PING, SECRET, agent_body, build_body, job_body, signed
from .conftest import Ended
from .listening import Listener, Start, listening
from .test_terminal import Terminal

Run = Callable[..., Ended]
EVIL = "\x1b]0;title\x07\x1b[31mre\nd\u202e\x9b2J"


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKITE_WEBHOOK_SECRET", raising=False)
    monkeypatch.delenv("BUILDKITE_WEBHOOK_TOKEN", raising=False)


def test_a_line_for_each_event(start: Start) -> None:
    with listening(start) as listener:
        for body in (
            build_body(number=12),
            build_body(number=13, state="passed", blocked=True),
            job_body(exit_status=3),
            agent_body(connection_state="lost"),
            PING,
        ):
            answered = listener.post(body)
            assert (answered.status_code, answered.json()) == (200, {"message": "Accepted."})
        result = listener.end()
    assert (result.code, result.err) == (0, "")
    lines = [re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  ", "", line) for line in result.lines if line[:1].isdigit()]
    assert lines == [
        "build.finished          web #12           failed        main  Nightly",
        "build.finished          web #13           blocked       main  Nightly",
        "job.finished            web #1            failed        main  test  exit status 3",
        "agent.lost              mac-1             lost",
        "ping",
    ]
    assert result.lines[-1] == "Accepted 5, handled 5, failed 0, refused 0."


def test_the_first_lines_have_the_address_the_verification_and_the_settings(start: Start, tmp_path: Path) -> None:
    (tmp_path / "hook.secret").write_text(f"{SECRET}\nold-s3cret\n")
    with listening(start, "--secret-file", "hook.secret", "--path", "/hooks") as listener:
        listener.until("webhooks send")
        result = listener.end()
    assert result.lines[0] == f"Receiving webhooks at {listener.url} (at this path only) until Ctrl-C."
    assert listener.url.endswith("/hooks")
    assert (
        "signed (X-Buildkite-Signature) with one of 2 secrets of hook.secret line 1, hook.secret line 2" in result.out
    )
    assert "Notification Services" in result.out
    assert f"webhooks send {listener.url} --secret-file {tmp_path / 'hook.secret'}" in result.out
    assert SECRET not in result.out
    assert "old-s3cret" not in result.out


def test_refusals_have_their_reason(start: Start) -> None:
    with listening(start, "--path", "/hooks") as listener:
        body = build_body()
        assert listener.post(body, secret="another").status_code == 401
        assert listener.http.get(listener.url).status_code == 405
        assert listener.http.post(f"{listener.url}/elsewhere", content=body).status_code == 404
        assert listener.post(body, headers={**signed(body), "Content-Type": "text/plain"}).status_code == 415
        old = listener.post(body, headers=signed(body, at=time.time() - 3600))
        assert (old.status_code, old.json()) == (401, {"message": "Unauthorized"})
        first, again = signed(body, at=time.time()), listener.post
        assert again(body, headers=first).json() == {"message": "Accepted."}
        assert again(body, headers=first).json() == {"message": "Accepted before."}
        result = listener.end()
    assert result.code == 0
    for reason in (
        "refused with 401        it isn't signed with the secret, or its body was changed. (from 127.0.0.1)",
        "refused with 405        GET isn't POST (from 127.0.0.1)",
        "refused with 404        its path isn't /hooks (from 127.0.0.1)",
        "refused with 415        its content is text/plain (from 127.0.0.1)",
        "refused with 401        it is signed, but 360",
        "build.finished          the same delivery again: ignored",
    ):
        assert reason in result.out
    assert result.lines[-1] == "Accepted 1, handled 1, failed 0, refused 5, repeated 1."
    assert SECRET not in result.out


def test_a_delivery_reaches_the_terminal_as_text_only(start: Start) -> None:
    with listening(start, "--exec", "cat") as listener:
        listener.post(job_body(name=EVIL, branch=EVIL, pipeline=EVIL))
        body = b'{"event": "\x1b[2Jx"}'
        listener.post(body, headers={**signed(PING), "X-Buildkite-Event": "ping"})
        unknown = json.dumps({"event": EVIL}).encode()
        headers = signed(unknown, at=time.time())
        del headers["X-Buildkite-Event"]
        assert listener.post(unknown, headers=headers).status_code == 200
        result = listener.end()
    assert "  re d2J #1  " in result.out
    for character in "\x1b\x07\u202e\x9b":
        assert character not in result.out


def test_a_header_reaches_the_terminal_as_text_only(start: Start) -> None:
    with listening(start, "--allow-unsigned") as listener:
        headers = {"Content-Type": b"text/\x1b[31mred", "X-Buildkite-Event": "ping"}
        assert listener.post(PING, headers=headers).status_code in (400, 415)  # type: ignore[arg-type]
        result = listener.end()
    assert "\x1b" not in result.out
    assert "NOTHING IS VERIFIED" in result.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_json(start: Start, number: int) -> None:
    with listening(start, "--json", "--exec", "sh -c 'echo said; exit 3'") as listener:
        listener.post(job_body(exit_status=1, name=EVIL))
        listener.post(build_body(), secret="another")
        listener.until('"command"')
        result = listener.end(number)
    assert result.code == 1
    assert result.out.isascii()
    event, refused, command, end = sorted((json.loads(line) for line in result.lines), key=_order)
    assert event["type"] == "event"
    assert (event["event"], event["pipeline"], event["build_number"]) == ("job.finished", "web", "1")
    assert (event["build_state"], event["job_name"], event["job_exit_status"]) == ("failed", EVIL, "1")
    assert (refused["type"], refused["status"], refused["reason"]) == ("refused", 401, "mismatch")
    assert (command["exit_status"], command["problem"]) == (3, "the command exited 3")
    assert command["delivery"] == event["delivery"]
    assert end["accepted"] == end["failed"] == end["refused"] == 1
    assert "web #1 | said" not in result.out
    assert "Receiving webhooks" in result.err
    assert "  web #1 | said" in result.err


def _order(line: dict[str, str]) -> int:
    return ["event", "refused", "command", "end"].index(line["type"])


def test_filters(start: Start, tmp_path: Path) -> None:
    words = (
        "--event",
        "build.*",
        "--event",
        "job.*",
        "--branch",
        "release/*",
        "--state",
        "failed",
        "--state",
        "blocked",
    )
    with listening(start, *words, "--pipeline", "web", "--jsonl", "events.jsonl") as listener:
        listener.post(build_body(number=1, branch="release/1"))
        listener.post(build_body(number=2, branch="release/1", state="passed", blocked=True))
        listener.post(build_body(number=3, branch="release/1", state="passed"))
        listener.post(build_body(number=4))
        listener.post(job_body(branch="release/2", pipeline="api"))
        listener.post(job_body(branch="release/2"))
        listener.post(agent_body())
        result = listener.end()
    assert result.lines[-1] == "Accepted 7 (4 passed over by the filters), handled 3, failed 0, refused 0."
    kept = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line["body"]["build"]["number"] for line in kept] == [1, 2, 1]
    assert "web #4" not in result.out


def test_a_likely_typing_error_in_a_filter_is_shown(start: Start) -> None:
    with listening(start, "--event", "build.finnished") as listener:
        result = listener.end()
    assert "Check the filters: " in result.out
    assert "did you mean 'build.finished'?\n" in result.out
    assert "Warning" not in result.out + result.err


def test_the_token_in_clear_text(start: Start, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0k3n-of-mine\n")
    with listening(start, "--token-file", "token", "--debug") as listener:
        headers = {"Content-Type": "application/json", "X-Buildkite-Token": "t0k3n-of-mine"}
        assert listener.post(build_body(), headers=headers).status_code == 200
        assert listener.post(build_body(number=2), headers={**headers, "X-Buildkite-Token": "wr0ng"}).status_code == 401
        assert listener.post(build_body(number=3)).status_code == 401
        result = listener.end()
    assert "in clear text" in result.out
    for token in ("t0k3n-of-mine", "wr0ng"):
        assert token not in result.out + result.err


def test_both_of_two_secrets_are_valid(start: Start, tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new-s3cret\r\n")
    (tmp_path / "old").write_text("old-s3cret")
    with listening(start, "--secret-file", "new", "--secret-file", "old") as listener:
        assert listener.post(build_body(), secret="new-s3cret").status_code == 200
        assert listener.post(build_body(number=2), secret="old-s3cret").status_code == 200
        assert listener.post(build_body(number=3), secret="s3cret").status_code == 401
        assert listener.end().code == 0


def unread(start: Start) -> tuple[subprocess.Popen[str], str]:
    """Start a `listen` and read only the first line of its output."""
    process = start("webhooks", "listen", "--port", "0", BUILDKITE_WEBHOOK_SECRET=SECRET)
    assert process.stdout is not None
    url = re.search(r"http://\S+", process.stdout.readline())
    assert url
    return process, url[0]


def post(http: httpx.Client, url: str, body: bytes, *, secret: str = SECRET) -> int:
    headers = signed(body, secret=secret, at=time.time())
    del headers["Host"]
    return http.post(url, content=body, headers=headers).status_code


def test_a_closed_pipe_stops_it(start: Start) -> None:
    process, url = unread(start)
    assert process.stdout is not None
    while "webhooks send" not in process.stdout.readline():
        pass
    process.stdout.close()
    with httpx.Client(trust_env=False, timeout=60) as http:
        assert post(http, url, build_body()) == 503  # it was neither shown nor written
    assert process.wait(60) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_unread_output_delays_no_responses(start: Start) -> None:
    process, url = unread(start)
    with httpx.Client(trust_env=False, timeout=60) as http:
        assert {post(http, url, PING, secret="another") for _ in range(1000)} == {401}
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0
    shown = out.count("refused with 401")
    assert shown + sum(map(int, re.findall(r"refused (\d+) more\n", out))) == 1000
    assert out.endswith("Accepted 0, handled 0, failed 0, refused 1000.\n")
    assert err == ""


def test_a_closed_terminal_stops_it_and_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    words = ("webhooks", "listen", "--port", "0", "--jsonl", str(file))
    terminal = Terminal(*words, environment={"BUILDKITE_WEBHOOK_SECRET": SECRET})
    terminal.until("webhooks send")
    url = re.search(r"http://127\.0\.0\.1:\d+/", terminal.text)
    assert url
    with httpx.Client(trust_env=False) as http:
        assert post(http, url[0], build_body()) == 200
        os.close(terminal._master)  # this sends SIGHUP, which only opens the file again
        assert post(http, url[0], build_body(number=2)) == 503
    assert terminal._process.wait(60) == 141
    assert len(file.read_text().splitlines()) == 2  # written, but answered 503, since it was not shown


USAGE: dict[str, tuple[list[str], str]] = {
    "no secret": ([], "No webhook secret: set $BUILDKITE_WEBHOOK_SECRET"),
    "two ways": (
        ["--allow-unsigned", "--secret-file", __file__],
        "--secret-file and --allow-unsigned: give one of them",
    ),
    "a secret": (["--secret", "s3cret-pasted"], "There is no --secret"),
    "a secret with =": (["--secret=s3cret-pasted"], "use --secret-file"),
    "a token": (["--token=s3cret-pasted"], "$BUILDKITE_WEBHOOK_TOKEN, or use --token-file"),
    "no such file": (["--secret-file", "/nowhere/at/all"], "can't be read: No such file or directory"),
    "an empty file": (["--secret-file", "/dev/null"], "holds no secret"),
    "port": (["--allow-unsigned", "--port", "99999"], "ports go from 0 to 65535"),
    "path": (["--allow-unsigned", "--path", "hooks"], "paths begin with /"),
    "at once": (["--allow-unsigned", "--at-once", "0"], "--at-once 0: give a number above 0"),
    "tolerance": (["--allow-unsigned", "--tolerance", "0"], "--tolerance '0': give a duration above 0"),
    "no program": (["--allow-unsigned", "--exec", "no-such-program x"], "there is no program 'no-such-program'"),
    "a quote": (["--allow-unsigned", "--exec", "sh -c 'x"], "can't be split into words: No closing quotation"),
    "no command": (["--allow-unsigned", "--exec", " "], "--exec is empty"),
    "no filter fits": (["--allow-unsigned", "--event", "ping", "--branch", "main"], "that event has no branch"),
    "jsonl to a folder": (["--allow-unsigned", "--jsonl", "/tmp"], "--jsonl: '/tmp' can't be written: Is a directory"),
    "jsonl to a device": (
        ["--allow-unsigned", "--jsonl", "/dev/full"],
        "'/dev/full' can't be written: it isn't a regular file",
    ),
    "json and jsonl": (["--allow-unsigned", "--json", "--jsonl", "-"], "both write to the standard output"),
    "unknown option": (["--exce", "x"], "Did you mean --exec?\nTry: buildkite-ext webhooks listen --help"),
}


@pytest.mark.parametrize(("words", "said"), USAGE.values(), ids=USAGE)
def test_usage(command: Run, words: list[str], said: str) -> None:
    result = command("webhooks", "listen", *words)
    assert result.code == 2
    assert result.out == ""
    assert said in result.err
    assert "Traceback" not in result.err
    assert "s3cret-pasted" not in result.err


def test_two_variables(command: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUILDKITE_WEBHOOK_SECRET", "s3cret-of-mine")
    monkeypatch.setenv("BUILDKITE_WEBHOOK_TOKEN", "t0k3n-of-mine")
    result = command("webhooks", "listen", "--debug")
    assert result.code == 2
    assert "are both set" in result.err
    # An option comes before both.
    result = command("webhooks", "listen", "--allow-unsigned", "--path", "s3cret-of-mine", "--debug")
    assert "s3cret-of-mine" not in result.err
    assert "[$BUILDKITE_WEBHOOK_SECRET]" in result.err


def test_the_secret_from_the_standard_input(tmp_path: Path) -> None:
    from .conftest import COMMAND

    process = subprocess.Popen(
        [*COMMAND, "webhooks", "listen", "--port", "0", "--secret-file", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    process.stdin.write(f"{SECRET}\n")
    process.stdin.close()
    process.stdin = None
    listener = Listener(process)
    assert listener.post(PING).status_code == 200
    assert listener.end().code == 0


def test_a_taken_port(command: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = command("webhooks", "listen", "--allow-unsigned", "--port", str(port))
    assert result.code == 2
    assert result.err.startswith(f"buildkite-ext: Can't listen on 127.0.0.1:{port}: Address already in use. ")


def test_without_uvicorn(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    result = command("webhooks", "listen", "--allow-unsigned", "--port", "0")
    assert result.code == 2
    assert "pip install 'buildkite-ext[server]'" in result.err


def test_on_a_terminal_it_is_coloured_and_ctrl_c_leaves_commands_alone() -> None:
    words = ("webhooks", "listen", "--port", "0", "--exec", "sh -c 'echo begun; sleep 1; echo finished anyway'")
    terminal = Terminal(*words, width=120, environment={"BUILDKITE_WEBHOOK_SECRET": SECRET})
    terminal.until("webhooks send")
    url = re.search(r"http://127\.0\.0\.1:\d+/", terminal.text)
    assert url
    with httpx.Client(trust_env=False) as http:
        assert post(http, url[0], build_body()) == 200
    terminal.until("\x1b[1;31mfailed      \x1b[0m")
    assert re.search(r"\x1b\[2m\d\d:\d\d:\d\d\x1b\[0m  build\.finished", terminal.text)
    terminal.until("begun")
    terminal.press("\x03")
    assert terminal.end() == 0
    assert "Stopping: accepted deliveries are handled first. Waiting for 1 of them" in terminal.text
    assert "finished anyway" in terminal.text
    assert "\x1b[1;32mAccepted 1, handled 1, failed 0, refused 0.\x1b[0m" in terminal.text
