"""Result of a download of many artifacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import UnsafePath
from .names import Claims, Target

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

__all__ = ["DownloadedFiles", "OnRefused", "RefusedArtifact", "fitting"]

OnRefused = Literal["raise", "skip"]


@dataclass(frozen=True, slots=True)
class RefusedArtifact:
    """Artifact that was left out of a download, since it can't be written safely where it would go.

    Attributes:
        artifact: the artifact.
        reason: what is wrong with its path.
    """

    artifact: Artifact
    reason: str


class DownloadedFiles(list[Path]):
    """Files of the artifacts that `artifacts.download_all` was to download, in Buildkite's order.

    Attributes:
        refused: the artifacts that were left out, with the reasons; empty unless `on_refused="skip"` was given.
        already_there: those of the files that were there before, with the right size and SHA-1. They weren't requested.
    """

    def __init__(
        self,
        files: Iterable[Path] = (),
        *,
        refused: Iterable[RefusedArtifact] = (),
        already_there: Iterable[Path] = (),
    ) -> None:
        super().__init__(files)
        self.refused = tuple(refused)
        self.already_there = frozenset(already_there)


def fitting(
    artifacts: Sequence[Artifact], target_of: Callable[[Artifact], Target], on_refused: OnRefused
) -> tuple[list[Target], list[RefusedArtifact]]:
    """Return the targets of the artifacts that can be written together, and the other artifacts with the reasons.

    Of several artifacts that can't be written together, the first one stays. What exists isn't looked at.

    Args:
        artifacts: in Buildkite's order.
        target_of: returns the target of an artifact. It raises an UnsafePath for one that can't be written.
        on_refused: `raise` raises the first error.

    Raises:
        UnsafePath: an artifact can't be written, unless `on_refused` is `skip`.
    """
    claims = Claims()
    targets: list[Target] = []
    refused: list[RefusedArtifact] = []
    for artifact in artifacts:
        try:
            target = target_of(artifact)
            error = claims.refusal(target)
            if error is not None:
                raise error
        except UnsafePath as error:
            if on_refused == "raise":
                raise
            refused.append(RefusedArtifact(artifact, error.reason))
        else:
            targets.append(target)
    return targets, refused
