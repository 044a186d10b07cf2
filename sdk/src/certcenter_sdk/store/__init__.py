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

from certcenter_sdk.store.importing import Candidate
from certcenter_sdk.store.keystore import KeyStore
from certcenter_sdk.store.locations import Location, helper_location, location_for, pfxdir_location
from certcenter_sdk.store.records import Issued, PendingKey, State
from certcenter_sdk.store.sessions import Session, Unlocked
from certcenter_sdk.store.settings import SecurityMode
from certcenter_sdk.store.shelf import Damaged, Entry, Standing

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
    "Unlocked",
    "helper_location",
    "location_for",
    "pfxdir_location",
]
