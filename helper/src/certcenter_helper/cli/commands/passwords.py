"""password: 密碼中心 on the command line (SPEC B; manual M2)."""

from typing import Final

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.commands.reissues import link_command, reissue_command, unlock_command
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.passwords import choose_password, lines, require_terminal_or, table, voice
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import marked as _
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.values import PasswordRow, PasswordTable

_EXITS = (Exit.REFUSED, Exit.LOGIN, Exit.NETWORK, Exit.PASSWORD)


@command(
    "show",
    "Show all your passwords, as far as they can be shown: line, kind, branch, account, whether it is the one that you "
    "logged in with, when it was changed and when it expires. The number before an account is what `certcenter password "
    "change --account` takes.",
    exits=(Exit.REFUSED, Exit.LOGIN, Exit.NETWORK),
)
def show_command(shell: Shell) -> int:
    """Show the table."""
    seen = shell.core.passwords.table()
    shell.show(table(seen))
    if not seen.unified:
        shell.say(word("You can give all your accounts one login password: certcenter password unify"))
    shell.answer({"passwords": seen})
    return Exit.DONE


@command(
    "change",
    "Change your login password: of all accounts where they share one, else of the account that --account names. With "
    "--withdrawal change the withdrawal password of a futures account, with --login --withdrawal both in one go: all of it "
    "is done, or nothing. Your certificate on this computer signs for a withdrawal password.\n\nThis session goes on, all "
    "others end. A wrong old password counts as a wrong login.",
    secrets=(
        Secret.OLD_LOGIN, Secret.NEW_LOGIN, Secret.OLD_WITHDRAWAL, Secret.NEW_WITHDRAWAL, Secret.PASSWORD,
    ),
    exits=(*_EXITS, Exit.STORE),
    examples=(
        ("certcenter password change", "The login password"),
        ("certcenter password change --account 2", "The login password of the second account of the table"),
        ("certcenter password change --login --withdrawal", "Both in one go"),
    ),
)  # fmt: skip
@click.option(
    "--login",
    is_flag=True,
    help=word("The login password (so too where neither this nor --withdrawal is given)."),
)
@click.option("--withdrawal", is_flag=True, help=word("The withdrawal password of a futures account."))
@click.option(
    "--account",
    type=click.IntRange(min=1),
    metavar="N",
    help=word(
        "Whose login password, where each account has its own: its number in `certcenter password show`."
    ),
)
@click.option(
    "--futures",
    type=click.IntRange(min=1),
    metavar="N",
    help=word("Whose withdrawal password: its number in `certcenter password show`."),
)
@click.option(
    "--sync-voice", is_flag=True, help=word("Let the voice password follow, where the institution allows it.")
)
def change_command(
    shell: Shell, *, login: bool, withdrawal: bool, account: int | None, futures: int | None, sync_voice: bool
) -> int:
    """Change one or both."""
    centre = shell.core.passwords
    rules, seen = centre.rules, centre.table()
    login = login or not withdrawal
    whose = _network(shell, seen, account) if login else None
    which = _withdrawal(shell, seen, futures) if withdrawal else None
    network = choose_password(shell, rules.login, Secret.OLD_LOGIN, Secret.NEW_LOGIN) if login else None
    leaving = None
    if which is not None:
        old = Secret.OLD_WITHDRAWAL if which.state != "unset" else None
        leaving = choose_password(shell, rules.withdrawal, old, Secret.NEW_WITHDRAWAL)
    centre.change(
        account=whose.account if whose else None,
        login=network,
        sync_voice=sync_voice,
        futures=which.account if which else None,
        withdrawal=leaving,
        ask=lambda: shell.asking.give(Secret.PASSWORD),
    )
    shell.say(word("The password was changed."), style="green")
    if sync_voice:
        shell.say(word("The voice password was changed along with it."))
    done = {"login": login, "withdrawal": withdrawal, "voice": sync_voice}
    shell.answer({"changed": done | {"account": whose.masked if whose else None}})
    return Exit.DONE


def _network(shell: Shell, seen: PasswordTable, given: int | None) -> PasswordRow:
    rows = seen.of_kind("network")
    if seen.unified:
        if given is not None:
            raise HelperError(
                Kind.INPUT,
                "unified",
                word("All your accounts share one login password; no account is chosen."),
            )
        return rows[0]
    return _one(shell, rows, given, word("Which account's login password?"), "--account")


