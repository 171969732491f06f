"""Recording of bodies that are compressed, in other encodings, or no whole JSON: none keeps a value that is replaced elsewhere."""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from buildkite_ext import ConfigurationError
from buildkite_ext.simulation import Recorder, Replayer
from buildkite_ext.simulation.cassettes.cleaning import Cleaner

API = "https://api.test/v2"
VALUE = {"env": {"KEY": "canary"}, "meta_data": {"a": "canary"}, "token": "canary", "message": "café"}
CLEAN = {"env": {"KEY": "REDACTED"}, "meta_data": {"a": "REDACTED"}, "token": "REDACTED", "message": "café"}
BODY = json.dumps(VALUE).encode()


def raw_deflated(body: bytes) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(body) + deflate.flush()


def recorded(path: Path, answer: Callable[[httpx.Request], httpx.Response], *requests: httpx.Request) -> Replayer:
    with Recorder(path), httpx.Client(transport=httpx.MockTransport(answer)) as client:
        for each in requests:
            client.send(each)
    return Replayer(path)


def compressed(coding: str, body: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": coding}, stream=httpx.ByteStream(body))


CODINGS: dict[str, tuple[str, bytes]] = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "in capitals": ("GZIP", gzip.compress(BODY)),
    "the old name": ("x-gzip", gzip.compress(BODY)),
    "twice": ("gzip, gzip", gzip.compress(gzip.compress(BODY))),
    "two": ("deflate, GZip", gzip.compress(zlib.compress(BODY))),
    "two members": ("gzip", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])),
    "deflate": ("deflate", zlib.compress(BODY)),
    "deflate without its header": ("deflate", raw_deflated(BODY)),
    "none": ("identity", BODY),
}


@pytest.mark.parametrize("name", CODINGS)
def test_a_compressed_answer_and_request(tmp_path: Path, name: str) -> None:
    coding, body = CODINGS[name]

    def request() -> httpx.Request:
        return httpx.Request("POST", f"{API}/x", content=body, headers={"Content-Encoding": coding})

    replayer = recorded(tmp_path / "a.yaml", lambda _: compressed(coding, body), request())
    text = (tmp_path / "a.yaml").read_text()
    assert "canary" not in text
    assert "!!binary" not in text  # it can be read
    (found,) = replayer.interactions
    assert [json.loads(found.body), json.loads(found.content)] == [CLEAN, CLEAN]
    with httpx.Client(transport=replayer.transport()) as client:
        assert client.send(request()).json() == CLEAN
    replayer.check()


def test_what_can_not_be_decoded_is_not_written(tmp_path: Path) -> None:
    for coding, body in (("snappy", b"canary"), ("gzip", b"canary"), ("deflate", b"\xffcanary")):
        request = httpx.Request("POST", f"{API}/x?token=canary", content=body, headers={"Content-Encoding": coding})
        with pytest.raises(
            ConfigurationError, match=f"the request POST {API}/x: its .*{coding}.* cassette isn't written"
        ):
            recorded(tmp_path / "a.yaml", lambda _: httpx.Response(200), request)
    with (
        Recorder(tmp_path / "a.yaml"),
        httpx.Client(transport=httpx.MockTransport(lambda _: compressed("gzip", b""))) as client,
    ):
        client.head(f"{API}/x")


