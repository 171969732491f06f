"""Requests that Schemathesis makes of the description, to a simulated organization that has one of everything.

Each answer is compared with the description: its status, content type, headers and body, and that nothing is an error of the server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from traceback import format_exception
from typing import Any

import httpx
import schemathesis
import yaml
from buildkite_api.operations import OPERATIONS, Operation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.api.routes import HANDLERS

from ..contract.description import ROOT
from .populated import populated
from .webhooks.figures import LINE

CASES = 12
"""Cases of an operation. In all they take half a minute of CPU time or a little more."""


EXCLUDED = [ignored_auth, positive_data_acceptance]
"""Checks that don't apply. The first sends requests by itself, over a network: a request of ours stands in its place. The second
takes it that all that fits the description is accepted: Buildkite refuses blank texts and what doesn't fit the state of an object."""

_LIMITS = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


class World:
    """Organization that is made again when something was deleted from it."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.renew()

    def renew(self) -> None:
        """Make another organization."""
        self.simulator: Simulator
        self.ids: Mapping[str, str]
        self.simulator, self.ids = populated()

    def send(self, case: schemathesis.Case[Any]) -> None:
        """Send a case, to things that exist, and compare its answer with the description."""
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self.ids[name]
        headers = {"Authorization": f"Bearer {self.simulator.token}"}
        with httpx.Client(transport=self.simulator.transport()) as client:
            sent = case.as_transport_kwargs(base_url=self.simulator.base_url, headers=headers)
            sent.pop("cookies", None)
            if "files" in sent:  # Schemathesis writes them for requests, which also takes numbers
                sent["files"] = [
                    (name, ("file.gem", str(value).encode(errors="replace"))) for name, value in _pairs(sent["files"])
                ]
            answer = client.request(**sent)
        self.statuses[answer.status_code] += 1
        if case.method == "DELETE" and answer.is_success:
            self.renew()
        case.validate_response(answer, excluded_checks=EXCLUDED)

    def status_unsigned(self, operation: Operation) -> int:
        """Return the status of an answer to a token that doesn't exist."""
        path = operation.path.format_map(self.ids)
        with httpx.Client(transport=self.simulator.transport(), base_url=self.simulator.base_url) as client:
            return client.request(operation.method, path, headers={"Authorization": "Bearer bkua_nobody"}).status_code


def _send_all(cases: SearchStrategy[schemathesis.Case[Any]], world: World) -> None:
    """Send the cases of an operation."""

    @_LIMITS
    @given(case=cases)
    def send(case: schemathesis.Case[Any]) -> None:
        world.send(case)

    send()


def _pairs(files: Any) -> list[tuple[str, object]]:
    return list(files.items() if isinstance(files, dict) else files)


def test_every_answer_is_as_described(record_property: Callable[[str, object], None]) -> None:
    document = yaml.load((ROOT / "generated" / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    schema = schemathesis.openapi.from_dict(document)
    simulated = {operation.id: operation for operation in OPERATIONS.values() if operation.row in HANDLERS}
    statuses: Counter[int] = Counter()
    tried, failed = 0, list[str]()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        ours = simulated.get(operation.definition.raw["operationId"])
        if ours is None:
            continue
        world = World()
        if ours.id != "get_meta" and world.status_unsigned(ours) != 401:
            failed.append(f"{operation.label} takes any token")
        try:
            _send_all(operation.as_strategy(), world)
        except (Exception, BaseExceptionGroup) as error:
            failed.append(f"{operation.label}: {''.join(format_exception(error))}")
        statuses += world.statuses
        tried += 1
    record_property(LINE, f"{statuses.total():,} cases over {tried} operations: {dict(statuses)}")
    assert not failed, "\n\n".join(failed)
    assert tried == len(simulated)
    assert sum(count for status, count in statuses.items() if status < 400) > statuses.total() / 3
