"""Package registries, their tokens and packages."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from buildkite_ext import AccessDenied, BuildkiteClient, InvalidRequest, NotFound
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.api.multipart import uploaded_file
from buildkite_ext.simulation.engine.changes import Change

from .helpers import refusal

REGISTRIES = "/v2/packages/organizations/acme/registries"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    with simulator.client(retry=None) as made:
        yield made


def test_a_registry_is_created_changed_and_deleted(client: BuildkiteClient, api: httpx.Client) -> None:
    policy = [{"iss": "https://agent.buildkite.com"}]
    made = client.registries.create(name="My registry", ecosystem="ruby", description="gems", oidc_policy=policy)
    assert (made.slug, made.ecosystem, made.public, made.oidc_policy) == ("my-registry", "ruby", False, policy)
    assert client.registries.update("my-registry", name="Gems").slug == "my-registry"
    assert api.patch(f"{REGISTRIES}/my-registry", json={"emoji": ":gem:"}).json()["emoji"] == ":gem:"
    found = client.registries.get("my-registry")
    assert (found.name, found.description, found.oidc_policy) == ("Gems", "gems", policy)
    assert client.registries.update("my-registry", oidc_policy=None).oidc_policy is None
    assert [each.slug for each in client.registries.list()] == ["my-registry"]
    client.registries.delete("my-registry")
    with pytest.raises(NotFound):
        client.registries.get("my-registry")


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "x"}, {"ecosystem": "ruby"}, {"name": "!", "ecosystem": "r"}, {"name": "Taken", "ecosystem": "r"}],
)
def test_a_wrong_registry_is_refused(simulator: Simulator, api: httpx.Client, body: dict[str, str]) -> None:
    simulator.registry("taken")
    assert refusal(api.post(REGISTRIES, json=body))[0] == 422
    assert list(simulator.state.registries) == ["taken"]


def test_the_value_of_a_registry_token_is_shown_once(
    simulator: Simulator, client: BuildkiteClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    changes: list[Change] = []
    simulator.on_change(changes.append)
    registry = simulator.registry("gems", ecosystem="ruby").state
    made = client.registries.tokens.create("gems", description="Usher")
    token = registry.tokens[made.id]
    assert made.token is not None
    assert made.token.reveal() == token.value
    assert client.registries.tokens.get("gems", made.id).token is None
    assert client.registries.tokens.update("gems", made.id, description="Eminem").description == "Eminem"
    listed = list(client.registries.tokens.list("gems"))
    assert [each.description for each in listed] == ["Eminem"]
    assert token.value not in f"{token!r} {changes!r} {listed!r} {caplog.text}"
    client.registries.tokens.delete("gems", made.id)
    with pytest.raises(NotFound):
        client.registries.tokens.get("gems", made.id)


def test_packages_are_listed_newest_first(simulator: Simulator, client: BuildkiteClient) -> None:
    registry = simulator.registry("wheels")
    for name, version in (("banana", "1.0"), ("apple", "1.0"), ("banana", "1.1")):
        registry.package(name, version=version, data=name.encode())
    assert [(each.name, each.version) for each in client.packages.list("wheels", per_page=2)] == [
        ("banana", "1.1"),
        ("apple", "1.0"),
        ("banana", "1.0"),
    ]
    (newest, oldest) = client.packages.list("wheels", name="banana")
    assert oldest.digests is not None
    assert oldest.digests.sha256 == hashlib.sha256(b"banana").hexdigest()
    found = client.packages.get("wheels", newest.id)
    assert found.registry is not None
    assert (found.name, found.registry.slug) == ("banana", "wheels")
    client.packages.delete("wheels", newest.id)
    with pytest.raises(NotFound):
        client.packages.get("wheels", newest.id)


def test_a_package_is_published_and_copied(simulator: Simulator, client: BuildkiteClient, tmp_path: Path) -> None:
    for slug, ecosystem in (("test", "python"), ("production", "python"), ("gems", "ruby")):
        simulator.registry(slug, ecosystem=ecosystem)
    data = b"\r\n--x\r\n wheel \x00\xff\r\n"
    wheel = tmp_path / "banana-1.2.0-py3-none-any.whl"
    wheel.write_bytes(data)
    published = client.packages.publish("test", file=wheel)
    assert (published.name, published.version) == ("banana", "1.2.0")
    assert published.digests is not None
    assert published.digests.sha256 == hashlib.sha256(data).hexdigest()
    copied = client.packages.copy("test", published.id, to="production")
    assert copied.registry is not None
    assert (copied.registry.slug, copied.digests) == ("production", published.digests)
    with pytest.raises(InvalidRequest, match="ecosystem"):
        client.packages.copy("test", published.id, to="gems")
    with pytest.raises(NotFound):
        client.packages.copy("test", published.id, to="none")


def test_a_body_without_a_file_is_refused(simulator: Simulator, api: httpx.Client) -> None:
    simulator.registry("gems")
    path = f"{REGISTRIES}/gems/packages"
    for answer in (api.post(path), api.post(path, json={"file": "x"}), api.post(path, files={"other": ("a", b"")})):
        assert refusal(answer) == (422, "Validation failed: File can't be blank")


@pytest.mark.parametrize(
    "head",
    ["", "multipart/form-data", "multipart/form-data; boundary=y", "application/json; boundary=x"],
)
def test_other_bodies_have_no_file(head: str) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhi\r\n--x--'
    assert uploaded_file(head, form, "file") is None
    assert uploaded_file('multipart/form-data; boundary="x"', form, "file") is not None


def test_each_operation_asks_for_its_scope() -> None:
    simulator = Simulator(scopes={"read_packages"})
    simulator.registry("a").package("x")
    simulator.registry("b")
    (package,) = simulator.state.registries["a"].packages
    with simulator.client() as client:
        assert client.packages.get("a", package).name == "x"
        with pytest.raises(AccessDenied):
            client.packages.copy("a", package, to="b")
        with pytest.raises(AccessDenied):
            client.packages.delete("a", package)
    simulator.add_token("both", scopes={"read_packages", "write_packages"})
    with simulator.client(token="both") as client:
        assert client.packages.copy("a", package, to="b").name == "x"
