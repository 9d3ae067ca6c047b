"""Previews an import of ten thousand rows, and says what it took: ``DATA_DIR=… python -m tools.exchanging FILE``.

A process of its own, so that the memory it prints is that of the import alone.
"""

import sys
import time
from pathlib import Path

import django


def highest_memory() -> int:
    """The most that this process held, in KiB. ``ru_maxrss`` would count what the process that started it held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


def main() -> None:
    django.setup()
    from commitments.exchange.registry import SUBJECTS  # noqa: PLC0415 - Django is only now set up
    from commitments.exchange.running import planned  # noqa: PLC0415

    started = time.monotonic()
    plan = planned(SUBJECTS["measures"], Path(sys.argv[1]), None)
    seconds = time.monotonic() - started
    memory = highest_memory() // 1024
    rows, errors = plan.counts["rows"], plan.counts["errors"]
    print(f"| preview an import of {rows} rows | {seconds:.2f} s | {memory} MiB at most, {errors} errors |")


if __name__ == "__main__":
    main()
