"""Erasing content for good: proposed by one office, carried out with the signature of another (GDPR, Article 17).

Content is erased by officer and data protection together; a person who left is pseudonymised by administration and data
protection (``commitments.workflow.leaving``). What stands outside the tables - files, caches, jobs - is removed by a
job that the act asks for, so that it is done even if the server stops in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from commitments.jobs import enqueue
from commitments.ledger import save_as
from commitments.ledger.erasable import REASON, is_final, notice, of_model
from commitments.ledger.erasing import By, Plan, Subject, erase, planned
from commitments.models import (
    Assignment,
    Erasure,
    ErasureKind,
    ErasureState,
    Evidence,
    EvidenceKind,
    Ground,
    Measure,
    User,
)
from commitments.permissions import ALLOWED, Verb, require
from commitments.tracking import tracked_models
from commitments.workflow.steps import day, locked

TRACES = "erase-traces"
"""Kind of the job that removes files, previews, caches and what jobs said."""

FILE = "file"
"""Stands among the columns of evidence for the stored file itself."""

SHORTEST_WORD = 4
NOWHERE = "https://erased.invalid/"
"""An address that leads nowhere (RFC 2606), where a link must have one."""

VERBS = {ErasureKind.CONTENT: Verb.ERASE, ErasureKind.PERSON: Verb.PSEUDONYMISE}


@dataclass(frozen=True)
class Proposal:
    """What is to be erased, on which ground, and why."""

    subjects: Sequence[Subject]
    ground: Ground
    reason: str
    kind: ErasureKind = ErasureKind.CONTENT
    person: User | None = None


@dataclass(frozen=True)
class Done:
    """An erasure that was carried out, with the texts that are gone: for whoever must look for copies of them."""

    erasure: Erasure
    texts: frozenset[str] = field(repr=False)


# What can be erased


def can_be_erased(model: type[models.Model]) -> bool:
    """Whether rows of a model have texts that are kept with a history; people are pseudonymised instead."""
    return bool(tracked_models([model])) and model is not User and not is_final(model) and bool(columns_of(model))


def columns_of(model: type[models.Model]) -> list[str]:
    found = [name for name in of_model(model) if name != "fingerprint"]
    return [*found, FILE] if model is Evidence else found


def subject_of(model: type[models.Model], pk: int, columns: Iterable[str]) -> Subject:
    """A row and what goes in it; with the texts of a measure goes the hash over them."""
    chosen = frozenset(columns) & {*columns_of(model), REASON}
    if model is Measure and chosen & frozenset(Measure.SUBSTANCE):
        chosen |= {"fingerprint"}
    return Subject(model, pk, chosen)


def as_json(subject: Subject) -> dict[str, Any]:
    return {"model": subject.model._meta.label_lower, "row": subject.pk, "columns": sorted(subject.columns)}


def subjects_of(erasure: Erasure) -> list[Subject]:
    return [
        Subject(apps.get_model(each["model"]), each["row"], frozenset(each["columns"])) for each in erasure.subjects
    ]


# Acts


@transaction.atomic
def propose(proposal: Proposal, *, actor: User, at: datetime) -> Erasure:
    """The first signature. Nothing is erased yet, and the proposal says nothing of what is to go."""
    role = require(actor, VERBS[proposal.kind], on=day(at))
    plans = [planned(subject) for subject in proposal.subjects]
    if all(plan.is_empty and not _file_of(plan.subject) for plan in plans):
        raise ValidationError(_("Nothing stands there that could be erased. Choose other columns."))
    if not proposal.reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why this is erased.")})
    _refuse_words({text for plan in plans for text in plan.texts}, proposal.reason)
    row = Erasure(
        kind=proposal.kind,
        ground=proposal.ground,
        reason=proposal.reason.strip(),
        subjects=[as_json(subject) for subject in proposal.subjects],
        person=proposal.person,
        proposed_by=actor,
        proposed_as=role.role,
        proposed_at=at,
    )
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Erasure proposed"), at=at)
    return row


@transaction.atomic
def carry_out(erasure: Erasure, *, actor: User, at: datetime, also: Sequence[Subject] = ()) -> Done:
    """The second signature: the event is entered, then the content is gone for good.

    ``also`` are rows of other apps that hold a copy. Files and caches follow by a job. Call
    ``reporting.erasing.carry_out``, which knows them and locks what was printed.
    """
    row = _waiting(erasure)
    role = _second(row, actor, at)
    plans = [planned(subject) for subject in [*_instead(subjects_of(row), day(at)), *also]]
    row.files = sorted({digest for plan in plans if (digest := _file_of(plan.subject))})
    if all(plan.is_empty for plan in plans) and not row.files:
        raise ValidationError(_("Nothing stands there any more that could be erased. Nothing was changed."))
    row.state, row.signed_by, row.signed_as = ErasureState.CARRIED_OUT, actor, role.role
    row.carried_out_at, row.carried_out_on = at, day(at)
    row.counts = _counts(plans)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Second signature: carried out"), at=at)
    erase(row, plans, By(actor, role.acting_for, _("Erased, erasure no. %(number)s") % {"number": row.pk}, at))
    _withdraw(plans, actor, role.acting_for, at)
    enqueue(TRACES, asked_by=None, erasure=row.pk)
    return Done(row, frozenset(text for plan in plans for text in plan.texts))


@transaction.atomic
def drop(erasure: Erasure, reason: str, *, actor: User, at: datetime) -> Erasure:
    """Either office decides that nothing is erased, and says why."""
    row = _waiting(erasure)
    role = require(actor, VERBS[ErasureKind(row.kind)], on=day(at))
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why nothing is erased.")})
    row.state, row.drop_reason = ErasureState.DROPPED, reason.strip()
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Erasure not carried out"), at=at)
    return row


def may_sign(erasure: Erasure, actor: User, on: date) -> bool:
    """Whether somebody could give the second signature."""
    return erasure.state == ErasureState.PROPOSED and _office(erasure, actor, on) is not None


def _waiting(erasure: Erasure) -> Erasure:
    row = locked(erasure)
    if row.state != ErasureState.PROPOSED:
        raise ValidationError(_("This erasure has been decided already. Nothing was changed."))
    return row


def _second(row: Erasure, actor: User, at: datetime) -> Assignment:
    """The office under which somebody signs; never the one that proposed, and never about oneself."""
    require(actor, VERBS[ErasureKind(row.kind)], on=day(at))
    found = _office(row, actor, day(at))
    if found is None:
        raise PermissionDenied(_("The second signature is given by another person of the other office."))
    return found


def _office(row: Erasure, actor: User, on: date) -> Assignment | None:
    if not actor.is_active or actor.pk in (row.proposed_by_id, row.person_id):
        return None
    held = [role for role in actor.assignments_on(on) if VERBS[ErasureKind(row.kind)] in ALLOWED[role.role]]
    others = [role for role in held if role.role != row.proposed_as and role.acting_for_id != row.proposed_by_id]
    return min(others, key=lambda role: (role.acting_for_id is not None, role.pk), default=None)


# What stands there afterwards


def _instead(subjects: Iterable[Subject], on: date) -> list[Subject]:
    return [Subject(each.model, each.pk, each.columns, instead_of(each, on)) for each in subjects]


def instead_of(subject: Subject, on: date) -> Mapping[str, Any]:
    """Where a notice or nothing cannot stand: keys stay single, a link leads nowhere, a hash follows the text."""
    found: dict[str, Any] = {}
    for name, column in of_model(subject.model).items():
        if column.unique and name in subject.columns:
            found[name] = f"erased-{subject.pk}"
    if subject.model is User:
        found |= pseudonymous(subject.pk, on)
    if subject.model is Evidence and models.QuerySet(Evidence).filter(pk=subject.pk, kind=EvidenceKind.LINK).exists():
        found["url"] = NOWHERE
    if subject.model is Measure and "fingerprint" in subject.columns:
        found["fingerprint"] = substance_after(subject, on)
    return found


def substance_after(subject: Subject, on: date) -> str:
    """The hash of a measure's substance once its texts are gone."""
    measure: Measure = models.QuerySet(Measure).get(pk=subject.pk)
    for name, column in of_model(Measure).items():
        if name in subject.columns and getattr(measure, name):
            setattr(measure, name, notice(column, on))
    running = measure.measure_units.filter(ended_on__isnull=True).select_related("unit")
    return measure.substance([(row.unit.key, row.part) for row in running])


