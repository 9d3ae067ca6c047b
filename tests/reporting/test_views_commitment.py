"""The page of a commitment: promise, measures, answers, verdicts, follow-ups, history, and how it stood on a day."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments import workflow
from commitments.ledger import save_as
from commitments.models import EngagementStatus, LinkState, Protection, Relation, Role
from reporting.tables.commitment import deeds_then
from reviews.models import (
    AssessmentState,
    ConfirmationResult,
    ConfirmationState,
    CycleState,
    Dissent,
    FollowUpState,
    Reminder,
    Statement,
)
from tests.commitments.pages import MOST_QUERIES, cost, get, make_trusted, text
from tests.factories import (
    make_adoption,
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_follow_up,
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

pytestmark = pytest.mark.django_db

PAGE = "reporting:commitment"
HISTORY = "reporting:commitment-history"
APPROVED = AssessmentState.APPROVED


def on(day):
    """Noon of a day, for acts of a sample register."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=timezone.get_default_timezone())


def rewrite(commitment, wording, day):
    commitment.wording_de = wording
    save_as(commitment, actor=None, reason="Ratsbeschluss", at=on(day))


def test_a_commitment_shows_its_promise_adoption_and_provisions_with_text():
    adoption = make_adoption(council_reference="Beschluss 1234/2011")
    article = make_article(23, text_de="Jeder hat das Recht auf Arbeit.")
    commitment = make_commitment(article, adoption=adoption, wording_de="Die Stadt kauft fair ein.")

    page = text(make_officer(), PAGE, commitment.reference)

    for part in ("Die Stadt kauft fair ein.", "Beschluss 1234/2011", "Jeder hat das Recht auf Arbeit."):
        assert part in page


def test_a_provision_says_how_it_is_related_to_which_article():
    provision = make_provision()
    make_provision_link(provision, make_article(23), relation="subset")
    commitment = make_commitment(provision)

    served = get(make_officer(), PAGE, commitment.reference).context["provisions"]

    assert [(each.is_basis, each.articles) for each in served] == [(True, [(str(Relation.SUBSET.label), 23)])]


def test_the_latest_approved_verdict_stands_beside_the_one_before():
    commitment = make_commitment()
    scale = make_cycle(2023, CycleState.CLOSED).scale
    for year, verdict in ((2024, "B"), (2025, "C")):
        make_assessment(make_cycle(year, CycleState.OPEN, scale=scale), commitment, APPROVED, verdict)

    page = get(make_officer(), PAGE, commitment.reference)

    assert (page.context["verdict"]["code"], page.context["before"]["code"]) == ("C", "B")
    assert [(point["year"], point["rank"]) for point in page.context["points"]] == [(2024, 2), (2025, 3)]


def test_a_draft_verdict_is_no_verdict_for_anybody():
    assessment = make_assessment(state=AssessmentState.SUBMITTED, verdict="E")

    for user in (make_officer(), make_user(Role.COUNCIL)):
        assert get(user, PAGE, assessment.commitment.reference).context["verdict"] is None


def test_a_council_member_sees_verdicts_of_closed_cycles_only():
    assessment = make_assessment(state=APPROVED, verdict="E")

    assert get(make_user(Role.COUNCIL), PAGE, assessment.commitment.reference).context["verdict"] is None
    assert get(make_officer(), PAGE, assessment.commitment.reference).context["verdict"]["code"] == "E"


def test_the_officer_is_led_to_the_assessment_of_the_running_cycle_and_nobody_else():
    assessment = make_assessment()
    address = reverse("reviews:assess", args=[assessment.cycle.year, assessment.commitment.reference])

    assert address in text(make_officer(), PAGE, assessment.commitment.reference)
    assert address not in text(make_user(Role.APPROVER), PAGE, assessment.commitment.reference)


def test_rule_05_a_units_objection_and_a_statement_stand_beside_the_finding():
    assessment = make_assessment(state=APPROVED)
    row = {"cycle": assessment.cycle, "text_de": "Wir sehen das anders."}
    saved(Dissent(assessment=assessment, unit=make_unit(name_de="Grünamt"), stated_on=date(2026, 2, 3), **row))
    row["text_de"] = "Es fehlt an Kontrolle."
    saved(
        Statement(commitment=assessment.commitment, organisation="Bündnis", received_on=date(2026, 2, 4), **row),
    )

    page = text(make_officer(), PAGE, assessment.commitment.reference)

    for part in ("Grünamt", "Wir sehen das anders.", "Bündnis", "Es fehlt an Kontrolle."):
        assert part in page


