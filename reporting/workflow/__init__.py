"""What people do with editions of the report, one module a subject. Inside: steps <- documents <- editions;
``texts`` stands beside them."""

from reporting.workflow.documents import (
    EVERY_DOCUMENT,
    RENDER_DOCUMENT,
    Drawn,
    Wanted,
    add_document,
    ask_for_document,
    cancel_document,
    jobs_of,
    released_document,
    tell_when_ready,
)
from reporting.workflow.editions import prepare_edition, release_edition
from reporting.workflow.steps import NEXT_STATES

__all__ = [
    "EVERY_DOCUMENT",
    "NEXT_STATES",
    "RENDER_DOCUMENT",
    "Drawn",
    "Wanted",
    "add_document",
    "ask_for_document",
    "cancel_document",
    "jobs_of",
    "prepare_edition",
    "release_edition",
    "released_document",
    "tell_when_ready",
]
