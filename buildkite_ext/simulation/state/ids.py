"""Identifiers: UUIDs and commits that are the same each time, and the slugs of names."""

from __future__ import annotations

import hashlib
import re

__all__ = ["Ids", "slug_of", "uuid_of"]


class Ids:
    """Generator of identifiers. The same seed and the same order of calls give the same identifiers.

    Args:
        seed: the seed.
        kind: what is identified, where another generator of the same seed must give other identifiers.
    """

    def __init__(self, seed: int = 0, kind: str = "") -> None:
        self._key = f"{seed}{kind}:"
        self._hash = hashlib.blake2b(self._key.encode(), digest_size=16)
        self._count = 0

    def uuid(self) -> str:
        """Return a new UUID."""
        self._count += 1
        of = self._hash.copy()
        of.update(b"%d" % self._count)
        return _uuid(of.hexdigest())

    def commit(self) -> str:
        """Return the full SHA of a new commit."""
        self._count += 1
        return hashlib.blake2b(f"{self._key}{self._count}".encode(), digest_size=20).hexdigest()


def uuid_of(text: str) -> str:
    """Return the UUID that stands for a text.

    Example:
        >>> uuid_of("0:1")
        '9ffd041d-9eb6-4a48-ac1c-737f7ebde982'
    """
    return _uuid(hashlib.blake2b(text.encode(), digest_size=16).hexdigest())


def _uuid(digest: str) -> str:
    # The two fixed digits say version 4 and its variant: strict UUID parsers accept them.
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def slug_of(name: str) -> str:
    """Return the slug for a name: its letters and digits in lower case, the rest as single hyphens.

    Example:
        >>> slug_of("My suite, the 2nd")
        'my-suite-the-2nd'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
