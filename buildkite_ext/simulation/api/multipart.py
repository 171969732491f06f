"""Files in bodies of the type `multipart/form-data`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["UploadedFile", "uploaded_file"]

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_PARAMETER = re.compile(r'\b(name|filename)="([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """File of a form."""

    name: str
    data: bytes = field(repr=False)


def uploaded_file(content_type: str, body: bytes, part: str) -> UploadedFile | None:
    """Return the file of a part of a form; None where the body isn't a form or has no such file.

    Args:
        content_type: the header `Content-Type`.
        body: the body.
        part: the name of the part.

    Example:
        >>> form = b'--x\\r\\nContent-Disposition: form-data; name="file"; filename="a-1.whl"\\r\\n\\r\\nhi\\r\\n--x--'
        >>> uploaded_file("multipart/form-data; boundary=x", form, "file").name
        'a-1.whl'
    """
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.lower().startswith("multipart/form-data"):
        return None
    delimiter = b"\r\n--" + (found[1] or found[2]).encode()
    for section in (b"\r\n" + body).split(delimiter)[1:]:
        head, separator, data = section.partition(b"\r\n\r\n")
        parameters = {name.lower(): value for name, value in _PARAMETER.findall(head.decode("utf-8", "replace"))}
        if separator and parameters.get("name") == part and "filename" in parameters:
            return UploadedFile(parameters["filename"], data)
    return None
