"""The execution of `buildkite-ext api`: sends the request, and prints the answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..._sync import run
from ...errors import ApiError, BuildkiteError, InvalidResponse
from ...pagination.items import Items
from ...pagination.sources import PathPages
from ...pagination.walker import MAX_PAGES, Walker
from ...redaction import redacted_text
from ...states import FILTERS
from ...transport.context import context_of
from ...unknown_names import unknown_names
from ...urls import path_of
from ..connection import ConnectionOptions
from ..exit_codes import ExitCode
from ..problem import UsageError, without_secrets
from ..streams import clean, print_error
from .output import JsonPrinter, parsed
from .queries import Selection
from .request import ApiRequest

if TYPE_CHECKING:
    import httpx

    from ...transport.requester import Requester
    from .queries import JqFilter

__all__ = ["ApiRun"]

_IF_LONGER = "Allow more with --max-pages, stop earlier with --limit, or narrow the list with its filters."


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRun:
    """One execution of the command.

    Attributes:
        request: the request to send.
        method_implied: the command line names no method.
        connection: where to send it.
        printer: prints the answer.
        timeout: seconds for each request; None for the client's default.
        paginate: follow the pages of a list.
        limit: the most items to print.
        max_pages: the pages of a list after which one that has more is an error.
        selection: the path of `--select`.
        jq: the expression of `--jq`.
        include: print the status and the headers first.
    """

    request: ApiRequest
    method_implied: bool
    connection: ConnectionOptions
    printer: JsonPrinter
    timeout: float | None = None
    paginate: bool = False
    limit: int | None = None
    max_pages: int = MAX_PAGES
    selection: Selection | None = None
    jq: JqFilter | None = None
    include: bool = False

    def run(self) -> ExitCode:
        """Send the request and print its answer.

        Raises:
            UsageError: the path can't be used. Nothing was sent.
            BuildkiteError: the request failed. If the answer is JSON, it was printed.
        """
        with self._requester() as requester:
            if self.paginate:
                self._print_pages(requester)
            else:
                self._print_answer(requester)
        sys.stdout.flush()  # raises BrokenPipeError here, and not when the interpreter exits
        return ExitCode.PASSED

    @contextmanager
    def _requester(self) -> Iterator[Requester]:
        with self.connection.client(need_organization="{org}" in self.request.path) as client:
            yield (client if self.timeout is None else client.with_options(timeout=self.timeout))._requester

    def _print_answer(self, requester: Requester) -> None:
        request = self._built(requester)
        try:
            response = run(requester.send(request))
        except ApiError as error:
            self._print_refusal(error)
            if error.status == 404 and self.method_implied and request.method == "POST":
                print_error("buildkite-ext: With fields the method is POST. To send them as a query: api GET PATH …")
            raise
        if self.include:
            self.printer.head(response)
        if response.status_code >= 300 and context_of(request).operation is None:
            where = redacted_text(response.headers.get("Location", "nowhere"))
            raise InvalidResponse(
                f"{request.method} {path_of(request)} was redirected ({response.status_code}) to {where}. Redirects "
                "aren't followed, since the token would be sent along."
            )
        self._print_content(response)

    def _built(self, requester: Requester) -> httpx.Request:
        wanted = self.request
        try:
            request = requester.build_path(
                wanted.method, wanted.path, params=wanted.params, content=wanted.content, headers=wanted.headers
            )
        except ValueError as error:
            # Without the query, which may hold secrets.
            raise UsageError(f"PATH {wanted.path.partition('?')[0]!r} can't be used: {error}.") from error
        _print_unknown_states(request)
        return request

    def _print_content(self, response: httpx.Response) -> None:
        if not response.content:
            return
        query = "--select" if self.selection else "--jq" if self.jq else None
        try:
            if not _is_json(response):
                raise ValueError(response.headers.get("content-type", "it has no content type"))
            value = parsed(response.content)
        except ValueError as error:
            if query:
                raise InvalidResponse(
                    f"The answer isn't JSON ({error}), which {query} needs. Run the command without {query} to see it."
                ) from error
            self.printer.content(response.content)
            return
        self._print_value(value)

    def _print_value(self, value: Any) -> None:
        if self.jq is not None:
            self.printer.each(self.jq(value))
        elif self.selection is None:
            self.printer.value(value)
        elif self.printer.raw and self.selection.many:
            self.printer.each(self.selection.values(value))
        else:
            self.printer.value(self.selection.of(value))

    def _print_refusal(self, error: ApiError) -> None:
        """Print the answer of a refused request, for scripts."""
        if self.include:
            self.printer.head(error.response)
        if error.response.content and _is_json(error.response):
            try:
                self.printer.value(parsed(error.response.content))
            except ValueError:
                return
        sys.stdout.flush()

    def _print_pages(self, requester: Requester) -> None:
        self._built(requester)  # raises if the path can't be used
        of_item = Selection(()) if self.selection is None else self.selection.item()
        count = 0
        whole: list[Any] | None = [] if self.jq is not None or of_item is None else None
        try:
            for item in self._items(requester):
                if whole is not None:
                    whole.append(item)
                    continue
                for value in of_item.values(item) if of_item else ():
                    self._print_item(value, count)
                    count += 1
        except BuildkiteError as error:
            if count:
                self._print_incomplete(count)
            elif isinstance(error, ApiError):
                self._print_refusal(error)
            raise
        if whole is not None:
            self._print_value(whole)
        elif not self._one_a_line:
            self.printer.end(count)

    def _items(self, requester: Requester) -> Iterator[Any]:
        """Return the items of all pages."""
        wanted = self.request
        source = PathPages.of(
            requester, wanted.path, params=wanted.params, headers=wanted.headers, limit=self.limit, if_longer=_IF_LONGER
        )
        return iter(Items(Walker(source, limit=self.limit, max_pages=self.max_pages)))

    def _print_item(self, value: Any, index: int) -> None:
        if self._one_a_line:
            self.printer.value(value)
        else:
            self.printer.item(value, index)

    @property
    def _one_a_line(self) -> bool:
        return self.printer.raw and self.selection is not None

    def _print_incomplete(self, count: int) -> None:
        """Leave the array open, so that a program that reads it through a pipe fails too."""
        if not self._one_a_line:
            self.printer.break_off()
        sys.stdout.flush()
        print_error(f"buildkite-ext: The list is incomplete: {count} items were printed before this error.")


def _is_json(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def _print_unknown_states(request: httpx.Request) -> None:
    """Warn of states in the query that this version doesn't know, which may be typing errors."""
    operation = context_of(request).operation
    name, known = FILTERS.get(operation.id if operation is not None else "", ("", frozenset[str]()))
    query = request.url.params
    for text in unknown_names("state", [*query.get_list(name), *query.get_list(f"{name}[]")], known):
        print_error(
            f"buildkite-ext: Check the query: {without_secrets(clean(text))}{'' if text.endswith('?') else '.'}"
        )
