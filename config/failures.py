"""What can go wrong around the application, each in one line that says what to do instead of a traceback."""

import errno
import re
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db.utils import OperationalError

NO_PDF_LIBRARIES = (
    "The libraries that make PDF files are missing. Install them with: "
    "apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
)
OF_THE_DISK = {
    errno.ENOSPC: "The disk is full{where}: free some space, or set DATA_DIR to a folder on another disk.",
    errno.EDQUOT: "The disk quota is used up{where}: free some space, or set DATA_DIR to a folder on another disk.",
    errno.EROFS: "Nothing can be written{where}, the disk is read-only: set DATA_DIR to a folder that can be written.",
    errno.EACCES: "Writing is not permitted{where}: set DATA_DIR to a folder that this account may write.",
    errno.EPERM: "Writing is not permitted{where}: set DATA_DIR to a folder that this account may write.",
    errno.ENOENT: "This folder does not exist and cannot be made{where}: set DATA_DIR to a folder that can be written.",
    errno.ENOTDIR: "A part of the path is a file, not a folder{where}: set DATA_DIR to a folder.",
    errno.EEXIST: "There is a file where a folder is needed{where}: set DATA_DIR to a folder.",
}
OF_THE_DATABASE = {
    r"unable to open database file": "The database file cannot be opened: set DATA_DIR to a writable folder.",
    r"readonly database": "The database file is read-only: make it and its folder writable.",
    r"database or disk is full": "The disk is full: free some space, or set DATA_DIR to a folder on another disk.",
    r"no such table|does not exist": "The database is empty or older than the program: run `manage.py migrate`.",
    r"password authentication failed": "The database refuses the user or password in DATABASE_URL.",
    r"could not translate host name|failed to resolve": "The database host in DATABASE_URL is unknown: check its name.",
    r"connection.*(refused|failed|timeout)": "No database answers at DATABASE_URL: start it, or correct the address.",
}


def sentence_for(error: BaseException) -> str | None:
    """One line for a failure of the surroundings; ``None`` for a fault in the program, which keeps its traceback."""
    if isinstance(error, ImproperlyConfigured | CommandError):
        return str(error)
    if isinstance(error, OperationalError):
        said = str(error)
        return next((line for words, line in OF_THE_DATABASE.items() if re.search(words, said, re.IGNORECASE)), None)
    if isinstance(error, OSError) and "cannot load library" in str(error):
        return NO_PDF_LIBRARIES
    if isinstance(error, OSError) and error.errno in OF_THE_DISK:
        where = f" at {Path(error.filename)}" if error.filename else ""
        return OF_THE_DISK[error.errno].format(where=where)
    return None


def stop_if_explained(error: BaseException) -> None:
    """Ends the process with the sentence, where there is one."""
    if sentence := sentence_for(error):
        sys.exit(sentence)
