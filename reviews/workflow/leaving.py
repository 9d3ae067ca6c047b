"""What a person who leaves holds of the reviews: entries that somebody must take over, and addresses of mails."""

from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import Assignment, OrganisationalUnit, Role, UnitSuccession, User
from reviews.models import FINAL_STATES, Assessment, AssessmentState, Confirmation, FollowUp, FollowUpState, Mail

UNDER_WAY = (AssessmentState.DRAFT, AssessmentState.RETURNED, AssessmentState.SUBMITTED)


def obstacles(person: User, on: date) -> list[str]:
    """Open requests, promises and assessments of which nobody else would take care, in sentences."""
    held = {role.unit_id for role in person.assignments.all() if role.role in (Role.CONTACT, Role.RELEASER)}
    alone = held - _cared_for(person, on)
    requests = Confirmation.objects.current().unanswered().filter(unit__in=alone).exclude(cycle__state__in=FINAL_STATES)
    promises = FollowUp.objects.filter(unit__in=alone, state=FollowUpState.OPEN)
    open_at = OrganisationalUnit.objects.filter(
        Q(pk__in=requests.order_by().values("unit")) | Q(pk__in=promises.order_by().values("unit"))
    )
    found = [
        _("Nobody else answers for %(unit)s, which has open entries. Name a contact first.")
        % {"unit": texts.localized(unit, "name")}
        for unit in open_at.order_by("name_de")
    ]
    written = Assessment.objects.filter(author=person, state__in=UNDER_WAY).exclude(cycle__state__in=FINAL_STATES)
    others = User.objects.holding(Role.OFFICER, on).exclude(pk=person.pk)
    if written.exists() and not others.exists():
        found.append(_("Assessments of this person are under way, and there is no other human-rights officer."))
    return found


def _cared_for(person: User, on: date) -> frozenset[int]:
    """The units for which another active contact answers, with those that they succeeded (rule 7)."""
    roles = Assignment.objects.valid(on).filter(role=Role.CONTACT, user__is_active=True).exclude(user=person)
    return UnitSuccession.with_predecessors(unit for unit in roles.values_list("unit_id", flat=True) if unit)


def forget_addresses(person: User) -> int:
    """The log keeps that a mail went out and when; where to, and what it said, goes."""
    return Mail.objects.filter(person=person).update(address="", subject="", text="", error="", message_id="")
