"""The simulator as the command uses it: inside itself for `--simulate`, or served on a port for `simulate`."""

from __future__ import annotations

import os
import shlex
import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from ..client import BuildkiteClient
from ..clock import SystemClock
from ..errors import ConfigurationError
from ..options import TOKEN_VARIABLES, client_variables
from ..simulation import Scenario, Simulator
from ..simulation.demo import demo_organization
from ..simulation.server import running, serve
from .problem import UsageError
from .sockets import unusable_address
from .streams import output_failure

if TYPE_CHECKING:
    from ..events import Hook
    from .pipeline_files import PipelineFile

__all__ = ["assignments", "serve_until_stopped", "simulated_client", "simulated_organization"]

_PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


@contextmanager
def simulated_client(organization: str | None, on_event: Hook | None = None) -> Iterator[BuildkiteClient]:
    """Serve the demo organization on a free port of the loopback interface, and return a client of it.

    The environment is ignored: its token, URL, proxy and certificates would lead elsewhere.

    Raises:
        UsageError: uvicorn isn't installed.
    """
    simulator = demo_organization(SystemClock(), organization=organization or "acme")
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running(simulator))
        except ImportError as error:
            raise UsageError(str(error)) from error
        yield stack.enter_context(
            BuildkiteClient(
                simulator.organization,
                token=simulator.token,
                base_url=url,
                transport=_direct_transport(),
                on_event=on_event,
            )
        )


def serve_until_stopped(
    simulator: Simulator, host: str, port: int, allowed_hosts: Sequence[str], *, admin: bool = False
) -> None:
    """Serve an organization until Ctrl-C.

    Args:
        simulator: the organization.
        host, port: the address to listen on.
        allowed_hosts: further names of hosts that requests may name.
        admin: True if requests may add and remove faults.

    Raises:
        UsageError: uvicorn isn't installed, the address can't be listened on, or a name in `allowed_hosts` is none.
    """
    try:
        simulator.app(allowed_hosts=allowed_hosts)
    except ValueError as error:
        raise UsageError(str(error).replace("allowed_hosts", "--allow-host")) from error
    started = partial(_print_instructions, simulator)
    try:
        serve(simulator, host, port, allowed_hosts=allowed_hosts, admin=admin, started=started)
    except ImportError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        if output_failure(error) is not None:
            raise
        raise unusable_address(host, port, error) from error
    print("\nThe simulator has ended, and its builds with it.", flush=True)


def simulated_organization(
    organization: str, pipelines: Mapping[str, PipelineFile], scenarios: Mapping[str, str], *, at_once: bool
) -> Simulator:
    """Return an organization of pipelines and scenarios, or else the demo organization.

    Args:
        organization: the organization's slug.
        pipelines: the files of its pipelines by slug.
        scenarios: the texts of scenarios, by the names of their files. Their builds begin now.
        at_once: True if no job of a scenario takes time.

    Raises:
        UsageError: Buildkite would refuse a pipeline, or a file isn't a scenario.
    """
    if not pipelines and not scenarios:
        return demo_organization(SystemClock(), organization=organization)
    simulator = Simulator(organization, clock=SystemClock())
    for slug, file in pipelines.items():
        try:
            simulator.pipeline(slug).configure(file.text)
        except (ConfigurationError, ImportError) as error:
            raise UsageError(f"--pipeline {file.source}: {error}") from error
    for source, text in scenarios.items():
        try:
            Scenario.load(text).play(simulator, timing="at once" if at_once else "recorded")
        except ValueError as error:
            raise UsageError(f"--scenario {source}: {error}") from error
    return simulator


def _direct_transport() -> httpx.BaseTransport:
    # A transport that is passed in uses no proxies. A context without certificates is quick to make, reads no SSL_CERT_FILE,
    # and allows plain HTTP only.
    return httpx.HTTPTransport(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def _print_instructions(simulator: Simulator, url: str) -> None:
    hosts = {urlsplit(each).hostname: None for each in (url, simulator.artifacts_url)}
    variables = client_variables(simulator.token, url, simulator.organization)
    if any(os.environ.get(name) for name in _PROXY_VARIABLES):
        # Otherwise clients would connect to the proxy.
        variables["NO_PROXY"] = ",".join(filter(None, (os.environ.get("NO_PROXY"), *hosts)))
    curl, prefix = ("curl.exe", "$env:") if sys.platform == "win32" else ("curl", "$")
    slugs = ", ".join(sorted(simulator.state.pipelines))
    slug, first = simulator.organization, next(iter(simulator.state.pipelines))
    print(
        f"A Buildkite with the organization {slug} (pipelines: {slugs}) answers at {url}\n"
        "Ctrl-C ends it.\n\n"
        "These variables connect buildkite-ext, BuildkiteClient and every other client that reads the official names:\n"
        f"{assignments(variables)}\n\n"
        "Then try:\n"
        f"  buildkite-ext run {first} --branch main\n"
        f'  {curl} -H "Authorization: Bearer {prefix}{TOKEN_VARIABLES[0]}" {url}/v2/organizations/{slug}/pipelines',
        flush=True,
    )


def assignments(variables: Mapping[str, str]) -> str:
    """Return the lines that set variables of the environment, indented."""
    return "\n".join(f"  {_assignment(name, value)}" for name, value in variables.items())


def _assignment(name: str, value: str) -> str:
    """Return the line that sets an environment variable: in PowerShell on Windows, else in a POSIX shell."""
    if sys.platform == "win32":
        quoted = value.replace("'", "''")
        return f"$env:{name} = '{quoted}'"
    else:  # noqa: RET505 - mypy checks a branch for its system alone
        return f"export {name}={shlex.quote(value)}"
