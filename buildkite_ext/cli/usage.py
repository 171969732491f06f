"""Texts for command lines that can't be parsed: what is missing, unknown or too much, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cyclopts import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from ..unknown_names import nearest

if TYPE_CHECKING:
    from cyclopts import CycloptsError
    from cyclopts.argument import Argument

__all__ = ["usage_text"]

_LEAST_ALIKE = 0.6
_OTHER_PROGRAMS = {
    "run": {
        "--ref": "Did you mean --branch?",
        "--watch": "The command follows the build by default; --no-follow only waits.",
        "--follow": "The command follows the build by default; --no-follow only waits.",
        "--wait": "The command waits for the build by default.",
        "-F": "Values for the build are --env K=V and --meta-data K=V.",
        "-f": "Values for the build are --env K=V and --meta-data K=V.",
    },
    "api": {"-q": "Did you mean --jq?", "-p": "Did you mean --paginate?"},
}
"""Options of other programs, such as gh, with the option of this one, by command."""
_KINDS: dict[object, str] = {int: "a whole number", float: "a number"}


def usage_text(error: CycloptsError, words: Sequence[str]) -> str:
    """Return what is wrong with a command line.

    Args:
        error: the parser's error.
        words: the arguments of the command.
    """
    if isinstance(error, UnknownOptionError):
        return _unknown(error, words)
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        return _missing(error.argument, words)
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"too many arguments: {error.unused_tokens[0]!r}."
    if isinstance(error, RepeatArgumentError) and error.token.keyword is not None:
        return f"option {error.token.keyword} is given twice."
    if isinstance(error, CoercionError) and error.argument is not None and error.token is not None:
        kind = _KINDS.get(error.target_type)
        if kind is not None:
            return f"{error.token.keyword or error.argument.name} {error.token.value!r}: give {kind}."
    return str(error)


def _missing(argument: Argument, words: Sequence[str]) -> str:
    """Return the text about a required argument, or an option that has no value.

    A word that looks like the option is a typing error for it. The parser may have taken it for the value of another argument.
    """
    given = next((word for word in words if word in argument.names), None)
    if given is not None:
        return f"option {given} needs a value."
    for word in words:
        if word.startswith("-") and _near_option(word.partition("=")[0], argument.names):
            return _unknown_text(word, argument.names, words)
    kind = "option" if argument.name.startswith("-") else "argument"
    return f"missing {kind} {argument.name}."


def _unknown(error: UnknownOptionError, words: Sequence[str]) -> str:
    names = [name for argument in error.argument_collection if argument.parse for name in argument.names]
    return _unknown_text(error.token.keyword or error.token.value, names, words)


def _unknown_text(word: str, names: Iterable[str], words: Sequence[str]) -> str:
    """Return the text about an unknown option, without its value, which may be a secret."""
    given = word.partition("=")[0]
    if not given.startswith("--"):
        given = given[:2]  # -b of -bmain
    said = _OTHER_PROGRAMS.get(next(iter(words), ""), {}).get(given)
    near = None if said else _near_option(given, names)
    hint = said or (f"Did you mean {near}?" if near else "")
    return f"unknown option {given}. {hint}".rstrip()


def _near_option(given: str, names: Iterable[str]) -> str | None:
    """Return the option that was probably meant.

    Example:
        >>> _near_option("--brunch", ["--branch", "--commit"]), _near_option("-C", ["--branch", "--commit"])
        ('--branch', '--commit')
    """
    options = [name for name in names if name.startswith("-")]
    if not given.startswith("--"):
        letter = given[1:].lower()
        short = [name for name in options if name.lower() == given.lower()]
        return next(iter([*short, *(name for name in options if letter and name.startswith(f"--{letter}"))]), None)
    # Without the hyphens, which would make short words alike.
    bare = [name.lstrip("-") for name in options if name.startswith("--")]
    near = nearest(given.lstrip("-"), bare, cutoff=_LEAST_ALIKE)
    return f"--{near}" if near else None
