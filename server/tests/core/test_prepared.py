"""Prepared queries answer as the ORM does, on both engines."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.support.life import Person

from certcenter.certificates.models import Application, Certificate
from certcenter.core import clock
from certcenter.core.db.prepared import Prepared, PreparedInsert, PreparedUpdate, place
from certcenter.identity.models import Session
from certcenter.outbox.models import Message

LIVE = Prepared(
    lambda: Session.objects.select_related("customer").filter(
        key_hash=place("key"), absolute_ends_at__gt=place("now"), institution="sample"
    )[:1]
)
BY_REQUEST = Prepared(
    lambda: Application.objects.filter(customer_id=place("customer"), request_uuid=place("request"))
)


@pytest.fixture
def wang(ready):
    return Person()


def session(person, key):
    now = clock.now()
    return Session.objects.create(
        key_hash=key, institution="sample", kind="program", customer=person.customer, created_at=now, seen_at=now,
        idle_ends_at=now + timedelta(hours=1), absolute_ends_at=now + timedelta(hours=1),
    )  # fmt: skip


def test_the_same_objects_with_their_relations(wang, django_assert_num_queries):
    made = session(wang, "k")
    with django_assert_num_queries(1):
        found = LIVE.first(key="k", now=clock.now())
        assert found.customer.name == wang.customer.name
    assert found == made
    plain = Session.objects.get(pk=made.pk)
    for field in Session._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(plain, field.attname), field.name
        assert type(getattr(found, field.attname)) is type(getattr(plain, field.attname)), field.name
    assert not found._state.adding
    assert found._state.db == "default"
    assert LIVE.first(key="k", now=clock.now() + timedelta(hours=2)) is None
    assert LIVE.first(key="'; DROP TABLE identity_session; --", now=clock.now()) is None
    with pytest.raises(KeyError):
        LIVE.first(key="k")


def test_uuids_bytes_and_deferred_columns(wang):
    certificate = wang.issued()
    request = certificate.application.request_uuid
    (found,) = BY_REQUEST.all(customer=wang.customer.pk, request=request)
    assert bytes(found.spki) == bytes(certificate.application.spki)
    assert BY_REQUEST.all(customer=wang.customer.pk, request=uuid.uuid4()) == []
    some = Prepared(lambda: Certificate.objects.only("serial", "not_after").filter(pk=place("pk")))
    (row,) = some.all(pk=certificate.pk)
    assert row.get_deferred_fields() >= {"der", "state"}
    assert (row.serial, row.not_after) == (certificate.serial, certificate.not_after)


def test_an_update_changes_what_the_filter_finds_and_counts_it(wang):
    moved = PreparedUpdate(
        lambda: Session.objects.filter(pk=place("id"), idle_ends_at__gt=place("now")),
        seen_at=place("now"),
        kind="portal",
        user_id=place("user"),
    )
    made, other, now = session(wang, "k"), session(wang, "other"), clock.now() + timedelta(minutes=1)
    assert moved.run(id=made.pk, now=now, user=None) == 1
    made.refresh_from_db()
    other.refresh_from_db()
    assert (made.seen_at, made.kind, other.kind) == (now, "portal", "program")
    assert moved.run(id=made.pk, now=now + timedelta(hours=2), user=None) == 0
    assert moved.run(id=uuid.uuid4(), now=now, user=None) == 0
    with pytest.raises(KeyError):
        moved.run(id=made.pk, now=now)


def test_an_insert_writes_what_save_would_write(wang):
    insert = PreparedInsert(Application)
    saved = wang.issued().application
    plain = {field.attname: getattr(saved, field.attname) for field in Application._meta.concrete_fields}
    new = plain | {"id": None, "request_uuid": uuid.uuid4(), "spki_sha256": "0" * 64, "state": "ended"}
    written = insert.run(Application(**new))
    assert written.pk not in {None, saved.pk}
    assert not written._state.adding
    read = Application.objects.get(pk=written.pk)
    for name, value in (new | {"id": written.pk}).items():
        assert plain_value(getattr(read, name)) == plain_value(value), name
    with pytest.raises(IntegrityError), transaction.atomic():
        insert.run(Application(**new))
    assert Application.objects.count() == 2


def test_several_are_inserted_as_bulk_create_would_write_them(wang):
    insert = PreparedInsert(Message)
    now = clock.now()

    def messages(*keys):
        return [
            Message(topic="t", key=key, payload={"name": key, "n": 1}, created_at=now, not_before=now)
            for key in keys
        ]

    with transaction.atomic():
        assert [each.pk for each in insert.all(messages("a", "b"))] == list(
            Message.objects.order_by("pk").filter(topic="t").values_list("pk", flat=True)
        )
        insert.all(messages("b", "c"), ignore_conflicts=True)
        insert.all([])
    Message.objects.bulk_create(messages("d"))
    rows = {row.pop("key"): row for row in Message.objects.filter(topic="t").values()}
    assert set(rows) == {"a", "b", "c", "d"}
    plain = {name: value for name, value in rows["d"].items() if name not in {"id", "payload"}}
    for key, row in rows.items():
        assert row["payload"] == {"name": key, "n": 1}
        assert {name: value for name, value in row.items() if name not in {"id", "payload"}} == plain
    with pytest.raises(IntegrityError), transaction.atomic():
        insert.all(messages("e", "a"))
    assert not Message.objects.filter(topic="t", key="e").exists()


def plain_value(value):
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.mark.spec("D9")
def test_a_connection_that_the_server_ended_is_not_usable(ready):
    """It is asked of the socket, which a live connection leaves silent."""
    if ready.vendor != "postgresql":
        pytest.skip("SQLite has no server")
    import psycopg

    with connection.cursor() as cursor:
        backend = cursor.execute("SELECT pg_backend_pid()").fetchone()[0]
    assert connection.is_usable()
    with psycopg.connect(ready.database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [backend])
    assert not connection.is_usable()
    connection.close()
