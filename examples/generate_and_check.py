"""Generate a pipeline with Buildkite's SDK, check it, and show what a build of it would do.

python examples/generate_and_check.py            print the plan of a build of main
python examples/generate_and_check.py --json | buildkite-ext pipeline check -
"""

from __future__ import annotations

import sys

from buildkite_sdk.pipeline import Pipeline

from buildkite_ext.simulation import check_pipeline, plan_pipeline


def pipeline() -> str:
    """Return a pipeline as JSON, which is YAML as well."""
    made = Pipeline()
    for python in ("3.11", "3.12", "3.13"):
        made.add_step(
            {"label": f"Test {python}", "command": f"tox -e {python}", "key": f"test-{python.replace('.', '-')}"}
        )
    made.add_step("wait")
    made.add_step({"label": "Publish", "command": "make publish", "if": 'build.branch == "main"'})
    return str(made.to_json())


def main() -> int:
    text = pipeline()
    if "--json" in sys.argv:
        print(text)
        return 0
    problems = check_pipeline(text)
    for problem in problems:
        print(f"line {problem.mark.line}: {problem.level}: {problem.message}")
    print(plan_pipeline(text, branch="main"), end="")
    return any(problem.level == "error" for problem in problems)


if __name__ == "__main__":
    sys.exit(main())
