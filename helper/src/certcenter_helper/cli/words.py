"""The command line's own words (catalogue `cli`)."""

from certcenter_helper.core.texts import LOCALE_FOLDER, catalogue, language, marked

DOMAIN = "cli"


def word(message: str) -> str:
    """A sentence of the command line in the language in use."""
    return catalogue(DOMAIN, language()).gettext(message)


def teach_click() -> None:
    """Click's own words (Usage, Options, …) come from the same catalogue; it asks gettext's global domain."""
    import gettext

    import click.core
    import click.decorators
    import click.exceptions
    import click.formatting
    import click.termui

    gettext.bindtextdomain(DOMAIN, str(LOCALE_FOLDER))
    for module in (click.core, click.decorators, click.exceptions, click.formatting, click.termui):
        if hasattr(module, "_"):
            module._ = word  # type: ignore[attr-defined]  # click binds gettext under this name and offers no other door


__all__ = ["marked", "teach_click", "word"]
