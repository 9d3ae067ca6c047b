"""What stands beside a commitment: the officer's review entries, and the recommendations that it answers."""

from django.utils.translation import gettext as _

from commitments import clock, history
from commitments.models import Commitment, Measure, RecommendationCommitment, Role, User
from reviews.models import ReviewEntry


def review_entries(commitment: Commitment, user: User) -> list[history.Entry]:
    """The log of the review, as entries of the history; a note on a measure is as visible as the measure. One query."""
    rows = ReviewEntry.objects.filter(commitment=commitment, protection__in=user.clearance())
    seen = rows.filter(measure__isnull=True) | rows.filter(measure__in=Measure.objects.visible_to(user))
    return [
        history.Entry(
            at=clock.at_noon(row.noted_on),
            who=str(Role.OFFICER.label),
            title=_("Review entry: %(text)s") % {"text": row.text},
            reason=row.reason,
        )
        for row in seen.distinct().order_by("-noted_on", "-pk")[: history.MOST]
    ]


def recommendations(commitment: Commitment) -> list[RecommendationCommitment]:
    """The recommendations that the commitment answers, the newest first. One query."""
    rows = RecommendationCommitment.objects.filter(commitment=commitment, ended_on__isnull=True)
    return list(rows.select_related("recommendation").order_by("-recommendation__made_on", "recommendation__key")[:50])
