"""Demo organization: three pipelines whose builds take about ten seconds."""

from __future__ import annotations

import hashlib
import io
import zipfile

from ..clock import EpochClock
from ..unknown_keywords import checks_keywords
from .behaviour.timing import Timing
from .clients import Simulator

__all__ = ["demo_organization"]

_GREEN, _RED, _YELLOW, _BOLD, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"

_BRANCHES = ("main", "main", "main", "feature/cart", "fix/login")

_WHEEL = "web-1.4.2-py3-none-any.whl"


@checks_keywords
def demo_organization(clock: EpochClock | None = None, *, organization: str = "acme") -> Simulator:
    """Return a simulator with three pipelines: `web` passes and has a wheel, `api` fails, `release` has a wheel too and blocks.

    Each has builds of the past: of `web` and `api` some have failed, were canceled, or passed only when a job was retried;
    of `release` some wait to be unblocked.

    Args:
        clock: the clock: a `SystemClock` for real time; a `VirtualClock`, the default, for tests.
        organization: the slug.

    Example:
        >>> sorted(demo_organization().state.pipelines)
        ['api', 'release', 'web']
    """
    built = _wheel("web", "1.4.2")
    digest = hashlib.sha256(built).hexdigest()
    artifacts = {f"dist/{_WHEEL}": built, "dist/SHA256SUMS": f"{digest}  {_WHEEL}\n".encode()}
    simulator = Simulator(organization, name="Acme Inc", clock=clock, timing=Timing(pickup=0.4, canceling=0.5))
    (
        simulator.pipeline("web", name="Web", description="The shop's front end")
        .job("lint", key="lint", command="ruff check .", log=_LINT, after=2)
        .job("unit tests", key="unit", command="pytest tests/unit", log=_tests("unit", 24, 0), after=4)
        .job("browser tests", key="browser", command="pytest tests/browser", log=_tests("browser", 12, 0), after=5)
        .wait()
        .job(
            "build wheel",
            key="wheel",
            command="python -m build",
            log=_BUILD,
            after=3,
            artifacts=artifacts,
        )
        .history(39, every=1800, branch=_BRANCHES, outcomes={"passed": 33, "failed": 4, "canceled": 2}, retried=0.12)
        # The newest build of the past has a test that failed, and says which.
        .script("unit", log=_tests("unit", 24, 1), exit_status=1)
        .history(1)
        .script("unit", log=_tests("unit", 24, 0), exit_status=0)
    )
    (
        simulator.pipeline("api", name="API", description="The shop's API")
        .job("lint", key="lint", command="ruff check .", log=_LINT, after=1.5)
        .job("tests", key="tests", command="pytest", log=_tests("orders", 9, 2), exit_status=[1, 0], after=4)
        .wait()
        .job("deploy to staging", key="staging", command="deploy staging", log=_DEPLOY, after=2)
        .history(12, every=3600, branch=_BRANCHES, outcomes={"passed": 7, "failed": 4, "canceled": 1}, retried=0.5)
    )
    (
        simulator.pipeline("release", name="Release", description="The release of the shop")
        .job("package", key="package", command="make package", log=_BUILD, after=2, artifacts=artifacts)
        .block("Ship it?", ["version", {"key": "notes", "required": False}], key="ship")
        .job("deploy", key="deploy", command="deploy production", log=_DEPLOY, after=3)
        .history(6, every=14_400, outcomes={"passed": 3, "blocked": 2, "canceled": 1})
    )
    return simulator


def _wheel(name: str, version: str) -> bytes:
    """Return the bytes of a small but complete wheel. They are the same every time."""
    data = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in (
            (f"{name}/__init__.py", f'__version__ = "{version}"\n'),
            (f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
            (f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: simulator\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            (f"{info}/RECORD", f"{name}/__init__.py,,\n{info}/METADATA,,\n{info}/_WHEEL,,\n{info}/RECORD,,\n"),
        ):
            archive.writestr(zipfile.ZipInfo(path), text)
    return data.getvalue()


def _tests(suite: str, count: int, failures: int) -> str:
    lines = [
        f"--- :python: Setting up\n$ uv sync --frozen\n{_GREEN}Installed 48 packages{_PLAIN}\n",
        "+++ :pytest: Tests\n",
    ]
    for number in range(1, count + 1):
        failed = number > count - failures
        outcome = f"{_RED}FAILED{_PLAIN}" if failed else f"{_GREEN}PASSED{_PLAIN}"
        lines.append(f"tests/{suite}/test_{suite}.py::test_{number:02} {outcome} [{100 * number // count:3}%]\n")
    if failures:
        names = [f"test_{number:02}" for number in range(count - failures + 1, count + 1)]
        lines.append(f"^^^ +++\n{' FAILURES ':=^60}\n")
        lines += [
            f"{f' {name} ':_^60}\n    def {name}():\n>       assert total(CART) == 42\n"
            f"{_RED}E       assert 41 == 42{_PLAIN}\n\ntests/{suite}/test_{suite}.py:{8 * at}: AssertionError\n"
            for at, name in enumerate(names, 1)
        ]
        lines += [f"FAILED tests/{suite}/test_{suite}.py::{name} - assert 41 == 42\n" for name in names]
        lines.append(f"{_RED}{_BOLD}{failures} failed{_PLAIN}, {_GREEN}{count - failures} passed{_PLAIN}\n")
    else:
        lines.append(f"{_GREEN}{_BOLD}{count} passed{_PLAIN}\n")
    return "".join(lines)


_LINT = (
    "--- :ruff: Lint\n"
    "$ ruff check .\n"
    f"{_YELLOW}warning:{_PLAIN} 2 files have no docstring\n"
    f"{_GREEN}All checks passed!{_PLAIN}\n"
)

_BUILD = (
    "--- :wheel: Build\n"
    "* Creating isolated environment...\n"
    "* Installing packages in isolated environment...\n"
    "* Building wheel...\n"
    f"{_GREEN}{_BOLD}Successfully built{_PLAIN} 1 wheel\n"
    "~~~ Uploading artifacts\n"
    'Found 2 files that match "dist/*"\n'
    f"{_GREEN}Artifact upload is complete{_PLAIN}\n"
)

_DEPLOY = (
    f"--- :rocket: Deploy\nWaiting for 3 instances...\n1 of 3 updated\n2 of 3 updated\n{_GREEN}3 of 3 updated{_PLAIN}\n"
)
