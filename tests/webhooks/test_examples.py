"""The examples of receivers, each run as its docstring says."""

from __future__ import annotations

import ast
import asyncio
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from .posting import agent_body, build_body, job_body, signed

EXAMPLES = Path(__file__).parents[2] / "examples" / "webhooks"
HOW = {
    "fastapi_app": "uvicorn --app-dir examples/webhooks fastapi_app:app",
    "flask_app": "flask --app examples/webhooks/flask_app.py run",
    "lambda_function": "lambda_function.handler",
}
PATH = "/webhooks/buildkite"
Example = Callable[[str], ModuleType]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Example:
    """An example, loaded as a server loads it."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setenv("BUILDKITE_WEBHOOK_SECRET", "s3cret")

    def load(name: str) -> ModuleType:
        monkeypatch.delitem(sys.modules, name, raising=False)
        return import_module(name)

    return load


def now(body: bytes) -> dict[str, str]:
    return signed(body, at=time.time())


def test_each_example_is_tested_and_says_how_to_run_it() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(HOW)
    for name, how in HOW.items():
        docstring = ast.get_docstring(ast.parse((EXAMPLES / f"{name}.py").read_text("utf-8")))
        assert docstring is not None
        assert how in docstring


def test_fastapi(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    it = example("fastapi_app")

    async def scenario() -> list[Any]:
        async with (
            it.hooks.lifespan(),
            httpx.AsyncClient(transport=httpx.ASGITransport(it.app), base_url="http://hooks.test") as client,
        ):
            failed, passed = build_body(number=1, branch="release/7"), job_body(web_url="https://buildkite.test/j")
            statuses: list[Any] = [
                (await client.post(PATH, content=body, headers=now(body))).status_code
                for body in (failed, passed, build_body(number=2, branch="elsewhere"))
            ]
            await it.hooks.aclose()
            return [*statuses, (await client.get("/failing")).json()]

    assert asyncio.run(scenario()) == [200, 200, 200, {"web": "https://buildkite.test/acme/web/builds/1"}]
    assert capsys.readouterr().out == "test failed: https://buildkite.test/j\n"


def test_fastapi_removes_a_pipeline_that_passed_and_keeps_one_that_is_blocked(example: Example) -> None:
    it = example("fastapi_app")

    async def post(*bodies: bytes) -> dict[str, str]:
        async with it.hooks.lifespan():
            for body in bodies:
                await it.hooks.receive("POST", now(body), body)
        return dict(it.failing)

    assert asyncio.run(post(build_body())) != {}
    assert asyncio.run(post(build_body(number=2, state="passed", blocked=True))) != {}
    assert asyncio.run(post(build_body(number=3, state="passed"))) == {}


def test_flask(example: Example) -> None:
    it = example("flask_app")
    client = it.app.test_client()
    for number, state in enumerate(["passed", "failed", "passed"]):
        body = build_body(number=number, state=state)
        assert client.post(PATH, data=body, headers=now(body)).status_code == 200
    forged = {**now(body), "X-Buildkite-Signature": "timestamp=1,signature=00"}
    assert client.post(PATH, data=body, headers=forged).status_code == 401
    it.hooks.close()
    assert client.get("/finished").get_json() == {"passed": 2, "failed": 1}


def test_lambda(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    it = example("lambda_function")
    body = agent_body()
    event = {
        "version": "2.0",
        "headers": {name.lower(): value for name, value in now(body).items()},
        "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.7"}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
    assert it.handler(event, object())["statusCode"] == 200
    assert capsys.readouterr().out == "mac-1 was lost; starting another\n"
    it.hooks.close()
