"""Leased work: rows of a table are the queue, whoever holds a row's lease does its work (DESIGN, the issuing cycle).

One statement claims many rows, each later write carries `lease=mine` in its filter, and a lease that has run out
may be taken by another: a killed worker's work is found again without anybody noticing the kill.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Q

from certcenter.core import clock, ids
from certcenter.core.models import Leased

M = TypeVar("M", bound=Leased)

# The chosen rows are MATERIALIZED, so that no plan asks twice and claims more than the limit.
_CLAIM = """
    WITH chosen (chosen_key) AS MATERIALIZED ({chosen})
    UPDATE {table} SET lease = %s, lease_until = %s{also} WHERE {key} IN (SELECT chosen_key FROM chosen) RETURNING *
"""


def claim(
    model: type[M],
    *,
    where: Q,
    limit: int,
    seconds: float = 60,
    order: Sequence[str] = ("id",),
    durable: bool = False,
    counting: str | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> tuple[uuid.UUID, list[M]]:
    """Lease at most `limit` free rows of `model` that satisfy `where`, in `order`, for `seconds`.

    Returns the lease and the rows as they are after the claim. Rows that another transaction holds are passed
    over (PostgreSQL), never waited for. `where` must not span relations. `durable` refuses to run inside another
    transaction (RuntimeError), for whoever acts on the rows outside the database. `counting` names an integer column
    that grows by one with each claim.
    """
    lease, now = ids.new_uuid(), clock.now()
    with transaction.atomic(using=using, durable=durable):
        values = {"lease": lease, "lease_until": now + timedelta(seconds=seconds)}
        rows = list(_claimed(model, where & _free(now), limit, order, values, counting, using))
    for field in reversed(order):
        rows.sort(key=lambda row: getattr(row, field.lstrip("-")), reverse=field.startswith("-"))
    return lease, rows


def renew(
    model: type[M], lease: uuid.UUID, *, seconds: float, where: Q = Q(), using: str = DEFAULT_DB_ALIAS
) -> int:
    """Prolong what is still held under `lease`; returns how many rows that are."""
    until = clock.now() + timedelta(seconds=seconds)
    return model._default_manager.using(using).filter(where, lease=lease).update(lease_until=until)


def release(model: type[M], lease: uuid.UUID, *, where: Q = Q(), using: str = DEFAULT_DB_ALIAS) -> int:
    """Give rows back before their time; returns how many."""
    rows = model._default_manager.using(using).filter(where, lease=lease)
    return rows.update(lease=None, lease_until=None)


def _free(now: object) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now)


def _claimed(  # noqa: PLR0917 - private, one caller
    model: type[M],
    where: Q,
    limit: int,
    order: Sequence[str],
    leased: dict[str, object],
    counting: str | None,
    using: str,
) -> Sequence[M]:
    connection = connections[using]
    chosen = model._default_manager.using(using).filter(where).order_by(*order)
    if connection.features.has_select_for_update_skip_locked:
        chosen = chosen.select_for_update(skip_locked=True)
    sql, params = chosen.values("pk")[:limit].query.get_compiler(using).as_sql()
    quote = connection.ops.quote_name
    also = f", {quote(counting)} = {quote(counting)} + 1" if counting else ""
    statement = _CLAIM.format(
        chosen=sql, table=quote(model._meta.db_table), key=quote(model._meta.pk.column), also=also
    )
    values = [
        Leased._meta.get_field(name).get_db_prep_value(value, connection)  # type: ignore[union-attr]  # plain columns
        for name, value in leased.items()
    ]
    return model._default_manager.using(using).raw(statement, [*params, *values])  # type: ignore[return-value]  # a RawQuerySet is iterated once
