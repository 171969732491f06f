"""The file of an artifact is below the folder, can be written on the system, and is in no other's way; or there is none."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from buildkite_ext import errors
from buildkite_ext.artifacts.folders import PartFile, Tree
from buildkite_ext.artifacts.names import (
    PART,
    PART_LENGTH,
    System,
    absolute,
    checked,
    conflict,
    file_target,
    has_job,
    label,
    names_folder,
    path_problem,
    shown,
    tree_target,
)
from buildkite_ext.globs import matches_path, matches_wildcard, plain_path, server_filter

from .fakes import Flavor
from .storage import Storage, artifact, described, files

SYSTEMS: list[System] = ["linux", "macos", "windows"]


def problem(path: str, system: System, root: str = "/to") -> str | None:
    return path_problem(path.split("/"), root=root, system=system)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "path", ["a", "dist/app.whl", ".hidden", "a b/c d", "日本語/é.txt", "x" * 255, "con/" * 3 + "a"]
)
def test_what_a_system_can_hold_is_no_problem(path: str, system: System) -> None:
    expected = path.startswith("con/") and system == "windows"
    assert bool(problem(path, system)) is expected


@pytest.mark.parametrize(
    "name",
    [
        "CON", "con", "Con.txt", "NUL", "nul.tar.gz", "AUX", "PRN", "COM1", "com9.log", "LPT1", "LPT³", "COM¹.x", "CONIN$",
        "CONOUT$", "NUL ", "NUL .txt", "NUL:", "ab:c", "a<b", "a>b", 'a"b', "a|b", "a?b", "a*b", "a.", "a ", "a . ", "...",
    ],
)  # fmt: skip
def test_a_name_that_windows_reads_differently_is_refused_there_alone(name: str) -> None:
    for place in (name, f"{name}/a", f"a/{name}"):
        assert problem(place, "windows")
        assert problem(place, "linux") is None
        assert problem(place, "macos") is None


@pytest.mark.parametrize(
    "name", ["CONSOLE", "COM", "COM10", "LPT", "NULL", "auxiliary.txt", "a.con", "a.b.c", " a", ".a"]
)
def test_names_that_only_look_like_devices_are_allowed(name: str) -> None:
    assert problem(name, "windows") is None


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    "part",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "C:",
        "C:a",
        "a\0",
        "a\n",
        "\x7f",
        "\x9b",
        "\ud800",
        ".buildkite-ext-0123456789abcdef.part",
    ],
)
def test_what_is_no_name_is_refused_everywhere(part: str, system: System) -> None:
    for parts in ([part], ["a", part], [part, "a"]):
        assert path_problem(parts, root="/to", system=system)


@pytest.mark.parametrize(
    ("name", "systems"),
    [
        ("x" * 256, ["linux", "macos", "windows"]),
        ("é" * 127, []),
        ("é" * 128, ["linux", "macos"]),
        ("日" * 86, ["linux", "macos"]),
        ("😀" * 64, ["linux", "macos"]),
        ("😀" * 128, ["linux", "macos", "windows"]),
    ],
)
def test_a_name_has_at_most_255_bytes_and_on_windows_characters_of_utf_16(name: str, systems: list[System]) -> None:
    assert [system for system in SYSTEMS if problem(name, system)] == systems or len(name) > 200
    for system in SYSTEMS:
        found = problem(name, system)
        assert (found is not None) is (system in systems or (system == "windows" and len(name) > 218))


@pytest.mark.parametrize(("system", "longest"), [("linux", 4095), ("macos", 1023), ("windows", 259)])
def test_a_whole_path_has_a_longest_length_with_its_temporary_file(system: System, longest: int) -> None:
    def path(length: int, last: int) -> str:
        """Return a path of a length in all below /to, with a name of a length at its end."""
        rest = length - len("/to/") - last - 1
        folders = "/".join(["f" * 99] * (rest // 100) + ["f" * (rest % 100)]) if rest % 100 else None
        assert folders is not None
        return f"{folders}/{'x' * last}"

    assert problem(path(longest, 50), system) is None
    assert "whole path" in str(problem(path(longest + 1, 50), system))
    assert "whole path" in str(problem(path(longest, 1), system))  # the temporary file beside it is longer


def test_the_length_of_a_temporary_file_s_name_is_that_of_the_names_that_are_made(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    file = PartFile(tree, tree_target(artifact("a"), tmp_path))
    file.open()
    [name] = [path.name for path in tmp_path.iterdir()]
    file.discard()
    tree.close()
    assert len(name) == PART_LENGTH
    assert PART.fullmatch(name)


def test_the_root_counts_for_the_length_of_a_path() -> None:
    assert problem("a/b", "windows", root="C:\\" + "x" * 100) is None
    assert problem("a/b", "windows", root="C:\\" + "x" * 240)
    assert problem("d" * 60 + "/b.txt", "windows", root="C:\\" + "x" * 180)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_path_has_at_most_128_folders(system: System) -> None:
    assert path_problem(["a"] * 90, root="/", system=system) is None or system == "windows"
    assert "folders" in str(path_problem(["a"] * 130, root="/", system=system))
    assert path_problem(["a"] * 129, root="/", system="linux") is None


def test_windows_rules_decide_where_an_artifact_of_a_linux_agent_may_go(tmp_path: Path) -> None:
    for path in ("logs/aux.txt", "a/trailing. /b", "what?.txt", "xx:stream"):
        tree_target(artifact(path), tmp_path, system="linux")
        with pytest.raises(errors.UnsafePath, match=r"artifacts\.download"):
            tree_target(artifact(path), tmp_path, system="windows")
        with pytest.raises(errors.UnsafePath, match="to="):
            file_target(artifact("x", filename=path.rpartition("/")[2] + "."), tmp_path, system="windows")


@pytest.mark.parametrize("name", ["NUL", "com1.txt", "a.", "what?", "x" * 255 + "."])
def test_a_file_that_the_caller_names_follows_the_rules_of_its_system_too(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.UnsafePath, match="to="):
        file_target(artifact(), tmp_path / name, system="windows")
    if len(name) < 256:  # the other systems have that rule as well
        assert file_target(artifact(), tmp_path / name, system="linux").path == tmp_path / name


SAID = [
    ([], "linux", "it is empty"),
    (["a", ""], "linux", "'' isn't a name"),
    ([".."], "linux", "'..' isn't a name"),
    (["a\\b"], "linux", r"'a\\b' holds a separator, a drive or a control character"),
    (["C:a"], "macos", "'C:a' holds a separator, a drive or a control character"),
    ([".Buildkite-EXT-0123456789ABCDEF.part"], "linux", "'.Buildkite-EXT-0123456789ABCDEF.part' is the name of a temporary file of downloads"),
    (["é" * 128], "linux", f"the name '{'é' * 40}…' has 256 bytes, and 255 are allowed"),
    (["x" * 256], "windows", f"the name '{'x' * 40}…' has 256 characters, and 255 are allowed"),
    (["nul.txt"], "windows", "'nul.txt' is the name of a device"),
    (["a?"], "windows", """'a?' holds one of the characters < > : " | ? *"""),
    (["a."], "windows", "'a.' ends with a space or a dot, which Windows drops"),
    (["a"] * 130, "linux", "it has 129 folders, and 128 are allowed"),
    (["x" * 250] * 16 + ["é" * 41], "linux", "the whole path needs 4102 bytes, and 4095 are allowed"),
    (["é" * 110, "x" * 150], "windows", "the whole path needs 265 characters, and 259 are allowed"),
    (["é" * 110, "a"], "windows", None),
    (["é" * 220, "a"], "windows", "the whole path needs 261 characters, and 259 are allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "system", "said"), SAID)
def test_the_reason_is_said(parts: list[str], system: System, said: str | None) -> None:
    assert path_problem(parts, root="/to/", system=system) == said
    assert path_problem(parts, root="\\to\\", system=system) == said
    assert path_problem(parts, root="/tX", system=system) == said


def test_the_folder_of_a_file_leaves_room_for_its_temporary_file() -> None:
    assert path_problem(["x" * 218, "a"], root="/to", system="windows") is None
    assert "whole path needs 260 characters" in str(path_problem(["x" * 219, "a"], root="/to", system="windows"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": None}, "whose id is 'None'"),
        ({"id": ""}, "whose id is \"''\""),
        ({"id": "."}, "whose id is"),
        ({"id": ".."}, "whose id is"),
        ({"id": "\ud800"}, "whose id is"),
        ({"id": 7}, "whose id is '7'"),
        ({"job_id": 7}, "whose job_id is '7'"),
        ({"path": ["a"]}, "whose path is"),
        ({"filename": {}}, "whose filename is '{}'"),
        ({"file_size": "7"}, "whose file_size is"),
        ({"file_size": True}, "whose file_size is 'True'"),
        ({"sha1sum": 7}, "whose sha1sum is '7'"),
        ({"sha1sum": "x" * 400}, None),
        ({"path": 7 * ["x" * 100]}, f"""whose path is "['{"x" * 100}', '{"x" * 100}', '{"x" * 90}…"."""),
        ({"job_id": None, "path": None, "filename": None, "file_size": None, "sha1sum": None}, None),
        ({"file_size": 0}, None),
    ],
)
def test_an_artifact_has_what_a_download_needs(changes: dict[str, Any], said: str | None) -> None:
    one = artifact(**changes)
    if said is None:
        assert checked(one) is one
    else:
        with pytest.raises(errors.InvalidResponse, match=f"^Buildkite described an artifact {re.escape(said)}"):
            checked(one)


def test_what_is_no_artifact_is_none() -> None:
    with pytest.raises(errors.InvalidResponse, match=r"^Buildkite listed '7' among artifacts\.$"):
        checked(7)  # type: ignore[arg-type]  # a server may list anything


@pytest.mark.parametrize(
    ("job", "has"), [("j", True), ("", False), (".", False), ("..", False), (None, False), (7, False)]
)
def test_an_artifact_without_the_id_of_a_job_can_not_be_asked_for(job: Any, has: bool) -> None:
    assert has_job(artifact(job_id=job)) is has


def test_a_relative_path_needs_a_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute(Path("a")) == tmp_path / "a"
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert absolute(tmp_path) == tmp_path
    said = (
        r"^to='a' is a path in the current folder, which can't be used: No such file or directory\. It may be deleted\. "
        r"Change to another folder, or give an absolute path in to=\.$"
    )
    for ask in (absolute, partial(file_target, artifact()), partial(file_target, artifact(), folder=True)):
        with pytest.raises(errors.UnsafePath, match=said):
            ask(Path("a"))
    with pytest.raises(errors.UnsafePath, match=said):
        tree_target(artifact(), Path("a"))


def test_a_text_of_a_server_is_shown_in_a_length_that_can_be_read() -> None:
    assert label(artifact("a\n\x1b[2J", id="1")) == r"Artifact 'a\n\x1b[2J' ('1')"
    assert shown("x" * 300) == repr("x" * 300)
    assert shown("x" * 301) == repr("x" * 300 + "…")
    assert shown(None) == "None"


def test_a_separator_at_the_end_says_that_a_path_is_a_folder() -> None:
    assert names_folder("wheels" + os.sep)
    assert not names_folder("wheels")
    assert not names_folder(Path("wheels") / "")
    assert not names_folder(b"wheels/")  # type: ignore[arg-type]  # bytes are refused later


def refused(target: Any, one: Any, to: Path) -> str:
    """Return what the refusal of a target says."""
    with pytest.raises(errors.UnsafePath) as caught:
        target(one, to)
    return str(caught.value)


def test_the_file_of_one_artifact(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    one = artifact("dist\\sub\\app.whl", filename="named.whl")
    for target in (tmp_path / "new", tmp_path / "there" / "new"):
        assert file_target(one, target).path == target
        assert file_target(one, target).artifact is one
        assert file_target(one, target, folder=True).path == target / "named.whl"
    assert file_target(one, tmp_path / "there").path == tmp_path / "there" / "named.whl"
    unnamed = artifact("dist\\sub\\app.whl", filename=None)
    assert file_target(unnamed, tmp_path).path == tmp_path / "app.whl"
    assert file_target(artifact("a", filename=" a "), tmp_path).path == tmp_path / "a"
    assert file_target(one, Path("/to") / ("é" * 130), folder=True, system="windows").artifact is one
    for nothing in (artifact("", id="1", filename=""), artifact("a", id="1", path=None, filename=None)):
        assert refused(file_target, nothing, tmp_path) == (
            "Artifact '1': '' isn't a file name: '' isn't a name. Name the file to write in to=."
        )
    long = tmp_path / ("é" * 128)
    assert refused(file_target, one, long) == (
        f"to='{long}' can't be written: the name '{'é' * 40}…' has 256 bytes, and 255 are allowed."
    )
    device = tmp_path / "NUL"
    assert refused(partial(file_target, system="windows"), one, device) == (
        f"to='{device}' can't be written: 'NUL' is the name of a device."
    )
    missing = tmp_path / "missing" / ".."
    assert refused(file_target, one, missing) == f"to='{missing}' is neither a file nor a folder that exists."
    assert "the whole path needs" in refused(
        partial(file_target, folder=True, system="windows"), one, Path("/to" + "/x" * 150)
    )


def test_the_file_of_one_of_many_artifacts(tmp_path: Path) -> None:
    assert tree_target(artifact(".\\dist\\app.whl"), tmp_path).path == tmp_path / "dist" / "app.whl"
    assert tree_target(artifact("a/b", job_id="j"), tmp_path, by_job=True).path == tmp_path / "j" / "a" / "b"
    assert tree_target(artifact("a", path=None, filename="log"), tmp_path).path == tmp_path / "log"
    alone = "Download it alone, with artifacts.download(artifact, to=FILE)."
    for path in ("/etc/passwd", "../a", "a/../b", "C:a", "c:/a", "\\a", "", None):
        assert refused(tree_target, artifact("a", id="1", path=path, filename=None), tmp_path) == (
            f"Artifact '1' has the path {path!r}, which leads outside '{tmp_path}'. {alone}"
        )
    device = artifact("NUL", id="1")
    assert refused(partial(tree_target, system="windows"), device, tmp_path) == (
        f"Artifact '1' has the path 'NUL', which can't be written: 'NUL' is the name of a device. {alone}"
    )
    for job in ("..", "", None):
        assert refused(partial(tree_target, by_job=True), artifact("a", id="1", job_id=job), tmp_path) == (
            f"Artifact '1' has the job id '{job or ''}', which isn't the name of a folder: '{job or ''}' isn't a name. "
            "Download it without by_job=True."
        )
    of_a_device = artifact("a", id="1", job_id="nul")
    assert refused(partial(tree_target, by_job=True, system="windows"), of_a_device, tmp_path) == (
        "Artifact '1' has the job id 'nul', which isn't the name of a folder: 'nul' is the name of a device. "
        "Download it without by_job=True."
    )
    with pytest.raises(errors.UnsafePath, match="the whole path needs"):
        tree_target(artifact("a"), Path("/to" + "/x" * 150), system="windows")


def test_two_files_in_each_other_s_way_are_named_with_what_to_do() -> None:
    said = str(refusal("a", "a", content=True))
    assert said == (
        "Artifacts 'a' ('id-0', job 'job-0') and 'a' ('id-1', job 'job-1'): both would be written to '/to/a'. "
        "Nothing was downloaded. Pass by_job=True for a folder a job, give job_id= for one job's, or download each with "
        "artifacts.download(artifact, to=FILE)."
    )
    of_one_job = [tree_target(artifact("a", name.encode(), id=name), Path("/to")) for name in "12"]
    assert "a folder a job, or download each" in str(conflict(of_one_job))
    advice = "Select one by its glob, give job_id= for one job's, or download each"
    for paths in (("a", "A"), ("a", "a/b"), ("A/x", "a/y")):
        assert advice in str(refusal(*paths))
    assert "'/to/a' would be a file and a folder" in str(refusal("a/b", "a"))
    assert "'/to/a' would be a file and a folder" in str(refusal("a", "a/b"))
    assert ": their paths differ by case or Unicode form alone, and many" in str(refusal("a", "A"))
    assert ": their folders differ by case or Unicode form alone, and many" in str(refusal("A/x", "a/y"))
    assert ": their folders differ by case or Unicode form alone, and many" in str(refusal("b/A/x", "b/a/y"))


@pytest.mark.parametrize("to", ["missing/..", "missing/../.."])
def test_a_file_that_the_caller_names_has_a_name(tmp_path: Path, to: str) -> None:
    with pytest.raises(errors.UnsafePath, match="neither a file nor a folder"):
        file_target(artifact(), tmp_path / to)


odd = (
    st.text(st.sampled_from("ab/.\\:~\0\n C\u2028\u2215"))
    | st.text()
    | st.lists(st.sampled_from(["..", ".", "a", "", "C:", "~", "NUL", "a.", "x" * 256])).map("/".join)
)


@given(odd, odd, st.sampled_from(SYSTEMS))
@example("a/../b", "", "linux")
@example("a/.. /b", "", "linux")
def test_no_path_is_outside_the_folder(path: str, filename: str, system: System) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        one = artifact("x", path=path, filename=filename)
        named = artifact("x", path="log", filename="log", job_id=path)
        places: list[tuple[Any, Any]] = [
            (tree_target, one),
            (file_target, one),
            (partial(tree_target, by_job=True), named),
        ]
        for place, which in places:
            try:
                target = place(which, root, system=system).path
            except errors.UnsafePath:
                continue
            resolved = Path(os.path.normpath(target))
            assert resolved.is_relative_to(root)
            assert resolved != root
            assert "\0" not in str(target)
            assert target.parent == root or place is not file_target
            for part in target.relative_to(root).parts:
                assert len(part.encode()) <= 255 or system == "windows"
                assert not (system == "windows" and (part.endswith((" ", ".")) or part.upper() == "NUL"))


def refusal(*paths: str, content: bool = False, by_job: bool = False) -> errors.UnsafePath | None:
    """Return the error for artifacts with these paths, each of a job of its own."""
    described_ones = [
        artifact(path, str(number if content else 0).encode(), id=f"id-{number}", job_id=f"job-{number}")
        for number, path in enumerate(paths)
    ]
    return conflict([tree_target(one, Path("/to"), by_job=by_job, system="linux") for one in described_ones])


@pytest.mark.parametrize(
    "paths",
    [
        ("README", "readme"),
        ("a/b/File", "A/b/file"),
        ("straße", "STRASSE"),
        ("é", "e\u0301"),
        ("\u00c5", "\u212b"),
        ("É.txt", "e\u0301.TXT"),
        ("한", unicodedata.normalize("NFD", "한")),
        ("a\u200db", "ab"),
        ("A/x", "a/y"),
        ("dist/É/x", "dist/e\u0301/y"),
        ("straße/x", "STRASSE/sub/y"),
    ],
)
def test_names_that_differ_by_case_or_unicode_form_alone_are_refused(paths: tuple[str, str]) -> None:
    assert "case or Unicode form" in str(refusal(*paths))
    assert refusal(*paths, by_job=True) is None


@pytest.mark.parametrize(
    "paths", [("a", "b"), ("a", "á"), ("a/x", "á/y"), ("A/x", "A/y"), ("a.txt", "a.TXT2"), ("a/b", "a/b.c")]
)
def test_names_that_differ_otherwise_are_not(paths: tuple[str, str]) -> None:
    assert refusal(*paths, content=True) is None


@pytest.mark.parametrize(
    "paths", [("a", "a/b"), ("a/b/c", "a"), ("x/Y", "X/y/z"), ("é/a", "e\u0301"), ("a/b", "a/b/c/d")]
)
def test_a_file_that_is_another_s_folder_is_refused(paths: tuple[str, str]) -> None:
    assert "a file and a folder" in str(refusal(*paths))


@pytest.mark.parametrize("to", ["sub", ".", "new/../sub"])
async def test_a_current_folder_that_is_gone_is_said(
    flavor: Flavor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    folder, elsewhere = tmp_path / "gone", tmp_path / "there"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    storage = Storage({"dist/app.whl": [b"wheel"]})
    artifacts = flavor.client(storage).artifacts
    with pytest.raises(errors.UnsafePath, match=r"in the current folder, which can't be used: No such file") as raised:
        await flavor.call(artifacts.download_all, "web", 7, to=to)
    assert repr(to if to != "." else ".") in str(raised.value)
    assert storage.asked == []
    with pytest.raises(errors.UnsafePath, match="in the current folder"):
        await flavor.call(artifacts.download, artifact(), to)
    assert await flavor.call(artifacts.download, artifact(), elsewhere / "app.whl") == elsewhere / "app.whl"
    assert files(elsewhere) == {"app.whl": b"wheel"}
    monkeypatch.chdir(tmp_path)


def test_files_that_differ_are_in_each_other_s_way() -> None:
    assert refusal("a", "b", content=True) is None
    assert refusal("a", "a") is None
    assert "by_job=True" in str(refusal("a", "a", content=True))
    assert refusal("a", "a", content=True, by_job=True) is None
    unknown = [tree_target(artifact("a", id=name, sha1sum=None), Path("/to")) for name in "12"]
    assert conflict(unknown) is not None


@pytest.mark.parametrize(
    "paths",
    [
        ("a", "a/b"),
        ("README", "readme"),
        ("é", "e\u0301"),
        ("A/x", "a/y"),
        ("x" * 256,),
        ("a/" * 200 + "b",),
        ("ok", "x/" * 2100 + "y"),
    ],
)
async def test_paths_that_can_t_be_written_together_are_refused_before_anything_is_written(
    flavor: Flavor, tmp_path: Path, paths: tuple[str, ...]
) -> None:
    storage = Storage({path: [b"one"] for path in paths}, [described(path, b"one") for path in paths])
    with pytest.raises(errors.UnsafePath):
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path / "to")
    assert files(tmp_path) == {}
    assert storage.redirects == 0


@pytest.mark.parametrize(
    ("path", "there"),
    [("a/b", "a"), ("a", "a/b"), ("a/b/c/d", "a/b"), ("x/a", "x/a/y"), ("link/a", None), ("a/link/b", None)],
)
async def test_what_is_in_the_way_on_disk_is_found_before_anything_is_written(
    flavor: Flavor, tmp_path: Path, path: str, there: str | None
) -> None:
    to = tmp_path / "to"
    to.mkdir()
    (tmp_path / "outside").mkdir()
    if there is None:
        link = to / path.rpartition("/")[0]
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(tmp_path / "outside")
    else:
        (to / there).parent.mkdir(parents=True, exist_ok=True)
        (to / there).write_bytes(b"mine")
    before = files(tmp_path)
    storage = Storage({"first": [b"1"], path: [b"2"]}, [described("first", b"1"), described(path, b"2")])
    with pytest.raises(errors.UnsafePath):
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=to)
    assert files(tmp_path) == before
    assert storage.redirects == 0


async def test_a_file_in_place_of_the_folder_is_told(flavor: Flavor, tmp_path: Path) -> None:
    (tmp_path / "to").write_bytes(b"mine")
    storage = Storage({"a": [b"1"]}, [described("a", b"1")])
    with pytest.raises(errors.UnsafePath, match="to="):
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=tmp_path / "to")
    assert files(tmp_path) == {"to": b"mine"}


