"""`certcenter`: finds the command and runs it. Commands are imported only when they are called, so that it starts at once."""

import os
import sys
from importlib import import_module
from typing import Any, Final

import click

from certcenter_helper.cli.exits import OF_KIND, Exit
from certcenter_helper.cli.words import marked as _
from certcenter_helper.cli.words import teach_click, word
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.texts import use_language
from certcenter_helper.core.work import Cancelled

#: Command → (module of `cli.commands`, what it does in a few words).
COMMANDS: Final = {
    "login": ("people", _("Log in at a certificate centre")),
    "logout": ("people", _("Log out here and at the centre")),
    "status": ("status", _("Show the certificate at the centre and those on this computer")),
    "apply": ("life", _("Apply for a certificate")),
    "renew": ("life", _("Renew the certificate before it ends")),
    "revoke": ("life", _("Revoke the certificate")),
    "repair": ("life", _("Finish what broke off, mend what was damaged")),
    "export": ("files", _("Write a backup as a PFX file")),
    "import": ("files", _("Install a PFX file on this computer")),
    "passwd": ("files", _("Change the certificate password")),
    "security": ("files", _("Show or change when signing asks for the password")),
    "remove": ("files", _("Remove a certificate from this computer, keeping a backup")),
    "check": ("check", _("Check this computer, and mend what can be mended")),
    "phone": ("phone", _("Upload the certificate to a phone")),
    "password": ("passwords", _("Change, unify, unlock or reissue the login password")),
    "sign": ("orders", _("Sign orders and hand them in")),
    "verify": ("orders", _("Verify the signature over an order")),
    "completion": ("completion", _("Print the completion script for a shell")),
}


class Lazy(click.Group):
    """A group whose commands live in modules that are imported when one of them is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return one."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"certcenter_helper.cli.commands.{COMMANDS[cmd_name][0]}")
        found: click.Command = getattr(module, f"{cmd_name}_command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """The list, without importing any."""
        with formatter.section(word("Commands")):
            formatter.write_dl([(name, word(what)) for name, (_module, what) in COMMANDS.items()])


def build() -> click.Group:
    """The command line in the language in use."""
    group = Lazy(
        "certcenter",
        help=word(
            "Certificates of this computer: apply, renew, back up, move, use, repair, revoke.\n\n"
            "Begin with `certcenter login`. `certcenter COMMAND --help` explains each command, its exit codes and "
            "where it takes codes and passwords from."
        ),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        no_args_is_help=True,
    )
    return click.version_option(
        package_name="certcenter-helper", prog_name="certcenter", help=word("Show the version and exit.")
    )(group)


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    given = _language_first(list(sys.argv[1:] if arguments is None else arguments))
    teach_click()
    try:
        result = build().main(given, prog_name="certcenter", standalone_mode=False)
    except HelperError as error:
        return _tell(error, as_json="--json" in given)
    except (click.Abort, Cancelled, KeyboardInterrupt):
        click.echo(word("Stopped. What was begun can be finished with `certcenter repair`."), err=True)
        return Exit.CANCELLED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # the reader has gone: nothing more to say
        return Exit.DONE
    return result if isinstance(result, int) else Exit.DONE


def _language_first(arguments: list[str]) -> list[str]:
    """`--lang` before the command counts for every word, so it is read before any is built."""
    for number, each in enumerate(arguments[:2]):
        name, _equals, value = each.partition("=")
        if name == "--lang":
            taken = 1 if value else 2
            use_language(value or "".join(arguments[number + 1 : number + 2]))
            return arguments[:number] + arguments[number + taken :]
    return arguments


def _tell(error: HelperError, *, as_json: bool) -> int:
    """Say what went wrong: for programs as JSON on standard output, for people on standard error."""
    code = OF_KIND[error.kind]
    if as_json:
        import json

        problem: dict[str, Any] = {"kind": error.kind.value, "code": error.code, "title": error.title}
        problem |= {
            name: value
            for name in ("detail", "advice", "kept", "reference", "tries_left")
            if (value := getattr(error, name)) not in ("", None)
        }
        click.echo(json.dumps({"error": problem, "exit": int(code)}, ensure_ascii=False))
        return code
    lines = [error.title, *(each for each in (error.detail, error.kept, error.advice) if each)]
    if error.reference:
        lines.append(word("Reference: {number}").format(number=error.reference))
    click.secho(lines[0], fg="red", bold=True, err=True)
    for line in lines[1:]:
        click.echo(f"  {line}", err=True)
    return code
