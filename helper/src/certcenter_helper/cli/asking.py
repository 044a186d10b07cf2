"""Where codes and passwords come from: a file descriptor, the environment, or a prompt. Never an argument.

Arguments stand in the list of processes and in the shell's history; these three do not.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import click

from certcenter_helper.cli.words import marked as _
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind

_LONGEST_LINE: Final = 1024


class Secret(Enum):
    """What may be asked for: the option for its descriptor, the variable, the prompt, whether it is hidden."""

    LOGIN = ("login-password", "CERTCENTER_LOGIN_PASSWORD", _("Login password"), True)
    PASSWORD = ("password", "CERTCENTER_PASSWORD", _("Certificate password"), True)
    NEW = ("new-password", "CERTCENTER_NEW_PASSWORD", _("New password"), True)
    OLD = ("old-password", "CERTCENTER_OLD_PASSWORD", _("Password of the present certificate"), True)
    FILE = ("file-password", "CERTCENTER_FILE_PASSWORD", _("Password of the file"), True)
    SLIP = ("slip", "CERTCENTER_SLIP", _("Certificate password from the slip (capitals matter)"), True)
    PAIRING = ("pairing", "CERTCENTER_PAIRING", _("Code that the phone shows"), False)
    CODE = ("code", "CERTCENTER_CODE", _("Verification code"), False)
    OLD_LOGIN = ("old-login-password", "CERTCENTER_OLD_LOGIN_PASSWORD", _("Old login password"), True)
    NEW_LOGIN = ("new-login-password", "CERTCENTER_NEW_LOGIN_PASSWORD", _("New login password"), True)
    OLD_WITHDRAWAL = (
        "old-withdrawal-password",
        "CERTCENTER_OLD_WITHDRAWAL_PASSWORD",
        _("Old withdrawal password"),
        True,
    )
    NEW_WITHDRAWAL = (
        "new-withdrawal-password",
        "CERTCENTER_NEW_WITHDRAWAL_PASSWORD",
        _("New withdrawal password"),
        True,
    )
    LINK = ("link", "CERTCENTER_LINK", _("Link from the mail"), False)
    BORN = ("birth-date", "CERTCENTER_BIRTH_DATE", _("Birth date, or a company's registration date"), False)
    BIRTH_DATE = ("birth-date", "CERTCENTER_BIRTH_DATE", _("Birth date (ROC, such as 761205)"), False)

    @property
    def option(self) -> str:
        """`--…-fd`, without the dashes."""
        return f"{self.value[0]}-fd"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return self.value[1]

    @property
    def prompt(self) -> str:
        """What a person is asked."""
        return word(self.value[2])

    @property
    def hidden(self) -> bool:
        """Is it typed blindly?"""
        return self.value[3]


@dataclass
class Asking:
    """Answers for one run. Secrets that share a descriptor are its lines, in the order in which they are asked for."""

    descriptors: dict[Secret, int] = field(default_factory=dict)
    used: set[Secret] = field(default_factory=set)

    def give(self, secret: Secret, *, twice: bool = False) -> str:
        """The secret; `twice` lets a person type it a second time.

        Raises:
            HelperError: INPUT where nobody is there to answer, or nothing comes.
        """
        if secret in self.descriptors:
            return self._line(secret)
        value = os.environ.get(secret.variable)
        if value is not None and secret not in self.used:
            self.used.add(secret)  # a wrong one is not tried for ever
            return value
        if not someone_is_there():
            raise self._nobody(secret)
        given: str = click.prompt(secret.prompt, hide_input=secret.hidden, err=True)
        if twice and click.prompt(word("The same again"), hide_input=True, err=True) != given:
            raise HelperError(Kind.INPUT, "not-the-same", word("The two passwords differ."))
        return given

    def can_retry(self, secret: Secret) -> bool:
        """Can it be asked for once more?"""
        if secret in self.descriptors:
            return True
        return someone_is_there()

    def can_retype(self, secret: Secret) -> bool:
        """Is a person there who types this secret, and may type another one?"""
        return secret not in self.descriptors and someone_is_there()

    def _line(self, secret: Secret) -> str:
        """One line of the descriptor, read byte by byte: what follows belongs to the next question."""
        descriptor, line = self.descriptors[secret], bytearray()
        while len(line) < _LONGEST_LINE:
            try:
                byte = os.read(descriptor, 1)
            except OSError as error:
                raise HelperError(
                    Kind.INPUT,
                    "descriptor",
                    word("The descriptor can't be read."),
                    detail=f"{secret.option}: {error}",
                ) from error
            if not byte and not line:
                raise self._nobody(secret)
            if byte in {b"", b"\n"}:
                break
            line += byte
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def _nobody(self, secret: Secret) -> HelperError:
        return HelperError(
            Kind.INPUT,
            "needs-answer",
            word("{what} is needed, and nobody is there to type it.").format(what=secret.prompt),
            advice=word("Give it by --{option} N or in {variable}.").format(
                option=secret.option, variable=secret.variable
            ),
        )


def someone_is_there() -> bool:
    """Is a person at the terminal?"""
    return sys.stdin.isatty()


def fd_options(*secrets: Secret) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """The `--…-fd` options of a command, which go into `Shell.asking`."""

    def add(function: Callable[..., object]) -> Callable[..., object]:
        for secret in reversed(secrets):
            function = click.option(
                f"--{secret.option}",
                type=click.IntRange(min=0),
                metavar="N",
                expose_value=False,
                callback=_keep(secret),
                help=word("Read it from descriptor N: {what}.").format(what=secret.prompt),
            )(function)
        function.__dict__["secrets"] = secrets
        return function

    return add


def _keep(secret: Secret) -> Callable[[click.Context, click.Parameter, int | None], None]:
    def callback(context: click.Context, _parameter: click.Parameter, value: int | None) -> None:
        if value is not None:
            context.ensure_object(dict).setdefault("descriptors", {})[secret] = value

    return callback
