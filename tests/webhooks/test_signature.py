"""Signatures and tokens: valid deliveries pass; others are refused with a reason that doesn't show the secret."""

from __future__ import annotations

import copy
import math
import os
import pickle
import shutil
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from buildkite_ext import Secret
from buildkite_ext.errors import ConfigurationError, WebhookError
from buildkite_ext.webhooks import Verified, WebhookHandler, WebhookUnverified, sign, verify, verify_token

SENT = 1642080837
SECRET = "s3cret-of-the-webhook"
BODY = b'{"event":"ping"}'
HEX = "0123456789abcdef" * 4

BODIES = {
    "empty": b"",
    "NUL bytes": b'{"event":"ping"}\0\0\0',
    "1 MiB": b"\xa5" * (1 << 20),
    "not UTF-8": b'\xff\xfe{"event":"\x80"}',
    "unicode": '{"event":"ping","message":"日本語 🦀 é"}'.encode(),
    "line ends": b'{"event":\r\n"ping"}\r\n',
    "a signed one inside": b"1642080837.{}",
}

# printf '1642080837.BODY' | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY
BY_OPENSSL = [
    ("empty", b"s3cret", "a5f71a69d286d16f573e785a5567682d000cb48d01e30a4f20592dd8f8196939"),
    ("NUL bytes", b"s3cret", "a99e0b8b9a29cd7ebc40d1ac241a2d56fd5ebc90c444df2bf5b6d072d734633e"),
    ("1 MiB", b"s3cret", "bcd211fc2448711a23dec64c163539f44a1d53ce050953667de4c41910caee86"),
    ("not UTF-8", b"s3cret", "9397475d37f32215efb47b115020989fef9206bf8df6365915fce7728fe1298b"),
    ("unicode", b"s3cret", "427f683ca4c66d557953946044407c96ee35acdcb3ce50c1f34c1f0e32e6773c"),
    ("line ends", b"s3cret", "4cc6a67bd86a4af2773f96e521efd5b129427c71ca2ff350dff36b0e09d74f34"),
    ("a signed one inside", b"s3cret", "795a0cb223dff63accbf85cadb0f0f324e54f8d7440003b68d96f9fb34cc199d"),
    ("not UTF-8", "clé 🔑", "c7ff0a7403eaaa7a16999d82333e90c135dde52d6d401bade51f0df48ad05e46"),
    ("unicode", "clé 🔑", "88b2ef5de840e5cb04c38714216ef41477bf06487d6416376ee5460ef8f747b7"),
    ("empty", b"\x00\xff\x80", "e83f9524c0e57f62ee10be3a71c5daad8e5339a7c32a9d290984991f91483866"),
    ("unicode", b"\x00\xff\x80", "faaa5b67171a4e3ee323b928cab08ac0528fbe2736a73f58ef6626443239cb7e"),
]


def at(moment: float) -> Any:
    return lambda: moment


def headers(value: str) -> dict[str, str]:
    return {"X-Buildkite-Event": "ping", "X-Buildkite-Signature": value}


def signed(body: bytes = BODY, secret: str | bytes = SECRET, when: float = SENT) -> dict[str, str]:
    return headers(sign(body, secret, now=at(when)))


def checked(given: Any, body: Any = BODY, secret: Any = SECRET, **options: Any) -> Verified:
    return verify(body, given, secret, **{"now": at(SENT), **options})


def refused(given: Any, body: bytes = BODY, secret: Any = SECRET, **options: Any) -> WebhookUnverified:
    with pytest.raises(WebhookUnverified) as caught:
        checked(given, body, secret, **options)
    return caught.value


