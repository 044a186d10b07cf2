"""`certcenterctl init`: everything that a new or upgraded centre needs before it serves."""

from collections.abc import Callable

import click
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from certcenter.audit.actions import record
from certcenter.certificates import authority, mail_signers
from certcenter.content.actions import load_texts
from certcenter.core.actor import system
from certcenter.core.events import Event
from certcenter.institutions import serving
from certcenter.institutions.registry import Registry

ACTOR = system("init")


@click.command()
def init() -> None:
    """Create database tables, secrets, CAs and texts. 建立資料表、金鑰、CA 與文件。

    Safe to repeat: what exists is kept. Run it after each upgrade. 可重複執行，既有資料不變。
    """
    prepare_centre(echo=click.echo)


def prepare_centre(*, echo: Callable[[str], object]) -> None:
    """Do what `init` does. `echo` takes one line at a time."""
    config = settings.CONFIG
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    echo(f"home 資料夾: {config.home}")
    call_command("migrate", interactive=False, verbosity=0)
    echo("database 資料庫: ready")
    served = serving.served()
    for name in authority.create_missing(served):
        with transaction.atomic():
            record(Event.CA_CREATED, actor=ACTOR, subject=f"ca:{name}")
        echo(f"CA 憑證機構: created {name}")
    _sign_mail(served, echo)
    published = load_texts(served)
    echo(f"texts 文件: {published} published")
    call_command("collectstatic", interactive=False, verbosity=0)
    with transaction.atomic():
        record(Event.CENTRE_INITIALISED, actor=ACTOR, subject="centre")


def _sign_mail(served: Registry, echo: Callable[[str], object]) -> None:
    """Give each institution that signs its mail a signer, unless there is one; a read-only folder is the operator's to fill."""
    try:
        for slug in mail_signers.create_missing(served, actor=ACTOR):
            echo(f"mail signer 郵件簽章憑證: created {slug}")
    except OSError as error:
        echo(f"mail signer 郵件簽章憑證: {error.filename}: {error.strerror} (docs/guides/operator.md)")
