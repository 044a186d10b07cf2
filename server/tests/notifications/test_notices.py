"""Notices: both languages, all contacts, sealed until sent (SPEC D7, E3)."""

import logging
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils.translation import gettext, override
from tests.support import people

from certcenter.core import clock
from certcenter.core.events import Event
from certcenter.notifications import gateways, tasks, templates
from certcenter.notifications.actions import notify, send_link
from certcenter.notifications.gateways import PermanentFailure, TemporaryFailure
from certcenter.notifications.messages import Address, Message
from certcenter.notifications.models import DemoMessage
from certcenter.outbox import dispatcher
from certcenter.outbox.handlers import Attempt, Task
from certcenter.outbox.models import Message as OutboxRow

DETAILS = {
    "serial": "4F2A606E974D0B",
    "ends": "2027-01-31",
    "address": "192.0.2.7",
    "old": "0936***054",
    "new": "–",
    "user": "chou01",
}
SOURCES = Path(templates.__file__).resolve().parents[1]


@pytest.fixture
def customer(sqlite_engine):
    return people.import_()


def tell(customer, event=Event.CERTIFICATE_REVOKED, key="revoked:4F2A606E974D0B", **arguments):
    with transaction.atomic():
        return notify(event, customer=customer, details=DETAILS, key=key, **arguments)


def delivered():
    while dispatcher.run_once():
        pass
    return list(DemoMessage.objects.order_by("id"))


@pytest.mark.spec("D7", "F4")
@pytest.mark.parametrize("event", list(templates.TEMPLATES))
@pytest.mark.parametrize("locale", ["zh-hant", "en"])
def test_every_notice_is_whole_in_both_languages(customer, event, locale):
    type(customer).objects.filter(pk=customer.pk).update(locale=locale)
    customer.refresh_from_db()
    tell(customer, event)
    sms, mail = delivered()
    for text in (sms.text, mail.text, mail.subject):
        assert "%(" not in text
        assert "–" not in text or event is Event.CUSTOMER_CONTACT_CHANGED
        assert ("您" in text or "碼" in text or "通知" in text) == (locale == "zh-hant"), text
    assert "王○明" in mail.text
    assert "王小明" not in mail.text + sms.text
    assert len(sms.text) < 250


@pytest.mark.spec("D7")
def test_a_serial_is_told_as_the_overview_shows_it(customer):
    tell(customer)
    assert all("4F2A606E…" in row.text for row in delivered())


@pytest.mark.spec("D7")
def test_a_notice_goes_to_every_contact_once(customer):
    assert tell(customer) == 2
    tell(customer)
    assert [(row.channel, row.address) for row in delivered()] == [
        ("sms", "0936123054"),
        ("email", "christin@example.com"),
    ]
    assert len(delivered()) == 2
    assert set(map(str, OutboxRow.objects.values_list("payload", flat=True))) == {"{}"}, "sent and forgotten"


@pytest.mark.spec("D7")
def test_a_former_contact_can_be_told_too(customer):
    assert tell(customer, also=(Address("sms", "0911111111"), Address("sms", "0936123054"))) == 3


@pytest.mark.spec("E9")
def test_what_is_rolled_back_is_not_told(customer):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        notify(Event.CERTIFICATE_REVOKED, customer=customer, details=DETAILS, key="x")
        1 / 0  # noqa: B018
    assert delivered() == []


@pytest.mark.spec("E3")
def test_address_and_text_lie_sealed_in_the_outbox(customer):
    tell(customer)
    rows = str(list(OutboxRow.objects.values()))
    assert "0936123054" not in rows
    assert "4F2A606E974D0B" not in rows.replace("revoked:4F2A606E974D0B", "")
    assert "christin" not in rows


@pytest.mark.spec("D4")
def test_an_expired_code_is_not_sent(customer):
    message = Message(
        key="code:1:0", institution="sample", locale="en", channel="sms", address="0936123054", subject="", text="x",
        expires_at=clock.now() + timedelta(minutes=5),
    )  # fmt: skip
    assert Message.unsealed(message.sealed()) == message
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert tasks.send([_task(message)]) == [None]
    assert not DemoMessage.objects.exists()
    assert tasks.send([_task(message)]) == [None]
    assert DemoMessage.objects.count() == 1


