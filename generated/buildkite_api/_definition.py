# Generated from spec/ by `make generate`: edit that, not this.

"""Definition of the models as attrs classes, of which attrs makes the methods when they are first needed.

A program uses few of the models, and most of those are only decoded, which calls no constructor. But attrs compiles the
constructor and the comparison of a class when it is defined, which takes a millisecond. So `define` makes the slots of a
class alone. What attrs adds to a class, it adds when it is first asked for: by a call of the class, a comparison,
`attrs.fields` or `pickle`.

Type checkers are given attrs itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["Field", "define", "field", "fields_of"]

C = TypeVar("C", bound=type)

_ABSENT: Any = object()


class Field:
    """Attribute of a model: what attrs is told about it."""

    __slots__ = ("default", "eq", "factory", "init", "repr")

    def __init__(
        self,
        *,
        default: Any = _ABSENT,
        factory: Callable[[], Any] | None = None,
        init: bool = True,
        repr: bool = True,  # noqa: A002  # as attrs calls it
        eq: bool | Callable[[Any], Any] = True,
    ) -> None:
        self.default = default
        self.factory = factory
        self.init = init
        self.repr = repr
        self.eq = eq

    @property
    def required(self) -> bool:
        """True if the attribute has no default."""
        return self.default is _ABSENT and self.factory is None

    def for_attrs(self) -> Any:
        """Return the same as attrs takes it."""
        import attrs

        default = attrs.NOTHING if self.default is _ABSENT else self.default
        given: Any = {"factory": self.factory} if self.factory else {"default": default}
        return attrs.field(**given, init=self.init, repr=self.repr, eq=self.eq)


if TYPE_CHECKING:
    from attrs import define, field
else:
    field = Field

    def define(**options: bool) -> Callable[[C], C]:
        """Return a decorator that defines a model. The options are those of `attrs.define`."""

        def decorate(cls: C) -> C:
            own = {}
            for name, annotation in cls.__annotations__.items():
                if not annotation.startswith("ClassVar["):
                    value = cls.__dict__.get(name, _ABSENT)
                    own[name] = value if isinstance(value, Field) else Field(default=value)
            kept = {key: value for key, value in cls.__dict__.items() if key not in own and key not in _NOT_KEPT}
            later = {name: _Later(name) for name in _MADE}
            form = {
                "__annotations__": cls.__annotations__,
                "__slots__": tuple(own),
                "__hash__": None,
                "__match_args__": (),
            }
            defined: Any = type(cls)(cls.__name__, cls.__bases__, {**kept, **form, **later})
            defined.__qualname__ = cls.__qualname__
            _OWN[defined] = own, options
            return defined

        return decorate


_MADE = ("__init__", "__eq__", "__ne__", "__getstate__", "__setstate__", "__attrs_props__", "__attrs_attrs__")
"""What attrs adds to a class. The last one is taken over last."""

_NOT_KEPT = ("__dict__", "__weakref__")

_OWN: dict[type, tuple[dict[str, Field], dict[str, bool]]] = {}
"""The attributes of each model without those of its bases, and the options of its definition."""

_LOCK = threading.RLock()


class _Later:
    """Method that attrs makes when it is first looked up."""

    __slots__ = ("cls", "name")

    def __init__(self, name: str) -> None:
        self.name = name

    def __set_name__(self, cls: type, name: str) -> None:
        self.cls = cls

    def __get__(self, instance: object, owner: type) -> Any:
        _complete(self.cls)
        made = self.cls.__dict__[self.name]
        return made.__get__(instance, owner) if hasattr(made, "__get__") else made


def _complete(cls: Any) -> None:
    """Let attrs define a class of the same form, and take over what attrs adds to it."""
    import attrs

    with _LOCK:
        if not isinstance(cls.__dict__[_MADE[-1]], _Later):
            return
        own, options = _OWN[cls]
        body: dict[str, Any] = {name: each.for_attrs() for name, each in own.items()}
        body.update((key, getattr(cls, key)) for key in ("__module__", "__qualname__", "__annotations__"))
        define: Any = attrs.define
        made = define(**options)(type(cls)(cls.__name__, cls.__bases__, body))
        for name in _MADE:
            setattr(cls, name, getattr(made, name, None))


def fields_of(cls: type) -> dict[str, Field]:
    """Return the attributes of a model by their names, those of its bases first."""
    return {name: each for base in reversed(cls.__mro__) for name, each in _OWN.get(base, ({}, {}))[0].items()}
