"""Where a download writes: regular files in folders that are no links, by temporary files that nobody is left with."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, DownloadProgress, errors
from buildkite_ext.artifacts.folders import HAS_DESCRIPTORS, PartFile, Tree
from buildkite_ext.artifacts.names import Target
from tests.test_collector import interrupted_at

from .fakes import TOKEN, FakeClock, Flavor
from .storage import Storage, artifact, described, files

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices of POSIX")
LEFT = ".buildkite-ext-0123456789abcdef.part"


@pytest.fixture(params=[True, False], ids=["descriptors", "paths"])
def by_descriptor(request: pytest.FixtureRequest) -> bool:
    if request.param and not HAS_DESCRIPTORS:
        pytest.skip("the system has no descriptors of folders")
    return bool(request.param)


@pytest.fixture
def tree(tmp_path: Path, by_descriptor: bool) -> Iterator[Tree]:
    tree = Tree(tmp_path / "to", by_descriptor=by_descriptor)
    yield tree
    tree.close()


def part(tree: Tree, path: str = "dist/app.whl") -> PartFile:
    return PartFile(tree, Target(artifact(path), tree.root, tuple(path.split("/"))))


def opened_descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208


def test_a_file_appears_when_it_is_whole(tree: Tree, tmp_path: Path) -> None:
    file = part(tree)
    file.open()
    file.write(b"whe")
    assert [name for name in files(tmp_path) if name.endswith("app.whl")] == []
    file.write(b"el")
    assert b"".join(file.pieces(2)) == b"wheel"
    file.place()
    file.discard()
    assert files(tmp_path) == {"to/dist/app.whl": b"wheel"}


def test_a_file_that_is_discarded_leaves_nothing(tree: Tree, tmp_path: Path) -> None:
    file = part(tree)
    file.open()
    file.write(b"whe")
    file.discard()
    file.discard()
    assert files(tmp_path) == {}
    with pytest.raises(OSError, match="stopped"):
        file.write(b"el")


def test_a_file_that_is_discarded_before_it_is_made_is_never_made(tree: Tree, tmp_path: Path) -> None:
    """As when a cancelled download leaves the thread behind that makes the file."""
    file = part(tree)
    file.discard()
    with pytest.raises(OSError, match="stopped"):
        file.open()
    assert files(tmp_path) == {}


def test_nothing_is_made_after_the_download_is_over(tree: Tree, tmp_path: Path) -> None:
    tree.close()
    with pytest.raises(OSError, match="over"):
        part(tree).open()
    assert files(tmp_path) == {}


def test_no_descriptor_is_left_open(tmp_path: Path, by_descriptor: bool) -> None:
    (tmp_path / "to" / "b").mkdir(parents=True)
    (tmp_path / "to" / "b" / "link").symlink_to(tmp_path)
    before = opened_descriptors()
    tree = Tree(tmp_path / "to", by_descriptor=by_descriptor)
    for path in ("a/b/c/d", "x", "b/link/evil", "a/b/c"):
        file = part(tree, path)
        try:
            file.open()
            file.place()
        except (OSError, errors.UnsafePath):
            pass
        finally:
            file.discard()
    tree.close()
    assert opened_descriptors() == before


def test_ctrl_c_anywhere_in_a_download_leaves_no_temporary_file(tmp_path: Path, by_descriptor: bool) -> None:
    step, was_whole = 0, False
    while not was_whole:
        step += 1
        root = tmp_path / str(step)
        tree = Tree(root, by_descriptor=by_descriptor)
        file = part(tree)

        def download(file: PartFile = file) -> None:
            file.open()
            file.write(b"wheel")
            file.place()

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # of a file that is closed because nothing refers to it
            was_whole = interrupted_at(step, download)
            file.discard()
            tree.close()
        assert set(files(root).values()) <= {b"wheel"}
        assert not any(name.endswith(".part") for name in files(root))
    assert step > 20


@posix
@pytest.mark.parametrize("step", range(12))
def test_ctrl_c_in_the_clean_up_closes_no_descriptor_twice(tmp_path: Path, step: int) -> None:
    tree = Tree(tmp_path / "to")
    file = part(tree)
    file.open()

    def clean_up() -> None:
        file.discard()
        tree.close()

    interrupted_at(step, clean_up)
    clean_up()


@posix
@pytest.mark.parametrize("where", ["dist", "dist/old", "dist/old/deep"])
def test_a_link_below_the_folder_is_not_followed(tree: Tree, tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / "to" / where
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    file = part(tree, "dist/old/deep/app.whl")
    try:
        with pytest.raises(errors.UnsafePath, match="link"):
            file.open()
    finally:
        file.discard()
    assert files(tmp_path) == {}
    assert not any(outside.iterdir())  # no folder either


@posix
@pytest.mark.parametrize("where", ["dist", "dist/old", "."])
def test_a_link_that_is_put_in_place_of_an_open_folder_is_not_written_behind(
    tree: Tree, tmp_path: Path, where: str
) -> None:
    outside = tmp_path / "outside"
    (outside / "dist" / "old").mkdir(parents=True)
    (outside / "old").mkdir()
    file = part(tree, "dist/old/app.whl")
    file.open()
    file.write(b"wheel")
    moved = tmp_path / "to" / where
    moved.rename(tmp_path / "moved")
    moved.symlink_to(outside)
    try:
        if where != "." or tree._by_descriptor:  # the root itself is the caller's, and its path may be a link
            with pytest.raises((errors.UnsafePath, OSError)):
                file.place()
    finally:
        file.discard()
    assert not [name for name in files(tmp_path) if name.startswith("outside")]
    if tree._by_descriptor:
        assert files(tmp_path) == {}


@posix
async def test_a_link_that_is_put_there_while_a_download_arrives_is_not_followed(
    flavor: Flavor, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    storage = Storage(
        {"dist/a": [b"first"], "dist/b": [b"second"]}, [described("dist/a", b"first"), described("dist/b", b"second")]
    )

    def progress(told: DownloadProgress) -> None:
        if told.artifact.path == "dist/b" and not (tmp_path / "to" / "dist").is_symlink():
            (tmp_path / "to" / "dist").rename(tmp_path / "to" / "moved")
            (tmp_path / "to" / "dist").symlink_to(tmp_path / "outside")

    with pytest.raises(errors.UnsafePath, match="link"):
        await flavor.call(
            flavor.client(storage).artifacts.download_all,
            "web", 7, to=tmp_path / "to", concurrency=1, on_progress=progress,
        )  # fmt: skip
    assert files(tmp_path) == {"to/moved/a": b"first"}


@posix
async def test_the_folder_that_the_caller_names_may_be_a_link(flavor: Flavor, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "to").symlink_to(tmp_path / "real")
    storage = Storage({"dist/a": [b"1"], "b": [b"2"]}, [described("dist/a", b"1")])
    client = flavor.client(storage)
    await flavor.call(client.artifacts.download_all, "web", 7, to=tmp_path / "to")
    await flavor.call(client.artifacts.download, artifact("b", b"2"), tmp_path / "to" / "file")
    assert {name for name in files(tmp_path) if name.startswith("real")} == {"real/dist/a", "real/file"}


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # an absolute path may be too long for it


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")


def link_to_device(path: Path) -> None:
    path.symlink_to("/dev/null")


def link_to_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def link_to_folder(path: Path) -> None:
    path.with_name("folder").mkdir()
    path.symlink_to("folder")


SPECIAL = [pipe, listening, device, link_to_device, link_to_pipe]


@posix
@pytest.mark.parametrize("make", [*SPECIAL, link_to_folder])
async def test_what_is_no_regular_file_is_refused_and_kept_in_a_folder(
    flavor: Flavor, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    to = tmp_path / "to"
    to.mkdir()
    make(to / "a")
    before = (to / "a").lstat()
    storage = Storage({"a": [b"1"], "b": [b"2"]}, [described("b", b"2"), described("a", b"1")])
    with pytest.raises(errors.UnsafePath, match="doesn't replace"):
        await flavor.call(flavor.client(storage).artifacts.download_all, "web", 7, to=to)
    assert os.path.samestat(before, (to / "a").lstat())
    assert (storage.redirects, files(tmp_path)) == (0, {})


@posix
@pytest.mark.parametrize("make", SPECIAL)
async def test_what_is_no_regular_file_is_refused_and_kept_when_it_is_named(
    flavor: Flavor, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "a")
    before = (tmp_path / "a").lstat()
    storage = Storage({"dist/app.whl": [b"wheel"]})
    with pytest.raises(errors.UnsafePath, match="doesn't replace"):
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert os.path.samestat(before, (tmp_path / "a").lstat())
    assert storage.redirects == 0


@posix
@pytest.mark.parametrize(
    "to", ["/dev/null", "/dev/stdout", "/dev/fd/1", "/dev/new", "/proc/self/fd/1", "/proc/self/mem"]
)
async def test_a_file_of_the_system_is_refused(flavor: Flavor, to: str) -> None:
    storage = Storage({"dist/app.whl": [b"wheel"]})
    null = os.lstat("/dev/null")
    with pytest.raises(errors.UnsafePath, match="doesn't replace"):
        await flavor.call(flavor.client(storage).artifacts.download, artifact(), to)
    assert os.path.samestat(null, os.lstat("/dev/null"))
    assert storage.redirects == 0


@posix
@pytest.mark.parametrize("make", SPECIAL)
def test_what_becomes_special_while_a_download_arrives_is_kept(
    tree: Tree, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    file = part(tree, "a")
    file.open()
    make(tmp_path / "to" / "a")
    try:
        with pytest.raises(errors.UnsafePath, match="doesn't replace"):
            file.place()
    finally:
        file.discard()
    assert not stat.S_ISREG((tmp_path / "to" / "a").lstat().st_mode)
    assert not list((tmp_path / "to").glob("*.part"))


def test_an_error_of_the_system_names_the_file_that_was_asked_for(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "to").write_bytes(b"mine")
    file = part(tree, "a")
    with pytest.raises(OSError, match=re.escape(str(tmp_path / "to" / "a"))):
        file.open()
    file.discard()


async def test_temporary_files_that_a_killed_process_left_are_removed(flavor: Flavor, tmp_path: Path) -> None:
    for folder in (tmp_path / "to", tmp_path / "to" / "dist", tmp_path / "to" / "other"):
        folder.mkdir(exist_ok=True)
        (folder / LEFT).write_bytes(b"half")
    kept = {"to/other/" + LEFT: b"half"}  # nothing is written to that folder
    for name in (".x.0123456789abcdef.part", LEFT + "x", "mine.part", ".buildkite-ext-x.part"):
        (tmp_path / "to" / name).write_bytes(b"mine")
        kept["to/" + name] = b"mine"
    storage = Storage(
        {"a": [b"1"], "dist/b": [b"2"], "dist/app.whl": [b"wheel"]}, [described("a", b"1"), described("dist/b", b"2")]
    )
    client = flavor.client(storage)
    await flavor.call(client.artifacts.download_all, "web", 7, to=tmp_path / "to")
    assert files(tmp_path) == {"to/a": b"1", "to/dist/b": b"2", **kept}
    (tmp_path / LEFT).write_bytes(b"half")
    await flavor.call(client.artifacts.download, artifact(), tmp_path / "single")
    assert files(tmp_path) == {"to/a": b"1", "to/dist/b": b"2", "single": b"wheel", **kept}


@posix
@pytest.mark.parametrize("make", [pipe, link_to_device, lambda path: path.mkdir()])
async def test_what_only_has_the_name_of_a_temporary_file_is_kept(
    flavor: Flavor, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / LEFT)
    storage = Storage({"dist/app.whl": [b"wheel"]})
    await flavor.call(flavor.client(storage).artifacts.download, artifact(), tmp_path / "a")
    assert (tmp_path / LEFT).lstat()
    assert (tmp_path / "a").read_bytes() == b"wheel"


def test_the_temporary_file_of_another_download_that_continues_is_kept(tmp_path: Path, by_descriptor: bool) -> None:
    one, other = (Tree(tmp_path, by_descriptor=by_descriptor) for _ in range(2))
    first, second = part(one, "a"), part(other, "a")
    first.open()
    first.write(b"first")
    second.open()
    second.write(b"second")
    third = part(Tree(tmp_path, by_descriptor=by_descriptor), "b")
    third.open()
    first.place()
    second.place()
    for file in (first, second, third):
        file.discard()
    for tree in (one, other):
        tree.close()
    assert files(tmp_path) == {"a": b"second"}


async def test_downloads_to_one_file_at_once_leave_one_that_is_whole(flavor: Flavor, tmp_path: Path) -> None:
    """A download that begins while another one continues doesn't take its temporary file for one that was left."""
    content = bytes(1 << 20)  # so many that they are written before the end
    inner = Storage({"dist/app.whl": [content]})
    clients = [flavor.client(inner) for _ in range(2)]
    begun: list[Path] = []

    def progress(_: DownloadProgress) -> None:
        if not begun:
            begun.extend(tmp_path.glob("*.part"))
            other = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(inner), clock=FakeClock())
            other.artifacts.download(artifact("dist/app.whl", content), tmp_path / "a")

    await flavor.call(
        clients[0].artifacts.download, artifact("dist/app.whl", content), tmp_path / "a", on_progress=progress
    )
    assert begun
    assert files(tmp_path) == {"a": content}


