"""Hot statements: built and compiled once.

To build and compile a query costs the ORM several times what the database needs to answer it; inside a transaction
others wait for it. What is prepared keeps the ORM's own SQL, with places for the values, and makes the same objects of
the rows. Worth it on paths that run for each request.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet, Value
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]  # not in the stubs
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value goes that is known at each execution only."""

    name: str


def place(name: str) -> Any:
    """Stand for the value `name` in a prepared statement: in a filter with the lookup `exact` or a comparison, or as a new value.

    Values are texts, numbers, bytes, UUIDs, datetimes and None.
    """
    return Value(_Place(name))


class Prepared(Generic[M]):
    """A query for model instances; `build` returns it with `place(…)` where values go. Compiled once a database engine."""

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[Statement, Instances[M]]] = {}

    def all(self, *, using: str = DEFAULT_DB_ALIAS, **values: object) -> list[M]:
        """Return all instances. Raises KeyError when a place has no value."""
        connection = connections[using]
        compiled = self._compiled.get(connection.vendor)
        if compiled is None:
            compiler = self._build().query.get_compiler(using=using)
            compiled = Statement(*compiler.as_sql()), Instances.read_by(compiler)
            self._compiled[connection.vendor] = compiled
        statement, instances = compiled
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.parameters(values, connection))
            return instances.of(cursor.fetchall(), using)

    def first(self, *, using: str = DEFAULT_DB_ALIAS, **values: object) -> M | None:
        """Return the first instance or None; the query itself says how many it fetches. Raises as `all`."""
        found = self.all(using=using, **values)
        return found[0] if found else None


class PreparedUpdate:
    """A conditional UPDATE: the rows of `build`'s query get `changes`; `place(…)` stands for values in both."""

    def __init__(self, build: Callable[[], QuerySet[Any]], **changes: object) -> None:
        self._build, self._changes = build, changes
        self._compiled: dict[str, Statement] = {}

    def run(self, *, using: str = DEFAULT_DB_ALIAS, **values: object) -> int:
        """Change the rows; returns how many. Raises KeyError when a place has no value, IntegrityError."""
        connection = connections[using]
        statement = self._compiled.get(connection.vendor)
        if statement is None:
            query = self._build().query.chain(UpdateQuery)
            query.add_update_values(self._changes)  # type: ignore[attr-defined]  # chained to an UpdateQuery
            statement = Statement(*query.get_compiler(using=using).as_sql())
            self._compiled[connection.vendor] = statement
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.parameters(values, connection))
            return int(cursor.rowcount)


_INSERT = "INSERT INTO {table} ({columns}) VALUES "
#: Rows of one statement at most; their values stay below SQLite's limit of 32,766.
_ROWS_AT_ONCE = 500


class PreparedInsert(Generic[M]):
    """An INSERT with all columns, as `save(force_insert=True)` of a model without parents or signals."""

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._heads: dict[str, str] = {}

    @cached_property
    def _fields(self) -> list[Any]:
        meta = self._model._meta
        return [field for field in meta.concrete_fields if field is not meta.auto_field]

    def run(self, instance: M, *, using: str = DEFAULT_DB_ALIAS) -> M:
        """Insert the instance, which then has its key; returns it. Raises IntegrityError."""
        return self.all([instance], using=using)[0]

    def all(
        self, instances: Iterable[M], *, ignore_conflicts: bool = False, using: str = DEFAULT_DB_ALIAS
    ) -> list[M]:
        """Insert several with one statement for each 500; returns them.

        With `ignore_conflicts` only those that are not there yet, and none learns its key. Raises IntegrityError.
        """
        new = list(instances)
        for start in range(0, len(new), _ROWS_AT_ONCE):
            rows = new[start : start + _ROWS_AT_ONCE]
            keys = self._insert(rows, ignore_conflicts=ignore_conflicts, using=using)
            for instance, (key,) in zip(rows, keys, strict=False):
                if self._model._meta.auto_field is not None:
                    instance.pk = key
                instance._state.adding, instance._state.db = False, using  # noqa: SLF001 - as the ORM's own `save` does
        return new

    def _insert(self, rows: list[M], *, ignore_conflicts: bool, using: str) -> list[tuple[Any, ...]]:
        connection = connections[using]
        key = connection.ops.quote_name(self._model._meta.pk.column)
        places = "(" + ", ".join(["%s"] * len(self._fields)) + ")"
        ending = " ON CONFLICT DO NOTHING" if ignore_conflicts else f" RETURNING {key}"
        values = [
            field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for row in rows
            for field in self._fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._head(connection) + ", ".join([places] * len(rows)) + ending, values)
            return [] if ignore_conflicts else list(cursor.fetchall())

    def _head(self, connection: BaseDatabaseWrapper) -> str:
        head = self._heads.get(connection.vendor)
        if head is None:
            quote = connection.ops.quote_name
            head = self._heads[connection.vendor] = _INSERT.format(
                table=quote(self._model._meta.db_table),
                columns=", ".join(quote(field.column) for field in self._fields),
            )
        return head


class Statement:
    """SQL with the values and places of its parameters."""

    def __init__(self, sql: str, parameters: Sequence[object]) -> None:
        self.sql, self._parameters = sql, tuple(parameters)

    def parameters(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> list[Any]:
        """Return the parameters with `values` in their places, as the engine wants them. Raises KeyError."""
        return [
            adapted(values[each.name], connection) if isinstance(each, _Place) else each
            for each in self._parameters
        ]


@dataclass(frozen=True, slots=True)
class Instances(Generic[M]):
    """How rows become model instances."""

    compiler: SQLCompiler
    model: type[M]
    #: Names of the model's own columns, and where they stand in a row.
    names: Sequence[str]
    columns: slice
    populators: Sequence[Any]
    converters: dict[int, Any]

    @classmethod
    def read_by(cls, compiler: SQLCompiler) -> Self:
        """For the rows of a query whose SQL the compiler has made already."""
        info, select = compiler.klass_info, compiler.select
        assert info is not None, "a prepared query makes model instances"
        own = info["select_fields"]
        columns = slice(own[0], own[-1] + 1)
        return cls(
            compiler=compiler,
            model=info["model"],
            names=[each[0].target.attname for each in select[columns]],
            columns=columns,
            populators=get_related_populators(info, select, compiler.using),
            converters=compiler.get_converters([each[0] for each in select[: compiler.col_count]]),
        )

    def of(self, rows: Sequence[Any], using: str) -> list[M]:
        """Make the instances."""
        read: Iterable[Any] = rows
        if self.converters:
            read = self.compiler.apply_converters(rows, self.converters)
        made = []
        for row in read:
            made.append(self.model.from_db(using, self.names, row[self.columns]))
            for populator in self.populators:
                populator.populate(row, made[-1])
        return made


def adapted(value: Any, connection: BaseDatabaseWrapper) -> Any:
    """Bring a value into the form in which the engine's columns hold it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value
