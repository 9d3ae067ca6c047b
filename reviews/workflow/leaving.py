"""What a person who leaves holds of the reviews: entries that somebody must take over, and addresses of mails."""

from datetime import date

from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import Assignment, OrganisationalUnit, Role, UnitSuccession, User
from reviews.models import FINAL_STATES, Assessment, AssessmentState, Confirmation, FollowUp, FollowUpState, Mail

UNDER_WAY = (AssessmentState.DRAFT, AssessmentState.RETURNED, AssessmentState.SUBMITTED)


def obstacles(person: User, on: date) -> list[str]:
    """Open requests, promises and assessments of which nobody else would take care, in sentences."""
    held = person.assignments.filter(role__in=(Role.CONTACT, Role.RELEASER), unit__isnull=False)
    units = set(held.values_list("unit_id", flat=True)) - _cared_for(person, on)
    found = []
    for unit in OrganisationalUnit.objects.filter(pk__in=units).order_by("name_de"):
        requests = Confirmation.objects.current().unanswered().filter(unit=unit).exclude(cycle__state__in=FINAL_STATES)
        promises = FollowUp.objects.filter(unit=unit, state=FollowUpState.OPEN)
        if requests.exists() or promises.exists():
            name = {"unit": texts.localized(unit, "name")}
            found.append(_("Nobody else answers for %(unit)s, which has open entries. Name a contact first.") % name)
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
