"""From the register and a cycle to the facts of its report."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import EngagementStatus, Evidence, GapReason, Protection
from reporting.content.build import build_content
from reporting.content.canonical import canonical_json, content_hash, from_json
from reporting.models import ReportText
from reviews.models import (
    AssessmentState,
    ConfirmationResult,
    ConfirmationState,
    CycleState,
    Dissent,
    Reminder,
    ReminderKind,
    Statement,
)
from tests.factories import (
    make_adoption,
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_follow_up,
    make_instrument,
    make_link,
    make_measure,
    make_partnership,
    make_provision,
    make_provision_link,
    make_unit,
    saved,
)

pytestmark = pytest.mark.django_db


def make_assessed(cycle, verdict="B", **fields):
    commitment = make_commitment(**fields)
    make_assessment(cycle, commitment, AssessmentState.APPROVED, verdict)
    return commitment


def freeze(cycle):
    cycle.state, cycle.frozen_at = CycleState.FROZEN, timezone.now()
    saved(cycle)


def only_commitment(cycle, **options):
    (row,) = build_content(cycle, **options).commitments
    return row


def only_measure(cycle, **options):
    (row,) = build_content(cycle, **options).measures
    return row


def test_a_content_built_from_the_register_survives_the_way_to_json_and_back():
    make_city()
    cycle = make_cycle()
    commitment = make_assessed(cycle, basis=make_article(2))
    make_link(make_measure(), commitment)

    content = build_content(cycle)

    assert from_json(canonical_json(content)) == content


def test_the_number_of_queries_does_not_grow_with_the_register(django_assert_max_num_queries):
    make_city()
    cycle = make_cycle(state=CycleState.ASSESSING)
    for article in range(1, 9):
        commitment = make_assessed(cycle, basis=make_article(article))
        measure = make_measure(contributing=(make_unit(),), engagement=make_partnership())
        make_link(measure, commitment)
        make_confirmation(cycle, measure)
        make_follow_up(cycle, commitment)

    with django_assert_max_num_queries(60):
        build_content(cycle)


def test_texts_come_in_both_languages():
    cycle = make_cycle()
    make_assessed(cycle, title_de="Würde", title_en="Dignity")

    assert only_commitment(cycle).title.de == "Würde"
    assert only_commitment(cycle).title.en == "Dignity"


@pytest.mark.parametrize("protection", [Protection.COUNCIL, Protection.INTERNAL, Protection.PROTECTED])
def test_the_main_volume_holds_public_rows_only(protection):
    cycle = make_cycle()
    commitment = make_assessed(cycle, basis=make_article(1))
    hidden = make_measure(protection=protection, title_de="Geheimes Vorhaben")
    make_link(hidden, commitment)
    make_confirmation(cycle, hidden, state=ConfirmationState.RELEASED)
    make_assessed(cycle, protection=protection, title_de="Geheime Zusage")

    content = build_content(cycle)

    assert content.measures == ()
    assert content.articles[0].direct == 0
    assert [row.reference for row in content.commitments] == [commitment.reference]
    assert "Geheim" not in canonical_json(content).decode()


def test_the_council_volume_holds_council_rows_too():
    cycle = make_cycle()
    make_measure(protection=Protection.COUNCIL)
    make_measure(protection=Protection.PROTECTED)

    assert len(build_content(cycle, audience="council").measures) == 1


def test_a_row_protected_after_the_freeze_is_gone_from_the_past_as_well():
    now = timezone.now()
    cycle = make_cycle(state=CycleState.FROZEN, frozen_at=now)
    measure = make_measure()
    measure.protection = Protection.PROTECTED
    save_as(measure, actor=None, reason="Ein Name war zu schützen", at=timezone.now())

    assert build_content(cycle).measures == ()


def test_a_frozen_cycle_is_read_as_it_stood_at_the_freeze():
    make_article()
    measure = make_measure(title_de="So hieß es")
    cycle = make_cycle(state=CycleState.FROZEN, frozen_at=timezone.now())
    measure.title_de = "So heißt es heute"
    save_as(measure, actor=None, reason="Umbenannt", at=timezone.now())

    assert only_measure(cycle).title.de == "So hieß es"


def test_a_change_between_reporting_date_and_freeze_is_not_in_the_report():
    make_city(is_sample=True)
    make_article()
    cycle = make_cycle()
    before = timezone.now() - timedelta(days=60)
    measure = make_measure(title_de="Am Stichtag")
    for title, moment in (("Am Stichtag", before), ("Danach", timezone.now())):
        measure.title_de = title
        save_as(measure, actor=None, reason="Umbenannt", at=moment)
    freeze(cycle)

    assert only_measure(cycle).title.de == "Am Stichtag"


def test_a_measure_entered_late_is_in_the_report_where_the_cycle_asked_about_it():
    """A city's first register is often entered after the first reporting date."""
    cycle = make_cycle()
    measure = make_measure(accepted_on=cycle.reporting_date + timedelta(days=10))
    make_measure(accepted_on=cycle.reporting_date + timedelta(days=10))
    make_confirmation(cycle, measure)
    freeze(cycle)

    assert only_measure(cycle).reference == measure.reference


