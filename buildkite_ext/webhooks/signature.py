"""Signatures and plain-text tokens, which show that a delivery was sent with the secret of its webhook.

https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, NoReturn

from buildkite_api.types import Secret, kind_of

from ..errors import ConfigurationError, WebhookReason, WebhookUnverified
from .http import SIGNATURE, TOKEN, HeaderError, Headers, single_header

__all__ = [
    "TOLERANCE",
    "SecretText",
    "Secrets",
    "Verified",
    "Verifier",
    "sign",
    "verifier_for",
    "verify",
    "verify_token",
]

SecretText = str | bytes | Secret
"""A secret as text, as bytes, or as a `Secret`, which isn't shown in logs."""

Secrets = SecretText | Sequence[SecretText]
"""One secret, or several while the secret is changed. A delivery may be signed with any of them. A line break at the end of a
secret, which a file has, doesn't belong to it."""

TOLERANCE = 300.0
"""Seconds by which a signature's time may differ from the current time, as Buildkite's documentation suggests."""

# The number of digits is bounded, so that the number can be calculated with and converted to a date.
_FORM = re.compile(r"timestamp=([0-9]{1,11}),[ \t]*signature=([0-9a-fA-F]{64})")
_LONGEST_SIGNATURE = 256
_LONGEST_TOKEN = 4096


class Verified(NamedTuple):
    """Result of a verified signature."""

    timestamp: int
    """The time at which Buildkite sent the delivery, in seconds since the epoch."""
    signature: str
    """The signature, in lower-case hexadecimal."""
    secret: int
    """The index of the secret that the delivery was signed with. Remove an old secret when it isn't used any more."""

    @property
    def sent_at(self) -> datetime:
        """The time at which Buildkite sent the delivery."""
        return datetime.fromtimestamp(self.timestamp, UTC)


def verify(
    body: bytes,
    headers: Headers,
    secret: Secrets,
    *,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] = time.time,
) -> Verified:
    """Verify the signature and the age of a delivery.

    Only signatures are accepted. A delivery with a plain-text token is refused, because a token is weaker: see
    `verify_token`.

    Args:
        body: the raw body, byte for byte. JSON that was parsed and written again has another signature.
        headers: the delivery's headers, in any form that servers use.
        secret: the webhook's token in Buildkite; a tuple of several while it is changed.
        tolerance: seconds by which the signature's time may differ from the current time, before or after it.
        now: returns the current time, in seconds since the epoch.

    Returns:
        When the delivery was sent, and which secret it was signed with.

    Raises:
        WebhookUnverified: the signature is missing, malformed, wrong, too old, or too new; `reason` says which.
        ConfigurationError: no secret, an empty one, or a negative tolerance.
        TypeError: the body isn't bytes.

    Example:
        >>> body = b'{"event": "ping"}'
        >>> headers = {"X-Buildkite-Signature": sign(body, "s3cret", now=lambda: 1642080837)}
        >>> verify(body, headers, "s3cret", now=lambda: 1642080900).timestamp
        1642080837

    Documentation: https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature
    """
    return _verify(body, headers, _secret_keys(secret), tolerance, now)


