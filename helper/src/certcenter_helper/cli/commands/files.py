"""export, import, passwd, security, remove."""

from pathlib import Path

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.values import ClientPanel, SecurityMode


@command(
    "export",
    "Write a backup of the certificate with its key as a PFX file into FOLDER (your desktop or home folder if not "
    "given). Which password locks the file, and how it is called, is the institution's rule.",
    secrets=(Secret.PASSWORD, Secret.NEW),
    exits=(Exit.REFUSED, Exit.PASSWORD, Exit.STORE),
    examples=(("certcenter export /media/stick", "Onto a memory stick"),),
)
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--name", default="", metavar="NAME", help=word("Another file name, where the institution allows it.")
)
@click.option(
    "--compatible", is_flag=True, help=word("The old format (3DES), for old Windows, where allowed.")
)
@click.option("--replace", is_flag=True, help=word("Replace a file of the same name."))
@click.option(
    "--certificate",
    default="",
    metavar="NAME",
    help=word("Which one, as `certcenter check --data` names it."),
)
def export_command(
    shell: Shell, *, folder: Path | None, name: str, compatible: bool, replace: bool, certificate: str
) -> int:
    """Export."""
    core, which = shell.core, named(shell, certificate)
    rules = core.export_rules(which)
    shell.say(word("File: {name}").format(name=name or rules.file_name))
    shell.say(rules.rule.text)
    password = shell.asking.give(Secret.PASSWORD)
    fresh = shell.asking.give(Secret.NEW, twice=True) if rules.new_password else None
    done = core.export(
        folder or rules.folder,
        password=password,
        new_password=fresh,
        file_name=name,
        compatible=compatible,
        overwrite=replace,
        panel_id=which,
    )
    shell.say(word("Your certificate was exported to {path}.").format(path=done.path), style="green")
    shell.say(done.warning, style="yellow")
    shell.answer({"exported": done})
    return Exit.DONE


@command(
    "import",
    "Install a PFX file on this computer: a backup of yours, from any program. It says clearly what is wrong with a file "
    "that can't be used: wrong password, not a PFX, somebody else's, expired, revoked.",
    secrets=(Secret.FILE, Secret.NEW),
    exits=(Exit.REFUSED, Exit.PASSWORD, Exit.STORE),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--new-password", is_flag=True, help=word("Lock it here by a new password instead of the file's own.")
)
@click.option(
    "--security",
    type=click.Choice([mode.value for mode in SecurityMode]),
    help=word("When signing asks for the password: 1 every time, 2 once a session, 3 never (keychain)."),
)
def import_command(shell: Shell, *, file: Path, new_password: bool, security: str | None) -> int:
    """Import."""
    if not file.is_file():
        raise HelperError(Kind.INPUT, "file", word("There is no such file."), detail=str(file))
    password = shell.asking.give(Secret.FILE)
    seen = shell.core.preview_import(file, password=password)
    for note in seen.notes:
        shell.say(note, style="yellow")
    done = shell.core.import_pfx(
        file,
        password=password,
        new_password=shell.asking.give(Secret.NEW, twice=True) if new_password else None,
        security=SecurityMode(security) if security else None,
    )
    shell.say(
        word("The certificate {serial} is installed on this computer.").format(serial=seen.serial),
        style="green",
    )
    shell.answer({"imported": done, "notes": seen.notes})
    return Exit.DONE


@command(
    "passwd",
    "Change the password that locks the certificate on this computer (the password of the PFX file). Backups that were "
    "written before keep theirs.",
    secrets=(Secret.PASSWORD, Secret.NEW),
    exits=(Exit.PASSWORD, Exit.STORE),
)
@click.option(
    "--certificate",
    default="",
    metavar="NAME",
    help=word("Which one, as `certcenter check --data` names it."),
)
def passwd_command(shell: Shell, *, certificate: str) -> int:
    """Change the PFX password."""
    which = named(shell, certificate)
    old = shell.asking.give(Secret.PASSWORD)
    shell.say(shell.core.password_rule.text)
    shell.core.change_password(old=old, new=shell.asking.give(Secret.NEW, twice=True), panel_id=which)
    shell.say(word("The password was changed."), style="green")
    shell.answer({"changed": True})
    return Exit.DONE


@command(
    "security",
    "Show the security setting, or change it: 1 signing asks for the password every time, 2 once a session, 3 never "
    "(the computer's keychain keeps what opens the key).",
    secrets=(Secret.PASSWORD,),
    exits=(Exit.REFUSED, Exit.PASSWORD, Exit.STORE),
)
@click.argument("setting", required=False, type=click.Choice([mode.value for mode in SecurityMode]))
def security_command(shell: Shell, *, setting: str | None) -> int:
    """Show or change the security setting."""
    now = shell.core.overview(offline=True).client.security
    if setting is None:
        for each in shell.core.security_choices:
            shell.say(f"{'→' if each.mode is now else ' '} {each.mode.value}  {each.label}")
        shell.answer({"security": now})
        return Exit.DONE
    sentence = shell.core.set_security(SecurityMode(setting), password=shell.asking.give(Secret.PASSWORD))
    shell.say(sentence, style="green")
    shell.answer({"security": setting})
    return Exit.DONE


@command(
    "remove",
    "Remove a certificate from this computer. A backup is kept and its path is shown; a key that still waits for its "
    "certificate is never removed.",
    exits=(Exit.REFUSED, Exit.STORE),
)
@click.argument("certificate", metavar="NAME")
@click.option("--yes", is_flag=True, help=word("Do not ask whether you really want it."))
def remove_command(shell: Shell, *, certificate: str, yes: bool) -> int:
    """Remove."""
    which = named(shell, certificate)
    if not yes and not shell.json:
        click.confirm(word("Remove this certificate from this computer?"), abort=True, err=True)
    done = shell.core.remove(which)
    shell.say(word("Removed. The backup is {path}.").format(path=done.backup), style="green")
    shell.answer({"removed": done})
    return Exit.DONE


def named(shell: Shell, text: str) -> str:
    """The full name of a certificate from its beginning, or from its serial number."""
    if not text:
        return ""
    wanted = text.lower()
    found: list[ClientPanel] = [
        each
        for each in shell.core.overview(offline=True).clients
        if each.id and (each.id.startswith(wanted) or each.serial.startswith(wanted.removeprefix("0x")))
    ]
    if len(found) != 1:
        raise HelperError(
            Kind.INPUT,
            "no-such-certificate",
            word("This names no certificate on this computer, or several."),
            detail=text,
            advice=word("`certcenter check --data` shows their names."),
        )
    return found[0].id
