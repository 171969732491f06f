"""Recording of real traffic without secrets, and answers from it."""

from __future__ import annotations

import asyncio
import gzip
import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from buildkite_ext import BuildkiteClient, ConfigurationError
from buildkite_ext.simulation import Recorder, Replayer, ReplayMiss, Scenario, SecretRecorded, Simulator
from buildkite_ext.simulation.cassettes.cleaning import Cleaner
from buildkite_ext.simulation.server import running

TOKEN = "bkua_canary0123456789canary"
UNPREFIXED = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
SIGNED = "https://s3.test/a.whl?X-Amz-Signature=abcdef123&part=1"
API = "https://api.test/v2"


def transport(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(answer)


def recording(
    path: Path, answer: Callable[[httpx.Request], httpx.Response], *requests: httpx.Request, **options: object
) -> str:
    """Record some requests, and return the text of the cassette."""
    with Recorder(path, **options), httpx.Client(transport=transport(answer)) as client:  # type: ignore[arg-type]
        for request in requests:
            client.send(request)
    return path.read_text()


def get(path: str, token: str = TOKEN) -> httpx.Request:
    return httpx.Request("GET", f"{API}/{path}", headers={"Authorization": f"Bearer {token}"})


def test_no_canary_is_in_a_cassette(tmp_path: Path) -> None:
    secrets = {
        "token": TOKEN,
        "agent": "bkct_agentcanary012345",
        "signature": "abcdef123",
        "hook": "hookcanary01234567",
        "env": "envcanary",
        "meta": "metacanary",
        "cluster": "clustercanary",
        "cookie": "cookiecanary",
        "pipeline's env": "pipelinecanary",
        "step's env": "stepcanary",
        "plugin's env": "plugincanary",
    }
    configuration = f"""# how it is built
env: {{KEY: {secrets["pipeline's env"]}, CI: "true"}}
steps:
  - command: export LEVEL=3; make test
    env:
      KEY: |
        {secrets["step's env"]}
    plugins:
      - docker#v5.12.0: {{image: node, environment: [CI, KEY={secrets["plugin's env"]}]}}
"""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/env.txt"):
            return httpx.Response(200, text=f"CI=true\nKEY={secrets['env']}\n")
        if request.url.path.endswith("/download"):
            return httpx.Response(
                302, headers={"Location": SIGNED, "Set-Cookie": secrets["cookie"]}, json={"url": SIGNED}
            )
        body = {
            "env": {"KEY": secrets["env"], "CI": "true"},
            "meta_data": {"note": secrets["meta"], "release": "1.4"},
            "token": secrets["cluster"],
            "message": f"use {secrets['agent']} and {TOKEN}",
            "provider": {"webhook_url": f"https://webhook.buildkite.com/deliver/{secrets['hook']}"},
            "creator": {"email": "ada@acme.test"},
            "configuration": configuration,
        }
        return httpx.Response(200, json=body)

    text = recording(
        tmp_path / "a.yaml",
        answer,
        get("builds/1"),
        get("jobs/2/env.txt"),
        get("artifacts/1/download"),
        get(f"builds?access_token={TOKEN}&page=2"),
        httpx.Request("POST", f"{API}/builds", json={"env": {"KEY": secrets["env"]}, "commit": "HEAD"}),
        httpx.Request("POST", f"{API}/pipelines", json={"name": "web", "configuration": configuration}),
        keep_env=["CI"],
        keep_meta_data=["release"],
        emails=True,
    )
    for name, secret in secrets.items():
        assert secret not in text, name
    assert "ada@acme.test" not in text
    answers = [each.content for each in Replayer(tmp_path / "a.yaml").interactions]
    assert json.loads(answers[0])["env"] == {"KEY": "REDACTED", "CI": "true"}
    assert json.loads(answers[0])["meta_data"] == {"note": "REDACTED", "release": "1.4"}
    assert (
        json.loads(answers[0])["configuration"]
        == """# how it is built
env: {KEY: REDACTED, CI: "true"}
steps:
  - command: export LEVEL=3; make test
    env:
      KEY: REDACTED
    plugins:
      - docker#v5.12.0: {image: node, environment: [CI, KEY=REDACTED]}
"""
    )
    with httpx.Client(transport=Replayer(tmp_path / "a.yaml").transport()) as client:  # what was sent is found again
        assert client.post(f"{API}/pipelines", json={"name": "web", "configuration": configuration}).status_code == 200
    assert answers[1] == b"CI=true\nKEY=REDACTED\n"
    assert "page=2" in text


HEADERS = {
    "of a store": ("X-Amz-Security-Token", "headercanary"),
    "of a registry": ("X-Api-Key", "headercanary"),
    "of a code host": ("PRIVATE-TOKEN", "headercanary"),
    "of a webhook": ("X-Buildkite-Signature", "timestamp=1,signature=headercanary"),
    "of a user": ("Authorization", f"Basic {b64encode(b'ada:headercanary').decode()}"),
    "of another scheme": ("authorization", "token headercanary"),
    "of a proxy": ("Proxy-Authorization", "bearer headercanary"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_with_a_secret_is_left_out_and_what_is_sent_back_of_it_replaced(tmp_path: Path, name: str) -> None:
    header, value = HEADERS[name]
    secret = value if "=" in value and "," in value else "headercanary"

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, headers={header: value}, json={"message": f"no {secret}"})

    text = recording(tmp_path / "a.yaml", answer, httpx.Request("GET", f"{API}/user", headers={header: value}))
    assert "canary" not in text
    assert header.lower() not in text.lower()


def test_a_token_without_a_prefix_that_is_sent_back(tmp_path: Path) -> None:
    text = recording(
        tmp_path / "a.yaml",
        lambda request: httpx.Response(401, json={"message": f"no {UNPREFIXED}"}),
        get("user", UNPREFIXED),
    )
    assert UNPREFIXED not in text


FORMS: dict[str, Callable[[str], bytes]] = {
    "UTF-8 among bytes": lambda secret: b"\xff\xfe" + secret.encode(),
    "base64": lambda secret: b64encode(b"user:" + secret.encode() + b"!"),
    "base64 of URLs": lambda secret: urlsafe_b64encode(b"user:" + secret.encode() + b"!"),
    "base64 twice": lambda secret: b"x " + b64encode(b64encode(secret.encode())),
    "base64 behind letters, three times": lambda secret: (
        b"id-" + b64encode(b64encode(b"a" + b64encode(secret.encode())))
    ),
    "base64 of quoted": lambda secret: b64encode(quote(secret, safe="").encode()),
    "base64 of hex": lambda secret: b64encode(secret.encode().hex().upper().encode()),
    "quoted base64": lambda secret: quote(b64encode(b"\xfb\xff" + secret.encode()), safe="").encode(),
    "base64 in JSON": lambda secret: json.dumps({"a": b64encode(b"?" + b64encode(secret.encode())).decode()}).encode(),
    "hex": lambda secret: secret.encode().hex().upper().encode(),
    "gzip": lambda secret: gzip.compress(secret.encode()),
    "quoted": lambda secret: quote(secret, safe="").encode(),
    "partly quoted, in lower case": lambda secret: quote(secret, safe="&=").lower().encode(),
    "quoted twice": lambda secret: quote(quote(secret, safe=""), safe="").encode(),
    "HTML": lambda secret: html.escape(secret).encode(),
    "JSON of Go": lambda secret: b"got " + json.dumps(json.dumps(secret)).replace("&", "\\\\u0026").encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_that_still_stands_keeps_the_cassette_from_being_written(tmp_path: Path, form: str) -> None:
    secret = "pässwort/1234&Q=~~~"
    path = tmp_path / "a.yaml"
    unpatched = httpx.HTTPTransport.handle_request
    with pytest.raises(SecretRecorded, match="isn't written"):
        recording(path, lambda request: httpx.Response(200, content=FORMS[form](secret)), get("x"), secrets=[secret])
    assert not path.exists()
    assert httpx.HTTPTransport.handle_request is unpatched


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("https://x.test/a\nsecond\tline\nthird", "https://x.test/a\nsecond\tline\nthird"),
        ("https://x.test/?token=hush\nsecond", "https://x.test/?token=REDACTED\nsecond"),
        ("http://[bad", "http://[bad"),
        ("http://[bad?token=hush", "http://[bad?token=REDACTED"),
        ("clone https://ada:hush@git.test/web.git now", "clone https://git.test/web.git now"),
        ("clone https://hush@git.test/web.git now", "clone https://git.test/web.git now"),
        ("redis://:hush@cache.test:6379/0", "redis://cache.test:6379/0"),
        ("clone ssh://git@git.test/web.git", "clone ssh://git@git.test/web.git"),
        ('{"url": "https://s3.test/?v=4\\u0026sig=hush"}', '{"url": "https://s3.test/?v=4\\u0026sig=REDACTED"}'),
        (
            "https://x.test/?to=https%3A%2F%2Fs3.test%2F%3Fsig%3Dhush%26page%3D1",
            "https://x.test/?to=https%3A%2F%2Fs3.test%2F%3Fsig%3DREDACTED%26page%3D1",
        ),
        ("half \ud83d of a character", "half \ud83d of a character"),
    ],
)
def test_a_text_keeps_all_but_its_secrets(tmp_path: Path, text: str, recorded: str) -> None:
    """Texts that begin as a URL, or are none, are as good as others."""
    path = tmp_path / "a.yaml"
    body = json.dumps({"message": text, "token": "hushhush"}).encode()
    written = recording(path, lambda request: httpx.Response(200, content=body), get("x"))
    assert "hush" not in written
    assert json.loads(Replayer(path).interactions[0].content) == {"message": recorded, "token": "REDACTED"}


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        ({"env": "CANARY", "meta_data": "CANARY"}, {"env": "REDACTED", "meta_data": "REDACTED"}),
        ({"env": "", "meta_data": None}, {"env": "", "meta_data": None}),
        (
            {"env": ["A=CANARY", {"KEY": "CANARY"}, {"name": "B", "value": "CANARY"}, 1]},
            {"env": ["A=REDACTED", {"KEY": "REDACTED"}, {"name": "B", "value": "REDACTED"}, "REDACTED"]},
        ),
        ({"configuration": "env: CANARY"}, {"configuration": "env: REDACTED"}),
    ],
)
def test_variables_that_are_one_text_are_replaced(body: object, clean: object) -> None:
    assert json.loads(Cleaner().body(json.dumps(body).encode())) == clean


