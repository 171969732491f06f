"""Advice of the library in the words of the command: its errors name arguments of methods, and users typed options."""

from __future__ import annotations

import re

from ..options import ENDPOINT_VARIABLE

__all__ = ["in_options"]

_WORDS = (
    (r",? or download each with artifacts\.download\(artifact, to=FILE\)", ""),
    (r" ?Download it alone, with artifacts\.download\(artifact, to=FILE\)\.", ""),
    (r",? give job_id= for one job's", ""),
    (r" ?A larger max_body= allows it\.", ""),
    (r"Pass by_job=True", "Give --by-job"),
    (r"\bby_job=True", "--by-job"),
    (r"\bstep= names", "--step names"),
    (r"\bName one in step=:", "Name one in --step:"),
    (r"\bstep=(?=['\"])", "--step "),
    (r"\bto=(?=')", "--to "),
    (r"\bto=(?=[\s.,]|$)", "--to"),
    (r"\btimeout=(?=[\s.,]|$)", "--timeout"),
    (r"\bin fields=(?=[\s.,]|$)", "with --field KEY=VALUE"),
    (r"\b(token|base_url)= or \$", "$"),
    (r"\bpass allow_http=True if", "give --allow-http if"),
    (r"\bPass allow_http=True to the client", "Give --allow-http"),
    (r"\btoken=(?=[\s.,]|$)", "--token-file"),
    (r"\borganization=(?=[\s.,]|$)", "--organization"),
    (r"\bbase_url=", f"${ENDPOINT_VARIABLE} "),
    (r"\bbase_url\b", f"${ENDPOINT_VARIABLE}"),
    (r"created_from/created_to or with branch=", "-f created_from=TIME, -f created_to=TIME or -f branch=B"),
)
_TABLE = tuple((re.compile(pattern), words) for pattern, words in _WORDS)


def in_options(text: str) -> str:
    """Return a text of the library with the command's options in place of arguments. Advice that no option fits is left out.

    Example:
        >>> in_options("The call took longer than the 2 s allowed for the call. A longer timeout= allows more.")
        'The call took longer than the 2 s allowed for the call. A longer --timeout allows more.'
    """
    for pattern, words in _TABLE:
        text = pattern.sub(words, text)
    return text
