"""Profiles `helper` (demo, manual M0) and `pfxdir` (example, manual M3), walked by a program over HTTP with the SDK's flows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.taiwan import to_taipei
from certcenter.identity.models import Customer as Row
from certcenter.slips import actions as slips
from certcenter.slips.models import SlipPurpose
from certcenter_sdk.client import ApiProblem, Customer, Installed, Pending, life
from certcenter_sdk.client.life import Place

from .conftest import INDEX, WANG, Program

OFFICER = Actor(kind=ActorKind.STAFF, institution="example", id="1")


def customer_row(program: Program) -> Row:
    return Row.objects.get(institution=program.slug, national_id=program.identity)


def hand_out(program: Program) -> str:
    """Hand out a slip at the counter; returns its password."""
    purpose = SlipPurpose.CERTIFICATE
    return slips.issue(
        customer_row(program), purpose=purpose, note="identity card seen", actor=OFFICER
    ).secret


def place(program: Program) -> Place:
    return Place(program.slug, f"http://{INDEX}")


def person(**given: Any) -> Customer:
    return Customer(read_code=lambda sent: Program.newest_code(sent.identification), **given)


def keep(_installed: Installed) -> None:
    """The device stores it; what matters here is the centre."""


def apply(program: Program, **given: Any) -> Installed:
    installed: Installed = program.run(life.apply(place(program), person(**given), Pending.new(), keep=keep))
    return installed


def renew(program: Program, old: Installed | None) -> Installed:
    installed: Installed = program.run(
        life.renew(place(program), person(), Pending.new(), old=old, keep=keep)
    )
    return installed


def overview(program: Program) -> Any:
    return program.call("GET", "certificates", expect=200)


@pytest.fixture
def helper(centre: object) -> Program:
    """A customer of the desktop helper's institution, logged in."""
    return Program(slug="demo").sign_in()


@pytest.fixture
def pfxdir(centre: object) -> Program:
    """A customer of the PFX folder's institution, logged in."""
    return Program(slug="example").sign_in()