@pytest.mark.spec("D7", "E3")
@pytest.mark.parametrize(
    ("failure", "state"),
    [(TemporaryFailure("smtp: reply 451"), "waiting"), (PermanentFailure("smtp: reply 550"), "dead")],
)
def test_a_failure_waits_or_dies_and_logs_nothing_personal(customer, monkeypatch, caplog, failure, state):
    class Failing:
        def send(self, _message):
            raise failure

    monkeypatch.setattr(tasks, "gateway", lambda _channel: Failing())
    tell(customer)
    with caplog.at_level(logging.DEBUG):
        dispatcher.run_once()
    assert set(OutboxRow.objects.values_list("state", flat=True)) == {state}
    for secret in ("0936123054", "christin", "4F2A606E974D0B"):
        assert secret not in caplog.text.replace("revoked:4F2A606E974D0B", "")
        assert secret not in str(list(OutboxRow.objects.values_list("reason", flat=True)))


def test_a_payload_of_another_key_is_dead(customer, settings):
    from pydantic import SecretStr

    tell(customer)
    settings.CONFIG = settings.CONFIG.model_copy(update={"code_key": SecretStr("another" * 8)})
    dispatcher.run_once()
    assert set(OutboxRow.objects.values_list("state", flat=True)) == {"dead"}
    assert gateways.gateway("sms") is not None


@pytest.mark.spec("F4")
@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext (gettext) is not installed")
@pytest.mark.parametrize("room", ["identity", "passwords", "otp", "proof", "notifications", "core"])
def test_every_text_of_the_room_is_translated(room):
    """The catalogue holds all msgids that xgettext finds, each with a Chinese text."""
    sources = [str(path) for path in (SOURCES / room).rglob("*.py")]
    found = subprocess.run(
        ["xgettext", "--from-code=UTF-8", "-L", "Python", "-k_", "-o", "-", "--no-wrap", *sources],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ids = [match for match in re.findall(r'^msgid "(.+)"$', found, re.MULTILINE) if match]
    with override("zh-hant"):
        missing = [text for text in ids if gettext(text) == text]
    assert ids
    assert missing == []


def _task(message):
    return Task(message.sealed(), Attempt(1, topic="message", key=message.key), lambda: None)


#: Manual M2, figure of the mail; what stands in braces is the centre's own.
THE_MANUALS_MAIL = """親愛的投資人，您好：

您於2023/04/10 12:31:25申請密碼補發，請您於24小時內點開下方連結，到網站上執行發送簡訊以取得暫時通行碼，輸入暫時通行碼後，即可開始重設新密碼。

啟動電子登入密碼：
https://sample.example/link

【注意事項】
- 本公司不會以電子郵件要求客戶揭露任何資訊，若您有收到任何可疑的電子郵件，請勿回覆。
- 為保障客戶權益，本封通知信已經由數位簽章認證，為安全電子郵件，請您放心。
- 若非您本人申請，無需任何動作，您的密碼並未變更。

此封由系統發送，請勿直接回覆這封電子郵件，無法回覆寄件人

樣本證券客服專線：02-5550-0100、0800-555-100 | 週一至週五 8:00–18:00（國定假日除外），我們將竭誠為您服務！
"""


@pytest.mark.spec("B9", "D4.1", "F4")
@pytest.mark.parametrize("locale", ["zh-hant", "en"])
def test_the_mail_of_a_reissue_is_in_the_manuals_words(customer, monkeypatch, locale):
    monkeypatch.setattr("certcenter.notifications.actions.smime.signer", lambda _slug: object())
    customer.locale = locale
    asked = datetime(2023, 4, 10, 4, 31, 25, tzinfo=UTC)
    with transaction.atomic():
        send_link(
            "https://sample.example/link", customer=customer, address=Address("email", "christin@example.com"),
            requested_at=asked, expires_at=clock.now() + timedelta(hours=24), hours=24, key="link:1",
        )  # fmt: skip
    mail = Message.unsealed(OutboxRow.objects.get().payload)
    assert "王" not in mail.text
    if locale == "en":
        assert mail.text.startswith(
            "Dear investor,\n\nYou asked for your password to be reissued at 2023/04/10 12:31:25."
        )
        assert "02-5550-0100, 0800-555-100 | Monday to Friday 8:00–18:00" in mail.text
        return
    assert mail.subject == "[樣本證券] 線上密碼補發無憑證申請"
    assert mail.text.rpartition("查詢編號")[0] == THE_MANUALS_MAIL
