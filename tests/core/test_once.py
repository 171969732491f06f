"""Builds that are created once: found again after a lost answer, by a key in their meta-data."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import anyio
import httpx
import pytest
from buildkite_api.models import Build
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, CircuitBreaker, errors
from buildkite_ext.services.once import (
    ATTEMPT_META_DATA,
    ONCE_META_DATA,
    Once,
    may_have_acted,
    same_commit,
)
from buildkite_ext.simulation import Simulator

from .fakes import Body, Flavor, build

SHA = "5e4f1c2b7a5e4f1c2b7a5e4f1c2b7a5e4f1c2b7a"
OTHER_SHA = "0000000000000000000000000000000000000000"
RESET = httpx.ReadError("reset by peer")


class Organization:
    """A simulated organization whose lists show a build some seconds after it was created.

    `during` is called once, before the first creation arrives, and `after` when it has acted. `answers` are given to
    requests that create a build, after they acted; an exception is raised. `list_answers` are given to lists.
    """

    def __init__(self, *, lag: float = 0.0) -> None:
        self.simulator = Simulator("acme")
        self.web = self.simulator.pipeline("web").job("test", after=600)
        self.lag = lag
        self.during: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None
        self.answers: list[httpx.Response | Exception] = []
        self.list_answers: list[httpx.Response | Exception] = []
        self.sent: list[tuple[str, str]] = []
        self._transport = self.simulator.transport()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        listed = request.method == "GET" and request.url.path.endswith("/builds")
        self.sent.append((request.method, request.url.path.rpartition("/")[2]))
        if request.method == "POST" and self.during is not None:
            during, self.during = self.during, None
            during()
        if listed and self.list_answers:
            return _given(self.list_answers.pop(0))
        response = self.lagging(request)
        if request.method == "POST" and self.after is not None:
            after, self.after = self.after, None
            after()
        return _given(self.answers.pop(0)) if request.method == "POST" and self.answers else response

    def lagging(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; from a list of builds leave those out that are too young."""
        response = self._transport.handle_request(request)
        response.read()
        if response.status_code != 200 or request.method != "GET" or not request.url.path.endswith("/builds"):
            return response
        ages = {
            each["id"]: self.now - datetime.fromisoformat(each["created_at"]).timestamp() for each in response.json()
        }
        return httpx.Response(200, json=[each for each in response.json() if ages[each["id"]] >= self.lag])

    @property
    def now(self) -> float:
        return self.simulator.clock.time()

    @property
    def posts(self) -> int:
        return sum(method == "POST" for method, _ in self.sent)

    @property
    def looks(self) -> int:
        return self.sent.count(("GET", "builds"))

    @property
    def states(self) -> list[str]:
        return ["canceled" if each.state in ("canceled", "canceling") else "going" for each in self.web.builds]

    def client(self, flavor: Flavor, **options: Any) -> Any:
        return flavor.client(
            self, token=self.simulator.token, base_url=self.simulator.base_url, clock=self.simulator.clock, **options
        )

    def rival(self, once: str = "release-1.4", commit: str = SHA) -> Build:
        """Create a build by another client, with its own connection."""
        with BuildkiteClient(
            "acme",
            token=self.simulator.token,
            base_url=self.simulator.base_url,
            clock=self.simulator.clock,
            transport=httpx.MockTransport(self.lagging),
        ) as buildkite:
            return buildkite.builds.create("web", commit=commit, branch="main", once=once)


