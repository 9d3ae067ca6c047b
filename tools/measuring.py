"""What `make bench` measures inside the application."""

import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commitments.clock import at_noon
from commitments.ledger.sealing import seal
from commitments.ledger.verification import findings
from commitments.models import LedgerLeaf, LedgerSeal, Role, SealOccasion, User
from reporting.audit.export import Period
from reporting.audit.exporting import write
from reviews.models import Confirmation, ReviewCycle
from reviews.workflow.cycles import open_cycle, plan_cycle

Timed = Callable[..., AbstractContextManager[None]]


def ledger(timed: Timed) -> None:
    with timed("seal the ledger", lambda: f"{LedgerLeaf.objects.count()} leaves"):
        seal(SealOccasion.DEMAND, at=timezone.now())
    with timed("verify the ledger", lambda: f"{LedgerLeaf.objects.count()} rows"):
        found = list(findings())
    if found:
        raise SystemExit(f"The ledger does not hold: {found[0]}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        with timed("take out the whole ledger with proofs", lambda: f"{path.stat().st_size >> 20} MiB"):
            write(path, Period(), None, lambda done, total: None)


def opening(timed: Timed) -> None:
    last = ReviewCycle.objects.latest("year")
    officer = User.objects.holding(Role.OFFICER, timezone.localdate()).get()
    cycle = plan_cycle(last.year + 1, actor=officer, at=timezone.now())
    asked = Confirmation.objects.filter(cycle=cycle)
    with timed("open a cycle", lambda: f"{asked.count()} requests"):
        open_cycle(cycle, actor=officer, at=at_noon(cycle.opens_on))
    sealed = LedgerSeal.objects.latest("pk").size
    with timed("seal what that wrote", lambda: f"{LedgerSeal.objects.latest('pk').size - sealed} new leaves"):
        seal(SealOccasion.DEMAND, at=timezone.now())


def pages(paths: Iterable[str], row: Callable[[str, float, str], None]) -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.holding(Role.OFFICER, timezone.localdate()).get())
    for path in paths:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            started = time.monotonic()
            answer = client.get(path)
            seconds = time.monotonic() - started
        row(f"page {path}", seconds, f"{len(queries)} queries, status {answer.status_code}")
