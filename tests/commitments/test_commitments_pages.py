"""The pages on which commitments are entered, changed and ended, and what a running cycle learns of it."""

import pytest
from django.urls import reverse

from commitments.models import Commitment, Protection, Role
from commitments.workflow import last_change
from reporting.coverage import coverage
from reviews.models import Assessment, AssessmentState, CycleState, Outcome, ReviewEntry
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    LONG_AGO,
    make_adoption,
    make_article,
    make_assessment,
    make_commitment,
    make_cycle,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_provision,
    make_provision_link,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

NEW = "reporting:commitment-new"
EDIT = "commitments:commitment-edit"


def typed(*provisions, **fields):
    wanted = {"title_de": "Wasser für alle", "wording_de": "Die Stadt sichert Wasser.", "obligations": ["fulfil"]}
    wanted |= {"competence": "own", "protection": "public", "lead_unit": make_unit().key}
    return wanted | {"provisions": [each.pk for each in provisions]} | fields


def send(user, name, *args, data):
    return client_of(user).post(reverse(name, args=args), data)


def test_the_officer_enters_a_commitment_under_the_provisions_that_were_chosen():
    article, kin = make_article(25), make_provision()

    response = send(make_officer(), NEW, data=typed(kin, article, basis=article.pk, concerned_groups_de="Kinder\nAlte"))

    entered = Commitment.objects.get()
    assert response.headers["Location"] == reverse("reporting:commitment", args=[entered.reference])
    assert entered.commitment_provisions.get(is_basis=True).provision == article
    assert entered.commitment_provisions.count() == 2
    assert entered.concerned_groups_de == ["Kinder", "Alte"]


def test_rule_08_what_is_entered_while_a_cycle_runs_enters_it_as_too_early():
    cycle = make_cycle()

    send(make_officer(), NEW, data=typed(make_article(1)))

    found = Assessment.objects.get(cycle=cycle)
    assert (found.commitment, found.outcome, found.newly_adopted) == (Commitment.objects.get(), "too_early", True)


@pytest.mark.parametrize("state", [CycleState.PLANNED, CycleState.FROZEN])
def test_a_cycle_that_does_not_run_learns_nothing_of_it(state):
    make_cycle(state=state)

    send(make_officer(), NEW, data=typed(make_article(1)))

    assert Commitment.objects.count() == 1
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"provisions": []}, "mindestens eine Bestimmung"),
        ({"provisions": ["999999"]}, "gibt es nicht"),
        ({"provisions": ["x\x00"]}, "gibt es nicht"),
        ({"obligations": []}, "mindestens eines trifft zu"),
        ({"lead_unit": "nowhere"}, "Diese Dienststelle gibt es nicht"),
        ({"adoption": "0"}, "Diesen Beitritt gibt es nicht"),
        ({"wording_de": "x" * 100_000}, "höchstens 20000 Zeichen"),
    ],
)
def test_bad_input_gets_a_sentence_and_nothing_is_written_or_lost(fields, sentence):
    make_cycle()

    page = send(make_officer(), NEW, data=typed(make_article(3), note="Mühsam getippt") | fields)

    assert sentence in page.content.decode()
    assert "Mühsam getippt" in page.content.decode()
    assert not Commitment.objects.exists()
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_nobody_else_enters_or_ends_a_commitment(role):
    somebody, commitment = make_user(role), make_commitment()

    assert get(somebody, NEW).status_code == 403
    assert get(somebody, "commitments:commitment-provisions", q="x").status_code == 403
    seen = 404 if role == Role.ADMINISTRATOR else 403
    assert get(somebody, "commitments:commitment-end", commitment.reference).status_code == seen


def test_provisions_are_added_and_taken_away_without_losing_or_judging_anything():
    first, second = make_article(1), make_article(2)

    added = send(make_officer(), NEW, data=typed(first, title_de="Halb", wording_de="", add=second.pk))
    removed = send(make_officer(), NEW, data=typed(first, second, wording_de="", remove=first.pk))

    assert [each.pk for each in added.context["form"].picked()] == [first.pk, second.pk]
    assert [each.pk for each in removed.context["form"].picked()] == [second.pk]
    assert 'value="Halb"' in added.content.decode()
    assert "kern-error" not in added.content.decode()
    assert not Commitment.objects.exists()


def test_enter_in_the_search_field_searches_and_saves_nothing():
    article = make_article(25, title_de="Wasser und Brot")

    page = send(make_officer(), NEW, data=typed(article, q="Wasser"))

    assert [each.pk for each in page.context["hits"]] == [article.pk]
    assert not Commitment.objects.exists()


