"""Answers to administrators have the fields that the documentation's samples have, where these samples are present."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from buildkite_api.operations import match

from buildkite_ext.simulation import Simulator

from .administration import administrate
from .administration_walks import walk_administration
from .helpers import ORG

_PLACES = [folder / "shared" / "reference" / "documented-samples.jsonl" for folder in Path(__file__).parents]
SAMPLES = next((place for place in _PLACES if place.exists()), _PLACES[0])
FREE = ("settings", "env", "features", "tags", "context", "executions_count_by_result")
"""Objects whose keys differ between pipelines, plans, tests and requests."""
STATES = re.compile(
    r"\.links\.next|\.hosted_agents_terminal_access\.enabled_by\.\w+|\.rate_limit\.\w+|(\[\])?\.actor\.slug"
)
"""Fields that stand in an answer only while something is so, such as those of a team that maintains a cluster."""
OTHER_JOBS = {"get_build"}
"""Operations whose samples are of other kinds of jobs: tests of their own compare these."""


def _fields(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each field of a JSON value; all items of a list have one path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{path}.{key}"
            if key not in FREE:
                yield from _fields(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item, f"{path}[]")


class _Collecting(httpx.BaseTransport):
    """Transport that keeps the fields of the successful answers of each operation."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.fields: defaultdict[str, set[str]] = defaultdict(set)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        found = match(request.method, request.url.raw_path.decode().partition("?")[0])
        if found is not None and response.is_success and response.read():
            self.fields[found[0].id].update(_fields(response.json()))
        return response


@pytest.mark.skipif(not SAMPLES.exists(), reason="the documentation's samples aren't here")
def test_answers_have_the_fields_of_the_documented_samples(simulator: Simulator) -> None:
    transport = _Collecting(simulator.transport())
    headers = {"Authorization": f"Bearer {simulator.token}"}
    with httpx.Client(transport=transport, base_url=simulator.base_url, headers=headers) as api:
        administrate(simulator, api)
        walk_administration(simulator, api)
        for path in (f"{ORG}/pipelines", ORG, "/v2/organizations", f"{ORG}/rate_limit", "/v2/user", "/v2/access-token"):
            assert api.get(path).status_code == 200
    compared: set[str] = set()
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        if sample["kind"] != "response" or not sample["path"]:
            continue
        found = match(sample["method"], re.sub(r"{[\w.]+}", "x", sample["path"]).rstrip("/"))
        if found is not None and found[0].id in transport.fields.keys() - OTHER_JOBS:
            wanted = {field for field in _fields(sample["body"]) if not STATES.fullmatch(field)}
            missing = wanted - transport.fields[found[0].id]
            assert not missing, f"{found[0].id} lacks {sorted(missing)}"
            compared.add(found[0].id)
    assert len(compared) >= 100
