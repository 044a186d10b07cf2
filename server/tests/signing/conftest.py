"""Customers who sign orders."""

import pytest
from cryptography import x509
from tests.support.life import ORIGIN, Person

from certcenter.identity.queries import accounts
from certcenter.signing import actions
from certcenter_sdk import cms


class Trader(Person):
    """A customer who signs orders."""

    def fields(self, **changes):
        return {
            "account": accounts(self.customer)[0].display,
            "side": "buy",
            "symbol": "2330",
            "quantity": "1000",
            "price": "612.5",
            "currency": "TWD",
        } | changes

    def draft(self, **changes):
        return actions.draft_order(
            self.customer, fields=self.fields(**changes), origin=ORIGIN, actor=self.actor
        ).canonical()

    def sign(self, order, certificate):
        return cms.sign_detached(order, self.key, x509.load_der_x509_certificate(bytes(certificate.der)))

    def place(self, order, signature, *, origin=ORIGIN):
        return actions.accept_order(
            self.customer, order=order, signature=signature, origin=origin, actor=self.actor
        )


@pytest.fixture
def wang(sqlite_ready):
    return Trader()
