"""Scenarios of builds whose logs hold the token that reads them: plain it is replaced, and encoded it is refused."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from itertools import count

import pytest
from buildkite_api.types import Secret

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Scenario, SecretRecorded, Simulator

TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"  # without a prefix, as old ones are

FORMS: dict[str, Callable[[str], str]] = {
    "Base64": lambda token: b64encode(token.encode()).decode(),
    "the header Basic": lambda token: b64encode(f"buildkite:{token}".encode()).decode(),
    "hex": lambda token: token.encode().hex(),
}
SOURCES: dict[str, Callable[[], object]] = {
    "a text": lambda: TOKEN,
    "a secret": lambda: Secret(TOKEN),
    "a function": lambda: lambda: TOKEN,
    "a function of secrets": lambda: lambda: Secret(TOKEN),
}


def built(log: str) -> Simulator:
    simulator = Simulator("acme", token=TOKEN)
    simulator.pipeline("web").job("test", log=f"auth: {log}\n", after=5).build()
    simulator.clock.sleep(60)
    return simulator


def scenario(simulator: Simulator, token: object, **options: object) -> Scenario:
    with BuildkiteClient(
        "acme",
        token=token,  # type: ignore[arg-type]
        base_url=simulator.base_url,
        transport=simulator.transport(),
        clock=simulator.clock,
        **options,  # type: ignore[arg-type]
    ) as buildkite:
        return Scenario.from_build(buildkite, "web", 1)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("form", FORMS)
def test_the_token_of_the_client(source: str, form: str) -> None:
    with pytest.raises(SecretRecorded, match=f"log holds a secret of {len(TOKEN)} characters"):
        scenario(built(FORMS[form](TOKEN)), SOURCES[source]())
    assert TOKEN not in scenario(built(TOKEN), SOURCES[source]()).dump()


def test_each_token_of_a_function_is_known() -> None:
    """The first one is known when the log is read, which a later one reads."""
    others = [f"{number:032x}" for number in range(9)]
    simulator = built(others[0].encode().hex())
    for each in others:
        simulator.add_token(each)
    numbers = count()
    with pytest.raises(SecretRecorded):
        scenario(simulator, lambda: others[next(numbers)])
    assert next(numbers) > 1


@pytest.mark.parametrize(
    "options", [{"headers": {"X-Api-Key": "proxy-canary-1"}}, {"query": {"api_key": "proxy-canary-1"}}]
)
def test_further_credentials_of_the_client(options: dict[str, object]) -> None:
    with pytest.raises(SecretRecorded):
        scenario(built(b"proxy-canary-1".hex()), TOKEN, **options)
    assert "proxy-canary-1" not in scenario(built("proxy-canary-1"), TOKEN, **options).dump()
