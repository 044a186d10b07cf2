"""`certcenterctl mail`: who signs an institution's mail, and having that changed."""

import click
from cryptography import x509

from certcenter.ca.api import Reason
from certcenter.ca.errors import CaError
from certcenter.certificates import mail_signers
from certcenter.certificates.models import serial_text
from certcenter.core.actor import system
from certcenter.core.errors import NotFound
from certcenter.core.taiwan import to_taipei
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.notifications import smime

ACTOR = system("operator")
_REASONS = (Reason.KEY_COMPROMISE, Reason.SUPERSEDED, Reason.CESSATION_OF_OPERATION)


@click.group()
def mail() -> None:
    """Show or change who signs an institution's mail (S/MIME). 檢視、更換郵件簽章憑證。"""


@mail.command()
def show() -> None:
    """Show each institution's signer: address, issuer, end. 檢視各機構的郵件簽章憑證。

    Exit code 1: a policy wants signed mail, and there is nobody to sign it. 結束代碼 1：政策要求簽章卻沒有憑證。
    """
    lacking = [each.slug for each in serving.served().all() if not _described(each)]
    if lacking:
        raise click.ClickException(
            f"no signer 沒有簽章憑證: {', '.join(lacking)}: `certcenterctl mail issue SLUG`"
        )


def _described(institution: Institution) -> bool:
    if not institution.notices.signed_mail:
        click.echo(f"{institution.slug}: mail is not signed by policy 政策不簽章")
        return True
    signer = smime.signer(institution.slug)
    if signer is None:
        return False
    certificate = signer.certificate
    own = "own CA 本中心簽發" if mail_signers.is_own(institution, certificate) else "from elsewhere 外部簽發"
    click.echo(
        f"{institution.slug}: {institution.notices.from_address}, {own}, {serial_text(certificate.serial_number)}, "
        f"until 至 {to_taipei(certificate.not_valid_after_utc):%Y-%m-%d %H:%M} (Asia/Taipei)"
    )
    return True


@mail.command()
@click.argument("slug")
@click.option(
    "--replace",
    is_flag=True,
    help="Also where a certificate from elsewhere signs now; its file is overwritten. 一併取代外部簽發的憑證。",
)
def issue(slug: str, *, replace: bool) -> None:
    """Issue a new mail certificate to the institution SLUG, from its CA, with a new key. 簽發新的郵件簽章憑證。

    It signs from the next mail on. The worker does this by itself 60 days before the end. 到期前 60 天自動更換。
    """
    institution = _named(slug)
    try:
        present = smime.signer(slug)
        if present and not replace and not mail_signers.is_own(institution, present.certificate):
            raise click.ClickException(
                "a certificate from elsewhere signs: give --replace. 目前為外部簽發的憑證，請加 --replace。"
            )
        made = mail_signers.issue(institution, actor=ACTOR)
    except CaError as error:
        raise click.ClickException(error.detail) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    _announce(institution, made)


@mail.command()
@click.argument("slug")
@click.option(
    "--serial",
    help="A former certificate, by its serial in hex; without it, the present one. 指定先前憑證的序號。",
)
@click.option(
    "--reason",
    type=click.Choice([each.name.lower() for each in _REASONS]),
    default=Reason.KEY_COMPROMISE.name.lower(),
    show_default=True,
    help="What the CRL says. CRL 所載註銷原因。",
)
def revoke(slug: str, *, serial: str | None, reason: str) -> None:
    """Revoke a mail certificate of the institution SLUG: its key was stolen, say. 註銷郵件簽章憑證。

    Where it is the present one, a new one takes its place at once. The CRLs name it within five minutes. 註銷現用憑證時一併簽發新憑證，CRL 五分鐘內更新。
    """
    institution = _named(slug)
    wanted = serial.lower().replace(":", "") if serial else None
    try:
        made = mail_signers.revoke(institution, serial=wanted, reason=Reason[reason.upper()], actor=ACTOR)
    except NotFound as error:
        raise click.ClickException(
            "no mail certificate of this centre has this serial, or it is revoked already. 查無此郵件簽章憑證，或已註銷。"
        ) from error
    except CaError as error:
        raise click.ClickException(error.detail) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    click.echo(f"revoked 已註銷 ({reason})")
    if made:
        _announce(institution, made)


def _named(slug: str) -> Institution:
    institution = next((each for each in serving.served().all() if each.slug == slug), None)
    if institution is None:
        raise click.BadParameter(f"no institution {slug!r} 沒有此機構", param_hint="SLUG")
    return institution


def _announce(institution: Institution, made: x509.Certificate) -> None:
    click.echo(
        f"{serial_text(made.serial_number)} signs 簽署 {institution.notices.from_address} "
        f"until 至 {to_taipei(made.not_valid_after_utc):%Y-%m-%d %H:%M} (Asia/Taipei)"
    )
