"""Bundle spec/openapi.yaml and spec/resources/*.yaml into one OpenAPI document.

    from bundle import bundle, dump
    print(dump(bundle(Path("spec"))))

The root holds the shared part. A fragment holds the paths and components of one group; its references are
`#/components/...`, as in the bundle. Nothing is overridden: a path's method or a component that is written twice is an
error, and so is a key that is written twice in one YAML mapping.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FRAGMENT_KEYS = ("paths", "components")

# document > paths > path > method, and document > components > kind > name: below these, nothing is merged.
_MERGED_LEVELS = 3

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BundleError(ValueError):
    """Parts of the description that do not fit together. The message says where, and what to do."""


def bundle(spec_dir: Path) -> dict[str, Any]:
    """Merge the root and every fragment of a description.

    Args:
        spec_dir: The folder that holds `openapi.yaml` and `resources/`.

    Returns:
        The whole document, made of plain JSON values, in the order root first, then fragments by file name.

    Raises:
        BundleError: A file is not a YAML mapping, a key is written twice, or a fragment holds a foreign key.
    """
    root = spec_dir / "openapi.yaml"
    document = load(root)
    origin = dict.fromkeys(_leaves(document), root)
    for path in sorted((spec_dir / "resources").glob("*.yaml")):
        fragment = load(path)
        for key in fragment:
            if key not in FRAGMENT_KEYS:
                raise BundleError(
                    f"{path}: a fragment holds only {' and '.join(FRAGMENT_KEYS)}, not '{key}': move it to {root.name}"
                )
        for where in _leaves(fragment):
            if len(where) < _MERGED_LEVELS:
                raise BundleError(f"{path}: {' > '.join(where)} must be a mapping")
            if where in origin:
                raise BundleError(f"{path}: {' > '.join(where)} is already in {origin[where]}: rename or remove one")
            origin[where] = path
        _merge(document, fragment, _MERGED_LEVELS)
    return document


def load(path: Path) -> dict[str, Any]:
    """Read one YAML file as plain JSON values.

    Raises:
        BundleError: The file is not YAML, not a mapping, or writes a key twice in one mapping.
    """
    text = path.read_text(encoding="utf-8")
    try:
        for line, key in _written_twice(yaml.compose(text, Loader=_Loader)):
            raise BundleError(f"{path}, line {line}: the key '{key}' is written twice here: remove one")
        value = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise BundleError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(value, dict):
        raise BundleError(f"{path}: expected a mapping at the top")
    # Through JSON, a part that an anchor shares becomes a copy, and a status code without quotes a string.
    plain: dict[str, Any] = json.loads(json.dumps(value))
    return plain


def references(node: Any) -> Iterator[str]:
    """Yield every reference in a part of a description, as it is written."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def dump(document: dict[str, Any]) -> str:
    """Return a document as YAML: the same text for the same document on every machine."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _merge(into: dict[str, Any], part: dict[str, Any], levels: int) -> None:
    for key, value in part.items():
        if levels and key in into:
            _merge(into[key], value, levels - 1)
        else:
            into[key] = value


def _leaves(value: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if len(where) == _MERGED_LEVELS or not isinstance(value, dict):
        yield where
        return
    for key, inner in value.items():
        yield from _leaves(inner, (*where, key))


def _written_twice(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _written_twice(item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _written_twice(value)


if __name__ == "__main__":
    sys.stdout.write(dump(bundle(Path(__file__).parents[1] / "spec")))
