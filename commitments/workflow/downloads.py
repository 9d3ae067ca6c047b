"""A file that somebody takes out of the register leaves a trace: what, by which filter, by whom."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Direction, Protection, Transfer, TransferState, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import day

LONGEST_FILTER = 1000
CHOSEN = frozenset(
    [
        "article",
        "columns",
        "competence",
        "contribution",
        "field",
        "kind",
        "obligation",
        "proposed",
        "protection",
        "sheet",
        "status",
        "unit",
        "year",
    ]
)
"""Filters whose values are choices that everybody is offered: neither typed words nor names of rows."""


@dataclass(frozen=True)
class Download:
    """A file that was made; ``query`` is the filter it was made by, ``rows`` how many rows it holds."""

    subject: str
    file_name: str
    content: bytes
    query: str
    rows: int
    holds_protected: bool = False


@transaction.atomic
def log_download(file: Download, *, actor: User, at: datetime) -> Transfer:
    """Write down who took what out; the file itself is not kept."""
    role = require(actor, Verb.EXPORT, on=day(at))
    made = Transfer(
        direction=Direction.EXPORT,
        subject=file.subject,
        file_name=file.file_name,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        state=TransferState.MADE,
        counts={"rows": file.rows},
        query=noted_filter(file.query, actor),
        holds_protected=file.holds_protected,
        by=actor,
        at=at,
    )
    save_as(made, actor=actor, acting_for=role.acting_for, reason=_("Downloaded"), at=at)
    return made


def noted_filter(query: str, actor: User | None) -> str:
    """A filter as it is written down for all who read the log and the ledger.

    Words typed by somebody with the right to protected content may name what those others may not read (rule 10).
    """
    if actor is not None and Protection.PROTECTED in actor.clearance():
        kept = QueryDict(mutable=True)
        for name, values in QueryDict(query).lists():
            if name in CHOSEN:
                kept.setlist(name, values)
        query = kept.urlencode()
    return query[:LONGEST_FILTER]