def _verify(
    body: bytes, headers: Headers, keys: Sequence[bytes], tolerance: float, now: Callable[[], float]
) -> Verified:
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"verify needs the raw body as bytes, not {type(body).__name__}: parsed JSON has another signature"
        )
    if not tolerance >= 0:
        raise ConfigurationError(f"tolerance={tolerance!r}: give seconds, 0 or more")
    given = _given(headers, SIGNATURE, _LONGEST_SIGNATURE)
    form = _FORM.fullmatch(given)
    if form is None:
        _refuse("malformed", f"the header {SIGNATURE} isn't timestamp=SECONDS,signature=HEX")
    digits, signature = form.groups()
    message = b"%s.%s" % (digits.encode(), body)
    wanted, used = bytes.fromhex(signature), None
    for index, key in enumerate(keys):  # all of them: the time must not tell which one it was
        if hmac.compare_digest(hmac.digest(key, message, "sha256"), wanted) and used is None:
            used = index
    if used is None:
        _refuse("mismatch", "it isn't signed with the secret, or its body was changed")
    # After the signature: before that, the time may be anybody's.
    timestamp = int(digits)
    age = now() - timestamp
    if not -tolerance <= age <= tolerance:
        when = f"{abs(age):.0f} s {'old' if age > 0 else 'in the future'}"
        _refuse(
            "too_old" if age > 0 else "too_new",
            f"it is signed, but {when}, beyond the {tolerance:g} s allowed: it was sent again, or this machine's clock is wrong",
        )
    return Verified(timestamp, signature.lower(), used)


def verify_token(headers: Headers, token: Secrets) -> int:
    """Verify the plain-text token of a delivery.

    A signature is better: anyone who sees a delivery with a token can forge others, and send it again at any time.

    Args:
        headers: the delivery's headers.
        token: the webhook's token in Buildkite; a tuple of several while it is changed.

    Returns:
        The index of the token that the delivery has.

    Raises:
        WebhookUnverified: the token is missing, malformed or wrong; `reason` says which.
        ConfigurationError: no token, or an empty one.

    Example:
        >>> verify_token({"X-Buildkite-Token": "new"}, ("old", "new"))
        1

    Documentation: https://buildkite.com/docs/apis/webhooks/pipelines#webhook-token
    """
    keys = _secret_keys(token)
    given = _given(headers, TOKEN, _LONGEST_TOKEN)
    used = _matching(_digest(given.encode()), [_digest(key) for key in keys])
    if used is None:
        _refuse("mismatch", "its token is wrong")
    return used


def sign(body: bytes, secret: Secrets, *, now: Callable[[], float] = time.time) -> str:
    """Return the value of `X-Buildkite-Signature` for a body, for tests and to forward a delivery.

    Args:
        body: the raw body.
        secret: the secret to sign with; of several, the first is used.
        now: returns the current time, in seconds since the epoch.

    Raises:
        ConfigurationError: the secret is empty.

    Example:
        >>> sign(b"{}", "s3cret", now=lambda: 1)[:22]
        'timestamp=1,signature='
    """
    timestamp = str(int(now()))
    key = _secret_keys(secret)[0]
    return f"timestamp={timestamp},signature={hmac.digest(key, b'%s.%s' % (timestamp.encode(), body), 'sha256').hex()}"


@dataclass(frozen=True, slots=True)
class Verifier:
    """The one way in which a `WebhookHandler` verifies deliveries.

    Attributes:
        header: the header that a delivery must have; None if nothing is verified.
        secrets: the secrets, or the plain-text tokens.
        tolerance: seconds by which a signature's time may differ from the current time.
    """

    header: str | None
    secrets: tuple[bytes, ...] = field(repr=False)
    tolerance: float

    def __str__(self) -> str:
        return {SIGNATURE: "secret=…", TOKEN: "token=…"}.get(self.header or "", "allow_unsigned=True")

    def verify(self, headers: Headers, body: bytes, now: Callable[[], float]) -> Verified | None:
        """Verify a delivery. Return what its signature tells; None if deliveries aren't signed.

        Raises:
            WebhookUnverified: the signature or the token is missing or wrong.
        """
        if self.header == SIGNATURE:
            return _verify(body, headers, self.secrets, self.tolerance, now)
        if self.header == TOKEN:
            verify_token(headers, self.secrets)
        return None

    def credentials_for(self, body: bytes, now: Callable[[], float]) -> dict[str, str]:
        """Return the headers of a delivery that this verifies."""
        if self.header == SIGNATURE:
            return {SIGNATURE: sign(body, self.secrets, now=now)}
        return {TOKEN: self.secrets[0].decode("latin-1")} if self.header == TOKEN else {}


