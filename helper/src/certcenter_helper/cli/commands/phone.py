"""phone."""

from pathlib import Path

import click

from certcenter_helper.cli.asking import Secret
from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.shell import Shell, command
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind


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
@click.option(
    "--matching",
    metavar="XXXX-XXXX",
    help=word("What the phone shows to be compared; nothing is sent if it differs. For programs."),
)
def phone_command(shell: Shell, *, picture: Path | None, yes: bool, matching: str | None) -> int:
    """Upload to a phone."""
    code = "" if picture else shell.asking.give(Secret.PAIRING)
    prepared = shell.core.prepare_upload(code, picture=picture, password=shell.asking.give(Secret.PASSWORD))
    here = prepared.shown.matching_code
    shell.event("matching-code", code=here)
    shell.say(word("Both screens show: {code}").format(code=here), style="bold")
    if not yes:
        _compare(shell, here, matching)
    with shell.working() as progress:
        done = shell.core.send_upload(prepared, progress=progress)
    shell.say(done.sentence, style="green" if done.collected else "yellow")
    shell.answer({"uploaded": done})
    return Exit.DONE if done.collected else Exit.FINDINGS


def _compare(shell: Shell, here: str, there: str | None) -> None:
    """Both sides mean the same phone and the same certificate, or nothing is sent (SPEC A12)."""
    if there is None and shell.json:
        raise HelperError(
            Kind.INPUT,
            "needs-answer",
            word("The codes on both screens must be compared."),
            advice=word("Give --matching with what the phone shows, or --yes once a person has compared."),
        )
    if there is None:
        click.confirm(word("Does the phone show the same code?"), abort=True, err=True)
    elif there.strip().upper() != here:
        raise HelperError(
            Kind.REFUSED,
            "codes-differ",
            word("The phone shows another code: nothing was sent."),
            advice=word("Begin again on the phone. If it happens again, call customer service."),
        )
