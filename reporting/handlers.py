"""What the worker does for editions and the ledger: draw a document, write a period, remove what was erased."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import clock
from commitments.jobs import Progress, register
from commitments.models import Erasure
from commitments.workflow.erasure import TRACES
from reporting import erasing, printing, workflow
from reporting.audit import exporting
from reporting.content.canonical import content_hash
from reporting.models import EditionState, ReportDocument, ReportEdition
from reporting.sheets import keeping
from reporting.workflow import Drawn, Wanted


def render_document(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Draw one document of an edition. May run twice: what a released edition already has stays as it is."""
    edition = ReportEdition.objects.select_related("cycle", "freeze_seal").get(pk=arguments["edition"])
    wanted = Wanted(arguments["volume"], arguments["field"], arguments["language"])
    if edition.state != EditionState.DRAFT and (existing := workflow.released_document(edition, wanted)):
        workflow.tell_when_ready(edition, progress.job, at=clock.now())
        return _result(existing)
    content, stamp = printing.content_of(edition, wanted.volume), printing.stamp_of(edition)
    printed = printing.print_volume(content, stamp, wanted.volume, wanted.field, wanted.language, progress)
    drawn = Drawn(printed.data, printed.pages, stamp.state, content_hash(content))
    document = workflow.add_document(edition, wanted, drawn, actor=progress.job.asked_by, at=clock.now())
    workflow.tell_when_ready(edition, progress.job, at=clock.now())
    return _result(document)


def _result(document: ReportDocument) -> dict[str, Any]:
    return {"document": document.pk, "url": reverse("reporting:document", args=[document.pk])}


def erase_traces(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Remove what an erasure leaves outside its rows. May run twice: what is gone is gone."""
    return dict(erasing.erase_traces(Erasure.objects.get(pk=arguments["erasure"])))


def export_ledger(_arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write the file of a period; a second run finds it written, or writes it anew."""
    words = _("Writing entries with their proofs")
    made = exporting.make(progress.job, lambda done, total: progress(done, total, words), at=clock.now())
    progress(1, 1, _("The file is ready."))
    url = reverse("reporting:audit-export-file", args=[progress.job.pk])
    return {"url": url, "label": _("Download"), "holds_protected": made.holds_protected}


def render_sheet(_arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Draw one sheet; a second run finds it drawn."""
    keeping.make(progress.job, progress, at=clock.now())
    progress(1, 1, _("The file is ready."))
    return {"url": reverse("reporting:sheet-file", args=[progress.job.pk]), "label": _("Download")}


def expire_exports(_arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
    """Remove exports of the ledger and sheets that are older than a day."""
    now = timezone.now()
    return {"removed": exporting.expire(now) + keeping.expire(now)}


register(TRACES, erase_traces)
register(exporting.KIND, export_ledger, is_long=True)
register("expire-ledger-exports", expire_exports)
register(keeping.KIND, render_sheet)
register(workflow.RENDER_DOCUMENT, render_document, is_long=True)
