"""The peer: django-ca 3 from PyPI in an environment of its own, set up as its documentation says.

Gunicorn with 2 × cores + 1 workers (its gunicorn.conf.py) and no Celery, so that signing happens at once in the request.
Better than its defaults, to be fair: MD5 for the API user's password, kept database connections, SQLite in WAL with
IMMEDIATE transactions; as durable as ours (synchronous=FULL, fsync).
"""

import base64
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench import processes
from bench.load import Client

REQUIREMENTS = ("django-ca[api,postgres]>=3,<4", "gunicorn>=23")
_PREFIX = "/django_ca/api"

_SETTINGS = """
import os
SECRET_KEY = os.environ["PEER_SECRET"]
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "peer_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.staticfiles", "django.contrib.admin", "django_object_actions", "django_ca", "ninja",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                           "django.contrib.messages.context_processors.messages"]}}]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "django-ca": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {
        "location": os.environ["PEER_HOME"] + "/files", "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700}},
}
STATIC_URL = "/static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CA_DEFAULT_HOSTNAME = "127.0.0.1"
CA_ENABLE_REST_API = True
CA_USE_CELERY = False
if "PEER_PORT" in os.environ:
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PEER_NAME"],
        "USER": os.environ["PEER_USER"], "HOST": "127.0.0.1", "PORT": os.environ["PEER_PORT"], "CONN_MAX_AGE": 600}}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["PEER_HOME"] + "/db.sqlite3",
        "CONN_MAX_AGE": 600, "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"}}}
"""

_URLS = """
from django.urls import include, path
urlpatterns = [path("django_ca/", include("django_ca.urls"))]
"""

_WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peer_settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""

_SET_UP = """
import os
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("init_ca", "--key-type=EC", "--algorithm=SHA-256", "--api-enable", "Bench", "CN=Bench")
from django_ca.api.utils import create_api_user
from django_ca.models import CertificateAuthority
create_api_user("bench", os.environ["PEER_PASSWORD"])
print(CertificateAuthority.objects.get().serial)
"""


@dataclass(frozen=True, kw_only=True)
class DjangoCa:
    """A running django-ca."""

    port: int
    serial: str
    password: str
    server: "subprocess.Popen[bytes]"

    def connect(self) -> Client:
        """A client with the API user's name and password."""
        basic = base64.b64encode(f"bench:{self.password}".encode()).decode()
        return Client(self.port, headers=f"Authorization: Basic {basic}\r\n")

    def issue(self, client: Client, csr: str, common_name: str) -> str:
        """Order, ask until it is issued, fetch: its documentation's three steps. Returns the PEM."""
        base = f"{_PREFIX}/ca/{self.serial}"
        order = client.post(
            f"{base}/sign/", {"csr": csr, "subject": [{"oid": "2.5.4.3", "value": common_name}]}
        )
        assert order.status == 200, order
        slug = order.json()["slug"]
        while True:
            seen = client.get(f"{base}/orders/{slug}/")
            assert seen.status == 200, seen
            state = seen.json()
            assert state["status"] in {"pending", "issued"}, state
            if state["status"] == "issued":
                break
        fetched = client.get(f"{base}/certs/{state['serial']}/")
        assert fetched.status == 200, fetched
        pem: str = fetched.json()["certificate"]["pem"]
        return pem


def environment() -> Path:
    """The folder of django-ca's own virtual environment; made from PyPI where it is missing."""
    folder = processes.cache() / "django-ca"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "gunicorn").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        variables = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        subprocess.run([uv, "venv", "-q", "--clear", str(folder)], check=True, env=variables)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", str(python), *REQUIREMENTS], check=True, env=variables
        )
    return folder


@contextmanager
def running(database_url: str, home: Path) -> Iterator[DjangoCa]:
    """Set up and run django-ca inside the block; `home` is an empty folder."""
    folder = environment()
    for name, text in (("peer_settings", _SETTINGS), ("peer_urls", _URLS), ("peer_wsgi", _WSGI)):
        (home / f"{name}.py").write_text(text)
    variables = _variables(home, database_url)
    set_up = processes.python(variables, "-c", _SET_UP, executable=str(folder / "bin" / "python"))
    port, log = processes.free_port(), home / "peer.log"
    workers = 2 * (os.cpu_count() or 1) + 1
    command = [
        str(folder / "bin" / "gunicorn"), "--workers", str(workers), "--bind", f"127.0.0.1:{port}",
        "--no-control-socket", "--chdir", str(home), "peer_wsgi:application",
    ]  # fmt: skip
    with ExitStack() as stack:
        server = stack.enter_context(processes.running(command, environment=variables, log=log, cwd=home))
        processes.await_answer(f"http://127.0.0.1:{port}/", server, log)
        yield DjangoCa(
            port=port, serial=set_up.split()[-1], password=variables["PEER_PASSWORD"], server=server
        )


def _variables(home: Path, database_url: str) -> dict[str, str]:
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(home),
        "DJANGO_SETTINGS_MODULE": "peer_settings",
        "PEER_HOME": str(home),
        "PEER_SECRET": secrets.token_urlsafe(48),
        "PEER_PASSWORD": secrets.token_urlsafe(24),
    }
    if database_url != "sqlite":
        url = urlsplit(database_url)
        variables |= {
            "PEER_NAME": url.path.lstrip("/"),
            "PEER_USER": url.username or "",
            "PEER_PORT": str(url.port),
        }
    return variables
