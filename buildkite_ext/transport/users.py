"""Users behind tokens: the rate limit of a user counts for all tokens of that user.

No answer tells whose token its request had, but that of `GET /v2/access-token`. A client with the only token of its process needs
no name for its user. When a second token appears, each of them is asked for its user once.

https://buildkite.com/docs/apis/rest-api/access-token
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from .. import strict_json
from .._forks import reset_after_fork

if TYPE_CHECKING:
    import httpx

__all__ = ["PATH", "Users", "user_of"]

PATH = "/v2/access-token"
"""Path of the operation that tells the user of a token. It needs no scope."""


class Users:
    """Users of the tokens that the clients of a store have, in a process. A token is known by its identity, a hash.

    Example:
        >>> users = Users()
        >>> users.meet("https://api.buildkite.com", "one"), users.meet("https://api.buildkite.com", "two")
        (False, True)
        >>> users.learn("https://api.buildkite.com", "two", "ada")
        >>> users.name("https://api.buildkite.com", "two"), users.name("https://api.buildkite.com", "one")
        ('ada', 'one')
    """

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str | None]] = {}
        self._asked: set[tuple[str, str]] = set()
        self._reset_after_fork()
        reset_after_fork(self)

    def meet(self, root: str, identity: str) -> bool:
        """Take in that a token sends a request. Return True if the caller is to ask for its user first."""
        names = self._names.get(root)
        if names is not None and len(names) == 1 and identity in names:
            return False
        with self._lock:
            names = self._names.setdefault(root, {})
            names.setdefault(identity, None)
            if len(names) == 1 or (root, identity) in self._asked:
                return False
            self._asked.add((root, identity))
            return True

    def learn(self, root: str, identity: str, user: str | None) -> None:
        """Take in the user of a token; None if it can't be told, so that the token counts as a user of its own."""
        with self._lock:
            self._names.setdefault(root, {})[identity] = user

    def forget(self, root: str, identity: str) -> None:
        """Let another request ask for the user of a token, since this one wasn't answered."""
        with self._lock:
            self._asked.discard((root, identity))

    def name(self, root: str, identity: str) -> str:
        """Return the name of the user of a token, by default the identity of the token."""
        return self._names.get(root, {}).get(identity) or identity

    def _reset_after_fork(self) -> None:
        self._lock = threading.Lock()


def user_of(response: httpx.Response) -> str | None:
    """Return a name for the user of a token, from the answer about it: a hash of the e-mail address. None: it doesn't tell."""
    if response.status_code != 200:
        return None
    try:
        body = strict_json.loads(response.content)
    except ValueError:
        return None
    user = body.get("user") if isinstance(body, dict) else None
    email = user.get("email") if isinstance(user, dict) else None
    if not isinstance(email, str) or not email.strip():
        return None
    return hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:16]