# --- Signatures of another implementation -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "secret", "digest"), BY_OPENSSL)
def test_a_signature_of_openssl_is_valid_and_sign_makes_the_same(name: str, secret: str | bytes, digest: str) -> None:
    given = f"timestamp={SENT},signature={digest}"
    assert checked(headers(given), BODIES[name], secret) == (SENT, digest, 0)
    assert sign(BODIES[name], secret, now=at(SENT)) == given


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl on this machine")
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("secret", [b"s3cret", "clé 🔑".encode(), b"\x00\xff\x80", b"k" * 200])
def test_a_new_signature_of_openssl_is_valid(body: bytes, secret: bytes) -> None:
    command = ["openssl", "dgst", "-sha256", "-r", "-mac", "HMAC", "-macopt", f"hexkey:{secret.hex()}"]
    answer = subprocess.run(command, input=b"%d.%s" % (SENT, body), capture_output=True, check=True).stdout
    digest = answer[:64].decode()
    given = f"timestamp={SENT},signature={digest}"
    assert checked(headers(given), body, secret).signature == digest
    assert refused(headers(given), body + b" ", secret).reason == "mismatch"
    assert refused(headers(given), body, secret + b"x").reason == "mismatch"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda body: memoryview(body + body)[: len(body)]])
def test_any_bytes_are_a_body(kind: Any) -> None:
    assert checked(signed(), kind(BODY)).timestamp == SENT


def test_a_non_contiguous_buffer_is_a_body() -> None:
    assert checked(signed(), memoryview(bytes(each for byte in BODY for each in (byte, 0)))[::2]).timestamp == SENT


def test_verified() -> None:
    proof = checked(signed())
    assert proof.sent_at == datetime(2022, 1, 13, 13, 33, 57, tzinfo=UTC)
    assert proof.secret == 0
    assert SECRET not in repr(proof)


# --- Age --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "tolerance", "reason"),
    [
        (SENT, 0, None),
        (SENT + 300, 300, None),
        (SENT - 300, 300, None),
        (SENT + 300.001, 300, "too_old"),
        (SENT - 300.001, 300, "too_new"),
        (SENT + 1, 0, "too_old"),
        (SENT - 1, 0, "too_new"),
        (SENT + 0.5, 0.25, "too_old"),
        (0, 300, "too_new"),
        (SENT + 10**9, math.inf, None),
        (0, math.inf, None),
        (math.nan, 300, "too_new"),
    ],
)
def test_age_counts_in_both_directions(now: float, tolerance: float, reason: str | None) -> None:
    if reason is None:
        assert checked(signed(), now=at(now), tolerance=tolerance).timestamp == SENT
    else:
        assert refused(signed(), now=at(now), tolerance=tolerance).reason == reason


def test_five_minutes_unless_told_otherwise() -> None:
    assert checked(signed(), now=at(SENT + 300)).timestamp == SENT
    assert refused(signed(), now=at(SENT + 301)).reason == "too_old"
    assert verify(BODY, {"X-Buildkite-Signature": sign(BODY, SECRET)}, SECRET).secret == 0  # by the machine's clock
    assert (
        refused(signed(), now=at(SENT + 400)).args[0].startswith("The delivery is refused: it is signed, but 400 s old")
    )


def test_the_age_of_an_unsigned_delivery_is_not_shown() -> None:
    assert refused(signed(secret="other"), now=at(SENT + 9999)).reason == "mismatch"


def test_a_signed_time_cannot_be_changed() -> None:
    given = signed()["X-Buildkite-Signature"]
    assert refused(headers(given.replace(str(SENT), str(SENT + 1)))).reason == "mismatch"
    assert refused(headers(given.replace(str(SENT), f"0{SENT}"))).reason == "mismatch"


@pytest.mark.parametrize("when", [0, 99_999_999_999])
def test_each_accepted_time_is_a_date(when: int) -> None:
    assert checked(signed(when=when), tolerance=math.inf).sent_at.tzinfo is UTC


@pytest.mark.parametrize("tolerance", [-1, -math.inf, math.nan])
def test_an_invalid_tolerance_is_refused(tolerance: float) -> None:
    with pytest.raises(ConfigurationError, match="tolerance="):
        checked(signed(), tolerance=tolerance)


# --- Secrets ----------------------------------------------------------------------------------------------------------


