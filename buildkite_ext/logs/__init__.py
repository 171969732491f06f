"""Logs of jobs: lines with their time and group, what a terminal would show, groups and search. No client is needed.

from buildkite_ext.logs import group_log, parse_log, search_log
"""

from .groups import Group, LogGroups, group_log
from .parser import LineParser, LogLine, parse_log, render_log
from .search import LogMatch, LogSearch, search_log

__all__ = [
    "Group",
    "LineParser",
    "LogGroups",
    "LogLine",
    "LogMatch",
    "LogSearch",
    "group_log",
    "parse_log",
    "render_log",
    "search_log",
]
