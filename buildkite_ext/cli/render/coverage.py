"""Coverage of the simulator: the operations that it answers, and its choices where Buildkite's documentation is silent."""

from __future__ import annotations

from textwrap import wrap

from buildkite_api.operations import OPERATIONS

__all__ = ["coverage_table"]

_WIDTH = 100


def coverage_table() -> str:
    """Return the tables."""
    from ...simulation.api.routes import HANDLERS
    from ...simulation.choices import CHOICES

    groups: dict[str, list[tuple[str, bool]]] = {}
    for operation in OPERATIONS.values():
        groups.setdefault(operation.group, []).append((operation.id, operation.row in HANDLERS))
    answered = sum(known for group in groups.values() for _, known in group)
    lines = [f"{answered} of {len(OPERATIONS)} operations are simulated. The others are answered with 501."]
    width = max(map(len, groups))
    for name, operations in groups.items():
        known = [each for each, simulated in operations if simulated]
        head = f"  {name:<{width}}  {len(known):>2} of {len(operations):>2}  "
        lines += wrap(head + ", ".join(known), _WIDTH, subsequent_indent=" " * len(head)) or [head.rstrip()]
        if missing := [each for each, simulated in operations if not simulated]:
            lines += wrap(
                f"not: {', '.join(missing)}", _WIDTH, initial_indent=" " * len(head), subsequent_indent=" " * len(head)
            )
    lines += [
        "",
        f"{len(CHOICES)} choices about pipelines and webhooks, where Buildkite's documentation is silent. Those about single",
        "requests stand with their handlers, in buildkite_ext/simulation/api/routes.",
    ]
    for choice in CHOICES:
        lines += [f"  {choice.name}", f"    {choice.question}", f"    {choice.answer}"]
    return "\n".join(lines)
