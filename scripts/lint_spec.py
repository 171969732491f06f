"""Check the description in spec/: that it is OpenAPI, and that it keeps the rules of this project.

    python scripts/lint_spec.py

Each finding says where it is, what is wrong and what to do. The rules serve the generated client. They refuse
a description that would make it wrong (a default that is always sent), fragile (a null that breaks a page) or
hard to use (a class with the name of its place). The script exits with 1 if there is a finding.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lint_webhooks
from bundle import BundleError, bundle, load, references
from openapi_spec_validator import OpenAPIV31SpecValidator
from webhooks import events as events_of

SPEC_DIR = Path(__file__).parents[1] / "spec"
DOCUMENTATION = "https://buildkite.com/docs/apis/rest-api"
GO_CLIENT = "https://github.com/buildkite/go-buildkite/blob/"
METHODS = ("get", "head", "post", "put", "patch", "delete")
EXTENSIONS = ("scope", "pagination", "repeatable", "update", "row", "note", "no-store", "unavailable")
FIELD_EXTENSIONS = ("x-buildkite-secret", "x-buildkite-older-timestamp")
PARAMETER_EXTENSIONS = ("x-buildkite-bare", "x-buildkite-default")
ERROR = {"$ref": "#/components/responses/Error"}
JSON, FORM = "application/json", "multipart/form-data"
SECRET_NAMES = ("token", "access_token", "api_token", "password", "private_key", "secret")

# The first is documented as idempotent, the second only reads.
POSTS_THAT_MAY_BE_REPEATED = ("enable_teams", "find_test")

Json = dict[str, Any]
Rows = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Broken rule: its place, the problem, and the remedy."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.remedy}"


@dataclass(frozen=True, slots=True)
class Operation:
    """Operation with the parameters of its path."""

    path: str
    method: str
    body: Json
    parameters: tuple[Json, ...]

    @property
    def id(self) -> str:
        return str(self.body.get("operationId") or f"{self.method.upper()} {self.path}")

    @property
    def successes(self) -> list[str]:
        return [status for status in self.body["responses"] if status[0] in "23"]

    @property
    def success(self) -> Json:
        """Success response; an empty one if there is not exactly one."""
        response: Json = self.body["responses"][self.successes[0]] if len(self.successes) == 1 else {}
        return response


class Description:
    """Bundled description, with the table that it has to agree with."""

    def __init__(self, document: Json, rows: Rows) -> None:
        self.document = document
        self.rows = rows
        self.components: Json = document.get("components", {})
        self.schemas: Json = self.components.get("schemas", {})

    def resolve(self, node: Json) -> Json:
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def operations(self) -> Iterator[Operation]:
        for path, item in self.document.get("paths", {}).items():
            shared = item.get("parameters", [])
            for method in METHODS:
                if method in item:
                    body = item[method]
                    own = [self.resolve(parameter) for parameter in (*shared, *body.get("parameters", []))]
                    yield Operation(path, method, body, tuple(own))

    def read_schemas(self) -> set[str]:
        """Return the schemas of the responses."""
        reached = set(self._reach(self.components.get("responses", {})))
        for operation in self.operations():
            reached |= set(self._reach(operation.body["responses"]))
        return reached

    def sent_schemas(self) -> set[str]:
        """Return the schemas of the request bodies."""
        return {name for o in self.operations() for name in self._reach(o.body.get("requestBody", {}))}

    def form_schemas(self) -> set[str]:
        """Return the schemas of the request bodies that are forms. Only forms can hold files."""
        bodies = (o.body.get("requestBody", {}).get("content", {}) for o in self.operations())
        return {name for content in bodies for name in self._reach(content.get(FORM, {}))}

    def every_schema(self) -> Iterator[tuple[str, Json]]:
        """Yield each schema of the document, at any depth, with its place."""
        for name, schema in self.schemas.items():
            yield from _inside(name, schema)
        for kind in ("parameters", "headers"):
            for name, component in self.components.get(kind, {}).items():
                yield from _inside(f"{kind} {name}", component.get("schema", {}))
        for operation in self.operations():
            for parameter in operation.body.get("parameters", []):
                if "$ref" not in parameter:
                    yield from _inside(f"{operation.id} {parameter['name']}", parameter.get("schema", {}))
            for media in (operation.body.get("requestBody", {}), *operation.body["responses"].values()):
                for content in media.get("content", {}).values():
                    yield from _inside(operation.id, content.get("schema", {}))

    def _reach(self, node: Any) -> Iterator[str]:
        waiting, seen = list(references(node)), set[str]()
        while waiting:
            reference = waiting.pop()
            if reference not in seen:
                seen.add(reference)
                waiting += references(self.resolve({"$ref": reference}))
                if reference.startswith("#/components/schemas/"):
                    yield reference.rpartition("/")[2]


def lint(document: Json, rows: Rows) -> list[Finding]:
    """Check a bundled description.

    Args:
        document: The document that `bundle` returns.
        rows: The table of endpoints by operation id, as `read_rows` returns it.

    Returns:
        The findings. With dangling references or invalid OpenAPI, only these: the other rules rely on them.
    """
    description = Description(document, rows)
    for first in (_references_resolve, _is_openapi):
        if found := list(first(description)):
            return found
    return [finding for rule in RULES for finding in rule(description)]


def read_rows(table: Path) -> dict[str, dict[str, str]]:
    """Read endpoints.tsv into rows by operation id."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["operation_id"]: row for row in rows}


