"""Wait for the build that makes the wheels of a commit, and fetch them, ready to be published.

A build of the commit on another branch, such as that of a fork, isn't taken. Nothing is fetched from a build that waits at a
block step, and a build without wheels is an error, not an empty release. If a job was retried its last attempt made the wheels.
Their digests are compared with those that the build wrote down.

python examples/patterns/promote_wheels.py web COMMIT --simulate
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator

SUMS = "dist/SHA256SUMS"


class NotPublishable(Exception):
    """Reason why the wheels of a commit can't be published."""


def promote(buildkite: BuildkiteClient, pipeline: str, branch: str, commit: str, to: Path) -> list[Path]:
    build = buildkite.builds.list(pipeline, branch=branch, commit=commit).first()
    if build is None:
        raise NotPublishable(f"{pipeline} has no build of {commit} on {branch}")
    result = buildkite.builds.wait(build, timeout=3600)
    if not result.passed:
        raise NotPublishable(f"#{build.number} is {result.outcome}")
    files = buildkite.artifacts.download_all(build, "dist/*.whl", SUMS, to=to, missing="raise")
    lines = (to / SUMS).read_text(encoding="utf-8").splitlines()
    digests = {name: digest for digest, name in (line.split() for line in lines)}
    wheels = [path for path in files if path.suffix == ".whl"]
    for wheel in wheels:
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != digests.get(wheel.name):
            raise NotPublishable(f"{SUMS} has another digest of {wheel.name}")
    return wheels


def stage(wheel: bytes = b"a wheel", digest: str = hashlib.sha256(b"a wheel").hexdigest()) -> Simulator:
    simulator = Simulator()
    files = {"dist/web-1.4-py3-none-any.whl": wheel, SUMS: f"{digest}  web-1.4-py3-none-any.whl\n".encode()}
    simulator.pipeline("web").job("wheel", artifacts=files, exit_status=[1, 0], automatic_retries=1, after=600)
    simulator.pipeline("web").build(commit="c" * 40)
    return simulator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("commit", nargs="?", default="c" * 40, help="the whole SHA of the commit")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wheels-"))
    with stage().client() if options.simulate else BuildkiteClient() as buildkite:
        for wheel in promote(buildkite, options.pipeline, options.branch, options.commit, folder):
            print(f"{wheel.name} in {wheel.parent}")


if __name__ == "__main__":
    main()
