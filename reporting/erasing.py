"""What an erasure reaches beyond its rows: answers that hold a hash of them, mails, released files, stored files.

The act itself is ``commitments.workflow.erasure``; this is what the pages call.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import filestore, folding
from commitments.exchange import storage
from commitments.ledger import save_as
from commitments.ledger.erasable import REASON
from commitments.ledger.erasing import Subject, planned, strings
from commitments.models import (
    Assignment,
    Erasure,
    Evidence,
    Job,
    JobState,
    Measure,
    SavedView,
    SearchEntry,
    Transfer,
    TransferState,
    User,
)
from commitments.workflow import erasure as acts
from commitments.workflow import leaving
from commitments.workflow.exchange import APPLY, CHECK
from commitments.workflow.steps import day
from reporting.audit import exporting
from reporting.models import Correction, LockedEdition, ProposedCorrection, ReportDocument, ReportEdition
from reporting.sheets import keeping
from reviews.models import FINAL_STATES, Confirmation
from reviews.workflow import leaving as reviews_leaving

SHORTEST = 4
"""Signs of a text that is looked for in released files."""

WAITING = (
    TransferState.CHECKING,
    TransferState.CHECKED,
    TransferState.REFUSED,
    TransferState.MAKING,
    TransferState.READY,
)
QUOTING: Mapping[type[Model], tuple[str, ...]] = {
    ProposedCorrection: ("old", "new", "reason", "refusal"),
    Correction: ("old", "new", "reason"),
}
"""Rows that repeat what a report said, with the columns in which they do."""

TOLD = (CHECK, APPLY)
"""Kinds of jobs whose arguments hold what somebody typed."""


def obstacles(person: User, at: datetime) -> list[str]:
    """What must be taken over before a person can be pseudonymised, in sentences."""
    roles = Assignment.objects.select_related("unit")
    prefetch_related_objects([person], Prefetch("assignments", queryset=roles))
    return leaving.obstacles(person, day(at)) + reviews_leaving.obstacles(person, day(at))


@transaction.atomic
def carry_out(erasure: Erasure, *, actor: User, at: datetime) -> Erasure:
    """The second signature, with everything that follows from it. All of it or nothing."""
    if erasure.person is not None and (found := obstacles(erasure.person, at)):
        raise ValidationError(found)
    done = acts.carry_out(erasure, actor=actor, at=at, also=copies(acts.subjects_of(erasure), at))
    if erasure.person is not None:
        reviews_leaving.forget_addresses(erasure.person)
        leaving.close_account(erasure.person)
    for edition in holding(done.texts):
        lock = LockedEdition(edition=edition, erasure=done.erasure, locked_on=day(at))
        save_as(lock, actor=actor, reason=_("Holds what was erased"), at=at)
    _forget_views(done.texts)
    return done.erasure


def copies(subjects: Collection[Subject], at: datetime) -> list[Subject]:
    """What other rows keep of the texts: answers a hash of them, corrections of a report their words."""
    return [*_hashes(subjects, at), *_quotes(subjects)]


def _quotes(subjects: Iterable[Subject]) -> list[Subject]:
    """Corrections of a report that repeat a text, in a value or the reason, lose all of it, also in the past."""
    wanted = _longer(text for subject in subjects for text in planned(subject).texts)
    found = []
    for model, columns in QUOTING.items():
        rows: QuerySet[Any] = QuerySet(model)
        for row in rows.all() if wanted else ():
            said = _plain(" ".join(str(getattr(row, name) or "") for name in columns))
            if any(text in said for text in wanted):
                found.append(Subject(model, row.pk, frozenset({*columns, REASON})))
    return found


def _hashes(subjects: Iterable[Subject], at: datetime) -> list[Subject]:
    """Answers keep the hash of what they confirmed: it goes with the text. What still held goes on holding (rule 4)."""
    found = []
    for subject in subjects:
        if subject.model is not Measure or "fingerprint" not in subject.columns:
            continue
        after = acts.substance_after(subject, day(at))
        states = Measure.history.filter(history_id__in=planned(subject).past).values("fingerprint")
        now = Measure.objects.values_list("fingerprint", flat=True).get(pk=subject.pk)
        answers = Confirmation.objects.filter(measure=subject.pk, fingerprint__in=states)
        for row in answers.select_related("cycle").order_by("pk"):
            holds = row.fingerprint == now and row.cycle.state not in FINAL_STATES
            instead = {"fingerprint": after if holds else ""}
            found.append(Subject(Confirmation, row.pk, frozenset({"fingerprint"}), instead))
    return found


# Files of the report


def holding(texts: Collection[str]) -> list[ReportEdition]:
    """The editions whose stored content says one of these texts; one that cannot be read counts as holding it."""
    wanted = _longer(texts)
    rows = ReportEdition.objects.exclude(content_file="").order_by("cycle__year", "number").select_related("cycle")
    return [edition for edition in rows if wanted and _holds(edition, wanted)]


def _holds(edition: ReportEdition, wanted: Collection[str]) -> bool:
    try:
        stored = filter(None, (edition.content_file, edition.council_content_file))
        contents = [json.loads(filestore.get(digest)) for digest in stored]
    except (filestore.AlteredError, ValueError):
        return True
    said = " ".join(map(_plain, strings(contents)))
    return any(text in said for text in wanted)


def _longer(texts: Iterable[str]) -> set[str]:
    return {plain for text in texts if len(plain := _plain(text)) >= SHORTEST}


def _plain(text: str) -> str:
    """Letters and figures alone, so that neither markup nor line breaks hide a text."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def previewed(erasure: Erasure) -> list[ReportEdition]:
    """The editions that would be locked; of a person it is name and address that may be printed."""
    subjects = acts.subjects_of(erasure)[: 1 if erasure.person_id else None]
    return holding({text for subject in subjects for text in planned(subject).texts})


