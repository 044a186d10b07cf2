"""What is asked of a person whom this computer may not know yet: the centre's address and the ID."""

import os
from collections.abc import Callable
from typing import Any

import click

from certcenter_helper.cli.shell import Shell
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind


def person(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--centre` and `--id`."""
    function = click.option(
        "--id",
        "identity",
        envvar="CERTCENTER_ID",
        default="",
        metavar="ID",
        help=word("ID or business ID."),
    )(function)
    return click.option(
        "--centre",
        envvar="CERTCENTER_CENTRE",
        default="",
        metavar="URL",
        help=word("Address of the centre: https://host/api/v1/i/<institution>/."),
    )(function)


def the_id(shell: Shell, given: str, *, known: str = "") -> str:
    """The ID: as given, else `known`, else asked for.

    Raises:
        HelperError: INPUT where nobody is there to answer.
    """
    if given or known:
        return (given or known).strip().upper()
    if not os.isatty(0) or shell.json:
        raise HelperError(
            Kind.INPUT,
            "needs-answer",
            word("The ID is needed."),
            advice=word("Give it by --id or in CERTCENTER_ID."),
        )
    typed: str = click.prompt(word("ID or business ID"), err=True)
    return typed.strip().upper()
