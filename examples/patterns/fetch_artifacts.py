"""Fetch a build's artifacts into a folder.

`before` writes what it received to the address that the artifact's path names. `after` compares size and SHA-1 with Buildkite's
before a file gets its name, and refuses a path that leads outside the folder before it fetches anything.

python examples/patterns/fetch_artifacts.py
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import requests

from buildkite_ext import BuildkiteClient, BuildkiteError
from buildkite_ext.simulation import SimRequest, SimResponse, Simulator
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator"  # the token of a simulator that was given no other


def before(url: str, number: int, to: Path) -> list[Path]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    artifacts: str | None = f"{url}/v2/organizations/acme/pipelines/web/builds/{number}/artifacts?per_page=100"
    written = []
    while artifacts:
        page = requests.get(artifacts, headers=headers, timeout=30)
        page.raise_for_status()
        for artifact in page.json():
            response = requests.get(artifact["download_url"], headers=headers, timeout=300)
            response.raise_for_status()
            target = to / artifact["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(response.content)
            written.append(target)
        artifacts = page.links.get("next", {}).get("url")
    return written


def after(buildkite: BuildkiteClient, number: int, to: Path) -> list[Path]:
    return buildkite.artifacts.download_all("web", number, to=to)


class Damaged(Simulator):
    """Simulator whose storage returns a wrong last byte."""

    def handle_artifact(self, request: SimRequest) -> SimResponse:
        response = super().handle_artifact(request)
        return replace(response, body=response.body[:-1] + b"?")


def stage(*paths: str, kind: type[Simulator] = Simulator) -> Simulator:
    simulator = kind()
    simulator.pipeline("web").job("test", artifacts=dict.fromkeys(paths, b"<testsuite/>")).history(1)
    return simulator


def main() -> None:
    for what, simulator in (
        ("a report", stage("reports/junit.xml")),
        ("a damaged one", stage("reports/junit.xml", kind=Damaged)),
        ("one that leads outside", stage("../junit.xml")),
    ):
        with (
            running(simulator, real_time=False) as url,
            BuildkiteClient("acme", token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
            tempfile.TemporaryDirectory() as folder,
        ):
            found = [path.read_bytes() for path in before(url, 1, Path(folder, "before"))]
            print(f"before, {what}: {found}")
            try:
                print(f"after, {what}: {[path.read_bytes() for path in after(buildkite, 1, Path(folder, 'after'))]}")
            except BuildkiteError as error:
                print(f"after, {what}: {type(error).__name__}")


if __name__ == "__main__":
    main()
