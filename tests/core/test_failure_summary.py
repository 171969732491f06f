"""`builds.failure_summary`: why a build failed, in few requests and few bytes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import (
    AsyncBuildkiteClient,
    BuildkiteClient,
    FailedJob,
    FailedTest,
    FailureAnnotation,
    FailureSummary,
    JobAttempt,
    RetriedJob,
    TriggeredFailure,
    errors,
)
from buildkite_ext.failures.html_text import text_of_html
from buildkite_ext.simulation import Simulator

from .fakes import API, TOKEN, Body, Flavor, answer, build, job

STARTED = "2026-01-05T09:00:00.000Z"
ENDED = "2026-01-05T09:01:30.000Z"
HIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that must not reach a terminal."""

PYTEST = """\
--- Setup
installed
+++ Tests
..F
=================================== FAILURES ===================================
__________________________________ test_total __________________________________

>       assert total() == 4
E       assert 3 == 4

tests/test_cart.py:8: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 3 == 4
========================= 1 failed, 2 passed in 0.10s ==========================
"""


def ended(_name: str, **changes: Any) -> dict[str, Any]:
    """Return a command job that failed."""
    return {
        **job(_name),
        "state": "failed",
        "exit_status": 1,
        "started_at": STARTED,
        "finished_at": ENDED,
        "web_url": f"https://buildkite.com/acme/web/builds/7#job-{_name}",
        "retried": False,
        **changes,
    }


class Server:
    """A server with one build, and what belongs to it.

    Attributes:
        requests: what was asked.
    """

    def __init__(
        self,
        *jobs: dict[str, Any],
        logs: Mapping[str, bytes | httpx.Response] | None = None,
        annotations: list[dict[str, Any]] | httpx.Response | None = None,
        passed: list[dict[str, Any]] | httpx.Response | None = None,
        more: Mapping[str, Callable[[httpx.Request], httpx.Response]] | None = None,
        **changes: Any,
    ) -> None:
        details = {
            "state": "failed",
            "branch": "main",
            "commit": "1a2b3c4d5e6f7890",
            "message": "Fix the cart",
            "created_at": STARTED,
            "started_at": STARTED,
            "finished_at": ENDED,
            "pipeline": {"id": "p", "slug": "web", "name": "Web", "url": f"{API}/v2/organizations/acme/pipelines/web"},
            **changes,
        }
        self._build = build(7, jobs=list(jobs), **details)
        self._logs = logs or {}
        self._annotations = [] if annotations is None else annotations
        self._passed = [] if passed is None else passed
        self._more = more or {}
        self._lock = threading.Lock()
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
        path = request.url.path
        for end, other in self._more.items():
            if path.endswith(end):
                return other(request)
        if path.endswith("/log"):
            return self._log(request, path.split("/")[-2].removeprefix("job-"))
        if path.endswith("/annotations"):
            return _answer(self._annotations)
        if path.endswith("/builds"):
            return _answer(self._passed)
        if path.endswith("/pipelines/web/builds/7"):
            return answer(self._build)
        return answer({"message": "No build found"}, 404)

    def _log(self, request: httpx.Request, name: str) -> httpx.Response:
        log = self._logs.get(name, b"")
        if isinstance(log, httpx.Response):
            return log
        assert request.headers["Accept"] == "text/plain"
        assert request.headers["Accept-Encoding"] == "identity"
        if not log:
            return answer({"message": "The log is empty"}, 416)
        end = log[-int(request.headers["Range"].removeprefix("bytes=-")) :]
        where = f"bytes {len(log) - len(end)}-{len(log) - 1}/{len(log)}"
        return httpx.Response(206, stream=Body(end), headers={"Content-Range": where, "Content-Type": "text/plain"})

    @property
    def ends(self) -> list[str]:
        return [request.url.path.rpartition("/")[2] for request in self.requests]


def _answer(found: list[dict[str, Any]] | httpx.Response) -> httpx.Response:
    return found if isinstance(found, httpx.Response) else answer(found)


async def summary_of(flavor: Flavor, server: Server, **options: Any) -> FailureSummary:
    """Return the summary of the server's build, and check what every summary has to keep."""
    client = flavor.client(server)
    found: FailureSummary = await flavor.call(client.builds.failure_summary, "web", 7, **options)
    await flavor.close(client)
    assert found.requests == len(server.requests)
    shown = [*found.jobs, *(inner for each in found.jobs if each.triggered for inner in each.triggered.jobs)]
    runs = server.ends.count("failed_executions")
    assert len(server.requests) <= 3 + len(shown) + runs
    for text in (found.text(), str(found), found.json()):
        assert len(text.encode()) <= found.max_bytes
        assert HIDDEN.search(text) is None
    assert json.loads(found.json()) == found.to_dict()
    return found


def sure(value: Any) -> Any:
    assert value is not None
    return value


def simulated() -> Simulator:
    simulator = Simulator()
    simulator.pipeline("deploy").job("push", log="--- Push\nError: no registry\n", exit_status=1, after=3)
    (
        simulator.pipeline("web")
        .job("lint", log="ok\n")
        .job("unit", log=PYTEST, exit_status=1)
        .job("flaky", exit_status=[1, 0], automatic_retries=1)
        .trigger("deploy")
        .job("docs", exit_status=2, soft_fail=True, log="Error: no docs\n")
        .wait()
        .job("release")
        .block("Ship it?")
    )
    return simulator


