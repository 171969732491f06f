"""Following logs live: only what is new is fetched, and no line is lost."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, LogLine, errors
from buildkite_ext.logs.selection import name_of
from buildkite_ext.models import Job

from .fakes import TOKEN, Answer, App, FakeClock, Flavor, answer, build, job

STARTED = "2026-01-05T09:00:00.000Z"


class Logs:
    """A build whose jobs write. Each poll of the build is a step, for which `script` has the changes.

    Args:
        script: for each poll the build's changes and, by job, its changes and the bytes it has written so far.
    """

    def __init__(self, *script: tuple[dict[str, Any], dict[str, tuple[dict[str, Any], bytes]]]) -> None:
        self._script = list(script)
        self._lock = threading.Lock()
        self.step = -1
        self.ranges: list[str] = []
        self.asked: list[str] = []
        self.sent = 0
        self.polls = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            path = request.url.path
            if path.endswith("/log"):
                return self._log(request, path.split("/")[-2].removeprefix("job-"))
            self.polls += 1
            self.step = min(self.step + 1, len(self._script) - 1)
            changes, jobs = self._script[self.step]
            if "/jobs/" in path:
                name = path.rpartition("/job-")[2]
                return answer(job(name, started_at=STARTED, **jobs[name][0]))
            assert request.url.params["include_retried_jobs"] == "true"
            shown = [job(name, **{"started_at": STARTED, **details}) for name, (details, _) in jobs.items()]
            return answer(build(7, jobs=shown, **changes))

    def _log(self, request: httpx.Request, name: str) -> httpx.Response:
        assert request.headers["Accept"] == "text/plain"
        assert request.headers["Accept-Encoding"] == "identity"
        log = self._script[self.step][1][name][1]
        self.ranges.append(request.headers["Range"])
        self.asked.append(name)
        length = int(request.headers["Range"].removeprefix("bytes=-"))
        if not log:
            return answer(status=416)
        part = log[-length:]
        self.sent += len(part)
        where = f"bytes {len(log) - len(part)}-{len(log) - 1}/{len(log)}"
        return httpx.Response(206, content=part, headers={"Content-Range": where, "Content-Type": "text/plain"})


def step(state: str, build_state: str = "running", blocked: bool = False, **logs: bytes) -> Any:
    return {"state": build_state, "blocked": blocked}, {name: ({"state": state}, log) for name, log in logs.items()}


def shown(lines: list[LogLine]) -> list[tuple[str, str]]:
    return [(line.job_name, line.text) for line in lines]


async def test_every_line_of_a_job_s_log_comes_as_it_is_written(flavor: Flavor, clock: FakeClock) -> None:
    server = Logs(
        step("scheduled", test=b""),
        step("running", test=b"one\ntw"),
        step("running", test=b"one\ntwo\nthree\n"),
        step("passed", test=b"one\ntwo\nthree\nlast"),
    )
    client = flavor.client(server, clock=clock)
    lines = await flavor.list(client.jobs.follow("web", 7, "job-test", poll_interval=3))
    assert shown(lines) == [("test", "one"), ("test", "two"), ("test", "three"), ("test", "last")]
    assert lines[0].job_id == "job-test"
    assert clock.sleeps == [3, 3, 3]


async def test_only_what_is_new_is_fetched(flavor: Flavor) -> None:
    first = b"".join(b"line %06d\n" % number for number in range(20_000))
    grown = [first + b"".join(b"more %06d\n" % number for number in range(count)) for count in range(0, 2000, 50)]
    server = Logs(*[step("running", test=log) for log in grown], step("passed", test=grown[-1]))
    lines = await flavor.list(flavor.client(server).jobs.follow("web", 7, "job-test", poll_interval=2))
    assert len(lines) == 20_000 + 1950
    assert server.sent < len(grown[-1]) + 2 * 64 * 1024 + 41 * 4096
    assert len(server.ranges) <= len(grown) + 3


class Busy:
    """A job whose log grows by `rate` bytes at every request, as one does that writes while it is asked for."""

    def __init__(self, rate: Callable[[int], int], polls: int) -> None:
        self._rate = rate
        self._polls = polls
        self.log = b""
        self.sent = self.requests = self.polls = 0

    def _grow(self) -> None:
        count = self._rate(self.requests)
        start = len(self.log) // 1000
        self.log += b"".join(b"%0999d\n" % number for number in range(start, start + count // 1000))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        over = self.polls >= self._polls
        if not over:
            self._grow()
        if not request.url.path.endswith("/log"):
            self.polls += 1
            return answer(job("test", started_at=STARTED, state="passed" if over else "running"))
        self.requests += 1
        length = int(request.headers["Range"].removeprefix("bytes=-"))
        part = self.log[-length:]
        self.sent += len(part)
        where = f"bytes {len(self.log) - len(part)}-{len(self.log) - 1}/{len(self.log)}"
        return httpx.Response(206, content=part, headers={"Content-Range": where, "Content-Type": "text/plain"})


@pytest.mark.parametrize(
    "rate",
    [
        lambda _: 200_000,
        lambda request: 200_000 if request % 7 else 1_000_000,
        lambda request: 10_000 * (1 + request),
    ],
    ids=["steady", "in bursts", "ever faster"],
)
async def test_a_log_that_grows_between_two_requests_is_shown_as_it_grows(
    flavor: Flavor, clock: FakeClock, rate: Callable[[int], int]
) -> None:
    server = Busy(rate, polls=12)
    client = flavor.client(server, clock=clock)
    lines, early = 0, 0
    async for line in flavor.iterate(client.jobs.follow("web", 7, "job-test", poll_interval=2)):
        assert int(line.text) == lines
        lines += 1
        early += server.polls <= 12
    assert lines == len(server.log) // 1000
    assert early > 0.8 * lines
    assert server.sent < 4 * len(server.log)


async def test_every_job_of_a_build_is_followed_until_it_ends(flavor: Flavor) -> None:
    server = Logs(
        step("running", a=b"a1\n"),
        step("running", a=b"a1\na2\n", b=b"b1\n"),
        step("passed", "passed", a=b"a1\na2\na3", b=b"b1\nb2\n"),
    )
    lines = await flavor.list(flavor.client(server).builds.follow("web", 7))
    assert [line.text for line in lines if line.job_name == "a"] == ["a1", "a2", "a3"]
    assert [line.text for line in lines if line.job_name == "b"] == ["b1", "b2"]


async def test_more_jobs_than_are_looked_at_at_once_are_all_followed(flavor: Flavor) -> None:
    names = [f"j{number:02}" for number in range(20)]
    server = Logs(
        step("running", **{name: f"{name} begins\n".encode() for name in names}),
        step("failed", "failed", **{name: f"{name} begins\n{name} ends".encode() for name in names}),
    )
    lines = await flavor.list(flavor.client(server).builds.follow("web", 7))
    assert {name: [line.text for line in lines if line.job_name == name] for name in names} == {
        name: [f"{name} begins", f"{name} ends"] for name in names
    }


async def test_a_job_that_has_ended_is_not_asked_for_again(flavor: Flavor) -> None:
    ended = {"a": ({"state": "passed"}, b"a1\n"), "b": ({"state": "running"}, b"b1\n")}
    server = Logs(
        ({"state": "running"}, ended),
        ({"state": "running"}, ended),
        ({"state": "failing"}, ended),
        ({"state": "failed"}, {**ended, "b": ({"state": "failed"}, b"b1\nb2\n")}),
    )
    lines = await flavor.list(flavor.client(server).builds.follow("web", 7))
    assert shown(lines) == [("a", "a1"), ("b", "b1"), ("b", "b2")]
    assert server.asked.count("a") == 1


async def test_following_ends_at_a_block_step(flavor: Flavor) -> None:
    server = Logs(step("running", a=b"a1\n"), step("passed", "passed", blocked=True, a=b"a1\na2"))
    lines = await flavor.list(flavor.client(server).builds.follow("web", 7))
    assert [line.text for line in lines] == ["a1", "a2"]


async def test_a_failing_build_is_followed_to_its_end(flavor: Flavor) -> None:
    server = Logs(step("failed", "failing", a=b"a1\n"), step("failed", "failed", a=b"a1\n", b=b"b1\n"))
    assert len(await flavor.list(flavor.client(server).builds.follow("web", 7))) == 2


async def test_the_build_itself_is_handed_over_at_each_look(flavor: Flavor) -> None:
    server = Logs(step("running", a=b"a1\n"), step("passed", "passed", a=b"a1\n"))
    seen: list[str] = []
    await flavor.list(
        flavor.client(server).builds.follow("web", 7, on_build=lambda build: seen.append(str(build.state)))
    )
    assert seen == ["running", "passed"]


@pytest.mark.parametrize("kind", ["waiter", "manual", "trigger"])
async def test_jobs_that_write_no_log_are_passed_over(flavor: Flavor, kind: str) -> None:
    server = Logs(({"state": "passed"}, {"a": ({"type": kind, "state": "passed"}, b"")}))
    client = flavor.client(server)
    assert await flavor.list(client.jobs.follow("web", 7, "job-a")) == []
    assert await flavor.list(client.builds.follow("web", 7)) == []
    assert server.ranges == []


@pytest.mark.parametrize("state", ["a state of tomorrow", "waiting_failed"])
async def test_following_ends_with_what_has_finished_whatever_its_state_is_called(flavor: Flavor, state: str) -> None:
    over = {"state": state, "finished_at": "2026-01-05T12:00:00Z"}
    client = flavor.client(Logs((over, {"test": (over, b"one\nlast")})))
    expected = [("test", "one"), ("test", "last")]
    assert shown(await flavor.list(client.jobs.follow("web", 7, "job-test", poll_interval=2))) == expected
    assert shown(await flavor.list(client.builds.follow("web", 7))) == expected


async def test_a_job_that_never_began_has_no_lines(flavor: Flavor) -> None:
    server = Logs(({"state": "canceled"}, {"a": ({"state": "canceled", "started_at": None}, b"")}))
    assert await flavor.list(flavor.client(server).builds.follow("web", 7)) == []
    assert server.ranges == []


@pytest.mark.parametrize(
    "first",
    [answer({"message": "No log found"}, 404), answer(status=416), answer({"message": "x"}, 416)],
    ids=["404", "416", "416 with a body"],
)
async def test_a_log_that_is_not_there_yet_is_no_error(flavor: Flavor, first: Answer) -> None:
    client = flavor.client(
        App(
            answer(job("a", started_at=STARTED)),
            first,
            answer(job("a", started_at=STARTED, state="passed")),
            httpx.Response(206, text="hi", headers={"Content-Range": "bytes 0-1/2"}),
        )
    )
    assert [line.text for line in await flavor.list(client.jobs.follow("web", 7, "job-a", poll_interval=2))] == ["hi"]


async def test_a_server_that_sends_the_whole_log_is_understood(flavor: Flavor) -> None:
    client = flavor.client(
        App(
            answer(job("a", started_at=STARTED)),
            httpx.Response(200, text="one\n"),
            answer(job("a", started_at=STARTED, state="passed")),
            httpx.Response(200, text="one\ntwo\n"),
        )
    )
    assert [line.text for line in await flavor.list(client.jobs.follow("web", 7, "job-a", poll_interval=2))] == [
        "one",
        "two",
    ]


async def test_a_part_without_its_place_is_refused(flavor: Flavor) -> None:
    client = flavor.client(App(answer(job("a", started_at=STARTED)), httpx.Response(206, text="one\n")))
    with pytest.raises(errors.InvalidResponse, match="valid Content-Range"):
        await flavor.list(client.jobs.follow("web", 7, "job-a"))


async def test_a_token_that_may_not_read_logs_is_an_error(flavor: Flavor) -> None:
    client = flavor.client(App(answer(job("a", started_at=STARTED)), answer({"message": "Forbidden"}, 403)))
    with pytest.raises(errors.AccessDenied, match="read_build_logs"):
        await flavor.list(client.jobs.follow("web", 7, "job-a"))


async def test_following_ends_with_its_timeout(flavor: Flavor, clock: FakeClock) -> None:
    server = Logs(step("running", a=b"a1\n"))
    client = flavor.client(server, clock=clock)
    for follow in (
        lambda: client.jobs.follow("web", 7, "job-a", timeout=10, poll_interval=3),
        lambda: client.builds.follow("web", 7, timeout=10, poll_interval=3),
    ):
        began, found = clock.monotonic(), []
        with pytest.raises(errors.DeadlineExceeded, match=r"still running after 10 s\. It continues"):
            await flavor.list(follow(), found)
        assert [line.text for line in found] == ["a1"]
        assert clock.monotonic() - began <= 10


async def test_a_look_that_hangs_ends_with_the_timeout_too(flavor: Flavor, clock: FakeClock) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        clock.advance(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("hangs")

    client = flavor.client(app, clock=clock)
    for follow in (client.builds.follow, lambda *args, **kwargs: client.jobs.follow(*args, "job-a", **kwargs)):
        began = clock.monotonic()
        with pytest.raises(errors.DeadlineExceeded):
            await flavor.list(follow("web", 7, timeout=10))
        assert clock.monotonic() - began <= 10.01


async def test_no_request_is_sent_after_the_timeout(flavor: Flavor, clock: FakeClock) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        assert not request.url.path.endswith("/log")
        clock.advance(11)
        return server(request)

    server = Logs(step("running", a=b"a1\n"))
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.list(flavor.client(app, clock=clock).builds.follow("web", 7, timeout=10))


@pytest.mark.parametrize("option", [{"timeout": 0}, {"poll_interval": 0}, {"poll_interval": -1}])
async def test_times_that_are_none_are_refused_at_once(flavor: Flavor, option: dict[str, float]) -> None:
    client = flavor.client(App(answer({})))
    for function, arguments in ((client.builds.follow, ("web", 7)), (client.jobs.follow, ("web", 7, "j"))):
        with pytest.raises(ValueError, match=next(iter(option))):
            function(*arguments, **option)


async def test_leaving_early_needs_no_care(flavor: Flavor) -> None:
    async def first(lines: Any) -> str:
        if flavor.blocking:
            for line in lines:
                return str(line.text)
        else:
            async for line in lines:
                return str(line.text)
        raise AssertionError

    client = flavor.client(Logs(step("running", a=b"a1\na2\n")))
    assert await first(client.builds.follow("web", 7)) == "a1"
    assert await first(client.jobs.follow("web", 7, "job-a")) == "a1"
    gc.collect()
    iterator = client.builds.follow("web", 7)
    await flavor.next(iterator)
    await flavor.close(iterator)
    assert await flavor.list(iterator) == []


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_following_can_be_cancelled(flavor: Flavor) -> None:
    async def app(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/log"):
            scope.cancel()
            await anyio.sleep(60)
        return server(request)

    server = Logs(step("running", a=b"a1\n", b=b"b1\n"))
    with anyio.CancelScope() as scope:
        await flavor.list(flavor.client(app).builds.follow("web", 7))
    assert scope.cancelled_caught


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"name": "test", "label": "l", "step_key": "k", "command": "make"}, "test"),
        ({"name": None, "label": "l", "step_key": "k", "command": "make"}, "l"),
        ({"name": "", "step_key": "k", "command": "make"}, "k"),
        ({"name": None, "command": "make test\nmake lint"}, "make test"),
        ({"name": None}, "job-x"),
    ],
)
def test_a_job_without_a_name_is_called_by_what_it_has(fields: dict[str, Any], name: str) -> None:
    assert name_of(Job.from_dict({**job("x"), **fields})) == name


@given(
    st.lists(
        st.lists(st.sampled_from([b"line\n", b"part ", b"\n", b"x" * 70_000 + b"\n"]), max_size=4),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 3),
)
def test_however_a_log_grows_while_it_is_looked_at_its_lines_are_whole(growth: list[list[bytes]], jobs: int) -> None:
    """The log grows between the polls, and between the requests of one poll as well."""
    lock = threading.Lock()
    logs = {f"job-{number}": b"" for number in range(jobs)}
    pending = {name: [piece for pieces in growth for piece in pieces] for name in logs}
    polls = 0

    def grow(name: str) -> None:
        if pending[name]:
            logs[name] += pending[name].pop(0)

    def app(request: httpx.Request) -> httpx.Response:
        nonlocal polls
        with lock:
            if request.url.path.endswith("/log"):
                name = request.url.path.split("/")[-2]
                length = int(request.headers["Range"].removeprefix("bytes=-"))
                log = logs[name]
                grow(name)
                if not log:
                    return answer(status=416)
                part = log[-length:]
                where = f"bytes {len(log) - len(part)}-{len(log) - 1}/{len(log)}"
                return httpx.Response(206, content=part, headers={"Content-Range": where})
            polls += 1
            for name in logs:
                grow(name)
            over = polls > len(growth)
            if over:
                for name in logs:
                    while pending[name]:
                        grow(name)
            shown = [job("x", id=name, started_at=STARTED, state="passed" if over else "running") for name in logs]
            return answer(build(7, state="passed" if over else "running", jobs=shown))

    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=FakeClock())
    lines = list(client.builds.follow("web", 7))
    for name, log in logs.items():
        expected = log.decode().removesuffix("\n").split("\n") if log else []
        assert [line.raw for line in lines if line.job_id == name] == expected


def test_a_sink_may_be_any_function(capsys: pytest.CaptureFixture[str]) -> None:
    server = Logs(step("passed", "passed", a=b"\x1b]0;title\x07\x1b[31mhello\x1b[0m\n"))
    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(server), clock=FakeClock())
    show: Callable[[str], None] = print
    for line in client.builds.follow("web", 7):
        show(f"{line.job_name:>5} {line.text}")
    assert capsys.readouterr().out == "    a hello\n"
