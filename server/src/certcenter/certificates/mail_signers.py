"""Who signs an institution's mail (SPEC D4.1, manual M2: 「本封通知信已經由數位簽章認證」): a certificate of its own CA.

It lies in `<secrets>/mail-<slug>.pem` (`notifications.smime`); its row (`MailSigner`) is what the CA's CRLs and OCSP say of it. A file that the operator put there, such as a certificate
that mail programs trust by themselves, is never touched.
"""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import transaction

from certcenter.audit.actions import record
from certcenter.ca.api import Reason
from certcenter.ca.embedded.hierarchy import RENEW_BEFORE, mail_certificate, read_certificate
from certcenter.ca.embedded.keystore_file import read_key, write_file
from certcenter.ca.errors import CaError
from certcenter.ca.keys import KeyType, PrivateKey, generate
from certcenter.certificates.authority import authorities
from certcenter.certificates.models import MailSigner, serial_text
from certcenter.core import clock, faults
from certcenter.core.actor import Actor, system
from certcenter.core.errors import NotFound
from certcenter.core.events import Event
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.institutions.registry import Registry
from certcenter.notifications import smime

_ACTOR = system("mail-signers")
REVOKED = faults.register(
    "mail-signers:revoked",
    "the present signer is revoked and another has its row, the file still holds the former",
)


@dataclass(frozen=True, slots=True)
class _Made:
    """A new signer that nobody knows of yet."""

    key: PrivateKey
    certificate: x509.Certificate
    issuing: x509.Certificate


def create_missing(served: Registry, *, actor: Actor) -> list[str]:
    """Issue a signer to each institution whose policy signs mail and that has none; return their slugs. Idempotent.

    Raises:
        CaError: a CA cannot be read. OSError: the secrets' folder cannot be written to.
    """
    lacking = [
        each
        for each in served.all()
        if each.notices.signed_mail and not smime.signer_path(each.slug).exists()
    ]
    for institution in lacking:
        issue(institution, actor=actor)
    return [institution.slug for institution in lacking]


def issue(institution: Institution, *, actor: Actor) -> x509.Certificate:
    """Make a new key and certificate, and sign with them from the next mail on; return the certificate.

    Raises:
        CaError, OSError: as `create_missing`.
    """
    made = _make(institution)
    with transaction.atomic():
        _enter(institution, made.certificate, actor=actor)
    # A kill before this leaves a row without a file: nothing is signed with a certificate that no CRL could name.
    _write(institution, made)
    return made.certificate


def revoke(
    institution: Institution, *, serial: str | None = None, reason: Reason, actor: Actor
) -> x509.Certificate | None:
    """Revoke a mail certificate of our own: the present one, and put a new one in its place, or a former one.

    `serial` is lower-case hex as `serial_text` writes it; None: the present one. Returns the new certificate, or None
    where a former one was revoked. The CRLs tell within `status.app.Lives.crl_refresh`. What the history says of both
    is one transaction; cut off after it, the file still holds the revoked one, and the same call or the worker's next
    round (`maintain`) puts another in its place.

    Raises:
        NotFound: not ours, or a former one that is revoked already. CaError, OSError: as `create_missing`.
    """
    present = _present(institution)
    wanted = serial or (serial_text(present.serial_number) if present else "")
    replaced = present if present and serial_text(present.serial_number) == wanted else None
    made = _make(institution) if replaced else None
    mine = MailSigner.objects.filter(institution=institution.slug, serial=wanted, revoked_at__isnull=True)
    with transaction.atomic():
        if replaced:
            _remember(institution, replaced)
        if mine.update(revoked_at=clock.now(), reason=reason):
            record(
                Event.MAIL_SIGNER_REVOKED,
                actor=actor,
                subject=f"mail-signer:{institution.slug}",
                serial=wanted,
                reason=reason.name.lower(),
            )
        elif not replaced:
            raise NotFound
        if made:
            _enter(institution, made.certificate, actor=actor)
    if made is None:
        return None
    faults.point(REVOKED)
    _write(institution, made)
    return made.certificate


def _present(institution: Institution) -> x509.Certificate | None:
    """The certificate that signs now, where it is our own. Raises CaError, ValueError."""
    signer = smime.signer(institution.slug)
    return signer.certificate if signer and is_own(institution, signer.certificate) else None


