"""Measures what DESIGN.md section 9 promises, on a generated metropolis and on the sample city, and prints a table.

Seconds belong here and not into tests: they depend on the machine. The number of queries does not; it stands beside.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "/",
    "/articles/",
    "/matrix/",
    "/instruments/",
    "/commitments/",
    "/commitments/K-0001/",
    "/measures/",
    "/measures/?q=Jugend&page=20",
    "/measures/M-00001/",
    "/measures/M-00001/mapping/",
    "/measures/?q=Wasserversorgung+Jugend",
    "/engagements/",
    "/engagements/map/",
    "/recommendations/",
    "/search/?q=Wasser",
    "/search/?q=M-00123",
    "/search/?q=Wasser&only=measures&page=20",
    "/reviews/",
    "/reviews/cycles/",
    "/ledger/",
)


def row(what: str, seconds: float, figure: str = "") -> None:
    print(f"| {what} | {seconds:.2f} s | {figure} |", flush=True)


@contextmanager
def timed(what: str, figure: Callable[[], str] = str) -> Iterator[None]:
    started = time.monotonic()
    yield
    row(what, time.monotonic() - started, figure())


def peak_memory(who: int) -> str:
    return f"{resource.getrusage(who).ru_maxrss // 1024} MiB at most"


def metropolis(folder: Path, scale: float) -> None:
    """Fill a database, then open a year, seal, verify and look at the pages."""
    os.environ |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "bench"}
    os.environ |= {"DEBUG": "", "DEMO_TODAY": ""}
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is only now set up

    with Path(os.devnull).open("w") as nothing:
        call_command("collectstatic", interactive=False, stdout=nothing, verbosity=0)
        call_command("migrate", stdout=nothing, verbosity=0)
        call_command("load_catalogue", stdout=nothing)
        with timed(f"generate a metropolis at scale {scale:g}"):
            call_command("generate_metropolis", scale=scale, stdout=nothing)
    from tools import measuring  # noqa: PLC0415 - needs the models

    measuring.ledger(timed)
    measuring.opening(timed)
    measuring.pages(PAGES, row)
    table = folder / "measures.xlsx"
    with timed("take all measures out as XLSX"):
        call_command("export_table", "measures", str(table), stdout=StringIO())
    subprocess.run([sys.executable, "-m", "tools.exchanging", str(table)], cwd=ROOT, check=True)


def report(folder: Path) -> None:
    """Draw the sample city's volumes, each in a process of its own."""
    environment = {**os.environ, "DATA_DIR": str(folder), "DEMO_TODAY": "2026-11-23"}
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True, stdout=subprocess.DEVNULL)
    with timed("build the sample city"):
        subprocess.run([*manage, "build_demo"], env=environment, check=True, stdout=subprocess.DEVNULL)
    for volume, field in (("main", ""), ("annex", "human_rights")):
        options = ["--cycle", "2025", "--output", str(folder / f"{volume}.pdf"), "--volume", volume]
        options += ["--field", field] if field else []
        with timed(f"draw the {volume} volume {field}", lambda: peak_memory(resource.RUSAGE_CHILDREN)):
            subprocess.run([*manage, "render_report", *options], env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a metropolis after fifteen years")
    parser.add_argument("--no-report", action="store_true")
    options = parser.parse_args()
    print("| what | time | figure |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="rechenschaft-bench-") as name:
        if not options.no_report:
            report(Path(name) / "demo")
        metropolis(Path(name) / "metropolis", options.scale)
    row("this program", time.process_time(), peak_memory(resource.RUSAGE_SELF))


if __name__ == "__main__":
    main()
