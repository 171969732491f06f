"""`buildkite-ext api`: send any request to the API and print its answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter, Token

from ..api.request import METHODS, READING_METHODS, ApiRequest, RequestField
from ..exit_codes import ExitCode
from ..inputs import Inputs, is_stdin, name_and_value
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Duration, Flag, Repeated, WholeNumber
from ..problem import UsageError
from ..streams import Colour, coloured

__all__ = ["api"]

_REQUEST = Group("The request", sort_key=1)
_PAGES = Group("Pages", sort_key=2)


@dataclass(frozen=True, slots=True)
class _FieldWord:
    """A value of --field or --raw-field before it is parsed."""

    text: str
    raw: bool


def _field_words(_: object, tokens: Sequence[Token]) -> tuple[_FieldWord, ...]:
    """Convert both kinds of fields as one option, since their order counts in lists of objects."""
    return tuple(_FieldWord(token.value, token.keyword in ("--raw-field", "-f")) for token in tokens)


def api(
    method: Annotated[str | None, Parameter(metavar="METHOD", show_default=False)] = None,
    path: Annotated[str | None, Parameter(metavar="PATH", show_default=False)] = None,
    /,
    *,
    method_option: Annotated[str | None, Parameter(name=("--method", "-X"), group=_REQUEST, metavar="METHOD")] = None,
    field: Annotated[
        tuple[_FieldWord, ...],
        Repeated,
        Parameter(
            name=("--field", "-F", "--raw-field", "-f"),
            group=_REQUEST,
            metavar="K=V",
            converter=_field_words,
            n_tokens=1,
        ),
    ] = (),
    input: Annotated[  # noqa: A002 - the option's name
        Path | None, Parameter(group=_REQUEST, metavar="FILE", allow_leading_hyphen=True)
    ] = None,
    header: Annotated[tuple[str, ...], Repeated, Parameter(group=_REQUEST, metavar="K:V", alias="-H")] = (),
    timeout: Annotated[float | None, Duration, Parameter(group=_REQUEST)] = None,
    paginate: Annotated[bool, Flag, Parameter(group=_PAGES)] = False,
    limit: Annotated[int | None, WholeNumber, Parameter(group=_PAGES)] = None,
    max_pages: Annotated[int | None, WholeNumber, Parameter(group=_PAGES)] = None,
    select: Annotated[str | None, Parameter(group=OUTPUT, metavar="PATH")] = None,
    jq: Annotated[str | None, Parameter(group=OUTPUT, metavar="EXPR", allow_leading_hyphen=True)] = None,
    raw_output: Annotated[bool, Flag, Parameter(group=OUTPUT, alias="-r")] = False,
    compact: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    include: Annotated[bool, Flag, Parameter(group=OUTPUT, alias="-i")] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Send any request to the API and print its answer as JSON.

    Args:
        method: GET, HEAD, POST, PUT, PATCH or DELETE. Without it GET, or POST if there are fields or --input.
        path: Such as organizations/{org}/pipelines.
        method_option: The method, in place of the argument.
        field: With GET, HEAD and DELETE, and beside --input, a parameter of the query. Otherwise a key of the JSON body.
            There K[SUB] nests and K[] makes a list. With --field (-F) V is JSON if it is true, false, null or an integer,
            and @FILE is the content of a file, @- that of the standard input. With --raw-field (-f) V is a string as it is.
        input: A file that is the body; - reads the standard input. It has to be JSON, unless a header says otherwise.
        header: A header of the request; may be repeated.
        timeout: The time for each request, with its retries and pauses; by default 2m.
        paginate: Follow the pages of a list and print all its items as one array.
        limit: The most items to print.
        max_pages: The pages to read; a list that has more is an error; by default 10000.
        select: Print the value at a path: a.b, a[0], a[].b, [].b; null if there is nothing.
        jq: Print the result of a jq expression; needs jq.
        raw_output: Print strings without quotes, and the values of a --select with [] on a line each.
        compact: Print JSON on one line.
        include: Print the status and the headers first.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Send it to a simulator inside this command, over real HTTP; it has the pipelines web, api and release.
    """
    from ..api.output import JsonPrinter
    from ..connection import ConnectionOptions

    verb, route = _method_and_path(method, path, method_option, sends=bool(field) or input is not None)
    _check_combination(
        verb, input=input, paginate=paginate, limit=limit, max_pages=max_pages, select=select, jq=jq, include=include
    )
    inputs = Inputs(reserved_for="--token-file" if is_stdin(common.token_file) else None)
    fields = _fields(field, inputs)
    content = None if input is None else inputs.read("--input", input)
    request = ApiRequest.of(verb, route, fields=fields, content=content, headers=header)
    printer = JsonPrinter(out=sys.stdout, colour=coloured(color, sys.stdout), compact=compact, raw=raw_output)

    from ...pagination.walker import MAX_PAGES
    from ..api.queries import Selection, jq_filter
    from ..api.runner import ApiRun

    return ApiRun(
        request=request,
        method_implied=method_option is None and path is None,
        connection=ConnectionOptions.of(common, common.organization, simulate=simulate),
        printer=printer,
        timeout=timeout,
        paginate=paginate,
        limit=limit,
        max_pages=MAX_PAGES if max_pages is None else max_pages,
        selection=None if select is None else Selection.parse(select),
        jq=None if jq is None else jq_filter(jq),
        include=include,
    ).run()