async def test_a_build_of_the_simulator(flavor: Flavor) -> None:
    simulator = simulated()
    web = simulator.pipeline("web")
    client: BuildkiteClient | AsyncBuildkiteClient
    client = simulator.client() if flavor.blocking else simulator.async_client()
    created = await flavor.call(client.builds.create, "web", commit="HEAD", branch="main")
    assert (await flavor.call(client.builds.wait, "web", created.number)).outcome == "failed"
    before = len(simulator.requests)
    found: FailureSummary = await flavor.call(client.builds.failure_summary, created)
    await flavor.close(client)
    assert (found.state, found.outcome, found.failing, found.failed) == ("failed", "failed", False, True)
    assert [(each.name, each.kind, each.state) for each in found.jobs] == [
        ("deploy", "trigger", "failed"),
        ("unit", "tests", "failed"),
        ("docs", "soft", "failed"),
        ("release", "not_run", "waiting_failed"),
        ("Ship it?", "not_run", "blocked_failed"),
    ]
    inner = sure(found.jobs[0].triggered)
    assert (inner.pipeline, inner.number, inner.state) == ("deploy", 1, "failed")
    assert [(each.name, each.section, each.error) for each in inner.jobs] == [("push", "Push", "Error: no registry")]
    unit = found.jobs[1]
    assert (unit.section, unit.error, unit.exit_status) == ("Tests", "E       assert 3 == 4", 1)
    assert "installed" not in unit.lines
    assert [(each.name, each.passed, len(each.attempts)) for each in found.retried_jobs] == [("flaky", True, 1)]
    assert found.states == {"blocked_failed": 1, "failed": 2, "passed": 2, "soft_failed": 1, "waiting_failed": 1}
    sent = len(simulator.requests) - before
    assert sent == found.requests == 3 + 4  # three logs, and the triggered build
    assert web.builds[0].number == found.number
    text = str(found)
    for said in (
        "failed after",
        "1. deploy: the triggered build failed",
        "2. unit: tests failed, exit status 1",
        "(flaky)",
    ):
        assert said in text


def test_parallel_jobs_are_told_apart() -> None:
    simulator = Simulator("acme")
    simulator.pipeline("web").job("rspec", parallelism=3, exit_status=1, after=1)
    with simulator.client() as client:
        build = client.builds.create("web", branch="main", commit="HEAD")
        client.builds.wait(build)
        summary = client.builds.failure_summary("web", build.number)
    assert [job.name for job in summary.jobs] == ["rspec 1/3", "rspec 2/3", "rspec 3/3"]
    assert all(f"rspec {number}/3" in summary.text() for number in (1, 2, 3))


async def test_the_last_green_build_is_that_before_this_one(flavor: Flavor) -> None:
    older = [
        build(6, state="passed", blocked=True, finished_at=ENDED),
        build(5, state="passed", commit="abcdef0123456789", finished_at=ENDED),
        build(4, state="passed", finished_at=ENDED),
    ]
    server = Server(ended("a"), passed=older)
    found = await summary_of(flavor, server)
    last = sure(found.last_passed)
    assert (last.number, last.commit, last.web_url) == (5, "abcdef0123456789", older[1]["web_url"])
    query = next(request.url.params for request in server.requests if request.url.path.endswith("/builds"))
    assert (query["state"], query["branch"], query["exclude_jobs"]) == ("passed", "main", "true")
    assert query["created_to"].startswith("2026-01-05T09:00:00")
    assert "Last passed on this branch: #5, commit abcdef012345" in str(found)


