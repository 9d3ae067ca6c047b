"""What the background jobs of a review cycle do."""

from typing import Any

from commitments import clock
from commitments.jobs import Progress, register
from commitments.models import User
from reviews.models import ReviewCycle
from reviews.workflow.cycles import open_cycle

OPEN_CYCLE = "open-cycle"
"""Kind of the job that opens a large cycle; its arguments are the ids of ``cycle`` and ``actor``."""


def open_a_cycle(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """All in one transaction, so a worker killed in the middle leaves nothing; a second run finds the cycle open."""
    progress(0, 1)
    cycle = ReviewCycle.objects.get(pk=arguments["cycle"])
    opening = open_cycle(cycle, actor=User.objects.get(pk=arguments["actor"]), at=clock.now())
    progress(1, 1, str(opening))
    return {
        "confirmations": opening.confirmations,
        "assessments": opening.assessments,
        "units": opening.units,
        "was_open": opening.was_open,
    }


register(OPEN_CYCLE, open_a_cycle)
