"""Folders of downloads: opened so that no link below the chosen folder is followed, and written by temporary files."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .._forks import reset_after_fork
from ..errors import UnsafePath
from .names import PART, absolute

if TYPE_CHECKING:
    from .names import Target

__all__ = ["HAS_DESCRIPTORS", "PartFile", "Tree", "may_be_there", "obstacles", "root_problem"]

_RELATIVE = {os.open, os.mkdir, os.rename, os.stat, os.unlink}
HAS_DESCRIPTORS = hasattr(os, "O_DIRECTORY") and hasattr(os, "O_NOFOLLOW") and os.supports_dir_fd >= _RELATIVE
"""True where files are opened relative to an open folder. Elsewhere, on Windows, paths are checked again before each step."""

_NOT_A_LINK: int = getattr(os, "O_NOFOLLOW", 0)
_OF_A_FOLDER: int = getattr(os, "O_DIRECTORY", 0)
_OPEN_FOLDER: int = getattr(os, "O_PATH", os.O_RDONLY) | _OF_A_FOLDER
"""Flags that open a folder, even one whose entries can't be listed where the system allows that."""

_JUNCTION = 0xA0000003
"""IO_REPARSE_TAG_MOUNT_POINT: a folder of Windows that leads to another one."""

_TRIES = 10


def obstacles(targets: Sequence[Target]) -> Iterator[tuple[Target, UnsafePath]]:
    """Yield the targets that what exists is in the way of, each with the error. Nothing is written for that."""
    seen: dict[Path, UnsafePath | None] = {}
    for target in targets:
        folder = target.root
        if folder not in seen:
            seen[folder] = root_problem(folder)
        error = seen[folder]
        for part in target.parts[:-1]:
            if error is not None:
                break
            folder /= part
            if folder not in seen:
                seen[folder] = _folder_problem(folder)
            error = seen[folder]
        error = error or _file_problem(target.path)
        if error is not None:
            yield target, error


def root_problem(root: Path) -> UnsafePath | None:
    """Return the error for a root that exists and isn't a folder."""
    if root.is_dir() or not os.path.lexists(root):
        return None
    return UnsafePath(f"{str(root)!r} isn't a folder.", "Name another one in to=.")


def may_be_there(target: Target) -> bool:
    """Tell whether a regular file of the artifact's size is at a target, so that its content is worth comparing."""
    artifact = target.artifact
    if not artifact.sha1sum:
        return False
    try:
        found = target.path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == artifact.file_size


def _folder_problem(folder: Path) -> UnsafePath | None:
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return None
    junction = getattr(found, "st_reparse_tag", 0) == _JUNCTION
    if stat.S_ISDIR(found.st_mode) and not junction:
        return None
    if stat.S_ISREG(found.st_mode):
        return UnsafePath(
            f"{str(folder)!r} is a file, and artifacts need a folder of that name. Move it, or name another to=."
        )
    return UnsafePath(
        f"{str(folder)!r} is a link or no folder, and artifacts are written into no folder behind a link.",
        "Remove it, or name another to=.",
    )


def _file_problem(path: Path) -> UnsafePath | None:
    """Return the error for a file that mustn't be replaced: a folder, a device, a pipe, a socket, or a link to one of them."""
    said, advice = f"{str(path)!r} is %s, which a download doesn't replace.", "Name another file in to=."
    for follow in (False, True):
        try:
            mode = path.stat(follow_symlinks=follow).st_mode
        except OSError:  # nothing there, or a link to nothing
            break
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            return UnsafePath(said % _kind(mode), advice)
    # /dev/stdout, for example, is a link that may lead to a regular file, and replacing it would break the system.
    folder = os.path.realpath(path.parent)
    if folder == "/dev" or f"{folder}/".startswith(("/proc/", "/sys/")):
        return UnsafePath(said % "a file of the system", advice)
    return None


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


