"""Corrections of a released edition: entered by one person, decided by another, published together as an erratum.

A proposal is a row with states; what is approved becomes a ``Correction``, which is only ever added. The erratum
edition is the stored content of the edition it corrects with the corrections laid over it, never today's register.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.ledger import save_as
from commitments.models import Commitment, Engagement, Measure, User
from commitments.permissions import Verb, require
from reporting.content.correcting import NotCorrectable, Targets, checked, kind_of, laid_over
from reporting.locking import holds_erased, holds_protected
from reporting.models import Correction, CorrectionState, EditionState, ProposedCorrection, ReportEdition, Volume
from reporting.printing import content_of
from reporting.workflow.editions import Contents, fact_of, mark_published, publish
from reporting.workflow.steps import locked_edition
from reviews.workflow.steps import NextStates, day_of, locked_cycle, require_next

NEXT_CORRECTION: NextStates = {
    CorrectionState.PROPOSED: frozenset({CorrectionState.APPROVED, CorrectionState.DECLINED}),
    CorrectionState.APPROVED: frozenset({CorrectionState.PUBLISHED}),
    CorrectionState.DECLINED: frozenset(),
    CorrectionState.PUBLISHED: frozenset(),
}


@dataclass(frozen=True)
class Error:
    """An error in an edition: the place, what its finder saw there, what should stand there, and why."""

    target: str
    field: str
    seen: str
    new: str
    reason: str


@transaction.atomic
def propose_correction(edition: ReportEdition, error: Error, *, actor: User, at: datetime) -> ProposedCorrection:
    """Enter a correction of the valid edition. Another person decides on it."""
    edition = locked_edition(edition)
    role = require(actor, Verb.CORRECT_EDITION, on=day_of(at))
    _require_valid(edition)
    targets = Targets(content_of(edition))
    try:
        place = targets.place(error.target, error.field)
        if _lines(error.seen) != _lines(place.value):
            raise NotCorrectable("stale")
        new = checked(place, targets.rows[error.target], error.new)
    except NotCorrectable as refusal:
        raise ValidationError(refused(refusal), code=refusal.code) from refusal
    proposal = ProposedCorrection(
        edition=edition,
        target=error.target,
        field=error.field,
        old=place.value,
        new=new,
        reason=error.reason.strip(),
        entered_by=actor,
        entered_on=day_of(at),
        **_about(error.target, targets),
    )
    save_as(proposal, actor=actor, reason=proposal.reason, at=at, acting_for=role.acting_for)
    return proposal


@transaction.atomic
def approve_correction(proposal: ProposedCorrection, *, actor: User, at: datetime) -> Correction:
    """The second signature: the correction stands, and waits for the edition that prints it."""
    proposal, reason = _decided(proposal, CorrectionState.APPROVED, actor, at), _("Correction approved")
    _require_valid(proposal.edition)
    role = require(actor, Verb.DECIDE_CORRECTION, on=day_of(at))
    save_as(proposal, actor=actor, reason=reason, at=at, acting_for=role.acting_for)
    correction = Correction(
        edition=proposal.edition,
        target=proposal.target,
        field=proposal.field,
        old=proposal.old,
        new=proposal.new,
        reason=proposal.reason,
        entered_by=proposal.entered_by,
        approved_by=actor,
        corrected_on=day_of(at),
        proposal=proposal,
    )
    save_as(correction, actor=actor, reason=reason, at=at, acting_for=role.acting_for)
    return correction


@transaction.atomic
def decline_correction(proposal: ProposedCorrection, *, actor: User, at: datetime, reason: str) -> ProposedCorrection:
    """Say no, with the reason. The edition stays as it is."""
    proposal = _decided(proposal, CorrectionState.DECLINED, actor, at)
    role = require(actor, Verb.DECIDE_CORRECTION, on=day_of(at))
    proposal.refusal = reason.strip()
    save_as(proposal, actor=actor, reason=proposal.refusal, at=at, acting_for=role.acting_for)
    return proposal


@transaction.atomic
def release_erratum(edition: ReportEdition, *, actor: User, at: datetime) -> ReportEdition:
    """Publish the approved corrections as a new edition, which supersedes the one that they correct."""
    cycle = locked_cycle(edition.cycle_id)
    edition = locked_edition(edition)
    role = require(actor, Verb.RELEASE_EDITION, on=day_of(at))
    _require_valid(edition)
    if cycle.editions.filter(state=EditionState.DRAFT).exists():
        raise ValidationError(_("There is a draft edition of this report. Release that one; it holds the corrections."))
    rows = edition.proposed_corrections.filter(state=CorrectionState.APPROVED).select_for_update(of=("self",))
    approved = list(rows.order_by("pk"))
    if not approved:
        raise ValidationError(_("No correction is approved that is not published yet."))
    people = {row.entered_by_id for row in approved}
    people |= {row.history.earliest().acting_for_id for row in approved}
    if {actor.pk, role.acting_for_id} & people - {None}:
        raise ValidationError(_("Whoever entered a correction cannot release the edition that prints it."))
    reason = ngettext(
        "Corrects an error in edition %(edition)s", "Corrects %(count)s errors in edition %(edition)s", len(approved)
    )
    erratum = ReportEdition(
        cycle=cycle,
        number=(cycle.editions.aggregate(last=Max("number"))["last"] or 0) + 1,
        reason=reason % {"count": len(approved), "edition": edition.number},
        prepared_by=approved[-1].entered_by,
    )
    save_as(erratum, actor=actor, reason=erratum.reason, at=at, acting_for=role.acting_for)
    corrections = edition.corrections.filter(proposal__in=approved).select_related("edition").order_by("pk")
    facts = [fact_of(row) for row in corrections]
    try:
        public = laid_over(content_of(edition), facts)
    except NotCorrectable as refusal:
        raise ValidationError(refused(refusal), code=refusal.code) from refusal
    council = content_of(edition, Volume.COUNCIL) if edition.council_content_file else None
    contents = Contents(public, council).corrected(facts)
    erratum = publish(locked_edition(erratum), contents, role=role, actor=actor, at=at)
    for row in approved:
        require_next(NEXT_CORRECTION, row.state, CorrectionState.PUBLISHED, CorrectionState)
        mark_published(row, erratum, actor=actor, at=at)
    return erratum


def refused(refusal: NotCorrectable) -> str:
    """What is wrong with a correction, and what to do."""
    return {
        "target": _("The edition has no such entry. Choose one from the list."),
        "field": _("This cannot be corrected in a report. Choose a place from the list."),
        "stale": _("Something else stands there now than what you saw. Read the edition again, then correct it."),
        "unchanged": _("This is what stands there already. Enter what should stand there instead."),
        "empty": _("This place cannot be left empty. Enter what should stand there."),
        "unprintable": _("This text holds control characters that cannot be printed. Paste it again as plain text."),
        "long": _("This text is too long. Titles have at most 300 characters, texts 50,000."),
        "lines": _("This place holds one line. Remove the line breaks."),
        "code": _("This value is not one of those that can be chosen here."),
        "date": _("This is no date. Enter it as precisely as it is known: 2022, 2022-11 or 2022-11-28."),
        "order": _("The end would lie before the beginning."),
    }[refusal.code]


def _decided(proposal: ProposedCorrection, to: CorrectionState, actor: User, at: datetime) -> ProposedCorrection:
    """The proposal, locked, in its new state and not saved yet."""
    locked_edition(proposal.edition)
    rows = ProposedCorrection.objects.select_for_update(of=("self",)).select_related("edition", "entered_by")
    proposal = rows.get(pk=proposal.pk)
    role = require(actor, Verb.DECIDE_CORRECTION, on=day_of(at))
    require_next(NEXT_CORRECTION, proposal.state, to, CorrectionState)
    if {actor.pk, role.acting_for_id} & {proposal.entered_by_id, proposal.history.earliest().acting_for_id} - {None}:
        raise ValidationError(_("Whoever entered a correction cannot decide on it."))
    proposal.state, proposal.decided_by, proposal.decided_on = to, actor, day_of(at)
    return proposal


def _require_valid(edition: ReportEdition) -> None:
    if edition.state != EditionState.RELEASED or not edition.released_at:
        raise ValidationError(_("Only the edition that is valid now can be corrected. Nothing was changed."))
    if holds_erased(edition) or holds_protected(edition.released_at):
        raise ValidationError(
            _("This edition holds what may not be shown any more. Release a redacted edition first, then correct it.")
        )


def _about(target: str, targets: Targets) -> dict[str, Any]:
    """The rows of the register that an entry of the content tells of."""
    row, kind = targets.rows[target], kind_of(target)
    found: dict[str, Any] = {}
    if kind == "measure":
        found["measure"] = Measure.objects.filter(reference=row.reference).first()
    if kind in ("commitment", "follow-up"):
        reference = row.reference if kind == "commitment" else row.commitment
        found["commitment"] = Commitment.objects.filter(reference=reference).first()
    if kind == "engagement":
        found["engagement"] = Engagement.objects.filter(key=row.key).first()
    return found


def _lines(value: str) -> str:
    """Browsers send line ends of their own."""
    return value.replace("\r\n", "\n").strip()
