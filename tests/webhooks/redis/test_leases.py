"""Shares of partitions among workers, without Redis."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.webhooks.redis.ordered import LeaseState, fair_share, plan_leases

WORKERS = st.lists(st.sampled_from([f"w{index}" for index in range(12)]), min_size=1, unique=True)


@given(st.integers(1, 40), WORKERS)
def test_shares_add_up_and_differ_by_one_at_most(partitions: int, workers: list[str]) -> None:
    shares = [fair_share(partitions, workers, worker) for worker in workers]
    assert sum(shares) == partitions
    assert max(shares) - min(shares) <= 1


@given(st.integers(1, 24), WORKERS, st.randoms(use_true_random=False))
def test_from_any_state_all_partitions_are_read_and_evenly_after_two_rounds(
    partitions: int, workers: list[str], random
) -> None:
    owners: list[str | None] = [random.choice([None, *workers]) for _ in range(partitions)]
    for _ in range(1 + partitions):
        for worker in random.sample(workers, len(workers)):
            states: list[LeaseState] = [
                "mine" if owner == worker else "free" if owner is None else "taken" for owner in owners
            ]
            todo = plan_leases(states, workers, worker)
            assert all(owners[index] is None for index in todo.take)
            assert all(owners[index] == worker for index in todo.release)
            for index in todo.take:
                owners[index] = worker
            for index in todo.release:
                owners[index] = None
        if {worker: owners.count(worker) for worker in workers} == {
            w: fair_share(partitions, workers, w) for w in workers
        }:
            break
    else:
        raise AssertionError(owners)
    assert None not in owners


def test_partitions_that_are_being_released_do_not_count() -> None:
    assert plan_leases(["mine", "mine", "taken"], ["a", "b"], "a", leaving={1}).release == []
    assert plan_leases(["mine", "mine", "taken"], ["a", "b"], "a", leaving={1}).take == []