class Tree:
    """Folder that artifacts are written into, made when the first one arrives, and open until `close`.

    Args:
        root: the folder that the caller chose.
        by_descriptor: open what is below it relative to an open folder. By default where the system can.
    """

    def __init__(self, root: Path, *, by_descriptor: bool = HAS_DESCRIPTORS) -> None:
        self.root = absolute(root)  # the current folder may change
        self._by_descriptor = by_descriptor
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._cleaned: set[tuple[str, ...]] = set()
        self._closed = False

    def open(self, names: Sequence[str]) -> _Folder:
        """Open a folder below the root, and make what is missing. Files that killed downloads left in it are removed."""
        with self._lock:
            if self._closed:
                raise OSError(errno.EBADF, "the download is over", str(self.root))
            folder = self._open(tuple(names))
            if folder.names not in self._cleaned:
                self._cleaned.add(folder.names)
                folder.clean()
            return folder

    def existing(self, names: Sequence[str]) -> BinaryIO | None:
        """Open the file that is there already; None if it can't be read. No link is followed below the root."""
        try:
            folder = self.open(names[:-1])
            try:
                return folder.open_part(names[-1])
            finally:
                folder.close()
        except (OSError, UnsafePath):
            return None

    def close(self) -> None:
        """Close the root. Calling it twice is allowed."""
        with self._lock:
            self._closed = True
            # First, for Ctrl-C: a descriptor that is closed twice may be another file by then.
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)

    def _open(self, names: tuple[str, ...]) -> _Folder:
        if not self._by_descriptor:
            path = self.root
            path.mkdir(parents=True, exist_ok=True)
            for name in names:
                path /= name
                if _folder_problem(path) is not None:
                    raise _link(path)
                path.mkdir(exist_ok=True)
            return _Folder(self.root, names, None)
        if self._descriptor is None:
            self.root.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.root, _OPEN_FOLDER)
        current = os.dup(self._descriptor)
        try:
            for place, name in enumerate(names):
                below = _open_folder(name, current, self.root.joinpath(*names[: place + 1]))
                above, current = current, below
                os.close(above)
        except BaseException:
            os.close(current)
            raise
        return _Folder(self.root, names, current)


def _open_folder(name: str, above: int, path: Path) -> int:
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=above)
    try:
        return os.open(name, _OPEN_FOLDER | _NOT_A_LINK, dir_fd=above)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise _link(path) from None
        raise


def _link(path: Path) -> UnsafePath:
    return UnsafePath(
        f"{str(path)!r} became a link or another folder while artifacts were downloaded. Nothing was written behind it."
    )


class _Folder:
    """Open folder. Without a descriptor its path is checked again before each step."""

    def __init__(self, root: Path, names: tuple[str, ...], descriptor: int | None) -> None:
        self.root = root
        self.names = names
        self.path = root.joinpath(*names)
        self.descriptor = descriptor

    def create(self, name: str) -> BinaryIO | None:
        """Make a temporary file, locked until it is closed. None if another download took it for one that was left."""
        self._check()
        if self.descriptor is None:
            file: BinaryIO = (self.path / name).open("xb")
        else:
            # One call, in which no signal handler runs: the descriptor always has an owner. O_EXCL follows no link.
            opener = partial(os.open, mode=0o666, dir_fd=self.descriptor)
            file = open(name, "xb", opener=opener)  # noqa: SIM115
        if _lock(file.fileno()) is not False and os.fstat(file.fileno()).st_nlink:
            return file
        file.close()
        return None

    def replace(self, name: str, target: str) -> None:
        """Rename a temporary file to its target."""
        self._check()
        error = _file_problem(self.path / target)
        if error is not None:
            raise error
        if self.descriptor is None:
            (self.path / name).replace(self.path / target)
        else:
            os.replace(name, target, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def open_part(self, name: str) -> BinaryIO:
        """Open a file to read it."""
        if self.descriptor is None:
            return (self.path / name).open("rb")
        return os.fdopen(os.open(name, os.O_RDONLY | _NOT_A_LINK, dir_fd=self.descriptor), "rb")

    def remove(self, name: str) -> None:
        """Remove a temporary file."""
        if self.descriptor is None:
            (self.path / name).unlink(missing_ok=True)
        else:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self.descriptor)

    def clean(self) -> None:
        """Remove the temporary files of downloads that were killed. Those of running ones are locked or, on Windows, open."""
        with suppress(OSError):
            for name in self._names_in_it():
                if PART.fullmatch(name):
                    with suppress(OSError):
                        self._remove_if_left(name)

    def close(self) -> None:
        """Close the folder."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _names_in_it(self) -> list[str]:
        if self.descriptor is None:
            return [path.name for path in self.path.iterdir()]
        readable = os.open(".", os.O_RDONLY | _OF_A_FOLDER, dir_fd=self.descriptor)
        try:
            return os.listdir(readable)  # noqa: PTH208  # of a descriptor
        finally:
            os.close(readable)

    def _remove_if_left(self, name: str) -> None:
        if sys.platform == "win32":
            self.remove(name)  # fails while it is open
        else:
            path = str(self.path / name) if self.descriptor is None else name
            file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self.descriptor)
            try:
                if stat.S_ISREG(os.fstat(file).st_mode) and _lock(file):
                    self.remove(name)
            finally:
                os.close(file)

    def _check(self) -> None:
        """Refuse to continue where the folder's path has come to mean another folder, by a link for example."""
        if self.descriptor is None:
            folder = self.root
            for name in self.names:
                folder /= name
                if _folder_problem(folder) is not None:
                    raise _link(folder)
        elif not os.path.samestat(os.fstat(self.descriptor), self.path.stat()):
            raise _link(self.path)