TEXTS: dict[str, tuple[bytes, str, object]] = {
    "a mark of UTF-8": (codecs.BOM_UTF8 + BODY, "", CLEAN),
    "UTF-16": (BODY.decode().encode("utf-16"), "", CLEAN),
    "UTF-16 without a mark": (BODY.decode().encode("utf-16-be"), "", CLEAN),
    "UTF-32": (BODY.decode().encode("utf-32"), "", CLEAN),
    "a text of JSON": (json.dumps(BODY.decode()).encode(), "", json.dumps(CLEAN, separators=(",", ":"), ensure_ascii=False)),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_json_in_other_encodings(name: str) -> None:
    body, kind, clean = TEXTS[name]
    made = Cleaner().body(body, content_type=kind)
    assert json.loads(made) == clean
    assert Cleaner().body(made) == made


ODD: dict[str, tuple[str, bytes, bytes]] = {
    "lines": ("", b'{"token":"canary"}\n\n {"a":1}\n', b'{"token":"REDACTED"}\n\n {"a":1}\n'),
    "a sequence": ("", b'\x1e{"token":"canary"}\x1e[{"token":"canary"}]', b'\x1e{"token":"REDACTED"}\x1e[{"token":"REDACTED"}]'),
    "a log of JSON": ("", b'{"token":"canary"}\n3 passed\n{"a":1} ok\n', b'{"token":"REDACTED"}\n3 passed\n{"a":1} ok\n'),
    "a cut end": ("", b'{"a":1,"token":"canary', b"REDACTED"),
    "a cut line": ("", b'{"a":1}\n{"token":"canary', b'{"a":1}\nREDACTED'),
    "single quotes, declared": ("application/json", b"{'token': 'canary'}", b"REDACTED"),
    "HTML, declared": ("application/vnd.x+json; charset=utf-8", b"<p>", b"REDACTED"),
    "nothing, declared": ("application/json", b"", b""),
    "a wrong byte": ("", b'{"token":"canary","a":"caf\xe9 \\u20ac \\ud83d\\ude80"}', b'{"token":"REDACTED","a":"caf\xe9 \\u20ac \\ud83d\\ude80"}'),
    "JSON in JSON": ("", b'{"raw_body":"{\\"token\\": \\"canary\\"}"}', b'{"raw_body":"{\\"token\\":\\"REDACTED\\"}"}'),
    "cut JSON in JSON": ("", b'{"raw_body":"{\\"token\\": \\"canary"}', b'{"raw_body":"REDACTED"}'),
    "too deep": ("", b'{"a":' * 100_000 + b'"canary"', b"REDACTED"),
    "brackets in a log": ("", b"[INFO] {started}\n[1, 2] \xff\n", b"[INFO] {started}\n[1, 2] \xff\n"),
    "braces in a command": ("", b'{"a":"{ make test; }","b":"[x] done"}', b'{"a":"{ make test; }","b":"[x] done"}'),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_whole_json(name: str) -> None:
    kind, body, clean = ODD[name]
    made = Cleaner().body(body, content_type=kind)
    assert made == clean
    assert Cleaner().body(made) == made


SSH = (
    "-----BEGIN KEY-----\ncanary+base64\ncanaryABC==\nTUlJRWNhbmFyeQ=\nABCDE32====\ncanary=canary\n\n-----END KEY-----"
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("path", ["/jobs/1/env.txt", "/jobs/1/env", "/jobs/1/env.txt/"])
def test_values_of_several_lines_in_the_environment_of_a_job(path: str, end: str) -> None:
    text = f"CI=true\nSSH={SSH}\nhttp_proxy=http://canary\nBUILDKITE_TAG=\nRELEASE=1\ncanary\nKEEP=4\n"
    clean = Cleaner(keep_env=["CI", "RELEASE", "KEEP"]).body(text.replace("\n", end).encode(), path)
    lines = clean.decode().replace("\r\n", "\n")
    assert "canary=REDACTED" in lines  # it may be a variable: of a name that says what it is, only the value is hidden
    for hidden in ("canary\n", "canary+", "ABC==", "TUlJ", "32==", "//canary", "RELEASE=1"):
        assert hidden not in lines
    assert lines.startswith("CI=true\nSSH=REDACTED\nREDACTED\n")
    assert lines.endswith("http_proxy=REDACTED\nBUILDKITE_TAG=REDACTED\nRELEASE=REDACTED\nREDACTED\nKEEP=4\n")
    assert b"canary" not in Cleaner().body(f"A=canary\n{b64encode(b'canary')!r}".encode() + b"\xff", path)


HIDDEN: dict[str, tuple[object, object]] = {
    "lines of a variable": (
        {"env": ["KEY=-----BEGIN KEY-----", "ab+c/=", "CI", "-----END KEY-----"]},
        {"env": ["KEY=REDACTED", "REDACTED", "CI", "REDACTED"]},
    ),
    "lists": ({"tokens": ["a", {"b": "c"}], "count": 2}, {"tokens": ["REDACTED", {"b": "REDACTED"}], "count": 2}),
    "maps": (
        {"secrets": {"A": "a", "B": ["b", 1], "C": None}, "credentials": {"user": "ada", "password": 1234567}},
        {"secrets": {"A": "REDACTED", "B": ["REDACTED", "REDACTED"], "C": None},
         "credentials": {"user": "REDACTED", "password": "REDACTED"}},
    ),
    "a number": ({"password": 123456, "max_tokens": 5}, {"password": "REDACTED", "max_tokens": 5}),
    "further names": (
        dict.fromkeys(("passphrase", "jwt", "auth", "pwd", "integration_key", "routing_key", "service_key", "privateKeyPem"), "a"),
        dict.fromkeys(("passphrase", "jwt", "auth", "pwd", "integration_key", "routing_key", "service_key", "privateKeyPem"), "REDACTED"),
    ),
}  # fmt: skip

PLAIN: list[object] = [
    {"code": "not_found", "errors": [{"code": 3, "field": "author"}], "key": "deploy", "state": "passed", "pass": True},
    {
        "token_id": "1",
        "agent_token": {"id": "1", "description": "linux", "created_by": {"name": "Ada"}},
        "authors": "ada",
    },
    {"data": {"agentTokens": {"edges": [{"node": {"id": "1", "description": "x"}}], "count": 1}}},
    {"secrets": [{"id": "1", "key": "DEPLOY", "description": "of web", "policy": "- pipeline_slug: web"}]},
    {"cluster_token": {"description": "linux", "allowed_ip_addresses": "0.0.0.0/0", "expires_at": None}},
    {"step": {"signature": {"algorithm": "EdDSA", "signed_fields": ["command", "env"]}}},
    {"scopes": ["read_build"], "uuid": "b63254c0", "description": "Token", "authenticated": "yes", "service": "x"},
]


@pytest.mark.parametrize("name", HIDDEN)
def test_further_names_of_secrets(name: str) -> None:
    body, clean = HIDDEN[name]
    assert json.loads(Cleaner().body(json.dumps(body).encode())) == clean


@pytest.mark.parametrize("body", PLAIN, ids=lambda body: next(iter(body)))
def test_what_only_describes_a_secret_stays(body: object) -> None:
    assert json.loads(Cleaner().body(json.dumps(body).encode())) == body


def test_parameters_of_a_url_and_fields_of_a_form_are_hidden_by_one_rule() -> None:
    names = (
        "password",
        "jwt",
        "auth",
        "code",
        "device_code",
        "api_key",
        "client_secret",
        "pwd",
        "tokens",
        "passphrase",
    )
    pairs = "&".join(f"{name}=canary" for name in names)
    hidden = "&".join(f"{name}=REDACTED" for name in names)
    assert Cleaner().url(f"https://x.test/?{pairs}&page=2") == f"https://x.test/?{hidden}&page=2"
    assert Cleaner().request_body(f"{pairs}&page=2".encode()) == f"{hidden}&page=2".encode()


HEADERS = {
    "X-Password": "canary-canary",
    "Authentication": "canary-canary",
    "X-Auth": "canary-canary",
    "X-Session": "canary-canary",
    "X-Forwarded": "Bearer canary-canary",
    "X-Upstream": "Basic Y2FuYXJ5OmNhbmFyeQ==",
    "X-Jwt-Assertion": "canary-canary",
}
OPEN = {"X-Author": "ada", "WWW-Authenticate": 'Bearer realm="x"', "X-Plan": "Basic", "X-Bearer": "no"}


def test_headers(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="got canary-canary", headers={**HEADERS, **OPEN})

    replayer = recorded(tmp_path / "a.yaml", answer, httpx.Request("GET", f"{API}/x", headers=HEADERS))
    assert "canary" not in (tmp_path / "a.yaml").read_text()
    kept: Mapping[str, str] = httpx.Headers([*replayer.interactions[0].headers])
    assert {name: kept[name] for name in OPEN} == OPEN
    assert not [name for name in HEADERS if name in kept]


@pytest.mark.parametrize("password", ["", "x-oauth-basic"])
def test_a_token_as_the_user(tmp_path: Path, password: str) -> None:
    token = "0f1e2d3c4b5a69788796"
    request = httpx.Request(
        "GET", f"{API}/x", headers={"Authorization": f"Basic {b64encode(f'{token}:{password}'.encode()).decode()}"}
    )
    recorded(tmp_path / "a.yaml", lambda _: httpx.Response(401, text=f"no {token} of buildkite"), request)
    text = (tmp_path / "a.yaml").read_text()
    assert token not in text
    assert "of buildkite" in text
