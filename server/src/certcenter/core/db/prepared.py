"""Hot reads: queries that are built and compiled once.

To build and compile a query costs the ORM several times what the database needs to answer it. A `Prepared` keeps the ORM's
own SQL, with places for the values, and makes the same objects of the rows. Worth it on paths that run for each request.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet, Value
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]  # not in the stubs
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value goes that is known at each execution only."""

    name: str


def place(name: str) -> Any:
    """Stand for the value `name` in the filter of a prepared query, with the lookup `exact` or a comparison."""
    return Value(_Place(name))


class Prepared(Generic[M]):
    """A query for model instances; `build` returns it with `place(…)` where values go. Compiled once a database engine."""

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled[M]] = {}

    def all(self, *, using: str = DEFAULT_DB_ALIAS, **values: object) -> list[M]:
        """Return all instances. Raises KeyError when a place has no value."""
        connection = connections[using]
        compiled = self._compiled.get(connection.vendor)
        if compiled is None:
            compiled = self._compiled[connection.vendor] = _compile(self._build(), using)
        return compiled.instances(connection, values, using)

    def first(self, *, using: str = DEFAULT_DB_ALIAS, **values: object) -> M | None:
        """Return the first instance or None; the query itself says how many it fetches. Raises as `all`."""
        found = self.all(using=using, **values)
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class _Compiled(Generic[M]):
    sql: str
    parameters: tuple[object, ...]
    compiler: SQLCompiler
    model: type[M]
    #: Names of the model's own columns, and where they stand in a row.
    names: Sequence[str]
    columns: slice
    populators: Sequence[Any]
    converters: dict[int, Any]

    def instances(self, connection: BaseDatabaseWrapper, values: dict[str, Any], using: str) -> list[M]:
        parameters: list[Any] = [
            _adapted(values[each.name], connection) if isinstance(each, _Place) else each
            for each in self.parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            rows = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        made = []
        for row in rows:
            made.append(self.model.from_db(using, self.names, row[self.columns]))
            for populator in self.populators:
                populator.populate(row, made[-1])
        return made


def _compile(query: QuerySet[M], using: str) -> _Compiled[M]:
    compiler = query.query.get_compiler(using=using)
    sql, parameters = compiler.as_sql()
    info, select = compiler.klass_info, compiler.select
    assert info is not None, "a prepared query makes model instances"
    own = info["select_fields"]
    columns = slice(own[0], own[-1] + 1)
    return _Compiled(
        sql=sql,
        parameters=tuple(parameters),
        compiler=compiler,
        model=info["model"],
        names=[each[0].target.attname for each in select[columns]],
        columns=columns,
        populators=get_related_populators(info, select, using),
        converters=compiler.get_converters([each[0] for each in select[: compiler.col_count]]),
    )


def _adapted(value: Any, connection: BaseDatabaseWrapper) -> Any:
    """Bring a value into the form in which the engine's columns hold it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
