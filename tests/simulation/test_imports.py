"""Imports between the simulator's modules, those for type checkers included: `lint-imports` leaves these out."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp

PACKAGE = "buildkite_ext.simulation"
FLOORS = ("clients", "simulator", "api", "engine", "state", "behaviour", "definition")


def test_no_module_is_in_a_circle_and_no_floor_imports_a_higher_one() -> None:
    graph = grimp.build_graph("buildkite_ext", exclude_type_checking_imports=False, cache_dir=None)
    modules = [module for module in graph.modules if module.startswith(f"{PACKAGE}.")]
    imports = {
        module: {other for other in graph.find_modules_directly_imported_by(module) if other.startswith(f"{PACKAGE}.")}
        for module in modules
    }
    TopologicalSorter(imports).prepare()  # raises a CycleError that names the circle
    assert not graph.find_illegal_dependencies_for_layers(FLOORS, containers={PACKAGE})
