"""The client that a command works with: from the environment and a token file, or of the embedded simulator."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..options import ORGANIZATION_VARIABLE, TOKEN_VARIABLES
from ..transport.auth import check_token
from .problem import UsageError

if TYPE_CHECKING:
    from ..client import BuildkiteClient
    from ..events import Hook

LONGEST_TOKEN_FILE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where to connect to.

    Attributes:
        organization: the organization's slug; None for the environment's.
        token_file: the file that holds the token, `-` for the standard input; None for the environment's token.
        simulate: connect to a simulator in this process instead, whatever the environment holds.
    """

    organization: str | None = None
    token_file: str | None = None
    simulate: bool = False

    @contextmanager
    def client(self, on_event: Hook | None = None, *, anywhere: bool = False) -> Iterator[BuildkiteClient]:
        """A client while a `with` block runs.

        Args:
            on_event: called with each event.
            anywhere: go without an organization where there is none.

        Raises:
            UsageError: there is no token or no organization.
        """
        if self.simulate:
            from .embedded import embedded

            with embedded(self.organization, on_event) as client:
                yield client
            return
        from ..client import BuildkiteClient

        organization = self.organization or os.environ.get(ORGANIZATION_VARIABLE, "").strip()
        if not organization and not anywhere:
            raise UsageError(
                f"No organization: give its slug with --organization, or set ${ORGANIZATION_VARIABLE}. "
                "(--simulate needs neither that nor a token.)"
            )
        with BuildkiteClient(organization or None, token=self._token(), on_event=on_event) as client:
            yield client

    @property
    def options(self) -> list[str]:
        """What a further command needs on its line to connect to the same."""
        given = [("--organization", self.organization), ("--token-file", self.token_file)]
        return [word for name, value in given if value is not None for word in (name, value)]

    def _token(self) -> str | None:
        if self.token_file is not None:
            where = repr(self.token_file).replace("'-'", "the standard input")
            try:
                return check_token(_read(self.token_file))
            except (OSError, UnicodeDecodeError) as error:
                raise UsageError(f"--token-file: {where} can't be read: {error}") from error
            except ConfigurationError as error:
                raise UsageError(f"--token-file: what {where} holds can't be a token. {error}") from error
        if any(os.environ.get(name, "").strip() for name in TOKEN_VARIABLES):
            return None  # the client reads it
        raise UsageError(
            f"No API token: set ${TOKEN_VARIABLES[0]}, or name a file that holds it with --token-file (`-` reads the standard "
            "input). Make a token at https://buildkite.com/user/api-access-tokens. (--simulate needs none.)"
        )


def _read(path: str) -> str:
    if path != "-":
        with Path(path).open(encoding="utf-8") as file:
            return file.read(LONGEST_TOKEN_FILE)
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("Buildkite API token: ")
    return sys.stdin.read(LONGEST_TOKEN_FILE)
