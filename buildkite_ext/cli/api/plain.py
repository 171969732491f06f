"""`buildkite-ext api [METHOD] PATH` without options, as most scripts call it.

It needs no parser of options, whose import takes as long as the request.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..connection import ConnectionOptions
from ..exit_codes import ExitCode
from ..inputs import refuse_other_bytes
from ..streams import coloured
from .output import JsonPrinter
from .request import METHODS, ApiRequest

__all__ = ["is_plain", "send_plain"]


def is_plain(words: Sequence[str]) -> bool:
    """Tell whether words are a path, or a method and a path.

    Args:
        words: the arguments of the command, after `api`.

    Example:
        >>> is_plain(["user"]), is_plain(["get", "user"]), is_plain(["user", "-i"]), is_plain(["user", "GET"]), is_plain(["GET"])
        (True, True, False, False, False)
    """
    methods = [word.upper() in METHODS for word in words]
    return methods in ([False], [True, False]) and all(word and word[0] != "-" for word in words)


def send_plain(words: Sequence[str]) -> ExitCode:
    """Send the request of plain words, and print its answer, as `api` does without options."""
    path = words[-1]
    refuse_other_bytes({"PATH" if len(words) > 1 else "METHOD": path})
    method = words[0].upper() if len(words) > 1 else "GET"
    request = ApiRequest.of(method, path, fields=(), content=None, headers=())
    printer = JsonPrinter(out=sys.stdout, colour=coloured("auto", sys.stdout))

    from .runner import ApiRun

    connection = ConnectionOptions()
    return ApiRun(request=request, method_implied=len(words) == 1, connection=connection, printer=printer).run()
