"""Drawing of a plan for a terminal: its waves one below the other, with the wait and block steps between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..messages import counted
from ..terminal_text import cells, fitted, printable
from .definition.selection import LeftOut
from .planned_steps import PlannedJob, PlannedStep, waves_of

__all__ = ["draw_text"]

_LEAST_WIDTH = 30
_GATES = ("wait", "block", "input")
_ENDED_EARLY = ("canceled", "expired", "skipped")
_STATES = {
    "passed": "passes",
    "failed": "fails",
    "blocked": "blocks",
    "canceled": "is canceled",
    "not_run": "isn't run",
    "scheduled": "doesn't start",
    "running": "doesn't end",
    "failing": "fails, and doesn't end",
}
_ENDS = {
    "failed": "failed",
    "soft_failed": "failed softly",
    "canceled": "was canceled",
    "held_back": "can't run",
    "blocked": "waits for a user",
    "waiting": "waits itself",
    "left_out": "is left out",
    "passed": "passed",
}


def draw_text(branch: str, state: str, steps: Sequence[PlannedStep], documents: int, width: int) -> str:
    """Return a picture of a plan as lines.

    Args:
        branch, state: of its build.
        steps: its steps.
        documents: how many documents its text has.
        width: the cells of a line.
    """
    width = max(width, _LEAST_WIDTH)
    waves = waves_of(steps)
    lines = [_head(branch, state, steps, waves)]
    if documents > 1:
        lines.append(f"(one of {documents} documents)")
    gates: dict[int | None, list[PlannedStep]] = {}
    jobs: dict[int, list[tuple[PlannedStep, list[PlannedJob]]]] = {}
    for step in steps:
        if step.kind not in _GATES:
            for wave, starting in _by_wave(step.jobs).items():
                jobs.setdefault(wave, []).append((step, starting))
        elif step.outcome == "passed":
            gates.setdefault(step.wave, []).append(step)
    for wave in range(1, len(waves) + 1):
        lines += _gates(gates.get(wave, []), width)
        lines += ["", f"Wave {wave}", *_wave(steps, jobs.get(wave, []), width)]
    lines += _gates(gates.get(None, []), width)
    lines += _gates([step for step in steps if step.kind in _GATES and step.outcome == "blocked"], width)
    lines += _section("Left out", [row for step in steps for row in _left_out(step)], width)
    lines += _section("Not run", [row for step in steps for row in _not_run(steps, step)], width)
    return "\n".join(fitted(line.rstrip(), width) for line in lines) + "\n"


def _by_wave(jobs: Sequence[PlannedJob]) -> dict[int, list[PlannedJob]]:
    """Return the jobs of a step that start, by their waves."""
    found: dict[int, list[PlannedJob]] = {}
    for job in jobs:
        if job.wave is not None:
            found.setdefault(job.wave, []).append(job)
    return found


def _head(branch: str, state: str, steps: Sequence[PlannedStep], waves: Sequence[Sequence[PlannedJob]]) -> str:
    counts = f"{counted(sum(map(len, waves)), 'job')} in {counted(len(waves), 'wave')}"
    ends = _STATES.get(state, f"ends as {state}")
    if state == "failed":
        ends += _unless_uploaded(steps)
    blocking = next((f" at {printable(step.title)}" for step in steps if step.outcome == "blocked"), "")
    return f"The build of {printable(branch)} {ends}{blocking if state == 'blocked' else ''}: {counts}"


def _unless_uploaded(steps: Sequence[PlannedStep]) -> str:
    """Return which steps may keep a build from failing that fails for want of keys alone: they upload what isn't known."""
    missing = list(dict.fromkeys(printable(key) for step in steps for key in step.missing))
    uploading = [printable(step.title) for step in steps if step.uploads and step.outcome == "passed"]
    if not missing or not uploading or any(step.outcome in ("failed", "canceled") for step in steps):
        return ""
    wanted = f"the key {missing[0]}" if len(missing) == 1 else f"{len(missing)} missing keys"
    return f", unless {uploading[0] if len(uploading) == 1 else f'one of {len(uploading)} steps'} uploads {wanted}"


def _gates(steps: Sequence[PlannedStep], width: int) -> Iterator[str]:
    """Yield the lines between two waves."""
    for step in steps:
        if step.kind == "wait":
            text = "wait" if step.name == "wait" else f"wait: {printable(step.title)}"
        else:
            what = "a user unblocks it" if step.outcome == "passed" else "a user has to unblock it"
            text = f"{step.kind}: {printable(step.title)} ({what})"
        yield ""
        if step.group is None:
            text = fitted(text, width - 8)
            yield f"── {text} " + "─" * max(2, min(60, width) - cells(text) - 4)
        else:  # only the steps of its group wait for it
            yield f"── in {printable(step.group) or 'a group'}: {text}"


