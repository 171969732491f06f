"""Reader of YAML that holds data alone: cassettes and scenarios, which may come from somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from ..definition.yaml_tree import yaml_problem

if TYPE_CHECKING:
    import yaml

__all__ = ["read_yaml", "yaml_nodes"]

_DEEPEST = 50
"""Levels of lists and maps. libyaml would end the process at some ten thousand."""

_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(text: str) -> Any:
    """Return what a text in YAML holds.

    Raises:
        ImportError: PyYAML isn't installed.
        ValueError: it isn't YAML, it is nested too deeply, or it holds `<<`, by which a short text becomes an endless one.

    Example:
        >>> read_yaml("jobs: [{name: test}]")
        {'jobs': [{'name': 'test'}]}
    """
    import yaml

    with _checked(text):
        return yaml.load(text, Loader=_loader())  # noqa: S506 - it is a safe loader


def yaml_nodes(text: str) -> list[yaml.Node]:
    """Return the nodes of the documents in a text, with their places.

    Raises:
        ImportError: PyYAML isn't installed.
        ValueError: it isn't YAML, or it is nested too deeply.
    """
    import yaml

    with _checked(text):
        return [node for node in yaml.compose_all(text, Loader=_loader()) if node is not None]


@contextmanager
def _checked(text: str) -> Iterator[None]:
    """Check how deeply a text is nested, and raise the errors of what reads it as ValueErrors."""
    import yaml

    depth = 0
    try:
        for event in yaml.parse(text, Loader=_loader()):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise ValueError(f"it is nested too deeply: at most {_DEEPEST} lists and maps stand in each other")
        yield
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        message, mark = yaml_problem(text, error)
        raise ValueError(f"line {mark.line}, column {mark.column}: {message}") from error


@cache
def _loader() -> Any:
    """Return a safe loader that refuses `<<`, by libyaml where PyYAML was built with it: large files take a tenth of the time."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def flatten(_: object, node: yaml.MappingNode) -> None:
        for key, _value in node.value:
            if key.tag == _MERGE:
                raise yaml.constructor.ConstructorError(None, None, "<< isn't used here", key.start_mark)

    return type("Loader", (base,), {"flatten_mapping": flatten})
