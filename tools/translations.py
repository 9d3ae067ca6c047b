"""Says whether every text of the interface has its German and English: none missing, empty, unsure or left over.

The texts are gathered afresh into a temporary copy of the project and compared with what is kept in ``locale``. English
texts stand in the code itself, so an English catalogue has entries only where it says something else.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ["commitments", "reviews", "reporting", "config", "templates", "manage.py"]
LANGUAGES = ["de"]
SHOWN = 50


def gathered(language: str, folder: Path) -> polib.POFile:
    """The texts as the code has them now."""
    for source in SOURCES:
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, folder / source, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(path, folder / source)
    (folder / "locale").mkdir()
    command = [sys.executable, "manage.py", "makemessages", "--locale", language, "--no-obsolete", "--no-location"]
    environment = {**os.environ, "DATA_DIR": str(folder / "data")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return polib.pofile(str(folder / "locale" / language / "LC_MESSAGES" / "django.po"))


def key(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural or ""


def faults(language: str) -> list[str]:
    path = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return [f"{language}: there is no {path.relative_to(ROOT)}"]
    kept = {key(entry): entry for entry in polib.pofile(str(path)) if not entry.obsolete}
    with tempfile.TemporaryDirectory(prefix="rechenschaft-texts-") as folder:
        wanted = {key(entry) for entry in gathered(language, Path(folder))}
    return [
        *(f"{language}: missing: {text[1]!r}" for text in sorted(wanted - kept.keys())),
        *(f"{language}: left over: {text[1]!r}" for text in sorted(kept.keys() - wanted)),
        *(f"{language}: no translation: {entry.msgid!r}" for entry in kept.values() if not entry.translated()),
    ]


def main() -> None:
    found = [fault for language in LANGUAGES for fault in faults(language)]
    if found:
        sys.exit("\n".join([*found[:SHOWN], f"{len(found)} texts to mend."]))


if __name__ == "__main__":
    main()
