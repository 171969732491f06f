"""Build, and where the build comes to a block step, unblock it with its fields filled in.

python examples/unblock_release.py release --simulate
"""

from __future__ import annotations

import sys

from clients import arguments, client


def main() -> int:
    options = arguments(__doc__, pipeline="release")
    with client(options.simulate) as buildkite:
        build = buildkite.builds.create(options.pipeline, commit="HEAD", branch=options.branch)
        result = buildkite.builds.wait(options.pipeline, build.number)
        print(f"#{build.number} {result.outcome}")
        while result.outcome == "blocked":
            step = next(
                job
                for job in buildkite.builds.get(options.pipeline, build.number).jobs
                if job.type == "manual" and job.state == "blocked"
            )
            print(f"  unblocking {step.label!r}")
            buildkite.jobs.unblock(options.pipeline, build.number, step.id, fields={"version": "1.4.2"})
            result = buildkite.builds.wait(options.pipeline, build.number)
            print(f"#{build.number} {result.outcome}")
    return 0 if result.outcome == "passed" else 1


if __name__ == "__main__":
    sys.exit(main())