def reference(path: str, glob: str) -> bool:
    """Match a glob by a second implementation, which tries everything."""
    if not glob:
        return not path
    if glob.startswith("**/"):
        return reference(path, glob[3:]) or any(
            path[at] == "/" and reference(path[at + 1 :], glob[3:]) for at in range(len(path))
        )
    if glob.startswith("**"):
        return any(reference(path[at:], glob[2:]) for at in range(len(path) + 1))
    if glob.startswith("*"):
        end = path.find("/") if "/" in path else len(path)
        return any(reference(path[at:], glob[1:]) for at in range(end + 1))
    if glob.startswith("?"):
        return bool(path) and path[0] != "/" and reference(path[1:], glob[1:])
    return path.startswith(glob[0]) and reference(path[1:], glob[1:])


@given(st.text(st.sampled_from("ab/."), max_size=8), st.text(st.sampled_from("ab/*?."), max_size=7))
@example("a\nb", "a*b")
@example("a[1]", "a[1]")
@example("a+(b)", "a+(b)")
@example("ab", "a**/b")
@example("a/b", "***")
@example("", "**/")
def test_a_glob_matches_what_it_says(path: str, glob: str) -> None:
    assert matches_path(path, [glob]) is reference(plain_path(path), plain_path(glob))


@given(st.text(st.sampled_from("ab*?"), max_size=6), st.lists(st.sampled_from(["a", "b", "**", "*", "a*"]), max_size=4))
def test_a_path_means_the_same_in_each_form(name: str, folders: list[str]) -> None:
    plain = "/".join([*folders, f"x{name}"])
    path = plain.replace("*", "a").replace("?", "b")
    assert matches_path(path, [plain])
    for form in (f"./{path}", path.replace("/", "\\"), path.replace("/", "//"), path.replace("/", "/./"), f".\\{path}"):
        assert plain_path(form) == path
        assert matches_path(form, [plain])
    for form in (f"./{plain}", plain.replace("/", "\\"), plain.replace("/", "/./"), f".\\{plain}"):
        assert matches_path(path, [form])


