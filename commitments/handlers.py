"""What the register's background jobs do."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.jobs import Progress, register
from commitments.ledger.sealing import seal
from commitments.ledger.verification import findings
from commitments.models import LedgerLeaf, LedgerSeal, SealOccasion


def seal_ledger(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """The nightly seal. Running twice makes two seals over the same leaves, which does no harm."""
    sealed = seal(SealOccasion.NIGHTLY, at=timezone.now())
    progress(sealed.size, sealed.size)
    return {"size": sealed.size, "root": sealed.root}


def verify_ledger(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Recompute the whole ledger; the result names the first row that differs. Reads only, so it may run twice."""
    words = _("Recomputing the ledger")
    finding = next(findings(lambda done, total, message: progress(done, total, words)), None)
    rows, seals = LedgerLeaf.objects.count(), LedgerSeal.objects.count()
    return {"rows": rows, "seals": seals, "finding": asdict(finding) if finding else None}


register("seal-ledger", seal_ledger)
register("verify-ledger", verify_ledger)
