"""Unblocking a block step of a build: which one it is, and the build afterwards."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BlockStepNotFound, JobNotUnblockable
from buildkite_ext.models import Job
from buildkite_ext.simulation import Simulator
from buildkite_ext.watching.unblocking import block_step

from .fakes import App, Flavor, answer, build, job

STEP = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"


def block(identity: str, state: str = "blocked", **changes: Any) -> dict[str, Any]:
    return {"id": identity, "type": "manual", "label": f"Label of {identity}", "state": state, **changes}


def models(*jobs: dict[str, Any]) -> list[Job]:
    return [Job.from_dict(each) for each in jobs]


TEST = job("Test", id="test", step_key="test", state="passed")
QA = block("qa", step_key="to-qa", label="QA?", step={"id": STEP})
LIVE = block("live", step_key="to-live", label="Live?")
DONE = block("done", "unblocked", step_key="begin", label="Begin?")


@pytest.mark.parametrize(
    ("jobs", "step", "found"),
    [
        ([TEST, QA], None, "qa"),
        ([TEST, QA, DONE], None, "qa"),
        ([QA, LIVE], "to-live", "live"),
        ([QA, LIVE], "Live?", "live"),
        ([QA, LIVE], "live", "live"),
        ([QA, LIVE], STEP, "qa"),
        ([QA, DONE], "begin", "done"),  # Buildkite says that it was unblocked
        ([block("first", "unblocked", step_key="go"), block("second", step_key="go")], "go", "second"),
        ([block("first", "unblocked", step_key="go"), block("second", "unblocked", step_key="go")], "go", "second"),
        ([block("one", step_key="Live?"), LIVE], "Live?", "one"),  # a key counts before a label
        ([block("one", label="same", type="input")], "same", "one"),
        ([{"id": "one", "type": "input", "name": "Ask", "state": "blocked"}], "Ask", "one"),
        ([{"id": "one", "type": "a type of tomorrow", "state": "blocked"}], None, "one"),
    ],
)
def test_the_step_that_is_meant(jobs: list[dict[str, Any]], step: str | None, found: str) -> None:
    assert block_step(models(*jobs), step, "web #7").id == found


@pytest.mark.parametrize(
    ("jobs", "step", "said", "candidates"),
    [
        ([], None, "Build web #7 waits at no block step. Nothing was sent. The build has no block step.", ()),
        ([TEST], None, "waits at no block step", ()),
        ([DONE], None, "waits at no block step. Nothing was sent. Its block steps: 'begin' is unblocked.", ()),
        (
            [QA, LIVE],
            None,
            "waits at 2 block steps, and step= names none of them. .*'to-qa', 'to-live'",
            ("to-qa", "to-live"),
        ),
        ([QA], "to-live", "has no step 'to-live'. Nothing was sent. Name one in step=: 'to-qa'", ("to-qa",)),
        ([TEST, QA], "test", "step='test' of build web #7 is a command step, and only a block step", ("to-qa",)),
        ([{"id": "w", "type": "waiter"}, QA], "w", "'w' of build web #7 is a wait step", ("to-qa",)),
        ([{"id": "t", "type": "trigger", "name": "T"}], "T", "'T' of build web #7 is a trigger step", ()),
        # A command behind a block step has the state `blocked` too.
        ([job("x", state="blocked")], None, "waits at no block step", ()),
        ([block("one", label="A"), block("two", label="A")], "A", "2 block steps that are called 'A'", ("one", "two")),
        ([block("one", label="A"), block("two", label="A")], None, "'one', 'two'", ("one", "two")),
        ([block("one", label=None)], "A", "'one'", ("one",)),
        (
            [block(f"s{number}", label=None) for number in range(12)],
            None,
            r"'s8', 's9' and 2 more\.$",
            tuple(f"s{number}" for number in range(12)),
        ),
    ],
)
def test_a_step_that_is_not_clear_is_told_with_those_that_can_be_named(
    jobs: list[dict[str, Any]], step: str | None, said: str, candidates: tuple[str, ...]
) -> None:
    with pytest.raises(BlockStepNotFound, match=said) as caught:
        block_step(models(*jobs), step, "web #7")
    assert caught.value.candidates == candidates


KEYS = st.sampled_from(["a", "b", "c", None])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["script", "waiter", "manual"]), KEYS, KEYS, st.sampled_from(["blocked", "unblocked"])
        ),
        max_size=5,
    ),
    KEYS,
)
def test_only_a_block_step_is_found_and_each_candidate_names_one(
    described: list[tuple[str, str | None, str | None, str]], step: str | None
) -> None:
    jobs = models(
        *(
            {"id": f"id-{index}", "type": kind, "step_key": key, "label": label, "state": state}
            for index, (kind, key, label, state) in enumerate(described)
        )
    )
    waiting = [each for each in jobs if each.type == "manual" and each.state == "blocked"]
    found, candidates = found_or_candidates(jobs, step)
    if found is not None:
        assert found.type == "manual"
        assert step in (None, found.step_key, found.label)
    for candidate in candidates:
        assert any(candidate in (each.id, each.step_key, each.label) for each in waiting)


def found_or_candidates(jobs: list[Job], step: str | None) -> tuple[Job | None, tuple[str, ...]]:
    try:
        return block_step(jobs, step, "web #7"), ()
    except BlockStepNotFound as error:
        return None, error.candidates


def two_steps() -> Simulator:
    simulator = Simulator()
    simulator.pipeline("web").block("QA?", key="to-qa", fields=["version"]).block("Live?", key="to-live").job("deploy")
    return simulator


def test_several_block_steps_are_unblocked_one_after_another() -> None:
    simulator = two_steps()
    with simulator.client() as buildkite:
        made = buildkite.builds.create("web", branch="main")
        with pytest.raises(JobNotUnblockable, match="version"):
            buildkite.builds.unblock(made)
        with pytest.raises(JobNotUnblockable, match=r"missing: version\nGive their values .* in fields="):
            buildkite.builds.unblock("web", made.number)
        build = buildkite.builds.unblock("web", made.number, fields={"version": "1.4"})
        assert build.meta_data == {"version": "1.4"}
        assert {each.label: str(each.state) for each in build.jobs if each.label} == {
            "QA?": "unblocked",
            "Live?": "blocked",
        }
        with pytest.raises(JobNotUnblockable, match="must be blocked"):
            buildkite.builds.unblock(made, step="to-qa")
        assert buildkite.builds.unblock(made, step="Live?").blocked is False
        with pytest.raises(BlockStepNotFound, match=r"no block step\. .*'to-qa' is unblocked, 'to-live' is unblocked"):
            buildkite.builds.unblock(made)
        assert buildkite.builds.wait(made, timeout=3600).passed


def test_a_job_and_the_page_of_a_step_name_the_step() -> None:
    simulator = two_steps()
    with simulator.client() as buildkite:
        made = buildkite.builds.create("web", branch="main")
        qa = made.jobs[0]
        page = f"{made.web_url}#{qa.id}"
        assert buildkite.builds.unblock(page, fields={"version": "1"}).jobs[0].state == "unblocked"
        live = next(each for each in buildkite.jobs.list(made) if each.label == "Live?")
        assert buildkite.builds.unblock(made, step=live).blocked is False


async def test_it_takes_three_requests_and_reads_the_build_again(flavor: Flavor) -> None:
    app = App(
        answer(build(7, blocked=True, jobs=[QA])),
        answer({**QA, "state": "unblocked"}),
        answer(build(7, state="running")),
    )
    found = await flavor.call(flavor.client(app).builds.unblock, "web", 7)
    assert (found.state, found.blocked) == ("running", False)
    route = "/v2/organizations/acme/pipelines/web/builds/7"
    assert [(each.method, each.url.path) for each in app.requests] == [
        ("GET", route),
        ("PUT", f"{route}/jobs/qa/unblock"),
        ("GET", route),
    ]
    assert app.requests[0].url.params.get_list("job_states[]") == ["blocked"]


async def test_a_step_that_was_unblocked_meanwhile_is_said_by_buildkite(flavor: Flavor) -> None:
    app = App(answer(build(7, blocked=True, jobs=[QA])), answer({"message": "The job's state must be blocked"}, 422))
    with pytest.raises(JobNotUnblockable, match="The job's state must be blocked"):
        await flavor.call(flavor.client(app).builds.unblock, "acme/web", 7, step="to-qa")
    assert len(app.requests) == 2


async def test_nothing_is_unblocked_where_the_step_is_not_clear(flavor: Flavor) -> None:
    app = App(answer(build(7, jobs=[])), answer(build(7, jobs=[TEST, DONE])))
    with pytest.raises(BlockStepNotFound, match="is a command step"):
        await flavor.call(flavor.client(app).builds.unblock, "web", 7, step="test")
    assert [each.method for each in app.requests] == ["GET", "GET"]


async def test_a_job_of_another_type_is_refused_before_anything_is_sent(flavor: Flavor) -> None:
    app = App(answer({}))
    client = flavor.client(app)
    script = Job.from_dict({**TEST, "build_url": build(7)["url"]})
    for method, arguments, options in (
        (client.builds.unblock, ("web", 7), {"step": script}),
        (client.jobs.unblock, (script,), {}),
        (client.jobs.unblock, ("web", 7, script), {}),
        (client.jobs.unblock_by_id, (script,), {}),
    ):
        with pytest.raises(BlockStepNotFound, match="Job 'Test' is a command step, and only a block step is unblocked"):
            await flavor.call(method, *arguments, **options)
    assert app.requests == []


async def test_the_id_of_a_job_of_another_type_is_refused_by_buildkite(flavor: Flavor) -> None:
    app = App(answer({"message": "This job type cannot be unblocked"}, 400))
    with pytest.raises(JobNotUnblockable, match="This job type cannot be unblocked"):
        await flavor.call(flavor.client(app).jobs.unblock, "web", 7, "test")
    assert len(app.requests) == 1


async def test_the_field_s_values_are_sent_as_texts(flavor: Flavor) -> None:
    sent: list[bytes] = []

    def app(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            sent.append(request.read())
        return answer(build(7, blocked=True, jobs=[QA]) if request.method == "GET" else QA)

    fields = {"version": "1.4", "force": True, "regions": ["eu", "us"]}
    await flavor.call(flavor.client(app).builds.unblock, "web", 7, fields=fields, unblocker="user-1")
    expected = {"fields": {"version": "1.4", "force": "true", "regions": ["eu", "us"]}, "unblocker": "user-1"}
    assert httpx.Response(200, content=sent[0]).json() == expected
