"""Reading a query as leniently as Buildkite does."""

from __future__ import annotations

from .api.request import Pairs, Refused
from .times import read

PER_PAGE = 30
MOST_PER_PAGE = 100


class Parameters:
    """The parameters of a query. Of a scalar given twice the last one counts; unknown ones are ignored."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def text(self, name: str) -> str | None:
        """A scalar; None where it is absent or empty."""
        return next((value for key, value in reversed(self.pairs) if key == name and value), None)

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value."""
        value = self.text(name)
        return default if value is None else value.lower() in ("true", "1", "yes", "on")

    def number(self, name: str, default: int) -> int:
        """A whole number from one on; the default for anything else."""
        value = (self.text(name) or "")[:9]
        return int(value) if value.isascii() and value.isdigit() and int(value) > 0 else default

    def listed(self, name: str) -> list[str]:
        """The values of `name[]`."""
        return [value for key, value in self.pairs if key == f"{name}[]" and value]

    def either(self, name: str) -> list[str]:
        """The values of `name[]` and of the scalar `name`."""
        scalar = self.text(name)
        return self.listed(name) + ([scalar] if scalar is not None else [])

    def keyed(self, name: str) -> dict[str, str]:
        """The values of `name[key]`."""
        return {
            key[len(name) + 1 : -1]: value
            for key, value in self.pairs
            if key.startswith(f"{name}[") and key.endswith("]") and len(key) > len(name) + 2
        }

    def hour(self, name: str) -> float | None:
        """An ISO 8601 hour, in seconds since the epoch.

        Raises:
            Refused: it is none.
        """
        value = self.text(name)
        if value is None:
            return None
        try:
            return read(value)
        except (ValueError, OverflowError):
            raise Refused(400, f"{name} isn't an ISO 8601 date or time") from None
