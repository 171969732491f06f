"""Send a signed sample of `build.finished`: `python -m tests.sending URL`."""

from __future__ import annotations

import sys

from buildkite_ext.cli import main

if __name__ == "__main__":
    sys.exit(main(["webhooks", "send", sys.argv[1], "--event", "build.finished"]))
