"""`webhooks listen --jsonl`: every accepted delivery is a complete line of the file, even after errors of the disk."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from buildkite_ext.cli.webhooks.jsonl import JsonlStream

from ..webhooks.posting import SECRET, build_body, signed
from .conftest import COMMAND
from .listening import Listener, Start, listening


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKITE_WEBHOOK_SECRET", raising=False)
    monkeypatch.delenv("BUILDKITE_WEBHOOK_TOKEN", raising=False)


def numbers(file: Path) -> list[int]:
    """Return the build number of each line of a file. Each line must be a complete object."""
    text = file.read_text()
    assert text.endswith("\n")
    return [json.loads(line)["body"]["build"]["number"] for line in text.splitlines()]


def test_the_line_is_written_before_the_response(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    with listening(start, "--jsonl", "events.jsonl") as listener:
        for number in range(1, 4):
            assert listener.post(build_body(number=number)).status_code == 200
            assert numbers(file) == list(range(1, number + 1))
        listener.post(build_body(number=4), secret="another")
        assert listener.end().code == 0
    line = json.loads(file.read_text().splitlines()[0])
    assert list(line) == ["received_at", "event", "delivery", "body"]
    assert line["event"] == "build.finished"
    assert line["body"] == json.loads(build_body(number=1))
    assert abs(time.time() - __import__("datetime").datetime.fromisoformat(line["received_at"]).timestamp()) < 60
    assert numbers(file) == [1, 2, 3]
    assert file.stat().st_mode & 0o777 == 0o600
    assert SECRET not in file.read_text()


def test_any_body_becomes_one_line_of_ascii(start: Start, tmp_path: Path) -> None:
    bodies = [
        b'{"event": "ping",\r\n\t"a": 1.10, "big": 123456789012345678901234567890, "a": "\xc3\xbc\xe2\x80\xa8\x7f"}\n',
        '{"event": "ping", "b": "\U0001f680\x9b\u202e"}'.encode(),
        b'{"event": "ping", "c": "not utf-8: \xff"}',
        b'\xef\xbb\xbf{"event": "ping", "d": 1}',
    ]
    with listening(start, "--jsonl", "events.jsonl") as listener:
        for body in bodies:
            headers = signed(b'{"event": "ping"}')
            from buildkite_ext.webhooks import sign

            headers["X-Buildkite-Signature"] = sign(body, SECRET)
            assert listener.post(body, headers=headers).status_code == 200
        assert listener.end().code == 0
    data = (tmp_path / "events.jsonl").read_bytes()
    assert data.isascii()
    assert all(byte >= 0x20 or byte == 0x0A for byte in data)
    lines = data.decode().splitlines()
    assert '"a": 1.10' in lines[0]
    assert "123456789012345678901234567890" in lines[0]
    first, second, third, fourth = [json.loads(line)["body"] for line in lines]
    assert first == json.loads(bodies[0])
    assert second == json.loads(bodies[1])
    assert third == bodies[2].decode(errors="replace")
    assert "d" in fourth


@pytest.fixture
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Python keep no compiled modules: it would keep what it can't write whole."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@pytest.mark.usefixtures("no_bytecode")
def test_a_full_disk_is_503_and_leaves_complete_lines(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    with listening(start, "--jsonl", "events.jsonl") as listener:
        assert listener.post(build_body(number=1)).status_code == 200
        size = file.stat().st_size
        resource.prlimit(listener.process.pid, resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
        lost = build_body(number=2)
        headers = signed(lost, at=time.time())
        refused = listener.post(lost, headers=headers)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        assert file.stat().st_size == size
        assert "File too large" in listener.until("--jsonl: the delivery can't be written")
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(listener.process.pid, resource.RLIMIT_FSIZE, unlimited)
        assert listener.post(lost, headers=headers).json() == {"message": "Accepted."}
        result = listener.end()
    assert result.code == 0
    assert numbers(file) == [1, 2]
    assert result.lines[-1] == "Accepted 2, handled 2, failed 0, refused 1."


FULL_DISK = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@FULL_DISK
@pytest.mark.parametrize("option", [["--jsonl", "-"], ["--json"]], ids=" ".join)
def test_an_output_on_a_full_disk_has_its_exit_code(tmp_path: Path, option: list[str]) -> None:
    with Path("/dev/full").open("w") as full, contextlib.ExitStack() as stack:

        def start(*words: str, **environment: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [*COMMAND, *words],
                stdin=subprocess.DEVNULL,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env={**os.environ, **environment},
            )
            stack.callback(process.kill)
            process.stdout = io.StringIO()  # nothing comes from there
            return process

        listener = stack.enter_context(listening(start, *option))
        for number in range(2):
            assert listener.post(build_body(number=number)).status_code == 503
        result = listener.end()
    assert result.code == 74, result.err
    assert "No space left on device" in result.err
    assert "Traceback" not in result.err
    assert "Exception ignored" not in result.err


@pytest.mark.usefixtures("no_bytecode")
def test_a_file_that_could_not_be_written_to_the_end_has_that_exit_code(start: Start, tmp_path: Path) -> None:
    with listening(start, "--jsonl", "events.jsonl") as listener:
        assert listener.post(build_body(number=1)).status_code == 200
        size = (tmp_path / "events.jsonl").stat().st_size
        resource.prlimit(listener.process.pid, resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
        assert listener.post(build_body(number=2)).status_code == 503
        result = listener.end()
    assert result.code == 74
    assert numbers(tmp_path / "events.jsonl") == [1]


def test_a_line_that_was_written_in_part_is_a_line_of_its_own() -> None:
    class Pipe:
        """Stream that takes five bytes at a time, and is full after ten."""

        def __init__(self) -> None:
            self.taken = b""
            self.space = 10

        def write(self, data: memoryview) -> int | None:
            part = bytes(data[: min(5, self.space)])
            self.taken += part
            self.space -= len(part)
            return len(part) or None

    pipe = Pipe()
    writer = JsonlStream(cast("BinaryIO", pipe))
    with pytest.raises(BlockingIOError):
        writer.append(b"0123456789ab\n")
    with pytest.raises(BlockingIOError):
        writer.append(b"cd\n")
    pipe.space = 100
    writer.append(b"ef\n")
    writer.append(b"gh\n")
    assert pipe.taken == b"0123456789\nef\ngh\n"


def test_a_file_that_is_renamed_or_removed(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    file = folder / "events.jsonl"
    with listening(start, "--jsonl", "logs/events.jsonl") as listener:
        listener.post(build_body(number=1))
        file.rename(folder / "events.jsonl.1")
        listener.post(build_body(number=2))
        listener.process.send_signal(signal.SIGHUP)
        listener.post(build_body(number=3))
        file.unlink()
        listener.post(build_body(number=4))
        shutil.rmtree(folder)
        gone = listener.post(build_body(number=5))
        assert gone.status_code == 503
        listener.until("No such file or directory")
        folder.mkdir()
        assert listener.post(build_body(number=6)).status_code == 200
        assert listener.end().code == 0
    assert numbers(file) == [6]


def test_after_sighup_lines_go_to_the_new_file(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    with listening(start, "--jsonl", "events.jsonl") as listener:
        listener.post(build_body(number=1))
        file.rename(tmp_path / "events.jsonl.1")
        listener.process.send_signal(signal.SIGHUP)
        listener.post(build_body(number=2))
        assert listener.end().code == 0
    assert numbers(tmp_path / "events.jsonl.1") == [1]
    assert numbers(file) == [2]


def test_an_incomplete_line_of_a_killed_process_spoils_no_other_line(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"received_at": "2026-')
    with listening(start, "--jsonl", "events.jsonl") as listener:
        listener.post(build_body(number=1))
        listener.post(build_body(number=2))
        assert listener.end().code == 0
    half, first, second = file.read_text().splitlines()
    assert half == '{"received_at": "2026-'
    assert [json.loads(line)["body"]["build"]["number"] for line in (first, second)] == [1, 2]


def test_two_processes_write_to_one_file(start: Start, tmp_path: Path) -> None:
    with listening(start, "--jsonl", "all.jsonl") as one, listening(start, "--jsonl", "all.jsonl") as other:

        def post(listener: Listener, first: int) -> None:
            for number in range(first, first + 40):
                assert listener.post(build_body(number=number, message="x" * 20_000)).status_code == 200

        threads = [threading.Thread(target=post, args=args) for args in ((one, 0), (other, 100))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (one.end().code, other.end().code) == (0, 0)
    assert sorted(numbers(tmp_path / "all.jsonl")) == [*range(40), *range(100, 140)]


def test_the_standard_output(start: Start) -> None:
    with listening(start, "--jsonl", "-", "--exec", "echo said") as listener:
        listener.post(build_body(number=7))
        result = listener.end()
    assert result.code == 0
    (line,) = result.lines
    assert json.loads(line)["body"]["build"]["number"] == 7
    assert "web #7" in result.err
    assert "| said" in result.err
    assert "Accepted 1, handled 1" in result.err


def test_no_accepted_delivery_is_missing_after_sigkill(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    accepted: list[int] = []
    with listening(start, "--jsonl", "events.jsonl") as listener:

        def kill() -> None:
            while len(accepted) < 5:
                time.sleep(0.01)
            time.sleep(0.1)
            os.kill(listener.process.pid, signal.SIGKILL)

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            for number in range(10_000):
                if listener.post(build_body(number=number, message="x" * 5_000)).status_code == 200:
                    accepted.append(number)
        except Exception:  # it was killed
            pass
        thread.join()
        listener.process.wait(60)
        listener.ended()
    assert accepted
    whole = file.read_text().split("\n")[:-1]
    assert {json.loads(line)["body"]["build"]["number"] for line in whole} >= set(accepted)


def test_a_file_that_cannot_be_written(start: Start, tmp_path: Path) -> None:
    words = ("webhooks", "listen", "--allow-unsigned", "--port", "0", "--jsonl", "nowhere/events.jsonl")
    process: subprocess.Popen[str] = start(*words)
    out, err = process.communicate(timeout=90)
    assert (process.returncode, out) == (2, "")
    assert err == "buildkite-ext: --jsonl: 'nowhere/events.jsonl' can't be written: No such file or directory.\n"
