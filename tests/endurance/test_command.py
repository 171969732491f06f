"""Start of the command."""

from __future__ import annotations

import resource
import subprocess
import sys

COMMAND = (sys.executable, "-c", "import sys; from buildkite_ext.cli import main; sys.exit(main())")


def test_help_is_quick() -> None:
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*COMMAND, "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # The processor's time, since other tests may keep it busy.
        took.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    assert min(took) < 0.4
