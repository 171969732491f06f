"""A receiver process, and the files that it writes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


class Receiver:
    """A receiver in its own process."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        assert process.stdout is not None
        self.port = int(process.stdout.readline())
        self._process = process
        self._log = log

    def terminate(self) -> None:
        """Ask it to end, as a process manager does."""
        self._process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Wait for its end."""
        return self._process.wait(30)

    @property
    def handled(self) -> list[int]:
        """Return the numbers of the handled builds, in order."""
        return [int(number) for kind, _, number in self._lines() if kind == "number"]

    @property
    def counts(self) -> Counter[str]:
        """Return its events: `DeliveryAccepted`, `DeliveryHandled`, `DeliveryRefused 503`, …"""
        return Counter(" ".join(filter(None, (kind, status))) for kind, _, status in self._lines() if kind != "number")

    def _lines(self) -> list[tuple[str, str, str]]:
        return [line.partition(" ") for line in self._log.read_text().splitlines()] if self._log.exists() else []


@contextmanager
def receiving(folder: Path, **options: Any) -> Iterator[Receiver]:
    """Run a receiver within the block; see `receiver.main` for the options."""
    log = folder / "log"
    command = [sys.executable, "-m", "tests.endurance.webhooks.receiver", json.dumps({"log": str(log), **options})]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Receiver(process, log)
        finally:
            if process.poll() is None:
                process.kill()
