"""Links of an answer to the pages around it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.errors import InvalidRequest, InvalidResponse
from buildkite_ext.pagination.links import links_of, number_of, page_of, parse_links, total_of
from buildkite_ext.pagination.slices import next_bound, passed_time, still_bound, too_deep
from buildkite_ext.transport.auth import origin

ROUTE = "https://api.buildkite.com/v2/organizations/acme/agents"
ORIGIN = origin(httpx.URL(ROUTE))


def response(link: str | None = None, *, url: str = f"{ROUTE}?per_page=100", **headers: str) -> httpx.Response:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    pairs += [(b"Link", link.encode())] if link is not None else []
    return httpx.Response(200, headers=pairs, request=httpx.Request("GET", url))


def links(link: str | None, body: object = ()) -> list[str | None]:
    found = links_of(response(link), body, ORIGIN, "agents.list")
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
        (f'<{ROUTE}?page=2>; rel="next last"', [f"{ROUTE}?page=2", None, f"{ROUTE}?page=2"]),
        (f'<{ROUTE}?page=2>; REL="Next"', [f"{ROUTE}?page=2", None, None]),
        (f"<{ROUTE}?page=2>; rel='next'", [f"{ROUTE}?page=2", None, None]),
        (f'<{ROUTE}?page=2>; title="a, <b>; c=\\"d\\""; rel="next"', [f"{ROUTE}?page=2", None, None]),
        (
            f"<{ROUTE}?name=a,b&page=2> ; rel = next , <{ROUTE}?page=9>; rel=last",
            [f"{ROUTE}?name=a,b&page=2", None, f"{ROUTE}?page=9"],
        ),
        (f'<{ROUTE}?page=2>; rel="next"; rel="last"', [f"{ROUTE}?page=2", None, None]),
        (f'<{ROUTE}?page=2>; rel="next", nonsense', [f"{ROUTE}?page=2", None, None]),
        (f'nonsense, <{ROUTE}?page=2>; rel="next"', [f"{ROUTE}?page=2", None, None]),
        (f'<{ROUTE}?page=1>; rel="first", <{ROUTE}/x>; rel="help"', [None, None, None]),
        ('<>; rel="next"', [f"{ROUTE}?per_page=100", None, None]),
        (f'<{ROUTE}?page=2>; rel="ne\\xt"', [f"{ROUTE}?page=2", None, None]),
        (f'<{ROUTE}?page=2>; rel="\\n\\e\\x\\t \\last"', [f"{ROUTE}?page=2", None, f"{ROUTE}?page=2"]),
        (f'<{ROUTE}?page=2>; rel="next,last", <{ROUTE}?page=3>; rel="next"', [f"{ROUTE}?page=3", None, None]),
        (f'<{ROUTE}?page=2>; rel="next last,first"', [f"{ROUTE}?page=2", None, None]),
        (f'<{ROUTE}?page=1>; rel="prev"; rel="next"', [None, f"{ROUTE}?page=1", None]),
        (f'<{ROUTE}/x>; rel="https://buildkite.test/rels/usage up.1 service-doc"', [None, None, None]),
        (f'<{ROUTE}/x>; rel="urn:x:usage"', [None, None, None]),
    ],
)
def test_links_come_from_the_header(header: str | None, expected: list[str | None]) -> None:
    assert links(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "nonsense",
        f"<{ROUTE}?page=2>",
        f"<{ROUTE}?page=2>, <{ROUTE}?page=9>",
        f'{ROUTE}?page=2; rel="next"',
        f'<{ROUTE}?page=2; rel="next"',
        f'<{ROUTE}?page=2>; rel="next',
        f'<{ROUTE}?page=2>; rel=""',
        f'<{ROUTE}?page=2>, rel="next"',
        f'<{ROUTE}?page=2> rel="next"',
        f'<{ROUTE}?page=1>; rel="first", {ROUTE}?page=2; rel="next"',
        f'<{ROUTE}?page=2>; rel="next,last"',
        f'<{ROUTE}?page=2>; rel="next;last"',
        f"<{ROUTE}?page=2>; rel='next|last'",
        f'<{ROUTE}?page=2>; rel="next/last"',
        f'<{ROUTE}?page=2>; rel="next:last"',
        f'<{ROUTE}?page=2>; rel="next="',
        f'<{ROUTE}?page=2>; rel="n\u00ebxt"',
        f'<{ROUTE}?page=2>; rel="\\"next\\""',
        f'<{ROUTE}?page=2>; rel=""; rel="next"',
        f'<{ROUTE}?page=2>; rel; rel="next"',
        f"<{ROUTE}?page=2>; rel*=UTF-8''next",
        f'<{ROUTE}?page=2>; rel="next,last", <{ROUTE}?page=1>; rel="first"',
        f'<{ROUTE}?page=1>; rel="first prev,next"',
    ],
)
def test_a_header_that_cannot_be_read_is_never_the_end_of_a_list(header: str) -> None:
    with pytest.raises(InvalidResponse, match=r"^agents\.list: the Link header of a page can't be read") as raised:
        links(header)
    assert ROUTE not in str(raised.value)  # a link may hold a token


@pytest.mark.parametrize("following", [2, ["x"], {"href": f"{ROUTE}?after=b"}, False])
def test_a_link_in_a_body_that_is_no_text_is_never_the_end_of_a_list(following: object) -> None:
    with pytest.raises(InvalidResponse, match=r"^agents\.list: the link to the next page is a "):
        links(None, {"items": [], "links": {"next": following}})


@pytest.mark.parametrize("body", ["x", [f"{ROUTE}?after=b"], 3])
def test_links_of_a_body_that_are_no_object_are_never_the_end_of_a_list(body: object) -> None:
    with pytest.raises(InvalidResponse, match=r"^agents\.list: the links of a page can't be read"):
        links(None, {"items": [], "links": body})


@pytest.mark.parametrize("body", [None, {}, {"next": None}, {"next": ""}, {"prev": f"{ROUTE}?before=a", "next": None}])
def test_a_body_without_a_next_link_ends_the_list(body: object) -> None:
    assert links(None, {"items": [], "links": body})[0] is None


RELATIONS = st.lists(st.sampled_from(["next", "prev", "last", "first", "help"]), min_size=1, max_size=3, unique=True)
SPACE = st.sampled_from(["", " ", "\t", "  "])


@given(
    st.lists(st.tuples(st.integers(1, 99), RELATIONS, SPACE, SPACE, st.booleans(), st.booleans()), max_size=5),
    st.sampled_from([",", ", ", " , ", ",,"]),
)
def test_each_way_of_writing_links_is_read(written: list[Any], between: str) -> None:
    expected: dict[str, str] = {}
    parts = []
    for page, relations, before, behind, titled, quoted in written:
        url = f"{ROUTE}?name=a,b;c&page={page}"
        for relation in relations:
            expected.setdefault(relation, url)
        value = f'"{" ".join(relations)}"' if quoted or len(relations) > 1 else relations[0]
        title = ';title="<x>; rel=next, \\"y"' if titled else ""
        parts.append(f"<{url}>{before}{title};{behind}rel={before}{value}{behind}")
    assert parse_links(between.join(parts)) == (expected, True)


@given(st.text(st.sampled_from('nextlaspr,;|:.- \\"'), min_size=1, max_size=12))
def test_a_header_with_a_link_ends_a_list_only_if_each_relation_is_understood(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    found, readable = parse_links(f'<{ROUTE}?page=2>; rel="{escaped}"')
    words = value.split(" ")
    assert readable == (bool(value.strip()) and all(re.fullmatch(r"[a-z][a-z.-]*|", word) for word in words))
    assert ("next" in found) == ("next" in words)


@given(st.text(st.sampled_from('<>;=", \\relnxta/?'), max_size=60))
def test_parsing_ends_for_each_header(text: str) -> None:
    found, readable = parse_links(text)
    assert all(f"<{url}>" in text for url in found.values())
    assert readable or text.strip(" ,")


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
            "agents.list",
        )
    except InvalidResponse:
        return
    for url in (found.next, found.prev, found.last):
        assert url is None or origin(url) == ORIGIN


@given(st.text())
def test_no_link_in_a_body_is_too_odd_or_leads_anywhere_else(text: str) -> None:
    body = SimpleNamespace(items=[], links=SimpleNamespace(next=text))
    try:
        found = links_of(response(), body, ORIGIN, "agents.list")
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


@given(st.none() | moments, moments, st.integers(-9, 9))
def test_a_time_that_has_passed_is_never_in_the_future(newest: datetime | None, now: datetime, skew: int) -> None:
    newest = None if newest is None else min(newest, now)
    answered = format_datetime(now + timedelta(seconds=skew), usegmt=True)
    passed = passed_time(newest, answered)
    assert passed is not None
    assert (newest or passed) <= passed <= now


@pytest.mark.parametrize(
    "answered", ["", "yesterday", "Fri, 32 Jan 2026 00:01:00 GMT", "0", "Fri, 02 Jan 99999 00:01:00 GMT"]
)
def test_a_date_that_cannot_be_read_tells_nothing(answered: str) -> None:
    assert passed_time(NOON, answered) == NOON
    assert passed_time(None, answered) is None


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
        links_of(page, (), origin(httpx.URL("http://localhost:8080")), "agents.list()")
    assert said in str(caught.value)
    assert "requested from http://localhost:8080; it" in str(caught.value)
    assert "pass" not in str(caught.value)
