"""Waits whose client is closed: they end at once, on threads, asyncio and trio."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, ClientClosed

from ..core.fakes import TOKEN, answer, build, job

CREATED_AT = "2026-01-05T12:00:00Z"
"""So old that the first pauses are long."""


class Running:
    """Server whose builds and jobs run for ever. `polled` is set when a number of requests has come."""

    def __init__(self, requests: int) -> None:
        self._left = requests
        self.polled = threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self._left -= 1
        if self._left == 0:
            self.polled.set()
        path = request.url.path
        if path.endswith("/log"):
            return answer({"message": "No log"}, 404)
        if "/jobs/" in path:
            return answer(job("a", id="a", started_at="2026-01-05T12:00:00Z"))
        if path.endswith("/builds"):
            return answer([build(number) for number in range(1, 10)])
        shown = build(int(path.rpartition("/")[2]), jobs=[job("a", id="a"), job("b", id="b")], created_at=CREATED_AT)
        return answer(shown, Date="Mon, 05 Jan 2026 18:00:00 GMT")


Wait = Callable[[Any], Any]

WAITS: dict[str, Wait] = {
    "builds.wait": lambda client: client.builds.wait("web", 1, poll_interval=600),
    "builds.wait of webhooks": lambda client: client.builds.wait("web", 1, webhooks=True),
    "jobs.wait": lambda client: client.jobs.wait("web", 1, "a"),
    "jobs.wait of many": lambda client: client.jobs.wait("web", 1, job_ids=["a", "b"]),
}


@pytest.mark.parametrize("webhooks", [False, True])
def test_threads_that_wait_in_a_watcher_end_when_the_client_is_closed(webhooks: bool) -> None:
    builds = range(1, 3) if webhooks else range(1, 10)  # one or two are read every minute, many listed every 5 seconds
    server = Running(2)
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(server))
    watcher = client.builds.watcher(webhooks=webhooks)
    ended: list[int] = []

    def wait(number: int) -> None:
        with pytest.raises(ClientClosed, match="closed"):
            watcher.wait("web", number)
        ended.append(number)

    threads = [threading.Thread(target=wait, args=(number,), daemon=True) for number in builds]
    for thread in threads:
        thread.start()
    assert server.polled.wait(30)
    client.close()
    for thread in threads:
        thread.join(30)
    assert sorted(ended) == list(builds)
    with pytest.raises(ClientClosed):
        watcher.wait("web", 1)


@pytest.mark.parametrize("name", WAITS)
def test_a_thread_that_polls_ends_when_the_client_is_closed(name: str) -> None:
    server = Running(1)
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(server))
    errors: list[Exception] = []

    def wait() -> None:
        try:
            WAITS[name](client)
        except ClientClosed as error:
            errors.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    assert server.polled.wait(30)
    client.close()
    thread.join(30)
    assert len(errors) == 1


@pytest.mark.parametrize("webhooks", [False, True])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_that_wait_end_when_the_client_is_closed(backend: str, webhooks: bool) -> None:
    ended: list[str] = []

    async def main() -> None:
        client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(Running(1)))
        watcher = client.builds.watcher(webhooks=webhooks)

        async def expect(wait: Callable[[], Awaitable[object]], name: str) -> None:
            with pytest.raises(ClientClosed):
                await wait()
            ended.append(name)

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for number in range(1, 10):
                    tasks.start_soon(expect, lambda number=number: watcher.wait("web", number), str(number))
                for name, wait in WAITS.items():
                    tasks.start_soon(expect, lambda wait=wait: wait(client), name)
                await anyio.wait_all_tasks_blocked()
                await client.aclose()

    anyio.run(main, backend=backend)
    assert sorted(ended) == sorted([*map(str, range(1, 10)), *WAITS])


def test_a_copy_that_is_closed_ends_nothing() -> None:
    server = Running(1)
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(server))
    errors: list[Exception] = []

    def wait() -> None:
        try:
            client.builds.wait("web", 1)
        except ClientClosed as error:
            errors.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    assert server.polled.wait(30)
    client.with_options(priority="background").close()
    thread.join(0.2)
    assert thread.is_alive()
    client.close()
    thread.join(30)
    assert len(errors) == 1
