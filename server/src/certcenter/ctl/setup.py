"""`certcenterctl init`: everything that a new or upgraded centre needs before it serves."""

import click
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from certcenter.audit.actions import record
from certcenter.certificates import authority
from certcenter.content.actions import load_texts
from certcenter.core.actor import system
from certcenter.core.events import Event
from certcenter.institutions import serving

ACTOR = system("init")


@click.command()
def init() -> None:
    """Create database tables, secrets, CAs and texts. 建立資料表、金鑰、CA 與文件。

    Safe to repeat: what exists is kept. Run it after each upgrade. 可重複執行，既有資料不變。
    """
    prepare_centre(echo=click.echo)


def prepare_centre(*, echo: object) -> None:
    """Do what `init` does. `echo` takes one line at a time."""
    assert callable(echo)
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
    published = load_texts(served)
    echo(f"texts 文件: {published} published")
    call_command("collectstatic", interactive=False, verbosity=0)
    with transaction.atomic():
        record(Event.CENTRE_INITIALISED, actor=ACTOR, subject="centre")
