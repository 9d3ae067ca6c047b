"""All settings. What differs from one installation to the next comes from the environment; docs/install.md lists it."""

from pathlib import Path
from typing import Any

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import environment

django_stubs_ext.monkeypatch()  # lets classes name their types: ModelForm[Measure]

BASE_DIR = Path(__file__).resolve().parent.parent

# Everything that is written at run time lies below this folder.
DATA_DIR = Path(environment.text("DATA_DIR", str(BASE_DIR / "data" / "register"))).expanduser().resolve()
for folder in ("broker/control", "broker/messages", "cache", "files", "mails", "tmp"):
    (DATA_DIR / folder).mkdir(parents=True, exist_ok=True)

DEBUG = environment.flag("DEBUG", default=False)
SECRET_KEY = environment.secret_key("SECRET_KEY", DATA_DIR / "secret-key")

_address = environment.web_address("BASE_URL", "http://127.0.0.1:8000")
BASE_URL = _address.geturl()
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", [_address.hostname or "", "localhost", "127.0.0.1", "[::1]"])
CITY_NAME = environment.text("CITY_NAME")
CITY_CONTACT = environment.text("CITY_CONTACT")  # where the public writes to: errors, barriers
CITY_LOGO = environment.text("CITY_LOGO")  # a PNG, SVG or JPEG file for the cover of the reports; none: no logo
REPORT_COLOUR = environment.dark_colour("REPORT_COLOUR", "#15304f")
DEMO_TODAY = environment.day("DEMO_TODAY")  # the day on which a demo's clock stands; empty: the true clock

# --- Parts ---------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # lets the KERN renderer find Django's own widget templates
    "django_htmx",
    "django_filters",
    "simple_history",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "commitments",
    "reviews",
    "reporting",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "commitments.http.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "commitments.http.page_above",
    "commitments.views.protected_use.noting",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "commitments.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    },
]

FORM_RENDERER = "commitments.kern.KernRenderer"

# --- Data ----------------------------------------------------------------------------------------------------------

DATABASES = {"default": environment.database("DATABASE_URL", DATA_DIR / "register.sqlite3")}
if environment.text("DATABASE_MIGRATION_URL"):
    # The role that owns the tables, for `migrate --database owner` alone: the other may not alter history.
    DATABASES["owner"] = environment.database("DATABASE_MIGRATION_URL", DATA_DIR / "register.sqlite3")
    DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

CELERY_BROKER_URL = environment.one_of(
    "CELERY_BROKER_URL", "filesystem://localhost//", {"amqp", "amqps", "filesystem", "redis", "rediss"}
)
CACHE_URL = environment.text("CACHE_URL", CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else "")
CACHES: dict[str, dict[str, Any]]
if CACHE_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": environment.one_of("CACHE_URL", CACHE_URL, {"redis", "rediss"}),
            "KEY_PREFIX": "rechenschaft",
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(DATA_DIR / "cache"),
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    }

BACKUP_RECIPIENTS = environment.words("BACKUP_RECIPIENTS", [])

FILE_UPLOAD_TEMP_DIR = str(DATA_DIR / "tmp")
FILE_UPLOAD_HANDLERS = [
    "commitments.uploads.Limit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
LARGEST_UPLOAD = 64 * 1024 * 1024  # bytes: more than any form takes; what comes after them is dropped
CLAMAV_SOCKET = environment.scanner("CLAMAV_SOCKET")
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# --- Static files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("kern", BASE_DIR / "node_modules" / "@kern-ux" / "native" / "dist"),
]
WORLD_ATLAS = BASE_DIR / "node_modules" / "world-atlas"  # outlines of land, for the map of partner cities
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "files")},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# --- Language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "de"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

# --- Sign-in -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "commitments.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "commitments.http.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "commitments.http.SocialAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the administration enters its own people with their official addresses
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _address.scheme

MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Rechenschaft"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _address.scheme == "http"

# The city's own single sign-on; all or nothing.
_sign_on = {name: environment.text(f"OIDC_{name}") for name in ("SERVER_URL", "CLIENT_ID", "CLIENT_SECRET")}
SOCIALACCOUNT_PROVIDERS = environment.single_sign_on(_sign_on, environment.text("OIDC_NAME", "Single sign-on"))
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = bool(SOCIALACCOUNT_PROVIDERS)
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = SOCIALACCOUNT_EMAIL_AUTHENTICATION

# --- Security ------------------------------------------------------------------------------------------------------

_secure = _address.scheme == "https" and not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_AGE = 60 * 60 * 10  # a long working day
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if _secure else 0
# On a host of its own; under the city's whole domain it would speak for services that it does not know.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure and str(_address.hostname).count(".") > 1
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_SSL_REDIRECT = _secure
CSRF_TRUSTED_ORIGINS = [BASE_URL]
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # KERN's icons are data addresses in its style sheet
        "style-src": [SELF],
        "script-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *environment.origins(_sign_on["SERVER_URL"])],
    },
}

# --- API -----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rechenschaft",
    "DESCRIPTION": "A city's human-rights commitments, what it does about them, and what became of them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

# --- Jobs ----------------------------------------------------------------------------------------------------------

CELERY_BROKER_TRANSPORT_OPTIONS = {
    "filesystem": {
        "data_folder_in": str(DATA_DIR / "broker" / "messages"),
        "data_folder_out": str(DATA_DIR / "broker" / "messages"),
        "control_folder": str(DATA_DIR / "broker" / "control"),
        "polling_interval": 0.2,
    },
    # Measured: with these, what a killed worker held comes back within 20 seconds; with the defaults not in a minute.
    "redis": {"unacked_restore_interval": 5, "unacked_restore_throttle": 1, "visibility_timeout": 15},
}.get(CELERY_BROKER_URL.split(":", 1)[0].replace("rediss", "redis"), {})
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = environment.number("WORKERS", 2)
CELERY_WORKER_MAX_TASKS_PER_CHILD = 20  # a rendered report leaves its memory behind
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "broker" / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "take up jobs that never started or whose worker died": {"task": "commitments.jobs.resume", "schedule": 10.0},
    "seal the ledger at night, or as soon as the server is back": {
        "task": "commitments.jobs.ask",
        "schedule": crontab(minute=0),
        "args": ("seal-ledger",),
    },
    "remove files that nobody took over": {
        "task": "commitments.jobs.ask",
        "schedule": crontab(minute=40),
        "args": ("expire-imports",),
    },
    "remove exports of the ledger": {
        "task": "commitments.jobs.ask",
        "schedule": crontab(minute=50),
        "args": ("expire-ledger-exports",),
    },
    "remind and send mails": {
        "task": "commitments.jobs.ask",
        "schedule": crontab(hour="7-18", minute=10),
        "args": ("send-mails",),
    },
}

# --- Mail and log --------------------------------------------------------------------------------------------------

globals().update(environment.email("EMAIL_URL", DATA_DIR / "mails"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.text("EMAIL_FROM", f"rechenschaft@{_address.hostname}")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "WARNING")},
    "loggers": {"django": {"handlers": [], "propagate": True}},
}
