"""Show a job's log while it is written.

`before` fetches the whole log each time and prints the part that it didn't have: pieces of lines, with the invisible marks in
which agents write the time. `after` fetches only what is new, and returns whole lines: `text` is safe to print, `time` is when
the line was written.

python examples/patterns/tail_a_log.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import requests

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import SimRequest, SimResponse, Simulator
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator"  # the token of a simulator that was given no other

FINISHED = {"passed", "failed", "timed_out", "canceled", "skipped", "broken", "expired"}


def before(url: str, number: int, job_id: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    job = f"{url}/v2/organizations/acme/pipelines/web/builds/{number}/jobs/{job_id}"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    seen = 0
    while True:
        response = requests.get(job, headers=headers, timeout=30)
        response.raise_for_status()
        state = response.json()["state"]
        response = requests.get(f"{job}/log", headers={**headers, "Accept": "text/plain"}, timeout=30)
        if response.status_code != 404:  # there is none before the job writes one
            response.raise_for_status()
            log = response.content.decode("utf-8", "replace")
            yield log[seen:]
            seen = len(log)
        if state in FINISHED:
            return
        sleep(2)


def after(buildkite: BuildkiteClient, number: int, job_id: str) -> Iterator[str]:
    for line in buildkite.jobs.follow("web", number, job_id):
        yield line.text


class Counting(Simulator):
    """Simulator that counts the bytes of its answers."""

    sent = 0

    def handle(self, request: SimRequest) -> SimResponse:
        response = super().handle(request)
        self.sent += len(response.body)
        return response


def stage() -> Counting:
    simulator = Counting()
    log = "".join(f"\x1b[32mPASSED\x1b[0m tests/test_{number:04}.py\n" for number in range(5000))
    simulator.pipeline("web").job("test", log=log, after=120)
    return simulator


def main() -> None:
    for name, way in (("before", before), ("after", after)):
        simulator = stage()
        build = simulator.pipeline("web").build()
        job_id = build.jobs[0].id
        with (
            running(simulator, real_time=False) as url,
            BuildkiteClient("acme", token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
        ):
            if way is before:
                pieces = list(before(url, build.number, job_id, simulator.clock.sleep))
            else:
                pieces = list(after(buildkite, build.number, job_id))
        begin = next(piece for piece in pieces if piece)
        print(f"{name}: {simulator.sent / 1e6:.1f} MB fetched; it begins with {begin[:52]!r}")


if __name__ == "__main__":
    main()
