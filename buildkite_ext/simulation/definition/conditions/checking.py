"""Static check of conditions: names, arguments of `env`, and types. Both sides of `||` are checked, also what never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....unknown_names import nearest
from .syntax import (
    Array,
    Binary,
    Call,
    ConditionError,
    Expansion,
    Literal_,
    Node,
    Not,
    Pattern,
    Ternary,
    Text,
    Variable,
)
from .variables import (
    DOCUMENTED_VALUES,
    ENUM_VALUES,
    VARIABLES,
    EntryPoint,
    Type,
    allowed_in_a_literal,
    nearest_documented,
    only_at_runtime,
    takes_step,
)

__all__ = ["check", "variables_of"]

_BOOL, _STRING, _NUMBER = Type("bool"), Type("string"), Type("number")
_ARRAY, _PATTERN, _NULL = Type("array"), Type("pattern"), Type("null")
_FUNCTIONS = ("env", "build.env")
_ENV_NAME = re.compile(r"[A-Za-z0-9_]+")


def check(node: Node, entry_point: EntryPoint, *, documented: bool) -> None:
    """Check an expression.

    Args:
        node: the expression.
        entry_point: the place in which it stands.
        documented: True if values may be compared that Buildkite's documentation lists and its evaluator refuses.

    Raises:
        ConditionError: a name is unknown or isn't available in this place, an argument or an operand has the wrong type
            (`validation`), or the whole is neither true nor false (`result`).
    """
    if not takes_step(entry_point):
        for each in _nodes(node):
            if isinstance(each, Variable) and each.name.startswith("step."):
                raise _invalid(each, f"`{each.name}` is available in the notifications of a step only")
    for each in _nodes(node):
        if isinstance(each, Call):
            _check_call(each)
    found = _type(node)
    if not documented:
        for each in _nodes(node):
            if isinstance(each, Binary) and isinstance(each.left, Variable) and each.left.name in DOCUMENTED_VALUES:
                _check_value(each.left.name, each.right, ENUM_VALUES[each.left.name])
    if found != _BOOL:
        raise ConditionError("result", f"the condition is a {found}: it has to be true or false", node.position)


def variables_of(node: Node) -> dict[str, Node]:
    """Return the variables and the literal environment variables that an expression reads, by what is written for each."""
    found: dict[str, Node] = {}
    for each in _nodes(node):
        if isinstance(each, Variable):
            found[each.name] = each
        elif isinstance(each, Call) and isinstance(each.arguments[0], Text) and each.arguments[0].fixed is not None:
            found[f'{each.name}("{each.arguments[0].fixed}")'] = each
        elif isinstance(each, Expansion):
            found[f"${each.name}"] = Expansion(each.position, each.name)
    return found


def _invalid(node: Node, message: str) -> ConditionError:
    return ConditionError("validation", message, node.position)


def _nodes(node: Node) -> Iterator[Node]:
    """Yield a node and all below it."""
    yield node
    match node:
        case Array(items=below) | Call(arguments=below):
            pass
        case Not(operand=operand):
            below = (operand,)
        case Binary(left=left, right=right):
            below = (left, right)
        case Ternary(condition=condition, yes=yes, no=no):
            below = (condition, yes, no)
        case Text(pieces=pieces):
            below = tuple(piece for piece in pieces if isinstance(piece, Expansion))
        case Expansion(word=word, offset=offset, length=length):
            pieces = (*word, *offset, *(length or ()))
            below = tuple(piece for piece in pieces if isinstance(piece, Expansion))
        case _:
            below = ()
    for each in below:
        yield from _nodes(each)


def _check_call(node: Call) -> None:
    if node.name not in _FUNCTIONS:
        raise _invalid(node, f"`{node.name}` is not a function: there are `env` and `build.env`")
    if len(node.arguments) != 1:
        raise _invalid(node, f"`{node.name}` takes one argument, the name of an environment variable")
    name = node.arguments[0]
    text = name.fixed if isinstance(name, Text) else None
    if text is None:
        return
    if "$" in text:
        without = text.replace("$", "")
        raise _invalid(name, f"Argument to `env` should not include `$`: did you mean {without}?")
    if _ENV_NAME.fullmatch(text) is None:
        raise _invalid(name, f"Argument to `env` should be an environment variable name, not {text!r}")
    if allowed_in_a_literal(text):
        return
    if only_at_runtime(text):
        raise _invalid(
            name,
            f'Interpolation of "{text}" is not supported: it is known at runtime, when the job runs, and conditions are '
            "decided before",
        )
    near = nearest_documented(text)
    hint = "" if near is None else f', did you mean "{near}"?'
    raise _invalid(name, f'"{text}" is not a valid environment variable{hint}')


def _type(node: Node) -> Type:
    match node:
        case Literal_(value=None):
            return _NULL
        case Literal_(value=bool()):
            return _BOOL
        case Literal_():
            return _NUMBER
        case Text() | Expansion():
            return _STRING
        case Pattern():
            return _PATTERN
        case Variable():
            return _variable(node)
        case Call():
            if _not_enum(node.arguments[0], "as the argument of a function") != _STRING:
                raise _invalid(node, "Argument to `env` should be an environment variable name, a string")
            return _STRING
        case Array(items=items):
            for item in items:
                if _type(item) != _STRING:
                    raise _invalid(item, f"a list holds strings only, and this is a {_type(item)}")
            return _ARRAY
        case Not(operand=operand):
            _needs_bool(operand, "!")
            return _BOOL
        case Ternary():
            return _ternary(node)
        case Binary(operator="||" | "&&"):
            _needs_bool(node.left, node.operator)
            _needs_bool(node.right, node.operator)
            return _BOOL
        case Binary(operator="includes"):
            _includes(node)
            return _BOOL
        case Binary(operator="=~" | "!~"):
            _matches(node)
            return _BOOL
        case Binary():
            _equals(node)
            return _BOOL


def _variable(node: Variable) -> Type:
    found = VARIABLES.get(node.name)
    if found is None:
        near = nearest(node.name, VARIABLES)
        hint = f": did you mean `{near}`?" if near else ""
        raise _invalid(node, f"`{node.name}` is not a variable{hint}")
    return found


def _needs_bool(node: Node, operator: str) -> None:
    found = _type(node)
    if found != _BOOL:
        hint = " Write parentheses round the comparison behind it." if operator == "!" else ""
        raise _invalid(node, f"`{operator}` takes true or false, and this is a {found}.{hint}")


def _not_enum(node: Node, where: str) -> Type:
    """Return the type of an operand that mustn't be an enum."""
    found = _type(node)
    if found.name == "enum":
        raise _invalid(node, f"`{found}` can be compared by == and != only, on their left, and not {where}")
    return found


