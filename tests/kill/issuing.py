"""A certificate's life, to be killed anywhere: what one process does in run N, for people whom the test prepared.

The world of run N lies in `<home>/world-<N>.json`: what the device holds. Each acknowledgement that a device gets
is appended to `<home>/answers-<N>`.
"""

import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID


def submit(number: int) -> None:
    """One request, up to its acceptance."""
    from certcenter.certificates import actions

    world = load(number)
    application = actions.submit(
        customer(world),
        procedure_id=UUID(world["procedure"]),
        request_uuid=UUID(world["request"]),
        csr=base64.b64decode(world["csr"]),
        old_key_proof=None,
        actor=actor(world),
    )
    answer(number, f"accepted {application.pk}")


def issue(number: int) -> None:
    """What a worker does with a batch of three: issue, have checked, tell, sequence."""
    from certcenter.audit import sequencer
    from certcenter.certificates import issuing
    from certcenter.outbox import dispatcher
    from certcenter.worker import loop

    assert loop.HANDLERS, "the rooms' handlers are known"
    issuing.run_once()
    dispatcher.run_once()
    sequencer.run_once()
    answer(number, "issued")


def acknowledge(number: int) -> None:
    """A renewal is installed."""
    from certcenter.certificates import actions

    world = load(number)
    proof = actions.SignedProof(
        structure=base64.b64decode(world["structure"]),
        signature=base64.b64decode(world["signature"]),
        origin=world["origin"],
    )
    certificate = actions.acknowledge(
        customer(world), request_uuid=UUID(world["request"]), proof=proof, actor=actor(world)
    )
    answer(number, f"installed {certificate.serial}")


def revoke(number: int) -> None:
    """A revocation while a renewal waits for the worker."""
    from certcenter.certificates import revoking

    world = load(number)
    certificate = revoking.revoke(customer(world), procedure_id=UUID(world["procedure"]), actor=actor(world))
    answer(number, f"revoked {certificate.serial}")


def save(number: int, **world: Any) -> None:
    """Write the world of a run; bytes become base64."""
    text = {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        for name, value in world.items()
    }
    _path(f"world-{number}.json").write_text(json.dumps(text))


def load(number: int) -> dict[str, str]:
    """Read it."""
    world: dict[str, str] = json.loads(_path(f"world-{number}.json").read_text())
    return world


def customer(world: dict[str, str]) -> Any:
    """The customer of the run."""
    from certcenter.identity.models import Customer

    return Customer.objects.get(pk=world["customer"])


def actor(world: dict[str, str]) -> Any:
    """The customer in the session of the run."""
    from tests.support import people

    return people.acting(customer(world), session=world["session"])


def answer(number: int, text: str) -> None:
    """Keep what the device was told."""
    with _path(f"answers-{number}").open("a") as file:
        file.write(f"{text}\n")


def answers(number: int) -> list[str]:
    """What the device was told before the kill."""
    path = _path(f"answers-{number}")
    return path.read_text().splitlines() if path.exists() else []


def _path(name: str) -> Path:
    from django.conf import settings

    return Path(settings.CONFIG.home) / name
