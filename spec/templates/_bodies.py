"""Bodies into values: which way each takes, and what is worked out once for each type."""

from __future__ import annotations

import threading
import typing
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from ._drift import Reporter, comparer
from ._shapes import hides, name_of, part_of, prepare_old_parts, shape_of
from ._text import mended, shown, untyped
from ._timestamps import has_old_form, made_of
from ._tolerant import Site, converter
from .base import made
from .decoding import UnexpectedBody

_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Plan:
    """How one type is decoded, by each of the ways."""

    __slots__ = (
        "_whole_old",
        "compare",
        "convert",
        "item",
        "name",
        "outer",
        "page",
        "secret",
        "split",
        "type",
        "whole",
    )

    def __init__(self, type_: Any) -> None:
        shape = shape_of(type_)
        item = typing.get_args(type_)[0] if typing.get_origin(type_) is list else None
        raw_items: Any = list[msgspec.Raw]
        self.type = type_
        self.name = name_of(type_)
        self.secret = hides(item or type_)
        self.convert = converter(type_)
        self.compare = comparer(type_)
        self.outer: type | None = dict if shape else typing.get_origin(type_)
        self.whole: Callable[[Any], Any] = msgspec.json.Decoder(part_of(type_), dec_hook=made_of).decode
        self._whole_old: Callable[[Any], Any] | None = None
        self.item: Plan | None = None
        self.page: Any = None
        self.split: Callable[[Any], Any] = self.whole
        if shape is not None and shape.paged:
            links: Any = part_of(shape.hints["links"]) | None
            parts = msgspec.defstruct(shape.name, [("items", raw_items, []), ("links", links, None)])
            self.split = msgspec.json.Decoder(parts).decode
            self.item = plan_of(typing.get_args(shape.hints["items"])[0])
            self.page = type_
        elif shape_of(item) is not None:
            self.split = msgspec.json.Decoder(raw_items).decode
            self.item = plan_of(item)

    def decode_whole(self, content: bytes) -> Any:
        """Decode a value the fast way.

        Raises:
            msgspec.ValidationError: It does not fit.
        """
        if has_old_form(content):
            return made((self._whole_old or self._decode_old())(content))
        return made(self.whole(content))

    def _decode_old(self) -> Callable[[Any], Any]:
        with _LOCK:
            prepare_old_parts(self.type)
            self._whole_old = msgspec.json.Decoder(part_of(self.type, old=True), dec_hook=made_of).decode
        return self._whole_old

    def shown(self, content: bytes) -> str:
        """The beginning of a body that is not of the type, for a message."""
        return shown(content, secret=self.secret)

    def build(self, value: Any, report: Reporter) -> Any:
        """Build a value the tolerant way, from decoded JSON."""
        return self.convert(value, Site(report, self.name), "")


_PLANS: dict[Any, Plan] = {}
_LOCK = threading.RLock()


def plan_of(type_: Any) -> Plan:
    """The plan of a type, made when it is first asked for."""
    plan = _PLANS.get(type_)
    if plan is None:
        with _LOCK:
            plan = _PLANS.get(type_) or Plan(type_)
            _PLANS[type_] = plan
    return plan


def build_model(model: Any, data: dict[str, Any]) -> Any:
    """Build a model the tolerant way, and tell nobody what does not fit."""
    return plan_of(model).build(data, _nobody)


def decode_body(type_: Any, content: bytes, report: Reporter, *, careful: bool, search: bool) -> Any:
    """Decode one body.

    Args:
        type_: What it should be.
        content: The body.
        report: Whom to tell what does not fit.
        careful: Whether to take the tolerant way, which sees every difference, for everything.
        search: Whether to search what takes the fast way for differences.

    Raises:
        UnexpectedBody: It is not JSON, or not of the right outer form.
    """
    plan = plan_of(type_)
    try:
        return _decode(plan, content, report, careful=careful, search=search)
    except _MALFORMED as error:
        reason = str(error)
    text = mended(content)
    if text != content:
        with suppress(*_MALFORMED):
            return _decode(plan, text, report, careful=careful, search=search)
    raise UnexpectedBody(f"{plan.name}: expected JSON, got {plan.shown(content)} ({reason})")


def _decode(plan: Plan, content: bytes, report: Reporter, *, careful: bool, search: bool) -> Any:
    if careful:
        return _build(plan, content, report)
    try:
        if plan.item is not None:
            return _decode_items(plan, plan.item, content, report, search=search)
        value = plan.decode_whole(content)
    except msgspec.ValidationError:
        return _build(plan, content, report)
    if search:
        plan.compare(untyped(content), report)
    return value


def _decode_items(plan: Plan, item: Plan, content: bytes, report: Reporter, *, search: bool) -> Any:
    parts = plan.split(content)
    raw = parts.items if plan.page else parts
    items = []
    for each in raw:
        part = bytes(each)
        try:
            items.append(item.decode_whole(part))
        except msgspec.ValidationError:
            items.append(item.build(untyped(part), report))
    if search:
        searched: Any = [untyped(each) for each in raw[:1]]
        if plan.page:
            keys = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
            searched = {key: searched if key == "items" else untyped(value) for key, value in keys.items()}
        plan.compare(searched, report)
    return plan.page(items=items, links=made(parts.links)) if plan.page else items


def _build(plan: Plan, content: bytes, report: Reporter) -> Any:
    value = untyped(content)
    if plan.outer is not None and not isinstance(value, plan.outer):
        expected = "a JSON list" if plan.outer is list else "a JSON object"
        raise UnexpectedBody(f"{plan.name}: expected {expected}, got {plan.shown(content)}")
    return plan.build(value, report)


def _nobody(model: str, key: str, kind: Any, path: Callable[[], str] = str) -> None:
    """Tell nobody."""
