"""`run --simulate` and `simulate`: real HTTP on this computer. The environment is ignored."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import PROXIES, Ended, ended

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def trap() -> Iterator[tuple[str, list[bytes]]]:
    """Start a server that must not be used, and return the requests that it receives."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        over = threading.Event()

        def watch() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    came.append(connection.recv(1000))

        thread = threading.Thread(target=watch)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", came
        over.set()
        thread.join()


def test_nothing_of_the_environment_counts(start: Start, tmp_path: Path, trap: tuple[str, list[bytes]]) -> None:
    url, came = trap
    astray = {**dict.fromkeys(PROXIES, url), "NO_PROXY": "", "no_proxy": ""}
    process = start(
        *("run", "web", "--branch", "main", "--artifacts", "dist/*.whl", "--to", "wheels", "--simulate"),
        BUILDKITE_API_TOKEN="bkua_a_real_token",
        BUILDKITE_ORGANIZATION_SLUG="a-real-organization",
        BUILDKITE_REST_API_ENDPOINT=url,
        SSL_CERT_FILE="/nowhere/at/all.pem",
        SSL_CERT_DIR="/nowhere/at/all",
        **astray,
    )
    result = ended(process, 60)
    assert result.code == 0, result.err
    assert came == []
    assert result.err == ""
    assert result.lines[0] == "* created build #41: https://buildkite.test/acme/web/builds/41"
    assert "unit tests | 24 passed" in result.lines
    assert result.lines[-1].startswith("Build web #41 passed in 0:")
    assert "bkua_a_real_token" not in result.out
    wheel = tmp_path / "wheels/dist/web-1.4.2-py3-none-any.whl"
    assert zipfile.ZipFile(wheel).testzip() is None


def test_an_unknown_pipeline_is_told_which_there_are(command: Run) -> None:
    result = command("run", "wob", "--branch", "main", "--simulate")
    assert result.code == 3
    assert result.err.startswith("buildkite-ext: No build was created.")
    assert result.err.endswith("The simulator has the pipelines api, release, web.\n")


def test_an_organization_of_one_s_own(command: Run) -> None:
    result = command("run", "web", "--branch", "main", "--simulate", "--organization", "tools", "--timeout", "1.5")
    assert result.code == 6
    assert "https://buildkite.test/tools/web/builds/41" in result.out


@pytest.mark.parametrize(
    "words",
    [
        ("annotate", "web", "1", "--body", "Hello"),
        ("annotations", "add", "web", "1", "--body", "Hello"),
        ("cancel", "web", "1"),
        ("builds", "cancel", "web", "1"),
        ("unblock", "release", "5", "--field", "version=1.4.2"),
        ("jobs", "unblock", "release", "5", "--job", "ship", "--field", "version=1.4.2"),
        ("retry-failed", "api", "--latest"),
        ("jobs", "retry", "api", "10", "--job", "lint"),
    ],
    ids=" ".join,
)
def test_commands_that_write_can_be_tried(command: Run, words: tuple[str, ...]) -> None:
    result = command(*words, "--simulate")
    assert (result.code, result.err) == (0, "")


def test_simulate_says_how_to_point_clients_at_it_and_ends_cleanly(start: Start) -> None:
    process = start("simulate", "--port", "0", "--organization", "tools", HTTP_PROXY="http://127.0.0.1:9")
    assert process.stdout is not None
    head = [process.stdout.readline() for _ in range(12)]
    text = "".join(head)
    environment = dict(re.findall(r"^  export (\w+)=(\S+)$", text, re.MULTILINE))
    assert environment["BUILDKITE_ORGANIZATION_SLUG"] == "tools"
    assert environment["NO_PROXY"] == "127.0.0.1,localhost"
    url = environment["BUILDKITE_REST_API_ENDPOINT"]
    assert f"answers at {url}\n" in text

    # The curl line holds, and so do the variables.
    address = re.search(r"http://\S+/v2/organizations/tools/pipelines$", text, re.MULTILINE)
    assert address
    with httpx.Client(trust_env=False) as http:
        headers = {"Authorization": f"Bearer {environment['BUILDKITE_API_TOKEN']}"}
        pipelines = http.get(address[0], headers=headers).raise_for_status().json()
    assert sorted(pipeline["slug"] for pipeline in pipelines) == ["api", "release", "web"]
    other = ended(start("run", "release", "--branch", "main", "--poll-interval", "0.2", **environment))
    assert other.code == 5

    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 0
    assert "The simulator has ended" in result.out
    assert result.err == ""


