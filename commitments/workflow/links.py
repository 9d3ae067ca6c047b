"""What a measure serves: links are proposed, accepted, changed and ended, each with its reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Commitment, LinkState, Measure, MeasureLink, MeasureProvision, Provision, User
from commitments.permissions import Verb, can, require
from commitments.workflow.steps import apply, day, locked

Link = MeasureLink | MeasureProvision
AnyLink = TypeVar("AnyLink", bound=MeasureLink | MeasureProvision)

NEXT_STATES: dict[str, frozenset[str]] = {
    LinkState.PROPOSED: frozenset({LinkState.ACCEPTED, LinkState.ENDED}),
    LinkState.ACCEPTED: frozenset({LinkState.ENDED}),
    LinkState.ENDED: frozenset(),
}


@dataclass(frozen=True)
class Reasons:
    """How a measure contributes, and why that can be said."""

    contribution: str
    rationale_de: str
    rationale_en: str = ""

    def as_columns(self) -> dict[str, str]:
        return {
            "contribution": self.contribution,
            "rationale_de": self.rationale_de,
            "rationale_en": self.rationale_en,
        }


@transaction.atomic
def propose_link(
    measure: Measure, target: Commitment | Provision, reasons: Reasons, *, actor: User, at: datetime
) -> Link:
    """Propose that a measure serves a commitment or provision: the officer for any, a contact for their unit's."""
    measure = locked(measure)
    role = require(actor, Verb.PROPOSE_LINK, measure, on=day(at))
    link: Link
    if isinstance(target, Commitment):
        link = MeasureLink(measure=measure, commitment=target, **reasons.as_columns())
    else:
        link = MeasureProvision(measure=measure, provision=target, **reasons.as_columns())
    save_as(link, actor=actor, acting_for=role.acting_for, reason=_("Link proposed"), at=at)
    return link


@transaction.atomic
def accept_link(link: AnyLink, *, actor: User, at: datetime) -> AnyLink:
    link = locked(link)
    role = require(actor, Verb.ACCEPT_LINK, link.measure, on=day(at))
    _move(link, LinkState.ACCEPTED)
    save_as(link, actor=actor, acting_for=role.acting_for, reason=_("Link accepted"), at=at)
    return link


@transaction.atomic
def add_link(measure: Measure, target: Commitment | Provision, reasons: Reasons, *, actor: User, at: datetime) -> Link:
    """Propose a link, and accept it at once where the same person may."""
    link = propose_link(measure, target, reasons, actor=actor, at=at)
    if can(actor, Verb.ACCEPT_LINK, measure, on=day(at)):
        return accept_link(link, actor=actor, at=at)
    return link


def may_change_link(user: User, link: Link, *, on: date) -> bool:
    """The officer may change every link, a contact those that their unit's measure has proposed only."""
    if link.state == LinkState.ENDED:
        return False
    if can(user, Verb.ACCEPT_LINK, link.measure, on=on):
        return True
    return link.state == LinkState.PROPOSED and can(user, Verb.PROPOSE_LINK, link.measure, on=on)


@transaction.atomic
def change_link(link: AnyLink, reasons: Reasons, *, actor: User, at: datetime, reason: str) -> AnyLink:
    link = locked(link)
    acting_for = _require_change(link, actor, at)
    if link.state == LinkState.ENDED:
        raise ValidationError(_("This link has ended and can no longer be changed."))
    apply(link, reasons.as_columns())
    save_as(link, actor=actor, acting_for=acting_for, reason=reason, at=at)
    return link


@transaction.atomic
def end_link(link: AnyLink, *, actor: User, at: datetime, reason: str) -> AnyLink:
    """A link is never deleted: it ends, with a reason (rule 11)."""
    link = locked(link)
    acting_for = _require_change(link, actor, at)
    _move(link, LinkState.ENDED)
    save_as(link, actor=actor, acting_for=acting_for, reason=reason, at=at)
    return link


@transaction.atomic
def accept_links(links: Iterable[Link], *, actor: User, at: datetime) -> list[Link]:
    """Accept several proposals in one act: all of them, or none."""
    return [accept_link(link, actor=actor, at=at) for link in links]


@transaction.atomic
def decline_links(links: Iterable[Link], *, actor: User, at: datetime, reason: str) -> list[Link]:
    """Several proposals are not taken, for one reason; each stays in the history with it (rule 11)."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why the proposals are declined.")})
    declined = []
    for link in links:
        if link.state != LinkState.PROPOSED:
            raise ValidationError(_("This link is no longer a proposal. Load the page again."))
        require(actor, Verb.ACCEPT_LINK, link.measure, on=day(at))
        declined.append(end_link(link, actor=actor, at=at, reason=reason))
    return declined


def _require_change(link: Link, actor: User, at: datetime) -> User | None:
    """Whom the actor acts for; raises PermissionDenied where they may not change the link."""
    own = link.state == LinkState.PROPOSED and not can(actor, Verb.ACCEPT_LINK, link.measure, on=day(at))
    return require(actor, Verb.PROPOSE_LINK if own else Verb.ACCEPT_LINK, link.measure, on=day(at)).acting_for


def _move(link: Link, to: LinkState) -> None:
    if to not in NEXT_STATES[link.state]:
        raise ValidationError(
            _("A link that is %(state)s cannot become %(next)s.")
            % {"state": link.get_state_display().lower(), "next": to.label.lower()}
        )
    link.state = to
