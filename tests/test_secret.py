"""A secret shows itself to nobody but who asks, wherever in an answer it stands and however that was decoded."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import pprint
import traceback
from typing import Any

import msgspec
import pytest
from buildkite_api.decoding import DecodeError, Decoder, Drift
from buildkite_api.models import (
    Agent,
    ArtifactDownload,
    ClusterToken,
    CreateClusterSecretRequest,
    Job,
    JobEnv,
    NotificationService,
    PackagePresignedUpload,
    SshSession,
    UpdateClusterSecretValueRequest,
)
from buildkite_api.types import Secret

TEXT = "hunter2"
SSH: dict[str, Any] = {
    "endpoint": "ssh.test",
    "access_token": TEXT,
    "ssh": {"username": "me", "private_key": "BEGIN hunter2"},
}
UPLOAD: dict[str, Any] = {
    "uri": "u",
    "form": {"file_input": "file", "method": "POST", "url": "https://s.test", "data": {"policy": TEXT}},
}
WAYS = {"fast": Decoder(), "tolerant": Decoder(unknown="keep")}
each_way = pytest.mark.parametrize("decoder", WAYS.values(), ids=WAYS)


@pytest.mark.parametrize("text", [TEXT, "", "ключ", "half \ud800"])
def test_a_secret_gives_its_text_to_who_asks_and_shows_it_to_nobody(text: str) -> None:
    secret = Secret(text)
    assert secret.reveal() == text
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{secret:>9}", "%s %r" % (secret, secret)]  # noqa: UP031
    shown += ["{:<5}|".format(secret), pprint.pformat({"a": [secret]}), str({secret: secret})]  # noqa: UP032
    assert shown[4] == "      ***"
    assert [each for each in shown if "***" not in each] == []
    assert not text or [each for each in shown if text in each] == []
    assert bool(secret) is bool(text)


def test_a_secret_equals_secrets_with_its_text_and_no_string() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("hunter3")
    assert Secret(TEXT) != TEXT
    assert {Secret(TEXT): 1}[Secret(TEXT)] == 1
    assert hash(Secret(TEXT)) != hash(TEXT)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_copies_keep_the_text(protocol: int) -> None:
    for again in (
        pickle.loads(pickle.dumps(Secret(TEXT), protocol)),
        copy.copy(Secret(TEXT)),
        copy.deepcopy(Secret(TEXT)),
    ):
        assert again == Secret(TEXT)


def test_json_refuses_it_without_showing_it() -> None:
    for encode in (json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError) as error:
            encode({"token": Secret(TEXT)})
        assert TEXT not in str(error.value)


@pytest.mark.parametrize("value", [None, 5, b"hunter2", Secret(TEXT)])
def test_a_secret_is_made_of_a_string(value: Any) -> None:
    with pytest.raises(TypeError) as error:
        Secret(value)
    assert TEXT not in str(error.value)


@each_way
def test_secrets_are_decoded_wherever_they_stand(decoder: Decoder) -> None:
    def decode(type_: Any, body: Any) -> Any:
        return decoder.decode(type_, json.dumps(body).encode())

    session = decode(SshSession, SSH)
    assert (session.access_token, session.ssh.private_key) == (Secret(TEXT), Secret("BEGIN hunter2"))
    assert [each.token for each in decode(list[ClusterToken], [{"id": "a", "token": TEXT}, {"id": "b"}])] == [
        Secret(TEXT),
        None,
    ]
    assert decode(ClusterToken, {"id": "a", "token": None}).token is None
    assert decode(ArtifactDownload, {"url": TEXT}).url == Secret(TEXT)
    assert decode(PackagePresignedUpload, UPLOAD).form.data == {"policy": Secret(TEXT)}
    assert Job.from_dict(
        {"id": "j", "type": "script", "agent": {"id": "a", "access_token": TEXT}}
    ).agent == Agent.from_dict({"id": "a", "access_token": TEXT})


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        (SshSession, SSH),
        (PackagePresignedUpload, UPLOAD),
        (JobEnv, {"env": {"A": TEXT}}),
        (NotificationService, {"id": "n", "settings": {"token": TEXT}}),
        (ClusterToken, {"id": "a", "token": {"of another type": TEXT}}),
        (ClusterToken, {"id": "a", "a_new_key": TEXT}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_no_model_shows_a_secret_and_its_json_holds_it(type_: Any, body: dict[str, Any]) -> None:
    for decoder in (Decoder(), Decoder(unknown="keep")):
        model = decoder.decode(type_, json.dumps(body).encode())
        assert "hunter2" not in f"{model} {model!r} {pprint.pformat(model)}"
    assert type_.from_dict(model.to_dict()) == model
    assert "hunter2" in json.dumps(model.to_dict())
    assert pickle.loads(pickle.dumps(model)) == copy.deepcopy(model) == model


@pytest.mark.parametrize("type_", [str, Secret])
def test_what_is_sent_takes_a_string_or_a_secret(type_: type) -> None:
    for request in (
        CreateClusterSecretRequest(key="K", value=type_(TEXT)),
        UpdateClusterSecretValueRequest(value=type_(TEXT)),
    ):
        assert request.to_dict()["value"] == TEXT
        assert TEXT not in repr(request)


@pytest.mark.parametrize(
    "body", [b'[{"token": "hunter2"', b'{"token": "hunter2"', b'"hunter2"', b"hunter2", b"\xef\xbb\xbfhunter2"]
)
@pytest.mark.parametrize(
    "type_", [ClusterToken, list[ClusterToken], SshSession, PackagePresignedUpload, JobEnv], ids=str
)
def test_a_body_that_cannot_be_decoded_is_not_shown_where_it_may_hold_secrets(type_: Any, body: bytes) -> None:
    with pytest.raises(DecodeError, match="bytes that may hold secrets") as error:
        Decoder().decode(type_, body)
    assert "hunter2" not in "".join(traceback.format_exception(error.value)).replace("body: bytes", "")


def test_the_page_of_a_proxy_is_shown() -> None:
    with pytest.raises(DecodeError, match="<title>Sign in"):
        Decoder().decode(ClusterToken, b"\n<title>Sign in to the proxy</title>")


def test_no_drift_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    drifts: list[Drift] = []
    decoder = Decoder(on_drift=drifts.append)
    decoder.decode(ArtifactDownload, b'{"url": ["hunter2"], "new": "hunter2"}')
    assert {drift.kind for drift in drifts} == {"type", "unknown"}
    assert "hunter2" not in f"{drifts} {caplog.text}"
    for body, kind in ((b'{"url": ["hunter2"]}', "another type"), (b'{"url": "u", "new": "hunter2"}', "know this key")):
        with pytest.raises(DecodeError, match=kind) as error:
            Decoder(strict=True).decode(ArtifactDownload, body)
        assert "hunter2" not in str(error.value)
