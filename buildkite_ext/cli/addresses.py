"""Addresses of pipelines and builds on the command line: slugs, ORG/PIPELINE, and URLs of pages and of the API."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace

from ..options import DEFAULT_BASE_URL, ENDPOINT_VARIABLE, normalize_base_url
from ..references import Reference, read_reference
from .problem import UsageError

__all__ = ["build_of", "pipeline_of"]

_PIPELINE = "a slug, ORG/PIPELINE, or the URL of the pipeline at Buildkite"
_BUILD = "PIPELINE NUMBER, ORG/PIPELINE/NUMBER, or the URL of the build at Buildkite"

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def pipeline_of(
    word: str | None, option: str | None, *, organization: str | None, simulate: bool, argument: str = "PIPELINE"
) -> Reference:
    """Return the pipeline that the command line names. The URL of a build or a job names its pipeline.

    Args:
        word: the argument PIPELINE.
        option: the value of `--pipeline`.
        organization: the value of `--organization`.
        simulate: connect to a simulator inside the command. The environment is ignored.
        argument: the name of the argument, BUILD where it may be a build.

    Raises:
        UsageError: neither or both are given, they can't be read, or they name another organization than `--organization`.
    """
    if word is not None and option is not None:
        raise UsageError("PIPELINE and --pipeline: give one of them.")
    if word is None and option is None:
        raise UsageError("missing argument PIPELINE: a slug, ORG/PIPELINE, or a URL.")
    argument, text = (argument, word) if word is not None else ("--pipeline", option)
    assert text is not None
    return _address(argument, text, organization, simulate=simulate)


def build_of(
    words: Sequence[str],
    option: str | None,
    *,
    organization: str | None,
    simulate: bool = False,
    command: str = "cancel",
    advice: str = "",
) -> tuple[Reference, int]:
    """Return the build that the command line names, and its number.

    Args:
        words: PIPELINE and NUMBER; or one word: NUMBER beside `--pipeline`, or the address of a build.
        option: the value of `--pipeline`.
        organization: the value of `--organization`.
        simulate: connect to a simulator inside the command. The environment is ignored.
        command: the name of the command, for messages.
        advice: what else can be given in place of a number, as a sentence.

    Raises:
        UsageError: a part is missing or given twice, can't be read, or names another organization than `--organization`.
    """
    *before, last = words
    if option is not None:
        if before:
            raise UsageError("PIPELINE and --pipeline: give one of them.")
        address = _address("--pipeline", option, organization, simulate=simulate)
        return address, _number(address, last)
    if before:
        address = _address("PIPELINE", before[0], organization, simulate=simulate)
        return address, _number(address, last)
    if _NUMBER.fullmatch(last):
        raise UsageError(
            f"missing argument PIPELINE: write PIPELINE {last} (buildkite-ext {command} web {last}), or --pipeline web {last}."
        )
    address = _address("BUILD", last, organization, simulate=simulate)
    if address.number is None:
        raise UsageError(
            f"missing argument NUMBER: write PIPELINE NUMBER, ORG/PIPELINE/NUMBER, or the URL of the build. {advice}".rstrip()
        )
    return address, address.number


def _address(argument: str, text: str, organization: str | None, *, simulate: bool) -> Reference:
    endpoint = "" if simulate else os.environ.get(ENDPOINT_VARIABLE, "").strip()
    root = normalize_base_url(endpoint or DEFAULT_BASE_URL)
    try:
        address = read_reference(text, root=root)
    except ValueError as error:
        said = str(error)  # without the text: a URL may hold a password
        forms = "" if "give " in said or "write " in said else f" Give {_BUILD if argument == 'BUILD' else _PIPELINE}."
        raise UsageError(f"{argument}: {said}.{forms}") from error
    if organization is None or address.organization in (None, organization):
        return replace(address, organization=organization or address.organization)
    raise UsageError(
        f"{argument} names the organization {address.organization!r}, and --organization {organization!r}: give one of them."
    )


def _number(address: Reference, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise UsageError(f"NUMBER {text!r}: give a whole number.")
    number = int(text)
    if number < 1:
        raise UsageError(f"NUMBER: {text} can't be a build's number. They begin at 1.")
    if address.number not in (None, number):
        raise UsageError(f"NUMBER {text}: the address before it names build {address.number}. Give one of them.")
    return number