def _given(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer


async def create(flavor: Flavor, client: Any, **options: Any) -> Build:
    arguments = {"branch": "main", "commit": SHA, "once": "release-1.4", **options}
    found: Build = await flavor.call(client.builds.create, "web", **arguments)
    return found


# --- Which build is it? -----------------------------------------------------------------------------------------------


def known(number: int, **changes: Any) -> Build:
    """Return a build of `once=k`, SHA and main, with changes; `attempt` is one of its meta-data."""
    marks = {ONCE_META_DATA: changes.pop("key", "k"), ATTEMPT_META_DATA: changes.pop("attempt", "theirs")}
    return Build.from_dict(
        build(number, **{"meta_data": marks, "commit": SHA, "branch": "main", "source": "api", **changes})
    )


WANTED = Once("k", SHA, "main", own=True, attempt="mine")


@pytest.mark.parametrize(
    ("builds", "same", "others", "ours"),
    [
        ([], [], [], None),
        ([known(7)], [7], [], None),
        ([known(7, attempt="mine")], [7], [], 7),
        ([known(9, attempt="mine"), known(8), known(7)], [7, 8, 9], [], 9),
        ([known(7, key="K")], [], [], None),
        ([known(7, meta_data={})], [], [], None),
        ([known(9, rebuilt_from={"id": "b", "number": 7, "url": "u"}), known(7)], [7], [], None),
        ([known(7, source="trigger_job")], [], [], None),
        ([known(7, source="ui")], [], [], None),
        ([known(7, source=None)], [7], [], None),
        ([known(7, commit=OTHER_SHA)], [], [7], None),
        ([known(7, commit="HEAD")], [], [7], None),
        ([known(7, commit=SHA.upper())], [7], [], None),
        ([known(7, branch="dev")], [], [7], None),
        ([known(8, branch="dev"), known(9)], [9], [8], None),
    ],
)
def test_the_builds_that_are_the_one(builds: list[Build], same: list[int], others: list[int], ours: int | None) -> None:
    found = WANTED.among(builds)
    assert [each.number for each in found.same] == same
    assert [each.number for each in found.others] == others
    assert (found.ours and found.ours.number) == ours


def test_without_a_branch_every_branch_fits() -> None:
    wanted = Once("k", SHA, None, own=True, attempt="mine")
    assert [each.number for each in wanted.among([known(7, branch="dev"), known(8)]).same] == [7, 8]


@pytest.mark.parametrize(
    ("asked", "found", "same"),
    [
        (SHA, SHA, True),
        (SHA.upper(), SHA, True),
        (SHA, OTHER_SHA, False),
        (SHA[:7], SHA, True),
        (SHA[:7], OTHER_SHA, False),
        (SHA, "HEAD", False),
        (SHA, None, True),
        ("HEAD", SHA, True),
        ("HEAD", "HEAD", True),
        ("v1.4", SHA, True),
        ("refs/heads/main", OTHER_SHA, True),
        ("a" * 64, "a" * 64, True),
        ("a" * 64, "b" * 64, False),
        ("abc", SHA, True),
    ],
)
def test_only_a_sha_can_be_compared(asked: str, found: str | None, same: bool) -> None:
    assert same_commit(asked, found) is same


def caused(cause: BaseException | None) -> errors.DeadlineExceeded:
    error = errors.DeadlineExceeded("late")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "acted"),
    [
        (errors.ResponseLost("lost"), True),
        (errors.ServerError("oops", response=httpx.Response(500)), True),
        (errors.ServiceUnavailable("down", response=httpx.Response(503)), True),
        (errors.InvalidResponse("HTML"), True),
        (caused(errors.ResponseLost("lost")), True),
        (caused(None), False),
        (caused(errors.ConnectionFailed("refused")), False),
        (caused(errors.RateLimited("slow", response=httpx.Response(429))), False),
        (errors.ConnectionFailed("refused"), False),
        (errors.RateLimited("slow", response=httpx.Response(429)), False),
        (errors.InvalidRequest("no", response=httpx.Response(422)), False),
        (errors.CircuitOpen("open"), False),
        (errors.BudgetExhausted("full"), False),
        (errors.WriteRefused("read-only"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_the_errors_after_which_a_build_may_exist(error: Exception, acted: bool) -> None:
    assert may_have_acted(error) is acted


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["mine", "a", "b"]), st.sampled_from(["k", "other"])),
        unique_by=lambda each: each[0],
    )
)
def test_every_caller_chooses_the_same_winner(builds: list[tuple[int, str, str]]) -> None:
    made = [known(number, attempt=attempt, key=key) for number, attempt, key in builds]
    winners = {
        Once("k", SHA, "main", own=True, attempt=attempt).earlier(made, "web").number  # type: ignore[union-attr]
        for attempt in ("mine", "a", "b")
        if any(key == "k" for _, _, key in builds)
    }
    assert winners == ({min(number for number, _, key in builds if key == "k")} if winners else set())


# --- Creating ---------------------------------------------------------------------------------------------------------


async def test_a_key_of_one_s_own_creates_one_build(flavor: Flavor) -> None:
    organization = Organization()
    client = organization.client(flavor)
    first = await create(flavor, client, meta_data={"release": "1.4"})
    again = await create(flavor, client)
    assert (first.number, again.number, organization.posts) == (1, 1, 1)
    marks = organization.web.builds[0].meta_data
    assert marks.pop(ATTEMPT_META_DATA)
    assert marks == {"release": "1.4", ONCE_META_DATA: "release-1.4"}
    assert organization.sent == [("GET", "builds"), ("POST", "builds"), ("GET", "builds"), ("GET", "builds")]


