"""Who may do what: one vocabulary of verbs for all apps, one table, one question.

Two questions are kept apart. *May you see it?* is asked of a queryset, ``visible_to(user)``, and answers 404.
*May you do it?* is asked here and answers 403.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.models.people import Assignment, Role, User


class Verb(StrEnum):
    EDIT_REGISTER = "edit register"
    PROPOSE_MEASURE = "propose measure"
    PROPOSE_LINK = "propose link"
    ADD_EVIDENCE = "add evidence"
    ENTER_VALUE = "enter value"
    ACCEPT_LINK = "accept link"
    GIVE_GAP_REASON = "give gap reason"
    IMPORT = "import"
    EXPORT = "export"
    PLAN_CYCLE = "plan cycle"
    OPEN_CYCLE = "open cycle"
    ANSWER = "answer"
    RELEASE_ANSWER = "release answer"
    ASK_AGAIN = "ask again"
    APPLY_CHANGES = "apply changes"
    ASSESS = "assess"
    DECIDE_ASSESSMENT = "decide assessment"
    LOG_REVIEW = "log review"
    KEEP_FOLLOW_UP = "keep follow-up"
    FREEZE_CYCLE = "freeze cycle"
    UNDO_FREEZE = "undo freeze"
    WRITE_REPORT_TEXT = "write report text"
    PREPARE_EDITION = "prepare edition"
    RELEASE_EDITION = "release edition"
    CORRECT_EDITION = "correct edition"
    DECIDE_CORRECTION = "decide correction"
    DRAW_SHEET = "draw sheet"
    READ_LEDGER = "read ledger"
    GRANT_PROTECTED = "grant protected"
    ERASE = "erase"
    PSEUDONYMISE = "pseudonymise"
    MANAGE_PEOPLE = "manage people"


LABELS = {
    Verb.EDIT_REGISTER: gettext_lazy("change the register"),
    Verb.PROPOSE_MEASURE: gettext_lazy("propose a measure"),
    Verb.PROPOSE_LINK: gettext_lazy("propose a link"),
    Verb.ADD_EVIDENCE: gettext_lazy("add evidence"),
    Verb.ENTER_VALUE: gettext_lazy("enter the value of an indicator"),
    Verb.ACCEPT_LINK: gettext_lazy("accept a link"),
    Verb.GIVE_GAP_REASON: gettext_lazy("give the reason for a gap"),
    Verb.IMPORT: gettext_lazy("import data"),
    Verb.EXPORT: gettext_lazy("export data"),
    Verb.PLAN_CYCLE: gettext_lazy("plan a review cycle"),
    Verb.OPEN_CYCLE: gettext_lazy("open a review cycle"),
    Verb.ANSWER: gettext_lazy("answer for this unit"),
    Verb.RELEASE_ANSWER: gettext_lazy("release this unit's answers"),
    Verb.ASK_AGAIN: gettext_lazy("ask a unit again"),
    Verb.APPLY_CHANGES: gettext_lazy("enter reported changes into the register"),
    Verb.ASSESS: gettext_lazy("assess a commitment"),
    Verb.DECIDE_ASSESSMENT: gettext_lazy("approve or return an assessment"),
    Verb.LOG_REVIEW: gettext_lazy("write a review entry"),
    Verb.KEEP_FOLLOW_UP: gettext_lazy("keep the follow-up"),
    Verb.FREEZE_CYCLE: gettext_lazy("freeze the cycle"),
    Verb.UNDO_FREEZE: gettext_lazy("undo the freeze"),
    Verb.WRITE_REPORT_TEXT: gettext_lazy("write texts of the report"),
    Verb.PREPARE_EDITION: gettext_lazy("prepare a report"),
    Verb.RELEASE_EDITION: gettext_lazy("release a report"),
    Verb.CORRECT_EDITION: gettext_lazy("correct a released report"),
    Verb.DECIDE_CORRECTION: gettext_lazy("decide on a correction"),
    Verb.DRAW_SHEET: gettext_lazy("have this sheet drawn"),
    Verb.READ_LEDGER: gettext_lazy("read the audit ledger"),
    Verb.GRANT_PROTECTED: gettext_lazy("give access to protected content"),
    Verb.ERASE: gettext_lazy("erase content"),
    Verb.PSEUDONYMISE: gettext_lazy("pseudonymise a person"),
    Verb.MANAGE_PEOPLE: gettext_lazy("manage people and units"),
}

ALLOWED: dict[str, frozenset[Verb]] = {
    Role.OFFICER: frozenset(
        {
            Verb.EDIT_REGISTER,
            Verb.PROPOSE_MEASURE,
            Verb.PROPOSE_LINK,
            Verb.ACCEPT_LINK,
            Verb.ADD_EVIDENCE,
            Verb.ENTER_VALUE,
            Verb.GIVE_GAP_REASON,
            Verb.IMPORT,
            Verb.EXPORT,
            Verb.PLAN_CYCLE,
            Verb.OPEN_CYCLE,
            Verb.ASK_AGAIN,
            Verb.APPLY_CHANGES,
            Verb.ASSESS,
            Verb.LOG_REVIEW,
            Verb.KEEP_FOLLOW_UP,
            Verb.FREEZE_CYCLE,
            Verb.WRITE_REPORT_TEXT,
            Verb.PREPARE_EDITION,
            Verb.CORRECT_EDITION,
            Verb.DRAW_SHEET,
            Verb.READ_LEDGER,
            Verb.GRANT_PROTECTED,
            Verb.ERASE,
        }
    ),
    Role.APPROVER: frozenset(
        {
            Verb.DECIDE_ASSESSMENT,
            Verb.UNDO_FREEZE,
            Verb.RELEASE_EDITION,
            Verb.DECIDE_CORRECTION,
            Verb.DRAW_SHEET,
            Verb.EXPORT,
            Verb.READ_LEDGER,
        }
    ),
    Role.CONTACT: frozenset(
        {
            Verb.ANSWER,
            Verb.PROPOSE_MEASURE,
            Verb.PROPOSE_LINK,
            Verb.ADD_EVIDENCE,
            Verb.ENTER_VALUE,
            Verb.EXPORT,
            Verb.DRAW_SHEET,
        }
    ),
    Role.RELEASER: frozenset({Verb.RELEASE_ANSWER, Verb.EXPORT, Verb.DRAW_SHEET}),
    Role.COUNCIL: frozenset({Verb.EXPORT, Verb.DRAW_SHEET}),
    Role.AUDITOR: frozenset({Verb.READ_LEDGER, Verb.EXPORT, Verb.DRAW_SHEET}),
    Role.DPO: frozenset({Verb.GRANT_PROTECTED, Verb.READ_LEDGER, Verb.ERASE, Verb.PSEUDONYMISE}),
    Role.ADMINISTRATOR: frozenset({Verb.MANAGE_PEOPLE, Verb.PSEUDONYMISE}),
}


class OfUnits(Protocol):
    """Something that units answer for."""

    @property
    def responsible_unit_ids(self) -> frozenset[int]: ...


def grant(user: User, verb: Verb, obj: OfUnits | None = None, *, on: date) -> Assignment | None:
    """The role under which someone may do this on a day; their own before one that they hold as a deputy.

    A role in a unit reaches what its units answer for, with those that they succeeded (rule 7). Without ``obj``
    the question is whether there is anything at all that they may do this to.
    """
    if not user.is_active:
        return None
    held = [role for role in user.assignments_on(on) if verb in ALLOWED[role.role]]
    for assignment in sorted(held, key=lambda role: (role.acting_for_id is not None, role.pk)):
        if assignment.unit_id is None or obj is None:
            return assignment
        if user.reach(assignment.unit_id) & obj.responsible_unit_ids:
            return assignment
    return None


def can(user: User, verb: Verb, obj: OfUnits | None = None, *, on: date) -> bool:
    return grant(user, verb, obj, on=on) is not None


def require(user: User, verb: Verb, obj: OfUnits | None = None, *, on: date) -> Assignment:
    """The role under which this may be done; raises PermissionDenied with a sentence."""
    found = grant(user, verb, obj, on=on)
    if found is None:
        raise PermissionDenied(_("Your role does not allow you to %(act)s.") % {"act": LABELS[verb]})
    return found


def holders(verb: Verb) -> Iterable[str]:
    """The roles that may do this."""
    return [role for role, verbs in ALLOWED.items() if verb in verbs]
