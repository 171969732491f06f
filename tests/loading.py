"""Loading of all modules of the packages."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import walk_packages

import buildkite_api

import buildkite_ext

__all__ = ["load_all"]


@cache
def load_all() -> None:
    """Import each module. `pytester` forgets at the end of a run in this process what was imported meanwhile.

    The classes of a module that is imported again are others, of which the modules that stay know nothing.
    """
    for package in (buildkite_api, buildkite_ext):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
