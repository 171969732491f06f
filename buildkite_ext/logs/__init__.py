"""Logs of jobs: lines with their time and group, what a terminal would show, groups and search. No client is needed.

    from buildkite_ext.logs import parse_log, search_log

    with open("job.log", "rb") as file:
        for match in search_log(parse_log(file), "error"):
            print(match.number, match.line.text)

The lines of a job that runs are those of `jobs.follow` and `builds.follow`. Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .groups import LogGroup as LogGroup
    from .groups import LogGroups as LogGroups
    from .groups import group_log as group_log
    from .parser import LineParser as LineParser
    from .parser import LogLine as LogLine
    from .parser import parse_log as parse_log
    from .parser import render_log as render_log
    from .search import LogMatch as LogMatch
    from .search import LogSearch as LogSearch
    from .search import search_log as search_log

_HOMES = {
    **dict.fromkeys(("LogGroup", "LogGroups", "group_log"), ".groups"),
    **dict.fromkeys(("LineParser", "LogLine", "parse_log", "render_log"), ".parser"),
    **dict.fromkeys(("LogMatch", "LogSearch", "search_log"), ".search"),
}

__all__ = [
    "LineParser",
    "LogGroup",
    "LogGroups",
    "LogLine",
    "LogMatch",
    "LogSearch",
    "group_log",
    "parse_log",
    "render_log",
    "search_log",
]

if not TYPE_CHECKING:  # hidden from type checkers, for which every name would exist

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
