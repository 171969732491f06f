"""The build that a command line chooses: by its address, or as the newest one of a branch, a pipeline or the token's user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from ..errors import NothingMatched
from ..references import Reference, read_reference
from .addresses import build_of, pipeline_of
from .connection import ConnectionOptions
from .parameters import CommonOptions, Flag
from .problem import UsageError
from .streams import short

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ..client import BuildkiteClient

__all__ = ["BuildChoice", "BuildOptions", "build_and_rest", "build_choice", "build_choices", "slug_of"]

_BUILD = Group("The build", sort_key=1)

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_NEWEST = "--branch, --latest or --mine"
_ADVICE = f"Or choose the newest build, with {_NEWEST}."
_FORMS = "write PIPELINE NUMBER, ORG/PIPELINE/NUMBER, or the URL of the build"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options that choose a build."""

    pipeline: Annotated[str | None, Parameter(group=_BUILD, alias="-p", metavar="PIPELINE")] = None
    """The pipeline, where only NUMBER or no argument is given: a slug, ORG/PIPELINE, or a URL."""

    branch: Annotated[str | None, Parameter(group=_BUILD, alias="-b", metavar="B")] = None
    """The newest build of this branch."""

    latest: Annotated[bool, Flag, Parameter(group=_BUILD)] = False
    """The newest build of the pipeline."""

    mine: Annotated[bool, Flag, Parameter(group=_BUILD)] = False
    """The newest build that the user of the token created, of the pipeline or else of the organization."""

    @property
    def newest(self) -> bool:
        """True if a newest build is asked for."""
        return self.latest or self.mine or self.branch is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildChoice:
    """A build that a command line chooses.

    Attributes:
        connection: the connection to its organization.
        address: its address, without a number if the newest one is meant; None for the newest one of all pipelines.
        branch: the branch that the newest one is of; None for any.
        mine: the newest one that the user of the token created.
    """

    connection: ConnectionOptions
    address: Reference | None
    branch: str | None = None
    mine: bool = False

    def find(self, client: BuildkiteClient) -> Reference:
        """Return the address of the build, with its number. That of a newest build is asked for.

        Raises:
            NothingMatched: no build was found.
        """
        address = self.address
        if address is not None and address.number is not None:
            return address
        builds = client.builds.list(
            None if address is None else address.pipeline,
            branch=self.branch,
            creator=client.user.get().id if self.mine else None,
            exclude_jobs=True,
            exclude_pipeline=address is not None,
            limit=1,
        )
        build = builds.first()
        if build is None:
            raise NothingMatched(self._missing())
        if address is not None:
            return replace(address, number=build.number)
        return Reference(slug_of(build, client), client.options.organization, build.number)

    def _missing(self) -> str:
        where = "The organization" if self.address is None else f"The pipeline {short(self.address.pipeline, 100)}"
        yours = " that the user of the token created" if self.mine else ""
        branch = f" of the branch {short(self.branch, 100)}" if self.branch is not None else ""
        return f"{where} has no build{branch}{yours}."


def build_choice(
    words: Sequence[str],
    which: BuildOptions,
    common: CommonOptions,
    *,
    command: str,
    simulate: bool = False,
) -> BuildChoice:
    """Return the build that a command line chooses.

    Args:
        words: the arguments BUILD, or PIPELINE and NUMBER; PIPELINE alone with an option for the newest build.
        which, common, simulate: the options.
        command: the name of the command, for messages.

    Raises:
        UsageError: a part is missing or given twice, can't be read, or names another organization than `--organization`.
    """
    choice, rest = build_and_rest(words, which, common, command=command, simulate=simulate)
    if rest and which.newest and _NUMBER.fullmatch(rest[0]):
        raise UsageError(f"NUMBER {short(rest[0], 40)!r} and {_NEWEST}: give one of them.")
    if rest:
        raise UsageError(f"too many arguments: {short(rest[0], 100)!r}.")
    return choice