KINDS: dict[str, tuple[dict[str, Any], str | None]] = {
    "command": ({"exit_status": 2}, "command"),
    "timed out": ({"state": "timed_out", "signal": "SIGTERM"}, "timeout"),
    "timing out": ({"state": "timing_out", "finished_at": None}, "timeout"),
    "agent lost": ({"exit_status": -1}, "agent_lost"),
    "agent stopped": ({"signal_reason": "agent_stop", "signal": "SIGTERM", "exit_status": 143}, "agent_lost"),
    "canceled": ({"state": "canceled", "exit_status": 143, "signal_reason": "cancel"}, "canceled"),
    "canceling": ({"state": "canceling", "finished_at": None}, "canceled"),
    "canceled, as failed": ({"signal_reason": "cancel"}, "canceled"),
    "refused": ({"signal_reason": "agent_refused", "exit_status": -1}, "not_started"),
    "not run": ({"signal_reason": "process_run_error"}, "not_started"),
    "a bad signature": ({"signal_reason": "signature_rejected"}, "not_started"),
    "a reason of tomorrow": ({"signal_reason": "of_tomorrow"}, "command"),
    "expired": ({"state": "expired", "exit_status": None, "started_at": None}, "expired"),
    "soft": ({"soft_failed": True}, "soft"),
    "promised": ({"state": "running", "exit_status": None, "promised_exit_status": 3, "finished_at": None}, "command"),
    "promised to pass": ({"state": "running", "promised_exit_status": 0, "finished_at": None}, None),
    "waiting_failed": ({"state": "waiting_failed", "started_at": None}, "not_run"),
    "broken": ({"state": "broken", "broken_reason": "branch_mismatch", "started_at": None}, "broken"),
    "skipped": ({"state": "skipped", "started_at": None}, None),
    "passed": ({"state": "passed", "exit_status": 0}, None),
    "running": ({"state": "running", "exit_status": None, "finished_at": None}, None),
    "a state of tomorrow": ({"state": "of_tomorrow"}, None),
    "a block": ({"type": "manual", "state": "blocked_failed", "started_at": None, "label": "Ship"}, "not_run"),
    "a waiter": ({"type": "waiter", "state": "waiting_failed", "started_at": None}, None),
    "a trigger": ({"type": "trigger", "exit_status": None}, "trigger"),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_kind_of_a_failure(name: str) -> None:
    changes, kind = KINDS[name]
    server = Server(ended("x", **changes), ended("other", finished_at="2026-01-05T10:00:00.000Z"))
    with Flavor("blocking").client(server) as client:
        found = client.builds.failure_summary("web", 7)
    kinds = {each.id: each.kind for each in found.jobs}
    assert kinds.pop("job-other") == "command"
    assert kinds == ({} if kind is None else {"job-x": kind})
    if name == "promised":
        assert {each.id: each.exit_status for each in found.jobs} == {"job-x": 3, "job-other": 1}
    if name == "broken":
        assert "x: broken, branch_mismatch" in str(found)


def test_failures_of_tests_are_told_by_the_log() -> None:
    server = Server(ended("a"), ended("b"), logs={"a": PYTEST.encode(), "b": b"Error: no disk\n"})
    with Flavor("blocking").client(server) as client:
        found = client.builds.failure_summary("web", 7)
    assert [(each.kind, each.error) for each in found.jobs] == [
        ("tests", "E       assert 3 == 4"),
        ("command", "Error: no disk"),
    ]


async def test_failed_jobs_come_first_and_broken_ones_last(flavor: Flavor) -> None:
    later = "2026-01-05T09:05:00.000Z"
    server = Server(
        ended("broken", state="broken", started_at=None),
        ended("waiting", state="waiting_failed", started_at=None),
        ended("unblocked", state="unblocked_failed", started_at=None),
        ended("soft", soft_failed=True),
        ended("never", state="canceled", started_at=None),
        ended("canceled", state="canceled"),
        ended("second", finished_at=later),
        ended("first"),
        ended("passed", state="passed", exit_status=0),
    )
    found = await summary_of(flavor, server)
    assert [each.name for each in found.jobs] == [
        *("first", "second", "canceled", "never", "soft", "waiting", "unblocked", "broken")
    ]
    few = await summary_of(flavor, Server(*server._build["jobs"]), max_jobs=6)
    assert ([each.name for each in few.jobs][-1], few.left_out) == ("waiting", 2)
    assert "Not shown: 2 further jobs" in str(few)


async def test_jobs_that_did_not_run_are_no_failure_of_a_build_that_passed(flavor: Flavor) -> None:
    server = Server(
        ended("broken", state="broken", started_at=None), ended("ok", state="passed", exit_status=0), state="passed"
    )
    found = await summary_of(flavor, server)
    assert (found.jobs, found.states) == ((), {"broken": 1, "passed": 1})
    assert server.ends == ["7", "annotations"]


BUILDS: dict[str, tuple[dict[str, Any], list[dict[str, Any]], str]] = {
    "passed": ({"state": "passed"}, [], "acme/web #7 passed after 1m30s. Nothing failed."),
    "passed, softly": (
        {"state": "passed"},
        [ended("a", soft_failed=True)],
        "passed after 1m30s. Only jobs that may fail have failed.",
    ),
    "running": ({"state": "running", "finished_at": None}, [], "is running; nothing has failed so far."),
    "scheduled": ({"state": "scheduled", "finished_at": None}, [], "is scheduled; nothing has failed so far."),
    "failing": (
        {"state": "failing", "finished_at": None},
        [ended("a")],
        "is failing; something in it has failed already.",
    ),
    "running with a failure": (
        {"state": "running", "finished_at": None, "failing_at": "2026-01-05T09:01:00.000Z"},
        [ended("a")],
        "is running; something in it has failed already.",
    ),
    "blocked": (
        {"state": "passed", "blocked": True},
        [job("Ship it?", type="manual", state="blocked")],
        "is blocked at Ship it?. Nothing in it has failed.",
    ),
    "blocked after a failure": (
        {"state": "failed", "blocked": True},
        [ended("a"), job("Ship it?", type="manual", state="blocked")],
        "is blocked at Ship it?. Something in it has failed.",
    ),
    "canceled": (
        {"state": "canceled", "cancel_reason": "superseded"},
        [ended("a", state="canceled")],
        "was canceled after 1m30s: superseded.",
    ),
    "skipped": ({"state": "skipped", "started_at": None}, [], "was skipped. Nothing failed."),
    "not run": ({"state": "not_run", "started_at": None}, [], "was not run. Nothing failed."),
    "of tomorrow": ({"state": "of_tomorrow", "finished_at": None}, [], "is of_tomorrow; nothing has failed so far."),
}


@pytest.mark.parametrize("name", BUILDS)
def test_what_became_of_a_build_is_told(name: str) -> None:
    changes, jobs, said = BUILDS[name]
    server = Server(*jobs, **changes)
    with Flavor("blocking").client(server) as client:
        found = client.builds.failure_summary("web", 7)
    assert str(found).split("\n")[0].endswith(said)
    asked = "builds" in server.ends
    assert asked == any(each["state"] != "blocked" and not each["soft_failed"] for each in jobs)
    assert found.failed == (name in ("failing", "running with a failure"))


async def test_earlier_attempts_are_told(flavor: Flavor) -> None:
    def attempt(number: int, **changes: Any) -> dict[str, Any]:
        return ended(f"unit{number}", **{"name": "unit", **changes})

    def retried(number: int, **changes: Any) -> dict[str, Any]:
        return attempt(number, retried=True, retried_in_job_id=f"job-unit{number + 1}", **changes)

    failed = await summary_of(flavor, Server(retried(1, exit_status=3), retried(2), attempt(3, exit_status=4)))
    assert [(each.id, each.exit_status) for each in failed.jobs] == [("job-unit3", 4)]
    assert [(each.id, each.state, each.exit_status) for each in failed.jobs[0].attempts] == [
        ("job-unit1", "failed", 3),
        ("job-unit2", "failed", 1),
    ]
    assert "before: failed (exit status 3), failed (exit status 1)" in str(failed)
    passed = await summary_of(
        flavor, Server(retried(1), retried(2), attempt(3, state="passed", exit_status=0), state="passed")
    )
    assert (passed.jobs, passed.states) == ((), {"passed": 1})
    assert [(each.id, each.passed, len(each.attempts)) for each in passed.retried_jobs] == [("job-unit3", True, 2)]
    again = await summary_of(
        flavor, Server(retried(1), attempt(2, state="running", exit_status=None, finished_at=None), state="running")
    )
    assert [(each.state, each.passed) for each in again.retried_jobs] == [("running", False)]
    assert "(flaky)" not in str(again)


async def test_attempts_in_a_circle_end(flavor: Flavor) -> None:
    server = Server(
        ended("a", retried=True, retried_in_job_id="job-b"),
        ended("b", retried=True, retried_in_job_id="job-a"),
        ended("c", retried_in_job_id=None),
    )
    assert [each.name for each in (await summary_of(flavor, server)).jobs] == ["c"]


async def test_annotations_are_text(flavor: Flavor) -> None:
    def annotation(context: str, style: str, body: str, priority: int = 3) -> dict[str, Any]:
        return {
            "id": context,
            "context": context,
            "style": style,
            "body_html": body,
            "scope": "build",
            "priority": priority,
        }

    server = Server(
        ended("a"),
        annotations=[
            annotation("tests", "warning", "<p>2 tests are <b>slow</b></p>"),
            annotation("note", "info", "<p>hidden</p>"),
            annotation("low", "error", "<pre><code>a &lt; b\n  c</code></pre>"),
            annotation("high", "error", "<h1>No\x1b[2J space</h1><script>alert(1)</script><ul><li>one</li></ul>", 10),
        ],
    )
    found = await summary_of(flavor, server)
    assert [(each.context, each.style, each.text) for each in found.annotations] == [
        ("high", "error", "No space\n- one"),
        ("low", "error", "a < b\n  c"),
        ("tests", "warning", "2 tests are slow"),
    ]
    asked = next(request for request in server.requests if request.url.path.endswith("/annotations"))
    assert dict(asked.url.params) == {"scope": "all", "per_page": "100"}
    assert "Annotation high (error):\n  No space\n  - one\n" in str(found)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", ""),
        ("plain &amp; simple", "plain & simple"),
        ("<p>one</p>\n\n<p>two<br>three</p>", "one\ntwo\nthree"),
        ("<details><summary>2 failed</summary><p>a</p></details>", "2 failed\na"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n1 | 2"),
        ('<p>see <a href="https://example.com/x">the report</a></p>', "see the report"),
        ("<pre><code>if a &lt; b:\n    pass\n</code></pre>", "if a < b:\n    pass"),
        ("<style>p { color: red }</style><script>alert('<p>')</script>text", "text"),
        ("<script>never closed", ""),
        ("a <!-- hidden > --> b <!-- never closed", "a  b"),
        ("2 < 3, 3 > 2 and a <b", "2 < 3, 3 > 2 and a <b"),
        ("<!DOCTYPE html><?xml?>x", "x"),
        ("<ul><li></li><li>one</li><li> </li></ul>", "- one"),
        ("<table><tr><td></td><td></td></tr><tr><td>1</td><td></td></tr></table>", "1 |"),
        ("<pre>-\n|\n</pre>", "-\n|"),
    ],
)
def test_the_text_of_an_annotation(body: str, text: str) -> None:
    assert text_of_html(body) == text