def test_the_form_of_a_change_holds_what_there_is_and_saves_another_basis():
    first, second, officer = make_article(1), make_article(2), make_officer()
    commitment = make_commitment(first, title_en="The promise")

    page = get(officer, EDIT, commitment.reference)
    wanted = typed(first, second, basis=second.pk, reason="Neu gelesen", seen=last_change(commitment))
    send(officer, EDIT, commitment.reference, data=wanted)

    assert 'value="The promise"' in page.content.decode()
    assert [each.pk for each in page.context["form"].picked()] == [first.pk]
    assert commitment.commitment_provisions.get(is_basis=True).provision == second


def test_an_ended_commitment_says_why_leaves_the_list_and_is_asked_for_no_more():
    commitment, officer = make_commitment(title_de="Alte Zusage"), make_officer()

    send(officer, "commitments:commitment-end", commitment.reference, data={"end_reason_de": "Gekündigt."})

    assert "Gekündigt." in text(officer, "reporting:commitment", commitment.reference)
    assert "Alte Zusage" not in text(officer, "commitments:commitment-list")
    assert "Alte Zusage" in text(officer, "commitments:commitment-list", ended="yes")


def test_the_review_log_is_part_of_the_history_as_far_as_someone_may_see_it():
    commitment, officer = make_commitment(), make_officer()
    row = {"commitment": commitment, "noted_on": LONG_AGO, "author": officer, "reason": "Ortstermin"}
    saved(ReviewEntry(text="Offen gesprochen.", **row))
    saved(ReviewEntry(text="Name einer Verfolgten.", protection=Protection.PROTECTED, **row))
    hidden = make_measure(protection=Protection.PROTECTED)
    saved(ReviewEntry(text="Zur geheimen Maßnahme.", measure=hidden, **row))
    address = ("reporting:commitment-history", commitment.reference)

    assert "Offen gesprochen." in text(officer, *address)
    assert "Verfolgten" not in text(officer, *address)
    assert "geheimen" not in text(officer, *address)
    assert "Verfolgten" in text(make_trusted(), *address)
    assert "Offen gesprochen." in text(make_user(Role.COUNCIL), *address)
    assert "Offen gesprochen." not in text(make_user(Role.CONTACT, commitment.lead_unit), *address)


def test_rule_16_what_is_out_of_competence_is_shown_as_such_and_stays_out_of_the_rate():
    cycle, officer = make_cycle(), make_officer()
    outside = make_commitment(competence="none", title_de="Sache des Bundes")
    make_assessment(cycle, outside, AssessmentState.APPROVED, Outcome.OUT_OF_COMPETENCE)
    make_assessment(cycle, make_commitment(), AssessmentState.APPROVED, Outcome.TOO_EARLY)
    counted = make_assessment(cycle, make_commitment(), AssessmentState.APPROVED, "C")

    assert list(Assessment.objects.filter(cycle=cycle).counted()) == [counted]
    assert "Keine Zuständigkeit" in text(officer, "reporting:commitment", outside.reference)


def test_rule_16_an_article_counts_through_its_basis_and_what_comes_through_kin_is_indirect():
    kin = make_provision()
    make_provision_link(kin, make_article(12))
    measure, officer = make_measure(), make_officer()
    make_link(measure, make_commitment(make_article(25)))
    make_link(measure, make_commitment(kin))

    page = get(officer, "commitments:measure", measure.reference)
    found = coverage(officer)

    assert (page.context["direct"], page.context["indirect"]) == ([25], [12])
    assert (set(found.direct(25)), set(found.indirect(12))) == ({measure.reference}, {measure.reference})
    assert not found.direct(12)


def test_rule_16_an_ended_commitment_leads_a_measure_to_no_article():
    commitment = make_commitment(make_article(25))
    measure = make_link(commitment=commitment).measure
    commitment.ended_on, commitment.end_reason_de = LONG_AGO, "Vorbei"
    saved(commitment)

    assert get(make_officer(), "commitments:measure", measure.reference).context["direct"] == []


def test_the_forms_cost_the_same_with_many_provisions():
    officer, commitment = make_officer(), make_commitment()
    few = [cost(officer, NEW), cost(officer, EDIT, commitment.reference)]

    for number in range(2, 6):
        make_commitment(make_article(number))
        send(officer, EDIT, commitment.reference, data={})

    assert [cost(officer, NEW), cost(officer, EDIT, commitment.reference)] == few
    assert max(few) <= MOST_QUERIES


def test_rule_02_provisions_of_a_text_that_was_replaced_are_not_offered():
    """A version that the city still stands by is in use, a newer one or not."""
    old = make_instrument("old")
    gone = make_provision(old, title_de="Recht auf Brunnen")
    new = saved(type(old)(instrument=old.instrument, number=2, replaces=old))
    valid = make_provision(new, title_de="Recht auf Brunnen")

    def offered():
        return [row.pk for row in get(make_officer(), "commitments:commitment-provisions", q="Brunnen").context["hits"]]

    assert offered() == [valid.pk]
    make_adoption(old)
    assert set(offered()) == {gone.pk, valid.pk}