def _make(institution: Institution) -> _Made:
    """Make a key and have the CA sign its certificate; nothing is written. Raises CaError.

    The key is P-256, which every program must verify (RFC 8551 §2.2).
    """
    folder = authorities().directory(institution.ca.name)
    issuing = read_certificate(folder / "issuing.crt")
    key = generate(KeyType.P256)
    certificate = mail_certificate(
        authorities().config(institution.ca.name),
        key.public_key(),
        name=institution.notices.sender.zh,
        address=institution.notices.from_address,
        issuing=issuing,
        issuing_key=read_key(folder / "issuing.key", settings.CONFIG.ca_passphrase).private_key,
        now=clock.now(),
    )
    return _Made(key, certificate, issuing)


def _enter(institution: Institution, certificate: x509.Certificate, *, actor: Actor) -> None:
    """Have a row and an event for a new one, inside the caller's transaction."""
    _remember(institution, certificate)
    record(
        Event.MAIL_SIGNER_ISSUED,
        actor=actor,
        subject=f"mail-signer:{institution.slug}",
        serial=serial_text(certificate.serial_number),
    )


def _write(institution: Institution, made: _Made) -> None:
    """Sign with it from the next mail on. Raises OSError."""
    pem = [made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    pem += [each.public_bytes(Encoding.PEM) for each in (made.certificate, made.issuing)]
    path = smime.signer_path(institution.slug)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # where all secrets come from the environment
    write_file(path, b"".join(pem), mode=0o600)


def _remember(institution: Institution, certificate: x509.Certificate) -> None:
    """Have a row for it; one from before there were rows gets it late."""
    number = certificate.serial_number
    MailSigner.objects.get_or_create(
        ca=institution.ca.name,
        serial=serial_text(number),
        defaults={
            "shard": number % authorities().config(institution.ca.name).shards,
            "institution": institution.slug,
            "issued_at": clock.now(),
            "not_after": certificate.not_valid_after_utc,
        },
    )


def is_own(institution: Institution, certificate: x509.Certificate) -> bool:
    """Whether the institution's CA has issued this signer. Raises CaError."""
    issuing = read_certificate(authorities().directory(institution.ca.name) / "issuing.crt")
    try:
        certificate.verify_directly_issued_by(issuing)
    except Exception:  # noqa: BLE001 - whatever the library minds, it is not ours
        return False
    return True


def maintain() -> int:
    """Replace the signers of our own that end within 60 days or are revoked; return how many.

    What one institution's CA or file withholds is no reason to leave the others without: it is said after the round.

    Raises:
        ExceptionGroup: of CaError, OSError (as `create_missing`) and ValueError (a file holds something else than a
            signer), each with the institution as its note.
    """
    replaced, troubles = 0, []
    for institution in serving.served().all():
        try:
            if institution.notices.signed_mail and _is_due(institution):
                issue(institution, actor=_ACTOR)
                replaced += 1
        except (CaError, OSError, ValueError) as trouble:
            trouble.add_note(f"institution {institution.slug}")
            troubles.append(trouble)
    if troubles:
        raise ExceptionGroup("mail signers that were not renewed", troubles)
    return replaced


def _is_due(institution: Institution) -> bool:
    """Whether it ends soon, is revoked, or names no CRL, as those from before `MailSigner` do; never one from elsewhere."""
    signer = smime.signer(institution.slug)
    if signer is None:
        return False
    lasts = signer.certificate.not_valid_after_utc - clock.now() > RENEW_BEFORE
    if lasts and _names_a_crl(signer.certificate) and not _is_revoked(institution, signer.certificate):
        return False
    return is_own(institution, signer.certificate)


def _is_revoked(institution: Institution, certificate: x509.Certificate) -> bool:
    """Whether a revocation was cut off before the file had another."""
    mine = MailSigner.objects.filter(
        ca=institution.ca.name, serial=serial_text(certificate.serial_number), revoked_at__isnull=False
    )
    return mine.exists()


def _names_a_crl(certificate: x509.Certificate) -> bool:
    return any(isinstance(each.value, x509.CRLDistributionPoints) for each in certificate.extensions)
