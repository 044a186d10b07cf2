"""login, logout."""

import os
import tempfile
from pathlib import Path

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.entering import person, the_id
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word


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
@person
def login_command(shell: Shell, *, centre: str, identity: str) -> int:
    """Log in."""
    shell.address = centre
    core = shell.core
    identity = the_id(shell, identity)
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
            word("Please set a new login password first: certcenter password change"),
            style="yellow",
        )
    shell.answer({"login": done, "institution": core.house})
    if not done.must_change:
        shell.say(core.overview().reminder, style="yellow")
    return Exit.DONE


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
