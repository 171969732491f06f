"""`webhooks listen --exec`: a command for each event. It gets fields and a body, and never a secret or a shell."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from ..webhooks.posting import PING, SECRET, agent_body, build_body, job_body
from .listening import Start, listening

NASTY = "$(touch pwned); `touch pwned`; touch pwned | touch pwned\ntouch pwned"


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKITE_WEBHOOK_SECRET", raising=False)
    monkeypatch.delenv("BUILDKITE_WEBHOOK_TOKEN", raising=False)


def script(folder: Path, text: str) -> str:
    """Write a Python program that has read its standard input into `body`, and return its command."""
    file = folder / "program.py"
    file.write_text(f"import json, os, sys, time\nbody = sys.stdin.buffer.read()\n{text}\n")
    return f"{os.sys.executable} {file}"  # type: ignore[attr-defined]


ENVIRONMENT = "with open('seen.jsonl', 'a') as f: print(json.dumps({**os.environ, 'body': body.decode()}), file=f)"


def test_the_fields_are_in_the_environment_and_the_body_on_the_standard_input(start: Start, tmp_path: Path) -> None:
    body = job_body(branch="release/1", exit_status=7, agent={"id": "a", "name": "mac-1"})
    with listening(start, "--exec", script(tmp_path, ENVIRONMENT), BUILDKITE_WEBHOOK_AGENT_NAME="stale") as listener:
        listener.post(body)
        listener.post(agent_body(connection_state="lost"))
        assert listener.end().code == 0
    job, agent = sorted(map(json.loads, (tmp_path / "seen.jsonl").read_text().splitlines()), key=len, reverse=True)
    assert job["body"].encode() == body
    hooks = {name.removeprefix("BUILDKITE_WEBHOOK_"): value for name, value in job.items() if "WEBHOOK" in name}
    delivery = hooks.pop("DELIVERY")
    assert len(delivery) == 64
    assert hooks == {
        "EVENT": "job.finished",
        "PIPELINE": "web",
        "BUILD_ID": "018f-1",
        "BUILD_NUMBER": "1",
        "BUILD_STATE": "failed",
        "BUILD_URL": "https://buildkite.test/acme/web/builds/1",
        "BRANCH": "release/1",
        "JOB_ID": "018f-job",
        "JOB_NAME": "test",
        "JOB_STATE": "failed",
        "JOB_EXIT_STATUS": "7",
    }
    assert agent["BUILDKITE_WEBHOOK_AGENT_NAME"] == "mac-1"
    assert agent["BUILDKITE_WEBHOOK_AGENT_STATE"] == "lost"
    assert SECRET not in json.dumps(job)


def test_no_shell_reads_values_of_an_event(start: Start, tmp_path: Path) -> None:
    for command in (
        "sh -c 'printf %s \"$BUILDKITE_WEBHOOK_BRANCH\" >branch'",
        "printf %s $BUILDKITE_WEBHOOK_BRANCH ; touch pwned",
    ):
        with listening(start, "--exec", command) as listener:
            listener.post(job_body(branch=NASTY, name=NASTY, pipeline=NASTY))
            result = listener.end()
        assert result.code == 0, result.out
    assert (tmp_path / "branch").read_text() == NASTY
    assert "| $BUILDKITE_WEBHOOK_BRANCH;touchpwned" in result.out  # words, not commands
    assert not (tmp_path / "pwned").exists()


def test_values_that_no_environment_can_hold(start: Start, tmp_path: Path) -> None:
    with listening(start, "--exec", script(tmp_path, ENVIRONMENT)) as listener:
        listener.post(job_body(branch="a\0b", name="x" * 200_000, pipeline="\U0001f680"))
        body = job_body(branch="half").replace(b'"half"', b'"\\ud83d"')
        listener.post(body)
        listener.post(build_body(number=["no", "number"], branch={"a": 1}))  # type: ignore[arg-type]
        assert listener.end().code == 0
    seen = [json.loads(line) for line in (tmp_path / "seen.jsonl").read_text().splitlines()]
    first = next(each for each in seen if each["BUILDKITE_WEBHOOK_PIPELINE"] == "\U0001f680")
    assert first["BUILDKITE_WEBHOOK_BRANCH"] == "ab"
    assert "BUILDKITE_WEBHOOK_JOB_NAME" not in first
    assert "BUILDKITE_WEBHOOK_BRANCH" in next(each for each in seen if "\\ud83d" in each["body"])
    odd = next(each for each in seen if '["no", "number"]' in each["body"])
    assert "BUILDKITE_WEBHOOK_BUILD_NUMBER" not in odd


def test_output_and_failure_of_a_command_are_shown(start: Start) -> None:
    command = "sh -c 'echo one; printf \"\\033[31mtwo\"; echo three >&2; exit 3'"
    with listening(start, "--exec", command) as listener:
        listener.post(build_body(number=5))
        result = listener.end()
    assert result.code == 1
    assert "  web #5 | one\n  web #5 | twothree\n" in result.out
    assert "build.finished          web #5            the command exited 3 after 0." in result.out
    assert result.lines[-1] == "Accepted 1, handled 0, failed 1, refused 0."


def test_a_program_that_reads_nothing_and_one_that_prints_a_lot(start: Start, tmp_path: Path) -> None:
    with listening(start, "--exec", "true") as listener:
        listener.post(build_body(message="x" * 900_000))
        assert listener.end().code == 0
    flood = script(tmp_path, "sys.stdout.write('x' * 3_000_000 + '\\nlast line')")
    with listening(start, "--exec", flood) as listener:
        listener.post(build_body())
        result = listener.end()
    assert result.code == 0
    assert "  web #1 | last line\n" in result.out
    assert result.out.count("x") >= 3_000_000


def test_a_command_over_its_timeout_is_killed_with_its_child_processes(start: Start, tmp_path: Path) -> None:
    command = "sh -c 'sleep 300 & echo $! >child; echo waiting; wait'"
    with listening(start, "--exec", command, "--exec-timeout", "2") as listener:
        listener.post(build_body())
        listener.until("waiting")
        line = listener.until("took longer than 2 s and was killed")
        result = listener.end()
    assert "web #1" in line
    assert result.code == 1
    child = int((tmp_path / "child").read_text())
    for _ in range(3000):
        if not alive(child):
            break
        time.sleep(0.02)
    assert not alive(child)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_process_that_a_command_leaves_running_delays_nothing(start: Start, tmp_path: Path) -> None:
    command = "sh -c 'sleep 300 & echo $! >child; sleep 0.5; echo done'"
    with listening(start, "--exec", command) as listener:
        listener.post(build_body())
        begun = time.monotonic()
        result = listener.end()
    assert result.code == 0
    assert "| done" in result.out
    assert time.monotonic() - begun < 60
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_at_once_limits_commands_and_those_of_a_build_run_in_order(start: Start, tmp_path: Path) -> None:
    text = (
        "me = os.environ['BUILDKITE_WEBHOOK_BUILD_NUMBER'], os.environ['BUILDKITE_WEBHOOK_JOB_NAME']\n"
        "fd = os.open('log', os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
        "os.write(fd, ('+ %s %s\\n' % me).encode()); time.sleep(0.1); os.write(fd, ('- %s %s\\n' % me).encode())"
    )
    with listening(start, "--exec", script(tmp_path, text), "--at-once", "3") as listener:
        for name in range(4):
            for number in range(1, 4):
                body = json.loads(job_body(name=f"j{name}"))
                body["build"] |= {"number": number, "id": f"018f-{number}"}
                assert listener.post(json.dumps(body).encode()).status_code == 200
        result = listener.end()
    assert result.lines[-1] == "Accepted 12, handled 12, failed 0, refused 0."
    running, most = 0, 0
    order: dict[str, list[str]] = {}
    for line in (tmp_path / "log").read_text().splitlines():
        sign, number, name = line.split()
        running += 1 if sign == "+" else -1
        most = max(most, running)
        order.setdefault(number, []).append(sign + name)
    assert most <= 3
    assert order == {str(n): [f"{s}j{i}" for i in range(4) for s in "+-"] for n in range(1, 4)}


def test_above_the_limit_is_503_and_nothing_accepted_is_lost(start: Start, tmp_path: Path) -> None:
    command = script(tmp_path, "time.sleep(1)")
    words = ("--exec", command, "--at-once", "1", "--limit", "2", "--jsonl", "events.jsonl")
    with listening(start, *words) as listener:
        answers = [listener.post(build_body(number=number)) for number in range(1, 6)]
        result = listener.end()
    statuses = [answer.status_code for answer in answers]
    assert statuses[:2] == [200, 200]
    assert 503 in statuses
    full = next(answer for answer in answers if answer.status_code == 503)
    assert full.headers["Retry-After"] == "5"
    accepted = statuses.count(200)
    assert f"Accepted {accepted}, handled {accepted}, failed 0, refused {5 - accepted}." in result.out
    assert "2 others are being handled, which is the limit" in result.out
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == accepted


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_stops_at_once_and_reports_losses(start: Start, number: int, code: int) -> None:
    with listening(start, "--exec", "sleep 300", "--exec-timeout", "300", "--at-once", "1") as listener:
        listener.post(PING)
        listener.post(build_body())
        listener.process.send_signal(number)
        listener.until("Waiting for 2 of them")
        begun = time.monotonic()
        result = listener.end(number)
    assert result.code == code
    assert time.monotonic() - begun < 60
    assert result.lines[-1] == "Accepted 2, handled 0, failed 0, refused 0, lost 2."
    assert result.err == ""
