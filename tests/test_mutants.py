"""What `make mutants` runs, and what `tests/mutants.md` names, is there: to run the mutants themselves takes too long for each change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.mutants import NAMED, SUBJECTS

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", NAMED.read_text(), flags=re.MULTILINE)[1:]}


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_modules_and_the_tests_of_a_subject_exist(name: str) -> None:
    assert [each for each in SUBJECTS[name].modules if not (ROOT / "buildkite_ext" / each).is_file()] == []
    tests = [test.partition("::") for test in SUBJECTS[name].tests]
    texts = {file: (ROOT / "tests" / file).read_text() for file, _, _ in tests}
    assert [test for file, _, test in tests if test and f"def {test}(" not in texts[file]] == []


@pytest.mark.parametrize("name", SECTIONS)
def test_the_lines_whose_change_survives_stand_in_the_modules(name: str) -> None:
    modules = "".join((ROOT / "buildkite_ext" / each).read_text() for each in SUBJECTS[name].modules)
    known = {re.sub(r"def \w+", "def", line.strip()) for line in modules.splitlines()}
    assert [line for line in re.findall(r"^- (.+)", SECTIONS[name], re.MULTILINE) if line not in known] == []