HOOK = "https://hooks.slack.com/services/T000/B000/hookcanary"
SENT: dict[str, tuple[object, object]] = {
    "the address of a webhook service": (
        {"provider": "webhook", "settings": {"url": HOOK, "token": "canary", "events": ["ping"], "tls_verify": True}},
        {
            "provider": "webhook",
            "settings": {
                "url": "https://hooks.slack.com/REDACTED",
                "token": "REDACTED",
                "events": ["ping"],
                "tls_verify": True,
            },
        },
    ),
    "one with a password and a query": (
        {"settings": {"url": "https://ada:canary@hooks.test:8443/?token=canary", "version": 3}},
        {"settings": {"url": "https://hooks.test:8443/REDACTED", "version": 3}},
    ),
    "one that is an origin": (
        {"settings": {"url": "https://hooks.test/"}},
        {"settings": {"url": "https://hooks.test/"}},
    ),
    "one that is none": ({"settings": {"url": "hooks canary"}}, {"settings": {"url": "REDACTED"}}),
    "keys and headers of services": (
        {"settings": {"api_key": "canary", "headers": {"X-Key": "canary"}, "service_name": "web"}},
        {"settings": {"api_key": "REDACTED", "headers": {"X-Key": "REDACTED"}, "service_name": "web"}},
    ),
    "the endpoint of a service": (
        {"settings": {"endpoint": "https://otel.test/v1/canary"}},
        {"settings": {"endpoint": "https://otel.test/REDACTED"}},
    ),
    "settings of a pipeline's provider": (
        {"provider_settings": {"trigger_mode": "code", "publish_commit_status": True}},
        {"provider_settings": {"trigger_mode": "code", "publish_commit_status": True}},
    ),
    "answers to a block step": (
        {"unblocker": "u1", "fields": {"pin": "canary", "regions": ["canary"], "release": "1.4"}},
        {"unblocker": "u1", "fields": {"pin": "REDACTED", "regions": "REDACTED", "release": "1.4"}},
    ),
    "the fields of a form": ({"fields": [{"key": "pin"}]}, {"fields": [{"key": "pin"}]}),
    "the value of a cluster's secret": ({"key": "PIN", "value": "canary"}, {"key": "PIN", "value": "REDACTED"}),
    "a password in a repository": (
        {"repository": "https://ada:canary@git.test/web.git", "clone_mirror_url": "https://canary@git.test/web.git"},
        {"repository": "https://git.test/web.git", "clone_mirror_url": "https://git.test/web.git"},
    ),
    "a form for an upload": (
        {"form": {"file_input": "file", "data": {"policy": "canary", "X-Amz-Signature": "canary"}}},
        {"form": {"file_input": "file", "data": {"policy": "REDACTED", "X-Amz-Signature": "REDACTED"}}},
    ),
    "keys of GraphQL and of stores": (
        {
            "tokenValue": "canary",
            "clientSecret": "canary",
            "secretAccessKey": "canary",
            "x-amz-signature": "canary",
            "key": "PIN",
        },
        {
            "tokenValue": "REDACTED",
            "clientSecret": "REDACTED",
            "secretAccessKey": "REDACTED",
            "x-amz-signature": "REDACTED",
            "key": "PIN",
        },
    ),
    "what an audit event tells": ({"data": {"name": "web"}}, {"data": {"name": "web"}}),
    "steps that a job uploaded": (
        {"definition_yaml": "env: {KEY: canary}\nsteps: []\n"},
        {"definition_yaml": "env: {KEY: REDACTED}\nsteps: []\n"},
    ),
    "webhooks in the text of a pipeline": (
        {
            "configuration": f"notify:\n- webhook: {HOOK}\n- pagerduty_change_event: canary\n- slack: '#web'\nsteps: []\n"
        },
        {
            "configuration": "notify:\n- webhook: REDACTED\n- pagerduty_change_event: REDACTED\n- slack: '#web'\nsteps: []\n"
        },
    ),
    "a webhook in a message": (
        {"message": f"see {HOOK}, now"},
        {"message": "see https://hooks.slack.com/REDACTED, now"},
    ),
    "one of other chats": (
        {"message": "https://discord.com/api/webhooks/1/canary https://acme.webhook.office.com/webhookb2/canary@1/x"},
        {"message": "https://discord.com/api/webhooks/REDACTED https://acme.webhook.office.com/REDACTED"},
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_secret_in_a_request_or_an_answer_is_replaced(tmp_path: Path, name: str) -> None:
    body, clean = SENT[name]
    request = httpx.Request("POST", f"{API}/x", json=body)
    text = recording(
        tmp_path / "a.yaml", lambda _: httpx.Response(200, json=[body]), request, keep_meta_data=["release"]
    )
    assert "canary" not in text
    replayer = Replayer(tmp_path / "a.yaml")
    (found,) = replayer.interactions
    assert (json.loads(found.body), json.loads(found.content)) == (clean, [clean])
    with httpx.Client(transport=replayer.transport()) as client:
        assert client.post(f"{API}/x", json=body).json() == [clean]
    replayer.check()


def test_a_service_and_an_answer_are_recorded_without_their_secrets(tmp_path: Path) -> None:
    real = Simulator("acme", token=TOKEN)
    real.pipeline("web").job("test").block("Ship it?", ["pin"]).build()
    real.clock.advance(60)
    with (
        running(real, real_time=False) as url,
        Recorder(tmp_path / "a.yaml"),
        BuildkiteClient("acme", token=TOKEN, base_url=url) as buildkite,
    ):
        buildkite.builds.unblock("web", 1, fields={"pin": "pincanary"})
        buildkite.builds.get("web", 1)
        buildkite.notification_services.create(provider="webhook", settings={"url": HOOK, "token": "abc"})
        list(buildkite.notification_services.list())
    text = (tmp_path / "a.yaml").read_text()
    assert "canary" not in text
    assert text.count("https://hooks.slack.com/REDACTED") == 3


def test_a_secret_that_is_part_of_words_is_refused(tmp_path: Path) -> None:
    said = "secrets: text 2 has 5 characters"
    with pytest.raises(ConfigurationError, match=said) as raised:
        Recorder(tmp_path / "a.yaml", secrets=["long enough", "abc12"])
    assert "abc12" not in str(raised.value)
    with Simulator().client() as buildkite, pytest.raises(ConfigurationError, match=said):
        Scenario.from_build(buildkite, "web", 1, secrets=["long enough", "abc12"])


def test_a_log_with_a_wrong_byte_is_cleaned_too(tmp_path: Path) -> None:
    log = b"caf\xe9 bkct_canary0123456789 " + SIGNED.encode() + b"\n\xff"
    path = tmp_path / "a.yaml"
    log += "pässwort".encode("latin-1")
    recording(path, lambda request: httpx.Response(200, content=log), get("x"), secrets=["pässwort"])
    kept = SIGNED.replace("abcdef123", "REDACTED").encode()
    assert Replayer(path).interactions[0].content == b"caf\xe9 bkct_REDACTED " + kept + b"\n\xffREDACTED"


def test_values_and_addresses_in_a_query_are_replaced_and_still_answer(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    query = "meta_data%5Bnote%5D=hush&meta_data%5Brelease%5D=1.4&creator=ada%40acme.test"
    text = recording(
        path,
        lambda request: httpx.Response(200, json=[]),
        get(f"builds?{query}"),
        emails=True,
        keep_meta_data=["release"],
    )
    assert "hush" not in text
    assert "acme.test" not in text
    assert "1.4" in text
    with httpx.Client(transport=Replayer(path).transport()) as client:
        assert client.get(f"{API}/builds?{query}").status_code == 200


def test_each_token_variable_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUILDKITE_API_TOKEN", "BUILDKITE_TOKEN", "BUILDKITE_API_ACCESS_TOKEN", "BUILDKITE_AGENT_TOKEN"):
        with monkeypatch.context() as patched:
            patched.setenv(name, UNPREFIXED)
            answer = httpx.Response(200, json={"message": f"it is {UNPREFIXED}"})
            assert UNPREFIXED not in recording(tmp_path / f"{name}.yaml", lambda _, a=answer: a, get("user"))  # type: ignore[misc]


def test_a_long_line_takes_no_quadratic_time() -> None:
    """With a quadratic expression, this takes hours."""
    cleaner = Cleaner(emails=True, secrets={UNPREFIXED})
    for line in (
        "a" * 300_000,
        "\\" * 300_000,
        "?a" * 150_000,
        "://" * 100_000,
        "%3f" * 100_000,
        "x%" * 150_000,
        "abcdefgh " * 10_000,
        b64encode(b64encode(b64encode(b"word " * 5_000))).decode(),
    ):
        assert cleaner.text(line) == line
        cleaner.check({"body": line}, "it", hint="")


TEXTS = {
    "JSON": '{"number":1,"message":"Größe: 3 µm"}',
    "a log": "--- Tests\r\n\x1b[32m3 passed\x1b[0m\r\n\x1b_bk;t=1767603600000\x07",
    "odd characters": "\ufeffa\x00b\x85c\u2028d\ue000 \U0001f680\n\n  \t",
    "a look of YAML": "null",
    "nothing": "",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_are_read_in_a_cassette(tmp_path: Path, text: str) -> None:
    """Who reviews a cassette sees what is in it: a text stands there as a text, and bytes alone are encoded."""
    written = recording(tmp_path / "a.yaml", lambda _: httpx.Response(200, text=text), get("builds/1"))
    assert "!!binary" not in written
    if text.startswith("{"):
        assert '"number":1' in written
        assert "Größe" in written
    assert Replayer(tmp_path / "a.yaml").interactions[0].content == text.encode()


def test_streams_binary_bodies_and_async(tmp_path: Path) -> None:
    path, data = tmp_path / "a.yaml", bytes(range(256)) * 64

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=data)

    async def record() -> None:
        async with (
            httpx.AsyncClient(transport=transport(answer)) as client,
            client.stream("GET", f"{API}/a") as streamed,
        ):
            assert b"".join([part async for part in streamed.aiter_bytes()]) == data

    with Recorder(path), httpx.Client(transport=transport(answer)) as client:
        with client.stream("GET", f"{API}/b") as streamed:
            assert b"".join(streamed.iter_bytes()) == data
        asyncio.run(record())
    replayer = Replayer(path)

    async def replay() -> bytes:
        async with httpx.AsyncClient(transport=replayer.async_transport()) as client:
            return (await client.get(f"{API}/a")).content

    assert asyncio.run(replay()) == data
    with httpx.Client(transport=replayer.transport()) as client:
        assert client.get(f"{API}/b").content == data
    assert replayer.unused == []


def polled(tmp_path: Path) -> Replayer:
    """Return a replayer of a build that is polled, canceled and polled again."""
    states = iter(["scheduled", "running", "running", "canceled"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return httpx.Response(200, json={"state": "canceling"})
        if request.url.path.endswith("/other"):
            return httpx.Response(200, json={"state": "other"})
        return httpx.Response(200, json={"state": next(states)})

    build = "organizations/acme/pipelines/web/builds/1"
    requests = [
        get(build),
        get(f"{build}/other"),
        get(build),
        get(build),
        httpx.Request("PUT", f"{API}/{build}/cancel"),
        get(build),
    ]
    recording(tmp_path / "a.yaml", answer, *requests)
    return Replayer(tmp_path / "a.yaml")


def asked(replayer: Replayer, *what: str) -> list[str]:
    build = f"{API}/organizations/acme/pipelines/web/builds/1"
    with httpx.Client(transport=replayer.transport()) as client:
        sent = [each.split(" ", 1) for each in what]
        return [client.request(method, f"{build}{path}").json()["state"] for method, path in sent]


def test_polls_repeat_the_last_answer_on_their_side_of_a_write(tmp_path: Path) -> None:
    replayer = polled(tmp_path)
    assert asked(replayer, *["GET "] * 5) == ["scheduled", "running", "running", "running", "running"]
    assert asked(replayer, "GET /other", "PUT /cancel", *["GET "] * 3) == ["other", "canceling", *["canceled"] * 3]
    assert replayer.unused == []


def test_fewer_polls_and_another_order(tmp_path: Path) -> None:
    replayer = polled(tmp_path)
    assert asked(replayer, "GET /other", "GET ", "PUT /cancel", "GET ") == [
        "other",
        "scheduled",
        "canceling",
        "canceled",
    ]
    replayer = polled(tmp_path)
    assert asked(replayer, "GET ") == ["scheduled"]
    assert [str(each).rpartition("/")[2] for each in replayer.unused] == ["other", "cancel"]


def test_a_miss_names_the_nearest(tmp_path: Path) -> None:
    replayer = polled(tmp_path)
    with pytest.raises(ReplayMiss, match=r"nearest recorded request is GET .*/builds/1/other: its path is"):
        asked(replayer, "GET /others")
    with pytest.raises(ReplayMiss, match="its query is missing, not 'page=2'"):
        asked(replayer, "GET /other?page=2")
    with pytest.raises(ReplayMiss, match="its method is"):
        asked(replayer, "POST /cancel")


def test_lenient_takes_another_query_or_body(tmp_path: Path) -> None:
    polled(tmp_path)
    replayer = Replayer(tmp_path / "a.yaml", strict=False)
    assert asked(replayer, "GET /other?page=2") == ["other"]
    with pytest.raises(ReplayMiss):
        asked(replayer, "GET /none")


WRITTEN = [("POST", "/a", "main"), ("GET", "/a", ""), ("POST", "/a", "dev"), ("PUT", "/b", "x"), ("GET", "/b", "")]
"""Requests of a cassette: method, path, and the branch in the body."""

COMPARED: dict[str, tuple[list[tuple[str, str, str]], list[str]]] = {
    "all": (WRITTEN, []),
    "reads in another order": ([WRITTEN[4], WRITTEN[1], WRITTEN[0], WRITTEN[2], WRITTEN[3]], []),
    "more reads": ([*WRITTEN, WRITTEN[1], WRITTEN[4]], []),
    "one never": (WRITTEN[:-1], ["Recorded, never sent: GET /v2/b."]),
    "one write never": (WRITTEN[1:], ['Recorded, never sent: POST /v2/a with {"branch": "main"}.']),
    "another order of writes": (
        [*WRITTEN[2:], *WRITTEN[:2]],
        [
            (
                'Sent in another order. Recorded: POST /v2/a with {"branch": "main"}; POST /v2/a with {"branch": "dev"}; '
                'PUT /v2/b. Sent: POST /v2/a with {"branch": "dev"}; PUT /v2/b; POST /v2/a with {"branch": "main"}.'
            )
        ],
    ),
    "one of two writes twice": (
        [WRITTEN[0], *WRITTEN],
        ['Recorded once, sent 2 times: POST /v2/a with {"branch": "main"}.'],
    ),
    "a write twice": ([*WRITTEN, WRITTEN[3]], ["Recorded once, sent 2 times: PUT /v2/b."]),
    "a path": (
        [*WRITTEN, ("PUT", "/c", "x")],
        ["Sent, not recorded: PUT /v2/c. The nearest recorded request is PUT /v2/b: its path is '/v2/b', not '/v2/c'."],
    ),
    "a method, twice": (
        [*WRITTEN, ("DELETE", "/b", "x"), ("DELETE", "/b", "x")],
        [
            "Sent, not recorded: DELETE /v2/b. The nearest recorded request is PUT /v2/b: its method is 'PUT', not 'DELETE'."
        ],
    ),
}


@pytest.mark.parametrize("name", COMPARED)
def test_what_was_sent_is_compared_with_what_was_recorded(tmp_path: Path, name: str) -> None:
    def request(method: str, path: str, branch: str) -> httpx.Request:
        return httpx.Request(method, f"{API}{path}", json={"branch": branch} if branch else None)

    recording(tmp_path / "a.yaml", lambda _: httpx.Response(200, json={}), *(request(*each) for each in WRITTEN))
    replayer = Replayer(tmp_path / "a.yaml")
    sent, said = COMPARED[name]
    with httpx.Client(transport=replayer.transport()) as client:
        for each in sent:
            with suppress(ReplayMiss):
                client.send(request(*each))
    assert replayer.differences == said
    if not said:
        replayer.check()
        return
    with pytest.raises(AssertionError, match=r"the requests aren't those of the cassette:\n(Sent|Recorded)"):
        replayer.check()


def test_a_body_that_is_nested_too_deeply_to_be_compared_answers(tmp_path: Path) -> None:
    deep = httpx.Request("POST", f"{API}/a", content="[" * 100_000)
    recording(tmp_path / "a.yaml", lambda _: httpx.Response(200, json={}), deep)
    with httpx.Client(transport=Replayer(tmp_path / "a.yaml").transport()) as client:
        assert client.send(deep).status_code == 200


def test_a_header_in_latin_1_is_replayed(tmp_path: Path) -> None:
    headers = [(b"X-A", "Zürich".encode("latin-1"))]
    recording(tmp_path / "a.yaml", lambda _: httpx.Response(200, headers=headers), get("a"))
    with httpx.Client(transport=Replayer(tmp_path / "a.yaml").transport()) as client:
        assert client.send(get("a")).headers["X-A"] == "Zürich"


def test_a_repeated_write_has_its_place_in_the_order(tmp_path: Path) -> None:
    a, b = (httpx.Request("POST", f"{API}/{name}") for name in "ab")
    recording(tmp_path / "a.yaml", lambda _: httpx.Response(200, json={}), a, b, a)
    for sent, said in (
        ([a, b, a], []),
        (
            [a, a, b],
            [
                "Sent in another order. Recorded: POST /v2/a; POST /v2/b; POST /v2/a. Sent: POST /v2/a; POST /v2/a; POST /v2/b."
            ],
        ),
        ([b, a], ["Recorded 2 times, sent once: POST /v2/a."]),
        ([a, b, a, a], ["Recorded 2 times, sent 3 times: POST /v2/a."]),
    ):
        replayer = Replayer(tmp_path / "a.yaml")
        with httpx.Client(transport=replayer.transport()) as client:
            for each in sent:
                client.send(each)
        assert replayer.differences == said


def test_what_lenient_took_is_a_difference(tmp_path: Path) -> None:
    bodies = [{"branch": "main", "commit": "HEAD"}, {"branch": "dev", "message": "hi", "commit": "HEAD"}, [1]]
    requests = [httpx.Request("POST", f"{API}/builds?page=1", json=bodies[0])]
    recording(tmp_path / "a.yaml", lambda _: httpx.Response(200, json={}), *requests)
    replayer = Replayer(tmp_path / "a.yaml", strict=False)
    with httpx.Client(transport=replayer.transport()) as client:
        client.post(f"{API}/builds?page=1", json=bodies[1])
        client.post(f"{API}/builds?page=2", json=bodies[2])
    said = "Sent otherwise than recorded: POST /v2/builds?page="
    assert replayer.differences == [
        f'{said}1: the branch in its body is "main", not "dev"; the message in its body is missing, not "hi".',
        said
        + """2: its query is 'page=1', not 'page=2'; its body is '{"branch": "main", "commit": "HEAD"}', not '[1]'.""",
        "Recorded once, sent 2 times: POST /v2/builds?page=1.",
    ]


def test_the_size_that_a_head_request_tells_is_kept(tmp_path: Path) -> None:
    recording(
        tmp_path / "a.yaml",
        lambda request: httpx.Response(200, headers={"Content-Length": "12345"}),
        httpx.Request("HEAD", f"{API}/log"),
    )
    with httpx.Client(transport=Replayer(tmp_path / "a.yaml").transport()) as client:
        assert client.head(f"{API}/log").headers["Content-Length"] == "12345"


def test_our_client_records_a_simulator_and_replays_it(tmp_path: Path) -> None:
    from buildkite_ext.simulation.server import running

    simulator, path = Simulator(token=TOKEN), tmp_path / "a.yaml"
    web = simulator.pipeline("web").job("test", artifacts={"a.bin": bytes(range(256))}, env={"KEY": "envcanary"})
    web.build(env={"KEY": "envcanary"})
    simulator.clock.advance(60)

    def work(buildkite: BuildkiteClient) -> tuple[object, bytes]:
        build = buildkite.builds.get("web", 1)
        (artifact,) = buildkite.artifacts.list("web", 1)
        return build.state, buildkite.artifacts.read(artifact)

    with running(simulator, real_time=False) as url:
        with Recorder(path), BuildkiteClient("acme", token=TOKEN, base_url=url) as buildkite:
            seen = work(buildkite)
        text = path.read_text()
        for secret in (TOKEN, "envcanary"):
            assert secret not in text
    with BuildkiteClient("acme", token="other", base_url=url, transport=Replayer(path).transport()) as buildkite:
        assert work(buildkite) == seen


INTERACTION = (
    'request: {method: GET, uri: "https://a.test/"}, '
    "response: {status: {code: 200}, headers: {A: [b]}, body: {string: c}}"
)
NO_CASSETTES = {
    "[": "line ",
    "a: 1": "it has no list of interactions",
    "interactions: abc": "it has no list of interactions",
    "interactions: [3]": "interaction 1: TypeError",
    f"interactions: [{{{INTERACTION}}}, {{}}]": "interaction 2 lacks 'request'",
    f"interactions: [{{{INTERACTION.replace('200', 'ok')}}}]": "interaction 1: a str stands where int does",
    f"interactions: [{{{INTERACTION.replace('GET', '5')}}}]": "interaction 1: an int stands where str does",
    f"interactions: [{{{INTERACTION.replace('string: c', 'string: [c]')}}}]": "a list stands where bytes does",
    f"interactions: [{{{INTERACTION.replace('//a.test', '//[')}}}]": "interaction 1: ValueError",
    f"interactions: [{{{INTERACTION.replace('[b]', '[[b]]')}}}]": "the header 'A' can't be sent",
    f"interactions: [{{{INTERACTION.replace('[b]', chr(34) + 'b' + chr(92) + 'r' + chr(92) + 'nC: d' + chr(34))}}}]": "the header 'A'",
    f"interactions: [{{{INTERACTION.replace('[b]', 'ü€')}}}]": "the header 'A' can't be sent",
    f"interactions: [{{{INTERACTION.replace('A: [b]', 'Ä: [b]')}}}]": "the header 'Ä' can't be sent",
    **{
        f"interactions: [{{{INTERACTION.replace('200', status)}}}]": f"interaction 1: the status {status} isn't one of 200"
        for status in ("0", "-1", "100", "101", "600", "1000")
    },
    "[" * 100_000: "it is nested too deeply",
    "x: !!python/name:os.system": "could not determine a constructor",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:40]) for text in NO_CASSETTES])
def test_what_is_no_cassette(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        Replayer(tmp_path / "a.yaml")
    assert "a.yaml isn't a cassette, as vcrpy writes them in YAML: " in str(raised.value)
    assert NO_CASSETTES[text] in str(raised.value)


def test_a_file_of_another_kind_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yml").write_text("steps: []\n")
    with pytest.raises(ConfigurationError, match=r"isn't a cassette, .* it has no list of interactions"):
        Replayer(tmp_path / "pipeline.yml")


def test_a_block_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={})

    client = httpx.Client(transport=transport(answer))

    def broken() -> None:
        with Recorder(tmp_path / "a.yaml"):
            client.get(f"{API}/a")
            raise LookupError

    with pytest.raises(LookupError):
        broken()
    with Recorder(tmp_path / "b.yaml"):
        client.get(f"{API}/b")
        client.get(f"{API}/c")
    client.get(f"{API}/d")
    assert [each.path for each in Replayer(tmp_path / "b.yaml").interactions] == ["/v2/b", "/v2/c"]


KEPT: dict[str, type[BaseException]] = {
    "an error": RuntimeError,
    "Ctrl-C": KeyboardInterrupt,
    "a task that is canceled": asyncio.CancelledError,
    "a program that fails": SystemExit,
}


def good(path: Path) -> str:
    return recording(path, lambda _: httpx.Response(200, json={"good": 1}), get("good"))


def ending(path: Path, error: BaseException) -> None:
    """Record a request in a block that an error ends."""
    with Recorder(path), httpx.Client(transport=transport(lambda _: ok())) as client:
        client.send(get("new"))
        raise error


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("is_there", [True, False])
def test_an_error_in_the_block_keeps_the_cassette(tmp_path: Path, name: str, is_there: bool) -> None:
    path = tmp_path / "a.yaml"
    before = {"a.yaml": good(path)} if is_there else {}
    with pytest.raises(KEPT[name]):
        ending(path, KEPT[name](1))
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == before


def test_an_error_in_an_async_block_keeps_the_cassette(tmp_path: Path) -> None:
    before = good(tmp_path / "a.yaml")

    async def main() -> None:
        mock = httpx.MockTransport(lambda _: ok())
        with Recorder(tmp_path / "a.yaml"):
            async with httpx.AsyncClient(transport=mock) as client:
                await client.send(get("new"))
                raise RuntimeError

    with pytest.raises(RuntimeError):
        asyncio.run(main())
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"a.yaml": before}


def test_a_secret_that_still_stands_keeps_the_cassette_that_was_there(tmp_path: Path) -> None:
    before = good(tmp_path / "a.yaml")
    with pytest.raises(SecretRecorded):
        recording(tmp_path / "a.yaml", lambda _: httpx.Response(200, text=b64encode(TOKEN.encode()).decode()), get("a"))
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"a.yaml": before}


def test_the_cassette_is_there_until_the_block_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    before = good(path)
    with Recorder(path), httpx.Client(transport=transport(lambda _: ok())) as client:
        client.send(get("new"))
        assert path.read_text() == before  # also if the process is killed here
    assert [each.path for each in Replayer(path).interactions] == ["/v2/new"]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_block_that_sends_nothing_warns_and_keeps_the_cassette(tmp_path: Path, is_there: bool) -> None:
    path = tmp_path / "a.yaml"
    before = {"a.yaml": good(path)} if is_there else {}
    real = Simulator()
    with pytest.warns(UserWarning, match=r"Nothing was recorded: .* such as a simulator's"), Recorder(path):
        real.client().organizations.list().all()
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == before


def test_a_program_that_ends_well_in_the_block_has_recorded(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with pytest.raises(SystemExit):
        ending(path, SystemExit(0))
    assert [each.path for each in Replayer(path).interactions] == ["/v2/new"]


def test_a_link_to_a_cassette_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to("a.yaml")
    good(tmp_path / "link.yaml")
    assert (tmp_path / "link.yaml").is_symlink()
    assert len(Replayer(tmp_path / "a.yaml").interactions) == 1


def ok() -> httpx.Response:
    return httpx.Response(200, json={})
