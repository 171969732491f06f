"""Links of an answer to the pages around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.errors import InvalidRequest, InvalidResponse
from buildkite_ext.pagination.links import links_of, number_of, page_of, total_of
from buildkite_ext.pagination.slices import next_bound, still_bound, too_deep
from buildkite_ext.transport.auth import origin

ROUTE = "https://api.buildkite.com/v2/organizations/acme/agents"
ORIGIN = origin(httpx.URL(ROUTE))


def response(link: str | None = None, *, url: str = f"{ROUTE}?per_page=100", **headers: str) -> httpx.Response:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    pairs += [(b"Link", link.encode())] if link is not None else []
    return httpx.Response(200, headers=pairs, request=httpx.Request("GET", url))


def links(link: str | None, body: object = ()) -> list[str | None]:
    found = links_of(response(link), body, ORIGIN)
    return [None if url is None else str(url) for url in (found.next, found.prev, found.last)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, [None, None, None]),
        ("", [None, None, None]),
        (f'<{ROUTE}?page=2>; rel="next"', [f"{ROUTE}?page=2", None, None]),
        (
            f'<{ROUTE}?page=3>; rel="next", <{ROUTE}?page=1>; rel="prev", <{ROUTE}?page=1>; rel="first", <{ROUTE}?page=9>; rel="last"',
            [f"{ROUTE}?page=3", f"{ROUTE}?page=1", f"{ROUTE}?page=9"],
        ),
        (f"<{ROUTE}?page=2>;rel=next", [f"{ROUTE}?page=2", None, None]),
        ('</v2/organizations/acme/agents?page=2>; rel="next"', [f"{ROUTE}?page=2", None, None]),
        ('<?page=2>; rel="next"', [f"{ROUTE}?page=2", None, None]),
        (f'<{ROUTE}/?page=2>; rel="next"', [f"{ROUTE}/?page=2", None, None]),
        ("nonsense", [None, None, None]),
        ('<>; rel="next"', [None, None, None]),
    ],
)
def test_links_come_from_the_header(header: str | None, expected: list[str | None]) -> None:
    assert links(header) == expected


def test_links_in_the_body_come_first() -> None:
    body = SimpleNamespace(items=[], links=SimpleNamespace(next=f"{ROUTE}?after=b", prev=None))
    assert links(f'<{ROUTE}?page=9>; rel="next", <{ROUTE}?before=a>; rel="prev"', body) == [
        f"{ROUTE}?after=b",
        f"{ROUTE}?before=a",
        None,
    ]


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n")))
def test_no_link_header_is_too_odd(text: str) -> None:
    try:
        found = links_of(
            httpx.Response(
                200, headers=[(b"Link", text.encode("latin-1"))], request=httpx.Request("GET", f"{ROUTE}?per_page=100")
            ),
            [],
            ORIGIN,
        )
    except InvalidResponse:
        return
    for url in (found.next, found.prev, found.last):
        assert url is None or origin(url) == ORIGIN


@given(st.text())
def test_no_link_in_a_body_is_too_odd_or_leads_anywhere_else(text: str) -> None:
    body = SimpleNamespace(items=[], links=SimpleNamespace(next=text))
    try:
        found = links_of(response(), body, ORIGIN)
    except InvalidResponse:
        return
    assert found.next is None or (origin(found.next) == ORIGIN and found.next.path.rstrip("/") == httpx.URL(ROUTE).path)


@pytest.mark.parametrize(
    ("query", "number", "page"),
    [
        ("page=2", 2, 2),
        ("page=2&per_page=30", 2, 2),
        ("after=abc&per_page=30", None, "abc"),
        ("before=abc", None, "abc"),
        ("page=x", None, "page=x"),
        ("page=²", None, "page=%C2%B2"),
        ("page=99999999999", None, "page=99999999999"),
        ("", None, ""),
    ],
)
def test_a_page_is_named_by_its_number_or_its_cursor(query: str, number: int | None, page: int | str) -> None:
    url = httpx.URL(f"{ROUTE}?{query}")
    assert (number_of(url), page_of(url)) == (number, page)


def test_no_address_is_no_page() -> None:
    assert (number_of(None), page_of(None)) == (None, None)


@pytest.mark.parametrize(("header", "total"), [("120", 120), ("", None), ("many", None), ("-1", None), ("²", None)])
def test_the_total_is_known_where_the_answer_says_it(header: str, total: int | None) -> None:
    assert total_of(response(X_Total_Count=header)) == total
    assert total_of(response()) is None


def refused(status: int, message: str) -> InvalidRequest:
    return InvalidRequest(message, response=httpx.Response(status), reason=message)


@pytest.mark.parametrize(
    ("status", "message", "deep"),
    [
        (400, "Listing builds this deep is not supported", True),
        (400, "listing builds THIS DEEP is not supported. Narrow by branch", True),
        (422, "Listing builds this deep is not supported", False),
        (400, "created_from is not a date", False),
    ],
)
def test_only_the_refusal_of_depth_is_taken_for_one(status: int, message: str, deep: bool) -> None:
    assert too_deep(refused(status, message)) is deep


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("oldest", "current", "bound"),
    [
        (NOON, None, NOON + SECOND),
        (NOON.astimezone(timezone(timedelta(hours=9))), None, NOON + SECOND),
        (NOON, NOON + 2 * SECOND, NOON + SECOND),
        (NOON, NOON + SECOND, None),
        (NOON, NOON, None),
        (None, None, None),
        (None, NOON, None),
    ],
)
def test_the_next_slice_reaches_a_second_into_the_one_before_or_is_none(oldest: Any, current: Any, bound: Any) -> None:
    assert next_bound(oldest, current) == bound


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(moments, moments, st.none() | moments)
def test_a_list_is_still_only_below_what_has_passed(
    newest: datetime, oldest: datetime, current: datetime | None
) -> None:
    bound = still_bound(newest, oldest, current)
    if bound is not None:
        assert oldest < bound <= newest
        assert current is None or bound < current


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://localhost:8081/v2/agents", "leads to http://localhost:8081/v2/agents, "),
        ("http://localhost/v2/agents", "leads to http://localhost/v2/agents, "),
        ("http://me:pass@localhost:8081/v2/ag%0Aents?access_token=x", "leads to http://localhost:8081/v2/ag%0Aents, "),
    ],
)
def test_the_message_about_a_foreign_link_shows_its_port_and_no_secret(link: str, said: str) -> None:
    page = response(f'<{link}>; rel="next"', url="http://localhost:8080/v2/agents")
    with pytest.raises(InvalidResponse) as caught:
        links_of(page, (), origin(httpx.URL("http://localhost:8080")))
    assert said in str(caught.value)
    assert "requested from http://localhost:8080; it" in str(caught.value)
    assert "pass" not in str(caught.value)
