"""Users of a company: their login, their locks, a reset under four eyes (SPEC B10, E2, E4)."""

import pytest
from tests.support import people

from certcenter.audit.models import AuditEvent
from certcenter.core.errors import Invalid, NotFound
from certcenter.core.events import Event
from certcenter.core.gates import State
from certcenter.identity import sessions
from certcenter.identity.approvals import AlreadyAsked, NotOpen, OwnRequest
from certcenter.identity.models import ApprovalKind, ApprovalState, Session
from certcenter.identity.rows import CustomerRow, RowRefused
from certcenter.institutions import serving
from certcenter.notifications.models import DemoMessage
from certcenter.outbox import dispatcher
from certcenter.passwords import clients, login, resets, users
from certcenter.passwords.errors import LoginRefused, OldPasswordWrong
from certcenter.passwords.resets import OwnPassword
from certcenter.passwords.users import NotAdministrator, NotReviewer

pytestmark = pytest.mark.spec("B10")
BANK, FIRM = "model-bank", "04595257"
USERS = (
    "A01:周佩珊:administrator; A02:鄭文彬:administrator; A03:羅淑惠:administrator; "
    "M01:許家榮:maker; C01:簡秀英:checker; B01:何文:maker+checker"
)
SECRET = "Falcon47x"


@pytest.fixture
def firm(sqlite_engine):
    company = people.import_(national_id=FIRM, name="晨光公司", institution=BANK, users=USERS)
    for user in resets.users_of(company):
        users.set_password(user, SECRET, actor=people.anonymous(institution=BANK))
    return company


def user(firm, code):
    return next(each for each in resets.users_of(firm) if each.code == code)


def enter(code="M01", password=SECRET, *, number=FIRM):
    return users.authenticate(
        serving.get(BANK),
        number=number,
        code=code,
        password=password,
        device_token=None,
        actor=people.anonymous(institution=BANK),
    )


def acting(firm, code):
    who = user(firm, code)
    return people.anonymous(institution=BANK).as_customer(firm.pk, session="s", user=who.pk)


def refused(times=1, **arguments):
    for _ in range(times):
        with pytest.raises(LoginRefused):
            enter(**arguments)


def test_a_user_logs_in_and_the_history_says_who(firm):
    done = enter()
    assert (done.user.code, done.must_change, done.scope.user) == ("M01", False, done.user.pk)
    event = AuditEvent.objects.filter(event=Event.LOGIN_SUCCEEDED).latest("pk")
    assert event.actor_id == f"{firm.pk}/{done.user.pk}"


@pytest.mark.spec("E2")
def test_each_user_has_a_lock_of_its_own(firm):
    refused(3, password="Wrong123")
    assert users.gate(user(firm, "M01")).state().state is State.LOCKED
    refused(password=SECRET)
    assert enter("A01")
    while dispatcher.run_once(20):
        pass
    assert DemoMessage.objects.filter(text__contains="M01").exists()


@pytest.mark.spec("E4")
def test_unknown_firm_user_and_password_get_one_answer(firm):
    for arguments in ({"code": "X99"}, {"number": "04595252"}, {"password": "Wrong123"}):
        refused(**arguments)
    assert {each.rpartition(":")[2] for each in AuditEvent.objects.values_list("event", flat=True)} >= {
        "refused"
    }


@pytest.mark.spec("E2")
def test_no_way_in_without_a_user_code(firm):
    with pytest.raises(LoginRefused):
        login.authenticate(
            serving.get(BANK),
            number=FIRM,
            password=SECRET,
            device_token=None,
            actor=people.anonymous(institution=BANK),
        )


def test_a_program_names_the_user_too(firm):
    bank = serving.get(BANK)
    client_id, secret = clients.register(bank, name="erp", actor=people.anonymous(institution=BANK))
    program = {
        "client_id": client_id,
        "client_secret": secret,
        "identity": FIRM,
        "password": SECRET,
        "device_token": None,
        "actor": people.anonymous(institution=BANK),
    }
    assert clients.sign_in(bank, user_code="ｍ０１", **program).user.code == "M01"
    with pytest.raises(Invalid):
        clients.sign_in(bank, **program)


