"""The steps from consent to proven, asked of a person or taken from where a script has them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.shell import Shell
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.interface import Procedure
from certcenter_helper.core.values import Account, Contact, Masked, Proof, SentCode
from certcenter_sdk import clock

T = TypeVar("T")

_STUMBLES = frozenset(
    {
        "code-wrong",
        "code-malformed",
        "birth-date-malformed",
        "birth-date-wrong",
        "slip-wrong",
        "link-birth-date-wrong",
    }
)


def agreement(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that begin with a consent."""
    function = click.option(
        "--account", type=int, metavar="N", help=word("Which account, where one is chosen (1, 2, …).")
    )(function)
    function = click.option(
        "--contact", type=int, metavar="N", help=word("Where the code goes, where that is chosen (1, 2, …).")
    )(function)
    return click.option(
        "--agree", is_flag=True, help=word("Agree to the consent, which you have read before.")
    )(function)


def prove(
    shell: Shell, procedure: Procedure, *, agree: bool, contact: int | None, account: int | None
) -> None:
    """Take every step that is due."""
    while (due := procedure.next) is not None:
        if due is Proof.CONSENT:
            _consent(shell, procedure, agree=agree)
        elif due is Proof.SLIP:
            again(shell, Secret.SLIP, procedure.give_slip)
        elif due is Proof.BIRTH_DATE:
            again(shell, Secret.BIRTH_DATE, procedure.give_birth_date)
        else:
            _code(shell, procedure, contact, account)


def _consent(shell: Shell, procedure: Procedure, *, agree: bool) -> None:
    text = procedure.consent
    assert text is not None
    if not shell.json:
        from certcenter_helper.cli.show import document

        shell.show(document(text))
    shell.event("consent", version=text.version, sha256=text.sha256, title=text.title)
    if not agree:
        if shell.json:
            raise HelperError(
                Kind.INPUT,
                "consent-needed",
                word("The consent must be agreed to."),
                advice=word("Give --agree."),
            )
        click.confirm(word("I agree to the terms above"), abort=True, err=True)
    procedure.agree()


def _code(shell: Shell, procedure: Procedure, contact: int | None, account: int | None) -> None:
    chosen = choose(shell, word("Where should the code go?"), procedure.contacts, contact)
    which = choose(shell, word("Which account?"), procedure.accounts, account)
    sent = procedure.send_code(contact=chosen, account=which)
    announce(shell, sent)
    again(shell, Secret.CODE, procedure.check_code)


def announce(shell: Shell, sent: SentCode) -> None:
    """Say where a code went, how long it lives and what to compare."""
    shell.event(
        "code-sent",
        **{name: getattr(sent, name) for name in ("identification", "masked", "digits", "expires_at")},
    )
    minutes = round((sent.expires_at - clock.now()).total_seconds() / 60)
    shell.say(
        word("A code of {digits} digits was sent to {where}; it is valid for {minutes} minutes.").format(
            digits=sent.digits, where=sent.masked, minutes=max(minutes, 1)
        )
    )
    if sent.identification:
        shell.say(word("The message begins with {letters}: compare.").format(letters=sent.identification))
    shell.say(
        word(
            "No message after a minute? Apps such as Whoscall, or a ban on business messages, may hold it back."
        ),
        style="dim",
    )


def choose(
    shell: Shell,
    question: str,
    choices: Sequence[Contact | Account | Masked],
    given: int | None,
    names: Mapping[str, str] | None = None,
) -> UUID | None:
    """One of several; the first one where nobody can be asked. `names`: what the name of a line or channel is called."""
    if not choices:
        return None
    if given is None and len(choices) > 1 and not shell.json and shell.asking.can_retry(Secret.CODE):
        shell.say(question)
        for number, each in enumerate(choices, start=1):
            kind = each.name if isinstance(each, Masked) else ""
            shell.say(f"  {number}  {(names or {}).get(kind, '')} {each.masked}".rstrip())
        given = click.prompt(
            "", type=click.IntRange(1, len(choices)), default=1, err=True, prompt_suffix="> "
        )
    number = given or 1
    if not 1 <= number <= len(choices):
        raise HelperError(
            Kind.INPUT, "choice", word("There is no choice of this number."), detail=str(number)
        )
    return choices[number - 1].id


def again(shell: Shell, secret: Secret, give: Callable[[str], T]) -> T:
    """Ask until it is right, as long as there are tries and somebody who answers; returns what came of it."""
    while True:
        try:
            return give(shell.asking.give(secret))
        except HelperError as error:
            if error.code not in _STUMBLES or not shell.asking.can_retry(secret):
                raise
            shell.say(error.title, style="yellow")
            shell.event("refused", code=error.code, title=error.title, tries_left=error.tries_left)
