"""`buildkite-ext simulate`: a Buildkite on this computer, for as long as nobody presses Ctrl-C."""

from __future__ import annotations

import os
import shlex
from functools import partial
from urllib.parse import urlsplit

from ..clock import SystemClock
from ..options import ENDPOINT_VARIABLE, ORGANIZATION_VARIABLE, TOKEN_VARIABLES
from ..simulation import Simulator
from ..simulation.demo import demo_organization
from ..simulation.server import serve
from .address import unusable
from .exit_codes import ExitCode
from .problem import UsageError

PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def simulate(host: str, port: int, organization: str) -> ExitCode:
    """Serve the demo organization until Ctrl-C, which is how it is meant to end.

    Raises:
        UsageError: uvicorn is missing, or the address can't be listened on.
    """
    simulator = demo_organization(SystemClock(), organization=organization)
    try:
        serve(simulator, host, port, started=partial(_tell, simulator))
    except ImportError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise unusable(host, port, error) from error
    print("\nThe simulator has ended, and its builds with it.", flush=True)
    return ExitCode.PASSED


def _tell(simulator: Simulator, url: str) -> None:
    host = urlsplit(url).hostname or ""
    variables = {
        TOKEN_VARIABLES[0]: simulator.token,
        ORGANIZATION_VARIABLE: simulator.organization,
        ENDPOINT_VARIABLE: url,
    }
    if any(os.environ.get(name) for name in PROXIES):
        # Or clients would look for this computer behind the proxy.
        variables["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), host)))
    exports = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in variables.items())
    slugs = ", ".join(sorted(simulator.state.pipelines))
    slug = simulator.organization
    print(
        f"A Buildkite with the organization {slug} (pipelines: {slugs}) answers at {url}\n"
        "Ctrl-C ends it.\n\n"
        "What points buildkite-ext, BuildkiteClient and whatever else reads the official names at it:\n"
        f"{exports}\n\n"
        "Then, say:\n"
        "  buildkite-ext run web --branch main\n"
        f'  curl -H "Authorization: Bearer ${TOKEN_VARIABLES[0]}" {url}/v2/organizations/{slug}/pipelines',
        flush=True,
    )
