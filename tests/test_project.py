"""What is true of the project as a whole."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

ROOT = Path(settings.BASE_DIR)

# Whoever is not signed in sees these and nothing else.
PUBLIC_ROUTES = {
    "account_complete_password_reset",
    "account_confirm_email",
    "account_confirm_login_code",
    "account_confirm_password_reset_code",
    "account_email_verification_sent",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_password_reset_completed",
    "account_request_login_code",
    "account_reset_password",
    "account_signup",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "openid_connect_callback",
    "openid_connect_login",
    "portal:accessibility",
    "portal:article",
    "portal:commitment",
    "portal:commitments",
    "portal:data",
    "portal:data-file",
    "portal:document",
    "portal:edition",
    "portal:editions",
    "portal:feed",
    "portal:home",
    "portal:imprint",
    "portal:nothing",
    "portal:partners",
    "portal:privacy",
    "portal:section",
    "portal:start",
    "reporting:home",
    "reviews:calendar-feed",
    "set_language",
    "socialaccount_login_cancelled",
    "socialaccount_signup",
}
EXAMPLES = {
    "article": "1",
    "commitment": "K-001",
    "int": "1",
    "language": "de",
    "provision": "1",
    "uuid": "00000000-0000-0000-0000-000000000001",
}


def routes(patterns, prefix="", namespace=""):
    """Name and an example address of each route; allauth keeps some old addresses of its pages without a name."""
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry.url_patterns, path, inner)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{namespace}{entry.name}", example(path)


def example(path: str) -> str:
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "x", path)
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLES.get(found[1] or "", "x"), path)
    return "/" + re.sub(r"[\^$?\\]", "", path)


def is_closed(address: str) -> bool:
    answer = Client(raise_request_exception=False).get(address)
    to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=")
    return to_sign_in or answer.status_code in {401, 403}


def test_the_examples_reach_their_routes():
    missed = [address for name, address in routes(get_resolver().url_patterns) if resolve(address).url_name not in name]

    assert missed == []


@pytest.mark.django_db
def test_every_route_but_the_public_ones_asks_for_a_sign_in():
    found = {name for name, address in routes(get_resolver().url_patterns) if not is_closed(address)}

    assert found == PUBLIC_ROUTES


@pytest.mark.django_db
def test_the_migrations_match_the_models():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_the_host_of_a_package_registry():
    hosts = [
        ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("debian", "org"))
    ]
    pattern = re.compile("|".join(map(re.escape, hosts)).encode())

    assert [str(path) for path in tracked_files() if pattern.search(path.read_bytes())] == []


@pytest.mark.parametrize("name", ["base", "dev", "uv", "node"])
def test_each_locked_python_package_has_its_hashes(name):
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / f"{name}.txt").read_text().strip())

    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert [line for block in blocks for line in block.splitlines() if "index-url" in line] == []


def test_the_lock_of_the_style_sheet_has_checksums_and_no_addresses():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    locked = {name: package for name, package in packages.items() if name}

    assert locked
    assert all(package["integrity"].startswith("sha512-") for package in locked.values())
    assert not any("resolved" in package for package in locked.values())


class TestPubliccode:
    """The required keys and closed lists of the publiccode.yml standard, version 0.4."""

    @pytest.fixture
    def description(self):
        return yaml.safe_load((ROOT / "publiccode.yml").read_text())

    def test_it_has_every_required_key(self, description):
        required = {"publiccodeYmlVersion", "name", "url", "releaseDate", "platforms", "categories", "softwareType"}
        required |= {"developmentStatus", "description", "legal", "maintenance", "localisation"}

        assert required <= description.keys()
        assert description["legal"] == {"license": "EUPL-1.2"}
        assert description["localisation"]["localisationReady"] is True
        assert set(description["localisation"]["availableLanguages"]) == {"de", "en"}

    def test_its_words_come_from_the_lists_of_the_standard(self, description):
        assert description["publiccodeYmlVersion"] == "0.4"
        assert set(description["platforms"]) <= {"web", "windows", "mac", "linux", "ios", "android"}
        assert description["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
        assert description["softwareType"] in {"standalone/web", "standalone/backend", "standalone/other"}
        assert description["maintenance"]["type"] in {"internal", "contract", "community", "none"}

    @pytest.mark.parametrize("language", ["de", "en"])
    def test_its_texts_have_the_lengths_of_the_standard(self, description, language):
        texts = description["description"][language]

        assert len(texts["shortDescription"]) <= 150
        assert 500 <= len(texts["longDescription"]) <= 10_000
        assert all(len(feature) <= 100 for feature in texts["features"])
