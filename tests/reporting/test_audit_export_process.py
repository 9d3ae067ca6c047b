"""The export of the ledger as its own process, and the program of the guide beside it."""

import re
import subprocess
import sys

from django.utils import timezone

from commitments.ledger.sealing import seal
from commitments.models import SealOccasion
from tests.factories import make_unit
from tests.processes import ROOT, environment

PROGRAM = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "verify.md").read_text(encoding="utf-8"), re.DOTALL)[2]


def test_the_command_as_a_process_ends_with_0_or_1(committed_db, tmp_path):
    make_unit()
    command = [sys.executable, "manage.py", "export_ledger", "--output", str(tmp_path / "period.jsonl")]
    env = environment(tmp_path)

    before = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    last = seal(SealOccasion.DEMAND, at=timezone.now())
    after = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    assert (before.returncode, after.returncode) == (1, 0), before.stderr + after.stderr
    check = [sys.executable, "-I", "-c", PROGRAM, str(tmp_path / "period.jsonl")]
    checked = subprocess.run(check, capture_output=True, text=True, check=False)
    assert f"seal {last.size} {last.root}" in checked.stdout, checked.stderr
