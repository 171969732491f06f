"""The documentation site and the contributor's files are whole: pages, links, names, versions and numbers."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import buildkite_ext
from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, BuildkiteError, Event, Outcome, Retry, Secret

from .documents import PROJECT, ROOT, anchors, documents, links, prose

SITE = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
PROJECT_FILE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pages(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from pages(target)


def test_each_page_stands_in_the_navigation_once() -> None:
    there = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    named = list(pages(SITE["nav"]))
    assert sorted(named) == sorted(there)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a page](nowhere.md)", "page does not exist"),
        ("[a name][buildkite_ext.Nowhere]", "unresolved autoref"),
        ("::: buildkite_ext.nowhere", "buildkite_ext.nowhere could not be found"),
    ],
)
def test_the_build_refuses_what_leads_nowhere(text: str, said: str, tmp_path: Path) -> None:
    config = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    config = re.sub(r"^nav = \[.*?^\]$", 'nav = [{ "Home" = "index.md" }]', config, flags=re.MULTILINE | re.DOTALL)
    config = re.sub(r"^(preload_modules|extensions) = .*$", "", config, flags=re.MULTILINE)
    (tmp_path / "zensical.toml").write_text(config, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# Home\n\n{text}\n", encoding="utf-8")
    program = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize("document", documents(), ids=lambda document: str(document.relative_to(ROOT)))
def test_each_link_leads_somewhere(document: Path) -> None:
    """`make docs` refuses broken links between pages; links to the project's files are checked here alone."""
    for target in links(document):
        path, _, anchor = target.partition("#")
        if path.startswith(PROJECT):
            path = path.removeprefix(PROJECT).lstrip("/")
            if not path.startswith(("blob/main/", "tree/main/")):
                assert path in ("", "issues", "security/advisories/new"), target
                continue
            file = ROOT / path.partition("/main/")[2]
        elif path.startswith("https://"):
            continue
        else:
            assert document.parent != ROOT, (
                f"{target}: a link in {document.name} has to be absolute, it is shown elsewhere too"
            )
            file = (document.parent / path).resolve() if path else document
            assert file.is_relative_to(ROOT / "docs"), (
                f"{target}: the site has no page for it; link to {PROJECT}/blob/main/"
            )
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("script", ["reference.py", "reference_pages.py"])
def test_what_is_written_from_the_code_is_up_to_date(script: str) -> None:
    """So the numbers and names in these pages are the code's."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script), "--check"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_no_document_counts_operations_by_hand() -> None:
    """A number that a new operation would make wrong stands only in what is written from the code."""
    for document in documents():
        if document.name != "CHANGELOG.md":
            by_hand = re.sub(r"<!-- Written by .*?\n\n", "", prose(document), flags=re.DOTALL)
            assert re.findall(r"\b\d{2,} (?:of \d+|operations|endpoints|models|methods)\b", by_hand) == [], document


@pytest.mark.parametrize("example", sorted((ROOT / "examples").rglob("*.py")), ids=lambda path: path.stem)
def test_an_example_can_be_copied_alone(example: Path) -> None:
    """It imports nothing that stands beside it."""
    imported = [
        node for node in ast.walk(ast.parse(example.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)
    ]
    modules = {str(node.module).partition(".")[0] for node in imported}
    beside = {path.stem for path in (ROOT / "examples").rglob("*.py")}
    assert not modules & beside
    assert not any(node.level for node in imported)


def test_every_tool_has_one_version() -> None:
    pinned = [name for name in PROJECT_FILE["dependency-groups"]["generate"] if name.startswith("ruff==")]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    versions = [name for hook in hooks for name in hook.get("additional_dependencies", ())]
    assert versions
    assert set(versions) == set(pinned)


def test_both_forges_run_the_same_targets() -> None:
    buildkite = yaml.safe_load((ROOT / ".buildkite" / "pipeline.yml").read_text(encoding="utf-8"))
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    by_buildkite = {step["command"] for step in buildkite["steps"]}
    by_workflow = {
        step["run"]
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if step.get("run", "").startswith("make ")
    }
    assert by_buildkite == by_workflow == {f"make {name}" for name in ("check", "test", "docs", "endurance")}
    assert {name.removeprefix("make ") for name in by_buildkite} <= set(targets)


def test_the_addresses_of_the_project() -> None:
    urls = PROJECT_FILE["project"]["urls"]
    assert all(url.startswith(PROJECT) for url in urls.values())
    assert SITE["repo_url"] == PROJECT == urls["Source"]


def table(document: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    rows = [row.strip("|").split("|") for row in re.search(r"(^\|.*\n)+", text, re.MULTILINE)[0].splitlines()]  # type: ignore[index]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def first_names(document: str, heading: str) -> set[str]:
    return {name for row in table(document, heading) for name in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize("client", [BuildkiteClient, AsyncBuildkiteClient])
def test_every_option_of_a_client_is_in_the_guide(client: type) -> None:
    parameters = inspect.signature(client).parameters
    rows = {row[0].strip("`"): row[2] for row in table("configuration.md", "Options of a client")}
    assert rows.keys() == parameters.keys()
    assert rows["timeout"] == f"{parameters['timeout'].default:g}"


def test_every_field_of_the_retry_policy_is_in_the_guide() -> None:
    rows = {row[0].strip("`"): row[2] for row in table("client/retries.md", "The policy")}
    assert rows == {name: f"{getattr(Retry(), name):g}" for name in rows}
    assert rows.keys() == inspect.signature(Retry).parameters.keys() - {"random"}


def test_every_event_of_a_client_is_in_the_guide() -> None:
    assert first_names("client/watch-it.md", "Events") == {kind.__name__ for kind in get_args(Event)}


_PROJECT_PAGES = {"index.md", "changelog.md", "contributing.md", "security.md"}
"""The start page, and pages that show a file at the root, to which the README links."""
_GUIDES = sorted({*pages(SITE["nav"])} - _PROJECT_PAGES)


@pytest.mark.parametrize("page", [page for page in _GUIDES if not page.startswith("reference/")])
def test_every_guide_is_linked_from_the_readme_and_the_start_page(page: str) -> None:
    assert f"/docs/{page})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"({page})" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_every_outcome_is_in_the_guide() -> None:
    assert first_names("client/waiting.md", "Outcomes") == set(get_args(Outcome))


def test_the_errors_of_the_guide_exist() -> None:
    named = first_names("client/errors.md", "The errors to catch")
    assert all(issubclass(getattr(buildkite_ext, name), BuildkiteError) for name in named)


def test_the_variables_of_the_guide_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table("configuration.md", "Environment variables")
    named = {argument.strip("`"): re.findall(r"`(\w+)`", names) for names, _, argument in rows[::-1]}
    given = {"token": "bkua_x", "organization": "acme", "base_url": "https://api.example"}
    assert given.keys() == named.keys() - {""}
    for argument, value in given.items():
        monkeypatch.setenv(named[argument][0], value)
    options = BuildkiteClient().options
    assert (options.organization, options.base_url) == (given["organization"], given["base_url"])
    assert options.token == Secret(given["token"])
