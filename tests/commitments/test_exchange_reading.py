"""Files that anybody may have made: every kind of bad input is refused with row, column and a sentence."""

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from openpyxl import load_workbook

from commitments.exchange.kinds import Amount, Choice, Day, Numbers, Partial, Words, YesNo
from commitments.exchange.lookups import Known
from commitments.exchange.reading import read_table
from commitments.exchange.tables import DEFAULT_LIMITS, Limits, TableError, neutral, restored
from commitments.models import MeasureStatus
from tests.commitments.tables import text, xlsx

HEAD = ("Nummer", "Titel")


def refusal(path: Path, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(TableError) as refused:
        read_table(path, limits)
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_csv_file_is_read_in_every_encoding_and_with_every_separator(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = text(tmp_path / "a.csv", HEAD, ("M-001", "Straße, fünf; Plätze"), encoding=encoding, separator=separator)
    table = read_table(path)
    assert table.headings == ["Nummer", "Titel"]
    assert table.rows == [(2, ["M-001", "Straße, fünf; Plätze"])]
    assert not table.errors


def test_a_line_break_inside_quotation_marks_is_one_row(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", HEAD, ("M-001", "Erste Zeile\nzweite"), ("M-002", "x"))
    assert [number for number, _cells in read_table(path).rows] == [2, 3]


def test_the_separator_line_of_excel_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=,\nNummer,Titel\nM-001,a;b\n")
    assert read_table(path).rows == [(2, ["M-001", "a;b"])]


@pytest.mark.parametrize("start", ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_begins_like_a_formula_is_refused_in_csv(tmp_path: Path, start: str) -> None:
    table = read_table(text(tmp_path / "a.csv", HEAD, ("M-001", start)))
    assert [(error.row, error.column) for error in table.errors] == [(2, "Titel")]
    assert table.rows[0][1][1] is None


@pytest.mark.parametrize("value", ["-12,5", "+49", "-1.234,56", "-3 %", "-", "- Land", "- erstens\n- zweitens"])
def test_numbers_with_a_sign_are_no_formulas(tmp_path: Path, value: str) -> None:
    table = read_table(text(tmp_path / "a.csv", HEAD, ("M-001", value)))
    assert not table.errors
    assert table.rows[0][1][1] == value


@pytest.mark.parametrize("value", ["=1+1", '=HYPERLINK("http://example.org")'])
def test_a_formula_is_refused_in_xlsx(tmp_path: Path, value: str) -> None:
    table = read_table(xlsx(tmp_path / "a.xlsx", HEAD, ("M-001", value)))
    assert [(error.row, error.column) for error in table.errors] == [(2, "Titel")]


def test_an_error_of_the_spreadsheet_is_refused(tmp_path: Path) -> None:
    table = read_table(xlsx(tmp_path / "a.xlsx", HEAD, ("M-001", "#REF!")))
    assert [(error.row, error.column) for error in table.errors] == [(2, "Titel")]


@pytest.mark.parametrize("make", [text, xlsx])
def test_a_cell_that_is_too_long_is_refused_at_its_place(tmp_path: Path, make: object) -> None:
    path = tmp_path / ("a.csv" if make is text else "a.xlsx")
    if make is text:
        text(path, HEAD, ("M-001", "x" * 100_000))
    else:
        _long_cell(xlsx(path, HEAD, ("M-001", "LONG")))
    table = read_table(path)
    assert [(error.row, error.column) for error in table.errors] == [(2, "Titel")]
    assert "100" in table.errors[0].sentence


def _long_cell(path: Path) -> None:
    """openpyxl itself writes no cell that long."""
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(b"LONG", b"x" * 100_000))


def test_null_bytes_and_control_characters_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Nummer;Titel\nM-001;a\x00b\n")
    assert "Nullbyte" in refusal(tmp_path / "a.csv") or "null" in refusal(tmp_path / "a.csv")
    table = read_table(text(tmp_path / "b.csv", HEAD, ("M-001", "a\x07b")))
    assert [(error.row, error.column) for error in table.errors] == [(2, "Titel")]


def test_an_open_quotation_mark_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('Nummer;Titel\nM-001;"offen\n')
    assert refusal(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("limits", "rows"),
    [(Limits(rows=2), 3), (Limits(columns=1), 1), (Limits(size=10), 1)],
)
def test_more_than_the_limits_is_refused(tmp_path: Path, limits: Limits, rows: int) -> None:
    lines = [(f"M-{n}", "x") for n in range(rows)]
    assert refusal(text(tmp_path / "a.csv", HEAD, *lines), limits)
    if limits.size > 10:
        assert refusal(xlsx(tmp_path / "a.xlsx", HEAD, *lines), limits)


def test_a_zip_bomb_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = xlsx(tmp_path / "a.xlsx", HEAD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b"0" * 30_000_000)
    monkeypatch.setattr("commitments.exchange.workbooks.load_workbook", None)
    assert refusal(path)
    assert refusal(xlsx(tmp_path / "b.xlsx", HEAD), Limits(unpacked=1_000))


def test_definitions_in_xml_are_refused_before_the_workbook_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = xlsx(tmp_path / "a.xlsx", HEAD)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    laughs = b'<?xml version="1.0"?>' + b" " * 9000 + b'<!DOCTYPE x [<!ENTITY a "ha">]><sst>&a;</sst>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"xl/sharedStrings.xml": laughs}).items():
            archive.writestr(name, content)
    monkeypatch.setattr("commitments.exchange.workbooks.load_workbook", None)
    assert refusal(path)


def test_macros_old_excel_passwords_and_other_archives_are_refused(tmp_path: Path) -> None:
    macros = xlsx(tmp_path / "a.xlsx", HEAD)
    with zipfile.ZipFile(macros, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    old = tmp_path / "b.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)
    other = tmp_path / "c.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", b"x")
    broken = tmp_path / "d.xlsx"
    broken.write_bytes(b"PK\x03\x04 broken")
    cut = tmp_path / "e.xlsx"
    cut.write_bytes(xlsx(tmp_path / "f.xlsx", HEAD).read_bytes()[:2000])
    empty = tmp_path / "g.csv"
    empty.write_bytes(b"")
    sentences = {refusal(path) for path in (macros, old, other, broken, empty)}
    assert len(sentences) == 5
    assert refusal(cut) == refusal(broken)


def test_the_sheet_of_explanations_is_not_read_as_the_table(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", HEAD, ("M-001", "x"))
    book = load_workbook(path)
    book.create_sheet("Erläuterung", 0).append(["Spalte"])
    book.save(path)
    assert read_table(path).headings == ["Nummer", "Titel"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (datetime.fromisoformat("2022-11-28"), "2022-11-28"),
        ("28.11.2022", "2022-11-28"),
        ("11.2022", "2022-11"),
        (2022, "2022"),
        (2022.0, "2022"),
        ("2022", "2022"),
        (44893, "2022-11-28"),
        ("44893", "2022-11-28"),
        ("2022-11-28 00:00:00", "2022-11-28"),
    ],
)
def test_dates_are_read_as_people_and_spreadsheets_write_them(cell: object, value: str) -> None:
    assert Partial().read(cell, Known(None)) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["31.02.2022", "gestern", 7, "2022-13"])
def test_what_is_no_date_is_refused(cell: object) -> None:
    with pytest.raises(ValidationError):
        Partial().read(cell, Known(None))  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Day().read("2022", Known(None))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.234,56", "1234.56"), ("1,234.56", "1234.56"), (1234.56, "1234.56"), ("1.234", "1234.00"), ("12 €", "12.00")],
)
def test_amounts_are_read_in_german_and_english(cell: object, value: str) -> None:
    assert str(Amount().read(cell, Known(None))) == value  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["-1", "viel", "1,234", "NaN", "99999999999999999"])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(ValidationError):
        Amount().read(cell if cell != "1,234" else "1,2345", Known(None))


def test_words_choices_and_numbers() -> None:
    known = Known(None)
    assert Words().read("Kinder; Jugendliche\nKinder", known) == ["Kinder", "Jugendliche"]
    assert Numbers(17).read("4; 13, 4", known) == [4, 13]
    assert YesNo().read("Ja", known) is True
    for word in ("ongoing", "Laufend", "LAUFEND", "Ongoing"):
        assert Choice(MeasureStatus).read(word, known) == "ongoing"
    with pytest.raises(ValidationError, match=str(MeasureStatus.ONGOING.label)):
        Choice(MeasureStatus).read("läuft", known)


@pytest.mark.parametrize("value", ["=1+1", "- Punkt", "+49", "@x", "'=1", "''-x", "'quoted'", "plain", ""])
def test_neutralised_texts_come_back_as_they_were(value: str) -> None:
    assert restored(neutral(value)) == value
    assert neutral(value)[:1] not in ("=", "+", "-", "@")
