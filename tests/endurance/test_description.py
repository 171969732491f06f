"""Requests that Schemathesis makes of the description, to a simulated organization that has one of everything.

Each answer is compared with the description: its status, content type, headers and body, and that nothing is an error of the server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import httpx
import schemathesis
import yaml
from buildkite_api.operations import OPERATIONS
from hypothesis import HealthCheck, Phase, given, settings

from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.api.routes import HANDLERS

from ..contract.description import ROOT
from .populated import populated
from .webhooks.figures import LINE

CASES = 20
"""Cases of an operation. In all they take a minute of CPU time."""


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

    def send(self, case: schemathesis.Case) -> None:
        """Send a case, to things that exist, and compare its answer with the description."""
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self.ids[name]
        headers = {"Authorization": f"Bearer {self.simulator.token}"}
        with httpx.Client(transport=self.simulator.transport(), headers=headers) as client:
            sent = case.as_transport_kwargs(base_url=self.simulator.base_url)
            sent.pop("cookies", None)
            if "files" in sent:  # Schemathesis writes them for requests, which also takes numbers
                sent["files"] = [
                    (name, ("file.gem", str(value).encode(errors="replace"))) for name, value in _pairs(sent["files"])
                ]
            answer = client.request(**sent)
        self.statuses[answer.status_code] += 1
        if case.method == "DELETE" and answer.is_success:
            self.renew()
        case.validate_response(answer)


def _pairs(files: object) -> list[tuple[str, object]]:
    return list(files.items()) if isinstance(files, dict) else list(files)  # type: ignore[call-overload]


def test_every_answer_is_as_described(record_property: Callable[[str, object], None]) -> None:
    document = yaml.load((ROOT / "generated" / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    schema = schemathesis.openapi.from_dict(document)
    simulated = {operation.id for operation in OPERATIONS.values() if operation.row in HANDLERS}
    statuses: Counter[int] = Counter()
    tried, failed = 0, list[str]()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.definition.raw["operationId"] not in simulated:
            continue
        world = World()

        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case) -> None:
            world.send(case)

        try:
            answers()
        except Exception as error:
            failed.append(f"{operation.label}: {error}")
        statuses += world.statuses
        tried += 1
    record_property(LINE, f"{statuses.total():,} cases over {tried} operations: {dict(statuses)}")
    assert not failed, "\n\n".join(failed)
    assert tried == len(simulated)
