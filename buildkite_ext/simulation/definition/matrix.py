"""Expansion of matrix steps: the combinations of a matrix, and the tokens in a step that they replace.

https://buildkite.com/docs/pipelines/configure/workflows/build-matrix
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from .yaml_tree import Mark, PipelineError, Tree, TreeList, TreeMap, describe

__all__ = ["Combination", "combinations", "replace_tokens", "token_in"]

_TOKEN = re.compile(r"\{\{\s*matrix(\.[A-Za-z0-9_-]+)?\s*\}\}")
_MOST_DIMENSIONS, _MOST_VALUES, _MOST_BYTES, _MOST_ADJUSTMENTS, _MOST_JOBS = 6, 25, 128, 12, 50


@dataclass(frozen=True, slots=True)
class Combination:
    """Combination of the values of a matrix.

    Attributes:
        values: by dimension; the dimension of a plain list is `""`.
        skip: True, or a reason, if an adjustment leaves it out.
        soft_fail: what an adjustment says; None if none does.
    """

    values: Mapping[str, str]
    skip: bool | str = False
    soft_fail: Tree = None


def combinations(matrix: Tree, mark: Mark) -> list[Combination]:
    """Return the combinations of a matrix: all of its `setup`, and those that adjustments add.

    Raises:
        PipelineError: the matrix has another form, or is too large.

    Example:
        >>> from .parser import parse_pipeline
        >>> step = parse_pipeline("- {command: make, matrix: {setup: {os: [linux, mac], arch: [arm]}}}").tree["steps"][0]
        >>> [dict(each.values) for each in combinations(step["matrix"], step.mark)]
        [{'os': 'linux', 'arch': 'arm'}, {'os': 'mac', 'arch': 'arm'}]
    """
    setup, adjustments = _parts(matrix, mark)
    if len(setup) > _MOST_DIMENSIONS:
        raise PipelineError(f"a matrix has at most {_MOST_DIMENSIONS} dimensions, not {len(setup)}", mark)
    for name, values in setup.items():
        if len(values) > _MOST_VALUES:
            raise PipelineError(f"a dimension has at most {_MOST_VALUES} values, not {len(values)}", mark)
        for value in values:
            if len(value.encode()) > _MOST_BYTES:
                raise PipelineError(f"a value of the dimension {name!r} is longer than {_MOST_BYTES} bytes", mark)
    jobs = prod(map(len, setup.values()))
    if jobs > _MOST_JOBS:
        raise PipelineError(f"a matrix makes at most {_MOST_JOBS} jobs, not {jobs}", mark)
    found = {tuple(each): Combination(dict(zip(setup, each, strict=True))) for each in product(*setup.values())}
    if len(adjustments) > _MOST_ADJUSTMENTS:
        raise PipelineError(f"a matrix has at most {_MOST_ADJUSTMENTS} adjustments, not {len(adjustments)}", mark)
    for adjustment in adjustments:
        _adjust(found, adjustment, setup)
    if len(found) > _MOST_JOBS:
        raise PipelineError(f"a matrix makes at most {_MOST_JOBS} jobs, not {len(found)}", mark)
    return list(found.values())


def replace_tokens(value: Tree, combination: Mapping[str, str], mark: Mark) -> Tree:
    """Return a value in which `{{matrix}}` and `{{matrix.dimension}}` are replaced, keys of mappings excepted.

    Raises:
        PipelineError: the matrix has no such dimension.
    """
    if isinstance(value, str):
        return _replaced(value, combination, mark)
    if isinstance(value, TreeList):
        items = TreeList(value.mark)
        for index, item in enumerate(value):
            items.put(replace_tokens(item, combination, value.item_mark(index)), value.item_mark(index))
        return items
    if isinstance(value, TreeMap):
        out = TreeMap(value.mark)
        for key, each in value.items():
            out.move(key, replace_tokens(each, combination, value.value_mark(key)), value, key)
        return out
    return value


def token_in(text: str) -> str | None:
    """Return the first token of a matrix in a text; None if there is none.

    Example:
        >>> token_in("deploy-{{ matrix.os }}"), token_in("deploy")
        ('{{ matrix.os }}', None)
    """
    match = _TOKEN.search(text)
    return None if match is None else match[0]


def _replaced(text: str, combination: Mapping[str, str], mark: Mark) -> str:
    def replacement(match: re.Match[str]) -> str:
        dimension = (match[1] or "").removeprefix(".")
        if dimension not in combination:
            raise PipelineError(f"`{match[0]}`: the matrix has no such dimension", mark)
        return combination[dimension]

    return _TOKEN.sub(replacement, text)


def _parts(matrix: Tree, mark: Mark) -> tuple[dict[str, list[str]], list[TreeMap]]:
    if isinstance(matrix, TreeList):
        return {"": [str(value) for value in matrix]}, []
    if not isinstance(matrix, TreeMap):
        raise PipelineError(f"`matrix` is {describe(matrix)}: a list, or a mapping with `setup`, was expected", mark)
    setup = matrix.get("setup")
    adjustments = matrix.get("adjustments")
    listed = [each for each in _items(adjustments) if isinstance(each, TreeMap)]
    if isinstance(setup, TreeMap):
        return {name: [str(value) for value in _items(values)] for name, values in setup.items()}, listed
    if isinstance(setup, TreeList):
        return {"": [str(value) for value in setup]}, listed
    raise PipelineError("the matrix has no `setup`: a list of values, or a mapping of lists, was expected", mark)


def _items(value: Tree) -> Iterator[Tree]:
    if isinstance(value, TreeList):
        yield from value


def _adjust(found: dict[tuple[str, ...], Combination], adjustment: TreeMap, setup: Mapping[str, Sequence[str]]) -> None:
    """Adjust the combinations that an adjustment names. One that names all dimensions may be a new combination."""
    chosen = adjustment.get("with")
    if chosen is None or (chosen == "" and ("",) not in found):
        raise PipelineError(
            "an adjustment needs `with`: the values of the combination that it adjusts", adjustment.mark
        )
    if isinstance(chosen, TreeList):
        message = "`with` is a list: a value, or a mapping with a value of each dimension, was expected"
        raise PipelineError(message, adjustment.value_mark("with"))
    named = chosen if isinstance(chosen, TreeMap) else {"": chosen}
    values = {name: str(value) for name, value in named.items()}
    if not set(values) <= set(setup):
        unknown = ", ".join(sorted(set(values) - set(setup))) or "one value"
        expected = ", ".join(sorted(setup)) or "one value"
        raise PipelineError(
            f"`with` names {unknown}, and the dimensions are: {expected}", adjustment.value_mark("with")
        )
    skip = adjustment.get("skip")
    # Buildkite's library skips for any value that is neither null nor a boolean, also for an empty text.
    left_out = skip if isinstance(skip, bool) else False if skip is None else (str(skip) or True)
    soft_fail = adjustment.get("soft_fail")
    if len(values) == len(setup):
        ordered = {name: values[name] for name in setup}
        found[tuple(ordered.values())] = Combination(ordered, left_out, soft_fail)
        return
    for key, each in list(found.items()):
        if values.items() <= each.values.items():
            found[key] = Combination(each.values, left_out, soft_fail)
