"""Other people's exceptions in the customer's words: the centre's problems, the network, the store, PFX files."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.texts import marked as _
from certcenter_helper.core.texts import text
from certcenter_sdk.errors import ChainRefused, KeyRefused, PfxRefused, Refused, StoreRefused

#: Refusals of PFX files (SPEC A7: each says clearly which it is) and of the store: code → (kind, title, advice).
_REFUSALS: Final[dict[str, tuple[Kind, str, str]]] = {
    "wrong-password": (
        Kind.PASSWORD,
        _("The password is wrong."),
        _("Mind capitals and small letters, and the language of your keyboard."),
    ),
    "not-a-pfx": (
        Kind.INPUT,
        _("This file is not a PFX."),
        _("Choose the file that you exported; its name ends in .pfx or .p12."),
    ),
    "no-private-key": (
        Kind.INPUT,
        _("This file holds a certificate, but not its private key."),
        _("Choose the backup that was made by Export; only that one can sign."),
    ),
    "no-certificate": (
        Kind.INPUT,
        _("There is no certificate here."),
        _("Import your backup, or apply for a certificate."),
    ),
    "not-yours": (
        Kind.REFUSED,
        _("This certificate belongs to somebody else."),
        _("Log in as the person to whom it was issued, or choose another file."),
    ),
    "expired": (
        Kind.REFUSED,
        _("This certificate has expired."),
        _("Choose a newer backup, or apply again."),
    ),
    "not-yet-valid": (
        Kind.REFUSED,
        _("By the clock of this computer, the certificate is not valid yet."),
        _("Set the clock right, then repair. Nothing was lost."),
    ),
    "untrusted": (
        Kind.REFUSED,
        _("The certificate does not come from this institution's certificate authority."),
        _("Call customer service before you use it."),
    ),
    "key-mismatch": (
        Kind.REFUSED,
        _("The certificate does not fit the key on this computer."),
        _("Nothing was changed. Try again later; if it happens again, call customer service."),
    ),
    "disk-full": (
        Kind.STORE,
        _("The disk is full."),
        _("Make room, then repair. What was there before is still there."),
    ),
    "not-writable": (
        Kind.STORE,
        _("The folder of your certificates can't be written to."),
        _("Run the environment check: it can mend the permissions. What was there before is still there."),
    ),
    "not-readable": (
        Kind.STORE,
        _("The folder of your certificates can't be read."),
        _("Run the environment check: it can mend the permissions."),
    ),
    "busy": (
        Kind.STORE,
        _("Another program is using your certificates just now."),
        _("Wait a moment and try again."),
    ),
    "gone": (
        Kind.STORE,
        _("The certificate's file is no longer there."),
        _("Repair, or import your backup."),
    ),
    "changed": (
        Kind.STORE,
        _("The certificate's file was changed by something else."),
        _("Repair, or import your backup."),
    ),
    "damaged": (Kind.STORE, _("The file is damaged."), _("Choose another backup, or repair.")),
    "read-back": (
        Kind.STORE,
        _("The disk does not hold what was written to it."),
        _("Check the disk; export a backup to another one. What was there before is still there."),
    ),
    "folder-taken": (
        Kind.STORE,
        _("This folder belongs to another institution."),
        _("Start the command again: it takes a folder of its own."),
    ),
    "keychain-missing": (
        Kind.REFUSED,
        _("This computer has no keychain, so that 'never ask' is not possible here."),
        _("Choose the setting 1 or 2."),
    ),
    "keychain-closed": (
        Kind.REFUSED,
        _("The keychain of this computer did not open."),
        _("Unlock it, or choose the setting 1 or 2."),
    ),
    "password-not-ascii": (
        Kind.INPUT,
        _("A password has letters and digits only."),
        _("Java and some trading programs can't open others."),
    ),
    "password-forbidden": (
        Kind.INPUT,
        _("The password must not be your ID."),
        _("Choose one that nobody can guess."),
    ),
    "password-empty": (Kind.INPUT, _("A password is needed."), ""),
    "unsupported": (
        Kind.INPUT,
        _("This PFX is protected by a method that is not supported."),
        _("Export it again from the program that holds it, with AES or 3DES."),
    ),
    "several-keys": (
        Kind.INPUT,
        _("This PFX holds several keys."),
        _("Export the one certificate that you trade with."),
    ),
    "too-large": (
        Kind.INPUT,
        _("This file is too large for a PFX."),
        _("Choose the file that you exported."),
    ),
    "no-mac": (
        Kind.INPUT,
        _("Nothing protects this file against changes."),
        _("Choose the backup that was made by Export."),
    ),
    "newer": (
        Kind.STORE,
        _("A newer version of this program wrote the file."),
        _("Install the newest version of the helper."),
    ),
    "io": (
        Kind.STORE,
        _("The disk reports an error."),
        _("Check the disk and its room. What was there before is still there."),
    ),
    "not-a-pairing-code": (
        Kind.INPUT,
        _("This is not the code of a phone."),
        _("Copy all of what the phone shows, or take a picture of its QR code."),
    ),
    "damaged-pairing-code": (
        Kind.INPUT,
        _("A part of the phone's code is missing or wrong."),
        _("Copy all of what the phone shows, or take a picture of its QR code."),
    ),
    "other-institution": (
        Kind.REFUSED,
        _("The phone is logged in at another institution."),
        _("Log in on the phone at the same institution as here."),
    ),
    "not-a-picture": (Kind.INPUT, _("This is not a picture that can be read."), _("Save it as PNG or JPEG.")),
    "no-code-in-picture": (
        Kind.INPUT,
        _("No phone's code is to be seen in the picture."),
        _("Take the picture again, sharp and with the whole square."),
    ),
    "several-codes-in-picture": (
        Kind.INPUT,
        _("The picture shows several codes."),
        _("Take a picture of the phone's code alone."),
    ),
    "no-picture-reader": (
        Kind.INPUT,
        _("Pictures can't be read by this installation."),
        _("Copy the code as text instead."),
    ),
    "identity": (Kind.INPUT, _("This is not an ID of 8 to 10 letters and digits."), ""),
    "session-ended": (Kind.LOGIN, _("The session has ended."), _("Log in again.")),
}

_LOGIN_CODES: Final = frozenset({"not-logged-in", "session-ended", "login-needed", "unauthenticated"})
#: Refusals of the centre that belong to another family than REFUSED.
_KINDS: Final = {"old-password-wrong": Kind.PASSWORD, "password-refused": Kind.INPUT}
_UNAUTHORIZED: Final = 401
_SERVER_FAULT: Final = 500


@contextmanager
def told() -> Iterator[None]:
    """Raise what happens inside as a HelperError."""
    try:
        yield
    except HelperError:
        raise
    except Refused as refused:
        raise of_refusal(refused) from refused
    except Exception as error:
        found = _of_network(error)
        if found is None:
            raise
        raise found from error


def of_refusal(refused: Refused) -> HelperError:
    """A refusal of store, PFX reader, chain or key."""
    kind, title, advice = _REFUSALS.get(refused.code, (_family(refused), _("This is not possible."), ""))
    return HelperError(
        kind, refused.code, text(title), detail=refused.detail, advice=text(advice) if advice else ""
    )


def _family(refused: Refused) -> Kind:
    if isinstance(refused, StoreRefused):
        return Kind.STORE
    return Kind.INPUT if isinstance(refused, PfxRefused | KeyRefused | ChainRefused) else Kind.REFUSED


def _of_network(error: Exception) -> HelperError | None:
    """Troubles of the client, whose modules are imported only once it is in use."""
    import httpx

    from certcenter_sdk.client import ApiProblem
    from certcenter_sdk.client.altcha import ChallengeUnsolved

    if isinstance(error, ApiProblem):
        return of_problem(error)
    if isinstance(error, httpx.TransportError):
        return unreachable(str(error))
    if isinstance(error, ChallengeUnsolved):
        return HelperError(
            Kind.REFUSED,
            "captcha",
            text("The picture with letters must be read by a person."),
            detail=str(error),
        )
    return None


def unreachable(detail: str) -> HelperError:
    """Nobody answers at the centre's address."""
    return HelperError(
        Kind.NETWORK,
        "unreachable",
        text("The certificate centre can't be reached."),
        detail=detail,
        advice=text("Check the network and try again. Nothing that you have was lost."),
    )


def of_problem(problem: Any) -> HelperError:
    """What the centre answered (RFC 9457); its words are in the customer's language already."""
    kind = _KINDS.get(problem.code, Kind.REFUSED)
    if problem.code == "unexpected-answer" or problem.status >= _SERVER_FAULT:
        kind = Kind.NETWORK
    elif problem.status == _UNAUTHORIZED and problem.code not in {"login-refused", "captcha-refused"}:
        kind = Kind.LOGIN
    if problem.code == "unexpected-answer":
        return HelperError(
            kind,
            problem.code,
            text("Something else than the certificate centre has answered."),
            detail=problem.detail,
            advice=text("A proxy or a portal may stand between. Check the network and try again."),
        )
    sentence = problem.detail or problem.title
    tries = problem.params.get("tries_left")
    advice = problem.advice
    if kind is Kind.LOGIN and not advice:
        advice = text("Log in again.")
    fields = "; ".join(str(each) for each in problem.fields.values())
    return HelperError(
        kind,
        problem.code,
        sentence,
        detail=fields,
        advice=advice,
        kept=problem.kept,
        reference=problem.reference,
        tries_left=tries if isinstance(tries, int) else None,
    )
