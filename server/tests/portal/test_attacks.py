"""Attacks across the rooms: planted secrets, forged headers, replayed captchas, fixed sessions (SPEC E2, E4, E7, D6)."""

import contextlib
import io
import json
import logging
import re
from html import unescape

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from tests.support import people

from certcenter.core.actor import system
from certcenter.core.gates import State
from certcenter.core.logs import JsonFormatter
from certcenter.identity.actions import create_staff
from certcenter.identity.models import Approval, Customer, Role, Session
from certcenter.identity.sessions import SessionStore
from certcenter.passwords import login
from certcenter.passwords.models import Source
from certcenter_sdk.client import altcha

from .conftest import HOST, PASSWORD, WANG, Reader, work

WRONG, NEXT, STAFF_SECRET = "Planted4Wron", "Planted5Ne", "Planted6-staff-secret"


@pytest.fixture
def customer(home):
    return Customer.objects.get(institution="sample", national_id=WANG)


def officer(username):
    staff = create_staff(
        username,
        name="周小姐",
        password=STAFF_SECRET,
        roles=[Role.REGISTRATION_OFFICER],
        actor=system("tests"),
    )
    session = SessionStore()
    session.create()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(staff.pk), staff.get_session_auth_hash()
    session.save()
    reader = Reader(host="staff.localhost:8000")
    reader.http.cookies["session"] = session.session_key
    return reader


class Written:
    """Everything that the centre writes while the block lasts: its files, its log, its answers but for the one slip."""

    def __init__(self, home):
        self.home, self.log, self.answers = home, io.StringIO(), []

    @contextlib.contextmanager
    def watched(self, *readers):
        handler = logging.StreamHandler(self.log)
        handler.setFormatter(JsonFormatter())
        root = logging.getLogger()
        before, _level = root.level, root.setLevel(logging.DEBUG)
        root.addHandler(handler)
        for reader in readers:
            reader.http.request = self._keeping(reader.http.request)
        try:
            yield
        finally:
            root.removeHandler(handler)
            root.setLevel(before)

    def _keeping(self, request):
        def kept(**environment):
            answer = request(**environment)
            self.answers.append(f"{environment.get('PATH_INFO')} {environment.get('QUERY_STRING')}")
            self.answers.append(f"{dict(answer.headers)}")
            if b"data-secret" not in answer.content:
                self.answers.append(answer.content.decode("utf-8", "replace"))
            return answer

        return kept

    def everything(self):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        files = [
            path.read_bytes()
            for path in self.home.rglob("*")
            if path.is_file() and "secrets" not in path.parts and path.name != "template"
        ]
        return b"\n".join([*files, self.log.getvalue().encode(), *(each.encode() for each in self.answers)])


@pytest.mark.spec("D6", "E1", "E10")
def test_no_secret_is_written_anywhere(home, customer):
    """Logins, wrong and right, a change, a slip, errors: then every file, log line, address and page is searched."""
    reader, first, second = Reader(), officer("first"), officer("second")
    written = Written(home)
    with written.watched(reader, first, second):
        assert reader.sign_in(password=WRONG).status_code == 422
        assert reader.sign_in("B220000000", WRONG).status_code == 422
        assert reader.sign_in().status_code == 302
        key = reader.http.cookies["session"].value
        reader.post("/passwords/change/", old=PASSWORD, new=NEXT, confirm=NEXT, change_network="on")
        reader.http.get("/nowhere/", headers={"referer": f"http://{HOST}/?p={'x' * 10}"})
        first.post(f"/customers/{customer.pk}/counter-reissue/", note="papers shown", scope="")
        address = f"/approvals/{Approval.objects.get().pk}/"
        second.post(address, approve="1")
        slip = first.post(address, print="1").content.decode()
        slip_secret = re.search(r"data-secret>([A-Za-z0-9]+)<", slip)[1]
        first.post("/login/", username="first", password=STAFF_SECRET, captcha="")
        work()
    everything = written.everything()
    assert WANG.encode() in everything, "the search sees the database"
    assert b"counter-reissue" in everything, "the search sees addresses"
    for secret in (WRONG, PASSWORD, NEXT, slip_secret, STAFF_SECRET, key):
        assert secret.encode() not in everything, secret


@pytest.mark.spec("E7")
def test_pages_tell_no_other_site_where_one_was(reader):
    assert reader.http.get("/login/")["Referrer-Policy"] == "same-origin"


