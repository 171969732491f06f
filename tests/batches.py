"""Tests over many values: hundreds of operations in a few tests, each of which names the values that fail."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

Test = Callable[..., Any]


def batched(
    argument: str, values: Iterable[Any], *, tests: int = 4, names: Callable[[Any], str] = str
) -> Callable[[Test], Test]:
    """Run a test function with each value, in a few tests instead of one a value.

    `pytest.mark.parametrize` collects, sets up and reports each value on its own. For 200 operations this takes longer
    than the checks themselves. Here the values of a batch share a test and its fixtures; every value is tried, also
    after a failure.

    Args:
        argument: the argument of the test function that takes a value.
        values: the values.
        tests: the number of batches, so that several processes can share the work.
        names: returns the name of a value, for the message of a failure.
    """
    every = list(values)
    batches = [batch for start in range(tests) if (batch := every[start::tests])]
    ids = [f"{number}of{len(batches)}" for number in range(1, len(batches) + 1)]

    def decorate(test: Test) -> Test:
        if inspect.iscoroutinefunction(test):

            @wraps(test)
            async def run(*args: Any, **given: Any) -> None:
                failures = _Failures()
                for value in given[argument]:
                    with failures.kept(argument, names(value)):
                        await test(*args, **{**given, argument: value})
                failures.raise_all(len(given[argument]))

        else:

            @wraps(test)
            def run(*args: Any, **given: Any) -> None:
                failures = _Failures()
                for value in given[argument]:
                    with failures.kept(argument, names(value)):
                        test(*args, **{**given, argument: value})
                failures.raise_all(len(given[argument]))

        decorated: Test = pytest.mark.parametrize(argument, batches, ids=ids)(run)
        return decorated

    return decorate


class _Failures:
    """The failures of one batch."""

    def __init__(self) -> None:
        self._found: list[Exception] = []
        self._names: list[str] = []

    @contextmanager
    def kept(self, argument: str, name: str) -> Iterator[None]:
        """Keep the failure of a value, so that the next one is tried. Pass over a value that is skipped."""
        try:
            yield
        except pytest.skip.Exception:
            pass
        except (Exception, pytest.fail.Exception) as failure:
            kept = failure if isinstance(failure, Exception) else AssertionError(str(failure))
            kept.add_note(f"{argument} = {name}")
            self._found.append(kept)
            self._names.append(name)

    def raise_all(self, tried: int) -> None:
        """Raise the failures together, if there are any."""
        if self._found:
            listed = ", ".join(self._names[:20]) + (", …" if len(self._names) > 20 else "")
            raise ExceptionGroup(f"{len(self._found)} of {tried} failed: {listed}", self._found)
