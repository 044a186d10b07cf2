"""The verifier: reads the history as a stream and says what is wrong with it (SPEC D6).

Each sequenced event's MACs, its link to its writer's previous event, its place and leaf are checked, and the root at
every checkpoint, both of the database and of the files outside it. Then: events without a place, and pending
events that nobody sequences. Memory does not grow with the history, except by some bytes for each writer.

A clean run may be remembered (`remember`): the next one (`since=remembered()`) begins where it ended. Only the full
run proves the old part again.
"""

import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections

from certcenter.audit import chain, checkpoints, sequencer
from certcenter.audit.checkpoints import FIRST_PREVIOUS, SignedCheckpoint
from certcenter.audit.findings import Report, Wrong
from certcenter.audit.models import Checkpoint
from certcenter.audit.tree import Frontier, leaf_hash
from certcenter.core import clock

CHUNK = 2000
#: Takes (events done, of all).
OnProgress = Callable[[int, int], None]
#: A pending event older than this means that nobody sequences.
PENDING_AT_MOST = timedelta(minutes=1)

_COLUMNS = (
    "id", "writer", "sequence", "time", "event", "institution", "actor_kind", "actor_id", "address", "session",
    "subject", "details", "previous", "digest", "mac",
)  # fmt: skip
_EVENT = ", ".join(f"e.{name}" for name in _COLUMNS)
_SEQUENCED = f"""
    SELECT s.position, s.event_id, s.leaf, {_EVENT} FROM audit_sequence s
    LEFT JOIN audit_event e ON e.id = s.event_id
    WHERE s.position >= %s AND s.position < %s ORDER BY s.position LIMIT {CHUNK}
"""  # noqa: S608 - constants only
_PENDING = f"""
    SELECT p.event_id, {_EVENT} FROM audit_pending p LEFT JOIN audit_event e ON e.id = p.event_id
    WHERE p.event_id > %s ORDER BY p.event_id LIMIT {CHUNK}
"""  # noqa: S608 - constants only
_HOMELESS = """
    SELECT e.id FROM audit_event e
    LEFT JOIN audit_sequence s ON s.event_id = e.id LEFT JOIN audit_pending p ON p.event_id = e.id
    WHERE e.id > %s AND s.event_id IS NULL AND p.event_id IS NULL ORDER BY e.id
"""
_LINK_BEFORE = """
    SELECT e.mac FROM audit_event e JOIN audit_sequence s ON s.event_id = e.id
    WHERE e.writer = %s AND e.sequence = %s AND s.position < %s
"""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Where a clean verification ended: the tree then, and the highest event number in it."""

    tree: Frontier
    last_event: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the fields to be kept."""
        return {"size": self.tree.size, "frontier": self.tree.to_bytes().hex(), "last_event": self.last_event}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Read what `to_json` gave."""
        tree = Frontier.from_bytes(fields["size"], bytes.fromhex(fields["frontier"]))
        return cls(tree, fields["last_event"])


def verify(
    *,
    since: Remembered | None = None,
    on_progress: OnProgress | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Report:
    """Verify the history, or what was added to it `since` a remembered run. Never raises for damage: it reports it.

    `on_progress` is called with (events done, of all) after each chunk.
    """
    run = _Run(since or Remembered(Frontier()), using)
    run.sequence(on_progress or _silent)
    run.checkpoints_ahead()
    run.homeless()
    run.pending()
    return run.report


def _silent(done: int, total: int) -> None:
    """Take a progress nobody wants."""
    del done, total


def remember(report: Report, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Keep where this clean verification ended, authenticated, in `<home>/audit/verified.json`.

    Raises ValueError for a report with findings.
    """
    if not report.clean:
        raise ValueError("only a clean verification is remembered")
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT max(event_id) FROM audit_sequence WHERE position < %s", [report.size])
        last_event = cursor.fetchone()[0] or 0
    fields = Remembered(report.tree, last_event).to_json()
    path = checkpoints.folder() / "verified.json"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps({**fields, "mac": _memory_mac(fields)}))


def remembered() -> Remembered | None:
    """Return where the last remembered verification ended; None without one, or where its file was tampered with."""
    path = checkpoints.folder() / "verified.json"
    if not path.exists():
        return None
    fields = json.loads(path.read_text())
    mac = fields.pop("mac", "")
    return Remembered.from_json(fields) if hmac.compare_digest(mac, _memory_mac(fields)) else None


