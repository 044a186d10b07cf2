"""The whole table: 目前您的電腦環境狀態, then one row for each check; 變更設定 and 全部變更設定."""

import platform
import sys
from importlib.metadata import version
from typing import Final

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.environment.disk import DISK
from certcenter_helper.core.environment.keys import KEYS
from certcenter_helper.core.environment.network import NETWORK
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.texts import text
from certcenter_helper.core.values import EnvironmentReport, Fact, Fixed
from certcenter_helper.core.work import Cancel, Progress, Stage, Step

CHECKS: Final = (*DISK, *NETWORK, *KEYS)


def check_environment(desk: Desk, *, progress: Progress, cancel: Cancel) -> EnvironmentReport:
    """Run all checks, one after the other."""
    rows = []
    for number, check in enumerate(CHECKS):
        cancel.check()
        progress(Step(Stage.CHECKING, number * 100 // len(CHECKS)))
        rows.append(check.row(desk))
    progress(Step(Stage.DONE, 100))
    return EnvironmentReport(machine=machine(), rows=tuple(rows))


def fix(desk: Desk, key: str) -> Fixed:
    """變更設定: mend one row and look again."""
    check = next((each for each in CHECKS if each.key == key), None)
    if check is None or check.mend is None:
        raise HelperError(Kind.INPUT, "not-fixable", text("Only you can change this."), detail=key)
    try:
        restart = check.mend(desk)
    except OSError as error:
        raise HelperError(
            Kind.STORE, "fix-failed", text("The setting could not be changed."), detail=str(error)
        ) from error
    return Fixed(row=check.row(desk), restart=restart)


def fix_all(desk: Desk) -> tuple[Fixed, ...]:
    """全部變更設定: every row that can be mended and needs it."""
    return tuple(fix(desk, check.key) for check in CHECKS if check.mend and check.row(desk).fixable)


def machine() -> tuple[Fact, ...]:
    """目前您的電腦環境狀態; the shell adds its screen."""
    import cryptography
    from cryptography.hazmat.backends.openssl import backend

    return (
        Fact(key="os", name=text("Operating system"), value=f"{platform.system()} {platform.release()}"),
        Fact(key="machine", name=text("Processor"), value=platform.machine()),
        Fact(key="helper", name=text("Helper"), value=version("certcenter-helper")),
        Fact(key="python", name=text("Python"), value=sys.version.partition(" ")[0]),
        Fact(
            key="crypto",
            name=text("Cryptography"),
            value=f"cryptography {cryptography.__version__}, {backend.openssl_version_text()}",
        ),
    )
