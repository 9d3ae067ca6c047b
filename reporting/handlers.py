"""What the worker does for editions: draw one document; and what it removes after an erasure."""

from typing import Any

from django.urls import reverse

from commitments import clock
from commitments.jobs import Progress, register
from commitments.models import Erasure
from commitments.workflow.erasure import TRACES
from reporting import erasing, printing, workflow
from reporting.content.canonical import content_hash
from reporting.models import EditionState, ReportDocument, ReportEdition
from reporting.workflow import Drawn, Wanted


def render_document(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Draw one document of an edition. May run twice: what a released edition already has stays as it is."""
    edition = ReportEdition.objects.select_related("cycle", "freeze_seal").get(pk=arguments["edition"])
    wanted = Wanted(arguments["volume"], arguments["field"], arguments["language"])
    if edition.state != EditionState.DRAFT and (existing := workflow.released_document(edition, wanted)):
        return _result(existing)
    content, stamp = printing.content_of(edition), printing.stamp_of(edition)
    printed = printing.print_volume(content, stamp, wanted.volume, wanted.field, wanted.language, progress)
    drawn = Drawn(printed.data, printed.pages, stamp.state, content_hash(content))
    document = workflow.add_document(edition, wanted, drawn, actor=progress.job.asked_by, at=clock.now())
    return _result(document)


def _result(document: ReportDocument) -> dict[str, Any]:
    return {"document": document.pk, "url": reverse("reporting:document", args=[document.pk])}


def erase_traces(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Remove what an erasure leaves outside its rows. May run twice: what is gone is gone."""
    return dict(erasing.erase_traces(Erasure.objects.get(pk=arguments["erasure"])))


register(TRACES, erase_traces)
register(workflow.RENDER_DOCUMENT, render_document, is_long=True)
