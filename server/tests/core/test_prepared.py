"""Prepared queries answer as the ORM does, on both engines."""

import uuid
from datetime import timedelta

import pytest
from tests.support.life import Person

from certcenter.certificates.models import Application, Certificate
from certcenter.core import clock
from certcenter.core.db.prepared import Prepared, place
from certcenter.identity.models import Session

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
