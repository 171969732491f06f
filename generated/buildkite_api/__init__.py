# Generated from spec/ by `make generate`: edit that, not this.

"""A client library for accessing Buildkite REST API: endpoints, models and a decoder.

Each module is loaded at its first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import Client
    from .decoding import DecodeError, Decoder, Drift, UnexpectedBody
    from .types import UNSET, Unset

_MODULES = {
    "Client": "client",
    "DecodeError": "decoding",
    "Decoder": "decoding",
    "Drift": "decoding",
    "UNSET": "types",
    "UnexpectedBody": "decoding",
    "Unset": "types",
}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = ["UNSET", "Client", "DecodeError", "Decoder", "Drift", "UnexpectedBody", "Unset"]