def pseudonymous(pk: int, on: date) -> Mapping[str, Any]:
    """What stands in the row of a person who left: a name that is the same wherever they are mentioned."""
    address = f"person-{pk}@pseudonym.invalid"
    return {"name": f"Person {pk}", "email": address, "is_active": False, "pseudonymised_on": on}


def _withdraw(plans: Iterable[Plan], actor: User, acting_for: User | None, at: datetime) -> None:
    """Evidence without its file, address or number bears nothing out any more."""
    for plan in plans:
        if plan.subject.model is Evidence and plan.subject.columns & {"url", "reference", FILE}:
            row: Evidence = models.QuerySet(Evidence).get(pk=plan.subject.pk)
            if row.withdrawn_on is None:
                row.withdrawn_on = day(at)
                save_as(row, actor=actor, acting_for=acting_for, reason=_("Withdrawn by an erasure"), at=at)


def _file_of(subject: Subject) -> str:
    """The SHA-256 of a stored file that goes with a row."""
    if subject.model is not Evidence or FILE not in subject.columns:
        return ""
    rows: models.QuerySet[Evidence, Any] = models.QuerySet(Evidence)
    return rows.filter(pk=subject.pk, kind=EvidenceKind.FILE).values_list("sha256", flat=True).first() or ""


def _counts(plans: Iterable[Plan]) -> dict[str, list[int]]:
    """By kind of row: how many rows, and how many rows of their history."""
    found: dict[str, list[int]] = {}
    for plan in plans:
        counted = found.setdefault(plan.subject.model._meta.label_lower, [0, 0])
        counted[0] += 1 if plan.live else 0
        counted[1] += len(plan.past)
    return {name: counted for name, counted in found.items() if any(counted)}


def _refuse_words(texts: Iterable[str], reason: str) -> None:
    """The reason stays for ever: it must not say again what goes."""
    said = reason.casefold()
    if any(len(text.strip()) >= SHORTEST_WORD and text.strip().casefold() in said for text in texts):
        raise ValidationError(
            {"reason": _("The reason repeats what is to be erased. It stays: say it without names and without quotes.")}
        )


def erased_file(row: Evidence) -> Erasure | None:
    """The erasure by which the stored file of a piece of evidence went; also where another one still has the same."""
    events = Erasure.objects.carried_out().filter(files__icontains=row.sha256) if row.sha256 else Erasure.objects.none()
    return next((event for event in events if (Evidence, row.pk) in _files_of(event)), None)


def _files_of(event: Erasure) -> set[tuple[type[models.Model], int]]:
    return {(subject.model, subject.pk) for subject in subjects_of(event) if FILE in subject.columns}
