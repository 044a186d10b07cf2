"""What every CertificateAuthority must do, whichever CA stands behind it (SPEC D2, E8).

A backend's tests subclass `CertificateAuthorityContract` and give the two fixtures `authority` and `wanted`
(a function: reference, changes → IssueRequest that this authority accepts).
"""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certcenter.ca.api import Collects, Issued, Pending, Prepared, Reason, Refused

MAX_SERIAL = 1 << 159  # RFC 5280 §4.1.2.2: 20 octets, positive


def settle(authority, prepared, *, rounds=20):
    """Issue, and collect until nothing is pending."""
    answers = authority.issue(prepared)
    for _ in range(rounds):
        waiting = [answer.reference for answer in answers if isinstance(answer, Pending)]
        if not waiting:
            return answers
        assert isinstance(authority, Collects), "an authority that answers Pending must be able to collect"
        collected = {answer.reference: answer for answer in authority.collect(waiting)}
        answers = [collected.get(answer.reference, answer) for answer in answers]
    raise AssertionError("still pending")


@pytest.mark.spec("D1", "D2", "E8")
class CertificateAuthorityContract:
    """Subclass it; its tests run against your `authority`."""

    @pytest.fixture
    def authority(self):
        raise NotImplementedError

    @pytest.fixture
    def wanted(self):
        raise NotImplementedError

    def test_answers_come_row_by_row_in_order(self, authority, wanted):
        references = [f"row-{number}" for number in range(5)]
        prepared = authority.prepare([wanted(reference) for reference in references])
        assert [row.reference for row in prepared] == references
        assert all(isinstance(row, Prepared) for row in prepared)
        issued = settle(authority, prepared)
        assert [row.reference for row in issued] == references
        assert [row.serial for row in issued] == [row.serial for row in prepared]

    def test_nothing_asked_nothing_answered(self, authority):
        assert authority.prepare([]) == []
        assert authority.issue([]) == []

    def test_the_certificate_is_what_was_asked_for(self, authority, wanted):
        asked = wanted("one")
        [answer] = settle(authority, authority.prepare([asked]))
        certificate = x509.load_der_x509_certificate(answer.certificate)
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert key == asked.spki
        assert certificate.serial_number == answer.serial
        assert certificate.not_valid_before_utc == asked.not_before.replace(microsecond=0)
        assert certificate.not_valid_after_utc == asked.not_after.replace(microsecond=0)
        texts = [attribute.value for attribute in certificate.subject]
        name = asked.subject
        parts = [name.country, name.organization, name.organizational_unit, name.common_name]
        assert texts == [part for part in parts if part is not None]

    def test_what_is_stored_is_what_is_signed(self, authority, wanted):
        [row] = authority.prepare([wanted("one")])
        [answer] = settle(authority, [row])
        assert x509.load_der_x509_certificate(answer.certificate).tbs_certificate_bytes == row.tbs

    def test_the_chain_verifies(self, authority, wanted):
        [answer] = settle(authority, authority.prepare([wanted("one")]))
        assert answer.chain == authority.chain()
        path = [x509.load_der_x509_certificate(der) for der in (answer.certificate, *answer.chain)]
        for subject, issuer in zip(path, [*path[1:], path[-1]], strict=True):
            subject.verify_directly_issued_by(issuer)

    def test_issuing_again_after_a_crash_gives_the_same_bytes(self, authority, wanted):
        prepared = authority.prepare([wanted("one"), wanted("two")])
        first, second = settle(authority, prepared), settle(authority, prepared)
        assert [row.certificate for row in first] == [row.certificate for row in second]

    def test_serials_are_positive_long_and_never_repeated(self, authority, wanted):
        serials = [row.serial for row in authority.prepare([wanted(str(number)) for number in range(300)])]
        assert len(set(serials)) == len(serials)
        assert all(1 << 63 < serial < MAX_SERIAL for serial in serials)

    def test_a_bad_row_is_refused_alone(self, authority, wanted):
        rows = [wanted("good"), wanted("bad", spki=b"not a key"), wanted("also good")]
        good, bad, also_good = authority.prepare(rows)
        assert isinstance(good, Prepared)
        assert isinstance(also_good, Prepared)
        assert isinstance(bad, Refused)
        assert bad.code
        assert bad.detail

    @pytest.mark.parametrize(
        "changes",
        [
            {"spki": b""},
            {"profile": "nobody-has-this"},
            {"not_after": datetime(2000, 1, 1, tzinfo=UTC)},
            {"not_after": datetime(9999, 12, 31, tzinfo=UTC)},
        ],
        ids=["no key", "unknown profile", "ends before it begins", "outlives the CA"],
    )
    def test_what_cannot_be_certified_is_refused(self, authority, wanted, changes):
        [answer] = authority.prepare([wanted("bad", **changes)])
        assert isinstance(answer, Refused)
        assert answer.reference == "bad"

    def test_stored_bytes_that_were_changed_are_refused_alone(self, authority, wanted):
        good, bad = authority.prepare([wanted("good"), wanted("bad")])
        changed = Prepared("bad", bad.serial, bad.tbs[:-1] + bytes((bad.tbs[-1] ^ 1,)), bad.issuer_key_id)
        answers = settle(authority, [changed, good])
        assert isinstance(answers[0], Refused)
        assert isinstance(answers[1], Issued)

    def test_what_another_key_prepared_is_refused(self, authority, wanted):
        [row] = authority.prepare([wanted("one")])
        [answer] = authority.issue([Prepared(row.reference, row.serial, row.tbs, "00" * 20)])
        assert isinstance(answer, Refused)

    def test_revoking_twice_is_revoking_once(self, authority, wanted):
        [answer] = settle(authority, authority.prepare([wanted("one")]))
        at = datetime.now(UTC)
        authority.revoke(answer.serial, reason=Reason.SUPERSEDED, at=at)
        authority.revoke(answer.serial, reason=Reason.SUPERSEDED, at=at + timedelta(seconds=1))

    def test_an_unknown_reference_is_refused_by_collect(self, authority):
        if not isinstance(authority, Collects):
            return  # a synchronous authority has nothing to collect
        [answer] = authority.collect(["never submitted"])
        assert isinstance(answer, Refused)
        assert answer.reference == "never submitted"
