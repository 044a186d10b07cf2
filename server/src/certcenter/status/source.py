"""The centre's tables as the source of OCSP answers and CRLs (SPEC D3). Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain

from django.db import DatabaseError, close_old_connections

from certcenter.ca.api import Reason
from certcenter.ca.errors import CaError, CaErrorCode
from certcenter.ca.publication import Publication
from certcenter.certificates import authority
from certcenter.certificates.lifecycle import NOT_GOOD
from certcenter.certificates.models import Certificate, MailSigner, serial_text
from certcenter.core import clock
from certcenter.status.app import StatusApp
from certcenter.status.interfaces import (
    CertificateStatus,
    Good,
    Revoked,
    RevokedEntry,
    StatusUnavailableError,
)

#: A revoked certificate stays on its CRL so long after its end (RFC 5280 §3.3: one CRL beyond it at least).
KEPT_AFTER_END = timedelta(days=2)
_CHUNK = 5000


class DatabaseSource:
    """`StatusSource` over the certificates' table."""

    def ca(self, name: str) -> Publication | None:
        """What this CA publishes, or None where there is no such CA."""
        try:
            return authority.named(name).publication
        except CaError as error:
            if error.code is CaErrorCode.MISSING:
                return None
            raise StatusUnavailableError from error

    def lookup(self, ca: str, serials: Sequence[int]) -> Mapping[int, CertificateStatus]:
        """The status of these serials now; unknown ones are left out."""
        close_old_connections()
        texts = {serial_text(serial): serial for serial in serials}
        rows = Certificate.objects.filter(ca=ca, serial__in=texts).values_list(
            "serial", "state", "revoked_at", "reason"
        )
        try:
            found: dict[int, CertificateStatus] = {
                texts[serial]: Revoked(revoked_at, Reason(reason or 0))
                if state in NOT_GOOD and revoked_at
                else Good()
                for serial, state, revoked_at, reason in rows
            }
            if lacking := [text for text, serial in texts.items() if serial not in found]:
                found.update(self._mail_signers(ca, lacking))
        except DatabaseError as error:
            raise StatusUnavailableError from error
        return found

    def _mail_signers(self, ca: str, serials: Sequence[str]) -> Mapping[int, CertificateStatus]:
        rows = MailSigner.objects.filter(ca=ca, serial__in=serials).values_list(
            "serial", "revoked_at", "reason"
        )
        return {
            int(serial, 16): Revoked(revoked_at, Reason(reason or 0)) if revoked_at else Good()
            for serial, revoked_at, reason in rows
        }

    def revoked(self, ca: str, shard: int) -> Iterator[RevokedEntry]:
        """Stream the entries of one CRL as their index gives them, which holds all that is read.

        What ended long ago is not even looked at: of a million certificates of many years few are on a list.
        """
        close_old_connections()
        kept = clock.now() - KEPT_AFTER_END
        rows = Certificate.objects.filter(ca=ca, shard=shard, state__in=NOT_GOOD, not_after__gt=kept)
        signers = MailSigner.objects.filter(ca=ca, shard=shard, revoked_at__isnull=False, not_after__gt=kept)
        columns = ("serial", "revoked_at", "reason")
        try:
            for serial, revoked_at, reason in chain(
                rows.values_list(*columns).iterator(chunk_size=_CHUNK),
                signers.values_list(*columns),
            ):
                assert revoked_at is not None, "the state says so (constraint certificate_revoked_when)"
                yield RevokedEntry(int(serial, 16), revoked_at, reason or 0)
        except DatabaseError as error:
            raise StatusUnavailableError from error


def status_application() -> StatusApp:
    """The WSGI application of a centre's status services."""
    return StatusApp(DatabaseSource())
