"""In which form a log or an environment is wanted."""

from __future__ import annotations

from typing import Literal

from .api.request import SimRequest

Form = Literal["json", "text", "html"]

SUFFIXES: tuple[tuple[str, Form], ...] = ((".txt", "text"), (".html", "html"), (".json", "json"))
_TYPES: dict[str, Form] = {
    "application/json": "json",
    "text/plain": "text",
    "text/html": "html",
    "*/*": "json",
    "application/*": "json",
    "text/*": "text",
}


def representation(request: SimRequest) -> Form:
    """The form that the path's suffix says, or else the first that `Accept` names and that there is."""
    path = request.path.rstrip("/")
    for suffix, form in SUFFIXES:
        if path.endswith(suffix):
            return form
    for entry in request.headers.get("accept", "").split(","):
        form_named = _TYPES.get(entry.partition(";")[0].strip().lower())
        if form_named is not None:
            return form_named
    return "json"


def without_suffix(path: str) -> str:
    """The path of the operation that a path with a suffix is another form of."""
    path = path.rstrip("/")
    for suffix, _ in SUFFIXES:
        for last in ("/log", "/env"):
            if path.endswith(last + suffix):
                return path.removesuffix(suffix)
    return path
