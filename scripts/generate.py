"""Build generated/ from spec/ (the bundled description, the raw client, its models and table of operations), and the
service bases in buildkite_ext/services/_generated/.

    python scripts/generate.py            write both folders
    python scripts/generate.py --check    name the files that differ from what spec/ compiles to

openapi-python-client makes the endpoints and the models, with the templates in spec/templates. datamodel-code-generator
compiles the webhooks. The modules in spec/runtime are copied. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bundle
import operations
import services
import webhooks

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "buildkite_api"
SERVICES = "buildkite_ext/services/_generated"
HEADER = "# Generated from spec/ by `make generate`: edit that, not this.\n"
NO_MAGIC_COMMA = "--config=format.skip-magic-trailing-comma=true"
UNUSED = ("errors.py",)
"""Modules of the generator that the package does not need: `decode_error` is in `decoding`."""


class GenerateError(Exception):
    """Description that cannot be compiled. The message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when something differs")
    parser.add_argument("--spec", type=Path, default=ROOT / "spec", help="the description (default: spec/)")
    parser.add_argument("--output", type=Path, default=ROOT / "generated", help="default: generated/")
    parser.add_argument(
        "--services", type=Path, default=ROOT / SERVICES, help=f"the service bases (default: {SERVICES}/)"
    )
    options = parser.parse_args(arguments)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="buildkite-generate-") as folder:
        fresh = Path(folder)
        try:
            generate(options.spec, fresh / "generated", fresh / "services")
        except (GenerateError, bundle.BundleError, services.CallsError, webhooks.WebhooksError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        trees = [(fresh / "generated", options.output), (fresh / "services", options.services)]
        changes = [(*tree, name, change) for tree in trees for name, change in differences(*tree)]
        names = " and ".join(f"{shown(present)}/" for _, present in trees)
        if options.check and changes:
            for _, present, name, change in changes:
                print(f"{change}: {shown(present)}/{name}", file=sys.stderr)
            print(f"{names} differ from what spec/ compiles to: run `make generate`", file=sys.stderr)
            return 1
        for source, present, name, change in changes:
            replace(source / name, present / name, change)
        if changes:
            remove_empty_folders(options.output)
            remove_empty_folders(options.services)
    done = "are up to date" if options.check or not changes else f"written, {len(changes)} files differed"
    print(f"{names} {done} ({time.perf_counter() - begin:.1f} s)")
    return 0


def shown(folder: Path) -> str:
    """Return the name of a folder for messages: its path from the root of the project, or its last part."""
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else folder.name


def generate(spec: Path, output: Path, services_folder: Path) -> None:
    """Write both trees into folders that do not exist yet.

    Args:
        spec: The folder of the description, with its templates and its runtime.
        output: The folder of `openapi.yaml` and the package.
        services_folder: The folder of the service bases.

    Raises:
        GenerateError: The description breaks a rule that the templates rely on, or the generator refuses it.
        bundle.BundleError: The parts of the description do not fit together.
        services.CallsError: The table of calls and the description do not fit together.
        webhooks.WebhooksError: The description of the webhooks cannot be compiled.
    """
    package = output / PACKAGE
    output.mkdir(parents=True)
    with step("bundle"):
        document = bundle.bundle(spec)
        calls = bundle.load(spec / "calls.yaml")
        problems = list(broken_rules(document))
        if problems:
            raise GenerateError("the description breaks rules of the templates:\n  " + "\n  ".join(problems))
        services.check(calls, document)
        (output / "openapi.yaml").write_text(HEADER + bundle.dump(document), encoding="utf-8")
    with step("openapi-python-client"):
        run_generator(document, spec, package)
    with step("datamodel-code-generator"):
        webhooks.write(bundle.load(spec / webhooks.DESCRIPTION), document, package)
    for name in UNUSED:
        (package / name).unlink()
    with step("operations and services"):
        table = operations.print_module(document, services.called_by(calls))
        (package / "operations.py").write_text(table, encoding="utf-8")
        (package / "py.typed").write_text("", encoding="utf-8")
        services.write(document, calls, package, services_folder)
    with step("ruff"):
        for folder in (package, services_folder):
            add_headers(folder)
            tidy(folder)
    with step("runtime"):
        copy_runtime(spec / "runtime", package)
        prove_decoders(output)


def run_generator(document: dict[str, Any], spec: Path, package: Path) -> None:
    source = package.parent / "source.json"
    source.write_text(json.dumps(with_descriptions(document)), encoding="utf-8")
    run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(source)],
        ["--meta=none", "--config", str(spec / "generator.yaml"), "--fail-on-warning", "--overwrite"],
        ["--custom-template-path", str(spec / "templates"), "--output-path", str(package)],
    )
    source.unlink()


def copy_runtime(runtime: Path, package: Path) -> None:
    """Copy the hand-written modules, which replace what the generator wrote under their names."""
    for path in sorted(runtime.rglob("*.py")):
        target = package / path.relative_to(runtime)
        target.write_text(f"{HEADER}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")


def add_headers(folder: Path) -> None:
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if text.strip():
            path.write_text(f"{HEADER}\n{text.lstrip()}", encoding="utf-8")
        else:
            # A map without fixed keys: the generator makes an empty class of it, the templates a dict.
            path.unlink()


def tidy(folder: Path) -> None:
    """Sort the imports, remove unused ones, and format."""
    # Isolated: the same output with any configuration around it.
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--quiet", "--target-version=py311"]
    run([*ruff, "check", folder.name], options, ["--select=I,F401,UP,PIE790,TC005", "--fix-only"], cwd=folder.parent)
    run([*ruff, "format", folder.name], options, ["--line-length=120", NO_MAGIC_COMMA], cwd=folder.parent)


