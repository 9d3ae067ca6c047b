"""A bad surrounding ends in one line that says what to do, never in a traceback."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import OperationalError

from config.failures import sentence_for

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "nonsense", "write it as sqlite:////absolute/path.sqlite3 or postgresql://"),
        (
            "DATABASE_URL",
            "mysql://root@localhost/register",
            "write it as sqlite:////absolute/path.sqlite3 or postgresql://",
        ),
        ("DATABASE_URL", "postgresql://city:secret@localhost:port/register", "write it as"),
        ("DATABASE_URL", "sqlite://register.sqlite3", "write it as"),
        ("CELERY_BROKER_URL", "carrier-pigeon://", "begins with one of amqp://"),
        ("EMAIL_URL", "mail.example", "write it as file:///folder"),
        ("DEBUG", "perhaps", "set it to 1 or 0"),
        ("DEMO_TODAY", "23.11.2026", "write it as 2026-11-23"),
        ("BASE_URL", "rechenschaft.example", "write it as https://host"),
        ("WORKERS", "two", "is not a whole number"),
        ("OIDC_CLIENT_ID", "rechenschaft", "set OIDC_SERVER_URL, OIDC_CLIENT_SECRET as well"),
    ],
)
def test_a_malformed_setting_is_named_with_its_form(name, value, says):
    line = one_line(manage("check", **{name: value}))

    assert name in line
    assert says in line
    assert "secret" not in line


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    in_the_way = tmp_path / "a-file"
    in_the_way.touch()

    line = one_line(manage("migrate", DATA_DIR=str(in_the_way / "data")))

    assert line == f"A part of the path is a file, not a folder at {line.split(' at ')[1]}"
    assert str(in_the_way) in line
    assert "set DATA_DIR" in line


def test_a_database_server_that_does_not_answer_is_named():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    line = one_line(manage("migrate", DATABASE_URL=f"postgresql://nobody:secret@127.0.0.1:{port}/register"))

    assert line == "No database answers at DATABASE_URL: start it, or correct the address."


def may_mount() -> bool:
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


if may_mount():  # a right that no package brings; without it the sentences alone are tested, below

    @pytest.mark.parametrize(
        ("options", "says"), [("size=64k", "The disk is full"), ("ro,size=1m", "the disk is read-only")]
    )
    def test_a_full_or_read_only_disk_is_named(tmp_path, options, says):
        command = f"mount -t tmpfs -o {options} small {tmp_path} && exec {sys.executable} manage.py migrate -v0"
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", command],
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": ""},
            capture_output=True,
            text=True,
            check=False,
        )

        assert says in one_line(done)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left", "/data/x"), "The disk is full at /data/x"),
        (OSError(errno.EROFS, "Read-only", "/data/x"), "the disk is read-only"),
        (OSError(errno.EACCES, "Permission denied", "/data/x"), "Writing is not permitted at /data/x"),
        (OSError("cannot load library 'libpango-1.0-0'"), "apt-get install -y --no-install-recommends libpango-1.0-0"),
        (OperationalError("database or disk is full"), "The disk is full"),
        (OperationalError("attempt to write a readonly database"), "read-only"),
        (OperationalError("no such table: commitments_user"), "manage.py migrate"),
        (ImproperlyConfigured("Set it."), "Set it."),
    ],
)
def test_each_failure_of_the_surroundings_has_its_sentence(error, says):
    sentence = sentence_for(error)

    assert sentence is not None
    assert says in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    "error", [ValueError("a fault of ours"), OperationalError("deadlock"), OSError(errno.EIO, "?")]
)
def test_a_fault_of_the_program_keeps_its_traceback(error):
    assert sentence_for(error) is None
