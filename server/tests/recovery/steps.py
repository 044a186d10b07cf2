"""The steps of a reissue, as tests take them."""

import re

import pytest
from tests.support.life import code_of, work

from certcenter.core.errors import CentreError
from certcenter.identity import queries
from certcenter.notifications.models import DemoMessage
from certcenter.recovery import links, reissue, requests

from .support import INSTITUTION, typed, visitor

NEW = "Harbour88"


def account(person):
    return queries.accounts(person.customer)[0].id


def refused(code, step, *arguments, **named):
    with pytest.raises(CentreError) as caught:
        step(*arguments, **named)
    assert caught.value.code == code, caught.value
    return caught.value


def begin(person, **changes):
    given = {"identity": person.customer.national_id, "birth_date": typed(person.customer)} | changes
    return requests.begin(INSTITUTION, **given, actor=visitor())


def request(person, *, address="192.0.2.7", **changes):
    token, shown = begin(person, **changes)
    requests.request(INSTITUTION, token=token, account_id=shown.accounts[0].id, actor=visitor(address))
    return token


def mails():
    work()
    return list(DemoMessage.objects.filter(channel="email", text__contains="/passwords/").order_by("-pk"))


def mailed():
    return re.search(r"#([A-Za-z0-9_-]{43})\b", mails()[0].text)[1]


def opened(person, token=None, birth_date=None):
    return links.open_link(
        INSTITUTION,
        link_token=token or mailed(),
        birth_date=birth_date or typed(person.customer),
        actor=visitor(),
    )[0]


def send(token, account_id=None, contact_id=None):
    return reissue.send(
        INSTITUTION, token=token, account_id=account_id, contact_id=contact_id, actor=visitor()
    )


def check(token, sent, code=None):
    return reissue.check(
        INSTITUTION,
        token=token,
        challenge_id=sent.challenge_id,
        code=code or code_of(sent.identification),
        actor=visitor(),
    ).initial


def redeem(token, initial, password=NEW, repeated=None):
    return reissue.redeem(
        INSTITUTION,
        token=token,
        initial=initial,
        password=password,
        repeated=repeated or password,
        actor=visitor(),
    )


def verified(person):
    """A run by mail that has its initial password: (token, initial)."""
    request(person)
    token = opened(person)
    return token, check(token, send(token))