def verifier_for(secret: Secrets | None, token: Secrets | None, *, allow_unsigned: bool, tolerance: float) -> Verifier:
    """Return the verifier for the arguments of a `WebhookHandler`.

    Raises:
        ConfigurationError: not exactly one way to verify was given, or an empty secret.
    """
    if (secret is not None) + (token is not None) + bool(allow_unsigned) != 1:
        raise ConfigurationError(
            "WebhookHandler needs exactly one of secret= (Buildkite signs, which is better), token= (Buildkite sends the "
            "token) and allow_unsigned=True (anybody may post)"
        )
    if secret is not None:
        return Verifier(SIGNATURE, tuple(_secret_keys(secret)), tolerance)
    if token is not None:
        return Verifier(TOKEN, tuple(_secret_keys(token)), tolerance)
    return Verifier(None, (), tolerance)


def _secret_keys(secret: Secrets) -> list[bytes]:
    """Return the secrets as bytes.

    Raises:
        ConfigurationError: there is no secret, or one is empty, so that anybody could sign, or one isn't valid text.
        TypeError: one is neither text nor bytes.
    """
    if (
        type(secret) is str and secret.isascii() and secret.isalnum()
    ):  # fast, and true of the secrets that Buildkite makes
        return [secret.encode()]
    if not secret:
        raise ConfigurationError(
            "the webhook's secret is missing or empty, so that anybody could sign: give the webhook's token in Buildkite"
        )
    keys = [_key(secret)] if isinstance(secret, (str, bytes, bytearray, Secret)) else [_key(each) for each in secret]
    if not all(keys):
        raise ConfigurationError(
            "one of the webhook's secrets is empty, so that anybody could sign: give the webhook's tokens in Buildkite"
        )
    return keys


def _key(secret: SecretText) -> bytes:
    """Return a secret as bytes, without the line break that a file ends with."""
    if isinstance(secret, Secret):
        key = _encoded(secret.reveal())
    elif isinstance(secret, str):
        key = _encoded(secret)
    elif isinstance(secret, (bytes, bytearray)):
        key = bytes(secret)
    else:
        raise TypeError(f"a webhook's secret must be text or bytes, not {kind_of(secret)}")
    key = key.rstrip(b"\r\n")
    if key and not key.strip():
        raise ConfigurationError("the webhook's secret is white space only: give the webhook's token in Buildkite")
    if b"\n" in key or b"\r" in key:
        raise ConfigurationError(
            "the webhook's secret holds a line break, so nothing could be signed with it: give one secret, or a tuple of several"
        )
    return key


def _encoded(secret: str) -> bytes:
    if secret.isascii():
        return secret.encode()
    # Not raised from the UnicodeEncodeError, which holds the secret.
    with suppress(UnicodeEncodeError):
        return secret.encode("utf-8", "surrogateescape")  # os.environ has this form for bytes that aren't UTF-8
    raise ConfigurationError("the webhook's secret holds characters that can't be encoded")


def _given(headers: Headers, name: str, longest: int) -> str:
    """Return the value of a required header."""
    try:
        given = single_header(headers, name, longest=longest)
    except HeaderError as error:
        _refuse(error.reason, str(error))
    if given is None:
        _refuse("missing", f"there is no header {name}")
    return given


def _matching(given: bytes, wanted: list[bytes]) -> int | None:
    """Return the index of the matching value. Each comparison takes constant time, and none is left out."""
    equal = [index for index, each in enumerate(wanted) if hmac.compare_digest(given, each)]
    return equal[0] if equal else None


def _digest(text: bytes) -> bytes:
    # Digests have one length, so that the time of a comparison doesn't tell the token's length.
    return hmac.digest(b"buildkite-ext", text, "sha256")


def _refuse(reason: WebhookReason, why: str) -> NoReturn:
    raise WebhookUnverified(f"The delivery is refused: {why}.", reason=reason) from None
