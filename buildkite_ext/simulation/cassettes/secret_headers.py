"""Headers that hold credentials, or tell of the machine that records."""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import suppress

from ...redaction import has_secret_word
from .codings import header_texts

__all__ = ["MACHINE_HEADERS", "hides_header", "secrets_of"]

MACHINE_HEADERS = frozenset({"user-agent", "host", "connection", "content-length", "content-encoding"})
"""Headers that tell of the recording machine, or that a changed body makes wrong."""

_COOKIES = frozenset({"cookie", "set-cookie"})
_CHALLENGES = frozenset({"www-authenticate", "proxy-authenticate"})
"""Headers that tell which credentials are wanted."""

_WORDS = re.compile(r"(?<![a-z])(?:authentication|authn|authz|session)(?![a-z])", re.IGNORECASE)
_CREDENTIALS = re.compile(r"\s*(?:Bearer\s+\S|Basic\s+[\w+/=-]{4,}\s*$)", re.IGNORECASE)

_SHORTEST_USER = 16
"""Length of the shortest name of a user that may be a token."""
_NO_PASSWORDS = frozenset({"", "x", "x-oauth-basic"})
"""Passwords that mean nothing: the name of the user is the token then."""


def hides_header(name: str, value: object) -> bool:
    """Tell whether a header holds a secret: by its name, or by the scheme in its value.

    Args:
        name: its name.
        value: its value, or a list of values.

    Example:
        >>> hides_header("X-Auth", "abc"), hides_header("X-Any", ["Bearer abc"]), hides_header("X-Author", "ada")
        (True, True, False)
    """
    if name.lower() in _CHALLENGES:
        return False
    return (
        name.lower() in _COOKIES
        or has_secret_word(name)
        or _WORDS.search(name) is not None
        or any(map(_CREDENTIALS.match, header_texts(value)))
    )


def secrets_of(header: str) -> Iterator[str]:
    """Yield what is secret in the value of such a header: what follows the scheme, and the password of a user, or its token.

    Example:
        >>> list(secrets_of("Bearer abc")), list(secrets_of("Basic YWRhOnB3")), list(secrets_of("abc"))
        (['abc'], ['YWRhOnB3', 'pw'], ['abc'])
    """
    scheme, _, rest = header.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        with suppress(ValueError):  # it isn't Base64
            user, _, password = a2b_base64(rest).decode(errors="replace").partition(":")
            if password:
                yield password
            if password in _NO_PASSWORDS and len(user) >= _SHORTEST_USER:
                yield user
