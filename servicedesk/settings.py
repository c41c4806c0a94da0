"""All settings, read from the environment; `.env.example` lists every variable with its meaning."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

VAR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))  # everything the desk writes on its own machine
VAR.mkdir(parents=True, exist_ok=True)

TESTING = "pytest" in sys.modules

# The demo needs no configuration: SQLite, an embedded broker, known log-ins. It ends as soon as a database is named.
DEMO = env.bool("DEMO", default=not env("DATABASE_URL", default=""))
DEMO_SECRET_KEY = "demo-only-key-never-used-where-a-database-is-named"  # noqa: S105
DEMO_PASSWORD = "try the desk"  # noqa: S105  of every person in the demo
DEMO_LOGINS = ("agent", "manager", "executive", "general", "admin")  # whom the demo offers to a visitor
DEBUG = env.bool("DEBUG", default=False)

SECRET_KEY = env("SECRET_KEY", default=DEMO_SECRET_KEY if DEMO or TESTING else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY: DATABASE_URL is set, so this is not the demo.")

HOST = env("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
WEB_PROCESSES = env.int("WEB_PROCESSES", default=1 if DEMO else 2)
WEB_THREADS = env.int("WEB_THREADS", default=8)  # of each web process
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)  # tasks at a time
# Links in mail come from here, never from a request.
SITE_ORIGIN = env("SITE_ORIGIN", default=f"http://127.0.0.1:{PORT}")
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[*LOOPBACK, urlsplit(SITE_ORIGIN).hostname])
ORGANISATION_NAME = env("ORGANISATION_NAME", default="")  # shown to customers and on every page

INSTALLED_APPS = [
    "servicedesk.staff.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",  # its form templates, where ours do not replace them
    "axes",
    "csp",
    "django_htmx",
    "simple_history",
    "servicedesk",
    "servicedesk.audit",
    "servicedesk.calendars",
    "servicedesk.outbox",
    "servicedesk.regulations",
    "servicedesk.search",
    "servicedesk.staff",
    "servicedesk.customers",
    "servicedesk.clock",
    "tickets",
    "followups",
    "servicedesk.reports",
    "servicedesk.dashboards",
    "servicedesk.uploads",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servicedesk.headers.permissions_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "servicedesk.headers.numbered_request",
    "servicedesk.incoming.read_in_one_way",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "servicedesk.staff.middleware.ReaderMiddleware",
    "servicedesk.staff.middleware.WayBackMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "servicedesk.urls"
WSGI_APPLICATION = "servicedesk.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "servicedesk.context.shell",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database: SQLite for the first try, PostgreSQL where DATABASE_URL names one.
if env("DATABASE_URL", default=""):
    DATABASES = {"default": env.db("DATABASE_URL")}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": VAR / "desk.sqlite3"}}
DATABASE = DATABASES["default"]
SQLITE = DATABASE["ENGINE"].endswith("sqlite3")
if SQLITE:
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # else writers meet "database is locked" in mid-transaction
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA trusted_schema=ON",
    }
    # A file, because an in-memory database locks whole tables between threads.
    DATABASE["TEST"] = {"NAME": VAR / env("TEST_DATABASE", default="test.sqlite3")}
else:
    DATABASE["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASE["CONN_HEALTH_CHECKS"] = True
    DATABASE.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # seconds
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Background work: Redis, or files under var/ for the first try.
REDIS_URL = env("REDIS_URL", default="")
SWEEP_EVERY = env.float("SWEEP_EVERY", default=5.0)  # seconds between two runs of the clock
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if REDIS_URL:
    # A Redis that hangs must not hold up whoever only leaves a hint there.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 5}  # seconds
else:
    BROKER_FOLDER = Path(env("BROKER_FOLDER", default=str(VAR / "broker")))
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_FOLDER / "queue"),
        "data_folder_out": str(BROKER_FOLDER / "queue"),
        "control_folder": str(BROKER_FOLDER / "control"),
        "polling_interval": 0.2,  # seconds; the default gives four seconds of delay
    }
    for folder in ("queue", "control"):
        (BROKER_FOLDER / folder).mkdir(parents=True, exist_ok=True)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = WORKER_CONCURRENCY
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
BEAT_FOLDER = VAR / "beat"
BEAT_FOLDER.mkdir(exist_ok=True)
CELERY_BEAT_SCHEDULER = "servicedesk.beat:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(BEAT_FOLDER / "schedule")

# People and log-in
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "servicedesk.staff.backends.StaffBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "display_name", "email", "employee_number"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "staff:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "staff:login"
SESSION_COOKIE_AGE = 60 * 60 * 12  # seconds: a long working day

# Language and time
LANGUAGE_CODE = env("LANGUAGE_CODE", default="en")
LANGUAGES = [
    ("en", _("English")),
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "servicedesk.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env("TIME_ZONE", default="Asia/Shanghai")  # the organisation's zone; storage is UTC
CELERY_TIMEZONE = TIME_ZONE  # so that what runs at night runs in our night
DEFAULT_PHONE_REGION = env(
    "DEFAULT_PHONE_REGION", default="CN"
)  # numbers without a country code are read as of here

# Static files: ours, and those npm installed (named one by one, so that nothing else is published)
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "servicedesk.frontend.NpmFinder",
]
NODE_MODULES = Path(env("NODE_MODULES", default=str(BASE_DIR / "node_modules")))
NPM_FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "vendor/echarts.min.js": "echarts/dist/echarts.common.min.js",  # dashboards only
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "servicedesk.frontend.DeskStaticFiles"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING

# Mail: to the console in the demo, else by the server that EMAIL_URL names
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://" if DEMO else "smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default="desk@example.org")
OUTBOX_TRIES = env.int("OUTBOX_TRIES", default=50)  # about two days, then a message is given up
OUTBOX_MAILS_PER_ADDRESS = env.int("OUTBOX_MAILS_PER_ADDRESS", default=20)  # an hour, to one outside address
OUTBOX_KEEP_TEXTS = env.int("OUTBOX_KEEP_TEXTS", default=90)  # days, then only the fact of sending is kept

# Security (SECURITY.md)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler's form controls carry small pictures in their style sheet
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
HTTPS = env.bool("HTTPS", default=SITE_ORIGIN.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from inside, without a certificate
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes of a form without files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# Files handed in for an import: the one place where the desk takes files
FILE_UPLOAD_HANDLERS = ["servicedesk.uploads.bounds.BoundedUpload"]  # to a temporary file, within the limit
IMPORT_LARGEST = env.int("IMPORT_LARGEST_MB", default=64) * 1_000_000  # bytes
IMPORT_KEEP_DAYS = env.int("IMPORT_KEEP_DAYS", default=7)  # days, then file and report are deleted
IMPORT_FOLDER = Path(env("IMPORT_FOLDER", default=str(VAR / "imports")))  # shared by web and worker
IMPORT_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)

# Lock-out per account and address pair, so that a stranger never locks out the rightful user
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # a lock-out ends by itself, long before an administrator would
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # so that the time to wait, once told, stands
AXES_CLIENT_IP_CALLABLE = "servicedesk.staff.throttling.client_address"
AXES_LOCKOUT_CALLABLE = "servicedesk.staff.views.log_in.locked_out"
LOGIN_FAILURES_PER_ADDRESS = env.int(
    "LOGIN_FAILURES_PER_ADDRESS", default=50
)  # within the cool-off, by any name

# Logs: one line of text in the demo, one JSON object a line elsewhere; numbers and ids, never personal text
LOG_LEVEL = env("LOG_LEVEL", default="INFO")
CHATTY = [] if LOG_LEVEL == "DEBUG" else ["app.trace", "beat", "worker.request", "worker.strategy"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
        },
    },
    "filters": {"request_number": {"()": "servicedesk.headers.RequestNumber"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_number"],
            "formatter": env("LOG_FORMAT", default="text" if DEMO else "json"),
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "celery": {"level": "WARNING" if DEMO else "INFO"},
        # Several lines for every run of the clock, every few seconds; failures still come through.
        **{f"celery.{name}": {"level": "WARNING"} for name in CHATTY},
        "servicedesk.requests": {
            "level": "INFO" if env.bool("LOG_REQUESTS", default=not DEMO) else "WARNING"
        },
    },
}

METRICS_TOKEN = env("METRICS_TOKEN", default="")  # without it /metrics answers the loopback address only
READY_SWEEP_AGE = env.float("READY_SWEEP_AGE", default=max(60.0, 12 * SWEEP_EVERY))  # seconds; older is red
READY_CLOCK_DIFFERENCE = env.float("READY_CLOCK_DIFFERENCE", default=3.0)  # seconds from the database's clock
SIMPLE_HISTORY_REVERT_DISABLED = True
SILENCED_SYSTEM_CHECKS: list[str] = []
