"""Receivers and workers as processes that are killed and restarted while they work."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ...webhooks.redis.server import RedisServer

STREAM = "buildkite:webhooks"


@dataclass(frozen=True)
class Line:
    """A delivery that a worker handled, and the number of lines in its file at that time."""

    worker: int
    position: int
    number: int
    build: str
    at: int
    """Return nanoseconds by the clock that all processes of the machine share."""


class Fleet:
    """The running processes, the killed ones, and the files that they wrote."""

    def __init__(self, server: RedisServer, *, partitions: int, ordered: bool, seed: int) -> None:
        self.server = server
        self.partitions = partitions
        self.ordered = ordered
        self.random = random.Random(seed)
        self.killed: set[int] = set()
        self.cuts = 0
        self.working: dict[int, subprocess.Popen[bytes]] = {}
        self.receiving: list[subprocess.Popen[bytes]] = []
        self._ids = count()

    def receive(self, first: int, number: int, *, builds: int) -> None:
        name = f"receiver-{len(self.receiving)}"
        arguments = [self.server.url, str(self.server.folder / name), str(first), str(number), str(self.partitions)]
        self.receiving.append(_python("receiver", *arguments, str(builds)))

    def work(self) -> None:
        worker = next(self._ids)
        order = "ordered" if self.ordered else "unordered"
        self.working[worker] = _python("worker", self.server.url, str(self._file(worker)), str(self.partitions), order)

    def kill_one(self) -> None:
        worker = self.random.choice(sorted(self.working))
        process = self.working.pop(worker)
        process.kill()
        process.wait()
        self.killed.add(worker)

    def cut_connections(self) -> None:
        self.cuts += 1
        with self.server.client() as client:
            client.client_kill_filter(_type="normal", skipme=True)

    def backlog(self) -> int:
        with self.server.client() as client:
            return sum(client.xlen(STREAM if index == 0 else f"{STREAM}:{index}") for index in range(self.partitions))

    def run(self, *, kill_every: tuple[float, float], seconds: float) -> None:
        """Kill, cut and restart until all sent deliveries are handled; then stop the workers in order."""
        deadline = time.monotonic() + seconds
        turns = count(1)
        strike = time.monotonic() + 1
        while self._is_receiving() or self.backlog():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.backlog()} deliveries wait after {seconds:g} seconds")
            if time.monotonic() >= strike and (self._is_receiving() or self.backlog() > 2000):
                self.kill_one()
                self.work()
                if next(turns) % 3 == 0:
                    self.cut_connections()
                strike = time.monotonic() + self.random.uniform(*kill_every)
            time.sleep(0.05)
        for process in self.working.values():
            process.send_signal(signal.SIGTERM)
        ends = [process.wait(60) for process in self.working.values()]
        assert ends == [0] * len(ends), "a worker ended badly"

    def end(self) -> None:
        for process in [*self.working.values(), *self.receiving]:
            process.kill()
            process.wait()

    def accepted(self) -> set[int]:
        return {number for word, number in self._received() if word == "accepted"}

    def doubtful(self) -> set[int]:
        return {number for word, number in self._received() if word == "doubtful"}

    def handled(self) -> list[Line]:
        """Return all lines of all workers. A line that a kill cut off would be a delivery that wasn't handled; a write of a few
        bytes isn't cut."""
        found = []
        for worker in [*self.killed, *self.working]:
            if self._file(worker).exists():
                for position, line in enumerate(self._file(worker).read_text().splitlines()):
                    number, build, at = line.split()
                    found.append(Line(worker, position, int(number), build, int(at)))
        return found

    def lines_of(self, worker: int) -> int:
        return self._file(worker).read_text().count("\n")

    def _received(self) -> Iterator[tuple[str, int]]:
        for index in range(len(self.receiving)):
            for line in (self.server.folder / f"receiver-{index}").read_text().splitlines():
                word, number = line.split()
                yield word, int(number)

    def _is_receiving(self) -> bool:
        return any(process.poll() is None for process in self.receiving)

    def _file(self, worker: int) -> Path:
        return self.server.folder / f"worker-{worker}"


def repeats(lines: list[Line]) -> dict[int, list[Line]]:
    """Return the deliveries that were handled more than once."""
    by_number = defaultdict(list)
    for line in lines:
        by_number[line.number].append(line)
    return {number: found for number, found in by_number.items() if len(found) > 1}


def _python(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", f"tests.endurance.redis.{module}", *arguments])
