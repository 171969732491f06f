"""Syntax of conditions: the nodes of an expression, and the parser that reads them from a text.

The parser climbs precedences: `?:`, then `||`, then `&&`, then all comparisons and `includes`, then `!`, then calls.
https://buildkite.com/docs/pipelines/configure/conditionals
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from .patterns import PatternError, compile_pattern

if TYPE_CHECKING:
    import regex

__all__ = [
    "Array",
    "Binary",
    "Call",
    "ConditionError",
    "ErrorKind",
    "Expansion",
    "InvalidEscape",
    "Literal_",
    "Node",
    "Not",
    "Pattern",
    "Piece",
    "Ternary",
    "Text",
    "Variable",
    "is_blank",
    "parse",
]

ErrorKind = Literal["parse", "validation", "evaluation", "result"]
"""Kind of an error. `parse`: the text isn't an expression. `validation`: its names or types are wrong. `evaluation`: a value
was wrong when it ran. `result`: it isn't true or false."""

_Operator = Literal["||", "&&", "==", "!=", "=~", "!~", "includes"]


class ConditionError(ValueError):
    """Error of a condition.

    Attributes:
        kind: the kind.
        position: index of the character in the text at which it was found.
    """

    def __init__(self, kind: ErrorKind, message: str, position: int) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.position = position


@dataclass(frozen=True, slots=True)
class Expansion:
    """Environment variable in a text or as an operand: `$NAME`, `${NAME:-default}` and the like.

    Attributes:
        name: the variable.
        operator: empty, or one of `- :- + :+ ? :?`; `:` for a substring.
        word: the text behind the operator.
        offset, length: of a substring; the length is None if it isn't given.
        suffix: what follows `$NAME` and belongs to the operand, as in `$NAME.x`.
    """

    position: int
    name: str
    operator: str = ""
    word: tuple[Piece, ...] = ()
    offset: tuple[Piece, ...] = ()
    length: tuple[Piece, ...] | None = None
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class InvalidEscape:
    """Escape sequence in a default that is an error when the default is used."""

    position: int
    message: str


Piece = str | Expansion | InvalidEscape


@dataclass(frozen=True, slots=True)
class Literal_:  # noqa: N801 - typing has the name
    """Number, true, false or null."""

    position: int
    value: bool | int | None


@dataclass(frozen=True, slots=True)
class Text:
    """Text in quotes. In double quotes, environment variables are expanded."""

    position: int
    pieces: tuple[Piece, ...]

    @property
    def fixed(self) -> str | None:
        """The text, if nothing is expanded in it."""
        return "".join(map(str, self.pieces)) if all(isinstance(piece, str) for piece in self.pieces) else None


@dataclass(frozen=True, slots=True)
class Variable:
    """Name, such as `build.branch`."""

    position: int
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Regular expression."""

    position: int
    compiled: regex.Pattern[str]


@dataclass(frozen=True, slots=True)
class Array:
    """List."""

    position: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """Call of a function."""

    position: int
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    position: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Operator between two operands."""

    position: int
    operator: _Operator
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Ternary:
    """Choice, `condition ? yes : no`."""

    position: int
    condition: Node
    yes: Node
    no: Node


Node = Literal_ | Text | Expansion | Variable | Pattern | Array | Call | Not | Binary | Ternary


class _Token(NamedTuple):
    position: int
    text: str = ""
    kind: Literal["end", "symbol", "name", "number", "node"] = "node"
    node: Node | None = None


_BLANK = re.compile(r"(?:\s+|//[^\n]*)*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SUFFIX = re.compile(r"\.[A-Za-z0-9_.]*")
_SINGLE = re.compile(r"'((?:[^'\\]|\\['\\]?)*+)'")
_SINGLE_ESCAPE = re.compile(r"\\(['\\])")
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*+)/([A-Za-z0-9_]*)", re.DOTALL)
_NUMBER = re.compile(r"[0-9]+")
_SYMBOLS = ("||", "&&", "==", "!=", "=~", "!~", "!", "(", ")", "[", "]", ",", "?", ":")
_WORD_OPERATORS = (":-", ":+", ":?", "-", "+", "?")
_ESCAPES = {
    "n": "\n",
    "s": " ",
    "t": "\t",
    "r": "\r",
    "v": "\v",
    "f": "\f",
    "b": "\b",
    "a": "\a",
    "e": "\x1b",
}
_OCTAL = re.compile(r"[0-7]{1,3}")
_HEX = re.compile(r"[0-9A-Fa-f]{1,2}")
_MOST_NESTED = 50
_MOST_COMPARISONS = 200
"""Comparisons in a row. More would exceed Python's own limit of nested calls. Of `&&` and `||` there may be any number: they
are read as a balanced tree."""

