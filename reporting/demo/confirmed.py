"""A year's answers of the units, through the acts of their contacts, deputies and releasing persons."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar

from commitments.models import Measure, User
from commitments.workflow import Edit, edit_measure
from reporting.demo.calendar import Act, Calendar, moment
from reporting.demo.people import People
from reporting.demo.sample import Reply
from reviews.models import Confirmation, ConfirmationResult, ConfirmationState, ReminderKind, ReviewCycle
from reviews.workflow import confirmations
from reviews.workflow.changes import as_reported
from reviews.workflow.confirmations import Answer

Key = TypeVar("Key")

VOID = "void"
DRAFTED = date(2026, 11, 18)
CHANGED = date(2026, 10, 26)
DESCRIPTIONS = {
    "m-dnipro-water": (
        "Fachleute der Stadtentwässerungsbetriebe tauschen sich mit Dnipro über Energie, Wasser und Abwasser aus.",
        "Experts of the municipal drainage operations exchange experience with Dnipro on energy, water and wastewater.",
    ),
    "m-corinto-climate": (
        "Beide Städte arbeiten im Rahmen der kommunalen Klimapartnerschaften an gemeinsamen Vorhaben.",
        "Both cities work on joint projects within the municipal climate partnerships.",
    ),
}
"""What the officer added to measures after their answers were released, so that these are void."""


def answer_all(calendar: Calendar, cycle: ReviewCycle, replies: list[Reply], people: People) -> None:
    """Enter every act of the units in this cycle, and the reminders, into the calendar."""
    rows = Confirmation.objects.filter(cycle=cycle).select_related("unit", "measure", "commitment")
    asked = {(row.unit.key, row.measure.key): row for row in rows if row.measure}
    asked |= {(row.unit.key, row.commitment.key): row for row in rows if row.commitment}
    for number, reply in enumerate(replies):
        _answer(calendar, asked[reply.unit, reply.thing], reply, people, number)
    for (day, unit, by_deputy), together in _grouped(replies, lambda r: (r.submitted_on, r.unit, r.by_deputy)).items():
        plain = [asked[reply.unit, reply.thing] for reply in together if is_plain(reply)]
        if day and plain:
            calendar.add(moment(day, 9, 5), _unchanged(plain, people.of(unit, "deputy" if by_deputy else "contact")))
    for (day, unit), together in _grouped(replies, lambda r: (r.released_on, r.unit)).items():
        if day:
            answered = [asked[reply.unit, reply.thing] for reply in together]
            calendar.add(moment(day, 15, len(answered)), _released(answered, people.of(unit, "releaser")))
    _remind(calendar, cycle, replies, asked)


def is_plain(reply: Reply) -> bool:
    """Just ticked off: unchanged, or a nil return without words."""
    return reply.result in (ConfirmationResult.CONFIRMED, ConfirmationResult.NIL) and not reply.statement_de


def _grouped(replies: list[Reply], key: Callable[[Reply], Key]) -> dict[Key, list[Reply]]:
    found: dict[Key, list[Reply]] = {}
    for reply in replies:
        found.setdefault(key(reply), []).append(reply)
    return found


def _answer(calendar: Calendar, row: Confirmation, reply: Reply, people: People, minute: int) -> None:
    """What happened to one request alone. What was not just ticked off was written as a draft first."""
    actor = people.of(reply.unit, "deputy" if reply.by_deputy else "contact")
    if reply.state == ConfirmationState.DRAFT:
        calendar.add(moment(DRAFTED, 10, minute), _drafted(row, reply, actor))
    if reply.submitted_on and not is_plain(reply):
        calendar.add(moment(reply.submitted_on, 9, minute), _drafted(row, reply, actor))
        submitted = moment(reply.submitted_on, 9, minute + 20)
        calendar.add(submitted, lambda at: confirmations.submit(row, actor=actor, at=at))
    if reply.state == ConfirmationState.RETURNED and reply.submitted_on:
        calendar.add(moment(reply.submitted_on + timedelta(days=1), 14, minute), _returned(row, reply, people))
    if reply.state == VOID and reply.measure:
        calendar.add(moment(CHANGED, 11, minute), _redescribed(reply.measure, reply, people))


def _drafted(row: Confirmation, reply: Reply, actor: User) -> Act:
    def act(at: datetime) -> object:
        new = {field: value for field, (_old, value) in reply.changes.items()}
        measure = Measure.objects.get(pk=row.measure_id) if row.measure_id else None
        changes = as_reported(measure, new) if measure else {}
        answer = Answer(reply.result, reply.statement_de, reply.statement_en, changes)
        return confirmations.save_draft(row, answer, actor=actor, at=at)

    return act


def _unchanged(rows: list[Confirmation], actor: User) -> Act:
    return lambda at: confirmations.submit_unchanged(rows, actor=actor, at=at)


def _released(rows: list[Confirmation], actor: User) -> Act:
    return lambda at: confirmations.release_all(rows, actor=actor, at=at)


def _returned(row: Confirmation, reply: Reply, people: People) -> Act:
    actor = people.of(reply.unit, "releaser")
    return lambda at: confirmations.return_to_contact(
        row, actor=actor, at=at, reason=reply.note_de, reason_en=reply.note_en
    )


def _redescribed(measure: str, reply: Reply, people: People) -> Act:
    german, english = DESCRIPTIONS[measure]
    edit = Edit({"description_de": german, "description_en": english}, reason=reply.note_de)
    return lambda at: edit_measure(Measure.objects.get(key=measure), edit, actor=people["officer"], at=at)


def _remind(
    calendar: Calendar, cycle: ReviewCycle, replies: list[Reply], asked: dict[tuple[str, str], Confirmation]
) -> None:
    sent: dict[tuple[date, ReminderKind], list[Confirmation]] = {}
    for reply in replies:
        row = asked[reply.unit, reply.thing]
        for day in reply.reminders:
            sent.setdefault((day, _kind(cycle, day)), []).append(row)
        if reply.escalated_on:
            sent.setdefault((reply.escalated_on, ReminderKind.ESCALATION), []).append(row)
    for (day, kind), rows in sent.items():
        calendar.add(moment(day, 17), _reminded(cycle, kind, rows))


def _reminded(cycle: ReviewCycle, kind: ReminderKind, rows: list[Confirmation]) -> Act:
    return lambda at: confirmations.remind(cycle, kind, actor=None, at=at, only=rows)


def _kind(cycle: ReviewCycle, day: date) -> ReminderKind:
    if day < cycle.confirm_by:
        return ReminderKind.BEFORE
    return ReminderKind.ON if day == cycle.confirm_by else ReminderKind.AFTER
