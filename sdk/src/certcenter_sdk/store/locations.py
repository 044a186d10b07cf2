"""Where a customer's files lie: the platform's data folder (`helper`), or `<home>/BTS` (`pfxdir`, manual M3 §1.4)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.strength import KEY_ITERATIONS
from certcenter_sdk.structures import check_institution

_IDENTITY = re.compile(r"[A-Z0-9]{8,10}")
_FOLDER = re.compile(r"[A-Za-z0-9_-]{1,32}")
_APPLICATION: Final = "Certcenter"
HIDDEN: Final = ".certcenter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One customer of one institution on this machine.

    Attributes:
        institution: its slug.
        identity: the customer's national ID, ARC number or business ID, in capitals.
        private: the folder of records: `pending/`, `certificates/`, `replaced/`, `removed/`, …
        file: the one PFX file at a place that trading programs know (`pfxdir`); None where each certificate
            has a file of its own in `certificates/` (`helper`).
        iterations: of PBKDF2, for what lies on the disk.
    """

    institution: str
    identity: str
    private: Path
    file: Path | None = None
    iterations: int = KEY_ITERATIONS

    def __post_init__(self) -> None:
        """Refuse names that could lead elsewhere.

        Raises:
            StoreRefused: `identity`.
            StructureRefused: the slug is none.
        """
        check_institution(self.institution)
        if not _IDENTITY.fullmatch(self.identity):
            raise StoreRefused("identity", "an ID has 8 to 10 capitals and digits")

    @property
    def folder(self) -> Path:
        """The folder that a customer is shown (憑證路徑)."""
        return self.file.parent if self.file else self.private / "certificates"


def helper_location(institution: str, identity: str, *, base: Path | None = None) -> Location:
    """`<data folder>/Certcenter/<institution>/<ID>` (profile `helper`); `base` stands in for the data folder.

    Raises:
        StoreRefused: `identity`.
    """
    root = base or _data_folder()
    identity = identity.upper()
    return Location(
        institution=institution, identity=identity, private=root / _APPLICATION / institution / identity
    )


def _data_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir(appname=None, appauthor=False, roaming=False))


def pfxdir_location(
    institution: str, identity: str, *, folder: str = "BTS", home: Path | None = None
) -> Location:
    """`<home>/<folder>/<ID>.pfx` (profile `pfxdir`), records in `.certcenter/` beside it.

    Where that folder belongs to another institution already, `<home>/<folder>-<institution>` is this one's: neither
    ever overwrites the other's file. `KeyStore` takes the folder into possession when it first writes.

    Raises:
        StoreRefused: `identity`; `folder` for a name that is none.
    """
    if not _FOLDER.fullmatch(folder):
        raise StoreRefused("folder", "the folder's name has 1 to 32 letters, digits, - and _")
    root, identity = home or Path.home(), identity.upper()
    taken = root / folder
    if owner(taken) not in {None, institution}:
        taken = root / f"{folder}-{institution}"
    return Location(
        institution=institution,
        identity=identity,
        private=taken / HIDDEN / identity,
        file=taken / f"{identity}.pfx",
    )


def location_for(
    policy: Mapping[str, Any], identity: str, *, base: Path | None = None, home: Path | None = None
) -> Location:
    """The location that an institution's policy (`calls.policy()`, its `values`) names.

    Raises:
        StoreRefused: `identity`; `place` where the policy keeps keys elsewhere (browser, token).
    """
    institution, key = policy["institution"]["slug"], policy["key"]
    if key["place"] == "pfx-directory":
        return pfxdir_location(institution, identity, folder=key.get("folder") or "BTS", home=home)
    if key["place"] == "helper":
        return helper_location(institution, identity, base=base)
    raise StoreRefused("place", f"this institution keeps keys in a {key['place']}, not in files")


def owner(folder: Path) -> str | None:
    """Whose PFX files lie in this folder: an institution's slug; None where nobody has taken it yet."""
    try:
        return (folder / HIDDEN / "owner").read_text(encoding="ascii").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise StoreRefused("not-readable", f"{folder} may not be read: {error}") from None