class TestForgedHeaders:
    """Host and X-Forwarded-For belong to whoever sends them (FINDINGS: Zitadel, authentik)."""

    @pytest.mark.spec("E5", "E7")
    @pytest.mark.usefixtures("home")
    @pytest.mark.parametrize(
        "host", ["evil.example", "sample.localhost.evil.example", "sample.localhost:8000@evil"]
    )
    def test_a_foreign_host_gets_nothing(self, host):
        answer = Reader(host=host).http.get("/login/")
        assert answer.status_code in (400, 404)
        assert b"evil" not in answer.content

    @pytest.mark.spec("E5")
    def test_a_forwarded_host_changes_no_address(self, reader):
        page = reader.get("/login/", **{"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})
        assert "evil" not in page

    @pytest.mark.spec("E2")
    def test_a_forged_source_is_not_believed(self, reader):
        for number in range(3):
            reader.post("/login/", identity=WANG, password=WRONG, captcha="")
            reader.http.post(
                "/login/",
                {"identity": WANG, "password": WRONG, "captcha": ""},
                headers={"x-forwarded-for": f"203.0.113.{number}"},
            )
        assert list(Source.objects.values_list("address", flat=True)) == ["127.0.0.1"]

    @pytest.mark.spec("E2")
    @pytest.mark.parametrize("header", ["", "rubbish", "203.0.113.9, rubbish", "::ffff:bad"])
    def test_rubbish_from_the_proxy_skips_no_limit(self, reader, settings, header):
        settings.CONFIG = settings.CONFIG.model_copy(update={"trusted_proxies": ("127.0.0.1",)})
        reader.http.post(
            "/login/",
            {"identity": WANG, "password": WRONG, "captcha": ""},
            headers={"x-forwarded-for": header},
        )
        assert Source.objects.count() == 1


def solved(reader):
    challenge = re.search(r'challenge="([^"]+)"', reader.get("/login/"))[1]
    return altcha.solve(json.loads(unescape(challenge)))


@pytest.mark.spec("B1", "E2")
def test_one_captcha_is_one_try_on_every_path(reader, customer):
    answer = solved(reader)
    body = {"identity": WANG, "password": WRONG, "captcha": answer}
    assert "captcha" not in reader.post("/login/", **body).content.decode().split('class="summary"')[1][:300]
    for _ in range(3):
        reader.post("/login/", **{**body, "password": PASSWORD})
    program = Reader(host="127.0.0.1:8000")
    api = program.http.post(
        "/api/v1/i/sample/sessions", {**body, "password": PASSWORD}, content_type="application/json"
    )
    assert (api.status_code, api.json()["code"]) == (422, "captcha-refused")
    assert login.gate(customer).state().failed == 1, "a replay is not even compared"
    assert not Session.objects.filter(customer=customer).exists()


@pytest.mark.spec("B2", "E2")
def test_wrong_guesses_on_several_paths_share_one_lock(reader, customer):
    reader.sign_in(password=WRONG)
    program = Reader(host="127.0.0.1:8000")
    challenge = program.http.get("/api/v1/i/sample/captcha").json()["work"]
    body = {"identity": WANG, "password": WRONG, "captcha": altcha.solve(challenge)}
    assert (
        program.http.post("/api/v1/i/sample/sessions", body, content_type="application/json").status_code
        == 401
    )
    login.count_failure(customer, actor=people.acting(customer))
    assert login.gate(customer).state().state is State.LOCKED
    assert reader.sign_in().status_code == 422, "the right password opens nothing now"


@pytest.mark.spec("E7")
class TestFixation:
    """A key that somebody else knows is worth nothing after login or step-up."""

    def test_a_planted_cookie_is_not_taken_over(self, reader):
        reader.http.cookies["session"] = "planted-key-of-the-attacker-planted-key-1"
        assert reader.sign_in().status_code == 302
        thief = Reader()
        thief.http.cookies["session"] = "planted-key-of-the-attacker-planted-key-1"
        assert thief.http.get("/certificates/").status_code == 302

    def test_an_anonymous_session_of_ours_is_not_either(self, reader):
        store = SessionStore(institution="sample")
        store.create()
        store.save()
        reader.http.cookies["session"] = store.session_key
        assert reader.sign_in().status_code == 302
        assert reader.http.cookies["session"].value != store.session_key
        thief = Reader()
        thief.http.cookies["session"] = store.session_key
        assert thief.http.get("/certificates/").status_code == 302

    def test_the_key_from_before_a_step_up_is_dead(self, wang):
        old = wang.http.cookies["session"].value
        store = SessionStore(old, institution="sample")
        store.step_up()
        thief = Reader()
        thief.http.cookies["session"] = old
        assert thief.http.get("/certificates/").status_code == 302
        wang.http.cookies["session"] = store.session_key
        wang.get("/certificates/")
