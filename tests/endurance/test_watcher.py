"""A watcher under the load that it is made for, against the enforced limits of an organization and a user."""

from __future__ import annotations

import pytest

from buildkite_ext.simulation import ListBehaviour
from tests.transport.virtual_time import run
from tests.watching.load import Load

LISTS = {
    "at once": (ListBehaviour(), 0.0, 10.0),
    "late": (ListBehaviour(lag=12), 0.0, 10.0),
    # What is out of order may stand on a page that a look has read already. Then the next look, 5 s later, shows it.
    "late and out of order": (ListBehaviour(lag=12, disorder=60), 0.0, 12.0),
    "answers late": (ListBehaviour(), 2.0, 14.0),
}


@pytest.mark.parametrize(("lists", "late", "worst"), LISTS.values(), ids=LISTS)
def test_a_thousand_waits_see_their_ends_soon_and_none_is_missed(
    lists: ListBehaviour, late: float, worst: float
) -> None:
    measured = run(Load(waits=1000, pipelines=50, ours=100, others=200, minutes=10, lists=lists, late=late).run)
    print(measured)
    assert measured.missed == []
    assert measured.statuses == {200}
    assert measured.median <= 4 + late / 2  # the answers that show the ends are late themselves
    assert measured.worst <= worst


def test_above_its_load_it_is_slower_and_misses_none() -> None:
    measured = run(Load(waits=1000, pipelines=50, ours=100, others=600, minutes=10).run)
    print(measured)
    assert measured.missed == []
    assert measured.statuses == {200}
    assert measured.worst <= 60