@pytest.mark.parametrize(
    ("state", "fields", "badge"),
    [
        (ConfirmationState.REQUESTED, {}, "requested"),
        (ConfirmationState.SUBMITTED, {}, "submitted"),
        (ConfirmationState.RELEASED, {}, "released"),
        (
            ConfirmationState.RELEASED,
            {"result": ConfirmationResult.DISPUTED, "statement_de": "Nicht unser Beitrag."},
            "disputed",
        ),
        (ConfirmationState.RELEASED, {"fingerprint": "of what it was before"}, "void"),
    ],
)
def test_each_measure_shows_its_answer_in_the_running_cycle(state, fields, badge):
    link = make_link()
    cycle = make_cycle(opened_at=timezone.now())
    make_confirmation(cycle, link.measure, state=state, **fields)

    page = get(make_officer(), PAGE, link.commitment.reference)

    (deed,) = page.context["deeds"]
    assert [answer.state for _unit, answer in deed.answers] == [badge]


def test_a_reminded_unit_and_a_silent_one_are_told_apart():
    today = timezone.localdate()
    link = make_link()
    cycle = make_cycle(opened_at=timezone.now())
    asked = make_confirmation(cycle, link.measure)
    saved(Reminder(cycle=cycle, confirmation=asked, kind="before", sent_on=today))
    officer = make_officer()

    def badge():
        (deed,) = get(officer, PAGE, link.commitment.reference).context["deeds"]
        return deed.answers[0][1].state

    before = badge()
    cycle.confirm_by = cycle.last_reminder_on = today - timedelta(days=1)
    save_as(cycle, actor=None, reason="Fristen", at=timezone.now())

    assert (before, badge()) == ("reminded", "silent")


def test_a_nil_return_stands_where_there_is_no_measure():
    commitment = make_commitment()
    cycle = make_cycle(opened_at=timezone.now())
    make_confirmation(cycle, commitment=commitment, state=ConfirmationState.RELEASED)

    answers = get(make_officer(), PAGE, commitment.reference).context["own_answers"]

    assert [badge.state for _unit, badge in answers] == ["released"]


def test_rule_18_a_measure_of_a_paused_partnership_counts_as_suspended():
    paused = make_partnership(status=EngagementStatus.PAUSED, status_reason_de="Ausgesetzt")
    link = make_link(make_measure(engagement=paused))

    (deed,) = get(make_officer(), PAGE, link.commitment.reference).context["deeds"]

    assert deed.status.state == "suspended"


def test_an_overdue_promise_says_by_how_many_days():
    follow_up = make_follow_up(due_on=timezone.localdate() - timedelta(days=35))

    assert "Überfällig seit 35 Tagen" in text(make_officer(), PAGE, follow_up.commitment.reference)


def test_a_kept_promise_is_listed_after_the_open_ones():
    commitment = make_commitment()
    kept = make_follow_up(commitment=commitment, state=FollowUpState.DONE, result_de="Erledigt.")
    still_open = make_follow_up(cycle=kept.cycle, commitment=commitment, due_on=timezone.localdate())

    rows = get(make_officer(), PAGE, commitment.reference).context["follow_ups"]

    assert [row["row"] for row in rows] == [still_open, kept]


# What may not be seen


def test_a_protected_commitment_is_not_found_without_the_right():
    commitment = make_commitment(protection=Protection.PROTECTED)

    for name in (PAGE, HISTORY):
        assert get(make_officer(), name, commitment.reference).status_code == 404
        assert get(make_trusted(), name, commitment.reference).status_code == 200


def test_a_protected_measure_is_neither_on_the_page_nor_in_its_past():
    make_city()
    hidden = make_measure(protection=Protection.PROTECTED, title_de="Geheime Hilfe")
    link = make_link(hidden)
    officer = make_officer()
    today = timezone.localdate().isoformat()

    pages = [
        text(officer, PAGE, link.commitment.reference),
        text(officer, PAGE, link.commitment.reference, on=today),
        text(officer, HISTORY, link.commitment.reference),
    ]

    assert not any("Geheime Hilfe" in page or hidden.reference in page for page in pages)


def test_rule_10_what_was_public_once_stays_out_of_the_past_when_it_is_protected_now():
    make_city()
    measure = make_measure(title_de="Einst öffentlich")
    link = make_link(measure)
    today = timezone.localdate().isoformat()
    measure.protection = Protection.PROTECTED
    save_as(measure, actor=None, reason="Schutz", at=timezone.now())

    assert "Einst öffentlich" not in text(make_officer(), PAGE, link.commitment.reference, on=today)


