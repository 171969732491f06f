"""The command `buildkite-ext`. It needs the extra `cli`: `pip install 'buildkite-ext[cli]'`.

docs/command.md and `buildkite-ext --help` describe it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .startup import begin_startup, end_startup, fast_imports

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: its arguments; by default those of the process. Then the process is the command's own: Ctrl-C during start-up
            ends it, and httpx is imported without its command line.

    Returns:
        The exit code: see `buildkite_ext.cli.exit_codes.ExitCode`.

    Example:
        >>> def passes() -> bool:
        ...     return main(["run", "web", "--branch", "main", "--quiet"]) == 0
    """
    if argv is not None:
        from .entry import execute

        return execute(argv)
    begin_startup()
    try:
        with fast_imports():
            from .entry import execute

            return execute(None)
    finally:
        end_startup()
