"""Replayer of cassettes: it answers as the recorded server did."""

from __future__ import annotations

import difflib
import json
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from buildkite_api.types import kind_of

from ...errors import ConfigurationError
from ...unknown_keywords import checks_keywords
from ...urls import READS
from ..definition.checks import check_flags
from .cleaning import Cleaner
from .comparison import ReplayedRequest, differences
from .plain_yaml import read_yaml
from .relations import address_of, write_of
from .request_texts import Key, differing

if TYPE_CHECKING:
    import httpx

__all__ = ["Interaction", "ReplayMiss", "Replayer", "organization_of"]

_STATUSES = range(200, 600)
"""Statuses of answers. Those below 200 precede an answer."""

_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""Name of a header: https://www.rfc-editor.org/rfc/rfc9110#section-5.1"""

_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""Value of a header: https://www.rfc-editor.org/rfc/rfc9110#section-5.5"""


class ReplayMiss(LookupError):
    """A request that the cassette doesn't answer."""


@dataclass(slots=True, eq=False)
class Interaction:
    """Recorded request and its answer.

    Attributes:
        index: its place in the cassette, from 0.
        method, url: of the request.
        body: of the request.
        status, headers, content: of the answer.
        used: how often it was the answer.
    """

    index: int
    method: str
    url: str
    body: bytes
    status: int
    headers: Sequence[tuple[str, str]]
    content: bytes
    used: int = 0
    key: Key = field(default=())

    @property
    def path(self) -> str:
        """Path of the request."""
        return urlsplit(self.url).path

    @property
    def repeatable(self) -> bool:
        """True for a read, which changes nothing."""
        return self.method in READS

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"{self.method} {parts.path}{'?' if parts.query else ''}{parts.query}"


class Replayer:
    """Replayer of a cassette. Its transports answer without a network.

    A request that was recorded several times gets the answers in their order, and then the last one again, so that a program may
    poll more often than the recorded one did. Requests that don't depend on each other may come in any order. A read after a
    write that changes what it shows gets an answer from after this write, if the cassette has one, and a read before it one from
    before. A write changes its own item, what that is part of, and what is part of that: another build of the pipeline is none
    of these, a list of its builds is one.

    Args:
        path: the file, as `Recorder` or vcrpy writes it.
        strict: whether the query and the body of a request have to be those of the recorded one. With False, the nearest request
            with its method and path answers.

    Attributes:
        interactions: what the cassette holds.

    Raises:
        ConfigurationError: PyYAML isn't installed, or the file isn't a cassette.
        OSError: the file can't be read.

    Example:
        ```python
        with BuildkiteClient("acme", token="x", transport=Replayer("build.yaml").transport()) as buildkite:
            buildkite.builds.get("web", 123)
        ```
    """

    interactions: list[Interaction]

    @checks_keywords
    def __init__(self, path: str | os.PathLike[str], *, strict: bool = True) -> None:
        check_flags(strict=strict)
        self.interactions = _read(Path(path))
        self._strict = strict
        self._cleaner = Cleaner.of_recorded(
            text for each in self.interactions for text in (each.url, each.body.decode("latin-1"))
        )
        self._lock = threading.Lock()
        self._at: dict[Key, Interaction] = {}
        self._sent: list[ReplayedRequest] = []
        for each in self.interactions:
            each.key = self._key(each.method, each.url, each.body)
        self._writes = [
            (each, write_of(each.method, each.url, each.status, each.content))
            for each in self.interactions
            if not each.repeatable
        ]

    @property
    def unused(self) -> list[Interaction]:
        """Recorded requests that nobody has sent, except those that only repeat one that was sent."""
        asked = {each.key for each in self.interactions if each.used}
        return [each for each in self.interactions if each.key not in asked]

    @property
    def missed(self) -> list[str]:
        """Requests so far that the cassette doesn't answer: a sentence each, with the nearest recorded request.

        Each has raised a `ReplayMiss`, which the program may have caught.
        """
        with self._lock:
            return list(differences((), [each for each in self._sent if each.recorded is None]))

    @property
    def differences(self) -> list[str]:
        """What the requests so far differ in from the recorded ones: a sentence each.

        Reads may come more or less often than they were recorded, and in any order. Writes have to come as often, and in order.
        """
        with self._lock:
            return list(differences(self.interactions, self._sent))

    def check(self) -> None:
        """Check that what was sent is what was recorded.

        Raises:
            AssertionError: it isn't. The message has a line for each of the `differences`.
        """
        found = self.differences
        if found:
            raise AssertionError("\n".join(["the requests aren't those of the cassette:", *found]))

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for `httpx.Client` and `BuildkiteClient`."""
        from .transports import ReplayTransport

        return ReplayTransport(self.answer)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for `httpx.AsyncClient` and `AsyncBuildkiteClient`."""
        from .transports import AsyncReplayTransport

        return AsyncReplayTransport(self.answer)

    def answer(self, method: str, url: str, body: bytes) -> Interaction:
        """Return the recorded interaction that answers a request.

        Raises:
            ReplayMiss: there is none. The message names the nearest recorded request.
        """
        with self._lock:
            self._cleaner.learn({}, url, body)  # what a request repeats of its credentials was replaced, too
            key = self._key(method, url, body)
            group = [each for each in self.interactions if each.key == key]
            if not group and not self._strict:
                group = self._alike(key)
            shown = str(Interaction(0, method, self._cleaner.url(url), body, 0, (), b""))
            if not group:
                near = self._nearest(key)
                self._sent.append(ReplayedRequest(shown, None, near))
                raise ReplayMiss(f"the cassette doesn't answer {shown}. {near}")
            found = self._next(group) if method in READS else _next_write(group)
            found.used += 1
            self._at[found.key] = found
            self._sent.append(ReplayedRequest(shown, found, "; ".join(differing(found.key, key))))
            return found

    def _key(self, method: str, url: str, body: bytes) -> Key:
        parts = urlsplit(self._cleaner.url(url))
        query = sorted(parse_qsl(parts.query, keep_blank_values=True))
        return method, parts.netloc, parts.path, json.dumps(query), _canonical(body, self._cleaner)

    def _next(self, group: list[Interaction]) -> Interaction:
        """Return the next answer of a read: behind the last one, and on its side of the writes that change what it shows.

        Where none is left on its side, the answers from before these writes follow in their order, since the program may have
        done them earlier than the recorded one.
        """
        address = address_of(group[0].url)
        writes = [each for each, write in self._writes if write.changes(address)]
        last = self._at.get(group[0].key)
        start = -1 if last is None else last.index
        least = max((each.index for each in writes if each.used), default=-1)
        reached = max(start, least)
        most = min(
            (each.index for each in writes if not each.used and each.index > reached), default=len(self.interactions)
        )
        left = [each for each in group if start < each.index < most]
        after = [each for each in left if each.index > least]
        return next(iter(after or left), last or group[0])

    def _alike(self, wanted: Key) -> list[Interaction]:
        same = [each for each in self.interactions if each.key[:3] == wanted[:3]]
        if not same:
            return []
        nearest = max(same, key=lambda each: _likeness(each.key, wanted))
        return [each for each in same if each.key == nearest.key]

    def _nearest(self, wanted: Key) -> str:
        """Return a sentence that names the recorded request that is nearest to a key."""
        if not self.interactions:
            return "The cassette is empty"
        near = max(self.interactions, key=lambda each: _likeness(each.key, wanted))
        return f"The nearest recorded request is {near}: {'; '.join(differing(near.key, wanted))}"