def build_and_rest(
    words: Sequence[str],
    which: BuildOptions,
    common: CommonOptions,
    *,
    command: str,
    simulate: bool = False,
) -> tuple[BuildChoice, list[str]]:
    """Return the build that the first arguments choose, and the other arguments.

    Args:
        words, which, common, command, simulate: as for `build_choice`.

    Raises:
        UsageError: as for `build_choice`.
    """
    if which.newest:
        taken = 0 if which.pipeline is not None or (which.mine and not words) else 1
        address = _pipeline(words[:taken], which, common, simulate=simulate)
        return _choice(address, which, common, simulate=simulate), list(words[taken:])
    if not words:
        raise UsageError(f"missing argument BUILD: {_FORMS}. {_ADVICE}")
    taken = 1
    if which.pipeline is None and len(words) > 1:
        first = pipeline_of(words[0], None, organization=common.organization, simulate=simulate, argument="BUILD")
        taken = 1 if first.number is not None and not _NUMBER.fullmatch(words[1]) else 2
    address = _numbered(words[:taken], which.pipeline, common, command=command, simulate=simulate)
    return _choice(address, which, common, simulate=simulate), list(words[taken:])


def build_choices(
    words: Sequence[str],
    which: BuildOptions,
    common: CommonOptions,
    *,
    command: str,
    simulate: bool = False,
) -> list[BuildChoice]:
    """Return the builds that a command line chooses: addresses of builds, and pipelines before numbers.

    Args:
        words, which, common, command, simulate: as for `build_choice`, with any number of builds.

    Raises:
        UsageError: as for `build_choice`; or the builds are of several organizations.
    """
    if which.newest:
        return [build_choice(words, which, common, command=command, simulate=simulate)]
    if not words:
        raise UsageError(f"missing argument BUILD: {_FORMS}. {_ADVICE}")
    found: list[Reference] = []
    pipeline, numbered = which.pipeline, True
    for word in words:
        if _NUMBER.fullmatch(word):
            found.append(_numbered([word], pipeline, common, command=command, simulate=simulate))
            numbered = True
            continue
        address = pipeline_of(
            word,
            None,
            organization=common.organization,
            simulate=simulate,
            argument="BUILD" if numbered else "PIPELINE",
        )
        if not numbered:
            break
        pipeline, numbered = word, address.number is not None
        if address.number is not None:
            found.append(address)
    if not numbered:
        raise UsageError(f"missing argument NUMBER after {short(pipeline, 100)!r}: {_FORMS}. {_ADVICE}")
    organizations = sorted({address.organization for address in found if address.organization is not None})
    if len(organizations) > 1:
        raise UsageError(f"the builds are of the organizations {' and '.join(organizations)}: give those of one.")
    organization = organizations[0] if organizations else None
    unique = dict.fromkeys(replace(address, organization=organization, job_id=None, step_id=None) for address in found)
    return [_choice(address, which, common, simulate=simulate) for address in unique]


def slug_of(build: Build, client: BuildkiteClient) -> str:
    """Return the slug of a build's pipeline, which its URL tells.

    Raises:
        ValueError: the URL isn't one of the client's API.
    """
    return read_reference(build.url, root=client.options.base_url).pipeline


def _pipeline(words: Sequence[str], which: BuildOptions, common: CommonOptions, *, simulate: bool) -> Reference | None:
    if which.mine and not words and which.pipeline is None:
        return None
    word = words[0] if words else None
    address = pipeline_of(word, which.pipeline, organization=common.organization, simulate=simulate)
    if address.number is not None:
        raise UsageError(f"the address names build {address.number}, and {_NEWEST} the newest: give one of them.")
    return address


def _numbered(
    words: Sequence[str], pipeline: str | None, common: CommonOptions, *, command: str, simulate: bool
) -> Reference:
    address, number = build_of(
        words, pipeline, organization=common.organization, simulate=simulate, command=command, advice=_ADVICE
    )
    return replace(address, number=number)


def _choice(address: Reference | None, which: BuildOptions, common: CommonOptions, *, simulate: bool) -> BuildChoice:
    return BuildChoice(
        connection=ConnectionOptions.of(
            common, common.organization if address is None else address.organization, simulate=simulate
        ),
        address=address,
        branch=which.branch,
        mine=which.mine,
    )
