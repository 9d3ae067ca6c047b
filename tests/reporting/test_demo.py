"""The sample city: what the files say is what the register holds, by the acts of the people in it."""

import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.utils import timezone

from commitments.loading import load_city
from commitments.models import City, Commitment, Measure, MeasureUnit, Part, Role, User
from reporting.demo import PASSWORD, find_folder
from reporting.demo.confirmed import DESCRIPTIONS
from reporting.demo.sample import read_sample
from reporting.models import EditionState, ReportEdition, ReportText
from reviews.models import (
    Assessment,
    AssessmentMeasure,
    AssessmentState,
    Confirmation,
    CycleState,
    Dissent,
    FollowUp,
    Reminder,
    ReviewCycle,
)
from reviews.workflow.assessments import default_trend
from reviews.workflow.changes import pending_changes

pytestmark = pytest.mark.slow

SAMPLE = read_sample(find_folder())


def thing(row: Confirmation) -> str:
    """Key of the measure or commitment that the unit was asked about."""
    asked = row.measure or row.commitment
    assert asked is not None
    return asked.key


def shown_state(row: Confirmation) -> str:
    return "void" if Confirmation.objects.void().filter(pk=row.pk).exists() else row.state


@pytest.mark.parametrize("year", ["2025", "2026"])
def test_every_request_of_the_sample_is_asked_and_in_its_state(demo_db, year):
    rows = Confirmation.objects.filter(cycle__year=year).select_related("unit", "measure", "commitment")

    held = {(row.unit.key, thing(row), row.part): row for row in rows}

    assert len(held) == len(rows) == len(SAMPLE.replies[year])
    for reply in SAMPLE.replies[year]:
        part = Part.CONTRIBUTING if (reply.unit, reply.thing, "contributing") in held else Part.LEAD
        row = held[reply.unit, reply.thing, part]
        submitted = row.submitted_at and timezone.localdate(row.submitted_at)
        released = row.released_at and timezone.localdate(row.released_at)
        assert (shown_state(row), row.result, submitted, released) == (
            reply.state,
            reply.result,
            reply.submitted_on,
            reply.released_on,
        )
        assert (row.statement_de, row.return_note_de) == (
            reply.statement_de,
            reply.note_de if reply.state == "returned" else "",
        )
        assert bool(row.submitted_for) == (reply.by_deputy and reply.submitted_on is not None)


@pytest.mark.parametrize("year", ["2025", "2026"])
def test_reminders_are_those_of_the_sample(demo_db, year):
    expected: Counter[tuple[str, str, date]] = Counter()
    for reply in SAMPLE.replies[year]:
        expected.update((reply.unit, reply.thing, day) for day in reply.reminders)
        expected.update([(reply.unit, reply.thing, reply.escalated_on)] if reply.escalated_on else [])

    rows = Reminder.objects.filter(cycle__year=year).select_related(
        "confirmation__unit", "confirmation__measure", "confirmation__commitment"
    )
    asked = [(row.confirmation, row.sent_on) for row in rows]

    assert Counter((row.unit.key, thing(row), day) for row, day in asked) == expected


def test_verdicts_of_the_closed_year_are_those_of_the_sample(demo_db):
    rows = Assessment.objects.filter(cycle__year=2025).select_related("commitment", "grade")

    held = {row.commitment.key: row for row in rows}

    assert len(held) == len(SAMPLE.verdicts)
    for verdict in SAMPLE.verdicts:
        row = held[verdict.commitment]
        assert (row.state, row.verdict, row.trend) == (AssessmentState.APPROVED, verdict.verdict, verdict.trend)
        assert (row.finding_de, row.finding_en) == (verdict.finding_de, verdict.finding_en)
        assert row.self_assessed or not verdict.self_assessed
    assert Counter(row.verdict for row in rows) == Counter(verdict.verdict for verdict in SAMPLE.verdicts)
    assert AssessmentMeasure.objects.count() == sum(len(verdict.measures) for verdict in SAMPLE.verdicts)
    assert Dissent.objects.count() == sum(bool(verdict.dissent_de) for verdict in SAMPLE.verdicts)


def test_the_trend_of_the_sample_is_the_one_that_follows_from_the_verdicts(demo_db):
    rows = Assessment.objects.filter(cycle__year=2025).select_related("cycle", "grade", "commitment")

    assert {row.commitment.key: default_trend(row) for row in rows} == {v.commitment: v.trend for v in SAMPLE.verdicts}


def test_what_was_registered_since_the_last_cycle_is_newly_adopted_and_too_early(demo_db):
    new = Assessment.objects.filter(cycle__year=2025, newly_adopted=True)
    registered = Commitment.objects.filter(registered_on="2025-06-02")

    assert set(new.values_list("commitment__key", flat=True)) == set(registered.values_list("key", flat=True))
    assert set(new.values_list("outcome", flat=True)) == {"too_early"}


