"""Logs: complete, their size and their end, while they grow."""

from __future__ import annotations

import re

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import ORG, connect, create, job_path, jobs, refusal

PLAIN = {"Accept": "text/plain"}


def started(simulator: Simulator, api: httpx.Client, log: object, *, after: float = 10) -> str:
    """Return the path of the log of a job that has just started."""
    simulator.pipeline("web").job("test", log=log, after=after)  # type: ignore[arg-type]
    path = job_path(create(api)["jobs"][0])
    simulator.clock.sleep(1)
    return f"{path}/log"


def test_a_log_grows_while_its_job_runs() -> None:
    simulator = Simulator(log_timestamps=False)
    with connect(simulator) as api:
        path = started(simulator, api, "a\nb\nc\nd\ne\n")
        seen = []
        for _ in range(6):
            seen.append(api.get(f"{path}.txt").text.replace("\n", ""))
            simulator.clock.sleep(2)
        assert seen == ["a", "ab", "abc", "abcd", "abcde", "abcde"]


def test_pieces_come_when_they_say_and_need_not_be_lines() -> None:
    simulator = Simulator(log_timestamps=False)
    with connect(simulator) as api:
        path = started(simulator, api, [(0, "one "), (5, b"\xe2\x82"), (7, b"\xac two\nthree")])
        assert api.get(path, headers=PLAIN).content == b"one "
        simulator.clock.sleep(6)
        assert api.get(path, headers=PLAIN).content == b"one \xe2\x82"
        assert api.get(path).json()["content"] == "one �"
        simulator.clock.sleep(2)
        assert api.get(path).json() == {
            "url": f"{simulator.base_url}{path}",
            "content": "one € two\nthree",
            "size": len("one € two\nthree".encode()),
            "header_times": [],
        }


def test_lines_begin_with_the_time_as_agents_write_it(simulator: Simulator, api: httpx.Client) -> None:
    path = started(simulator, api, "--- Setup\nwork\n10%\r20%\r\n+++ Tests\n")
    simulator.clock.sleep(20)
    log = api.get(f"{path}.txt").content
    assert re.sub(rb"\x1b_bk;t=\d{13}\x07", b"@", log) == b"@--- Setup\n@work\n@10%\r@20%\r\n@+++ Tests\n"
    times = [int(time) for time in re.findall(rb"t=(\d+)", log)]
    assert times == sorted(times)
    assert times[0] == 1_767_603_601_000
    assert api.get(path).json()["header_times"] == [1_767_603_601_000_000_000, 1_767_603_608_500_000_000]


def test_head_tells_the_size_and_ranges_give_the_end(simulator: Simulator, api: httpx.Client) -> None:
    path = started(simulator, api, "hello\nworld\n")
    simulator.clock.sleep(20)
    whole = api.get(f"{path}.txt").content
    head = api.head(path)
    assert (head.status_code, head.headers["Accept-Ranges"], head.content) == (200, "bytes", b"")
    assert int(head.headers["Content-Length"]) == len(whole) == api.get(path).json()["size"]
    part = api.get(path, headers={**PLAIN, "Range": "bytes=-6"})
    assert (part.status_code, part.content) == (206, b"world\n")
    assert part.headers["Content-Range"] == f"bytes {len(whole) - 6}-{len(whole) - 1}/{len(whole)}"
    assert api.get(f"{path}.txt", headers={"Range": "bytes=-9999"}).content == whole


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-5", **PLAIN},
        {"Range": "bytes=5-", **PLAIN},
        {"Range": "bytes=-0", **PLAIN},
        {"Range": "bytes=-1,-2", **PLAIN},
        {"Range": "lines=-5", **PLAIN},
        {"Range": "bytes=-5"},
        {"Range": "bytes=-5", "Accept": "text/html"},
    ],
)
def test_other_ranges_are_refused(simulator: Simulator, api: httpx.Client, headers: dict[str, str]) -> None:
    path = started(simulator, api, "hello\n")
    assert api.get(path, headers=headers).status_code == 400


def test_an_empty_log_has_no_end(simulator: Simulator, api: httpx.Client) -> None:
    path = started(simulator, api, "")
    assert api.get(path, headers={**PLAIN, "Range": "bytes=-5"}).status_code == 416
    assert api.get(path, headers={**PLAIN, "Range": "bytes=-0"}).status_code == 400
    assert api.get(f"{path}.txt").content == b""
    assert api.head(path).headers["Content-Length"] == "0"


def test_a_log_is_rendered_as_html(simulator: Simulator, api: httpx.Client) -> None:
    path = started(simulator, api, "\x1b[31mred <b>\x1b[0m plain\r\nold\rnew\n\x1b[1;32mopen\n\x1b[2Kcleared\n")
    simulator.clock.sleep(20)
    for response in (api.get(f"{path}.html"), api.get(path, headers={"Accept": "text/html,*/*"})):
        assert response.headers["Content-Type"].startswith("text/html")
        assert '<span class="term-fg31">red &lt;b&gt;</span> plain' in response.text
        assert '<span class="term-fg1 term-fg32">open</span>' in response.text
        assert "old" not in response.text
        assert "\x1b" not in response.text


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_a_log_can_be_deleted(simulator: Simulator, api: httpx.Client, twin: str) -> None:
    path = started(simulator, api, "secret\n")
    if twin == "organization":
        path = f"{ORG}/jobs/{jobs(api)['test']['id']}/log"
    assert api.delete(path).status_code == 204
    assert refusal(api.get(path)) == (404, "No log found")
    assert api.head(path).status_code == 404
    assert api.delete(path).status_code == 404


def test_what_runs_nothing_has_no_log(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").block("Ship?")
    job = create(api)["jobs"][0]
    assert api.get(f"{job_path(job)}/log").status_code == 404


def test_the_log_of_a_canceled_job_stops(simulator: Simulator, api: httpx.Client) -> None:
    path = started(simulator, api, "".join(f"{n}\n" for n in range(100)), after=100)
    simulator.clock.sleep(50)
    api.put("/v2/organizations/acme/pipelines/web/builds/1/cancel")
    size = api.head(path).headers["Content-Length"]
    simulator.clock.sleep(100)
    assert api.head(path).headers["Content-Length"] == size
    assert api.get(f"{path}.txt").text.rstrip().endswith("50")
