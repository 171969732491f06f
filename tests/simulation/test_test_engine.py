"""Test Engine: suites, runs and tests, as tests of users seed them and read them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from buildkite_ext import BuildkiteClient, InvalidRequest, NotFound
from buildkite_ext.simulation import Simulator

from .helpers import build, refusal

SUITES = "/v2/analytics/organizations/acme/suites"
VERSION = {"Buildkite-Version": "2026-08-01"}


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    with simulator.client(retry=None) as made:
        yield made


def test_a_suite_is_created_changed_and_deleted(client: BuildkiteClient) -> None:
    made = client.test_engine.suites.create(name="Jasmine", default_branch="main", show_api_token=True)
    assert made.slug == "jasmine"
    assert made.api_token
    assert client.test_engine.suites.get("jasmine").api_token is None
    shown = client.test_engine.suites.get("jasmine", show_api_token=True).api_token
    assert shown is not None
    assert shown.reveal() == made.api_token.reveal()
    changed = client.test_engine.suites.update("jasmine", name="Jest", color="#FFF700")
    assert (changed.slug, changed.name, changed.default_branch, changed.color) == ("jasmine", "Jest", "main", "#FFF700")
    assert [suite.name for suite in client.test_engine.suites.list()] == ["Jest"]
    with pytest.raises(InvalidRequest):
        client.test_engine.suites.create(name="JASMINE", default_branch="main")
    client.test_engine.suites.delete("jasmine")
    with pytest.raises(NotFound):
        client.test_engine.suites.get("jasmine")


def test_a_build_names_its_runs(simulator: Simulator, client: BuildkiteClient, api: httpx.Client) -> None:
    web = simulator.pipeline("web").job("test", exit_status=1)
    made = client.builds.create("web", commit="HEAD", branch="main")
    client.builds.wait("web", made.number)
    assert build(api, include_test_engine="true")["test_engine"] == {"runs": []}
    run = simulator.suite("rspec", name="RSpec").run(web.builds[0])
    run.passed("is valid", scope="User").failed("has an email", scope="User", reason="it is nil").finish()
    listed = client.test_engine.runs.list("rspec", build_id=made.id).all()
    (shown,) = build(api, include_test_engine="true")["test_engine"]["runs"]
    assert shown == {"id": listed[0].id, "suite": {"id": simulator.state.suites["rspec"].id, "slug": "rspec"}}
    assert "test_engine" not in build(api)
    lists = api.get("/v2/builds", params={"include_test_engine": "true"})
    assert lists.status_code == 200
    (failed,) = client.test_engine.runs.failed_executions("rspec", listed[0].id)
    assert (failed.test_name, failed.failure_reason, failed.branch) == ("User has an email", "it is nil", "main")
    client.test_engine.suites.delete("rspec")
    assert build(api, include_test_engine="true")["test_engine"] == {"runs": []}


def test_a_run_is_pending_then_passed_then_failed(simulator: Simulator, client: BuildkiteClient) -> None:
    suite = simulator.suite("rspec")
    run = suite.run(branch="dev", commit="a" * 40)

    def shown() -> tuple[str, str]:
        found = client.test_engine.runs.get("rspec", run.state.id)
        return str(found.state), str(found.result)

    assert shown() == ("running", "pending")
    run.passed("a")
    assert shown() == ("running", "passed")
    run.finish()
    assert shown() == ("finished", "passed")
    run.failed("b")
    assert shown() == ("running", "failed")
    run.passed("b").finish()
    assert shown() == ("finished", "failed")
    stale = suite.run().finish()
    assert client.test_engine.runs.get("rspec", stale.state.id).result == "stale"
    assert [each.id for each in client.test_engine.runs.list("rspec")] == [stale.state.id, run.state.id]


def test_a_failure_is_expanded_on_request(simulator: Simulator, client: BuildkiteClient) -> None:
    run = simulator.suite("rspec").run()
    run.failed(
        "a", location="./spec/a_spec.rb:42", duration=3.5, tags={"os": "linux"}, details=["no"], backtrace=["x", "y"]
    )
    (short,) = client.test_engine.runs.failed_executions("rspec", run.state.id)
    assert (short.location, short.duration, short.tags, short.failure_expanded) == (
        "./spec/a_spec.rb:42",
        3.5,
        {"os": "linux"},
        [],
    )
    (long,) = client.test_engine.runs.failed_executions("rspec", run.state.id, include_failure_expanded=True)
    assert [(each.expanded, each.backtrace) for each in long.failure_expanded] == [(["no"], ["x", "y"])]


def test_tests_come_with_metrics(simulator: Simulator, client: BuildkiteClient, api: httpx.Client) -> None:
    suite = simulator.suite("rspec")
    suite.run().passed("old")
    simulator.clock.sleep(8 * 86_400)
    run = suite.run(branch="main")
    run.passed("slow", duration=4).passed("fast", duration=1).skipped("off")
    suite.run(branch="dev").failed("slow", duration=2)
    tests = {each.name: each for each in client.test_engine.tests.list("rspec")}
    assert list(tests) == ["slow", "fast", "off"]  # the longest first; none of eight days ago
    slow = tests["slow"]
    assert (slow.duration_avg, slow.duration_sum, slow.duration_min, slow.duration_max) == (3, 6, 2, 4)
    assert (slow.reliability, slow.executions_count) == (0.5, 2)
    assert slow.executions_count_by_result == {"passed": 1, "failed": 1}
    assert tests["off"].executions_count_by_result == {"passed": 0, "failed": 0, "skipped": 1}
    old = client.test_engine.tests.find("rspec", scope="", name="old")
    measured = client.test_engine.tests.get("rspec", old.id)
    assert (measured.duration_avg, measured.executions_count) == (None, 0)
    assert client.test_engine.tests.get("rspec", old.id, period="28days").executions_count == 1
    plain = api.get(f"{SUITES}/rspec/tests").json()
    assert len(plain) == 4
    assert not any("reliability" in each for each in plain)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"branch": "main"}, {"a", "b"}),
        ({"branch": "!main"}, {"b", "c"}),
        ({"branch": "rel*"}, {"b"}),
        ({"label": "flaky"}, {"b"}),
        ({"labels": "flaky,!slow"}, {"b"}),
        ({"labels": "!flaky"}, {"a", "c"}),
        ({"state": "muted"}, {"c"}),
        ({"tags": "os:linux"}, {"a"}),
        ({"tags": "os:!linux"}, {"b", "c"}),
        ({"tags": "os:mac*"}, {"c"}),
        ({"tags": "result:failed"}, {"b"}),
        ({"tags": "result:~failed"}, {"b"}),
        ({"tags": "result:^passed"}, {"a", "c"}),
        ({"tags": "os:linux,result:failed"}, set()),
        ({"owners": "ada"}, set()),
        ({"owners": "!ada"}, {"a", "b", "c"}),
        ({"min_timestamp": "2026-01-05T08:00:00Z"}, {"a", "b", "c"}),
        ({"max_timestamp": "2026-01-05T08:00:00Z"}, set()),
    ],
)
def test_tests_are_filtered(simulator: Simulator, api: httpx.Client, query: dict[str, str], names: set[str]) -> None:
    suite = simulator.suite("rspec")
    suite.run(branch="main").passed("a", tags={"os": "linux"}).passed("b")
    suite.run(branch="release/1").failed("b")
    suite.run(branch="dev").passed("c", tags={"os": "macos"})
    tests = {test.name: test for test in suite.state.tests.values()}
    path = f"{SUITES}/rspec/tests"
    api.patch(f"{path}/{tests['b'].id}/labels", json={"operator": "add", "labels": ["flaky"]})
    api.put(f"{path}/{tests['c'].id}/mute")
    assert {each["name"] for each in api.get(path, params=query, headers=VERSION).json()} == names


@pytest.mark.parametrize(
    "query",
    ["sort_by=odd", "order=up", "period=1week", "period=7days&min_timestamp=2026-01-01", "label=a&labels=b"],
)
def test_a_wrong_filter_is_refused(simulator: Simulator, api: httpx.Client, query: str) -> None:
    simulator.suite("rspec")
    assert api.get(f"{SUITES}/rspec/tests?{query}", headers=VERSION).status_code == 400
    assert api.get(f"{SUITES}/rspec/tests?{query}").status_code == 200  # the older form ignores them


@pytest.mark.parametrize("version", ["2026", "2026-8-1", "latest"])
def test_a_malformed_version_is_refused(simulator: Simulator, api: httpx.Client, version: str) -> None:
    simulator.suite("rspec")
    answer = api.get(f"{SUITES}/rspec/tests", headers={"Buildkite-Version": version})
    assert refusal(answer) == (400, "Buildkite-Version must be in format YYYY-MM-DD")


def test_labels_and_states_of_a_test(simulator: Simulator, client: BuildkiteClient) -> None:
    simulator.suite("rspec").run().passed("a", scope="A").failed("a", scope="A")
    test = client.test_engine.tests.find("rspec", scope="A", name="a")
    assert client.test_engine.tests.update_labels("rspec", test.id, operator="add", labels=["x", "y"]).labels == [
        "x",
        "y",
    ]
    assert client.test_engine.tests.update_labels("rspec", test.id, operator="remove", labels=["x"]).labels == ["y"]
    client.test_engine.tests.mute("rspec", test.id)
    assert [each.id for each in client.test_engine.tests.list_muted("rspec")] == [test.id]
    client.test_engine.tests.skip("rspec", test.id)
    assert [each.id for each in client.test_engine.tests.list_skipped("rspec")] == [test.id]
    assert list(client.test_engine.tests.list_muted("rspec")) == []
    client.test_engine.tests.enable("rspec", test.id)
    (flaky,) = client.test_engine.tests.list_flaky("rspec")
    assert (flaky.name, flaky.instances) == ("a", 1)
    with pytest.raises(NotFound):
        client.test_engine.tests.find("rspec", scope="B", name="a")


def test_mutable_tags_are_replaced(simulator: Simulator, api: httpx.Client) -> None:
    run = simulator.suite("rspec").run().failed("a", tags={"os": "linux", "mut.old": "1"})
    (execution,) = run.state.executions
    path = f"{SUITES}/rspec/execution-tags"
    assert api.put(path, json={"executions": [{"id": execution.id, "tags": {"mut.new": "2"}}]}).status_code == 200
    assert execution.tags == {"os": "linux", "mut.new": "2"}
    for wrong in ({"id": "none", "tags": {}}, {"id": execution.id, "tags": {"os": "x"}}, {"tags": {}}):
        assert api.put(path, json={"executions": [wrong]}).status_code == 422
    assert execution.tags == {"os": "linux", "mut.new": "2"}


def test_the_tests_of_a_build_are_of_all_suites(simulator: Simulator, client: BuildkiteClient) -> None:
    web = simulator.pipeline("web").job("test", after=60)
    client.builds.create("web", commit="HEAD", branch="main")
    client.builds.wait("web", 1)
    (made,) = web.builds
    simulator.clock.sleep(600)
    simulator.suite("rspec").run(made).failed("a")  # seeded afterwards, it has happened in the build
    simulator.suite("jest").run(made).passed("a", duration=9)
    simulator.suite("jest").run().failed("a")
    assert [(each.name, each.executions_count) for each in client.test_engine.tests.list_of_build(made.id)] == [
        ("a", 1),
        ("a", 1),
    ]
    with pytest.raises(NotFound):
        list(client.test_engine.tests.list_of_build("00000000-0000-4000-a000-000000000000"))
