"""completion."""

import click
from click.shell_completion import get_completion_class

from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command


@command(
    "completion",
    "Print the script that teaches your shell to complete `certcenter`.",
    examples=(('eval "$(certcenter completion bash)"', "For this session; in ~/.bashrc for all"),),
)
@click.argument("shell_name", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: Shell, *, shell_name: str) -> int:  # noqa: ARG001 - every command takes it
    """Print the completion script."""
    from certcenter_helper.cli.main import build

    found = get_completion_class(shell_name)
    assert found is not None
    click.echo(found(build(), {}, "certcenter", "_CERTCENTER_COMPLETE").source())
    return Exit.DONE
