"""A unit's answers: drafted and submitted by its contact, released by its releasing person (rule 3).

Nothing else writes ``Confirmation``, except the opening of a cycle and ``handing_over``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as, save_as
from commitments.models import Assignment, Measure, OrganisationalUnit, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import last_changes, unchanged_since
from reviews.models import (
    ANSWERED,
    Confirmation,
    ConfirmationResult,
    ConfirmationState,
    Reminder,
    ReminderKind,
    ReviewCycle,
)
from reviews.workflow.changes import enter_changes, require_well_formed
from reviews.workflow.steps import NextStates, day_of, locked_cycle, require_next, require_running

NEXT_STATES: NextStates = {
    ConfirmationState.REQUESTED: frozenset({ConfirmationState.DRAFT, ConfirmationState.SUBMITTED}),
    ConfirmationState.DRAFT: frozenset({ConfirmationState.DRAFT, ConfirmationState.SUBMITTED}),
    ConfirmationState.SUBMITTED: frozenset({ConfirmationState.RELEASED, ConfirmationState.RETURNED}),
    ConfirmationState.RETURNED: frozenset({ConfirmationState.DRAFT, ConfirmationState.SUBMITTED}),
    ConfirmationState.RELEASED: frozenset(),
}

STEPS_BACK: NextStates = {
    ConfirmationState.SUBMITTED: frozenset({ConfirmationState.DRAFT}),
    ConfirmationState.RELEASED: frozenset({ConfirmationState.DRAFT}),
}
"""Until the freeze a unit may withdraw its answer."""


@dataclass(frozen=True)
class Answer:
    """What a unit says on one request; ``changes`` as in ``reviews.workflow.changes``.

    ``named_unit`` is the one whose the entry is, where the unit says that it is not its own.
    """

    result: str = ""
    statement_de: str = ""
    statement_en: str = ""
    changes: dict[str, list[Any]] = field(default_factory=dict)
    named_unit: OrganisationalUnit | None = None


@transaction.atomic
def save_draft(
    confirmation: Confirmation, answer: Answer, *, actor: User, at: datetime, seen: int | None = None
) -> Confirmation:
    """Keep an unfinished answer. It does not stop reminders.

    ``seen`` is the history row that the writer saw last: what a colleague saved since is never written over unread.
    """
    row, role = taken(confirmation, Verb.ANSWER, actor=actor, at=at)
    if row.state in ANSWERED:
        raise ValidationError(_("This answer is already submitted. Withdraw it to change it."))
    unchanged_since(row, seen)
    require_next(NEXT_STATES, row.state, ConfirmationState.DRAFT, ConfirmationState)
    _fill_in(row, answer)
    row.state = ConfirmationState.DRAFT
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Draft saved"), at=at)
    return row


@transaction.atomic
def save_drafts(answers: Mapping[Confirmation, Answer], *, actor: User, at: datetime, reason: str) -> int:
    """Keep the unfinished answers of one cycle, all of them or none; the number kept."""
    given = {row.pk: answer for row, answer in answers.items()}
    rows = taken_all(answers, Verb.ANSWER, actor=actor, at=at)
    for row, _role in rows:
        if row.state in ANSWERED:
            raise ValidationError(_("This answer is already submitted. Withdraw it to change it."))
        require_next(NEXT_STATES, row.state, ConfirmationState.DRAFT, ConfirmationState)
        _fill_in(row, given[row.pk])
        row.state = ConfirmationState.DRAFT
    save_all(rows, actor=actor, reason=reason, at=at)
    return len(rows)


@transaction.atomic
def submit(confirmation: Confirmation, answer: Answer | None = None, *, actor: User, at: datetime) -> Confirmation:
    """The first key: the contact gives the answer to the releasing person; without ``answer`` the one drafted."""
    row, role = taken(confirmation, Verb.ANSWER, actor=actor, at=at)
    require_next(NEXT_STATES, row.state, ConfirmationState.SUBMITTED, ConfirmationState)
    if answer is not None:
        _fill_in(row, answer)
    _submitted(row, role, actor=actor, at=at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Answer submitted"), at=at)
    return row


@transaction.atomic
def submit_unchanged(confirmations: Iterable[Confirmation], *, actor: User, at: datetime) -> int:
    """Submit many at once as “unchanged”, or as a nil return where there is no measure; the number submitted."""
    rows = taken_all(confirmations, Verb.ANSWER, actor=actor, at=at)
    for row, role in rows:
        require_next(NEXT_STATES, row.state, ConfirmationState.SUBMITTED, ConfirmationState)
        result = ConfirmationResult.CONFIRMED if row.measure_id else ConfirmationResult.NIL
        _fill_in(row, Answer(result, row.statement_de, row.statement_en))
        _submitted(row, role, actor=actor, at=at)
    save_all(rows, actor=actor, reason=_("Answers submitted together as unchanged"), at=at)
    return len(rows)


@transaction.atomic
def release(confirmation: Confirmation, *, actor: User, at: datetime) -> Confirmation:
    """The second key: the releasing person makes it the unit's answer."""
    row, role = taken(confirmation, Verb.RELEASE_ANSWER, actor=actor, at=at)
    _released(row, role, actor=actor, at=at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Answer released"), at=at)
    return row


@transaction.atomic
def release_all(confirmations: Iterable[Confirmation], *, actor: User, at: datetime) -> int:
    """Release many at once; the number released."""
    rows = taken_all(confirmations, Verb.RELEASE_ANSWER, actor=actor, at=at)
    for row, role in rows:
        _released(row, role, actor=actor, at=at)
    save_all(rows, actor=actor, reason=_("Answers released together"), at=at)
    return len(rows)


@transaction.atomic
def release_seen(
    seen: Mapping[Confirmation, int | None], *, actor: User, at: datetime
) -> tuple[int, list[Confirmation]]:
    """Release those that still stand as they were seen (rule 3); their number, and those that changed since.

    ``seen`` is ``last_change`` of each when the releasing person read it, None where that is not known.
    """
    rows = taken_all(seen, Verb.RELEASE_ANSWER, actor=actor, at=at)
    known = {row.pk: number for row, number in seen.items()}
    now = last_changes([row for row, _role in rows])
    same = [(row, role) for row, role in rows if now[row.pk] == known[row.pk]]
    for row, role in same:
        _released(row, role, actor=actor, at=at)
    save_all(same, actor=actor, reason=_("Answers released together"), at=at)
    return len(same), [row for row, _role in rows if now[row.pk] != known[row.pk]]


@transaction.atomic
def return_to_contact(
    confirmation: Confirmation, *, actor: User, at: datetime, reason: str, reason_en: str = ""
) -> Confirmation:
    """The releasing person gives a submitted answer back with what is to be put right."""
    row, role = taken(confirmation, Verb.RELEASE_ANSWER, actor=actor, at=at)
    require_next(NEXT_STATES, row.state, ConfirmationState.RETURNED, ConfirmationState)
    row.state = ConfirmationState.RETURNED
    row.return_note_de, row.return_note_en = reason, reason_en
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def withdraw(confirmation: Confirmation, *, actor: User, at: datetime, reason: str) -> Confirmation:
    """The contact takes a submitted or released answer back until the freeze; it is a draft again."""
    row, role = taken(confirmation, Verb.ANSWER, actor=actor, at=at)
    require_next(STEPS_BACK, row.state, ConfirmationState.DRAFT, ConfirmationState)
    row.state = ConfirmationState.DRAFT
    row.submitted_at = row.submitted_by = row.submitted_for = None
    row.released_at = row.released_by = row.released_for = None
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def ask_again(confirmation: Confirmation, *, actor: User, at: datetime) -> Confirmation:
    """Ask anew where the measure was changed after the answer (rule 4); the new request follows the void answer."""
    row, role = taken(confirmation, Verb.ASK_AGAIN, actor=actor, at=at)
    if not is_void(row):
        raise ValidationError(_("This answer still holds: the measure has not been changed since."))
    again = following(row, row.unit, at=at)
    reason = _("Asked again, because the measure was changed after the answer")
    save_as(again, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return again


@transaction.atomic
def apply_changes(confirmation: Confirmation, *, actor: User, at: datetime) -> list[str]:
    """The officer enters a released answer's pending changes into the register; the fields that changed.

    The unit's own answer stays valid, because it said so itself; other units' answers on the measure become void.
    After the freeze the register is changed all the same, and the frozen answer stays as it was.
    """
    cycle = locked_cycle(confirmation.cycle_id)
    row = _locked(confirmation.pk)
    role = require(actor, Verb.APPLY_CHANGES, row, on=day_of(at))
    if row.measure_id is None or row.state != ConfirmationState.RELEASED:
        raise ValidationError(_("Only the changes of a released answer can be entered into the register."))
    if Confirmation.objects.filter(follows=row).exists():
        raise ValidationError(_("The unit was asked again. Enter the changes of its new answer."))
    measure = Measure.objects.select_for_update(of=("self",)).get(pk=row.measure_id)
    held = row.fingerprint == measure.fingerprint
    changed = enter_changes(row, measure, actor=actor, acting_for=role.acting_for, at=at)
    if not changed:
        raise ValidationError(_("There is nothing to enter: the register already says what the unit reported."))
    if held and not cycle.is_final:
        row.fingerprint = measure.fingerprint
        save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Its changes are in the register"), at=at)
    return changed


@transaction.atomic
def remind(
    cycle: ReviewCycle,
    kind: ReminderKind,
    *,
    actor: User | None,
    at: datetime,
    only: Iterable[Confirmation] | None = None,
) -> list[Reminder]:
    """Note a reminder for every request that is unanswered or whose answer is void, or for those given alone.

    A draft does not stop reminders, a submitted answer does (rule 6). On one day nobody gets the same one twice.
    ``actor`` is None where the schedule reminds.
    """
    cycle = locked_cycle(cycle.pk)
    on = day_of(at)
    acting_for = require(actor, Verb.ASK_AGAIN, on=on).acting_for if actor else None
    require_running(cycle)
    open_ = Confirmation.objects.current().with_void().filter(~Q(state__in=ANSWERED) | Q(is_void=True), cycle=cycle)
    open_ = open_.exclude(reminders__in=Reminder.objects.filter(cycle=cycle, kind=kind, sent_on=on))
    if only is not None:
        open_ = open_.filter(pk__in=[confirmation.pk for confirmation in only])
    rows = [Reminder(cycle=cycle, confirmation=row, kind=kind, sent_on=on) for row in open_.order_by("pk")]
    save_all_as(rows, actor=actor, acting_for=acting_for, reason=str(kind.label), at=at)
    return rows


def is_void(confirmation: Confirmation) -> bool:
    """Whether the measure's substance changed after the answer (rule 4)."""
    return Confirmation.objects.void().filter(pk=confirmation.pk).exists()


def _locked(pk: int) -> Confirmation:
    rows = Confirmation.objects.select_for_update(of=("self",))
    return rows.select_related("cycle", "unit", "measure", "commitment").get(pk=pk)


def taken(confirmation: Confirmation, verb: Verb, *, actor: User, at: datetime) -> tuple[Confirmation, Assignment]:
    """The row, locked, with the role under which the actor may do this; the cycle runs."""
    cycle = locked_cycle(confirmation.cycle_id)
    row = _locked(confirmation.pk)
    role = require(actor, verb, row, on=day_of(at))
    require_running(cycle)
    _require_current([row])
    return row, role


def taken_all(
    confirmations: Iterable[Confirmation], verb: Verb, *, actor: User, at: datetime
) -> list[tuple[Confirmation, Assignment]]:
    """The rows of one cycle, locked in one query, each with the role of its unit."""
    wanted = list(confirmations)
    if not wanted:
        raise ValidationError(_("Choose at least one answer."))
    if len({row.cycle_id for row in wanted}) > 1:
        raise ValidationError(_("Choose answers of one review cycle."))
    cycle = locked_cycle(wanted[0].cycle_id)
    locked = Confirmation.objects.select_for_update(of=("self",)).filter(pk__in=[row.pk for row in wanted])
    rows = list(locked.select_related("cycle", "unit", "measure").order_by("pk"))
    roles = {unit: require(actor, verb, row, on=day_of(at)) for unit, row in {row.unit_id: row for row in rows}.items()}
    require_running(cycle)
    _require_current(rows)
    return [(row, roles[row.unit_id]) for row in rows]


def _require_current(rows: list[Confirmation]) -> None:
    later = Confirmation.objects.filter(follows__in=rows).select_related("unit", "follows").first()
    if later is None or later.follows is None:
        return
    if later.unit_id != later.follows.unit_id:
        sentence = _("“%(unit)s” is asked about this now. Your unit's answer stays in the history.")
        raise ValidationError(sentence, params={"unit": later.unit.name_de})
    if later.return_note_de:
        raise ValidationError(_("This was asked again by the human-rights officer. Please answer the new request."))
    raise ValidationError(_("This was asked again after the measure was changed. Please answer the new request."))


def following(row: Confirmation, unit: OrganisationalUnit, *, at: datetime) -> Confirmation:
    """A new request about the same thing, to this unit or another one, that follows the row."""
    asked = Confirmation.objects.filter(cycle=row.cycle, unit=unit, measure=row.measure, commitment=row.commitment)
    numbers = [row.number, *asked.values_list("number", flat=True)]
    return Confirmation(
        cycle=row.cycle,
        unit=unit,
        measure=row.measure,
        commitment=row.commitment,
        part=row.part,
        follows=row,
        number=max(numbers) + 1,
        fingerprint=_fingerprint(row),
        requested_at=at,
    )


def _fill_in(row: Confirmation, answer: Answer) -> None:
    require_well_formed(answer.changes)
    row.result = answer.result
    row.named_unit = answer.named_unit if answer.result == ConfirmationResult.NOT_OURS else None
    row.statement_de, row.statement_en = answer.statement_de, answer.statement_en
    row.changes = answer.changes


def _fingerprint(row: Confirmation) -> str:
    return row.measure.fingerprint if row.measure else ""


def _submitted(row: Confirmation, role: Assignment, *, actor: User, at: datetime) -> None:
    if row.result == ConfirmationResult.CHANGED and not (row.changes or row.statement_de):
        raise ValidationError(_("Say what has changed before you submit the answer."))
    if row.changes and row.result != ConfirmationResult.CHANGED:
        raise ValidationError(_("You report changes: choose “Changed” as the answer, or take the changes out."))
    row.state = ConfirmationState.SUBMITTED
    row.fingerprint = _fingerprint(row)
    row.submitted_at, row.submitted_by, row.submitted_for = at, actor, role.acting_for
    row.return_note_de = row.return_note_en = ""


def _released(row: Confirmation, role: Assignment, *, actor: User, at: datetime) -> None:
    require_next(NEXT_STATES, row.state, ConfirmationState.RELEASED, ConfirmationState)
    if row.fingerprint != _fingerprint(row):
        raise ValidationError(
            _("The measure was changed after this answer was submitted. Return it, so that it is answered anew.")
        )
    row.state = ConfirmationState.RELEASED
    row.released_at, row.released_by, row.released_for = at, actor, role.acting_for


def save_all(rows: list[tuple[Confirmation, Assignment]], *, actor: User, reason: str, at: datetime) -> None:
    """Write rows in one batch for each person acted for."""
    for acting_for in {role.acting_for for _row, role in rows}:
        batch = [row for row, role in rows if role.acting_for == acting_for]
        save_all_as(batch, actor=actor, acting_for=acting_for, reason=reason, at=at)
