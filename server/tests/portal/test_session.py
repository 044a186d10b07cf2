"""Signing in, staying, leaving (SPEC B1, E4, E7)."""

import json
from contextlib import ExitStack

import pytest
from django.test import Client
from tests.support import people

from certcenter.core import clock
from certcenter.institutions import serving
from certcenter.institutions.vocabulary import Captcha
from certcenter.passwords import admission
from certcenter.portal import again

from .conftest import PASSWORD, WANG, Reader, field


@pytest.mark.spec("E4")
def test_wrong_and_unknown_get_the_same_page(reader):
    def told(identity, password):
        answer = reader.sign_in(identity, password)
        page = answer.content.decode()
        return answer.status_code, page.split('class="summary"')[1].split("</ul>")[0]

    assert told(WANG, "wrong1234") == told("B220000000", "wrong1234")


def test_what_is_missing_is_said_on_top_and_at_the_field(reader):
    answer = reader.post("/login/", identity="", password="")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#id_identity">請輸入身分證字號或統一編號。</a>' in page
    assert 'aria-describedby="id_identity-error" aria-invalid="true"' in page
    assert "<title>錯誤：" in page


def test_a_right_password_without_the_captcha_is_refused(reader):
    answer = reader.post("/login/", identity=WANG, password="Rope7352", captcha="")
    assert answer.status_code != 302
    assert "session" not in answer.cookies


@pytest.mark.spec("E7")
def test_the_session_is_new_bound_and_out_of_scripts_reach(reader):
    answer = reader.sign_in(next="/export/")
    assert (answer.status_code, answer["Location"]) == (302, "/export/")
    cookie = answer.cookies["session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    elsewhere = Reader(host="demo.localhost:8000")
    elsewhere.http.cookies["session"] = cookie.value
    assert elsewhere.http.get("/certificates/").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "evil"])
def test_nobody_is_sent_elsewhere_after_login(reader, target):
    assert reader.sign_in(next=target)["Location"] == "/certificates/"


def test_a_personal_page_asks_to_sign_in_and_comes_back(reader):
    answer = reader.http.get("/export/")
    assert answer["Location"] == "/login/?next=%2Fexport%2F"
    assert 'name="next" value="/export/"' in reader.get(answer["Location"])


@pytest.mark.spec("E7")
def test_logout_ends_the_session(wang):
    key = wang.http.cookies["session"].value
    assert wang.post("/logout/")["Location"] == "/signed-out/"
    thief = Client(headers={"host": "sample.localhost:8000"})
    thief.cookies["session"] = key
    assert thief.get("/certificates/").status_code == 302
    assert wang.http.get("/logout/").status_code == 405


@pytest.mark.spec("E7")
def test_who_stays_is_given_the_whole_idle_time_again(wang):
    from datetime import timedelta

    from certcenter.core import clock

    with clock.at(clock.now() + timedelta(minutes=10)):
        assert wang.post("/session/").json()["ends_in"] == 15 * 60
    with clock.at(clock.now() + timedelta(minutes=24)):
        wang.get("/certificates/")
    with clock.at(clock.now() + timedelta(minutes=50)):
        assert wang.http.get("/certificates/").status_code == 302


@pytest.mark.spec("E7")
def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(wang):
    from datetime import timedelta

    from certcenter.core import clock

    with clock.at(clock.now() + timedelta(minutes=10)):
        wang.get("/certificates/", **{"X-Background": "1"})
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert wang.http.get("/certificates/").status_code == 302


def test_an_image_captcha_where_policy_asks(home):
    page = Reader(host="model-bank.localhost:8000").get("/login/")
    assert 'src="data:image/png;base64,' in page
    assert "/login/sound/?token=" in page


@pytest.mark.spec("B1", "B2")
def test_the_password_centres_login_asks_for_a_captcha_and_the_helpers_for_none(home):
    people.with_password(PASSWORD, institution="demo")
    reader = Reader(host="demo.localhost:8000")
    page = reader.get("/login/?next=/passwords/change/")
    assert "注意事項" in page
    assert "帳戶將鎖定無法再登入" in page
    bare = reader.post("/login/", identity=WANG, password=PASSWORD, captcha="")
    assert (bare.status_code, "session" in bare.cookies) == (422, False)
    assert reader.sign_in(next="/passwords/change/")["Location"] == "/passwords/change/"
    sent = {"identity": WANG, "password": PASSWORD}
    by_program = Client(headers={"host": "127.0.0.1:8000"}).post(
        "/api/v1/i/demo/sessions", json.dumps(sent), content_type="application/json"
    )
    assert by_program.status_code == 201


@pytest.mark.parametrize(
    ("login", "own", "centre", "asked"),
    [
        pytest.param("none", "work", True, "work", id="the centre's own"),
        pytest.param("none", "work", False, "none", id="no centre"),
        pytest.param("none", "none", True, "none", id="none at all"),
        pytest.param("image", "work", True, "image", id="the login's"),
    ],
)
def test_which_captcha_the_login_page_asks(login, own, centre, asked):
    demo = serving.get("demo")
    rows = {
        "login": demo.login.model_copy(update={"captcha": Captcha(login)}),
        "passwords": demo.passwords.model_copy(update={"captcha": Captcha(own), "centre": centre}),
    }
    assert demo.model_copy(update=rows).page_captcha == asked


@pytest.fixture
def no_room(monkeypatch):
    """A house whose only place is taken until `release` is called."""
    house = admission.House(1)
    monkeypatch.setattr(admission, "house", lambda: house)
    with ExitStack() as held:
        held.enter_context(house.place())
        yield held.close


@pytest.mark.spec("E1", "E2")
def test_a_busy_centre_lets_one_click_send_the_same_again_with_the_same_captcha(reader, no_room):
    answer = reader.sign_in(next="/export/")
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "再試一次" in page
    assert PASSWORD not in page
    same = {"again": field(page, "again"), "next": field(page, "next")}
    still = reader.post("/login/", **same)
    assert still.status_code == 503
    no_room()
    done = reader.post("/login/", next="/export/", again=field(still.content.decode(), "again"))
    assert (done.status_code, done["Location"]) == (302, "/export/")
    # The captcha was spent by the login, and only by it.
    assert reader.post("/login/", **same).status_code == 422


@pytest.mark.spec("E7")
def test_what_is_to_be_sent_again_is_worth_nothing_elsewhere_or_later(reader, no_room):
    token = field(reader.sign_in().content.decode(), "again")
    no_room()
    stranger = Reader()
    stranger.get("/login/")
    assert stranger.post("/login/", again=token)["Location"] == "/login/"
    assert reader.post("/login/", again=token[:-2])["Location"] == "/login/"
    with clock.at(clock.now() + again.LIFETIME):
        assert reader.post("/login/", again=token)["Location"] == "/login/"
    assert reader.post("/login/", again=token)["Location"] == "/certificates/"
