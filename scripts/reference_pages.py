"""Write docs/reference/: one page for each public module, with one entry for each public name.

    python scripts/reference_pages.py            write docs/reference/
    python scripts/reference_pages.py --check    report the pages that differ from what the code makes of them

The names are those of `__all__` and the services those of the client, so that the reference is complete: what it holds
is what the package promises (docs/stability.md). The site's builder fills in the docstrings.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT), str(ROOT / "generated")]

import bundle

__all__ = ["main", "pages", "public_names"]

FOLDER = ROOT / "docs" / "reference"
HEADER = "<!-- Written by scripts/reference_pages.py (`make generate`): edit the docstrings instead. -->"
MORE = (
    *(
        f"buildkite_ext.simulation.{name}"
        for name in (
            *("demo.demo_organization", "server.running", "server.serve"),
            *(f"state.builds.{name}" for name in ("Annotation", "Artifact", "Build", "Job")),
        )
    ),
    "buildkite_ext.pytest_plugin.BuildkiteServer",
)
"""Public names that `buildkite_ext.simulation` doesn't import, since few need them or they need an extra."""
CLIENTS = ("BuildkiteClient", "AsyncBuildkiteClient")
MODULES = {
    "buildkite_ext": "buildkite_ext",
    "errors": "buildkite_ext.errors",
    "events": "buildkite_ext.events",
    "logs": "buildkite_ext.logs",
    "references": "buildkite_ext.references",
    "telemetry": "buildkite_ext.telemetry",
    "models": "buildkite_ext.models",
    "webhooks": "buildkite_ext.webhooks",
    "webhooks_redis": "buildkite_ext.webhooks.redis",
    "webhooks_testing": "buildkite_ext.webhooks.testing",
    "simulation": "buildkite_ext.simulation",
}
"""The pages, and the public module that each describes. A name of two modules stands on the page of one."""

TITLES = {
    "errors": "Errors",
    "events": "Events",
    "logs": "Logs",
    "references": "References",
    "telemetry": "Telemetry",
    "models": "Models",
    "webhooks": "Webhooks",
    "webhooks_redis": "Webhooks over Redis",
    "webhooks_testing": "Tests of webhooks",
    "simulation": "Simulation",
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when a page differs")
    options = parser.parse_args(arguments)
    wanted = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    differing = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
    if not differing:
        print(f"docs/reference is up to date: {len(wanted)} pages")
    elif options.check:
        print(f"docs/reference differs in {', '.join(differing)}: run `make generate`", file=sys.stderr)
        return 1
    else:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in differing:
            if name in wanted:
                (FOLDER / name).write_text(wanted[name], encoding="utf-8")
            else:
                (FOLDER / name).unlink()
        print(f"docs/reference written: {', '.join(differing)}")
    return 0


def pages() -> dict[str, str]:
    """Return the text of each page under its file's name."""
    texts = {f"{page}.md": _module_page(page, names) for page, names in public_names().items()}
    texts["services.md"] = _text("Services", _services())
    return texts


def public_names() -> dict[str, list[str]]:
    """Return the public names of each page, as the paths that they are imported by. Each stands on one page."""
    package, events = importlib.import_module("buildkite_ext"), importlib.import_module("buildkite_ext.events")
    names = {page: _exported(module) for page, module in MODULES.items() if page not in ("buildkite_ext", "events")}
    emitted = [name for name in package.__all__ if getattr(events, name, None) is getattr(package, name)]
    names["events"] = [f"{events.__name__}.{name}" for name in emitted]
    known = {_name(path) for page in ("errors", "events") for path in names[page]}
    modules = {_name(module) for module in MODULES.values()}
    rest = [name for name in package.__all__ if name not in known | modules | {*CLIENTS, "__version__"}]
    names["buildkite_ext"] = [f"buildkite_ext.{name}" for name in (*CLIENTS, *rest)]
    elsewhere = {"webhooks": {*known, *map(_name, names["webhooks_redis"])}, "simulation": {*rest}, "logs": {*rest}}
    for page, described in elsewhere.items():
        names[page] = [path for path in names[page] if _name(path) not in described]
    names["simulation"] += MORE
    return {page: names[page] for page in MODULES}


def _name(path: str) -> str:
    return path.rpartition(".")[2]


def _exported(module: str) -> list[str]:
    """Return the paths of a module's public names, without other names of its classes."""
    imported = importlib.import_module(module)
    values = {name: getattr(imported, name) for name in sorted(imported.__all__)}
    return [
        f"{module}.{name}" for name, value in values.items() if not isinstance(value, type) or value.__name__ == name
    ]


def _module_page(page: str, names: Iterable[str]) -> str:
    introduction = (
        f"::: {MODULES[page]}\n    options:\n      members: false\n      show_root_heading: false\n"
        "      show_root_toc_entry: false"
    )
    inherited = "\n    options:\n      inherited_members: true" if page in ("simulation", "webhooks") else ""
    entries = _by_letter(names) if page == "models" else (f"::: {name}{inherited}" for name in names)
    return _text(TITLES.get(page, page), [introduction, *entries])


def _by_letter(names: Iterable[str]) -> Iterator[str]:
    """Yield the entries under a heading for each letter: the page is long, and its contents list no deeper heading."""
    for letter, group in groupby(names, key=lambda path: _name(path)[0]):
        yield f"## {letter}"
        yield from (f"::: {name}\n    options:\n      heading_level: 3" for name in group)


def _services() -> Iterator[str]:
    yield (
        "A service is a property of the client: `client.builds`, `client.teams.members`. This page shows the blocking "
        "ones. Those of `AsyncBuildkiteClient` have the same methods with the same arguments: what returns a value is "
        "awaited, and what returns `Items` or an iterator is read with `async for`. "
        "[Operations](../operations.md) lists the operation and the scope of each method."
    )
    for service, kind in _service_classes().items():
        yield f"## client.{service} {{ #client.{service} }}"
        yield (
            f"::: {kind.__module__}.{kind.__qualname__}\n    options:\n      show_root_heading: false\n"
            "      show_root_toc_entry: false\n      merge_init_into_class: false\n      inherited_members: true\n"
            "      heading_level: 3"
        )


def _service_classes() -> Mapping[str, type]:
    from buildkite_ext import BuildkiteClient

    client = BuildkiteClient("acme", token="none")
    services = bundle.load(ROOT / "spec" / "calls.yaml")["services"]
    return {service: type(reduce(getattr, service.split("."), client)) for service in sorted(services)}


def _text(title: str, blocks: Iterable[str]) -> str:
    return "\n\n".join([HEADER, f"# {title}", *blocks]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
