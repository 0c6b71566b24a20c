"""Settings. Everything that differs between installations comes from the environment (or `.env`) and is listed in
docs/operating.md; what is missing is generated or has a default that suits one machine."""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from collab import redis_servers
from collab.launch.home import prepare_home, secret, valkey_socket
from collab.limits import Limits

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(os.environ.get("WEFT_DOTENV", str(BASE_DIR / ".env")))
env = environ.Env()  # type: ignore[no-untyped-call]

WEFT_HOME = prepare_home(Path(env.str("WEFT_HOME", default=str(BASE_DIR / ".weft"))).expanduser().resolve())
SECRET_KEY = env.str("SECRET_KEY", default="") or secret(WEFT_HOME, "secret_key")
PUBLISH_KEY = env.str("PUBLISH_KEY", default="") or secret(WEFT_HOME, "publish_key")
LIMITS = Limits.from_environment(os.environ)
DEBUG = False

# Where people reach us
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
WEB_WORKERS = env.int("WEB_WORKERS", default=1)
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", _site.hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]
# Whose X-Forwarded-For and X-Forwarded-Proto are believed: the reverse proxy's address.
FORWARDED_ALLOW_IPS = env.str("FORWARDED_ALLOW_IPS", default="127.0.0.1")
# Who shows this may read /metrics from elsewhere too; without it only this machine may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# How long a web process takes to send its sockets away before it ends; /readyz says 503 meanwhile.
DRAIN_SECONDS = env.float("DRAIN_SECONDS", default=1.0)

_tls = _site.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _tls
SECURE_HSTS_SECONDS = 31_536_000 if _tls else 0
# The content security policy and what goes with it is decided in collab/headers.py, which reads these.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Scripts have no business with the session. Lax, for links from elsewhere (an invitation's) should find one signed in;
# no request that changes anything goes by cookie and GET. No `__Host-` names: the cookie's name is what other programs
# look sessions up by (docs/operating.md), and without a Domain attribute these are this host's alone anyway.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SILENCED_SYSTEM_CHECKS = [
    # Subdomains and preload lists are other people's sites: an operator decides on those, at the reverse proxy.
    "security.W005",
    "security.W021",
    # Redirecting from http is the proxy's (deploy/nginx.conf): here it would loop where X-Forwarded-Proto is missing.
    "security.W008",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = LIMITS.request_bytes
# The admin's form of a workspace has five fields a member: Django's 1,000 would refuse to save one of 250 people.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "channels",
    "ninja",
    "documents",
    "presence",
    "collab",
]
AUTH_USER_MODEL = "documents.User"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "collab.access.who",
]
ROOT_URLCONF = "collab.urls"
ASGI_APPLICATION = "collab.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# The database: one file by default, PostgreSQL by DATABASE_URL
_sqlite_file = WEFT_HOME / "weft.sqlite3"
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{quote(str(_sqlite_file))}")}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        # Takes the write lock at the start: a transaction that reads first and writes later could otherwise fail
        # halfway with "database is locked", which no timeout helps against.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL is said, not left to how SQLite was built: with NORMAL a power cut takes back acknowledged commits.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
elif _database["ENGINE"].endswith("postgresql"):
    # Each request runs on a thread of its own under ASGI, so a connection per thread would be a connection per request.
    _database.setdefault("OPTIONS", {})["pool"] = {
        "min_size": 0,
        "max_size": env.int("DATABASE_POOL_SIZE", default=20),
        "timeout": 5,
    }
    _database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: the embedded Valkey unless REDIS_URL names a server
EMBEDDED_VALKEY = not env.str("REDIS_URL", default="")
REDIS_URL = f"unix://{quote(str(valkey_socket(WEFT_HOME)))}" if EMBEDDED_VALKEY else env.str("REDIS_URL")
REDIS_PLAIN_URL = env.str("REDIS_PLAIN_URL", default="")
try:
    REDIS = redis_servers.servers(REDIS_URL, REDIS_PLAIN_URL)
except redis_servers.Misconfigured as fault:
    raise ImproperlyConfigured(str(fault)) from None
_cache = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": [REDIS_PLAIN_URL or REDIS_URL],  # a list, or it would be divided at the Sentinels' commas
    "OPTIONS": {
        "pool_class": "collab.redis_servers.Pools",
        "serializer": "collab.json_cache.JSONSerializer",
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        # redis-py's default waits up to a second before each of three tries: a page would hang while Redis is away.
        "retry": Retry(NoBackoff(), 1),
        "max_connections": 10_000,
    },
}
CACHES = {"default": {**_cache, "KEY_PREFIX": "weft:cache"}, "sessions": {**_cache, "KEY_PREFIX": "weft"}}
# Key of a session, part of the contract: weft:1:django.contrib.sessions.cache<sessionid>
SESSION_ENGINE = "collab.accounts.session_engine"
SESSION_CACHE_ALIAS = "sessions"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "prefix": "weft:layer",
            # redis-py 8 ends a silent subscription after 5 s and lends out 100 connections at most, both by default.
            "hosts": [{**REDIS.plain.for_channel_layer(), "socket_timeout": None, "max_connections": 10_000}],
        },
    }
}

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_REDIRECT_URL = "/"
# Here and not at the top: it reads the environment too, which by now has what .env says.
from collab.accounts.conf import *  # noqa: E402,F403

vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Weft <no-reply@{_site.hostname or 'localhost'}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "static"  # other packages' files, collected by ./run
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"  # ours, as Vite built them
USE_TZ = True
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"

_log_level = env.str("LOG_LEVEL", default="WARNING").upper()
_log_format = env.str("LOG_FORMAT", default="text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "collab.launch.logs.TextFormatter"},
        "json": {"()": "collab.launch.logs.JSONFormatter"},
    },
    "filters": {
        "about": {"()": "collab.launch.logs.About"},
        "addresses": {"()": "collab.launch.logs.Addresses"},
    },
    "handlers": {
        # Standard error, whatever the command: standard output belongs to what a command prints.
        "stderr": {
            "class": "collab.launch.logs.Handler",
            "formatter": _log_format,
            "filters": ["about"],
        },
    },
    "root": {"handlers": ["stderr"], "level": _log_level},
    "loggers": {
        **{
            name: {"level": _log_level if _log_level == "DEBUG" else "INFO"}
            for name in ("collab", "documents", "presence")
        },
        # A line a request is for programs to read: on somebody's terminal it would bury the link for the first
        # administrator, and the mails that go there.
        "collab.access": {
            "level": _log_level if _log_format == "text" else "DEBUG" if _log_level == "DEBUG" else "INFO"
        },
        # Told to debug, they write down every frame and header, and so what people write and what they sign in by.
        **{
            name: {"level": "INFO" if _log_level == "DEBUG" else _log_level}
            for name in ("uvicorn", "websockets", "redis", "rq")
        },
        "django": {"handlers": [], "propagate": True, "level": "WARNING"},
        "django.request": {"filters": ["addresses"]},
        "django.server": {"handlers": [], "propagate": True},
        # Scanners ask for hosts that aren't ours all day long.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
