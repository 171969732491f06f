"""Faults in a row, for all operations: every two faults one after the other, and up to four of one kind, on every event loop."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import anyio
import pytest

from buildkite_ext._sync import run

from ..batches import batched
from ..contract.description import OPERATIONS
from ..contract.faults import FAULTS, PASSING, STAYING, Cell, check
from .webhooks.figures import LINE

PAIRS = [
    Cell(operation, (first, second))
    for operation, first, second in product(OPERATIONS.values(), FAULTS, FAULTS)
    if first.transient
]
ROWS = [
    Cell(operation, (fault,) * times)
    for operation, fault, times in product(OPERATIONS.values(), FAULTS, (3, 4))
    if fault.transient and times < fault.lasting
]


@batched("cell", PAIRS + ROWS)
def test_faults_in_a_row(cell: Cell) -> None:
    run(check(cell, blocking=True))


@batched("cell", PAIRS[::5] + ROWS[::5])
async def test_faults_in_a_row_of_async_calls(cell: Cell) -> None:
    await check(cell, blocking=False)


def test_faults_on_trio(record_property: Callable[[str, object], None]) -> None:
    async def all_of_them() -> None:
        for cell in PASSING + STAYING:
            try:
                await check(cell, blocking=False)
            except AssertionError as error:
                error.add_note(str(cell))
                raise

    anyio.run(all_of_them, backend="trio")
    record_property(
        LINE,
        f"fault matrix: {len(OPERATIONS)} operations x {len(FAULTS)} faults: {3 * len(PASSING + STAYING)} calls with one fault "
        f"(blocking, asyncio, trio), and {len(PAIRS + ROWS) + len(PAIRS[::5] + ROWS[::5])} with several",
    )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
