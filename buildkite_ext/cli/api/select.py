"""`--select`: a path into JSON. Small on purpose; `--jq` does everything else.

    number            the value of a key                 (also .number)
    creator.name      a key of a key
    jobs[0], jobs[-1] an item of a list, from its end with a minus
    ["a key"]         a key with any characters, as a JSON string
    jobs[].name       from each item of a list: the values make one list, whatever the number of []
    .                 everything

What isn't there is null: a key that is missing, an index past the end, a key of a list. `[]` of what is no list gives
nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..problem import UsageError

STEP = re.compile(
    r"""(?P<each>\[\]) | \[(?P<index>-?[0-9]{1,9})\] | \[(?P<key>"(?:[^"\\]|\\.)*")\] | (?P<dot>\.?)(?P<name>[^.\[\]"\s]+)""",
    re.VERBOSE,
)


class Each:
    """The step `[]`."""


EACH = Each()
Step = str | int | Each


@dataclass(frozen=True, slots=True)
class Selection:
    """A path that was understood.

    Example:
        >>> Selection.parse("jobs[].name").of({"jobs": [{"name": "test"}, {}]})
        ['test', None]
        >>> Selection.parse("creator.name").of({"creator": None}) is None
        True
    """

    steps: tuple[Step, ...]

    @classmethod
    def parse(cls, path: str) -> Selection:
        """Read a path.

        Raises:
            UsageError: it isn't one.
        """
        if not path.strip():
            raise UsageError("--select is empty; . selects everything.")
        steps: list[Step] = []
        rest = path.strip()
        at = 1 if rest == "." or rest.startswith(".[") else 0  # as jq writes it
        while at < len(rest):
            found = STEP.match(rest, at)
            if found is None or (found["name"] and at and not found["dot"]):
                raise UsageError(
                    f"--select: {path!r} isn't a path, from character {at + 1} on: write a.b, a[0], a[].b or [].b; --jq "
                    "takes more than paths."
                )
            steps.append(_step(found, path))
            at = found.end()
        return cls(tuple(steps))

    @property
    def many(self) -> bool:
        """Whether the result is a list of values."""
        return EACH in self.steps

    def of(self, value: Any) -> Any:
        """What the path leads to: never an error, whatever the value."""
        found = self.values(value)
        return found if self.many else found[0]

    def values(self, value: Any) -> list[Any]:
        """All that the path leads to; one value where it has no `[]`."""
        values = [value]
        for step in self.steps:
            if isinstance(step, Each):
                values = [item for one in values if isinstance(one, list) for item in one]
            else:
                values = [_get(one, step) for one in values]
        return values

    def item(self) -> Selection | None:
        """The same path, of each item of a list; None where it needs the whole list."""
        return Selection(self.steps[1:]) if self.steps and isinstance(self.steps[0], Each) else None


def _step(found: re.Match[str], path: str) -> Step:
    if found["each"]:
        return EACH
    if found["index"]:
        return int(found["index"])
    if found["name"]:
        return found["name"]
    try:
        return str(json.loads(found["key"]))
    except ValueError:
        raise UsageError(f"--select {path!r}: {found['key']} isn't a JSON string.") from None


def _get(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    if isinstance(value, list) and -len(value) <= step < len(value):
        return value[step]
    return None