@pytest.mark.parametrize(("flags", "status"), [((), 404), (("--admin",), 201)])
def test_faults_are_added_over_http_only_with_admin(start: Start, flags: tuple[str, ...], status: int) -> None:
    process = start("simulate", "--port", "0", *flags)
    assert process.stdout is not None
    found = re.search(r"answers at (\S+)$", process.stdout.readline().strip())
    assert found
    with httpx.Client(trust_env=False, base_url=found[1]) as http:
        assert http.post("/_simulator/faults", json={"kind": "error", "status": 502}).status_code == status
        assert http.get("/v2/meta").status_code == (502 if flags else 200)
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 0


def test_a_blocked_build_is_not_told_to_be_unblocked_where_the_simulator_ends(command: Run) -> None:
    result = command("run", "release", "--branch", "main", "--simulate")
    assert result.code == 5
    assert ' waits at "Ship it?" after ' in result.lines[-2]
    assert result.lines[-1].startswith("It ends now, with the simulator.")
    assert "/unblock" not in result.out


def test_a_run_that_is_not_followed_gives_no_impossible_advice_either(command: Run) -> None:
    result = command("run", "release", "--branch", "main", "--simulate", "--no-follow")
    assert result.code == 5
    assert "/unblock" not in result.out
    assert "buildkite-ext cancel" not in result.out + result.err
    stopped = command("run", "release", "--branch", "main", "--simulate", "--timeout", "0.1")
    assert stopped.code == 6
    assert "ends now, with the simulator" in stopped.err
    assert "buildkite-ext cancel" not in stopped.out + stopped.err


@pytest.mark.parametrize("name", ["http://sim.test", "sim.test:80", ""])
def test_a_wrong_host_is_refused(command: Run, name: str) -> None:
    result = command("simulate", "--port", "0", "--allow-host", name)
    assert result.code == 2
    assert f"--allow-host: {name!r} isn't the name of a host alone" in result.err


def test_hosts_are_allowed_on_the_command_line(start: Start) -> None:
    process = start("simulate", "--port", "0", "--allow-host", "sim.test", "--allow-host", "other.test")
    assert process.stdout is not None
    text = "".join(process.stdout.readline() for _ in range(11))
    found = re.search(r"BUILDKITE_REST_API_ENDPOINT=(\S+)", text)
    assert found
    with httpx.Client(trust_env=False) as http:
        hosts = ["sim.test", "other.test:81", "evil.test", "127.0.0.1"]
        statuses = [http.get(f"{found[1]}/v2/meta", headers={"Host": host}).status_code for host in hosts]
    assert statuses == [200, 200, 403, 200]


def test_simulate_on_a_taken_port(command: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = command("simulate", "--port", str(port))
    assert result.code == 2
    assert result.err.startswith(f"buildkite-ext: Can't listen on 127.0.0.1:{port}: ")
    assert "--port 0 finds one" in result.err


@pytest.mark.parametrize(
    "words",
    [
        ("simulate",),
        ("run", "web", "--branch", "main", "--simulate"),
        ("webhooks", "listen", "--port", "0", "--allow-unsigned"),
    ],
)
def test_without_uvicorn(command: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    result = command(*words)
    assert (result.code, result.out) == (2, "")
    assert "pip install 'buildkite-ext[server]'" in result.err


def test_an_error_of_a_pipeline_names_its_file_and_the_place_of_the_check(command: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_text('steps:\n  - command: make\n    if: build.branch = "main"\n')
    checked = command("pipeline", "check", str(file)).out
    place = re.search(r"bad\.yml:(\d+):(\d+)", checked)
    assert place is not None
    result = command("simulate", "--pipeline", str(file), "--port", "0")
    assert result.code == 2
    assert f"--pipeline {str(file)!r}: line {place[1]}, column {place[2]}: " in result.err
