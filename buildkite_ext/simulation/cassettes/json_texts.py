"""Bodies and texts that are JSON, or begin as JSON does: one value or several, in any encoding.

What begins as JSON and can't be read isn't recorded: nobody knows which of its values are secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["begins_as_json", "bytes_of", "cleaned_json", "declares_json", "text_of", "values_of"]

_OBJECT = re.compile(r"[\s\[\ufeff\x1e]*\{\s*[\"}]")
"""Beginning of an object, or of a list of objects. That of a list alone may be a word in brackets."""

_BETWEEN = re.compile(r"[\s\ufeff\x1e]*")
"""White space and separators between two values: a byte order mark, and the separator of RFC 7464."""

_WIDE = re.compile(r"[^\x00-\xff]")
_WHOLE_TEXT = re.compile(r"\s*\"")


def declares_json(content_type: str) -> bool:
    """Tell whether a type says that a body is JSON, or several values of it.

    Example:
        >>> [declares_json(each) for each in ("application/problem+json; charset=utf-8", "application/x-ndjson", "text/html")]
        [True, True, False]
    """
    return "json" in content_type.partition(";")[0].lower()


def begins_as_json(text: str) -> bool:
    """Tell whether a text begins as an object does, a list of objects, or a text of JSON.

    Example:
        >>> [begins_as_json(each) for each in ('[{"a": 1}', '"a"', "[INFO] started", "{a")]
        [True, True, False, False]
    """
    return _OBJECT.match(text) is not None or _WHOLE_TEXT.match(text) is not None


def text_of(body: bytes) -> tuple[str, str]:
    """Return the text of a body, and its encoding; a character a byte where it is none.

    Example:
        >>> text_of(b"abc"), text_of(b"caf\\xe9"), text_of('{"a":1}'.encode("utf-16-le"))
        (('abc', 'utf-8'), ('café', 'latin-1'), ('{"a":1}', 'utf-16-le'))
    """
    encoding = json.detect_encoding(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"
    if encoding.startswith("utf-8") or encoding in ("utf-16", "utf-32") or begins_as_json(text):
        return text, encoding
    try:
        return body.decode(), "utf-8"  # zeros at the beginning are no sign of another encoding
    except UnicodeDecodeError:
        return body.decode("latin-1"), "latin-1"


def bytes_of(text: str, encoding: str) -> bytes:
    """Return the body of a text."""
    if encoding == "latin-1":
        text = _WIDE.sub(lambda each: json.dumps(each[0])[1:-1], text)
    return text.encode(encoding)


def cleaned_json(
    text: str, clean: Callable[[Any], Any], clean_text: Callable[[str], str], redacted: str, *, declared: bool = False
) -> str | None:
    r"""Return a text of JSON without its secrets; None where it is none.

    Args:
        text: the text. It may be several values, and lines of another kind between them.
        clean: returns a value of JSON without secrets.
        clean_text: returns a line of another kind without secrets.
        redacted: what stands for JSON that can't be read.
        declared: whether something says that it is JSON.

    Example:
        >>> cleaned_json('{"a":1}\n{"b":[1,', lambda value: {"c": value}, str, "REDACTED")
        '{"c":{"a":1}}\nREDACTED'
        >>> cleaned_json("[INFO] started", str, str, "REDACTED")
    """
    try:
        parsed = json.loads(text)
        if isinstance(parsed, dict | list | str):
            return _dumped(text, parsed, clean(parsed))
    except RecursionError:
        return redacted
    except ValueError:
        if (declared and text.strip()) or _OBJECT.match(text):
            return "".join(_cleaned_parts(text, clean, clean_text, redacted, declared=declared))
    return None


def _cleaned_parts(
    text: str, clean: Callable[[Any], Any], clean_text: Callable[[str], str], redacted: str, *, declared: bool
) -> Iterator[str]:
    decoder, at = json.JSONDecoder(), 0
    while True:
        between = _BETWEEN.match(text, at)
        yield text[at : (at := between.end() if between else at)]
        if at == len(text):
            return
        value, end = None, at
        if declared or text[at] in "{[":
            try:
                value, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError):
                if declared or _OBJECT.match(text, at):
                    yield redacted
                    return
        if end > at:
            yield _dumped(text[at:end], value, clean(value))
        else:
            end = text.find("\n", at) + 1 or len(text)
            yield clean_text(text[at:end])
        at = end


def _dumped(text: str, value: Any, clean: Any) -> str:
    """Return the text of a value, which is as it was if nothing has changed."""
    if clean == value:
        return text
    made = json.dumps(clean, separators=(",", ":"), ensure_ascii=False)
    try:
        made.encode()
    except UnicodeEncodeError:  # JSON may name half a character
        return json.dumps(clean, separators=(",", ":"))
    return made


def values_of(text: str, take: Callable[[dict[str, Any]], object]) -> None:
    """Read the values of a text of JSON, of which there may be several, as far as they can be read.

    Args:
        text: the text.
        take: called with each object, inner ones first.
    """

    def taken(found: dict[str, Any]) -> dict[str, Any]:
        take(found)
        return found

    decoder, at = json.JSONDecoder(object_hook=taken), 0
    while (between := _BETWEEN.match(text, at)) and (at := between.end()) < len(text):
        try:
            _, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
