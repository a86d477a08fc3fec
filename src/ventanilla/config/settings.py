"""Django's settings. Behavior is data; what stands here is what must be known before the database is."""

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from ventanilla import __version__
from ventanilla.config.environment import data_folder, database, file_storage, key_file, read_environment
from ventanilla.config.own_hosts import own_hosts

ENVIRONMENT = read_environment()
PACKAGE = Path(__file__).resolve().parent.parent
DATA = data_folder(ENVIRONMENT)

VERSION = __version__
DEBUG = ENVIRONMENT.ventanilla_debug
SECRET_KEY, *SECRET_KEY_FALLBACKS = key_file(DATA / "keys", "signing")
SEALING_KEYS = key_file(DATA / "keys", "sealing")

PUBLIC_URL = ENVIRONMENT.ventanilla_url.rstrip("/")
# Without VENTANILLA_URL the desk answers to this computer's own names and addresses, as far as it listens there. Links
# in mails come from VENTANILLA_URL, never from a header.
ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS += own_hosts(ENVIRONMENT.ventanilla_listen)
# Further names of this installation, for portals with a brand of their own. What stands nowhere here is refused.
ALLOWED_HOSTS += [host for host in ENVIRONMENT.ventanilla_hosts.split(",") if host]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "ventanilla.config.apps.ConfigApp",
    "ventanilla.demo",
    "ventanilla.bench",
    "ventanilla.api",
    "ventanilla.portal",
    "ventanilla.desk",
    "ventanilla.studio",
    "ventanilla.welcome",
    "ventanilla.announcements",
    "ventanilla.surveys",
    "ventanilla.automation",
    "ventanilla.notify",
    "ventanilla.sla",
    "ventanilla.mail",
    "ventanilla.tickets",
    "ventanilla.catalog",
    "ventanilla.saved_views",
    "ventanilla.people",
    "ventanilla.brands",
    "ventanilla.ui",
    "ventanilla.fields",
    "ventanilla.search",
    "ventanilla.files",
    "ventanilla.events",
    "ventanilla.installation",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "ninja",  # the API's page of documentation, served by ourselves
    "django_tasks",
    "django_tasks_db",
    "template_partials.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "ventanilla.config.middleware.request_id",
    "ventanilla.config.operation.health.operation",
    "ventanilla.api.problems.problems",
    "ventanilla.config.middleware.bounded",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "ventanilla.config.middleware.one_configuration_a_page",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ventanilla.people.middleware.reader_preferences",
    "ventanilla.people.middleware.sessions_in_use",
    "ventanilla.people.middleware.second_step_first",
    "ventanilla.people.view_as.seen_as",
    "ventanilla.people.modules.modules_gate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "ventanilla.api.idempotency.idempotency",
]

ROOT_URLCONF = "ventanilla.config.urls"
WSGI_APPLICATION = "ventanilla.config.wsgi.application"
ASGI_APPLICATION = "ventanilla.config.asgi.application"

TEMPLATE_PLACES = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [("ventanilla.ui.folding.Loader", TEMPLATE_PLACES)])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "ventanilla.ui.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "ventanilla.ui.templatetags.ui"],
        },
    }
]

FORM_RENDERER = "ventanilla.ui.renderer.FormRenderer"

DATABASES = {"default": database(ENVIRONMENT)}
ENGINE_IS_POSTGRESQL = "postgresql" in DATABASES["default"]["ENGINE"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

# It holds the limits of sign-in alone: they stay when Redis goes, and nobody has to wait for it.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_entry"}}
REDIS_URL = ENVIRONMENT.redis_url
# What carries rings between processes: named here, so that it is loaded only where there is a Redis.
DOORBELL = "ventanilla.events.redis_bell.RedisBell" if REDIS_URL else ""
# Proxies that are believed when they say whom they ask for, and by http or https (X-Forwarded-For, -Proto).
TRUSTED_PROXIES = ENVIRONMENT.ventanilla_trusted_proxies
# Private networks whose servers may be asked over HTTP (see core/outbound.py); mail servers need no permission.
PRIVATE_NETS = [net for net in ENVIRONMENT.ventanilla_private_nets.split(",") if net]

# What wakes workers; the rows that are due stand in the database in any case. Loaded by the process that uses it.
TASK_QUEUE = {
    "database": "ventanilla.events.queue.DatabaseQueue",
    "redis": "ventanilla.events.redis_queue.RedisQueue",
}[ENVIRONMENT.ventanilla_queue]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# Files
MEDIA_ROOT = DATA / "files"
STORAGES = {
    "default": file_storage(ENVIRONMENT),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 3600
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
UPLOAD_MAX_BYTES = 25 * 1024 * 1024
# A whole form with its files. Files are kept on disk while a request is read, before anybody asks whose it is.
REQUEST_MAX_BYTES = 128 * 1024 * 1024

# Languages and time
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_TIME_ZONE = "Europe/Madrid"

# Sign-in
AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "ventanilla.people.backends.PersonBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
ACCOUNT_ADAPTER = "ventanilla.people.outside_signals.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
# The adapter renders this mail and forgets it: an unknown address takes as long as a known one, and gets nothing.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "login_failed": "30/m/ip,10/10m/key",
    "request_login_code": "20/m/ip,5/10m/key",
    "second_step": "20/m/ip,5/10m/key",
    "passkey": "30/m/ip",
    # A whole office may begin its day behind one address.
    "provider": "120/m/ip",
}
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "ventanilla.people.outside_signals.address_typed"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "people/locked.html"
AXES_VERBOSE = False
EMAIL_BACKEND = "ventanilla.mail.library_backend.QueueBackend"
DEFAULT_FROM_EMAIL = "ventanilla@localhost"

# Safety in the browser
CSRF_FAILURE_VIEW = "ventanilla.ui.errors.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https:")
SESSION_ENGINE = "ventanilla.people.session_store"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 31536000 if PUBLIC_URL.startswith("https:") else 0
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
    }
}

# Logs: lines to read on a terminal, JSON for whatever collects them elsewhere. What Django and the libraries say goes
# the same way, so that it bears the request's id too.
_LINE = structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
_JSON = structlog.processors.JSONRenderer(ensure_ascii=False)
_LOG = ENVIRONMENT.ventanilla_log or ("text" if sys.stderr.isatty() else "json")
_BEFORE_LOG: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[*_BEFORE_LOG, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _BEFORE_LOG,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _JSON if _LOG == "json" else _LINE,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"ventanilla": {"level": "INFO"}, "django": {"handlers": [], "propagate": True}},
}
SILENCED_SYSTEM_CHECKS = ["axes.W003", "axes.W006"]
