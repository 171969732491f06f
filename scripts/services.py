"""Print buildkite_ext/services/_generated/: the operations grouped as spec/calls.yaml groups them, async and blocking.

The arguments and results of the methods are read from the generated modules, so that the two cannot differ.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RENAMED = {"build_number": "number"}
"""Names of arguments that differ from the path parameters. Slugs differ too: `pipeline_slug` is `pipeline`."""

PAGED = frozenset({"page", "per_page", "after", "before"})

NO_MODELS = frozenset({"UNSET", "Unset", "Any", "None", "Mapping", "Sequence", "True", "False", "File", "Secret"})
"""Names in annotations that are not models."""

OWN = {
    "per_page": ("int | None = None", "items a request, at most 100."),
    "limit": ("int | None = None", "the maximum of items."),
    "concurrency": ("int = 1", "pages fetched at once."),
}


ADDRESS = {
    "pipeline": "the pipeline's slug, as `web` or `acme/web`",
    "number": "the build's number inside its pipeline, not its id; or a Build.",
    "job_id": "the job's id, or a Job.",
}
"""Arguments that are an address together, and what is said of them. `Address` has the rest."""


class CallsError(ValueError):
    """Table of calls that cannot be printed. The message says why."""


@dataclass(frozen=True)
class Sources:
    """Sources of the services."""

    document: Mapping[str, Any]
    package: Path
    called: Mapping[str, str]
    """Call of each operation, such as `teams.members.list`."""


@dataclass(frozen=True)
class Argument:
    """Argument of a method."""

    name: str
    annotation: str
    text: str
    sent_as: str = ""
    """Its name in the generated module or the request model."""
    nullable: bool = False
    """True if null is documented."""


@dataclass(frozen=True)
class Method:
    """Method of a service."""

    name: str
    operation: str
    module: str
    summary: str
    description: str
    scope: str | None
    doc: str
    path: tuple[Argument, ...]
    query: tuple[Argument, ...]
    body: tuple[Argument, ...]
    body_model: str | None
    body_required: bool
    update: bool
    """True if a field that the body lacks stays as it is: UNSET is the default then, and a documented null is sent."""
    organization: bool
    result: str
    item: str | None
    """Model of the items of a paginated list; None for another method."""
    pages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """Arguments of a method that name a pipeline, a build or a job, and how the method resolves them."""

    names: tuple[str, ...]
    resolver: str
    """Method of `AsyncService` that does it."""
    models: tuple[str, ...]
    """Models that may stand in the place of the first argument."""
    instead: str
    """What is said of these models."""

    def signature(self) -> list[str]:
        first, *rest = self.names
        types = {"number": "int | Build | None = None", "job_id": "str | Job | None = None"}
        return [f"{first}: {' | '.join(('str', *self.models))}", *(f"{name}: {types[name]}" for name in rest)]

    def described(self) -> list[tuple[str, str]]:
        first, *rest = self.names
        said = ADDRESS[first] + self.instead if first == "pipeline" else ADDRESS[first]
        return [(first, said), *((name, ADDRESS[name]) for name in rest)]


ADDRESSES = (
    Address(
        ("pipeline", "number", "job_id"),
        "_job_at",
        ("Build", "Job"),
        "; or a Job or its URL, which needs no other address; or a Build.",
    ),
    Address(("pipeline", "number"), "_build_at", ("Build",), "; or a Build or its URL, which needs no number."),
    Address(("pipeline",), "_pipeline_at", ("Pipeline",), ", its URL, or a Pipeline."),
    Address(("job_id",), "_job_by_id", ("Job",), ""),
)
"""The longest first."""


@dataclass
class Service:
    """Service, and the services below it."""

    path: str
    name: str
    """Name of the blocking class."""
    about: str
    """Docstring of the classes."""
    methods: list[Method] = field(default_factory=list)
    children: list[Service] = field(default_factory=list)
    nested: dict[str, Service] = field(default_factory=dict)
    """Services that are found here by another name as well."""

    @property
    def attribute(self) -> str:
        return self.path.rpartition(".")[2]


def called_by(calls: Mapping[str, Any]) -> dict[str, str]:
    """Return the method that calls each operation, such as `teams.members.list`, by the operation's id."""
    return {id_: f"{path}.{name}" for path, methods in calls["services"].items() for name, id_ in methods.items()}