def _next_write(group: list[Interaction]) -> Interaction:
    return next((each for each in group if not each.used), group[-1])


def _likeness(one: Key, other: Key) -> tuple[int, float]:
    same = sum(a == b for a, b in zip(one, other, strict=True))
    text = difflib.SequenceMatcher(None, " ".join(one)[:500], " ".join(other)[:500]).ratio()
    return (one[2] == other[2]) * 2 + (one[0] == other[0]), same + text


def _canonical(body: bytes, cleaner: Cleaner) -> str:
    clean = cleaner.request_body(body)
    try:
        return json.dumps(json.loads(clean), sort_keys=True)
    except ValueError:
        return clean.decode("latin-1")


def organization_of(interactions: Sequence[Interaction]) -> str | None:
    """Return the slug of the organization that the first request with one names.

    Example:
        >>> organization_of([])
    """
    found = (re.search(r"/v2/(?:\w+/)?organizations/([^/?]+)", each.url) for each in interactions)
    return next((each[1] for each in found if each is not None), None)


def _read(path: Path) -> list[Interaction]:
    try:
        found = read_yaml(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not isinstance(found.get("interactions", ""), list | None):
            raise ValueError("it has no list of interactions")
        return [_checked(index, each) for index, each in enumerate(found["interactions"] or ())]
    except ImportError as error:
        raise ConfigurationError("Replaying needs PyYAML: pip install 'buildkite-ext[record]'") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} isn't a cassette, as vcrpy writes them in YAML: {error}") from error


def _checked(index: int, recorded: Any) -> Interaction:
    """Return an interaction of a cassette.

    Raises:
        ValueError: it isn't one. The message has its number.
    """
    try:
        found = _interaction(index, recorded)
        urlsplit(found.url)
    except KeyError as error:
        raise ValueError(f"interaction {index + 1} lacks {error}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"interaction {index + 1}: {error!r}") from error
    kinds = ((found.method, str), (found.url, str), (found.body, bytes), (found.content, bytes), (found.status, int))
    for value, kind in kinds:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f"interaction {index + 1}: {kind_of(value)} stands where {kind.__name__} does")
    if found.status not in _STATUSES:
        raise ValueError(
            f"interaction {index + 1}: the status {found.status} isn't one of {_STATUSES.start} to {_STATUSES.stop - 1}"
        )
    return found


def _interaction(index: int, recorded: Any) -> Interaction:
    request, response = recorded["request"], recorded["response"]
    left_out = {"content-encoding", "transfer-encoding"}
    if request["method"] != "HEAD":  # its answer has no body, and tells the size of another one
        left_out.add("content-length")
    pairs = [
        (name, _header(name, value))
        for name, values in response["headers"].items()
        for value in (values if isinstance(values, list) else [values])
        if name.lower() not in left_out
    ]
    return Interaction(
        index,
        request["method"],
        request["uri"],
        _bytes(request.get("body")),
        response["status"]["code"],
        pairs,
        _bytes(response["body"].get("string")),
    )


def _header(name: str, value: object) -> str:
    """Return the value of a header, which is on one line and in Latin-1, as HTTP sends it."""
    text = str(value) if isinstance(value, str | int | float) else "\n"
    if not _FIELD_NAME.fullmatch(name) or not _FIELD_VALUE.fullmatch(text):
        raise ValueError(f"the header {name!r} can't be sent")
    return text


def _bytes(body: str | bytes | None) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""