@pytest.mark.parametrize("year", [2022, 2023, 2024])
def test_of_earlier_years_only_the_verdicts_are_known(demo_db, year):
    expected = {v.commitment: v.verdicts_before[str(year)] for v in SAMPLE.verdicts if str(year) in v.verdicts_before}

    cycle = ReviewCycle.objects.get(year=year)
    rows = cycle.assessments.approved().select_related("commitment", "grade")

    assert (cycle.imported, cycle.state) == (True, CycleState.CLOSED)
    assert {row.commitment.key: row.verdict for row in rows} == expected


def test_follow_ups_are_those_of_the_sample(demo_db):
    held = Counter(FollowUp.objects.values_list("commitment__key", "cycle__year", "unit__key", "due_on", "state"))

    assert held == Counter((s.commitment, s.from_cycle, s.unit, s.due_on, s.state) for s in SAMPLE.next_steps)


def test_one_cycle_is_released_and_the_next_one_open(demo_db):
    states = dict(ReviewCycle.objects.filter(imported=False).values_list("year", "state"))
    edition = ReportEdition.objects.get()

    assert states == {2025: CycleState.CLOSED, 2026: CycleState.OPEN}
    assert (edition.number, edition.state) == (1, EditionState.RELEASED)
    assert edition.released_at is not None
    assert timezone.localdate(edition.released_at) == SAMPLE.dates["2025"]["released_on"]
    assert edition.prepared_by != edition.released_by
    assert ReportText.objects.count() == 10


def test_the_register_equals_the_files_but_for_what_the_officer_described(demo_db):
    City.objects.get()  # the city of the files, marked as a sample
    outcome = load_city(find_folder(), at=timezone.now(), dry_run=True)

    assert not outcome.is_change
    described = Measure.objects.exclude(description_de="").values_list("key", flat=True)
    assert set(described) == set(DESCRIPTIONS)


def test_reported_changes_are_in_the_register_for_2025_and_pending_for_2026(demo_db):
    changed = Confirmation.objects.exclude(changes={}).select_related("measure", "cycle")

    pending = Counter((row.cycle.year, bool(pending_changes(row))) for row in changed)

    assert pending == {(2025, False): 12, (2026, True): 6}
    assert not any(change.is_conflict for row in changed for change in pending_changes(row))


def test_before_the_units_corrected_them_measures_said_something_else(demo_db):
    measure = Measure.objects.get(key="m-fair-clothes")

    at_the_reporting_date = measure.history.as_of(datetime(2025, 9, 30, 12, tzinfo=timezone.get_default_timezone()))

    assert (str(at_the_reporting_date.starts_on), str(measure.starts_on)) == ("2019-01-01", "2018-01-01")


def test_every_act_has_its_person_reason_and_day(demo_db):
    row = Confirmation.objects.get(cycle__year=2025, measure__key="m-dnipro-aid", unit__key="feuerwehr")

    acts = [
        (entry.history_user.email.partition("@")[0], timezone.localdate(entry.history_date).isoformat(), entry.state)
        for entry in row.history.order_by("history_id")
    ]

    assert acts == [
        ("officer", "2025-10-01", "requested"),
        ("deputy.feuerwehr", "2025-11-05", "draft"),
        ("deputy.feuerwehr", "2025-11-05", "submitted"),
        ("releaser.feuerwehr", "2025-11-10", "released"),
    ]
    assert row.submitted_for == User.objects.get(email="contact.feuerwehr@demo.example")


def test_history_is_inserted_in_the_order_of_its_time(demo_db):
    for model in (ReviewCycle, Confirmation, Assessment, FollowUp):
        dates = list(model.history.order_by("history_id").values_list("history_date", flat=True))
        assert dates == sorted(dates), model.__name__


def test_everybody_signs_in_with_the_printed_password(demo_db):
    roles = {
        "officer": Role.OFFICER,
        "approver": Role.APPROVER,
        "contact": Role.CONTACT,
        "releaser": Role.RELEASER,
        "council": Role.COUNCIL,
        "auditor": Role.AUDITOR,
        "dpo": Role.DPO,
        "admin": Role.ADMINISTRATOR,
    }
    for name, role in roles.items():
        user = User.objects.get(email=f"{name}@demo.example")
        assert check_password(PASSWORD, user.password)
        assert user.roles == {role}
    for part in ("contact", "releaser", "deputy"):
        assert User.objects.filter(email=f"{part}.jugend@demo.example").exists()
    said = (Path(settings.DATA_DIR) / "sign-ins.txt").read_text()
    assert all(f"{name}@demo.example" in said for name in roles)
    assert PASSWORD in said


def test_every_unit_of_a_measure_is_there(demo_db):
    files = json.loads((find_folder() / "portfolio.json").read_text())["measures"]

    parts = sum(1 + len(entry["contributing_units"]) for entry in files)

    assert (Measure.objects.count(), MeasureUnit.objects.count()) == (len(files), parts)


def test_a_second_build_is_refused_in_a_sentence(demo_db):
    before = User.objects.count()

    with pytest.raises(CommandError):
        call_command("build_demo", verbosity=0)

    assert User.objects.count() == before


def test_a_folder_without_sample_cycles_is_refused(db, tmp_path):
    with pytest.raises(CommandError):
        call_command("build_demo", tmp_path, verbosity=0)
