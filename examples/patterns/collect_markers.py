"""Read the logs of all jobs of a build, and list which jobs wrote each marked line.

All pages of jobs are read, without the attempts that were retried, which Buildkite lists too. Logs are read without escape
sequences and marks of time, so that a pattern can begin with `^`. Block, wait and trigger steps have no log, and neither has a
job that never started.

python examples/patterns/collect_markers.py https://buildkite.com/acme/web/builds/1 --simulate
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator


def collect(buildkite: BuildkiteClient, build: str, marker: re.Pattern[str]) -> dict[str, list[str]]:
    """Return the names of the jobs for each text that the pattern's first group matched."""
    found: dict[str, list[str]] = defaultdict(list)
    for job in buildkite.jobs.list(build, include_retried_jobs=False):
        if str(job.type) == "script" and job.started_at is not None:
            lines = buildkite.jobs.log_text(job, clean=True).splitlines()
            for text in {match[1]: None for line in lines if (match := marker.match(line))}:
                found[text].append(str(job.name))
    return dict(found)


def stage() -> Simulator:
    simulator = Simulator()
    log = "\x1b[33mFLAG\x1b[0m --incompatible_x\nFLAG --incompatible_x\n"
    web = simulator.pipeline("web").job("build", log=log, exit_status=[1, 0], automatic_retries=1)
    web.job("test", log="FLAG --incompatible_y\n", parallelism=150)
    web.job("windows", branches="windows").trigger("docs", asynchronous=True).wait()
    web.job("late", log="no FLAG here\n").block("Deploy?")
    simulator.pipeline("docs").job("site")
    web.build()
    simulator.clock.sleep(600)
    return simulator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="https://buildkite.com/acme/web/builds/1", help="URL of the build")
    parser.add_argument("--marker", default=r"FLAG (\S+)", help="pattern with one group; default: FLAG (\\S+)")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with stage().client() if options.simulate else BuildkiteClient() as buildkite:
        for text, jobs in collect(buildkite, options.build, re.compile(options.marker)).items():
            print(f"{text}: {len(jobs)} job(s), first {jobs[0]}")


if __name__ == "__main__":
    main()
