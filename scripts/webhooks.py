"""Compile spec/webhooks.yaml into generated/buildkite_api/webhooks/: a class for each event, and a registrar of handlers.

datamodel-code-generator makes the classes, as msgspec Structs that hold the REST API's models. Its output is then
simplified: descriptions become docstrings, and an absent value is None instead of UNSET.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bundle import references

DESCRIPTION = "webhooks.yaml"
ROOT_EVENT = "WebhookEvent"
_DOCSTRING = re.compile(r"""^    (".*"|'.*')\n""", re.MULTILINE)
MODELS = "openapi.yaml#/components/schemas/"


class WebhooksError(ValueError):
    """Description of the webhooks that cannot be compiled. The message says why."""


@dataclass(frozen=True)
class Event:
    """Event: its name, its class and its description."""

    name: str
    class_name: str
    description: str


def write(document: Mapping[str, Any], rest: Mapping[str, Any], package: Path) -> None:
    """Write the package of the webhooks.

    Args:
        document: The description of the webhooks.
        rest: The bundled description of the REST API, whose models the events hold.
        package: The folder of `buildkite_api`.

    Raises:
        WebhooksError: The description breaks a rule, or the generator refuses it.
    """
    problems = list(broken_rules(document, rest))
    if problems:
        raise WebhooksError(f"{DESCRIPTION} breaks rules:\n  " + "\n  ".join(problems))
    folder = package / "webhooks"
    folder.mkdir(exist_ok=True)
    (folder / "events.py").write_text(simplified(compiled(document, rest)), encoding="utf-8")
    (folder / "registrar.py").write_text(print_registrar(document), encoding="utf-8")


def events(document: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the events, in the description's order."""
    for class_name, schema in document["components"]["schemas"].items():
        for part in schema.get("allOf", ()):
            name = part.get("properties", {}).get("event", {}).get("const")
            if name:
                yield Event(name, class_name, schema.get("description", ""))


def broken_rules(document: Mapping[str, Any], rest: Mapping[str, Any]) -> Iterator[str]:
    """Yield the reasons why the compiler would make wrong code, as sentences."""
    schemas = document["components"]["schemas"]
    sent = json.dumps(document["webhooks"])
    for event in events(document):
        if not event.description:
            yield f"{event.class_name} needs a description"
        if f'"#/components/schemas/{event.class_name}"' not in sent:
            yield f"{event.class_name} is in no webhook"
        if "event" not in schemas[event.class_name]["allOf"][-1].get("required", ()):
            yield f"{event.class_name} must require its event"
    names = [event.name for event in events(document)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is the event of several classes"
    for reference in references(document):
        known = rest["components"]["schemas"] if reference.startswith(MODELS) else schemas
        if reference.rpartition("/")[2] not in known:
            yield f"{reference} leads nowhere"


def compiled(document: Mapping[str, Any], rest: Mapping[str, Any]) -> str:
    """Return the code that datamodel-code-generator makes of the description."""
    with tempfile.TemporaryDirectory(prefix="buildkite-webhooks-") as name:
        folder = Path(name)
        # JSON is YAML. The references name this file.
        (folder / "openapi.yaml").write_text(json.dumps(rest), encoding="utf-8")
        (folder / DESCRIPTION).write_text(json.dumps(document), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "datamodel_code_generator"),
            *("--input", DESCRIPTION, "--input-file-type", "openapi", "--openapi-scopes", "schemas"),
            *("--output", "events.py", "--output-model-type", "msgspec.Struct", "--target-python-version", "3.11"),
            *("--external-ref-mapping", "openapi.yaml=buildkite_api.models"),
            *("--base-class-map", json.dumps({ROOT_EVENT: "buildkite_api.webhooks.base.Delivered"})),
            *("--allof-class-hierarchy", "always", "--keyword-only", "--use-one-literal-as-default"),
            *("--enum-field-as-literal", "all", "--use-union-operator", "--use-standard-collections"),
            *("--use-schema-description", "--use-field-description", "--use-attribute-docstrings"),
            *("--use-single-line-docstring", "--disable-timestamp", "--formatters", "builtin", "--use-double-quotes"),
        ]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if result.returncode:
            raise WebhooksError(f"datamodel-code-generator failed:\n{result.stdout}{result.stderr}")
        return (folder / "events.py").read_text(encoding="utf-8")


# --- Simpler classes --------------------------------------------------------------------------------------------------


def simplified(code: str) -> str:
    """Return the generated classes without the parts that only a validator reads."""
    module = _Simplify().visit(ast.parse(code))
    module.body = [node for node in module.body if not _imports_only(node, "msgspec")]
    module.body = [node for i, node in enumerate(module.body) if not _repeats(node, module.body[:i])]
    names = [node.name for node in module.body if isinstance(node, ast.ClassDef)]
    table = ", ".join(f"{json.dumps(_literal(node))}: {node.name}" for node in module.body if _literal(node))
    text = '"""The events that Buildkite posts, each a class."""\n\n'
    text += _DOCSTRING.sub(
        lambda found: f'    """{ast.literal_eval(found[1])}"""\n', ast.unparse(ast.fix_missing_locations(module))
    ).replace("annotations\n", "annotations\nfrom msgspec import Struct\n", 1)
    text += f"\n\nEVENTS: dict[str, type[{ROOT_EVENT}]] = {{{table}}}\n"
    text += '"""The class of each event, by its name."""\n\n'
    return text + f"__all__ = {json.dumps(sorted([*names, 'EVENTS']))}\n"


