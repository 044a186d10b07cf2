"""The key store on a customer's own machine (SPEC A3, A4, A6–A11; manuals M0 and M3; docs/key-store.md).

    location = pfxdir_location("example", "A123456789", folder="BTS")
    store = KeyStore(location)
    pending = store.new_key("Secret42", kind="apply")       # on disk, wrapped, before any network call
    store.issued(pending.request, certificate, chain, export_file_name="A123456789.pfx")
    store.install(pending.request, "Secret42")              # <home>/BTS/A123456789.pfx
    store.acknowledged(pending.request)
    with store.session(ask=lambda entry: "Secret42") as session:
        signature = session.sign(order)

`client.custody` goes through these steps with a centre and takes them up again where a crash or a cut left them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certcenter_sdk.store.importing import Candidate
    from certcenter_sdk.store.keystore import KeyStore
    from certcenter_sdk.store.locations import Location, helper_location, location_for, pfxdir_location
    from certcenter_sdk.store.records import Issued, PendingKey, State
    from certcenter_sdk.store.sessions import Session, Unlocked
    from certcenter_sdk.store.settings import SecurityMode
    from certcenter_sdk.store.shelf import Damaged, Entry, Standing
    from certcenter_sdk.store.view import StoreView

#: Where each name is. A program that only looks loads no cryptographic library (`StoreView`).
_MODULES = {
    "Candidate": "importing",
    "Damaged": "shelf",
    "Entry": "shelf",
    "Issued": "records",
    "KeyStore": "keystore",
    "Location": "locations",
    "PendingKey": "records",
    "SecurityMode": "settings",
    "Session": "sessions",
    "Standing": "shelf",
    "State": "records",
    "StoreView": "view",
    "Unlocked": "sessions",
    "helper_location": "locations",
    "location_for": "locations",
    "pfxdir_location": "locations",
}


def __getattr__(name: str) -> Any:
    """Load a name's module when it is first asked for (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found


__all__ = [
    "Candidate",
    "Damaged",
    "Entry",
    "Issued",
    "KeyStore",
    "Location",
    "PendingKey",
    "SecurityMode",
    "Session",
    "Standing",
    "State",
    "StoreView",
    "Unlocked",
    "helper_location",
    "location_for",
    "pfxdir_location",
]
