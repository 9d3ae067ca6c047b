"""The verdicts of the closed year, the promises made with them, and the years of which only verdicts are known."""

from datetime import date, datetime, timedelta

from commitments.models import Commitment, Grade, Measure, OrganisationalUnit, Scale
from reporting.demo.calendar import Act, Calendar, moment, working_days
from reporting.demo.people import People
from reporting.demo.sample import NextStep, Sample, Verdict
from reviews.models import Assessment, FollowUp, FollowUpState, Outcome, ReviewCycle
from reviews.workflow import assessments, follow_ups
from reviews.workflow.assessments import Finding
from reviews.workflow.cycles import CycleDates, dates_like
from reviews.workflow.imported import import_cycle

WRITTEN = (date(2025, 12, 2), date(2026, 2, 6))
DAYS_TO_APPROVE = 3


def import_past(calendar: Calendar, sample: Sample, scale: Scale, people: People) -> None:
    """Each year before the register's first own cycle, entered when its report was out."""
    years = sorted({int(year) for verdict in sample.verdicts for year in verdict.verdicts_before})
    first = ReviewCycle(year=2025, **cycle_dates(sample, "2025").__dict__)
    for year in years:
        calendar.add(moment(date(year + 1, 3, 1), 10), _imported(sample, dates_like(first, year), year, scale, people))
    for step in sample.next_steps:
        if step.from_cycle in years:
            promise(calendar, step, step.from_cycle, moment(date(step.from_cycle + 1, 3, 3), 11), people)


def _imported(sample: Sample, dates: CycleDates, year: int, scale: Scale, people: People) -> Act:
    def act(at: datetime) -> object:
        commitments = {row.key: row for row in Commitment.objects.all()}
        verdicts = {
            commitments[verdict.commitment]: verdict.verdicts_before[str(year)]
            for verdict in sample.verdicts
            if str(year) in verdict.verdicts_before
        }
        cycle = ReviewCycle(year=year, scale=scale, **dates.__dict__)
        return import_cycle(cycle, verdicts, actor=people["officer"], approver=people["approver"], at=at)

    return act


def assess_all(calendar: Calendar, cycle: ReviewCycle, sample: Sample, people: People) -> None:
    """Written by the officer, objected to by units, approved by the approver: a few each working day."""
    rows = {row.commitment.key: row for row in cycle.assessments.select_related("commitment")}
    grades = {grade.code: grade for grade in cycle.scale.grades.all()}
    measures = {measure.key: measure for measure in Measure.objects.all()}
    days = list(working_days(*WRITTEN))
    for number, verdict in enumerate(sample.verdicts):
        day = days[number * len(days) // len(sample.verdicts)]
        named = tuple(measures[key] for key in verdict.measures)
        _assess(calendar, rows[verdict.commitment], _finding(verdict, grades, named), (day, number), people)
        if verdict.dissent_unit and verdict.dissent_de:
            at = moment(next_working_day(day, 1), 10, number)
            calendar.add(at, _objected(rows[verdict.commitment], verdict, people))
    steps = [step for step in sample.next_steps if step.from_cycle == cycle.year]
    for number, step in enumerate(steps):
        promise(calendar, step, cycle.year, moment(days[number * len(days) // len(steps)], 16, number), people)


def _finding(verdict: Verdict, grades: dict[str, Grade], measures: tuple[Measure, ...]) -> Finding:
    grade = grades.get(verdict.verdict)
    return Finding(
        outcome=Outcome.GRADE if grade else verdict.verdict,
        grade=grade,
        trend=verdict.trend,
        finding_de=verdict.finding_de,
        finding_en=verdict.finding_en,
        self_assessed=verdict.self_assessed,
        measures=measures,
    )


def _assess(calendar: Calendar, row: Assessment, finding: Finding, when: tuple[date, int], people: People) -> None:
    officer, approver = people["officer"], people["approver"]
    day, number = when
    calendar.add(moment(day, 9, number), lambda at: assessments.save_assessment(row, finding, actor=officer, at=at))
    calendar.add(moment(day, 13, number), lambda at: assessments.submit(row, actor=officer, at=at))
    approved = moment(next_working_day(day, DAYS_TO_APPROVE), 10, number)
    calendar.add(approved, lambda at: assessments.approve(row, actor=approver, at=at))


def _objected(row: Assessment, verdict: Verdict, people: People) -> Act:
    unit = OrganisationalUnit.objects.get(key=verdict.dissent_unit)
    contact = people.of(unit.key, "contact")
    texts = verdict.dissent_de or "", verdict.dissent_en or ""
    return lambda at: assessments.add_dissent(row, unit, *texts, actor=contact, at=at)


def promise(calendar: Calendar, step: NextStep, year: int, at: datetime, people: People) -> None:
    """A next step, agreed at a moment and, where the sample says so, ended on its due date."""
    agreed: list[FollowUp] = []

    def add(moment_: datetime) -> None:
        follow_up = FollowUp(
            cycle=ReviewCycle.objects.get(year=year),
            commitment=Commitment.objects.get(key=step.commitment),
            unit=OrganisationalUnit.objects.get(key=step.unit),
            action_de=step.action_de,
            action_en=step.action_en,
            due_on=step.due_on,
        )
        agreed.append(follow_ups.add(follow_up, actor=people["officer"], at=moment_))

    def close(moment_: datetime) -> None:
        state = FollowUpState(step.state)
        results = step.result_de, step.result_en
        follow_ups.close(agreed[0], state, *results, actor=people["officer"], at=moment_)

    calendar.add(at, add)
    if step.state != FollowUpState.OPEN:
        calendar.add(moment(step.due_on, 12), close)


def cycle_dates(sample: Sample, year: str) -> CycleDates:
    days = sample.dates[year]
    return CycleDates(
        period_from=days["period_from"],
        period_to=days["period_to"],
        reporting_date=days["reporting_date"],
        opens_on=days["opened_on"],
        confirm_by=days["confirm_by"],
        last_reminder_on=days["last_reminder_on"],
        assess_by=days["assess_by"],
    )


def next_working_day(day: date, steps: int) -> date:
    """The given number of working days later."""
    return list(working_days(day, day + timedelta(days=30)))[steps]
