"""Attributes of steps: reading of their values, with the place of each that is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ...unknown_names import nearest
from .yaml_tree import Mark, PipelineProblem, Tree, TreeList, TreeMap, describe, text_of

__all__ = ["AttributeReader", "Problems", "unknown_attributes", "whole_number"]

_NUMERIC = re.compile(r"[-+]?(?:\.(?:nan|inf)|\.?[0-9][0-9a-z_.+-]*)", re.IGNORECASE)
"""Texts that are meant as numbers, such as `1e400`, which is too large for one."""

_LONGEST_SHOWN = 40
_FEW = 6
"""Attributes that a warning lists where none is near."""


class Problems:
    """Problems that were found in a pipeline.

    Args:
        warnings: those that are known.
        expanded: False if variables stand in the pipeline as they were written. What a value with a variable will be isn't
            known then, so that it is no error.

    Attributes:
        found: the problems.
        expanded: as above.
    """

    def __init__(self, warnings: Sequence[PipelineProblem] = (), *, expanded: bool = True) -> None:
        self.found = list(warnings)
        self.expanded = expanded

    def error(self, message: str, mark: Mark, *, value: Tree = None) -> None:
        """Note an error.

        Args:
            message: what is wrong.
            mark: the place of the value.
            value: the value; None if the error isn't about it alone.
        """
        if not self.is_open(value):
            self.found.append(PipelineProblem("error", message, mark))

    def warn(self, message: str, mark: Mark) -> None:
        """Note a warning."""
        self.found.append(PipelineProblem("warning", message, mark))

    def in_order(self) -> tuple[PipelineProblem, ...]:
        """Return the problems in the order of their places, without warnings of the parser about values that are errors here."""
        errors = {(each.mark, _subject(each)) for each in self.found if each.level == "error"}
        told = (each for each in self.found if each.level == "error" or (each.mark, _subject(each)) not in errors)
        return tuple(sorted(told, key=lambda each: each.mark))

    def is_open(self, value: Tree) -> bool:
        """Tell whether a value holds a variable that will be expanded."""
        return not self.expanded and isinstance(value, str) and "$" in value


class AttributeReader:
    """Reader of the attributes of one mapping. A value of the wrong form is an error, and counts as not given."""

    def __init__(self, tree: TreeMap, problems: Problems) -> None:
        self.tree = tree
        self._problems = problems

    def error(self, key: str, message: str) -> None:
        """Note an error at an attribute."""
        self._problems.error(message, self.tree.value_mark(key))

    def warn(self, key: str, message: str) -> None:
        """Note a warning at an attribute."""
        self._problems.warn(message, self.tree.key_mark(key))

    def known(self, what: str, *names: str) -> None:
        """Warn of attributes that don't exist, which Buildkite may ignore or refuse.

        Args:
            what: what the mapping is, such as `a rule of retry.automatic`.
            names: the attributes that exist.
        """
        self._problems.found += unknown_attributes(self.tree, names, what)

    def has(self, key: str) -> bool:
        """Tell whether an attribute is there and isn't null."""
        return self.tree.get(key) is not None

    def _wrong(self, key: str, expected: str) -> None:
        value = self.tree[key]
        message = f"`{key}` is {describe(value)}: {expected} was expected"
        self._problems.error(message, self.tree.value_mark(key), value=value)

    def text(self, *keys: str) -> str | None:
        """Return the text of the first attribute that is there."""
        for key in keys:
            if self.has(key):
                try:
                    return text_of(self.tree[key])
                except TypeError:
                    self._wrong(key, "a text")
                    return None
        return None

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a boolean."""
        value = self.tree.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        self._wrong(key, "true or false")
        return default

    def whole(self, key: str, least: int | None = None, most: int | None = None) -> int | None:
        """Return a whole number."""
        value = self.tree.get(key)
        if value is None:
            return None
        number = whole_number(value)
        shown = _cut(text_of(value)) if isinstance(value, float) else str(number)
        if number is None and isinstance(value, str) and _NUMERIC.fullmatch(value):
            self._problems.error(f"`{key}` is {_cut(value)}: a whole number was expected", self.tree.value_mark(key))
        elif number is None:
            self._wrong(key, "a whole number")
        elif least is not None and number < least:
            self.error(key, f"`{key}` is {shown}: at least {least} was expected")
        elif most is not None and number > most:
            self.error(key, f"`{key}` is {shown}: at most {most} was expected")
        else:
            return number
        return None

    def texts(self, key: str, *, split: str | None = None) -> tuple[str, ...]:
        """Return the texts of a list, or of a single value."""
        value = self.tree.get(key)
        if value is None:
            return ()
        if isinstance(value, TreeList):
            for index, item in enumerate(value):
                if isinstance(item, TreeList | TreeMap):
                    message = f"`{key}` holds {describe(item)}: a text was expected"
                    self._problems.error(message, value.item_mark(index))
                    return ()
            return tuple(map(text_of, value))
        text = self.text(key) or ""
        return tuple(part.strip() for part in text.split(split) if part.strip()) if split else (text,)

    def quoted(self, *keys: str) -> None:
        """Warn of numbers, and of true and false, where texts are expected: Buildkite may refuse them."""
        for key in keys:
            value = self.tree.get(key)
            items = list(value) if isinstance(value, TreeList) else [value]
            for item in items:
                if isinstance(item, bool | int | float):
                    message = f"`{key}` is {describe(item)}: a text was expected. Write it in quotes"
                    self._problems.warn(message, self.tree.value_mark(key))
                    break

    def mapping(self, key: str) -> TreeMap | None:
        """Return a mapping."""
        value = self.tree.get(key)
        if isinstance(value, TreeMap) or value is None:
            return value
        self._wrong(key, "a mapping")
        return None

    def variables(self, key: str) -> dict[str, str]:
        """Return a mapping of texts."""
        value = self.mapping(key)
        if value is None:
            return {}
        found = AttributeReader(value, self._problems)
        return {name: found.text(name) or "" for name in value}

    def choice(self, key: str, values: Sequence[str], default: str) -> str:
        """Return one of some values."""
        value = self.text(key)
        if value is None or value in values:
            return value or default
        message = f"`{key}` is {value!r}: one of {', '.join(values)} was expected"
        self._problems.error(message, self.tree.value_mark(key), value=value)
        return default


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _subject(problem: PipelineProblem) -> str:
    """Return what a message is about and what that is, such as "`env` is a list"."""
    return problem.message.partition(":")[0]


def unknown_attributes(tree: TreeMap, known: Collection[str], what: str) -> Iterator[PipelineProblem]:
    """Yield a warning for each attribute that a mapping has and that doesn't exist."""
    for key in tree:
        if key not in known:
            near = nearest(key, known)
            if near:
                hint = f": did you mean `{near}`?"
            elif len(known) <= _FEW:
                hint = f", which has {', '.join(f'`{name}`' for name in known)}"
            else:
                hint = ", and is kept as it is"
            yield PipelineProblem("warning", f"`{key}` is not an attribute of {what}{hint}", tree.key_mark(key))


def whole_number(value: Tree) -> int | None:
    """Return the whole number that a value is, also as a text or a float; None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"[-+]?[0-9]{1,18}", value) else None
    return value if isinstance(value, int) else None
