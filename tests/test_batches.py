"""A test over many values tries each of them and names those that fail."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from .batches import batched


def batches(test: Any) -> list[Any]:
    """The values of each test that pytest makes of a test function."""
    (mark,) = test.pytestmark
    return list(mark.args[1])


def test_the_values_share_a_few_tests() -> None:
    tried: list[int] = []

    @batched("number", range(10), tests=3)
    def check(number: int) -> None:
        tried.append(number)

    for batch in batches(check):
        check(number=batch)
    assert sorted(tried) == list(range(10))
    assert len(batches(check)) == 3


def test_there_are_no_more_tests_than_values() -> None:
    @batched("number", range(2))
    def check(number: int) -> None:
        pass

    assert batches(check) == [[0], [1]]


def test_each_value_that_fails_is_named_and_the_others_are_tried() -> None:
    tried: list[int] = []

    @batched("number", range(6), tests=1)
    def check(number: int) -> None:
        tried.append(number)
        if number == 1:
            pytest.skip("not this one")
        if number == 2:
            pytest.fail("two")
        assert number != 4

    with pytest.raises(ExceptionGroup, match=r"2 of 6 failed: 2, 4") as caught:
        check(number=batches(check)[0])
    assert tried == list(range(6))
    assert [failure.__notes__ for failure in caught.value.exceptions] == [["number = 2"], ["number = 4"]]


def test_an_async_test_is_tried_with_each_value_too() -> None:
    @batched("number", range(3), tests=1)
    async def check(number: int) -> None:
        assert number != 1

    async def run() -> None:
        await check(number=batches(check)[0])

    with pytest.raises(ExceptionGroup, match="1 of 3 failed: 1"):
        anyio.run(run)
