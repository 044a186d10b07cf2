"""Each serial is accounted for: it names a certificate, lies prepared, or stands here as void (SPEC E8)."""

import hashlib

from certcenter.audit.actions import record
from certcenter.certificates.models import Application, VoidSerial
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.events import Event
from certcenter.institutions import serving


def void(row: Application, *, actor: Actor) -> None:
    """Keep the serial of a prepared row that will not be issued, inside the caller's transaction; clear it in `row`.

    The caller writes the row, under the condition that it is still the one that was read.
    """
    now = clock.now()
    VoidSerial.objects.create(
        serial=row.serial,
        ca=serving.get(row.institution).ca.name,
        application=row,
        tbs_sha256=hashlib.sha256(bytes(row.tbs or b"")).hexdigest(),
        prepared_at=row.prepared_at or now,
        voided_at=now,
    )
    record(Event.CERTIFICATE_VOIDED, actor=actor, subject=f"application:{row.pk}", serial=row.serial)
    row.serial, row.tbs, row.prepared_at = "", None, None


#: What a row without a preparation holds, for an UPDATE.
UNPREPARED = {"serial": "", "tbs": None, "prepared_at": None}
