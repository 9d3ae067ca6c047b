"""A broker of each kind, started for the test on a port of its own."""

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.processes import running, wait_until


def free_port() -> int:
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        port: int = candidate.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def filesystem(folder: Path) -> Iterator[str]:
    yield "filesystem://localhost//"


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    with running(command, folder / "redis.log", dict(os.environ)):
        wait_until(lambda: answers(port), "Redis answers", folder / "redis.log")
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    port, distribution = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="rabbitmq-", dir="/tmp") as home:
        Path(home).chmod(0o777)
        env = {
            **os.environ,
            "HOME": home,
            "RABBITMQ_NODENAME": f"test{port}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": home,
            "RABBITMQ_LOG_BASE": home,
            "RABBITMQ_PID_FILE": f"{home}/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
            "RABBITMQ_CONFIG_FILE": f"{home}/none",
        }
        with running(["/usr/lib/rabbitmq/bin/rabbitmq-server"], folder / "rabbitmq.log", env):
            wait_until(lambda: answers(port), "RabbitMQ answers", folder / "rabbitmq.log")
            yield f"amqp://guest:guest@127.0.0.1:{port}//"
