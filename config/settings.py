"""Django's settings, from the environment; importing them touches no server.

DEVHEALTH_ENV           production (default) or development
CONTROL_DATABASE_URI    organisations, people, tokens: PostgreSQL
DATABASE_URI            the store of facts and metrics
REDIS_URL               Redis or Valkey
DJANGO_SECRET_KEY       required in production
DJANGO_ALLOWED_HOSTS    comma separated; production: DEVHEALTH_BASE_DOMAIN and all below it
DEVHEALTH_BASE_DOMAIN   organisations live at <slug>.<base domain>; default localhost
DEVHEALTH_BARE_HOSTS    more hosts without an organisation, where the token names it
"""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.services import control_database, secret_key, service_uris

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = BASE_DIR / ".devhealth"

ENVIRONMENT = os.environ.get("DEVHEALTH_ENV", "production")
if ENVIRONMENT not in ("production", "development"):
    raise ImproperlyConfigured("DEVHEALTH_ENV is `production` or `development`.")
DEVELOPMENT = ENVIRONMENT == "development"


def _names(variable: str) -> list[str]:
    return [name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()]


DEBUG = False  # in development too: errors keep one shape, and no page shows settings
CONTROL_DATABASE_URI, DATABASE_URI, REDIS_URL = service_uris(STATE_DIR)
SECRET_KEY = secret_key(STATE_DIR, DEVELOPMENT)

# --- hosts ---------------------------------------------------------------------------------------

BASE_DOMAIN = os.environ.get("DEVHEALTH_BASE_DOMAIN", "localhost").lower()
BARE_HOSTS = frozenset({"localhost", "127.0.0.1", BASE_DOMAIN, *_names("DEVHEALTH_BARE_HOSTS")})
HOSTLESS_PATHS = frozenset({"/livez", "/readyz"})  # probes come by IP address
ALLOWED_HOSTS = _names("DJANGO_ALLOWED_HOSTS") or [BASE_DOMAIN, f".{BASE_DOMAIN}"]
if DEVELOPMENT:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", ".localhost"]

# --- apps and tenancy ----------------------------------------------------------------------------

SHARED_APPS = [
    "django_tenants",
    "apps.orgs",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "ninja",
]
TENANT_APPS = ["apps.metrics"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "orgs.Organization"
TENANT_DOMAIN_MODEL = "orgs.Domain"
AUTH_USER_MODEL = "orgs.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "config.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.orgs.tenancy.TenancyMiddleware",
]
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.public_urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

# --- servers -------------------------------------------------------------------------------------

DATABASES = {"default": control_database(CONTROL_DATABASE_URI)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20

TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"

# --- people --------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "config.middleware.RequestIdFilter"}},
    "formatters": {
        "line": {
            "format": "%(asctime)s %(levelname)s %(name)s request=%(request_id)s %(message)s",
        }
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request"],
            "formatter": "line",
        }
    },
    "root": {"handlers": ["stderr"], "level": os.environ.get("DEVHEALTH_LOG_LEVEL", "INFO")},
    # Django's own handlers mail and print by DEBUG; everything goes through the root instead.
    "loggers": {"django": {"handlers": [], "propagate": True}},
}