CHILD = """
import sys
from buildkite_ext import BuildkiteClient
client = BuildkiteClient("acme", token="bkua_0123456789abcdef", base_url=sys.argv[1])
client.artifacts.download_all("web", 7, to=sys.argv[2], on_progress=lambda progress: print(progress.done, flush=True))
"""


def test_a_process_that_is_killed_in_the_middle_leaves_nothing_for_long(tmp_path: Path) -> None:
    content = bytes(range(256)) * 16 * 1024
    listed = httpx.Response(200, json=[described("dist/app.whl", content, id="1")]).content
    slow = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://127.0.0.1:{server.server_port}"
            storage = self.path.startswith("/storage")
            download = self.path.endswith("/download")
            body = b"" if download else content if storage else listed
            self.send_response(302 if download else 200)
            self.send_header("Content-Length", str(len(body)))
            if download:
                self.send_header("Location", f"{base}/storage")
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if storage:
                slow.wait(60)
            self.wfile.write(body[len(body) // 2 :])

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # the client was killed
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    to = tmp_path / "to"
    try:
        child = subprocess.Popen([sys.executable, "-c", CHILD, url, str(to)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        with child.stdout:
            assert any(int(line) >= 1 << 20 for line in child.stdout)  # the first megabyte is written
            child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            child.wait()
        left = list(files(to))
        assert re.fullmatch(r"dist/\.buildkite-ext-[0-9a-f]{16}\.part", left[0])
        assert len(left) == 1
        slow.set()
        with BuildkiteClient("acme", token=TOKEN, base_url=url) as client:
            client.artifacts.download_all("web", 7, to=to)
    finally:
        slow.set()
        server.shutdown()
        server.server_close()
    assert files(to) == {"dist/app.whl": content}


def test_a_cancelled_task_of_asyncio_leaves_no_file_and_no_descriptor(tmp_path: Path) -> None:
    """asyncio's own cancellation doesn't wait for the threads that write."""

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for _ in range(50):
                await asyncio.sleep(0)
                yield b"x"

    async def main() -> int:
        storage = Storage({"dist/app.whl": [lambda: httpx.Response(200, stream=Slow())]})
        client = AsyncBuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(storage), clock=FakeClock())
        one = artifact(file_size=None, sha1sum=None)
        await client.artifacts.download(one, tmp_path / "a")
        before = opened_descriptors()
        for steps in range(40):
            task = asyncio.create_task(client.artifacts.download(one, tmp_path / "b" / str(steps)))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await client.artifacts.download(one, tmp_path / "a")
        await client.aclose()
        return opened_descriptors() - before

    assert asyncio.run(main()) == 0
    assert {name: content for name, content in files(tmp_path).items() if name != "a"} == {}
