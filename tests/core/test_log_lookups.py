"""The last lines of a log, a search in it, and its groups: with few requests, in little memory, on any runtime."""

from __future__ import annotations

import re
import threading
from typing import Any

import httpx
import pytest

from buildkite_ext import errors
from buildkite_ext.models import Job
from buildkite_ext.simulation import Simulator

from .fakes import Body, FakeClock, Flavor, answer, build, job
from .growing import STARTED, GrowingJob, NumberedLog

LOG = b"".join(
    b"\x1b_bk;t=%d\x07%s\n" % (1_700_000_000_000 + 1000 * second, text)
    for second, text in enumerate(
        [
            b"--- Install",
            b"fetching",
            b"--- Compile",
            b"warning: old",
            b"+++ Test",
            b"ok",
            b"Error: 1 failed",
            b"a hint",
        ]
    )
)


class Stored:
    """Server of logs by job, which counts what is requested."""

    def __init__(self, jobs: list[dict[str, Any]], logs: dict[str, bytes], state: str = "failed") -> None:
        self.jobs = jobs
        self.logs = logs
        self.state = state
        self.requests: list[str] = []
        self._lock = threading.Lock()
        self._open = 0
        self.most_open = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/log"):
            self.requests.append("build")
            return answer(build(7, state=self.state, jobs=self.jobs))
        name = request.url.path.split("/")[-2]
        with self._lock:
            self.requests.append(name)
            self._open += 1
            self.most_open = max(self.most_open, self._open)
        log = self.logs.get(name)
        if log is None:
            self._close()
            return answer({"message": "No job found"}, 404)
        if not log:
            self._close()
            return answer(status=416)
        start = max(0, len(log) - int(request.headers["Range"].removeprefix("bytes=-")))
        headers = {"Content-Range": f"bytes {start}-{len(log) - 1}/{len(log)}"}
        return httpx.Response(206, headers=headers, stream=Body(log[start:], self._close))

    def _close(self) -> None:
        with self._lock:
            self._open -= 1