def _method_and_path(first: str | None, second: str | None, option: str | None, *, sends: bool) -> tuple[str, str]:
    """Return the method and the path of a command line.

    Args:
        first: the first word: a method, or the path.
        second: the second word: the path.
        option: the value of `--method`.
        sends: there are fields or an input, so that POST is the default.

    Raises:
        UsageError: one is missing or given twice, or the method doesn't exist.
    """
    if first is None:
        raise UsageError("missing argument PATH.")
    if option is not None and second is not None:
        raise UsageError("METHOD and --method: give one of them.")
    if option is None and second is None:
        if first.upper() in METHODS:
            raise UsageError("missing argument PATH.")
        return ("POST" if sends else "GET"), first
    name, given, path = ("METHOD", first, second) if option is None else ("--method", option, first)
    assert path is not None
    if given.upper() in METHODS:
        return given.upper(), path
    if path.upper() in METHODS and option is None:
        raise UsageError(f"METHOD first, then PATH: write {path.upper()} {given}.")
    raise UsageError(f"{name}: {given!r} isn't one of {', '.join(METHODS)}.")


def _check_combination(
    method: str,
    *,
    input: Path | None,  # noqa: A002
    paginate: bool,
    limit: int | None,
    max_pages: int | None,
    select: str | None,
    jq: str | None,
    include: bool,
) -> None:
    """Refuse options that exclude each other."""
    if input is not None and method in READING_METHODS:
        raise UsageError(f"--input: {method} sends no body.")
    if paginate and method != "GET":
        raise UsageError(f"--paginate: only GET has pages, and this is {method}. Write GET before PATH.")
    if paginate and include:
        raise UsageError("--include shows the headers of one answer, and with --paginate there are many.")
    if limit is not None and not paginate:
        raise UsageError("--limit is for --paginate; one page takes -f per_page=N.")
    if limit is not None and limit < 1:
        raise UsageError(f"--limit {limit}: give a number above 0.")
    if max_pages is not None and not paginate:
        raise UsageError("--max-pages is for --paginate.")
    if max_pages is not None and max_pages < 1:
        raise UsageError(f"--max-pages {max_pages}: give a number above 0.")
    if select is not None and jq is not None:
        raise UsageError("--select and --jq: give one of them.")


def _fields(words: Sequence[_FieldWord], inputs: Inputs) -> list[RequestField]:
    fields = []
    for word in words:
        option = "--raw-field" if word.raw else "--field"
        name, value = name_and_value(option, word.text)
        if word.raw:
            fields.append(RequestField(name, value, value, option))
        elif value.startswith("@"):
            content = inputs.text(f"{option} {name}", value[1:])
            fields.append(RequestField(name, content, content))
        else:
            fields.append(RequestField.typed(name, value))
    return fields
