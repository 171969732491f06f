"""`webhooks verify`: verify a signature, and explain a mismatch."""

from __future__ import annotations

import hmac
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.webhooks import sign

from ..webhooks.posting import SECRET, build_body
from .conftest import COMMAND, Ended

Run = Callable[..., Ended]
AT = 1_780_000_000
BODY = '{"event":"build.finished","build":{"id":"b","number":12,"state":"failed","message":"<b> & ü"},"pipeline":{"slug":"web"}}'.encode()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUILDKITE_WEBHOOK_SECRET", SECRET)
    monkeypatch.delenv("BUILDKITE_WEBHOOK_TOKEN", raising=False)


@pytest.fixture
def verify(command: Run) -> Run:
    """Verify a body and a header, 63 seconds after `AT`."""

    def do(body: bytes, header: str, *words: str) -> Ended:
        Path("body.json").write_bytes(body)
        if "--at" not in words:
            words = (*words, "--at", str(AT + 63))
        result = command("webhooks", "verify", "--signature", header, "body.json", *words)
        assert result.err == ""
        return result

    return do


def signed(body: bytes, secret: str | bytes = SECRET, at: float = AT) -> str:
    """Sign as any sender does. `sign` leaves out the line break at the end of a secret."""
    key = secret.encode() if isinstance(secret, str) else secret
    return f"timestamp={int(at)},signature={hmac.digest(key, b'%d.%s' % (int(at), body), 'sha256').hex()}"


def test_a_valid_signature(verify: Run) -> None:
    result = verify(BODY, signed(BODY))
    assert result.code == 0
    assert result.lines == [
        "The signature matches: the secret ($BUILDKITE_WEBHOOK_SECRET), sent 2026-05-28 20:26:40 UTC, 63 s ago.",
        f"Event: build.finished, web #12, failed; {len(BODY)} bytes.",
    ]


def test_the_body_from_the_standard_input_and_the_complete_header(tmp_path: Path) -> None:
    body = build_body(blocked=True, state="passed")
    header = f"X-Buildkite-Signature: {sign(body, SECRET)}"
    told = subprocess.run(
        [*COMMAND, "webhooks", "verify", "--signature", header], input=body, capture_output=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert b"Event: build.finished, web #1, blocked, main" in told.stdout


def test_the_matching_one_of_several_secrets(verify: Run) -> None:
    Path("secrets").write_text("older\nold\n")
    Path("new").write_text("new\n")
    result = verify(BODY, signed(BODY, "old"), "--secret-file", "new", "--secret-file", "secrets")
    assert result.code == 0
    assert "The signature matches: secret 3 of 3 (secrets line 2)" in result.out


def test_openssl_signs_the_same(verify: Run) -> None:
    message = f"{AT}.".encode() + BODY
    command = ["openssl", "dgst", "-sha256", "-hmac", SECRET, "-hex"]
    told = subprocess.run(command, input=message, capture_output=True, check=True).stdout.decode()
    assert verify(BODY, f"timestamp={AT},signature={told.split()[-1]}").code == 0


@pytest.mark.parametrize(
    ("at", "said"),
    {
        AT + 3600: [
            "matches, but it is too old",
            "60 min ago; the tolerance is 5 min",
            "1 h, nearly to the minute: one of the two clocks",
        ],
        AT - 7200: ["matches, but it is too new", "2 h in the future", "time zone"],
        AT - 1000: [
            "matches, but it is too new",
            "17 min in the future".replace("17", "16.7"),
            "clock of this computer is slow",
        ],
        AT + 1000: ["matches, but it is too old", f"--at {AT}, or --tolerance 1001"],
    }.items(),
)
def test_old_signatures_and_wrong_clocks(verify: Run, at: int, said: list[str]) -> None:
    result = verify(BODY, signed(BODY), "--at", str(at))
    assert result.code == 1
    for text in said:
        assert text in result.out
    assert "Event: build.finished" in result.out
    assert verify(BODY, signed(BODY), "--at", str(at), "--tolerance", "10000").code == 0


def test_the_time_is_now_without_at(command: Run) -> None:
    Path("body.json").write_bytes(BODY)
    words = ("webhooks", "verify", "body.json", "--signature")
    assert command(*words, signed(BODY, at=time.time())).code == 0
    assert command(*words, signed(BODY)).code == 1
    for at in ("2026-05-28T20:27:00Z", "2026-05-28 20:27:00 UTC", "2026-05-28T22:27:00+02:00", "2026-05-28T20:27:00"):
        assert command(*words, signed(BODY), "--at", at).code == 0


def rewritten(**how: object) -> bytes:
    return json.dumps(json.loads(BODY), **how).encode()  # type: ignore[arg-type]


COMPACT = BODY.decode()
RAILS = COMPACT.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode()
REASONS: dict[str, tuple[bytes, str, str]] = {
    "a line break added": (BODY + b"\n", signed(BODY), "has a line break at its end that was not signed"),
    "a line break trimmed": (BODY, signed(BODY + b"\n"), "lacks the line break at its end, which was signed"),
    "to CRLF": (b'{"event":\r\n"ping"}', signed(b'{"event":\n"ping"}'), "became CRLF on the way"),
    "from CRLF": (b'{"event":\n"ping"}', signed(b'{"event":\r\n"ping"}'), "were CRLF, and became LF"),
    "a byte order mark": (b"\xef\xbb\xbf" + BODY, signed(BODY), "begins with a byte order mark"),
    "spaces": (rewritten(ensure_ascii=False), signed(BODY), "parsed and serialized again (it was compact)"),
    "jq": (rewritten(indent=2, ensure_ascii=False) + b"\n", signed(BODY), "serialized again (it was compact)"),
    "indented": (BODY, signed(rewritten(indent=2, ensure_ascii=False)), "serialized again (it was indented)"),
    "escaped": (BODY, signed(rewritten(separators=(",", ":"))), "(it was compact, non-ASCII escaped)"),
    "Rails": (BODY, signed(RAILS), "it was compact, with <, > and & escaped"),
    "secret with a line break": (BODY, signed(BODY, f"{SECRET}\n"), "signed with the secret and a line break"),
    "both": (
        BODY + b"\n",
        signed(BODY, f"{SECRET}\n"),
        "not signed: an editor, echo or a template added it; and it was",
    ),
    "no timestamp": (
        BODY,
        f"timestamp={AT},signature={hmac.digest(SECRET.encode(), BODY, 'sha256').hex()}",
        "the body alone was signed",
    ),
    "another timestamp": (
        BODY,
        signed(BODY).replace(f"timestamp={AT}", f"timestamp={AT + 7}"),
        f"signed at {AT}, but its header says {AT + 7}",
    ),
    "another secret": (BODY, signed(BODY, "another"), "the secret is another webhook's, or an older one"),
    "another body": (BODY, signed(b"{}"), "the body is another delivery's"),
    "no signature": (BODY, "timestamp=1", "can't be read: the header x-buildkite-signature isn't timestamp="),
    "GitHub's": (BODY, "sha256=" + "0" * 64, "looks like the signature of another service"),
    "half a header": (BODY, signed(BODY).partition("signature=")[2], "Give the complete header"),
    "the token": (BODY, SECRET, "a token in clear text: the secret itself"),
    "a token's header": (
        BODY,
        "x-buildkite-token: other-t0ken",
        "a token in clear text: another one than the secret",
    ),
}


@pytest.mark.parametrize(("body", "header", "said"), REASONS.values(), ids=REASONS)
def test_causes_of_a_mismatch(verify: Run, body: bytes, header: str, said: str) -> None:
    result = verify(body, header)
    assert result.code == 1
    assert said in result.out
    assert "Event: " in result.out
    assert SECRET not in result.out
    assert "other-t0ken" not in result.out


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (f" {SECRET}\t\n", "the right secret has no white space around it"),
        (f'"{SECRET}"\n', "the right secret has no quotes around it"),
        (SECRET.upper(), "in lower case"),
    ],
)
def test_a_secret_that_is_nearly_right(verify: Run, file: str, said: str) -> None:
    Path("secret").write_text(file)
    result = verify(BODY, signed(BODY), "--secret-file", "secret")
    assert result.code == 1
    assert said in result.out


