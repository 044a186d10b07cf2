"""apply, renew, revoke, repair."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.proving import agreement, prove
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.values import Kind, Obtained, RepairOutcome, SecurityMode

if TYPE_CHECKING:
    from collections.abc import Callable

_LIFE_EXITS = (
    Exit.REFUSED, Exit.LOGIN, Exit.NETWORK, Exit.PASSWORD, Exit.STORE, Exit.NEEDS_REPAIR,
)  # fmt: skip
_PROOFS = (Secret.SLIP, Secret.BIRTH_DATE, Secret.CODE)


def _security_option(function: "Callable[..., Any]") -> "Callable[..., Any]":
    return click.option(
        "--security",
        type=click.Choice([mode.value for mode in SecurityMode]),
        help=word("When signing asks for the password: 1 every time, 2 once a session, 3 never (keychain)."),
    )(function)


def _backup_option(function: "Callable[..., Any]") -> "Callable[..., Any]":
    return click.option(
        "--backup",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help=word("Write a backup to this folder afterwards."),
    )(function)


_TO_DO: Final = frozenset({RepairOutcome.KEY_MISSING, RepairOutcome.NOT_ISSUED, RepairOutcome.NOT_SENT})


@command(
    "apply",
    "Apply for a certificate: consent, proof of identity, a new certificate password, the key, the request, and the "
    "certificate is installed. The key is made on this computer, never leaves it, and is on its disk, encrypted, before "
    "anything is sent: whatever breaks, `certcenter repair` goes on from there.",
    secrets=(Secret.NEW, *_PROOFS),
    exits=_LIFE_EXITS,
    examples=(
        ("certcenter apply", "With questions"),
        (
            "certcenter apply --agree --new-password-fd 3 --code-fd 4 --json",
            "From a script, which reads “code-sent” on standard error",
        ),
    ),
)
@agreement
@_security_option
@_backup_option
def apply_command(shell: Shell, *, security: str | None, backup: Path | None, **chosen: Any) -> int:
    """Apply."""
    return _obtain(shell, Kind.APPLY, security, backup, chosen)


@command(
    "renew",
    "Renew the certificate, within the time that the institution sets. The old certificate works until the new one is "
    "installed and the centre knows it.",
    secrets=(Secret.OLD, Secret.NEW, *_PROOFS),
    exits=_LIFE_EXITS,
    examples=(("certcenter renew --backup ~/backup", "Renew and write a backup"),),
)
@agreement
@_security_option
@_backup_option
def renew_command(shell: Shell, *, security: str | None, backup: Path | None, **chosen: Any) -> int:
    """Renew."""
    return _obtain(shell, Kind.RENEW, security, backup, chosen)


def _obtain(
    shell: Shell, kind: Kind, security: str | None, backup: Path | None, chosen: dict[str, Any]
) -> int:
    core = shell.core
    procedure = core.begin(kind)
    try:
        prove(shell, procedure, **chosen)
        old = shell.asking.give(Secret.OLD) if kind is Kind.RENEW and _has_old(shell, procedure) else None
        shell.say(core.password_rule.text)
        password = shell.asking.give(Secret.NEW, twice=True)
        with shell.working() as progress:
            done = core.obtain(
                procedure,
                password=password,
                security=_mode(shell, kind, security),
                old_password=old,
                progress=progress,
            )
    finally:
        procedure.close()
    _congratulate(shell, done)
    written = _back_up(shell, password, backup) if backup else None
    if done.offer_backup and not backup:
        shell.say(word("Make a backup now: certcenter export FOLDER"), style="bold")
    shell.answer({"obtained": done, "backup": written})
    return Exit.DONE


def _has_old(shell: Shell, procedure: Any) -> bool:
    here = shell.core.overview(offline=True).client
    return bool(procedure.needs_old_key or here.serial)


def _mode(shell: Shell, kind: Kind, given: str | None) -> SecurityMode | None:
    """The setting: as given, else asked of a person at an application, else the institution's default."""
    if given:
        return SecurityMode(given)
    return shell.core.default_security if kind is Kind.APPLY else None


def _congratulate(shell: Shell, done: Obtained) -> None:
    shell.say(
        word("The certificate {serial} is installed; you can trade with it.").format(
            serial=next((fact.value for fact in done.panel.facts if fact.key == "serial"), "")
        ),
        style="green",
    )
    for advice in done.advice:
        shell.say(f"  {advice}")


def _back_up(shell: Shell, password: str, folder: Path) -> Any:
    fresh = password if shell.core.export_rules().new_password else None
    folder.mkdir(parents=True, exist_ok=True)
    written = shell.core.export(folder, password=password, new_password=fresh)
    shell.say(word("Backup: {path}").format(path=written.path))
    return written


@command(
    "revoke",
    "Revoke the certificate at the centre: it can never be used again. How often that is possible online in a year is "
    "the institution's rule; where it is not, you are told whom to ask.",
    secrets=_PROOFS,
    exits=(Exit.REFUSED, Exit.LOGIN, Exit.NETWORK),
)
@agreement
@click.option("--yes", is_flag=True, help=word("Do not ask whether you really want it."))
def revoke_command(shell: Shell, *, yes: bool, **chosen: Any) -> int:
    """Revoke."""
    seen = shell.core.overview()
    shell.say(seen.notice, style="yellow")
    if seen.revocations_left is not None:
        shell.say(word("Online revocations left this year: {count}").format(count=seen.revocations_left))
    if not yes and not shell.json:
        click.confirm(
            word("Revoke the certificate {serial}?").format(serial=seen.host.serial), abort=True, err=True
        )
    procedure = shell.core.begin(Kind.REVOKE)
    try:
        prove(shell, procedure, **chosen)
        done = shell.core.revoke(procedure)
    finally:
        procedure.close()
    shell.say(
        word("Revoked. {count} left this year. Apply again with: certcenter apply").format(count=done.left),
        style="green",
    )
    shell.answer({"revoked": done})
    return Exit.DONE


@command(
    "repair",
    "Finish an application or a renewal that broke off, and get to know files that were changed behind the helper's "
    "back. It ends with a working certificate, or with a plain statement of what is missing and what to do.",
    secrets=(Secret.PASSWORD,),
    exits=(Exit.LOGIN, Exit.NETWORK, Exit.PASSWORD, Exit.STORE, Exit.FINDINGS),
)
def repair_command(shell: Shell) -> int:
    """Repair."""
    try:
        with shell.working() as progress:
            done = shell.core.repair(progress=progress)
    except HelperError as error:
        if error.code != "password-needed":
            raise
        shell.say(error.title)
        password = shell.asking.give(Secret.PASSWORD)
        with shell.working() as progress:
            done = shell.core.repair(password=password, progress=progress)
    bad = done.outcome in _TO_DO
    for sentence in done.sentences:
        shell.say(sentence, style="yellow" if bad else "green")
    for advice in done.advice:
        shell.say(f"  {advice}")
    shell.answer({"repaired": done})
    return Exit.FINDINGS if bad else Exit.DONE
