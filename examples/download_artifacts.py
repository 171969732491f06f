"""Download the wheels of the newest build that passed.

python examples/download_artifacts.py web --simulate
"""

from __future__ import annotations

import argparse
import tempfile

from buildkite_ext import BuildkiteClient, DownloadProgress
from buildkite_ext.simulation.demo import demo_organization


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="wheels-")
    with demo_organization().client() if options.simulate else BuildkiteClient() as buildkite:
        passed = buildkite.builds.list(options.pipeline, branch=options.branch, state="passed", limit=1)
        for build in passed:
            print(f"Build #{build.number}: {build.message}")
            # Each file is checked (size and SHA-1) before it appears under its name.
            files = buildkite.artifacts.download_all(
                options.pipeline, build.number, "dist/*.whl", to=folder, on_progress=show
            )
            print(f"{len(files)} in {folder}")


def show(progress: DownloadProgress) -> None:
    total = progress.total or progress.done
    print(f"  {progress.artifact.path}: {100 * progress.done // max(1, total)} %")


if __name__ == "__main__":
    main()
