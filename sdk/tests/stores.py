"""Key stores for tests, with a keychain in memory and few iterations (the fixture `few_iterations`; test_pfx has the true ones)."""

from dataclasses import replace

import pytest

from certcenter_sdk import csr
from certcenter_sdk.errors import Refused
from certcenter_sdk.store import KeyStore, helper_location, pfxdir_location

IDENTITY = "A123456789"
PASSWORD = "Secret42"
FEW = 1_000
KINDS = ("helper", "pfxdir")


class Keychain:
    def __init__(self):
        self.secrets = {}

    def get(self, name):
        return self.secrets.get(name)

    def put(self, name, secret):
        self.secrets[name] = secret

    def delete(self, name):
        self.secrets.pop(name, None)


def location(kind, folder, institution="demo", identity=IDENTITY):
    if kind == "helper":
        found = helper_location(institution, identity, base=folder)
    else:
        found = pfxdir_location(institution, identity, home=folder)
    return replace(found, iterations=FEW)


def open_store(kind, folder, institution="demo", *, identity=IDENTITY, keychain=None, iterations=FEW):
    chain = keychain or Keychain()
    place = replace(location(kind, folder, institution, identity), iterations=iterations)
    return KeyStore(place, keychain=lambda: chain)


def certify(record, issuing, **options):
    """What the centre would issue for the record's request."""
    name = options.pop("common_name", f"{record.identity}-00-000001")
    return issuing.issue(_Public(csr.read(record.csr).public_key), name, **options)


class _Public:
    def __init__(self, key):
        self._key = key

    def public_key(self):
        return self._key


def issue(store, record, issuing, root, **options):
    certificate = certify(record, issuing, **options)
    name = f"{record.identity}_DEMO.pfx"
    return store.issued(
        record.request, certificate, [issuing.certificate, root.certificate], export_file_name=name
    )


def installed(store, issuing, root, *, now, kind="apply", replaces=None, password=PASSWORD, **options):
    """A whole life up to acknowledged."""
    record = store.new_key(password, kind=kind, replaces=replaces, **options)
    store.submitted(record.request)
    issue(store, record, issuing, root)
    store.install(record.request, password, now=now)
    return store.acknowledged(record.request)


def refusal(function, *arguments, **options):
    """The code that a call is refused with."""
    with pytest.raises(Refused) as caught:
        function(*arguments, **options)
    return caught.value.code
