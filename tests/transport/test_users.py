"""Whose tokens they are: the limit of a user counts for all tokens of that user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from buildkite_api.types import Secret

from buildkite_ext import Budget, BudgetExhausted, BuildkiteClient, DeadlineExceeded, MemoryStore, Retry, Runtime
from buildkite_ext.stores.limits import Limits, Wait
from buildkite_ext.transport.budget import token_identity
from tests.core.fakes import FakeClock

EMAILS = {"bkua_ada_1": "ada@acme.test", "bkua_ada_2": "Ada@acme.test", "bkua_grace": "grace@acme.test"}


class Api:
    """API that tells the user of each token, and limits of 50 for each user."""

    def __init__(self, *, whose: Any = None, remaining: int | None = None) -> None:
        self.paths: list[tuple[str, str]] = []
        self.left = dict.fromkeys({email.lower() for email in EMAILS.values()}, 50)
        self._whose = whose
        self.remaining = remaining

    def __call__(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        path, email = request.url.path, EMAILS[token].lower()
        self.paths.append((token, path))
        self.left[email] -= 1
        left = self.left[email] if self.remaining is None else self.remaining
        headers = {"RateLimit-User-Limit": "50", "RateLimit-User-Remaining": str(left), "RateLimit-User-Reset": "60"}
        if self.remaining is not None:
            headers |= {name.replace("User-", ""): value for name, value in headers.items()}
        if path == "/v2/access-token":
            answer = {"user": {"name": "…", "email": EMAILS[token]}} if self._whose is None else self._whose
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, int):
                return httpx.Response(answer, headers=headers, json={"message": "no"})
            return httpx.Response(200, headers=headers, json=answer)
        return httpx.Response(200, headers=headers, json={"id": "b", "number": 1})

    @property
    def asked(self) -> list[str]:
        return [token for token, path in self.paths if path == "/v2/access-token"]


def of(api: Api, store: MemoryStore, token: Any, **options: Any) -> BuildkiteClient:
    options = {"retry": Retry(attempts=1), "clock": FakeClock(), **options}
    return BuildkiteClient("acme", token=token, transport=httpx.MockTransport(api), store=store, **options)


def test_nobody_is_asked_for_while_there_is_one_token() -> None:
    api, store = Api(), MemoryStore()
    for _ in range(3):
        of(api, store, "bkua_ada_1").builds.get("web", 1)
    assert api.asked == []


def test_two_tokens_of_one_user_share_its_limit_and_each_is_asked_for_its_user_once() -> None:
    api, store = Api(), MemoryStore()
    one, two, other = (of(api, store, token) for token in EMAILS)
    for _ in range(2):
        for buildkite in (one, two, other):
            buildkite.builds.get("web", 1)
    one.builds.get("web", 1)
    assert sorted(api.asked) == sorted(EMAILS)
    assert one.budget.user == two.budget.user
    assert one.budget.user.remaining == api.left["ada@acme.test"]
    assert other.budget.user.remaining == api.left["grace@acme.test"]
    assert other.budget.user.remaining == 50 - 3


def test_a_copy_with_another_token_is_a_second_token() -> None:
    api = Api()
    one = of(api, MemoryStore(), "bkua_ada_1")
    two = one.with_options(token="bkua_ada_2")
    for _ in range(2):
        one.builds.get("web", 1)
        two.builds.get("web", 1)
    assert sorted(api.asked) == ["bkua_ada_1", "bkua_ada_2"]
    assert one.budget.user.remaining == two.budget.user.remaining == 50 - 6


@pytest.mark.parametrize(
    "whose",
    [403, 500, {}, {"user": None}, {"user": {"email": ""}}, {"user": "ada"}, [], httpx.ReadError("reset")],
    ids=str,
)
def test_a_token_whose_user_can_t_be_told_is_a_user_of_its_own(whose: Any) -> None:
    api, store = Api(whose=whose), MemoryStore()
    one, two = of(api, store, "bkua_ada_1"), of(api, store, "bkua_grace")
    for _ in range(3):
        assert (one.builds.get("web", 1).number, two.builds.get("web", 1).number) == (1, 1)
    assert sorted(api.asked) == ["bkua_ada_1", "bkua_grace"]
    assert one.budget.user.remaining == api.left["ada@acme.test"]
    assert two.budget.user.remaining == api.left["grace@acme.test"]


def test_nobody_is_asked_while_the_limit_is_exhausted_but_by_the_next_request() -> None:
    api, store, clock = Api(remaining=0), MemoryStore(), FakeClock()
    of(api, store, "bkua_ada_1", clock=clock).builds.get("web", 1)
    two = of(api, store, "bkua_ada_2", clock=clock, budget=Budget(max_wait=0))
    with pytest.raises(BudgetExhausted):
        two.builds.get("web", 1)
    assert api.asked == []
    clock.advance(61)
    api.remaining = None
    two.builds.get("web", 1)
    assert api.asked == ["bkua_ada_2"]


def test_the_request_that_asks_is_a_read_of_json_and_waits_five_seconds_for_each_step() -> None:
    requests: list[httpx.Request] = []

    class Kept(Api):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return super().__call__(request)

    api, store = Kept(), MemoryStore()
    of(api, store, "bkua_ada_1").builds.get("web", 1)
    of(api, store, "bkua_ada_2").builds.get("web", 1)
    (request,) = [each for each in requests if each.url.path == "/v2/access-token"]
    assert (request.method, request.headers["Accept"]) == ("GET", "application/json")
    assert request.extensions["timeout"] == dict.fromkeys(("connect", "read", "write", "pool"), 5.0)


def test_other_roots_have_other_users() -> None:
    api, store = Api(), MemoryStore()
    of(api, store, "bkua_ada_1", base_url="https://one.test").builds.get("web", 1)
    of(api, store, "bkua_ada_2", base_url="https://two.test").builds.get("web", 1)
    assert api.asked == []


def test_without_a_budget_nobody_is_asked() -> None:
    api, store = Api(), MemoryStore()
    for token in EMAILS:
        of(api, store, token, budget=None).builds.get("web", 1)
    assert api.asked == []


def test_a_function_counts_as_the_first_token_that_it_returns_and_is_asked_once_an_attempt() -> None:
    api, store, calls = Api(), MemoryStore(), []

    def token() -> str:
        calls.append(1)
        return "bkua_ada_1"

    function, text = of(api, store, token), of(api, store, "bkua_ada_1")
    for number in range(1, 4):
        function.builds.get("web", 1)
        assert len(calls) == number
    assert text.budget.user.remaining == function.budget.user.remaining == 47
    text.builds.get("web", 1)
    assert api.asked == []


@pytest.mark.parametrize("timeout", [None, 3.0, 60.0])
def test_a_call_waits_five_seconds_for_the_user_of_its_token_at_most(timeout: float | None) -> None:
    clock, store = FakeClock(), MemoryStore()

    class Dripping(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                clock.advance(1.0)
                yield b" "

    class Slow(Api):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            answer = super().__call__(request)
            is_learning = request.url.path == "/v2/access-token"
            return httpx.Response(200, headers=answer.headers, stream=Dripping()) if is_learning else answer

    api = Slow()
    of(api, store, "bkua_ada_1", clock=clock).builds.get("web", 1)
    began = clock.monotonic()
    buildkite = of(api, store, "bkua_ada_2", clock=clock, timeout=timeout)
    if timeout == 3.0:
        with pytest.raises(DeadlineExceeded):
            buildkite.builds.get("web", 1)
    else:
        assert buildkite.builds.get("web", 1).number == 1
    assert api.asked
    assert clock.monotonic() - began <= 6


def test_a_question_that_failed_is_asked_again_after_pauses_that_grow_to_an_hour() -> None:
    clock, store, api = FakeClock(), MemoryStore(), Api(whose=500, remaining=40)
    one, two = (of(api, store, token, clock=clock, breaker=None) for token in ("bkua_ada_1", "bkua_ada_2"))
    one.builds.get("web", 1)
    began, times = clock.monotonic(), []
    while clock.monotonic() - began < 3 * 3600:
        before = len(api.asked)
        two.builds.get("web", 1)
        if len(api.asked) > before:
            times.append(clock.monotonic() - began)
        clock.advance(30)
    assert times == [0, 60, 180, 420, 900, 1860, 3780, 7380]
    api._whose = None
    clock.advance(3600)
    for each in (two, one):
        each.builds.get("web", 1)
    assert one.budget.user == two.budget.user
    assert len(api.asked) == len(times) + 2


@pytest.mark.parametrize("whose", [429, 503, httpx.ConnectError("refused"), httpx.ReadError("reset")], ids=str)
def test_a_question_that_failed_for_a_moment_is_answered_a_minute_later(whose: Any) -> None:
    clock, store, api = FakeClock(), MemoryStore(), Api(whose=whose)
    one, two = (of(api, store, token, clock=clock) for token in ("bkua_ada_1", "bkua_ada_2"))
    for each in (one, two, one):
        each.builds.get("web", 1)
    api._whose = None
    clock.advance(61)
    for each in (one, two):
        each.builds.get("web", 1)
    assert one.budget.user == two.budget.user


@pytest.mark.parametrize("whose", [403, {"user": None}], ids=str)
def test_a_token_whose_user_the_api_doesn_t_tell_is_asked_for_again_after_an_hour(whose: Any) -> None:
    clock, store, api = FakeClock(), MemoryStore(), Api(whose=whose)
    one, two = (of(api, store, token, clock=clock) for token in ("bkua_ada_1", "bkua_ada_2"))
    one.builds.get("web", 1)
    for seconds, asked in ((0, 1), (3500, 1), (200, 2)):
        clock.advance(seconds)
        two.builds.get("web", 1)
        assert api.asked == ["bkua_ada_2"] * asked


class Told(MemoryStore):
    """Store that learns the user of a token from another process while a request for it is admitted."""

    def __init__(self, user: str) -> None:
        super().__init__()
        self._user = user
        self.admitted: list[tuple[Any, ...]] = []
        self.given_back: list[tuple[Any, ...]] = []

    async def admit(
        self, limits: Limits, policy: Budget, priority: Any, runtime: Runtime, *, token: Any = None, **options: Any
    ) -> Wait | None:
        self.admitted.append((priority, token))
        self.users.hear(*token, self._user if len(self.admitted) > 1 else None, others=True)
        return await super().admit(limits, policy, priority, runtime, token=token, **options)

    def lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        self.given_back.append((limits.user, runtime.now(), sent, counted))
        super().lost(limits, runtime, sent=sent, counted=counted)


def test_a_user_that_another_process_tells_is_not_asked_for_and_that_request_is_given_back() -> None:
    api, store = Api(), Told("ada")
    one, two = (of(api, store, token, priority="background") for token in ("bkua_ada_1", "bkua_ada_2"))
    one.builds.get("web", 1)
    two.builds.get("web", 1)
    assert api.asked == []
    root, identities = "https://api.buildkite.com", [token_identity(Secret(token)) for token in EMAILS]
    first, second = ((root, identity) for identity in identities[:2])
    assert store.admitted == [("background", first), ("foreground", second), ("background", second)]
    assert store.given_back == [(f"user {identities[1]} at {root}", 1000.0, 1000.0, False)]
    assert two.budget.user.remaining == 50 - 2
