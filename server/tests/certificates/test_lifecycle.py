"""Every state × step pair of both tables, the forbidden ones too (SPEC E8; DESIGN, rules of taste)."""

from itertools import product

import pytest

from certcenter.certificates.lifecycle import (
    APPLICATION,
    CERTIFICATE,
    LIVE,
    NOT_GOOD,
    OPEN,
    ApplicationState,
    CertificateState,
    Step,
    sources,
)

A, C, S = ApplicationState, CertificateState, Step

ALLOWED_APPLICATION = {
    (A.ACCEPTED, S.PREPARE, A.PREPARED),
    (A.ACCEPTED, S.REFUSE, A.REFUSED),
    (A.ACCEPTED, S.END, A.ENDED),
    (A.PREPARED, S.STORE, A.ISSUED),
    (A.PREPARED, S.SUBMIT_OUTSIDE, A.SUBMITTED),
    (A.PREPARED, S.VOID, A.ACCEPTED),
    (A.PREPARED, S.REFUSE, A.REFUSED),
    (A.PREPARED, S.END, A.ENDED),
    (A.SUBMITTED, S.STORE, A.ISSUED),
    (A.SUBMITTED, S.REFUSE, A.REFUSED),
    (A.ISSUED, S.ACKNOWLEDGE, A.INSTALLED),
    (A.ISSUED, S.END, A.ENDED),
}
ALLOWED_CERTIFICATE = {
    (C.ISSUED, S.ACKNOWLEDGE, C.ACTIVE),
    (C.ISSUED, S.REVOKE, C.REVOKED),
    (C.ISSUED, S.LAPSE, C.LAPSED),
    (C.ACTIVE, S.SUPERSEDE, C.SUPERSEDED),
    (C.ACTIVE, S.REVOKE, C.REVOKED),
    (C.ACTIVE, S.SUSPEND, C.SUSPENDED),
    (C.ACTIVE, S.LAPSE, C.LAPSED),
    (C.SUSPENDED, S.RESUME, C.ACTIVE),
    (C.SUSPENDED, S.REVOKE, C.REVOKED),
    (C.SUSPENDED, S.LAPSE, C.LAPSED),
}


@pytest.mark.spec("E8")
@pytest.mark.parametrize(("state", "step"), list(product(ApplicationState, Step)))
def test_application(state, step):
    expected = {after for before, taken, after in ALLOWED_APPLICATION if (before, taken) == (state, step)}
    assert {APPLICATION[pair] for pair in [(state, step)] if pair in APPLICATION} == expected


@pytest.mark.spec("E8")
@pytest.mark.parametrize(("state", "step"), list(product(CertificateState, Step)))
def test_certificate(state, step):
    expected = {after for before, taken, after in ALLOWED_CERTIFICATE if (before, taken) == (state, step)}
    assert {CERTIFICATE[pair] for pair in [(state, step)] if pair in CERTIFICATE} == expected


def test_nothing_leaves_an_end():
    for end in (C.REVOKED, C.SUPERSEDED, C.LAPSED):
        assert not [pair for pair in CERTIFICATE if pair[0] is end]
    for end in (A.INSTALLED, A.REFUSED, A.ENDED):
        assert not [pair for pair in APPLICATION if pair[0] is end]


def test_open_applications_are_those_that_can_still_move():
    assert set(OPEN) == {state for state, _ in APPLICATION}


def test_groups():
    assert set(sources(S.REVOKE, CERTIFICATE)) == {C.ISSUED, C.ACTIVE, C.SUSPENDED}
    assert set(LIVE).isdisjoint({C.REVOKED, C.SUPERSEDED})
    assert C.SUSPENDED in NOT_GOOD
