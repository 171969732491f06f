"""Create a build and print the logs of all its jobs as they are written.

python examples/follow_logs.py api --simulate
"""

from __future__ import annotations

from clients import arguments, client


def main() -> None:
    options = arguments(__doc__, pipeline="api")
    with client(options.simulate) as buildkite:
        build = buildkite.builds.create(options.pipeline, commit="HEAD", branch=options.branch)
        for line in buildkite.builds.follow(options.pipeline, build.number):
            when = f"{line.time:%H:%M:%S}" if line.time else "--:--:--"
            # `text` is safe to print; `styled` is the same with its colours, `raw` is what came.
            print(f"{when} {line.job_name:>18} {line.text}")


if __name__ == "__main__":
    main()
