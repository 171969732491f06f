"""Fuzz verify and parse, guided by the coverage of their code: `make fuzz`, or `make fuzz seconds=600`.

It begins with a body of every event. An input is a header's value, a line feed, and a body. Whatever escapes that is not
declared, and whatever is taken and can't be used, ends it with a report and the input in a file.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from buildkite_ext.webhooks import WebhookEvent

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache" / "fuzz-webhooks"
SECRET = "s3cret"
NOW = 1642080837
WORDS = (
    *("event", "sender", "build", "job", "pipeline", "agent", "cluster_token", "package", "service", "subject"),
    *("id", "state", "created_at", "blocked", "settings", "meta_data", "ping", "2026-01-02 03:04:05 UTC", " UTC"),
    *("2026-01-02T03:04:05Z", "1e999", "-1e999", "null", "true", "NaN", r"\ud800", r"\u0000", "[[[[[[[[", "]]]]]]]]"),
    *('{"a":', "timestamp=", ",signature="),
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1e300,
    "",
    "text",
    "2026-01-02 03:04:05 UTC",
    [],
    {},
    [[]],
    "\ud800",
)
MANY = 200
"""Bodies with more brackets are left to libFuzzer: changing their JSON takes too long."""


def main() -> None:
    """Fuzz for some seconds, then end the process: with 0 if nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")
    seconds = parser.parse_args().seconds
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["buildkite_ext.webhooks", "buildkite_api"]):
        target = Target()
    corpus, words = seeds(FOLDER)
    options = [
        f"-max_total_time={seconds}",
        "-max_len=32768",
        "-timeout=10",
        f"-dict={words}",
        f"-artifact_prefix={FOLDER}/",
    ]

    def mutate(content: bytes, longest: int, seed: int) -> bytes:
        changed = seed % 2 and with_another_value(content, random.Random(seed))
        return changed if changed and len(changed) <= longest else bytes(atheris.Mutate(content, longest))

    command = [sys.argv[0], *options, "-print_final_stats=1", str(corpus)]
    atheris.Setup(command, target, custom_mutator=mutate)
    atheris.Fuzz()


class Target:
    """Function that runs on each input."""

    def __init__(self) -> None:
        # Imported here, so that their coverage is measured.
        from buildkite_ext.errors import WebhookError
        from buildkite_ext.webhooks import deduplication_key, parse, sign, verify, verify_token

        self.refusal = WebhookError
        self.deduplication_key, self.parse_body, self.sign = deduplication_key, parse, sign
        self.verify_body, self.verify_token = verify, verify_token

    def __call__(self, content: bytes) -> None:
        value, _, body = content.partition(b"\n")
        self.verify(value, body)
        self.parse(value, body)

    def verify(self, value: bytes, body: bytes) -> None:
        given = {"X-Buildkite-Signature": [value.decode("latin-1")]}
        with suppress(self.refusal):
            self.verify_body(body, given, SECRET, now=lambda: NOW)
        with suppress(self.refusal):
            self.verify_token([(b"X-Buildkite-Token", value)], (SECRET, "another"))
        signed = {"X-Buildkite-Signature": self.sign(body, SECRET, now=lambda: NOW)}
        proof = self.verify_body(body, signed, ("another", SECRET), now=lambda: NOW)
        assert (proof.timestamp, proof.secret) == (NOW, 1)

    def parse(self, value: bytes, body: bytes) -> None:
        with suppress(self.refusal):
            self.parse_body(body, [(b"X-Buildkite-Event", value)])
        with suppress(self.refusal):
            self.use(self.parse_body(body), body)

    def use(self, event: WebhookEvent, body: bytes) -> None:
        assert event.raw == body
        assert event.data["event"] == event.event
        assert f"event={event.event!r}" in repr(event)
        self.deduplication_key(event)
        assert copy.deepcopy(event) == event
        drift: list[Any] = []
        again = self.parse_body(body, on_drift=drift.append)
        # As text: NaN is not equal to itself.
        assert repr(again) == repr(event)


def with_another_value(content: bytes, rng: random.Random) -> bytes:
    """Return the input with another value somewhere in its JSON, or nothing if the input isn't JSON."""
    head, _, text = content.partition(b"\n")
    if text.count(b"{") + text.count(b"[") > MANY:
        return b""
    try:
        body = json.loads(text)
    except ValueError:
        return b""
    places = list(places_in(body))
    if not places:
        return b""
    around, key = rng.choice(places)
    if rng.random() < 0.2 and isinstance(around, dict):
        del around[key]
    else:
        around[key] = rng.choice([*VALUES, copy.deepcopy(rng.choice(places)[0])])
    return head + b"\n" + json.dumps(body).encode("utf-8", "surrogatepass")


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, (dict, list)):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from places_in(inner)


def seeds(folder: Path) -> tuple[Path, Path]:
    """Return the first inputs, and the words to try."""
    sys.path.insert(0, str(ROOT))
    from tests.webhooks.bodies import EVENTS, NEW_FORM, OLD_FORM, body_of, encoded

    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    ways: list[dict[str, Any]] = [{"date": OLD_FORM}, {"date": NEW_FORM}, {"null": True}, {"optional": False}]
    for name in EVENTS:
        for number, way in enumerate(ways):
            (corpus / f"{name}-{number}").write_bytes(f"{name}\n".encode() + encoded(body_of(name, **way)))
    signature = f"timestamp={NOW},signature={'0123456789abcdef' * 4}"
    (corpus / "signature").write_bytes(signature.encode() + b'\n{"event":"ping"}')
    words = folder / "words"
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in WORDS)
    words.write_text("".join(f'"{word}"\n' for word in quoted), encoding="utf-8")
    return corpus, words


if __name__ == "__main__":
    main()
