"""Names that a test passes to the simulator, such as a scope: an unknown one is refused with the name that was meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

__all__ = ["check_name"]


def check_name(argument: str, value: str, known: Collection[str], kind: str, *, listed: str | None = None) -> None:
    """Check that a name is known.

    Args:
        argument: the argument that holds the name.
        value: the name.
        known: all names.
        kind: what the name stands for.
        listed: where the names are listed; the error names them all by default.

    Raises:
        ValueError: it is unknown.

    Example:
        >>> check_name("outcomes", "pased", ["passed", "failed"], "outcome")
        Traceback (most recent call last):
        ...
        ValueError: outcomes='pased': there is no such outcome; did you mean 'passed'?
    """
    if value in known:
        return
    near = get_close_matches(value, known, n=1)
    if near:
        hint = f"; did you mean {near[0]!r}?"
    else:
        hint = f". {listed} lists them" if listed else f"; give one of {', '.join(sorted(known))}"
    raise ValueError(f"{argument}={value!r}: there is no such {kind}{hint}")
