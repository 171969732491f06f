# Generated from spec/ by `make generate`: edit that, not this.

"""Timestamps in the older of Buildkite's two forms, such as "2018-03-25 03:58:14 UTC", which msgspec does not read.

Bodies that hold one are decoded by types in which a moment is a type of ours, for which msgspec calls a function. That
costs a fraction of a microsecond a moment, and leaves alone what only looks like one in text. msgspec takes one such
function, so it makes the other thing that msgspec has no notion of as well, a `Secret`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

_read = dt.datetime.fromisoformat


class _AnyDatetime(type):
    # msgspec asks for every moment; this method of C, already bound, answers without a call of Python code.
    __instancecheck__ = dt.datetime.__instancecheck__


class Moment(metaclass=_AnyDatetime):
    """A datetime, for msgspec a type that it asks `made_of` for."""


def has_old_form(content: bytes) -> bool:
    """Whether a body may hold a timestamp in the older form."""
    return b' UTC"' in content


def made_of(type_: Any, text: Any) -> Any:
    """What msgspec has no notion of, as its `dec_hook`: a moment of a timestamp in either form, a `Secret` of its text.

    Raises:
        ValueError: The text is no timestamp, or there is none.
    """
    if type_ is not Moment:
        return type_(text)
    if type(text) is str:
        # Every third character from the fifth on stands between two numbers.
        between = text[4:20:3]
        if between == "-- :: " and text[19:] == " UTC":
            return _read(text[:19] + "Z")
        if between == "--T::." and text[23:] == "Z":
            return _read(text)
        try:
            return msgspec.convert(text, dt.datetime)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
    raise ValueError(f"Expected `str`, got `{type(text).__name__}`")
