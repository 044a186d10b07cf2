"""Authorities and customers: keys take long to make, so they are made once a run."""

import pytest
from sdk.tests.pki import NOW, ORDER_FIELDS, Customer, new_root
from sdk.tests.stores import FEW, KINDS, installed, open_store

from certcenter_sdk import keys, pfx
from certcenter_sdk.keys import KeyType
from certcenter_sdk.orders import Order
from certcenter_sdk.store import records


@pytest.fixture(scope="session")
def root():
    return new_root()


@pytest.fixture(scope="session")
def issuing(root):
    return root.subordinate()


@pytest.fixture(scope="session")
def p256(issuing):
    key = keys.generate(KeyType.P256)
    return Customer(key, issuing.issue(key))


@pytest.fixture(scope="session")
def rsa2048(issuing):
    key = keys.generate(KeyType.RSA2048)
    return Customer(key, issuing.issue(key))


@pytest.fixture(params=["p256", "rsa2048"])
def customer(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def order():
    return Order(**ORDER_FIELDS)


@pytest.fixture
def few_iterations(monkeypatch):
    """Passwords are stretched for the sake of thieves; here it would only take time."""
    monkeypatch.setattr(pfx, "MAC_ITERATIONS", FEW)
    monkeypatch.setattr(records, "_LEAST_ITERATIONS", FEW)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def store(kind, tmp_path):
    return open_store(kind, tmp_path / "使用者 王小明")


@pytest.fixture
def life(store, issuing, root):
    return lambda **options: installed(store, issuing, root, now=NOW, **options)
