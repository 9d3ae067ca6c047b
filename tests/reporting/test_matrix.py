"""The pages of the thirty articles: matrix, portico, cells and their reasons."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import FieldOfAction, GapReason, Role
from reporting.coverage import coverage
from reporting.tables import articles, gaps, matrix
from reviews.models import AssessmentState, CycleState
from tests.factories import (
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
    make_user,
    saved,
)
from tests.reviews.pages import queries, signed_in

pytestmark = pytest.mark.django_db

PAGES = ("reporting:matrix", "reporting:articles")
COLOGNE = Path(settings.BASE_DIR) / "cities" / "cologne"


@pytest.fixture
def _articles():
    make_city()
    for number in range(1, 31):
        make_article(number)


def drawn(user=None, **chosen):
    view = matrix.View(**chosen)
    return matrix.matrix(view, matrix.counts_of(view, user or make_officer()), gaps.gap_reasons())


def gaps_of(article, user=None):
    view = matrix.View()
    found = gaps.gaps_in(matrix.counts_of(view, user or make_officer()), gaps.gap_reasons())
    return [gap for gap in found if gap.article == article]


def cells(table):
    found = {(cell.row, cell.column): cell for row in table.rows for cell in row.cells}
    return {(int(row), column): cell for (row, column), cell in found.items()}


def give_reason(article, code, field="", **fields):
    said = {"text_de": "Darum.", "stated_on": date(2026, 1, 15)} | fields
    return saved(GapReason(article=make_article(article), field=field, code=code, **said))


@pytest.mark.usefixtures("_articles")
class TestTheTable:
    def test_it_has_all_thirty_articles_and_four_fields(self):
        assert len(cells(drawn())) == 120

    def test_a_measure_is_counted_once_in_the_totals(self):
        """Rule 1."""
        measure = make_measure(field=FieldOfAction.EUROPE)
        for article in (2, 7, 19):
            make_link(measure, make_commitment(make_article(article)))

        table = drawn()

        assert [cells(table)[article, "europe"].count for article in (2, 7, 19)] == [1, 1, 1]
        assert (table.measures, table.direct_measures, table.covered) == (1, 1, 3)
        assert [column.direct for column in table.columns] == [0, 1, 0, 0]

    def test_a_gap_without_a_reason_says_so(self):
        cell = cells(drawn())[5, "europe"]

        assert (cell.kind, cell.reason) == ("gap", "")

    @pytest.mark.parametrize(
        ("fields", "kind"),
        [
            ({"code": "no_competence"}, "out"),
            ({"code": "not_relevant"}, "blank"),
            ({"code": "no_resources"}, "gap"),
            ({"code": "not_looked_at", "next_step_de": "Prüfen", "due_on": date(2027, 3, 1)}, "planned"),
        ],
    )
    def test_a_gap_is_drawn_by_its_reason(self, fields, kind):
        give_reason(5, field="europe", **fields)

        cell = cells(drawn())[5, "europe"]

        assert (cell.kind, cell.reason) == (kind, "Darum.")

    def test_a_reason_for_one_field_is_stronger_than_one_for_all(self):
        give_reason(5, "no_resources")
        give_reason(5, "no_competence", field="europe")

        found = cells(drawn())

        assert (found[5, "europe"].kind, found[5, "development"].kind) == ("out", "gap")

    def test_a_reason_does_not_hide_a_measure(self):
        give_reason(5, "no_competence")
        make_link(make_measure(field=FieldOfAction.EUROPE), make_commitment(make_article(5)))

        assert cells(drawn())[5, "europe"].count == 1

    def test_what_is_out_of_competence_is_no_gap_the_city_can_close(self):
        """Rule 16."""
        give_reason(10, "no_competence")

        table = drawn()

        assert (table.beyond, table.closable) == (1, 29)

    def test_fields_that_share_a_reason_are_one_line(self):
        make_link(make_measure(field=FieldOfAction.EUROPE), make_commitment(make_article(5)))

        assert [len(gap.fields) for gap in gaps_of(5)] == [3]


@pytest.mark.slow
def test_the_sample_city_is_counted_as_its_files_say():
    call_command("load_catalogue", verbosity=0)
    call_command("load_city", str(COLOGNE), verbosity=0)
    portfolio, mapping, register = (
        json.loads((COLOGNE / name).read_text()) for name in ("portfolio.json", "mapping.json", "commitments.json")
    )
    field = {row["key"]: row["field"] for row in portfolio["measures"]}
    basis = {row["key"]: row["provisions"][0] for row in register["commitments"]}
    expected = defaultdict(set)
    for link in mapping["links"]:
        provision = basis[link["commitment"]]
        if provision["instrument"] == "udhr":
            article = int(provision["number"].removeprefix("Art. "))
            expected[article, field[link["measure"]]].add(link["measure"])

    table = drawn()

    found = {place: cell.count for place, cell in cells(table).items() if cell.count}
    assert found == {place: len(measures) for place, measures in expected.items()}
    assert table.measures == len(field)
    assert table.direct_measures == len(set().union(*expected.values()))


@pytest.mark.usefixtures("_articles")
class TestTheVerdicts:
    def test_an_article_carries_the_weakest_verdict_of_the_commitments_that_rest_on_it(self):
        cycle = make_cycle(2025, CycleState.ASSESSING)
        for verdict in ("A", "D", "B"):
            make_assessment(cycle, make_commitment(make_article(19)), AssessmentState.APPROVED, verdict)
        close(cycle)
        user = make_officer()

        assert articles.latest_verdicts(user).of_article(19, coverage(user)) == "D"

    @pytest.mark.parametrize(
        ("verdicts", "outcome"),
        [
            (["out_of_competence", "out_of_competence"], "out_of_competence"),
            (["out_of_competence", "too_early"], "too_early"),
            (["too_early", "C"], "C"),
            ([], "gap"),
        ],
    )
    def test_without_a_grade_an_article_is_too_early_out_of_competence_or_a_gap(self, verdicts, outcome):
        cycle = make_cycle(2025, CycleState.ASSESSING)
        for verdict in verdicts:
            make_assessment(cycle, make_commitment(make_article(19)), AssessmentState.APPROVED, verdict)
        close(cycle)
        user = make_officer()

        assert articles.verdicts_in_use(user).of_article(19, coverage(user)) == outcome

    def test_verdicts_of_a_cycle_that_is_not_closed_are_not_shown(self):
        cycle = make_cycle(2025, CycleState.ASSESSING)
        make_assessment(cycle, make_commitment(make_article(19)), AssessmentState.APPROVED, "A")

        assert articles.latest_verdicts(make_officer()).year is None

    def test_the_verdict_on_a_protected_commitment_reaches_nobody_without_the_right(self):
        """Rule 10."""
        cycle = make_cycle(2025, CycleState.ASSESSING)
        hidden = make_commitment(make_article(14), protection="protected")
        make_assessment(cycle, hidden, AssessmentState.APPROVED, "E")
        close(cycle)

        for role in Role:
            assert articles.latest_verdicts(make_user(role)).outcomes == {}


def close(cycle):
    cycle.state = CycleState.CLOSED
    save_as(cycle, actor=None, reason="Closed for a test", at=timezone.now())


@pytest.mark.usefixtures("_articles")
class TestThePages:
    @pytest.mark.parametrize("name", PAGES)
    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
    def test_everyone_with_a_part_in_the_content_sees_them(self, name, role):
        assert signed_in(make_user(role)).get(reverse(name)).status_code == 200

    @pytest.mark.parametrize("name", PAGES)
    def test_the_administrator_has_no_part_in_the_content(self, name):
        assert signed_in(make_user(Role.ADMINISTRATOR)).get(reverse(name)).status_code == 403

    def test_a_protected_measure_is_on_no_page(self):
        """Rule 10."""
        hidden = make_measure(title_de="Schutz einer Verfolgten", protection="protected")
        make_link(hidden, make_commitment(make_article(14)))
        client = signed_in(make_officer())

        for address in (reverse("reporting:article", args=[14]), reverse("reporting:search") + "?q=Verfolgten"):
            assert "Schutz einer" not in client.get(address).content.decode()

    def test_a_cell_lists_the_measures_it_counts(self):
        measure = make_measure(field=FieldOfAction.EUROPE)
        make_link(measure, make_commitment(make_article(19)))

        page = signed_in(make_officer()).get(reverse("reporting:cell", args=[19, "europe"])).content.decode()

        assert measure.reference in page

    def test_there_is_no_cell_of_another_field(self):
        assert signed_in(make_officer()).get("/matrix/19/weather/").status_code == 404

    def test_there_is_no_thirty_first_article(self):
        assert signed_in(make_officer()).get("/matrix/31/").status_code == 404

    def test_the_filter_holds_for_the_cells_too(self):
        make_link(make_measure(status="completed"), make_commitment(make_article(19)))

        page = signed_in(make_officer()).get(reverse("reporting:matrix") + "?status=completed").content.decode()

        assert "/matrix/19/partnerships/?status=completed" in page

    def test_a_filter_that_makes_no_sense_is_left_out(self):
        assert signed_in(make_officer()).get(reverse("reporting:matrix") + "?status=nonsense").status_code == 200

    @pytest.mark.parametrize("name", PAGES)
    def test_the_number_of_queries_does_not_grow(self, name):
        officer = make_officer()
        make_link(make_measure(), make_commitment(make_article(1)))
        before = queries(officer, reverse(name))
        for article in range(2, 8):
            make_link(make_measure(), make_commitment(make_article(article)))

        assert queries(officer, reverse(name)) == before <= 15

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.CONTACT])
    def test_the_queries_of_a_cell_do_not_grow(self, role):
        user, commitment = make_user(role), make_commitment(make_article(19))
        make_link(make_measure(), commitment)
        address = reverse("reporting:article", args=[19])
        before = queries(user, address)
        for _ in range(5):
            make_link(make_measure(), commitment)

        assert queries(user, address) == before <= 15


@pytest.mark.usefixtures("_articles")
class TestTheReasonForAGap:
    address = "/matrix/5/europe/reason/"
    said = {"code": "no_resources", "text": "Dafür ist niemand da."}  # noqa: RUF012

    def test_the_officer_gives_it(self):
        response = signed_in(make_officer()).post(self.address, self.said)

        assert response.headers["Location"] == reverse("reporting:gap-list")
        assert GapReason.objects.get().text_de == "Dafür ist niemand da."

    def test_it_can_be_given_for_all_fields_at_once(self):
        signed_in(make_officer()).post("/matrix/5/reason/", self.said)

        assert GapReason.objects.get().field == ""

    def test_an_explanation_is_asked_for(self):
        response = signed_in(make_officer()).post(self.address, {"code": "no_resources", "text": ""})

        assert response.status_code == 200
        assert not GapReason.objects.exists()

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
    def test_nobody_else_gives_it(self, role):
        assert signed_in(make_user(role)).post(self.address, self.said).status_code == 403

    def test_a_reason_saved_again_without_a_change_keeps_who_said_it_and_when(self):
        earlier = give_reason(5, "no_resources", field="europe")
        said = {"code": "no_resources", "text": "Darum.", "seen": earlier.history.first().history_id}

        response = signed_in(make_officer()).post(self.address, said)

        earlier.refresh_from_db()
        assert response.status_code == 200
        assert "Es wurde nichts geändert." in response.content.decode()
        assert (earlier.stated_by, earlier.stated_on, earlier.history.count()) == (None, date(2026, 1, 15), 1)

    def test_a_changed_reason_says_who_changed_it_and_when(self):
        earlier, officer = give_reason(5, "no_resources", field="europe"), make_officer()

        signed_in(officer).post(self.address, self.said | {"seen": earlier.history.first().history_id})

        earlier.refresh_from_db()
        assert (earlier.text_de, earlier.stated_by) == ("Dafür ist niemand da.", officer)
        assert earlier.stated_on > date(2026, 1, 15)

    def test_who_saw_no_reason_does_not_write_over_the_one_given_meanwhile(self):
        earlier = give_reason(5, "no_resources", field="europe")

        response = signed_in(make_officer()).post(self.address, self.said | {"seen": "0"})

        earlier.refresh_from_db()
        assert "hat jemand anders diese Lücke begründet" in response.content.decode()
        assert earlier.text_de == "Darum."

    def test_who_saw_an_earlier_reason_does_not_write_over_a_later_one(self):
        earlier = give_reason(5, "no_resources", field="europe")
        seen = earlier.history.first().history_id
        earlier.text_de = "Inzwischen gesagt."
        save_as(earlier, actor=make_officer(), reason="Meanwhile", at=timezone.now())

        response = signed_in(make_officer()).post(self.address, self.said | {"seen": seen})

        earlier.refresh_from_db()
        assert response.status_code == 200
        assert earlier.text_de == "Inzwischen gesagt."

    def test_an_english_text_goes_with_the_german_one_it_belonged_to(self):
        earlier = give_reason(5, "no_resources", field="europe", text_en="Because.", next_step_de="A", next_step_en="B")
        seen = earlier.history.first().history_id

        signed_in(make_officer()).post(self.address, self.said | {"seen": seen, "next_step": "A"})

        earlier.refresh_from_db()
        assert (earlier.text_en, earlier.next_step_en) == ("", "B")

    @pytest.mark.parametrize(
        "bad",
        [
            {"text": "x" * 100_000},
            {"text": "Null\x00byte"},
            {"code": "weather"},
            {"due_on": "31.02.2027", "next_step": "Prüfen"},
            {"due_on": "2027-03-01"},
        ],
    )
    def test_bad_input_comes_back_with_a_sentence_and_writes_nothing(self, bad):
        response = signed_in(make_officer()).post(self.address, self.said | bad)

        assert response.status_code == 200
        assert "kern-alert--danger" in response.content.decode()
        assert not GapReason.objects.exists()
