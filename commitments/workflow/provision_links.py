"""How provisions of different versions and instruments belong together: typed links, each with its reason."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as, save_as
from commitments.models import InstrumentVersion, Provision, ProvisionLink, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since


@dataclass(frozen=True)
class Kinship:
    """What is said of two provisions, read from the first to the second."""

    relation: str
    note: str = ""


@transaction.atomic
def link_provisions(
    source: Provision, target: Provision, kinship: Kinship, *, actor: User, at: datetime
) -> ProvisionLink:
    """Say how one provision relates to another; between two of them one link runs, from whichever end it was made."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if ProvisionLink.objects.current().filter(source=target, target=source).exists():
        raise ValidationError({"target": _("These two provisions are already linked.")})
    link = ProvisionLink(source=source, target=target, relation=kinship.relation, note=kinship.note)
    save_as(link, actor=actor, acting_for=role.acting_for, reason=_("Provisions linked"), at=at)
    return link


@transaction.atomic
def change_provision_link(link: ProvisionLink, edit: Edit, *, actor: User, at: datetime) -> ProvisionLink:
    link = _running(link)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    unchanged_since(link, edit.seen)
    apply(link, edit.changes)
    save_as(link, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return link


@transaction.atomic
def end_provision_link(link: ProvisionLink, *, actor: User, at: datetime, reason: str) -> ProvisionLink:
    """A link is never deleted: it ends, with a reason (rule 11)."""
    link = _running(link)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    link.ended_on = day(at)
    save_as(link, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return link


def _running(link: ProvisionLink) -> ProvisionLink:
    link = locked(link)
    if link.ended_on is not None:
        raise ValidationError(_("This link has ended and can no longer be changed."))
    return link


@transaction.atomic
def link_same_numbers(
    version: InstrumentVersion, kinship: Kinship, *, actor: User, at: datetime
) -> list[ProvisionLink]:
    """Map a version to the one before it by number alone, where a provision has no counterpart there yet."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    old = {row.number: row for row in Provision.objects.filter(version=version.replaces)}
    mapped = Q(links__target__in=old.values(), links__ended_on__isnull=True)
    mapped |= Q(backlinks__source__in=old.values(), backlinks__ended_on__isnull=True)
    done = set(version.provisions.filter(mapped).values_list("pk", flat=True))
    links = [
        ProvisionLink(source=row, target=old[row.number], relation=kinship.relation, note=kinship.note)
        for row in version.provisions.order_by("order")
        if row.number in old and row.pk not in done
    ]
    if not links:
        raise ValidationError(_("There is no provision left whose number also stands in the older version."))
    save_all_as(links, actor=actor, acting_for=role.acting_for, reason=_("Mapped by number"), at=at)
    return links
