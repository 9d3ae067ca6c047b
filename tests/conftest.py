"""What every test stands on.

- ``db`` (or the mark ``django_db``): a transaction that is rolled back. Right for nearly every test.
- ``committed_db``: a database of its own, empty, in which commits are real: several connections, processes, workers.
- ``demo_db``: the same with the sample city and its review cycles, built once a run.
- ``site`` and ``demo_site``: the address of a web server on the one or the other.
- ``page``: a page of a browser, in German, 1280 pixels wide; ``tests.browsing`` signs in and looks for barriers.

A run writes to a folder of its own and removes it afterwards. Nothing but this machine can be reached.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import django
import pytest

# Before Django reads its settings; the processes of one run find the folder in the environment.
RUN_FOLDER = Path(os.environ.setdefault("TEST_RUN_FOLDER", tempfile.mkdtemp(prefix="rechenschaft-")))
PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ.update(
    DJANGO_SETTINGS_MODULE="config.settings",
    DATA_DIR=str(RUN_FOLDER / PROCESS),
    DEBUG="1",
    SECRET_KEY="only for tests",
    DJANGO_ALLOW_ASYNC_UNSAFE="1",  # Playwright keeps an event loop in the thread of the tests
)
for name in ("ALLOWED_HOSTS", "BASE_URL", "CACHE_URL", "CELERY_BROKER_URL", "CITY_NAME", "DEMO_TODAY", "EMAIL_URL"):
    os.environ.pop(name, None)
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import translation  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from pytest_django.live_server_helper import LiveServer  # noqa: E402
from pytest_django.plugin import DjangoDbBlocker  # noqa: E402

from tests.databases import Databases, schema_digest  # noqa: E402

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
OF_THIS_RUN = Databases(RUN_FOLDER, RUN_FOLDER.name.removeprefix("rechenschaft-").lower(), PROCESS)

OWN_DATABASE = {"db", "transactional_db", "committed_db", "demo_db"}
LEFT_OUT = pytest.StashKey[int]()

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def databases(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Databases:
    with django_db_blocker.unblock():
        OF_THIS_RUN.template("empty", based_on=None, command="migrate", keep_as=schema_digest())
    return OF_THIS_RUN


@pytest.fixture(scope="session")
def django_db_setup(databases: Databases, django_db_blocker: DjangoDbBlocker) -> None:
    """Takes the place of pytest-django's own, which would migrate once for each process."""
    with django_db_blocker.unblock():
        databases.fresh("empty")


@pytest.fixture
def committed_db(databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    yield from _own_database("empty", databases, django_db_blocker)


@pytest.fixture
def demo_db(databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        databases.template("demo", based_on="empty", command="build_demo")
    yield from _own_database("demo", databases, django_db_blocker)


def _own_database(template: str, databases: Databases, blocker: DjangoDbBlocker) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    with blocker.unblock():
        key = databases.fresh(template)
        yield
        databases.settle()
        connection.settings_dict["NAME"] = before
        databases.store.drop(key)


@pytest.fixture(scope="session")
def _server(django_db_setup: None) -> Iterator[LiveServer]:
    server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture
def site(committed_db: None, _server: LiveServer) -> str:
    return _server.url


@pytest.fixture
def demo_site(demo_db: None, _server: LiveServer) -> str:
    return _server.url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("needs chromium: sudo apt-get install -y --no-install-recommends chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def _in_german() -> None:
    """Whatever language the request of an earlier test was in."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """A test that would ask another machine fails instead."""
    connect: Callable[..., Any] = socket.socket.connect

    def connect_here(own: socket.socket, address: Any) -> Any:
        if own.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"A test tried to reach {address[0]}.")
        return connect(own, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", connect_here)
    yield
    patch.undo()


def pytest_addoption(parser: pytest.Parser) -> None:
    sentence = "leave out the tests marked once: they ran on another database, and touch none"
    parser.addoption("--again", action="store_true", help=sentence)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no process draws a report while the others have nothing left to do."""
    once = [item for item in items if item.get_closest_marker("once")]
    for item in once:
        asked = OWN_DATABASE.intersection(getattr(item, "fixturenames", ()))
        if asked or item.get_closest_marker("django_db"):
            raise pytest.UsageError(f"{item.nodeid} is marked once, but asks for a database.")
    if config.getoption("again"):
        items[:] = [item for item in items if item not in set(once)]
        config.hook.pytest_deselected(items=once)
        getattr(config, "workeroutput", {})["left_out"] = len(once)
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{left_out} tests that touch no database were not run again.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a skipped test is a failed one: there, everything that a test needs must have been installed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"Skipped, which counts as failed where CI=true: {report.longrepr}"
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    OF_THIS_RUN.store.drop_all()
    shutil.rmtree(RUN_FOLDER, ignore_errors=True)
