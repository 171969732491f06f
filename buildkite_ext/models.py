"""Models of Buildkite's answers and requests: `from buildkite_ext.models import Build`. Each is loaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildkite_api import models as _models

__all__: list[str] = []
__all__ += _models.__all__

if TYPE_CHECKING:
    from buildkite_api.models import *  # noqa: F403
else:  # hidden from type checkers, for which every name would exist

    def __getattr__(name: str) -> Any:
        return getattr(_models, name)


def __dir__() -> list[str]:
    return sorted(__all__)