def test_the_index_of_the_secret() -> None:
    for index, secret in enumerate(("new", b"old", "older")):
        assert checked(signed(secret=secret), secret=("new", b"old", "older")).secret == index
        assert checked(signed(secret=secret), secret=["new", "old", b"older"]).secret == index
    assert checked(signed(secret="new"), secret=("new", "new")).secret == 0
    assert refused(signed(secret="neW"), secret=("new", "old")).reason == "mismatch"


@pytest.mark.parametrize("secret", ["", b"", (), [], ("",), ("new", ""), ("", "new"), (b"",), None, "\ud800"])
def test_a_missing_or_empty_secret_is_refused(secret: Any) -> None:
    forged = headers(sign_with_nothing())
    for check in (lambda: checked(forged, secret=secret), lambda: verify_token({"X-Buildkite-Token": ""}, secret)):
        with pytest.raises(ConfigurationError, match="secret"):
            check()


def sign_with_nothing() -> str:
    import hashlib
    import hmac

    return f"timestamp={SENT},signature={hmac.digest(b'', b'%d.%s' % (SENT, BODY), hashlib.sha256).hex()}"


def test_a_secret_may_be_a_secret_object() -> None:
    for secrets in (Secret("s3cret"), (Secret("old"), Secret("s3cret"))):
        headers = {"X-Buildkite-Signature": sign(b"{}", "s3cret", now=lambda: 1)}
        assert verify(b"{}", headers, secrets, now=lambda: 1).signature in headers["X-Buildkite-Signature"]
    assert sign(b"{}", (Secret("old"), "new"), now=lambda: 1) == sign(b"{}", "old", now=lambda: 1)
    assert verify_token({"X-Buildkite-Token": "t"}, (Secret("s"), Secret("t"))) == 1
    with pytest.raises(ConfigurationError, match="empty"):
        verify(b"{}", {}, Secret(""))


def test_an_iterator_of_headers_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="read only once"):
        verify(b"{}", iter([("X-Buildkite-Signature", "x")]), "s3cret")


def test_a_secret_may_be_any_bytes_and_nothing_else() -> None:
    assert checked(signed(secret=b"abc"), secret=bytearray(b"abc")).secret == 0
    assert checked(signed(secret=b"abc"), secret=("x", bytearray(b"abc"))).secret == 1
    for secret in ((5,), 5, (None,), ("ok", 97)):
        with pytest.raises(TypeError):
            checked(signed(), secret=secret)


def test_a_secret_from_an_environment_that_is_not_utf_8() -> None:
    secret = b"caf\xe9"
    assert checked(signed(secret=secret), secret=os.fsdecode(secret) if os.name != "nt" else secret).secret == 0


# --- Form of the header -----------------------------------------------------------------------------------------------

DIGEST = sign(BODY, SECRET, now=at(SENT)).rpartition("=")[2]