def _lock(descriptor: int) -> bool | None:
    """Lock a file until it is closed or the process ends. Return False if another one has it, None if nothing can be locked."""
    if sys.platform == "win32":
        return None
    else:  # noqa: RET505 - mypy checks a branch for its system alone
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # the file system has no locks
            return None
        return True


class PartFile:
    """Temporary file beside a target, which becomes the target when it is whole.

    Its methods are called in threads that a cancelled download doesn't wait for, so `discard` may come before `open` ends.
    """

    def __init__(self, tree: Tree, target: Target) -> None:
        self._tree = tree
        self._target = target
        self._lock = threading.Lock()
        self._discarded = False
        self._folder: _Folder | None = None
        self._file: BinaryIO | None = None
        self._name = ""

    def open(self) -> None:
        """Make the file, and the folders that it needs."""
        with self._guarded():
            self._folder = self._tree.open(self._target.parts[:-1])
            reset_after_fork(self)
            for _ in range(_TRIES):
                self._name = f".buildkite-ext-{secrets.token_hex(8)}.part"  # before it is there, for Ctrl-C
                self._file = self._folder.create(self._name)
                if self._file is not None:
                    break
            else:
                said = "another process removes temporary files as they are made"
                raise OSError(errno.EAGAIN, said, str(self._folder.path))

    def write(self, data: bytes) -> None:
        """Append bytes."""
        with self._guarded():
            assert self._file is not None
            self._file.write(data)

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the bytes that were written, `size` at a time."""
        with self._guarded():
            assert self._folder is not None
            assert self._file is not None
            self._file.flush()
            file = self._folder.open_part(self._name)
        with file:
            while data := file.read(size):
                yield data

    def place(self) -> None:
        """Give the file the name of its target, which is replaced, and close it."""
        with self._guarded():
            assert self._folder is not None
            assert self._file is not None
            self._file.flush()
            if os.name == "nt":  # an open file can't be renamed there
                self._file.close()
            self._folder.replace(self._name, self._target.parts[-1])
            self._name = ""
            self._close()

    def discard(self) -> None:
        """Close the file and its folder. Remove the file, unless it has become its target."""
        with self._lock:
            self._discarded = True
            self._close()

    def _close(self) -> None:
        try:
            if self._file is not None:
                with suppress(OSError):
                    self._file.close()
                self._file = None
        finally:  # Ctrl-C may come in each step
            try:
                if self._folder is not None and self._name:
                    with suppress(OSError):
                        self._folder.remove(self._name)
            finally:
                folder, self._folder = self._folder, None
                if folder is not None:
                    folder.close()

    def _reset_after_fork(self) -> None:
        """Leave the file to the parent process: what a child still has in memory of it is written nowhere."""
        self._lock = threading.Lock()
        self._discarded = True
        self._name = ""
        if self._file is not None and not self._file.closed:
            with suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._file.fileno(), inheritable=False)
                os.close(nowhere)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Hold the lock. Errors of the system name the target, not the temporary file."""
        with self._lock:
            if self._discarded:
                raise OSError(errno.ECANCELED, "the download was stopped", str(self._target.path))
            try:
                yield
            except OSError as error:
                if error.errno is None:
                    raise
                raise OSError(error.errno, error.strerror, str(self._target.path)) from error