def _ternary(node: Ternary) -> Type:
    _needs_bool(node.condition, "?")
    yes, no = (_not_enum(branch, "as a branch of ?:") for branch in (node.yes, node.no))
    if yes == _NULL:
        return no
    if no not in (yes, _NULL):
        raise _invalid(node, f"the branches of ?: have two types, {yes} and {no}")
    return yes


def _includes(node: Binary) -> None:
    left, right = _type(node.left), _type(node.right)
    if left not in (_ARRAY, _NULL):
        raise _invalid(node.left, f"`includes` takes a list on its left, and this is a {left}")
    if right not in (_STRING, _PATTERN, _NULL):
        raise _invalid(node.right, f"`includes` takes a string or a regular expression on its right, not a {right}")


def _matches(node: Binary) -> None:
    left, right = _type(node.left), _type(node.right)
    if left not in (_STRING, _NULL):
        raise _invalid(node.left, f"`{node.operator}` takes a string on its left, and this is a {left}")
    if right != _PATTERN:
        raise _invalid(node.right, f"`{node.operator}` takes a regular expression on its right, such as /main/")


def _equals(node: Binary) -> None:
    left, right = _type(node.left), _type(node.right)
    if right.name == "enum":
        raise _invalid(node.right, f"`{right}` has to stand on the left of {node.operator}")
    for side, found in ((node.left, left), (node.right, right)):
        if found == _PATTERN:
            raise _invalid(side, f"a regular expression is compared by =~, not by {node.operator}")
    if left.name == "enum" and right == _STRING:
        _check_value(left.enum, node.right, ENUM_VALUES[left.enum] | DOCUMENTED_VALUES.get(left.enum, frozenset()))
    elif left != right and _NULL not in (left, right):
        raise _invalid(node, f"`{node.operator}` compares a {left} with a {right}: they never are equal")


def _check_value(enum: str, node: Node, values: frozenset[str]) -> None:
    text = node.fixed if isinstance(node, Text) else None
    if text is None or text in values:
        return
    near = nearest(text, ENUM_VALUES[enum])
    hint = f": did you mean {near!r}?" if near else f": there are {', '.join(sorted(ENUM_VALUES[enum]))}"
    raise _invalid(node, f"`{enum}` is never {text!r}{hint}")
