"""Names that this version doesn't know, such as states and events: a warning, and the known name that is near.

A name isn't refused for being unknown, because Buildkite adds states and events. The warning points at the line of the
caller, and Python shows it once for each line and name. To turn it off where the name is right:

    warnings.filterwarnings("ignore", category=UnknownNameWarning)
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from buildkite_api.attributes import missing_attribute

__all__ = ["UnknownNameWarning", "missing_or_raised", "nearest", "unknown_names", "warn_unknown"]

_PACKAGES = frozenset({"buildkite_ext", "buildkite_api"})


class UnknownNameWarning(UserWarning):
    """Warning about a name, such as a state in a filter, that this version doesn't know. It is sent as it is.

    Example:
        >>> import warnings
        >>> warnings.simplefilter("ignore", category=UnknownNameWarning)
    """


def nearest(given: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known name that was probably meant; None if none is near.

    Args:
        given: the name.
        known: the names that there are.
        cutoff: the least likeness, from 0 to 1.

    Example:
        >>> nearest("pased", ["failed", "passed"]), nearest("main", ["failed", "passed"])
        ('passed', None)
    """
    # In order, since the nearest of a set would be another one in each process where two are equally near.
    from difflib import get_close_matches  # here: most names are known

    return next(iter(get_close_matches(given, sorted(known), n=1, cutoff=cutoff)), None)


def _hint(given: str, known: Collection[str]) -> str:
    near = nearest(given, known)
    return f"; did you mean {near!r}?" if near else ""


def warn_unknown(name: str, given: Iterable[object] | None, known: Collection[str]) -> None:
    """Warn of each name that isn't known, at the line outside this package that gave it.

    Args:
        name: what the names are, such as `state`.
        given: the names; None for none.
        known: the names that this version knows.
    """
    for text in unknown_names(name, given or (), known):
        warnings.warn(text, UnknownNameWarning, stacklevel=_callers_level())


def unknown_names(name: str, given: Iterable[object], known: Collection[str]) -> list[str]:
    """Return a message about each name that isn't known, once for each.

    Example:
        >>> unknown_names("state", ["passed", "faild", "faild"], {"failed", "passed"})
        ["this version doesn't know the state 'faild'; did you mean 'failed'?"]
    """
    texts = [str(each.value) if isinstance(each, Enum) else str(each) for each in given]
    unknown = [each for each in dict.fromkeys(texts) if each not in known]
    return [f"this version doesn't know the {name} {each!r}{_hint(each, known)}" for each in unknown]


def missing_or_raised(owner: object, name: str, other_words: Mapping[str, str | tuple[str, ...]]) -> Any:
    """Raise the error of an attribute that an object of this package doesn't have. It names the word that was meant.

    `__getattr__` of a class calls it. If the attribute exists, and its own code raised an AttributeError, that one is raised.

    Args:
        owner: the object.
        name: the attribute that was asked for.
        other_words: see `missing_attribute`.

    Raises:
        AttributeError: always.
    """
    kind = type(owner)
    if name.startswith(
        "_"
    ):  # a protocol that asks if the object takes part, or an object whose constructor hasn't ended
        raise AttributeError(f"{kind.__name__} has no attribute {name!r}")
    known = [each for each in dir(kind) if not each.startswith("_")]
    if name in known:
        return object.__getattribute__(owner, name)
    raise missing_attribute(kind.__name__, name, known, other_words)


def _callers_level() -> int:
    """Return the `stacklevel`, for the function that called this one, of the first frame outside this package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _PACKAGES:
        frame, level = frame.f_back, level + 1
    return level
