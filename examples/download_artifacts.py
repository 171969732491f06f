"""Download the wheels of the newest build that passed.

python examples/download_artifacts.py web --simulate
"""

from __future__ import annotations

import tempfile

from clients import arguments, client

from buildkite_ext import DownloadProgress


def main() -> None:
    options = arguments(__doc__, pipeline="web")
    folder = tempfile.mkdtemp(prefix="wheels-")
    with client(options.simulate) as buildkite:
        passed = buildkite.builds.list(options.pipeline, branch=options.branch, state="passed", limit=1)
        for build in passed:
            print(f"Build #{build.number}: {build.message}")
            # Each file is checked (size and SHA-1) before it appears under its name.
            files = buildkite.artifacts.download_all(
                options.pipeline, build.number, "dist/*.whl", to=folder, progress=show
            )
            print(f"{len(files)} in {folder}")


def show(progress: DownloadProgress) -> None:
    total = progress.total or progress.done
    print(f"  {progress.artifact.path}: {100 * progress.done // max(1, total)} %")


if __name__ == "__main__":
    main()
