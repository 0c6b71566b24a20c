"""Settings for tests: ours, in a home of their own. pytest-django loads this before any conftest, which is why the
environment is set here."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Short on purpose: a unix socket's path must stay under 104 bytes.
_home = Path(tempfile.mkdtemp(prefix="weft-test-", dir="/tmp"))
_owner = os.getpid()

# What the developer's shell or .env says about their own installation is not the tests' business.
for _name in (
    "SECRET_KEY", "PUBLISH_KEY", "REDIS_URL", "REDIS_PLAIN_URL", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL", "PORT",
    "HOST", "WEB_WORKERS", "DATABASE_URL", "DRAIN_SECONDS", "LOG_LEVEL", "LOG_FORMAT",
    "GOOGLE_CLIENT_ID", "GITHUB_CLIENT_ID", "OIDC_CLIENT_ID",
):  # fmt: skip
    os.environ.pop(_name, None)
for _name in [name for name in os.environ if name.startswith("LIMIT_")]:
    del os.environ[_name]
os.environ["WEFT_HOME"] = str(_home)
os.environ["WEFT_DOTENV"] = os.devnull

from collab.settings import *  # noqa: E402,F403
from collab.settings import DATABASES  # noqa: E402

# A file, as in earnest: SQLite in memory knows neither WAL nor a second process.
DATABASES["default"]["TEST"] = {"NAME": str(_home / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # 100 times faster
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def _remove_home() -> None:
    if os.getpid() == _owner:  # not in a fork
        shutil.rmtree(_home, ignore_errors=True)


atexit.register(_remove_home)
