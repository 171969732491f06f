"""What the examples connect to: Buildkite, or with --simulate a simulated one in which time passes at once."""

from __future__ import annotations

import argparse

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient
from buildkite_ext.simulation.demo import demo_organization


def arguments(description: str | None, *, pipeline: str) -> argparse.Namespace:
    """The arguments that all examples take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("pipeline", nargs="?", default=pipeline, help=f"the pipeline's slug (default: {pipeline})")
    parser.add_argument("--branch", default="main", help="the branch (default: main)")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    return parser.parse_args()


def client(simulate: bool) -> BuildkiteClient:
    """A client: of $BUILDKITE_ORGANIZATION_SLUG with $BUILDKITE_API_TOKEN, or of the simulator."""
    return demo_organization().client() if simulate else BuildkiteClient()


def async_client(simulate: bool) -> AsyncBuildkiteClient:
    """The same, async."""
    return demo_organization().async_client() if simulate else AsyncBuildkiteClient()
