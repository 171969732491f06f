"""Who may deliver: the one way in which a `WebhookHandler` verifies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import ConfigurationError
from .headers import SIGNATURE, TOKEN, Headers
from .signature import Secrets, secrets_of, verify, verify_token


@dataclass(frozen=True, slots=True)
class Proof:
    """What a delivery must show.

    Attributes:
        header: the header that must be there; None where nothing is verified.
        secrets: the secrets, or the tokens in clear text, any of which will do.
        tolerance: seconds by which a signature's time may differ from now.
    """

    header: str | None
    secrets: tuple[bytes, ...] = field(repr=False)
    tolerance: float

    def __str__(self) -> str:
        return {SIGNATURE: "secret=…", TOKEN: "token=…"}.get(self.header or "", "allow_unsigned=True")

    def signature(self, headers: Headers, body: bytes, now: Callable[[], float]) -> str:
        """The signature of a delivery that is one; nothing where there is none to verify.

        Raises:
            WebhookUnverified: it isn't.
        """
        if self.header == SIGNATURE:
            return verify(body, headers, self.secrets, tolerance=self.tolerance, now=now).signature
        if self.header == TOKEN:
            verify_token(headers, self.secrets)
        return ""


def proof_of(secret: Secrets | None, token: Secrets | None, *, allow_unsigned: bool, tolerance: float) -> Proof:
    """The proof that was asked for.

    Raises:
        ConfigurationError: not exactly one was, or an empty secret was given.
    """
    if (secret is not None) + (token is not None) + bool(allow_unsigned) != 1:
        raise ConfigurationError(
            "WebhookHandler needs exactly one of secret= (Buildkite signs: the better one), token= (it shows the token) "
            "and allow_unsigned=True (anybody may post)"
        )
    if secret is not None:
        return Proof(SIGNATURE, tuple(secrets_of(secret)), tolerance)
    if token is not None:
        return Proof(TOKEN, tuple(secrets_of(token)), tolerance)
    return Proof(None, (), tolerance)
