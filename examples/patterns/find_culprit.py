"""Find the commit that broke a pipeline, by builds of ever fewer commits.

A build that failed has its failed jobs retried once before its commit is blamed. A build that was canceled or that waits at a
block step says nothing about its commit, so the search ends with an error. Both ends are tried first.

python examples/patterns/find_culprit.py web COMMIT COMMIT COMMIT --simulate
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import SimRequest, SimResponse, Simulator


class Undecided(Exception):
    """Reason why no commit can be blamed."""


def is_good(buildkite: BuildkiteClient, pipeline: str, branch: str, commit: str) -> bool:
    build = buildkite.builds.create(pipeline, commit=commit, branch=branch, message=f"Bisect: {commit[:8]}")
    result = buildkite.builds.wait(build, timeout=7200)
    if result.outcome == "failed":
        for job in result.failed_jobs:
            buildkite.jobs.retry(job)
        result = buildkite.builds.wait(build, timeout=7200)
    print(f"{commit[:8]} #{build.number} {result.outcome}")
    if result.outcome not in ("passed", "failed"):
        raise Undecided(f"#{build.number} of {commit} is {result.outcome}")
    return result.passed


def culprit(buildkite: BuildkiteClient, pipeline: str, branch: str, commits: Sequence[str]) -> str:
    """Return the first bad commit. The first of `commits`, oldest first, has to be good and the last one bad."""
    good, bad = 0, len(commits) - 1
    if not is_good(buildkite, pipeline, branch, commits[good]):
        raise Undecided(f"{commits[good]} is bad already")
    if is_good(buildkite, pipeline, branch, commits[bad]):
        raise Undecided(f"{commits[bad]} is good")
    while bad - good > 1:
        middle = (good + bad) // 2
        if is_good(buildkite, pipeline, branch, commits[middle]):
            good = middle
        else:
            bad = middle
    return commits[bad]


class Regressed(Simulator):
    """Simulator in which builds of some commits fail: they get the branch whose step fails."""

    bad: frozenset[str] = frozenset()

    def handle(self, request: SimRequest) -> SimResponse:
        if request.method == "POST" and request.path.endswith("/builds"):
            body = json.loads(request.body)
            if body["commit"] in self.bad:
                request = replace(request, body=json.dumps({**body, "branch": "regressed"}).encode())
        return super().handle(request)


def stage(commits: Sequence[str], first_bad: int) -> Regressed:
    simulator = Regressed()
    simulator.bad = frozenset(commits[first_bad:])
    web = simulator.pipeline("web").job("network", exit_status=[1, 0]).job("lint", exit_status=1, soft_fail=True)
    web.job("test", exit_status=1, branches="regressed")
    return simulator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("commits", nargs="*", help="oldest first; the first one is good, the last one bad")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    commits = options.commits or [str(number) * 40 for number in range(1, 9)]
    with stage(commits, 5).client() if options.simulate else BuildkiteClient() as buildkite:
        print(f"{culprit(buildkite, options.pipeline, options.branch, commits)} broke it")


if __name__ == "__main__":
    main()
