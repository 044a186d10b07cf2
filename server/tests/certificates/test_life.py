"""The whole life of a certificate through the public actions, on both engines (SPEC A3, A4, A5, A9, E8, E9, D7)."""

import pytest
from tests.support.life import Person, notices

from certcenter.certificates import queries
from certcenter.certificates.lifecycle import CertificateState
from certcenter.institutions.vocabulary import HostStatus


@pytest.mark.spec("A3", "A4", "A5", "E8", "E9", "D7")
def test_from_the_first_application_to_the_next_one(ready):
    wang = Person()
    assert queries.overview(wang.customer).status is HostStatus.NONE
    first = wang.installed(days_ago=340)
    assert first.state == CertificateState.ACTIVE
    assert queries.overview(wang.customer).status is HostStatus.EXPIRING

    wang.new_request()
    second = wang.issued("renew")
    first.refresh_from_db()
    assert (first.state, second.state) == (CertificateState.ACTIVE, CertificateState.ISSUED)
    wang.acknowledge()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (CertificateState.SUPERSEDED, CertificateState.ACTIVE)
    assert second.sequence == first.sequence + 1
    assert queries.overview(wang.customer).revocations_left == 2

    assert wang.revoke().serial == second.serial
    assert queries.overview(wang.customer).status is HostStatus.REVOKED
    assert queries.overview(wang.customer).revocations_left == 1
    wang.new_request()
    third = wang.installed()
    assert queries.overview(wang.customer).host.serial == third.serial
    told = notices()
    assert told.count(f"issued:{second.serial}") == 2
    assert told.count(f"revoked:{second.serial}") == 2