async def test_another_key_is_another_build(flavor: Flavor) -> None:
    organization = Organization()
    client = organization.client(flavor)
    numbers = [(await create(flavor, client, once=key)).number for key in ("a&b=c", "[é] %", "a")]
    assert (numbers, organization.posts) == ([1, 2, 3], 3)
    assert (await create(flavor, client, once="[é] %")).number == 2


@pytest.mark.parametrize("once", [None, False])
async def test_without_a_key_nothing_is_stamped_or_looked_for(flavor: Flavor, once: bool | None) -> None:
    organization = Organization()
    await create(flavor, organization.client(flavor), once=once)
    assert organization.sent == [("POST", "builds")]
    assert organization.web.builds[0].meta_data == {}


async def test_a_random_key_costs_no_further_request(flavor: Flavor) -> None:
    organization = Organization()
    client = organization.client(flavor)
    assert [(await create(flavor, client, once=True)).number for _ in range(2)] == [1, 2]
    assert organization.sent == [("POST", "builds")] * 2
    keys = {each.meta_data[ONCE_META_DATA] for each in organization.web.builds}
    assert len(keys) == 2


@pytest.mark.parametrize("once", ["release-1.4", True], ids=["own", "random"])
@pytest.mark.parametrize("lag", [0.0, 5.0, 25.0])
@pytest.mark.parametrize(
    "failure",
    [
        RESET,
        httpx.ReadTimeout("slow"),
        httpx.Response(502, html="<h1>Bad Gateway</h1>"),
        httpx.Response(500, json={"message": "oops"}),
        httpx.Response(201, stream=Body(b'{"id"', RESET)),
        httpx.Response(201, html="<h1>Welcome</h1>"),
    ],
    ids=["reset", "timeout", "502", "500", "truncated", "html"],
)
async def test_after_a_lost_answer_the_build_is_found(
    flavor: Flavor, failure: httpx.Response | Exception, lag: float, once: str | bool
) -> None:
    organization = Organization(lag=lag)
    organization.answers = [failure]
    found = await create(flavor, organization.client(flavor), once=once)
    assert (found.number, found.commit, organization.posts) == (1, SHA, 1)


async def test_a_dropped_answer_of_the_simulator(flavor: Flavor) -> None:
    organization = Organization()
    organization.simulator.drop_next(operation="builds.create", after_acting=True)
    assert (await create(flavor, organization.client(flavor), once=True, commit="HEAD")).number == 1
    assert organization.posts == 1


async def test_a_body_that_the_deadline_cuts_off(flavor: Flavor) -> None:
    organization = Organization(lag=3.0)
    organization.answers = [
        httpx.Response(201, stream=Body(b"{", lambda: organization.simulator.clock.sleep(99), b"}"))
    ]
    assert (await create(flavor, organization.client(flavor, timeout=60), once=True)).number == 1
    assert organization.posts == 1


async def test_a_request_that_never_arrived_is_sent_again_and_not_looked_for(flavor: Flavor) -> None:
    organization = Organization()
    organization.simulator.drop_next(operation="builds.create")
    assert (await create(flavor, organization.client(flavor), once=True)).number == 1
    assert organization.sent == [("POST", "builds")] * 2
    assert len(organization.web.builds) == 1


@pytest.mark.parametrize("once", ["release-1.4", True], ids=["own", "random"])
@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_build_that_never_appears_is_response_lost(flavor: Flavor, once: str | bool, status: int) -> None:
    organization = Organization()
    organization.simulator.fail_next(status=status, operation="builds.create")
    client, began = organization.client(flavor), organization.now
    with pytest.raises(errors.ResponseLost, match=r"no build with its key for 30 s.*Call builds\.create") as caught:
        await create(flavor, client, once=once)
    key = caught.value.once
    assert key is not None
    assert repr(key) in str(caught.value)
    assert once is True or key == once
    assert f"Buildkite answered {status}, and the build was not found" in str(caught.value)
    assert isinstance(caught.value.__cause__, errors.ServerError)
    assert pickle.loads(pickle.dumps(caught.value)).once == key
    assert organization.now - began <= 30
    assert 5 <= organization.looks <= 10
    assert organization.posts == 1
    # What the message advises: the key creates the build now, and the next call finds it.
    assert [(await create(flavor, client, once=key)).number for _ in range(2)] == [1, 1]


