"""What `listen` says first: where it listens, what it verifies, and what Buildkite has to be told."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from .credentials import Proof


def welcome(url: str, proof: Proof, *, path: str | None, again: Sequence[str]) -> str:
    """The first lines.

    Args:
        url: what reaches it from this computer.
        proof: what it verifies by.
        path: the only path that it receives at; None for any.
        again: the options with which `send` proves itself.
    """
    where = "at this path only" if path else "at any path"
    send = shlex.join(["buildkite-ext", "webhooks", "send", url, *again])
    return (
        f"Receiving webhooks at {url} ({where}) until Ctrl-C.\n"
        f"{_verified(proof)}\n\n"
        "In Buildkite, under Settings > Notification Services, add a Webhook:\n"
        "  Webhook URL  an address that leads here from the internet (a tunnel or a proxy)\n"
        f"{_setting(proof)}\n"
        "Without Buildkite, from another terminal:\n"
        f"  {send}\n"
    )


def _verified(proof: Proof) -> str:
    several = f"one of {len(proof.keys)} secrets" if len(proof.keys) > 1 else "the secret"
    if proof.mode == "secret":
        return f"Each has to be signed (X-Buildkite-Signature) with {several} of {proof.origins}."
    if proof.mode == "token":
        return f"Each has to show {several.replace('secret', 'token')} of {proof.origins} (X-Buildkite-Token), in clear text."
    return "NOTHING IS VERIFIED (--allow-unsigned): whoever reaches this address can make events up."


def _setting(proof: Proof) -> str:
    if proof.mode == "secret":
        return "  Token        the secret, sent as X-Buildkite-Signature\n"
    if proof.mode == "token":
        return "  Token        the token, sent as X-Buildkite-Token\n"
    return "  Token        anything: it isn't looked at\n"
