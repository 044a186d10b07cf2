"""Exit codes: stable, documented in every `--help`."""

from enum import IntEnum
from typing import Final

from certcenter_helper.cli.words import marked as _
from certcenter_helper.core.errors import Kind


class Exit(IntEnum):
    """How `certcenter` ends."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    LOGIN = 3
    NETWORK = 4
    PASSWORD = 5
    STORE = 6
    NEEDS_REPAIR = 7
    FINDINGS = 8
    CANCELLED = 130


MEANINGS: Final = {
    Exit.DONE: _("done"),
    Exit.REFUSED: _("the centre or a rule says no"),
    Exit.USAGE: _("wrong call, or something that was typed can't be right"),
    Exit.LOGIN: _("not logged in, or no longer"),
    Exit.NETWORK: _("the centre can't be reached, or somebody else answered"),
    Exit.PASSWORD: _("a password is wrong or missing"),
    Exit.STORE: _("the folder of certificates: full, read-only, damaged or in use"),
    Exit.NEEDS_REPAIR: _("broke off half-way: `certcenter repair` goes on"),
    Exit.FINDINGS: _("a check found something, or something is missing"),
    Exit.CANCELLED: _("stopped by you"),
}

OF_KIND: Final = {
    Kind.REFUSED: Exit.REFUSED,
    Kind.NETWORK: Exit.NETWORK,
    Kind.LOGIN: Exit.LOGIN,
    Kind.PASSWORD: Exit.PASSWORD,
    Kind.STORE: Exit.STORE,
    Kind.INPUT: Exit.USAGE,
    Kind.NEEDS_REPAIR: Exit.NEEDS_REPAIR,
}
