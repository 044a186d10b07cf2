"""Bulk rows as years of business leave them, by `INSERT … SELECT` from a series: the same SQL on both engines.

Each customer has five certificates, the last one in force; one in twenty of the former is still on a CRL. Audit rows carry
random bytes for MACs: how fast they are read is measured, not whether they verify.
"""

from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from bench.centre import SLUG
from certcenter.core import clock
from certcenter.institutions import serving

CERTIFICATES_EACH = 5
_SERIES = "WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
#: Rows of one statement: each is a transaction, so that the log stays small.
_SLICE = 100_000
_FIRST_ID = 1_000_000_000
_TABLES = ("identity_customer", "certificates_application", "certificates_certificate", "audit_event")

_CUSTOMERS = """
INSERT INTO identity_customer
    (id, institution, kind, id_kind, national_id, name, birth_date, locale, created_at, updated_at)
SELECT {base} + i, '{slug}', 'person', 'national-id', CAST({base} + i AS {text}), '王小明', '1980-01-01', 'zh-hant', %(now)s, %(now)s
FROM n
"""
_APPLICATIONS = """
INSERT INTO certificates_application
    (id, request_uuid, institution, customer_id, holder, kind, state, csr, spki, spki_sha256, common_name, sequence,
     session, accepted_at, serial, issuer_key_id, refusal, issued_at, installed_at)
SELECT {base} + i, {uuid}, '{slug}', {base} + i %% {customers}, 'customer:' || ({base} + i %% {customers}), 'apply', 'installed',
    {bytes}, {bytes}, {digest}, 'Z-' || i, i / {customers} + 1, '', %(now)s, CAST({base} + i AS {text}), 'key', '', %(now)s, %(now)s
FROM n
"""
_CERTIFICATES = """
INSERT INTO certificates_certificate
    (id, serial, ca, shard, institution, customer_id, holder, application_id, common_name, sequence, der, spki_sha256,
     state, not_before, not_after, issued_at, installed_at, revoked_at, reason, revoked_by)
SELECT {base} + i, CAST({base} + i AS {text}), '{ca}', i %% {shards}, '{slug}', {base} + i %% {customers},
    'customer:' || ({base} + i %% {customers}), {base} + i, 'Z-' || i, i / {customers} + 1, {bytes}, {digest},
    CASE WHEN i >= {last_year} THEN 'active' ELSE 'superseded' END, {long_ago},
    CASE WHEN i >= {last_year} OR i %% 20 = 0 THEN {later} ELSE {ago} END, {long_ago}, {long_ago},
    CASE WHEN i >= {last_year} THEN NULL ELSE {ago} END, CASE WHEN i >= {last_year} THEN NULL ELSE 4 END,
    CASE WHEN i >= {last_year} THEN '' ELSE 'system' END
FROM n
"""
_AUDIT = """
INSERT INTO audit_event
    (writer, sequence, time, event, institution, actor_kind, actor_id, address, session, subject, details, previous, digest, mac)
SELECT 1, i, %(now)s, 'certificate:issue:done', '{slug}', 'customer', CAST({base} + i %% {customers} AS {text}), '192.0.2.7', '',
    'customer:' || ({base} + i %% {customers}), '{{"customer":1,"reason":"bench"}}', {mac}, {mac}, {mac}
FROM n
"""


def fill(certificates: int, events: int) -> dict[str, int]:
    """Write `certificates` certificates with their customers and applications, and `events` audit rows."""
    customers = max(1, certificates // CERTIFICATES_EACH)
    values = _expressions(customers, certificates)
    _series(_CUSTOMERS, customers, values)
    _series(_APPLICATIONS, certificates, values)
    _series(_CERTIFICATES, certificates, values)
    _series(_AUDIT, events, values)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_pending")  # the trigger's; nobody sequences what nobody wrote
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")
    return {"customer": _FIRST_ID + customers // 2, "certificates": certificates, "events": events}


def _series(statement: str, count: int, values: dict[str, Any]) -> None:
    now = connection.ops.adapt_datetimefield_value(clock.now())
    for first in range(0, count, _SLICE):
        last = min(first + _SLICE, count) - 1
        insert, _, select = statement.partition("SELECT")
        sql = f"{insert}{_SERIES.format(first=first, last=last)}SELECT{select}".format(**values)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, {"now": now})


def _expressions(customers: int, certificates: int) -> dict[str, Any]:
    ca = serving.get(SLUG).ca
    now = clock.now()
    common = {
        "base": _FIRST_ID, "slug": SLUG, "customers": customers, "ca": ca.name, "shards": ca.crl_shards,
        "last_year": certificates - customers,
    }  # fmt: skip
    dates = {
        "now": now,
        "ago": now - timedelta(days=30),
        "long_ago": now - timedelta(days=200),
        "later": now + timedelta(days=165),
    }
    stamp = (
        "'{:%Y-%m-%d %H:%M:%S.%f}'"
        if connection.vendor == "sqlite"
        else "TIMESTAMPTZ '{:%Y-%m-%d %H:%M:%S.%f}+00'"
    )
    common |= {name: stamp.format(value) for name, value in dates.items()}
    if connection.vendor == "sqlite":
        return common | {
            "text": "TEXT", "uuid": "printf('%%032x', i)", "bytes": "randomblob(700)", "mac": "randomblob(32)",
            "digest": "printf('%%064x', i)",
        }  # fmt: skip
    return common | {
        "text": "VARCHAR", "uuid": "CAST(md5(CAST(i AS text)) AS uuid)", "digest": "lpad(CAST(i AS text), 64, '0')",
        "bytes": "decode(repeat(md5(CAST(i AS text)), 44), 'hex')", "mac": "decode(md5(CAST(i AS text)), 'hex')",
    }  # fmt: skip
