"""Each number of the SPEC that has been delivered has a test that says it is evidence for it (`@pytest.mark.spec`).

The markers are read from the files, so that a test which is skipped on this machine counts and a number that nobody
names is missed at once. Whoever delivers a number adds it here.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]
FOLDERS = ("sdk/tests", "server/tests", "helper/tests", "tests")
DELIVERED = (
    *("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12", "A13", "A14", "A15"),
    *("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10"),
    *("D1", "D3", "D4", "D6", "D7", "D9"),
    *("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E10", "E11"),
    *("F1", "F2", "F3", "F4"),
)


def _marks(path: Path) -> set[str]:
    """The numbers of all `pytest.mark.spec("…")` in a file, on functions, classes, parameters or the module."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    marks = [call for call in calls if ast.unparse(call.func) == "pytest.mark.spec"]
    return {ast.literal_eval(number) for mark in marks for number in mark.args}


@pytest.fixture(scope="module")
def evidence() -> dict[str, list[str]]:
    found = defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((HOUSE / folder).rglob("*.py")):
            for number in _marks(path):
                found[number].append(str(path.relative_to(HOUSE)))
    return found


@pytest.mark.parametrize("number", DELIVERED)
def test_a_delivered_number_has_evidence(number, evidence):
    assert evidence.get(number), f"no test is marked spec({number!r})"


def test_markers_look_like_numbers_of_the_spec(evidence):
    """`D4.1` is a part of D4; a misspelt number would be evidence for nothing."""
    limits = {"A": 15, "B": 10, "C": 5, "D": 9, "E": 12, "F": 4}
    for number, files in evidence.items():
        letter, rest = number[:1], number[1:].partition(".")[0]
        assert letter in limits, (number, files)
        assert 1 <= int(rest) <= limits[letter], (number, files)
