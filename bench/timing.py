"""Can the time of a refused login tell who is a customer (SPEC E4)? 1,000 interleaved requests of each kind.

Unknown, wrong, locked, locked for good, without a contact, without a password; and an empty password for a known and
an unknown ID. Each kind is compared with "wrong" by a Mann–Whitney test; the smallest p is held against 0.001 divided
by the number of comparisons (Bonferroni).
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from bench import centre
from bench.table import Row, row

#: Below this, divided by the number of comparisons, chance does not explain the difference.
ALPHA = 0.001


def run(*, quick: bool = False) -> list[Row]:
    """In one process of the centre, without a network: what is left out would only add noise."""
    with centre.running(worker=False) as running:
        samples = running.prepare("refusals", "50" if quick else "1000")
    return [
        *_rows("refused login", samples["login"], against="wrong"),
        *_rows("empty password", samples["empty"], against="known"),
    ]


def _rows(name: str, samples: Mapping[str, Sequence[float]], *, against: str) -> list[Row]:
    usual = samples[against]
    others = {kind: values for kind, values in samples.items() if kind != against}
    rows = []
    for kind, values in others.items():
        p = p_value(values, usual)
        bound = ALPHA / len(others)
        rows.append(
            row(
                f"{name}: {kind} beside {against}, {len(values)} each",
                ours=f"{statistics.median(values):.2f} ms",
                peer=f"{statistics.median(usual):.2f} ms",
                value=p / bound,
                shown=f"p = {p:.4f}",
                goal="≥ 1 of α/n",
            )
        )
    return rows


def p_value(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided Mann–Whitney U test, normal approximation with the correction for ties (from about 20 each)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks, ties, at = 0.0, 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        mean = (at + 1 + end) / 2
        ranks += mean * sum(1 for each in ranked[at:end] if each[1] == 0)
        ties += (end - at) ** 3 - (end - at)
        at = end
    n, m = len(one), len(other)
    total = n + m
    u = ranks - n * (n + 1) / 2
    variance = n * m / 12 * ((total + 1) - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = (abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(max(0.0, z) / math.sqrt(2))
