"""Order of the answers of a replayer: programs that do independent things in another order than was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext.simulation import Replayer

API = "https://api.buildkite.com/v2/organizations/acme"
WEB = "/pipelines/web"
Recorded = tuple[str, str, object, object]
"""A method, a path, a body and what was answered."""


def replayer(path: Path, recorded: Sequence[Recorded]) -> Replayer:
    interactions = [
        {
            "request": {"method": method, "uri": API + at, "headers": {}, "body": body and json.dumps(body)},
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {},
                "body": {"string": answer if isinstance(answer, str) else json.dumps(answer)},
            },
        }
        for method, at, body, answer in recorded
    ]
    path.write_text(json.dumps({"interactions": interactions, "version": 1}))
    return Replayer(path)


def asked(replayer: Replayer, *requests: str) -> list[str]:
    with httpx.Client(transport=replayer.transport()) as client:
        return [client.request(method, API + path).text for method, path in (each.split(" ") for each in requests)]


def created(number: int, pipeline: str = "web") -> Recorded:
    return ("POST", f"/pipelines/{pipeline}/builds", None, {"number": number})


def polled(number: int, *answers: str, pipeline: str = "web") -> list[Recorded]:
    return [("GET", f"/pipelines/{pipeline}/builds/{number}", None, each) for each in answers]


def test_builds_that_are_created_before_any_is_polled(tmp_path: Path) -> None:
    recorded = [created(1), *polled(1, "running", "passed"), created(2), *polled(2, "running", "passed")]
    found = replayer(tmp_path / "a.yaml", recorded)
    asked(found, *[f"POST {WEB}/builds"] * 2)
    for number in (1, 2):
        assert asked(found, *[f"GET {WEB}/builds/{number}"] * 3) == ["running", "passed", "passed"]
    assert found.differences == []


def test_a_build_that_is_polled_to_its_end_before_the_next_is_created(tmp_path: Path) -> None:
    recorded = [created(1), *polled(1, "running"), created(2), *polled(1, "passed"), *polled(2, "running", "passed")]
    found = replayer(tmp_path / "a.yaml", recorded)
    for number in (1, 2):
        asked(found, f"POST {WEB}/builds")
        assert asked(found, *[f"GET {WEB}/builds/{number}"] * 3) == ["running", "passed", "passed"]


def test_polls_go_on_where_a_write_was_done_before_them_or_is_left_out(tmp_path: Path) -> None:
    annotation = ("POST", f"{WEB}/builds/1/annotations", None, {"id": "a"})
    before = replayer(tmp_path / "a.yaml", [created(1), *polled(1, "running", "passed"), annotation])
    assert asked(before, f"POST {WEB}/builds/1/annotations", *[f"GET {WEB}/builds/1"] * 3)[1:] == [
        "running",
        "passed",
        "passed",
    ]
    without = replayer(tmp_path / "a.yaml", [created(1), *polled(1, "running", "passed")])
    assert asked(without, *[f"GET {WEB}/builds/1"] * 3) == ["running", "passed", "passed"]


STEPS = (
    ("GET", WEB),
    ("GET", f"{WEB}/builds"),
    ("GET", "/builds"),
    ("GET", f"{WEB}/builds/1"),
    ("GET", f"{WEB}/builds/1/jobs/a/log"),
    ("GET", f"{WEB}/builds/2"),
    ("GET", "/pipelines/api/builds/1"),
    ("GET", "/clusters/c/queues/q"),
)


@pytest.mark.parametrize(
    ("write", "answer", "changed"),
    [
        ("PATCH /pipelines/web", {"slug": "web"}, "11011100"),
        ("POST /pipelines/web/builds", {"number": 2}, "11100100"),
        ("PUT /pipelines/web/builds/1/cancel", {"number": 1}, "11111000"),
        ("PUT /pipelines/web/builds/1/rebuild", {"number": 2}, "11111100"),
        ("PUT /pipelines/web/builds/1/jobs/b/unblock", {"id": "b"}, "11111000"),
        ("POST /pipelines/web/archive", {"slug": "web"}, "11011100"),
        ("PUT /clusters/c/queues/q/pause_dispatch", {"id": "q"}, "00000001"),
        ("POST /clusters/c/queues", {"id": "r"}, "00000000"),
        ("POST /clusters", {"id": "c"}, "00000001"),
    ],
)
def test_a_read_has_the_answers_from_its_side_of_the_writes_that_change_it(
    tmp_path: Path, write: str, answer: object, changed: str
) -> None:
    method, path = write.split(" ")
    reads = [(*each, None, text) for text in ("old", "new") for each in STEPS]
    recorded = [*reads[: len(STEPS)], (method, path, None, answer), *reads[len(STEPS) :]]
    found = replayer(tmp_path / "a.yaml", recorded)
    gets = [" ".join(each) for each in STEPS]
    asked(found, *gets)
    before = asked(found, *gets)
    assert "".join("1" if text == "old" else "0" for text in before) == changed
    asked(found, write)
    assert asked(found, *gets) == ["new"] * len(STEPS)


Script = tuple[str, tuple[int, ...]]
"""A pipeline, and how many answers the polls had before each action on the build and after the last one."""

scripts = st.lists(
    st.tuples(st.sampled_from(["web", "api"]), st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple)),
    min_size=2,
    max_size=4,
)


def recorded_workflow(number: int, script: Script) -> Iterator[Recorded]:
    pipeline, phases = script
    yield "POST", f"/pipelines/{pipeline}/builds", {"message": "same"}, {"number": number, "phases": phases}
    for phase, count in enumerate(phases):
        if phase:
            yield "PUT", f"/pipelines/{pipeline}/builds/{number}/{phase}", None, {"number": number}
        for left in reversed(range(count)):
            yield "GET", f"/pipelines/{pipeline}/builds/{number}", None, f"{phase} {left}"


def replayed_workflow(client: httpx.Client, pipeline: str) -> Iterator[None]:
    """Do one request at a time: poll until the last answer of each phase, and see none of another phase."""
    answer = client.post(f"/pipelines/{pipeline}/builds", json={"message": "same"}).json()
    build = f"/pipelines/{pipeline}/builds/{answer['number']}"
    for phase, count in enumerate(answer["phases"]):
        yield
        if phase:
            client.put(f"{build}/{phase}")
            yield
        for left in reversed(range(count)):
            assert client.get(build).text == f"{phase} {left}"
            yield
        assert client.get(build).text == f"{phase} 0"


def interleaved(workflows: Sequence[Iterator[Recorded]], order: st.DataObject) -> Iterator[Recorded]:
    left = list(workflows)
    while left:
        chosen = order.draw(st.sampled_from(left))
        step = next(chosen, None)
        if step is None:
            left.remove(chosen)
        else:
            yield step


@settings(max_examples=20)
@given(scripts, st.data())
def test_any_order_of_independent_workflows_comes_to_its_end(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Script], order: st.DataObject
) -> None:
    recorded = list(interleaved([recorded_workflow(n, each) for n, each in enumerate(drawn, 1)], order))
    found = replayer(tmp_path_factory.getbasetemp() / "order.yaml", recorded)
    with httpx.Client(transport=found.transport(), base_url=API) as client:
        left = [replayed_workflow(client, pipeline) for pipeline, _ in drawn]
        while left:
            chosen = order.draw(st.sampled_from(left))
            if next(chosen, left) is left:
                left.remove(chosen)
    assert found.unused == []