def _withdrawal(shell: Shell, seen: PasswordTable, given: int | None) -> PasswordRow:
    rows = seen.of_kind("withdrawal")
    if not rows:
        raise HelperError(
            Kind.REFUSED, "no-futures", word("You have no futures account, and so no withdrawal password.")
        )
    return _one(shell, rows, given, word("Which account's withdrawal password?"), "--futures")


def _one(
    shell: Shell, rows: tuple[PasswordRow, ...], given: int | None, question: str, option: str
) -> PasswordRow:
    """One row: the one given by number, the only one, or the one that a person picks."""
    if given is None and len(rows) == 1:
        return rows[0]
    if given is None:
        require_terminal_or(shell, option)
        names = lines()
        shell.say(question)
        for number, each in enumerate(rows, start=1):
            shell.say(f"  {number}  {names.get(each.line, each.line)} {each.branch_name} {each.masked}")
        given = click.prompt("", type=click.IntRange(1, len(rows)), err=True, prompt_suffix="> ")
    if not 1 <= given <= len(rows):
        raise HelperError(Kind.INPUT, "choice", word("There is no choice of this number."), detail=str(given))
    return rows[given - 1]


@command(
    "unify",
    "Give all your accounts one login password, in place of one for each. The old password is any account's present one. "
    "Only a branch can separate them again. You are logged out; log in with the new password.",
    secrets=(Secret.OLD_LOGIN, Secret.NEW_LOGIN),
    exits=_EXITS,
)
@click.option("--yes", is_flag=True, help=word("Do not ask whether you really want it."))
def unify_command(shell: Shell, *, yes: bool) -> int:
    """Unify."""
    centre = shell.core.passwords
    rules, seen = centre.rules, centre.table()
    if seen.unified:
        raise HelperError(
            Kind.REFUSED,
            "conflict",
            word("All your accounts share one login password already."),
            advice=word("Change it: certcenter password change"),
        )
    names = lines()
    joined = [names.get(each, each) for each in seen.lines] + ([word("Voice")] if rules.voice_sync else [])
    shell.say(
        word("After this, the network login passwords of the following share one password: {lines}").format(
            lines=", ".join(joined)
        )
    )
    shell.say(
        word("Please note: once unified, the passwords can no longer be set account by account!"),
        style="yellow",
    )
    if not yes and not shell.json:
        click.confirm(word("Unify the passwords?"), abort=True, err=True)
    centre.unify(choose_password(shell, rules.login, Secret.OLD_LOGIN, Secret.NEW_LOGIN))
    shell.say(word("All accounts have one password now. Log in with it: certcenter login"), style="green")
    if not rules.voice_sync:
        shell.say(word("Your voice password stays as it is."))
    shell.answer({"unified": {"lines": seen.lines, "voice": rules.voice_sync}})
    return Exit.DONE


@command(
    "voice",
    "Show the conversion table: which key of the telephone stands for which letters, for a voice password that follows the "
    "login password. Needs no login.",
    exits=(Exit.NETWORK,),
)
def voice_command(shell: Shell) -> int:
    """Show the keypad."""
    keys = shell.core.passwords.voice_table()
    shell.show(voice(keys))
    shell.answer({"keys": dict(keys)})
    return Exit.DONE


#: In manual M2's order, each with a few words.
PASSWORD_COMMANDS: Final = {
    show_command: _("Show all your passwords: how they stand, never their text"),
    change_command: _("Change the login password, a withdrawal password, or both"),
    unify_command: _("Give all accounts one login password"),
    voice_command: _("Show how a password with letters is entered on the telephone"),
    reissue_command: _("Have a forgotten password reissued"),
    link_command: _("Go on with the link from the mail of a reissue"),
    unlock_command: _("Unlock the login with the certificate on this computer"),
}


class Centre(click.Group):
    """`certcenter password`, its commands in the order of manual M2."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the manual's order."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Each with a few words."""
        with formatter.section(word("Commands")):
            formatter.write_dl([(str(each.name), word(what)) for each, what in PASSWORD_COMMANDS.items()])


password_command = Centre(
    "password",
    help=word(
        "The password centre: change your login password, give all accounts one, change a withdrawal password, have a "
        "forgotten password reissued, unlock a locked login."
    ),
    no_args_is_help=True,
    commands={str(each.name): each for each in PASSWORD_COMMANDS},
)
