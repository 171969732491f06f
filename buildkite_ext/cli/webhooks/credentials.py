"""Credentials of webhooks: secrets and tokens from files and the environment, never from the command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from ...redaction import without_secrets
from ..env import WEBHOOK_SECRET_VARIABLE, WEBHOOK_TOKEN_VARIABLE
from ..inputs import Inputs, is_stdin
from ..problem import UsageError

__all__ = ["SECRET_GROUP", "SecretFiles", "TokenFiles", "WebhookAuth", "WebhookCredential", "read_auth"]

_LARGEST_FILE = 64 * 1024
_SHORTEST_HIDDEN = 4

SECRET_GROUP = Group("The secret", sort_key=1)

_Files = Parameter(group=SECRET_GROUP, metavar="PATH", negative="", show_default=False, allow_leading_hyphen=True)
SecretFiles = Annotated[tuple[Path, ...], _Files]
TokenFiles = Annotated[tuple[Path, ...], _Files]

_Mode = Literal["secret", "token", "unsigned"]
_VARIABLES: tuple[tuple[_Mode, str], ...] = (("secret", WEBHOOK_SECRET_VARIABLE), ("token", WEBHOOK_TOKEN_VARIABLE))


@dataclass(frozen=True, slots=True)
class WebhookCredential:
    """A secret or a token, and where it was found."""

    value: bytes = field(repr=False)
    origin: str


@dataclass(frozen=True, slots=True)
class WebhookAuth:
    """Authentication of deliveries.

    Attributes:
        mode: `secret`: deliveries are signed. `token`: deliveries contain a token. `unsigned`: neither.
        credentials: the secrets or tokens, any of which is valid. Empty if the mode is `unsigned`.
    """

    mode: _Mode
    credentials: tuple[WebhookCredential, ...] = ()

    @property
    def values(self) -> tuple[bytes, ...]:
        return tuple(each.value for each in self.credentials)

    @property
    def origins(self) -> str:
        """The places where the credentials were found, for messages."""
        return ", ".join(dict.fromkeys(each.origin for each in self.credentials))

    def hide(self, text: str) -> str:
        """Replace the credentials in a text: a receiver may have sent one back."""
        known = [(each.origin, each.value.decode("utf-8", "replace")) for each in self.credentials]
        return without_secrets(text, known, shortest=_SHORTEST_HIDDEN)


def read_auth(
    inputs: Inputs,
    secret_files: Sequence[Path],
    token_files: Sequence[Path] = (),
    *,
    unsigned: bool = False,
    tokens: bool = True,
    unsigned_option: str | None = "--allow-unsigned",
) -> WebhookAuth:
    """Read the credentials that the options name, or else the environment.

    Args:
        inputs: the reader of the files.
        secret_files: the values of `--secret-file`.
        token_files: the values of `--token-file`.
        unsigned: whether the user asked for no authentication.
        tokens: whether the command takes tokens as well as secrets.
        unsigned_option: the name of the option that asks for no authentication; None if the command has none.

    Raises:
        UsageError: there are no credentials, or those of two modes; or a file can't be read, or is empty.
    """
    given = [
        name
        for name, present in (
            ("--secret-file", secret_files),
            ("--token-file", token_files),
            (unsigned_option, unsigned),
        )
        if present and name
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)}: give one of them. A webhook either signs or sends its token.")
    if unsigned:
        return WebhookAuth("unsigned")
    if given:
        mode: _Mode = "secret" if secret_files else "token"
        return WebhookAuth(mode, _from_files(inputs, given[0], secret_files or token_files))
    found = _from_environment(tokens=tokens)
    if found is None:
        raise UsageError(_missing(tokens=tokens, unsigned_option=unsigned_option))
    return found


def _from_environment(*, tokens: bool) -> WebhookAuth | None:
    found = [
        WebhookAuth(mode, tuple(WebhookCredential(value, f"${name}") for value in values))
        for mode, name in (_VARIABLES if tokens else _VARIABLES[:1])
        if (values := _lines(os.fsencode(os.environ.get(name, ""))))
    ]
    if len(found) > 1:
        raise UsageError(
            f"${WEBHOOK_SECRET_VARIABLE} and ${WEBHOOK_TOKEN_VARIABLE} are both set: a webhook either signs or sends its token. "
            "Unset one, or name a file with --secret-file or --token-file."
        )
    return found[0] if found else None


def _missing(*, tokens: bool, unsigned_option: str | None) -> str:
    ways = [
        f"set ${WEBHOOK_SECRET_VARIABLE}, or name a file that holds it with --secret-file (`-` reads the standard input)"
    ]
    if tokens:
        ways.append(f"for a webhook that sends its token, ${WEBHOOK_TOKEN_VARIABLE} or --token-file")
    if unsigned_option is not None:
        ways.append(f"to go without, {unsigned_option}")
    return f"No webhook secret: {'; '.join(ways)}. The secret is the token in the webhook's settings in Buildkite."


def _from_files(inputs: Inputs, option: str, paths: Sequence[Path]) -> tuple[WebhookCredential, ...]:
    found: list[WebhookCredential] = []
    for path in paths:
        origin = "the standard input" if is_stdin(path) else str(path)
        lines = _lines(inputs.read(option, path, most=_LARGEST_FILE, prompt="Webhook secret: "))
        if not lines:
            raise UsageError(f"{option}: {origin!r} holds no secret. Write the secret on a line of its own.")
        found += [
            WebhookCredential(line, origin if len(lines) == 1 else f"{origin} line {number}")
            for number, line in enumerate(lines, start=1)
        ]
    return tuple(found)


def _lines(text: bytes) -> list[bytes]:
    """Split a file into secrets, one a line. There are several while a secret is rotated."""
    return [line for line in text.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
