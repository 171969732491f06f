"""The rules for spec/webhooks.yaml: the description keeps them, and each rule finds its fault."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from lint_webhooks import problems  # noqa: E402

WEBHOOKS: dict[str, Any] = yaml.safe_load((ROOT / "spec" / "webhooks.yaml").read_text(encoding="utf-8"))
REST: dict[str, Any] = yaml.load((ROOT / "generated" / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def test_the_description_has_no_fault() -> None:
    assert list(problems(WEBHOOKS, REST)) == []


def _properties(schemas: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = schemas[name]["allOf"][1]["properties"]
    return found


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "no OpenAPI": (lambda it: it["Ping"].update(type="nothing"), "type", "is no OpenAPI: 'nothing'"),
    "a model that is there already": (
        lambda it: it.update(User={"type": "object", "description": "A user."}),
        "User",
        "is a model of the REST API",
    ),
    "an event without a description": (lambda it: it["Ping"].pop("description"), "Ping", "has no description"),
    "a property without one": (
        lambda it: _properties(it, "AgentBlocked")["blocked_ip"].pop("description"),
        "AgentBlocked.blocked_ip",
        "has no description",
    ),
    "no page": (lambda it: it["Ping"].pop("externalDocs"), "Ping", "names no page"),
    "no page of what it is made of": (lambda it: it["JobEvent"].pop("externalDocs"), "JobStarted", "names no page"),
    "required, but null": (
        lambda it: it["AgentBlocked"]["allOf"][1]["required"].append("blocked_ip"),
        "AgentBlocked.blocked_ip",
        "is required and may be null",
    ),
    "absent, but not null": (
        lambda it: _properties(it, "AgentBlocked")["blocked_ip"].update(type="string"),
        "AgentBlocked.blocked_ip",
        "may be absent, but not null",
    ),
}


@pytest.mark.parametrize(("plant", "where", "what"), FAULTS.values(), ids=FAULTS)
def test_each_rule_finds_its_fault(plant: Callable[[dict[str, Any]], object], where: str, what: str) -> None:
    faulty = copy.deepcopy(WEBHOOKS)
    plant(faulty["components"]["schemas"])
    found = list(problems(faulty, REST))
    assert any(place.startswith(where) and said.startswith(what) for place, said, _ in found), found
    assert all(remedy for _, _, remedy in found)
