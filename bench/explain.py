"""Does each query of a page use an index? Asked of the database itself, on a filled one."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection

from bench.centre import SLUG
from certcenter.backoffice import queries as staff
from certcenter.certificates import issuing, queries, reminders
from certcenter.identity.models import Customer
from certcenter.institutions import serving
from certcenter.outbox import dispatcher
from certcenter.status.source import DatabaseSource

LARGE = (
    "identity_customer", "certificates_application", "certificates_certificate", "audit_event", "outbox_message",
)  # fmt: skip
#: Partial indexes that hold only what waits: to scan one is no scan of its table.
SHORT = ("INDEX application_queue", "INDEX outbox_due")


def whole_tables(customer: Customer) -> list[str]:
    """`page: table` for each query that reads all of a large table."""
    pages: dict[str, Callable[[], Any]] = {
        "overview": lambda: queries.overview(customer),
        "history": lambda: queries.history(customer, after=10**12),
        "staff search": lambda: staff.search(SLUG, customer.national_id),
        "issuing": lambda: issuing.QUEUE.claim(limit=1),
        "outbox": lambda: dispatcher.run_once(1),
        "reminders": reminders.run_once,
        "CRL": lambda: next(iter(DatabaseSource().revoked(serving.get(SLUG).ca.name, 0)), None),
    }
    found = []
    for name, ask in pages.items():
        asked: list[tuple[str, Any]] = []
        with connection.execute_wrapper(partial(_note, asked)):
            ask()
        found += [f"{name}: {table}" for sql, values in asked for table in _read_whole(sql, values)]
    return found


def _note(asked: list[tuple[str, Any]], execute: Any, sql: str, params: Any, *rest: Any) -> Any:
    """Keep the parameters apart: a plan for literals may use a partial index that the real query can't."""
    if "SELECT" in sql[:400].upper():
        asked.append((sql, params))
    return execute(sql, params, *rest)


def _read_whole(statement: str, values: Any) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [row[3] for row in cursor.fetchall()]
            return [
                table
                for table in LARGE
                for step in steps
                if f"{step} ".startswith(f"SCAN {table} ") and not step.endswith(SHORT)
            ]
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        plan = cursor.fetchone()[0]
    return _sequential((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])


def _sequential(plan: dict[str, Any]) -> list[str]:
    below = [table for part in plan.get("Plans", []) for table in _sequential(part)]
    whole = plan["Node Type"] == "Seq Scan" and plan.get("Relation Name") in LARGE
    return [*below, plan["Relation Name"]] if whole else below