class _Simplify(ast.NodeTransformer):
    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        # Relative, like the imports of the other modules.
        for prefix, level in (("buildkite_api.webhooks.", 1), ("buildkite_api.", 2)):
            if node.module and node.module.startswith(prefix):
                return ast.ImportFrom(node.module.removeprefix(prefix), node.names, level)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "Annotated" and isinstance(node.slice, ast.Tuple):
            return node.slice.elts[0]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.right, ast.Name) and node.right.id == "UnsetType":
            return node.left
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "UNSET":
            # msgspec makes a new empty dict for each object.
            node.value = ast.Dict([], []) if ast.unparse(node.annotation).startswith("dict[") else ast.Constant(None)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.keywords.append(ast.keyword("frozen", ast.Constant(True)))
        return node


def _imports_only(node: ast.stmt, module: str) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == module


def _repeats(node: ast.stmt, before: list[ast.stmt]) -> bool:
    return isinstance(node, ast.ImportFrom) and any(ast.dump(node) == ast.dump(each) for each in before)


def _literal(node: ast.stmt) -> str:
    """Return the name of the event of a class, or "" for a base class."""
    for inner in getattr(node, "body", ()):
        if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name) and inner.target.id == "event":
            return str(inner.value.value) if isinstance(inner.value, ast.Constant) else ""
    return ""


# --- The registrar ----------------------------------------------------------------------------------------------------

_REGISTRAR = '''"""Registration of handlers: a decorator whose argument determines the type of the event."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, Literal, TypeVar, overload

from .base import Decorator
from .events import {classes}

E = TypeVar("E", bound={root})

EventName = Literal[{names}]
"""Names of the events."""

Patterns = str | Collection[str]
"""Value of a filter: one text, or several of which one must match. In a pattern `*` matches any text, also `/`."""


class Registrar(ABC):
    """Registrar of the handlers of events."""

{overloads}
    @overload
    def on(self, event: type[E], /, {parameters}) -> Decorator[E]: ...

    @overload
    def on(self, event: str, /, {parameters}) -> Decorator[{root}]: ...

    def on(self, event: str | type[Any], /, {parameters}) -> Any:
        """Register a handler: `@handler.on("build.finished", state="failed", pipeline="web", branch="release/*")`.

        Handlers run in the order in which they were registered, one after the other. An error in one handler does not
        stop the others.

        Args:
            event: the event's name; a class such as `BuildFinished` or `JobEvent`, for each event of that kind; or a
                pattern such as `"build.*"` or `"*"`.
            state: the state or states to handle: of the build for a build's events, of the job for a job's, of the
                connection for an agent's. A build that waits at a block step is `blocked`, with any `state`.
            pipeline: the slug of the pipeline, or several slugs. Patterns.
            branch: the branch, or several branches. Patterns.
            once: run once for each event, even if it is delivered several times: see `deduplication_key`.
            timeout: maximum of seconds for the handler; None for the timeout of the `WebhookHandler`.

        Returns:
            A decorator, which returns the function unchanged.

        Raises:
            ConfigurationError: a filter that this event can't have, or that is empty.

        Documentation: https://buildkite.com/docs/apis/webhooks
        """
        return self._register(event, state=state, pipeline=pipeline, branch=branch, once=once, timeout=timeout)

    @abstractmethod
    def _register(
        self, event: str | type[Any], *, state: Patterns | None, pipeline: Patterns | None, branch: Patterns | None,
        once: bool, timeout: float | None,
    ) -> Any: ...


__all__ = ["EventName", "Patterns", "Registrar"]
'''

_PARAMETERS = (
    "*, state: Patterns | None = None, pipeline: Patterns | None = None, branch: Patterns | None = None, "
    "once: bool = False, timeout: float | None = None"
)


def print_registrar(document: Mapping[str, Any]) -> str:
    """Return the module of the registrar."""
    all_events = list(events(document))
    overloads = "\n".join(
        f"    @overload\n    def on(self, event: Literal[{json.dumps(event.name)}], /, {_PARAMETERS}) "
        f"-> Decorator[{event.class_name}]: ...\n"
        for event in all_events
    )
    return _REGISTRAR.format(
        classes=", ".join([ROOT_EVENT, *(event.class_name for event in all_events)]),
        names=", ".join(json.dumps(event.name) for event in all_events),
        overloads=overloads,
        parameters=_PARAMETERS,
        root=ROOT_EVENT,
    )
