"""Values of a YAML text as Buildkite's own tools read them, each with its line and column.

The reading differs from PyYAML's own: `yes`, `on` and `12:30` are texts, a key is always a text, `08` is a number, and the same
key may stand twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import yaml

__all__ = [
    "Mark",
    "PipelineError",
    "PipelineProblem",
    "Tree",
    "TreeList",
    "TreeMap",
    "describe",
    "documents",
    "repeated_keys",
    "text_of",
    "yaml_problem",
]

_MOST_VALUES = 100_000
"""Keys and values of one text. Aliases of aliases could otherwise make a small text a huge document."""

_MOST_NESTED = 100
_TOO_DEEP = f"nested deeper than {_MOST_NESTED}, the most that is read here"

_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]{0,19}))")
_BASES = (16, 2, 8, 10)
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**64 - 1
"""Bounds of Buildkite's parser. A decimal number outside of them is a float."""

_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:( +|[Tt])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?"
    r"(Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?"
)
_LEAP_YEAR = 4
"""Year with the days of the year 0, which Python doesn't have."""

_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null", "timestamp"))
"""Tags of scalars that are no texts."""

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Place in a text, as editors count it: both numbers begin with 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class PipelineProblem:
    """Error or warning about a pipeline's text.

    Attributes:
        level: `error` if Buildkite would refuse the text, else `warning`.
        message: what is wrong, and what was expected there.
        mark: the place.
        inside: the text at that place and the index of the character in it that is wrong, where that is known.
    """

    level: Literal["error", "warning"]
    message: str
    mark: Mark
    inside: tuple[str, int] | None = field(default=None, compare=False, repr=False)


class PipelineError(ValueError):
    """Error of a pipeline's text.

    Attributes:
        problem: the error with its place.
    """

    def __init__(self, message: str, mark: Mark) -> None:
        super().__init__(f"line {mark.line}, column {mark.column}: {message}")
        self.problem = PipelineProblem("error", message, mark)


class TreeMap(dict[str, "Tree"]):
    """Mapping with its place, and those of its keys and values.

    Attributes:
        mark: its place.
        repeated: the keys that stand in it more than once, with the place of each that replaces an earlier one.
    """

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.repeated: list[tuple[str, Mark]] = []
        self._keys: dict[str, Mark] = {}
        self._values: dict[str, Mark] = {}

    def put(self, key: str, value: Tree, at_key: Mark, at_value: Mark) -> None:
        """Set a value with its places."""
        self[key] = value
        self._keys[key], self._values[key] = at_key, at_value

    def move(self, key: str, value: Tree, other: TreeMap, name: str) -> None:
        """Set a value that another mapping has under a name, perhaps in another form."""
        self.put(key, value, other.key_mark(name), other.value_mark(name))

    def key_mark(self, key: str) -> Mark:
        """Return the place of a key."""
        return self._keys.get(key, self.mark)

    def value_mark(self, key: str) -> Mark:
        """Return the place of a value."""
        return self._values.get(key, self.mark)

    def copy(self) -> TreeMap:
        """Return a copy of the mapping itself, without copies of its values."""
        copied = TreeMap(self.mark)
        copied.update(self)
        copied._keys, copied._values = dict(self._keys), dict(self._values)
        return copied


