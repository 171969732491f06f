"""What waits, watchers and read-only clients refuse, instead of asking again and again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buildkite_ext import (
    BuildNotFound,
    BuildSeen,
    DeadlineExceeded,
    Event,
    JobNotUnblockable,
    UnknownNameWarning,
    WriteRefused,
)
from buildkite_ext.logs import group_log, parse_log, render_log, search_log
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.state.builds import Job


@pytest.fixture
def simulator() -> Simulator:
    simulator = Simulator("acme")
    simulator.pipeline("web").job("test", after=600)
    simulator.pipeline("release").block("Ship?", ["version"]).job("deploy")
    return simulator


def methods(simulator: Simulator) -> list[str]:
    return [request.method for request in simulator.requests]


def test_a_refused_unblock_ends_the_wait_with_the_reason(simulator: Simulator) -> None:
    with simulator.client() as buildkite:
        build = buildkite.builds.create("release", branch="main")
        with pytest.raises(JobNotUnblockable, match="version"):
            buildkite.builds.wait(build, on_blocked="unblock", timeout=3600)
    assert methods(simulator).count("PUT") == 2


def test_a_step_that_another_user_unblocked_is_no_error(simulator: Simulator) -> None:
    with simulator.client() as buildkite:
        build = buildkite.builds.create("release", branch="main")
        simulator.answer_next(status=422, body={"message": "The job's state must be blocked"}, operation="jobs.unblock")
        result = buildkite.builds.wait(build, on_blocked="unblock", fields={"version": "1"}, timeout=3600)
    assert result.passed


@pytest.mark.parametrize("word", ["unblock", "raise", "xx"])
def test_a_watcher_refuses_what_it_does_not_do(simulator: Simulator, word: Any) -> None:
    with simulator.client() as buildkite:
        build = buildkite.builds.create("release", branch="main")
        watcher = buildkite.builds.watcher()
        for call in (
            lambda: watcher.wait(build, on_blocked=word),
            lambda: watcher.wait_all([build], on_blocked=word),
            lambda: list(watcher.as_finished([build], on_blocked=word)),
        ):
            with pytest.raises(ValueError, match="give 'return' or 'wait'"):
                call()
    assert methods(simulator) == ["POST"]


def test_the_builds_of_a_watcher_have_their_pipelines(simulator: Simulator) -> None:
    with simulator.client() as buildkite:
        builds = [buildkite.builds.create("web", branch="main") for _ in range(5)]
        results = list(buildkite.builds.watcher().as_finished(builds, timeout=3600))
    assert [result.build.pipeline.slug for result in results if result.build.pipeline] == ["web"] * 5


def test_an_error_does_not_say_that_a_build_was_canceled_when_it_was_not(simulator: Simulator) -> None:
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", branch="main")
        simulator.fail_next(status=403, times=20, operation="builds.cancel")
        with pytest.raises(DeadlineExceeded) as raised:
            buildkite.builds.wait(build, timeout=10, cancel_on="timeout")
    assert "is canceled" not in str(raised.value)
    assert "may not have been canceled" in "".join(raised.value.__notes__)


def test_a_read_only_client_sends_nothing_for_what_would_write(simulator: Simulator) -> None:
    with simulator.client() as buildkite:
        blocked = buildkite.builds.run("release", branch="main").build
    simulator.requests.clear()
    with simulator.client(read_only=True) as buildkite:
        for call in (
            lambda: buildkite.builds.create("web"),
            lambda: buildkite.builds.create("web", once="nightly"),
            lambda: buildkite.builds.run("web"),
            lambda: buildkite.builds.unblock(blocked),
            lambda: buildkite.builds.wait(blocked, on_blocked="unblock"),
            lambda: buildkite.builds.wait(blocked, cancel_on="timeout"),
        ):
            with pytest.raises(WriteRefused):
                call()
    assert methods(simulator) == []


def test_a_script_for_a_step_that_is_not_there_warns() -> None:
    web = Simulator().pipeline("web").configure("- {label: Test, key: unit, command: make test}")
    with pytest.warns(UnknownNameWarning, match="did you mean 'unit'"):
        web.script("untit", exit_status=1)
    with pytest.warns(UnknownNameWarning, match="no step of 'web'"):
        web.on_upload("uplaod", "- wait")
    with pytest.warns(UnknownNameWarning) as caught:
        web.configure("stesp: []")
    assert any("did you mean `steps`" in str(each.message) for each in caught)


@pytest.mark.parametrize("builds", [[5], (5, 6), ["acme/web/1", 5]])
def test_a_watcher_says_what_a_number_lacks(simulator: Simulator, builds: Any) -> None:
    with simulator.client() as buildkite:
        watcher = buildkite.builds.watcher()
        for wait in (watcher.as_finished, watcher.wait_all):
            with pytest.raises(TypeError, match=r"is the number 5: give a Build or its URL.* watcher.wait\('web', 5\)"):
                wait(builds)


@pytest.mark.parametrize(
    ("uploaded", "name"),
    [
        ("- {label: Extra, key: extra, command: make}", "extra"),
        ("- {label: Extra, key: extra, command: make}", "Extra"),
        ("- {label: Deploy $REGION, command: make}", "Deploy eu"),
        ("- {label: 'Wheel {{matrix}}', matrix: [linux, mac], command: make}", "Wheel mac"),
        (lambda _job: "- {key: extra, command: make}", "extra"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_script_for_a_step_that_a_job_uploads_does_not_warn(uploaded: str | Callable[[Job], str], name: str) -> None:
    web = Simulator().pipeline("web").configure("- {label: Generate, key: gen, command: make}")
    web.on_upload("gen", uploaded).script(name, exit_status=1)


def test_a_script_for_a_step_that_no_upload_has_warns() -> None:
    web = Simulator().pipeline("web").configure("- {label: Generate, key: gen, command: make}")
    with pytest.warns(UnknownNameWarning, match="call on_upload with its text first"):
        web.script("extra", exit_status=1)
    web.on_upload("gen", "- {key: extra, command: make}").on_upload("gen", "[")
    with pytest.warns(UnknownNameWarning, match="did you mean 'extra'"):
        web.script("xtra", exit_status=1)


def test_logs_take_bytes_and_say_so(tmp_path: Path) -> None:
    path = tmp_path / "job.log"
    path.write_bytes(b"--- Test\nok\n")
    with path.open("rb") as file:
        assert render_log(file) == "--- Test\nok\n"
    wrong: Any
    for wrong in ("job.log", path):
        with pytest.raises(TypeError, match="read_bytes"):
            parse_log(wrong)
    with path.open() as text, pytest.raises(TypeError, match="open for bytes"):
        list(parse_log(text))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="read_bytes"):
        render_log(path)  # type: ignore[arg-type]
    wrong = b"--- Test\n"
    for call in (lambda: list(group_log(wrong)), lambda: list(search_log(wrong, "ok"))):
        with pytest.raises(TypeError, match="parse_log"):
            call()


def test_an_error_of_a_callback_is_raised_as_it_is(simulator: Simulator) -> None:
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", branch="main")
        with pytest.raises(AttributeError, match="nope"):
            buildkite.builds.wait(build, until=lambda seen: bool(getattr(seen, "nope")))  # noqa: B009


@pytest.mark.parametrize(
    "error", [StopIteration("no more"), StopAsyncIteration("no more"), GeneratorExit("no more"), SystemExit("no more")]
)
def test_an_error_that_python_uses_itself_is_raised_as_it_is(
    simulator: Simulator, tmp_path: Path, error: BaseException
) -> None:
    def fail(*_: object) -> Any:
        raise error

    simulator.pipeline("files").job("test", artifacts={"a.txt": "a", "b.txt": "b"})
    with simulator.client() as buildkite:
        build = buildkite.builds.create("files", branch="main")
        buildkite.builds.wait(build)
        calls: list[Callable[[], object]] = [
            lambda: buildkite.builds.wait(buildkite.builds.create("web", branch="main"), until=fail),
            lambda: buildkite.builds.run("web", branch="main", until=fail),
            lambda: buildkite.artifacts.download_all(build, to=tmp_path, on_progress=fail),
            lambda: simulator.client(token=fail).builds.get(build),
        ]
        for call in calls[: 2 if isinstance(error, GeneratorExit) else None]:
            with pytest.raises(type(error), match="no more"):
                call()


def test_a_function_that_stops_an_iteration_does_not_end_the_lines_of_a_log(simulator: Simulator) -> None:
    def stop(_: object) -> None:
        raise StopIteration("no more")

    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", branch="main")
        with pytest.raises(RuntimeError) as caught:  # a StopIteration would end the loop in silence
            list(buildkite.builds.follow(build, on_build=stop))
        assert isinstance(caught.value.__cause__, StopIteration)


def test_an_error_of_a_token_function_is_raised_as_it_is(simulator: Simulator) -> None:
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", branch="main")
    with simulator.client(token=lambda: str(int("x"))) as buildkite:
        for call in (buildkite.builds.get, buildkite.builds.cancel):
            with pytest.raises(ValueError, match="invalid literal"):
                call(build)


@pytest.mark.parametrize(("times", "found"), [(1, True), (99, False)])
def test_a_watcher_waits_for_a_minute_out_that_a_build_it_has_seen_is_not_found(times: int, found: bool) -> None:
    simulator = Simulator("acme")
    simulator.pipeline("web").job("test", after=600)

    def lose(event: Event) -> None:
        if isinstance(event, BuildSeen) and event.state == "running":
            simulator.fail_next(status=404, operation="builds.get", times=times)

    with simulator.client(on_event=lose) as buildkite:
        build = buildkite.builds.create("web", branch="main")
        if found:
            assert buildkite.builds.watcher().wait(build).passed
        else:
            with pytest.raises(BuildNotFound):
                buildkite.builds.watcher().wait(build)
    assert len(simulator.requests) > 3
