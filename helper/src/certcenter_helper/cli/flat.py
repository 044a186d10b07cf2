"""The overview where no terminal reads it: plain lines, for a pipe or a file, without what a terminal needs (rich)."""

from collections.abc import Iterator

from certcenter_helper.cli.calls import ACTIONS
from certcenter_helper.cli.words import word
from certcenter_helper.core.values import ClientPanel, HostPanel, Overview


def overview(seen: Overview) -> Iterator[str]:
    """Its lines: the same sentences as on a terminal, in the same order."""
    yield from _panel(word("Certificate at the centre"), seen.host)
    pages = len(seen.clients)
    for number, each in enumerate(seen.clients, start=1):
        place = f"({number}/{pages})" if pages > 1 else ""
        yield from _panel(f"{word('Certificate on this computer')} {place}".strip(), each)
    yield from (each for each in (*seen.unknown, seen.reminder) if each)
    if seen.revocations_left is not None:
        yield word("Online revocations left this year: {count}").format(count=seen.revocations_left)
    if seen.notice and not seen.offline:
        yield seen.notice
    if seen.actions:
        yield word("What you can do now:")
        yield from (f"  {call}: {word(what)}" for call, what in map(ACTIONS.__getitem__, seen.actions))


def _panel(title: str, panel: HostPanel | ClientPanel) -> Iterator[str]:
    yield f"{title}:"
    yield from (f"  {fact.name}: {fact.value or '–'}" for fact in panel.facts)
    yield f"  {word('Status')}: {panel.word.label}"
    yield f"  {panel.word.advice}"
