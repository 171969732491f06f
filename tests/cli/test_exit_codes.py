"""Each documented exit code, and its causes."""

from __future__ import annotations

import re
import shlex
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.cli.exit_codes import ExitCode, exit_code_of
from buildkite_ext.simulation import Simulator

from .conftest import Ended
from .slow_server import slow_server

Run = Callable[..., Ended]
DOCS = Path(__file__).parents[2]


def test_passed(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", log="ok\n", after=0.1)
    result = run("web")
    assert result.code == 0
    assert result.err == ""
    assert re.fullmatch(r"Build web #1 passed in 0:0\d: https://buildkite\.test/acme/web/builds/1", result.lines[-1])


def test_failed_with_the_job_its_exit_status_and_the_last_lines_of_its_log(web: Simulator, run: Run) -> None:
    log = "".join(f"line {number}\n" for number in range(50))
    web.pipeline("web").job("lint", after=0.05).job("unit tests", log=log, exit_status=7, after=0.1)
    result = run("web")
    assert result.code == 1
    at = next(
        i for i, line in enumerate(result.lines) if line.startswith("unit tests failed (exit status 7): https://")
    )
    assert result.lines[at + 1 : at + 11] == [f"  | line {number}" for number in range(40, 50)]
    assert result.lines[-1].startswith("Build web #1 failed after 0:0")
    assert "lint failed" not in result.out


def test_failed_has_the_last_lines_although_nothing_was_followed(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", log="boom\nbang", exit_status=1, after=0.1)
    result = run("web", "--no-follow")
    assert result.code == 1
    assert "  | boom\n  | bang\n" in result.out
    assert "test | boom" not in result.out


def test_failed_has_the_last_lines_of_a_large_log_too(web: Simulator, run: Run) -> None:
    log = "".join(f"line {number:092}\n\n" for number in range(15_000))
    web.pipeline("web").job("test", log=log, exit_status=1, after=0.1)
    result = run("web", "--no-follow")
    at = next(i for i, line in enumerate(result.lines) if line.startswith("test failed"))
    assert result.lines[at + 1 : at + 11] == [f"  | line {number:092}" for number in range(14_990, 15_000)]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ({"state": "waiting_failed", "finished_at": "2026-01-05T09:01:00Z"}, "had ended before: waiting_failed"),
        ({"state": "passed"}, "had ended before: passed"),
        ({"state": "canceled", "finished_at": "2026-01-05T09:01:00Z"}, "is canceled"),
        ({"state": "canceling"}, "is canceling"),
    ],
)
def test_cancelling_a_build_that_is_over(
    command: Run, monkeypatch: pytest.MonkeyPatch, build: dict[str, object], said: str
) -> None:
    with slow_server(build) as server:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_x")
        monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
        monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", server.url)
        result = command("cancel", "web", "1")
    assert (result.code, result.out) == (0, f"Build web #1 {said}: https://buildkite.test/acme/web/builds/1\n")


@pytest.mark.parametrize("options", [(), ("--no-follow",)])
@pytest.mark.parametrize("state", ["waiting_failed", "a state of tomorrow"])
def test_a_build_that_is_over_whatever_its_state_is_called(
    command: Run, monkeypatch: pytest.MonkeyPatch, state: str, options: tuple[str, ...]
) -> None:
    over = {"started_at": "2026-01-05T09:00:00Z", "finished_at": "2026-01-05T09:01:00Z"}
    jobs = [
        {"id": "j1", "type": "script", "name": "odd", "state": "a state of tomorrow", **over},
        {"id": "j2", "type": "script", "name": "test", "state": "canceled", **over},
        {"id": "j3", "type": "waiter", "state": "canceled", **over},
    ]
    with slow_server({"state": state, "jobs": jobs, **over}) as server:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_x")
        monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
        monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", server.url)
        result = command("run", "web", "--branch", "main", "--poll-interval", "0.05", "--timeout", "30", *options)
    assert result.code == 1
    assert result.lines[-2:] == [
        "test canceled: ",
        next(line for line in result.lines if line.startswith("Build web #1 failed after")),
    ]


