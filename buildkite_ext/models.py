"""What Buildkite answers and takes: `from buildkite_ext.models import Build`. Each model is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildkite_api import models as _models

__all__: list[str] = []
__all__ += _models.__all__

if TYPE_CHECKING:
    from buildkite_api.models import *  # noqa: F403
else:  # out of sight of the type checkers, for which every name would exist

    def __getattr__(name: str) -> Any:
        return getattr(_models, name)


def __dir__() -> list[str]:
    return sorted(__all__)
