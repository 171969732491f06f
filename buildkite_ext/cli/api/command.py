"""`buildkite-ext api`: its options, its help, and what they come to."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter, Token

from ..app import CONNECTION, OUTPUT, Flag, Where, positive
from ..exit_codes import ExitCode
from ..problem import UsageError
from ..streams import Colour, coloured

if TYPE_CHECKING:
    from .call import Call
    from .fields import Field
    from .inputs import Sources
    from .jq import Filter

REQUEST = Group("The request", sort_key=1)
PAGES = Group("Pages", sort_key=2)

READING = ("GET", "HEAD")
METHODS = (*READING, "POST", "PUT", "PATCH", "DELETE")
Repeated = Parameter(negative="", show_default=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A field as it was typed."""

    text: str
    raw: bool


def _words(_: object, tokens: Sequence[Token]) -> tuple[Word, ...]:
    """Both kinds of fields in one option: where they make lists of objects, their order counts."""
    return tuple(Word(token.value, token.keyword in ("--raw-field", "-F")) for token in tokens)


def api(
    method: Annotated[str, Parameter(metavar="METHOD")],
    path: Annotated[str, Parameter(metavar="PATH")],
    /,
    *,
    field: Annotated[
        tuple[Word, ...],
        Repeated,
        Parameter(
            name=("--field", "-f", "--raw-field", "-F"), group=REQUEST, metavar="K=V", converter=_words, n_tokens=1
        ),
    ] = (),
    input: Annotated[  # noqa: A002 - the option's name
        str | None, Parameter(group=REQUEST, metavar="FILE", allow_leading_hyphen=True)
    ] = None,
    header: Annotated[tuple[str, ...], Repeated, Parameter(group=REQUEST, metavar="K:V", alias="-H")] = (),
    timeout: Annotated[float | None, Parameter(group=REQUEST, metavar="S")] = None,
    paginate: Annotated[bool, Flag, Parameter(group=PAGES)] = False,
    limit: Annotated[int | None, Parameter(group=PAGES, metavar="N")] = None,
    select: Annotated[str | None, Parameter(group=OUTPUT, metavar="PATH")] = None,
    jq: Annotated[str | None, Parameter(group=OUTPUT, metavar="EXPR", allow_leading_hyphen=True)] = None,
    raw_output: Annotated[bool, Flag, Parameter(group=OUTPUT, alias="-r")] = False,
    compact: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    include: Annotated[bool, Flag, Parameter(group=OUTPUT, alias="-i")] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    where: Where = Where(),  # noqa: B008 - frozen
) -> ExitCode:
    """Send any request to the API and print its answer as JSON. See `app.API_HELP`.

    Args:
        method: GET, HEAD, POST, PUT, PATCH or DELETE.
        path: Such as organizations/{org}/pipelines.
        field: With GET, HEAD and DELETE, and beside --input, a parameter of the query. Else a key of the JSON body.
            There K[SUB] nests, K[] makes a list, and V is JSON where it reads as JSON: 5, true, null, {"a": 1}.
            With --raw-field V is always a string; @FILE reads it from a file, @- from the standard input.
        input: A file that is the body; - reads the standard input. It has to be JSON, unless a header says otherwise.
        header: A header of the request; may be repeated.
        timeout: Seconds for each request, its retries and pauses included; by default 120.
        paginate: Follow the pages of a list and print all its items as one array.
        limit: The most items to print.
        select: Print what a path leads to: a.b, a[0], a[].b, [].b; null where there is nothing.
        jq: Print what a jq expression makes of the answer; needs jq.
        raw_output: Print strings without quotes, and what --select finds by [] on a line each.
        compact: Print JSON on one line.
        include: Print the status and the headers first.
        color: Whether to colour; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        simulate: Ask a simulator inside this command, over real HTTP; it has the pipelines web, api and release.
    """
    from ..connection import Connection
    from .inputs import Sources
    from .output import Printer

    verb = method.upper()
    if verb not in METHODS:
        raise UsageError(f"METHOD: {method!r} isn't one of {', '.join(METHODS)}.")
    _check(verb, input=input, paginate=paginate, limit=limit, select=select, jq=jq, include=include)
    sources = Sources(taken_by={"-": "--token-file"}.get(where.token_file or ""))
    fields = _fields(field, sources)
    content = None if input is None else sources.read("--input", input)
    call = _call(verb, path, fields, content, header)
    printer = Printer(out=sys.stdout, colour=coloured(color, sys.stdout), compact=compact, raw=raw_output)

    from .perform import Performance
    from .select import Selection

    return Performance(
        call=call,
        connection=Connection(organization=where.organization, token_file=where.token_file, simulate=simulate),
        printer=printer,
        timeout=positive("--timeout", timeout),
        paginate=paginate,
        limit=limit,
        selection=None if select is None else Selection.parse(select),
        jq=None if jq is None else _jq(jq),
        include=include,
    ).run()


def _check(
    method: str,
    *,
    input: str | None,  # noqa: A002
    paginate: bool,
    limit: int | None,
    select: str | None,
    jq: str | None,
    include: bool,
) -> None:
    """Refuse options that don't go together."""
    if input is not None and method in READING:
        raise UsageError(f"--input: {method} sends no body.")
    if paginate and method != "GET":
        raise UsageError(f"--paginate: only what GET reads has pages, and this is {method}.")
    if paginate and include:
        raise UsageError("--include shows one answer's headers, and with --paginate there are many.")
    if limit is not None and not paginate:
        raise UsageError("--limit is for --paginate; one page takes --field per_page=N.")
    if limit is not None and limit < 1:
        raise UsageError(f"--limit {limit}: give a number above 0.")
    if select is not None and jq is not None:
        raise UsageError("--select and --jq: give one of them.")


def _jq(expression: str) -> Filter:
    from .jq import jq_filter

    return jq_filter(expression)


def _fields(words: Sequence[Word], sources: Sources) -> list[Field]:
    from .fields import Field, split

    fields = []
    for word in words:
        name, value = split("--raw-field" if word.raw else "--field", word.text)
        if word.raw and value.startswith("@"):
            value = sources.text(f"--raw-field {name}", value[1:])
        fields.append(Field(name, value, word.raw))
    return fields


def _call(
    method: str,
    path: str,
    fields: list[Field],
    content: bytes | None,
    header: tuple[str, ...],
) -> Call:
    """The request that the options describe. Fields go into its body, unless it has none or --input is it."""
    import json

    from .call import Call
    from .fields import body_of
    from .inputs import check_json, headers_of

    headers = headers_of(header)
    if content is None and fields and method in ("POST", "PUT", "PATCH"):
        content, fields = json.dumps(body_of(fields)).encode(), []
    if content is not None and "json" in headers.setdefault("content-type", "application/json").lower():
        check_json(content)
    return Call(method, path, tuple((field.name, field.value) for field in fields), content, headers)
