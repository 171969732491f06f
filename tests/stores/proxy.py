"""A proxy in front of Redis that counts round trips, and that can hold back what Redis answers."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from pathlib import Path


class Proxy:
    """Proxy on a Unix socket. Each client waits for one answer at a time, so answers are round trips."""

    def __init__(self, target: Path) -> None:
        self._target = str(target)
        self._folder = tempfile.TemporaryDirectory(prefix="bk-proxy-")
        path = Path(self._folder.name) / "proxy.sock"
        self.url = f"unix://{path}"
        self.round_trips = 0
        self.open = threading.Event()
        """Cleared: what Redis answers is held back."""
        self.open.set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._sockets = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._sockets += [client, server]
                threading.Thread(target=self._copy, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._copy, args=(server, client, True), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if answers:
                    self.round_trips += 1
                    self.open.wait()
                target.sendall(data)

    def close(self) -> None:
        self.open.set()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._folder.cleanup()
