"""The words that scripts say. They stand here, not in TypeScript, so that translations live in one place.

Keys are grouped by what needs them; `_PAGES` says which groups a page script has. `{name}` is filled in by the script.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, str | Promise]

#: Every page has these.
_COMMON: Words = {
    "idle.left": _("Signs out by itself in {time}"),
    "idle.count": _("{time} left."),
    "idle.spoken": _("You will be signed out in {seconds} seconds."),
    "show": _("Show"),
    "hide": _("Hide"),
    "show.password": _("Show the password"),
    "hide.password": _("Hide the password"),
}

_ERRORS: Words = {
    "error.network": _("The centre could not be reached. Nothing was lost; please try again."),
    "error.session": _("You are signed out. Please sign in again; what this browser holds is kept."),
    "error.session.link": _("Sign in again"),
    "error.reference": _("Reference number {reference}"),
    "error.unknown": _("Something went wrong on this page ({code}). Please load it again."),
    "store.unavailable": _("This browser stores nothing"),
    "key.storage_unavailable": _(
        "This browser does not let the page store anything, so no key can be kept here."
    ),
    "key.storage_unavailable.advice": _(
        "Private windows and full disks do that. Please use an ordinary window, or free some space."
    ),
    "key.storage_failed": _("What the browser stored could not be read back. Nothing was sent."),
    "key.key_not_found": _("The key is not in this browser."),
    "key.key_not_found.advice": _("Please import your backup, or use the browser in which you applied."),
    "key.already_pending": _("A key for this application was made already, in another window or earlier."),
    "key.already_pending.advice": _("Please go on with Repair on the overview."),
    "key.already_installed": _("This certificate is in this browser already."),
    "key.already_installed.advice": _("There is nothing to do: you can use it."),
    "key.key_is_pending": _("This key waits for its certificate and cannot be removed."),
    "key.key_not_pending": _("This key has its certificate already."),
    "key.key_not_installed": _("This key has no certificate yet."),
    "key.not_backed_up": _("There is no backup of this certificate yet."),
    "key.password_needed": _("Please enter the certificate password."),
    "key.wrong_password": _("The password is wrong. Capitals matter."),
    "key.wrong_password.left": _("Tries left: {left}."),
    "key.locked": _("The certificate password was wrong too often. The key in this browser is locked."),
    "key.locked.advice": _("Please import your backup, or revoke the certificate and apply for a new one."),
    "key.key_damaged": _("The key in this browser is damaged and cannot be used."),
    "key.key_damaged.advice": _(
        "Please import your backup, or revoke the certificate and apply for a new one."
    ),
    "key.self_test_failed": _("The key did not pass its test, so it was not used."),
    "key.self_test_failed.advice": _("Please close the browser, open it again and repeat the step."),
    "key.certificate_not_ours": _("The certificate does not belong to the key in this browser."),
    "key.chain_broken": _("The certificate was not issued by the centre that it names."),
    "key.subject_mismatch": _("This is somebody else's certificate."),
    "key.subject_mismatch.advice": _(
        "Please choose the file of the person or company that is signed in here."
    ),
    "key.not_yet_valid": _("This certificate is not valid yet."),
    "key.not_yet_valid.advice": _(
        "It can be used from its first day on. If it should be valid today, please check the clock and the time zone of this computer and load the page again."
    ),
    "key.expired": _("This certificate has expired."),
    "key.expired.advice": _(
        "It can no longer sign orders. Please look at the overview to see what you need."
    ),
    "key.change_unclear": _("The answer was lost. One of the two passwords opens the key: please try both."),
}

_PFX: Words = {
    "key.not_pfx": _("This is not a certificate file (PFX)."),
    "key.not_pfx.advice": _(
        "Please choose a file that ends in .pfx or .p12, not a ZIP archive or a picture."
    ),
    "key.too_large": _("This file is too large to be a certificate."),
    "key.too_large.advice": _(
        "A certificate file has a few kilobytes. Please choose the file that you exported as a backup."
    ),
    "key.no_key": _("This file holds no private key, so it cannot sign."),
    "key.no_key.advice": _("Please choose the file that you exported as a backup."),
    "key.no_certificate": _("This file holds a key without its certificate."),
    "key.no_certificate.advice": _("Please choose the file that you exported as a backup."),
    "key.unsupported": _("This file uses a kind of key or protection that is not supported here."),
    "key.unsupported.advice": _("Please choose the file that you exported as a backup."),
    "key.damaged": _("The password is right, but the file is damaged."),
    "key.damaged.advice": _("Please use another copy of your backup."),
    "key.certificate_revoked": _("This certificate was revoked and cannot be used any more."),
    "key.certificate_revoked.advice": _("Please apply for a new one on the overview."),
    "key.certificate_superseded": _("This certificate was replaced by a newer one."),
    "key.certificate_superseded.advice": _("Please import the backup of the newer one."),
    "key.certificate_suspended": _("This certificate is suspended. Please call customer service."),
}

_IMPORT: Words = {
    "key.wrong_password.advice": _(
        "It is the password that you chose when you exported this file. Nothing is counted: you can try again."
    ),
    "import.file.missing": _("Please choose a file."),
    "import.kept": _("Nothing was imported, and what this browser holds is unchanged."),
}

_FACTS: Words = {
    "fact.serial": _("Serial"),
    "fact.validity": _("Validity"),
    "fact.issuer": _("Issuer"),
    "fact.made": _("Key made"),
    "fact.backup": _("Backup"),
    "fact.backup.none": _("none yet"),
    "fact.asks": _("Password is asked"),
}

_PASSWORDS: Words = {
    "rule.length": _("{min} to {max} characters"),
    "rule.length.least": _("{min} or more characters"),
    "rule.characters": _("Letters and digits only"),
    "rule.repeat": _("The two passwords differ. Please type the same one twice."),
    "rule.missing": _("Please enter the password."),
}

_LOGIN_PASSWORDS: Words = {
    "rule.length.exact": _("{min} characters"),
    "rule.same": _("The same in both fields"),
    "key.key_not_found": _(
        "Your certificate is not in this browser, so it cannot sign. Please import it first."
    ),
}

_STAGES: Words = {
    "stage.installed": _("The certificate is installed and tested"),
    "stage.confirmed": _("The centre confirms the installation"),
}

_OVERVIEW: Words = {
    "mode.1": _("at each order"),
    "mode.2": _("at the first order after signing in"),
    "mode.3": _("never"),
    "lost.title": _("This browser has lost a key of yours"),
    "lost.words": _(
        "A key that was kept here since {since} is gone. Browsers delete it when site data are cleared, in private windows, "
        "and Safari after seven days without a visit. Please import your backup; without one, revoke and apply again."
    ),
    "lost.understood": _("I understand"),
}

_CHECK: Words = {
    "check.none": _("There is no valid certificate of yours in this computer's browser"),
    "word.valid": _("Valid"),
    "do.export": _("Export"),
    "do.import": _("Import"),
    "do.remove": _("Remove"),
    "do.repair": _("Repair"),
}

_EXPORT: Words = {
    "file.missing": _("Please give the file a name."),
    "file.forbidden": _('A file name cannot have any of these: \\ / : * ? " < > |'),
    "export.saved": _("The file is called {name}."),
}

_OBTAIN: Words = {
    "obtain.kept": _(
        "Your key is made and kept in this browser under the password that you have chosen. Pressing the button again goes on with it."
    ),
    "storage.best-effort": _(
        "This browser may delete stored data by itself when space runs short. A backup is the only safe copy."
    ),
}

_VERIFY: Words = {
    "code.left": _("It is valid for another {time}."),
    "code.over": _("Its time is over. Please send a new code."),
}

_ORDER: Words = {
    "order.account": _("Account"),
    "order.side": _("Buy or sell"),
    "order.side.buy": _("Buy"),
    "order.side.sell": _("Sell"),
    "order.symbol": _("Symbol"),
    "order.quantity": _("Shares"),
    "order.price": _("Price"),
    "order.time": _("Time"),
    "order.wrong.symbol": _("Up to 12 capitals and digits, for example 2330."),
    "order.wrong.quantity": _("A whole number of shares."),
    "order.wrong.price": _("A number with up to four decimals, or market."),
    "order.accepted": _("The signature is right. The order is accepted."),
    "order.accepted.words": _(
        "The centre has checked signature, certificate and status, and keeps the order as evidence."
    ),
    "order.refused": _("The centre refuses the order"),
    "evidence.id": _("Evidence number"),
    "evidence.digest": _("SHA-256 of the order"),
    "evidence.at": _("Accepted at"),
    "evidence.serial": _("Signed with"),
    "evidence.status": _("Status of the certificate then"),
    "evidence.status.good": _("Good"),
    "evidence.signature": _("Signature"),
    "evidence.signature.value": _("CMS, {size} bytes; checked in {took} ms"),
}

_ENVIRONMENT: Words = {
    "env.result.ok": _("Good"),
    "env.result.warning": _("Advice"),
    "env.result.fail": _("Not usable"),
    "env.result.info": _("For information"),
    "env.verdict.ok": _("This computer is ready for certificates."),
    "env.verdict.warn": _("This computer can be used. Points worth your attention: {count}."),
    "env.verdict.bad": _("This computer cannot be used as it is. Points that stand in the way: {count}."),
    "env.fix": _("Change the setting"),
    "env.value.true": _("yes"),
    "env.value.written": _("can be written and read"),
    "env.value.false": _("no"),
    "env.value.persistent": _("kept for good"),
    "env.value.best_effort": _("may be deleted by the browser"),
    "env.value.unknown": _("the browser does not say"),
    "env.item.browser": _("Browser"),
    "env.purpose.browser": _("Runs these pages"),
    "env.wanted.browser": _("Chrome or Edge {chromium}, Firefox {firefox}, Safari {safari} or newer"),
    "env.advice.browser": _("Please update your browser."),
    "env.item.operating_system": _("Operating system"),
    "env.purpose.operating_system": _("Runs the browser"),
    "env.wanted.operating_system": _("Any that still gets updates"),
    "env.item.screen": _("Screen"),
    "env.purpose.screen": _("Shows orders in full"),
    "env.wanted.screen": _("{screenWidth} × 600 or more"),
    "env.advice.screen": _("Turn the device, or zoom out."),
    "env.item.language": _("Language"),
    "env.purpose.language": _("Language of the browser"),
    "env.wanted.language": _("Any"),
    "env.item.script_version": _("Page version"),
    "env.purpose.script_version": _("Page and centre must fit together"),
    "env.wanted.script_version": _("The same as the centre's"),
    "env.advice.script_version": _("Load the page again."),
    "env.item.secure_context": _("Secure connection"),
    "env.purpose.secure_context": _("Nobody on the way can read or change anything"),
    "env.wanted.secure_context": _("https, or this computer itself"),
    "env.advice.secure_context": _("Open the page by its https address."),
    "env.item.webcrypto": _("Cryptography of the browser"),
    "env.purpose.webcrypto": _("Makes and uses your key"),
    "env.wanted.webcrypto": _("Available"),
    "env.advice.webcrypto": _("Please update your browser."),
    "env.item.self_test": _("Signature test"),
    "env.purpose.self_test": _("Signs and verifies with a test key"),
    "env.wanted.self_test": _("Passed"),
    "env.advice.self_test": _("Please update your browser."),
    "env.item.indexeddb": _("Key storage"),
    "env.purpose.indexeddb": _("Keeps your key in this browser, locked"),
    "env.wanted.indexeddb": _("Can be written and read"),
    "env.advice.indexeddb": _("Allow site data for this address, and do not use a private window."),
    "env.item.persistence": _("Lasting storage"),
    "env.purpose.persistence": _("The browser does not delete your key by itself"),
    "env.wanted.persistence": _("Kept for good"),
    "env.advice.persistence": _("Keep a backup. Bookmarking this page often helps."),
    "env.item.private_mode": _("Ordinary window"),
    "env.purpose.private_mode": _("Private windows forget your key when they are closed"),
    "env.wanted.private_mode": _("Not a private window"),
    "env.advice.private_mode": _(
        "There is little space, as in a private window. Please use an ordinary one."
    ),
    "env.item.web_locks": _("Several windows"),
    "env.purpose.web_locks": _("Two windows do not get in each other's way"),
    "env.wanted.web_locks": _("Supported"),
    "env.advice.web_locks": _("Please use only one window at a time."),
    "env.item.clock": _("Clock"),
    "env.purpose.clock": _("Certificates are valid from and to a time"),
    "env.wanted.clock": _("Off by {clockSkewSeconds} seconds at most"),
    "env.advice.clock": _("Set the clock of this computer to update by itself, and check the time zone."),
    "env.item.cookies": _("Cookies"),
    "env.purpose.cookies": _("Keep you signed in"),
    "env.wanted.cookies": _("Allowed for this site"),
    "env.advice.cookies": _("Allow cookies for this address."),
    "env.item.download": _("Saving files"),
    "env.purpose.download": _("Saves your backup"),
    "env.wanted.download": _("Supported"),
    "env.advice.download": _("Please use another browser to export."),
}

_DEVICE: Words = _ERRORS | {
    "rule.field": _("Please fill in this field."),
    "rule.missing": _("Please enter the password."),
}
_TRANSFER: Words = {
    "key.not_a_pairing_code": _("This is not the pairing code of a phone."),
    "key.not_a_pairing_code.advice": _(
        "Please read the code that the phone shows on its page Certificate on the phone."
    ),
    "key.damaged_pairing_code": _("The pairing code is not complete."),
    "key.damaged_pairing_code.advice": _("Please copy the whole text, or read the code again."),
    "key.other_institution": _("The phone is signed in at another institution."),
    "key.other_institution.advice": _("Please sign in on the phone at the same institution as here."),
    "key.other_place": _("The phone is signed in at another address."),
    "key.other_place.advice": _("Please open the phone's page at the address that stands above."),
    "key.no_code_in_picture": _("No pairing code can be seen in the picture."),
    "key.no_code_in_picture.advice": _("Please take a sharp picture of the whole code."),
    "key.not_a_picture": _("This file is not a picture that this browser can read."),
    "key.another_certificate": _("This is not the certificate that the centre holds for you."),
    "key.another_certificate.advice": _("Please start again and upload the newest certificate."),
    "key.does_not_open": _("What arrived was not sealed for this phone, or was changed on the way."),
    "key.does_not_open.advice": _(
        "Please show a new pairing code and compare the matching code on both screens."
    ),
    "key.x25519_missing": _("This browser is too old to receive a certificate safely."),
    "key.x25519_missing.advice": _("Please update the browser of this phone."),
}

_PHONE: Words = {
    "phone.left": _("Valid for another {time}"),
    "phone.qr": _("Pairing code for the camera of your computer"),
    "phone.expired": _("The pairing code has expired"),
    "phone.cancelled": _("The pairing was ended"),
    "phone.copied": _("Copied"),
    "storage.best-effort": _OBTAIN["storage.best-effort"],
}

_UPLOAD: Words = {
    "upload.camera": _("The camera cannot be used. Please choose a picture or paste the text."),
    "upload.sealed": _("Waiting for the phone to take it…"),
    "upload.fetched": _("The phone has taken the certificate."),
    "upload.lost": _("The phone did not take the certificate in time. Please upload it again."),
    "upload.address": _("Address of the phone's page, for the phone's camera"),
}

_KEYS: Words = _ERRORS | _PASSWORDS | _FACTS
_PAGES: dict[str, Words] = {
    "verify": _VERIFY,
    "overview": _KEYS | _OVERVIEW,
    "obtain": _KEYS | _OBTAIN,
    "repair": _KEYS | _STAGES,
    "export": _KEYS | _EXPORT,
    "import": _KEYS | _PFX | _IMPORT,
    "data-check": _KEYS | _CHECK,
    "security": _KEYS,
    "environment": _ERRORS | _ENVIRONMENT,
    "sign-order": _KEYS | _ORDER,
    "password": _KEYS | _LOGIN_PASSWORDS,
    "unlock": _DEVICE,
    "reissue": _DEVICE,
    "reissue-account": {},
    "reissue-link": {},
    "phone": _KEYS | _PFX | _TRANSFER | _PHONE,
    "phone-upload": _KEYS | _TRANSFER | _UPLOAD,
}


def script_texts(page: str) -> dict[str, str]:
    """All texts for `src/pages/<page>.ts` in the active language."""
    return {key: str(words) for key, words in (_COMMON | _PAGES.get(page, {})).items()}