class TestHelper:
    """Manual M0."""

    @pytest.mark.spec("A3", "D4", "E3")
    def test_applying_takes_consent_and_the_same_code_to_every_contact(self, helper: Program) -> None:
        procedure = helper.begin("apply")
        assert helper.call("GET", f"procedures/{procedure}", expect=200)["state"] == "identified"
        sent = helper.call("POST", f"procedures/{procedure}/codes", {}, expect=201)
        assert sent["masked"] == "0936***054"
        assert sent["identification"] == ""
        code = helper.code(sent)
        proven = helper.call(
            "POST", f"procedures/{procedure}/codes/{sent['challenge']}", {"code": code}, expect=200
        )
        assert proven["state"] == "proven"

    @pytest.mark.usefixtures("centre")
    @pytest.mark.spec("D4")
    def test_both_contacts_get_the_same_code_and_one_is_enough(self) -> None:
        from certcenter.notifications.models import DemoMessage

        chen = Program(slug="demo", identity="B220000000").sign_in()
        sent = chen.send_code(chen.begin("apply"))
        assert sent["masked"].startswith("0912***001, m*****")
        code = chen.code(sent)
        reached = {
            each.channel for each in DemoMessage.objects.filter(institution="demo", text__contains=code)
        }
        assert reached == {"sms", "email"}

    @pytest.mark.usefixtures("centre")
    @pytest.mark.spec("D4")
    def test_who_has_no_contact_is_sent_to_the_branch(self) -> None:
        nobody = Program(slug="demo", identity="J120000005").sign_in()
        procedure = nobody.begin("apply")
        nobody.refused("POST", f"procedures/{procedure}/codes", {}, status=404, code="contact-unknown")
        assert "branches" in nobody.call("GET", "policy", expect=200)["application"]["unreachable"]

    @pytest.mark.spec("A3", "A4", "A5")
    def test_a_whole_life(self, helper: Program) -> None:
        first = apply(helper)
        assert first.file_name == f"{WANG}_DEMO.pfx"
        seen = overview(helper)
        assert (seen["status"], seen["label"], seen["revocations_left"]) == ("valid", "Valid certificate", 3)
        ends = first.certificate.not_valid_after_utc
        assert to_taipei(ends).strftime("%H:%M:%S") == "23:59:59"
        with clock.at(ends - timedelta(days=30)):
            helper.sign_in()
            second = renew(helper, first)
        assert second.certificate.not_valid_after_utc > ends
        with clock.at(ends - timedelta(days=29)):
            helper.sign_in()
            revoked = helper.run(life.revoke(person()))
            assert revoked.number("revocations_left") == 2
            assert overview(helper)["actions"] == ["apply"]

    @pytest.mark.spec("A4")
    def test_renewing_needs_the_old_key(self, helper: Program) -> None:
        first = apply(helper)
        ends = first.certificate.not_valid_after_utc
        with clock.at(ends - timedelta(days=1)):
            helper.sign_in()
            with pytest.raises(ApiProblem) as missing:
                renew(helper, None)
            assert (missing.value.status, missing.value.code) == (422, "old-key-needed")

    @pytest.mark.spec("A4")
    @pytest.mark.parametrize("days", [-30, 30], ids=["before", "after"])
    def test_the_window_is_thirty_days_on_either_side(self, helper: Program, days: int) -> None:
        first = apply(helper)
        edge = first.certificate.not_valid_after_utc + timedelta(days=days)
        outside = timedelta(seconds=1 if days > 0 else -1)
        with clock.at(edge + outside):
            helper.sign_in()
            with pytest.raises(ApiProblem) as refused:
                renew(helper, first)
            assert refused.value.code == "outside-renewal-window"
        with clock.at(edge):
            helper.sign_in()
            assert overview(helper)["actions"][0] == "renew"
            assert renew(helper, first).serial != first.serial

    @pytest.mark.spec("A4")
    def test_an_ended_certificate_whose_key_is_lost_is_applied_for_again(self, helper: Program) -> None:
        first = apply(helper)
        with clock.at(first.certificate.not_valid_after_utc + timedelta(days=3)):
            helper.sign_in()
            assert overview(helper)["actions"] == ["renew", "apply"]
            assert apply(helper).serial != first.serial

    @pytest.mark.spec("A5")
    def test_three_revocations_a_calendar_year(self, helper: Program) -> None:
        """Revoking takes the code alone: M0's page shows no consent."""
        with clock.at(datetime(2027, 12, 30, 4, tzinfo=UTC)):
            helper.sign_in()
            for left in (2, 1, 0):
                apply(helper)
                assert helper.run(life.revoke(person())).number("revocations_left") == left
            apply(helper)
            with pytest.raises(ApiProblem) as used_up:
                helper.run(life.revoke(person()))
            assert used_up.value.code == "revocations-used-up"
        with clock.at(datetime(2027, 12, 31, 16, tzinfo=UTC)):  # the first second of 2028 in Taipei
            helper.sign_in()
            assert overview(helper)["revocations_left"] == 3


