"""Who is sent to the branch that opened the account is told which one it is, with its telephone (SPEC A5, E10)."""

import pytest
from django.utils.translation import override
from tests.support import people

from certcenter.certificates import errors
from certcenter.identity import branches
from certcenter.institutions import serving

pytestmark = [pytest.mark.spec("E10"), pytest.mark.usefixtures("sqlite_engine")]


def with_accounts(accounts, slug="demo"):
    return people.import_(institution=slug, accounts=accounts)


def test_each_branch_that_policy_names_once_with_its_telephone():
    customer = with_accounts("securities:9A10-0324338; futures:F020-0071234; sub-brokerage:9A10-0012345")
    with override("zh-hant"):
        assert branches.words(customer) == "期貨台北分公司、台北分公司 02-5550-0210"
    with override("en"):
        assert branches.words(customer) == "Futures, Taipei Branch; Taipei Branch 02-5550-0210"


def test_the_refusal_names_it_in_the_language_of_who_reads_it():
    refusal = errors.RevocationsUsedUp(with_accounts("securities:9A10-0324338"), limit=3)
    with override("zh-hant"):
        assert refusal.advice.endswith("至原開戶分公司（台北分公司 02-5550-0210）辦理。")
        assert "3 次" in refusal.detail
    with override("en"):
        assert refusal.advice.endswith("the branch that opened your account (Taipei Branch 02-5550-0210).")


def test_a_branch_without_a_name_leaves_the_words_as_they_are():
    customer = with_accounts("securities:7777-0324338")
    assert serving.get("demo").branch_name("7777").en == "7777"
    with override("en"):
        for told in (errors.OnlineRevocationOff(customer), errors.OnlineRevocationOff()):
            assert told.advice == "Please ask the branch that opened your account."