def test_what_was_accepted_after_the_reporting_date_is_left_out():
    cycle = make_cycle()
    make_measure(accepted_on=cycle.reporting_date + timedelta(days=1))
    make_measure(accepted_on=None)

    assert build_content(cycle).measures == ()


def test_what_a_unit_corrected_is_printed_corrected():
    cycle = make_cycle()
    measure = make_measure(starts_on=date(2019, 1, 1), starts_on_precision="year")
    make_confirmation(
        cycle,
        measure,
        state=ConfirmationState.RELEASED,
        result=ConfirmationResult.CHANGED,
        changes={"start": ["2019", "2018-05"], "status": ["ongoing", "completed"]},
    )

    row = only_measure(cycle)

    assert (str(row.starts_on), row.status) == ("2018-05", "completed")
    first = row.answers[0].changes[0]
    assert (first.field, first.old, first.new) == ("start", "2019", "2018-05")


def test_a_draft_answer_corrects_nothing():
    cycle = make_cycle()
    measure = make_measure()
    make_confirmation(cycle, measure, state=ConfirmationState.DRAFT, changes={"status": ["ongoing", "completed"]})

    assert only_measure(cycle).status == "ongoing"


def test_the_basis_comes_first_and_other_provisions_lead_to_their_articles():
    cycle = make_cycle()
    own = make_provision(make_instrument("eccar"))
    make_provision_link(own, make_article(2))
    make_provision_link(own, make_article(7))
    make_assessed(cycle, basis=own)

    row = only_commitment(cycle)

    assert (row.basis.instrument, row.basis.articles) == ("eccar", (2, 7))


@pytest.mark.parametrize(
    ("state", "cycle_state", "result"),
    [
        (ConfirmationState.RELEASED, CycleState.OPEN, "confirmed"),
        (ConfirmationState.SUBMITTED, CycleState.OPEN, "pending"),
        (ConfirmationState.REQUESTED, CycleState.OPEN, "pending"),
        (ConfirmationState.REQUESTED, CycleState.ASSESSING, "no_reply"),
        (ConfirmationState.DRAFT, CycleState.ASSESSING, "no_reply"),
        (ConfirmationState.SUBMITTED, CycleState.ASSESSING, "pending"),
    ],
)
def test_silence_counts_from_the_last_reminder_on(state, cycle_state, result):
    cycle = make_cycle(state=cycle_state)
    make_confirmation(cycle, make_measure(), state=state)

    assert only_measure(cycle).answers[0].result == result


def test_reminders_and_the_letter_to_the_head_are_told_apart():
    cycle = make_cycle(state=CycleState.ASSESSING)
    asked = make_confirmation(cycle, make_measure())
    for kind, day in ((ReminderKind.AFTER, 14), (ReminderKind.BEFORE, 7), (ReminderKind.ESCALATION, 28)):
        saved(Reminder(cycle=cycle, confirmation=asked, kind=kind, sent_on=date(2025, 11, day)))

    answer = only_measure(cycle).answers[0]

    assert answer.reminders == (date(2025, 11, 7), date(2025, 11, 14))
    assert answer.escalated_on == date(2025, 11, 28)


def test_an_assessment_counts_once_it_is_approved():
    cycle = make_cycle()
    make_assessment(cycle, make_commitment(), AssessmentState.SUBMITTED, "A")

    assert only_commitment(cycle).assessment is None
    assert build_content(cycle).years == ()


