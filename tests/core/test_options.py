"""Options of a client: their sources, and the errors for wrong ones."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
from dataclasses import fields
from typing import Any

import httpx
import pytest
from buildkite_api.types import UNSET
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BuildkiteClient,
    Cache,
    CircuitBreaker,
    ConnectionLimits,
    Retry,
    Secret,
    TransferRate,
)
from buildkite_ext.errors import ConfigurationError
from buildkite_ext.options import DEFAULT_BASE_URL, TOKEN_VARIABLES, ClientOptions, normalize_base_url

from .fakes import TOKEN, App, Flavor, answer


def test_the_token_comes_from_the_argument_before_the_environment() -> None:
    assert ClientOptions.load(token="mine", environ={"BUILDKITE_API_TOKEN": "theirs"}).token == Secret("mine")


@pytest.mark.parametrize("first", range(3))
def test_the_token_comes_from_the_first_variable_that_is_set(first: int) -> None:
    environ = {name: f"token-{name}" for name in TOKEN_VARIABLES[first:]}
    assert ClientOptions.load(environ=environ).token == Secret(f"token-{TOKEN_VARIABLES[first]}")


def test_a_variable_that_is_blank_counts_as_not_set() -> None:
    assert ClientOptions.load(environ={"BUILDKITE_API_TOKEN": "  ", "BUILDKITE_TOKEN": "t"}).token == Secret("t")


def test_without_a_token_the_error_names_everything_that_was_tried() -> None:
    with pytest.raises(ConfigurationError) as error:
        ClientOptions.load(environ={})
    for name in ("token=", "$BUILDKITE_API_TOKEN", "$BUILDKITE_TOKEN", "$BUILDKITE_API_ACCESS_TOKEN"):
        assert name in str(error.value)


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_a_client_reads_the_environment(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_TOKEN", TOKEN)
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", " acme ")
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", "https://buildkite.corp.test/api/v2")
    options = kind().options
    assert (options.organization, options.base_url) == ("acme", "https://buildkite.corp.test/api")


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_a_client_without_a_token_cannot_be_made(kind: type) -> None:
    with pytest.raises(ConfigurationError, match="No Buildkite API token"):
        kind("acme")


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "a\x7f", "tökén", "bkua_a\r\nX-Evil: 1"])
def test_what_could_not_be_a_token_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        ClientOptions.load(token=token, environ={})
    assert not token.strip() or token.strip() not in str(error.value)


def test_spaces_around_a_token_are_nobodys_intention() -> None:
    assert ClientOptions.load(token=f" {TOKEN}\n", environ={}).token == Secret(TOKEN)


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_that_is_none_is_refused(timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        ClientOptions.load(token=TOKEN, timeout=timeout)
    with pytest.raises(ConfigurationError, match="timeout"):
        BuildkiteClient("acme", token=TOKEN).with_options(timeout=timeout)


async def test_an_operation_without_an_organization_says_how_to_name_one(flavor: Flavor) -> None:
    client = flavor.client(App(answer([])), None)
    with pytest.raises(ConfigurationError, match="BUILDKITE_ORGANIZATION_SLUG"):
        await flavor.call(client.builds.get, "web", 1)


def test_a_configuration_is_frozen() -> None:
    options = BuildkiteClient("acme", token=TOKEN).options
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.timeout = 1  # type: ignore[misc]


def test_a_configuration_is_not_pickled_since_it_holds_a_token() -> None:
    options = BuildkiteClient("acme", token=TOKEN).options
    with pytest.raises(TypeError, match="token"):
        pickle.dumps(options)
    with pytest.raises(TypeError):
        copy.deepcopy(options)


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_no_repr_shows_the_token(kind: type) -> None:
    client = kind("acme", token=TOKEN)
    shown = [client, client.options, client.raw, client.builds, client._requester, *client._requester.stages]
    shown += [client._requester._shared, client.builds.list("web")]
    for thing in shown:
        assert TOKEN not in repr(thing)
        assert TOKEN not in str(thing)


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://api.buildkite.com", DEFAULT_BASE_URL),
        ("https://api.buildkite.com/", DEFAULT_BASE_URL),
        ("https://api.buildkite.com/v2", DEFAULT_BASE_URL),
        ("https://api.buildkite.com/v2/", DEFAULT_BASE_URL),
        ("HTTPS://api.buildkite.com/v2", DEFAULT_BASE_URL),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080/v2", "http://[::1]:8080"),
        ("https://corp.test/buildkite/v2/", "https://corp.test/buildkite"),
    ],
)
def test_the_address_of_the_api_is_its_root(url: str, root: str) -> None:
    assert normalize_base_url(url) == root


@pytest.mark.parametrize(
    "url",
    [
        "api.buildkite.com",
        "ftp://api.buildkite.com",
        "https://",
        "https:///v2",
        "https://user@api.buildkite.com",
        "https://user:hunter2@api.buildkite.com",
        "https://api.buildkite.com/?access_token=hunter2",
        "https://api.buildkite.com/#hunter2",
        "https://user:hunter2",
        "http://[::1",
        "http://host:99999",
        "http://exa mple.com",
        "http://example.com\r\nHost: evil.test",
    ],
)
def test_what_is_no_address_of_an_api_is_refused_without_showing_its_secrets(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url") as error:
        normalize_base_url(url)
    assert "hunter2" not in str(error.value)


IN_CLEAR = [
    "http://api.buildkite.com",
    "http://buildkite.corp.test:8080/v2",
    "HTTP://10.0.0.7",
    "http://[fd00::7]:8080",
    "http://0.0.0.0:8080",
    "http://127.0.0.1.evil.test",
    "http://localhost.evil.test",
    "http://evil.test/localhost",
]
HERE = [
    "http://localhost",
    "http://LOCALHOST:8080/v2",
    "http://127.0.0.1:1",
    "http://127.8.9.10:80",
    "http://[::1]:8080",
]


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
@pytest.mark.parametrize("url", IN_CLEAR)
def test_a_root_without_encryption_is_refused_unless_it_is_asked_for(
    kind: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match=r"^base_url 'http://.*unencrypted.*pass allow_http=True"):
        kind("acme", token=TOKEN, base_url=url)
    assert kind("acme", token=TOKEN, base_url=url, allow_http=True).with_options(timeout=5).options.allow_http is True
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", url)
    with pytest.raises(ConfigurationError, match=r"^\$BUILDKITE_REST_API_ENDPOINT 'http://.*pass allow_http=True"):
        kind("acme", token=TOKEN)
    assert kind("acme", token=TOKEN, allow_http=True).options.base_url == normalize_base_url(url)


@pytest.mark.parametrize("url", HERE)
def test_a_root_on_this_computer_needs_no_encryption(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert BuildkiteClient("acme", token=TOKEN, base_url=url).options.allow_http is False
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", url)
    assert BuildkiteClient("acme", token=TOKEN).options.base_url == normalize_base_url(url)


@pytest.mark.parametrize("wrong", ["yes", 1, None])
def test_only_true_allows_it(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^allow_http="):
        BuildkiteClient("acme", token=TOKEN, base_url="http://api.test", allow_http=wrong)


@given(st.text() | st.from_regex(r"https?://[\w.:\[\]@%-]{0,20}(/[\w.%-]{0,8}){0,3}/?", fullmatch=True))
@example("https://xn--0.com")
@example("https://a..b")
@example("http://\u2100.com")
@example("https://[v1.x]")
def test_any_text_gives_a_usable_address_or_a_configuration_error(url: str) -> None:
    try:
        root = normalize_base_url(url)
    except ConfigurationError:
        return
    assert not root.endswith("/")
    assert not root.endswith("/v2") or "/v2/v2" in url
    assert normalize_base_url(root + "/v2") == root
    try:
        client = BuildkiteClient("acme", token=TOKEN, base_url=url, transport=httpx.MockTransport(App(answer([]))))
    except ConfigurationError:
        return
    assert client.options.base_url == root


SHARED = {field.name for field in fields(ClientOptions) if field.metadata.get("shared")}


def keywords(function: Any) -> dict[str, inspect.Parameter]:
    return {name: each for name, each in inspect.signature(function).parameters.items() if name != "self"}


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_an_option_is_a_field_a_keyword_of_the_client_and_a_line_of_its_documentation(kind: type) -> None:
    options = {field.name: field for field in fields(ClientOptions)}
    taken = keywords(kind.__init__)
    assert set(taken) == set(options)
    for name, parameter in taken.items():
        default = options[name].default
        assert name in {"token", "base_url"} or parameter.default == default, name
        assert re.search(rf"^ {{8}}(?:\w+, )*{name}(?:, \w+)*: ", kind.__doc__ or "", re.MULTILINE), name
    assert set(keywords(ClientOptions.load)) - {"environ"} == set(options)


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_with_options_takes_each_option_that_is_not_shared(kind: Any) -> None:
    taken = keywords(kind.with_options)
    assert set(taken) == {field.name for field in fields(ClientOptions)} - SHARED
    assert {parameter.default for parameter in taken.values()} == {UNSET}
    for name in taken:
        assert re.search(rf"\b{name}\b.*: as for the client", kind.with_options.__doc__), name


CHANGES = {
    "organization": "other",
    "token": lambda: "bkua_other",
    "timeout": 5.0,
    "retry": Retry(attempts=2),
    "budget": Budget(reserve=3),
    "breaker": CircuitBreaker(failures=2),
    "priority": "background",
    "cache": Cache(agents=5),
    "coalesce": True,
    "read_only": True,
    "stages": [print],
    "headers": {"X-A": "1"},
    "query": {"a": "1"},
    "user_agent": "bot/1",
    "strict": True,
    "unknown": "keep",
    "max_body": 1000,
    "minimum_rate": TransferRate(bytes=1, seconds=2),
}


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_each_changed_option_changes_alone(kind: Any) -> None:
    assert set(CHANGES) == {field.name for field in fields(ClientOptions)} - SHARED
    client = kind("acme", token=TOKEN)
    for name, value in CHANGES.items():
        copy = client.with_options(**{name: value})
        for field in fields(ClientOptions):
            expected = value if field.name == name else getattr(client.options, field.name)
            assert getattr(copy.options, field.name) == expected
    nothing = client.with_options(timeout=None, retry=None, organization=None)
    assert (nothing.options.timeout, nothing.options.retry, nothing.options.organization) == (None, None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"timeout": value} for value in (0, -1, float("nan"), "3", True, 10**400)),
        *({"max_body": value} for value in (0, 1.5, "x", True)),
        *({"minimum_rate": value} for value in (0, 1000, (1, 2))),
        *({"retry": value} for value in (3, "never")),
        *({"budget": value} for value in (3, "no", True)),
        *({"breaker": value} for value in (5, "off", True)),
        *({"cache": value} for value in (True, 300, "memory")),
        *({"coalesce": value} for value in ("yes", 1, None)),
        *({"priority": value} for value in ("low", None, 1)),
        *({"read_only": value} for value in ("no", 1)),
        *({"organization": value} for value in ("", " ", 3)),
        *({"strict": value} for value in ("no", 1)),
        {"unknown": "drop"},
    ],
    ids=str,
)
def test_an_option_that_can_t_be_used_is_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=f"^{name}="):
        BuildkiteClient(**{"organization": "acme", "token": TOKEN, **wrong})
    with pytest.raises(ConfigurationError, match=f"^{name}="):
        BuildkiteClient("acme", token=TOKEN).with_options(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"transport": 3}, {"clock": 3}, {"on_event": 3}, {"store": 3}, {"limits": 3}], ids=str
)
@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_a_shared_option_that_can_t_be_used_is_refused_by_name(kind: Any, wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=f"^{name}=3: give"):
        kind("acme", token=TOKEN, **wrong)


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_limits_of_connections_beside_a_transport_are_refused(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^limits= is for the client's own connections"):
        kind("acme", token=TOKEN, transport=App(), limits=ConnectionLimits(max_connections=1))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"max_connections": value} for value in (0, -1, 1.5, True, "3")),
        *({"max_keepalive_connections": value} for value in (-1, 1.5, False)),
        *({"keepalive_expiry": value} for value in (-1, float("nan"), float("inf"), True)),
    ],
    ids=str,
)
def test_limits_of_connections_that_can_t_be_used_are_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=f"^{name}=.*or None for no limit"):
        ConnectionLimits(**wrong)
    assert getattr(ConnectionLimits(**{name: None}), name) is None


def test_a_transport_of_the_other_kind_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"give an httpx\.BaseTransport to BuildkiteClient"):
        BuildkiteClient("acme", token=TOKEN, transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"give an httpx\.AsyncBaseTransport to AsyncBuildkiteClient"):
        AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.HTTPTransport())  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"attempts": "3"}, {"base": -1}, {"maximum": "x"}], ids=str)
def test_a_retry_that_can_t_be_used_is_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=f"^{name}="):
        Retry(**wrong)