def write(document: Mapping[str, Any], calls: Mapping[str, Any], package: Path, folder: Path) -> None:
    """Write the services.

    Args:
        document: the bundled description.
        calls: spec/calls.yaml, which `check` has accepted: services, their methods, and which are written by hand.
        package: the generated package, its endpoints and models in place.
        folder: the folder of the modules; it doesn't exist yet.

    Raises:
        CallsError: two arguments of a method would have one name.
    """
    operations = operations_of(document)
    made_of = Sources(document, package, called_by(calls))
    services: dict[str, Service] = {}

    def service_at(path: str) -> Service:
        return services.setdefault(path, Service(path, class_name(path, package), about(path, calls, document)))

    for path, methods in calls["services"].items():
        service = service_at(path)
        by_hand = set(calls["by_hand"].get(path, ()))
        service.methods = [
            method(name, *operations[id_], made_of) for name, id_ in methods.items() if name not in by_hand
        ]
    roots: list[Service] = []
    for path, service in list(services.items()):
        parent = path.rpartition(".")[0]
        (service_at(parent).children if parent else roots).append(service)
    # A service without methods was created as the parent of others.
    roots += [service for path, service in services.items() if "." not in path and service not in roots]
    for path, names in calls.get("nested", {}).items():
        services[path].nested = {name: services[other] for name, other in names.items()}
    folder.mkdir(parents=True)
    for root in roots:
        (folder / f"{root.attribute}.py").write_text(print_module(root), encoding="utf-8")
    (folder / "__init__.py").write_text(print_index(roots), encoding="utf-8")


def about(path: str, calls: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Return the docstring of a service: the description of its tag, or its name."""
    operations = operations_of(document)
    tags = {operations[id_][0]["tags"][0] for id_ in calls["services"].get(path, {}).values()}
    described = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    words = path.replace(".", ": ").replace("_", " ")
    return (described.get(tags.pop(), "") if len(tags) == 1 else "") or f"{words[:1].upper()}{words[1:]}."


def class_name(path: str, package: Path) -> str:
    """Return the name of a service's blocking class, which is never the name of a model."""
    name = "".join(part.title().replace("_", "") for part in path.split("."))
    return f"{name}Service" if (package / "models" / f"{_snake(name)}.py").exists() else name


def operations_of(document: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], str]]:
    """Return every operation by its id, with its path."""
    return {
        operation["operationId"]: (operation, path)
        for path, item in document["paths"].items()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    }


