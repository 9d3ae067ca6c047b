"""The matrix beyond articles and fields: other rows, other columns, files and the list of gaps."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from commitments import clock
from commitments.ledger import save_as
from commitments.models import (
    CommitmentProvision,
    Competence,
    FieldOfAction,
    GapReason,
    InstrumentKind,
    Protection,
    Role,
    Transfer,
)
from reporting.coverage import FIELDS, coverage
from reporting.tables import gaps, matrix
from tests.commitments.pages import make_trusted
from tests.factories import (
    make_adoption,
    make_article,
    make_city,
    make_commitment,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_partnership,
    make_provision,
    make_provision_link,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import queries, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_articles")]

MATRIX, GAPS = "/matrix/", "/gaps/"


@pytest.fixture
def _articles():
    make_city()
    for number in range(1, 31):
        make_article(number)


def drawn(user=None, *, whole=False, **view):
    asked = matrix.View(**view)
    return matrix.matrix(asked, matrix.counts_of(asked, user or make_officer()), gaps.gap_reasons(), whole=whole)


def counted(table):
    """Row and column with the number that stands there, where one does."""
    return {(row.line.key, cell.column): cell.count for row in table.rows for cell in row.cells if cell.count}


def labels(table):
    return [column.label for column in table.columns]


def give_reason(article, code="no_resources", field="", **fields):
    said = {"text_de": "Darum.", "stated_on": date(2026, 1, 15)} | fields
    return saved(GapReason(article=make_article(article), field=field, code=code, **said))


# Counting


def test_every_view_of_articles_and_fields_counts_as_the_report_does():
    treaty = make_instrument()
    kin, other = make_provision(treaty), make_provision(treaty)
    make_provision_link(kin, make_article(3))
    make_provision_link(make_article(4), other)
    for article, field in ((3, "europe"), (7, "development")):
        commitment = make_commitment(make_article(article))
        saved(CommitmentProvision(commitment=commitment, provision=other, order=1))
        make_link(make_measure(field=field), commitment)
    make_link(make_measure(field="europe"), make_commitment(kin))
    officer = make_officer()
    reach, table = coverage(officer), drawn(officer)

    assert counted(table) == {
        (str(article), field): len(reach.direct(article, field))
        for article in range(1, 31)
        for field in FIELDS
        if reach.direct(article, field)
    }
    assert [row.indirect for row in table.rows] == [len(reach.indirect(article)) for article in range(1, 31)]


def test_rule_01_a_measure_of_three_units_stands_under_each_and_counts_once_in_all():
    units = [make_unit(name_de=f"Amt {letter}") for letter in "ABC"]
    measure = make_measure(units[0], contributing=tuple(units[1:]))
    for article in (2, 7):
        make_link(measure, make_commitment(make_article(article)))

    table = drawn(columns="unit")

    assert counted(table) == {(article, unit.key): 1 for article in ("2", "7") for unit in units}
    assert [(column.direct, column.every) for column in table.columns] == [(1, 1)] * 3
    assert (table.direct_measures, table.measures) == (1, 1)
    assert "zählen jede Maßnahme nur einmal" in page_text(f"{MATRIX}?columns=unit")


def test_a_part_that_has_ended_is_no_column():
    measure = make_measure()
    part = measure.measure_units.get()
    part.ended_on = date(2026, 1, 1)
    saved(part)

    assert labels(drawn(columns="unit")) == []


def test_partner_cities_are_columns_and_the_rest_has_one_of_its_own():
    city = make_partnership(city_de="Bethlehem")
    make_link(make_measure(engagement=city), make_commitment(make_article(3)))
    make_link(make_measure(), make_commitment(make_article(4)))

    table = drawn(columns="partner")

    assert labels(table) == ["Bethlehem", "Ohne Partnerstadt"]
    assert counted(table) == {("3", city.key): 1, ("4", "-"): 1}


def test_rule_10_a_protected_engagement_is_no_column_and_its_measures_stand_elsewhere():
    hidden = make_partnership(city_de="Verborgen", protection=Protection.PROTECTED)
    make_link(make_measure(engagement=hidden), make_commitment(make_article(3)))

    assert labels(drawn(columns="partner")) == ["Ohne Partnerstadt"]
    assert "Verborgen" in labels(drawn(make_trusted(), columns="partner"))


@pytest.mark.parametrize("view", [{}, {"rows": "instruments"}, {"columns": "unit"}, {"columns": "engagement"}])
def test_rule_10_a_protected_measure_is_counted_nowhere(view):
    make_link(make_measure(protection=Protection.PROTECTED), make_commitment(make_article(3)))

    table = drawn(**view)

    assert counted(table) == {}
    assert (table.measures, table.direct_measures, sum(row.indirect for row in table.rows)) == (0, 0, 0)
    assert drawn(make_trusted(), **view).measures == 1


def test_instruments_are_rows_grouped_by_kind_where_the_city_is_bound():
    treaty = make_instrument("crc", kind=InstrumentKind.TREATY, short_de="KRK", binding=True)
    charter = make_instrument("charter", kind=InstrumentKind.CHARTER, short_de="Charta")
    make_instrument("foreign", kind=InstrumentKind.CHARTER, short_de="Fremd")
    make_adoption(charter)
    make_link(make_measure(field="europe"), make_commitment(make_provision(treaty)))

    table = drawn(rows="instruments")

    assert [(group.label, [row.line.name for row in group.rows]) for group in table.groups] == [
        ("Erklärung", ["AEMR"]),
        ("UN-Übereinkommen", ["KRK"]),
        ("Charta", ["Charta"]),
    ]
    assert counted(table) == {(treaty.instrument.key, "europe"): 1}


def test_the_provisions_of_an_instrument_are_rows_in_their_order():
    treaty = make_instrument("crc", short_de="KRK")
    later, first = (make_provision(treaty, number=f"Art. {n}", order=n) for n in (28, 2))
    make_link(make_measure(field="europe"), make_commitment(later))
    kin = make_commitment(make_article(26))
    make_provision_link(first, make_article(26))
    make_link(make_measure(), kin)

    table = drawn(rows="crc", instrument=treaty.instrument)

    assert [(row.line.number, row.direct, row.indirect) for row in table.rows] == [("Art. 2", 0, 1), ("Art. 28", 1, 0)]


def test_the_version_that_the_city_holds_is_shown_and_not_a_newer_one():
    """Rule 2: the adoption of the old version stays until the city adopts the new one."""
    old = make_instrument("charter", kind=InstrumentKind.CHARTER)
    make_provision(old, number="Art. 1")
    make_adoption(old)
    new = saved(type(old)(instrument=old.instrument, number=2, replaces=old))
    make_provision(new, number="Art. 99")

    assert [row.line.number for row in drawn(rows="charter", instrument=old.instrument).rows] == ["Art. 1"]


def test_competence_narrows_what_is_served_and_not_what_is_done():
    make_link(make_measure(), make_commitment(make_article(3), competence=Competence.OWN))
    make_link(make_measure(), make_commitment(make_article(4), competence=Competence.NONE))

    table = drawn(chosen={"competence": "own"})

    assert [row.line.key for row in table.rows if row.direct] == ["3"]
    assert (table.direct_measures, table.measures) == (1, 2)


def test_beside_units_an_article_without_any_measure_shows_the_reason_for_all_fields_once():
    make_link(make_measure(field="europe"), make_commitment(make_article(3)))
    give_reason(5, "no_competence", text_de="Sache des Bundes.")
    give_reason(3, "no_resources", field="development")
    rows = {row.line.key: row for row in drawn(columns="unit").rows}

    assert (rows["5"].whole.kind, rows["5"].whole.reason) == ("out", "Sache des Bundes.")
    assert (rows["6"].whole.kind, rows["3"].whole) == ("gap", None)


def of_partners(**reason):
    """One partner city with a measure for Article 3 and another without; the cells of the second by article."""
    near, far = make_partnership(city_de="Bethlehem"), make_partnership(city_de="Tunis")
    for article in (3, 5):
        make_link(make_measure(engagement=near, field="partnerships"), make_commitment(make_article(article)))
    for name, fields in reason.items():
        give_reason(int(name.removeprefix("a")), **fields)
    rows = {row.line.key: row for row in drawn(columns="partner").rows}
    return {key: (row.whole or next(each for each in row.cells if each.column == far.key)) for key, row in rows.items()}


def test_an_empty_cell_of_a_partner_city_shows_the_reason_of_the_field_partnerships():
    cells = of_partners(
        a3={
            "field": "partnerships",
            "text_de": "Noch kein Treffen.",
            "next_step_de": "Fragen",
            "due_on": date(2027, 1, 1),
        },
        a5={"code": "no_competence", "text_de": "Sache des Bundes."},
        a7={"field": "partnerships", "text_de": "Keine Stelle."},
        a8={"field": "europe", "text_de": "Kein Projekt."},
    )

    assert (cells["3"].kind, cells["3"].reason) == ("planned", "Noch kein Treffen.")
    assert (cells["5"].kind, cells["5"].reason) == ("out", "Sache des Bundes.")
    assert (cells["7"].kind, cells["7"].reason) == ("gap", "Keine Stelle.")
    assert (cells["8"].kind, cells["8"].reason) == ("gap", "")
    assert cells["3"].url == "/matrix/3/partnerships/"


def test_an_empty_cell_without_a_reason_is_no_gap_where_another_city_has_a_measure():
    cell = of_partners()["3"]

    assert (cell.kind, cell.reason, cell.url) == ("blank", "keine Maßnahme", "/matrix/3/partnerships/")


def test_a_reason_for_the_field_is_shown_beside_the_measures_of_another_city():
    of_partners(a3={"field": "partnerships", "text_de": "Tunis hat abgesagt."})

    page = page_text("/matrix/3/partnerships/")

    assert "Tunis hat abgesagt." in page
    assert "inzwischen Maßnahmen" in page
    assert "Tunis hat abgesagt." not in page_text("/matrix/3/europe/")


def test_the_column_of_measures_in_no_partner_city_has_no_reasons():
    of_partners(a3={"field": "partnerships", "text_de": "Noch kein Treffen."})

    row = next(row for row in drawn(columns="partner").rows if row.line.key == "3")

    assert [cell.kind for cell in row.cells if cell.column == "-"] == ["blank"]


@pytest.mark.parametrize("view", [{}, {"columns": "unit"}, {"columns": "partner"}, {"rows": "instruments"}])
def test_every_empty_cell_leads_to_where_reasons_are(view):
    for _ in range(14):
        make_link(make_measure(make_unit(), engagement=make_partnership()), make_commitment(make_article(3)))
    give_reason(7, "not_relevant", field="europe")
    client = signed_in(make_officer())

    empty = [cell for row in drawn(**view).rows for cell in (row.whole, *row.cells) if cell and not cell.count]

    assert empty
    assert all(cell.url for cell in empty)
    assert {client.get(url).status_code for url in sorted({cell.url for cell in empty})[:12]} == {200}


def test_an_empty_cell_of_an_instrument_names_the_articles_it_leads_to_with_their_reasons():
    treaty = make_instrument("crc", binding=True, kind=InstrumentKind.TREATY)
    make_provision_link(make_provision(treaty), make_article(25))
    give_reason(25, field="europe", text_de="Kein Projekt.")
    cell = next(
        cell
        for row in drawn(rows="instruments").rows
        for cell in row.cells
        if row.line.key == "crc" and cell.column == "europe"
    )

    page = page_text(cell.url, Role.COUNCIL)

    assert "Kein Projekt." in page
    assert 'href="/matrix/25/europe/"' in page


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("columns=partner", {"de": "im Handlungsfeld „Partnerschaften“", "en": "in the field “Partnerships”"}),
        ("columns=unit", {"de": "nicht für eine einzelne Spalte", "en": "not for a single column"}),
        ("rows=instruments", {"de": "nicht für ein Instrument", "en": "not for an instrument"}),
    ],
)
def test_the_page_says_which_reasons_its_cells_show(language, query, words):
    assert words[language] in page_text(f"{MATRIX}?{query}", language=language)


def test_the_cost_of_an_empty_cell_does_not_grow():
    treaty, officer = make_instrument("crc", binding=True), make_officer()
    address = f"{reverse('reporting:matrix-cell')}?rows=instruments&row=crc&column=europe"

    def grow(article):
        make_provision_link(make_provision(treaty), make_article(article))
        give_reason(article)
        return queries(officer, address)

    few = grow(2)

    assert [grow(article) for article in range(3, 8)][-1] == few <= 15


# What was said of a gap


def test_a_gap_tells_what_was_said_before():
    row = give_reason(5, text_de="Noch nicht geprüft.")
    row.text_de = "Es fehlt eine Stelle."
    save_as(row, actor=make_officer(), reason="Geprüft", at=timezone.now())

    for address in ("/matrix/5/history/", "/matrix/5/europe/history/", "/instruments/udhr/1/Art._5/history/"):
        page = page_text(address, Role.COUNCIL)
        assert "Geprüft" in page
        assert "<del>" in page
    assert "/matrix/5/europe/history/" in page_text("/matrix/5/europe/")
    assert signed_in(make_officer()).get("/matrix/5/nonsense/history/").status_code == 404
    assert signed_in(make_user(Role.ADMINISTRATOR)).get("/matrix/5/history/").status_code == 403


def test_a_gap_in_some_fields_is_not_called_one_of_all_fields():
    make_link(make_measure(field="europe"), make_commitment(make_article(5)))
    give_reason(5, text_de="Es fehlt eine Stelle.")

    for address in ("/matrix/5/reason/", GAPS):
        page = page_text(address)
        assert "Art. 5, alle Felder" not in page
        assert "Art. 5, Partnerschaften, Entwicklungszusammenarbeit, Menschenrechte als Querschnitt" in page
    assert "Art. 6, alle Felder" in page_text("/matrix/6/reason/")
    assert "Es fehlt eine Stelle." in page_text("/matrix/5/")


# Columns that do not fit


def test_the_columns_with_most_measures_come_first_and_the_others_are_counted_in_one():
    units = [make_unit(name_de=f"Amt {n:02}") for n in range(15)]
    for unit in units:
        make_link(make_measure(unit), make_commitment(make_article(3)))
    make_link(make_measure(units[14]), make_commitment(make_article(3)))

    first, second = drawn(columns="unit"), drawn(columns="unit", page=2)

    assert labels(first)[0] == "Amt 14"
    assert (len(first.columns), first.columns[-1].label, first.columns[-1].direct) == (8, "8 weitere", 8)
    assert labels(second) == [*(f"Amt {n:02}" for n in range(6, 13)), "8 weitere"]
    assert len(drawn(columns="unit", whole=True).columns) == 15


def test_columns_are_narrowed_by_a_word():
    for name in ("Kulturamt", "Sportamt"):
        make_measure(make_unit(name_de=name))

    with translation.override("de"):
        found = labels(drawn(columns="unit", name="kultur"))

    assert found == ["Kulturamt", "1 weitere"]


# Pages


def page_text(address, role=Role.OFFICER, language="de"):
    client = signed_in(make_user(role))
    client.cookies["django_language"] = language
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("address", [MATRIX, f"{MATRIX}download.csv"])
def test_a_word_for_columns_says_nothing_where_no_columns_are_chosen(address):
    answer = signed_in(make_officer()).get(address, {"name": "Sport"})
    assert answer.status_code == 200


@pytest.mark.parametrize("columns", ["", "unit", "partner", "engagement"])
@pytest.mark.parametrize("rows", ["", "instruments", "crc", "udhr", "nonsense", "x" * 200, "\x00"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_view_is_a_page(rows, columns, language):
    treaty = make_instrument("crc", binding=True)
    make_link(make_measure(engagement=make_partnership()), make_commitment(make_provision(treaty)))
    client = signed_in(make_officer())
    client.cookies["django_language"] = language

    for page in ("", "0", "2", "99999999", "²", "-1"):
        assert client.get(MATRIX, {"rows": rows, "columns": columns, "page": page, "name": "("}).status_code == 200


def test_a_number_leads_to_its_measures():
    unit = make_unit()
    measure = make_measure(unit)
    make_link(measure, make_commitment(make_article(3)))
    (cell,) = [cell for row in drawn(columns="unit").rows for cell in row.cells if cell.count]

    page = page_text(cell.url)

    assert measure.reference in page


@pytest.mark.parametrize("query", ["", "?row=3&columns=unit&column=none", "?row=99", "?row=3&column=-", "?row=\x00"])
def test_a_cell_that_is_not_there_is_not_found(query):
    response = signed_in(make_officer()).get(reverse("reporting:matrix-cell") + query)

    assert response.status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/matrix/?columns=unit",
        "/matrix/?rows=instruments&columns=partner",
        "/matrix/?rows=crc&columns=engagement",
        GAPS,
    ],
)
def test_the_cost_does_not_grow(address):
    officer, treaty = make_officer(), make_instrument("crc", binding=True)

    numbers = iter(range(10, 20))

    def grow():
        measure = make_measure(make_unit(), engagement=make_partnership())
        make_link(measure, make_commitment(make_provision(treaty)))
        make_link(measure, make_commitment(make_article(make_measure().pk % 30 + 1)))
        give_reason(next(numbers))

    grow()
    before = queries(officer, address)
    for _ in range(4):
        grow()

    assert queries(officer, address) == before <= 15


# Files


def download(kind, role=Role.OFFICER, **query):
    return signed_in(make_user(role)).get(reverse("reporting:matrix-file", args=[kind]), query)


def test_the_workbook_holds_matrix_and_gaps_and_says_what_it_counts():
    make_link(make_measure(field="europe", status="ongoing"), make_commitment(make_article(3)))
    give_reason(5, text_de="Keine Stelle.", next_step_de="Stelle beantragen", due_on=date(2027, 3, 1))

    book = load_workbook(io.BytesIO(download("xlsx", status="ongoing").content))

    lines = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    head = next(row for row in lines if row[0] == "Artikel")
    article = next(row for row in lines if row[0] == "3")
    assert book.sheetnames == ["Matrix", "Lücken"]
    assert article[head.index("Europa")] == 1
    assert lines[2][0] == "Laufend"
    assert "nur einmal" in str(lines[3][0])
    gap = next(row for row in book.worksheets[1].iter_rows(values_only=True) if row[0] == 5)
    assert gap[2:6] == ("Keine Mittel", "Keine Stelle.", "Stelle beantragen", "2027-03-01")


def test_the_table_is_read_by_a_spreadsheet_and_calculates_nothing():
    give_reason(5, text_de="=1+1", next_step_de="+49 anrufen", due_on=date(2027, 3, 1))
    content = download("csv", sheet="gaps").content

    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))

    assert content.startswith(b"\xef\xbb\xbf")
    (gap,) = [row for row in rows if row[0] == "5"]
    assert gap[3:5] == ["'=1+1", "'+49 anrufen"]


def test_the_headings_of_a_file_hold_no_soft_hyphen_and_are_found_by_a_search():
    content = download("csv").content.decode("utf-8-sig")

    assert content.startswith("Artikel;Titel;Partnerschaften;")


def test_all_columns_are_in_the_file():
    for n in range(15):
        make_measure(make_unit(name_de=f"Amt {n:02}"))

    rows = download("csv", columns="unit").content.decode("utf-8-sig").splitlines()

    assert rows[0].count("Amt ") == 15


def test_who_took_what_out_is_written_down():
    response = download("xlsx", columns="unit", status="ongoing")

    transfer = Transfer.objects.get()
    assert (transfer.subject, transfer.query, transfer.size) == (
        "matrix",
        "columns=unit&status=ongoing",
        len(response.content),
    )
    assert transfer.by is not None
    assert set(transfer.by.roles) == {Role.OFFICER.value}
    assert not transfer.holds_protected


def test_who_may_not_export_gets_no_file():
    assert download("xlsx", Role.DPO).status_code == 403
    assert download("xlsx", Role.ADMINISTRATOR).status_code == 403
    assert download("csv", Role.COUNCIL).status_code == 200
    assert download("pdf").status_code == 404
    assert Transfer.objects.count() == 1


# The list of gaps


def listed(**query):
    page = signed_in(make_officer()).get(GAPS, query)
    assert page.status_code == 200
    return [(gap.article, gap.field) for gap in page.context["gaps"]]


@pytest.fixture
def _reasons():
    today = clock.today()
    step = {"next_step_de": "Prüfen"}
    give_reason(1, "not_looked_at", due_on=today - timedelta(days=1), **step)
    give_reason(2, "no_resources", due_on=today, stated_on=date(2025, 1, 1), **step)
    give_reason(3, "no_competence")
    give_reason(4, "not_relevant", field=FieldOfAction.EUROPE)
    measures = [make_measure(field=field) for field in FIELDS]
    for article in range(5, 31):
        commitment = make_commitment(make_article(article))
        for measure in measures:
            make_link(measure, commitment)


@pytest.mark.usefixtures("_reasons")
class TestTheList:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, [(1, ""), (2, ""), (3, ""), (4, ""), (4, "europe")]),
            ({"state": "missing"}, [(4, "")]),
            ({"state": "open"}, [(3, ""), (4, "europe")]),
            ({"state": "due"}, [(2, "")]),
            ({"state": "overdue"}, [(1, "")]),
            ({"code": "no_competence"}, [(3, "")]),
            ({"field": "europe"}, [(1, ""), (2, ""), (3, ""), (4, "europe")]),
            ({"state": "nonsense", "code": "\x00"}, [(1, ""), (2, ""), (3, ""), (4, ""), (4, "europe")]),
            ({"sort": "due"}, [(1, ""), (2, ""), (3, ""), (4, ""), (4, "europe")]),
            ({"sort": "stated"}, [(4, ""), (2, ""), (1, ""), (3, ""), (4, "europe")]),
        ],
    )
    def test_it_is_filtered_and_sorted(self, query, found):
        assert listed(**query) == found

    def test_the_officer_is_led_to_the_reason_and_others_are_not(self):
        assert 'href="/matrix/4/reason/"' in page_text(GAPS)
        assert "/reason/" not in page_text(GAPS, Role.COUNCIL)

    def test_what_is_overdue_says_so_in_both_languages(self):
        assert "überfällig" in page_text(GAPS)
        assert "overdue" in page_text(GAPS, language="en")

    def test_without_a_part_in_the_content_there_is_no_list(self):
        assert signed_in(make_user(Role.ADMINISTRATOR)).get(GAPS).status_code == 403

    def test_it_is_one_click_from_the_first_screen(self):
        assert f'href="{GAPS}"' in page_text("/")