def test_another_units_answer_is_not_shown_to_a_contact():
    link = make_link()
    cycle = make_cycle(opened_at=timezone.now())
    make_confirmation(cycle, link.measure, state=ConfirmationState.DRAFT)

    page = get(make_user(Role.CONTACT), PAGE, link.commitment.reference)

    assert [deed.answers for deed in page.context["deeds"]] == [[]]


# The past


def test_rule_13_a_commitment_is_shown_as_it_stood_on_a_day():
    make_city()
    commitment = make_commitment(wording_de="Neu.")
    rewrite(commitment, "Die Stadt handelt nach Möglichkeit fair.", date(2024, 5, 1))
    rewrite(commitment, "Die Stadt handelt fair.", date(2025, 5, 1))

    then = text(make_officer(), PAGE, commitment.reference, on="2024-12-31")

    assert "Die Stadt handelt nach Möglichkeit fair." in then
    assert "So wie am 31. Dezember 2024" in then


def test_a_day_before_its_entry_says_so():
    commitment = make_commitment()

    assert "stand an diesem Tag nicht im Register" in text(make_officer(), PAGE, commitment.reference, on="2001-01-01")


def test_a_measure_linked_later_is_not_in_the_earlier_state():
    make_city()
    commitment = make_commitment()
    link = make_link(commitment=commitment)
    early, late = (date(2030, 1, 1), date(2031, 1, 1))
    link.rationale_de = "Später genauer begründet."
    save_as(link, actor=None, reason="Genauer", at=on(late))
    officer = make_officer()

    def reasons(day):
        return [deed.link["rationale_de"] for deed in deeds_then(commitment, officer, day)]

    assert reasons(timezone.localdate() - timedelta(days=1)) == []
    assert reasons(early) == ["Sie setzt die Zusage selbst um."]
    assert reasons(late) == ["Später genauer begründet."]


def test_a_verdict_approved_later_is_not_in_the_earlier_state():
    make_city()
    assessment = make_assessment(state=APPROVED, verdict="C")
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    rewrite(assessment.commitment, "Alt.", date(2020, 1, 1))

    page = get(make_officer(), PAGE, assessment.commitment.reference, on=yesterday)

    assert page.context["verdict"] is None


@pytest.mark.parametrize(
    ("day", "sentence"),
    [("2999-01-01", "Dieser Tag liegt in der Zukunft."), ("", "Wählen Sie einen Tag."), ("gestern", "kern-error")],
)
def test_a_day_that_makes_no_sense_says_so_and_shows_today(day, sentence):
    commitment = make_commitment()

    page = get(make_officer(), PAGE, commitment.reference, on=day)

    assert sentence in page.content.decode()
    assert page.context["on"] is None


def test_the_history_tells_of_wording_links_and_verdicts():
    officer = make_officer()
    commitment = make_commitment(wording_de="Die Stadt kauft nach Möglichkeit fair.")
    edit = workflow.Edit({"wording_de": "Die Stadt kauft fair."}, "Ratsresolution")
    workflow.edit_commitment(commitment, edit, actor=officer, at=timezone.now())
    link = make_link(commitment=commitment)
    make_assessment(commitment=commitment, state=APPROVED, verdict="C")

    entries = get(officer, HISTORY, commitment.reference).context["entries"]

    titles = [entry.title for entry in entries]
    assert f"Zuordnung angenommen: {link.measure.reference} {link.measure.title_de}" in titles
    assert "Bewertung 2026 genehmigt: C, Stufe C" in titles
    changed = next(entry for entry in entries if entry.title == "Verpflichtung geändert")
    assert (changed.who, changed.reason) == ("Menschenrechtsbeauftragte", "Ratsresolution")
    assert [change.label for change in changed.changes] == ["Wortlaut"]


def test_a_commitment_costs_the_same_with_much_about_it():
    make_city()
    unit = make_unit()
    cycle = make_cycle(2025, CycleState.OPEN, opened_at=timezone.now())
    commitment = make_commitment(lead_unit=unit, adoption=make_adoption())
    contact, officer = make_user(Role.CONTACT, unit), make_officer()
    today = timezone.localdate().isoformat()

    def add():
        link = make_link(commitment=commitment)
        make_confirmation(cycle, link.measure)
        make_follow_up(cycle, commitment)
        make_link(commitment=commitment, state=LinkState.PROPOSED)

    def costs():
        return [
            cost(user, *page)
            for user in (contact, officer)
            for page in ((PAGE, commitment.reference), (HISTORY, commitment.reference))
        ] + [cost(contact, PAGE, commitment.reference, on=today)]

    make_assessment(cycle, commitment, APPROVED, "B")
    add()
    few = costs()
    for _ in range(3):
        add()

    assert costs() == few
    assert max(few) <= MOST_QUERIES
