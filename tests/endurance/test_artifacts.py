"""Downloads from an API and a storage that lie at random: nothing is written outside, no token leaves, no error is raw."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import resource
import shutil
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildkite_ext import BuildkiteClient, errors

from ..core.fakes import TOKEN, Body, FakeClock

PARTS = [
    "..", ".", "", "a", "b", "A", "é", "e\u0301", "\0", "\n", "\x1b[31m", "C:", "C:a", "NUL", "a.", "x" * 300, "~", "$HOME",
    "link", "dir", "file", "pipe", "filelink", "\ud800", "..\\", "%2e%2e", "\u2215", "\uff0e\uff0e", "\u202e", "\\\\h\\s",
    ".buildkite-ext-0123456789abcdef.part", " ", "a ", "con",
]  # fmt: skip
VALUES: list[Any] = [None, 5, -1, 10**30, "", "..", "../x", [], {}, True, "x" * 10_000, "\x1b[2J", 1.5]
URLS = ["http://store.test/", "https://api.buildkite.com/v2/user", "https://u:p@store.test/", "file:///etc/passwd"]
BROKEN_URLS = ["https://[::1", "", "https://a..b/", "https://x:99999999/", "https://x:abc/", "javascript:1"]


class Liar:
    """API and storage in one, which answer what a seed says."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        described = [self._described(number) for number in range(self._random.randint(1, 4))]
        self._listed = [one for one, _ in described]
        self._contents = {f"id-{number}": content for number, (_, content) in enumerate(described)}

    def _often(self, share: float) -> bool:
        return self._random.random() < share

    def _path(self) -> str:
        if self._often(0.5):
            return "/".join(self._random.choice("abcd") for _ in range(self._random.randint(1, 3)))
        if self._often(0.1):
            return self._random.choice(["x/" * 5000, "/etc/passwd", "../../../../../evil"])
        parts = [self._random.choice(PARTS) for _ in range(self._random.randint(1, 4))]
        return self._random.choice(["/", "\\", "//"]).join(parts)

    def _described(self, number: int) -> tuple[dict[str, Any], bytes]:
        content = self._random.randbytes(self._random.randint(0, 50))
        described = {
            "id": f"id-{number}",
            "job_id": self._random.choice(["j1", "j2", "j3"]),
            "url": "https://evil.test/",
            "download_url": "https://evil.test/",
            "state": "finished",
            "path": self._path(),
            "filename": self._path(),
            "file_size": len(content),
            "sha1sum": hashlib.sha1(content).hexdigest(),
        }
        for key in list(described):
            if self._often(0.015):
                described[key] = self._random.choice(VALUES)
            if self._often(0.005):
                del described[key]
        return described, content

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "Authorization" not in request.headers:
            assert TOKEN not in f"{request.headers} {request.url}"
            return self._stored(request)
        path = request.url.path
        assert request.url.host == "api.buildkite.com"
        assert path.startswith("/v2/organizations/acme/")
        if path.endswith("/download"):
            return self._redirect(path.split("/artifacts/")[1].split("/")[0])
        if path.endswith("/artifacts"):
            return _json(self._listed if self._often(0.95) else self._random.choice([{}, 5, "x", [1], [None], [[]]]))
        retried = {"id": "j1", "type": "script", "retried_in_job_id": "j2"}
        last = {"id": "j2", "type": "script", "retried_in_job_id": self._random.choice(["j1", None, "j3", 5])}
        wrong = [{}, [], {"jobs": None}, {"jobs": 5}, {"jobs": [5]}, {"jobs": [{"id": 5, "retry_source": 5}]}]
        return _json(
            {"id": "b", "number": 7, "jobs": [retried, last]} if self._often(0.7) else self._random.choice(wrong)
        )

    def _redirect(self, artifact_id: str) -> httpx.Response:
        url = f"https://store.test/?id={artifact_id}"
        if self._often(0.2):
            url = self._random.choice([*URLS, *BROKEN_URLS])
        return httpx.Response(302, headers={"Location": url} if self._often(0.7) else {}, json={"url": url})

    def _stored(self, request: httpx.Request) -> httpx.Response:
        if self._often(0.1):
            location = self._random.choice(
                [str(request.url), "/?id=id-0", "//evil.test", "http://evil.test/", *BROKEN_URLS]
            )
            status = self._random.choice([300, 301, 302, 303, 304, 307, 308])
            return httpx.Response(status, headers={"Location": location}, stream=Body(bytes(100_000)))
        if self._often(0.05):
            return httpx.Response(self._random.choice([202, 204, 206, 400, 401, 403, 404, 410, 416, 500, 503]))
        if self._often(0.05):
            raise self._random.choice([httpx.ReadError("x"), httpx.ConnectError("y"), httpx.ReadTimeout("z")])
        content = self._contents.get(request.url.params.get("id", ""), b"")
        codings = ["gzip", "x-gzip", "br", "zstd", "deflate", "gzip, gzip", "identity", "\x7f", ""]
        coding = self._random.choice(codings)
        body = self._random.choice(
            [content] * 6
            + [content + b"x", content[:-1], bytes(3_000_000), gzip.compress(bytes(5_000_000)), zlib.compress(content)]
            + [gzip.compress(content), gzip.compress(content)[:-3]]
        )
        pieces: list[bytes | Exception] = [body[place : place + 65_536] for place in range(0, len(body), 65_536)]
        if self._often(0.05):
            pieces.append(httpx.ReadError("cut"))
        return httpx.Response(200, headers={"Content-Encoding": coding}, stream=Body(*pieces))


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("part", range(4))
def test_lies_are_errors_of_ours_and_nothing_is_written_outside(tmp_path: Path, part: int) -> None:
    outcomes: Counter[str] = Counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(part * 150, (part + 1) * 150):
        world = tmp_path / str(seed)
        root, outside = world / "x" / "to", world / "outside"
        root.mkdir(parents=True)
        outside.mkdir()
        (outside / "precious").write_bytes(b"precious")
        (root / "link").symlink_to(outside)
        (root / "filelink").symlink_to(outside / "precious")
        (root / "dir").mkdir()
        (root / "file").write_bytes(b"mine")
        os.mkfifo(root / "pipe")
        chosen = random.Random(seed)
        with BuildkiteClient(
            "acme", token=TOKEN, transport=httpx.MockTransport(Liar(seed)), clock=FakeClock()
        ) as client:
            raised = ""
            try:
                client.artifacts.download_all(
                    "web",
                    7,
                    *chosen.choice([(), (), ("**",), ("a/*",), ("*",), ("**/b", "dir/*")]),
                    to=root,
                    by_job=chosen.random() < 0.4,
                    include_retried_jobs=chosen.random() < 0.4,
                    concurrency=chosen.choice([1, 4]),
                )
                outcomes["ok"] += 1
            except errors.BuildkiteError as error:
                outcomes[type(error).__name__] += 1
                raised = str(error)
        assert "\x1b" not in raised
        assert TOKEN not in raised
        assert len(raised.encode()) < 5000
        assert sorted(path.name for path in world.iterdir()) == ["outside", "x"]
        assert [path.name for path in (world / "x").iterdir()] == ["to"]
        assert {path.name: path.read_bytes() for path in outside.iterdir()} == {"precious": b"precious"}
        assert not list(root.rglob("*.part"))
        assert (root / "pipe").is_fifo()
        assert (root / "dir").is_dir()
        assert (root / "link").is_symlink()
        shutil.rmtree(world)
    assert set(outcomes) >= {"ok", "UnsafePath", "InvalidResponse", "ArtifactUnavailable", "ArtifactCorrupted"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # kB
