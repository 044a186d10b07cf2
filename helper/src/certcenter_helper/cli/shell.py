"""What every command has: the core, the person's answers, and a way to say things to people or programs."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any

import click

from certcenter_helper.cli.asking import Asking, Secret, fd_options
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.manual import ManualCommand
from certcenter_helper.cli.words import word
from certcenter_helper.core.commands import Commands
from certcenter_helper.core.work import Progress, Step, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType


@dataclass
class Shell:
    """One run of one command."""

    json: bool = False
    slug: str = ""
    address: str = ""
    asking: Asking = field(default_factory=Asking)

    @cached_property
    def core(self) -> Commands:
        """The command core for the chosen institution."""
        return Commands.open(address=self.address, slug=self.slug)

    @cached_property
    def console(self) -> "Console":
        """Where people read: standard output."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=False)

    @property
    def is_terminal(self) -> bool:
        """Does a person read standard output at a terminal?"""
        return sys.stdout.isatty()

    def show(self, thing: "RenderableType") -> None:
        """Show something to a person; programs get `answer` alone."""
        if not self.json:
            self.console.print(thing)

    def say(self, sentence: str, *, style: str = "") -> None:
        """A sentence to a person."""
        if self.json or not sentence:
            return
        if self.is_terminal:
            self.console.print(sentence, style=style or None, markup=False)
        else:
            click.echo(sentence)

    def answer(self, value: Mapping[str, Any]) -> None:
        """The result for programs: one JSON object on standard output."""
        if self.json:
            from certcenter_helper.cli.plain import plain

            click.echo(json.dumps(plain(value), ensure_ascii=False))

    def event(self, name: str, **values: Any) -> None:
        """Something that happens on the way, for programs: a line of JSON on standard error."""
        if self.json:
            from certcenter_helper.cli.plain import plain

            click.echo(json.dumps({"event": name, **plain(values)}, ensure_ascii=False), err=True)

    def working(self) -> AbstractContextManager[Progress]:
        """A progress bar for people, events for programs."""
        if self.json:
            return _as_events(self)
        if not sys.stderr.isatty():
            return _quiet()
        from certcenter_helper.cli.show import progress_bar

        return progress_bar()


@contextmanager
def _quiet() -> "Iterator[Progress]":
    yield silent


@contextmanager
def _as_events(shell: Shell) -> "Iterator[Progress]":
    def tell(step: Step) -> None:
        shell.event("progress", stage=step.stage.value, percent=step.percent)

    yield tell


def command(
    name: str,
    help_text: str,
    *,
    secrets: Sequence[Secret] = (),
    examples: Sequence[tuple[str, str]] = (),
    exits: Sequence[Exit] = (),
) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a function a command of `certcenter`; it takes the Shell first and returns an exit code or None."""

    def build(function: Callable[..., int | None]) -> click.Command:
        @click.pass_context
        def start(context: click.Context, /, *arguments: Any, **options: Any) -> int:
            shell = Shell(
                json=options.pop("as_json"),
                slug=options.pop("institution"),
                asking=Asking(context.ensure_object(dict).get("descriptors", {})),
            )
            return int(function(shell, *arguments, **options) or 0)

        wrapped: Any = update_wrapper(start, function)
        wrapped = fd_options(*secrets)(wrapped)
        wrapped = click.option(
            "--institution",
            "-i",
            default="",
            envvar="CERTCENTER_INSTITUTION",
            metavar="SLUG",
            help=word("Which institution; the one of the last login if not given."),
        )(wrapped)
        wrapped = click.option(
            "--json", "as_json", is_flag=True, help=word("One JSON object on standard output, for programs.")
        )(wrapped)
        return click.command(
            name,
            cls=ManualCommand,
            help=word(help_text),
            secrets=secrets,
            examples=examples,
            exits=exits,
        )(wrapped)

    return build