@given(
    st.lists(
        st.sampled_from(["<", ">", "</", "<!--", "-->", "<p>", "<script>", "<td", "&", "&lt;", "x", "\n", '"']),
        max_size=30,
    )
)
def test_any_html_has_a_text(pieces: list[str]) -> None:
    assert "<p>" not in text_of_html("".join(pieces))


@pytest.mark.parametrize("piece", ["<!", "<?", "<", "<!x<", "<p <!", "</", "<!-- <!"])
def test_what_begins_tags_that_never_end_takes_no_time(piece: str) -> None:
    """Each of them looked for its end in all that follows: minutes for a body of this size."""
    assert len(text_of_html(piece * (2_000_000 // len(piece)))) <= 2_000_000


def test_a_tag_that_is_cut_is_no_text() -> None:
    body = '<p>one</p><p class="x">two</p>'
    for longest, text in ((3, ""), (6, "one"), (12, "one"), (20, "one"), (25, "one\ntw"), (99, "one\ntwo")):
        assert text_of_html(body, longest=longest) == text


@pytest.mark.parametrize("tags", ["<b></b>", "<div></div>", "<p>", "<ul><li>", "<tr><td><td>", "<a href=x>", "<br>"])
async def test_thousands_of_empty_tags_hide_no_text(flavor: Flavor, tags: str) -> None:
    told = [
        {"id": "1", "context": "some", "style": "error", "body_html": f"{tags * 20_000}<p>the disk is full"},
        {"id": "2", "context": "none", "style": "error", "body_html": tags * 20_000},
    ]
    found = await summary_of(flavor, Server(ended("a"), annotations=told))
    texts = [each.text for each in found.annotations]
    assert texts[0].endswith("the disk is full")
    assert (len(texts[0]) < 100, texts[1], found.truncated) == (True, "", ())
    assert "Annotation none (error) has no text.\n" in f"{found}\n"


async def test_what_is_left_out_of_annotations_is_told(flavor: Flavor) -> None:
    more = [
        {"id": str(number), "context": f"c{number}", "style": "error", "body_html": f"<p>{'x' * 3000}</p>"}
        for number in range(12)
    ]
    link = {"Link": f'<{API}/v2/organizations/acme/pipelines/web/builds/7/annotations?page=2>; rel="next"'}
    found = await summary_of(flavor, Server(ended("a"), annotations=httpx.Response(200, json=more, headers=link)))
    assert len(found.annotations) == 10
    assert "annotations behind the first 100" in found.truncated
    assert "2 of 12 annotations" in found.truncated
    assert "the end of the annotation 'c0'" in found.truncated
    assert all(len(each.text) <= 2001 for each in found.annotations)


async def test_a_long_line_is_shortened_without_a_part_of_the_token(flavor: Flavor) -> None:
    server = Server(ended("a"), logs={"a": f"Error: {'x' * 380} {TOKEN}{'y' * 10_000}\n".encode()})
    error = sure((await summary_of(flavor, server)).jobs[0].error)
    assert (len(error), error[-1]) == (400, "…")
    assert TOKEN[:8] not in error


async def test_only_the_end_of_a_long_log_is_read(flavor: Flavor) -> None:
    log = b"x" * 200 + b"\n" + b"noise\n" * 200_000 + b"+++ Build\nError: no disk\n"
    server = Server(ended("a"), logs={"a": log})
    found = await summary_of(flavor, server)
    only = found.jobs[0]
    assert (only.error, only.section, only.log_size, only.log_read) == ("Error: no disk", "Build", len(log), 262_144)
    asked = next(request for request in server.requests if request.url.path.endswith("/log"))
    assert asked.headers["Range"] == "bytes=-262144"
    assert f"only the last 262144 of {len(log)} bytes of the log were read" in str(found)
    few = await summary_of(flavor, Server(ended("a"), logs={"a": log}), max_log_bytes=40)
    assert (few.jobs[0].error, few.jobs[0].log_read) == ("Error: no disk", 40)
    assert "noise" in few.jobs[0].lines or few.jobs[0].section == "Build"


async def test_a_log_that_comes_whole_is_read_to_its_end(flavor: Flavor) -> None:
    log = b"noise\n" * 1000 + b"Error: no disk\n"
    server = Server(
        ended("a"),
        logs={"a": httpx.Response(200, stream=Body(*[log[at : at + 100] for at in range(0, len(log), 100)]))},
    )
    found = await summary_of(flavor, server, max_log_bytes=500)
    assert (found.jobs[0].error, found.jobs[0].log_size, found.jobs[0].log_read) == ("Error: no disk", len(log), 500)


async def test_a_whole_log_of_500_mb_costs_a_bounded_read(flavor: Flavor) -> None:
    read: list[int] = []
    body = Body(
        *[piece for number in range(500) for piece in (lambda number=number: read.append(number), b"x" * 1_000_000)]
    )
    server = Server(ended("a"), logs={"a": httpx.Response(200, stream=body)})
    found = await summary_of(flavor, server)
    assert "more than" in sure(found.jobs[0].problem)
    assert (found.jobs[0].lines, found.jobs[0].log_size) == ((), None)
    assert len(read) < 15
    assert body.closed


async def test_logs_that_cannot_be_read_are_named(flavor: Flavor) -> None:
    server = Server(
        ended("empty"),
        ended("deleted"),
        ended("secret"),
        ended("broken off"),
        logs={
            "empty": b"",
            "deleted": answer({"message": "No log found"}, 404),
            "secret": answer({"message": "Forbidden"}, 403),
            "broken off": httpx.Response(206, stream=Body(b"Err", httpx.ReadError("lost"))),
        },
    )
    found = await summary_of(flavor, server)
    told = {each.name: each for each in found.jobs}
    assert (told["empty"].log_size, told["empty"].problem) == (0, None)
    assert "No log found" in sure(told["deleted"].problem)
    assert "Forbidden" in sure(told["secret"].problem)
    assert "lost" in sure(told["broken off"].problem)
    assert "not read: its log: " in str(found)


async def test_parts_that_cannot_be_read_are_named(flavor: Flavor) -> None:
    refused = answer({"message": "Forbidden"}, 403)
    server = Server(ended("a"), annotations=refused, passed=refused, logs={"a": b"Error: no disk\n"})
    found = await summary_of(flavor, server)
    assert found.jobs[0].error == "Error: no disk"
    assert [each.partition(":")[0] for each in sorted(found.problems)] == [
        "the annotations",
        "the builds of the branch",
    ]
    assert "Not read: the annotations: " in str(found)


async def test_a_build_that_does_not_exist_is_an_error(flavor: Flavor) -> None:
    client = flavor.client(Server())
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(client.builds.failure_summary, "web", 8)
    for options, said in (
        ({"max_bytes": 1023}, "max_bytes=1023: give 1024 or more"),
        ({"max_jobs": -1}, "max_jobs=-1: give 0 or more"),
        ({"max_log_bytes": 0}, "max_log_bytes=0: give 1 or more"),
    ):
        with pytest.raises(ValueError, match=said):
            await flavor.call(client.builds.failure_summary, "web", 7, **options)
    with pytest.raises(TypeError, match="max_jobs"):
        await flavor.call(client.builds.failure_summary, "web", 7, max_jobs="10")
    await flavor.close(client)


@pytest.mark.parametrize(
    "address",
    [
        ("web", 7),
        ("acme/web", 7),
        ("https://buildkite.com/acme/web/builds/7",),
        ("https://buildkite.com/acme/web/builds/7#0199b4d2-3c1f-4b6e-9f00-0123456789ab",),
        (f"{API}/v2/organizations/acme/pipelines/web/builds/7",),
    ],
)
def test_a_build_is_named_as_everywhere(address: tuple[Any, ...]) -> None:
    with Flavor("blocking").client(Server(state="passed")) as client:
        assert client.builds.failure_summary(*address).number == 7


async def test_the_failure_inside_a_triggered_build(flavor: Flavor) -> None:
    triggered = {
        "id": "b3",
        "number": 3,
        "url": f"{API}/v2/organizations/acme/pipelines/deploy/builds/3",
        "web_url": "https://buildkite.com/acme/deploy/builds/3",
    }
    pipeline = {"id": "d", "slug": "deploy", "name": "Deploy", "url": f"{API}/v2/organizations/acme/pipelines/deploy"}
    inner = build(
        3,
        state="failed",
        finished_at=ENDED,
        pipeline=pipeline,
        jobs=[
            ended("push", retried=True, retried_in_job_id="job-push2"),
            ended("push2"),
            ended("other"),
            ended("deeper", type="trigger", triggered_build={**triggered, "number": 9}),
        ],
    )
    trigger = ended("deploy", type="trigger", exit_status=None, triggered_build=triggered)

    def server() -> Server:
        return Server(
            trigger,
            ended("unit"),
            logs={"push2": b"Error: no registry\n", "other": b"Error: other\n"},
            more={"/pipelines/deploy/builds/3": lambda _: answer(inner)},
        )

    whole = server()
    found = await summary_of(flavor, whole)
    inside = sure(found.jobs[0].triggered)
    assert [(each.name, each.error, len(each.attempts)) for each in inside.jobs] == [
        ("push2", "Error: no registry", 1),
        ("other", "Error: other", 0),
        ("deeper", None, 0),
    ]
    assert (inside.pipeline, inside.number, inside.left_out) == ("deploy", 3, 0)
    assert inside.jobs[2].triggered is None  # one level
    assert "triggered deploy #3, which is failed" in str(found)
    few = await summary_of(flavor, server(), max_jobs=3)
    assert (len(few.jobs), [each.name for each in sure(few.jobs[0].triggered).jobs]) == (2, ["push2"])
    assert sure(few.jobs[0].triggered).left_out == 2
    assert "not shown: 2 further jobs of that build" in str(few)
    hidden = Server(trigger, more={"/pipelines/deploy/builds/3": lambda _: answer({"message": "Forbidden"}, 403)})
    refused = await summary_of(flavor, hidden)
    assert "build 3, which it triggered: " in sure(refused.jobs[0].problem)
    never = await summary_of(flavor, Server(ended("deploy", type="trigger", triggered_build=None)))
    assert (never.jobs[0].kind, never.jobs[0].triggered) == ("trigger", None)


async def test_failed_tests_of_test_engine_come_on_top(flavor: Flavor) -> None:
    runs = [{"id": f"run{number}", "suite": {"id": "s", "slug": "rspec"}} for number in range(5)]

    def executions(request: httpx.Request) -> httpx.Response:
        run = request.url.path.split("/")[-2]
        if run == "run2":
            return answer({"message": "Forbidden"}, 403)
        return answer(
            [
                {
                    "execution_id": f"e-{run}-{number}",
                    "run_id": run,
                    "test_id": f"test{number}",
                    "test_name": f"Cart adds {number}",
                    "failure_reason": "expected 3\n to be 4",
                    "location": "./spec/cart_spec.rb:8",
                    "test_url": "https://buildkite.com/organizations/acme/analytics/suites/rspec/tests/1",
                }
                for number in range(2)
            ]
        )

    server = Server(ended("a"), test_engine={"runs": runs}, more={"/failed_executions": executions})
    found = await summary_of(flavor, server)
    assert server.requests[0].url.params["include_test_engine"] == "true"
    assert server.ends.count("failed_executions") == 3
    assert "/v2/analytics/organizations/acme/suites/rspec/runs/run0/failed_executions" in [
        request.url.path for request in server.requests
    ]
    assert [(each.name, each.location, each.reason) for each in found.failed_tests] == [
        ("Cart adds 0", "./spec/cart_spec.rb:8", "expected 3  to be 4"),
        ("Cart adds 1", "./spec/cart_spec.rb:8", "expected 3  to be 4"),
    ]
    assert "failed tests of 2 of 5 Test Engine runs" in found.truncated
    assert [each.partition(":")[0] for each in found.problems] == ["the failed tests of the suite rspec"]
    assert "  Cart adds 0: ./spec/cart_spec.rb:8: expected 3  to be 4" in str(found)


async def test_at_most_so_many_jobs_are_shown_and_read(flavor: Flavor) -> None:
    jobs = [ended(f"j{number}") for number in range(30)]
    server = Server(*jobs, logs={each["name"]: b"Error: no disk\n" for each in jobs})
    found = await summary_of(flavor, server)
    assert (len(found.jobs), found.left_out) == (10, 20)
    assert server.ends.count("log") == 10
    assert len(server.requests) == 13
    assert "Not shown: 20 further jobs" in str(found)
    none = await summary_of(flavor, Server(*jobs), max_jobs=0)
    assert (none.jobs, none.left_out, none.requests) == ((), 30, 3)


async def test_at_most_five_logs_are_read_at_once(flavor: Flavor) -> None:
    jobs = [ended(f"j{number}") for number in range(10)]
    server = Server(*jobs, logs={each["name"]: b"Error: no disk\n" for each in jobs})
    together = threading.Barrier(5)
    lock = threading.Lock()
    now, most = 0, 0

    def begin() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)

    def end() -> None:
        nonlocal now
        with lock:
            now -= 1

    def threaded(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/log"):
            return server(request)
        begin()
        together.wait(timeout=60)  # passes only if five requests are under way
        end()
        return server(request)

    async def awaited(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/log"):
            begin()
            for _ in range(50):
                await anyio.lowlevel.checkpoint()
            end()
        return server(request)

    app: Any = threaded if flavor.blocking else awaited
    client = flavor.client(app)
    found: FailureSummary = await flavor.call(client.builds.failure_summary, "web", 7)
    await flavor.close(client)
    assert [each.error for each in found.jobs] == ["Error: no disk"] * 10
    assert most == 5


async def test_names_keep_what_an_escape_would_erase_on_a_terminal(flavor: Flavor) -> None:
    server = Server(ended("a", name="unit\x1b[2J tests\x1b[1K"), message="Fix\x1b[2K it\x1b[3D", branch="ma\x1b[Hin")
    found = await summary_of(flavor, server)
    assert (found.jobs[0].name, found.message, found.branch) == ("unit tests", "Fix it", "main")


async def test_nothing_of_others_moves_the_cursor_or_holds_the_token(flavor: Flavor) -> None:
    evil = "\x1b]0;title\x07\x1b[2J\u202eabc\r"
    server = Server(
        ended("a", name=f"{evil}unit", agent={"id": "x", "name": evil}, step_key=evil),
        logs={"a": f"+++ {evil}\n{evil}\nError: \x1b[31mdenied\x1b[0m {TOKEN} bkua_other0123456789 \u2066x\n".encode()},
        annotations=[{"id": "1", "context": evil, "style": "error", "body_html": f"{evil}<b>{TOKEN}</b>"}],
        branch=evil,
        message=f"{evil} {TOKEN}\nsecond",
        cancel_reason=evil,
    )
    found = await summary_of(flavor, server)
    for text in (found.text(), found.json()):
        assert TOKEN not in text
        assert "bkua_other" not in text
        assert "title" not in text
    assert "denied" in found.text()


@pytest.mark.parametrize("between", ["\u200b", "\x1b[1m", "\u202e"])
async def test_a_token_with_a_hidden_character_in_it_is_found(flavor: Flavor, between: str) -> None:
    hidden = f"bkua{between}_other0123456789"
    server = Server(
        ended("a", name=hidden, agent={"id": "x", "name": hidden}),
        logs={"a": f"+++ {hidden}\nError: {hidden}\n".encode()},
        message=hidden,
    )
    found = await summary_of(flavor, server)
    assert "bkua_other" not in found.text() + found.json()
    assert found.message == "bkua_REDACTED"


def large() -> FailureSummary:
    """Return a summary with more of everything than fits."""
    lines = tuple(f"line {number} {'x' * 90}" for number in range(40))
    jobs = tuple(
        FailedJob(
            id=f"0199b4d2-3c1f-4b6e-9f00-{number:012}",
            name=f"job {number}",
            kind="tests",
            state="failed",
            exit_status=1,
            web_url=f"https://buildkite.com/acme/web/builds/7#{number}",
            section="Tests",
            error=lines[20],
            lines=lines,
            attempts=(JobAttempt(id="a", state="failed", exit_status=1),) * 5,
        )
        for number in range(10)
    )
    return FailureSummary(
        organization="acme",
        pipeline="web",
        number=7,
        state="failed",
        outcome="failed",
        states={"failed": 10},
        jobs=jobs,
        annotations=(FailureAnnotation(style="error", context="c", job_id=None, text="text " * 400),) * 8,
        failed_tests=tuple(FailedTest(name=f"test {number}", reason="no") for number in range(30)),
        truncated=("something before",),
    )


@pytest.mark.parametrize("most", [1024, 2000, 4096, 8192, 20_000, 200_000])
def test_a_summary_fits_and_says_what_it_leaves_out(most: int) -> None:
    summary = large()
    text, data = summary.text(most), summary.json(most)
    assert len(text.encode()) <= most
    assert len(data.encode()) <= most
    assert "Left out: something before" in text
    told = json.loads(data)
    assert told["truncated"][0] == "something before"
    if most < 20_000:
        assert f"(max_bytes={most})" in text
        assert f"(max_bytes={most})" in " ".join(told["truncated"])
    if most >= 8192:  # the error of each job is the last to go
        assert len(told["jobs"]) == 10
        assert text.count("line 20 ") == 10
    if most == 200_000:
        assert told["truncated"] == ["something before"]
        assert len(told["jobs"][0]["lines"]) == 40
    assert len(told["jobs"]) + told["left_out"] == 10
    assert len(text) > most / 4 or most == 200_000


WORDS = st.sampled_from(
    ["", "a", "unit tests", "é" * 20, "漢字" * 15, '"\\"' * 20, "x" * 60, "😀" * 12, "a word of many " * 20]
)
LINES = st.lists(WORDS, max_size=8).map(tuple)


@st.composite
def failed_jobs(draw: st.DrawFn, depth: int = 1) -> FailedJob:
    lines = draw(LINES)
    triggered = None
    if depth and draw(st.booleans()):
        inner = draw(st.lists(failed_jobs(depth - 1), max_size=3))
        triggered = TriggeredFailure(pipeline=draw(WORDS), number=1, jobs=tuple(inner))
    return FailedJob(
        id=draw(WORDS),
        name=draw(WORDS) * draw(st.integers(1, 20)),
        kind=draw(st.sampled_from(["tests", "command", "soft", "not_run", "broken"])),
        state=draw(WORDS),
        exit_status=draw(st.none() | st.integers(-1, 255)),
        section=draw(st.none() | WORDS),
        lines=lines,
        error=draw(st.sampled_from(lines)) if lines else None,
        problem=draw(st.none() | WORDS),
        triggered=triggered,
    )


@given(
    jobs=st.lists(failed_jobs(), max_size=5),
    states=st.integers(0, 80).map(lambda count: {f"state{each}" * 3: 10**9 for each in range(count)}),
    words=st.lists(WORDS, min_size=6, max_size=6),
    notes=LINES,
    most=st.integers(1024, 9000),
)
def test_any_summary_fits(
    jobs: list[FailedJob], states: dict[str, int], words: list[str], notes: tuple[str, ...], most: int
) -> None:
    long = [word * 9 for word in words]
    summary = FailureSummary(
        organization=long[0],
        pipeline=long[1],
        number=7,
        state="failed",
        outcome="failed",
        web_url=f"https://buildkite.com/{long[2]}",
        branch=long[3],
        commit=long[4],
        message=long[5],
        states=states,
        jobs=tuple(jobs * 3),
        retried_jobs=(RetriedJob(id="x", name=long[0], state="passed", passed=True, attempts=()),) * 5,
        blocked_by=notes,
        annotations=(FailureAnnotation(style="error", context=long[1], job_id=None, text=long[2]),) * 3,
        truncated=notes,
        problems=notes,
        max_bytes=most,
    )
    assert len(str(summary).encode()) <= most
    assert len(summary.json().encode()) <= most
    assert json.loads(summary.json())["number"] == 7


def test_a_summary_of_its_own_maximum() -> None:
    with pytest.raises(ValueError, match="max_bytes=10: give at least 1024"):
        large().text(10)
    assert large().to_dict() == json.loads(large().json())


def test_words_of_others_are_answered() -> None:
    for name, meant in (("failed_jobs", "jobs"), ("to_json", "json"), ("last_green", "last_passed")):
        with pytest.raises(AttributeError, match=meant):
            getattr(large(), name)
    with pytest.raises(AttributeError, match="exit_status"):
        large().jobs[0].exit_code  # type: ignore[attr-defined]  # noqa: B018