def prove_decoders(output: Path) -> None:
    """Build the decoder of every model: a type that msgspec refuses must fail here, and not for a user."""
    code = (
        "import sys; sys.path.insert(0, '.'); "
        "from buildkite_api import models; from buildkite_api.base import ReadModel; "
        "from buildkite_api.decoding import prepare; "
        "classes = [getattr(models, name) for name in models.__all__]; "
        "prepare(*[each for each in classes if issubclass(each, ReadModel)])"
    )
    run([sys.executable, "-B", "-c", code], cwd=output, failure="msgspec cannot decode one of the models")


def run(*arguments: Sequence[str], cwd: Path | None = None, failure: str = "") -> None:
    command = [argument for part in arguments for argument in part]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode:
        failure = failure or f"{' '.join(command[1:3])} failed"
        raise GenerateError(f"{failure}:\n{result.stdout}{result.stderr}")


# --- What the templates rely on ---------------------------------------------------------------------------------------


def broken_rules(document: dict[str, Any]) -> Iterator[str]:
    """Yield the reasons why the templates would make wrong code, as sentences."""
    sent: set[str] = set()
    read: set[str] = set()
    for method, path, operation in operations.operations(document):
        name = operation.get("operationId", f"{method} {path}")
        if len(operation.get("tags", ())) != 1:
            yield f"{name} needs exactly one tag"
        if len([status for status in operation["responses"] if status != "default"]) != 1:
            yield f"{name} needs exactly one response that is a success"
        given = [*document["paths"][path].get("parameters", ()), *operation.get("parameters", ())]
        parameters = [resolve(document, parameter) for parameter in given]
        for parameter in parameters:
            if parameter["in"] not in ("path", "query", "header"):
                yield f"{name} has a parameter in {parameter['in']}: the templates know path, query and header"
        declared = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        for segment in path.split("/"):
            if "{" in segment and (segment[1:-1] not in declared or not segment[1:-1].isidentifier()):
                yield f"{name} has {segment} in its path: it must be an identifier, and declared"
        body = resolve(document, operation.get("requestBody", {})).get("content", {"application/json": {}})
        if list(body) not in (["application/json"], ["multipart/form-data"]):
            yield f"{name} takes {', '.join(body)}: the templates know application/json or multipart/form-data, one of them"
        sent |= references(document, operation.get("requestBody", {}))
        read |= references(document, operation["responses"])
    for schema in sorted(sent | read):
        if "properties" not in document["components"]["schemas"][schema]:
            continue
        if schema in sent & read:
            yield f"{schema} is both sent and read: what is sent needs a schema of its own"
        elif (schema in sent) != schema.endswith("Request"):
            yield f"{schema} is {'sent' if schema in sent else 'read'}: what is sent is called ...Request, and nothing else is"


def references(document: dict[str, Any], part: Any) -> set[str]:
    """Return the names of all schemas that a part of a description leads to."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
            name = str(value.get("$ref", "")).removeprefix("#/components/schemas/")
            if "$ref" in value and name not in found:
                if "/" not in name:
                    found.add(name)
                waiting.append(resolve(document, value))
    return found


def resolve(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        target: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        part = target
    return part


def with_descriptions(document: dict[str, Any]) -> Any:
    """Return a copy with the descriptions, and our extensions of parameters, where the generator reads them.

    The generator reads the description of a parameter from its schema, and ignores one beside a `$ref`. It passes no
    extension of a parameter on to the templates, so `x-buildkite-bare` becomes a mark in the name, `branch[1]`, and
    `x-buildkite-default` a default of the schema, which would be false in the published description: the API knows none.

    A list or map of an answer that may be null is read as an empty one: the null becomes the mark `x-buildkite-nullable`.
    """
    plain: dict[str, Any] = json.loads(json.dumps(document))
    for name, schema in plain["components"]["schemas"].items():
        for value in schema.get("properties", {}).values() if not name.endswith("Request") else ():
            if value.get("type") in (["array", "null"], ["object", "null"]):
                value["type"] = value["type"][0]
                value["x-buildkite-nullable"] = True
    waiting: list[Any] = [plain]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            if "schema" in value and "in" in value and "$ref" not in value["schema"]:
                value["schema"].setdefault("description", value.get("description", ""))
                if value.get("x-buildkite-bare"):
                    value["name"] = value["name"].replace("[]", "[1]")
                if "x-buildkite-default" in value:
                    value["schema"]["default"] = value["x-buildkite-default"]
            if "$ref" in value and "description" in value:
                value["allOf"] = [{"$ref": value.pop("$ref")}]
            waiting.extend(value.values())
    return plain


# --- Two trees --------------------------------------------------------------------------------------------------------


def differences(fresh: Path, present: Path) -> Iterator[tuple[str, str]]:
    """Yield the files that differ between two trees, each as `changed`, `missing` or `stray`."""
    wanted, found = files(fresh), files(present)
    for name in sorted(wanted | found):
        if name not in found:
            yield name, "missing"
        elif name not in wanted:
            yield name, "stray"
        elif not filecmp.cmp(fresh / name, present / name, shallow=False):
            yield name, "changed"


def files(folder: Path) -> set[str]:
    paths = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return {path.relative_to(folder).as_posix() for path in paths if "__pycache__" not in path.parts}


def replace(source: Path, target: Path, change: str) -> None:
    if change == "stray":
        target.unlink()
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def remove_empty_folders(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and path.name != "__pycache__" and not any(files(path)):
            for cached in sorted(path.rglob("*"), reverse=True):
                cached.unlink() if cached.is_file() else cached.rmdir()
            path.rmdir()


@contextmanager
def step(name: str) -> Iterator[None]:
    begin = time.perf_counter()
    print(f"{name} ...", end=" ", flush=True)
    yield
    print(f"{time.perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
