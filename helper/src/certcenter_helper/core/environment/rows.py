"""What a check is: it looks, says what it saw, and may know how to mend it."""

from collections.abc import Callable
from dataclasses import dataclass

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.texts import text
from certcenter_helper.core.values import CheckResult, CheckRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a check saw: the current value in words, the result, what to do about it."""

    current: str
    result: CheckResult
    advice: str = ""
    recommended: str = ""
    """Where it depends on what was seen; else the check's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of the table.

    Attributes:
        look: looks and says what it saw; raises nothing.
        mend: mends it, and returns what must be restarted (may be empty); None where only a person can.
    """

    key: str
    item: str
    purpose: str
    recommended: str
    look: Callable[[Desk], Seen]
    mend: Callable[[Desk], str] | None = None

    def row(self, desk: Desk) -> CheckRow:
        """Look, and write the row."""
        seen = self.look(desk)
        bad = seen.result in {CheckResult.FAILED, CheckResult.WARNED}
        return CheckRow(
            key=self.key,
            item=text(self.item),
            purpose=text(self.purpose),
            recommended=seen.recommended or text(self.recommended),
            current=seen.current,
            result=seen.result,
            advice=seen.advice,
            fixable=bad and self.mend is not None,
        )


def passed(current: str, **more: str) -> Seen:
    """All is well."""
    return Seen(current=current, result=CheckResult.PASSED, **more)


def warned(current: str, advice: str, **more: str) -> Seen:
    """It works, with a limit that the customer should know."""
    return Seen(current=current, result=CheckResult.WARNED, advice=advice, **more)


def failed(current: str, advice: str, **more: str) -> Seen:
    """Something will not work."""
    return Seen(current=current, result=CheckResult.FAILED, advice=advice, **more)


def unknown(current: str, advice: str = "") -> Seen:
    """Could not be checked."""
    return Seen(current=current, result=CheckResult.UNKNOWN, advice=advice)
