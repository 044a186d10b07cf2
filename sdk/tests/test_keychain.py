"""The operating system's keychain behind mode 3: through the package keyring, and refused where it guards nothing."""

import subprocess
import sys

import pytest
from sdk.tests.pki import NOW, ORDER_FIELDS
from sdk.tests.stores import PASSWORD, installed, location

from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.orders import Order
from certcenter_sdk.store import KeyStore, SecurityMode
from certcenter_sdk.store.keychain import system_keychain

keyring = pytest.importorskip("keyring")
from keyring.backend import KeyringBackend  # noqa: E402 - only where the extra is installed
from keyring.errors import KeyringLocked  # noqa: E402 - as above

pytestmark = pytest.mark.usefixtures("few_iterations")
ORDER = Order(**ORDER_FIELDS)


def backend(rank, *, locked=False):
    """A keyring backend as the operating system's are, of that priority."""

    class Backend(KeyringBackend):
        priority = rank

        def __init__(self):
            self.kept = {}

        def get_password(self, service, username):
            if locked:
                raise KeyringLocked("closed")
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            if locked:
                raise KeyringLocked("closed")
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    return Backend()


@pytest.fixture
def use(monkeypatch):
    return lambda chosen: monkeypatch.setattr(keyring, "get_keyring", lambda: chosen)


@pytest.mark.spec("A11")
def test_mode_3_through_keyring(use, tmp_path, issuing, root):
    chosen = backend(5)
    use(chosen)
    store = KeyStore(location("helper", tmp_path))
    entry = installed(store, issuing, root, now=NOW)
    store.change_security(SecurityMode.NEVER, PASSWORD)
    ((service, name),) = chosen.kept
    assert (service, name) == ("Certcenter", f"demo/{entry.spki_sha256}")
    (secret,) = chosen.kept.values()
    assert PASSWORD not in secret
    with store.session(ask=lambda _: pytest.fail("asked")) as session:
        session.sign(ORDER)
    store.change_security(SecurityMode.EVERY_ORDER, PASSWORD)
    assert chosen.kept == {}


@pytest.mark.spec("A11")
@pytest.mark.parametrize("rank", [0, 0.5, -1])
def test_a_keychain_that_guards_nothing_is_none(use, rank):
    """keyring's own `fail` and `null` backends, and files of keyrings.alt, rank below 1."""
    use(backend(rank))
    with pytest.raises(StoreRefused) as caught:
        system_keychain()
    assert caught.value.code == "keychain-missing"


@pytest.mark.spec("A11")
def test_a_locked_keychain_says_so_and_changes_nothing(use, tmp_path, issuing, root):
    use(backend(5, locked=True))
    store = KeyStore(location("helper", tmp_path))
    installed(store, issuing, root, now=NOW)
    with pytest.raises(StoreRefused) as caught:
        store.change_security(SecurityMode.NEVER, PASSWORD)
    assert caught.value.code == "keychain-closed"
    assert store.security() is SecurityMode.FIRST_ORDER


_ASK = """
import gc, weakref
from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.store.keychain import system_keychain

class Password(str):
    pass

def ask(password):
    try:
        system_keychain()
    except StoreRefused:
        pass

password = Password("Geheim78")
kept = weakref.ref(password)
ask(password)
del password
gc.collect()
print(kept() is None)
"""


@pytest.mark.spec("A11")
def test_the_search_for_a_keychain_keeps_nobodys_password():
    """keyring keeps the failures of its search for good, and with them the frames of whoever asked first."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "True\n"


@pytest.mark.spec("A11")
def test_without_the_extra_there_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(StoreRefused) as caught:
        system_keychain()
    assert caught.value.code == "keychain-missing"