def test_a_secret_in_hexadecimal(verify: Run) -> None:
    Path("secret").write_text("73336372657421")
    result = verify(BODY, signed(BODY, b"s3cret!"), "--secret-file", "secret")
    assert "the bytes that the secret holds in hexadecimal" in result.out


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no json", "Event: none. Its body isn't a JSON object"),
        (b"{}", "Event: none. Its body names no event."),
        (b'{"event": "\x1b[2Jx"}', "Event: none. Its body isn't a JSON object"),
        (b'{"event": "\\u001b[2Jbrand.new"}', "Event: brand.new (UnknownEvent: this version doesn't know the event)"),
        (b'{"event": "build.finished"}', "build.finished (UnknownEvent: it has no build)"),
    ],
)
def test_the_event(verify: Run, body: bytes, said: str) -> None:
    result = verify(body, signed(body))
    assert result.code == 0
    assert said in result.out
    assert "\x1b" not in result.out


USAGE: dict[str, tuple[list[str], str]] = {
    "no signature": ([__file__], "missing option --signature."),
    "no body": (["nowhere.json", "--signature", "x"], "BODY_FILE: 'nowhere.json' can't be read: No such file"),
    "a time of other digits": ([__file__, "--signature", "x", "--at", "\u0661"], "give seconds since 1970, or a time"),
    "no time": ([__file__, "--signature", "x", "--at", "noon"], "--at 'noon': give seconds since 1970, or a time"),
    "tolerance": ([__file__, "--signature", "x", "--tolerance", "-1"], "--tolerance '-1': give a duration"),
    "two of one": (["--signature", "x", "--secret-file", "-"], "the standard input is read by BODY_FILE already"),
    "the secret": ([__file__, "--signature", "x", "--secret=s3cret"], "There is no --secret"),
}


@pytest.mark.parametrize(("words", "said"), USAGE.values(), ids=USAGE)
def test_usage(command: Run, words: list[str], said: str) -> None:
    result = command("webhooks", "verify", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_no_secret_at_all(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILDKITE_WEBHOOK_SECRET")
    monkeypatch.setenv("BUILDKITE_WEBHOOK_TOKEN", "not-for-this")
    result = command("webhooks", "verify", __file__, "--signature", "x")
    assert result.code == 2
    assert "No webhook secret: set $BUILDKITE_WEBHOOK_SECRET" in result.err
    assert "allow-unsigned" not in result.err


def test_a_large_body_takes_little_time(verify: Run) -> None:
    body = json.dumps({"event": "ping", "text": ["x" * 100] * 10_000}).encode()
    begun = time.monotonic()
    assert verify(body, signed(body, "another")).code == 1
    assert time.monotonic() - begun < 60


def test_it_loads_no_server() -> None:
    code = (
        "import sys\nfrom buildkite_ext.cli import main\n"
        f"main(['webhooks', 'verify', {__file__!r}, '--signature', 'timestamp=1,signature=' + '0' * 64])\n"
        "print('uvicorn' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.splitlines()[-1] == "False"
