"""Texts for messages: values of arguments, and texts of others, which may hold control characters."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildkite_api.models import Job

__all__ = [
    "MAY_HAVE_ACTED",
    "NOTHING_SENT",
    "counted",
    "escaped",
    "in_state",
    "job_name",
    "listed",
    "parallel_part",
    "path_hint",
    "printable",
    "shortened",
    "shown",
]

_LONGEST = 100
_PATH = re.compile(r"[^\s:]([^\n:]|:[\\/])*\.(ya?ml|json)\s*", re.IGNORECASE)

MAY_HAVE_ACTED = "It may have acted: check before you send it again."
"""Advice on a write that Buildkite may have done, although no answer says so."""

NOTHING_SENT = "Nothing was sent."
"""Statement about a request that never left. What the reader may check follows it."""


def shown(value: object) -> str:
    """Return a value as a message shows it: a short text, number or date as Python writes it, anything else by its type.

    Example:
        >>> shown("main"), shown(-1), shown({"build": "…"}), shown("x" * 1000)
        ("'main'", '-1', 'a dict', 'a str of 1000 characters')
    """
    from datetime import date  # here: the command prints texts, and shows no values, before it runs
    from uuid import UUID

    from buildkite_api.types import kind_of

    if isinstance(value, str) and not isinstance(value, Enum):
        return repr(value) if len(value) <= _LONGEST else f"a str of {len(value)} characters"
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an int of {value.bit_length()} bits"
    if value is None or isinstance(value, int | float | date | UUID | Enum):
        return repr(value)
    return kind_of(value)


def path_hint(text: str) -> str:
    """Return how to read a file, to be written after a message about a text that looks like a path; else an empty text.

    Example:
        >>> path_hint("steps: []"), path_hint("pipeline.yml")
        ('', '. It looks like the path of a file: give what it holds, pathlib.Path(...).read_text()')
    """
    if not _PATH.fullmatch(text):
        return ""
    return ". It looks like the path of a file: give what it holds, pathlib.Path(...).read_text()"


def job_name(job: Job) -> str:
    """Return the name of a job as it is written: its name, label, step key, first line of its command, or id."""
    command = (job.command or "").strip().partition("\n")[0]
    return job.name or job.label or job.step_key or command or job.id


def parallel_part(job: Job) -> str:
    """Return the number of a job in its parallel group, to be written after its name; empty if it is in none.

    Example:
        >>> from buildkite_api.models import Job
        >>> parallel_part(Job.from_dict({"parallel_group_index": 0, "parallel_group_total": 3}))
        ' 1/3'
    """
    index, total = job.parallel_group_index, job.parallel_group_total or 0
    return f" {index + 1}/{total}" if total > 1 and index is not None else ""


def in_state(state: object) -> str:
    """Return the state of a build or a job, to be written after "is".

    Args:
        state: the state; None or an empty text if the answer told none.

    Example:
        >>> in_state("running"), in_state(None)
        ('running', 'in an unknown state')
    """
    return "in an unknown state" if state is None else str(state) or "in an unknown state"


def counted(count: int, noun: str) -> str:
    """Return a number of things in words.

    Example:
        >>> counted(1, "job"), counted(2, "job")
        ('1 job', '2 jobs')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(texts: Sequence[str], most: int = 10) -> str:
    """Return texts with commas between them, and the number of those that are left out.

    Example:
        >>> listed(["a", "b"]), listed(["a", "b", "c"], most=1)
        ('a, b', 'a and 2 more')
    """
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")


def shortened(text: str, longest: int) -> str:
    """Return a text, cut to so many characters.

    Example:
        >>> shortened("abcdef", 4), shortened("abc", 4)
        ('abc…', 'abc')
    """
    return text if len(text) <= longest else f"{text[: max(0, longest - 1)]}…"


def escaped(text: str, *, kept: str = "") -> str:
    r"""Return a text with its control characters, direction marks and lone surrogates written as Python writes them.

    Args:
        text: a text of a server or of a user. On a terminal it could change colours, the title or earlier lines, and in a
            log it could look like another line.
        kept: characters to leave as they are, such as a line break.

    Example:
        >>> print(escaped("\x1b[31mno\nbranch"))
        \x1b[31mno\nbranch
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in kept else ascii(char)[1:-1] for char in text)


def printable(text: str) -> str:
    """Return a text on one line, without control characters, direction marks and other characters that aren't seen.

    Example:
        >>> printable("te\\x07st\\n\\u202egnp.exe")
        'test gnp.exe'
    """
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character
