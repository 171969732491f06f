"""Proof that a delivery comes from who knows the secret: signatures, and tokens in clear text.

https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple, NoReturn

from buildkite_api.types import Secret

from ..errors import ConfigurationError, WebhookReason, WebhookUnverified
from .headers import SIGNATURE, TOKEN, HeaderError, Headers, single

SecretText = str | bytes | Secret
"""A secret, as text, as bytes, or as a `Secret`, which no log shows."""

Secrets = SecretText | Sequence[SecretText]
"""One secret, or several of which any will do, while one takes the place of another."""

TOLERANCE = 300.0
"""Seconds by which a signature's time may differ from now, as Buildkite's documentation suggests."""

# The digits bound the number: what follows calculates with it, and makes a date of it.
_FORM = re.compile(r"timestamp=([0-9]{1,11}),[ \t]*signature=([0-9a-fA-F]{64})")
_LONGEST_SIGNATURE = 256
_LONGEST_TOKEN = 4096


class Verified(NamedTuple):
    """What was proven of a delivery."""

    timestamp: int
    """When Buildkite sent it, in seconds since the epoch."""
    signature: str
    """The signature, in lower-case hexadecimal."""
    secret: int
    """Which of several secrets it was signed with, counted from 0: when the old one is seen no more, drop it."""

    @property
    def sent_at(self) -> datetime:
        """When Buildkite sent it."""
        return datetime.fromtimestamp(self.timestamp, UTC)


def verify(
    body: bytes,
    headers: Headers,
    secret: Secrets,
    *,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] = time.time,
) -> Verified:
    """Check the signature of a delivery, and its age.

    It takes signatures only: a delivery that shows the token in clear text is refused, so that nobody is led to accept
    the weaker proof. See `verify_token` for that one.

    Args:
        body: the raw body, byte for byte. JSON that was parsed and written again has another signature.
        headers: the delivery's headers, in any of the forms that servers have them in.
        secret: the token that was set for the webhook in Buildkite; several, as a tuple, while it is changed.
        tolerance: seconds by which the signature's time may differ from now, in both directions.
        now: the time, in seconds since the epoch.

    Returns:
        When it was sent, and which secret it was signed with.

    Raises:
        WebhookUnverified: the signature is missing, malformed, wrong, too old, or of the future; `reason` says which.
        ConfigurationError: no secret, an empty one, or a tolerance that is none.
        TypeError: the body isn't bytes.

    Example:
        >>> body = b'{"event": "ping"}'
        >>> headers = {"X-Buildkite-Signature": sign(body, "s3cret", now=lambda: 1642080837)}
        >>> verify(body, headers, "s3cret", now=lambda: 1642080900).timestamp
        1642080837

    Documentation: https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature
    """
    keys = secrets_of(secret)
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"verify needs the raw body as bytes, not {type(body).__name__}: a parsed one has lost its signature"
        )
    if not tolerance >= 0:
        raise ConfigurationError(f"tolerance={tolerance!r}: give seconds, 0 or more")
    given = _given(headers, SIGNATURE, _LONGEST_SIGNATURE)
    form = _FORM.fullmatch(given)
    if form is None:
        _refuse("malformed", f"the header {SIGNATURE} isn't timestamp=SECONDS,signature=HEX")
    timestamp, signature = form[1], form[2].lower()
    message = b"%s.%s" % (timestamp.encode(), bytes(body))
    used = _matching(bytes.fromhex(signature), [hmac.digest(key, message, "sha256") for key in keys])
    if used is None:
        _refuse("mismatch", "it isn't signed with the secret, or its body was changed")
    # After the signature: only then is the time Buildkite's, and worth telling anybody.
    age = now() - int(timestamp)
    if not -tolerance <= age <= tolerance:
        when = f"{abs(age):.0f} s {'old' if age > 0 else 'in the future'}"
        _refuse(
            "too_old" if age > 0 else "too_new",
            f"it is signed, but {when}, beyond the {tolerance:g} s allowed: it was sent again, or this machine's clock is wrong",
        )
    return Verified(int(timestamp), signature, used)


def verify_token(headers: Headers, token: Secrets) -> int:
    """Check the token that a delivery shows in clear text.

    A signature is better: whoever sees one delivery with a token can make any other, and send it again at any time.

    Args:
        headers: the delivery's headers.
        token: the token that was set for the webhook in Buildkite; several, as a tuple, while it is changed.

    Returns:
        Which of several tokens it was, counted from 0.

    Raises:
        WebhookUnverified: the token is missing, malformed or another; `reason` says which.
        ConfigurationError: no token, or an empty one.

    Example:
        >>> verify_token({"X-Buildkite-Token": "new"}, ("old", "new"))
        1

    Documentation: https://buildkite.com/docs/apis/webhooks/pipelines#webhook-token
    """
    keys = secrets_of(token)
    given = _given(headers, TOKEN, _LONGEST_TOKEN)
    used = _matching(_digest(given.encode()), [_digest(key) for key in keys])
    if used is None:
        _refuse("mismatch", "its token is another one")
    return used


def sign(body: bytes, secret: Secrets, *, now: Callable[[], float] = time.time) -> str:
    """The value of `X-Buildkite-Signature` for a body: for tests, and to send a delivery on.

    Args:
        body: the raw body.
        secret: what to sign with; the first of several.
        now: the time, in seconds since the epoch.

    Raises:
        ConfigurationError: the secret is empty.

    Example:
        >>> sign(b"{}", "s3cret", now=lambda: 1)[:22]
        'timestamp=1,signature='
    """
    timestamp = str(int(now()))
    key = secrets_of(secret)[0]
    return f"timestamp={timestamp},signature={hmac.digest(key, b'%s.%s' % (timestamp.encode(), body), 'sha256').hex()}"


def secrets_of(secret: Secrets) -> list[bytes]:
    """The secrets as bytes.

    Raises:
        ConfigurationError: There is none, or one is empty, with which anybody could sign, or one is no text.
        TypeError: One is neither text nor bytes.
    """
    if not secret:
        raise ConfigurationError("there is no secret for the webhook, or an empty one: anybody could sign with it")
    keys = [_key(secret)] if isinstance(secret, (str, bytes, bytearray, Secret)) else [_key(each) for each in secret]
    if not all(keys):
        raise ConfigurationError("one of the webhook's secrets is empty: anybody could sign with it")
    return keys


def _key(secret: SecretText) -> bytes:
    if isinstance(secret, Secret):
        return _key(secret.reveal())
    if isinstance(secret, str):
        if secret.isascii():
            return secret.encode()
        # Not raised from the other error: that one holds the secret.
        with suppress(UnicodeEncodeError):
            return secret.encode("utf-8", "surrogateescape")  # os.environ has bytes that are no UTF-8 in this form
        raise ConfigurationError("the webhook's secret holds characters that are none")
    if isinstance(secret, (bytes, bytearray)):
        return bytes(secret)
    raise TypeError(f"a webhook's secret is text or bytes, not {type(secret).__name__}")


def _given(headers: Headers, name: str, longest: int) -> str:
    """The value of a header that has to be there."""
    try:
        given = single(headers, name, longest=longest)
    except HeaderError as error:
        _refuse(error.reason, str(error))
    if given is None:
        _refuse("missing", f"there is no header {name}")
    return given


def _matching(given: bytes, wanted: list[bytes]) -> int | None:
    """Which one is given. It compares with each in full: the time taken tells nothing."""
    equal = [index for index, each in enumerate(wanted) if hmac.compare_digest(given, each)]
    return equal[0] if equal else None


def _digest(text: bytes) -> bytes:
    # Of one length, so that comparing doesn't tell how long the token is.
    return hmac.digest(b"buildkite-ext", text, "sha256")


def _refuse(reason: WebhookReason, why: str) -> NoReturn:
    raise WebhookUnverified(f"The delivery is refused: {why}.", reason=reason) from None
