# Generated from spec/ by `make generate`: edit that, not this.

"""Decoding of bodies: a fast way, a tolerant way, and the decoders of each type, which are made once."""

from __future__ import annotations

import json
import re
import threading
import typing
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from ._collector import YOUNG, collect_young, without_collection
from ._shapes import decode_hook, has_old_timestamp, holds_secrets, name_of, prepare_old_structs, shape_of, struct_of
from ._tolerant import Reporter, Site, comparer, converter, not_an_object
from .base import to_models
from .decoding import UnexpectedBody

MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors that a body raises that is not JSON."""


class TypeDecoder:
    """Decoders of one type: the fast one, the tolerant one, and the search for differences."""

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
        self.secret = holds_secrets(item or type_)
        self.convert = converter(type_)
        self.compare = comparer(type_)
        self.outer: type | None = dict if shape else typing.get_origin(type_)
        self.whole: Callable[[Any], Any] = msgspec.json.Decoder(struct_of(type_), dec_hook=decode_hook).decode
        self._whole_old: Callable[[Any], Any] | None = None
        self.item: TypeDecoder | None = None
        self.page: Any = None
        self.split: Callable[[Any], Any] = self.whole
        if shape is not None and shape.paged:
            links: Any = struct_of(shape.hints["links"]) | None
            parts = msgspec.defstruct(shape.name, [("items", raw_items, []), ("links", links, None)])
            self.split = msgspec.json.Decoder(parts).decode
            self.item = decoder_of(typing.get_args(shape.hints["items"])[0])
            self.page = type_
        elif shape_of(item) is not None:
            self.split = msgspec.json.Decoder(raw_items).decode
            self.item = decoder_of(item)

    def decode_whole(self, content: bytes | msgspec.Raw) -> Any:
        """Decode a value the fast way.

        Raises:
            msgspec.ValidationError: The body differs from the type.
        """
        try:
            return to_models(self.whole(content))
        except msgspec.ValidationError:
            if not has_old_timestamp(bytes(content)):
                raise
        return to_models((self._whole_old or self._decode_old())(content))

    def _decode_old(self) -> Callable[[Any], Any]:
        with _LOCK:
            prepare_old_structs(self.type)
            self._whole_old = msgspec.json.Decoder(struct_of(self.type, old=True), dec_hook=decode_hook).decode
        return self._whole_old

    def excerpt(self, content: bytes) -> str:
        """Return the beginning of a body that is not of the type, for a message."""
        return _excerpt(content, secret=self.secret)

    def build(self, value: Any, report: Reporter, *, careful: bool) -> Any:
        """Build a value the tolerant way, from decoded JSON.

        Args:
            value: The decoded JSON.
            report: Called for each difference.
            careful: Keep unknown keys at every depth. Otherwise the objects inside that fit take the fast way.
        """
        return self.convert(value, Site(report, self.name, careful=careful), "")


_DECODERS: dict[Any, TypeDecoder] = {}
_LOCK = threading.RLock()


def decoder_of(type_: Any) -> TypeDecoder:
    """Return the decoders of a type, which are made at the first use."""
    decoder = _DECODERS.get(type_)
    if decoder is None:
        with _LOCK:
            decoder = _DECODERS.get(type_) or without_collection(partial(TypeDecoder, type_))
            _DECODERS[type_] = decoder
    return decoder


def build_model(model: Any, data: dict[str, Any]) -> Any:
    """Build a model the tolerant way, without a report of differences."""
    return decoder_of(model).build(data, _ignore, careful=True)


def _ignore(model: str, key: str, kind: Any, path: Callable[[], str] = str) -> None:
    """Ignore a difference."""


Sample = Callable[[Any, int], Sequence[int]]
"""Function that takes a type and how many objects of it were decoded, and returns the indices of those to search."""

_LARGE = 32_768
"""Bytes of a body from which on it is worth to pause the garbage collector."""


def decode_body(
    type_: Any, content: bytes, report: Reporter = _ignore, *, careful: bool, sample: Sample | None = None
) -> Any:
    """Decode one body.

    Args:
        type_: The expected type.
        content: The body.
        report: Called for each difference.
        careful: Decode everything the tolerant way, which sees every difference.
        sample: Chooses what is searched for differences, of that which was decoded the fast way. None: nothing.

    Raises:
        UnexpectedBody: The body is not JSON, or not a list or an object as it should be.
    """
    decoder = decoder_of(type_)
    if len(content) < _LARGE:
        return _decode_or_repair(decoder, content, report, careful, sample)
    return without_collection(partial(_decode_or_repair, decoder, content, report, careful, sample))


def _decode_or_repair(
    decoder: TypeDecoder, content: bytes, report: Reporter, careful: bool, sample: Sample | None
) -> Any:
    try:
        return _decode(decoder, content, report, careful, sample)
    except MALFORMED as error:
        reason = str(error)
    text = repaired(content)
    if text != content:
        with suppress(*MALFORMED):
            return _decode(decoder, text, report, careful, sample)
    raise UnexpectedBody(f"{decoder.name}: expected JSON, got {decoder.excerpt(content)} ({reason})")


def _decode(decoder: TypeDecoder, content: bytes, report: Reporter, careful: bool, sample: Sample | None) -> Any:
    if careful:
        return _build(decoder, content, report, careful=True)
    try:
        if decoder.item is not None:
            return _decode_items(decoder, decoder.item, content, report, sample)
        value = decoder.decode_whole(content)
    except msgspec.ValidationError:
        return _build(decoder, content, report, careful=False)
    if sample and sample(decoder.type, 1):
        decoder.compare(untyped(content), report)
    return value


def _decode_items(
    decoder: TypeDecoder, item: TypeDecoder, content: bytes, report: Reporter, sample: Sample | None
) -> Any:
    parts = decoder.split(content)
    raw = parts.items if decoder.page else parts
    items = []
    young = 0
    for index, each in enumerate(raw):
        young += len(each)
        if young > YOUNG:
            collect_young()
            young = 0
        try:
            items.append(item.decode_whole(each))
        except msgspec.ValidationError:
            value = untyped(each)
            if not isinstance(value, dict):
                raise not_an_object(f"{decoder.name}{'.items' if decoder.page else ''}[{index}]", value) from None
            items.append(item.build(value, report, careful=False))
    if sample:
        for index in sample(item.type, len(raw)):
            item.compare(untyped(raw[index]), report)
        if decoder.page and sample(decoder.type, 1):
            keys = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
            around = {key: [] if key == "items" else untyped(value) for key, value in keys.items()}
            decoder.compare(around, report)
    return decoder.page(items=items, links=to_models(parts.links)) if decoder.page else items


def _build(decoder: TypeDecoder, content: bytes, report: Reporter, *, careful: bool) -> Any:
    value = untyped(content)
    if decoder.outer is not None and not isinstance(value, decoder.outer):
        expected = "a JSON list" if decoder.outer is list else "a JSON object"
        raise UnexpectedBody(f"{decoder.name}: expected {expected}, got {decoder.excerpt(content)}")
    return decoder.build(value, report, careful=careful)


# --- Bodies that are not quite JSON, or not at all --------------------------------------------------------------------

_XX = rb"[0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]%b\\u[dD][c-fC-F]%b|u[dD][89a-fA-F]%b|.)" % (_XX, _XX, _XX), re.DOTALL)
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_LENGTH_OF_HALF_A_PAIR = 6


def untyped(content: Any) -> Any:
    """Decode JSON into dicts, lists and plain values.

    Raises:
        msgspec.DecodeError: It is not JSON.
        UnicodeDecodeError: It is not UTF-8.
    """
    try:
        return msgspec.json.decode(content)
    except msgspec.ValidationError:
        # A number too large for a float, perhaps before an error: json decodes it as infinite.
        content = bytes(content)
    try:
        return json.loads(repaired(content), parse_int=_integer, parse_constant=_refused)
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from None


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        # Python refuses an integer of thousands of digits.
        return float(digits)


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def repaired(content: bytes) -> bytes:
    """Remove a byte order mark, and replace invalid UTF-8 and halves of surrogate pairs by U+FFFD."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").encode()
    if not _HALF.search(text):
        return text
    return _ESCAPE.sub(lambda found: rb"\ufffd" if len(found[0]) == _LENGTH_OF_HALF_A_PAIR else found[0], text)


def _excerpt(content: bytes, *, secret: bool) -> str:
    """Return the beginning of a body, for a message.

    Args:
        content: The body.
        secret: The body may hold secrets: return its beginning only where it is a page, such as a proxy's.
    """
    text = content.strip().decode("utf-8", "replace")
    if secret and text and not text.startswith("<"):
        return f"{len(content)} bytes that may hold secrets"
    return repr(text[:200]) if text else "an empty body"


__all__ = ["MALFORMED", "TypeDecoder", "build_model", "decode_body", "decoder_of", "repaired", "untyped"]
