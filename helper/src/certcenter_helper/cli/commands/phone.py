"""phone."""

from pathlib import Path

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word


@command(
    "phone",
    "Upload the certificate to a phone. Log in on the phone at the same institution, open its upload page, and give the "
    "code that it shows: as text, or as a picture of its QR code. The file is sealed to that phone; the centre relays it "
    "once, within five minutes, and can't open it.",
    secrets=(Secret.PAIRING, Secret.PASSWORD),
    exits=(Exit.REFUSED, Exit.LOGIN, Exit.NETWORK, Exit.PASSWORD, Exit.FINDINGS),
    examples=(
        ("certcenter phone", "Paste the code"),
        ("certcenter phone --picture screenshot.png", "From a picture of the QR code"),
    ),
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=word("A picture that shows the phone's QR code."),
)
@click.option("--yes", is_flag=True, help=word("Do not ask whether both screens show the same code."))
def phone_command(shell: Shell, *, picture: Path | None, yes: bool) -> int:
    """Upload to a phone."""
    code = "" if picture else shell.asking.give(Secret.PAIRING)
    prepared = shell.core.prepare_upload(code, picture=picture, password=shell.asking.give(Secret.PASSWORD))
    matching = prepared.shown.matching_code
    shell.event("matching-code", code=matching)
    shell.say(word("Both screens show: {code}").format(code=matching), style="bold")
    if not yes and not shell.json:
        click.confirm(word("Does the phone show the same code?"), abort=True, err=True)
    with shell.working() as progress:
        done = shell.core.send_upload(prepared, progress=progress)
    shell.say(done.sentence, style="green" if done.collected else "yellow")
    shell.answer({"uploaded": done})
    return Exit.DONE if done.collected else Exit.FINDINGS