@given(st.text(max_size=10))
def test_a_path_matches_itself_and_without_globs_everything_does(path: str) -> None:
    assert matches_path(path, [])
    assert plain_path(plain_path(path)) == plain_path(path)
    if not set(path) & set("*?"):
        assert matches_path(path, [path])


@pytest.mark.parametrize(
    ("path", "glob", "matches"),
    [
        ("dist\\app.whl", "dist/*.whl", True),
        ("dist/app.whl", "dist\\*.whl", True),
        ("dist\\old\\app.whl", "dist/*.whl", False),
        ("dist\\old\\app.whl", "**/*.whl", True),
        ("./log.txt", "log.txt", True),
        ("log.txt", "./*.txt", True),
        ("/tmp/log.txt", "/tmp/*.txt", True),
        ("/tmp/log.txt", "tmp/*.txt", False),
        ("u\u0308ber.txt", "\u00fcber.txt", True),
        ("\u00fcber.txt", "u\u0308*.txt", True),
        ("Dist/app.whl", "dist/*.whl", False),
    ],
)
def test_paths_of_every_agent_match(path: str, glob: str, matches: bool) -> None:
    assert matches_path(path, [glob]) is matches


def test_a_path_that_a_server_made_for_it_costs_no_time() -> None:
    # Each would take a regular expression longer than the universe is old.
    assert not matches_path("a/" * 3000, ["**/a/**/a/**/a/**/a/**/b"])
    assert not matches_path("a" * 5000, ["*a*a*a*a*a*a*a*a*b"])
    assert not matches_path("a/" * 3000 + "c", ["**a**a**a**a**b"])


@given(
    st.text(st.sampled_from("ab/*?.\\ü["), min_size=1, max_size=6),
    st.text(st.sampled_from("ab/.\\ü["), min_size=1, max_size=6),
)
@example("a/b", "a\\b")
@example("b", "./b")
@example("ü", "u\u0308")
def test_a_filter_of_buildkite_s_misses_nothing_that_the_glob_means(glob: str, path: str) -> None:
    assume(not path.endswith("/"))  # no file has such a path
    filtered = server_filter([glob])
    if filtered is not None and matches_path(path, [glob]):
        assert matches_wildcard(path, filtered)
        assert path.startswith(".") or wildcard_within_folders(filtered, path)


def wildcard_within_folders(pattern: str, path: str) -> bool:
    """Match the other way in which a server may read `*`."""
    return reference(path, pattern)


@given(st.lists(st.text(st.sampled_from("ab*?/"), max_size=5), max_size=3))
def test_only_one_glob_is_left_to_buildkite(globs: list[str]) -> None:
    filtered = server_filter(globs)
    if filtered is not None:
        assert len(globs) == 1
        assert not set(filtered) & set("?/")
