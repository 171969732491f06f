"""The public names of the package are loaded lazily, and the same for type checkers."""

from __future__ import annotations

import ast
import inspect

from buildkite_ext import webhooks


def test_type_checkers_see_the_names_that_exist() -> None:
    tree = ast.parse(inspect.getsource(webhooks))
    seen = [alias.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(name for name in seen if name is not None) == webhooks.__all__ == sorted(webhooks.__all__)
    for name in webhooks.__all__:
        assert getattr(webhooks, name) is not None


def test_every_module_lists_its_names() -> None:
    import importlib
    import pkgutil

    from buildkite_ext import redis

    for package in (webhooks, redis):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            module = importlib.import_module(found.name)
            assert isinstance(module.__all__, list), found.name
            assert all(hasattr(module, name) for name in module.__all__), found.name
