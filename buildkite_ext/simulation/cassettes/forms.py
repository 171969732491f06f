"""Forms in the bodies of requests, and what a cassette holds of them.

Programs upload packages and artifacts to a store by forms, whose fields are the credentials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, urlencode

from ..api.multipart import FormPart

__all__ = ["BOUNDARY", "declared_pairs", "is_recorded_form", "pairs_of", "recorded_pairs", "recorded_parts"]

BOUNDARY = "BOUNDARY"
"""Boundary of the parts of a form in a cassette. Each request that is sent has another one."""

_NOT_RECORDED = "NOT RECORDED"
"""Text in place of the content of a file, which may be large, and differs each time."""

_FORM = "application/x-www-form-urlencoded"
_PAIRS = re.compile(r"[^\s=&{}<>\"']+=[^\s&{}<>\"']*(?:&[^\s=&{}<>\"']+=[^\s&{}<>\"']*)*\s*")


def recorded_parts(parts: Iterable[FormPart], redacted: str, clean: Callable[[str], str]) -> bytes:
    r"""Return what a cassette holds of a form of several parts: names of fields and of files, and no values.

    Args:
        parts: the parts.
        redacted: what stands in the place of a value.
        clean: returns the headers of a part without secrets.

    Example:
        >>> part = FormPart('Content-Disposition: form-data; name="policy"', "policy", None, b"abc")
        >>> recorded_parts([part], "REDACTED", str)
        b'--BOUNDARY\r\nContent-Disposition: form-data; name="policy"\r\n\r\nREDACTED\r\n--BOUNDARY--\r\n'
    """
    made = [
        f"--{BOUNDARY}\r\n{clean(each.head)}\r\n\r\n{redacted if each.filename is None else _NOT_RECORDED}\r\n"
        for each in parts
    ]
    return f"{''.join(made)}--{BOUNDARY}--\r\n".encode()


def is_recorded_form(body: bytes) -> bool:
    """Tell whether `recorded_parts` has made a body."""
    return body.startswith(f"--{BOUNDARY}\r\n".encode())


def pairs_of(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form of the type `application/x-www-form-urlencoded`; none where a body is none.

    Example:
        >>> pairs_of(b"branch=main&env%5BCI%5D=true"), pairs_of(b'{"a": "b=c"}')
        ([('branch', 'main'), ('env[CI]', 'true')], [])
    """
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        return []
    return parse_qsl(text.strip(), keep_blank_values=True) if _PAIRS.fullmatch(text) else []


def declared_pairs(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return the fields of a body whose type says that it is such a form, however it is written; none of another one.

    Example:
        >>> declared_pairs(b"a=b c&d", "application/x-www-form-urlencoded; charset=utf-8")
        [('a', 'b c'), ('d', '')]
    """
    if content_type.partition(";")[0].strip().lower() != _FORM:
        return []
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True)


def recorded_pairs(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return the body of a form of fields."""
    return urlencode([*pairs]).encode()
