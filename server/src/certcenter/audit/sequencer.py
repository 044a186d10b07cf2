"""The sequencer: gives each event its place in the one order of the centre, and signs what the order has become.

One at a time in the whole centre; a worker calls `run_once` every half second at most. What is committed at each step
is true by itself: a kill after the places leaves a tree without a checkpoint (the next run signs), a kill after the
file leaves a true line in it.
"""

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.transaction import TransactionManagementError

from certcenter.audit import checkpoints
from certcenter.audit.actions import close_tallies
from certcenter.audit.checkpoints import SignedCheckpoint
from certcenter.audit.models import Checkpoint, Pending, Sequenced, TreeHead
from certcenter.audit.tree import Frontier, leaf_hash
from certcenter.core import faults
from certcenter.core.db.exclusive import exclusive
from certcenter.core.db.prepared import PreparedInsert

#: Events in one transaction; on SQLite other writers wait for it (about 20 ms).
BATCH = 1000
#: Events in one run, so that a long backlog is signed now and then.
RUN = 20_000
HEAD = 1

SEQUENCED = faults.register("audit:sequenced", "events have their places, no checkpoint over them is signed")
SIGNED = faults.register("audit:signed", "the checkpoint is signed and in its file, not in the database")


class HistoryLostError(RuntimeError):
    """The history is shorter than a checkpoint says: nothing more is signed until somebody has looked."""


def run_once(*, using: str = DEFAULT_DB_ALIAS) -> int:
    """Sequence what is pending and sign a checkpoint over it; returns how many events and tallies that were.

    Returns 0 at once where another process is at it. Raises RuntimeError inside `atomic()` and
    HistoryLostError where sequenced events have vanished.
    """
    with exclusive("audit-sequencer", using=using) as mine:
        if not mine:
            return 0
        done = close_tallies(using=using)
        for _ in range(RUN // BATCH):
            moved = _sequence_batch(using)
            done += moved
            if moved < BATCH:
                break
        _sign_if_due(using)
        return done


def head(*, using: str = DEFAULT_DB_ALIAS) -> Frontier:
    """Return the tree over all sequenced events."""
    row = TreeHead.objects.using(using).filter(pk=HEAD).first()
    return Frontier() if row is None else Frontier.from_bytes(row.size, bytes(row.frontier))


def latest_checkpoint(*, using: str = DEFAULT_DB_ALIAS) -> SignedCheckpoint | None:
    """Return the newest checkpoint, if there is one."""
    row = Checkpoint.objects.using(using).order_by("-size").first()
    return None if row is None else from_row(row)


def from_row(row: Checkpoint) -> SignedCheckpoint:
    """Return a stored checkpoint as the statement that was signed."""
    return SignedCheckpoint(
        size=row.size,
        root=bytes(row.root),
        time=row.time,
        previous=bytes(row.previous),
        signature=bytes(row.signature),
    )


def _sequence_batch(using: str) -> int:
    """Give the oldest pending events their places, in one transaction.

    A writer's events have rising ids and become visible in their order, so the order of ids keeps every chain's.
    """
    if not Pending.objects.using(using).exists():
        return 0
    with transaction.atomic(using=using, durable=True):
        waiting = Pending.objects.using(using).order_by("pk").values_list("pk", "event__mac")[:BATCH]
        leaves = [(event_id, leaf_hash(bytes(mac))) for event_id, mac in waiting]
        tree = head(using=using)
        first = tree.size
        _INSERT.all(
            (
                Sequenced(position=position, event_id=event_id, leaf=leaf)
                for position, (event_id, leaf) in enumerate(leaves, start=first)
            ),
            using=using,
        )
        tree.extend(leaf for _, leaf in leaves)
        _store_head(tree, first, using)
        Pending.objects.using(using).filter(pk__in=[event_id for event_id, _ in leaves]).delete()
    faults.point(SEQUENCED)
    return len(leaves)


_INSERT = PreparedInsert(Sequenced)


def _store_head(tree: Frontier, first: int, using: str) -> None:
    """Advance the tree's head, unless somebody else did so since we read it."""
    heads = TreeHead.objects.using(using)
    if first == 0 and not heads.filter(pk=HEAD).exists():
        heads.create(pk=HEAD, size=tree.size, frontier=tree.to_bytes())
        return
    if not heads.filter(pk=HEAD, size=first).update(size=tree.size, frontier=tree.to_bytes()):
        raise TransactionManagementError("two sequencers at once: the tree's head has moved")


def _sign_if_due(using: str) -> None:
    tree, latest = head(using=using), latest_checkpoint(using=using)
    signed_size = 0 if latest is None else latest.size
    if tree.size < signed_size:
        raise HistoryLostError(f"the tree has {tree.size} events, a checkpoint was signed over {signed_size}")
    if tree.size == signed_size:
        return
    key = checkpoints.signing_key(may_create=latest is None)
    signed = checkpoints.sign(size=tree.size, root=tree.root(), previous=latest, key=key)
    checkpoints.append_to_file(signed)
    faults.point(SIGNED)
    Checkpoint.objects.using(using).create(
        size=signed.size,
        root=signed.root,
        time=signed.time,
        previous=signed.previous,
        signature=signed.signature,
    )