class TreeList(list["Tree"]):
    """List with its place, and those of its items."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self._marks: list[Mark] = []

    def put(self, value: Tree, mark: Mark) -> None:
        """Append a value with its place."""
        self.append(value)
        self._marks.append(mark)

    def item_mark(self, index: int) -> Mark:
        """Return the place of an item."""
        return self._marks[index] if index < len(self._marks) else self.mark


Tree = None | bool | int | float | str | TreeList | TreeMap


def documents(text: str) -> list[tuple[Tree, Mark]]:
    """Return the documents of a YAML text, each with the place where it begins. An empty text is one document.

    Raises:
        PipelineError: the text isn't YAML, refers to itself, or is too large when its aliases are followed.
        ImportError: PyYAML isn't installed.

    Example:
        >>> documents("steps:\\n  - command: yes\\n    timeout: 0x10\\n")[0][0]
        {'steps': [{'command': 'yes', 'timeout': 16}]}
    """
    try:
        import yaml
    except ImportError as error:
        raise ImportError("Reading a pipeline needs PyYAML: pip install 'buildkite-ext[simulator]'") from error
    loader: type[yaml.CLoader | yaml.Loader] = getattr(yaml, "CLoader", yaml.Loader)
    try:
        tagged = _scan(text, loader)
        nodes = list(yaml.compose_all(text, Loader=loader))
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        message, mark = yaml_problem(text, error)
        if _begins_with_tab(text, mark):
            message = "this line is indented with a tab: YAML takes spaces alone"
        raise PipelineError(f"not YAML: {message}", mark) from None
    found = [(_Constructor(tagged).value(node), _mark(node.start_mark)) for node in nodes if node is not None]
    return found or [(None, Mark(1, 1))]


def yaml_problem(text: str, error: yaml.YAMLError | UnicodeEncodeError) -> tuple[str, Mark]:
    """Return what PyYAML says about a text that it can't read, and the place of it.

    Example:
        >>> import yaml
        >>> try:
        ...     yaml.safe_load("steps:\\n- command: a\\0b")
        ... except yaml.YAMLError as error:
        ...     yaml_problem("steps:\\n- command: a\\0b", error)
        ('the character U+0000 is not allowed', Mark(line=2, column=13))
    """
    import yaml

    if isinstance(error, UnicodeEncodeError):  # half a character, which PyYAML's C part can't take
        return "it holds half a character", _mark_at(text, error.start)
    if isinstance(error, yaml.reader.ReaderError):
        found = error.character if isinstance(error.character, str) else chr(error.character)
        return f"the character U+{ord(found):04X} is not allowed", _mark_at(text, max(0, text.find(found)))
    if isinstance(error, yaml.MarkedYAMLError):
        message = " ".join(filter(None, (error.context, error.problem)))
        return message, _within(text, _mark(error.problem_mark or error.context_mark))
    return " ".join(str(error).split()), Mark(1, 1)


def _mark_at(text: str, position: int) -> Mark:
    """Return the place of a character."""
    before = text[:position].replace("\r\n", "\n").replace("\r", "\n")
    return Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _within(text: str, mark: Mark) -> Mark:
    """Return a place of a text: its end, if the place is on a line behind the last one."""
    lines = f"{text}.".splitlines()  # a line break at the end begins another line
    return mark if mark.line <= len(lines) else Mark(len(lines), len(lines[-1]))


def _begins_with_tab(text: str, mark: Mark) -> bool:
    """Tell whether a line is indented with a tab."""
    lines = text.splitlines()
    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    return "\t" in line[: len(line) - len(line.lstrip())]


def _scan(text: str, loader: type[yaml.CLoader | yaml.Loader]) -> frozenset[Mark]:
    """Return the places of the scalars that a tag says to be texts, of a text that is neither too deep nor too large.

    PyYAML composes by recursion in C, which ends the process for a text that is nested too deeply.

    Raises:
        PipelineError: it is nested too deeply, or too large when its aliases are followed.
    """
    import yaml

    tagged: set[Mark] = set()
    count = 0
    opened: list[tuple[str | None, int]] = []
    """Anchors of the mappings and lists around, each with the count before it."""
    sizes: dict[str, int] = {}
    """Counts of what has an anchor."""
    aliases = False
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = count - before
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        if isinstance(event, yaml.AliasEvent):
            count += sizes.get(str(event.anchor), 1)
            aliases = True
        elif isinstance(event, yaml.ScalarEvent):
            count += 1
            if event.tag is not None and event.tag not in _TAGS:
                tagged.add(_mark(event.start_mark))
        else:
            opened.append((event.anchor, count))
            count += 1
            if len(opened) > _MOST_NESTED:
                raise PipelineError(_TOO_DEEP, _mark(event.start_mark))
        if count > _MOST_VALUES:
            message = f"more than {_MOST_VALUES:,} keys and values{', when aliases are followed' if aliases else ''}"
            raise PipelineError(f"{message}: it is the most that is read here", _mark(event.start_mark))
    return frozenset(tagged)


def repeated_keys(tree: Tree) -> Iterator[PipelineProblem]:
    """Yield a warning for each key that stands in a mapping again. A mapping that aliases name is looked at once."""
    seen: set[Mark] = set()
    pending = [tree]
    while pending:
        value = pending.pop()
        if isinstance(value, TreeMap):
            for key, mark in value.repeated:
                if mark not in seen:
                    seen.add(mark)
                    yield PipelineProblem("warning", f"`{key}` stands in this mapping twice: the last one counts", mark)
            pending += value.values()
        elif isinstance(value, TreeList):
            pending += value


def describe(value: Tree) -> str:
    """Return what a value is, in the words of YAML.

    Example:
        >>> describe(None), describe(2.5), describe("")
        ('empty', 'a number', 'a text')
    """
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case TreeList():
            return "a list"
        case _:
            return "a mapping"


def text_of(value: Tree) -> str:
    """Return the text that a scalar is where a text is expected.

    Raises:
        TypeError: the value is a list or a mapping.

    Example:
        >>> [text_of(value) for value in (None, True, 1.0, 1e6, 0.1, "a")]
        ['', 'true', '1', '1e+06', '0.1', 'a']
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return _float_text(value)
        case int() | str():
            return str(value)
        case _:
            raise TypeError("a text was expected")


def _float_text(value: float) -> str:
    """Return the shortest text of a number, with an exponent where that is below -4 or above 5."""
    exact = Decimal(repr(value)).normalize()
    if -4 <= exact.adjusted() <= 5:
        return f"{exact:f}"
    mantissa, _, exponent = f"{exact:e}".partition("e")
    return f"{mantissa}e{int(exponent):+03d}"