def _memory_mac(fields: dict[str, Any]) -> str:
    key = settings.CONFIG.audit_key.get_secret_value().encode()
    return hmac.digest(key, json.dumps(["verified", fields], sort_keys=True).encode(), "sha256").hex()


@dataclass(order=True, frozen=True, slots=True)
class _Stated:
    """A checkpoint to compare the tree with, from the database or from a file."""

    size: int
    place: str
    checkpoint: SignedCheckpoint


class _Run:
    """One verification under way."""

    def __init__(self, since: Remembered, using: str) -> None:
        self.using = using
        self.since = since
        self.tree = Frontier(since.tree.size, list(since.tree.peaks))
        self.report = Report(first=since.tree.size, tree=self.tree)
        self.head = sequencer.head(using=using)
        self.tips: dict[int, tuple[int, bytes]] = {}
        self.key = self._public_key()
        self.stated = merge(self._database_checkpoints(), self._file_checkpoints())
        self.next_stated = next(self.stated, None)
        self.last_good = since.tree.size

    # The sequence

    def sequence(self, on_progress: OnProgress) -> None:
        """Walk along the positions, from where the remembered run ended to the head as it was at the start."""
        start, end = self.tree.size, self.head.size
        while rows := self._rows(_SEQUENCED, [start, end]):
            for row in rows:
                self._place(row[0], row[1], bytes(row[2]), row[3:])
            start = rows[-1][0] + 1
            on_progress(start, end)
        self.report.size = self.tree.size
        self.report.root = self.tree.root()
        if self.tree.size < end:
            self.report.add(
                Wrong.TRUNCATED, f"position {self.tree.size}", f"the tree's head says {end} events"
            )
        elif self.tree.peaks != self.head.peaks:
            self.report.add(Wrong.TREE, "tree head", "the stored frontier is not that of the sequence")

    def _place(self, position: int, event_id: int, leaf: bytes, columns: tuple[Any, ...]) -> None:
        if position != self.tree.size:
            self.report.add(
                Wrong.REMOVED, f"position {self.tree.size}", f"the sequence goes on at {position}"
            )
        self.report.events += 1
        if columns[0] is None:
            self.report.add(
                Wrong.REMOVED, f"event {event_id}", f"its place {position} is there, the event is not"
            )
        else:
            event = _event(columns)
            authentic = self._authentic(event)
            if authentic and leaf_hash(event["mac"]) != leaf:
                self.report.add(
                    Wrong.CHANGED, f"event {event_id}", f"not the event that got position {position}"
                )
            self._linked(event)
        self.tree.append(leaf)
        self._compare()

    def _authentic(self, event: dict[str, Any]) -> bool:
        """Check an event's two MACs; the content against the digest, the link against the MAC."""
        if chain.digest(event) != event["digest"] or _mac_of(event) != event["mac"]:
            self.report.add(Wrong.CHANGED, f"event {event['id']}", "its content does not fit its MAC")
            return False
        return True

    def _linked(self, event: dict[str, Any]) -> None:
        """Check that an event follows its writer's previous one."""
        writer, sequence = event["writer"], event["sequence"]
        tip = self.tips.get(writer) or self._tip_before(writer, sequence)
        self.tips[writer] = (sequence, event["mac"])
        row, expected = f"event {event['id']}", tip[0] + 1
        if sequence > expected:
            missing = f"{expected}" if sequence == expected + 1 else f"{expected} to {sequence - 1}"
            self.report.add(Wrong.GAP, row, f"links {missing} of writer {writer} are missing before it")
        elif sequence < expected:
            self.report.add(
                Wrong.REORDERED, row, f"link {sequence} of writer {writer} stands after link {tip[0]}"
            )
            self.tips[writer] = max(tip, self.tips[writer])
        elif event["previous"] != tip[1]:
            self.report.add(Wrong.CHANGED, row, f"does not continue link {tip[0]} of writer {writer}")

    def _tip_before(self, writer: int, sequence: int) -> tuple[int, bytes]:
        """Return the link before the first one met of a writer: the chain's zero, or one of the remembered part."""
        if self.since.tree.size and sequence > 0:
            rows = self._rows(_LINK_BEFORE, [writer, sequence - 1, self.since.tree.size])
            if rows:
                return sequence - 1, bytes(rows[0][0])
        return -1, chain.ZERO

    # Checkpoints

    def _compare(self) -> None:
        """Compare the tree with every checkpoint over just so many events."""
        while self.next_stated is not None and self.next_stated.size <= self.tree.size:
            stated, self.next_stated = self.next_stated, next(self.stated, None)
            self.report.checkpoints += 1
            if stated.size < self.tree.size:
                self.report.add(Wrong.CHECKPOINT, stated.place, "stands out of its order")
            elif stated.checkpoint.root != self.tree.root():
                rows = f"positions {self.last_good} to {stated.size - 1}"
                self.report.add(Wrong.TREE, rows, f"not the tree that {stated.place} was signed over")
            else:
                self.last_good = stated.size

    def checkpoints_ahead(self) -> None:
        """Report checkpoints over more events than there are now."""
        now = sequencer.head(using=self.using).size
        while self.next_stated is not None:
            if self.next_stated.size > now:
                lost = f"positions {now} to {self.next_stated.size - 1}"
                self.report.add(Wrong.TRUNCATED, lost, f"{self.next_stated.place} was signed over them")
            self.next_stated = next(self.stated, None)

    def _database_checkpoints(self) -> Iterator[_Stated]:
        """Yield the stored checkpoints in order, their chain and signatures checked."""
        rows = Checkpoint.objects.using(self.using).order_by("size")
        before = rows.filter(size__lte=self.since.tree.size).last()
        previous = FIRST_PREVIOUS if before is None else sequencer.from_row(before).digest()
        for row in rows.filter(size__gt=self.since.tree.size).iterator(CHUNK):
            checkpoint, place = sequencer.from_row(row), f"checkpoint {row.size}"
            if checkpoint.previous != previous:
                self.report.add(Wrong.CHECKPOINT, place, "does not follow the checkpoint before it")
            previous = checkpoint.digest()
            if self._signed(checkpoint, place):
                yield _Stated(row.size, place, checkpoint)

    def _file_checkpoints(self) -> Iterator[_Stated]:
        """Yield the checkpoints of the files outside the database, their signatures checked."""
        for place, line in checkpoints.lines():
            try:
                checkpoint = SignedCheckpoint.from_line(line)
            except ValueError as error:
                # A kill may have cut the last line short; any other such line was tampered with.
                if line.endswith(b"\n"):
                    self.report.add(Wrong.CHECKPOINT, place, str(error))
                continue
            if checkpoint.size > self.since.tree.size and self._signed(checkpoint, place):
                yield _Stated(checkpoint.size, place, checkpoint)

    def _signed(self, checkpoint: SignedCheckpoint, place: str) -> bool:
        if self.key is not None and checkpoint.is_signed_by(self.key):
            return True
        reason = (
            "the checkpoint key is missing"
            if self.key is None
            else "its signature is not the checkpoint key's"
        )
        self.report.add(Wrong.CHECKPOINT, place, reason)
        return False

    def _public_key(self) -> Ed25519PublicKey | None:
        try:
            return checkpoints.signing_key(may_create=False).public_key()
        except ImproperlyConfigured:
            return None

    # What has no place

    def homeless(self) -> None:
        """Report events that have no place and do not wait for one."""
        for (event_id,) in self._rows(_HOMELESS, [self.since.last_event]):
            self.report.add(Wrong.INSERTED, f"event {event_id}", "it has no place and does not wait for one")

    def pending(self) -> None:
        """Check the events that wait for a place; those that wait too long are a finding."""
        oldest, last = clock.now() - PENDING_AT_MOST, 0
        while rows := self._rows(_PENDING, [last]):
            for event_id, *columns in rows:
                self._waits(event_id, tuple(columns), oldest)
            last = rows[-1][0]

    def _waits(self, event_id: int, columns: tuple[Any, ...], oldest: datetime) -> None:
        self.report.pending += 1
        if columns[0] is None:
            self.report.add(
                Wrong.REMOVED, f"event {event_id}", "it waits for a place, the event is not there"
            )
            return
        event = _event(columns)
        self._authentic(event)
        if event["time"] < oldest:
            self.report.add(
                Wrong.PENDING_TOO_LONG, f"event {event_id}", "it waits for a place since over a minute"
            )

    def _rows(self, statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())


def _event(columns: tuple[Any, ...]) -> dict[str, Any]:
    event = dict(zip(_COLUMNS, columns, strict=True))
    for name in ("previous", "digest", "mac"):
        event[name] = bytes(event[name])
    event["time"] = _moment(event["time"])
    return event


def _moment(value: datetime | str) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mac_of(event: dict[str, Any]) -> bytes:
    return chain.link_mac(
        writer=event["writer"],
        sequence=event["sequence"],
        previous=event["previous"],
        time=event["time"],
        event=event["event"],
        institution=event["institution"],
        digest=event["digest"],
    )
