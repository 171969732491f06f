"""The connection of a command: a client from the environment and a token file, or a client of a simulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ..errors import ConfigurationError
from ..options import ORGANIZATION_VARIABLE, TOKEN_VARIABLES
from ..transport.auth import check_token
from .inputs import Inputs, source_of
from .problem import UsageError
from .startup import end_startup
from .streams import output_failure

if TYPE_CHECKING:
    from ..client import BuildkiteClient
    from ..events import Event, Hook
    from .parameters import CommonOptions

__all__ = ["ConnectionOptions"]

_LARGEST_TOKEN_FILE = 64 * 1024


class _OutputFailed(BaseException):
    """Error of a hook that can't write the output. It isn't an Exception: those of hooks are logged, and nothing else ends."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _call(hook: Hook, event: Event) -> None:
    """Call a hook that writes to the output."""
    try:
        hook(event)
    except OSError as error:
        if output_failure(error) is None:
            raise
        raise _OutputFailed(error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """Options of a command's connection to Buildkite, or to a simulator.

    Attributes:
        organization: the organization's slug; None for that of the environment.
        token_file: the file that holds the token, `-` for the standard input; None for the token of the environment.
        simulate: connect to a simulator in this process instead. The environment is ignored.
        allow_http: send the token unencrypted to other computers too.
    """

    organization: str | None = None
    token_file: Path | None = None
    simulate: bool = False
    allow_http: bool = False

    @classmethod
    def of(cls, common: CommonOptions, organization: str | None, *, simulate: bool = False) -> Self:
        """Return the options of a command that takes the common ones.

        Args:
            common: its common options.
            organization: the organization's slug, which the arguments of the command may name too.
            simulate: its option `--simulate`.
        """
        return cls(
            organization=organization,
            token_file=common.token_file,
            simulate=simulate,
            allow_http=common.allow_http,
        )

    @contextmanager
    def client(self, on_event: Hook | None = None, *, need_organization: bool = True) -> Iterator[BuildkiteClient]:
        """Open a client, and close it at the end of the `with` block.

        Args:
            on_event: called with each event; by default notes about some are printed on the standard error. If it can't write
                the output, the `with` block ends with that error, and not only the call of the hook.
            need_organization: raise an error where no organization is given.

        Raises:
            UsageError: the token or the organization isn't given.
        """
        from .notes import print_note

        hook = partial(_call, on_event or print_note)
        try:
            with self._client(hook, need_organization=need_organization) as client:
                yield client
        except _OutputFailed as failed:
            raise failed.error from None

    @contextmanager
    def _client(self, on_event: Hook, *, need_organization: bool) -> Iterator[BuildkiteClient]:
        if self.simulate:
            from .simulator import simulated_client

            end_startup()
            with simulated_client(self.organization, on_event) as client:
                yield client
            return
        from ..client import BuildkiteClient

        end_startup()
        organization = self.organization or os.environ.get(ORGANIZATION_VARIABLE, "").strip()
        if not organization and need_organization:
            raise UsageError(
                f"No organization: give its slug with --organization, or set ${ORGANIZATION_VARIABLE}. "
                "(--simulate needs neither that nor a token.)"
            )
        with BuildkiteClient(
            organization or None, token=self._token(), allow_http=self.allow_http, on_event=on_event
        ) as client:
            yield client

    @property
    def options(self) -> list[str]:
        """The options with which another command connects to the same."""
        given = [("--organization", self.organization), ("--token-file", self.token_file)]
        found = [word for name, value in given if value is not None for word in (name, str(value))]
        return [*found, "--allow-http"] if self.allow_http else found

    def _token(self) -> str | None:
        if self.token_file is not None:
            text = Inputs().text(
                "--token-file", self.token_file, most=_LARGEST_TOKEN_FILE, prompt="Buildkite API token: "
            )
            try:
                return check_token(text)
            except ConfigurationError as error:
                raise UsageError(f"--token-file: {source_of(self.token_file)} doesn't hold a token. {error}") from error
        if any(os.environ.get(name, "").strip() for name in TOKEN_VARIABLES):
            return None  # the client reads it
        raise UsageError(
            f"No API token: set ${TOKEN_VARIABLES[0]}, or name a file that holds it with --token-file (`-` reads the standard "
            "input). Make a token at https://buildkite.com/user/api-access-tokens. (--simulate needs none.)"
        )