class TestPfxDirectory:
    """Manual M3."""

    @pytest.mark.spec("E3", "A3")
    def test_applying_takes_the_slip_then_the_consent(self, pfxdir: Program) -> None:
        assert pfxdir.call("GET", "slip", expect=200) == {"asked": True, "accepted_until": None, "length": 12}
        text = pfxdir.call("GET", "consents/apply", expect=200)
        consent = {"version": text["version"], "sha256": text["sha256"]}
        body = {"kind": "apply", "consent": consent}
        pfxdir.refused("POST", "procedures", body, status=409, code="slip-needed")
        pfxdir.refused("POST", "slip", {"password": "abcd efgh ijkm"}, status=409, code="slip-unusable")
        secret = hand_out(pfxdir)
        pfxdir.refused("POST", "slip", {"password": secret.swapcase()}, status=422, code="slip-wrong")
        pfxdir.refused("POST", "slip", {"password": "abcd1234"}, status=422, code="slip-malformed")
        given = pfxdir.call("POST", "slip", {"password": secret}, expect=200)
        assert (given["asked"], given["accepted_until"] is not None) == (False, True)
        pfxdir.refused("POST", "procedures", {"kind": "apply"}, status=422, code="consent-needed")
        assert pfxdir.call("POST", "procedures", body, expect=201)["state"] == "proven"

    @pytest.mark.spec("E3")
    def test_the_slip_opens_one_session_and_one_application(self, pfxdir: Program) -> None:
        secret = hand_out(pfxdir)
        pfxdir.call("POST", "slip", {"password": secret}, expect=200)
        other = Program(slug="example").sign_in()
        assert other.call("GET", "slip", expect=200)["asked"], "another session has given nothing"
        apply(pfxdir)
        assert not pfxdir.call("GET", "slip", expect=200)["asked"]
        pfxdir.refused("POST", "slip", {"password": secret}, status=409, code="slip-unusable")

    @pytest.mark.spec("E3")
    def test_three_wrong_ones_void_the_slip(self, pfxdir: Program) -> None:
        secret, wrong = hand_out(pfxdir), {"password": "aaaaaaaaaaaa"}
        for left in ("2", "1"):
            problem = pfxdir.refused("POST", "slip", wrong, status=422, code="slip-wrong")
            assert left in problem["detail"]
        pfxdir.refused("POST", "slip", wrong, status=403, code="slip-voided")
        pfxdir.refused("POST", "slip", {"password": secret}, status=409, code="slip-unusable")
        pfxdir.call("POST", "slip", {"password": hand_out(pfxdir)}, expect=200)

    @pytest.mark.spec("A3", "A4", "A5", "D1")
    def test_a_whole_life(self, pfxdir: Program) -> None:
        secret = hand_out(pfxdir)
        first = apply(pfxdir, slip=lambda: secret)
        assert first.file_name == f"{WANG}.pfx"
        seen = overview(pfxdir)
        assert (seen["label"], seen["actions"]) == ("Code 0 (valid certificate)", [])
        ends = first.certificate.not_valid_after_utc
        assert ends.time().replace(microsecond=0) == datetime.fromisoformat(
            seen["host"]["issued_at"]
        ).time().replace(microsecond=0), "valid to the second"
        with clock.at(ends - timedelta(days=20)):
            pfxdir.sign_in()
            assert overview(pfxdir)["label"] == "Code 31 (expires soon)"
            second = renew(pfxdir, first)
        renewed = to_taipei(second.certificate.not_valid_after_utc)
        assert renewed == to_taipei(ends).replace(year=to_taipei(ends).year + 1), "old end + 1 year"
        text = {"kind": "revoke"}
        pfxdir.refused("POST", "procedures", text, status=403, code="online-revocation-off")

    @pytest.mark.spec("A4")
    def test_renewing_needs_the_old_key_and_no_code(self, pfxdir: Program) -> None:
        secret = hand_out(pfxdir)
        first = apply(pfxdir, slip=lambda: secret)
        with clock.at(first.certificate.not_valid_after_utc - timedelta(days=2)):
            pfxdir.sign_in()
            with pytest.raises(ApiProblem) as missing:
                renew(pfxdir, None)
            assert missing.value.code == "old-key-needed"

    @pytest.mark.spec("A4")
    @pytest.mark.parametrize(
        ("edge", "outside"),
        [
            (datetime(2028, 2, 29, 4, 0, 0, tzinfo=UTC), -1),
            (datetime(2028, 3, 31, 4, 0, 0, tzinfo=UTC), 1),
        ],
        ids=["opens", "closes"],
    )
    def test_the_window_is_a_calendar_month_clipped_to_its_last_day(
        self, pfxdir: Program, edge: datetime, outside: int
    ) -> None:
        with clock.at(datetime(2027, 3, 31, 4, 0, 0, tzinfo=UTC)):
            pfxdir.sign_in()
            secret = hand_out(pfxdir)
            first = apply(pfxdir, slip=lambda: secret)
        with clock.at(edge + timedelta(seconds=outside)):
            pfxdir.sign_in()
            with pytest.raises(ApiProblem) as refused:
                renew(pfxdir, first)
            assert refused.value.code == "outside-renewal-window"
        with clock.at(edge):
            assert renew(pfxdir, first).serial != first.serial
