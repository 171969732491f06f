"""Users behind tokens: the rate limit of a user counts for all tokens of that user.

No answer tells whose token its request had, but that of `GET /v2/access-token`. The only token that uses a store needs no name
for its user. When a second one appears, each of them is asked for its user.

https://buildkite.com/docs/apis/rest-api/access-token
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict

from .._forks import reset_after_fork

__all__ = ["Users"]

_FIRST_PAUSE = 60.0
_LONGEST_PAUSE = 3600.0
"""Seconds until a token is asked for its user again, if it couldn't be told. Each failure doubles the pause."""


class Users:
    """Users of the tokens that the clients of a store have. A token is known by its identity, a hash.

    Example:
        >>> users, root = Users(), "https://api.buildkite.com"
        >>> users.meet(root, "one", 0.0), users.meet(root, "two", 0.0)
        (False, True)
        >>> users.learn(root, "two", "ada", 0.0)
        >>> users.name(root, "two"), users.name(root, "one")
        ('ada', None)
    """

    def __init__(self) -> None:
        self._names: defaultdict[str, dict[str, str | None]] = defaultdict(dict)
        self._crowded: set[str] = set()
        """Roots at which other processes have other tokens."""
        self._questions: dict[tuple[str, str], tuple[float, int]] = {}
        """Tokens that were asked for their user: when the next question is due, and how many have failed."""
        self._reset_after_fork()
        reset_after_fork(self)

    def meet(self, root: str, identity: str, now: float) -> bool:
        """Take in that a token sends a request. Return True if the caller is to ask for its user first."""
        names = self._names[root]
        if identity in names and (names[identity] is not None or (len(names) == 1 and root not in self._crowded)):
            return False
        with self._lock:
            names.setdefault(identity, None)
            due, failures = self._questions.get((root, identity), (-math.inf, 0))
            if names[identity] is not None or (len(names) == 1 and root not in self._crowded) or now < due:
                return False
            self._questions[root, identity] = math.inf, failures
            return True

    def learn(self, root: str, identity: str, user: str | None, now: float, *, answered: bool = True) -> None:
        """Take in the user of a token; None if it can't be told. Until that is known, the token counts as a user of its own.

        Args:
            root, identity: the token.
            user: its user.
            now: the time.
            answered: the API has answered, so that the next question would get the same answer for long.
        """
        with self._lock:
            _, failures = self._questions.pop((root, identity), (0.0, 0))
            if user is None:
                pause = _LONGEST_PAUSE if answered else min(_FIRST_PAUSE * 2.0 ** min(failures, 10), _LONGEST_PAUSE)
                self._questions[root, identity] = now + pause, failures + 1
            else:
                self._names[root][identity] = user

    def forget(self, root: str, identity: str) -> None:
        """Let another request ask for the user of a token, since this one didn't."""
        with self._lock:
            _, failures = self._questions.pop((root, identity), (0.0, 0))
            self._questions[root, identity] = -math.inf, failures

    def hear(self, root: str, identity: str, user: str | None, *, others: bool) -> None:
        """Take in what another process has learned: the user of a token, and whether there are other tokens."""
        if user is not None and self._names[root].get(identity) != user:
            with self._lock:
                self._names[root][identity] = user
        if others:
            self._crowded.add(root)

    def name(self, root: str, identity: str) -> str | None:
        """Return the name of the user of a token; None if it isn't known."""
        return self._names[root].get(identity)

    def _reset_after_fork(self) -> None:
        """Forget the questions that aren't answered: they are the parent's."""
        self._lock = threading.RLock()  # the garbage collector may end a call of a closed event loop while it is held
        self._questions = {key: each for key, each in self._questions.items() if each[0] != math.inf}
