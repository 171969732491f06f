"""Question for the user of a token: its path, and what its answer tells."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .. import strict_json

if TYPE_CHECKING:
    import httpx

__all__ = ["PATH", "user_of"]

PATH = "/v2/access-token"
"""Path of the operation that tells the user of a token. It needs no scope."""


def user_of(response: httpx.Response) -> str | None:
    """Return a name for the user of a token, from the answer about it: a hash of the e-mail address. None: it doesn't tell."""
    if response.status_code != 200:
        return None
    try:
        body = strict_json.loads(response.content)
    except ValueError:
        return None
    user = body.get("user") if isinstance(body, dict) else None
    email = user.get("email") if isinstance(user, dict) else None
    if not isinstance(email, str) or not email.strip():
        return None
    return hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:16]
