"""Stored files: by their hash, whole or not at all, never replaced."""

import errno
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from commitments import filestore


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def test_what_is_stored_is_found_by_its_hash():
    digest = filestore.put(b"report")

    assert digest == sha256(b"report").hexdigest()
    assert filestore.get(digest) == b"report"


def test_the_same_bytes_are_stored_once():
    digest = filestore.put(b"report")
    written = filestore.path_of(digest).stat().st_mtime_ns

    filestore.put(b"report")

    assert filestore.path_of(digest).stat().st_mtime_ns == written


def test_an_altered_file_is_refused():
    digest = filestore.put(b"report")
    filestore.path_of(digest).write_bytes(b"another report")

    with pytest.raises(filestore.AlteredError):
        filestore.get(digest)


def test_a_missing_file_is_refused():
    with pytest.raises(filestore.AlteredError):
        filestore.get("0" * 64)


def test_a_name_that_is_no_hash_reaches_no_file():
    with pytest.raises(ValueError, match="SHA-256"):
        filestore.get("../../etc/passwd")


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EACCES, "DATA_DIR")]
)
def test_a_disk_that_refuses_is_said_in_a_sentence(monkeypatch, number, sentence):
    def refuse(handle):
        raise OSError(number, "refused")

    monkeypatch.setattr("os.fsync", refuse)

    with translation.override("en"), pytest.raises(ValidationError) as error:
        filestore.put(b"report")

    assert sentence in " ".join(error.value.messages)


def test_a_write_that_fails_leaves_nothing_behind(monkeypatch, tmp_path):
    def refuse(handle):
        raise OSError(errno.ENOSPC, "refused")

    monkeypatch.setattr("os.fsync", refuse)

    with pytest.raises(ValidationError):
        filestore.put(b"report")

    assert [path for path in Path(tmp_path).rglob("*") if path.is_file()] == []


def test_only_the_application_may_read_what_is_stored():
    digest = filestore.put(b"report")

    assert filestore.path_of(digest).stat().st_mode & 0o777 == 0o600


def test_a_file_can_be_stored_and_read_in_parts():
    parts = [b"first ", b"second"]

    filestore.put_parts(parts, sha256(b"first second").hexdigest())

    with filestore.opened(sha256(b"first second").hexdigest()) as file:
        assert file.read() == b"first second"


def test_an_altered_file_is_put_right_when_it_is_brought_again():
    digest = filestore.put(b"report")
    filestore.path_of(digest).write_bytes(b"another report")

    filestore.put(b"report")

    assert filestore.get(digest) == b"report"
