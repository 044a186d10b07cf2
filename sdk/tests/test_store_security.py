"""The security setting (SPEC A11): how often an order asks for the password, and what a session holds meanwhile."""

import pytest
from sdk.tests.pki import NOW, ORDER_FIELDS
from sdk.tests.stores import PASSWORD, Keychain, installed, location, open_store, refusal

from certcenter_sdk import cms
from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.orders import Order
from certcenter_sdk.store import KeyStore, SecurityMode

pytestmark = pytest.mark.usefixtures("few_iterations")
ORDER = Order(**ORDER_FIELDS)


def order_with(session, count=2):
    for _ in range(count):
        cms.verify_detached(ORDER.canonical(), session.sign(ORDER))


@pytest.mark.spec("A11")
@pytest.mark.parametrize(("mode", "asked"), [("1", 3), ("2", 1), ("3", 0)])
def test_the_setting_governs_how_often_the_password_is_asked(store, life, mode, asked):
    life()
    store.change_security(SecurityMode(mode), PASSWORD)
    asks = []

    def ask(entry):
        asks.append(entry)
        return PASSWORD

    with store.session(ask=ask) as session:
        order_with(session, 3)
    assert len(asks) == asked
    assert refusal(session.sign, ORDER) == "session-ended"
    with store.session(ask=ask) as session:
        order_with(session, 3)
    assert len(asks) == 2 * asked


@pytest.mark.spec("A11")
def test_a_change_asks_the_password_and_waits_for_the_next_session(store, life):
    life()
    assert store.security() is SecurityMode.FIRST_ORDER
    assert refusal(store.change_security, SecurityMode.EVERY_ORDER, "wrong") == "wrong-password"
    asks = []
    with store.session(ask=lambda entry: asks.append(entry) or PASSWORD) as session:
        order_with(session)
        store.change_security(SecurityMode.EVERY_ORDER, PASSWORD)
        order_with(session)
        assert len(asks) == 1
    with store.session(ask=lambda entry: asks.append(entry) or PASSWORD) as session:
        order_with(session)
    assert len(asks) == 3


@pytest.mark.spec("A11")
def test_mode_1_holds_no_key(store, life):
    life()
    store.change_security(SecurityMode.EVERY_ORDER, PASSWORD)
    with store.session(ask=lambda _: PASSWORD) as session:
        order_with(session)
        assert session._held is None
        assert session.asks


@pytest.mark.spec("A11")
def test_without_a_keychain_mode_3_is_refused(kind, tmp_path, issuing, root):
    def none():
        raise StoreRefused("keychain-missing", "none here")

    store = KeyStore(location(kind, tmp_path), keychain=none)
    installed(store, issuing, root, now=NOW)
    assert refusal(store.change_security, SecurityMode.NEVER, PASSWORD) == "keychain-missing"
    assert store.security() is SecurityMode.FIRST_ORDER
    assert refusal(store.new_key, PASSWORD, security=SecurityMode.NEVER) == "keychain-missing"
    assert store.pending() == ()


@pytest.mark.spec("A11")
def test_the_keychain_opens_what_neither_half_opens_alone(kind, tmp_path, issuing, root):
    keychain = Keychain()
    store = open_store(kind, tmp_path, keychain=keychain)
    entry = installed(store, issuing, root, now=NOW, security=SecurityMode.NEVER)
    assert store.security() is SecurityMode.NEVER
    (secret,) = keychain.secrets.values()
    assert len(secret) == 32
    renewed = installed(store, issuing, root, now=NOW, kind="renew", replaces=entry)
    with store.session(ask=lambda _: pytest.fail("asked")) as session:
        order_with(session)
        assert session.entry == renewed
    assert len(keychain.secrets) == 1, "the old one's handle went with it"
    secrets = dict(keychain.secrets)
    keychain.secrets.clear()
    asks = []
    for _ in range(2):
        with store.session(ask=lambda entry: asks.append(entry) or PASSWORD) as session:
            order_with(session)
    assert len(asks) == 1, "a lost handle is made again with the password"
    assert keychain.secrets.keys() == secrets.keys()
    store.change_security(SecurityMode.FIRST_ORDER, PASSWORD)
    assert keychain.secrets == {}
    assert not list(store.shelf.handles_folder.iterdir())
