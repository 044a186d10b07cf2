"""Commands whose `--help` reads like a page of a manual: what it does, options, environment, files, exit codes, examples."""

from collections.abc import Sequence
from typing import Any

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.exits import MEANINGS, Exit
from certcenter_helper.cli.words import word


class ManualCommand(click.Command):
    """A command with the further sections of a manual page.

    Attributes:
        secrets: what it may ask for, which names the environment.
        examples: calls, each with what it does.
        exits: which exit codes it can end with; DONE and USAGE always.
    """

    def __init__(
        self,
        *arguments: Any,
        secrets: Sequence[Secret] = (),
        examples: Sequence[tuple[str, str]] = (),
        exits: Sequence[Exit] = (),
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.secrets = secrets
        self.examples = examples
        self.exits = tuple(sorted({Exit.DONE, Exit.USAGE, Exit.CANCELLED, *exits}))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sections after the options."""
        if self.secrets:
            with formatter.section(word("Environment")):
                formatter.write_dl([(each.variable, each.prompt) for each in self.secrets])
        with formatter.section(word("Exit codes")):
            formatter.write_dl([(str(int(each)), word(MEANINGS[each])) for each in self.exits])
        if self.examples:
            with formatter.section(word("Examples")):
                for call, what in self.examples:
                    formatter.write_text(word(what))
                    formatter.indent()
                    formatter.write_text(call)
                    formatter.dedent()
        super().format_epilog(ctx, formatter)
