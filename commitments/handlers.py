"""What the register's background jobs do."""

from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import clock
from commitments.exchange import handing_out, storage
from commitments.exchange.plans import Act, Plan
from commitments.exchange.registry import SUBJECTS
from commitments.exchange.running import PlanChangedError, Terms, planned, take_over
from commitments.exchange.stands import reason_of
from commitments.jobs import Progress, register
from commitments.ledger.sealing import seal_of_the_night
from commitments.ledger.verification import erased_rows, findings
from commitments.models import LedgerLeaf, LedgerSeal, Transfer, TransferState
from commitments.workflow import exchange


def seal_ledger(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """The nightly seal, asked for every hour: tonight's may be there already, and a missed one is made good."""
    sealed = seal_of_the_night(at=timezone.now())
    progress(sealed.size, sealed.size)
    return {"size": sealed.size, "root": sealed.root}


def verify_ledger(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Recompute the whole ledger; the result names the first row that differs. Reads only, so it may run twice."""
    words = _("Recomputing the ledger")
    finding = next(findings(lambda done, total, message: progress(done, total, words)), None)
    rows, seals = LedgerLeaf.objects.count(), LedgerSeal.objects.count()
    erased = [[str(on), number, count] for on, number, count in erased_rows()]
    return {"rows": rows, "seals": seals, "finding": asdict(finding) if finding else None, "erased": erased}


def check_import(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Say what a file would do. Writes nothing but the preview, so it may run twice."""
    transfer = Transfer.objects.select_related("by").filter(job=progress.job.pk).first()
    path = storage.upload_of(transfer.pk) if transfer else None
    if transfer is None or path is None:
        raise ValidationError(_("The file is no longer there. Bring it in again."))
    plan = planned(SUBJECTS[transfer.subject], path, transfer.by, progress)
    _keep(transfer, plan)
    progress(len(plan.rows), len(plan.rows), _("The preview is there."))
    return _leading_to(transfer, _("See the preview"))


def apply_import(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Take over what was previewed, all of it in one transaction; a second run finds it written."""
    transfer = Transfer.objects.select_related("by").filter(job=progress.job.pk).first()
    path = storage.upload_of(transfer.pk) if transfer else None
    if transfer is None or path is None:
        raise ValidationError(_("The file is no longer there. Bring it in again."))
    at = clock.now()
    reason = arguments["reason"]
    act = Act(transfer.by, reason_of(transfer.file_name, reason), at)
    terms = Terms(
        transfer.counts.get("digest", ""),
        lambda: exchange.still_waiting(transfer.pk),
        lambda plan: exchange.note_taken_over(transfer, plan.counts, at=at, reason=reason),
    )
    try:
        plan = take_over(SUBJECTS[transfer.subject], path, act, terms, progress)
    except PlanChangedError as changed:
        _keep(transfer, changed.plan)
        sentence = _("Nothing was written: the register has changed since the preview. Please look at the new preview.")
        raise ValidationError(sentence) from changed
    storage.remove(transfer.pk)
    progress(len(plan.rows), len(plan.rows), _("The rows are taken over."))
    return _leading_to(transfer, _("See the import"))


def make_export(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Make the table that was asked for; a second run finds it made."""
    transfer = Transfer.objects.select_related("by").filter(job=progress.job.pk).first()
    order = storage.load_order(transfer.pk) if transfer else None
    if transfer is None or transfer.by is None or order is None:
        raise ValidationError(_("The file is no longer there. Download the table again."))
    if transfer.state == TransferState.MAKING:
        subject, folder = SUBJECTS[transfer.subject], storage.folder_of(transfer.pk)
        path, written = handing_out.make(subject, order, transfer.by, folder, progress)
        digest = storage.digest_of(storage.file_chunks(path))
        facts = exchange.FileFacts(transfer.file_name, path.stat().st_size, digest)
        taken = exchange.Taken(written.rows, transfer.query, written.holds_protected)
        exchange.note_made(transfer, facts, taken, at=clock.now())
        progress(written.rows, written.rows, _("The file is ready to be downloaded."))
    return _leading_to(transfer, _("See the file"))


def expire_imports(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Remove files that nobody took over or downloaded within a day."""
    pks = storage.outdated(timezone.now())
    exchange.expire(pks, at=clock.now())
    for pk in pks:
        storage.remove(pk)
    return {"removed": len(pks)}


def _keep(transfer: Transfer, plan: Plan) -> None:
    storage.save_plan(transfer.pk, plan)
    counts = plan.counts | {"digest": plan.digest, "writes": plan.writes}
    exchange.note_checked(transfer, counts, refused=plan.is_refused, protected=plan.holds_protected, at=clock.now())


def _leading_to(transfer: Transfer, label: str) -> dict[str, Any]:
    return {"url": reverse("commitments:transfer", args=[transfer.pk]), "label": label}


register(exchange.CHECK, check_import)
register(exchange.APPLY, apply_import)
register(exchange.MAKE, make_export)
register("expire-imports", expire_imports)
register("seal-ledger", seal_ledger)
register("verify-ledger", verify_ledger)
