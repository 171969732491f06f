"""Recording of large bodies: the search for secrets in them decodes little, and finds what stands anywhere."""

from __future__ import annotations

import gzip
import random
from base64 import b64encode
from urllib.parse import quote

import pytest

from buildkite_ext.escapes import escaped_runs
from buildkite_ext.simulation import SecretRecorded
from buildkite_ext.simulation.cassettes.cleaning import Cleaner

SECRET = "canary/0123456789&canary"
SIZE = 600_000
WINDOW = 512 * 1024

TEXTS = {
    "bytes": random.Random(1).randbytes(SIZE).decode("latin-1"),
    "Base64": b64encode(random.Random(1).randbytes(SIZE * 3 // 4)).decode(),
    "a log": "".join(f"{number} ran the tests of 3 packages & all passed, 100 %\n" for number in range(SIZE // 50)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_little_of_a_large_body_is_decoded(name: str) -> None:
    """Each escape is decoded several times, which took most of the time that a block needed to end."""
    assert len(escaped_runs(TEXTS[name], [SECRET])) < len(TEXTS[name]) // 100
    assert "%2F" in escaped_runs(TEXTS[name] + quote(SECRET, safe=""), [SECRET])


FORMS = {
    "plain": SECRET,
    "quoted": quote(SECRET, safe=""),
    "base64": b64encode(SECRET.encode()).decode(),
    "base64 of quoted": b64encode(quote(SECRET, safe="").encode()).decode(),
    "base64 three times": b64encode(b64encode(b64encode(SECRET.encode()))).decode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", [0, WINDOW - 10, WINDOW + 3])
def test_a_secret_is_found_wherever_it_stands_in_a_large_body(form: str, place: int) -> None:
    text = f"{'.' * place} {FORMS[form]} {'.' * 1000}"
    cleaner = Cleaner(secrets={SECRET})
    packed = gzip.compress(text.encode())
    for body in (
        text,
        b"\xff" + text.encode(),
        packed,
        gzip.compress(b"a member before") + packed,
        text.encode("utf-16"),
    ):
        with pytest.raises(SecretRecorded):
            cleaner.check({"body": body}, "it", hint="")
    cleaner.check({"body": text.replace(FORMS[form], "")}, "it", hint="")
