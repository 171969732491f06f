"""Plans of builds: which jobs run, in which order, and why the others don't."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from buildkite_ext.errors import ConfigurationError
from buildkite_ext.simulation import Plan, Simulator, plan_pipeline
from buildkite_ext.terminal_text import cells

from .test_costs import grows, instructions

PARSED = Path("/work/shared/reference/pipelines/parsed.jsonl")
RELEASE = """
steps:
  - {label: Lint, command: make lint, key: lint}
  - {label: Test, command: make test, key: test, parallelism: 2, retry: {automatic: {exit_status: 1, limit: 2}}}
  - {label: Docs, command: make docs, if: build.branch == "main" || build.tag =~ /^v/}
  - wait
  - group: Packages
    steps:
      - {label: "Wheel {{matrix}}", command: make wheel, matrix: [linux, mac], key: wheel}
      - {label: Conda, command: make conda, depends_on: lint}
  - {block: Ship it?, key: ship}
  - {label: Deploy, command: make deploy, key: deploy, concurrency: 1, concurrency_group: production}
  - {trigger: smoke, depends_on: deploy}
"""


def names(plan: Plan) -> list[list[str]]:
    return [[job.name for job in wave] for wave in plan.waves]


def outcomes(plan: Plan) -> dict[str, str]:
    return {step.name: step.outcome for step in plan.steps}


def test_jobs_that_start_at_once_are_a_wave() -> None:
    plan = plan_pipeline(RELEASE)
    assert plan.state == "passed"
    assert names(plan) == [
        ["Lint", "Test", "Test", "Docs"],
        ["Wheel linux", "Wheel mac", "Conda"],
        ["Deploy"],
        ["smoke"],
    ]
    assert [(step.name, step.wave) for step in plan.steps if step.kind in ("wait", "block")] == [
        ("wait", 2),
        ("Ship it?", 3),
    ]
    assert set(outcomes(plan).values()) == {"passed"}


def test_a_plan_warns_of_more_jobs_than_an_upload_may_have() -> None:
    (warning,) = plan_pipeline("- {command: a}\n- {command: b, parallelism: 500}").warnings
    assert (warning.mark.line, "has 501 jobs" in warning.message) == (2, True)


def test_what_is_left_out_says_by_which_values() -> None:
    left_out = plan_pipeline(RELEASE, branch="fix", tag="1.0").step("Docs").left_out
    assert left_out is not None
    assert (left_out.by, left_out.values) == ("if", {"build.branch": "fix", "build.tag": "1.0"})


@pytest.mark.parametrize(
    ("step", "build", "by", "values"),
    [
        ("branches: rel/*", {"branch": "main"}, "branches", {"build.branch": "main"}),
        ("branches: rel/*", {"branch": "rel/1"}, None, None),
        ("skip: Not today", {}, "skip", {}),
        ("if_changed: 'docs/**'", {"changed": ["src/a.py"]}, "if_changed", {}),
        ("if_changed: 'docs/**'", {"changed": ["docs/a.md"]}, None, None),
        ("if_changed: 'docs/**'", {}, None, None),
        ("if_changed: '{docs,src}/*.[ch]'", {"changed": ["src/a.c"]}, None, None),
        ("if_changed: '{docs,src}/*.[!ch]'", {"changed": ["src/a.c"]}, "if_changed", {}),
        ("if_changed: '**/?.c'", {"changed": ["a.c"]}, None, None),
        ("if_changed: '\\\\*.c'", {"changed": ["a.c"]}, "if_changed", {}),
        # Each of these takes a regular expression hours.
        ("if_changed: '**/**/**/**/**/**/**/**/x'", {"changed": ["a/" * 80 + "y"]}, "if_changed", {}),
        ("if_changed: '*a*a*a*a*a*a*a*a*a'", {"changed": ["a" * 200 + "b"]}, "if_changed", {}),
        ("if: build.message =~ /now/", {"message": "later"}, "if", {"build.message": "later"}),
        ("if: build.message =~ /now/", {"message": "now"}, None, None),
        ("if: build.commit == 'abc'", {"commit": "abc"}, None, None),
        ("if: build.source == 'api'", {}, "if", {"build.source": "webhook"}),
        ("if: build.source == 'api'", {"source": "api"}, None, None),
        ("if: build.pull_request.id == '7'", {"pull_request": 7}, None, None),
        ("if: build.pull_request.id == '7'", {}, "if", {"build.pull_request.id": None}),
        ("if: build.pull_request.base_branch == 'rel'", {"pull_request": 7, "base_branch": "rel"}, None, None),
        ("if: build.pull_request.labels includes 'x'", {"pull_request": 7, "labels": ["x"]}, None, None),
        (
            "if: '!build.pull_request.draft'",
            {"pull_request": 7, "draft": True},
            "if",
            {"build.pull_request.draft": True},
        ),
        ("if: build.source_event == 'push'", {}, None, None),
        ("if: build.source_event == 'pull_request'", {"pull_request": 7}, None, None),
        ("if: build.source_event == 'release'", {"event": "release"}, None, None),
        ("if: build.env('A') == '1'", {"env": {"A": "1"}}, None, None),
        ("if: build.env('A') == '1'", {}, "if", {'build.env("A")': None}),
        (
            "if: pipeline.slug == 'web' && organization.slug == 'o'",
            {"pipeline": "web", "organization": "o"},
            None,
            None,
        ),
        ("if: build.branch == pipeline.default_branch", {"branch": "t", "default_branch": "t"}, None, None),
    ],
)
def test_which_steps_run(step: str, build: dict[str, Any], by: str | None, values: dict[str, object] | None) -> None:
    planned = plan_pipeline(f"- command: a\n  {step}", **build).steps[0]
    assert (planned.outcome == "left_out") == (by is not None)
    if by is not None:
        assert planned.left_out is not None
        assert (planned.left_out.by, planned.left_out.values) == (by, values)


def test_a_failure_holds_back_what_waits_for_it() -> None:
    plan = plan_pipeline(RELEASE, fail={"test": 1})
    assert plan.state == "failed"
    assert names(plan) == [["Lint", "Test", "Test", "Docs"], ["Conda"]]
    assert [job.attempts for job in plan.step("test").jobs] == [3, 3]
    assert outcomes(plan) | {"Lint": "passed", "Docs": "passed", "Conda": "passed"} == {
        **dict.fromkeys(("Lint", "Docs", "Conda"), "passed"),
        "Test": "failed",
        **dict.fromkeys(("wait", "Wheel {{matrix}}", "Ship it?", "Deploy", "smoke"), "held_back"),
    }
    assert [plan.steps[index].name for index in plan.step("wait").held_back_by] == ["Test"]


def test_a_step_may_pass_at_a_later_attempt() -> None:
    plan = plan_pipeline(RELEASE, fail={"test": [1, 0]})
    assert plan.state == "passed"
    assert [(job.state, job.attempts) for job in plan.step("test").jobs] == [("passed", 2)] * 2


@pytest.mark.parametrize("name", ["smoke", "deploy", "Deploy"])
def test_steps_fail_by_key_or_label_triggers_included(name: str) -> None:
    assert plan_pipeline(RELEASE, fail={name: 2}).step(name).outcome == "failed"


def test_a_step_without_a_label_is_named_by_its_command() -> None:
    plan = plan_pipeline("[{command: make, soft_fail: true}, wait, {command: x}]", fail={"make": 1})
    assert (plan.state, outcomes(plan)) == ("passed", {"make": "soft_failed", "wait": "passed", "x": "passed"})


@pytest.mark.parametrize("options", [{"unblock": False}, {"block_at": ["ship"]}, {"block_at": ["Ship it?"]}])
def test_a_build_blocks(options: dict[str, Any]) -> None:
    plan = plan_pipeline(RELEASE, **options)
    assert plan.state == "blocked"
    assert outcomes(plan)["Ship it?"] == "blocked"
    assert outcomes(plan)["Deploy"] == outcomes(plan)["smoke"] == "waiting"
    assert "The build of main blocks at Ship it?" in plan.text()


def test_concurrency_groups_and_gates_are_waves() -> None:
    text = "[{command: a, concurrency: 1, concurrency_group: g}, {command: b, concurrency: 1, concurrency_group: g}, {command: c}]"
    assert names(plan_pipeline(text)) == [["a", "c"], ["b"]]


def test_concurrency_that_can_never_be_had() -> None:
    text = """
    - {command: a, depends_on: b, concurrency: 1, concurrency_group: g}
    - {command: b, key: b, concurrency: 1, concurrency_group: g}
    """
    plan = plan_pipeline(text)
    assert (plan.state, outcomes(plan)) == ("failed", {"a": "held_back", "b": "passed"})
    assert "a  stands in the concurrency group g ahead of a job that it waits for" in plan.text()


def waits(count: int) -> str:
    return "- {command: a}\n- wait\n" * count


def blocks(count: int) -> str:
    return "- {command: a}\n- {block: Go}\n" * count


def chain(count: int) -> str:
    return "- {command: a, key: k0}\n" + "".join(
        f"- {{command: a, key: k{number}, depends_on: k{number - 1}}}\n" for number in range(1, count)
    )


def turns(count: int) -> str:
    return "- {command: a, concurrency: 1, concurrency_group: g}\n" * count


def fan(count: int) -> str:
    keys = [f"k{number}" for number in range(count)]
    steps = "".join(f"- {{command: a, key: {key}}}\n" for key in keys)
    return f"{steps}- {{command: b, depends_on: [{', '.join(keys)}]}}\n- wait\n" + "- {command: c}\n" * count


@pytest.mark.parametrize("pipeline", [waits, blocks, chain, turns, fan])
def test_a_step_costs_the_same_however_many_others_there_are(pipeline: Callable[[int], str]) -> None:
    def planned(count: int) -> int:
        text = pipeline(count)
        return instructions(lambda: plan_pipeline(text))

    def drawn(count: int) -> int:
        plan = plan_pipeline(pipeline(count))
        assert plan.state == "passed"
        return instructions(lambda: (plan.text(), plan.svg(), plan.to_dict()))

    assert grows(planned, 15, 60) < 4.15
    assert grows(drawn, 15, 60) < 4.15


def test_steps_that_a_wait_holds_back_and_keys_that_never_come() -> None:
    text = "[{command: a, key: a, depends_on: b, if: 'true'}, wait, {command: b, key: b}, {command: c, depends_on: nowhere}]"
    plan = plan_pipeline(text)
    assert (plan.state, set(outcomes(plan).values())) == ("failed", {"held_back"})
    assert plan.step("c").missing == ("nowhere",)
    assert "waits for the key nowhere, which no step has" in plan.text()


def test_variables_and_queues_are_those_of_the_build() -> None:
    text = "env: {Q: deploy}\nsteps: [{command: 'echo $BUILDKITE_BRANCH $X', agents: {queue: $Q}}]"
    assert names(plan_pipeline(text, branch="b", env={"X": "y"})) == [["echo b y"]]
    assert names(plan_pipeline(text, interpolated=False)) == [["echo $BUILDKITE_BRANCH $X"]]


def test_a_trigger_of_its_own_pipeline_is_not_followed() -> None:
    plan = plan_pipeline(
        "[{trigger: web}, wait, {command: a}, {trigger: x, async: true, depends_on: ~}]", pipeline="web"
    )
    assert (plan.state, names(plan)) == ("passed", [["web", "x"], ["a"]])


def test_steps_that_upload_are_marked() -> None:
    text = "[{command: './gen | buildkite-agent pipeline upload'}, {command: x}]"
    plan = plan_pipeline(text)
    assert [step.uploads for step in plan.steps] == [True, False]
    assert "uploads further steps, which can't be known here" in plan.text()


def test_a_document_is_chosen() -> None:
    text = "- command: a\n---\n- command: b\n"
    assert [names(plan_pipeline(text, document=number)) for number in (1, 2)] == [[["a"]], [["b"]]]
    assert plan_pipeline(text).documents == 2
    with pytest.raises(ValueError, match="document=3: the text has 2 documents"):
        plan_pipeline(text, document=3)


def test_nothing_runs() -> None:
    plan = plan_pipeline("[{command: a, skip: true}, {group: g, if: false == true, steps: [{command: b}]}]")
    assert (plan.state, plan.waves) == ("not_run", ())
    assert "its group's if: false == true" in plan.text()
    assert plan_pipeline("[]").waves == ()


def test_a_matrix_may_leave_out_a_combination() -> None:
    text = """
    - label: "Test {{matrix}}"
      command: x
      matrix: {setup: [a, b], adjustments: [{with: b, skip: true}]}
    """
    plan = plan_pipeline(text)
    assert names(plan) == [["Test a"]]
    assert [job.state for job in plan.steps[0].jobs] == ["passed", "broken"]


def test_a_job_whose_queue_nobody_knows_waits_and_does_not_expire() -> None:
    plan = plan_pipeline("[{command: a, agents: {queue: $UNSET}}]")
    assert (plan.state, plan.steps[0].outcome) == ("scheduled", "waiting")


@pytest.mark.parametrize(
    ("queue", "why", "unset"),
    [
        ("$Q", "its queue is empty, as $Q is unset: give --env Q=…", ["Q"]),
        ("'${Q}$R'", "its queue is empty, as $Q and $R are unset: give --env Q=… --env R=…", ["Q", "R"]),
        ("''", "its queue is empty, and no agent has such a one", []),
    ],
)
def test_an_empty_queue_has_no_agents_and_says_what_to_give(queue: str, why: str, unset: list[str]) -> None:
    text = f"[{{label: Test, command: a, agents: {{queue: {queue}}}}}, wait, {{label: Deploy, command: b}}]"
    plan = plan_pipeline(text)
    assert (plan.state, names(plan)) == ("scheduled", [])
    assert str(plan).startswith("The build of main doesn't start: 0 jobs")
    assert f"Test           {why}" in str(plan)
    assert [plan.steps[0].to_dict()[name] for name in ("queue", "unset")] == ["", unset]
    assert [problem.message.partition(",")[0] for problem in plan.warnings] == ["the queue is empty"] * (not unset)
    assert plan_pipeline(text, env={"Q": "gpu"}).state == ("passed" if unset else "scheduled")


def test_the_combinations_of_a_matrix_that_its_label_lacks_are_named_where_they_are_left_out_or_fail() -> None:
    text = """
      - label: T {{matrix.os}}
        command: x
        matrix:
          setup: {os: [mac, linux], n: [1, 2]}
          adjustments: [{with: {os: mac, n: 1}, skip: no mac}, {with: {os: linux, n: 2}, soft_fail: true}]
      - {label: M, command: 'y {{matrix}}', matrix: {setup: [a, b], adjustments: [{with: b, skip: true}]}}
      - {label: All, command: 'z {{matrix}}', matrix: [a, b]}
    """
    drawn = str(plan_pipeline(text, fail={"T mac": 1, "T linux": 1, "All": 1}))
    assert "T mac (n: 1)  skip: no mac" in drawn
    assert "T linux (n: 2) ✗ failed softly" in drawn
    assert "M (b)         skip: true" in drawn
    assert "All × 2 ✗ failed" in drawn
    assert plan_pipeline(text).steps[0].jobs[0].matrix == {"os": "mac", "n": "1"}


@pytest.mark.parametrize(
    ("steps", "headline"),
    [
        ("{command: x, depends_on: a}", "fails, unless Up uploads the key a: 1 job"),
        ("{command: x, depends_on: [a, b]}", "fails, unless Up uploads 2 missing keys: 1 job"),
        ("{label: Up, command: make pipeline upload}, {command: x, depends_on: a}", "fails, unless one of 2 steps uploads the key a"),
        ("{command: x, depends_on: a}, {command: y, key: y}", "fails: 2 jobs"),
        ("{command: x}", "passes: 2 jobs"),
    ],
)  # fmt: skip
def test_a_plan_that_an_upload_may_keep_from_failing_says_so(steps: str, headline: str) -> None:
    text = f"[{{label: Up, command: buildkite-agent pipeline upload}}, {steps}]"
    plan = plan_pipeline(text, fail={"y": 1} if "key: y" in steps else None)
    assert str(plan).startswith(f"The build of main {headline}")


@pytest.mark.parametrize(
    ("group", "note", "unset"),
    [
        ("$G/deploy", "concurrency group /deploy, as $G is unset", ["G"]),
        ("${G}/${H:-x}", "concurrency group /x, as $G is unset", ["G"]),
        ("$BUILDKITE_BRANCH/$$G", "concurrency group main/$G", []),
        ("deploy", "concurrency group deploy", []),
    ],
)
def test_a_concurrency_group_says_which_of_its_variables_is_unset(group: str, note: str, unset: list[str]) -> None:
    plan = plan_pipeline(f"[{{command: a, concurrency: 1, concurrency_group: '{group}'}}]")
    assert [line.strip() for line in str(plan).splitlines() if "concurrency group" in line] == [note]
    assert plan.steps[0].to_dict()["unset_in_group"] == unset


def test_a_gate_of_a_group_is_no_line_across_the_picture() -> None:
    group = "{group: Packages, steps: [{command: a}, wait, {block: Sure?}, {command: b}]}"
    drawn = str(plan_pipeline(f"[{group}, wait, {{command: c}}]")).splitlines()
    assert [line for line in drawn if line.startswith("──")] == [
        "── in Packages: wait",
        "── in Packages: block: Sure? (a user unblocks it)",
        "── wait ────────────────────────────────────────────────────",
    ]


def test_a_step_that_is_not_there_is_told_with_those_that_are() -> None:
    plan = plan_pipeline(RELEASE)
    with pytest.raises(KeyError, match="no step has the key or the name 'wheels'; did you mean 'wheel'"):
        plan.step("wheels")
    with pytest.raises(KeyError, match="'nope'; there are 'lint', 'Lint', 'test', "):
        plan.step("nope")


def test_a_picture_shows_no_placeholder_of_a_matrix() -> None:
    plan = plan_pipeline(
        """
        steps:
          - {label: "Wheel {{matrix.os}} ({{ matrix.py }})", key: w, command: x, matrix: {setup: {os: [a], py: [b, c]}}}
          - {label: Deploy, depends_on: w, command: x}
          - {label: "Old {{matrix}}", command: x, matrix: [a], branches: old}
        """,
        fail={"w": 1},
    )
    assert "waits for Wheel … (…), which failed" in str(plan)
    assert "Wheel a (b)" in str(plan)
    assert "Old …" in str(plan)
    assert "{{" not in str(plan) + plan.svg()
    assert plan.step("Wheel {{matrix.os}} ({{ matrix.py }})").key == "w"


@pytest.mark.parametrize("status", [255, -1])
def test_the_highest_exit_status_and_that_of_a_lost_agent_fail_a_step(status: int) -> None:
    assert plan_pipeline(RELEASE, fail={"test": status}).step("test").outcome == "failed"


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (
            {"fail": {"tset": 1}},
            ValueError,
            "fail='tset': the pipeline has no such command or trigger step; did you mean 'test'",
        ),
        ({"fail": {"ship": 1}}, ValueError, "no such command"),
        (
            {"fail": {"test": 256}},
            ValueError,
            "fail='test': 256 is no exit status: give 0 to 255, or -1 for a lost agent",
        ),
        ({"fail": {"test": [1, -2]}}, ValueError, "fail='test': -2 is no exit status"),
        ({"fail": {"test": []}}, ValueError, "fail='test': give at least one exit status"),
        ({"fail": {"test": "1"}}, TypeError, "an exit status"),
        (
            {"fail": ["test"]},
            TypeError,
            "fail is a list: give the exit status of each step that fails, such as {'test': 1}",
        ),
        ({"fail": "test"}, TypeError, "fail is a str: give the exit status of each step that fails"),
        ({"fail": 1}, TypeError, "fail is an int: give the exit status of each step that fails"),
        ({"block_at": ["shipp"]}, ValueError, "did you mean 'ship'"),
        ({"block_at": "ship"}, TypeError, "block_at is a str"),
        ({"source": "git"}, ValueError, "source"),
        ({"pull_request": 0}, ValueError, "pull_request"),
        ({"changed": "a"}, TypeError, "changed"),
        ({"branch": ""}, ValueError, "branch"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words.replace("(", r"\(")):
        plan_pipeline(RELEASE, **arguments)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: [", "line 1, column 9: not YAML"),
        ("- {command: x, parallelism: 0}", "line 1, column 29: `parallelism` is 0"),
        ("- {command: 'a ${B?never set}'}", "line 1, column 13: \\$B: never set"),
        ("- {command: a, if: build.branch == $UNSET}", "stands where a value was expected"),
        (
            "- {command: a, key: a, depends_on: b}\n- {command: b, key: b, depends_on: a}",
            "line 1, column 36: these steps wait for each other: a -> b -> a",
        ),
        ("- {command: a, key: a, depends_on: a}", "line 1, column 36: the step a waits for itself"),
        (
            "- {group: g, key: g, depends_on: c, steps: [{command: a}]}\n- {command: c, key: c, depends_on: g}",
            "-> c ->",
        ),
        ("- {command: a, key: a}\n---\n- {command: b, key: a}", 'line 3, column 21: The key "a" has already been used'),
        ("- {command: a}\n---\n- {command: b, if: build.nope}", "line 3, column 20: `build.nope` is not a variable"),
    ],
)
def test_a_text_with_an_error_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        plan_pipeline(text)


@pytest.mark.parametrize("words", ["[skip ci]", "[ci skip]", "[skip-ci]", "[ci-skip]"])
def test_a_push_that_is_ignored_has_no_build(words: str) -> None:
    message = f"Fix a typo\n\n{words}"
    with pytest.raises(ValueError, match=r"message holds \[.*\]: Buildkite creates no build for such a push"):
        plan_pipeline("[wait]", message=message, pull_request=3)
    assert plan_pipeline("[wait]", message=message, source="api").state == "not_run"
    web = Simulator().pipeline("web").job("test")
    with pytest.raises(ValueError, match="Buildkite creates no build"):
        web.build(message=message)
    assert web.builds == []
    assert web.build(message=message, source="ui").number == 1
    assert web.build(message="skip ci [ci  skip] [skipci]").number == 2


def test_a_plan_can_be_written_as_json() -> None:
    written = json.loads(json.dumps(plan_pipeline(RELEASE, branch="fix", fail={"wheel": 1}).to_dict()))
    assert written["waves"][1] == ["Wheel linux", "Wheel mac", "Conda"]
    assert written["steps"][2]["left_out"]["values"] == {"build.branch": "fix", "build.tag": None}
    assert written["steps"][4]["outcome"] == "failed"
    assert written["steps"][6]["held_back_by"] == [4]


def test_jobs_that_are_canceled_before_they_start_are_told() -> None:
    text = """
    - {label: Other, command: a, key: a}
    - {label: Slow, command: b, depends_on: c, cancel_on_build_failing: true}
    - {label: Long, command: c, key: c, concurrency: 1, concurrency_group: g}
    - {label: Shard, command: d, parallelism: 3, concurrency: 1, concurrency_group: h, cancel_on_build_failing: true}
    - {label: "M {{matrix}}", command: e, matrix: [1, 2], concurrency: 1, concurrency_group: h, cancel_on_build_failing: true}
    """
    plan = plan_pipeline(text, fail={"a": 1})
    assert outcomes(plan)["Shard"] == "canceled"
    assert str(plan).endswith(
        "\nNot run\n"
        "  Slow       canceled before it started, as the build was failing\n"
        "  Shard × 2  canceled before they started, as the build was failing\n"
        "  M 1        canceled before it started, as the build was failing\n"
        "  M 2        canceled before it started, as the build was failing\n"
    )


def test_a_condition_that_cannot_be_evaluated_says_why() -> None:
    text = """
    - {label: Own, command: a, if: 'env("$$X") == "a"'}
    - {group: G, if: 'env("$$X") == "a"', steps: [{label: In G, command: b}]}
    """
    plan = plan_pipeline(text)
    found = [step.left_out for step in plan.steps if step.left_out is not None]
    assert [(each.failure, each.text, each.in_group) for each in found] == [
        ("the name in `env(…)` is empty", 'env("$X") == "a"', False),
        ("the name in `env(…)` is empty", 'env("$X") == "a"', True),
    ]
    assert 'Own   if: env("$X") == "a"\n        can\'t be evaluated: the name in `env(…)` is empty\n' in str(plan)
    assert '"reason": "the name in `env(\\u2026)` is empty"' in json.dumps(plan.to_dict())
    out = plan_pipeline("[{command: a, if: build.tag != null}]").steps[0].left_out
    assert out is not None
    assert (out.failure, out.reason) == (None, "conditional_failed")


HOSTILE = "<b>&\x1b[31m\u202e\"'\n🚀 漢字 "


@pytest.mark.parametrize("width", [20, 40, 100])
def test_names_are_harmless_in_pictures_and_lines_fit(width: int) -> None:
    label = json.dumps(HOSTILE * 5).replace("\\ud83d\\ude80", "🚀")
    steps = [
        f"{{label: {label}, command: a, key: k}}",
        f"{{block: {label}}}",
        f"{{command: {label}, depends_on: k, if: build.branch == 'x'}}",
        f"{{label: {label}, command: a, key: {label}, depends_on: k}}",
    ]
    plan = plan_pipeline(f"[{', '.join(steps)}]", branch=HOSTILE, fail={"k": 1})
    drawn = plan.text(width)
    assert all(line.isprintable() for line in drawn.splitlines())
    assert all(cells(line) <= max(width, 30) for line in drawn.splitlines())
    picture = ET.fromstring(plan.svg())
    assert [each.tag for each in picture.iter() if each.tag.endswith("}b")] == []
    assert "http" not in plan.svg().replace("http://www.w3.org/2000/svg", "")


def test_the_picture_has_a_box_for_each_step_and_arrows_between_columns() -> None:
    plan = plan_pipeline(RELEASE)
    picture = ET.fromstring(plan.svg())
    boxes = list(picture.iter("{http://www.w3.org/2000/svg}g"))
    assert len(boxes) == len(plan.steps)
    column = [int(each.find("{http://www.w3.org/2000/svg}rect").attrib["x"]) for each in boxes]  # type: ignore[union-attr]
    for index, step in enumerate(plan.steps):
        assert all(column[source] < column[index] for source in step.waits_for)


def test_the_picture_of_steps_that_wait_for_each_other_ends() -> None:
    text = "[{command: a, key: a, depends_on: b, if: 'true'}, wait, {command: b, key: b}]"
    assert plan_pipeline(text).svg().count("<g ") == 3


def test_the_same_plan_each_time() -> None:
    assert plan_pipeline(RELEASE) == plan_pipeline(RELEASE)
    assert plan_pipeline(RELEASE).svg() == plan_pipeline(RELEASE).svg()


@pytest.mark.skipif(not PARSED.exists(), reason="the pipelines are not here")
def test_real_pipelines_are_planned() -> None:
    planned = 0
    for row in map(json.loads, PARSED.read_text().splitlines()):
        if not row["parsed"]["steps"] or "!build.pull_request.labels includes" in row["yaml"]:
            continue
        plan = plan_pipeline(row["yaml"], interpolated=False)
        assert plan.state in ("passed", "failed", "not_run"), row["file"]
        assert plan.text()
        ET.fromstring(plan.svg())
        planned += 1
    assert planned >= 60


MATRIX = """
steps:
  - label: "Unit {{matrix}}"
    key: unit
    command: make test
    matrix:
      setup: [a, b]
      adjustments:
        - {with: b, skip: no runner}
        - {with: c, soft_fail: true}
        - {with: d, skip: true}
