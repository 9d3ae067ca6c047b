"""Reads a table from a CSV or XLSX file that may have been made by anybody, on any machine.

Nothing is calculated, no program in a file is run, and no more is unpacked than the limits allow.
"""

from pathlib import Path

from django.utils.formats import localize
from django.utils.translation import gettext as _

from commitments.exchange.csv_files import read_csv
from commitments.exchange.tables import DEFAULT_LIMITS, MEBIBYTE, Limits, Table, refused
from commitments.exchange.workbooks import read_workbook

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PACKED = b"PK"


def read_table(path: Path, limits: Limits = DEFAULT_LIMITS) -> Table:
    """The table in a file; what kind of file it is says its content, not its name. Raises TableError with sentences."""
    size = path.stat().st_size
    if size > limits.size:
        sizes = {"size": localize(round(size / MEBIBYTE)), "limit": limits.size // MEBIBYTE}
        raise refused(_("The file has %(size)s MB; %(limit)s MB are read at most. Divide it.") % sizes)
    if not size:
        raise refused(_("The file is empty."))
    with path.open("rb") as file:
        start = file.read(8)
    if start == OLD_OFFICE:
        raise refused(
            _(
                "This is an old Excel file (.xls), or one with a password. Save it as an Excel workbook (.xlsx) "
                "without a password."
            )
        )
    if start.startswith(PACKED):
        return read_workbook(path, limits)
    return read_csv(path, limits)