async def test_the_last_lines_take_one_request_for_the_end_of_the_log(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingJob(clock, lambda _: 100_000_000, ends=0.0)
    lines = await flavor.call(flavor.client(server, clock=clock).jobs.log_tail, "web", 7, "job-test", lines=10)
    assert [int(line.text.rstrip(".")) for line in lines] == list(range(999_990, 1_000_000))
    assert (server.requests, server.polls) == (1, 0)
    assert server.moved < 4096


async def test_the_last_lines_are_never_worth_the_whole_log(flavor: Flavor, clock: FakeClock) -> None:
    size = 100_000_000
    server = GrowingJob(clock, lambda _: size, ends=0.0, data=NumberedLog(1_000_000).data)
    lines = await flavor.call(flavor.client(server, clock=clock).jobs.log_tail, "web", 7, "job-test", lines=3)
    assert [int(line.text.rstrip(".")) for line in lines] == [97, 98, 99]
    assert server.moved < 8_000_000


@pytest.mark.parametrize(("written", "lines", "texts"), [(b"one\ntwo", 1, ["two"]), (b"", 5, []), (b"a\nb\n", 0, [])])
async def test_the_last_lines_of_a_short_log(
    flavor: Flavor, clock: FakeClock, written: bytes, lines: int, texts: list[str]
) -> None:
    client = flavor.client(Stored([], {"job-test": written}), clock=clock)
    found = await flavor.call(client.jobs.log_tail, "web", 7, "job-test", lines=lines)
    assert [line.text for line in found] == texts


async def test_a_line_has_the_name_of_a_job_that_was_given(flavor: Flavor) -> None:
    found = job("test", build_url="https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/7")
    server = Stored([], {"job-test": LOG})
    client = flavor.client(server)
    assert [line.job_name for line in await flavor.call(client.jobs.log_tail, Job.from_dict(found), lines=1)] == [
        "test"
    ]
    assert [line.job_name for line in await flavor.call(client.jobs.log_tail, "web", 7, "job-test", lines=1)] == [
        "job-test"
    ]
    assert server.requests == ["job-test"] * 2


async def test_a_search_gives_the_lines_around_a_match(flavor: Flavor) -> None:
    server = Stored([], {"job-test": LOG})
    (match,) = await flavor.list(
        flavor.client(server).jobs.log_search("web", 7, "job-test", pattern=r"(\d+) failed", context=1)
    )
    assert (match.number, match.line.group, match.line.text[match.start : match.end]) == (7, "Test", "1 failed")
    assert [line.text for line in (*match.before, *match.after)] == ["ok", "a hint"]
    assert server.requests == ["job-test"]


async def test_a_search_in_a_log_that_grows_gives_a_match_when_it_is_written(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingJob(clock, lambda now: 100 * int(now), ends=100.0)
    client = flavor.client(server, clock=clock)
    found: list[float] = []
    async for match in flavor.iterate(client.jobs.log_search("web", 7, "job-test", pattern="00$|50\\.", follow=True)):
        assert match.line.text.startswith("000000000050")
        found.append(server.now)
    assert len(found) == 1
    assert found[0] < 60
    now = await flavor.list(client.jobs.log_search("web", 7, "job-test", pattern=re.compile("^0")))
    assert len(now) == 100


async def test_groups_come_with_their_durations(flavor: Flavor) -> None:
    server = Stored([job("test", started_at=STARTED, state="failed")], {"job-test": LOG})
    groups = await flavor.list(flavor.client(server).jobs.log_groups("web", 7, "job-test"))
    assert [(group.name, group.duration, group.lines) for group in groups] == [
        ("Install", 2.0, 2),
        ("Compile", 2.0, 2),
        ("Test", 3.0, 4),
    ]
    assert server.requests == ["job-test"]


@pytest.mark.parametrize("method", ["log_tail", "log_search", "log_groups"])
async def test_a_job_that_is_not_there_is_an_error_and_an_empty_log_is_none(flavor: Flavor, method: str) -> None:
    client = flavor.client(Stored([], {"job-empty": b""}))
    arguments = {"pattern": "x"} if method == "log_search" else {}

    async def found(job_id: str) -> list[Any]:
        call = getattr(client.jobs, method)
        if method == "log_tail":
            return list(await flavor.call(call, "web", 7, job_id))
        return await flavor.list(call("web", 7, job_id, **arguments))

    assert await found("job-empty") == []
    with pytest.raises(errors.NotFound):
        await found("job-missing")


@pytest.mark.parametrize("method", ["log_text", "log_tail", "log_search", "log_groups", "log_size"])
def test_the_error_for_a_step_without_a_log_says_which_steps_have_one(method: str) -> None:
    simulator = Simulator("acme")
    simulator.pipeline("web").job("test", log="ok\n").wait().job("deploy")
    simulator.pipeline("web").build()
    arguments = {"pattern": "x"} if method == "log_search" else {}
    with simulator.client() as client:
        build = client.builds.wait("web", 1).build
        wait = next(each for each in build.jobs if each.type == "waiter")
        with pytest.raises(errors.JobNotFound, match="of a command step"):
            list(getattr(client.jobs, method)(wait, **arguments))
        with pytest.raises(errors.BuildNotFound) as other:
            client.builds.get("web", 2)
    assert "command step" not in str(other.value)


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"pattern": "("}, ValueError, "regular expression"),
        ({"pattern": 7}, TypeError, "pattern"),
        ({"pattern": "x", "context": -1}, ValueError, "context"),
        ({"pattern": "x", "timeout": 0}, ValueError, "timeout"),
    ],
)
async def test_arguments_of_a_search_are_checked_at_once(
    flavor: Flavor, arguments: dict[str, Any], error: type[Exception], named: str
) -> None:
    client = flavor.client(Stored([], {}))
    with pytest.raises(error, match=named):
        client.jobs.log_search("web", 7, "job-test", **arguments)
    with pytest.raises(error, match=named):
        client.builds.log_search("web", 7, **arguments)


def jobs_of(count: int, failed: int) -> list[dict[str, Any]]:
    return [
        job(str(number), step_key=f"k{number}", started_at=STARTED, state="failed" if number == failed else "passed")
        for number in range(count)
    ]


async def test_a_search_in_a_build_reads_each_log_once_failed_ones_first_and_five_at_once(
    flavor: Flavor, clock: FakeClock
) -> None:
    server = Stored(jobs_of(12, failed=9), {f"job-{number}": LOG for number in range(12)})
    client = flavor.client(server, clock=clock)
    found = await flavor.list(client.builds.log_search("web", 7, pattern="Error", context=2))
    assert [match.number for match in found] == [7] * 12
    assert {match.line.job_name for match in found} == {str(number) for number in range(12)}
    assert found[0].line.job_name == "9"
    assert server.requests[0] == "build"
    assert "job-9" in server.requests[1:6]
    assert sorted(server.requests[1:]) == sorted(f"job-{number}" for number in range(12))
    assert server.most_open <= 5


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({"jobs": "k3"}, ["3"]),
        ({"jobs": ["1*", "k2"]}, ["1", "10", "11", "2"]),
        ({"jobs": "job-4"}, ["4"]),
        ({"state": "failed"}, ["9"]),
        ({"jobs": "1*", "state": ["failed"]}, []),
    ],
)
async def test_the_jobs_of_a_search_are_chosen_by_key_name_id_or_state(
    flavor: Flavor, clock: FakeClock, chosen: dict[str, Any], names: list[str]
) -> None:
    server = Stored(jobs_of(12, failed=9), {f"job-{number}": LOG for number in range(12)})
    client = flavor.client(server, clock=clock)
    found = await flavor.list(client.builds.log_search("web", 7, pattern="Error", **chosen))
    assert sorted(match.line.job_name for match in found) == sorted(names)
    assert len(server.requests) == 1 + len(names)


