"""Attributes that users look for under another word: the error names the right one. Times and outcomes of builds and jobs."""

from __future__ import annotations

import copy
import json
import pickle
import traceback
from datetime import UTC, datetime, timedelta
from importlib import import_module
from operator import attrgetter
from typing import Any

import pytest
from buildkite_api import models
from buildkite_api.attributes import missing_attribute
from buildkite_api.base import Model
from buildkite_api.models import Build, BuildState, Job, JobState
from hypothesis import given
from hypothesis import strategies as st

import buildkite_ext
from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, LogLine, WaitResult
from buildkite_ext.clock import SystemClock, VirtualClock
from buildkite_ext.simulation import RecordedRequest, Simulator
from buildkite_ext.simulation.server import running
from buildkite_ext.states import outcome_of
from buildkite_ext.webhooks import Router, WebhookResponse

from .fakes import App, Flavor, answer, build

BUILD = Build.from_dict(build(7))
JOB = Job.from_dict({"id": "j1", "type": "script", "state": "passed"})
RESULT = WaitResult(build=BUILD, outcome="passed", failed_jobs=[], blocked_by=[], requests=1)
LOG = models.JobLog.from_dict({"content": "ok", "size": 2, "url": "https://api.example/log"})
RECORDED = RecordedRequest("GET", "/v2/builds", (), {}, b"", None, None, 200)
LINE = LogLine("j1", "test", None, None, "text", "raw")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("cluster_tokens.delete", "did you mean 'revoke'?"),
        ("clusters.tokens.delete", "did you mean 'revoke'?"),
        ("members.delete", "did you mean 'remove'?"),
        ("schedules.remove", "did you mean 'delete'?"),
        ("invitations.delete", "did you mean 'revoke'?"),
        ("queues.unpause", "did you mean 'resume'?"),
        ("agents.unpause", "did you mean 'resume'?"),
        ("builds.stop", "did you mean 'cancel'?"),
        ("builds.trigger", "did you mean 'create'?"),
        ("builds.restart", "did you mean 'rebuild'?"),
        ("builds.wait_for", "did you mean 'wait'?"),
        ("builds.watch", "did you mean 'follow' or 'wait'?"),
        ("builds.creat", "did you mean 'create'?"),
        ("jobs.logs", "did you mean 'log_text' or 'follow'?"),
        ("jobs.get_log", "did you mean 'log_text' or 'follow'?"),
        ("jobs.text_log", "did you mean 'log_text' or 'follow'?"),
        ("jobs.iter_log", "did you mean 'follow' or 'log_text'?"),
        ("jobs.stream_log", "did you mean 'follow' or 'log_text'?"),
        ("jobs.remove_log", "did you mean 'delete_log'?"),
        ("builds.cancl", "did you mean 'cancel'?"),
        ("jobs.retry_failed", "write client.builds.retry_failed_jobs(build)"),
        ("builds.retry_failed", "did you mean 'retry_failed_jobs'?"),
        ("builds.approve", "did you mean 'unblock'?"),
        ("artifacts.json", "did you mean 'read'?"),
        ("jobs.rerun", "did you mean 'retry'?"),
        ("pipelines.edit", "did you mean 'update'?"),
        ("pipelines.all", "did you mean 'list'?"),
        ("packages.upload", "did you mean 'publish'?"),
        ("build", "did you mean 'builds'?"),
        ("tokens", "did you mean 'cluster_tokens'?"),
        ("suites", "write client.test_engine.suites"),
        ("base_url", "write client.options.base_url"),
        ("organization", "write client.options.organization"),
        ("get", 'write client.request("GET", path)'),
    ],
)
def test_a_client_and_its_services_name_the_word_that_was_meant(flavor: Flavor, asked: str, said: str) -> None:
    client = flavor.client(App(answer({})))
    with pytest.raises(AttributeError) as caught:
        attrgetter(asked)(client)
    assert str(caught.value).endswith(f"has no attribute {asked.rpartition('.')[2]!r}; {said}")
    assert not hasattr(client, "nothing_like_it")


def test_the_other_flavor_s_word_for_closing(flavor: Flavor) -> None:
    client = flavor.client(App(answer({})))
    wrong, right = ("aclose", "close") if flavor.blocking else ("close", "aclose")
    with pytest.raises(AttributeError, match=f"did you mean '{right}'"):
        getattr(client, wrong)