def usable(row: Mapping[str, str]) -> bool:
    """Return True if the description must have a row. Some rows are in the table to exclude an operation."""
    return "EXCLUDE" not in row["notes"]


def _references_resolve(d: Description) -> Iterator[Finding]:
    for reference in sorted(set(references(d.document))):
        if not reference.startswith("#/components/"):
            yield Finding(reference, "is not a reference into the bundle", "spell it #/components/...")
            continue
        try:
            d.resolve({"$ref": reference})
        except (KeyError, TypeError):
            yield Finding(reference, "leads nowhere", "correct the name or add the component")


def _is_openapi(d: Description) -> Iterator[Finding]:
    for error in OpenAPIV31SpecValidator(d.document).iter_errors():
        where = " > ".join(str(step) for step in getattr(error, "absolute_path", ())) or "document"
        yield Finding(
            where, f"not valid OpenAPI 3.1: {error.message.splitlines()[0]}", "follow the OpenAPI specification"
        )


def _identity(d: Description) -> Iterator[Finding]:
    known_tags = {tag["name"] for tag in d.document.get("tags", [])}
    for o in d.operations():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", o.body.get("operationId", "")):
            yield Finding(o.id, "has no operationId in snake_case", "take it from endpoints.tsv")
        tags = o.body.get("tags", [])
        if len(tags) != 1 or tags[0] not in known_tags:
            yield Finding(o.id, f"has the tags {tags}", "give it one tag that the root declares: its group")
        for key in ("summary", "description"):
            if not o.body.get(key):
                yield Finding(o.id, f"has no {key}", "write one: it becomes the docstring")
        row = d.rows.get(o.body.get("x-buildkite-row") or o.id, {})
        home = GO_CLIENT if row.get("doc_page") == "-" else DOCUMENTATION
        url = o.body.get("externalDocs", {}).get("url", "")
        if not url.startswith(home):
            yield Finding(o.id, "has no externalDocs", f"name its page under {home}")
        elif url not in o.body.get("description", ""):
            yield Finding(o.id, "does not name its page in the description", f"end it with {url}")


