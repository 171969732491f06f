"""Several files at once: what is asked for ahead, and what is never under way at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from buildkite_ext import errors
from buildkite_ext.artifacts.slots import QUICK_SECONDS, Slots
from buildkite_ext.artifacts.storage_urls import FRESH_SECONDS
from buildkite_ext.runtime import AsyncRuntime

from .fakes import FakeClock, Flavor
from .storage import Storage, described, files


class Server:
    """Buildkite and its storage, which counts what is under way.

    The first `at_once` files come at once. Further ones wait until so many `addresses` were asked for while so many files come
    `together`; then each takes `seconds`.
    """

    def __init__(
        self,
        flavor: Flavor,
        number: int,
        *,
        at_once: int,
        addresses: int = 0,
        together: int = 0,
        seconds: float = 0.0,
        wrong: Collection[str] = (),
        on_wait: Callable[[], object] = lambda: None,
    ) -> None:
        self.paths = [f"f{each}" for each in range(number)]
        self.requests: list[httpx.Request] = []
        self.most = {"file": 0, "request": 0}
        self.storage = Storage(
            {path: [b"too long" if path in wrong else path.encode()] for path in self.paths},
            [described(path, path.encode()) for path in self.paths],
        )
        self._at_once = at_once
        self._until = addresses, together
        self._goes_on = False
        self._seconds = seconds
        self._on_wait = on_wait
        self._under_way = {"file": 0, "request": 0}
        self._clock = FakeClock()
        self._lock = threading.Lock()
        answer: Any = self._answer if flavor.blocking else self._awaited
        self.client = flavor.client(answer, clock=self._clock)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        gives_up = time.monotonic() + 30
        with self._counted(request) as held:
            while held and not self._is_released():
                assert time.monotonic() < gives_up, "no address was asked for ahead"
                threading.Event().wait(0.001)
            return self._answered(request, held=held)

    async def _awaited(self, request: httpx.Request) -> httpx.Response:
        with self._counted(request) as held, anyio.fail_after(30):
            while held and not self._is_released():
                await anyio.lowlevel.checkpoint()
            return self._answered(request, held=held)

    @contextmanager
    def _counted(self, request: httpx.Request) -> Iterator[bool]:
        file = request.url.host == "storage.test"
        names = ("request", "file") if file else ("request",)
        with self._lock:
            self.requests.append(request)
            held = file and sum(each.url.host == "storage.test" for each in self.requests) > self._at_once
            for name in names:
                self._under_way[name] += 1
                self.most[name] = max(self.most[name], self._under_way[name])
        try:
            yield held
        finally:
            with self._lock:
                for name in names:
                    self._under_way[name] -= 1

    def _is_released(self) -> bool:
        with self._lock:
            addresses, together = self._until
            if self.storage.redirects >= addresses and self._under_way["file"] >= together and not self._goes_on:
                self._goes_on = True
                self._on_wait()
            return self._goes_on

    def _answered(self, request: httpx.Request, *, held: bool) -> httpx.Response:
        if held:
            self._clock.advance(self._seconds)
        return self.storage(request)


@pytest.mark.parametrize(("concurrency", "ahead"), [(2, 1), (3, 1), (4, 2)])
async def test_the_addresses_of_the_next_files_are_asked_for_while_others_come(
    flavor: Flavor, tmp_path: Path, concurrency: int, ahead: int
) -> None:
    workers = concurrency + ahead
    server = Server(flavor, 14, at_once=workers, addresses=2 * workers, together=concurrency)
    await flavor.call(server.client.artifacts.download_all, "web", 7, to=tmp_path, concurrency=concurrency)
    assert sorted(files(tmp_path)) == sorted(server.paths)
    assert server.storage.redirects == len(server.paths)
    assert server.most["file"] == concurrency
    assert server.most["request"] <= workers


async def test_one_file_at_a_time_asks_for_nothing_ahead(flavor: Flavor, tmp_path: Path) -> None:
    server = Server(flavor, 5, at_once=5)
    await flavor.call(server.client.artifacts.download_all, "web", 7, to=tmp_path, concurrency=1)
    hosts = [request.url.host for request in server.requests]
    assert hosts == ["api.buildkite.com", *["api.buildkite.com", "storage.test"] * 5]


async def test_an_address_whose_turn_comes_late_is_asked_for_again_and_none_ahead_while_files_are_slow(
    flavor: Flavor, tmp_path: Path
) -> None:
    # Four addresses: of the first file, of the two that come together, and one ahead.
    server = Server(flavor, 9, at_once=1, addresses=4, together=2, seconds=FRESH_SECONDS + 1)
    await flavor.call(server.client.artifacts.download_all, "web", 7, to=tmp_path, concurrency=2)
    assert sorted(files(tmp_path)) == sorted(server.paths)
    assert len(server.storage.fetched) == len(server.paths)
    assert server.storage.redirects == len(server.paths) + 1
    asked = [request.url.path.split("/")[-2].removeprefix("id-") for request in server.requests if _is_address(request)]
    repeated = next(path for path in server.paths if asked.count(path) == 2)
    (used,) = (int(each.url.params["n"]) for each in server.storage.fetched if each.url.params["path"] == repeated)
    assert used > 4


def _is_address(request: httpx.Request) -> bool:
    return request.url.path.endswith("/download")


async def test_a_failure_ends_a_file_that_waits_for_its_turn(flavor: Flavor, tmp_path: Path) -> None:
    server = Server(flavor, 9, at_once=1, addresses=4, together=2, wrong=[f"f{number}" for number in range(3, 9)])
    with pytest.raises(errors.ArtifactCorrupted):
        await flavor.call(server.client.artifacts.download_all, "web", 7, to=tmp_path, concurrency=2)
    assert set(files(tmp_path)) <= {"f0", "f1", "f2"}


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_files_that_wait_for_their_turn_are_cancelled_too(flavor: Flavor, tmp_path: Path) -> None:
    server = Server(flavor, 9, at_once=1, addresses=4, together=2, on_wait=lambda: scope.cancel())
    with anyio.CancelScope() as scope:
        await server.client.artifacts.download_all("web", 7, to=tmp_path, concurrency=2)
    assert scope.cancelled_caught
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_slot_that_a_cancelled_file_waited_for_goes_to_the_next(flavor: Flavor) -> None:
    slots = Slots(AsyncRuntime(FakeClock()), 1)
    first = slots.next()
    await first.take()
    order: list[str] = []

    async def wait(name: str) -> None:
        slot = slots.next()
        try:
            await slot.take()
            await slot.take()  # it has it already
            order.append(name)
        finally:
            slot.free()

    async with anyio.create_task_group() as group, anyio.create_task_group() as left:
        left.start_soon(wait, "left")
        await anyio.wait_all_tasks_blocked()
        group.start_soon(wait, "a")
        await anyio.wait_all_tasks_blocked()
        first.free()
        left.cancel_scope.cancel()  # after the slot was handed to it
    assert order == ["a"]
    last = slots.next()
    with anyio.fail_after(20):
        await last.take()


def test_addresses_are_asked_for_ahead_while_files_come_quickly() -> None:
    slots = Slots(AsyncRuntime(FakeClock()), 8)
    assert (slots.workers, slots.are_quick) == (12, False)
    for seconds, quick in ((0.03, True), (QUICK_SECONDS, True), (QUICK_SECONDS + 1, False), (1.0, True)):
        slots.came(seconds)
        assert slots.are_quick is quick
    assert [Slots(AsyncRuntime(FakeClock()), number).workers for number in (-1, 0, 1, 2, 3)] == [1, 1, 1, 3, 4]
