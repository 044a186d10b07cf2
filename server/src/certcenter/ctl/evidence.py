"""`certcenterctl evidence`: orders that were accepted, checked again years later (SPEC D8)."""

from uuid import UUID

import click

from certcenter.core.taiwan import to_taipei
from certcenter.signing.evidence import recheck
from certcenter.signing.models import Evidence

_AT_ONCE = 500


@click.group()
def evidence() -> None:
    """Check the evidence of orders again. 重新驗證委託證據。"""


@evidence.command()
@click.argument("numbers", nargs=-1, type=click.UUID)
@click.option("--institution", default="", metavar="SLUG", help="Of this institution alone. 機構代號。")
def check(numbers: tuple[UUID, ...], institution: str) -> None:
    """Verify signature, chain and each column of the evidence NUMBERS, or of all. 驗證簽章、憑證鏈與各欄位。

    One line for each that was named or has findings. Exit code 1: findings, or a number that is unknown. 結束代碼 1 有異常。
    """
    rows = Evidence.objects.select_related("certificate").order_by("pk")
    if institution:
        rows = rows.filter(institution=institution)
    if numbers:
        rows = rows.filter(pk__in=numbers)
    seen = bad = 0
    for row in rows.iterator(chunk_size=_AT_ONCE):
        checked = recheck(row)
        seen, bad = seen + 1, bad + bool(checked.findings)
        if numbers or checked.findings:
            outcome = "; ".join(checked.findings) or "in order 正確"
            click.echo(
                f"{row.pk}  {to_taipei(row.accepted_at):%Y-%m-%d %H:%M:%S}  {checked.signer}  {outcome}"
            )
    missing = len(set(numbers)) - seen if numbers else 0
    click.echo(f"{seen} checked 筆已驗證, {bad} with findings 筆異常, {missing} unknown 筆不存在")
    if bad or missing:
        raise SystemExit(1)
