"""Settings of the site. What an installation may change comes from the environment.

``OPENALLIANCE_DATA_DIR``      folder of database, secrets and added instruments
``DATABASE_URL``               PostgreSQL instead of SQLite in the data folder
``OPENALLIANCE_HOSTS``         host names it answers to, comma-separated
``OPENALLIANCE_ADDRESS``       the address it is reached at, for links in letters to clients
``OPENALLIANCE_HTTPS``         ``1`` when it is reached over HTTPS (then cookies are bound to it)
``OPENALLIANCE_DEMONSTRATION`` ``1`` only for the demonstration practice: one-click sign-in
``OPENALLIANCE_MAIL_URL``      ``smtp://user:password@host:port`` for outgoing mail
``OPENALLIANCE_MAIL_FROM``     the sender's address of outgoing mail
``OPENALLIANCE_EMERGENCY_MINUTES`` how long a record stays open that was opened in an emergency
``OPENALLIANCE_MASTER_KEYS``   master keys, instead of those in the data folder
``OPENALLIANCE_IDLE_MINUTES``  after how many minutes unused the staff are asked who they are
``OPENALLIANCE_STAY_HOURS``    how many hours after signing in they must sign in anew
``OPENALLIANCE_TEXT_URL``      a gateway for text messages
``OPENALLIANCE_TEXT_TOKEN``    the gateway's token
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from openalliance.core.errors import InputError
from openalliance.site.config import addresses
from openalliance.site.config.secrets import DATABASE_FILE, MasterKeys, load_or_create


def _whole(text: str, *, most: int, where: str) -> int:
    """Return a setting that is a whole number from 1 to ``most``."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise InputError(f"choose a whole number from 1 to {most}", where=where)
    return int(text)


SITE = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("OPENALLIANCE_DATA_DIR", "openalliance-data")).resolve()
_secrets = load_or_create(DATA_DIR)

SECRET_KEY = _secrets["signing_key"]
MASTER_KEYS = MasterKeys(DATA_DIR)
DEBUG = False
DEMONSTRATION = os.environ.get("OPENALLIANCE_DEMONSTRATION") == "1"
HTTPS = os.environ.get("OPENALLIANCE_HTTPS") == "1"
ALLOWED_HOSTS = [
    host.strip()
    for host in (os.environ.get("OPENALLIANCE_HOSTS") or "localhost,127.0.0.1,[::1]").split(",")
]
SITE_ADDRESS = addresses.public_address(
    os.environ.get("OPENALLIANCE_ADDRESS", ""), host=ALLOWED_HOSTS[0], https=HTTPS
)
EMERGENCY_MINUTES = _whole(
    os.environ.get("OPENALLIANCE_EMERGENCY_MINUTES", "60"),
    most=480,
    where="OPENALLIANCE_EMERGENCY_MINUTES",
)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if HTTPS else []

_records = "openalliance.site.records"
_screens = "openalliance.site.screens"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "template_partials",
    f"{_records}.trust",
    f"{_records}.practice",
    f"{_records}.evidence",
    f"{_records}.letters",
    f"{_records}.care",
    f"{_records}.emergency",
    f"{_records}.checkins",
    f"{_records}.plans",
    f"{_records}.tasks",
    f"{_records}.conversations",
    f"{_records}.endings",
    f"{_records}.intake",
    f"{_records}.rights",
    "openalliance.site.ui",
    f"{_screens}.account",
    f"{_screens}.public",
    f"{_screens}.client",
    f"{_screens}.therapist",
    f"{_screens}.supervisor",
    f"{_screens}.administrator",
    f"{_screens}.emergency",
    f"{_screens}.evidence",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "openalliance.site.config.middleware.headers",
    "openalliance.site.config.middleware.alive",
    "openalliance.site.config.middleware.faults",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "openalliance.site.config.middleware.signed_in",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "openalliance.site.config.middleware.handed_over",
    "openalliance.site.config.middleware.practice_context",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "openalliance.site.config.urls"
WSGI_APPLICATION = "openalliance.site.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE / "ui" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openalliance.site.config.context.site",
            ],
        },
    }
]

if os.environ.get("DATABASE_URL"):
    DATABASES = {"default": addresses.database(os.environ["DATABASE_URL"])}
else:
    DATABASES = {
        "default": {
            "ENGINE": "openalliance.site.config.sqlite",
            "NAME": str(DATA_DIR / DATABASE_FILE),
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
                ),
            },
        }
    }
