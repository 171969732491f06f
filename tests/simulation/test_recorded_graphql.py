"""Recording of GraphQL: credentials in its texts and variables aren't in a cassette, and it answers them nevertheless."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext.simulation import Recorder, Replayer, SecretRecorded
from buildkite_ext.simulation.cassettes.cleaning import Cleaner
from buildkite_ext.simulation.cassettes.graphql_text import literals

URL = "https://graphql.test/v1"
SECRET = "canary-0123456789-canary"

TEXTS: dict[str, tuple[str, str]] = {
    "a token": ('{ a(token: "canary", name: "web") }', '{ a(token: "REDACTED", name: "web") }'),
    "names of GraphQL": (
        'mutation { a(input: {clientSecret: "canary", apiKey: "canary", tokenID: "t1"}) { id } }',
        'mutation { a(input: {clientSecret: "REDACTED", apiKey: "REDACTED", tokenID: "t1"}) { id } }',
    ),
    "the address of a webhook": (
        'mutation { a(input: {webhookURL: "https://hooks.test/x?token=canary"}) }',
        'mutation { a(input: {webhookURL: "REDACTED"}) }',
    ),
    "a signed address": (
        r'{ a(url: "https:\/\/hooks.test\/x?token=canary&page=1") }',
        '{ a(url: "https://hooks.test/x?token=REDACTED&page=1") }',
    ),
    "a token in words": ('{ a(note: "bkct_canary \\" used") }', '{ a(note: "bkct_REDACTED \\" used") }'),
    "variables of a build": (
        'mutation { a(input: {env: ["KEY=canary", "CI=true", "B"], branch: "main"}) }',
        'mutation { a(input: {env: ["KEY=REDACTED", "CI=true", "B"], branch: "main"}) }',
    ),
    "variables as one text": ('{ a(env: """\nKEY=canary\n""", b: 1) }', '{ a(env: """REDACTED""", b: 1) }'),
    "meta-data": (
        'mutation { a(input: {metaData: [{key: "note", value: "canary"}], commit: "HEAD"}) }',
        'mutation { a(input: {metaData: [{key: "note", value: "REDACTED"}], commit: "HEAD"}) }',
    ),
    "a map of variables": (
        '{ a(env: {KEY: "canary", CI: "true", B: {c: ["canary"]}}, d: "e") }',
        '{ a(env: {KEY: "REDACTED", CI: "true", B: {c: ["REDACTED"]}}, d: "e") }',
    ),
    "a list of maps": (
        '{ a(env: [{KEY: "canary"}, {name: "B", value: {c: ["canary"]}}], d: {KEY: "e"}) }',
        '{ a(env: [{KEY: "REDACTED"}, {name: "B", value: {c: ["REDACTED"]}}], d: {KEY: "e"}) }',
    ),
    "a default of a variable": (
        'query Q($token: [String!]! = ["canary"], $n: Int = 3) { a }',
        'query Q($token: [String!]! = ["REDACTED"], $n: Int = 3) { a }',
    ),
    "steps of a pipeline": (
        r'mutation { a(steps: {yaml: "env: {KEY: canary}\nsteps: []\n"}) }',
        r'mutation { a(steps: {yaml: "env: {KEY: REDACTED}\nsteps: []\n"}) }',
    ),
    "steps in a block": (
        'mutation { a(steps: {yaml: """\n  # \\"""\n  env: {KEY: canary}\n  steps: []\n"""}) }',
        'mutation { a(steps: {yaml: """\n  # \\"""\n  env: {KEY: REDACTED}\n  steps: []\n"""}) }',
    ),
    "answers to a block step": (
        r'mutation { a(fields: "{\"pin\": \"canary\"}") }',
        r'mutation { a(fields: "{\"pin\":\"REDACTED\"}") }',
    ),
    "a comment": (
        '# token: "canary" isn\'t left, "\n{ a(b: "c", token: "canary") } # """',
        '# token: "REDACTED" isn\'t left, "\n{ a(b: "c", token: "REDACTED") } # """',
    ),
    "a name with comments and commas before its colon": (
        '{ a(token # "\n ,: "canary") }',
        '{ a(token # "\n ,: "REDACTED") }',
    ),
    "escapes": (r'{ a(password: "can\"ary\\", b: "\u0041\/") }', r'{ a(password: "REDACTED", b: "\u0041\/") }'),
    "a text that isn't whole": ('{ a(token: "canary', '{ a(token: "REDACTED'),
    "a block that isn't whole": ('{ a(token: """can\nary', '{ a(token: """REDACTED'),
    "an alias": (
        '{ token: a(slug: "web") { secret: b(c: "d") } }',
        '{ token: a(slug: "web") { secret: b(c: "d") } }',
    ),
}