@pytest.mark.parametrize(
    "value",
    [
        f"timestamp={SENT},signature={DIGEST}",
        f"timestamp={SENT},signature={DIGEST.upper()}",
        f"timestamp={SENT}, signature={DIGEST}",
        f"timestamp={SENT},\t signature={DIGEST}",
        f" \ttimestamp={SENT},signature={DIGEST} ",
    ],
)
def test_allowed_spellings_of_the_header(value: str) -> None:
    assert checked(headers(value)) == (SENT, DIGEST, 0)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        ",",
        ",,",
        DIGEST,
        f"timestamp={SENT}",
        f"signature={DIGEST}",
        f"timestamp={SENT}signature={DIGEST}",
        f"timestamp={SENT} signature={DIGEST}",
        f"timestamp={SENT};signature={DIGEST}",
        f"timestamp={SENT},,signature={DIGEST}",
        f"timestamp={SENT},signature={DIGEST},",
        f",timestamp={SENT},signature={DIGEST}",
        f"timestamp={SENT},signature={DIGEST},v2=1",
        f"timestamp={SENT},signature={DIGEST}\n",
        f"timestamp={SENT},signature={DIGEST}\x00",
        f"timestamp={SENT},signature={DIGEST}, timestamp={SENT},signature={DIGEST}",
        f"signature={DIGEST},timestamp={SENT}",
        f"timestamp={SENT},timestamp={SENT}",
        f"timestamp=,signature={DIGEST}",
        f"timestamp={SENT},signature=",
        f"timestamp ={SENT},signature={DIGEST}",
        f"timestamp= {SENT},signature={DIGEST}",
        f"Timestamp={SENT},Signature={DIGEST}",
        f"timestamp=-{SENT},signature={DIGEST}",
        f"timestamp=+{SENT},signature={DIGEST}",
        f"timestamp={SENT}.0,signature={DIGEST}",
        f"timestamp=1_642_080_837,signature={DIGEST}",
        f"timestamp=0x61e0,signature={DIGEST}",
        f"timestamp=1e9,signature={DIGEST}",
        f"timestamp=nan,signature={DIGEST}",
        f"timestamp=999999999999,signature={DIGEST}",
        f"timestamp={'9' * 100},signature={DIGEST}",
        f"timestamp={SENT},signature={DIGEST[:-1]}",
        f"timestamp={SENT},signature={DIGEST}0",
        f"timestamp={SENT},signature={DIGEST[:-1]}g",
        f"timestamp={SENT},signature=0x{DIGEST[2:]}",
        f"timestamp={SENT},signature=sha256={DIGEST}",
        f"sha256={DIGEST}",
    ],
)
def test_a_malformed_header_is_refused(value: str) -> None:
    assert refused(headers(value)).reason == "malformed"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "missing"),
        ([], "missing"),
        ({"X-Buildkite-Event": "ping"}, "missing"),
        ({"X-Buildkite-Token": SECRET}, "missing"),
        ({"X-Buildkite-Signature": None}, "missing"),
        ({"X-Buildkite-Signature": []}, "missing"),
        ({"X-Buildkite-Signature ": DIGEST}, "missing"),
        ({"X_Buildkite_Signature": DIGEST}, "missing"),
        ({"X-Build\u212aite-Signature": DIGEST}, "missing"),
        ("X-Buildkite-Signature", "missing"),
        ([("X-Buildkite-Signature",), 3, None, ("X-Buildkite-Signature", DIGEST, 1)], "missing"),
        ({None: DIGEST, 3: DIGEST, ("x",): DIGEST}, "missing"),
        ({"X-Buildkite-Signature": 5}, "malformed"),
        ({"X-Buildkite-Signature": {"a": 1}}, "malformed"),
        ({"X-Buildkite-Signature": [["nested"]]}, "malformed"),
        ({"X-Buildkite-Signature": "x" * 257}, "oversized"),
        ({"X-Buildkite-Signature": f"timestamp={SENT},signature={DIGEST}{' ' * 200}"}, "oversized"),
        ({"X-Buildkite-Signature": "9" * 10**7}, "oversized"),
        ({"X-Buildkite-Signature": f"timestamp={SENT},signature={DIGEST}\u00a0"}, "not_ascii"),
        ({"X-Buildkite-Signature": f"timestamp=١٦٤٢٠٨٠٨٣٧,signature={DIGEST}"}, "not_ascii"),
        ({"X-Buildkite-Signature": f"timestamp={SENT},signature={DIGEST[:-1]}\uff11"}, "not_ascii"),
        ({"X-Buildkite-Signature": "\ud800"}, "not_ascii"),
        ([(b"x-buildkite-signature", b"\xff")], "not_ascii"),
    ],
)
def test_headers_without_a_signature_are_refused(given: Any, reason: str) -> None:
    assert refused(given).reason == reason


# --- Forms of all headers ---------------------------------------------------------------------------------------------


