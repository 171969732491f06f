"""Redis servers of other kinds than one open server: a cluster, a master with a Sentinel, one with TLS, one with limits."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from .server import skip_without_redis_server

CERTIFICATE = Path(__file__).parents[2] / "transport" / "localhost.pem"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def redis_process(*options: str, config: str | None = None) -> Iterator[None]:
    """Run a redis-server in a folder of its own, without persistence."""
    skip_without_redis_server()
    folder = Path(tempfile.mkdtemp(prefix="bk-redis-"))
    command = ["redis-server"]
    if config is None:
        command += ["--save", "", "--appendonly", "no"]
    else:
        (folder / "redis.conf").write_text(config, encoding="utf-8")
        command.append(str(folder / "redis.conf"))
    process = subprocess.Popen(
        [*command, "--dir", str(folder), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(client: redis.Redis) -> None:
    for _ in range(6000):
        with contextlib.suppress(redis.exceptions.RedisError):
            client.ping()
            return
        time.sleep(0.01)
    raise RuntimeError("redis-server doesn't answer")


@contextmanager
def a_server_with(*options: str) -> Iterator[str]:
    """Run a server with options, and yield its URL."""
    port = free_port()
    with redis_process("--port", str(port), *options):
        url = f"redis://127.0.0.1:{port}"
        with redis.Redis.from_url(url) as client:
            wait_for(client)
        yield url


@contextmanager
def a_cluster() -> Iterator[int]:
    """Run a cluster of two nodes, each with half of the slots, and yield the port of the first."""
    with ExitStack() as stack:
        ports, buses = [free_port(), free_port()], [free_port(), free_port()]
        clients = []
        for port, bus, (first, last) in zip(ports, buses, ((0, 8191), (8192, 16383)), strict=True):
            cluster = ("--cluster-enabled", "yes", "--cluster-port", str(bus))
            stack.enter_context(redis_process("--port", str(port), *cluster))
            client = stack.enter_context(redis.Redis(port=port))
            wait_for(client)
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
            clients.append(client)
        clients[0].execute_command("CLUSTER", "MEET", "127.0.0.1", ports[1], buses[1])
        for _ in range(6000):
            if all(b"cluster_state:ok" in _cluster_info(client) for client in clients):
                break
            time.sleep(0.01)
        yield ports[0]


def _cluster_info(client: redis.Redis) -> bytes:
    info = client.execute_command("CLUSTER", "INFO")
    return info if isinstance(info, bytes) else "\r\n".join(f"{k}:{v}" for k, v in info.items()).encode()


@contextmanager
def a_sentinel() -> Iterator[int]:
    """Run a master and a Sentinel that knows it as `webhooks`, and yield the port of the Sentinel."""
    with a_server_with() as url:
        port = free_port()
        config = f"port {port}\nsentinel monitor webhooks 127.0.0.1 {url.rpartition(':')[2]} 1\n"
        with redis_process("--sentinel", config=config):
            with redis.Redis(port=port) as client:
                wait_for(client)
            yield port


@contextmanager
def a_server_with_tls() -> Iterator[int]:
    """Run a server that speaks TLS alone, with a certificate that nobody has signed, and yield its port."""
    port = free_port()
    files = ("--tls-cert-file", "--tls-key-file", "--tls-ca-cert-file")
    options = [text for name in files for text in (name, str(CERTIFICATE))]
    with redis_process("--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", *options):
        with redis.Redis(port=port, ssl=True, ssl_ca_certs=str(CERTIFICATE)) as client:
            wait_for(client)
        yield port