def test_verdicts_of_earlier_cycles_make_the_trend():
    before, cycle = make_cycle(2024, CycleState.ASSESSING), make_cycle(2025)
    commitment = make_commitment()
    make_assessment(before, commitment, AssessmentState.APPROVED, "B")
    make_assessment(cycle, commitment, AssessmentState.APPROVED, "D")

    content = build_content(cycle)

    assert [(past.year, past.outcome) for past in content.commitments[0].verdicts] == [(2024, "B"), (2025, "D")]
    assert content.moves[0].direction == "worse"


def test_dissent_and_statement_stand_with_the_finding():
    cycle = make_cycle()
    commitment = make_commitment()
    assessment = make_assessment(cycle, commitment, AssessmentState.APPROVED, "C")
    saved(
        Dissent(
            cycle=cycle,
            assessment=assessment,
            unit=commitment.lead_unit,
            text_de="Zu streng.",
            stated_on=date(2026, 1, 5),
        )
    )
    said = {"cycle": cycle, "commitment": commitment, "received_on": date(2026, 1, 6)}
    saved(Statement(organisation="Verein", text_de="Zu milde.", **said))
    saved(Statement(organisation="Geheim", text_de="Vertraulich.", protection=Protection.INTERNAL, **said))

    found = only_commitment(cycle).assessment

    assert [row.text.de for row in found.dissents] == ["Zu streng."]
    assert [row.author for row in found.statements] == ["Verein"]


def test_a_measure_of_a_paused_partnership_is_suspended_with_its_reason():
    cycle = make_cycle()
    partnership = make_partnership(status=EngagementStatus.PAUSED, status_reason_de="Kontakte ruhen seit 2022.")
    make_measure(engagement=partnership)

    row = only_measure(cycle)

    assert (row.status, row.suspended_because.de) == ("suspended", "Kontakte ruhen seit 2022.")


def test_a_gap_carries_its_reason():
    cycle = make_cycle()
    saved(GapReason(article=make_article(4), code="no_resources", text_de="Kein Personal.", stated_on=date(2025, 1, 1)))

    content = build_content(cycle)

    assert content.gap_notes[0].text.de == "Kein Personal."
    assert {cell.gap for cell in content.articles[3].cells} == {"no_resources"}


def test_promises_of_earlier_cycles_are_carried_on():
    before, cycle = make_cycle(2024, CycleState.ASSESSING), make_cycle(2025)
    commitment = make_assessed(cycle)
    make_follow_up(before, commitment, action_de="Bericht vorlegen.")

    (row,) = build_content(cycle).follow_ups

    assert (row.from_year, row.state, row.commitment) == (2024, "open", commitment.reference)


def test_the_city_s_own_version_is_named():
    cycle = make_cycle()
    version = make_instrument("eccar")
    make_adoption(version, label_de="Fassung 2004", adopted_on=date(2005, 12, 15))
    make_assessed(cycle, basis=make_provision(version))

    (row,) = build_content(cycle).instruments

    assert (row.version.de, str(row.city_adopted_on)) == ("Fassung 2004", "2005-12-15")


def test_a_pledge_without_a_network_stands_among_the_networks():
    cycle = make_cycle()
    make_adoption(make_instrument("charta", kind="self_commitment", title_de="Charta der Vielfalt"))

    (row,) = build_content(cycle).engagements

    assert (row.kind, row.form, row.title.de) == ("network", "self_commitment", "Charta der Vielfalt")


def test_evidence_that_was_withdrawn_or_is_protected_is_left_out():
    cycle = make_cycle()
    measure = make_measure()
    shown = {"kind": "link", "url": "https://example.org/", "measure": measure}
    saved(Evidence(title="Beleg", **shown))
    saved(Evidence(title="Vertraulich", protection=Protection.INTERNAL, **shown))
    saved(Evidence(title="Zurückgezogen", withdrawn_on=date(2025, 1, 1), **shown))

    assert [row.title.de for row in only_measure(cycle).evidence] == ["Beleg"]


