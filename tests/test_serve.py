"""`make demo` and `make run`: everything starts together, and one Ctrl-C stops it all."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request

import psutil
import pytest

from tests.brokers import free_port
from tests.databases import KEPT, schema_digest
from tests.processes import ROOT, running, wait_until

pytestmark = pytest.mark.once  # its programs are told a SQLite file, whatever the tests run on


@pytest.fixture
def register(tmp_path, databases):
    """The folder of an empty register; where the tables have been kept as a file, they are not made once more."""
    folder = tmp_path / "register"
    folder.mkdir()
    kept = KEPT / f"{schema_digest()}.sqlite3"
    if kept.exists():
        shutil.copyfile(kept, folder / "register.sqlite3")
    return folder


@pytest.fixture
def demo(register):
    """The folder of a demo whose sample city is already built."""
    folder = register
    (folder / "sign-ins.txt").write_text("officer@demo.example")
    return folder


def surroundings(folder, port):
    env = {**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": "", "DEBUG": "0", "PORT": str(port)}
    return env | {"PYTHONUNBUFFERED": "1"}


SERVE = [sys.executable, "-m", "tools.serve"]


@pytest.mark.slow
def test_one_ctrl_c_stops_web_worker_and_beat_without_a_trace(demo, tmp_path):
    log = tmp_path / "said"
    with running([*SERVE, "demo"], log, surroundings(demo, free_port())) as serve:
        wait_until(lambda: "Press Ctrl-C" in log.read_text(), "the address is printed", log)
        address = next(word for word in log.read_text().split() if word.startswith("http://"))
        with urllib.request.urlopen(f"{address}accounts/login/", timeout=10) as answer:  # noqa: S310 our own address
            page = answer.read().decode()
        family = psutil.Process(serve.pid).children(recursive=True)

        serve.send_signal(signal.SIGINT)
        code = serve.wait(timeout=30)

    said = log.read_text()
    assert 'name="login"' in page
    assert "officer@demo.example" in said
    assert "Traceback" not in said
    assert said.strip().endswith("Stopped.")
    assert code == 0
    assert len(family) >= 6
    assert [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []


@pytest.mark.slow
def test_a_busy_port_gives_way_to_the_next_free_one(demo, tmp_path):
    log = tmp_path / "said"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running([*SERVE, "demo"], log, surroundings(demo, port)) as serve:
            wait_until(lambda: "Press Ctrl-C" in log.read_text(), "the address is printed", log)
            serve.send_signal(signal.SIGTERM)
            serve.wait(timeout=30)

    said = log.read_text()
    used = re.search(rf"Port {port} is taken; using (\d+)\.", said)
    assert used is not None
    assert int(used[1]) > port
    assert f"http://127.0.0.1:{used[1]}/" in said


@pytest.mark.parametrize("what", ["demo", "register"])
def test_a_folder_that_cannot_be_used_is_named_in_one_line(tmp_path, what):
    (tmp_path / "file").touch()

    done = subprocess.run(
        [*SERVE, what],
        cwd=ROOT,
        env=surroundings(tmp_path / "file" / "data", free_port()),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("A part of the path is a file, not a folder at ")
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_register_without_a_terminal_says_how_to_enter_the_administrator(register):
    done = subprocess.run(
        [*SERVE, "register"],
        cwd=ROOT,
        env=surroundings(register, free_port()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "manage.py create_administrator" in done.stderr
    assert "Traceback" not in done.stderr
