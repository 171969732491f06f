"""How decoded JSON differs from its description, found without building anything."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ._shapes import Shape, shape_of

if TYPE_CHECKING:
    from .decoding import DriftKind


class Reporter(Protocol):
    """Whom to tell what differs: in which model, at which key, and how to say where that is in the body."""

    def __call__(self, model: str, key: str, kind: DriftKind, path: Callable[[], str] = ...) -> None: ...


Comparer = Callable[[Any, Reporter], None]


def comparer(type_: Any) -> Comparer:
    """A function that reports where decoded JSON is not of the type."""
    shape = shape_of(type_)
    if shape is not None:
        return _model_comparer(shape)
    inner = [each for each in map(comparer, typing.get_args(type_)) if each is not nothing]
    if not inner:
        return nothing
    outer: Any = typing.get_origin(type_)
    if outer not in (list, dict):
        return inner[0]

    def compare(value: Any, report: Reporter) -> None:
        if isinstance(value, outer):
            for item in value.values() if isinstance(value, dict) else value:
                inner[0](item, report)

    return compare


def nothing(value: Any, report: Reporter) -> None:
    """Compare nothing: the type leads to no model."""


_MODEL_COMPARERS: dict[Any, Comparer] = {}


def _model_comparer(shape: Shape) -> Comparer:
    if shape.model in _MODEL_COMPARERS:
        return _MODEL_COMPARERS[shape.model]
    nested: list[tuple[str, Comparer]] | None = None

    def compare(value: Any, report: Reporter) -> None:
        nonlocal nested
        if not isinstance(value, dict):
            return
        if not value.keys() <= shape.attributes.keys():
            for key in value.keys() - shape.attributes.keys():
                report(shape.name, key, "unknown")
        for key in shape.solid:
            if value.get(key, shape) is None:
                report(shape.name, key, "null")
        for key in shape.required:
            if key not in value:
                report(shape.name, key, "missing")
        if nested is None:
            # Made when it is first needed: models lead back to themselves.
            comparers = [(key, comparer(hint)) for key, hint in shape.hints.items()]
            nested = [(key, each) for key, each in comparers if each is not nothing]
        for key, each in nested:
            inner = value.get(key)
            if inner:
                each(inner, report)

    _MODEL_COMPARERS[shape.model] = compare
    return compare
