"""Fields of a request's body, read as leniently as Buildkite reads them.

The types are the same for all operations, but not the form of a refusal: `Fields` collects all that is wrong, `Attributes`
refuses the first of it. Null stands for a field that is left out, and unknown fields are ignored. The documentation
describes none of this; it is how lenient Buildkite is elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from ipaddress import ip_network
from typing import TypeVar, cast

from ...timestamps import parse_time
from .request import Json, invalid, validation_failed

__all__ = ["Attributes", "Fields"]

T = TypeVar("T")
U = TypeVar("U")


class _TypedBody(ABC):
    """Body whose fields have types. Each method returns None for a field that is left out, or has another type.

    Attributes:
        body: the body.
    """

    _FLAGS: Mapping[str, bool] = {"true": True, "false": False}
    """Texts that stand for a boolean, in any case."""

    def __init__(self, body: Json) -> None:
        self.body = body

    def __contains__(self, name: str) -> bool:
        """Tell whether a field is there, null or not."""
        return name in self.body

    @abstractmethod
    def refuse(self, name: str, reason: str, /) -> None:
        """Refuse a field for a reason."""

    def _text(self, name: str) -> str | None:
        value = self.body.get(name)
        if value is None or isinstance(value, str):
            return value
        self.refuse(name, f"{name} must be a string")
        return None

    def _flag(self, name: str) -> bool | None:
        value = self.body.get(name)
        if isinstance(value, str):
            value = self._FLAGS.get(value.lower(), value)
        if value is None or isinstance(value, bool):
            return value
        self.refuse(name, f"{name} must be true or false")
        return None

    def _list(self, name: str, kind: type[T], kinds: str) -> list[T] | None:
        value = self.body.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(item, kind) for item in cast("list[object]", value)):
            return cast("list[T]", value)
        self.refuse(name, f"{name} must be a list of {kinds}")
        return None

    def _texts(self, name: str) -> list[str] | None:
        return self._list(name, str, "strings")

    def _objects(self, name: str) -> list[Json] | None:
        return cast("list[Json] | None", self._list(name, dict, "objects"))

    def _object(self, name: str) -> Json | None:
        value = self.body.get(name)
        if value is None or isinstance(value, dict):
            return cast("Json | None", value)
        self.refuse(name, f"{name} must be an object")
        return None


class Fields(_TypedBody):
    """Fields of a body of which all that is wrong is refused at once, by `check_listed` or `check_told`.

    A field that is left out has the default that the caller gives, which for an update is the value that it has. So has
    one that is null, but for those with `nullable`.

    Args:
        body: the body.

    Attributes:
        wrong: the names of the fields that are wrong, each with the reason.
    """

    def __init__(self, body: Json) -> None:
        super().__init__(body)
        self.wrong: list[tuple[str, str]] = []

    def given(self, name: str) -> bool:
        """Tell whether a field is there, and not null."""
        return self.body.get(name) is not None

    def refuse(self, name: str, reason: str, /) -> None:
        """Note what is wrong with a field. The first that is noted counts."""
        if all(known != name for known, _ in self.wrong):
            self.wrong.append((name, reason))

    def required(self, name: str) -> str:
        """Return a text that must be there and not be blank; an empty text where it is wrong."""
        value = self.body.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.refuse(name, f"{name} can't be blank" if value is None or value == "" else f"{name} must be a string")
        return ""

    def kept(self, name: str, default: str) -> str:
        """Return a text that may be left out and not be blank."""
        return self.required(name) if self.given(name) else default

    def text(self, name: str, default: T) -> str | T:
        """Return a text."""
        return _or(self._text(name), default)

    def nullable(self, name: str, default: str | None) -> str | None:
        """Return a text that null clears, and so does an empty one."""
        return (self._text(name) or None) if name in self else default

    def flag(self, name: str, default: bool) -> bool:
        """Return a boolean, which may be sent as a text."""
        return _or(self._flag(name), default)

    def whole(self, name: str, default: T) -> int | T:
        """Return a number above 0, which may be sent as a text."""
        value = self.body.get(name)
        if value is None:
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.refuse(name, f"{name} must be a number above 0")
        return default

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return one of some texts."""
        value = self.text(name, default)
        if value not in choices:
            self.refuse(name, f"{name} must be one of {', '.join(choices)}")
        return value

    def texts(self, name: str, default: T) -> tuple[str, ...] | T:
        """Return a list of texts."""
        found = self._texts(name)
        return default if found is None else tuple(found)

    def items(self, name: str) -> list[Json]:
        """Return a list of objects."""
        return self._objects(name) or []

    def mapping(self, name: str) -> Json:
        """Return an object."""
        return self._object(name) or {}

    def variables(self, name: str) -> dict[str, str]:
        """Return environment variables. Values that aren't texts become texts."""
        return {key: _variable(value) for key, value in self.mapping(name).items() if value is not None}

    def check_listed(self) -> None:
        """Refuse what is wrong, in the form that lists it.

        Raises:
            RefusedRequest: something is wrong.
        """
        if self.wrong:
            raise invalid(*self.wrong)

    def check_told(self) -> None:
        """Refuse what is wrong, in the form that tells it in one sentence.

        Raises:
            RefusedRequest: something is wrong.
        """
        if self.wrong:
            raise validation_failed(", ".join(reason for _, reason in self.wrong))