def check(calls: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Refuse a table of calls that doesn't name each operation exactly once.

    Raises:
        CallsError: an operation is in no service, in two, or isn't described.
    """
    operations = operations_of(document)
    named = [operation for methods in calls["services"].values() for operation in methods.values()]
    problems = [
        f"{name} isn't an operation of the description: remove or rename it" for name in named if name not in operations
    ]
    problems += [
        f"{name} is in no service: add it to one, as `METHOD: {name}`" for name in operations if name not in named
    ]
    problems += [f"{name} is there twice: remove one" for name in set(named) if named.count(name) > 1]
    problems += [
        f"by_hand: {path}.{name} isn't in services: add it there, or remove it here"
        for path, names in calls["by_hand"].items()
        for name in names
        if name not in calls["services"].get(path, {})
    ]
    problems += [
        f"nested: {path}.{name} can't be {other}: both have to be services, and no method has that name"
        for path, names in calls.get("nested", {}).items()
        for name, other in names.items()
        if not {path, other} <= set(calls["services"]) or name in calls["services"][path]
    ]
    if problems:
        raise CallsError("spec/calls.yaml: " + "; ".join(sorted(problems)))


def method(name: str, operation: Mapping[str, Any], path: str, made_of: Sources) -> Method:
    """Return the method of a service for an operation."""
    document, package, id_ = made_of.document, made_of.package, operation["operationId"]
    group = operation["tags"][0]
    functions = {
        node.name: node
        for node in ast.parse((package / "api" / group / f"{id_}.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    given = functions["_get_kwargs"].args
    result = _text(functions["_parse_response"].returns).removeprefix("Error | ")
    parameters = {_identifier(p["name"]): p for p in _parameters(path, operation, document)}
    positional = [
        Argument(
            RENAMED.get(a.arg, a.arg.removesuffix("_slug")), _text(a.annotation), _said(parameters.get(a.arg)), a.arg
        )
        for a in given.args
        if a.arg != "org_slug"
    ]
    query = [
        Argument(a.arg, _optional(_text(a.annotation)), _said(parameters.get(a.arg)), a.arg)
        for a in given.kwonlyargs
        if a.arg != "body"
    ]
    body = next((a for a in given.kwonlyargs if a.arg == "body"), None)
    model = _text(body.annotation).removesuffix(" | Unset") if body else None
    paged = operation.get("x-buildkite-pagination")
    update = bool(operation.get("x-buildkite-update"))
    made = Method(
        name=name,
        operation=id_,
        module=group,
        summary=operation["summary"].rstrip("."),
        description=re.sub(
            r"(?<=`)\w+(?=`)", lambda m: made_of.called.get(m[0], m[0]), operation.get("description", "")
        ),
        scope=operation.get("x-buildkite-scope"),
        doc=(operation.get("externalDocs") or {}).get("url", ""),
        path=tuple(positional),
        query=tuple(q for q in query if not (paged and q.name in PAGED)),
        body=tuple(_fields(model, document, package, update=update)) if model else (),
        body_model=model,
        body_required=bool(body and "Unset" not in _text(body.annotation)),
        update=update,
        organization="{org_slug}" in path,
        result=result,
        item=_item(result, document) if paged else None,
        pages=tuple(n for n in ("per_page",) if any(q.name == n for q in query)) if paged else (),
    )
    names = ["self", "request", *(a.name for a in (*made.path, *made.query, *made.body)), *_own(made)]
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise CallsError(f"{id_}: two arguments would be called {', '.join(twice)}")
    return made


def _fields(model: str, document: Mapping[str, Any], package: Path, *, update: bool) -> Iterator[Argument]:
    source = (package / "models" / f"{_snake(model)}.py").read_text(encoding="utf-8")
    (cls,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    properties = document["components"]["schemas"].get(model, {}).get("properties", {})
    for node in cls.body:
        annotation = _text(node.annotation) if isinstance(node, ast.AnnAssign) else "ClassVar"
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and "ClassVar" not in annotation:
            key = node.target.id
            schema = properties.get(key) or properties.get(key.rstrip("_")) or {}
            if not update:
                annotation = _optional(annotation)
            elif "Unset" in annotation:
                annotation += " = UNSET"
            yield Argument(_snake(key), annotation, _said(schema), key, _nullable(schema))


def _item(result: str, document: Mapping[str, Any]) -> str:
    if result.startswith("list["):
        return result[5:-1]
    schema = document["components"]["schemas"][result]
    return str(schema["properties"]["items"]["items"]["$ref"]).rpartition("/")[2]


def _parameters(path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for parameter in [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]:
        if "$ref" in parameter:
            yield document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
        else:
            yield parameter


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _text(node: ast.expr | None) -> str:
    return ast.unparse(node) if node is not None else "None"


def _nullable(schema: Mapping[str, Any]) -> bool:
    return "null" in schema.get("type", ()) or {"type": "null"} in schema.get("anyOf", ())


def _optional(annotation: str) -> str:
    known = annotation.replace(" | Unset", "")
    return known if known == annotation else f"{known} = None" if "None" in known else f"{known} | None = None"


def _said(described: Mapping[str, Any] | None) -> str:
    text = " ".join((described or {}).get("description", "").split())
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


# --- Printing ---------------------------------------------------------------------------------------------------------


def print_module(root: Service) -> str:
    """Return the module of one service and those below it."""
    services = [root, *root.children]
    methods = [method for service in services for method in service.methods]
    models = sorted(set(_models(methods)))
    lines = [
        f'"""Service `client.{root.path}`: {", ".join(sorted({m.module.replace("_", " ") for m in methods}))}."""',
        "",
        "from __future__ import annotations",
        "",
        "import builtins",
        "import datetime",
        "from collections.abc import Mapping, Sequence",
        "from functools import cached_property",
        "from typing import Any",
        "",
        # At run time, so that `typing.get_type_hints` can resolve the annotations.
        *(f"from buildkite_api.models import {model}" for model in models),
        "from buildkite_api.types import UNSET, File, Secret, Unset",
        "",
        "from buildkite_ext.pagination.items import AsyncItems",
        "from buildkite_ext.services._base import AsyncService, Service, blocking",
        "from buildkite_ext.services.addresses import needed",
        "from buildkite_ext.services.arguments import aware, aware_or_unset, filter_map, not_empty, not_null, or_unset, text_map",
        "from buildkite_ext.services.checks import check",
        *(
            f"from buildkite_ext.services._generated.{other.attribute} import Async{other.name}, {other.name}"
            for service in services
            for other in service.nested.values()
        ),
        "",
    ]
    for service in reversed(services):
        lines += [*_async_class(service), "", *_blocking_class(service), ""]
    return "\n".join(lines)


def _models(methods: list[Method]) -> Iterator[str]:
    for method in methods:
        address = _address(method)
        texts = [method.item or method.result, *(address.signature() if address else ())]
        texts += [argument.annotation for argument in (*method.path, *method.query, *method.body)]
        for text in texts:
            for name in re.findall(r"\b[A-Z]\w+", text):
                if name not in NO_MODELS:
                    yield name


def _async_class(service: Service) -> Iterator[str]:
    yield f"class Async{service.name}(AsyncService):"
    yield f'    """{service.about}"""'
    yield ""
    yield from _not_a_test(f"Async{service.name}")
    for child in service.children:
        yield "    @cached_property"
        yield f"    def {child.attribute}(self) -> Async{child.name}:"
        yield f'        """{child.about}"""'
        yield f"        return Async{child.name}(self._requester)"
        yield ""
    for name, other in service.nested.items():
        yield "    @cached_property"
        yield f"    def {name}(self) -> Async{other.name}:"
        yield f'        """{other.about} The same as `client.{other.path}`."""'
        yield f"        return Async{other.name}(self._requester)"
        yield ""
    for each in service.methods:
        yield from _method(each, service.path, f"Async{service.name}")
        yield ""


def _blocking_class(service: Service) -> Iterator[str]:
    yield f"class {service.name}(Service[Async{service.name}]):"
    yield f'    """{service.about}"""'
    yield ""
    yield from _not_a_test(service.name)
    for child in service.children:
        yield "    @cached_property"
        yield f"    def {child.attribute}(self) -> {child.name}:"
        yield f'        """{child.about}"""'
        yield f"        return {child.name}(self._shared.{child.attribute})"
        yield ""
    for name, other in service.nested.items():
        yield "    @cached_property"
        yield f"    def {name}(self) -> {other.name}:"
        yield f'        """{other.about} The same as `client.{other.path}`."""'
        yield f"        return {other.name}(self._shared.{name})"
        yield ""
    for each in service.methods:
        yield f"    {each.name} = blocking(Async{service.name}.{each.name})"


def _not_a_test(name: str) -> Iterator[str]:
    # pytest collects classes by their names.
    if name.startswith("Test"):
        yield "    __test__ = False"
        yield ""


def _own(each: Method) -> list[str]:
    return [*each.pages, "limit", "concurrency"] if each.item else []


def _address(each: Method) -> Address | None:
    """Return the address that the arguments of a method begin with."""
    names = tuple(argument.name for argument in each.path)
    return next((address for address in ADDRESSES if names[: len(address.names)] == address.names), None)


def _method(each: Method, service: str, owner: str) -> Iterator[str]:
    keywords = [*each.query, *each.body]
    own = _own(each)
    # Required arguments come first.
    keywords.sort(key=lambda argument: "=" in argument.annotation)
    address = _address(each)
    others = each.path[len(address.names) if address else 0 :]
    # What comes behind arguments that may be left out may be left out too, for Python.
    late = address is not None and len(address.names) > 1
    signature = ["self", *(address.signature() if address else ())]
    signature += [f"{a.name}: {_builtin(a.annotation)}{' | None = None' if late else ''}" for a in others]
    if keywords or own:
        signature.append("*")
        signature += [f"{a.name}: {_with_text(_builtin(a.annotation))}" for a in keywords]
        signature += [f"{name}: {OWN[name][0]}" for name in own]
    result = f"AsyncItems[{each.item}]" if each.item else _builtin(each.result)
    head = "def" if each.item else "async def"
    yield f"    {head} {each.name}({', '.join(signature)}) -> {result}:"
    yield from textwrap.indent(_docstring(each, keywords, own), " " * 8).split("\n")
    if others or keywords or own:
        yield f"        check({owner}.{each.name}, locals())"
    yield f"        from buildkite_api.api.{each.module} import {each.operation}"
    if each.body_model:
        yield f"        from buildkite_api.models import {each.body_model}"
    yield ""
    called = f'"{service}.{each.name}"'
    where = ["self._requester.organization"] if each.organization else []
    if address:
        where = ["*at"]
        yield f"        at = self.{address.resolver}({called}, {', '.join(address.names)})"
    rest = [f'needed({called}, "{a.name}", {a.name})' if late else a.name for a in others]
    arguments = [each.operation, *where, *rest]
    query = [f"{a.sent_as}={_filter(a)}" for a in each.query]
    if each.item:
        call = ", ".join([called, *arguments, *query, *(f"{name}={name}" for name in own)])
        yield f"        return self._items({call})"
        return
    if each.body_model:
        solid = [a.name for a in each.body if not a.nullable]
        if each.update and solid:
            yield f"        not_null({', '.join(f'{name}={name}' for name in solid)})"
        fields = ", ".join(f"{a.sent_as}={_sent(each, a)}" for a in each.body)
        yield f"        request = {each.body_model}({fields})"
        query.append("body=request" if each.body_required else "body=request if request.to_dict() else UNSET")
    yield f"        return await self._requester.call({', '.join([*arguments, *query])})"


def _filter(argument: Argument) -> str:
    if argument.annotation.startswith("Mapping["):
        return f'filter_map("{argument.name}", {argument.name})'
    if "datetime" in argument.annotation:
        return f'aware("{argument.name}", {argument.name})'
    return f"not_empty({argument.name})" if "Sequence[" in argument.annotation else argument.name


def _sent(each: Method, argument: Argument) -> str:
    optional = "=" in argument.annotation and not each.update
    value = argument.name
    if argument.annotation.startswith("Mapping[str, str]"):
        value = f'text_map("{value}", {value})'
    if "datetime" in argument.annotation:
        value = f'{"aware_or_unset" if each.update else "aware"}("{value}", {value})'
    return f"or_unset({value})" if optional else value


def _with_text(annotation: str) -> str:
    """Return an annotation in which a text may stand for a datetime."""
    return annotation.replace("datetime.datetime", "datetime.datetime | str", 1)


def _builtin(annotation: str) -> str:
    # A method called `list` hides the builtin inside its class.
    return re.sub(r"\blist\[", "builtins.list[", annotation)


def _docstring(each: Method, keywords: list[Argument], own: list[str]) -> str:
    scope = f" Scope: {each.scope}." if each.scope else ""
    described = [" ".join(paragraph.split()) for paragraph in each.description.split("\n\n")]
    paragraphs = [
        f'"""{each.summary}.{scope}',
        *(
            textwrap.fill(text, 104, break_on_hyphens=False)
            for text in described
            if text and not text.startswith("http")
        ),
    ]
    address = _address(each)
    others = each.path[len(address.names) if address else 0 :]
    told = [*(address.described() if address else ()), *((a.name, _said_of(a)) for a in (*others, *keywords))]
    told += [(name, OWN[name][1]) for name in own]
    if told:
        listed = [
            textwrap.fill(
                f"{name}: {text or 'see the documentation.'}",
                104,
                initial_indent="    ",
                subsequent_indent="        ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            for name, text in told
        ]
        paragraphs.append("\n".join(["Args:", *listed]))
    if each.doc:
        paragraphs.append(each.doc)
    return "\n\n".join(paragraphs).replace("\\", "\\\\") + '\n"""'


def _said_of(argument: Argument) -> str:
    text = argument.text.rstrip(".")
    if text and "datetime" in argument.annotation:
        return f"{text}: a datetime with a time zone, or a text of ISO 8601 with one."
    return argument.text


def print_index(roots: list[Service]) -> str:
    """Return the module of the mixins that give the clients their services."""
    lines = [
        '"""Services of the API, as attributes of the clients."""',
        "",
        "from __future__ import annotations",
        "",
        "from functools import cached_property",
        "from typing import TYPE_CHECKING",
        "",
        "if TYPE_CHECKING:",
        "    from buildkite_ext.transport.requester import Requester",
        "",
    ]
    lines += [f"    from .{root.attribute} import Async{root.name}, {root.name}" for root in roots]
    for prefix in ("Async", ""):
        lines += [
            "",
            "",
            f"class {prefix}Services:",
            '    """Services of a client."""',
            "",
            "    _requester: Requester",
            "",
        ]
        for root in roots:
            made = f"Async{root.name}(self._requester)"
            names = f"Async{root.name}" if prefix else f"Async{root.name}, {root.name}"
            lines += [
                "    @cached_property",
                f"    def {root.attribute}(self) -> {prefix}{root.name}:",
                f'        """{root.about}"""',
                f"        from .{root.attribute} import {names}",
                "",
                f"        return {made if prefix else f'{root.name}({made})'}",
                "",
            ]
    return "\n".join(lines)
