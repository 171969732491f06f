"""A delivery's body as a part of one line of ASCII."""

from __future__ import annotations

import json
import re

from ..strict_json import refuse_constant

_OTHER = re.compile(r"[^\x20-\x7e]")


def one_line(body: bytes) -> str:
    r"""The same JSON on one line, and in ASCII, so that no terminal and no line reader makes anything of it.

    Nothing is parsed and written anew: numbers, repeated keys and the order of keys stay. Outside of strings JSON holds
    nothing beyond ASCII, and no control characters but white space; inside of them it holds no control characters. What
    isn't strict JSON becomes a string.

    Example:
        >>> one_line('{"a": 1.10,\n "b": "ü\u2028"}'.encode())
        '{"a": 1.10,  "b": "\\u00fc\\u2028"}'
    """
    try:
        text = body.decode()
        json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return json.dumps(body.decode("utf-8", "replace"))
    return _OTHER.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return " " if character < " " else json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"
