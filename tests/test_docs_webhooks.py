"""docs/webhooks.md, docs/webhooks-servers.md and docs/webhooks-security.md: each block runs alone, as described; the numbers are the code's."""

from __future__ import annotations

import asyncio
import base64
import builtins
import dis
import inspect
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType
from typing import Any

import httpx
import pytest
from werkzeug.test import Client

from buildkite_ext.cli.app import app as command
from buildkite_ext.webhooks import (
    AllowedIPs,
    BuildFinished,
    MemoryDeduplicationStore,
    MemoryQueue,
    RedisStreamSink,
    RedisStreamSource,
    WebhookHandler,
    WebhookResponse,
    sign,
)
from buildkite_ext.webhooks.delivery import DELIVERY_HEADERS
from buildkite_ext.webhooks.testing import WebhookClient, sample

from .documents import Block, blocks
from .webhooks.posting import PING, build_body, job_body, signed
from .webhooks.redis.server import a_server

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "webhooks.md"
SERVERS = ROOT / "docs" / "webhooks-servers.md"
SECURITY = ROOT / "docs" / "webhooks-security.md"
COMMAND = ROOT / "docs" / "command.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

PAGES = (GUIDE, SERVERS, SECURITY)
PYTHON = [block for document in PAGES for block in blocks(document, "python")]

Names = dict[str, Any]


