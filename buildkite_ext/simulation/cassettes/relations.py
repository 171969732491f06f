"""Relations of requests: which writes change what a read shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Address", "Write", "address_of", "write_of"]

Address = tuple[str, ...]
"""Components of a URL, in which collections and items alternate: `("api.test/v2/organizations", "acme", "pipelines")`."""

_NAMES = ("number", "id", "uuid", "slug", "key")
"""Keys of an answer whose values stand in the URL of what it describes."""

_ORGANIZATION = 2
"""Length of the address of an organization."""

_BUILD = 6
"""Length of the address of a build."""


def address_of(url: str) -> Address:
    """Return the address of a URL.

    Example:
        >>> address_of("https://api.test/v2/organizations/acme/pipelines?page=2")
        ('api.test/v2/organizations', 'acme', 'pipelines')
        >>> address_of("https://api.test/v2/builds/")
        ('api.test/v2', '', 'builds')
    """
    parts = urlsplit(url)
    path = parts.path.strip("/").split("/")
    if "organizations" not in path:
        return (f"{parts.netloc}/{path[0]}", "", *path[1:])
    place = path.index("organizations") + 1
    return ("/".join([parts.netloc, *path[:place]]), *path[place:])


@dataclass(frozen=True, slots=True)
class Write:
    """Request that changes something.

    Attributes:
        at: its address.
        creates: True for a POST, which adds to a collection.
        names: the names of the item that its answer describes, as they stand in URLs.
    """

    at: Address
    creates: bool
    names: frozenset[str]

    def changes(self, read: Address) -> bool:
        """Tell if it may change what a read shows.

        It changes its own item, what that is part of, and what is part of that. All of a build belongs together. It changes
        neither other items of the same collection, nor other resources of the organization.

        Example:
            >>> create = Write(("v2", "acme", "pipelines", "web", "builds"), True, frozenset({"2"}))
            >>> [create.changes((*create.at, number)) for number in ("1", "2")], create.changes(create.at)
            ([False, True], True)
        """
        at = self.at
        common = next((place for place, (a, b) in enumerate(zip(at, read, strict=False)) if a != b), None)
        if common is None:
            if self.creates and len(read) > len(at) and _ends_in_collection(at):
                return read[len(at)] in self.names
            return True
        if at[:_BUILD] == read[:_BUILD] and at[2:5:2] == ("pipelines", "builds"):
            return True
        if _lists_all_builds(read) and at[2:5:2] == ("pipelines", "builds"):
            return read[1] in ("", at[1])
        if common <= _ORGANIZATION:
            return False
        if common % 2:  # another item of the same collection
            return read[common] in self.names
        return len(at) == common + 1  # an action on the item that both are part of


def write_of(method: str, url: str, status: int, content: bytes) -> Write:
    """Return what is known of a write by its answer.

    Example:
        >>> write_of("POST", "https://api.test/v2/x", 201, b'{"number": 2}').names
        frozenset({'2'})
    """
    try:
        answer = json.loads(content) if status < 400 else None
    except (ValueError, RecursionError):
        answer = None
    found = [answer.get(name) for name in _NAMES] if isinstance(answer, dict) else []
    names = frozenset(str(each) for each in found if isinstance(each, str | int))
    return Write(address_of(url), method == "POST", names)


def _ends_in_collection(at: Address) -> bool:
    return len(at) % 2 == 1


def _lists_all_builds(read: Address) -> bool:
    """Tell if a read lists the builds of an organization, or of all of them."""
    return len(read) == _ORGANIZATION + 1 and read[-1] == "builds"
