"""How promises are examined: yearly cycles, the units' answers, verdicts, and what follows from them.

Inside: cycles <- confirmations, assessments, follow_ups; confirmations <- mails.
"""

from reviews.models.assessments import (
    Assessment,
    AssessmentMeasure,
    AssessmentQuerySet,
    AssessmentState,
    Dissent,
    Outcome,
    ReviewEntry,
    Statement,
    Trend,
)
from reviews.models.calendars import CalendarFeed, CalendarFeedQuerySet
from reviews.models.confirmations import (
    ANSWERED,
    Confirmation,
    ConfirmationQuerySet,
    ConfirmationResult,
    ConfirmationState,
    Reminder,
    ReminderKind,
)
from reviews.models.cycles import (
    FINAL_STATES,
    CycleState,
    ReviewCycle,
    ReviewCycleQuerySet,
)
from reviews.models.follow_ups import (
    FollowUp,
    FollowUpQuerySet,
    FollowUpReport,
    FollowUpState,
    ReportKind,
)
from reviews.models.mails import Mail, MailKind, MailState, ReminderDate

__all__ = [
    "ANSWERED",
    "FINAL_STATES",
    "Assessment",
    "AssessmentMeasure",
    "AssessmentQuerySet",
    "AssessmentState",
    "CalendarFeed",
    "CalendarFeedQuerySet",
    "Confirmation",
    "ConfirmationQuerySet",
    "ConfirmationResult",
    "ConfirmationState",
    "CycleState",
    "Dissent",
    "FollowUp",
    "FollowUpQuerySet",
    "FollowUpReport",
    "FollowUpState",
    "Mail",
    "MailKind",
    "MailState",
    "Outcome",
    "Reminder",
    "ReminderDate",
    "ReminderKind",
    "ReportKind",
    "ReviewCycle",
    "ReviewCycleQuerySet",
    "ReviewEntry",
    "Statement",
    "Trend",
]
