"""Each example runs against the simulator, with an environment without credentials."""

from __future__ import annotations

import ast
import json
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.webhooks.redis.server import a_server

EXAMPLES = Path(__file__).parents[2] / "examples"
SAID = {
    "trigger_and_wait": ["passed, after"],
    "generate_and_check": ["The build of main passes: 4 jobs in 2 waves", "Test 3.13", "Publish"],
    "follow_logs": ["lint All checks passed!", "tests 2 failed, 7 passed"],
    "download_artifacts": ["dist/web-1.4.2-py3-none-any.whl: 100 %", "1 in "],
    "async_dashboard": ["web #41   passed", "api #13   failed", "release #7    blocked"],
    "retry_failed": ["#13 failed", "retrying tests, which exited 1", "#13 passed", "tests is flaky"],
    "prometheus_endpoint": ["web #41 passed", 'buildkite_builds_created_total{branch="main"'],
    "unblock_release": ["#7 blocked", "unblocking 'Ship it?'", "#7 passed"],
    "share_a_budget": ["40 passed", "8 of 50 requests of this minute are left", "0 requests were refused"],
}
NEED_REDIS = {"share_a_budget"}


@pytest.fixture
def redis_url() -> Iterator[str]:
    for server in a_server():
        yield server.url


def test_all_examples_are_tried() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} - {"clients"} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_example(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if name == "prometheus_endpoint":
        pytest.importorskip("opentelemetry.exporter.prometheus")
    path = EXAMPLES / f"{name}.py"
    redis = ["--redis", request.getfixturevalue("redis_url")] if name in NEED_REDIS else []
    told = subprocess.run(
        [sys.executable, "-W", "error", str(path), "--simulate", *redis],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": "/nowhere", "TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        timeout=240,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    for said in SAID[name]:
        assert said in told.stdout
    assert f"python examples/{name}.py" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")


@pytest.mark.parametrize("outcome", ["passed", "failed", "canceled", "blocked", "skipped"])
def test_only_a_build_that_passed_ends_the_retries_with_0(
    outcome: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    described = {"number": 7, "state": "passed" if outcome == "blocked" else outcome, "blocked": outcome == "blocked"}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"id": "b7", "jobs": [], **described}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_examples_0123456789")
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
    monkeypatch.setattr(sys, "argv", ["retry_failed.py", "web"])
    try:
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(EXAMPLES / "retry_failed.py"), run_name="__main__")
    finally:
        server.shutdown()
        server.server_close()
    assert f"#7 {outcome}" in capsys.readouterr().out
    assert ended.value.code == (0 if outcome == "passed" else 1)
