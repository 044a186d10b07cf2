"""login, logout."""

import os
import tempfile
from pathlib import Path

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind


@command(
    "login",
    "Log in with ID and login password, the password that you trade with. The session is kept for an hour in a file "
    "that only you can read; `certcenter logout` ends it.\n\nThe first time, the address of the centre is needed: your "
    "institution tells it. Later the last one is taken.",
    secrets=(Secret.LOGIN,),
    exits=(Exit.REFUSED, Exit.NETWORK),
    examples=(
        ("certcenter login --centre https://centre.example/api/v1/i/demo/", "The first time"),
        ("certcenter login --id A123456789 --login-password-fd 3 3< password.txt", "From a script"),
    ),
)
@click.option(
    "--centre",
    envvar="CERTCENTER_CENTRE",
    default="",
    metavar="URL",
    help=word("Address of the centre: https://host/api/v1/i/<institution>/."),
)
@click.option(
    "--id", "identity", envvar="CERTCENTER_ID", default="", metavar="ID", help=word("ID or business ID.")
)
def login_command(shell: Shell, centre: str, identity: str) -> int:
    """Log in."""
    shell.address = centre
    core = shell.core
    identity = identity or _identity(shell)
    password = shell.asking.give(Secret.LOGIN)
    with shell.working() as progress:
        done = core.log_in(identity, password, picture=_look if os.isatty(0) else None, progress=progress)
    shell.say(
        word("{name} ({id}) is logged in at {house}.").format(
            name=done.name, id=done.identity, house=core.house.name or core.house.slug
        )
    )
    if core.house.test_environment:
        shell.say(word("This is a test environment: nothing here has legal effect."), style="yellow")
    if done.new_device:
        shell.say(word("This computer is new there; you get a notice of it."))
    if done.must_change:
        shell.say(
            word("Your password is an initial one: change it at the institution's password centre."),
            style="yellow",
        )
    shell.answer({"login": done, "institution": core.house})
    seen = core.overview()
    shell.say(seen.reminder, style="yellow")
    return Exit.DONE


def _identity(shell: Shell) -> str:
    if not os.isatty(0) or shell.json:
        raise HelperError(
            Kind.INPUT,
            "needs-answer",
            word("The ID is needed."),
            advice=word("Give it by --id or in CERTCENTER_ID."),
        )
    given: str = click.prompt(word("ID or business ID"), err=True)
    return given


def _look(png: bytes) -> str:
    """A picture that a person must read: it is written to a file, whose name is shown."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "captcha.png"
        path.write_bytes(png)
        click.echo(word("Look at this picture: {path}").format(path=path), err=True)
        letters: str = click.prompt(word("Letters in the picture"), err=True)
    return letters


@command(
    "logout",
    "End the session here and at the centre.",
    exits=(Exit.NETWORK,),
)
def logout_command(shell: Shell) -> int:
    """Log out."""
    was = shell.core.is_logged_in
    shell.core.log_out()
    shell.say(word("Logged out.") if was else word("You were not logged in."))
    shell.answer({"logged_out": was})
    return Exit.DONE


__all__ = ["login_command", "logout_command"]
