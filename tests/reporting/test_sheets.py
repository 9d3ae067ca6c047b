"""What the sheets say: facts of the released report, counted anew, public rows alone, the same bytes each time."""

import io
import json
import re
import zipfile
from dataclasses import dataclass, replace
from datetime import date

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from openpyxl import load_workbook

from commitments.ledger import save_as
from commitments.models import Protection, Provision
from reporting import printing
from reporting.content.canonical import canonical_json, content_hash
from reporting.documents.press import silent
from reporting.models import CouncilDecision, ReportEdition
from reporting.sheets import drawing, facts, registry, unit
from reporting.sheets.drawing import Order
from reporting.sheets.narrowing import narrowed
from reporting.sheets.registry import KINDS
from reporting.sheets.source import Kind, Source, UnknownSubject
from reviews.models import AssessmentState, ReviewEntry
from tests.factories import make_assessment, make_commitment, make_eu_project, make_follow_up, make_unit, saved
from tests.reporting.contents import small_content
from tests.reporting.editions import make_released
from tests.reporting.sheet_worlds import SECRET, World, decide, hide, make_world, release

pytestmark = pytest.mark.django_db

HIDDEN = (Protection.COUNCIL, Protection.INTERNAL, Protection.PROTECTED)
SUBJECTS = {"unit": "jugend", "commitment": "K-001", "partner": "turin"}

EVERY_FILE = [(key, form) for key, kind in KINDS.items() for form in (["pdf", "xlsx"] if kind.table else ["pdf"])]


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def world() -> World:
    return make_world()


def order(kind: str, language: str = "de", form: str = "pdf") -> Order:
    return Order(kind, SUBJECTS.get(kind, ""), language, form)


def sheet_of(edition: ReportEdition, kind: str, subject: str | None = None):
    wanted = order(kind) if subject is None else Order(kind, subject)
    return drawing.sheet_of(edition, wanted)[0]


def drawn(edition: ReportEdition, wanted: Order) -> bytes:
    sheet, stamp = drawing.sheet_of(edition, wanted)
    return drawing.draw(sheet, stamp, wanted, silent).data


