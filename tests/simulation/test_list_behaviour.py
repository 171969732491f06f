"""Lists that show builds late or out of order, and ends without a time."""

from __future__ import annotations

import pytest

from buildkite_ext import ConfigurationError
from buildkite_ext.simulation import ListBehaviour, Simulator


def test_a_list_may_show_an_end_late_while_the_build_itself_is_read_as_it_is() -> None:
    lists = ListBehaviour(lag=1000)
    simulator = Simulator(lists=lists)
    web = simulator.pipeline("web").job("test", after=10)
    web.build()
    simulator.clock.sleep(2000)
    simulator.pipeline("web").build()
    with simulator.client() as buildkite:
        simulator.clock.sleep(12)
        assert str(buildkite.builds.get("web", 2).state) == "passed"
        shown = {each.number: str(each.state) for each in buildkite.builds.list("web")}
        assert shown == {1: "passed", 2: "running"}
        assert [each.number for each in buildkite.builds.list("web", state="running")] == [2]
        assert [each.number for each in buildkite.builds.list("web", finished_from="2020-01-01T00:00:00Z")] == [1]
        simulator.clock.sleep(lists.visible_at(web.builds[1]) - simulator.clock.time())
        assert [each.number for each in buildkite.builds.list("web", finished_from="2020-01-01T00:00:00Z")] == [2, 1]


def test_a_list_may_be_out_of_order_and_complete_all_the_same() -> None:
    simulator = Simulator(lists=ListBehaviour(disorder=600))
    web = simulator.pipeline("web").job("test")
    for _ in range(50):
        web.build()
        simulator.clock.sleep(10)
    with simulator.client() as buildkite:
        numbers = [build.number for build in buildkite.builds.list("web", per_page=10)]
    assert sorted(number or 0 for number in numbers) == list(range(1, 51))
    assert numbers != list(range(50, 0, -1))


@pytest.mark.parametrize(
    "untimed", [(), ("blocked",), ("not_run",), ("skipped",), ("blocked", "not_run", "skipped")], ids=" ".join
)
def test_ends_may_have_no_time(untimed: tuple[str, ...]) -> None:
    simulator = Simulator(without_finished_at=untimed, agents=1)
    simulator.pipeline("blocked").block("Ship?").build()
    simulator.pipeline("not_run").job("test", skip=True).build()
    simulator.pipeline("passed").job("test").build()
    skipped = simulator.pipeline("skipped", skip_queued_branch_builds=True).job("test")
    skipped.build()
    skipped.build()
    simulator.clock.sleep(60)
    slugs = ("blocked", "not_run", "skipped", "passed")
    with simulator.client() as buildkite:
        assert {slug for slug in slugs if buildkite.builds.get(slug, 1).finished_at is None} == set(untimed)
        assert {slug for slug in slugs if simulator.pipeline(slug).builds[0].finished_at is None} == set(untimed)


def test_a_build_that_is_unblocked_ends_at_its_time_whether_it_had_one_before_or_not() -> None:
    for untimed in ((), ("blocked",)):
        simulator = Simulator(without_finished_at=untimed)
        build = simulator.pipeline("web").block("Ship?").job("deploy").build()
        simulator.clock.sleep(60)
        with simulator.client() as buildkite:
            buildkite.jobs.unblock("web", 1, build.jobs[0].id)
            assert buildkite.builds.get("web", 1).finished_at is None
            simulator.clock.sleep(60)
            assert buildkite.builds.get("web", 1).finished_at is not None


def test_other_values_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        ListBehaviour(lag=-1)
    with pytest.raises(ConfigurationError, match="give some of blocked, not_run, skipped"):
        Simulator(without_finished_at=["passed"])
    with pytest.raises(TypeError, match="give several states"):
        Simulator(without_finished_at="blocked")
