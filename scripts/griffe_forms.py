"""Extension of Griffe, which reads the reference of the documentation site from the source.

Four forms of this package need help:

- The blocking services name each method once: `get = blocking(AsyncBuilds.get)`. The source shows an attribute. The
  extension makes it a method with the arguments and the docstring of the async one, and the blocking types.
- A line of a docstring may describe several arguments: `timeout, retry: as for the client`.
- A docstring's section of doctests has the title "Example:". Griffe looks for "Examples:".
- `buildkite_ext.models` loads its names when they are first used.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["PackageForms"]

_BLOCKING_TYPES = {"AsyncItems": "Items", "AsyncIterator": "Iterator", "DetachedIterator": "Iterator"}


_ARGUMENTS = re.compile(r"^(?P<indent> +)(?P<names>\w+(?:, \w+)+): (?P<text>.*(?:\n(?P=indent) +.*)*)$", re.MULTILINE)
_EXAMPLE = re.compile(r"^Example:$", re.MULTILINE)
_MODELS = "buildkite_ext.models", "buildkite_api.models"


class PackageForms(griffe.Extension):
    """The forms of this package, in words that Griffe knows."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """Give `buildkite_ext.models` its names."""
        public, home = _MODELS
        if pkg.path == public.partition(".")[0]:
            models = pkg[public.partition(".")[2]]
            for name in loader.modules_collection[home].exports or ():
                models.set_member(str(name), griffe.Alias(str(name), f"{home}.{name}"))

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of a class, a function or an attribute."""
        _rewrite(obj)

    def on_module_members(self, *, mod: griffe.Module, **_: Any) -> None:
        """Rewrite the docstring of a module, which has none before its members are there."""
        _rewrite(mod)

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Replace the attributes of one class."""
        for name, member in list(cls.members.items()):
            method = _async_method(cls, member)
            if method is not None:
                cls.set_member(name, _blocking(name, method))


def _rewrite(documented: griffe.Object) -> None:
    """Describe each argument on a line of its own, and mark examples."""
    if documented.docstring is not None:
        text = _ARGUMENTS.sub(_line_each, documented.docstring.value)
        documented.docstring.value = _EXAMPLE.sub("Examples:", text)


def _line_each(found: re.Match[str]) -> str:
    return "\n".join(f"{found['indent']}{name}: {found['text']}" for name in found["names"].split(", "))


def _async_method(cls: griffe.Class, member: griffe.Object | griffe.Alias) -> griffe.Function | None:
    """Return the async method that an attribute is the blocking form of; None for any other member."""
    if not isinstance(member, griffe.Attribute) or not isinstance(member.value, griffe.ExprCall):
        return None
    call = member.value
    if str(call.function) not in ("blocking", "borrowed") or len(call.arguments) != 1:
        return None
    owner, _, name = str(call.arguments[0]).rpartition(".")
    found = cls.module.members.get(owner)
    method = found.members.get(name) if isinstance(found, griffe.Class) else None
    return method if isinstance(method, griffe.Function) else None


def _blocking(name: str, method: griffe.Function) -> griffe.Function:
    return griffe.Function(
        name,
        lineno=method.lineno,
        endlineno=method.endlineno,
        parameters=method.parameters,
        returns=_blocking_type(method.returns),
        docstring=method.docstring,
    )


def _blocking_type(annotation: str | griffe.Expr | None) -> str | griffe.Expr | None:
    if isinstance(annotation, griffe.ExprSubscript) and isinstance(annotation.left, griffe.ExprName):
        known = _BLOCKING_TYPES.get(annotation.left.name)
        if known is not None:
            return griffe.ExprSubscript(griffe.ExprName(known, parent=annotation.left.parent), annotation.slice)
    return annotation