async def test_a_pattern_of_jobs_that_names_none_is_an_error_that_tells_the_names(flavor: Flavor) -> None:
    client = flavor.client(Stored(jobs_of(2, failed=1), {}))
    for lines in (
        client.builds.log_search("web", 7, pattern="x", jobs="tset"),
        client.builds.follow("web", 7, jobs="tset"),
    ):
        with pytest.raises(errors.NothingMatched, match=r"'tset'. Its jobs: '0', '1'"):
            await flavor.list(lines)


async def test_a_running_build_is_searched_as_far_as_its_logs_are_written(flavor: Flavor, clock: FakeClock) -> None:
    jobs = [job(str(number), started_at=STARTED, state="running") for number in range(3)]
    server = Stored(jobs, {"job-0": LOG, "job-1": b"", "job-2": LOG + b"begun: Error"}, state="running")
    client = flavor.client(server, clock=clock)
    found = await flavor.list(client.builds.log_search("web", 7, pattern="Error"))
    assert sorted((match.line.job_name, match.number) for match in found) == [("0", 7), ("2", 7), ("2", 9)]
    assert server.requests.count("build") == 1


async def test_a_search_that_is_left_early_leaves_nothing_open(flavor: Flavor, clock: FakeClock) -> None:
    server = GrowingJob(clock, lambda _: 40_000_000, ends=0.0)
    matches = flavor.client(server, clock=clock).jobs.log_search("web", 7, "job-test", pattern="^0")
    await flavor.next(matches)
    await flavor.close(matches)
    assert server.moved < 4_000_000


async def test_a_lost_answer_of_a_search_is_asked_for_again(flavor: Flavor, clock: FakeClock) -> None:
    lost = 0

    class Lossy(GrowingJob):
        def log(self, request: httpx.Request, total: int) -> httpx.Response:
            nonlocal lost
            response = super().log(request, total)
            if self.requests > 2:
                return response
            lost += 1
            part = self.data(total - int(response.headers["Content-Length"]), total)
            return httpx.Response(
                206, headers=response.headers, stream=Body(part[: len(part) // 2], httpx.ReadError("reset"))
            )

    server = Lossy(clock, lambda _: 200_000, ends=0.0)
    found = await flavor.list(flavor.client(server, clock=clock).jobs.log_search("web", 7, "job-test", pattern="^0"))
    assert len(found) == 2000
    assert lost == 2


@pytest.mark.parametrize("context", [0, 1, 3, 100])
def test_a_match_near_the_end_of_a_log_does_not_wait_for_the_other_jobs(context: int) -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("quiet", after=900)
    web.job("test", log="ok\nerror: boom\nlast\n", exit_status=[1, 1], automatic_retries=1, after=30)
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", branch="main")
        began = simulator.clock.time()
        matches = buildkite.builds.log_search(build, pattern="error", context=context, follow=True, timeout=3600)
        seen = [(len(match.after), simulator.clock.time() - began) for match in matches]
    assert [after for after, _ in seen] == [min(context, 1)] * 2
    assert all(at < limit for (_, at), limit in zip(seen, (50, 90), strict=True))


def test_a_search_of_a_build_begins_with_the_last_lines_of_its_logs_and_shows_the_build() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("a", log="error 1\nok\nerror 2\n").job("b", log="error 3\n")
    builds: list[int] = []
    with simulator.client() as buildkite:
        build = buildkite.builds.run("web", branch="main").build
        for follow in (False, True):
            matches = list(
                buildkite.builds.log_search(
                    build,
                    pattern="error",
                    follow=follow,
                    tail=2,
                    on_build=lambda build: builds.append(len(build.jobs)),
                )
            )
            assert sorted(match.line.text for match in matches) == ["error 2", "error 3"]
    assert builds == [2, 2]