def test_canceled(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", after=30)
    with web.client() as client:

        def cancel() -> None:
            while not web.pipeline("web").builds:
                time.sleep(0.05)
            client.builds.cancel("web", 1)

        timer = threading.Timer(0.5, cancel)
        timer.start()
        result = run("web")
        timer.join()
    assert result.code == 4
    assert "Build web #1 was canceled after" in result.lines[-1]


@pytest.mark.parametrize("following", [(), ("--no-follow",)])
def test_blocked_names_the_step_and_the_command_that_unblocks_it(
    web: Simulator, run: Run, command: Run, following: tuple[str, ...]
) -> None:
    web.pipeline("web").job("test", after=0.05).block("Ship it?").job("deploy")
    result = run("web", *following)
    assert result.code == 5
    job = next(job for job in web.pipeline("web").builds[0].current_jobs if job.type == "manual")
    assert 'Build web #1 waits at "Ship it?" after 0:0' in result.lines[-2]
    assert "https://buildkite.test/acme/web/builds/1" in result.lines[-2]
    said, _, advice = result.lines[-1].partition("with: ")
    assert said == "Unblock it on that page, or "
    program, *words = shlex.split(advice)
    assert program == "buildkite-ext"
    assert command(*words).code == 0  # the advice holds
    assert job.state == "unblocked"


@pytest.mark.parametrize("following", [(), ("--no-follow",), ("--quiet",)])
def test_timeout_leaves_the_build_alone(web: Simulator, run: Run, following: tuple[str, ...]) -> None:
    web.pipeline("web").job("test", after=30)
    result = run("web", "--timeout", "1.5", *following)
    assert result.code == 6
    assert "The 1.5 s of --timeout are over" in result.err
    assert "Build web #1 still runs: https://buildkite.test/acme/web/builds/1" in result.err
    assert "buildkite-ext cancel web 1" in result.err
    assert str(web.pipeline("web").builds[0].state) == "running"


def test_not_run(web: Simulator, command: Run) -> None:
    web.pipeline("web").job("deploy", branches="main")
    result = command("run", "web", "--branch", "feature", "--poll-interval", "0.05", "--artifacts", "*")
    assert result.code == 7
    assert "Build web #1 was not run" in result.lines[-1]


def test_skipped_ends_like_not_run() -> None:
    assert exit_code_of("skipped") == exit_code_of("not_run") == ExitCode.NOT_RUN


def test_artifacts_arrive(web: Simulator, run: Run, tmp_path: Path) -> None:
    files = {"dist/a.whl": b"wheel", "dist/deep/b.whl": b"deep", "log/c.txt": b"text"}
    web.pipeline("web").job("build", after=0.1, artifacts=files)
    result = run("web", "--artifacts", "dist/**/*.whl", "--artifacts", "log/*", "--to", str(tmp_path / "got"))
    assert result.code == 0
    assert {str(path.relative_to(tmp_path / "got")): path.read_bytes() for path in tmp_path.rglob("*.*")} == files
    assert f"* fetched {tmp_path}/got/dist/a.whl" in result.lines


def test_artifacts_of_a_failed_build_arrive_and_the_code_is_the_build_s(
    web: Simulator, run: Run, tmp_path: Path
) -> None:
    web.pipeline("web").job("test", after=0.1, exit_status=1, artifacts={"junit.xml": b"<xml/>"})
    result = run("web", "--artifacts", "junit.xml", "--to", str(tmp_path))
    assert result.code == 1
    assert (tmp_path / "junit.xml").read_bytes() == b"<xml/>"
    nothing = run("web", "--artifacts", "*.whl", "--to", str(tmp_path))
    assert nothing.code == 1
    assert any(line.startswith("* No artifact of build web #2 matches '*.whl'") for line in nothing.lines)


def test_artifacts_that_do_not_match(web: Simulator, run: Run, tmp_path: Path) -> None:
    web.pipeline("web").job("build", after=0.1, artifacts={"dist/a.whl": b"wheel"})
    result = run("web", "--artifacts", "*.whl", "--to", str(tmp_path))
    assert result.code == 8
    assert result.lines[-1].startswith("Build web #1 passed")
    assert "No artifact of build web #1 matches '*.whl'; '**/*.whl' matches 1: 'dist/a.whl'." in result.err


def test_artifacts_that_cannot_be_fetched(web: Simulator, run: Run, tmp_path: Path) -> None:
    web.pipeline("web").job("build", after=0.1, artifacts={"dist/a.whl": b"wheel"})
    web.fail_next(status=403, operation="download_job_artifact")
    result = run("web", "--artifacts", "dist/*", "--to", str(tmp_path))
    assert result.code == 8
    assert "Build web #1 has ended (passed), but its artifacts weren't all fetched." in result.err
    assert "answered 403" in result.err
    assert list(tmp_path.iterdir()) == []


def test_artifacts_that_are_in_each_other_s_way_get_folders(web: Simulator, run: Run, tmp_path: Path) -> None:
    for name in ("linux", "macos"):
        web.pipeline("web").job(name, artifacts={"dist/a.whl": name.encode()})
    refused = run("web", "--artifacts", "dist/*", "--to", str(tmp_path))
    assert refused.code == 8
    assert "--by-job" in refused.err
    assert "by_job=" not in refused.err
    assert not any(tmp_path.iterdir())
    fetched = run("web", "--artifacts", "dist/*", "--to", str(tmp_path), "--by-job")
    assert fetched.code == 0
    assert sorted(path.read_bytes() for path in tmp_path.rglob("*.whl")) == [b"linux", b"macos"]
    assert len(list(tmp_path.iterdir())) == 2


def test_an_artifact_that_leads_outside_the_folder_is_told_in_words_of_the_command(
    web: Simulator, run: Run, tmp_path: Path
) -> None:
    web.pipeline("web").job("build", artifacts={"../evil": b"1", "good": b"2"})
    refused = run("web", "--artifacts", "**", "--to", str(tmp_path / "to"))
    assert refused.code == 8
    assert "leads outside" in refused.err
    assert "artifacts.download" not in refused.err
    assert not any(tmp_path.iterdir())
    assert run("web", "--artifacts", "good", "--to", str(tmp_path / "to")).code == 0


def test_artifacts_that_cannot_be_written(web: Simulator, run: Run, tmp_path: Path) -> None:
    web.pipeline("web").job("build", after=0.1, artifacts={"dist/a.whl": b"wheel"})
    (tmp_path / "dist").write_text("a file where a folder has to be")
    result = run("web", "--artifacts", "dist/*", "--to", str(tmp_path))
    assert result.code == 8
    assert "artifacts weren't all fetched" in result.err


def test_an_error_of_ours(web: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # A defect can't be caused from outside.
    monkeypatch.setattr("buildkite_ext.cli.run.runner.Run._watch", lambda *_: 1 / 0)
    web.pipeline("web").job("test")
    result = run("web")
    assert result.code == 70
    assert "ZeroDivisionError: division by zero\nThis is an error in buildkite-ext itself." in result.err
    assert "Build web #1 still runs" in result.err
    assert "Traceback" not in result.err
    assert "Traceback" in run("web", "--debug").err


@pytest.mark.parametrize("page", ["docs/command.md", "README.md"])
def test_the_documentation_lists_the_same_codes(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    table = re.search(r"^\| Exit code \|.*?\n\|[-| ]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    if table is None:
        assert page == "README.md"  # which needn't repeat the table
        return
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table[1].splitlines()]
    assert [(int(row[0].strip("`")), row[1]) for row in rows] == [(int(code), code.meaning) for code in ExitCode]