class _LibraryMark(Protocol):
    """Place in a text as PyYAML counts it, from 0. Its C loader has a class of its own."""

    line: int
    column: int


def _mark(mark: _LibraryMark | None) -> Mark:
    if mark is None:
        return Mark(1, 1)
    return Mark(mark.line + 1, mark.column + 1)


class _Constructor:
    """Constructor of the values of one document.

    Args:
        tagged: the places of the scalars that a tag says to be texts.
    """

    def __init__(self, tagged: frozenset[Mark]) -> None:
        self._tagged = tagged
        self._open: set[int] = set()

    def value(self, node: yaml.Node) -> Tree:
        """Return the value of a node.

        Raises:
            PipelineError: it holds itself, or a key isn't a text.
        """
        import yaml

        mark = _mark(node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return str(node.value) if mark in self._tagged else _scalar(node)
        with _Inside(self._open, node, mark):
            if isinstance(node, yaml.SequenceNode):
                items = TreeList(mark)
                for item in node.value:
                    items.put(self.value(item), _mark(item.start_mark))
                return items
            found = TreeMap(mark)
            for key, key_node, value_node in self._pairs(node, set()):
                if key in found:
                    found.repeated.append((key, _mark(key_node.start_mark)))
                found.put(key, self.value(value_node), _mark(key_node.start_mark), _mark(value_node.start_mark))
            return found

    def _pairs(self, node: yaml.Node, merged: set[int]) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Yield the keys and values of a mapping, those that `<<` merges into it included."""
        import yaml

        if isinstance(node, yaml.SequenceNode):
            seen: set[str] = set()
            for each in node.value:
                for pair in self._pairs(each, merged):
                    if pair[0] not in seen:
                        seen.add(pair[0])
                        yield pair
            return
        if not isinstance(node, yaml.MappingNode):
            raise PipelineError("`<<` takes a mapping, or a list of mappings", _mark(node.start_mark))
        if id(node) in merged:
            return
        merged.add(id(node))
        own = {_key(key) for key, _ in node.value if not _merges(key)}
        for key_node, value_node in node.value:
            if not _merges(key_node):
                yield _key(key_node), key_node, value_node
                continue
            for pair in self._pairs(value_node, merged):
                if pair[0] not in own:
                    own.add(pair[0])
                    yield pair


class _Inside:
    """Note that a node is being read, so that one that holds itself is found."""

    def __init__(self, nodes: set[int], node: yaml.Node, mark: Mark) -> None:
        if id(node) in nodes:
            raise PipelineError("an alias stands inside of what it names: infinite recursion", mark)
        if len(nodes) >= _MOST_NESTED:
            raise PipelineError(_TOO_DEEP, mark)
        self._nodes, self._id = nodes, id(node)

    def __enter__(self) -> None:
        self._nodes.add(self._id)

    def __exit__(self, *_: object) -> None:
        self._nodes.discard(self._id)


def _is_plain(node: yaml.ScalarNode) -> bool:
    return not node.style  # None from the Python loader, "" from the C one


def _merges(node: yaml.Node) -> bool:
    import yaml

    return isinstance(node, yaml.ScalarNode) and node.value == "<<" and _is_plain(node)


def _key(node: yaml.Node) -> str:
    import yaml

    if not isinstance(node, yaml.ScalarNode):
        raise PipelineError("a key has to be a text", _mark(node.start_mark))
    value = _scalar(node)
    if value is None:
        raise PipelineError("a key is empty: a text was expected", _mark(node.start_mark))
    return f"{value:e}" if isinstance(value, float) else text_of(value)


def _scalar(node: yaml.ScalarNode) -> Tree:
    text = node.value
    if not _is_plain(node) or not isinstance(text, str):
        return str(text)
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    digits = text if text[0] == "." else text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    if _FLOAT.fullmatch(digits) is not None and isfinite(float(digits)):
        return float(digits)
    return _time(text)


def _integer(text: str) -> int | None:
    """Return the integer that a text is; None if it is none, or too large for one."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    sign, *digits = match.groups()
    number = next(int(found, base) for found, base in zip(digits, _BASES, strict=True) if found)
    number = -number if sign == "-" else number
    return number if _LEAST_INTEGER <= number <= _MOST_INTEGER else None


def _time(text: str) -> str:
    """Return a time in the form of RFC 3339, and any other text as it is.

    A zone has to stand behind a time after `T`, and can't behind one after a space, as Buildkite's parser has it.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return text
    year, month, day, separator, hour, minute, second, fraction, zone = match.groups()
    if separator is not None and separator.isspace() is not (zone is None):
        return text
    try:
        found = datetime(
            int(year) or _LEAP_YEAR, int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return text
    shown = (fraction or "")[:9].rstrip("0")
    utc = zone is None or zone[1:] in ("", "00:00")
    return f"{year}{found.isoformat()[4:]}{'.' if shown else ''}{shown}{'Z' if utc else zone}"
