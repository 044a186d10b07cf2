"""What to do about a refusal: one English sentence for each code. Programs with customers of their own translate by code."""

from types import MappingProxyType
from typing import Final

#: By code.
ADVICE: Final = MappingProxyType(
    {
        # PFX files and passwords
        "wrong-password": "Type the certificate password again: capitals count, and so does the keyboard's language.",
        "password-empty": "Choose a certificate password.",
        "password-not-ascii": "Choose a password of Latin letters and digits; others lock out Java and some phones.",
        "password-forbidden": "Choose another password than the customer's ID.",
        "not-a-pfx": "Choose the file that was exported; its name ends in .pfx or .p12.",
        "no-private-key": "Choose the backup that was made by Export: this file holds certificates alone.",
        "no-certificate": "Apply for a certificate, or import a backup.",
        "several-keys": "Choose a file that holds one certificate with its key.",
        "no-mac": "Export the file anew: nothing protects this one against changes.",
        "unsupported": "Export the file anew with AES-256, or with 3DES, on the machine that it comes from.",
        "too-expensive": "Export the file anew with fewer iterations, on the machine that it comes from.",
        "too-large": "Choose another file: this one is larger than any of its kind.",
        # The key store
        "not-yours": "Log in as the person to whom the certificate was issued, or choose another file.",
        "key-mismatch": "Nothing was changed; ask the centre again, and its staff if that happens twice.",
        "not-issued": "Run the repair: the certificate has not been fetched yet.",
        "pending-unknown": "Repair on the machine that applied, or revoke and apply again.",
        "no-key": "Use the installed certificate: the application is finished.",
        "folder-taken": "Open the store again: another institution has the folder, and this one gets its own.",
        "disk-full": "Make room on the disk and do it again; what was there before is still there.",
        "not-writable": "Give the folder's owner the right to write and do it again; nothing was changed.",
        "not-readable": "Give the folder's owner the right to read.",
        "read-back": "Check the disk: it does not hold what was written to it.",
        "reopen": "Check the disk: it does not hold what was written to it.",
        "io": "Check the disk and its connection, then do it again.",
        "busy": "Wait until the other program has finished with the key store, then do it again.",
        "gone": "List the certificates again: the file has been moved or deleted.",
        "changed": "List the certificates again: another program has changed the file.",
        "damaged": "Import the backup; if there is none, revoke and apply again.",
        "newer": "Update this program: a newer version has written the record.",
        "state": "Read the record again: another program was faster.",
        "keychain-missing": "Choose the security setting 1 or 2, or install certcenter-sdk[keychain] and a keychain.",
        "keychain-closed": "Unlock the operating system's keychain and do it again.",
        "session-ended": "Begin a new session.",
        "identity": "Give the ID in full: 8 to 10 capitals and digits.",
        # Certificates
        "not-yet-valid": "Set this machine's clock right, then do it again; nothing was lost.",
        "expired": "Renew, or apply for a new certificate.",
        "untrusted": "Do not use the certificate; ask the institution.",
        "key-usage": "Do not use the certificate for signing.",
        # Orders
        "altered": "Do not sign: the centre drafted something else than was asked for.",
        "message-digest": "Refuse the order: its bytes are not the ones that were signed.",
        "signature-invalid": "Refuse the order: the certificate's key did not sign it.",
    }
)

#: By the name of the exception's class, for all other codes.
DEFAULTS: Final = MappingProxyType(
    {
        "StructureRefused": "Correct the field that is named.",
        "SignatureRefused": "Refuse the order: the signature is not of the one accepted shape (docs/contracts.md).",
        "ChainRefused": "Do not rely on the certificate.",
        "RequestRefused": "Make a new key and a new request.",
        "KeyRefused": "Make a new key, or read the right file.",
        "PfxRefused": "Choose another file, or export it anew.",
        "StoreRefused": "Do it again; what was there before is still there.",
    }
)
