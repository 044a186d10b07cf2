"""What a customer may do, by facts and policy alone (SPEC A1, A4, A5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certcenter.certificates import errors, policy
from certcenter.certificates.lifecycle import ApplicationState, CertificateState, ProcedureKind
from certcenter.certificates.policy import Action, CertificateFacts, Situation
from certcenter.institutions import registry
from certcenter.institutions.vocabulary import HostStatus

SERVED = registry.load()
SAMPLE = SERVED.get("sample")
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def certificate(*, ends_in=timedelta(days=200), state=CertificateState.ACTIVE):
    end = NOW + ends_in
    return CertificateFacts(
        id=1, serial="0a", state=state, not_before=end - timedelta(days=365), not_after=end
    )


def situation(**changes):
    empty = Situation(
        now=NOW, institution=SAMPLE, current=None, waiting=None, application=None, revocations_used=0
    )
    return replace(empty, **changes)


def refusal(kind, facts):
    with pytest.raises(errors.CentreError) as caught:
        policy.require_allowed(kind, facts)
    return type(caught.value)


@pytest.mark.spec("A1", "A2")
@pytest.mark.parametrize(
    ("facts", "status", "offered"),
    [
        (situation(), HostStatus.NONE, (Action.APPLY,)),
        (situation(application=ApplicationState.ACCEPTED), HostStatus.AWAITING, ()),
        (
            situation(
                application=ApplicationState.ISSUED, waiting=certificate(state=CertificateState.ISSUED)
            ),
            HostStatus.AWAITING,
            (Action.DOWNLOAD, Action.REVOKE),
        ),
        (situation(current=certificate()), HostStatus.VALID, (Action.REVOKE,)),
        (
            situation(current=certificate(ends_in=timedelta(days=10))),
            HostStatus.EXPIRING,
            (Action.RENEW, Action.REVOKE),
        ),
        (situation(current=certificate(ends_in=-timedelta(days=1))), HostStatus.EXPIRED, (Action.APPLY,)),
        (
            situation(current=certificate(state=CertificateState.SUSPENDED)),
            HostStatus.SUSPENDED,
            (Action.REVOKE,),
        ),
        (situation(current=certificate(state=CertificateState.REVOKED)), HostStatus.REVOKED, (Action.APPLY,)),
    ],
)
def test_each_status_offers_what_makes_sense(facts, status, offered):
    assert policy.host_status(facts) is status
    assert policy.actions(facts) == offered


@pytest.mark.spec("A4")
def test_renewal_window_of_the_browser_profile_is_30_days_to_the_second():
    end = NOW + timedelta(days=30)
    inside = replace(certificate(), not_after=end)
    policy.require_allowed(ProcedureKind.RENEW, situation(current=inside))
    before = replace(inside, not_after=end + timedelta(seconds=1))
    assert refusal(ProcedureKind.RENEW, situation(current=before)) is errors.OutsideWindow
    at_its_end = replace(inside, not_after=NOW)
    policy.require_allowed(ProcedureKind.RENEW, situation(current=at_its_end))
    after = replace(inside, not_after=NOW - timedelta(seconds=1))
    assert refusal(ProcedureKind.RENEW, situation(current=after)) is errors.OutsideWindow


@pytest.mark.spec("A5")
def test_third_revocation_of_the_year_is_refused_with_the_limit():
    facts = situation(current=certificate(), revocations_used=SAMPLE.revocation.yearly_limit)
    with pytest.raises(errors.RevocationsUsedUp) as caught:
        policy.require_allowed(ProcedureKind.REVOKE, facts)
    assert caught.value.params == {"limit": 2}
    assert facts.revocations_left == 0


@pytest.mark.spec("A5")
def test_revocation_by_staff_alone_where_policy_says_so():
    facts = situation(institution=SERVED.get("example"), current=certificate())
    assert refusal(ProcedureKind.REVOKE, facts) is errors.OnlineRevocationOff


@pytest.mark.spec("E8")
@given(
    days=st.integers(-400, 400),
    state=st.sampled_from(CertificateState),
    application=st.sampled_from([None, *ApplicationState]),
    used=st.integers(0, 5),
)
def test_what_is_offered_is_allowed_and_nothing_else(days, state, application, used):
    facts = situation(
        current=certificate(ends_in=timedelta(days=days), state=state),
        application=application,
        revocations_used=used,
    )
    offered = policy.actions(facts)
    for kind in ProcedureKind:
        try:
            policy.require_allowed(kind, facts)
            allowed = True
        except errors.CentreError:
            allowed = False
        assert allowed == (Action(kind) in offered)
    assert not {Action.APPLY, Action.RENEW} <= set(offered)
