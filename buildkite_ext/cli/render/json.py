"""One JSON object on the standard output; everything else goes to the standard error."""

from __future__ import annotations

import json
from typing import TextIO

from ..report import Report
from .plain import PlainView


class JsonView(PlainView):
    """The plain lines on the standard error, and at the end the report as an object."""

    def __init__(self, out: TextIO, err: TextIO, *, colour: bool, quiet: bool = False) -> None:
        super().__init__(err, err, colour=colour, err_colour=colour, quiet=quiet)
        self._result = out

    def finish(self, report: Report) -> None:
        super().finish(report)
        # ASCII, so that no terminal and no encoding makes anything of what the server wrote.
        print(json.dumps(report.as_json(), indent=2), file=self._result, flush=True)