def test_any_case_and_any_mapping_or_pairs() -> None:
    import httpx
    from multidict import CIMultiDict, istr
    from starlette.datastructures import Headers as StarletteHeaders
    from werkzeug.datastructures import EnvironHeaders
    from werkzeug.datastructures import Headers as WerkzeugHeaders

    value = signed()["X-Buildkite-Signature"]
    for name in ("X-Buildkite-Signature", "x-buildkite-signature", "X-BUILDKITE-SIGNATURE"):
        raw = [(b"host", b"x"), (name.encode(), value.encode())]
        for given in (
            {name: value},
            {name: [value]},
            {name: (value,)},
            {name: value.encode()},
            [(name, value)],
            [[name, value]],
            raw,
            httpx.Headers({name: value}),
            httpx.Headers(raw),
            StarletteHeaders(raw=[(key.lower(), each) for key, each in raw]),
            WerkzeugHeaders({name: value}),
            EnvironHeaders({"HTTP_X_BUILDKITE_SIGNATURE": value}),
            CIMultiDict({istr(name): value}),
            {istr(name): value},
        ):
            assert checked(given).timestamp == SENT, given


def test_a_header_that_came_twice_is_refused() -> None:
    import httpx
    from multidict import CIMultiDict
    from starlette.datastructures import Headers as StarletteHeaders
    from werkzeug.datastructures import Headers as WerkzeugHeaders

    name, value = "X-Buildkite-Signature", signed()["X-Buildkite-Signature"]
    for second in (value, "x", ""):
        pairs = [(name, value), (name.lower(), second)]
        raw = [(key.lower().encode(), each.encode()) for key, each in pairs]
        for given in (
            dict(pairs),
            {name: [value, second]},
            {name: (second, value)},
            {name: [value], name.upper(): [second]},
            pairs,
            raw,
            [(name, value), (name.encode(), second.encode())],
            httpx.Headers(pairs),
            httpx.Headers(raw),
            StarletteHeaders(raw=raw),
            WerkzeugHeaders(pairs),
            CIMultiDict(pairs),
        ):
            assert refused(given).reason == "duplicate", given


def test_joined_headers_are_refused() -> None:
    value = signed()["X-Buildkite-Signature"]
    assert refused({"X-Buildkite-Signature": f"{value}, {value}"}).reason == "malformed"


# --- Errors of the caller ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [BODY.decode(), {"event": "ping"}, None, 5])
def test_a_body_that_is_not_bytes_is_a_type_error(body: Any) -> None:
    with pytest.raises(TypeError, match="raw body as bytes"):
        checked(signed(), body)


# --- Tokens -----------------------------------------------------------------------------------------------------------


def token_refused(given: Any, token: Any = SECRET) -> str:
    with pytest.raises(WebhookUnverified) as caught:
        verify_token(given, token)
    return caught.value.reason


def test_a_plain_text_token() -> None:
    assert verify_token({"X-Buildkite-Token": SECRET}, SECRET) == 0
    assert verify_token([(b"x-buildkite-token", SECRET.encode())], ("other", SECRET)) == 1
    assert verify_token({"x-buildkite-token": [f" {SECRET}\t"]}, (SECRET.encode(), "other")) == 0


@pytest.mark.parametrize(
    "other", [SECRET[:-1], SECRET + "x", SECRET[:1], SECRET * 20, SECRET.upper(), "", "x" * len(SECRET)]
)
def test_a_wrong_token(other: str) -> None:
    assert token_refused({"X-Buildkite-Token": other}) == "mismatch"


def test_a_token_that_cannot_be_read() -> None:
    assert token_refused({}) == "missing"
    assert token_refused({"X-Buildkite-Token": [SECRET, SECRET]}) == "duplicate"
    assert token_refused({"X-Buildkite-Token": SECRET, "x-buildkite-token": SECRET}) == "duplicate"
    assert token_refused({"X-Buildkite-Token": "x" * 4097}) == "oversized"
    assert token_refused({"X-Buildkite-Token": SECRET + "é"}) == "not_ascii"
    assert token_refused({"X-Buildkite-Token": 5}) == "malformed"


