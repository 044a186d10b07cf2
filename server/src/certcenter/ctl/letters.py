"""`certcenterctl outbox`: what could not be done after its commit, and having it tried again."""

import click
from django.db.models import Count

from certcenter.core.taiwan import to_taipei
from certcenter.outbox import actions
from certcenter.outbox.models import Message


@click.group()
def outbox() -> None:
    """See what waits and what failed for good, try it again. 檢視待辦與失敗的訊息、重新嘗試。"""


@outbox.command()
def show() -> None:
    """Count what waits, what is done and what is dead, by topic. 依主題列出筆數。"""
    counts = (
        Message.objects.values_list("topic", "state").annotate(number=Count("pk")).order_by("topic", "state")
    )
    for topic, state, number in counts:
        click.echo(f"{number:>9}  {state:<8}  {topic}")


@outbox.command()
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(min=1), help="At most. 最多筆數。"
)
def dead(limit: int) -> None:
    """List what failed for good, the newest first, with the reason. 列出已放棄的訊息與原因。"""
    for each in Message.objects.filter(state=Message.State.DEAD).order_by("-pk")[:limit]:
        ended = f"{to_taipei(each.finished_at):%Y-%m-%d %H:%M:%S}" if each.finished_at else "-"
        click.echo(f"{each.pk}  {ended}  {each.topic}  {each.attempts}×  {each.reason}")


@outbox.command()
@click.argument("numbers", nargs=-1, required=True, type=int)
def revive(numbers: tuple[int, ...]) -> None:
    """Try the dead NUMBERS again from now on, after their cause is gone. 原因排除後重新嘗試。

    Exit code 1: one of them is not dead. 結束代碼 1：其中有非失敗的訊息。
    """
    refused = [number for number in numbers if not actions.revive(number)]
    click.echo(f"{len(numbers) - len(refused)} revived 已重新排入")
    if refused:
        raise click.ClickException(f"not dead 並非失敗: {', '.join(map(str, refused))}")
