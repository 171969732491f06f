"""Recording of forms: their credentials aren't in a cassette, and it answers them nevertheless."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Recorder, Replayer, SecretRecorded, Simulator
from buildkite_ext.simulation.cassettes.cleaning import Cleaner
from buildkite_ext.simulation.server import running

Send = Callable[[httpx.BaseTransport | httpx.AsyncBaseTransport, Sequence[httpx.Request]], list[httpx.Response]]

PACKAGES = "https://api.buildkite.com/v2/packages/organizations/acme/registries/wheels/packages"
STORE = "https://bucket.s3.amazonaws.test/"
CREDENTIALS = {
    "policy": b64encode(b'{"expiration": "canary"}').decode(),
    "x-amz-credential": "AKIACANARYCANARY/20260105/us-east-1/s3/aws4_request",
    "x-amz-security-token": "IQoJcanarycanary/canary+canary==",
    "x-amz-signature": "canary0123456789canary0123456789",
    "AWSAccessKeyId": "AKIACANARYCANARY0123",
    "signature": "canary/canary+canary+canary=",
}
FIELDS = {"key": "packages/canary/${filename}", "acl": "private", **CREDENTIALS, "x-amz-date": "20260105T000000Z"}
SIGNED = f"{STORE}a.whl?X-Amz-Signature=canary4567canary4567&X-Amz-Credential=canary8901canary8901"


def send(transport: Any, requests: Sequence[httpx.Request]) -> list[httpx.Response]:
    with httpx.Client(transport=transport) as client:
        return [client.send(each) for each in requests]


def send_async(transport: Any, requests: Sequence[httpx.Request]) -> list[httpx.Response]:
    async def main() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=transport) as client:
            return [await client.send(each) for each in requests]

    return asyncio.run(main())


both = pytest.mark.parametrize("sender", [send, send_async], ids=["sync", "async"])


def replaying(sender: Send, replayer: Replayer) -> httpx.BaseTransport | httpx.AsyncBaseTransport:
    return replayer.transport() if sender is send else replayer.async_transport()


def upload(fields: dict[str, str], content: bytes) -> httpx.Request:
    return httpx.Request("POST", STORE, data=fields, files={"file": ("a.whl", content, "application/zip")})


def store(request: httpx.Request) -> httpx.Response:
    """Answer as Buildkite, which gives a form, or as the store to which it is sent."""
    if request.url.path.endswith("/packages/upload"):
        form = {"file_input": "file", "method": "POST", "url": STORE, "data": FIELDS}
        return httpx.Response(200, json={"uri": "s3://bucket/a.whl", "form": form})
    headers = {
        "Location": SIGNED,
        "Link": f'<{SIGNED}>; rel="self", <{STORE}?access_token=canary12&page=2>; rel="next"',
    }
    return httpx.Response(201, headers=headers, text=f"<PostResponse><Location>{SIGNED}</Location></PostResponse>")


def recorded(path: Path, sender: Send, answer: Callable[[httpx.Request], httpx.Response], *sent: httpx.Request) -> str:
    """Record some requests; return all that the cassette holds, what stands there as base64 included."""
    with Recorder(path):
        sender(httpx.MockTransport(answer), sent)
    held = [path.read_text()]
    for each in Replayer(path).interactions:
        held += [each.url, each.body.decode("latin-1"), each.content.decode("latin-1"), str(each.headers)]
    return "\n".join(held)


@both
def test_an_upload_to_a_store_is_recorded_without_its_credentials(tmp_path: Path, sender: Send) -> None:
    path = tmp_path / "a.yaml"
    presign = httpx.Request("POST", f"{PACKAGES}/upload")
    text = recorded(path, sender, store, presign, upload(FIELDS, bytes(range(256)) + b"canary"))
    assert "canary" not in text.lower()
    for value in CREDENTIALS.values():
        assert value not in text
    for kept in ('name=\\"x-amz-signature\\"', 'filename=\\"a.whl\\"', "page=2", '"url":"https://bucket'):
        assert kept in text

    replayer = Replayer(path)
    again = httpx.Request("POST", f"{PACKAGES}/upload")
    (presigned,) = sender(replaying(sender, replayer), [again])
    fields = presigned.json()["form"]["data"]
    assert fields == dict.fromkeys(FIELDS, "REDACTED")
    (stored,) = sender(replaying(sender, replayer), [upload(fields, b"built again")])
    assert stored.headers["Location"].startswith(f"{STORE}a.whl?")
    replayer.check()


@both
def test_a_form_is_found_again_with_other_credentials_and_not_with_other_fields(tmp_path: Path, sender: Send) -> None:
    recorded(tmp_path / "a.yaml", sender, store, upload(FIELDS, b"abc"))
    replayer = Replayer(tmp_path / "a.yaml")
    sender(replaying(sender, replayer), [upload(dict.fromkeys(FIELDS, "other"), b"def")])
    replayer.check()
    with pytest.raises(LookupError, match="its body is"):
        sender(replaying(sender, replayer), [upload({"key": "a"}, b"abc")])


FORMS: dict[str, bytes] = {
    "with line feeds alone": b'--x\nContent-Disposition: form-data; name="policy"\n\ncanary\n--x--\n',
    "with a text before it": b'hello\r\n--x\r\ncontent-disposition: form-data; name="sig"\r\n\r\ncanary\r\n--x--\r\n',
    "whose names have no quotes": b"--x\r\nContent-Disposition: form-data; name=key\r\n\r\ncanary\r\n--x--\r\n",
    "whose headers stand in another order": (
        b'--x\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name="token"\r\n\r\ncanary\r\n--x--\r\n'
    ),
    "whose file has a name in UTF-8": (
        b"--x\r\nContent-Disposition: form-data; name=\"f\"; filename*=utf-8''a%C3%A9\r\n\r\n\xff canary\r\n--x--\r\n"
    ),
    "that isn't whole": b'--x\r\nContent-Disposition: form-data; name="signature"\r\n\r\ncanary',
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form(name: str) -> None:
    clean = Cleaner().request_body(FORMS[name])
    assert b"canary" not in clean
    assert clean.startswith(b"--BOUNDARY\r\n")
    assert Cleaner().request_body(clean) == clean


@both
def test_what_a_store_repeats_of_a_form_that_it_refuses_is_replaced(tmp_path: Path, sender: Send) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        said = "".join(f"<{name}>{value}</{name}>" for name, value in CREDENTIALS.items())
        return httpx.Response(403, text=f"<Error><Code>SignatureDoesNotMatch</Code>{said}</Error>")

    text = recorded(tmp_path / "a.yaml", sender, refuse, upload(FIELDS, b"abc"))
    for value in CREDENTIALS.values():
        assert value not in text
    assert "SignatureDoesNotMatch" in text


STANDING: dict[str, Callable[[str], httpx.Request]] = {
    "of an answer, in a body that is no form": lambda secret: httpx.Request(
        "PUT", STORE, content=secret.encode().hex()
    ),
    "of an answer, in another field": lambda secret: httpx.Request("POST", STORE, data={"note": secret.encode().hex()}),
    "of an answer, in a header": lambda secret: httpx.Request("PUT", STORE, headers={"X-A": secret.encode().hex()}),
}


@both
@pytest.mark.parametrize("name", STANDING)
@pytest.mark.parametrize("field", ["policy", "x-amz-security-token", "AWSAccessKeyId"])
def test_a_credential_that_still_stands_is_refused(tmp_path: Path, sender: Send, name: str, field: str) -> None:
    presign = httpx.Request("POST", f"{PACKAGES}/upload")
    with pytest.raises(SecretRecorded, match=f"a secret of {len(CREDENTIALS[field])} characters"):
        recorded(tmp_path / "a.yaml", sender, store, presign, STANDING[name](CREDENTIALS[field]))
    assert not (tmp_path / "a.yaml").exists()


@both
def test_a_credential_that_a_store_repeats_encoded_is_refused(tmp_path: Path, sender: Send) -> None:
    def repeat(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, text=CREDENTIALS["signature"].encode().hex())

    signed = f"{STORE}a.whl?Signature={CREDENTIALS['signature'].replace('+', '%2B')}"
    login = {"client_secret": CREDENTIALS["signature"]}
    for request in (upload(FIELDS, b""), httpx.Request("GET", signed), httpx.Request("POST", STORE, data=login)):
        with pytest.raises(SecretRecorded):
            recorded(tmp_path / "a.yaml", sender, repeat, request)


FIELDS_SENT: dict[str, tuple[str, str]] = {
    "credentials of a store": ("AWSAccessKeyId=canary&Policy=canary&acl=private", "REDACTED"),
    "a login": ("grant_type=password&username=ada&password=canary&client_secret=canary", "REDACTED"),
    "a code": ("code=canary&code_verifier=canary", "REDACTED"),
    "a token": ("access_token=canary&scope=read", "REDACTED"),
    "a variable of a build": ("commit=HEAD&env%5BKEY%5D=canary&env[CI]=true", "true"),
    "meta-data of a build": ("commit=HEAD&meta_data%5Bnote%5D=canary&meta_data[release]=1.4", "1.4"),
    "answers to a block step": ("fields[pin]=canary&fields[regions][]=canary&fields[release]=1.4", "1.4"),
    "the settings of a service": (
        "settings[url]=https%3A%2F%2Fhooks.test%2Fcanary&settings[token]=canary",
        "hooks.test",
    ),
    "the headers of a service": ("settings[headers][X-Key]=canary&provider=webhook", "webhook"),
    "a signed address": ("url=https%3A%2F%2Fs3.test%2Fa%3FX-Amz-Signature%3Dcanary&name=web", "web"),
}


@both
@pytest.mark.parametrize("name", FIELDS_SENT)
def test_what_is_secret_in_a_form_of_fields_is_replaced(tmp_path: Path, sender: Send, name: str) -> None:
    sent, kept = FIELDS_SENT[name]
    path = tmp_path / "a.yaml"

    def request() -> httpx.Request:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return httpx.Request("POST", "https://x.test/a", content=sent, headers=form)

    with Recorder(path, keep_env=["CI"], keep_meta_data=["release"]):
        sender(httpx.MockTransport(lambda _: httpx.Response(200)), [request()])
    assert "canary" not in path.read_text()
    replayer = Replayer(path)
    assert kept.encode() in replayer.interactions[0].body
    sender(replaying(sender, replayer), [request()])
    replayer.check()


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"a=b c", b"page=2&state=passed", b"YWJjZA==", b"--x\r\nno form", b"\xff=1", b'{"a":"b=c"}']
)
def test_a_body_without_credentials_stays_as_it_is(body: bytes) -> None:
    assert Cleaner().request_body(body) == body


def test_a_package_is_published_again(tmp_path: Path) -> None:
    real, path = Simulator("acme"), tmp_path / "a.yaml"

    def work(buildkite: BuildkiteClient, content: bytes) -> str | None:
        (tmp_path / "banana-1.2.0.gem").write_bytes(content)
        return buildkite.packages.publish("gems", tmp_path / "banana-1.2.0.gem").name

    with running(real, real_time=False) as url, BuildkiteClient("acme", token=real.token, base_url=url) as buildkite:
        buildkite.registries.create(name="gems", ecosystem="ruby")
        with Recorder(path):
            assert work(buildkite, bytes(range(256)) * 100) is not None
    assert len(path.read_text()) < 5000  # the file isn't stored
    replayer = Replayer(path)
    with BuildkiteClient("acme", token="x", base_url=url, transport=replayer.transport()) as buildkite:
        assert work(buildkite, b"built again") == "banana"
    replayer.check()
