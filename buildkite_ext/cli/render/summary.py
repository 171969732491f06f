"""How a run ended, in lines that the forms of output for people share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..board import clock_text
from ..report import BlockStep, FailedJob, Report
from .colour import Tone


@dataclass(frozen=True, slots=True)
class Said:
    """A line, safe to print, and the tone it is said in."""

    text: str
    tone: Tone = "plain"


def summary(report: Report) -> Iterator[Said]:
    """What there is to say at the end. Nothing where the build goes on: the report's problem says that."""
    for job in report.failed:
        yield from _failed(job)
    took = clock_text(report.elapsed)
    build = f"Build {report.name}"
    match report.outcome:
        case "passed":
            yield Said(f"{build} passed in {took}: {report.url}", "good")
        case "failed":
            yield Said(f"{build} failed after {took}: {report.url}", "bad")
        case "canceled":
            yield Said(f"{build} was canceled after {took}: {report.url}", "warn")
        case "blocked":
            yield from _blocked(report, took)
        case "skipped":
            yield Said(f"{build} was skipped: {report.url}", "warn")
        case "not_run":
            yield Said(f"{build} was not run: {report.url}", "warn")
        case None:
            return


def _failed(job: FailedJob) -> Iterator[Said]:
    detail = f" ({job.detail})" if job.detail else ""
    yield Said(f"{job.label} {job.state.replace('_', ' ')}{detail}: {job.url}", "bad")
    for line in job.lines:
        yield Said(f"  | {line}", "faint")


def _blocked(report: Report, took: str) -> Iterator[Said]:
    build = f"Build {report.name}"
    if not report.blocked:
        yield Said(f"{build} is blocked after {took}: {report.url}", "warn")
        return
    named = " and ".join(f'"{step.label}"' for step in report.blocked)
    yield Said(f"{build} waits at {named} after {took}: {report.url}", "warn")
    step: BlockStep = report.blocked[0]
    number = report.build.number if report.build else 0
    call = f"jobs.unblock({report.pipeline!r}, {number}, {step.id!r})"
    yield Said(f"Unblock it on that page, or with the client: {call}", "plain")