def _agrees_with_its_row(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        for key in o.body:
            if key.startswith("x-") and key.removeprefix("x-buildkite-") not in EXTENSIONS:
                yield Finding(o.id, f"has the unknown extension {key}", f"use one of {', '.join(EXTENSIONS)}")
        form_of = o.body.get("x-buildkite-row")
        row = d.rows.get(form_of or o.id)
        if row is None:
            yield Finding(o.id, "is in no row of endpoints.tsv", "add its row there, or remove it")
            continue
        if not usable(row):
            yield Finding(o.id, "is excluded by its row", "remove it")
            continue
        if form_of and not (o.id.startswith(f"{form_of}_") and o.path.startswith(f"{row['path']}.")):
            yield Finding(o.id, f"is no form of {form_of}", f"name it {form_of}_<form>, at {row['path']}.<form>")
        for key, column, nothing in (
            ("scope", "required_scope", ("none", "unspecified")),
            ("pagination", "paginated", ("no",)),
        ):
            here, there = o.body.get(f"x-buildkite-{key}"), row[column]
            if here != (None if there in nothing else there):
                remedy = f"remove x-buildkite-{key}" if there in nothing else f"set it to {there}"
                yield Finding(o.id, f"its x-buildkite-{key} is {here}, but its row says {there}", remedy)


def _covers_the_table(d: Description) -> Iterator[Finding]:
    described = {o.id: (o.method.upper(), o.path) for o in d.operations()}
    places = {place: name for name, place in described.items()}
    for name, row in d.rows.items():
        place = (row["method"], row["path"])
        if usable(row) and name not in described:
            yield Finding(
                name, "is in endpoints.tsv but not described", f"add it to spec/resources/{row['group']}.yaml"
            )
        elif usable(row) and place != described[name]:
            told, written = " ".join(place), " ".join(described[name])
            yield Finding(name, f"is {written}, and its row in endpoints.tsv says {told}", "make them the same")
        elif not usable(row) and place in places:
            yield Finding(places[place], f"stands where {name} is excluded", "remove it")


def _notes(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        note = o.body.get("x-buildkite-note")
        row = d.rows.get(o.id)
        if note is not None and not (isinstance(note, str) and note):
            yield Finding(o.id, "has an empty x-buildkite-note", "write a sentence, or leave it out")
        elif row and note is None and _disputed(row):
            remedy = "tell in x-buildkite-note who says what, and what is followed here"
            yield Finding(o.id, "its row has witnesses that are silent or disagree", remedy)
        for name in ("x-buildkite-no-store", "x-buildkite-unavailable"):
            if o.body.get(name) not in (None, True):
                yield Finding(o.id, f"{name} is not true", "say true, or leave it out")


def _disputed(row: Mapping[str, str]) -> bool:
    silent = "unspecified" in (row["success_status"], row["required_scope"]) or row["doc_page"] == "-"
    return usable(row) and (silent or "DISAGREES" in row["notes"])


def _path_parameters(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        for parameter in o.parameters:
            name = parameter["name"]
            if parameter["in"] != "path":
                continue
            expected = "integer" if name.endswith("_number") else "string"
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                yield Finding(o.id, f"path parameter {{{name}}}", "write it in snake_case, without dots")
            elif parameter["schema"] != {"type": expected}:
                yield Finding(o.id, f"path parameter {{{name}}}", f"make it a plain {expected}")


def _other_parameters(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        for parameter in o.parameters:
            where, schema = f"{o.id} {parameter['name']}", parameter["schema"]
            if not parameter.get("description"):
                yield Finding(where, "has no description", "write one: it becomes the docstring")
            for key in parameter:
                if key.startswith("x-") and key not in PARAMETER_EXTENSIONS:
                    remedy = f"use one of {', '.join(PARAMETER_EXTENSIONS)}"
                    yield Finding(where, f"has the unknown extension {key}", remedy)
            if parameter.get("x-buildkite-bare", True) is not True or (
                "x-buildkite-bare" in parameter and not parameter["name"].endswith("[]")
            ):
                yield Finding(where, "x-buildkite-bare is not true, or on no list", "mark lists x[] alone")
            if "x-buildkite-default" in parameter and (
                parameter["in"] != "header" or not isinstance(parameter["x-buildkite-default"], str)
            ):
                yield Finding(where, "x-buildkite-default is no text, or on no header", "mark headers alone")
            if parameter["in"] == "header" and (schema != {"type": "string"} or parameter.get("required")):
                yield Finding(where, "is a header of another kind", "make it an optional plain string")
            if parameter["in"] == "cookie":
                yield Finding(where, "is a cookie", "remove it: the API has none")
            if parameter["in"] != "query":
                continue
            if _nullable(schema):
                yield Finding(where, "is nullable", "leave it out of `required` instead: null cannot be sent")
            commas = schema.get("type") == "array" and parameter.get("explode") is False
            if (schema.get("type") == "array" and not commas) != parameter["name"].endswith("[]"):
                remedy = "declare only the list form, x[], or explode: false for one text with commas"
                yield Finding(where, "is a list without [] or [] without a list", remedy)
            if schema.get("type") == "object" and parameter.get("style") != "deepObject":
                yield Finding(where, "is an object of another style", "set style: deepObject and explode: true")
            yield from _enums(d, where, schema, sent=True)


def _no_defaults(d: Description) -> Iterator[Finding]:
    for where, schema in d.every_schema():
        if "default" in schema:
            yield Finding(where, "has a default", "say it in the description: a default would be sent unasked")


def _responses(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        if len(o.successes) != 1:
            yield Finding(o.id, f"success statuses {o.successes}", "document exactly one")
        if o.body["responses"].get("default") != ERROR:
            yield Finding(o.id, "has no default error", f"add default: {ERROR}")
        if others := [s for s in o.body["responses"] if s != "default" and s not in o.successes]:
            yield Finding(o.id, f"documents {', '.join(others)}", "leave errors to the default one")
        if (o.successes == ["204"] or o.method == "head") and "content" in o.success:
            yield Finding(o.id, "has content where there is no body", "remove the content")
        if len(o.success.get("content", {})) > 1:
            yield Finding(o.id, "has several media types", "make the other forms operations of their own")


def _pagination(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        kind = o.body.get("x-buildkite-pagination")
        query = {p["name"] for p in o.parameters if p["in"] == "query"}
        schema = d.resolve(o.success.get("content", {}).get("application/json", {}).get("schema", {}))
        if kind == "link":
            if not {"page", "per_page"} <= query:
                yield Finding(o.id, "is paged by links", "declare the parameters page and per_page")
            if schema.get("type") != "array" or "Link" not in o.success.get("headers", {}):
                yield Finding(o.id, "is paged by links", "answer with a list and the Link header")
        elif kind == "cursor":
            if not {"per_page", "after", "before"} <= query:
                yield Finding(o.id, "is paged by cursors", "declare the parameters per_page, after and before")
            if not {"items", "links"} <= schema.get("properties", {}).keys():
                yield Finding(o.id, "is paged by cursors", "answer with an object of items and links")
        elif {"page", "after"} & query:
            yield Finding(o.id, "has paging parameters", "set x-buildkite-pagination, or remove them")


def _repeatable(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        marker = o.body.get("x-buildkite-repeatable")
        if marker is not None and marker is not True:
            yield Finding(o.id, f"x-buildkite-repeatable is {marker}", "say true, or leave it out")
        elif marker and o.method not in ("put", "delete") and o.id not in POSTS_THAT_MAY_BE_REPEATED:
            yield Finding(o.id, f"a {o.method.upper()} marked repeatable", "remove x-buildkite-repeatable")


def _updates(d: Description) -> Iterator[Finding]:
    for o in d.operations():
        marker = o.body.get("x-buildkite-update")
        content: Json = o.body.get("requestBody", {}).get("content", {})
        schemas = [d.resolve(each.get("schema", {})) for each in content.values()]
        optional = any(s.get("properties", {}).keys() - set(s.get("required", ())) for s in schemas)
        if marker is not None and marker is not True:
            yield Finding(o.id, f"x-buildkite-update is {marker}", "say true, or leave it out")
        elif marker and not optional:
            yield Finding(
                o.id, "is marked as an update, but its body can leave nothing out", "remove x-buildkite-update"
            )
        elif optional and not marker and o.id.startswith("update_"):
            yield Finding(o.id, "is an update whose body can leave fields out", "mark it x-buildkite-update: true")


def _nothing_unused(d: Description) -> Iterator[Finding]:
    used = set(references(d.document))
    for kind, components in d.components.items():
        for name in components if kind != "securitySchemes" else ():
            if f"#/components/{kind}/{name}" not in used:
                yield Finding(f"{kind} {name}", "is used nowhere", "remove it")


def _request_bodies(d: Description) -> Iterator[Finding]:
    read, sent = d.read_schemas(), d.sent_schemas()
    for o in d.operations():
        if "requestBody" in o.body:
            name = "".join(word.capitalize() for word in o.id.split("_")) + "Request"
            schema = {"schema": {"$ref": f"#/components/schemas/{name}"}}
            media = FORM if _holds_a_file(d.schemas.get(name, {})) else JSON
            if o.body["requestBody"]["content"] != {media: schema}:
                remedy = f"send {media}, the schema {name}"
                yield Finding(o.id, "its request body has another name or form", remedy)
            if o.method in ("get", "head"):
                yield Finding(o.id, f"a {o.method.upper()} with a body", "remove the body")
    for name, schema in d.schemas.items():
        if "properties" in schema and name.endswith("Request") != (name in sent):
            yield Finding(name, "is named against its use", "only what is sent is called ...Request")
        if "properties" in schema and name in read & sent:
            yield Finding(name, "is both sent and read", "describe the two apart: only one knows 'not given'")


def _objects(d: Description) -> Iterator[Finding]:
    read, sent = d.read_schemas(), d.sent_schemas()
    for name, schema in d.schemas.items():
        if not schema.get("description"):
            yield Finding(name, "has no description", "write one: it becomes the docstring")
        properties: Json = schema.get("properties", {})
        for key in set(schema.get("required", [])) - properties.keys():
            yield Finding(name, f"requires {key}, which it does not have", "describe the key or remove it there")
        for key, value in properties.items():
            where = f"{name}.{key}"
            if not value.get("description"):
                yield Finding(where, "has no description", "write one: it becomes the docstring")
            if key in SECRET_NAMES and value.get("x-buildkite-secret") is not True:
                yield Finding(where, "looks like a secret", "mark it x-buildkite-secret: true")
            yield from _secrets(where, value)
            for mark in value:
                if mark.startswith("x-") and mark not in FIELD_EXTENSIONS:
                    yield Finding(
                        where, f"has the unknown extension {mark}", f"use one of {', '.join(FIELD_EXTENSIONS)}"
                    )
            if "x-buildkite-older-timestamp" in value and value.get("format") != "date-time":
                yield Finding(where, "has an older form, but is no timestamp", "mark a field with format: date-time")
            if key.endswith("_at") and value.get("format") != "date-time":
                yield Finding(where, "looks like a time", "give it format: date-time")
            optional = name in read and key not in schema.get("required", [])
            if optional and _single(value) and not _nullable(value):
                yield Finding(where, "may be absent but not null", "make it nullable or required")
            if any("properties" in inner for _, inner in _inside(where, value)):
                yield Finding(where, "holds an object without a name", "make that a component")
            yield from _enums(d, where, value, sent=name in sent)


def _secrets(where: str, value: Json) -> Iterator[Finding]:
    marked = "x-buildkite-secret" in value
    kinds = value.get("type", ())
    if marked and not {"string", "object"} & ({kinds} if isinstance(kinds, str) else set(kinds)):
        yield Finding(where, "is a secret that is no text", "mark strings, and maps that may hold some")
    inner = value.get("additionalProperties")
    if isinstance(inner, dict) and "x-buildkite-secret" in inner and not marked:
        yield Finding(where, "holds secrets in the open", "mark the map as well: it stays out of the repr")


def _unions(d: Description) -> Iterator[Finding]:
    for where, schema in d.every_schema():
        members = [d.resolve(member) for key in ("anyOf", "oneOf") for member in schema.get(key, [])]
        if sum("properties" in member or member.get("type") == "object" for member in members) > 1:
            yield Finding(where, "is a union of two objects", "describe one flat object with all their fields")


def _strings(d: Description) -> Iterator[Finding]:
    forms = d.form_schemas()
    for where, schema in d.every_schema():
        allowed = (None, "date-time", "binary") if where.partition(".")[0] in forms else (None, "date-time")
        if schema.get("format") not in allowed:
            yield Finding(where, f"has the format {schema['format']}", "remove it: such values stay strings")
        if schema.get("type") == "object" and "properties" in schema and "additionalProperties" in schema:
            yield Finding(where, "is half an object, half a map", "keep one of the two")
        if "enum" in schema:
            if d.schemas.get(where) is not schema:
                yield Finding(where, "has an enum without a name", "make it a component")
            for value in schema["enum"]:
                if f"`{value}`" not in schema.get("description", ""):
                    yield Finding(where, f"does not explain {value}", "add a line for it to the description")


RULES: tuple[Callable[[Description], Iterator[Finding]], ...] = (
    _identity,
    _agrees_with_its_row,
    _covers_the_table,
    _notes,
    _path_parameters,
    _other_parameters,
    _no_defaults,
    _responses,
    _pagination,
    _repeatable,
    _updates,
    _nothing_unused,
    _request_bodies,
    _objects,
    _unions,
    _strings,
)


def _enums(d: Description, where: str, schema: Json, *, sent: bool) -> Iterator[Finding]:
    if "$ref" in schema and sent and "enum" in d.resolve(schema):
        yield Finding(where, "takes only known values", "open it: anyOf the enum and a string")
    for key in ("anyOf", "oneOf"):
        members = schema.get(key, [])
        enums = [member for member in members if "enum" in d.resolve(member)]
        if {"type": "string"} not in members:
            for member in members:
                yield from _enums(d, where, member, sent=sent)
        elif enums and not sent:
            yield Finding(where, "is an enum or any string", "refer to the enum alone: it keeps unknown values")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _enums(d, where, schema[key], sent=sent)


def _holds_a_file(schema: Json) -> bool:
    return any(value.get("format") == "binary" for value in schema.get("properties", {}).values())


def _inside(where: str, schema: Json) -> Iterator[tuple[str, Json]]:
    yield where, schema
    for name, value in schema.get("properties", {}).items():
        yield from _inside(f"{where}.{name}", value)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _inside(f"{where} {key}", schema[key])
    for key in ("anyOf", "oneOf", "allOf"):
        for number, value in enumerate(schema.get(key, []), start=1):
            yield from _inside(f"{where} {key} {number}", value)


def _nullable(schema: Json) -> bool:
    members = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
    return "null" in schema.get("type", ()) or any(_nullable(member) for member in members)


def _single(schema: Json) -> bool:
    """Return True if an absent value is None: for a scalar or an object, not for a list, a map or an untyped value."""
    kinds = schema.get("type", ())
    return not {"array", "object"} & ({kinds} if isinstance(kinds, str) else set(kinds)) and bool(
        {"type", "$ref", "anyOf", "oneOf"} & schema.keys()
    )


def main() -> int:
    try:
        document = bundle(SPEC_DIR)
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    webhooks = load(SPEC_DIR / "webhooks.yaml")
    findings = lint(document, read_rows(SPEC_DIR / "endpoints.tsv"))
    findings += [Finding(f"webhooks: {where}", *rest) for where, *rest in lint_webhooks.problems(webhooks, document)]
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print(f"spec: findings: {len(findings)}", file=sys.stderr)
        return 1
    description = Description(document, {})
    count = sum(1 for _ in description.operations())
    events = sum(1 for _ in events_of(webhooks))
    print(f"spec: {count} operations, {len(description.schemas)} schemas, {events} webhook events, ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