async def test_a_build_that_appears_after_the_time_is_found_by_the_next_call(flavor: Flavor) -> None:
    organization = Organization(lag=40.0)
    organization.answers = [RESET]
    client = organization.client(flavor)
    with pytest.raises(errors.ResponseLost) as caught:
        await create(flavor, client, once=True)
    organization.simulator.clock.sleep(60)
    assert (await create(flavor, client, once=caught.value.once)).number == 1
    assert organization.posts == 1


async def test_lists_that_fail_meanwhile_are_asked_again(flavor: Flavor) -> None:
    organization = Organization(lag=2.0)
    organization.answers = [RESET]
    organization.list_answers = [httpx.Response(503, json={}), RESET, httpx.Response(429, json={"reset": 4})]
    assert (await create(flavor, organization.client(flavor), once=True)).number == 1
    assert organization.posts == 1


@pytest.mark.parametrize("lag", [0.0, 20.0])
async def test_a_failure_that_opens_the_circuit_is_looked_after_when_it_closes(flavor: Flavor, lag: float) -> None:
    organization = Organization(lag=lag)
    organization.answers = [httpx.Response(500, json={})]
    client = organization.client(flavor, breaker=CircuitBreaker(failures=1))
    assert (await create(flavor, client, once=True)).number == 1
    assert (organization.posts, organization.looks) == (1, 1)


async def test_a_circuit_that_stays_open_ends_the_search(flavor: Flavor) -> None:
    organization = Organization()
    organization.simulator.fail_next(status=500, times=100)
    client, began = organization.client(flavor, breaker=CircuitBreaker(failures=1)), organization.now
    with pytest.raises(errors.ResponseLost, match="could not be read"):
        await create(flavor, client, once=True)
    assert organization.now - began <= 61
    assert organization.posts == 1


async def test_lists_that_are_refused_end_the_search(flavor: Flavor) -> None:
    organization = Organization()
    organization.answers = [RESET]
    organization.list_answers = [httpx.Response(403, json={"message": "Forbidden"})]
    with pytest.raises(errors.ResponseLost, match=r"could not be read(.|\n)*read_builds"):
        await create(flavor, organization.client(flavor), once=True)
    assert (organization.looks, organization.posts) == (1, 1)


async def test_lists_that_fail_do_not_lose_a_build_that_was_created(flavor: Flavor) -> None:
    organization = Organization()
    refused = httpx.Response(403, json={"message": "Forbidden"})
    organization.list_answers = [httpx.Response(200, json=[]), refused]
    assert (await create(flavor, organization.client(flavor))).number == 1


async def test_a_first_look_that_fails_creates_nothing(flavor: Flavor) -> None:
    organization = Organization()
    organization.list_answers = [httpx.Response(403, json={"message": "Forbidden"})]
    with pytest.raises(errors.AccessDenied):
        await create(flavor, organization.client(flavor))
    assert organization.posts == 0


async def test_a_default_branch_that_can_t_be_read_is_no_lost_build(flavor: Flavor) -> None:
    organization = Organization()
    organization.simulator.fail_next(status=500, operation="pipelines.get")
    with pytest.raises(errors.ServerError) as caught:
        await create(flavor, organization.client(flavor, retry=None), branch=None)
    assert caught.value.operation == "get_pipeline"
    assert organization.posts == 0


# --- Races and other builds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lag", [0.0, 6.0])
@pytest.mark.parametrize("failure", [None, RESET], ids=["answered", "lost"])
async def test_of_two_racing_creates_the_lower_number_wins(
    flavor: Flavor, lag: float, failure: Exception | None
) -> None:
    organization = Organization(lag=lag)
    organization.during = organization.rival
    organization.answers = [failure] if failure is not None else []
    winner = await create(flavor, organization.client(flavor))
    assert (winner.number, organization.states) == (1, ["going", "canceled"])


@pytest.mark.parametrize("failure", [None, RESET], ids=["answered", "lost"])
async def test_the_lower_number_is_kept_by_its_own_call(flavor: Flavor, failure: Exception | None) -> None:
    organization = Organization(lag=6.0)
    organization.answers = [failure] if failure is not None else []
    organization.after = organization.rival
    winner = await create(flavor, organization.client(flavor))
    assert (winner.number, organization.states) == (1, ["going", "canceled"])


