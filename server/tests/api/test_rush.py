"""A rush of logins is told "busy" at the door, in the words and with the headers of every answer (SPEC E1, E2)."""

import json
from io import BytesIO

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory

from certcenter.api import rush
from certcenter.passwords import admission
from certcenter.passwords.admission import House

pytestmark = pytest.mark.spec("E1", "E2")
ADDRESS = "/api/v1/i/sample/sessions"
HOST = "127.0.0.1:8000"


class Asked:
    """One answer of a WSGI application."""

    def __init__(self, application, path=ADDRESS, *, method="POST", **environ):
        request = RequestFactory().generic(method, path, b"no JSON", content_type="application/json")
        body = application(
            request.environ | {"HTTP_HOST": HOST, "wsgi.input": BytesIO(b"no JSON")} | environ, self._started
        )
        self.body = b"".join(body)

    def _started(self, status, headers, _error=None):
        self.status, self.headers = int(status[:3]), dict(headers)

    @property
    def problem(self):
        return json.loads(self.body)


@pytest.fixture
def house(monkeypatch):
    house = House(1)
    monkeypatch.setattr(admission, "house", lambda: house)
    return house


@pytest.fixture
def door():
    return rush.Door(get_wsgi_application())


@pytest.mark.spec("E10")
def test_a_full_house_is_told_before_the_body_is_read(sqlite_engine, house, door):
    inside = Asked(door)
    assert inside.problem["code"] == "malformed-json"
    with house.place():
        english, again = (Asked(door, HTTP_ACCEPT_LANGUAGE="en") for _ in range(2))
        chinese = Asked(door, HTTP_ACCEPT_LANGUAGE="zh-TW")
    for answer in (english, again, chinese):
        assert (answer.status, answer.problem["code"]) == (503, "busy")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.problem["reference"] == answer.headers["X-Reference"]
        # What protects every answer protects this one.
        assert set(inside.headers) - {"Vary", "Content-Language"} <= set(answer.headers)
    assert english.problem["detail"].startswith("Many people are logging in")
    assert again.problem | {"reference": ""} == english.problem | {"reference": ""}
    assert chinese.problem["detail"] != english.problem["detail"]
    assert len({each.problem["reference"] for each in (english, again, chinese)}) == 3
    assert house.turned_away == 3


def test_only_logins_are_turned_away_and_only_here(sqlite_engine, house, door):
    with house.place():
        assert Asked(door, "/api/v1/i/sample/policy", method="GET").status == 200
        assert Asked(door, "/api/v1/i/sample/sessions", method="GET").status == 405
        # A foreign Host is nowhere, also in a rush.
        assert Asked(door, HTTP_HOST="evil.example").status in {400, 404}
    assert Asked(door).status != 503


def test_what_the_door_remembers_is_bounded(sqlite_engine, house, door, monkeypatch):
    monkeypatch.setattr(rush, "_MOST_ANSWERS", 4)
    with house.place():
        for number in range(20):
            assert Asked(door, HTTP_ACCEPT_LANGUAGE=f"en;q=0.{number:03d}").status == 503
            assert len(door._answers) <= 4
        assert Asked(door, HTTP_ACCEPT_LANGUAGE="en," + "x" * 500).status == 503
        assert all(len(name) <= 200 for key in door._answers for name in key)
