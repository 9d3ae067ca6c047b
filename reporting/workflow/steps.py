"""The table of an edition's states, and the two things every act on an edition begins with."""

from reporting.models import EditionState, ReportEdition
from reviews.workflow.steps import NextStates, require_next

NEXT_STATES: NextStates = {
    EditionState.DRAFT: frozenset({EditionState.RELEASED}),
    EditionState.RELEASED: frozenset({EditionState.SUPERSEDED, EditionState.WITHDRAWN}),
    EditionState.SUPERSEDED: frozenset({EditionState.WITHDRAWN}),
    EditionState.WITHDRAWN: frozenset(),
}


def locked_edition(edition: ReportEdition) -> ReportEdition:
    return (
        ReportEdition.objects.select_for_update(of=("self",)).select_related("cycle", "freeze_seal").get(pk=edition.pk)
    )


def move(edition: ReportEdition, to: EditionState) -> None:
    require_next(NEXT_STATES, edition.state, to, EditionState)
    edition.state = to