@pytest.mark.parametrize(
    ("owner", "asked", "said"),
    [
        (BUILD, "status", "Build has no attribute 'status'; did you mean 'state'?"),
        (BUILD, "finishedat", "did you mean 'finished_at'?"),
        (BUILD, "sha", "did you mean 'commit'?"),
        (BUILD, "wait", "write client.builds.wait(build)"),
        (BUILD, "why", "write client.builds.failure_summary(build)"),
        (BUILD, "failure_summary", "write client.builds.failure_summary(build)"),
        (BUILD, "unblock", "write client.builds.unblock(build)"),
        (BUILD, "artifacts", "write client.artifacts.list(build)"),
        (JOB, "exit_code", "did you mean 'exit_status'?"),
        (JOB, "logs", "write client.jobs.log_text(job)"),
        (JOB, "retry", "write client.jobs.retry(job)"),
        (models.Artifact.from_dict({"id": "a"}), "size", "did you mean 'file_size'?"),
        (models.Artifact.from_dict({"id": "a"}), "download", "write client.artifacts.download(artifact, to=...)"),
        (models.Pipeline.from_dict({"slug": "web"}), "builds", "write client.builds.list(pipeline)"),
        (models.Agent.from_dict({"id": "a"}), "hostnam", "did you mean 'hostname'?"),
        (models.CreateBuildRequest(commit="HEAD", branch="main"), "msg", "has no attribute 'msg'"),
        (RESULT, "state", "WaitResult has no attribute 'state'; did you mean 'outcome'?"),
        (BUILD, "elapsed", "did you mean 'duration'?"),
        (BUILD, "failed", "did you mean 'passed'?"),
        (BUILD, "to_json", "did you mean 'to_dict'?"),
        (BUILD, "raw", "write object.to_dict(), or ask for the list's own JSON"),
        (BUILD, "failed_jobs", "write buildkite_ext.failed_jobs(build)"),
        (LOG, "text", "write log.content, or client.jobs.log_text(job, clean=True)"),
        (LOG, "lines", "write log.content.splitlines(), or"),
        (RESULT, "elapsed", "write result.build.duration"),
        (RESULT, "raise_for_status", "did you mean 'passed' or 'outcome'?"),
        (
            WebhookResponse(200, b"{}"),
            "status_code",
            "WebhookResponse has no attribute 'status_code'; did you mean 'status'?",
        ),
        (RECORDED, "json", "RecordedRequest has no attribute 'json'; write json.loads(request.body)"),
        (RECORDED, "url", "did you mean 'path' or 'query'?"),
        (RECORDED, "params", "did you mean 'query'?"),
        (Simulator(), "advance", "Simulator has no attribute 'advance'; write simulator.clock.advance(seconds)"),
        (buildkite_ext, "Client", "module 'buildkite_ext' has no attribute 'Client'; did you mean 'BuildkiteClient'?"),
        (buildkite_ext, "Simulator", "write from buildkite_ext.simulation import Simulator"),
        (buildkite_ext.webhooks, "WebhookHandlr", "did you mean 'WebhookHandler'?"),
        (RESULT, "failed", "did you mean 'failed_jobs' or 'outcome'?"),
        (RESULT, "number", "write result.build.number"),
        (LINE, "job", "LogLine has no attribute 'job'; did you mean 'job_name' or 'job_id'?"),
        (LINE, "message", "did you mean 'text'?"),
        (LINE, "timestamp", "did you mean 'time'?"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_models_results_and_lines_do_too(owner: Any, asked: str, said: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(owner, asked)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("called", "keyword", "said"),
    [
        ("builds.wait", "interval", "Did you mean poll_interval=?"),
        ("builds.list", "created_after", "Did you mean created_from=?"),
        ("builds.list", "status", "Did you mean state=?"),
        ("builds.list", "max", "Did you mean limit=?"),
        ("artifacts.list", "glob", "Did you mean path=?"),
        ("artifacts.download_all", "dest", "Did you mean to=?"),
        ("builds.create", "environment", "Did you mean env=?"),
        ("builds.list", "since", "Did you mean created_from=?"),
        ("builds.list", "brnch", "Did you mean branch=?"),
        ("builds.create", "metadata", "Did you mean meta_data=?"),
        ("artifacts.download_all", "patterns", "Give globs without a keyword, each as an argument of its own."),
        ("with_options", "org", "Did you mean organization=?"),
        ("with_options", "api_token", "Did you mean token=?"),
        ("builds.list", "zzz", "unexpected keyword argument 'zzz'"),
    ],
)
async def test_an_unknown_keyword_is_refused_with_the_one_that_was_meant(
    flavor: Flavor, called: str, keyword: str, said: str
) -> None:
    client = flavor.client(App(answer([])))
    function = attrgetter(called)(client)
    arguments = () if called == "with_options" else ("web",)
    with pytest.raises(TypeError, match=f"got an unexpected keyword argument '{keyword}'") as caught:
        await flavor.call(function, *arguments, **{keyword: "x"})
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize("keyword", ["org", "organisation", "api_token", "access_token", "endpoint", "retries"])
@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_a_client_does_so_when_it_is_made(kind: Any, keyword: str) -> None:
    meant = {"org": "organization", "organisation": "organization", "endpoint": "base_url", "retries": "retry"}
    with pytest.raises(TypeError, match=rf"'{keyword}'\. Did you mean {meant.get(keyword, 'token')}=\?$"):
        kind(**{keyword: "x"})


@pytest.mark.parametrize(
    ("function", "keyword", "meant"),
    [
        (Simulator().pipeline("web").job, "duration", "after"),
        (Simulator().pipeline("web").job, "exit_code", "exit_status"),
        (Simulator().fail_next, "count", "times"),
        (Simulator().fail_next, "code", "status"),
        (Simulator().drop_next, "count", "times"),
        (Router().on, "status", "state"),
    ],
)
def test_the_simulator_and_the_receiver_do_so_too(function: Any, keyword: str, meant: str) -> None:
    with pytest.raises(TypeError, match=rf"unexpected keyword argument '{keyword}'\. Did you mean {meant}=\?$"):
        function("build.finished", **{keyword: 1})


@pytest.mark.parametrize("guess", ["get", "text", "iter", "whole", "select", "relate", "dlete"])
def test_what_destroys_is_suggested_only_to_who_means_it(guess: str) -> None:
    said = str(missing_attribute("Jobs", f"{guess}_log", ["delete_log"], {}))
    assert ("delete_log" in said) is (guess == "dlete")


@pytest.mark.parametrize(
    ("asked", "known", "meant"),
    [
        ("rebuilds_cancel", "rebuild_cancel", True),
        ("unarchived", "archive", False),
        ("present", "reset", False),
        ("destroy_log", "delete_log", True),
        ("stopp", "stop", True),
        ("step", "stop", False),
        ("renvoke", "revoke", True),
        ("invoke", "revoke", False),
    ],
)
def test_nor_is_another_such_verb(asked: str, known: str, meant: bool) -> None:
    said = str(missing_attribute("client.jobs", asked, [known], {}))
    assert (f"did you mean {known!r}?" in said) is meant


@pytest.mark.parametrize(
    ("owner", "asked"),
    [(BUILD, "finishedat"), (RESULT, "pased"), (Simulator().client().jobs, "retri"), (buildkite_ext, "Retri")],
)
def test_python_adds_no_suggestion_of_its_own(owner: Any, asked: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(owner, asked)
    assert "".join(traceback.format_exception(caught.value)).lower().count("did you mean") == 1


@pytest.mark.parametrize("name", ["timeout", "poll_interval"])
@pytest.mark.parametrize("value", ["30m", timedelta(minutes=30)])
def test_a_length_of_time_is_given_in_seconds(name: str, value: Any) -> None:
    with Simulator().client() as client, pytest.raises(TypeError, match=rf"^{name}.*: give seconds, as a number"):
        client.builds.wait("web", 1, **{name: value})


def test_names_of_other_modules_are_there() -> None:
    for words in buildkite_ext._OTHER_WORDS.values():
        if words.startswith("from "):
            _, module, _, name = words.split()
            assert getattr(import_module(module), name)
        else:
            assert words in buildkite_ext.__all__


def test_what_is_suggested_exists() -> None:
    for owner in (BUILD, JOB):
        for words in type(owner)._other_words.values():
            for word in (words,) if isinstance(words, str) else words:
                assert not word.isidentifier() or hasattr(owner, word), word


def test_models_still_copy_pickle_and_compare() -> None:
    assert copy.deepcopy(BUILD) == BUILD
    assert pickle.loads(pickle.dumps(JOB)) == JOB
    assert copy.copy(LINE) == pickle.loads(pickle.dumps(LINE)) == LINE
    assert pickle.loads(pickle.dumps(RESULT)) == RESULT
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(BUILD)
    assert json.loads(json.dumps(BUILD.to_dict()))["number"] == 7


@given(st.sampled_from([BUILD, JOB, LINE, RESULT]), st.text(max_size=20))
def test_an_attribute_exists_or_is_refused_by_its_name(owner: object, name: str) -> None:
    if not name.startswith("_") and not hasattr(owner, name):
        with pytest.raises(AttributeError) as caught:
            getattr(owner, name)
        assert repr(name) in str(caught.value)


def test_no_model_has_a_field_by_the_name_of_a_property() -> None:
    found = [getattr(models, name) for name in models.__all__]
    for kind in [each for each in found if isinstance(each, type) and issubclass(each, Model)]:
        fields = {field.name for field in kind.__attrs_attrs__}
        for parent in kind.__mro__[1:]:
            assert not fields & {name for name, value in vars(parent).items() if isinstance(value, property)}


# --- what was guessed -------------------------------------------------------------------------------------------------


async def test_a_clock_tells_the_time_and_a_server_its_root(flavor: Flavor) -> None:
    assert VirtualClock(5.0).time() == 5.0
    assert SystemClock().time() > 1_700_000_000
    with running(Simulator()) as server:
        assert server.base_url == server
        assert server.base_url.startswith("http://127.0.0.1:")


START = datetime(2026, 1, 5, 9, tzinfo=UTC)
TIMES = {
    "runnable_at": "2026-01-05T08:59:30.000Z",
    "started_at": "2026-01-05T09:00:00.000Z",
    "finished_at": "2026-01-05T09:01:30.500Z",
}


def test_how_long_it_took() -> None:
    job = Job.from_dict({"id": "j1", "type": "script", **TIMES})
    assert job.duration == timedelta(seconds=90.5)
    assert job.queue_wait == timedelta(seconds=30)
    assert Build.from_dict(build(7, **TIMES)).duration == timedelta(seconds=90.5)
    assert "duration" not in job.to_dict()
    assert "duration" not in repr(job)


@pytest.mark.parametrize("unknown", ["runnable_at", "started_at", "finished_at"])
@pytest.mark.parametrize("value", [None, "soon", ...])
def test_how_long_it_took_isn_t_known_yet(unknown: str, value: object) -> None:
    fields: dict[str, Any] = {**TIMES, unknown: value}
    if value is ...:
        del fields[unknown]
    job = Job.from_dict({"id": "j1", "type": "script", **fields})
    found = Build.from_dict(build(7, **fields))
    if unknown != "runnable_at":
        assert (job.duration, found.duration) == (None, None)
    if unknown != "finished_at":
        assert job.queue_wait is None


@pytest.mark.parametrize("blocked", [True, False, None])
@pytest.mark.parametrize("finished", [START, None])
@pytest.mark.parametrize("state", [*BuildState, "a state of tomorrow", None])
def test_a_build_has_passed_where_its_outcome_says_so(
    state: Any, finished: datetime | None, blocked: bool | None
) -> None:
    fields: dict[str, Any] = {"state": state and str(state), "blocked": blocked}
    if finished:
        fields["finished_at"] = TIMES["finished_at"]
    found = Build.from_dict(build(7, **fields))
    assert found.passed is (outcome_of(found) == "passed")


@pytest.mark.parametrize("state", [*JobState, "a state of tomorrow", None])
def test_a_job_has_passed_in_one_state(state: Any) -> None:
    found = Job.from_dict({"id": "j1", "type": "script", "state": state and str(state)})
    assert found.passed is (str(state) == "passed")
