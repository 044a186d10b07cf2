"""On PostgreSQL the application's role may add to the history and do nothing else to it (DESIGN, Audit)."""

import uuid

import psycopg
import pytest
from django.db import connection

from certcenter.audit import sequencer, triggers, verifier

WRITE = """
from django.db import transaction
from certcenter.audit.actions import record, record_refusal
from certcenter.core.actor import system
from certcenter.core.events import Event
with transaction.atomic():
    record(Event.CA_CREATED, actor=system("test"), subject="ca:1")
record_refusal(Event.LOGIN_REFUSED, actor=system("test"), subject="x", reason="r")
"""
SEQUENCE = "from certcenter.audit import sequencer\nprint(sequencer.run_once())"


@pytest.fixture
def roles(postgres_engine, postgres_server):
    """An application role and a sequencer role, with rights on all other tables; as URLs."""
    app, mover = (f"{kind}_{uuid.uuid4().hex[:8]}" for kind in ("app", "mover"))
    with connection.cursor() as cursor:
        for role in (app, mover):
            cursor.execute(f"CREATE ROLE {role} LOGIN")
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        for statement in triggers.application_grants(app, sequencer=mover):
            cursor.execute(statement)
    yield tuple(postgres_engine.database_url.replace("postgres@", f"{role}@") for role in (app, mover))
    connection.close()
    for role in (app, mover):
        with psycopg.connect(postgres_engine.database_url, autocommit=True) as owner:
            owner.execute(f"DROP OWNED BY {role}")
            owner.execute(f"DROP ROLE {role}")


@pytest.mark.postgres
@pytest.mark.spec("D6")
def test_the_application_adds_the_sequencer_places_nobody_rewrites(roles, postgres_engine):
    app, mover = roles
    postgres_engine.run(WRITE, CERTCENTER_DATABASE_URL=app)
    assert (
        "permission denied" in postgres_engine.run(SEQUENCE, check=False, CERTCENTER_DATABASE_URL=app).stderr
    )
    assert postgres_engine.run(SEQUENCE, CERTCENTER_DATABASE_URL=mover).stdout.strip() == "3"
    assert verifier.verify().clean
    assert sequencer.head().size == 3
    statements = [
        "UPDATE audit_event SET subject = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "UPDATE audit_sequence SET position = 7",
        "DELETE FROM audit_checkpoint",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ]
    for url in roles:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(url) as intruder:
                intruder.execute(statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(app) as intruder:
        intruder.execute("DELETE FROM audit_pending")


def test_role_names_are_plain():
    with pytest.raises(ValueError, match="plain"):
        triggers.application_grants('app"; DROP TABLE audit_event; --')
