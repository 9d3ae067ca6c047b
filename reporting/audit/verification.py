"""The last verification of the ledger, in words for people who did not write it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from commitments import texts
from commitments.jobs import with_progress
from commitments.models import Job, JobState
from reporting.audit import words
from reporting.audit.trail import model_of

KIND = "verify-ledger"
LOOKED_AT = 10
"""So many of the latest verifications are looked at for the last one that came to an end."""

SENTENCES = {
    "trigger": gettext_lazy("A guard of the database that refuses changes of the past was removed or altered."),
    "missing": gettext_lazy("A row of the history is missing."),
    "added": gettext_lazy("This row of the history was added past the ledger."),
    "schema": gettext_lazy("The list of fields that this row's digest covers is unknown."),
    "content": gettext_lazy("The content of this row was changed."),
    "erased": gettext_lazy("This row says that it was erased, but no erasure was entered."),
    "kept": gettext_lazy("An erasure names this row, but its content still stands there."),
    "metadata": gettext_lazy("Person, date or digest of this row was changed."),
    "orphan": gettext_lazy("A row has no history, or a history has lost its row."),
    "live": gettext_lazy("This row does not stand as its history says: it was changed past the ledger."),
    "table": gettext_lazy("A leaf speaks of a table that does not exist."),
    "seal": gettext_lazy("The root of this seal does not follow from the leaves before it."),
    "leaf": gettext_lazy("A sealed leaf is not where it was sealed."),
    "node": gettext_lazy("A node of the tree does not follow from the two below it."),
    "count": gettext_lazy("The tree has more or fewer nodes than its last seal covers."),
    "gap": gettext_lazy("An entry of the ledger was removed with its row."),
}


@dataclass(frozen=True)
class Verdict:
    """How a verification ended."""

    holds: bool
    text: str
    place: str = ""


@dataclass(frozen=True)
class Verification:
    """The verification at work, the last one that came to an end, and the error of one that did not."""

    running: Job | None
    verdict: Verdict | None
    error: str


def latest() -> Verification:
    jobs = list(Job.objects.filter(kind=KIND).order_by("-asked_at")[:LOOKED_AT])
    running = next((with_progress(job) for job in jobs if not job.is_over), None)
    done = next((job for job in jobs if job.state == JobState.DONE), None)
    error = jobs[0].error if jobs and jobs[0].state == JobState.FAILED else ""
    return Verification(running, _verdict(done) if done else None, error)


def _verdict(job: Job) -> Verdict:
    finding: dict[str, Any] | None = job.result.get("finding")
    at = texts.moment(timezone.localtime(job.finished_at)) if job.finished_at else ""
    if finding is None:
        rows, seals = job.result.get("rows", 0), job.result.get("seals", 0)
        computed = ngettext(
            "%(rows)s entries and %(seals)s seal were recomputed on %(at)s. No entry differs.",
            "%(rows)s entries and %(seals)s seals were recomputed on %(at)s. No entry differs.",
            seals,
        )
        said = computed % {"rows": texts.number(rows), "seals": texts.number(seals), "at": at}
        return Verdict(True, " ".join([said, *_erased(job.result.get("erased", []))]))  # noqa: FBT003
    sentence = str(SENTENCES.get(finding["code"], finding["sentence"]))
    return Verdict(False, f"{sentence} {_('Found on %(at)s.') % {'at': at}}", _place(finding))  # noqa: FBT003


def _erased(rows: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    """What was erased as it should be; of these rows the verification says when, and proves all else."""
    for on, number, count in rows:
        said = ngettext(
            "Erased on %(date)s: %(count)s entry (erasure no. %(number)s).",
            "Erased on %(date)s: %(count)s entries (erasure no. %(number)s).",
            count,
        )
        day = texts.long_date(date.fromisoformat(on))
        yield said % {"date": day, "count": texts.number(count), "number": number}


def _place(finding: dict[str, Any]) -> str:
    """The first row that differs: in words, and as the database calls it."""
    model = model_of(finding["table"])
    name = words.kind(model._meta.model_name or "") if model else ""
    table = f"{name} ({finding['table']})" if name else str(finding["table"])
    if finding["row"] is None:
        return table
    return _("%(table)s, row %(row)s") % {"table": table, "row": finding["row"]}
