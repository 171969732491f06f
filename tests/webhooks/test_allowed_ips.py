"""AllowedIPs: deliveries from Buildkite's addresses only."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import ConfigurationError
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running
from buildkite_ext.webhooks import AllowedIPs, DeliveryEvent, DeliveryRefused, WebhookHandler
from buildkite_ext.webhooks.allowed_ips import (
    AddressUnknown,
    client_address,
    fetch_allowed_ips,
    is_within,
    parse_address,
    parse_network,
    parse_networks,
)

from .posting import NOW, SECRET, build_body, signed

BUILDKITE = ["192.0.2.0/24", "198.51.100.7", "2001:db8:1::/48"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Meta:
    """Results of a fetch, in order; the last one is repeated. An error is raised."""

    def __init__(self, *answers: list[str] | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.was_asked = asyncio.Event()
        self.gate: asyncio.Event | None = None

    async def __call__(self) -> list[str]:
        self.asked += 1
        self.was_asked.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


_RECEIVERS: list[WebhookHandler] = []


def receiver(sources: AllowedIPs, reports: list[DeliveryEvent] | None = None) -> WebhookHandler:
    """Return a receiver that is closed after the test."""
    hooks = WebhookHandler(
        secret=SECRET,
        now=lambda: NOW,
        allowed_ips=sources,
        on_delivery_event=None if reports is None else reports.append,
    )
    _RECEIVERS.append(hooks)
    return hooks


@pytest.fixture(autouse=True)
def close_receivers() -> Iterator[None]:
    yield
    while _RECEIVERS:
        _RECEIVERS.pop().close()


async def post(hooks: WebhookHandler, client: str | None, forwarded: Any = None) -> int:
    body = build_body()
    headers: list[tuple[str, str]] = [*signed(body).items()]
    headers += [("X-Forwarded-For", each) for each in ([forwarded] if isinstance(forwarded, str) else forwarded or [])]
    return (await hooks.receive("POST", headers, body, client=client)).status


@pytest.mark.parametrize(
    ("client", "status"),
    [
        ("192.0.2.200", 200),
        ("::ffff:192.0.2.200", 200),
        ("198.51.100.7", 200),
        ("2001:db8:1::5", 200),
        ("2001:0DB8:0001:0:0::5", 200),
        ("198.51.100.8", 403),
        ("::ffff:198.51.100.8", 403),
        ("2001:db8:2::5", 403),
        ("localhost", 403),
        ("", 403),
        (None, 403),
    ],
)
async def test_only_allowed_addresses_are_accepted(client: str | None, status: int) -> None:
    reports: list[DeliveryEvent] = []
    assert await post(receiver(AllowedIPs(Meta(BUILDKITE)), reports), client) == status
    if status == 403:
        (refused,) = reports
        assert isinstance(refused, DeliveryRefused)
        assert (refused.reason, refused.client) == ("source", client)


async def test_a_stranger_is_refused_before_the_body_is_read() -> None:
    hooks = receiver(AllowedIPs(Meta(BUILDKITE)))
    body = build_body()
    headers = [(name.lower().encode(), value.encode()) for name, value in signed(body).items()]
    sent: list[Any] = []

    async def receive() -> Any:
        assert sent, "nobody need read the body"
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "headers": headers, "client": ("203.0.113.9", 1)}
    await hooks.asgi()(scope, receive, send)
    assert (sent[0]["status"], sent[1]["body"]) == (403, b'{"message": "Forbidden"}')


@pytest.mark.parametrize(
    ("client", "forwarded", "status"),
    [
        ("10.0.0.2", "192.0.2.7", 200),
        ("10.0.0.2", "6.6.6.6, 192.0.2.7", 200),
        ("10.0.0.2", ["6.6.6.6", "192.0.2.7"], 200),
        ("10.0.0.2", "192.0.2.7, 10.0.0.3", 200),
        ("10.0.0.2", "192.0.2.7:4711", 200),
        ("10.0.0.2", "[2001:db8:1::5]:4711", 200),
        ("::ffff:10.0.0.2", "::ffff:192.0.2.7", 200),
        ("10.0.0.2", "192.0.2.7, 6.6.6.6", 403),  # the proxy was called by 6.6.6.6, which said the rest
        ("10.0.0.2", ["192.0.2.7", "6.6.6.6"], 403),
        ("10.0.0.2", None, 403),
        ("10.0.0.2", "192.0.2.7, unknown", 403),
        ("10.0.0.2", "192.0.2.7,", 403),
        ("10.0.0.2", "192.0.2.07", 403),
        ("10.0.0.2", "192.0.2.7 " + "x" * 5000, 403),
        ("10.0.0.2", "6.6.6.6," * 1000 + "192.0.2.7", 403),  # longer than any chain of proxies
        ("203.0.113.9", "192.0.2.7", 403),  # no proxy of ours
        (None, "192.0.2.7", 403),
    ],
)
async def test_behind_proxies(client: str | None, forwarded: Any, status: int) -> None:
    sources = AllowedIPs(Meta(BUILDKITE), trusted_proxies=["10.0.0.0/8"])
    assert await post(receiver(sources), client, forwarded) == status


async def test_other_headers_are_ignored() -> None:
    sources = AllowedIPs(Meta(BUILDKITE), trusted_proxies=["10.0.0.0/8"])
    body = build_body()
    for name in ("Forwarded", "X-Real-IP", "X_Forwarded_For", "X-Forwarded", "CF-Connecting-IP", "True-Client-IP"):
        headers = {**signed(body), name: "for=192.0.2.7" if name == "Forwarded" else "192.0.2.7"}
        assert (await receiver(sources).receive("POST", headers, body, client="10.0.0.2")).status == 403


async def test_behind_a_unix_socket() -> None:
    sources = AllowedIPs(Meta(BUILDKITE), trusted_proxies=["unix:"])
    assert await post(receiver(sources), None, "192.0.2.7") == 200
    assert await post(receiver(sources), None, "6.6.6.6") == 403
    assert await post(receiver(sources), "6.6.6.6", "192.0.2.7") == 403


async def test_the_addresses_are_fetched_once_for_several_deliveries() -> None:
    meta = Meta(BUILDKITE)
    meta.gate = asyncio.Event()
    hooks = receiver(AllowedIPs(meta))
    bodies = [build_body(number=number) for number in range(20)]
    posting = asyncio.gather(
        *(hooks.receive("POST", signed(body), body, client="192.0.2.7") for body in bodies),
    )
    await meta.was_asked.wait()
    meta.gate.set()
    assert {answer.status for answer in await posting} == {200}
    assert meta.asked == 1


async def test_a_cancelled_request_does_not_cancel_the_fetch() -> None:
    meta = Meta(BUILDKITE)
    meta.gate = asyncio.Event()
    hooks = receiver(AllowedIPs(meta))
    first = asyncio.create_task(post(hooks, "192.0.2.7"))
    await meta.was_asked.wait()
    second = asyncio.create_task(post(hooks, "192.0.2.7"))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    meta.gate.set()
    assert (await second, meta.asked) == (200, 1)


async def settled() -> None:
    for task in asyncio.all_tasks():
        if task.get_name() == "buildkite-meta":
            await task


async def test_the_known_addresses_are_used_during_a_refresh() -> None:
    clock, meta = Clock(), Meta(["192.0.2.0/24"], ["203.0.113.0/24"])
    hooks = receiver(AllowedIPs(meta, refresh=600, clock=clock))
    assert await post(hooks, "192.0.2.7") == 200
    clock.time += 599
    assert (await post(hooks, "203.0.113.9"), meta.asked) == (403, 1)
    clock.time += 1
    assert await post(hooks, "203.0.113.9") == 403
    await settled()
    assert (await post(hooks, "203.0.113.9"), meta.asked) == (200, 2)
    assert await post(hooks, "192.0.2.7") == 403


@pytest.mark.parametrize("answer", [OSError("no network"), [], ["nonsense"]])
async def test_after_a_failed_refresh_the_known_addresses_are_used(
    answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    clock, meta = Clock(), Meta(["192.0.2.0/24"], answer, ["203.0.113.0/24"])
    hooks = receiver(AllowedIPs(meta, refresh=600, retry=30, clock=clock))
    assert await post(hooks, "192.0.2.7") == 200
    clock.time += 600
    assert await post(hooks, "203.0.113.9") == 403
    await settled()
    clock.time += 29
    assert (await post(hooks, "203.0.113.9"), meta.asked) == (403, 2)
    assert "again in 30 s" in caplog.text
    assert "no network" not in caplog.text
    clock.time += 1
    await post(hooks, "203.0.113.9")
    await settled()
    assert (await post(hooks, "203.0.113.9"), meta.asked) == (200, 3)


async def test_without_known_addresses_deliveries_are_503() -> None:
    clock, meta = Clock(), Meta(OSError(), BUILDKITE)
    reports: list[DeliveryEvent] = []
    hooks = receiver(AllowedIPs(meta, retry=30, clock=clock), reports)
    assert await post(hooks, "192.0.2.7") == 503
    assert (await post(hooks, "192.0.2.7"), meta.asked) == (503, 1)
    assert isinstance(reports[0], DeliveryRefused)
    assert reports[0].reason == "unavailable"
    clock.time += 30
    assert (await post(hooks, "192.0.2.7"), meta.asked) == (200, 2)


async def test_a_fetch_that_hangs_is_a_failed_fetch() -> None:
    meta = Meta(BUILDKITE)
    meta.gate = asyncio.Event()
    assert await post(receiver(AllowedIPs(meta, timeout=0.01)), "192.0.2.7") == 503


async def test_a_sync_function_may_block() -> None:
    hooks = receiver(AllowedIPs(lambda: iter(BUILDKITE)))
    assert await post(hooks, "192.0.2.7") == 200


def test_by_default_the_addresses_come_from_buildkite_without_a_token() -> None:
    simulator = Simulator()
    with running(simulator) as url:
        named = httpx.get(f"{url}/v2/meta").json()["webhook_ips"][0]
        hooks = receiver(AllowedIPs(partial(fetch_allowed_ips, url)))
        assert asyncio.run(post(hooks, named.partition("/")[0])) == 200
        assert asyncio.run(post(hooks, "203.0.113.9")) == 403
    asked = simulator.requests[-1]
    assert (asked.method, asked.path) == ("GET", "/v2/meta")
    assert "authorization" not in asked.headers


async def test_an_invalid_request_causes_no_fetch() -> None:
    meta = Meta(BUILDKITE)
    assert (await receiver(AllowedIPs(meta)).receive("GET", {}, b"", client="192.0.2.7")).status == 405
    assert meta.asked == 0


def test_several_event_loops_one_after_the_other() -> None:
    clock, meta = Clock(), Meta(OSError(), BUILDKITE)
    hooks = receiver(AllowedIPs(meta, retry=1, clock=clock))
    assert asyncio.run(post(hooks, "192.0.2.7")) == 503
    clock.time += 1
    assert asyncio.run(post(hooks, "192.0.2.7")) == 200


@pytest.mark.parametrize("more", [{"refresh": 0}, {"retry": -1}, {"timeout": float("nan")}])
def test_invalid_numbers_are_refused(more: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        AllowedIPs(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize("proxies", ["10.0.0.0/8", ["10.0.0.0/33"], ["proxy.internal"]])
def test_invalid_proxies_are_refused(proxies: Any) -> None:
    with pytest.raises(ConfigurationError):
        AllowedIPs(trusted_proxies=proxies)


# --- Addresses --------------------------------------------------------------------------------------------------------

PROXIES = parse_networks(["10.0.0.0/8", "fd00::/8"])
ADDRESSES = st.ip_addresses().map(str)
OUTSIDE = ADDRESSES.filter(lambda text: not is_within(parse_address(text), PROXIES))
INSIDE = st.one_of(
    st.ip_addresses(network="10.0.0.0/8").map(str),
    st.ip_addresses(network="fd00::/8").map(str),
    st.ip_addresses(network="10.0.0.0/8").map(lambda it: f"::ffff:{it}"),
)
ANYTHING = st.text(st.characters(codec="latin-1", exclude_characters=",")) | ADDRESSES


@given(OUTSIDE, st.lists(ANYTHING))
def test_headers_of_an_untrusted_client_are_ignored(peer: str, forwarded: list[str]) -> None:
    assert client_address(peer, forwarded, PROXIES) == parse_address(peer)


@given(st.lists(ANYTHING), OUTSIDE, st.lists(INSIDE), INSIDE)
def test_entries_left_of_the_client_are_ignored(left: list[str], client: str, proxies: list[str], peer: str) -> None:
    chain = [*left, client, *proxies]
    assert client_address(peer, [", ".join(chain)], PROXIES) == parse_address(client)
    assert client_address(peer, chain, PROXIES) == parse_address(client)


@given(st.lists(ANYTHING), ANYTHING.filter(lambda text: not _readable(text)), st.lists(INSIDE), INSIDE)
def test_what_a_trusted_proxy_writes_must_be_an_address(
    left: list[str], broken: str, proxies: list[str], peer: str
) -> None:
    with pytest.raises(AddressUnknown):
        client_address(peer, [*left, broken, *proxies], PROXIES)


@given(st.lists(INSIDE, min_size=1), INSIDE)
def test_if_all_are_proxies_the_first_one_is_the_client(chain: list[str], peer: str) -> None:
    assert client_address(peer, chain, PROXIES) == parse_address(chain[0])


@given(st.none() | st.text(), st.lists(st.text()), st.booleans())
def test_any_text_raises_the_documented_error_only(peer: str | None, forwarded: list[str], unix: bool) -> None:
    with suppress(AddressUnknown):
        client_address(peer, forwarded, (*PROXIES, "unix:") if unix else PROXIES)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_ipv4_mapped_in_ipv6_is_ipv4(it: ipaddress.IPv4Address, length: int) -> None:
    assert parse_address(f"::ffff:{it}") == it
    assert parse_network(f"::ffff:{it}/{96 + length}") == parse_network(f"{it}/{length}")


@given(st.ip_addresses(), st.integers(1, 65535))
def test_a_port_is_no_part_of_the_address(it: Any, port: int) -> None:
    text = f"{it}:{port}" if it.version == 4 else f"[{it}]:{port}"
    assert parse_address(text) == parse_address(str(it))


def _readable(text: str) -> bool:
    try:
        parse_address(text)
    except AddressUnknown:
        return False
    return True
