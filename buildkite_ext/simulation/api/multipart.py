"""Bodies of the type `multipart/form-data`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["FormPart", "form_parts", "uploaded_file"]

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_PARAMETER = re.compile(r'\b(name|filename)\*?=(?:"([^"]*)"|([^;\s]+))', re.IGNORECASE)
_FIRST_DELIMITER = re.compile(rb"(?:\A|\n)--([^\r\n]{1,100})(\r?\n)content-", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FormPart:
    """Part of a form.

    Attributes:
        head: its headers, as they were sent.
        name: the name of the field.
        filename: the name of the file; None if the field isn't a file.
        data: what it holds.
    """

    head: str
    name: str
    filename: str | None
    data: bytes = field(repr=False)


def form_parts(body: bytes, boundary: bytes | None = None) -> Iterator[FormPart]:
    r"""Yield the parts of a form; nothing where the body is none.

    Args:
        body: the body.
        boundary: what stands between the parts; None to take it from the body.

    Example:
        >>> form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nhi\r\n--x--\r\n'
        >>> [(part.name, part.filename, part.data) for part in form_parts(form)]
        [('key', None, b'hi')]
    """
    newline = b"\r\n"
    if boundary is None:
        found = _FIRST_DELIMITER.search(body)
        if found is None:
            return
        boundary = bytes(found[1])
        newline = bytes(found[2])
    for section in (newline + body).split(newline + b"--" + boundary)[1:]:
        head, separator, data = section.partition(newline * 2)
        text = head.decode("utf-8", "replace").strip("\r\n")
        parameters = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(text)}
        if separator and "name" in parameters:
            yield FormPart(text, parameters["name"], parameters.get("filename"), data)


def uploaded_file(content_type: str, body: bytes, part: str) -> FormPart | None:
    """Return the file of a part of a form; None where the body isn't a form or has no such file.

    Args:
        content_type: the header `Content-Type`.
        body: the body.
        part: the name of the part.

    Example:
        >>> form = b'--x\\r\\nContent-Disposition: form-data; name="file"; filename="a-1.whl"\\r\\n\\r\\nhi\\r\\n--x--'
        >>> uploaded_file("multipart/form-data; boundary=x", form, "file").filename
        'a-1.whl'
    """
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.lower().startswith("multipart/form-data"):
        return None
    parts = form_parts(body, (found[1] or found[2]).encode())
    return next((each for each in parts if each.name == part and each.filename is not None), None)