class Attributes(_TypedBody):
    """Fields of a body of which the first that is wrong is refused.

    The refusal has the form that Buildkite documents for clusters, teams and portals. The texts behind it are not
    documented; here they are those that Rails gives.

    Each method returns None for a field that is left out, and raises `RefusedRequest` for a value of another type.
    """

    _FLAGS: Mapping[str, bool] = {"true": True, "false": False, "1": True, "0": False}

    def refuse(self, _: str, reason: str, /) -> None:
        """Refuse a field for a reason.

        Raises:
            RefusedRequest: always.
        """
        raise validation_failed(reason)

    def text(self, name: str, *, blank: bool = True) -> str | None:
        """Return a text.

        Args:
            name: the name of the field.
            blank: whether it may be blank.
        """
        value = self._text(name)
        if value is not None and not blank and not value.strip():
            raise validation_failed(f"{_label(name)} can't be blank")
        return value

    def required(self, name: str) -> str:
        """Return a text that has to be given and not blank."""
        value = self.text(name, blank=False)
        if value is None:
            raise validation_failed(f"{_label(name)} can't be blank")
        return value

    def choice(self, name: str, values: Collection[str]) -> str | None:
        """Return a text that is one of some values."""
        value = self.text(name)
        if value is not None and value not in values:
            raise validation_failed(f"{name} must be {' or '.join(values)}")
        return value

    def flag(self, name: str) -> bool | None:
        """Return a boolean, which may be sent as a text."""
        return self._flag(name)

    def texts(self, name: str) -> list[str] | None:
        """Return a list of texts."""
        return self._texts(name)

    def objects(self, name: str) -> list[Attributes] | None:
        """Return a list of objects."""
        found = self._objects(name)
        return None if found is None else [Attributes(item) for item in found]

    def object(self, name: str) -> Attributes | None:
        """Return an object."""
        found = self._object(name)
        return None if found is None else Attributes(found)

    def time(self, name: str) -> float | None:
        """Return a time in seconds since the epoch."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse_time(value)
        except (ValueError, OverflowError):
            raise validation_failed(f"{name} must be an ISO 8601 time") from None

    def networks(self, name: str) -> str | None:
        """Return IP networks in CIDR notation, separated by spaces."""
        value = self.text(name)
        try:
            for network in (value or "").split():
                ip_network(network, strict=False)
        except ValueError:
            raise validation_failed(f"{_label(name)} must be IP networks in CIDR notation") from None
        return value


def _or(value: T | None, default: U) -> T | U:
    return default if value is None else value


def _variable(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