class TestReset:
    """One administrator asks, another approves, who asked hands it out."""

    def ask(self, firm, by="A01", about="M01"):
        return resets.ask(user(firm, by), user(firm, about), note="forgot it", actor=acting(firm, by))

    def test_reset(self, firm):
        refused(3, password="Wrong123")
        approval = self.ask(firm)
        with pytest.raises(OwnRequest):
            resets.approve(user(firm, "A01"), approval, actor=acting(firm, "A01"))
        resets.approve(user(firm, "A02"), approval, actor=acting(firm, "A02"))
        approval.refresh_from_db()
        with pytest.raises(NotOpen):
            resets.hand_out(user(firm, "A02"), approval, actor=acting(firm, "A02"))
        initial = resets.hand_out(user(firm, "A01"), approval, actor=acting(firm, "A01"))
        assert initial.secret not in repr(initial)
        refused(password=SECRET)
        assert enter(password=initial.secret).must_change
        approval.refresh_from_db()
        with pytest.raises(NotOpen):
            resets.hand_out(user(firm, "A01"), approval, actor=acting(firm, "A01"))
        assert not AuditEvent.objects.filter(details__contains=initial.secret).exists()
        assert AuditEvent.objects.filter(event=Event.USER_PASSWORD_HANDED_OUT).count() == 1

    def test_neither_for_oneself_nor_by_the_one_concerned(self, firm):
        with pytest.raises(OwnPassword):
            self.ask(firm, by="A01", about="A01")
        approval = self.ask(firm, by="A01", about="A02")
        with pytest.raises(OwnRequest):
            resets.approve(user(firm, "A02"), approval, actor=acting(firm, "A02"))
        resets.approve(user(firm, "A03"), approval, actor=acting(firm, "A03"))

    def test_a_maker_may_do_none_of_it(self, firm):
        with pytest.raises(NotAdministrator):
            self.ask(firm, by="M01", about="A01")
        approval = self.ask(firm)
        for step, refusal in (
            (resets.approve, NotReviewer), (resets.decline, NotReviewer), (resets.hand_out, NotAdministrator),
        ):  # fmt: skip
            with pytest.raises(refusal):
                step(user(firm, "M01"), approval, actor=acting(firm, "M01"))

    @pytest.mark.parametrize("code", ["C01", "B01"])
    def test_a_checker_releases_what_an_administrator_has_made_and_makes_nothing(self, firm, code):
        checker = user(firm, code)
        with pytest.raises(NotAdministrator):
            self.ask(firm, by=code, about="M01")
        approval = self.ask(firm)
        resets.approve(checker, approval, actor=acting(firm, code))
        approval.refresh_from_db()
        with pytest.raises(NotAdministrator):
            resets.hand_out(checker, approval, actor=acting(firm, code))
        assert resets.hand_out(user(firm, "A01"), approval, actor=acting(firm, "A01")).user == user(
            firm, "M01"
        )
        given = AuditEvent.objects.get(event=Event.APPROVAL_GIVEN)
        assert given.actor_id == f"{firm.pk}/{checker.pk}"

    def test_a_checker_releases_nothing_about_the_own_password(self, firm):
        approval = self.ask(firm, about="C01")
        with pytest.raises(OwnRequest):
            resets.approve(user(firm, "C01"), approval, actor=acting(firm, "C01"))
        resets.decline(user(firm, "C01"), approval, actor=acting(firm, "C01"))
        approval.refresh_from_db()
        assert approval.state == ApprovalState.DECLINED

    def test_one_at_a_time_and_another_firm_sees_nothing(self, firm):
        approval = self.ask(firm)
        with pytest.raises(AlreadyAsked):
            self.ask(firm, by="A02")
        other = people.import_(
            national_id="04595252",
            name="山海公司",
            institution=BANK,
            users="A01:甲乙:administrator",
            accounts="",
            phones="",
            emails="",
        )
        assert resets.waiting(other) == []
        with pytest.raises(NotFound):
            resets.of_company(other, approval.pk)
        assert [each.kind for each in resets.waiting(firm)] == [ApprovalKind.USER_RESET]


def test_own_change_ends_the_other_sessions(firm):
    me = user(firm, "M01")
    kept, other = (
        sessions.open_program_session(firm, actor=acting(firm, "M01"), scope=sessions.Scope(user=me.pk))[1]
        for _ in range(2)
    )
    with pytest.raises(OldPasswordWrong):
        users.change(
            me, old="Wrong123", new="Fresh4567", keep_session=str(kept.pk), actor=acting(firm, "M01")
        )
    users.change(me, old=SECRET, new="Fresh4567", keep_session=str(kept.pk), actor=acting(firm, "M01"))
    assert [each.pk for each in Session.objects.filter(user=me)] == [kept.pk]
    assert enter(password="Fresh4567")
    assert other


def test_a_disabled_user_is_out_at_once(firm):
    me = user(firm, "M01")
    sessions.open_program_session(firm, actor=acting(firm, "M01"), scope=sessions.Scope(user=me.pk))
    people.import_(national_id=FIRM, name="晨光公司", institution=BANK, users="M01:許家榮:")
    assert not Session.objects.filter(user=me).exists()
    refused()


@pytest.mark.parametrize(
    "text", ["M:x:maker", "M01:x:king", "M01::maker", "M01"], ids=["short", "role", "name", "form"]
)
def test_users_of_a_wrong_form_are_refused(text):
    with pytest.raises(RowRefused):
        CustomerRow.parse({**people.ROW, "national_id": FIRM, "users": text})


def test_a_person_has_no_users():
    with pytest.raises(RowRefused, match="users-of-a-person"):
        CustomerRow.parse({**people.ROW, "users": "M01:x:maker"})