def words_of(data: bytes) -> str:
    """All texts of a file: of its pages and of what is attached, or of the parts of a workbook."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return "".join(parts.read(name).decode() for name in parts.namelist())
    with pikepdf.open(io.BytesIO(data)) as pdf:
        attached = [pdf.attachments[name].get_file().read_bytes().decode() for name in pdf.attachments]
        return "".join(attached) + "".join(str(pdf.docinfo.get(name, "")) for name in ("/Title", "/Subject"))


@pytest.mark.parametrize("protection", HIDDEN)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_holds_public_rows_alone(world, kind, protection):
    hide(world, protection)

    sheet = sheet_of(release(world), kind)

    said = canonical_json(sheet).decode()
    assert SECRET not in said
    assert "K-999" not in said
    assert "M-999" not in said


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "form"), EVERY_FILE)
def test_what_is_not_public_is_in_no_file(world, kind, form):
    hide(world, Protection.PROTECTED)

    data = drawn(release(world), order(kind, form=form))

    assert SECRET not in words_of(data)
    if form == "pdf":
        assert '"kind":"' + kind in words_of(data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_is_a_content_with_a_hash(world, kind):
    edition = release(world)

    sheet = sheet_of(edition, kind)

    stored = json.loads(canonical_json(sheet))
    assert stored["schema"] == "rechenschaft/sheet/1"
    assert stored["taken_from"] == edition.content_sha256
    assert content_hash(sheet) == content_hash(sheet_of(edition, kind))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "form"), EVERY_FILE)
@pytest.mark.parametrize("language", printing.LANGUAGES)
def test_the_second_rendering_has_the_same_bytes(world, kind, form, language):
    edition, wanted = release(world), order(kind, language, form)

    assert drawn(edition, wanted) == drawn(edition, wanted)


@pytest.mark.slow
def test_the_attached_content_is_what_the_printed_hash_is_the_hash_of(world):
    edition = release(world)
    sheet, stamp = drawing.sheet_of(edition, order("unit"))

    made = drawing.draw(sheet, stamp, order("unit"), silent)

    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        assert list(pdf.attachments) == ["inhalt.json"]
        assert pdf.attachments["inhalt.json"].get_file().read_bytes() == canonical_json(sheet)
        assert str(pdf.Root.Lang) == "de"
    assert made.content_sha256 == content_hash(sheet)


@pytest.mark.parametrize("subject", ["", "nobody", "../../etc/passwd", "jugend\x00", "K-001", "x" * 5000])
def test_an_unknown_subject_is_refused_with_a_sentence(world, subject):
    with pytest.raises(UnknownSubject, match="holds nothing that is called") as refused:
        sheet_of(release(world), "unit", subject)

    assert len(refused.value.messages[0]) < 200


def test_a_unit_that_this_report_does_not_name_has_no_sheet_in_it(world):
    edition = release(world)
    make_unit(key="later")

    with pytest.raises(UnknownSubject):
        sheet_of(edition, "unit", "later")


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Order("poem"), "There is no sheet “poem”. There are: unit, "),
        (Order("unit", "jugend", "fr"), "in German and in English"),
        (Order("unit", "jugend", "de", "xlsx"), "not there as a table"),
        (Order("unit", "jugend", "de", "exe"), "not there as a table"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(world, wanted, sentence):
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        drawing.sheet_of(release(world), wanted)


def test_the_number_of_queries_does_not_grow_with_the_register(world, django_assert_max_num_queries):
    edition = release(world)
    content = printing.content_of(edition)
    for _number in range(5):
        make_commitment()

    for kind in KINDS.values():
        source = Source.of(edition, content)
        with django_assert_max_num_queries(40):
            kind.content(source, SUBJECTS.get(kind.key, ""))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["unit", "commitment", "eccar", "decisions"])
def test_long_and_foreign_texts_are_drawn_whole(world, kind):
    point = Provision.objects.get(version__instrument__key="eccar", version__number=1, order=1)
    strange = {"title_de": "عهد المدينة 🙂 <b>", "wording_de": "‮Umgekehrt", "lead_unit": world.unit}
    promise = make_commitment(point, reference="K-500", **strange)
    make_assessment(world.cycle, promise, AssessmentState.APPROVED, "C", finding_de="Wort " * 10_000)
    make_follow_up(world.cycle, promise, action_de="Schritt " * 2_000, unit=world.unit)
    edition = release(world)
    wanted = Order(kind, {"unit": "jugend", "commitment": "K-500"}.get(kind, ""))
    sheet, stamp = drawing.sheet_of(edition, wanted)

    made = drawing.draw(sheet, stamp, wanted, silent)

    assert made.pages > 2
    assert "عهد المدينة 🙂 <b>" in words_of(made.data)


class TestNarrowing:
    def test_it_counts_anew(self):
        whole = small_content()

        part = narrowed(whole, commitments=["K-001"], measures=["M-001"])

        assert [row.reference for row in part.commitments] == ["K-001"]
        assert [(year.year, year.fulfilled, year.rated) for year in part.years] == [(2024, 1, 1), (2025, 1, 1)]
        assert [(year.fulfilled, year.rated) for year in whole.years] == [(2, 2), (1, 2)]
        assert [row.measures for row in part.field_totals] == [1, 0, 0, 0]
        assert [row.unit for row in part.answers] == ["aiv"]
        assert {row.outcome for row in part.articles} == {"A", "gap"}

    def test_a_link_leads_only_to_what_is_left(self):
        part = narrowed(small_content(), commitments=["K-001", "K-003"], measures=["M-002"])

        assert [len(row.links) for row in part.commitments] == [0, 1]

    def test_nothing_of_the_others_is_left(self):
        part = narrowed(small_content(), commitments=["K-001"], measures=["M-001"])

        assert [row.key for row in part.units] == ["aiv"]
        assert [row.commitment for row in part.follow_ups] == ["K-001"]
        assert (part.glossary, part.gap_notes, part.engagements) == ((), (), ())
        assert [row.commitment for row in part.moves] == ["K-001"]
        assert not part.words.introduction


class TestUnit:
    def test_it_says_what_the_unit_answers_for(self, world):
        sheet = sheet_of(release(world), "unit")

        assert sheet.name.de == "Jugendamt"
        assert sheet.report.commitments[0].reference == "K-001"
        assert [row.action.de for row in sheet.promises] == ["Plätze zählen."]
        assert [(year.year, year.fulfilled, year.rated) for year in sheet.years] == [(2024, 0, 1), (2025, 4, 4)]

    def test_another_units_commitment_counts_in_no_rate_of_its_own(self):
        whole = small_content()
        rows = [replace(row, unit="planung" if row.reference == "K-002" else "aiv") for row in whole.commitments]
        content = replace(whole, commitments=tuple(rows))

        sheet = unit.content(StoredOnly(content), "planung")

        assert [(year.year, year.fulfilled, year.rated) for year in sheet.years] == [(2024, 1, 1), (2025, 0, 1)]
        assert {row.reference for row in sheet.report.commitments} == {"K-002", "K-003"}


class StoredOnly(Source):
    """A source without a register: what a sheet says of the content alone."""

    def __init__(self, content):
        super().__init__(content, None)  # type: ignore[arg-type]
        self.promises = []


class TestCommitment:
    def test_it_tells_every_year_with_its_finding(self, world):
        sheet = sheet_of(release(world), "commitment")

        assert [(year.year, year.outcome) for year in sheet.history] == [(2024, "C"), (2025, "B")]
        assert sheet.history[0].finding.de == "Das Angebot war noch klein."
        assert [note.text.de for note in sheet.notes] == ["Besuch im Juni."]
        assert [row.from_year for row in sheet.promises] == [2024]

    def test_what_happened_after_the_freeze_is_not_in_it(self, world):
        edition = release(world)
        before = canonical_json(sheet_of(edition, "commitment"))
        world.promise.title_de = "Ein neuer Titel"
        save_as(world.promise, actor=None, reason="Geändert", at=timezone.now())

        assert canonical_json(sheet_of(edition, "commitment")) == before

    def test_a_note_on_a_measure_that_is_kept_back_since_is_left_out(self, world):
        first = world.promise.review_entries.get()
        fields = {"cycle": world.cycle, "noted_on": first.noted_on, "author": first.author, "reason": "Vermerk"}
        saved(ReviewEntry(commitment=world.promise, measure=world.measure, text="Gespräch dazu.", **fields))
        edition = release(world)
        before = [row.text.de for row in sheet_of(edition, "commitment").notes]
        world.measure.protection = Protection.COUNCIL
        save_as(world.measure, actor=None, reason="Geschützt", at=timezone.now())

        after = [row.text.de for row in sheet_of(edition, "commitment").notes]

        assert (before, after) == (["Besuch im Juni.", "Gespräch dazu."], ["Besuch im Juni."])


class TestPartner:
    def test_it_holds_the_partnership_with_what_happens_in_it(self, world):
        sheet = sheet_of(release(world), "partner")

        assert (sheet.name.de, sheet.partner.form) == ("Turin", "twinning")
        assert [row.title.de for row in sheet.report.measures] == ["Austausch mit Turin"]
        assert [row.number for row in sheet.report.articles if row.direct] == [26]
        assert [(row.year, row.total, row.funded) for row in sheet.amounts] == [(2025, "7500.00", "")]

    def test_it_names_development_projects_in_the_same_country(self, world):
        assert sheet_of(release(world), "partner").nearby == ("wasser",)

    @pytest.mark.parametrize("subject", ["wasser", "brueckenbau", "M-001", ""])
    def test_another_engagement_is_no_partner(self, world, subject):
        with pytest.raises(UnknownSubject):
            sheet_of(release(world), "partner", subject)


class TestFunding:
    def test_it_adds_up_what_is_known(self, world):
        make_eu_project(key="leer", acronym="LEER")

        sheet = sheet_of(release(world), "eu-funding")

        assert [row.engagement for row in sheet.projects] == ["brueckenbau", "leer"]
        assert (sheet.total_cost, sheet.eu_contribution, sheet.city_contribution) == ("90000.00", "60000.00", "")
        assert [(row.year, row.total, row.funded) for row in sheet.years] == [
            (2024, "40000.00", "30000.00"),
            (2025, "20000.00", ""),
        ]

    def test_a_project_that_is_kept_back_since_the_release_is_left_out(self, world):
        edition = release(world)
        world.project.protection = Protection.COUNCIL
        save_as(world.project, actor=None, reason="Geschützt", at=timezone.now())

        sheet = sheet_of(edition, "eu-funding")

        assert (sheet.projects, sheet.years, sheet.report.engagements) == ((), (), ())

    def test_an_amount_that_was_taken_back_is_not_counted(self, world):
        budget = world.project.budgets.get(year=2025)
        budget.ended_on = timezone.localdate()
        save_as(budget, actor=None, reason="Irrtum", at=timezone.now())

        assert [row.year for row in sheet_of(release(world), "eu-funding").years] == [2024]


class TestCharters:
    @pytest.mark.parametrize(("kind", "count"), [("eccar", 3), ("cemr", 3), ("sdg", 17)])
    def test_each_point_has_what_names_or_reaches_it(self, world, kind, count):
        sheet = sheet_of(release(world), kind)

        points = sheet.charter.points
        assert len(points) == count
        (named,) = points[1].commitments
        assert sheet.report.commitments[0].reference == named
        assert points[1].measures == points[2].measures == (world.measure.reference,)
        assert (points[0].commitments, points[0].measures) == ((), ())
        assert points[2].commitments == ()

    def test_a_commitment_that_this_report_does_not_assess_stands_under_no_point(self, world):
        point = Provision.objects.get(version__instrument__key="eccar", version__number=1, order=1)
        make_commitment(point, reference="K-700")

        assert sheet_of(release(world), "eccar").charter.points[0].commitments == ()

    def test_the_version_is_the_one_that_the_city_took_on(self, world):
        charter = sheet_of(release(world), "cemr").charter

        assert [point.provision.title.de for point in charter.points] == ["Thema 1", "Thema 2", "Thema 3"]
        assert (str(charter.city_adopted_on), charter.council_reference) == ("2005-12-15", "Vorlage zu cemr-charter")

    def test_a_project_stands_under_each_of_its_goals(self, world):
        points = sheet_of(release(world), "sdg").charter.points

        assert [point.provision.number for point in points if point.projects == ("wasser",)] == ["SDG 6", "SDG 17"]

    def test_a_mapping_that_nobody_accepted_counts_nowhere(self, world):
        for link in world.measure.provision_links.all():
            link.state = "ended"
            save_as(link, actor=None, reason="Zurückgenommen", at=timezone.now())

        assert sheet_of(release(world), "eccar").charter.points[2].measures == ()

    def test_a_charter_that_the_register_does_not_hold_is_refused_with_a_sentence(self):
        with pytest.raises(ValidationError, match="does not hold the text of “eccar”"):
            sheet_of(make_released(), "eccar")


class TestDecisions:
    def test_a_mandate_stands_with_the_promise_it_became(self, world):
        decide(world, world.promise, "Die Verwaltung soll berichten.", "Bericht schreiben.")

        sheet = sheet_of(release(world), "decisions")

        (mandate,) = sheet.mandates
        assert (mandate.text.de, mandate.reference) == ("Die Verwaltung soll berichten.", "Vorlage 0815/2025")
        assert mandate.report == "2024/1"
        assert mandate.promise is not None
        assert (mandate.promise.action.de, mandate.promise.unit) == ("Bericht schreiben.", "jugend")
        assert [row.action.de for row in sheet.promises] == ["Plätze zählen."]

    def test_a_decision_after_the_freeze_belongs_to_the_next_report(self, world):
        edition = release(world)
        before = canonical_json(sheet_of(edition, "decisions"))

        saved(
            CouncilDecision(edition=edition, decided_on=timezone.localdate(), reference="V 1", text_de="Beschlossen.")
        )

        assert canonical_json(sheet_of(edition, "decisions")) == before

    def test_an_adoption_stands_with_the_commitments_that_rest_on_it(self, world):
        found = sheet_of(release(world), "decisions").resolutions

        assert {row.reference for row in found} == {
            f"Vorlage zu {key}" for key in ("eccar", "cemr-charter", "agenda-2030")
        }
        assert [len(row.commitments) for row in found] == [1, 1, 1]


class TestTables:
    def rows(self, edition, kind, language="de"):
        book = load_workbook(io.BytesIO(drawn(edition, order(kind, language, "xlsx"))))
        first, about = book.worksheets
        return [list(row) for row in first.iter_rows(values_only=True)], list(about.iter_rows(values_only=True))

    def test_the_follow_up_of_decisions_has_a_row_for_each(self, world):
        decide(world, world.promise, "=HYPERLINK(1)", "Bericht schreiben.")

        (head, *rows), about = self.rows(release(world), "decisions")

        assert head[:4] == ["Art", "Ratsvorlage", "Beschlossen am", "Was beschlossen oder zugesagt wurde"]
        assert [row[0] for row in rows] == ["Auftrag", "Beitritt", "Beitritt", "Beitritt", "Zusage"]
        assert rows[0][3] == "'=HYPERLINK(1)"
        assert ("Stadt", "Musterstadt") in about

    def test_a_workbook_carries_the_moment_of_the_release_and_no_other(self, world):
        edition = release(world)
        _sheet, stamp = drawing.sheet_of(edition, order("decisions"))

        with zipfile.ZipFile(io.BytesIO(drawn(edition, order("decisions", form="xlsx")))) as parts:
            told = set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", parts.read("docProps/core.xml").decode()))
            packed = {entry.date_time for entry in parts.infolist()}

        assert told == {stamp.moment(date(2020, 1, 1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        assert packed == {(1980, 1, 1, 0, 0, 0)}

    def test_money_is_a_number_and_each_year_a_column(self, world):
        (head, *rows), _about = self.rows(release(world), "eu-funding", "en")

        assert head[-2:] == ["EU money 2024 (euros)", "EU money 2025 (euros)"]
        assert rows[0][12:] == [90000, 60000, None, 30000, None]


# A ninth kind, as docs/sheets.md shows it


@dataclass(frozen=True, kw_only=True)
class Poster(facts.Sheet):
    """How many commitments there are, in one number."""

    count: int


def poster(source: Source, _subject: str) -> Poster:
    whole = source.content
    report = narrowed(whole, commitments=[row.reference for row in whole.commitments])
    return Poster(kind="poster", report=report, taken_from=source.sha256, count=len(whole.commitments))


POSTER = """{% extends "pdf/sheets/sheet.html" %}{% load i18n paper %}
{% block body %}<p class="intro">{{ sheet.count }} Zusagen</p>{% endblock %}"""


@pytest.fixture
def ninth_kind(settings, monkeypatch, tmp_path):
    folder = tmp_path / "templates" / "pdf" / "sheets"
    folder.mkdir(parents=True)
    (folder / "poster.html").write_text(POSTER)
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [engine | {"DIRS": [*engine["DIRS"], tmp_path / "templates"]}]
    kind = Kind(key="poster", title="Plakat", purpose="Für die Wand.", content=poster)
    monkeypatch.setitem(registry.KINDS, "poster", kind)


@pytest.mark.slow
def test_another_kind_is_a_content_function_and_a_template(world, ninth_kind, tmp_path):
    data = drawn(release(world), Order("poster"))

    with pikepdf.open(io.BytesIO(data)) as pdf:
        stored = json.loads(pdf.attachments["inhalt.json"].get_file().read_bytes())
        assert str(pdf.docinfo["/Title"]).startswith("Plakat, 2025")
    assert (stored["kind"], stored["count"]) == ("poster", 4)


def test_the_moment_of_a_file_is_that_of_the_release(world):
    edition = release(world)

    _sheet, stamp = drawing.sheet_of(edition, order("unit"))

    assert stamp.moment(date(2020, 1, 1)).date() == timezone.localdate(edition.released_at)
