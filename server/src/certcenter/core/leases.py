"""Leased work: rows of a table are the queue, whoever holds a row's lease does its work (DESIGN, the issuing cycle).

One statement claims many rows, each later write carries `lease=mine` in its filter, and a lease that has run out
may be taken by another: a killed worker's work is found again without anybody noticing the kill.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Q

from certcenter.core import clock, ids
from certcenter.core.db.prepared import Instances, Statement, adapted, place
from certcenter.core.models import Leased

M = TypeVar("M", bound=Leased)

# The chosen rows are MATERIALIZED, so that no plan asks twice and claims more than the limit.
_CLAIM = """
    WITH chosen (chosen_key) AS MATERIALIZED ({chosen})
    UPDATE {table} SET lease = %s, lease_until = %s{also} WHERE {key} IN (SELECT chosen_key FROM chosen)
    RETURNING {columns}
"""


class Queue(Generic[M]):
    """The rows of `model` that satisfy `where`, in `order`, as work to be claimed.

    `where` must not span relations; `place(…)` in it stands for values that are known at each claim only. `counting`
    names an integer column that grows by one with each claim.
    """

    def __init__(
        self, model: type[M], *, where: Q, order: Sequence[str] = ("id",), counting: str | None = None
    ) -> None:
        self._model, self._where, self._order, self._counting = model, where, order, counting
        self._compiled: dict[tuple[str, int], tuple[Statement, Instances[M]]] = {}

    def claim(
        self,
        *,
        limit: int,
        seconds: float = 60,
        durable: bool = False,
        using: str = DEFAULT_DB_ALIAS,
        **values: object,
    ) -> tuple[uuid.UUID, list[M]]:
        """Lease at most `limit` free rows for `seconds`, by one statement.

        Returns the lease and the rows as they are after the claim. Rows that another transaction holds are passed
        over (PostgreSQL), never waited for. `durable` refuses to run inside another transaction (RuntimeError), for
        whoever acts on the rows outside the database.
        """
        lease, now = ids.new_uuid(), clock.now()
        connection = connections[using]
        marks = [adapted(each, connection) for each in (lease, now + timedelta(seconds=seconds))]
        with transaction.atomic(using=using, durable=durable), connection.cursor() as cursor:
            statement, instances = self._statement(limit, using)
            chosen = statement.parameters({"free_at": now, **values}, connection)
            cursor.execute(statement.sql, [*chosen, *marks])
            rows = instances.of(cursor.fetchall(), using)
        for field in reversed(self._order):
            rows.sort(key=lambda row: getattr(row, field.lstrip("-")), reverse=field.startswith("-"))
        return lease, rows

    def _statement(self, limit: int, using: str) -> tuple[Statement, Instances[M]]:
        vendor = connections[using].vendor
        if (vendor, limit) not in self._compiled:
            self._compiled[vendor, limit] = self._compile(limit, using)
        return self._compiled[vendor, limit]

    def _compile(self, limit: int, using: str) -> tuple[Statement, Instances[M]]:
        connection, meta = connections[using], self._model._meta
        rows = self._model._default_manager.using(using)
        chosen = rows.filter(self._where & _FREE).order_by(*self._order)
        if connection.features.has_select_for_update_skip_locked:
            chosen = chosen.select_for_update(skip_locked=True)
        sql, parameters = chosen.values("pk")[:limit].query.get_compiler(using).as_sql()
        reader = rows.all().query.get_compiler(using)
        reader.as_sql()
        quote = connection.ops.quote_name
        counting = quote(self._counting) if self._counting else ""
        statement = _CLAIM.format(
            chosen=sql,
            table=quote(meta.db_table),
            key=quote(meta.pk.column),
            also=f", {counting} = {counting} + 1" if counting else "",
            columns=", ".join(quote(field.column) for field in meta.concrete_fields),
        )
        return Statement(statement, parameters), Instances.read_by(reader)


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


_FREE = Q(lease_until__isnull=True) | Q(lease_until__lt=place("free_at"))