def locked_by(erasure: Erasure) -> list[ReportEdition]:
    """The editions that an erasure locked."""
    rows = ReportEdition.objects.filter(locks__erasure=erasure).select_related("cycle")
    return list(rows.order_by("cycle__year", "number"))


# Traces outside the rows


def _forget_views(texts: Iterable[str]) -> None:
    """Remove filters that people saved and whose name or search repeats what was erased and nothing else still says."""
    erased = _longer(texts)
    told = [view.pk for view in SavedView.objects.all() if any(_is_gone(said, erased) for said in _said(view))]
    SavedView.objects.filter(pk__in=told).delete()


def _said(view: SavedView) -> list[str]:
    return [view.name, *(value for _name, value in parse_qsl(view.query))]


def _is_gone(said: str, erased: Collection[str]) -> bool:
    """Whether words stood in what was erased and stand in no entry any more."""
    plain = _plain(said)
    if any(text in plain for text in erased):
        return True
    stood = len(plain) >= SHORTEST and any(f" {plain} " in f" {text} " for text in erased)
    return stood and not SearchEntry.objects.filter(text__contains=folding.phrase(said)).exists()


def erase_traces(erasure: Erasure) -> dict[str, int]:
    """Stored files, waiting imports and exports, what jobs said, caches. May run twice."""
    files = sum(_remove(digest) for digest in erasure.files)
    waiting = _discard_waiting()
    jobs = _silence_jobs()
    cache.clear()
    ledgers = exporting.remove_all()
    sheets = keeping.remove_all()
    return {"files": files, "waiting": waiting, "jobs": jobs, "ledgers": ledgers, "sheets": sheets}


def _remove(digest: str) -> bool:
    """Remove a stored file unless another row still uses it."""
    erased = {
        subject.pk
        for event in Erasure.objects.carried_out().exclude(files=[])
        if digest in event.files
        for subject in acts.subjects_of(event)
        if subject.model is Evidence and acts.FILE in subject.columns
    }
    is_used = (
        Evidence.objects.filter(sha256=digest).exclude(pk__in=erased).exists()
        or ReportDocument.objects.filter(sha256=digest).exists()
        or ReportEdition.objects.filter(Q(content_file=digest) | Q(council_content_file=digest)).exists()
    )
    return False if is_used else filestore.remove(digest)


@transaction.atomic
def _discard_waiting() -> int:
    """Uploads, previews and files that wait to be fetched may say it again; whoever needs them brings them in anew."""
    rows = list(Transfer.objects.filter(state__in=WAITING).select_for_update())
    for row in rows:
        row.state = TransferState.DISCARDED
        save_as(row, actor=None, reason=_("Discarded because of an erasure"), at=timezone.now())
    for folder in storage.root().iterdir():
        if folder.name.isdigit():
            storage.remove(int(folder.name))
    return len(rows)


def _silence_jobs() -> int:
    """What finished jobs said may quote a row: their errors and messages go, and what was typed for an import."""
    over = Job.objects.filter(state__in=(JobState.DONE, JobState.FAILED, JobState.CANCELLED))
    failed = over.exclude(error="").update(error=_("The message was removed by an erasure."))
    told = over.exclude(message="").update(message="")
    over.filter(kind__in=TOLD).exclude(arguments={}).update(arguments={})
    return failed + told
