"""Sending what was typed, and printing what comes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._sync import BlockingIterator, run
from ...errors import ApiError, BuildkiteError, InvalidResponse, path_of
from ...events import Event, RetryScheduled
from ...pagination.raw import raw_items
from ...redaction import redacted_text
from ...transport.context import context_of
from ..connection import Connection
from ..exit_codes import ExitCode
from ..problem import UsageError, without_secrets
from ..safe_text import clean
from ..streams import tell
from .call import Call
from .output import Printer, parsed
from .select import Selection

if TYPE_CHECKING:
    import httpx

    from ...transport.requester import Requester
    from .jq import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """One run of the command."""

    call: Call
    connection: Connection
    printer: Printer
    timeout: float | None
    paginate: bool
    limit: int | None
    selection: Selection | None
    jq: Filter | None
    include: bool

    def run(self) -> ExitCode:
        """Send the request and print its answer.

        Raises:
            UsageError: the path leads elsewhere. Nothing was sent.
            BuildkiteError: it couldn't be done. The answer's own words, where it is JSON, are on the standard output.
        """
        with self._requester() as requester:
            if self.paginate:
                self._pages(requester)
            else:
                self._one(requester)
        sys.stdout.flush()  # here a reader that has gone is noticed, and not when the interpreter ends
        return ExitCode.PASSED

    @contextmanager
    def _requester(self) -> Iterator[Requester]:
        with self.connection.client(_tell, anywhere="{org}" not in self.call.path) as client:
            yield (client if self.timeout is None else client.with_options(timeout=self.timeout))._requester

    def _one(self, requester: Requester) -> None:
        request = self._built(requester)
        try:
            response = run(requester.send(request))
        except ApiError as error:
            self._refusal(error)
            raise
        if self.include:
            self.printer.head(response)
        if response.status_code >= 300 and context_of(request).operation is None:
            where = redacted_text(response.headers.get("Location", "nowhere"))
            raise InvalidResponse(
                f"{request.method} {path_of(request)} was redirected ({response.status_code}) to {where}; redirects "
                "aren't followed, since the token would go along."
            )
        self._show(response)

    def _built(self, requester: Requester) -> httpx.Request:
        call = self.call
        try:
            return requester.build_path(
                call.method, call.path, params=call.params, content=call.content, headers=call.headers
            )
        except ValueError as error:
            # Without the query, which may hold anything.
            raise UsageError(f"PATH {call.path.partition('?')[0]!r} can't be used: {error}.") from error

    def _show(self, response: httpx.Response) -> None:
        if not response.content:
            return
        wanted = "--select" if self.selection else "--jq" if self.jq else None
        try:
            if not _is_json(response):
                raise ValueError(response.headers.get("content-type", "it has no content type"))
            value = parsed(response.content)
        except ValueError as error:
            if wanted:
                raise InvalidResponse(
                    f"The answer came and isn't JSON ({error}), which {wanted} takes. Leave {wanted} out."
                ) from error
            self.printer.content(response.content)
            return
        self._value(value)

    def _value(self, value: Any) -> None:
        if self.jq is not None:
            self.printer.each(self.jq(value))
        elif self.selection is None:
            self.printer.value(value)
        elif self.printer.raw and self.selection.many:
            self.printer.each(self.selection.values(value))
        else:
            self.printer.value(self.selection.of(value))

    def _refusal(self, error: ApiError) -> None:
        """What the server said, for scripts to read."""
        if self.include:
            self.printer.head(error.response)
        if error.response.content and _is_json(error.response):
            try:
                self.printer.value(parsed(error.response.content))
            except ValueError:
                return
        sys.stdout.flush()

    def _pages(self, requester: Requester) -> None:
        self._built(requester)  # refuses what can't be used
        of_item = Selection(()) if self.selection is None else self.selection.item()
        call, count = self.call, 0
        whole: list[Any] | None = [] if self.jq is not None or of_item is None else None
        items = BlockingIterator(
            raw_items(requester, call.path, params=call.params, headers=call.headers, limit=self.limit)
        )
        try:
            for item in items:
                if whole is not None:
                    whole.append(item)
                    continue
                for value in of_item.values(item) if of_item else ():
                    self._piece(value, count)
                    count += 1
        except BuildkiteError as error:
            if count:
                self._incomplete(count)
            elif isinstance(error, ApiError):
                self._refusal(error)
            raise
        if whole is not None:
            self._value(whole)
        elif not self._bare_lines:
            self.printer.end(count)

    def _piece(self, value: Any, index: int) -> None:
        if self._bare_lines:
            self.printer.value(value)
        else:
            self.printer.item(value, index)

    @property
    def _bare_lines(self) -> bool:
        return self.printer.raw and self.selection is not None

    def _incomplete(self, count: int) -> None:
        """Leave the array open: whatever reads it through a pipe notices too."""
        if not self._bare_lines:
            self.printer.break_off()
        sys.stdout.flush()
        tell(f"buildkite-ext: The list is incomplete: {count} printed, and then this came.")


def _is_json(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def _tell(event: Event) -> None:
    if isinstance(event, RetryScheduled) and event.pause >= 1:
        said = f"{event.method} {event.path}: {event.reason}. Trying again in {event.pause:.0f} s."
        tell(f"buildkite-ext: {without_secrets(clean(said))}")
