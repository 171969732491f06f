"""Targets of downloads: files for the paths, names and job ids that a server sends, by the rules of the target system."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal

from ..errors import InvalidResponse, UnsafePath
from ..globs import slashed_path
from .attempts import same_content

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

__all__ = [
    "PART",
    "PART_LENGTH",
    "Claims",
    "System",
    "Target",
    "absolute",
    "checked",
    "conflict",
    "file_target",
    "has_job",
    "label",
    "names_folder",
    "path_problem",
    "shown",
    "tree_target",
]

System = Literal["linux", "macos", "windows"]
"""System whose rules a path has to follow. `linux` stands for every other POSIX system as well."""

_SYSTEMS: Mapping[str, System] = {"win32": "windows", "darwin": "macos"}

_CURRENT: System = _SYSTEMS.get(sys.platform, "linux")
"""System that this process writes files on."""

PART = re.compile(r"(?i:\.buildkite-ext-[0-9a-f]{16}\.part)")
"""Names of temporary files. What has such a name is removed when its download was killed."""

PART_LENGTH = 36
"""Characters in the name of a temporary file, which has to fit beside its target."""

_DEEPEST = 128
"""Limit on the folders of a path."""

_LONGEST_NAME = 255
"""Limit on a name: bytes of UTF-8, on Windows units of UTF-16."""

_LONGEST_PATH = {"linux": 4095, "macos": 1023, "windows": 259}
"""Limits on a whole path, without the zero at its end: PATH_MAX and MAX_PATH.
https://learn.microsoft.com/en-us/windows/win32/fileio/maximum-file-path-limitation"""

_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|^[A-Za-z]:")
"""Forbidden in names: separators, control characters, surrogates, a drive."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")

_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*]')
_WINDOWS_RESERVED = re.compile(r"(?i:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³])[ ]*(?:[.:]|$)")
"""Names of devices, which Windows finds in every folder and with every ending.
https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file"""

_IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
"""Characters that HFS+ ignores when it compares names."""

_SHOWN = 300
"""Limit on the characters of a server's text in a message."""


@dataclass(frozen=True, slots=True)
class Target:
    """File that an artifact is written to."""

    artifact: Artifact
    root: Path
    """Folder that the caller chose. A link to it is followed; a link below it never is."""
    parts: tuple[str, ...]
    """Names of the folders below the root, and of the file."""

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.root.joinpath(*self.parts)


def checked(artifact: Artifact) -> Artifact:
    """Return an artifact, if what a download needs of it has the types that Buildkite documents.

    Raises:
        InvalidResponse: Buildkite described it in another way.
    """
    from buildkite_api.models import Artifact

    if not isinstance(artifact, Artifact):
        raise InvalidResponse(f"Buildkite listed {shown(repr(artifact))} among artifacts.")
    text, optional = (str,), (str, type(None))
    fields: list[tuple[str, object, tuple[type, ...]]] = [
        ("id", artifact.id, text),
        ("job_id", artifact.job_id, optional),
        ("path", artifact.path, optional),
        ("filename", artifact.filename, optional),
        ("file_size", artifact.file_size, (int, type(None))),
        ("sha1sum", artifact.sha1sum, optional),
    ]
    for name, value, types in fields:
        if not isinstance(value, types) or isinstance(value, bool) or (name == "id" and not _is_id(value)):
            raise InvalidResponse(f"Buildkite described an artifact whose {name} is {shown(repr(value))}.")
    return artifact


def has_job(artifact: Artifact) -> bool:
    """Tell whether an artifact has the id of a job, by which Buildkite finds it."""
    return _is_id(artifact.job_id)


def _is_id(value: object) -> bool:
    """Tell whether a value can be a part of the path that the token is sent to."""
    return isinstance(value, str) and value not in ("", ".", "..") and not _SURROGATE.search(value)


def label(artifact: Artifact) -> str:
    """Return the name of an artifact for messages: its path and its id."""
    return f"Artifact {shown(artifact.path)} ({shown(artifact.id)})"


