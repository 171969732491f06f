"""A fault never sends a write twice that may have acted, never loses an answer that could be had, and is the right error."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from buildkite_api import operations

from buildkite_ext import Runtime, Send, errors
from buildkite_ext._sync import run

from ..batches import batched
from .description import OPERATIONS
from .faults import FAULTS, PASSING, STAYING, Cell, acts_twice, check

every_cell = batched("cell", PASSING + STAYING)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@every_cell
def test_a_fault_of_a_blocking_call(cell: Cell) -> None:
    run(check(cell, blocking=True))


@every_cell
async def test_a_fault_of_an_async_call(cell: Cell) -> None:
    await check(cell, blocking=False)


def test_the_matrix_has_all_operations_and_faults() -> None:
    print(
        f"{len(OPERATIONS)} operations x {len(FAULTS)} faults x (passing, staying) x (blocking, async) = "
        f"{2 * len(PASSING + STAYING)} calls"
    )
    assert {cell.operation.id for cell in PASSING} == set(operations.OPERATIONS)
    assert len(PASSING) == len(STAYING) == len(operations.OPERATIONS) * 14
    assert 2 * len(PASSING + STAYING) >= 12432
    # What it says of a write follows the description, as the client does: they would be wrong together.
    once = {operation.id for operation in OPERATIONS.values() if not acts_twice(operation)}
    assert {"create_build", "rebuild_build", "retry_build_job", "unblock_build_job", "cancel_build"} <= once
    assert len(once) > 70


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.acts and fault.transient], ids=str)
async def test_a_write_that_is_sent_twice_is_found(fault: object) -> None:
    async def again(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        try:
            response = await send(request)
        except errors.ResponseLost:
            return await send(request)
        return await send(request) if response.status_code >= 500 else response

    (cell,) = (cell for cell in PASSING if cell.operation.id == "create_build" and cell.faults == (fault,))
    with pytest.raises(AssertionError, match="2 requests instead of 1"):
        await check(cell, blocking=False, stages=[again])


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.acts and fault.transient], ids=str)
async def test_an_answer_that_is_lost_without_need_is_found(fault: object) -> None:
    async def give_up(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        request.stream = OneWay()  # a body that can't be sent twice
        return await send(request)

    (cell,) = (cell for cell in PASSING if cell.operation.id == "create_build" and cell.faults == (fault,))
    with pytest.raises(AssertionError, match="1 requests instead of 2"):
        await check(cell, blocking=False, stages=[give_up])


class OneWay(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Body that is read once."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{}"
