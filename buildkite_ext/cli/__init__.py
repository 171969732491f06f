"""The command `buildkite-ext`. It needs the extra `cli`: `pip install 'buildkite-ext[cli]'`.

docs/command.md and `buildkite-ext --help` describe it.
"""

from __future__ import annotations

from .main import main

__all__ = ["main"]
