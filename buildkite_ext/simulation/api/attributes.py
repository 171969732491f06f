"""Attributes of a request's body, read as leniently as Buildkite reads them.

What doesn't fit is refused with 422 and `Validation failed: …`, the form that Buildkite documents for clusters, teams and
portals. The texts behind it are not documented; here they are those that Rails gives.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_network
from typing import cast

from ...timestamps import parse_time
from .request import Json, RefusedRequest

__all__ = ["Attributes", "slug_of", "validation_failed"]


def validation_failed(reason: str) -> RefusedRequest:
    """Return the refusal of a body for a reason."""
    return RefusedRequest(422, f"Validation failed: {reason}")


class Attributes:
    """Attributes of a body. Null stands for an attribute that is left out, and unknown attributes are ignored.

    Each method raises `RefusedRequest` for a value of another type.
    """

    def __init__(self, body: Json) -> None:
        self.body = body

    def __contains__(self, name: str) -> bool:
        return name in self.body

    def text(self, name: str, *, blank: bool = True) -> str | None:
        """Return a text; None where it is left out.

        Args:
            name: the name of the attribute.
            blank: whether it may be blank.
        """
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise validation_failed(f"{name} must be a string")
        if not blank and not value.strip():
            raise validation_failed(f"{_label(name)} can't be blank")
        return value

    def required(self, name: str) -> str:
        """Return a text that has to be given and not blank."""
        value = self.text(name, blank=False)
        if value is None:
            raise validation_failed(f"{_label(name)} can't be blank")
        return value

    def choice(self, name: str, values: Collection[str]) -> str | None:
        """Return a text that is one of some values; None where it is left out."""
        value = self.text(name)
        if value is not None and value not in values:
            raise validation_failed(f"{name} must be {' or '.join(values)}")
        return value

    def flag(self, name: str) -> bool | None:
        """Return a boolean, which may be sent as a text; None where it is left out."""
        value = self.body.get(name)
        if isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
            return value.lower() in ("true", "1")
        if value is not None and not isinstance(value, bool):
            raise validation_failed(f"{name} must be true or false")
        return value

    def texts(self, name: str) -> list[str] | None:
        """Return a list of texts; None where it is left out."""
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
            raise validation_failed(f"{name} must be a list of strings")
        return cast("list[str]", value)

    def objects(self, name: str) -> list[Attributes] | None:
        """Return a list of objects; None where it is left out."""
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in cast("list[object]", value)):
            raise validation_failed(f"{name} must be a list of objects")
        return [Attributes(item) for item in cast("list[Json]", value)]

    def object(self, name: str) -> Attributes | None:
        """Return an object; None where it is left out."""
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise validation_failed(f"{name} must be an object")
        return Attributes(cast("Json", value))

    def time(self, name: str) -> float | None:
        """Return a time in seconds since the epoch; None where it is left out."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return parse_time(value)
        except (ValueError, OverflowError):
            raise validation_failed(f"{name} must be an ISO 8601 time") from None

    def networks(self, name: str) -> str | None:
        """Return IP networks in CIDR notation, separated by spaces; None where they are left out."""
        value = self.text(name)
        try:
            for network in (value or "").split():
                ip_network(network, strict=False)
        except ValueError:
            raise validation_failed(f"{_label(name)} must be IP networks in CIDR notation") from None
        return value


def slug_of(name: str) -> str:
    """Return the slug for a name: its letters and digits in lower case, the rest as single hyphens.

    Example:
        >>> slug_of("My suite, the 2nd")
        'my-suite-the-2nd'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
