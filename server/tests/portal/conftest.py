"""An institution's pages asked by Django's own client: the whole middleware, real commits."""

import json
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from certcenter_sdk.client import altcha

HOST = "sample.localhost:8000"
PASSWORD = "Rope7352"
WANG, COMPANY, MUTE = "A123456789", "04595257", "J120000005"
PEOPLE = (
    {"national_id": WANG, "name": "王三豐", "birth_date": "1987-12-05", "phones": "0936000054",
     "emails": "wang@example.com", "accounts": "securities:1020-0324338; futures:F002-9000545"},
    {"national_id": COMPANY, "name": "範例股份有限公司", "birth_date": "2001-01-01", "emails": "c@example.com",
     "accounts": "securities:1020-0324340"},
    {"national_id": MUTE, "name": "蔡承恩", "birth_date": "1988-08-08", "accounts": "securities:1020-0324341"},
)  # fmt: skip


@pytest.fixture(scope="session")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any, django_test_environment: None
) -> Path:
    """A home with a migrated database, CAs, texts and the people above, made once."""
    from django.conf import settings
    from django.core.management import call_command
    from tests.support.engines import connected

    home = tmp_path_factory.mktemp("portal-centre")
    before = settings.CONFIG
    settings.CONFIG = before.model_copy(update={"home": home, "database_url": "sqlite"})
    with django_db_blocker.unblock(), connected(settings.CONFIG):
        call_command("migrate", verbosity=0)
        _people()
    settings.CONFIG = before
    shutil.copy(home / "certcenter.sqlite3", home / "template")
    return home


def _people() -> None:
    from certcenter.certificates import authority
    from certcenter.content.actions import load_texts
    from certcenter.core.actor import system
    from certcenter.identity.actions import import_customer
    from certcenter.identity.rows import CustomerRow
    from certcenter.institutions import serving
    from certcenter.passwords.actions import set_password

    authority.authorities.cache_clear()
    authority.create_missing(serving.served())
    load_texts(serving.served())
    for columns in PEOPLE:
        row = CustomerRow.parse(columns)
        customer = import_customer(row, institution="sample", actor=system("tests")).customer
        set_password(customer, PASSWORD, actor=system("tests"))


@pytest.fixture
def home(seeded: Path, settings: Any, django_db_blocker: Any) -> Iterator[Path]:
    """A centre of its own for one test."""
    from tests.support.engines import connected

    from certcenter.certificates import authority

    for leftover in seeded.glob("certcenter.sqlite3*"):
        leftover.unlink()
    shutil.copy(seeded / "template", seeded / "certcenter.sqlite3")
    settings.CONFIG = settings.CONFIG.model_copy(update={"home": seeded, "database_url": "sqlite"})
    authority.authorities.cache_clear()
    with django_db_blocker.unblock(), connected(settings.CONFIG):
        yield seeded
    authority.authorities.cache_clear()


class Reader:
    """Somebody at a browser without script: reads pages, fills in forms."""

    def __init__(self, *, host: str = HOST, language: str = "zh-TW", **more: Any) -> None:
        self.http = Client(headers={"host": host, "accept-language": language}, **more)

    def get(self, path: str, *, status: int = 200, **headers: str) -> str:
        answer = self.http.get(path, headers=headers)
        assert answer.status_code == status, (path, answer.status_code, answer.content.decode()[:500])
        return answer.content.decode()

    def post(self, path: str, **fields: str) -> HttpResponse:
        return self.http.post(path, fields)  # type: ignore[return-value]

    def sign_in(self, identity: str = WANG, password: str = PASSWORD, **more: str) -> HttpResponse:
        page = self.get("/login/")
        challenge = re.search(r'challenge="([^"]+)"', page)
        assert challenge
        answer = altcha.solve(json.loads(unescape(challenge[1])))
        return self.post("/login/", identity=identity, password=password, captcha=answer, **more)


@pytest.fixture
def reader(home: Path) -> Reader:
    return Reader()


@pytest.fixture
def wang(reader: Reader) -> Reader:
    """Mr Wang, signed in."""
    assert reader.sign_in().status_code == 302
    return reader


def field(page: str, name: str) -> str:
    """The value of a hidden input of a page."""
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
    assert found, f"no {name}"
    return unescape(found[1])


def work() -> None:
    """Let the worker do what waits."""
    from certcenter.worker.loop import until_idle

    until_idle()


def newest_code(identification: str) -> str:
    from certcenter.notifications.models import DemoMessage

    work()
    message = DemoMessage.objects.filter(text__contains=identification).latest("pk")
    found = re.search(rf"{identification}\D*(\d{{4,8}})", message.text)
    assert found
    return found.group(1)
