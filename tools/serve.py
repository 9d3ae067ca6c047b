"""Starts web, worker and beat together, on the demo or on a register of one's own, and stops them together.

The demo's data is built beside its place and moved there when it is whole, so an interrupted start leaves nothing
half-built behind.
"""

import argparse
import os
import shutil
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from honcho.environ import parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer

from config.failures import stop_if_explained

ROOT = Path(__file__).resolve().parent.parent
FIRST_PORT, PORTS_TO_TRY = 8000, 100
SIGN_INS = "sign-ins.txt"
DEMO_TODAY = "2026-11-23"
STOPPED_BY_HAND = {128 + signal.SIGINT, 128 + signal.SIGTERM}


class OwnLinesOnly(Printer):  # type: ignore[misc] # honcho has no types
    """Leaves out what honcho says about itself, and the farewells of the processes once they are told to stop."""

    stopping = False

    def write(self, message: Message) -> None:
        if message.name == SYSTEM_PRINTER_NAME:
            self.stopping = self.stopping or "received" in message.data
        elif not self.stopping:
            super().write(message)


def address_of(host: str, port: int) -> str:
    return f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104 only compared


def free_port(host: str, tell: Callable[[str], None]) -> int:
    wanted = int(os.environ.get("PORT") or FIRST_PORT)
    for port in range(wanted, wanted + PORTS_TO_TRY):
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((host, port))
            except OSError:
                continue
        if port != wanted:
            tell(f"Port {wanted} is taken; using {port}.")
        return port
    sys.exit(f"No free port from {wanted} to {wanted + PORTS_TO_TRY - 1}: set PORT to a free one.")


def start_django(data: Path) -> None:
    os.environ["DATA_DIR"] = str(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    os.environ["TMPDIR"] = str(data / "tmp")


def prepare_demo(data: Path) -> None:
    os.environ.setdefault("DEMO_TODAY", DEMO_TODAY)
    if (data / SIGN_INS).exists():
        start_django(data)
        migrate()
        return
    unfinished = data.with_name(f"{data.name}.unfinished")
    for leftover in (unfinished, data):
        shutil.rmtree(leftover, ignore_errors=True)
    start_django(unfinished)
    migrate()
    say("Building the sample city: register, two review cycles, sign-ins. This takes a moment, once.")
    call_command("build_demo", sign_ins=False)
    connections.close_all()
    unfinished.rename(data)


def prepare_register(data: Path) -> None:
    start_django(data)
    migrate()
    call_command("create_administrator", first=True)
    if not apps.get_model("commitments", "Instrument").objects.exists():
        say("Loading the catalogue: declarations, treaties and charters with their provisions.")
        call_command("load_catalogue", verbosity=0)


def migrate() -> None:
    call_command(
        "migrate", interactive=False, verbosity=0, database="owner" if "owner" in settings.DATABASES else "default"
    )


def collect_static_files() -> None:
    """Copies and compresses the static files when one of their sources is newer than the last copy."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    sources = [ROOT / ".venv" / ".lock", ROOT / "node_modules" / ".lock", *(ROOT / "static").rglob("*")]
    newest = max(source.stat().st_mtime for source in sources if source.exists())
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        say("Collecting style sheets and fonts")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)


def announce(address: str, data: Path) -> None:
    """Waits until the sign-in page answers, then says where it is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/accounts/login/", timeout=5):  # noqa: S310 our own address
                break
        except urllib.error.HTTPError as error:
            say(f"The sign-in page answers with an error ({error.code}); see above.")
            return
        except OSError:
            time.sleep(0.1)
    sign_ins = data / SIGN_INS
    say(f"\nRechenschaft is running at {address}/\n")
    if sign_ins.exists():
        say(sign_ins.read_text())
    say("Press Ctrl-C to stop.\n")


def serve(environment: Mapping[str, str], address: str, data: Path) -> int:
    manager = Manager(OwnLinesOnly(sys.stdout))
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=dict(environment), cwd=str(ROOT))
    threading.Thread(target=announce, args=(address, data), daemon=True).start()
    signal.signal(signal.SIGHUP, end_like_ctrl_c)
    manager.loop()
    if manager.returncode in STOPPED_BY_HAND:
        say("Stopped.")
        return 0
    say("One of the processes ended by itself (see above), so the others were stopped too.")
    return 1


def end_like_ctrl_c(_signum: int, _frame: FrameType | None) -> None:
    """A closed terminal stops everything as well."""
    os.kill(os.getpid(), signal.SIGTERM)


def quietly(_line: str) -> None:
    """For what has been said already."""


def say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["demo", "register"])
    what = parser.parse_args().what
    data = Path(os.environ.get("DATA_DIR") or ROOT / "data" / what).expanduser().resolve()
    host = os.environ.get("HOST") or "127.0.0.1"
    os.environ.setdefault("BASE_URL", address_of(host, free_port(host, say)))
    try:
        (prepare_demo if what == "demo" else prepare_register)(data)
        collect_static_files()
        connections.close_all()
    except KeyboardInterrupt:
        sys.exit("Stopped.")
    except Exception as error:
        stop_if_explained(error)
        raise
    port = free_port(host, quietly)  # again: building the demo takes a while
    environment = {
        **os.environ,
        "DATA_DIR": str(data),
        "TMPDIR": str(data / "tmp"),
        "HOST": host,
        "PORT": str(port),
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        "REMAP_SIGTERM": "SIGQUIT",  # the worker stops at once; an unfinished job is taken up again at the next start
    }
    sys.exit(serve(environment, address_of(host, port), data))


if __name__ == "__main__":
    main()
