"""憑證作業環境檢查: each check really checks, each fix really fixes (SPEC A13)."""

from certcenter_helper.core.environment.report import CHECKS, check_environment, fix, fix_all

__all__ = ["CHECKS", "check_environment", "fix", "fix_all"]