async def test_two_calls_at_the_same_time_end_with_one_build(flavor: Flavor) -> None:
    organization = Organization(lag=6.0)
    client = organization.client(flavor)
    if flavor.blocking:
        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(client.builds.create, "web", branch="main", commit=SHA, once="k") for _ in range(2)]
            numbers = [call.result().number for call in calls]
    else:
        numbers = []

        async def one() -> None:
            numbers.append((await create(flavor, client, once="k")).number)

        async with anyio.create_task_group() as group:
            group.start_soon(one)
            group.start_soon(one)
    assert numbers == [1, 1]
    assert organization.states.count("going") == 1


async def test_a_rival_s_build_is_taken_where_ours_never_came_to_be(flavor: Flavor) -> None:
    organization = Organization(lag=2.0)
    organization.simulator.fail_next(status=500, operation="builds.create")
    organization.after = organization.rival
    winner = await create(flavor, organization.client(flavor))
    assert (winner.number, organization.states, organization.posts) == (1, ["going"], 1)


async def test_a_build_that_can_t_be_cancelled_says_so(flavor: Flavor) -> None:
    organization = Organization()
    organization.during = organization.rival
    organization.simulator.fail_next(status=403, operation="builds.cancel")
    with pytest.raises(errors.AccessDenied) as caught:
        await create(flavor, organization.client(flavor))
    assert any("builds 1 and 2" in note for note in caught.value.__notes__)


async def test_a_rebuild_is_not_the_build(flavor: Flavor) -> None:
    organization = Organization()
    client = organization.client(flavor)
    first = await create(flavor, client)
    rebuilt = await flavor.call(client.builds.rebuild, "web", first.number)
    assert organization.web.builds[1].meta_data[ONCE_META_DATA] == "release-1.4"
    assert rebuilt.number == 2
    assert (await create(flavor, client)).number == 1


@pytest.mark.parametrize("changed", [{"commit": OTHER_SHA}, {"branch": "dev"}], ids=str)
async def test_a_key_of_another_build_is_an_error(flavor: Flavor, changed: dict[str, str]) -> None:
    organization = Organization()
    client = organization.client(flavor)
    await create(flavor, client)
    with pytest.raises(ValueError, match=r"once='release-1\.4': build web #1 .* No build was created"):
        await create(flavor, client, **changed)
    assert len(organization.web.builds) == 1


async def test_another_build_with_the_key_is_not_taken_for_a_lost_one(flavor: Flavor) -> None:
    organization = Organization()
    organization.during = lambda: organization.rival(commit=OTHER_SHA)
    organization.answers = [httpx.Response(500, json={})]
    found = await create(flavor, organization.client(flavor))
    assert (found.number, found.commit) == (2, SHA)
    assert organization.states == ["going", "going"]


async def test_head_is_told_by_key_and_branch(flavor: Flavor) -> None:
    organization = Organization()
    client = organization.client(flavor)
    await create(flavor, client, commit="HEAD")
    assert (await create(flavor, client, commit="HEAD")).number == 1
    with pytest.raises(ValueError, match="on 'main' has this key"):
        await create(flavor, client, commit="HEAD", branch="dev")


async def test_a_filter_that_a_server_ignores_finds_no_wrong_build(flavor: Flavor) -> None:
    organization = Organization()
    client = organization.client(flavor)
    await create(flavor, client, once=None)
    everything = organization.lagging(_list(organization)).json()
    assert len(everything) == 1
    organization.list_answers = [httpx.Response(200, json=everything)]
    assert (await create(flavor, client)).number == 2


def _list(organization: Organization) -> httpx.Request:
    return httpx.Request(
        "GET",
        f"{organization.simulator.base_url}/v2/organizations/acme/pipelines/web/builds",
        headers={"Authorization": f"Bearer {organization.simulator.token}"},
    )


# --- Arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"once": ""}, ValueError, "once=''"),
        ({"once": "  "}, ValueError, "1 to 255 characters"),
        ({"once": "x" * 256}, ValueError, "1 to 255 characters"),
        ({"once": 7}, TypeError, "once"),
        ({"meta_data": {ONCE_META_DATA: "x"}}, ValueError, "leave it out of meta_data"),
    ],
    ids=["empty", "blank", "long", "number", "meta-data"],
)
async def test_keys_that_can_t_be_used(flavor: Flavor, options: Any, error: type[Exception], message: str) -> None:
    organization = Organization()
    with pytest.raises(error, match=message):
        await create(flavor, organization.client(flavor), **options)
    assert organization.sent == []
