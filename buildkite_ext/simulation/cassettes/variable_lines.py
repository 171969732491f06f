"""The environment of a job as a text: a variable a line, except that values may have several lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

__all__ = ["redacted_variables"]

_NAME = re.compile(r"(?:[A-Z_][A-Z0-9_]*|[a-z_]+)=")
"""Name of a variable. Nothing tells it from a further line of a value, which may be Base64: so few forms are taken for one."""

_OF_BUILDKITE = re.compile(r"(?:BUILDKITE(?:_\w+)?|CI)=")


def redacted_variables(text: str, redacted: str, keep: Collection[str]) -> str:
    r"""Return such a text without its values. A line that isn't clearly a variable is replaced as a whole.

    Args:
        text: the text.
        redacted: what stands for a value.
        keep: the names whose values stay, unless a further line may belong to the value.

    Example:
        >>> redacted_variables("CI=true\nKEY=-----BEGIN\nMIIE=\nA=b\n", "REDACTED", ["CI", "KEY"])
        'CI=true\nKEY=REDACTED\nREDACTED\nA=REDACTED\n'
    """
    return "\n".join(_lines(text.split("\n"), redacted, keep))


def _lines(lines: list[str], redacted: str, keep: Collection[str]) -> Iterator[str]:
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        text, end = line.removesuffix("\r"), "\r" if line.endswith("\r") else ""
        name = text.partition("=")[0]
        is_kept = name in keep and name != text and (not following.strip() or _is_variable(following, keep))
        if not text or is_kept:
            yield line
        elif _is_variable(text, keep):
            yield f"{name}={redacted}{end}"
        else:
            yield redacted + end


def _is_variable(line: str, keep: Collection[str]) -> bool:
    """Tell whether a line is a variable. `ABCD==` may be the end of Base64; an empty variable isn't told from it."""
    if line.partition("=")[0] in keep and "=" in line:
        return True
    found = _NAME.match(line)
    return found is not None and (line[found.end() :].strip("=\r") != "" or _OF_BUILDKITE.match(line) is not None)
