"""The request that somebody typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """A request, before it is known where it goes."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    content: bytes | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
