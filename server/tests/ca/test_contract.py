"""The contract, kept by the embedded CA and by an asynchronous one (a CA that is asked again later, SPEC D2)."""

from datetime import timedelta

import pytest
from server.tests.ca.contract import CertificateAuthorityContract
from server.tests.ca.support import request

from certcenter.ca.api import Collects, Pending, Refused
from certcenter.ca.errors import Refusal


class TestEmbedded(CertificateAuthorityContract):
    @pytest.fixture
    def authority(self, ca):
        return ca

    @pytest.fixture
    def wanted(self):
        return request


class SlowAuthority:
    """Takes rows and gives certificates at the second asking: what CMP or a busy CA does."""

    def __init__(self, inner):
        self._inner, self._submitted, self._asked = inner, {}, set()
        self.name, self.prepare, self.chain, self.revoke = (
            inner.name,
            inner.prepare,
            inner.chain,
            inner.revoke,
        )

    def issue(self, prepared):
        answers = []
        for row in prepared:
            [answer] = self._inner.issue([row])
            if not isinstance(answer, Refused):
                self._submitted[row.reference] = answer
                answer = Pending(row.reference, timedelta(seconds=1))
            answers.append(answer)
        return answers

    def collect(self, references):
        return [self._collect(reference) for reference in references]

    def _collect(self, reference):
        if reference not in self._submitted:
            return Refused(reference, Refusal.UNKNOWN, "never submitted")
        if reference not in self._asked:
            self._asked.add(reference)
            return Pending(reference, timedelta(seconds=1))
        return self._submitted[reference]


class TestAsynchronous(CertificateAuthorityContract):
    @pytest.fixture
    def authority(self, ca):
        return SlowAuthority(ca)

    @pytest.fixture
    def wanted(self):
        return request

    def test_it_really_is_asynchronous(self, authority, wanted):
        [answer] = authority.issue(authority.prepare([wanted("one")]))
        assert isinstance(answer, Pending)
        assert isinstance(authority, Collects)
