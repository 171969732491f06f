"""Table of servers for the guide of webhooks: what each does with accepted deliveries when it is told to end.

Each server that is installed is started with a receiver, gets deliveries, and gets SIGTERM while their handlers run:

    uv pip install uvicorn hypercorn daphne granian gunicorn uvicorn-worker waitress cheroot 'flask[async]' django fastapi
    python scripts/webhook_servers.py            # print the table
    python scripts/webhook_servers.py --write    # write it into docs/webhooks-servers.md
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from buildkite_ext.webhooks import sign

_DELIVERIES = 40
_SECRET = "s3cret"
_PAGE = Path(__file__).parents[1] / "docs" / "webhooks-servers.md"
_BEGIN, _END = "<!-- begin: scripts/webhook_servers.py -->", "<!-- end -->"

_PRELUDE = """
import asyncio, os
from buildkite_ext.webhooks import WebhookHandler
hooks = WebhookHandler(secret="s3cret", respond_after=os.environ.get("RESPOND_AFTER", "accepted"))
@hooks.on("*")
async def slow(event):
    await asyncio.sleep(0.3)
    with open(os.environ["HANDLED"], "a") as file:
        file.write(f"{event.data['number']}\\n")
"""

_DJANGO = """
import django
from django.conf import settings
settings.configure(DEBUG=False, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", MIDDLEWARE=[])
django.setup()
from django.http import HttpResponse
from django.urls import path
"""

APPS = {
    "hooks.asgi()": "app = hooks.asgi()\n",
    "hooks.wsgi()": "app = hooks.wsgi()\n",
    "hooks.wsgi() and hooks.close_at_sigterm()": "hooks.close_at_sigterm()\napp = hooks.wsgi()\n",
    "FastAPI with hooks.lifespan": """
from fastapi import FastAPI
from starlette.routing import Route
app = FastAPI(lifespan=hooks.lifespan)
app.router.routes.append(Route("/", hooks.asgi()))
""",
    "FastAPI without a lifespan": """
from fastapi import FastAPI
from starlette.routing import Route
app = FastAPI()
app.router.routes.append(Route("/", hooks.asgi()))
""",
    "FastAPI, await hooks.receive": """
from fastapi import FastAPI, Request, Response
app = FastAPI()
@app.post("/")
async def view(request: Request):
    answer = await hooks.receive(request.method, request.headers, await request.body())
    return Response(answer.body, answer.status, answer.headers)
""",
    "Flask, a view": """
from flask import Flask, Response, request
app = Flask(__name__)
@app.post("/")
def view():
    return Response.from_app(hooks.wsgi(), request.environ)
""",
    "Flask, an async view": """
from flask import Flask, Response, request
app = Flask(__name__)
@app.post("/")
async def view():
    answer = await hooks.receive(request.method, dict(request.headers), request.get_data())
    return Response(answer.body, answer.status, answer.headers)
""",
    "Django (WSGI), a view": _DJANGO
    + """
from django.core.wsgi import get_wsgi_application
def view(request):
    answer = hooks.receive_blocking(request.method, request.headers, request.body)
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
urlpatterns = [path("", view)]
app = get_wsgi_application()
""",
    "Django (WSGI), an async view": _DJANGO
    + """
from django.core.wsgi import get_wsgi_application
async def view(request):
    answer = await hooks.receive(request.method, request.headers, request.body)
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
urlpatterns = [path("", view)]
app = get_wsgi_application()
""",
    "Django (ASGI), an async view": _DJANGO
    + """
from django.core.asgi import get_asgi_application
async def view(request):
    answer = await hooks.receive(request.method, request.headers, request.body)
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
urlpatterns = [path("", view)]
app = get_asgi_application()
""",
    "Django (ASGI) in hooks.with_lifespan": _DJANGO
    + """
from django.core.asgi import get_asgi_application
async def view(request):
    answer = await hooks.receive(request.method, request.headers, request.body)
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
urlpatterns = [path("", view)]
app = hooks.with_lifespan(get_asgi_application())
""",
}

_ASGI = tuple(name for name in APPS if name.startswith(("hooks.asgi", "FastAPI", "Django (ASGI)")))
_CLOSING = "hooks.wsgi() and hooks.close_at_sigterm()"
_WSGI = tuple(name for name in APPS if name not in _ASGI and name != _CLOSING)


@dataclass(frozen=True, slots=True)
class Server:
    """A server: the program, its arguments, and the apps that it can serve."""

    name: str
    package: str
    arguments: tuple[str, ...]
    apps: tuple[str, ...]


SERVERS = (
    Server("uvicorn", "uvicorn", ("uvicorn", "--port", "{port}", "app:app"), _ASGI),
    Server("uvicorn --workers 2", "uvicorn", ("uvicorn", "--workers", "2", "--port", "{port}", "app:app"), _ASGI),
    Server("hypercorn", "hypercorn", ("hypercorn", "--bind", "127.0.0.1:{port}", "app:app"), _ASGI),
    Server(
        "hypercorn --workers 2", "hypercorn", ("hypercorn", "-w", "2", "--bind", "127.0.0.1:{port}", "app:app"), _ASGI
    ),
    Server("daphne", "daphne", ("daphne", "-p", "{port}", "app:app"), _ASGI),
    Server("granian", "granian", ("granian", "--interface", "asgi", "--port", "{port}", "app:app"), _ASGI),
    Server(
        "gunicorn -k uvicorn_worker.UvicornWorker",
        "uvicorn-worker",
        ("gunicorn", "-k", "uvicorn_worker.UvicornWorker", "-w", "2", "-b", "127.0.0.1:{port}", "app:app"),
        _ASGI,
    ),
    Server("gunicorn", "gunicorn", ("gunicorn", "-w", "2", "-b", "127.0.0.1:{port}", "app:app"), _WSGI),
    Server(
        "gunicorn --threads 8", "gunicorn", ("gunicorn", "--threads", "8", "-b", "127.0.0.1:{port}", "app:app"), _WSGI
    ),
    Server("granian", "granian", ("granian", "--interface", "wsgi", "--port", "{port}", "app:app"), _WSGI),
    Server("waitress", "waitress", ("waitress-serve", "--port", "{port}", "app:app"), (*_WSGI, _CLOSING)),
    Server("cheroot", "cheroot", ("cheroot", "--bind", "127.0.0.1:{port}", "app:app"), (*_WSGI, _CLOSING)),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the deliveries."""

    accepted: int
    handled: int
    warned: bool
    reported: bool

    def __str__(self) -> str:
        if self.handled == self.accepted:
            return "all handled"
        said = "reported as lost" if self.reported else "warned of" if self.warned else "**silently lost**"
        return f"{self.accepted - self.handled} of {self.accepted} lost; {said}"


def outcome(server: Server, app: str, *, respond_after: str = "accepted") -> Outcome:
    """Start a server, post deliveries, end it while they are handled, and count."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        (directory / "app.py").write_text(_PRELUDE + APPS[app])
        handled, log = directory / "handled", directory / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [part.format(port=port) for part in server.arguments]
        command[0] = str(Path(sys.executable).parent / command[0])
        environment = {**os.environ, "HANDLED": str(handled), "PYTHONPATH": folder, "RESPOND_AFTER": respond_after}
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=environment)
        try:
            accepted = _posted(port, process)
            process.send_signal(signal.SIGTERM)
            process.wait(40)
        finally:
            process.kill()
        said = log.read_text(errors="replace")
        done = set(handled.read_text().split()) if handled.exists() else set()
        return Outcome(accepted, len(done), "are lost then" in said, "were not handled" in said)


def _posted(port: int, process: subprocess.Popen[bytes]) -> int:
    url = f"http://127.0.0.1:{port}/"
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the server ended")
        try:
            httpx.get(url)
            break
        except httpx.TransportError:
            time.sleep(0.1)

    def post(number: int) -> bool:
        body = b'{"event": "build.odd", "number": %d}' % number
        headers = {
            "Content-Type": "application/json",
            "X-Buildkite-Event": "build.odd",
            "X-Buildkite-Signature": sign(body, _SECRET),
        }
        return client.post(url, content=body, headers=headers).status_code == 200

    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(8) as pool:
        return sum(pool.map(post, range(_DELIVERIES)))


def rows(*, respond_after: str) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| Server | App | At SIGTERM |"
    yield "|---|---|---|"
    for server in SERVERS:
        if shutil.which(str(Path(sys.executable).parent / server.arguments[0])) is None:
            print(f"{server.name}: not installed", file=sys.stderr)
            continue
        version = importlib.metadata.version(server.package)
        for app in server.apps:
            try:
                result = str(outcome(server, app, respond_after=respond_after))
            except (RuntimeError, httpx.TransportError, subprocess.TimeoutExpired) as error:
                result = f"not tried: {error}"
            row = f"| `{server.name}` {version} | {app} | {result} |"
            print(row, file=sys.stderr)
            yield row


def main() -> None:
    """Print the table, or write it into its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into docs/webhooks-servers.md")
    parser.add_argument("--respond-after", choices=["accepted", "handled"], default="accepted")
    options = parser.parse_args()
    table = "\n".join(rows(respond_after=options.respond_after))
    if not options.write:
        print(table)
        return
    page = _PAGE.read_text()
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    _PAGE.write_text(f"{before}{_BEGIN}\n\n{table}\n\n{_END}{after}")


if __name__ == "__main__":
    main()
