"""PFX files from the store: as they lie on the disk, and as they are carried away (SPEC A6, E11)."""

from certcenter_sdk import pfx
from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.store import files
from certcenter_sdk.store.locations import Location
from certcenter_sdk.store.records import Issued
from certcenter_sdk.store.sessions import Unlocked


def encode(
    key: PrivateKey, issued: Issued, password: str, location: Location, *, compatible: bool = False
) -> bytes:
    """A PFX by SPEC E11: key, certificate and the issuing CA's; a root is nothing that a file could make trusted."""
    chain = [each for each in issued.chain if each.subject != each.issuer]
    return pfx.write(
        key,
        issued.certificate,
        chain,
        password,
        name=stem(issued.export_file_name),
        forbidden=[location.identity],
        compatible=compatible,
        iterations=location.iterations,
    )


def build(
    unlocked: Unlocked, password: str, new_password: str | None, location: Location, *, compatible: bool
) -> bytes:
    """What an export holds: the file itself where the password stays, else a new one."""
    if new_password is None and not compatible:
        data = files.read(unlocked.entry.path)
        if data is None:
            raise StoreRefused("gone", f"{unlocked.entry.path} is no longer there")
        return data
    chosen = password if new_password is None else new_password
    return encode(unlocked.key, unlocked.entry.issued, chosen, location, compatible=compatible)


def stem(file_name: str) -> str:
    """The friendly name: a file's name without its ending."""
    return file_name.removesuffix(".pfx") or "certificate"