def shown(text: str | None) -> str:
    """Return a server's text for a message: quoted, without control characters, and of a length that can be read."""
    return repr(text if text is None or len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def absolute(to: Path) -> Path:
    """Return the absolute form of `to=`.

    Raises:
        UnsafePath: it is relative, and the current folder was deleted or can't be read.
    """
    try:
        return to.absolute()
    except OSError as error:
        raise UnsafePath(
            f"to={shown(str(to))} is a path in the current folder, which can't be used: {error.strerror}. It may be deleted.",
            "Change to another folder, or give an absolute path in to=.",
        ) from error


def names_folder(to: str | os.PathLike[str]) -> bool:
    """Tell whether the text of a path says that it is a folder: it ends with a separator. A Path has lost it.

    Example:
        >>> names_folder("wheels/"), names_folder("wheels"), names_folder(Path("wheels/"))
        (True, False, False)
    """
    text = os.fspath(to)
    return isinstance(text, str) and text.endswith(tuple(filter(None, (os.sep, os.altsep))))


def file_target(artifact: Artifact, to: Path, *, folder: bool = False, system: System = _CURRENT) -> Target:
    """Return the target of one artifact: the file `to`, or a file in the folder `to` with the artifact's own name.

    Args:
        artifact: as the server describes it. Its name isn't trusted.
        to: the file or the folder.
        folder: it is a folder, also if it doesn't exist.
        system: the system whose rules apply, by default the current one.

    Raises:
        UnsafePath: the artifact's name isn't a file name, or the path isn't one that the system can write.
    """
    absolute(to)  # an error about a current folder that is gone
    problem = _length_problem(to.name, system)
    if problem is None and not folder and not to.is_dir():
        if to.name in ("", ".."):
            raise UnsafePath(f"to={shown(str(to))} is neither a file nor a folder that exists.")
        problem = _windows_problem(to.name) if system == "windows" else None
        if problem is None:
            return Target(artifact, to.parent, (to.name,))
    if problem:
        raise UnsafePath(f"to={shown(str(to))} can't be written: {problem}.")
    name = (artifact.filename or PurePosixPath(slashed_path(artifact.path or "")).name or "").strip()
    problem = path_problem((name,), root=str(absolute(to)), system=system)
    if problem:
        raise UnsafePath(
            f"Artifact {shown(artifact.id)}: {shown(name)} isn't a file name: {problem}.",
            "Name the file to write in to=.",
        )
    return Target(artifact, to, (name,))


def tree_target(artifact: Artifact, root: Path, *, by_job: bool = False, system: System = _CURRENT) -> Target:
    """Return the target of one of many artifacts: below `root`, under the artifact's own path.

    Args:
        artifact: as the server describes it. Neither its path nor its job id is trusted.
        root: the folder of all targets.
        by_job: put it into a folder with its job's id as name.
        system: the system whose rules apply, by default the current one.

    Raises:
        UnsafePath: the path is absolute, leads out of `root`, or isn't one that the system can write; or the job id isn't
            the name of a folder.
    """
    path = slashed_path(artifact.path or artifact.filename or "")
    parts = path.split("/") if path else []
    alone = "Download it alone, with artifacts.download(artifact, to=FILE)."
    if not parts or path.startswith("/") or ".." in parts or re.match("[A-Za-z]:", parts[0]):
        raise UnsafePath(
            f"Artifact {shown(artifact.id)} has the path {shown(artifact.path)}, which leads outside {str(root)!r}.",
            alone,
        )
    if by_job:
        job = artifact.job_id or ""
        problem = _name_problem(job, system)
        if problem:
            raise UnsafePath(
                f"Artifact {shown(artifact.id)} has the job id {shown(job)}, which isn't the name of a folder: {problem}.",
                "Download it without by_job=True.",
            )
        parts.insert(0, job)
    problem = path_problem(parts, root=str(absolute(root)), system=system)
    if problem:
        raise UnsafePath(
            f"Artifact {shown(artifact.id)} has the path {shown(artifact.path)}, which can't be written: {problem}.",
            alone,
        )
    return Target(artifact, root, tuple(parts))


def path_problem(parts: Sequence[str], *, root: str, system: System) -> str | None:
    r"""Return the reason why a system can't hold a file safely; None if it can.

    Args:
        parts: the names of the folders below the root, and of the file.
        root: the absolute path of the root, in the form of the system.
        system: the system whose rules apply.

    Example:
        >>> path_problem(["logs", "aux.txt"], root="C:\\build", system="windows")
        "'aux.txt' is the name of a device"
        >>> path_problem(["logs", "aux.txt"], root="/build", system="linux") is None
        True
    """
    if not parts:
        return "it is empty"
    for part in parts:
        problem = _name_problem(part, system)
        if problem:
            return problem
    if len(parts) - 1 > _DEEPEST:
        return f"it has {len(parts) - 1} folders, and {_DEEPEST} are allowed"
    # A temporary file stands beside the file. So the path of a folder is always shorter than what Windows allows for one, 247.
    folder = _units("/".join([root.rstrip("/\\"), *parts[:-1]]), system)
    whole = folder + 1 + max(_units(parts[-1], system), PART_LENGTH)
    unit = "characters" if system == "windows" else "bytes"
    longest = _LONGEST_PATH[system]
    if whole > longest:
        return f"the whole path needs {whole} {unit}, and {longest} are allowed"
    return None


def _name_problem(name: str, system: System) -> str | None:
    if name in ("", ".", ".."):
        return f"{name!r} isn't a name"
    if _UNSAFE.search(name):
        return f"{shown(name)} holds a separator, a drive or a control character"
    if PART.fullmatch(name):
        return f"{name!r} is the name of a temporary file of downloads"
    return _length_problem(name, system) or (_windows_problem(name) if system == "windows" else None)


def _length_problem(name: str, system: System) -> str | None:
    length = _units(name, system)
    if length <= _LONGEST_NAME:
        return None
    unit = "characters" if system == "windows" else "bytes"
    return f"the name {name[:40] + '…'!r} has {length} {unit}, and {_LONGEST_NAME} are allowed"


def _windows_problem(name: str) -> str | None:
    if _WINDOWS_RESERVED.match(name):
        return f"{name!r} is the name of a device"
    if _WINDOWS_FORBIDDEN.search(name):
        return f'{name!r} holds one of the characters < > : " | ? *'
    if name.endswith((" ", ".")):
        return f"{name!r} ends with a space or a dot, which Windows drops"
    return None


def _units(text: str, system: System) -> int:
    """Return the length of a name or a path in the units that the system counts."""
    if system == "windows":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.encode("utf-8", "surrogatepass"))


