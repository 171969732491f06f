"""`--simulate`: a Buildkite in this process, reached by real HTTP."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx

from ..client import BuildkiteClient
from ..clock import SystemClock
from ..simulation.demo import demo_organization
from ..simulation.server import running
from .problem import UsageError

if TYPE_CHECKING:
    from ..events import Hook


@contextmanager
def embedded(organization: str | None, on_event: Hook | None = None) -> Iterator[BuildkiteClient]:
    """A client of the demo organization, which is served on a free port of the loopback meanwhile.

    Nothing of the environment is asked: no token, address, proxy or certificate of it leads anywhere else.

    Raises:
        UsageError: uvicorn is missing.
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
                transport=_direct(),
                on_event=on_event,
            )
        )


def _direct() -> httpx.BaseTransport:
    # A transport of one's own knows no proxies. The context holds no certificates: it is quick to make, reads no
    # SSL_CERT_FILE, and nothing but plain HTTP gets through.
    return httpx.HTTPTransport(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
