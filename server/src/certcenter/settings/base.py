"""Django's settings, derived from one `Config` (settings/model.py). Nothing else reads the environment."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from certcenter.settings.model import Config

CONFIG = Config.load()
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = CONFIG.django_key.get_secret_value()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # the institution's middleware accepts configured hosts alone (institutions.registry)
ROOT_URLCONF = "certcenter.portal.urls"
WSGI_APPLICATION = "certcenter.ctl.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "certcenter.core",
    "certcenter.audit",
    "certcenter.outbox",
    "certcenter.notifications",
    "certcenter.institutions",
    "certcenter.content",
    "certcenter.identity",
    "certcenter.otp",
    "certcenter.proof",
    "certcenter.slips",
    "certcenter.passwords",
    "certcenter.certificates",
    "certcenter.signing",
    "certcenter.transfers",
    "certcenter.recovery",
    "certcenter.portal",
    "certcenter.backoffice",
    "certcenter.api",
]

MIDDLEWARE = [
    "certcenter.portal.middleware.RequestReference",
    "django.middleware.security.SecurityMiddleware",
    "certcenter.portal.middleware.SecurityHeaders",
    "certcenter.portal.middleware.ServedInstitution",
    "certcenter.api.rush.Rush",
    "certcenter.portal.middleware.BoundSession",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "certcenter.portal.middleware.SignedInCustomer",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "certcenter.portal.context.page",
            ],
        },
    },
]


def _database(config: Config) -> dict[str, Any]:
    if config.database_url == "sqlite":
        return {
            "ENGINE": "certcenter.core.db.sqlite",
            "NAME": str(config.home / "certcenter.sqlite3"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30},
            # A new connection costs more than most requests, and each one opens a chain of its own in the audit.
            "CONN_MAX_AGE": 600,
        }
    url = urlsplit(config.database_url)
    if url.scheme != "postgresql":
        raise ValueError("CERTCENTER_DATABASE_URL must be `sqlite` or postgresql://…")
    return {
        "ENGINE": "certcenter.core.db.postgres",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 3},
    }


DATABASES = {"default": _database(CONFIG)}
ATOMIC_REQUESTS = False

LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "繁體中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Taipei"

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.home / "static"

AUTH_USER_MODEL = "identity.Staff"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = []
PASSWORD_HASHERS = [
    "certcenter.passwords.staff.PepperedHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",  # only reads: renewed under the pepper at the next login
]

SESSION_ENGINE = "certcenter.identity.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CONFIG.scheme == "https"
# The __Host- prefix demands Secure, so the demo on http goes without it (SPEC E7).
SESSION_COOKIE_NAME = "__Host-session" if SESSION_COOKIE_SECURE else "session"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_COOKIE_NAME = "__Host-csrf" if SESSION_COOKIE_SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "certcenter.portal.views.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# TLS ends at the proxy in front (deploy/nginx), which sets this header itself; `serve` listens on loopback.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.scheme == "https" else None
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.scheme == "https" else 0
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "certcenter.core.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "httpx": {"level": "WARNING"}},
}
