"""`api`: any request, through the whole command and real HTTP."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from buildkite_ext.simulation import Simulator, SystemClock

from .conftest import COMMAND, TOKEN, Ended, SharedServer, ended
from .test_terminal import Terminal

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]

needs_jq = pytest.mark.skipif(
    shutil.which("jq") is None and find_spec("jq") is None, reason="there is neither the program jq nor the package"
)
BUILDS = "organizations/{org}/pipelines/web/builds"
HOSTILE = "evil\x1b]0;title\x07\x1b[2J\x9b31m\u202egnp\u2028"


@pytest.fixture
def api(command: Run) -> Run:
    return lambda *words: command("api", *words)


@pytest.fixture
def filled(web: Simulator) -> Simulator:
    web.pipeline("web", name="Wéb ✓").job("test", log="ok\n", after=0.05).history(23, every=60)
    return web


def typed(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text), encoding="utf-8"))


@pytest.mark.parametrize(
    "path",
    [
        "organizations/{org}/pipelines/web",
        "/organizations/acme/pipelines/web",
        "v2/organizations/acme/pipelines/web",
        "/v2/organizations/acme/pipelines/web/",
        "{base_url}/v2/organizations/acme/pipelines/web",
    ],
)
def test_get(api: Run, filled: Simulator, path: str) -> None:
    result = api("get", path.replace("{base_url}", filled.base_url))
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out)["slug"] == "web"
    assert result.out.startswith('{\n  "')
    assert '"name": "Wéb ✓"' in result.out
    assert [request.operation for request in filled.requests] == ["get_pipeline"]


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (["user"], "GET"),
        ([BUILDS, "-f", "branch=main", "-f", "commit=HEAD"], "POST"),
        ([BUILDS, "-F", "branch=main", "-F", "commit=HEAD"], "POST"),
        ([BUILDS, "-X", "get", "-f", "branch=main"], "GET"),
        (["--method", "GET", "user"], "GET"),
        (["-XGET", "user"], "GET"),
        (["get", "user"], "GET"),
    ],
)
def test_the_method_is_as_with_gh(api: Run, filled: Simulator, words: list[str], sent: str) -> None:
    assert api(*words).code == 0
    assert [request.method for request in filled.requests] == [sent]


def test_input_without_a_method_is_a_post(api: Run, filled: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, b'{"branch": "main", "commit": "HEAD"}')
    assert api(BUILDS, "--input", "-").code == 0
    assert [request.method for request in filled.requests] == ["POST"]


def test_get_with_filters(api: Run, filled: Simulator) -> None:
    words = ("-f", "branch[]=main", "-f", "branch[]=a b&c", "--raw-field", "state=passed", "-f", "per_page=2")
    result = api("GET", f"{BUILDS}?page=2", *words)
    assert result.code == 0
    assert filled.requests[0].query == (
        ("page", "2"),
        ("branch[]", "main"),
        ("branch[]", "a b&c"),
        ("state", "passed"),
        ("per_page", "2"),
    )
    numbers = [build["number"] for build in json.loads(result.out)]
    assert 0 < len(numbers) <= 2
    assert numbers == sorted(numbers, reverse=True)


def test_post_with_nested_fields(api: Run, filled: Simulator) -> None:
    words = (
        *("-F", "branch=main", "-f", "commit=1234567", "-F", "message=1.10", "--field", "clean_checkout=true"),
        *("-f", "env[A]=x=y", "--raw-field", "env[B]=true", "-F", "meta_data[release]=1.2", "-f", "author[name]=Ada"),
        *("-f", "author[email]=@ada", "-F", "priority=5", "-F", "list[]=1", "-f", "list[]=2", "-F", "none=null"),
    )
    result = api("post", BUILDS, *words, "--compact", "--select", "number")
    assert (result.code, result.out, result.err) == (0, "24\n", "")
    assert filled.requests[0].headers["content-type"] == "application/json"
    assert json.loads(filled.requests[0].body) == {
        "branch": "main",
        "commit": "1234567",
        "message": "1.10",
        "clean_checkout": True,
        "env": {"A": "x=y", "B": "true"},
        "meta_data": {"release": "1.2"},
        "author": {"name": "Ada", "email": "@ada"},
        "priority": 5,
        "list": [1, "2"],
        "none": None,
    }


def test_fields_of_both_kinds_keep_their_order(api: Run, filled: Simulator) -> None:
    words = [word for n in "12" for word in ("--field", f"jobs[][id]={n}", "-f", f"jobs[][key]={n}")]
    api("POST", BUILDS, *words)
    assert json.loads(filled.requests[0].body) == {"jobs": [{"id": 1, "key": "1"}, {"id": 2, "key": "2"}]}


def test_a_body_from_a_file_and_from_the_standard_input(
    api: Run, filled: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'{"branch": "main",\n "commit": "HEAD"}'
    file = tmp_path / "body.json"
    file.write_bytes(body)
    assert api("POST", BUILDS, "--input", str(file), "-f", "x=1").code == 0
    typed(monkeypatch, body)
    assert api("POST", BUILDS, "--input", "-").code == 0
    assert [request.body for request in filled.requests] == [body, body]
    assert filled.requests[0].query == (("x", "1"),)

    file.write_text("a message\nof two lines")
    assert api("POST", BUILDS, "-f", "branch=main", "-f", "commit=HEAD", "-F", f"message=@{file}").code == 0
    assert json.loads(filled.requests[-1].body)["message"] == "a message\nof two lines"
    typed(monkeypatch, b"from a pipe")
    assert api("POST", BUILDS, "-f", "branch=main", "-f", "commit=HEAD", "-F", "message=@-").code == 0
    assert json.loads(filled.requests[-1].body)["message"] == "from a pipe"
    assert api("POST", BUILDS, "-f", "branch=main", "-f", "commit=HEAD", "-f", "message=@channel").code == 0
    assert json.loads(filled.requests[-1].body)["message"] == "@channel"
    file.write_text("5")
    assert api("POST", BUILDS, "-f", "branch=main", "-f", "commit=HEAD", "-F", f"message=@{file}").code == 0
    assert json.loads(filled.requests[-1].body)["message"] == "5"


def test_headers(api: Run, filled: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"\x00\xff")
    api("POST", BUILDS, "--input", str(file), "--header", "Content-Type: application/x-thing", "-H", "X-Mine:1")
    sent = filled.requests[0]
    assert (sent.headers["content-type"], sent.headers["x-mine"], sent.body) == (
        "application/x-thing",
        "1",
        b"\x00\xff",
    )


def test_pages_by_link(api: Run, filled: Simulator) -> None:
    result = api("GET", BUILDS, "--paginate", "--field", "per_page=5")
    assert result.code == 0
    assert [build["number"] for build in json.loads(result.out)] == list(range(23, 0, -1))
    assert len(filled.requests) == 5
    assert result.out.startswith('[\n  {\n    "id": "')
    assert result.out.endswith("\n  }\n]\n")
    filled.requests.clear()
    assert api("GET", BUILDS, "--paginate", "--select", "[].number", "-r").lines == [str(n) for n in range(23, 0, -1)]
    assert [request.query for request in filled.requests] == [(("per_page", "100"),)]


def test_pages_by_cursor(api: Run, web: Simulator) -> None:
    pipeline = web.pipeline("web")
    for number in range(11):
        pipeline.job(f"job {number}", after=30)
    with web.client() as client:
        client.builds.create("web", commit="HEAD", branch="main")
    web.requests.clear()
    result = api("GET", f"{BUILDS}/1/jobs", "--paginate", "-f", "per_page=3", "--select", "[].name", "--compact")
    assert json.loads(result.out) == [f"job {number}" for number in range(11)]
    assert len(web.requests) == 4


def test_a_limit(api: Run, filled: Simulator) -> None:
    result = api("GET", BUILDS, "--paginate", "--limit", "7", "--select", "[].number", "--compact")
    assert result.out == "[23,22,21,20,19,18,17]\n"
    assert [request.query for request in filled.requests] == [(("per_page", "7"),)]


def test_the_whole_list_where_it_is_needed(api: Run, filled: Simulator) -> None:
    pages = ("GET", BUILDS, "--paginate", "-f", "per_page=10")
    assert api(*pages, "--select", "[-1].number").out == "1\n"


@needs_jq
def test_jq_has_the_whole_list(api: Run, filled: Simulator) -> None:
    pages = ("GET", BUILDS, "--paginate", "-f", "per_page=10")
    assert api(*pages, "--jq", "length, (.[0] | .state)").out == '23\n"passed"\n'
    assert api(*pages, "--jq", ".[0].state", "-r").out == "passed\n"


def test_an_empty_list(api: Run, web: Simulator) -> None:
    web.pipeline("web")
    assert api("GET", BUILDS, "--paginate").out == "[]\n"
    assert api("GET", BUILDS, "--paginate", "--select", "[].x", "-r").out == ""


def test_a_list_that_breaks_off_stays_open(api: Run, filled: Simulator) -> None:
    serves, asked = filled.handle, []

    def breaks(request: Any) -> Any:
        asked.append(request)
        if len(asked) == 3:
            filled.fail_next(status=403, body={"message": "No more"})
        return serves(request)

    filled.handle = breaks  # type: ignore[method-assign]
    result = api("GET", BUILDS, "--paginate", "-f", "per_page=5")
    assert result.code == 3
    assert result.out.endswith("\n  }\n")
    assert len(json.loads(f"{result.out}]")) == 10
    assert result.err.startswith(
        "buildkite-ext: The list is incomplete: 10 items were printed before this error.\nbuildkite-ext: GET"
    )
    assert "answered 403: No more" in result.err


@pytest.mark.usefixtures("web")
@pytest.mark.parametrize("path", ["organizations/{org}/builds", BUILDS, "builds"])
def test_a_list_that_is_too_deep_is_continued(api: Run, server: SharedServer, path: str) -> None:
    simulator = Simulator(token=TOKEN, clock=SystemClock(), deep_listing_after=100)
    simulator.pipeline("web").job("test", after=0.05).history(450, every=60)
    server.put_behind(simulator)
    result = api(
        "GET", path, "--paginate", "-f", "branch=main", "-f", "exclude_jobs=true", "--select", "[].number", "-r"
    )
    assert (result.code, result.err) == (0, "")
    assert result.lines == [str(number) for number in range(450, 0, -1)]
    simulator.requests.clear()
    limited = api("GET", path, "--paginate", "--limit", "250", "--select", "[].number", "-r")
    assert (limited.code, limited.lines) == (0, result.lines[:250])
    assert len({request.query for request in simulator.requests}) == len(simulator.requests)


def test_another_list_that_is_too_deep_raises_and_says_why(api: Run, web: Simulator) -> None:
    for number in range(7):
        web.pipeline(f"web-{number}")
    serves = web.handle

    def refuses(request: Any) -> Any:
        if ("page", "2") in request.query:
            web.fail_next(status=400, body={"message": "Listing this deep is not supported"})
        return serves(request)

    web.handle = refuses  # type: ignore[method-assign]
    result = api("GET", "organizations/{org}/pipelines", "--paginate", "-f", "per_page=5")
    assert result.code == 3
    assert len(json.loads(f"{result.out}]")) == 5
    assert "The list is incomplete: 5 items were printed before this error." in result.err
    assert "The list organizations/{org}/pipelines can't be continued from here, because it has no filter" in result.err


def test_more_pages_than_allowed(api: Run, filled: Simulator) -> None:
    result = api("GET", BUILDS, "--paginate", "-f", "per_page=5", "--max-pages", "2", "--select", "[].number", "-r")
    assert (result.code, len(result.lines)) == (3, 10)
    assert f"{BUILDS}: 2 pages were read and there are more. Allow more with --max-pages, stop earlier" in result.err
    assert "The list is incomplete: 10 items were printed before this error." in result.err
    result = api("GET", BUILDS, "--paginate", "-f", "per_page=5", "--max-pages", "5", "--select", "[].number", "-r")
    assert (result.code, len(result.lines), result.err) == (0, 23, "")


@pytest.mark.parametrize(
    ("words", "state", "near"),
    [
        ((BUILDS, "-f", "state=faild"), "faild", "failed"),
        ((f"{BUILDS}?state[]=passed&state[]=cancelled",), "cancelled", "canceled"),
        (("builds", "-f", "state=runing", "--paginate"), "runing", "running"),
        ((f"{BUILDS}/1", "-f", "job_states[]=timedout"), "timedout", "timed_out"),
    ],
)
def test_a_state_that_is_likely_mistyped(
    api: Run, filled: Simulator, words: tuple[str, ...], state: str, near: str
) -> None:
    result = api("GET", *words, "--compact")
    assert result.code == 0
    assert result.err == (
        f"buildkite-ext: Check the query: this version doesn't know the state {state!r}; did you mean {near!r}?\n"
    )
    assert json.loads(result.out) is not None


def test_parameters_of_the_same_name_elsewhere(api: Run, filled: Simulator) -> None:
    result = api("GET", f"{BUILDS}/1/artifacts", "-f", "state=finished")
    assert (result.code, result.err) == (0, "")
    assert api("GET", BUILDS, "-f", "state=finished").err == ""


def test_not_a_list(api: Run, filled: Simulator) -> None:
    result = api("GET", "organizations/{org}", "--paginate")
    assert (result.code, result.out) == (3, "")
    assert "organizations/{org}: the answer is one object, and isn't a list, so it has no pages." in result.err


NO_PAGES = {
    "a redirect": (
        {"status": 302, "headers": {"Location": "https://storage.test/x?X-Amz-Signature=s3cret"}, "body": b""},
        "the answer is a redirect (302) to https://storage.test/x?X-Amz-Signature=REDACTED, so it has no pages.",
    ),
    "a redirect to nowhere": ({"status": 307, "body": b"{}"}, "the answer is a redirect (307) to nowhere"),
    "no content": ({"status": 204, "body": b""}, "the answer (204) has no body, so it has no pages."),
    "an empty body": ({"status": 200, "body": b""}, "the answer (200) has no body, so it has no pages."),
    "a text": (
        {"status": 200, "body": b"a log", "headers": {"Content-Type": "text/plain; charset=utf-8"}},
        "the answer is text/plain, and isn't JSON, so it has no pages.",
    ),
    "a number": (
        {"status": 200, "body": b"5", "headers": {"Content-Type": "application/json"}},
        "is one value, and isn't a list",
    ),
    "half of a list": (
        {"status": 200, "body": b"[1,", "headers": {"Content-Type": "application/json"}},
        "the page isn't JSON",
    ),
}


@pytest.mark.parametrize(("answer", "said"), NO_PAGES.values(), ids=NO_PAGES)
@pytest.mark.parametrize("path", ["organizations/{org}/brand-new", BUILDS])
def test_an_answer_that_has_no_pages_is_named(
    api: Run, filled: Simulator, path: str, answer: dict[str, Any], said: str
) -> None:
    filled.answer_next(**answer)
    result = api("GET", path, "--paginate")
    assert (result.code, result.out) == (3, "")
    if path == BUILDS and answer["status"] in (302, 307):
        said = "was redirected ("  # the description knows that this list has no redirects
    assert said in result.err
    assert "s3cret" not in result.err


def test_a_refusal_is_told_and_its_answer_can_be_read(api: Run, filled: Simulator) -> None:
    for words in ((), ("--paginate",), ("--select", "slug"), ("--compact", "-r")):
        result = api("GET", "organizations/{org}/pipelines/wob/builds", *words)
        assert result.code == 3
        assert json.loads(result.out) == {"message": "No pipeline found"}
        *told, request_id = result.err.splitlines()
        assert request_id.startswith("Request id for Buildkite's support: ")
        assert told == [
            "buildkite-ext: GET /v2/organizations/acme/pipelines/wob/builds answered 404: No pipeline found",
            "One of these doesn't exist, or the token can't see it: organization 'acme', pipeline 'wob'.",
        ]
    filled.add_token("bkua_reader", scopes={"read_builds"})
    filled.fail_next(status=502, body=b"<html>Bad Gateway</html>", times=1)
    result = api("POST", BUILDS, "-f", "branch=main")
    assert (result.code, result.out) == (3, "")
    assert "answered 502" in result.err


def test_a_scope_that_is_missing_is_named(api: Run, filled: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.add_token("bkua_reader", scopes={"read_builds"})
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_reader")
    result = api("POST", BUILDS, "-f", "branch=main", "-f", "commit=HEAD")
    assert result.code == 3
    assert "needs the scope write_builds" in result.err


def test_a_path_outside_the_description(api: Run, web: Simulator) -> None:
    result = api("GET", "organizations/{org}/brand-new")
    assert result.code == 3
    assert "GET /v2/organizations/acme/brand-new answered 404" in result.err


def test_a_redirect_is_told_without_what_opens_it(api: Run, web: Simulator) -> None:
    web.answer_next(status=302, headers={"Location": "https://storage.test/x?part=1&X-Amz-Signature=s3cret"}, body=b"")
    result = api("GET", "organizations/{org}/brand-new")
    assert result.code == 3
    assert "was redirected (302) to https://storage.test/x?part=1&X-Amz-Signature=REDACTED." in result.err
    assert "s3cret" not in result.out + result.err


def test_a_rate_limit_is_waited_for_and_a_long_wait_is_told_of(start: Start, filled: Simulator) -> None:
    filled.fail_next(
        status=429, operation="list_pipeline_builds", headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "1"}
    )
    result = ended(start("api", "GET", BUILDS, "--select", "[0].number"))  # a process that knows of no window yet
    assert (result.code, result.out) == (0, "23\n")
    assert "answered 429. Trying again in" in result.err


def test_a_create_is_never_sent_twice(api: Run, filled: Simulator) -> None:
    filled.drop_next(operation="create_build", after_acting=True)
    result = api("POST", BUILDS, "-f", "branch=main", "-f", "commit=HEAD")
    assert result.code == 3
    assert "It may have acted: check before you send it again." in result.err
    assert len(filled.pipeline("web").builds) == 24


def test_the_timeout(api: Run, filled: Simulator) -> None:
    filled.fail_next(status=503, headers={"Retry-After": "50"})
    result = api("GET", BUILDS, "--timeout", "2")
    assert result.code == 3
    assert "past the 2 s allowed for the call" in result.err


def test_include_shows_the_head(api: Run, filled: Simulator) -> None:
    result = api("GET", BUILDS, "-i", "--select", "[0].number")
    head, _, body = result.out.partition("\n\n")
    assert head.startswith("HTTP/1.1 200 OK\n")
    assert "ratelimit-remaining: " in head.lower()
    assert "authorization" not in result.out.lower()
    assert body == "23\n"
    missing = api("GET", f"{BUILDS}/99", "--include")
    assert missing.out.startswith("HTTP/1.1 404 Not Found\n")


def test_logs_are_bytes_and_nothing_prints_nothing(api: Run, web: Simulator, run: Run) -> None:
    log = b"one\r\n\x1b[32mtwo\x1b[0m \xff\x00\n"
    web.pipeline("web").job("test", log=log.decode("latin-1"), after=0.05)
    assert run("web").code == 0
    job = web.pipeline("web").builds[0].current_jobs[0].id
    process = subprocess.run(
        [*COMMAND, "api", "GET", f"{BUILDS}/1/jobs/{job}/log.txt"], capture_output=True, timeout=90, check=False
    )
    assert process.returncode == 0
    assert b"\x1b[32mtwo\x1b[0m \xc3\xbf\x00" in process.stdout
    filtered = api("GET", f"{BUILDS}/1/jobs/{job}/log.txt", "--select", "x")
    assert filtered.code == 3
    assert "isn't JSON (text/plain" in filtered.err
    assert api("HEAD", f"{BUILDS}/1/jobs/{job}/log").out == ""
    gone = api("DELETE", f"{BUILDS}/1/jobs/{job}/log")
    assert (gone.code, gone.out, gone.err) == (0, "", "")


def test_a_download_s_redirect_is_shown_and_not_followed(api: Run, web: Simulator, run: Run) -> None:
    web.pipeline("web").job("build", after=0.05, artifacts={"a.txt": b"a"})
    assert run("web").code == 0
    listed = json.loads(api("GET", f"{BUILDS}/1/artifacts").out)[0]
    path = f"organizations/{{org}}/jobs/{listed['job_id']}/artifacts/{listed['id']}/download"
    result = api("GET", path, "--select", "url", "-r")
    assert result.code == 0
    assert result.out.startswith(web.artifacts_url)
    assert web.artifact_requests == []


REFUSED = {
    "method": (["GIT", "user"], "METHOD: 'GIT' isn't one of GET, HEAD, POST, PUT, PATCH, DELETE."),
    "no path": (["GET"], "missing argument PATH."),
    "the path first": (["user", "GET"], "METHOD first, then PATH: write GET user."),
    "two methods": (["-X", "POST", "GET", "user"], "METHOD and --method: give one of them."),
    "another method as an option": (["user", "--method", "GIT"], "--method: 'GIT' isn't one of GET, HEAD"),
    "pages of a POST by default": (["user", "--paginate", "-f", "a=1"], "this is POST. Write GET before PATH."),
    "gh's letter for jq": (["user", "-q", ".a"], "unknown option -q. Did you mean --jq?"),
    "gh's letter for jq, with a value": (["user", "-q.s3cret"], "unknown option -q. Did you mean --jq?"),
    "a page of a build": (
        ["https://buildkite.com/acme/web/builds/42"],
        "it is a page of the web site; write organizations/acme/pipelines/web/builds/42.",
    ),
    "a page of a job": (
        ["https://buildkite.com/acme/web/builds/42#0199b4d2-3c1f-4b6e-9f00-0123456789ab"],
        "write organizations/acme/pipelines/web/builds/42/jobs/0199b4d2-3c1f-4b6e-9f00-0123456789ab.",
    ),
    "a page of a pipeline, without a scheme": (
        ["GET", "buildkite.com/acme/web"],
        "write organizations/acme/pipelines/web.",
    ),
    "an expression of JMESPath": (["user", "--select", "length(@)"], "--jq takes more than paths"),
    "an object of jq": (["user", "--select", "{a}"], "--jq takes more than paths"),
    "a pipe": (["user", "--select", "jobs[]|length"], "from character 7 on"),
    "an empty path": (["GET", " "], "it is empty"),
    "dots": (["GET", "organizations/../../x"], "a segment of dots leads to another path"),
    "one dot": (["GET", "organizations/./x"], "a segment of dots leads to another path"),
    "encoded dots": (["GET", "organizations/%2e%2E/x"], "a segment of dots leads to another path"),
    "dots encoded twice": (["GET", "organizations/%252e%252e/x"], "a segment of dots leads to another path"),
    "dots behind a slash": (["GET", "organizations/a%2f..%2fb"], "a segment of dots leads to another path"),
    "dots with parameters": (["GET", "organizations/..;x/b"], "a segment of dots leads to another path"),
    "a backslash": (["GET", "organizations\\acme"], "it has a backslash"),
    "a control character": (["GET", "organizations/a\rb"], "it holds a control character"),
    "an encoded one": (["GET", "organizations/a%0ab"], "it holds a control character"),
    "a fragment": (["GET", "user#x"], "it has a fragment"),
    "elsewhere": (["GET", "https://evil.example/v2/user"], "it leads outside"),
    "another scheme": (["GET", "file:///etc/passwd"], "it leads outside"),
    "without a scheme": (["GET", "//evil.example/v2/user"], "it leads outside"),
    "a simulator's page": (
        ["https://buildkite.test/acme/web/builds/41"],
        "write organizations/acme/pipelines/web/builds/41",
    ),
    "a job's page": (
        ["https://buildkite.test/acme/web/builds/4#0199b4d2-3c1f-4b6e-9f00-0123456789ab"],
        "write organizations/acme/pipelines/web/builds/4/jobs/0199b4d2-3c1f-4b6e-9f00-0123456789ab",
    ),
    "a page with a query": (
        ["https://buildkite.test/acme/web/builds/4?tab=x"],
        "write organizations/acme/pipelines/web",
    ),
    "nothing between slashes": (["GET", "organizations//x"], "it has an empty segment"),
    "half an escape": (["GET", "organizations/100%"], "% must be followed by two hexadecimal digits"),
    "another placeholder": (["GET", "organizations/{owner}"], "the only placeholder is {org}"),
    "a longer placeholder": (["organizations/{organization}"], "{org}; write it in place of {organization}"),
    "a placeholder with a colon": (["organizations/:org/builds"], "{org}; write it in place of :org"),
    "a placeholder of something else": (["organizations/acme/pipelines/{slug}"], "the only placeholder is {org}"),
    "a token in the query": (["GET", "user?access_token=s3cret"], "would put a token into logs"),
    "a token as a field": (["GET", "user", "-f", "access_token=s3cret"], "would put a token into logs"),
    "a field without a value": (["GET", "user", "-f", "s3cret"], "give NAME=VALUE"),
    "bytes that are no text": (["GET", "user", "-f", "a=s3cret\udcff"], "--raw-field a: its value isn't UTF-8 text"),
    "bytes in a body": (["POST", "user", "-F", "a[b]=\udcff"], "--field a[b]: its value isn't UTF-8 text"),
    "bytes in a name": (["POST", "user", "-F", "\udcff=1"], "--field: its name isn't UTF-8 text"),
    "a field twice": (["POST", "user", "-f", "a=1", "-f", "a=s3cret"], "'a' is given twice; NAME[] makes a list"),
    "a field of a plain one": (["POST", "user", "-f", "a=1", "-f", "a[b]=2"], "a plain value in another field"),
    "a list and an object": (["POST", "user", "-f", "a[]=1", "-f", "a[b]=2"], "is a list in one field"),
    "brackets": (["POST", "user", "-f", "a[b=2"], "write NAME, NAME[KEY] or NAME[]"),
    "a file that is missing": (["POST", "user", "-F", "a=@/nowhere"], "'/nowhere' can't be read: No such file"),
    "no input": (["POST", "user", "--input", "/nowhere"], "--input: '/nowhere' can't be read: No such file"),
    "input that isn't JSON": (["POST", "user", "--input", __file__], "--input isn't JSON"),
    "input to read with": (["GET", "user", "--input", __file__], "--input: GET sends no body"),
    "the standard input twice": (["POST", "user", "-F", "a=@-", "-F", "b=@-"], "is read by --field a already"),
    "authorization": (
        ["GET", "user", "-H", "Authorization: s3cret"],
        "--header authorization: this header can't be given",
    ),
    "no header": (["GET", "user", "-H", "s3cret"], "--header: give 'NAME: VALUE'"),
    "a header of two lines": (["GET", "user", "-H", "X: a\nY: b"], "characters that no header can hold"),
    "pages to write": (["POST", "user", "--paginate"], "only GET has pages"),
    "pages with heads": (["GET", "user", "--paginate", "-i"], "--include shows the headers of one answer"),
    "a limit of one page": (["GET", "user", "--limit", "5"], "--limit is for --paginate"),
    "a limit of nothing": (["GET", "user", "--paginate", "--limit", "0"], "give a number above 0"),
    "the bound of one page": (["GET", "user", "--max-pages", "5"], "--max-pages is for --paginate"),
    "a bound of nothing": (["GET", "user", "--paginate", "--max-pages", "0"], "give a number above 0"),
    "timeout": (["GET", "user", "--timeout", "0"], "--timeout '0': give a duration above 0"),
    "two filters": (["GET", "user", "--select", "a", "--jq", ".a"], "give one of them"),
    "no selection": (["GET", "user", "--select", "a..b"], "--select: 'a..b' isn't a path, from character 2 on"),
    "an unknown option": (["GET", "user", "--feld", "x"], "Try: buildkite-ext api --help"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_before_anything_is_sent(
    api: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    typed(monkeypatch, b"{}")
    result = api(*words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert result.err.startswith("buildkite-ext: ")
    assert "s3cret" not in result.err
    assert "Traceback" not in result.err
    assert web.requests == []


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_input_that_only_python_takes_for_json(api: Run, web: Simulator, tmp_path: Path, word: str) -> None:
    (tmp_path / "body").write_text(f'{{"a": {word}}}')
    result = api("POST", "user", "--input", str(tmp_path / "body"))
    assert (result.code, web.requests) == (2, [])
    assert f"--input isn't JSON: {word}" in result.err


def test_no_organization_is_needed_where_the_path_names_none(
    api: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUILDKITE_ORGANIZATION_SLUG")
    assert api("GET", "organizations", "--select", "[].slug", "-r").out == "acme\n"
    result = api("GET", BUILDS)
    assert result.code == 2
    assert "No organization: give its slug with --organization" in result.err
    assert api("GET", "organizations/{org}", "--organization", "../..").code == 2


def test_jq_is_named_where_it_is_missing(api: Run, filled: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "jq", None)
    result = api("GET", BUILDS, "--jq", ".")
    assert result.code == 2
    for said in ("pip install jq", "apt-get install jq", "--select"):
        assert said in result.err
    assert filled.requests == []


@needs_jq
def test_jq_on_what_does_not_suit_it(api: Run, filled: Simulator) -> None:
    result = api("GET", BUILDS, "--jq", ".number")
    assert result.code == 3
    assert "The answer was received, but --jq fails on it: " in result.err
    assert api("GET", f"{BUILDS}/1", "--jq", "-1").out == "-1\n"
    filled.requests.clear()
    bad = api("GET", BUILDS, "--jq", ".[")
    assert bad.code == 2
    assert bad.err.startswith("buildkite-ext: --jq: ")
    assert filled.requests == []


@needs_jq
def test_jq_does_not_see_the_token(filled: Simulator, api: Run) -> None:
    result = api("GET", f"{BUILDS}/1", "--jq", "env, $ENV")
    assert result.code == 0
    assert TOKEN not in result.out
    assert api("GET", f"{BUILDS}/1").code == 0


def test_the_package_jq_comes_first(api: Run, filled: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    class Program:
        def input_value(self, value: Any) -> list[Any]:
            if isinstance(value, list):
                raise ValueError("Cannot index array")
            return [value["number"], "x\x1b[2J"]

    class Package:
        @staticmethod
        def compile(expression: str) -> Program:
            if expression != ".number":
                raise ValueError("syntax error")
            return Program()

    monkeypatch.setitem(sys.modules, "jq", Package)  # type: ignore[arg-type]
    assert api("GET", f"{BUILDS}/1", "--jq", ".number").out == '1\n"x\\u001b[2J"\n'
    assert "--jq: syntax error" in api("GET", f"{BUILDS}/1", "--jq", ".[").err
    assert "--jq fails on it: Cannot index array" in api("GET", BUILDS, "--jq", ".number").err


def test_no_output_holds_the_token(filled: Simulator, start: Start) -> None:
    for words in (
        ("GET", BUILDS, "-i", "--debug"),
        ("GET", TOKEN, "--debug"),
        ("GET", f"{BUILDS}/99", "-i", "--debug"),
        ("POST", BUILDS, "-f", f"branch[{TOKEN}", "--debug"),
        ("GET", f"user?access_token={TOKEN}", "--debug"),
        ("GET", BUILDS, "-H", f"Authorization: Bearer {TOKEN}"),
    ):
        process = start("api", *words)
        result = ended(process)
        assert TOKEN not in result.err
        if words[1] != TOKEN:
            assert TOKEN not in result.out


def test_a_token_from_the_standard_input_leaves_none_for_the_body(
    api: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, TOKEN.encode())
    result = api("POST", BUILDS, "--input", "-", "--token-file", "-")
    assert result.code == 2
    assert "the standard input is read by --token-file already" in result.err


def test_a_reader_that_goes_away(filled: Simulator) -> None:
    filled.pipeline("web").history(400, every=60)
    words = [*COMMAND, "api", "GET", BUILDS, "--paginate"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert err == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [(("user",), 0), (("nowhere",), 3), (("user", "--select", "a..b"), 2), (("nowhere", "--debug"), 3)],
)
def test_an_error_stream_that_nobody_reads_changes_no_exit_code(
    filled: Simulator, words: tuple[str, ...], code: int
) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write) as err:
        done = subprocess.run(
            [*COMMAND, "api", "GET", *words], stdout=subprocess.PIPE, stderr=err, timeout=90, check=False
        )
    assert done.returncode == code


def test_an_encoding_without_the_character_loses_nothing(filled: Simulator, start: Start) -> None:
    result = ended(start("api", "GET", "organizations/{org}/pipelines/web", PYTHONIOENCODING="ascii"))
    assert json.loads(result.out)["name"] == "Wéb ✓"


def test_hostile_answers_on_a_terminal(web: Simulator) -> None:
    body = {"message": HOSTILE, "n": [1, None, "\x7f"]}
    for words, status in (((), 200), (("--select", "message", "-r"), 200), (("-i",), 422)):
        web.answer_next(status=status, body=body, headers={"X-Evil": "a\x9bb"})
        terminal = Terminal("api", "POST", BUILDS, *words)
        assert terminal.end() == (0 if status == 200 else 3)
        for control in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\x7f", "\u202e", "\u2028"):
            assert control not in terminal.text
        assert "evil" in terminal.text
    web.answer_next(
        status=200, body=b"\x1b[32mok\x1b[0m\x1b]0;title\x07\x1b[2J\n", headers={"Content-Type": "text/plain"}
    )
    terminal = Terminal("api", "POST", BUILDS)
    assert terminal.end() == 0
    assert "ok" in terminal.text
    assert "\x1b[32m" in terminal.text
    assert "\x1b]" not in terminal.text
    assert "\x1b[2J" not in terminal.text


def test_colours_change_nothing_but_the_looks(api: Run, filled: Simulator) -> None:
    import re

    plain = api("GET", f"{BUILDS}/1").out
    coloured = api("GET", f"{BUILDS}/1", "--color", "always").out
    assert "\x1b" not in plain
    assert "\x1b[1;34m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_simulate(command: Run) -> None:
    result = command("api", "GET", "organizations/{org}/pipelines", "--select", "[].slug", "-r", "--simulate")
    assert (result.code, result.lines, result.err) == (0, ["web", "api", "release"], "")


@pytest.mark.parametrize("token", [TOKEN, "0123456789abcdef0123456789abcdef01234567"])
@pytest.mark.parametrize("words", [["api", "GET", "user"], ["api", "GET", "user", "--include"], ["cancel", "web", "1"]])
def test_a_token_that_the_server_escapes_is_printed_nowhere(
    command: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str, words: list[str]
) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in token)

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f'{{"message": "no user for {escaped}", "errors": [{{"field": "{escaped}", "code": "x"}}]}}'
            self.send_response(401, token)
            self.send_header("Content-Type", "application/json")
            self.send_header(f"X-{token}", token)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_PUT = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    (tmp_path / "token").write_text(token, encoding="utf-8")
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
    monkeypatch.delenv("BUILDKITE_API_TOKEN", raising=False)
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "debug")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    try:
        result = command(*words, "--token-file", str(tmp_path / "token"), "--debug")
    finally:
        server.shutdown()
        server.server_close()
    assert "no user for [the token]" in result.err
    assert token[5:] not in f"{result.out}{result.err}".lower()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["organizations/{org}/nothing", "-f", "state=failed"], True),
        (["POST", "organizations/{org}/nothing", "-f", "state=failed"], False),
        (["GET", "organizations/{org}/nothing", "-f", "state=failed"], False),
    ],
    ids=["implied", "POST", "GET"],
)
def test_a_post_that_nobody_asked_for_is_told(web: Simulator, command: Run, words: list[str], told: bool) -> None:
    result = command("api", *words)
    assert result.code != 0
    assert ("With fields the method is POST" in result.err) is told
