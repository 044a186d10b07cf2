"""The table of passwords on a terminal of 80 columns (manual M2: 商品別, 密碼別, 分公司, 交易帳號 …)."""

import io
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from rich.console import Console

from certcenter_helper.cli import passwords
from certcenter_helper.core import texts
from certcenter_helper.core.values import PasswordRow, PasswordTable


def row(kind, line, branch, masked, *, same, state="none"):
    changed = None if state == "unset" else datetime(2026, 11, 22, tzinfo=UTC)
    return PasswordRow(
        kind=kind, account=uuid4(), line=line, branch="", branch_name=branch, masked=masked, same=same,
        changed_at=changed, expires_at=None, state=state,
    )  # fmt: skip


@pytest.mark.spec("B5")
@pytest.mark.parametrize(
    ("language", "words", "branches"),
    [
        (texts.ENGLISH, ("Sub-brokerage", "Securities", "Different", "Withdrawal", "Not set"), ("Futures, Taipei Branch", "Taipei Branch")),
        (texts.CHINESE, ("複委託", "證券", "不同", "出金", "未設定"), ("期貨台北分公司", "台北分公司")),
    ],
    ids=["en", "zh"],
)  # fmt: skip
def test_no_word_of_it_is_broken_at_80_columns(monkeypatch, language, words, branches):
    monkeypatch.setattr(texts, "_chosen", [language])
    futures, securities = branches
    rows = (
        row("network", "futures", futures, "F020-***1235", same=True),
        row("network", "securities", securities, "9A10-***4339", same=False),
        row("network", "sub-brokerage", words[0], "9A20-***2345", same=False),
        row("withdrawal", "futures", futures, "F020-***1235", same=None, state="unset"),
    )
    seen = PasswordTable(unified=False, lines=(), voice_sync=True, must_change=False, rows=rows)
    shown = io.StringIO()
    Console(file=shown, width=80, color_system=None).print(passwords.table(seen))
    lines = shown.getvalue().splitlines()
    whole = [*words, securities, "F020-***1235", "9A10-***4339", "9A20-***2345", "2026-11-22"]
    assert [each for each in whole if not any(each in line for line in lines)] == []
    assert max(map(len, lines)) <= 80
