"""password reissue, link, unlock: for people who can't log in (SPEC B3, B8, B9; manual M2)."""

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.entering import person, the_id
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.passwords import by_rule, lines
from certcenter_helper.cli.proving import again, announce, choose
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.password_centre import PasswordCentre
from certcenter_helper.core.reissuing import Reissue
from certcenter_helper.core.values import PasswordRules, Reissued

_EXITS = (Exit.REFUSED, Exit.NETWORK)
#: What is wrong with a new password can be mended at the prompt.
_MENDABLE = frozenset({"password-refused", "password-rule"})


@command(
    "reissue",
    "Have a forgotten password reissued, with your ID and birth date. If a valid certificate of yours is on this computer, "
    "it signs, and a code comes to the phone or address that you choose. Without one a link is mailed to you: go on with "
    "`certcenter password link`. Your old password works until the new one is set.",
    secrets=(Secret.BORN, Secret.PASSWORD, Secret.CODE, Secret.NEW_LOGIN),
    exits=(*_EXITS, Exit.PASSWORD, Exit.STORE),
    examples=(
        ("certcenter password reissue", "On a computer that knows you"),
        (
            "certcenter password reissue --centre https://centre.example/api/v1/i/demo/ --id A123456789",
            "On a new computer",
        ),
    ),
)
@person
@click.option(
    "--without-certificate", is_flag=True, help=word("By mail and phone, although a certificate is here.")
)
@click.option(
    "--account", type=click.IntRange(min=1), metavar="N", help=word("Which account (1, 2, …) of those shown.")
)
@click.option(
    "--contact",
    type=click.IntRange(min=1),
    metavar="N",
    help=word("Where the code goes (1, 2, …), with a certificate."),
)
def reissue_command(
    shell: Shell,
    *,
    centre: str,
    identity: str,
    without_certificate: bool,
    account: int | None,
    contact: int | None,
) -> int:
    """Reissue."""
    shell.address = centre
    passwords = shell.core.passwords
    rules = passwords.rules
    identity = the_id(shell, identity, known=shell.core.identity)
    shell.say(
        word("Please note: a reissue can be asked for {count} times a day.").format(
            count=rules.reissues_a_day
        )
    )
    born = _birth_date(shell, rules)
    if without_certificate or not passwords.has_certificate(identity):
        return _by_mail(shell, passwords, identity, born, account)
    run = passwords.reissue(identity, born, ask=lambda: shell.asking.give(Secret.PASSWORD))
    try:
        which = choose(shell, word("Which account?"), run.accounts, account, lines())
        where = choose(shell, word("Where should the code go?"), run.contacts, contact)
        announce(shell, run.send_code(account=which, contact=where))
        done = _finish(shell, run, rules)
    finally:
        run.close()
    return _done(shell, done)


def _by_mail(shell: Shell, passwords: PasswordCentre, identity: str, born: str, account: int | None) -> int:
    request = passwords.request(identity, born)
    try:
        shell.say(word("Without a valid certificate here the link comes by mail and the code by SMS."))
        which = choose(shell, word("Which account?"), request.accounts, account, lines())
        assert which is not None, "everybody is shown an account"
        sent = request.confirm(which)
    finally:
        request.close()
    shell.say(
        word(
            "If the data are right, a mail is on its way to {email}. Within {hours} hours copy its link and go on with: "
            "certcenter password link. The code will come to {phone}."
        ).format(email=sent.email, hours=sent.hours, phone=sent.phone)
    )
    shell.say(word("No mail? Ask your branch."), style="dim")
    shell.answer({"requested": sent})
    return Exit.DONE


@command(
    "link",
    "Go on with the link from the mail of a reissue: the birth date again, a code to your phone, the new password. The "
    "link works once; only the right code uses it up.",
    secrets=(Secret.LINK, Secret.BORN, Secret.CODE, Secret.NEW_LOGIN),
    exits=_EXITS,
)
@person
def link_command(shell: Shell, *, centre: str, identity: str) -> int:  # noqa: ARG001 - the link says whose it is
    """Go on with a link."""
    shell.address = centre
    passwords = shell.core.passwords
    rules = passwords.rules
    link = shell.asking.give(Secret.LINK)
    shell.say(word("Birth dates are written like {example}.").format(example=rules.birth_date))
    run = again(shell, Secret.BORN, lambda born: passwords.open_link(link, born))
    try:
        announce(shell, run.send_code())
        done = _finish(shell, run, rules)
    finally:
        run.close()
    return _done(shell, done)


@command(
    "unlock",
    "Unlock your login with the certificate on this computer, after too many wrong passwords; then log in with your old "
    "password. This is possible once until the next successful login. If you have forgotten the password: certcenter "
    "password reissue.",
    secrets=(Secret.BORN, Secret.PASSWORD),
    exits=(*_EXITS, Exit.PASSWORD, Exit.STORE),
)
@person
def unlock_command(shell: Shell, *, centre: str, identity: str) -> int:
    """Unlock."""
    shell.address = centre
    passwords = shell.core.passwords
    rules = passwords.rules
    identity = the_id(shell, identity, known=shell.core.identity)
    born = _birth_date(shell, rules)
    passwords.unlock(identity, born, ask=lambda: shell.asking.give(Secret.PASSWORD))
    shell.say(word("Unlocked. Log in with your old password: certcenter login"), style="green")
    more = rules.final_limit - rules.wrong_limit
    shell.say(
        word(
            "For the safety of your trading, only one online unlock is possible. After {more} more wrong passwords "
            "({all} in all), have the password reissued online, or in person at your branch."
        ).format(more=more, all=rules.final_limit)
    )
    shell.answer({"unlocked": True})
    return Exit.DONE


def _birth_date(shell: Shell, rules: PasswordRules) -> str:
    shell.say(word("Birth dates are written like {example}.").format(example=rules.birth_date))
    return shell.asking.give(Secret.BORN)


def _finish(shell: Shell, run: Reissue, rules: PasswordRules) -> Reissued:
    """The code, the initial password, the new one; whoever breaks off keeps the old password (取消)."""
    initial = again(shell, Secret.CODE, run.check_code)
    try:
        shell.say(word("Initial password of this reissue: {initial}").format(initial=initial), style="bold")
        shell.say(rules.login.text)
        return _redeemed(shell, run, rules)
    except BaseException:
        _cancelled(shell, run)
        raise


def _redeemed(shell: Shell, run: Reissue, rules: PasswordRules) -> Reissued:
    while True:
        try:
            return run.redeem(by_rule(shell, rules.login, Secret.NEW_LOGIN))
        except HelperError as error:
            if error.code not in _MENDABLE or not shell.asking.can_retype(Secret.NEW_LOGIN):
                raise
            shell.say(f"{error.title} {error.detail}".strip(), style="yellow")
            shell.event("refused", code=error.code, title=error.title)


def _cancelled(shell: Shell, run: Reissue) -> None:
    try:
        run.cancel()
    except HelperError:
        return  # it ends by itself; what went wrong before is what the person must hear of
    shell.event("cancelled")


def _done(shell: Shell, done: Reissued) -> int:
    shell.say(word("The password was changed. Log in with the new one: certcenter login"), style="green")
    if done.unified:
        shell.say(word("It holds for all your accounts."))
    else:
        shell.say(word("It holds for the chosen account alone."))
    if done.voice:
        shell.say(word("The voice password was changed along with it."))
    else:
        shell.say(word("Your voice password stays as it is."))
    shell.answer({"reissued": done})
    return Exit.DONE
