"""Build, and retry what failed once: a job that passes the second time is flaky.

python examples/retry_failed.py api --simulate
"""

from __future__ import annotations

import sys

from clients import arguments, client


def main() -> int:
    options = arguments(__doc__, pipeline="api")
    with client(options.simulate) as buildkite:
        build = buildkite.builds.create(options.pipeline, commit="HEAD", branch=options.branch)
        first = buildkite.builds.wait(options.pipeline, build.number)
        print(f"#{build.number} {first.outcome}")
        if first.outcome != "failed":
            return 0
        for job in first.failed_jobs:
            print(f"  retrying {job.name}, which exited {job.exit_status}")
            buildkite.jobs.retry(options.pipeline, build.number, job.id)
        second = buildkite.builds.wait(options.pipeline, build.number)
        print(f"#{build.number} {second.outcome}")
        still = {job.name for job in second.failed_jobs}
        for job in first.failed_jobs:
            print(f"  {job.name} {'is broken' if job.name in still else 'is flaky'}")
    return 0 if second.outcome == "passed" else 1


if __name__ == "__main__":
    sys.exit(main())