@pytest.fixture(autouse=True)
def django() -> None:
    """Configure Django as a project does, before any block imports it."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"])


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_WEBHOOK_SECRET", "s3cret")


def run(document: Path, section: str, *, redis: str | None = None) -> list[Names]:
    """Run each block of a section alone, and return its names."""
    text = document.read_text(encoding="utf-8")
    start = text.index(f"\n{section}\n") + 1
    level = section.partition(" ")[0]
    after = re.compile(rf"^#{{1,{len(level)}}} ", re.MULTILINE).search(text, start + len(section))
    first, last = text.count("\n", 0, start), text.count("\n", 0, after.start() if after else len(text))
    return [run_alone(block, redis) for block in blocks(document, "python") if first < block.line < last]


def run_alone(block: Block, redis: str | None = None) -> Names:
    """Run a block in a namespace of its own, and return it."""
    # `__name__` is a module's: type hints are looked up in the module that a function names.
    names: Names = {"__name__": "docs"}
    code = block.code.replace("redis://localhost:6379/0", redis) if redis else block.code
    replace(block, code=code).run(names)
    return names


def globals_of(code: CodeType) -> set[str]:
    """Return the global names that the functions in a piece of code read."""
    inner = [globals_of(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    own = {found.argval for found in dis.get_instructions(code) if found.opname == "LOAD_GLOBAL"}
    return own.union(*inner)


def now(body: bytes) -> dict[str, str]:
    return signed(body, at=time.time())


def failed(number: int = 1, **build: Any) -> tuple[dict[str, str], bytes]:
    body = build_body(number=number, **build)
    return now(body), body


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_every_block_runs_alone(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    names = run_alone(block)
    assert capsys.readouterr().err == ""
    # A function that isn't called here finds its names too.
    assert globals_of(compile(block.code, str(block), "exec", dont_inherit=True)) <= {*names, *dir(builtins)}


def test_the_blocks_are_found() -> None:
    for document in PAGES:
        assert len([block for block in PYTHON if block.document == document]) >= 7


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


def test_the_start(tmp_path: Path, port: int) -> None:
    """Run the file and the commands of the guide, with another port."""
    text = GUIDE.read_text(encoding="utf-8")
    code = FENCE.search(text, text.index("## Start"))
    console = FENCE.search(text, text.index("To try it, no Buildkite is needed"))
    assert code
    assert console
    (tmp_path / "receiver.py").write_text(code[2], encoding="utf-8")
    lines = console[2].replace("8081", str(port)).splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    serve, send = commands[2].removesuffix(" &"), commands[3]
    answered, printed = lines[-2:]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    server = subprocess.Popen(
        [*shlex.split(serve), "--log-level", "warning"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        told = subprocess.run(
            shlex.split(send), env=environment, capture_output=True, text=True, timeout=90, check=True
        )
    finally:
        server.terminate()
        out, err = server.communicate(timeout=90)
    assert re.sub(r"in \d+ ms", "in 11 ms", told.stdout) == f"{answered}\n"
    assert (out, err) == (f"{printed}\n", "")


def receive(hooks: WebhookHandler, *deliveries: tuple[dict[str, str], bytes]) -> list[int]:
    """Post deliveries, and handle them."""

    async def scenario() -> list[int]:
        statuses = [(await hooks.receive("POST", headers, body)).status for headers, body in deliveries]
        await hooks.aclose()
        return statuses

    return asyncio.run(scenario())


def test_handlers_and_filters(capsys: pytest.CaptureFixture[str]) -> None:
    names = run(GUIDE, "## Handlers and filters")[0]
    job = job_body(pipeline="api-x", branch="release/1", name="lint")
    other = job_body(pipeline="docs", branch="release/1", name="never")
    lost = b'{"event": "agent.lost", "agent": {"id": "a", "name": "mac-1", "url": "https://x"}}'
    future = b'{"event": "build.paused", "build": {"id": "b"}}'
    bodies = (job, other, lost, future)
    assert receive(names["hooks"], *((now(body), body) for body in bodies)) == [200] * 4
    said = capsys.readouterr().out.splitlines()
    expected = [
        "lint failed",
        "mac-1 was lost",
        *(f"{e} {len(b)}" for e, b in zip(_events(bodies), bodies, strict=True)),
    ]
    assert sorted(said) == sorted(expected)


def _events(bodies: tuple[bytes, ...]) -> list[str]:
    return [re.findall(rb'"event": "([a-z.]+)"', body)[0].decode() for body in bodies]


def test_blocked_is_not_passed() -> None:
    names = run(GUIDE, "## Handlers and filters")[0]
    hooks: WebhookHandler = names["hooks"]
    seen: list[tuple[str, int]] = []
    for state in ("blocked", "passed"):
        hooks.on("build.*", state=state)(lambda event, state=state: seen.append((state, event.build.number)))
    receive(hooks, failed(1, state="passed", blocked=True), failed(2, state="passed"))
    assert sorted(seen) == [("blocked", 1), ("passed", 2)]


def test_deduplication(capsys: pytest.CaptureFixture[str]) -> None:
    [names] = run(GUIDE, "## Deduplication")
    body = build_body()
    again = signed(body, at=time.time() - 7)
    assert receive(names["hooks"], (now(body), body), (again, body)) == [200, 200]
    assert capsys.readouterr().out.count("ticket for") == 1


def test_the_statuses_are_those_of_the_code() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    table = text[text.index("## Responses") : text.index("Buildkite's documentation doesn't say how long")]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| ") and row[2].isdigit()]
    told = {int(status) for row in rows for status in row.split(",")}
    assert told == {int(status) for status in re.findall(r"(\d\d\d): ", inspect.getdoc(WebhookResponse) or "")}


def test_the_numbers_are_those_of_the_code() -> None:
    defaults = {name: each.default for name, each in inspect.signature(WebhookHandler).parameters.items()}
    queue = {name: each.default for name, each in inspect.signature(MemoryQueue).parameters.items()}
    replays = {name: each.default for name, each in inspect.signature(MemoryDeduplicationStore).parameters.items()}
    sink = {name: each.default for name, each in inspect.signature(RedisStreamSink).parameters.items()}
    source = {name: each.default for name, each in inspect.signature(RedisStreamSource).parameters.items()}
    guide, security = (" ".join(each.read_text(encoding="utf-8").split()) for each in (GUIDE, SECURITY))
    assert (defaults["max_body"], defaults["body_timeout"]) == (1 << 20, 10)
    assert "`max_body` (1 MiB)" in guide
    assert "`body_timeout` (10 seconds)" in guide
    assert defaults["tolerance"] == 300
    assert "`tolerance` seconds, 300 by default" in security
    assert (defaults["handler_timeout"], queue["workers"], defaults["threads"], queue["limit"]) == (30, 8, 16, 1000)
    assert "30 seconds each, 8 deliveries at once, 16 threads" in security
    assert "1,000 deliveries; then 503" in security
    assert queue["max_bytes"] == 64 << 20
    assert "64 MiB of bodies (`max_bytes=`)" in security
    assert replays["limit"] == 100_000
    assert "at 100,000 keys in a process" in security
    assert (sink["limit"], source["tries"]) == (100_000, 5)
    assert "waiting (100,000)" in guide
    assert "five times in all" in guide
    assert defaults["remember"] == 86_400
    assert "for a day (`remember=`)" in guide
    assert defaults["close_timeout"] == 30
    assert "at most 30 seconds (`close_timeout=`)" in guide


def test_fastapi() -> None:
    [names] = run(GUIDE, "### Starlette and FastAPI")

    async def scenario() -> list[int]:
        transport = httpx.ASGITransport(names["app"])
        async with (
            names["hooks"].lifespan(),
            httpx.AsyncClient(transport=transport, base_url="http://hooks.test") as http,
        ):
            headers, body = failed()
            del headers["Host"]
            answers = [
                await http.post(path, headers=headers, content=body) for path in ("/webhooks/buildkite", "/other")
            ]
            return [answer.status_code for answer in answers]

    assert asyncio.run(scenario()) == [200, 404]


def test_flask() -> None:
    [names] = run(GUIDE, "### Flask")
    headers, body = failed()
    with names["app"].test_client() as http:
        assert http.post("/webhooks/buildkite", headers=headers, data=body).status_code == 200
        assert http.post("/webhooks/buildkite", headers=headers, data=body + b" ").status_code == 401
    names["hooks"].close()


def test_django() -> None:
    from django.test import RequestFactory

    [names] = run(GUIDE, "### Django")
    headers, body = failed()
    given = {name: value for name, value in headers.items() if name != "Content-Type"}
    requests = RequestFactory()
    view = names["buildkite_view"]
    for sent, status in ((body, 200), (body + b" ", 401)):
        request = requests.post(
            "/", sent, content_type="application/json", headers={**given, "Content-Length": str(len(sent))}
        )
        answered = view(request)
        assert answered.status_code == status
        assert answered["Content-Type"] == "application/json"
    assert view.csrf_exempt
    names["hooks"].close()


def test_lambda() -> None:
    [names] = run(GUIDE, "### AWS Lambda")
    headers, body = failed()
    event = {
        "version": "2.0",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.7"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    handled: list[int] = []
    names["hooks"].on("build.finished")(lambda event: handled.append(event.build.number))
    assert names["handler"](event)["statusCode"] == 200
    assert handled == [1]
    names["hooks"].close()


def test_anything_else() -> None:
    [names] = run(GUIDE, "### Anything else")
    headers, body = failed()

    async def scenario() -> tuple[int, bytes]:
        answered: tuple[int, bytes] = await names["anything_else"]("POST", list(headers.items()), body)
        await names["hooks"].aclose()
        return answered

    assert asyncio.run(scenario()) == (200, b'{"message": "Accepted."}')


@pytest.fixture
def redis() -> Iterator[str]:
    for server in a_server():
        yield server.url


def test_more_than_one_machine(redis: str, capsys: pytest.CaptureFixture[str]) -> None:
    at_receiver, at_worker, _, _, at_lag = run(GUIDE, "## More than one machine", redis=redis)
    receiver, worker, metrics = at_receiver["receiver"], at_worker["worker"], at_lag["metrics"]
    body = build_body()
    deliveries = [(now(body), body), (signed(body, at=time.time() - 7), body), failed(2, state="passed")]

    async def scenario() -> list[dict[str, float]]:
        for headers, sent in deliveries:
            assert (await receiver.receive("POST", headers, sent)).status == 200
        source = RedisStreamSource(redis)
        before = await metrics(source)
        working = asyncio.create_task(worker.consume(source))  # as main() does, but for the signals
        after = before
        while after["waiting"] + after["pending"]:
            await asyncio.sleep(0.02)
            after = await metrics(source)
        await source.aclose()
        await working
        await receiver.aclose()
        await worker.aclose()
        return [before, after]

    before, after = asyncio.run(scenario())
    assert (before["waiting"], before["pending"], before["dead"]) == (3, 0, 0)
    assert (after["waiting"], after["pending"], after["dead"]) == (0, 0, 0)
    assert (
        capsys.readouterr().out == "https://buildkite.test/acme/web/builds/1\n"
    )  # once, though it came in two deliveries


def test_delivery_events(capsys: pytest.CaptureFixture[str]) -> None:
    [names] = run(GUIDE, "## Logs and delivery events")
    hooks = names["hooks"]

    @hooks.on("build.finished")
    def breaks(event: object) -> None:
        raise ValueError("broken")

    headers, body = failed()
    assert receive(hooks, (headers, body + b" "), (headers, body)) == [401, 200]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "401 mismatch None"
    assert re.fullmatch(r"\S+breaks failed on build\.finished ValueError\('broken'\)", said[1])
    assert hooks.counts == {"refused": 1, "accepted": 1, "failed": 1}


def test_the_tests_of_handlers() -> None:
    [names] = run(GUIDE, "## Test your handlers")
    names["test_a_failed_build_pages_someone"]()
    names["test_other_builds_page_nobody"]()
    assert names["paged"] == []
    assert asyncio.run(names["page"](sample(BuildFinished))) is None
    assert names["paged"]
    names["hooks"].close()


def test_routers(capsys: pytest.CaptureFixture[str]) -> None:
    [names] = run(GUIDE, "### Handlers in several modules")
    client = WebhookClient(names["hooks"])
    client.send("build.finished", {"build.state": "failed"})
    client.send("agent.lost", {"agent.name": "mac-1"})
    client.send("ping")
    assert capsys.readouterr().out == "https://buildkite.test/acme/web/builds/1\nmac-1\n"
    names["hooks"].close()


def test_the_delivery_of_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    [names] = run(GUIDE, "### The delivery of an event")
    WebhookClient(names["hooks"]).send("build.finished", headers={"traceparent": "00-4bf9-00f0-01"})
    assert re.fullmatch(r"[0-9a-f]{64} 1 \d+\.\d+ \d+\.0 00-4bf9-00f0-01\n", capsys.readouterr().out)
    text = GUIDE.read_text(encoding="utf-8")
    told = text[text.index("- `headers` has the content type") : text.index("## Events")]
    named = {name.lower() for name in re.findall(r"`([\w-]+)`", told)} - {"headers"}
    assert named == {*DELIVERY_HEADERS} - {"content-type", "x-buildkite-event"}
    names["hooks"].close()


def test_without_a_receiver(capsys: pytest.CaptureFixture[str]) -> None:
    [names] = run(GUIDE, "### Without a receiver")
    headers, body = failed()
    assert names["view"](body, headers) == 200
    assert names["view"](body + b" ", headers) == 400
    assert names["view"](b"[]", now(PING) | {"X-Buildkite-Signature": sign(b"[]", "s3cret")}) == 400
    assert capsys.readouterr().out == "https://buildkite.test/acme/web/builds/1\nmismatch\nno_json\n"


# --- Servers ----------------------------------------------------------------------------------------------------------


def test_the_page_of_servers_has_a_place_for_the_table() -> None:
    lines = SERVERS.read_text(encoding="utf-8").splitlines()
    first, last = lines.index("<!-- begin: scripts/webhook_servers.py -->"), lines.index("<!-- end -->")
    assert lines.index("## Servers") < first < last < lines.index("## Health checks")


def over_asgi(
    app: Any, path: str, headers: dict[str, str], body: bytes, *, method: str = "POST", **options: Any
) -> int:
    async def scenario() -> int:
        transport = httpx.ASGITransport(app, **options)
        async with httpx.AsyncClient(transport=transport, base_url="http://hooks.test") as http:
            given = {name: value for name, value in headers.items() if name != "Host"}
            return (await http.request(method, path, headers=given, content=body)).status_code

    return asyncio.run(scenario())


def test_health_checks() -> None:
    [names] = run(SERVERS, "## Health checks")
    assert over_asgi(names["app"], "/healthz", {}, b"", method="GET") == 200
    assert over_asgi(names["app"], "/", *failed()) == 200
    names["hooks"].close()
    assert over_asgi(names["app"], "/healthz", {}, b"", method="GET") == 503


def test_gunicorn(redis: str) -> None:
    [names] = run(SERVERS, "## gunicorn", redis=redis)
    headers, body = failed()
    answers = [Client(names["app"]).post("/", headers=headers, data=body) for _ in range(2)]
    assert [(answer.status_code, answer.json) for answer in answers] == [
        (200, {"message": "Accepted."}),
        (200, {"message": "Accepted before."}),
    ]
    names["hooks"].close()


def test_django_on_both_kinds_of_servers() -> None:
    from django.test import AsyncRequestFactory, RequestFactory

    under_wsgi, under_asgi = run(SERVERS, "## Django")
    for names, requests in ((under_wsgi, RequestFactory()), (under_asgi, AsyncRequestFactory())):
        hooks, view = names["hooks"], names["buildkite_view"]
        handled: list[int] = []
        hooks.on("build.finished")(lambda event, handled=handled: handled.append(event.build.number))
        headers, body = failed()
        given = {
            name: value for name, value in headers.items() if name not in ("Content-Type", "Content-Length", "Host")
        }
        for sent, status in ((body, 200), (body + b" ", 401)):
            request = requests.post("/", sent, content_type="application/json", headers=given)
            answered = view(request)
            answered = asyncio.run(answered) if inspect.isawaitable(answered) else answered
            assert answered.status_code == status
        hooks.close()
        assert handled == [1]
        assert view.csrf_exempt


def test_django_gets_a_lifespan() -> None:
    _, names = run(SERVERS, "## Django")
    sent: list[str] = []

    async def scenario() -> None:
        messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def send(message: Any) -> None:
            sent.append(message["type"])

        serving = asyncio.create_task(names["application"]({"type": "lifespan"}, messages.get, send))
        await messages.put({"type": "lifespan.startup"})
        while not sent:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        headers, body = failed()
        assert (await names["hooks"].receive("POST", headers, body)).status == 200
        await messages.put({"type": "lifespan.shutdown"})
        await serving

    asyncio.run(scenario())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert names["hooks"].counts == {"accepted": 1, "handled": 1}


def test_several_lifespans() -> None:
    [names] = run(SERVERS, "## Several lifespans")
    states: list[bool] = []
    for hooks in (names["builds"], names["agents"]):
        # What handlers use is open until they have run.
        hooks.on("*")(lambda event: states.append(names["app"].state.http.is_closed))

    async def scenario() -> list[int]:
        statuses = []
        async with names["lifespan"](names["app"]):
            for hooks, secret in ((names["builds"], "s3cret"), (names["agents"], "another s3cret")):
                body = build_body()
                headers = signed(body, secret=secret, at=time.time())
                statuses.append((await hooks.receive("POST", headers, body)).status)
        return statuses

    assert asyncio.run(scenario()) == [200, 200]
    assert states == [False, False]
    assert names["app"].state.http.is_closed


def lambda_events(headers: dict[str, str], body: bytes) -> Iterator[dict[str, Any]]:
    """Yield an event of each form of the table."""
    text: dict[str, Any] = {"body": body.decode(), "isBase64Encoded": False}
    encoded: dict[str, Any] = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    lower = {name.lower(): value for name, value in headers.items()}
    lists = {name: [value] for name, value in headers.items()}
    http = {"http": {"method": "POST", "sourceIp": "192.0.2.7"}}
    rest = {"identity": {"sourceIp": "192.0.2.7"}}
    balancer: dict[str, Any] = {"elb": {"targetGroupArn": "arn"}}
    yield {"version": "2.0", "rawPath": "/", "headers": lower, "requestContext": http, **encoded}
    yield {"version": "2.0", "rawPath": "/", "headers": lower, "requestContext": http, **text}
    yield {"version": "1.0", "httpMethod": "POST", "headers": headers, "requestContext": rest, **text}
    yield {"httpMethod": "POST", "headers": headers, "multiValueHeaders": lists, "requestContext": rest, **text}
    yield {"httpMethod": "POST", "headers": lower, "requestContext": balancer, **text}
    yield {"httpMethod": "POST", "multiValueHeaders": lists, "requestContext": balancer, **encoded}


def test_every_form_of_lambda(capsys: pytest.CaptureFixture[str]) -> None:
    [names] = run(SERVERS, "## AWS Lambda")
    for number in range(6):
        headers, body = failed(number)
        event = list(lambda_events(headers, body))[number]
        assert names["handler"](event)["statusCode"] == 200
        assert capsys.readouterr().out == f"Wake up: https://buildkite.test/acme/web/builds/{number}\n"
        names["hooks"].on("build.finished")(lambda event: 1 // 0)
        assert names["handler"](list(lambda_events(*failed(number + 10)))[number])["statusCode"] == 500
        capsys.readouterr()
        [names] = run(SERVERS, "## AWS Lambda")
    names["hooks"].close()


def test_google_cloud_functions() -> None:
    [names] = run(SERVERS, "## Google Cloud Functions")
    from flask import Flask, Request

    app = Flask(__name__)
    handled: list[int] = []
    names["hooks"].on("build.finished")(lambda event: handled.append(event.build.number))
    headers, body = failed()
    for sent, status in ((body, 200), (body + b" ", 401)):
        with app.test_request_context("/", method="POST", headers=headers, data=sent) as context:
            request: Request = context.request
            assert names["buildkite"](request).status_code == status
    assert handled == [1]
    names["hooks"].close()


def test_azure_functions() -> None:
    import azure.functions as func

    [names] = run(SERVERS, "## Azure Functions")
    handled: list[int] = []
    names["hooks"].on("build.finished")(lambda event: handled.append(event.build.number))
    [function] = names["app"].get_functions()
    assert function.get_function_name() == "buildkite"
    headers, body = failed()
    url = "https://name.azurewebsites.net/api/buildkite"
    for sent, status in ((body, 200), (body + b" ", 401)):
        request = func.HttpRequest(method="POST", url=url, headers=headers, body=sent)
        response = asyncio.run(function.get_user_function()(request))
        assert (response.status_code, response.mimetype) == (status, "application/json")
    assert handled == [1]


def test_behind_nginx() -> None:
    """Whatever a client wrote into the header, nginx adds the address that it saw."""
    [names] = run(SERVERS, "## Behind nginx")
    allowed = AllowedIPs(lambda: ["198.51.100.0/24"], trusted_proxies=["127.0.0.1"])
    assert repr(names["allowed"])
    hooks = WebhookHandler(secret="s3cret", allowed_ips=allowed)
    for number, (client, written, status) in enumerate(
        (
            ("127.0.0.1", "198.51.100.7", 200),
            ("127.0.0.1", "192.0.2.1, 198.51.100.7", 200),
            ("127.0.0.1", "198.51.100.7, 192.0.2.1", 403),
            ("192.0.2.1", "198.51.100.7", 403),
        )
    ):
        headers, body = failed(number)
        headers["X-Forwarded-For"] = written
        assert over_asgi(hooks.asgi(), "/", headers, body, client=(client, 50_000)) == status
    hooks.close()


def test_security_both_secrets_are_taken_and_no_token_is() -> None:
    [names], [plain], [unsigned], [two] = (
        run(SECURITY, f"## {section}")
        for section in ("Signatures", "Plain-text tokens", "Test Engine", "Changing the secret")
    )
    body = build_body()
    by = [(signed(body, secret=secret, at=time.time()), body) for secret in ("n3w-s3cret", "s3cret", "other")]
    assert receive(two["changing"], *by) == [200, 200, 401]
    shown = {name: value for name, value in now(body).items() if "signature" not in name.lower()}
    assert receive(names["hooks"], ({**shown, "X-Buildkite-Token": "s3cret"}, body)) == [401]
    assert receive(plain["weaker"], (now(body), body), ({**shown, "X-Buildkite-Token": "t0ken"}, body)) == [401, 200]
    assert receive(unsigned["test_engine"], (shown, body)) == [200]


@pytest.mark.parametrize("document", [*PAGES, COMMAND], ids=lambda document: document.stem)
def test_the_commands_can_be_parsed(document: Path) -> None:
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    shells = [found[2] for found in FENCE.finditer(text) if found[1] in ("sh", "console")]
    inline = re.findall(r"`(buildkite-ext webhooks (?:listen|verify|send) [^`\[]+)`", text)
    lines = [line.removeprefix("$ ").removesuffix(" &") for shell in shells for line in shell.splitlines()]
    tried = 0
    for line in [*lines, *inline]:
        if line.startswith("buildkite-ext webhooks "):
            command.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)
            tried += 1
    assert tried >= (1 if document is GUIDE else 4 if document is COMMAND else 0)


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.stem)
def test_what_is_linked_is_there(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        text = ((document.parent / file) if file else document).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w\- ]", "", line.lstrip("# ")).lower().replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        assert not anchor or anchor in headings, target
    assert list((ROOT / "examples" / "webhooks").glob("*.py"))
