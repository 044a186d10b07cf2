"""What every script hands back, and the one table that is printed of it."""

import operator
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_COMPARE = {"≥": operator.ge, "≤": operator.le}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing. `ours` and `peer` are for reading; `verdict` is decided by the ratio or figure in it."""

    name: str
    ours: str
    peer: str
    ratio: str
    goal: str
    verdict: str

    @property
    def missed(self) -> bool:
        """Whether there was a goal and it was not reached."""
        return self.verdict == "missed"


def row(
    name: str, *, ours: str, peer: str = "–", value: float | None = None, shown: str = "", goal: str = ""
) -> Row:
    """Build a row; `goal` is such as `≥ 2` or `≤ 30` and is held against `value`. Without a goal it only informs."""
    verdict = "–"
    if goal and value is not None:
        sign, _, bound = goal.partition(" ")
        verdict = "met" if _COMPARE[sign](value, float(bound.split()[0])) else "missed"
    return Row(
        name, ours, peer, shown or (f"{value:.2f}" if value is not None else "–"), goal or "–", verdict
    )


def median_ratio(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Medians of both sides and of the ratio first/second: the machine's drift hits both halves of a pair."""
    ours, theirs = zip(*pairs, strict=True)
    ratio = statistics.median(our / their for our, their in pairs)
    return statistics.median(ours), statistics.median(theirs), ratio


def interleaved(
    ours: Callable[[int], float], theirs: Callable[[int], float], pairs: int
) -> list[tuple[float, float]]:
    """Measure A B, B A, A B … `pairs` times; each callable gets the number of its round."""
    measured = []
    for number in range(pairs):
        if number % 2:
            second = theirs(number)
            measured.append((ours(number), second))
        else:
            measured.append((ours(number), theirs(number)))
    return measured


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which `share` of all lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def show(rows: Sequence[Row], *, title: str) -> None:
    """Print one table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    for column in ("work", "Certcenter", "peer", "ratio", "goal", "verdict"):
        table.add_column(column, justify="left" if column in {"work", "verdict"} else "right")
    for each in rows:
        table.add_row(each.name, each.ours, each.peer, each.ratio, each.goal, each.verdict)
    Console(width=150).print(table)
