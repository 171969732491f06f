"""The wheel and the editable install hold both packages, typed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_both_packages_and_says_that_they_are_typed(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "buildkite_ext/__init__.py",
        "buildkite_ext/py.typed",
        "buildkite_api/__init__.py",
        "buildkite_api/py.typed",
        "buildkite_api/operations.py",
        "buildkite_api/api/builds/get_build.py",
    } <= names
    assert not [name for name in names if not name.startswith(("buildkite_ext/", "buildkite_api/", "buildkite_ext-"))]


def test_pytest_finds_the_plugin_in_the_wheel(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    (metadata,) = [name for name in archive.namelist() if name.endswith("METADATA")]
    assert "[pytest11]\nbuildkite = buildkite_ext.pytest_plugin" in archive.read(entry_points).decode()
    assert "buildkite_ext/pytest_plugin.py" in archive.namelist()
    assert "Provides-Extra: pytest" in archive.read(metadata).decode()


def test_the_extra_for_pytest_has_what_its_pipelines_need() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert "buildkite-ext[simulator]" in extras["pytest"]
    assert any(each.startswith("pytest>=") for each in extras["pytest"])


def test_the_wheel_stays_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 2_000_000


def test_a_client_works_from_the_unpacked_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "import buildkite_ext, buildkite_api, buildkite_ext.simulation as simulation\n"
        f"assert buildkite_ext.__file__.startswith({str(tmp_path)!r}), buildkite_ext.__file__\n"
        f"assert buildkite_api.__file__.startswith({str(tmp_path)!r}), buildkite_api.__file__\n"
        "with simulation.Simulator('acme').client() as client:\n"
        "    print(client.organizations.get().slug)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "acme\n"), done.stderr


def test_the_version_is_the_same_everywhere() -> None:
    import buildkite_ext

    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {buildkite_ext.__version__}" in changelog


def test_what_is_claimed_of_pythons_and_systems_is_what_ci_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    tested = jobs["test"]["strategy"]["matrix"]["python"]
    claimed = [
        each.rpartition(" ")[2]
        for each in project["classifiers"]
        if each.startswith("Programming Language :: Python :: 3.")
    ]
    assert claimed == tested
    assert project["requires-python"] == f">={tested[0]}"
    systems = [each for each in project["classifiers"] if each.startswith("Operating System")]
    assert systems == ["Operating System :: POSIX :: Linux"]
    assert all("ubuntu" in job["runs-on"] or job["continue-on-error"] for job in jobs.values())
    stability = (ROOT / "docs" / "stability.md").read_text(encoding="utf-8")
    assert f"CPython {', '.join(tested[:-1])} and {tested[-1]}" in stability
    assert f"CPython {tested[0]} to {tested[-1]} on Linux" in (ROOT / "README.md").read_text(encoding="utf-8")
