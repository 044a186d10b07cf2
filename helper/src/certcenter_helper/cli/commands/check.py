"""check."""

import click

from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.values import ClientStatus


@command(
    "check",
    "Check this computer: folder, permissions, room, names, files, proxy, TLS, centre, version, clock, keychain, and a "
    "signature. What can be mended is mended by --fix or --fix-all.\n\nWith --data, check the certificates on this "
    "computer instead (憑證資料檢核).",
    exits=(Exit.LOGIN, Exit.STORE, Exit.FINDINGS),
    examples=(
        ("certcenter check", "The whole table"),
        ("certcenter check --fix permissions", "Mend one row"),
        ("certcenter check --data", "Which certificates are here, and what to do with each"),
    ),
)
@click.option("--fix", metavar="ITEM", help=word("Mend one item, by the name under it."))
@click.option("--fix-all", is_flag=True, help=word("Mend everything that can be mended."))
@click.option("--data", is_flag=True, help=word("Check the certificates on this computer."))
def check_command(shell: Shell, *, fix: str | None, fix_all: bool, data: bool) -> int:
    """Check."""
    if data:
        return _data(shell)
    fixed = shell.core.fix_all() if fix_all else ((shell.core.fix(fix),) if fix else ())
    for each in fixed:
        shell.say(f"{each.row.item}: {each.row.current}  {each.restart}".rstrip())
    with shell.working() as progress:
        report = shell.core.check_environment(progress=progress)
    if not shell.json:
        from certcenter_helper.cli.show import environment

        shell.show(environment(report, screen=f"{shell.console.width} × {shell.console.height}"))
    shell.answer({"report": report, "fixed": fixed, "passed": report.passed})
    return Exit.DONE if report.passed else Exit.FINDINGS


def _data(shell: Shell) -> int:
    found = shell.core.data_check()
    if not shell.json:
        from certcenter_helper.cli.show import data

        shell.show(data(found))
    shell.answer({"data": found})
    good = any(row.panel.status is ClientStatus.EXPORTABLE for row in found.rows)
    return Exit.DONE if good else Exit.FINDINGS