def test_a_token_does_not_replace_a_signature_nor_the_reverse() -> None:
    token = {"X-Buildkite-Token": SECRET}
    assert refused(token).reason == "missing"
    assert refused({"X-Buildkite-Signature": SECRET}).reason == "malformed"
    assert refused({**token, "X-Buildkite-Signature": "x"}).reason == "malformed"
    assert checked({**token, **signed()}).secret == 0
    assert token_refused(signed()) == "missing"
    assert token_refused({"X-Buildkite-Token": signed()["X-Buildkite-Signature"]}) == "mismatch"


# --- Secrets in errors ------------------------------------------------------------------------------------------------


def told(error: BaseException | None) -> str:
    """Return the text of an error and of all errors behind it, shown or not."""
    if error is None:
        return ""
    own = f"{error}{error!r}{error.args!r}{vars(error)!r}"
    return own + told(error.__cause__) + told(error.__context__)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"X-Buildkite-Signature": SECRET},
        {"X-Buildkite-Signature": SECRET * 50},
        {"X-Buildkite-Signature": SECRET + "é"},
        {"X-Buildkite-Signature": [SECRET, SECRET]},
        {"X-Buildkite-Signature": f"timestamp={SENT},signature={HEX}"},
        {"X-Buildkite-Token": SECRET + "x"},
        {"X-Buildkite-Token": SECRET * 500},
        {"X-Buildkite-Token": SECRET + "é"},
        {"X-Buildkite-Token": [SECRET, SECRET]},
        {**signed(when=5)},
    ],
)
def test_a_refusal_shows_no_secret(given: Any) -> None:
    for check in (lambda: checked(given), lambda: verify_token(given, (SECRET, "another-one"))):
        with pytest.raises(WebhookError) as caught:
            check()
        assert SECRET not in told(caught.value)
        assert "another-one" not in told(caught.value)


def test_an_error_of_the_caller_shows_no_secret() -> None:
    for secret in ((SECRET, ""), (SECRET, 5), SECRET + "\ud800", (SECRET, "\ud800" + SECRET)):
        with pytest.raises((ConfigurationError, TypeError)) as caught:
            checked(signed(), secret=secret)
        assert SECRET not in told(caught.value)


def test_a_refusal_can_be_pickled() -> None:
    refusal = refused({})
    for copied in (pickle.loads(pickle.dumps(refusal)), copy.copy(refusal), copy.deepcopy(refusal)):
        assert (type(copied), copied.reason, str(copied)) == (WebhookUnverified, "missing", str(refusal))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("form", [str, str.encode, Secret], ids=["text", "bytes", "Secret"])
def test_the_line_break_at_the_end_of_a_file_does_not_belong_to_the_secret(end: str, form: Any) -> None:
    for secret in (form(f"s3cret{end}"), ("old", form(f"s3cret{end}"))):
        given = {"X-Buildkite-Signature": sign(b"{}", "s3cret", now=lambda: 7)}
        assert verify(b"{}", given, secret, now=lambda: 7).timestamp == 7
        assert verify_token({"X-Buildkite-Token": "s3cret"}, secret) >= 0
    assert sign(b"{}", form(f"s3cret{end}"), now=lambda: 7) == given["X-Buildkite-Signature"]


@pytest.mark.parametrize("secret", ["\n", " \n", "\t", "s3cret\nolder", "s3cret\r\nolder\n", b"\r\n", Secret(" \n")])
def test_a_secret_that_nothing_could_be_signed_with_is_refused_when_it_is_given(secret: Any) -> None:
    for give in (
        lambda: WebhookHandler(secret=secret),
        lambda: WebhookHandler(token=("fine", secret)),
        lambda: verify(b"{}", {}, secret),
        lambda: verify_token({}, secret),
        lambda: sign(b"{}", secret),
    ):
        with pytest.raises(ConfigurationError) as error:
            give()
        assert "s3cret" not in str(error.value)
