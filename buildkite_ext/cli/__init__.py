"""The command `buildkite-ext`. It needs the extra of that name: `pip install 'buildkite-ext[cli]'`.

What it can do stands in docs/command.md and in `buildkite-ext --help`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: its arguments; those of the process unless given.

    Returns:
        The exit code: see `buildkite_ext.cli.exit_codes.ExitCode`.

    Example:
        >>> def passes() -> bool:
        ...     return main(["run", "web", "--branch", "main", "--quiet"]) == 0
    """
    try:
        from .launch import launch
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("cyclopts", "rich"):
            raise
        print("buildkite-ext: the command needs an extra: pip install 'buildkite-ext[cli]'", file=sys.stderr)
        return 2
    return launch(argv)