_COMPARISON = 4
_PRECEDENCES: dict[str, int] = {"||": 2, "&&": 3, "==": 4, "!=": 4, "=~": 4, "!~": 4, "includes": 4}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


_MEANT = {
    **dict.fromkeys(("and", "AND", "&"), "&&"),
    **dict.fromkeys(("or", "OR", "|"), "||"),
    **dict.fromkeys(("not", "NOT"), "!"),
    **dict.fromkeys(("=", "is"), "=="),
    "~": "=~",
    "in": "includes",
}
"""Operators of other languages, with those of this one."""


def _meant(found: str) -> str:
    """Return the hint for what isn't an operator of the language."""
    return f": did you mean `{_MEANT[found]}`?" if found in _MEANT else ""


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        ConditionError: the text isn't one.

    Example:
        >>> parse("build.tag != null")
        Binary(position=10, operator='!=', left=Variable(position=0, name='build.tag'), right=Literal_(position=13, value=None))
    """
    return _ExpressionParser(text).run()


def is_blank(text: str) -> bool:
    """Tell whether a text holds nothing but spaces and comments.

    Example:
        >>> is_blank(" // later"), is_blank("true // now")
        (True, False)
    """
    blank = _BLANK.match(text)
    return blank is not None and blank.end() == len(text)


def _balanced(operands: Sequence[Node], operators: Sequence[_Token]) -> Node:
    """Return `&&` or `||` between operands. Their order, in which they run, is all that counts: no tree is deep."""
    if len(operands) == 1:
        return operands[0]
    middle = len(operands) // 2
    token = operators[middle - 1]
    left = _balanced(operands[:middle], operators[: middle - 1])
    right = _balanced(operands[middle:], operators[middle:])
    return Binary(token.position, cast("_Operator", token.text), left, right)


class _ExpressionParser:
    """Parser of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._token = self._next()

    def run(self) -> Node:
        """Read the whole text."""
        node = self._expression()
        if self._token.kind != "end":
            raise self._unexpected("an operator")
        return node

    # Expressions ---------------------------------------------------------------------------------------------------

    def _expression(self) -> Node:
        self._nest(self._token.position)
        node = self._binary(2)
        if self._is("?"):
            position = self._take().position
            yes = self._expression()
            self._expect(":")
            node = Ternary(position, node, yes, self._expression())
        self._depth -= 1
        return node

    def _nest(self, position: int) -> None:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise ConditionError(
                "parse", f"the expression is nested deeper than {_MOST_NESTED}, the most that is read here", position
            )

    def _binary(self, lowest: int) -> Node:
        operand = self._unary if lowest == _COMPARISON else partial(self._binary, lowest + 1)
        operands = [operand()]
        operators: list[_Token] = []
        while self._operator() == lowest:
            operators.append(self._take())
            operands.append(operand())
        if lowest < _COMPARISON:
            return _balanced(operands, operators)
        node = operands[0]
        if len(operators) > _MOST_COMPARISONS:
            message = f"more than {_MOST_COMPARISONS} comparisons in a row, the most that is read here"
            raise ConditionError("parse", message, operators[_MOST_COMPARISONS].position)
        for token, right in zip(operators, operands[1:], strict=True):
            node = Binary(token.position, cast("_Operator", token.text), node, right)
        return node

    def _operator(self) -> int | None:
        if self._token.kind == "symbol" or self._token.text == "includes":
            return _PRECEDENCES.get(self._token.text)
        return None

    def _unary(self) -> Node:
        bangs: list[int] = []
        while self._is("!"):
            bangs.append(self._take().position)
            if len(bangs) > _MOST_NESTED:
                raise ConditionError(
                    "parse", f"more than {_MOST_NESTED} `!` in a row, the most that is read here", bangs[-1]
                )
        node = self._operand()
        for position in reversed(bangs):
            node = Not(position, node)
        return node

    def _operand(self) -> Node:
        token = self._token
        if token.node is not None:
            self._take()
            return token.node
        if token.kind == "number":
            self._take()
            return Literal_(token.position, _number(token))
        if token.kind == "name":
            return self._name()
        if self._is("("):
            self._take()
            node = self._expression()
            self._expect(")")
            return node
        if self._is("["):
            self._take()
            return Array(token.position, self._items("]"))
        raise self._unexpected("a value")

    def _name(self) -> Node:
        token = self._take()
        if token.text in _CONSTANTS:
            return Literal_(token.position, _CONSTANTS[token.text])
        if token.text == "includes":
            raise ConditionError("parse", "`includes` has no value on its left", token.position)
        if self._is("("):
            self._take()
            return Call(token.position, token.text, self._items(")"))
        return Variable(token.position, token.text)

    def _items(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._is(end):
            items.append(self._expression())
            if self._is(","):
                self._take()
            elif not self._is(end):
                raise self._unexpected(f"`,` or `{end}`")
        self._take()
        return tuple(items)

    # Tokens --------------------------------------------------------------------------------------------------------

    def _is(self, symbol: str) -> bool:
        return self._token.kind == "symbol" and self._token.text == symbol

    def _take(self) -> _Token:
        token, self._token = self._token, self._next()
        return token

    def _expect(self, symbol: str) -> None:
        if not self._is(symbol):
            raise self._unexpected(f"`{symbol}`")
        self._take()

    def _unexpected(self, wanted: str) -> ConditionError:
        token = self._token
        found = "the end" if token.kind == "end" else f"`{token.text}`"
        return ConditionError(
            "parse", f"{found} stands where {wanted} was expected{_meant(token.text)}", token.position
        )

    def _next(self) -> _Token:
        blank = _BLANK.match(self._text, self._at)
        assert blank is not None
        start = self._at = blank.end()
        character = self._text[start : start + 1]
        if not character:
            return _Token(start, kind="end")
        if character in "\"'":
            pieces = self._double() if character == '"' else (self._single(),)
            return _Token(start, self._text[start : self._at], node=Text(start, pieces))
        if character == "$":
            return _Token(start, "$", node=self._dollar(suffix=True))
        if character == "/":
            return _Token(start, "/", node=self._pattern())
        if (number := _NUMBER.match(self._text, start)) is not None:
            self._at = number.end()
            return _Token(start, number.group(), "number")
        if (name := _NAME.match(self._text, start)) is not None:
            if ".." in name.group() or name.group().endswith("."):
                raise ConditionError("parse", f"`{name.group()}` is not a name", start)
            self._at = name.end()
            return _Token(start, name.group(), "name")
        for symbol in _SYMBOLS:
            if self._text.startswith(symbol, start):
                self._at += len(symbol)
                return _Token(start, symbol, "symbol")
        raise ConditionError("parse", f"`{character}` is not part of the language{_meant(character)}", start)

    def _single(self) -> str:
        """Read a text in single quotes: only `\\\\` and `\\'` are escapes."""
        found = _SINGLE.match(self._text, self._at)
        if found is None:
            raise ConditionError("parse", "a quote or a brace is not closed", self._at)
        self._at = found.end()
        return _SINGLE_ESCAPE.sub(r"\1", found[1])

    def _double(self) -> tuple[Piece, ...]:
        """Read a text in double quotes."""
        start = self._at
        self._at += 1
        pieces = self._pieces('"', start)
        self._at += 1
        return pieces

    def _pieces(self, end: str, start: int) -> tuple[Piece, ...]:
        """Read texts and expansions up to one of the ends, which isn't read."""
        pieces: list[Piece] = []
        text: list[str] = []
        while self._at < len(self._text) and self._text[self._at] not in end:
            character = self._text[self._at]
            self._at += 1
            if character == "\\":
                escaped = self._escape(start, in_quotes=end == '"')
                if isinstance(escaped, str):
                    text.append(escaped)
                else:
                    pieces.append(escaped)
            elif character in "\"'" and end != '"':  # quotes in a word
                self._at -= 1
                if character == "'":
                    text.append(self._single())
                else:
                    pieces.extend(("".join(text), *self._double()))
                    text.clear()
            elif character != "$" or self._text.startswith("$", self._at):
                self._at += character == "$"
                text.append(character)
            else:
                self._at -= 1
                expansion = self._dollar()
                if expansion is None:
                    text.append("$")
                else:
                    pieces.extend(("".join(text), expansion))
                    text.clear()
        if self._at >= len(self._text):
            raise ConditionError("parse", "a quote or a brace is not closed", start)
        return (*pieces, "".join(text))

    def _escape(self, start: int, *, in_quotes: bool) -> str | InvalidEscape:
        octal = _OCTAL.match(self._text, self._at)
        if octal is not None:
            self._at = octal.end()
            value = int(octal.group(), 8)
            if value > 0o377:
                message = f"`\\{octal.group()}` is more than a byte: write at most `\\377`"
                if in_quotes:
                    raise ConditionError("parse", message, start)
                return InvalidEscape(start, message)
            return chr(value)
        character = self._text[self._at : self._at + 1]
        self._at += 1
        if character == "x" and (code := _HEX.match(self._text, self._at)) is not None:
            self._at = code.end()
            return chr(int(code.group(), 16))
        return _ESCAPES.get(character, character)

    def _dollar(self, *, suffix: bool = False) -> Expansion | None:
        """Read `$NAME` or `${…}`; None if the `$` is a character, which only a text may have."""
        start = self._at
        self._at += 1
        if self._text.startswith("{", self._at):
            return self._braced(start)
        name = _SHELL_NAME.match(self._text, self._at)
        if name is None:
            if suffix:
                raise ConditionError("parse", "`$` has no name", start)
            return None
        self._at = name.end()
        rest = _SUFFIX.match(self._text, self._at) if suffix else None
        if rest is not None:
            self._at = rest.end()
        return Expansion(start, name.group(), suffix="" if rest is None else rest.group())

    def _braced(self, start: int) -> Expansion:
        self._nest(start)
        self._at += 1
        name = _SHELL_NAME.match(self._text, self._at)
        if name is None:
            raise ConditionError("parse", "`${` has no name", start)
        self._at = name.end()
        operator = next((each for each in _WORD_OPERATORS if self._text.startswith(each, self._at)), "")
        word: tuple[Piece, ...] = ()
        offset: tuple[Piece, ...] = ()
        length: tuple[Piece, ...] | None = None
        if operator:
            self._at += len(operator)
            word = self._pieces("}", start)
        elif self._text.startswith(":", self._at):
            operator = ":"
            self._at += 1
            offset = self._pieces(":}", start)
            if self._text.startswith(":", self._at):
                self._at += 1
                length = self._pieces("}", start)
        if not self._text.startswith("}", self._at):
            raise ConditionError("parse", f"`${{{name.group()}` is not closed, or has an unknown operator", start)
        self._at += 1
        self._depth -= 1
        return Expansion(start, name.group(), operator, word, offset, length)

    def _pattern(self) -> Pattern:
        start = self._at
        found = _PATTERN.match(self._text, start)
        if found is None:
            raise ConditionError("parse", "a regular expression is not closed: `/` is missing", start)
        self._at = found.end()
        source, flags = found.groups()
        if flags not in ("", "i"):
            raise ConditionError("parse", f"the flag `{flags}` of a regular expression is unknown: use `i`", start)
        try:
            return Pattern(start, compile_pattern(source, ignore_case=bool(flags)))
        except PatternError as error:
            raise ConditionError("parse", str(error), start) from None


def _number(token: _Token) -> int:
    """Return the value of a number; one that begins with 0 is octal."""
    try:
        return int(token.text, 8 if token.text.startswith("0") else 10)
    except ValueError:
        raise ConditionError("parse", f"`{token.text}` begins with 0 and is not octal", token.position) from None
