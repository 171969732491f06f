"""Fake of Buildkite's artifacts and of the storage behind them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx

from buildkite_ext.models import Artifact

from .fakes import Body, answer, build

LOST = httpx.ReadError("reset by peer")


def artifact(path: str = "dist/app.whl", content: bytes = b"wheel", /, **changes: Any) -> Artifact:
    return Artifact.from_dict(described(path, content, **changes))


def described(path: str, content: bytes, /, **changes: Any) -> dict[str, Any]:
    """Return an artifact as Buildkite answers it."""
    return {
        "id": f"id-{path}",
        "job_id": "job-1",
        "url": "https://evil.test/",
        "download_url": "https://evil.test/download",
        "state": "finished",
        "path": path,
        "filename": path.replace("\\", "/").rpartition("/")[2],
        "file_size": len(content),
        "sha1sum": hashlib.sha1(content).hexdigest(),
        **changes,
    }


Content = bytes | httpx.Response | Callable[[], httpx.Response]


class Storage:
    """Buildkite's list and redirects, and the storage behind it."""

    def __init__(
        self,
        contents: dict[str, Iterable[Content]] | None = None,
        listed: Iterable[dict[str, Any]] = (),
        *,
        jobs: Iterable[dict[str, Any]] | httpx.Response = (),
    ) -> None:
        """Make it of what the storage answers for each path, of the list of artifacts, and of the build's jobs."""
        self._contents = {path: list(answers) for path, answers in (contents or {}).items()}
        self._listed = list(listed)
        self._jobs = jobs
        self._lock = threading.Lock()
        self.redirects = 0
        self.asked: list[httpx.Request] = []
        self.fetched: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            if request.url.host.endswith("storage.test"):
                return self._fetch(request)
            assert request.url.host == "api.buildkite.com"
            self.asked.append(request)
            if request.url.path.endswith("/download"):
                self.redirects += 1
                path = request.url.path.split("/artifacts/")[1].removesuffix("/download").removeprefix("id-")
                return httpx.Response(
                    302,
                    headers={
                        "Location": str(httpx.URL("https://storage.test", params={"path": path, "n": self.redirects}))
                    },
                )
            if not request.url.path.endswith("/artifacts"):
                assert request.url.params["include_retried_jobs"] == "true"
                return self._jobs if isinstance(self._jobs, httpx.Response) else answer(build(7, jobs=list(self._jobs)))
            return answer(self._listed)

    def _fetch(self, request: httpx.Request) -> httpx.Response:
        assert "Authorization" not in request.headers
        self.fetched.append(request)
        answers = self._contents[request.url.params["path"]]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, bytes):
            return httpx.Response(200, stream=Body(found[:2], found[2:]))
        return found() if callable(found) else found


def cut(content: bytes) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, stream=Body(content, LOST))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
