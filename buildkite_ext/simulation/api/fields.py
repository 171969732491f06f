"""Fields of a request's body: their types are checked, and all that is wrong with them is refused at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar, cast

from .request import Json, RefusedRequest, invalid

__all__ = ["Fields"]

T = TypeVar("T")


class Fields:
    """Fields of a body. What is wrong with them is collected.

    A field that is left out has the default that the caller gives, which for an update is the value that it has. So has
    one that is null, but for those with `nullable`. A boolean or a number may be a string: `"true"`. The documentation
    describes none of this; it is how lenient Buildkite is elsewhere.

    Args:
        body: the body.
    """

    def __init__(self, body: Json) -> None:
        self._body = body
        self.wrong: list[tuple[str, str]] = []

    def given(self, name: str) -> bool:
        """Tell whether a field is there, and not null."""
        return self._body.get(name) is not None

    def has(self, name: str) -> bool:
        """Tell whether a field is there, null or not."""
        return name in self._body

    def value(self, name: str) -> object:
        """Return a field as it came; None where it is left out."""
        return self._body.get(name)

    def refuse(self, name: str, reason: str) -> None:
        """Note what is wrong with a field. The first that is noted counts."""
        if all(known != name for known, _ in self.wrong):
            self.wrong.append((name, reason))

    def required(self, name: str) -> str:
        """Return a text that must be there and not be blank; an empty text where it is wrong."""
        value = self._body.get(name)
        if isinstance(value, str) and value.strip():
            return value
        self.refuse(name, f"{name} can't be blank" if value is None or value == "" else f"{name} must be a string")
        return ""

    def kept(self, name: str, default: str) -> str:
        """Return a text that may be left out and not be blank."""
        return self.required(name) if self.given(name) else default

    def text(self, name: str, default: T) -> str | T:
        """Return a text."""
        value = self._body.get(name)
        if value is None or isinstance(value, str):
            return default if value is None else value
        self.refuse(name, f"{name} must be a string")
        return default

    def nullable(self, name: str, default: str | None) -> str | None:
        """Return a text that null clears, and so does an empty one."""
        return (self.text(name, None) or None) if name in self._body else default

    def flag(self, name: str, default: bool) -> bool:
        """Return a boolean."""
        value = self._body.get(name)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.refuse(name, f"{name} must be true or false")
        return default

    def whole(self, name: str, default: T) -> int | T:
        """Return a number above 0."""
        value = self._body.get(name)
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
        value = self._body.get(name)
        if value is None:
            return default
        if isinstance(value, list) and all(isinstance(item, str) for item in cast("list[object]", value)):
            return tuple(cast("list[str]", value))
        self.refuse(name, f"{name} must be a list of strings")
        return default

    def items(self, name: str) -> list[Json]:
        """Return a list of objects."""
        value = self._body.get(name)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(item, dict) for item in cast("list[object]", value)):
            return cast("list[Json]", value)
        self.refuse(name, f"{name} must be a list of objects")
        return []

    def mapping(self, name: str, default: Json | None = None) -> Json:
        """Return an object."""
        value = self._body.get(name)
        if value is None or isinstance(value, dict):
            return (default or {}) if value is None else cast("Json", value)
        self.refuse(name, f"{name} must be an object")
        return {}

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
            raise RefusedRequest(422, f"Validation failed: {', '.join(reason for _, reason in self.wrong)}")


def _variable(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
