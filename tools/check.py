"""Runs every check, two at a time, and says of each whether it holds; what a failed one said follows at the end."""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tools.environment import keeps_bytecode

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PYTHON = str(BIN / "python")
SHOWN = 100
# As it is run in earnest: what Django's own check for a deployment looks at.
DEPLOYED = {"DEBUG": "0", "BASE_URL": "https://rechenschaft.example.org", "SECRET_KEY": "w" * 20 + "0123456789" * 4}

CHECKS = {
    "types": [str(BIN / "mypy")],
    "style": [str(BIN / "ruff"), "check"],
    "format": [str(BIN / "ruff"), "format", "--check"],
    # In print a line break between two elements is a space that shows; those templates keep the breaks they need.
    "template format": [str(BIN / "djlint"), "templates", "--check", "--extend-exclude", "templates/pdf"],
    "template style": [str(BIN / "djlint"), "templates", "--lint"],
    "import direction": [str(BIN / "lint-imports")],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "translations": [PYTHON, "-m", "tools.translations"],
}


class Result(NamedTuple):
    name: str
    passed: bool
    seconds: float
    said: str


def run(name: str) -> Result:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rechenschaft-check-") as data:
        environment = {**keeps_bytecode(os.environ), **DEPLOYED, "DATA_DIR": data, "DATABASE_URL": ""}
        done = subprocess.run(CHECKS[name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    result = Result(name, done.returncode == 0, time.monotonic() - started, (done.stdout + done.stderr).strip())
    print(f"{'ok    ' if result.passed else 'FAILED'} {name} ({result.seconds:.1f} s)", flush=True)
    return result


def main() -> None:
    wanted = sys.argv[1:] or list(CHECKS)
    with ThreadPoolExecutor(max_workers=2) as pool:
        failed = [result for result in pool.map(run, wanted) if not result.passed]
    for result in failed:
        lines = result.said.splitlines()
        left_out = f"\n… and {len(lines) - SHOWN} more lines" if len(lines) > SHOWN else ""
        print(f"\n--- {result.name} ---\n" + "\n".join(lines[-SHOWN:]) + left_out)
    print(f"\n{len(wanted) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
