"""Patterns that match no artifact: the message names each, and what is near it."""

from __future__ import annotations

import pytest

from buildkite_ext.artifacts.patterns import nothing_matched, unmatched

PATHS = ["out/a/result.json", "out/b/result.json", "dist/app.whl", "Report.xml", "log-1.txt", "var/X11/X.log"]
MANY = [f"log/{number}.txt" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("globs", "missing"),
    [
        ([], []),
        (["*.xml", "dist/*"], []),
        (["*.json", "dist/*", "x"], ["*.json", "x"]),
        (["x", "x", "y"], ["x", "y"]),
    ],
)
def test_the_patterns_that_match_no_path_are_told_once(globs: list[str], missing: list[str]) -> None:
    assert unmatched(globs, PATHS) == missing


@pytest.mark.parametrize(
    ("glob", "near"),
    [
        ("result.json", "; '**/result.json' matches 2: 'out/a/result.json', 'out/b/result.json'"),
        ("/dist/app.whl", "; '**/dist/app.whl' matches 1: 'dist/app.whl'"),
        ("./a/result.json", "; '**/a/result.json' matches 1: 'out/a/result.json'"),
        ("out/*.json", "; 'out/**/*.json' matches 2: 'out/a/result.json', 'out/b/result.json'"),
        ("*/result.json", "; '**/*/result.json' matches 2: 'out/a/result.json', 'out/b/result.json'"),
        ("o*/result.json", "; '**/result.json' matches 2: 'out/a/result.json', 'out/b/result.json'"),
        ("o**t/*.json", "; 'o*t/**/*.json' matches 2: 'out/a/result.json', 'out/b/result.json'"),
        ("build/app.whl", "; '**/app.whl' matches 1: 'dist/app.whl'"),
        ("dist", "; 'dist/**' matches 1: 'dist/app.whl'"),
        ("out/a/", "; 'out/a/**' matches 1: 'out/a/result.json'"),
        ("o*/*.json", "; 'o**/**/*.json' matches 2: 'out/a/result.json', 'out/b/result.json'"),
        ("Rep*/x", "; the build has 6: 'out/a/result.json', 'out/b/result.json', 'dist/app.whl' and 3 more"),
        ("dis?", "; 'dis?/**' matches 1: 'dist/app.whl'"),
        ("d*", "; 'd*/**' matches 1: 'dist/app.whl'"),
        ("X11/X.log", "; '**/X11/X.log' matches 1: 'var/X11/X.log'"),
        ("report.xml", "; upper and lower case differ: 'Report.xml'"),
        ("DIST/*.WHL", "; upper and lower case differ: 'dist/app.whl'"),
        ("dist/ap.whl", "; similar: 'dist/app.whl'"),
        ("nothing.here", "; the build has 6: 'out/a/result.json', 'out/b/result.json', 'dist/app.whl' and 3 more"),
    ],
)
def test_what_is_near_a_pattern_is_shown(glob: str, near: str) -> None:
    assert nothing_matched([glob], PATHS, "web #7") == f"No artifact of build web #7 matches {glob!r}{near}."


def test_each_pattern_is_told_with_what_is_near() -> None:
    said = nothing_matched(["app.whl", "log/*/*", "zzz"], MANY[:3], "web #7")
    assert said == (
        "No artifact of build web #7 matches 'app.whl'; the build has 3: 'log/1.txt', 'log/2.txt', 'log/3.txt'; "
        "nor 'log/*/*'; 'log/**/*' matches 3: 'log/1.txt', 'log/2.txt', 'log/3.txt'; "
        "nor 'zzz'; the build has 3: 'log/1.txt', 'log/2.txt', 'log/3.txt'."
    )


def test_a_message_shows_three_paths_and_no_more() -> None:
    assert nothing_matched(["1?.txt", "log/6.text"], MANY, "web #7").endswith(
        "; nor 'log/6.text'; similar: 'log/5.txt', 'log/4.txt', 'log/3.txt'."
    )
    assert "'**/*.txt' matches 5: 'log/1.txt', 'log/2.txt', 'log/3.txt' and 2 more." in nothing_matched(
        ["*.txt"], MANY, "web #7"
    )


def test_a_build_without_artifacts_has_nothing_near() -> None:
    assert nothing_matched(["*", "a b"], [], "web #7") == (
        "No artifact of build web #7 matches '*', 'a b': no artifact was uploaded, or none is there any more."
    )


def test_of_thousands_of_paths_the_first_are_compared_by_their_letters() -> None:
    paths = [*(f"{number}" for number in range(999)), "coverage.xml", "Makefile.in"]
    assert nothing_matched(["coverage.xlm"], paths, "web #7").endswith("; similar: 'coverage.xml'.")
    assert nothing_matched(["Makefile.inn"], paths, "web #7").endswith(
        "; the build has 1001: '0', '1', '2' and 998 more."
    )
