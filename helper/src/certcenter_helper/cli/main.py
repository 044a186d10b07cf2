"""`certcenter`: finds the command and runs it. Commands are imported only when they are called (SPEC: status within 0.4 s)."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="certcenter-helper", prog_name="certcenter")
def main() -> None:
    """Certificates of this computer: apply, renew, back up, move, use, repair, revoke."""
