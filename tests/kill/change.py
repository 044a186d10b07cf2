"""The smallest whole change, to be killed anywhere: a count, its history, its consequence, and what a worker does then.

Each acknowledgement is appended to `<home>/acknowledged`, each effect outside the database to `<home>/effects`.
"""

import os
from pathlib import Path


def main(number: int) -> None:
    """Change, acknowledge, sequence, dispatch."""
    from certcenter.audit import sequencer
    from certcenter.outbox import dispatcher

    change(number)
    append("acknowledged", number)
    sequencer.run_once()
    dispatcher.run_once()


def change(number: int) -> None:
    """Do the change in one transaction."""
    from django.db import transaction

    from certcenter.audit.actions import record
    from certcenter.core.actor import system
    from certcenter.core.events import Event
    from certcenter.core.limits import take
    from certcenter.outbox.actions import enqueue

    register()
    with transaction.atomic():
        take("kill", subject=f"{number}", window="once", limit=1)
        record(Event.CENTRE_INITIALISED, actor=system("kill"), subject=f"kill:{number}")
        enqueue("kill:effect", {"number": number}, key=f"{number}")


def careless(number: int) -> None:
    """Do it wrong: the change in one transaction, its history in the next."""
    from django.db import transaction

    from certcenter.audit.actions import record
    from certcenter.core.actor import system
    from certcenter.core.events import Event
    from certcenter.core.limits import take

    take("kill", subject=f"{number}", window="once", limit=1)
    with transaction.atomic():
        record(Event.CENTRE_INITIALISED, actor=system("kill"), subject=f"kill:{number}")


def register() -> None:
    """Register the handler whose effect lies outside the database."""
    from certcenter.outbox.handlers import handles

    @handles("kill:effect")
    def effect(payload, *, attempt):
        append("effects", payload["number"])


def append(name: str, number: int) -> None:
    """Append a line to a file of the home folder, at once."""
    from django.conf import settings

    file = os.open(Path(settings.CONFIG.home) / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, f"{number}\n".encode())
    os.close(file)


def lines(name: str) -> list[int]:
    """Return what was appended."""
    from django.conf import settings

    path = Path(settings.CONFIG.home) / name
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []
