"""The benchmarks run, in their short form. Their figures are judged by `make bench` alone: a busy machine proves nothing."""

import gzip
import json

import pytest
from bench import load, page, table, timing


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["orders", "ca", "memory", "window"])
def test_script_runs_to_its_rows(name):
    from importlib import import_module

    rows = import_module(f"bench.{name}").run(quick=True)
    assert rows
    assert all(isinstance(each, table.Row) and each.ours for each in rows)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_overview_of_a_filled_database_reads_no_whole_table():
    from bench import overview

    rows = overview.run(quick=True, engines=("sqlite",))
    assert [each.verdict for each in rows if "whole table" in each.name] == ["met"]


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [("≥ 2", 2.0, "met"), ("≥ 2", 1.99, "missed"), ("≤ 30 ms", 30.0, "met"), ("≤ 30 ms", 31.0, "missed"), ("", 1.0, "–")],
)  # fmt: skip
def test_verdict_is_the_goals(goal, value, verdict):
    row = table.row("work", ours="1/s", value=value, goal=goal)
    assert (row.verdict, row.missed) == (verdict, verdict == "missed")


def test_the_ratio_is_of_pairs_not_of_medians():
    # The machine was twice as slow in the second pair, for both: nothing to see.
    assert table.median_ratio([(10, 5), (4, 2), (8, 4)])[2] == 2


def test_pairs_take_turns_at_going_first():
    order = []
    table.interleaved(lambda n: order.append(f"a{n}") or 1.0, lambda n: order.append(f"b{n}") or 1.0, 2)
    assert order == ["a0", "b0", "b1", "a1"]


def test_weight_counts_what_is_imported_at_once_and_nothing_lazy(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "BUILD", tmp_path)
    (tmp_path / "manifest.json").write_text(
        json.dumps({
            "src/pages/a.ts": {"file": "a.js", "imports": ["c"], "dynamicImports": ["lazy"]},
            "c": {"file": "c.js"},
            "lazy": {"file": "lazy.js"},
        })
    )  # fmt: skip
    for name in ("a", "c", "lazy"):
        (tmp_path / f"{name}.js").write_bytes(name.encode() * 1000)
    expected = sum(len(gzip.compress(name.encode() * 1000, 9, mtime=0)) for name in ("a", "c"))
    assert (page.pages(), page.weight("a")) == (["a"], expected)


def test_chunks_of_an_answer():
    assert b"".join(load._chunks(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) == b"abcde"


class TestMannWhitney:
    """The test that judges `bench timing` sees a difference, and none where there is none."""

    def test_the_same_distribution(self):
        values = [float(number % 97) for number in range(500)]
        assert timing.p_value(values, list(reversed(values))) > 0.9

    def test_a_shift_of_a_tenth_of_the_spread_shows_in_a_thousand(self):
        values = [float(number) for number in range(1000)]
        assert timing.p_value([each + 100 for each in values], values) < 0.001

    def test_a_textbook_value(self):
        # Mann and Whitney's U for these is 4 of 64: z = 2.89 with the correction, p = 0.0039.
        low, high = [1, 2, 3, 4, 5, 6, 9, 10], [7, 8, 11, 12, 13, 14, 15, 16]
        assert timing.p_value(low, high) == pytest.approx(0.0039, abs=0.0005)
