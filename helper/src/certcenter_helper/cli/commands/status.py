"""status."""

import click

from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.values import Overview


@command(
    "status",
    "Show the certificate that the centre holds beside those on this computer, and what you can do now.\n\nWithout "
    "network, or with --offline, it shows what is on this computer and says what it can't know.",
    exits=(Exit.LOGIN, Exit.STORE),
    examples=(
        ("certcenter status", "Both sides"),
        ("certcenter status --offline --json | jq -r .client.status", "For a script"),
    ),
)
@click.option("--offline", is_flag=True, help=word("Ask nobody; show what is on this computer."))
def status_command(shell: Shell, *, offline: bool) -> int:
    """Show the overview."""
    seen = shell.core.overview(offline=offline or not shell.core.is_logged_in)
    if not shell.json:
        if not shell.core.is_logged_in:
            shell.say(
                word("You are not logged in: this is what the computer knows by itself."), style="yellow"
            )
        who = f"{shell.core.house.name}  {seen.name} {seen.identity}".strip()
        shell.say(who, style="bold")
        _show(shell, seen)
    shell.answer({"overview": seen, "client": seen.client, "institution": shell.core.house})
    return Exit.DONE


def _show(shell: Shell, seen: Overview) -> None:
    if shell.is_terminal:
        from certcenter_helper.cli.show import overview

        return shell.show(overview(seen, width=shell.console.width))
    from certcenter_helper.cli import flat

    for line in flat.overview(seen):
        shell.say(line)
    return None
