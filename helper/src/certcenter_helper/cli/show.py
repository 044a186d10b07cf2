"""How things look on a terminal: panels, tables, a progress bar (rich)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from certcenter_helper.cli.calls import ACTIONS
from certcenter_helper.cli.words import marked as _
from certcenter_helper.cli.words import word
from certcenter_helper.core.values import (
    Action,
    CheckResult,
    ClientPanel,
    DataCheck,
    Document,
    EnvironmentReport,
    Fact,
    HostPanel,
    Overview,
    Tone,
)
from certcenter_helper.core.work import Progress, Stage, Step

_STYLES: Final = {Tone.GOOD: "green", Tone.WARN: "yellow", Tone.BAD: "red", Tone.IDLE: "dim"}
_WIDE: Final = 92

_RESULTS: Final = {
    CheckResult.PASSED: ("green", _("passed")),
    CheckResult.WARNED: ("yellow", _("note")),
    CheckResult.FAILED: ("red", _("failed")),
    CheckResult.UNKNOWN: ("dim", _("unknown")),
}
STAGES: Final = {
    Stage.CONNECTING: _("Connecting"),
    Stage.SOLVING: _("Showing that no robot is at work"),
    Stage.MAKING_KEY: _("Making the key"),
    Stage.SENDING: _("Sending the request"),
    Stage.WAITING: _("The download takes 5 to 20 seconds, please wait"),
    Stage.DOWNLOADING: _("Downloading the certificate"),
    Stage.CHECKING: _("Checking"),
    Stage.INSTALLING: _("Installing"),
    Stage.CONFIRMING: _("Telling the centre"),
    Stage.SIGNING: _("Signing"),
    Stage.WRITING: _("Writing"),
    Stage.DONE: _("Done"),
}


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A bar on standard error; it goes away when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(word(STAGES[Stage.CONNECTING]), total=100)

        def tell(step: Step) -> None:
            bar.update(task, completed=step.percent, description=word(STAGES[step.stage]))

        yield tell


def overview(seen: Overview, *, width: int) -> RenderableType:
    """Host and client panel, side by side where there is room, and what makes sense now."""
    pages = len(seen.clients)
    first = _client(seen.client, place=f"(1/{pages})" if pages > 1 else "")
    host = _host(seen.host)
    if width >= _WIDE:
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(ratio=1)
        grid.add_column(ratio=1)
        grid.add_row(host, first)
        parts: list[RenderableType] = [grid]
    else:
        parts = [host, first]
    parts += [
        _client(each, place=f"({number}/{pages})") for number, each in enumerate(seen.clients[1:], start=2)
    ]
    parts += [Text(each, style="yellow") for each in (*seen.unknown, seen.reminder) if each]
    if seen.revocations_left is not None:
        left = word("Online revocations left this year: {count}").format(count=seen.revocations_left)
        parts.append(Text(left))
    if seen.notice and not seen.offline:
        parts.append(Text(seen.notice, style="dim"))
    parts.append(_actions(seen.actions))
    return Group(*parts)


def _host(panel: HostPanel) -> Panel:
    return _panel(
        word("Certificate at the centre"), panel.word.label, panel.word.advice, panel.word.tone, panel.facts
    )


def _client(panel: ClientPanel, *, place: str) -> Panel:
    title = f"{word('Certificate on this computer')} {place}".strip()
    return _panel(title, panel.word.label, panel.word.advice, panel.word.tone, panel.facts)


def _panel(title: str, label: str, advice: str, tone: Tone, facts: Sequence[Fact]) -> Panel:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold")
    for fact in facts:
        rows.add_row(fact.name, Text(fact.value or "–"))
    rows.add_row(word("Status"), Text(label, style=f"bold {_STYLES[tone]}"))
    return Panel(
        Group(rows, Text(advice, style="dim", overflow="fold")),
        title=title,
        title_align="left",
        box=box.ROUNDED,
    )


def _actions(actions: Sequence[Action]) -> RenderableType:
    if not actions:
        return Text("")
    rows = Table.grid(padding=(0, 2))
    for action in actions:
        call, what = ACTIONS[action]
        rows.add_row(Text(f"  {call}", style="bold"), word(what))
    return Group(Text(word("What you can do now:")), rows)


def environment(report: EnvironmentReport, *, screen: str) -> RenderableType:
    """目前您的電腦環境狀態, then the table."""
    machine = Table.grid(padding=(0, 2))
    machine.add_column(style="dim")
    for fact in (*report.machine, Fact(key="screen", name=word("Terminal"), value=screen)):
        machine.add_row(fact.name, Text(fact.value))
    table = Table(box=box.SIMPLE_HEAD, expand=True)
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    for heading in (word("Item"), word("Purpose"), word("Recommended"), word("On this computer")):
        table.add_column(heading, overflow="fold", ratio=3)
    table.add_column(word("Result"), no_wrap=True)
    for number, row in enumerate(report.rows, start=1):
        style, result = _RESULTS[row.result]
        table.add_row(
            str(number), f"{row.item}\n[dim]{row.key}[/dim]", row.purpose, row.recommended, Text(row.current),
            Text(word(result), style=f"bold {style}"),
        )  # fmt: skip
    advice = [
        Text(f"{row.item}: {row.advice}" + (f" (certcenter check --fix {row.key})" if row.fixable else ""))
        for row in report.rows
        if row.advice
    ]
    return Group(Text(word("Your computer"), style="bold"), machine, table, *advice)


def data(check: DataCheck) -> RenderableType:
    """憑證資料檢核: a row for each certificate with the one thing to do."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in (
        word("Serial number"),
        word("Valid until"),
        word("Status"),
        word("What to do"),
        word("Name in commands"),
    ):
        table.add_column(heading, overflow="fold")
    for row in check.rows:
        facts = {fact.key: fact.value for fact in row.panel.facts}
        todo = ACTIONS[row.do][0] if row.do else ""
        table.add_row(
            facts.get("serial") or "–",
            facts.get("ends") or "–",
            Text(row.panel.word.label, style=_STYLES[row.panel.word.tone]),
            todo,
            row.panel.id[:16],
        )
    parts: list[RenderableType] = [Text(check.sentence, style="bold")]
    if check.rows:
        parts.append(table)
    elif check.do:
        parts.append(Text(f"  {ACTIONS[check.do][0]}"))
    return Group(*parts)


def document(text: Document) -> RenderableType:
    """A consent or another text, in a frame."""
    lines: list[RenderableType] = []
    for block in text.paragraphs:
        if block.kind == "heading":
            lines += [Text(each, style="bold") for each in block.texts]
        elif block.kind in {"list", "steps"}:
            lines += [Text(f"{number}. {each}") for number, each in enumerate(block.texts, start=1)]
        else:
            lines += [Text(each, style="dim" if block.kind == "note" else "") for each in block.texts]
        lines.append(Text(""))
    title = f"{text.title} ({word('version')} {text.version})"
    return Panel(Group(*lines[:-1]), title=title, title_align="left", box=box.ROUNDED)