def _wave(
    steps: Sequence[PlannedStep], rows: Sequence[tuple[PlannedStep, list[PlannedJob]]], width: int
) -> Iterator[str]:
    """Yield the lines of a wave: some steps, each with its jobs that start in it."""
    shown = [(name, note, step) for step, jobs in rows for name, note in _names(step, jobs)]
    column = min(max((cells(name) + cells(note) for name, note, _ in shown), default=0), width // 2)
    group: str | None = None
    for index, (name, note, step) in enumerate(shown):
        if step.group != group:
            group = step.group
            if group is not None:
                yield f"│  {printable(group) or 'group'}:"
        branch = "└─" if index == len(shown) - 1 else "├─"
        label = f"{fitted(name, max(10, width - 8 - cells(note)))}{note}"
        after = ", ".join(_dependency(steps[each]) for each in step.depends_on)
        pad = " " * max(0, column - cells(label))
        yield f"{branch} {label}{f'{pad}  ← {after}' if after else ''}"
        for line in _notes(step):
            yield f"{'  ' if index == len(shown) - 1 else '│ '}    {line}"


def _dependency(step: PlannedStep) -> str:
    return f"{printable(step.title)}{' (left out)' if step.outcome == 'left_out' else ''}"


def _names(step: PlannedStep, jobs: list[PlannedJob]) -> Iterator[tuple[str, str]]:
    """Yield the names of some jobs of a step, equal ones once, each with what is to be said about it."""
    counted: dict[tuple[str, str], int] = {}
    notes = ["" if job.state == "passed" else f" {_failure(job)}" for job in jobs]
    differ = len(set(notes)) > 1
    for job, note in zip(jobs, notes, strict=True):
        name = printable(step.title_of(job) if differ and note else job.name)
        counted[name, note] = counted.get((name, note), 0) + 1
    for (name, note), count in counted.items():
        yield name, f"{f' × {count}' if count > 1 else ''}{note}"


def _failure(job: PlannedJob) -> str:
    attempts = f", {job.attempts} attempts" if job.attempts > 1 else ""
    soft = "softly" if job.soft_failed else ""
    return f"✗ {' '.join(filter(None, (job.state, soft)))}{attempts}"


def _notes(step: PlannedStep) -> Iterator[str]:
    if step.kind == "trigger":
        yield "triggers a build, which isn't planned"
    if step.uploads:
        yield "uploads further steps, which can't be known here"
    if step.concurrency_group is not None:
        unset = " and ".join(f"${name}" for name in step.unset_in_group)
        verb = "is" if len(step.unset_in_group) == 1 else "are"
        why = f", as {unset} {verb} unset" if unset else ""
        yield f"concurrency group {printable(step.concurrency_group)}{why}"
    if any(job.state == "passed" and job.attempts > 1 for job in step.jobs):
        yield f"passes at attempt {max(job.attempts for job in step.jobs)}"


def _section(title: str, rows: Sequence[tuple[str, Sequence[str]]], width: int) -> Iterator[str]:
    """Yield the lines of a table of names, each with its reasons."""
    if not rows:
        return
    yield from ("", title)
    column = min(max(cells(name) for name, _ in rows), width // 3)
    for name, (first, *rest) in rows:
        shown = fitted(name, column)
        yield f"  {shown}{' ' * (column - cells(shown))}  {first}"
        for line in rest:
            yield f"  {' ' * column}  {line}"


def _with_line(step: PlannedStep) -> str:
    """Return the name of a step. A pipeline has several wait steps without a label: their lines tell them apart."""
    return f"wait (line {step.line})" if step.kind == "wait" and step.name == "wait" else printable(step.title)


def _left_out(step: PlannedStep) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what is left out of a step: all of it, or jobs of its matrix."""
    if step.outcome == "left_out" and step.left_out is not None:
        yield printable(step.title), _why_left_out(step.left_out)
        return
    for job in step.jobs:
        if job.skip is not None:
            yield printable(step.title_of(job)), [f"skip: {printable(job.skip.removeprefix('skip: '))}"]


def _why_left_out(found: LeftOut) -> list[str]:
    of = "its group's " if found.in_group else ""
    text = printable(" ".join(found.text.split()))
    if found.by == "if_changed":
        return [f"{of}if_changed: no changed file matches {text}"]
    said = f"{of}{found.by}: {text.removeprefix('skip: ')}"
    if found.failure is not None:
        return [said, f"can't be evaluated: {printable(found.failure)}"]
    return [said, *(f"{printable(name)} is {printable(_written(value))}" for name, value in found.values.items())]


def _written(value: object) -> str:
    """Return a value as a condition would write it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)


def _not_run(steps: Sequence[PlannedStep], step: PlannedStep) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield what doesn't run of a step, without what was left out of it: all of it, or jobs that ended before they started."""
    if step.outcome in ("held_back", "waiting"):
        yield _with_line(step), _why_held_back(steps, step)
        return
    ended = Counter(
        (printable(_ended_name(step, job)), job.state)
        for job in step.jobs
        if job.wave is None and job.state in _ENDED_EARLY
    )
    for (name, state), count in ended.items():
        several = f" × {count}" if count > 1 else ""
        said = f"{state} before {'they' if several else 'it'} started"
        yield f"{name}{several}", [f"{said}, as the build was failing" if state == "canceled" else said]


def _ended_name(step: PlannedStep, job: PlannedJob) -> str:
    """Return the name of a job that ended before it started: with its values of a matrix, if other jobs of the step ran."""
    return job.name if all(each.state == job.state for each in step.jobs) else step.title_of(job)


def _why_held_back(steps: Sequence[PlannedStep], step: PlannedStep) -> list[str]:
    reasons = [f"waits for the key {printable(key)}, which no step has" for key in step.missing]
    if step.outcome == "waiting" and step.queue == "":
        reasons.append(_why_no_agent(step.unset))
    for index in step.held_back_by:
        other = steps[index]
        what = f"the wait step in line {other.line}" if other.kind == "wait" else printable(other.title)
        reasons.append(f"waits for {what}, which {_ENDS[other.outcome]}")
    if not reasons and step.concurrency_group is not None:
        reasons.append(
            f"stands in the concurrency group {printable(step.concurrency_group)} ahead of a job that it waits for"
        )
    return reasons or ["waits for what never ends"]


def _why_no_agent(unset: Sequence[str]) -> str:
    if not unset:
        return "its queue is empty, and no agent has such a one: name a queue, or leave it out for the default one"
    names = " and ".join(f"${name}" for name in unset)
    verb = "is" if len(unset) == 1 else "are"
    return f"its queue is empty, as {names} {verb} unset: give {' '.join(f'--env {name}=…' for name in unset)}"