"""


def test_each_job_of_a_matrix_fails_in_its_own_way() -> None:
    plan = plan_pipeline(MATRIX, fail={"unit": 1})
    assert [(job.name, job.soft_failed) for job in plan.step("unit").jobs if job.state == "failed"] == [
        ("Unit a", False),
        ("Unit c", True),
    ]
    assert "Unit a ✗ failed\n" in str(plan)
    assert "Unit c ✗ failed softly\n" in str(plan)


def test_a_job_that_its_matrix_leaves_out_is_told() -> None:
    plan = plan_pipeline(MATRIX)
    assert [(job.name, job.skip) for job in plan.step("unit").jobs if job.skip] == [
        ("Unit b", "no runner"),
        ("Unit d", "skip: true"),
    ]
    assert "Left out\n  Unit b  skip: no runner\n  Unit d  skip: true\n" in str(plan)


@pytest.mark.parametrize("trigger", ["trigger: deploy", "trigger: deploy, async: true"])
def test_what_waits_for_a_trigger_step_is_in_a_later_wave(trigger: str) -> None:
    plan = plan_pipeline(f"[{{command: a}}, wait, {{{trigger}}}, wait, {{command: b}}]")
    assert [[job.name for job in wave] for wave in plan.waves] == [["a"], ["deploy"], ["b"]]


def test_a_dependency_that_is_left_out_is_marked() -> None:
    text = "[{block: Ship it?, key: ship, if: false == true}, {label: Deploy, command: a, depends_on: ship}]"
    assert "Deploy  ← Ship it? (left out)\n" in str(plan_pipeline(text))


def test_wait_steps_are_told_apart_by_their_lines() -> None:
    text = "- {command: a, key: a}\n- wait\n- {command: b}\n- wait\n- {command: c}\n"
    drawn = str(plan_pipeline(text, fail={"a": 1}))
    assert "wait (line 2)  waits for a, which failed" in drawn
    assert "wait (line 4)  waits for the wait step in line 2, which can't run" in drawn
    assert "waits for the wait step in line 4, which can't run" in drawn
