"""How deliveries prove where they come from: secrets and tokens, from files and the environment, and never from words."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from ..env import WEBHOOK_SECRET_VARIABLE, WEBHOOK_TOKEN_VARIABLE
from ..problem import UsageError

LONGEST_FILE = 64 * 1024
SHORTEST_HIDDEN = 4

PROOF = Group("The secret", sort_key=1)

_Files = Parameter(group=PROOF, metavar="PATH", negative="", show_default=False, allow_leading_hyphen=True)
SecretFiles = Annotated[tuple[str, ...], _Files]
TokenFiles = Annotated[tuple[str, ...], _Files]

Mode = Literal["secret", "token", "unsigned"]
_VARIABLES: tuple[tuple[Mode, str], ...] = (("secret", WEBHOOK_SECRET_VARIABLE), ("token", WEBHOOK_TOKEN_VARIABLE))


@dataclass(frozen=True, slots=True)
class Key:
    """A secret or a token, and where it was found."""

    value: bytes = field(repr=False)
    origin: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a delivery is proven with.

    Attributes:
        mode: `secret`: it is signed. `token`: it shows the token. `unsigned`: it proves nothing.
        keys: the secrets or tokens of which any will do; none where nothing is proven.
    """

    mode: Mode
    keys: tuple[Key, ...] = ()

    @property
    def values(self) -> tuple[bytes, ...]:
        return tuple(key.value for key in self.keys)

    @property
    def origins(self) -> str:
        """Where the keys were found, for people."""
        return ", ".join(dict.fromkeys(key.origin for key in self.keys))

    def hide(self, text: str) -> str:
        """The text without the secrets: a receiver may have sent one back."""
        for key in self.keys:
            value = key.value.decode("utf-8", "replace")
            if len(value) >= SHORTEST_HIDDEN:
                text = text.replace(value, f"[{key.origin}]")
        return text


def proof_of(
    secret_files: Sequence[str],
    token_files: Sequence[str] = (),
    *,
    unsigned: bool = False,
    tokens: bool = True,
    unsigned_option: str | None = "--allow-unsigned",
    taken_by: str | None = None,
) -> Proof:
    """The one way to prove a delivery that the options or else the environment name.

    Args:
        secret_files: the values of `--secret-file`.
        token_files: the values of `--token-file`.
        unsigned: whether nothing is to be proven.
        tokens: whether the command has the plain-token mode.
        unsigned_option: what the option for no proof is called; None where there is none.
        taken_by: what reads the standard input already.

    Raises:
        UsageError: there is none, or more than one; a file can't be read, or holds nothing.
    """
    given = [
        name
        for name, present in (
            ("--secret-file", secret_files),
            ("--token-file", token_files),
            (unsigned_option, unsigned),
        )
        if present
    ]
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(map(str, given))}: give one of them. A webhook either signs or shows its token."
        )
    if unsigned:
        return Proof("unsigned")
    if secret_files or token_files:
        mode: Mode = "secret" if secret_files else "token"
        return Proof(mode, _from_files(given[0] or "", secret_files or token_files, taken_by))
    found = _from_environment(tokens=tokens)
    if found is None:
        raise UsageError(_none(tokens=tokens, unsigned_option=unsigned_option))
    return found


def _from_environment(*, tokens: bool) -> Proof | None:
    found = [
        Proof(mode, tuple(Key(value, f"${name}") for value in values))
        for mode, name in (_VARIABLES if tokens else _VARIABLES[:1])
        if (values := _lines(os.environb.get(name.encode(), b"")))
    ]
    if len(found) > 1:
        raise UsageError(
            f"${WEBHOOK_SECRET_VARIABLE} and ${WEBHOOK_TOKEN_VARIABLE} are both set: a webhook either signs or shows its token. "
            "Unset one, or "
            "name a file with --secret-file or --token-file."
        )
    return found[0] if found else None


def _none(*, tokens: bool, unsigned_option: str | None) -> str:
    ways = [
        f"set ${WEBHOOK_SECRET_VARIABLE}, or name a file that holds it with --secret-file (`-` reads the standard input)"
    ]
    if tokens:
        ways.append(f"for a webhook that shows its token, ${WEBHOOK_TOKEN_VARIABLE} or --token-file")
    if unsigned_option is not None:
        ways.append(f"to go without, {unsigned_option}")
    return f"No webhook secret: {'; '.join(ways)}. It is the token that the webhook has in Buildkite's settings."


def _from_files(option: str, paths: Sequence[str], taken_by: str | None) -> tuple[Key, ...]:
    if paths.count("-") + (taken_by is not None) > 1:
        raise UsageError(f"{option} -: the standard input is read by {taken_by or 'another one'} already.")
    keys: list[Key] = []
    for path in paths:
        where = "the standard input" if path == "-" else path
        lines = _lines(_read(option, path))
        if not lines:
            raise UsageError(f"{option}: {where!r} holds no secret. It needs the secret on a line of its own.")
        several = len(lines) > 1
        keys += [
            Key(line, f"{where} line {number}" if several else where) for number, line in enumerate(lines, start=1)
        ]
    return tuple(keys)


def _read(option: str, path: str) -> bytes:
    if path != "-":
        try:
            with Path(path).open("rb") as file:
                return file.read(LONGEST_FILE)
        except OSError as error:
            raise UsageError(f"{option}: {path!r} can't be read: {error.strerror or error}") from error
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("Webhook secret: ").encode()
    return sys.stdin.buffer.read(LONGEST_FILE)


def _lines(text: bytes) -> list[bytes]:
    """A secret a line: more than one while it is changed."""
    return [line for line in text.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