WAYS: dict[str, Callable[[str], httpx.Request]] = {
    "JSON": lambda text: httpx.Request("POST", URL, json={"query": text}),
    "several in JSON": lambda text: httpx.Request("POST", URL, json=[{"query": "{ b }"}, {"query": text}]),
    "a form": lambda text: httpx.Request("POST", URL, data={"query": text}),
    "a URL": lambda text: httpx.Request("GET", URL, params={"query": text}),
    "itself": lambda text: httpx.Request(
        "POST", URL, content=text.encode(), headers={"Content-Type": "application/graphql"}
    ),
}


def held(request: httpx.Request) -> str:
    """Return all that a request holds, decoded."""
    return "\n".join(value for _, value in parse_qsl(request.url.query.decode())) or request.content.decode()


def recorded(path: Path, answer: Callable[[httpx.Request], httpx.Response], *requests: httpx.Request) -> Replayer:
    with Recorder(path, keep_env=["CI"]), httpx.Client(transport=httpx.MockTransport(answer)) as client:
        for each in requests:
            client.send(each)
    return Replayer(path)


def fine(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_graphql(name: str) -> None:
    text, clean = TEXTS[name]
    cleaner = Cleaner(keep_env=["CI"])
    assert json.loads(cleaner.request_body(json.dumps({"query": text}).encode())) == {"query": clean}
    assert json.loads(cleaner.request_body(json.dumps({"query": clean}).encode())) == {"query": clean}
    assert re.sub("canary|can.ary", "", clean) == clean


@pytest.mark.parametrize("way", WAYS)
def test_a_request_is_found_again_without_its_secrets(tmp_path: Path, way: str) -> None:
    text = 'mutation { a(input: {token: "canary", env: ["A=canary"], url: "https://a:canary@b.test/"}) { id } }'
    replayer = recorded(tmp_path / "a.yaml", fine, WAYS[way](text))
    assert "canary" not in (tmp_path / "a.yaml").read_text()
    with httpx.Client(transport=replayer.transport()) as client:
        assert client.send(WAYS[way](text.replace("canary", "another"))).status_code == 200
        replayer.check()
        with pytest.raises(LookupError):
            client.send(WAYS[way](text.replace("id", "name")))


VARIABLES: dict[str, tuple[str, object, object]] = {
    "of secret names": (
        "query ($input: I) { a(input: $input) }",
        {"input": {"token": "canary", "webhookURL": "https://h.test/canary", "metaData": [{"key": "k", "value": "canary"}]}},
        {"input": {"token": "REDACTED", "webhookURL": "REDACTED", "metaData": [{"key": "k", "value": "REDACTED"}]}},
    ),
    "that stand for secrets": (
        "query ($t: String!, $e: [String!], $n: String) { a(token: $t, env: $e, name: $n) }",
        {"t": "canary", "e": ["KEY=canary", "CI=true"], "n": "web"},
        {"t": "REDACTED", "e": ["KEY=REDACTED", "CI=true"], "n": "web"},
    ),
    "in a list and in a map": (
        "query { a(env: [$e], secret: [$s]) b(env: {KEY: $k, CI: $c}) }",
        {"e": "KEY=canary", "s": ["canary"], "k": "canary", "c": "true"},
        {"e": "KEY=REDACTED", "s": ["REDACTED"], "k": "REDACTED", "c": "true"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("way", ["JSON", "a form", "a URL"])
def test_variables(tmp_path: Path, name: str, way: str) -> None:
    query, variables, clean = VARIABLES[name]

    def request() -> httpx.Request:
        if way == "JSON":
            return httpx.Request("POST", URL, json={"query": query, "variables": variables})
        pairs = {"query": query, "variables": json.dumps(variables)}
        if way == "a form":
            return httpx.Request("POST", URL, data=pairs)
        return httpx.Request("GET", URL, params=pairs)

    replayer = recorded(tmp_path / "a.yaml", fine, request())
    assert "canary" not in (tmp_path / "a.yaml").read_text()
    (found,) = replayer.interactions
    pairs = dict(parse_qsl(found.url.partition("?")[2] or found.body.decode()))
    kept: Any = json.loads(found.body)["variables"] if way == "JSON" else json.loads(pairs["variables"])
    assert kept == clean
    with httpx.Client(transport=replayer.transport()) as client:
        client.send(request())
    replayer.check()


SENT: dict[str, object] = {
    "of a text": {"query": f'mutation {{ a(token: "{SECRET}") }}'},
    "of a block": {"query": f'mutation {{ a(password: """{SECRET}""") }}'},
    "of the variables": {"query": "query ($i: I) { a }", "variables": {"i": {"clientSecret": SECRET}}},
    "of a variable that stands for it": {"query": "query ($t: String) { a(token: $t) }", "variables": {"t": SECRET}},
}


@pytest.mark.parametrize("name", SENT)
def test_a_credential_that_an_answer_repeats_is_replaced_or_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.yaml"
    request = httpx.Request("POST", URL, json=SENT[name])
    recorded(path, lambda _: httpx.Response(400, json={"errors": [{"message": f"no {SECRET}"}]}), request)
    assert SECRET not in path.read_text()
    path.unlink()
    with pytest.raises(SecretRecorded, match=f"a secret of {len(SECRET)} characters"):
        recorded(path, lambda _: httpx.Response(400, text=SECRET.encode().hex()), request)
    assert not path.exists()


def test_a_credential_that_a_request_repeats_is_found_again(tmp_path: Path) -> None:
    request = httpx.Request("POST", URL, json={"query": f'{{ a(token: "{SECRET}", note: "see {SECRET}") }}'})
    replayer = recorded(tmp_path / "a.yaml", fine, request)
    assert SECRET not in (tmp_path / "a.yaml").read_text()
    with httpx.Client(transport=replayer.transport()) as client:
        client.send(request)
    replayer.check()


FORM = "application/x-www-form-urlencoded; charset=utf-8"
ANSWERS: dict[str, tuple[str, str]] = {
    "a login": (
        f"access_token={SECRET}&token_type=bearer&scope=repo%2Cuser&expires_in=900",
        "access_token=REDACTED&token_type=bearer&scope=repo%2Cuser&expires_in=900",
    ),
    "a code for a device": (
        f"device_code={SECRET}&verification_uri=https%3A%2F%2Fx.test&code=canary",
        "device_code=REDACTED&verification_uri=https%3A%2F%2Fx.test&code=REDACTED",
    ),
    "one with odd characters": (f"a=<b>&refresh_token={SECRET}&c=é", "a=%3Cb%3E&refresh_token=REDACTED&c=%C3%A9"),
    "nothing secret": ("state=passed&a b=c;d", "state=passed&a b=c;d"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_form_that_answers(tmp_path: Path, name: str) -> None:
    text, clean = ANSWERS[name]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/login":
            return httpx.Response(200, content=text.encode(), headers={"Content-Type": FORM})
        return httpx.Response(200, text=f"it is {SECRET}")

    login, later = httpx.Request("POST", "https://x.test/login"), httpx.Request("GET", "https://x.test/a")
    replayer = recorded(tmp_path / "a.yaml", answer, login)
    assert "canary" not in (tmp_path / "a.yaml").read_text()
    assert replayer.interactions[0].content.decode() == clean
    if SECRET in text:  # what is got once is known afterwards
        replayer = recorded(tmp_path / "a.yaml", answer, login, later)
        assert replayer.interactions[1].content == b"it is REDACTED"
        with pytest.raises(SecretRecorded):
            recorded(
                tmp_path / "a.yaml",
                lambda request: (
                    answer(request) if request is login else httpx.Response(200, text=SECRET.encode().hex())
                ),
                login,
                later,
            )


PIECES = st.sampled_from(
    ['"', '"""', "\\", "\\\"", '\\"""', "#", "\n", "\r", "{", "}", "[", "]", "(", ")", ":", ",", "$t", "token", "env", "metaData",
     "yaml", "fields", "name", "query", "\\u0041", "\\ud800", "x=y", "é", "\x00", " ", "@a", "= ", "...", "https://a:b@c.test/?sig=d"]
)  # fmt: skip
HOSTILE = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=40).map("".join))


@given(HOSTILE)
@example('{ a(token: "b" """c""" "d')  # "')
@example('"' * 7)
def test_a_hostile_text_is_cleaned_once(text: str) -> None:
    cleaner = Cleaner(keep_env=["CI"])
    body = json.dumps({"query": text}).encode()
    clean = cleaner.request_body(body)
    assert cleaner.request_body(clean) == clean
    cleaner.request_body(f"query {text}".encode(errors="replace"))


@given(HOSTILE)
def test_nothing_but_literals_with_secret_names_is_changed(text: str) -> None:
    text = re.sub("://|[?&%_]", "", text)  # users and signatures in URLs, and tokens, are removed everywhere
    clean = json.loads(Cleaner().request_body(json.dumps({"query": text}).encode()))["query"]
    strings = [[each for each in literals(found) if each.kind != "variable"] for found in (text, clean)]
    outside = [
        [
            found[end:start]
            for end, start in zip([0, *(one.end for one in each)], [*(one.start for one in each), None], strict=True)
        ]
        for found, each in zip((text, clean), strings, strict=True)
    ]
    assert outside[0] == outside[1]
    for one, other in zip(*strings, strict=True):
        assert one.place == other.place
        if not re.search("token|env|meta|yaml|fields|query", f"{one.place}", re.IGNORECASE):
            assert one.text == other.text


@given(HOSTILE, st.booleans())
def test_no_secret_is_left_behind_a_hostile_text(before: str, block: bool) -> None:
    """Whatever comes before it on other lines: a block that isn't closed holds it, and is a text of its own."""
    quote = '"""' if block else '"'
    before = re.sub('"""|#', " ", before).replace('"', " ").replace("token", "x")
    text = f"{before}\n a(token: {quote}canary{quote})"
    assert b"canary" not in Cleaner().request_body(json.dumps({"query": text}).encode())


def test_a_long_text_takes_no_quadratic_time() -> None:
    """With a quadratic scanner, this takes minutes."""
    for part in (
        "a",
        '"',
        '"a',
        "\\",
        '\\"',
        "{",
        "[",
        "(",
        "env:[{",
        '"""',
        "#",
        '#"\n',
        "a:",
        "$a",
        "\u00e9",
        "env: {a: ",
    ):
        body = json.dumps({"query": "{" + part * (20_000 // len(part))}).encode()
        assert Cleaner().request_body(body)


def test_variables_that_are_nested_too_deeply_are_left_out_of_a_form_and_a_url() -> None:
    deep = "[" * 200_000
    assert deep.encode() not in Cleaner().request_body(f"query=x&variables={deep}".encode())
    assert deep not in Cleaner().url(f"https://a.test/?variables={deep}")
