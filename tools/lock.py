"""Writes the lock files anew: pinned versions with a hash for each file, and no address of where they come from."""

import subprocess
import sys
from pathlib import Path

from tools.environment import UV, npm

ROOT = Path(__file__).resolve().parent.parent
ORDER = ["base", "dev", "uv", "node"]  # dev takes base's versions
OPTIONS = [
    "--generate-hashes",
    "--universal",
    "--python-version",
    "3.11",
    "--no-header",
    "--no-emit-index-url",
    "--quiet",
]


def main() -> None:
    for name in ORDER:
        source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
        subprocess.run(
            [UV, "pip", "compile", *OPTIONS, *sys.argv[1:], source, "--output-file", target], cwd=ROOT, check=True
        )
    subprocess.run([*npm(), "install", "--package-lock-only"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