# Counts of tries must be one for all worker processes.
CACHES = {
    "default": {
        "BACKEND": "openalliance.site.config.counts.Counts",
        "LOCATION": "django_cache",
        # Room for more counts than anybody can make in the time they are kept.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "practice.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_validators}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validators}.CommonPasswordValidator"},
    {"NAME": f"{_validators}.NumericPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "openalliance.site.config.sign_in.StaffAccounts"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "contact": "5/h/ip",
    "contact_all": "200/d/key",
    "reset_password": "10/h/ip,3/h/key",  # a rate  # nosec B105
    "unlock": "5/5m/key",
    "client_code": "30/h/ip",
    "set_up": "10/m/ip",
    "invitation": "20/m/ip",
}
MFA_ADAPTER = "openalliance.site.config.sign_in.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a finger, a face or a PIN, not only a touch
_passkeys = "openalliance.site.screens.account.passkeys"
_codes = "openalliance.site.screens.account.codes"
MFA_FORMS = {
    "authenticate": f"{_codes}.SignInCodeForm",
    "reauthenticate": f"{_codes}.ConfirmCodeForm",
    "add_webauthn": f"{_passkeys}.AddPasskeyForm",
    "login_webauthn": f"{_passkeys}.SignInForm",
    "authenticate_webauthn": f"{_passkeys}.SecondFactorForm",
    "reauthenticate_webauthn": f"{_passkeys}.ConfirmForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "OpenAlliance"
MFA_TOTP_TOLERANCE = 1  # telephones' clocks are off by some seconds
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/home"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "openalliance.site.config.faults.locked_out"
AXES_CLIENT_IP_CALLABLE = "openalliance.site.config.sign_in.client_ip"
AXES_USERNAME_CALLABLE = "openalliance.site.config.sign_in.attempted_name"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["login", "username", "ip_address"]

_idle = os.environ.get("OPENALLIANCE_IDLE_MINUTES") or "30"
_stay = os.environ.get("OPENALLIANCE_STAY_HOURS") or "10"
STAFF_IDLE = timedelta(minutes=_whole(_idle, most=240, where="OPENALLIANCE_IDLE_MINUTES"))
STAFF_STAYS = timedelta(hours=_whole(_stay, most=24, where="OPENALLIANCE_STAY_HOURS"))
# Over HTTPS the prefix keeps other hosts of the same domain from setting these cookies.
_host_only = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_host_only}oa_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
# Longer than any sign-in holds: a form that comes too late must still be known to be somebody's.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 3
CSRF_COOKIE_NAME = f"{_host_only}csrftoken"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "openalliance.site.config.faults.missing_csrf"
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": browsers would then send "Origin: null" with forms, which CSRF must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# A long answer is welcome, ten megabytes of it are not.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# A picture from a telephone, and what a form says around it.
LARGE_UPLOADS = {"/therapist/profile/portrait": 9 * 1024 * 1024}
FILE_UPLOAD_MAX_MEMORY_SIZE = 0

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "oa_language"
LOCALE_PATHS = [SITE / "ui" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [("generated", DATA_DIR / "generated")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 60 * 60 * 24 * 365

TEXT_GATEWAY_URL = addresses.gateway(os.environ.get("OPENALLIANCE_TEXT_URL", ""))
TEXT_GATEWAY_TOKEN = os.environ.get("OPENALLIANCE_TEXT_TOKEN", "")

_mail = addresses.mail_server(os.environ.get("OPENALLIANCE_MAIL_URL", ""))
MAIL_IS_SET_UP = _mail is not None
if _mail is not None:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
    EMAIL_USE_TLS = _mail.encrypted
    EMAIL_TIMEOUT = 10
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
ACCESS_LOG_GUARDED = True
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
DEFAULT_FROM_EMAIL = os.environ.get("OPENALLIANCE_MAIL_FROM", "openalliance@localhost")

# Nothing a client said and no address that identifies a person may reach a log.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"discreet": {"()": "openalliance.site.config.logs.Discreet"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["discreet"],
        },
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "openalliance": {"level": "INFO"},
        # Django's own request log prints paths and, on faults, local variables.
        "django.request": {"handlers": ["nowhere"], "propagate": False},
        "django.security": {"handlers": ["nowhere"], "propagate": False},
        "axes": {"handlers": ["nowhere"], "propagate": False},
    },
}