class Claims:
    """Files and folders that the targets of one download take, so that no two of them fall together."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, ...], Target] = {}
        self._folders: dict[tuple[str, ...], Target] = {}

    def refusal(self, target: Target) -> UnsafePath | None:
        """Return the error for a target that can't be written beside the earlier ones; else take its place and return None.

        That is: another artifact has its path; the paths differ by case or by their Unicode form alone, which many file systems
        don't tell apart; or the file of one is a folder of the other. Nor can two whose folders differ like that: they would
        fall together on such a file system.
        """
        parts = target.parts
        key = tuple(_folded(part) for part in parts)
        other = self._files.get(key)
        if other is not None and other.parts != parts:
            said = "their paths differ by case or Unicode form alone, and many file systems don't tell them apart"
            return _conflict(other, target, said, "Select one by its glob")
        if other is not None and not same_content(other.artifact, target.artifact):
            said = f"both would be written to {shown(str(target.path))}"
            return _conflict(other, target, said, "Pass by_job=True for a folder a job")
        above = [key[:end] for end in range(len(key))]
        pairs = [*((self._files.get(each), target) for each in above), (target, self._folders.get(key))]
        for file, folder in pairs:
            if file is not None and folder is not None:
                said = f"{shown(str(file.path))} would be a file and a folder"
                return _conflict(file, folder, said, "Select one by its glob")
        for each in above:
            other = self._folders.get(each)
            if other is not None and other.parts[: len(each)] != parts[: len(each)]:
                said = "their folders differ by case or Unicode form alone, and many file systems don't tell them apart"
                return _conflict(other, target, said, "Select one by its glob")
        self._files.setdefault(key, target)
        for each in above:
            self._folders.setdefault(each, target)
        return None


def conflict(targets: Sequence[Target]) -> UnsafePath | None:
    """Return the error for two artifacts that can't both be written; None if all can: see `Claims`."""
    claims = Claims()
    return next((error for error in map(claims.refusal, targets) if error is not None), None)


def _conflict(one: Target, other: Target, said: str, advice: str) -> UnsafePath:
    if one.artifact.job_id != other.artifact.job_id:
        advice += ", give job_id= for one job's"
    names = [
        f"{shown(artifact.path)} ({shown(artifact.id)}, job {shown(artifact.job_id)})"
        for artifact in (one.artifact, other.artifact)
    ]
    return UnsafePath(
        f"Artifacts {names[0]} and {names[1]}: {said}.",
        f"Nothing was downloaded. {advice}, or download each with artifacts.download(artifact, to=FILE).",
    )


def _folded(name: str) -> str:
    """Return the key under which names fall together on some file system: without case, Unicode form and ignored characters."""
    decomposed = unicodedata.normalize("NFD", name.translate(_IGNORED))
    return unicodedata.normalize("NFD", decomposed.casefold())
