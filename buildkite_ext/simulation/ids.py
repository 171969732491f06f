"""Identifiers that look like Buildkite's and are the same in every run."""

from __future__ import annotations

import base64
import hashlib


class Ids:
    """Deals out identifiers; the same seed and the same order of calls give the same ones."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._dealt = 0

    def uuid(self) -> str:
        """A new uuid."""
        text = self._digest(16)
        # The two fixed places say "random" (version 4), so that strict uuid parsers take it.
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"

    def commit(self) -> str:
        """A new commit's full SHA."""
        return self._digest(20)

    def _digest(self, size: int) -> str:
        self._dealt += 1
        return hashlib.blake2b(f"{self._seed}:{self._dealt}".encode(), digest_size=size).hexdigest()


def graphql_id(kind: str, uuid: str) -> str:
    """The GraphQL id of the object `uuid` of the type `kind`."""
    return base64.b64encode(f"{kind}---{uuid}".encode()).decode()