@pytest.mark.parametrize("hidden", ["measure", "commitment"])
def test_rule_10_evidence_is_as_strict_as_every_row_it_belongs_to(hidden):
    cycle = make_cycle()
    classes = {
        name: Protection.PROTECTED if name == hidden else Protection.PUBLIC for name in ("measure", "commitment")
    }
    measure, commitment = make_measure(protection=classes["measure"]), make_commitment(protection=classes["commitment"])
    make_assessment(cycle, commitment, AssessmentState.APPROVED)
    fields = {"kind": "link", "title": "Wer Schutz sucht", "url": "https://example.org/1"}
    saved(Evidence(measure=measure, commitment=commitment, **fields))

    content = build_content(cycle)

    assert "Wer Schutz sucht" not in canonical_json(content).decode()


def test_rule_04_an_answer_that_was_void_at_the_freeze_is_not_printed_as_if_it_held():
    cycle = make_cycle(state=CycleState.ASSESSING)
    measure = make_measure(status="ongoing")
    make_confirmation(
        cycle,
        measure,
        state=ConfirmationState.RELEASED,
        result=ConfirmationResult.CHANGED,
        changes={"status": ["ongoing", "completed"]},
        statement_de="Abgeschlossen.",
        fingerprint="of another content",
    )
    freeze(cycle)

    row = only_measure(cycle)

    assert row.status == "ongoing"
    assert (row.answers[0].result, row.answers[0].statement.de) == ("pending", "")


def test_rule_04_a_measure_changed_after_the_freeze_leaves_the_frozen_answer_as_it_was():
    cycle = make_cycle(state=CycleState.ASSESSING)
    measure = make_measure()
    make_confirmation(cycle, measure, state=ConfirmationState.RELEASED)
    freeze(cycle)
    measure.fingerprint = "of another content"
    saved(measure)

    assert only_measure(cycle).answers[0].result == "confirmed"


def test_days_are_those_of_the_city_and_not_of_greenwich():
    past_midnight = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    cycle = make_cycle(
        opened_at=past_midnight,
        reporting_date=date(2026, 5, 31),
        opens_on=date(2026, 6, 1),
        confirm_by=date(2026, 6, 30),
    )
    state = ConfirmationState.RELEASED
    make_confirmation(cycle, make_measure(), state=state, submitted_at=past_midnight, released_at=past_midnight)

    content = build_content(cycle)

    answer = content.measures[0].answers[0]
    assert (answer.submitted_on, answer.released_on, answer.late) == (date(2026, 7, 1), date(2026, 7, 1), True)
    assert content.cycle.opened_on == date(2026, 7, 1)


def test_a_link_between_provisions_counts_whichever_way_it_was_written():
    cycle = make_cycle()
    kin = make_provision()
    make_provision_link(make_article(7), kin)
    commitment = make_assessed(cycle, basis=kin)
    make_link(make_measure(), commitment)

    assert build_content(cycle).articles[6].indirect == 1


def test_the_texts_of_the_edition_are_read():
    cycle = make_cycle()
    saved(ReportText(cycle=cycle, key="title", title_de="Unser Bericht"))
    saved(ReportText(cycle=cycle, key="reading-guide", text_de="So liest man ihn."))
    saved(ReportText(cycle=cycle, key="field-europe", title_de="Europa", text_de="In Europa."))

    words = build_content(cycle).words

    assert (words.title.de, words.reading_guide.de, words.fields[0].meaning.de) == (
        "Unser Bericht",
        "So liest man ihn.",
        "In Europa.",
    )


def test_sample_data_is_marked():
    make_city(is_sample=True, notice_de="Beispieldaten, keine Angaben der Stadt")

    assert build_content(make_cycle()).sample_notice.de == "Beispieldaten, keine Angaben der Stadt"


def test_a_real_city_carries_no_notice():
    make_city(is_sample=False)

    assert not build_content(make_cycle()).is_sample


def test_no_name_of_a_person_is_in_the_content():
    cycle = make_cycle()
    measure = make_measure()
    answer = make_confirmation(cycle, measure, state=ConfirmationState.RELEASED)
    make_assessed(cycle)

    written = canonical_json(build_content(cycle)).decode()

    for person in (answer.submitted_by, answer.released_by):
        assert person is not None
        assert person.name not in written


def test_the_same_register_gives_the_same_hash():
    cycle = make_cycle()
    make_link(make_measure(), make_assessed(cycle))

    assert content_hash(build_content(cycle)) == content_hash(build_content(cycle))
