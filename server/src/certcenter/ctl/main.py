"""The command group `certcenterctl`. Each command lives in a module of its own and is loaded when it is called."""

import os
from importlib import import_module
from typing import Any

import click

#: Command → (module, function, one line of help). Loaded lazily: `--help` must not start Django.
_COMMANDS = {
    "init": (
        "certcenter.ctl.setup",
        "init",
        "Create database, secrets and CAs; repeat it after an upgrade. 建立資料庫、金鑰與 CA。",
    ),
    "institutions": ("certcenter.ctl.institutions", "institutions", "Check policy files. 檢查機構政策檔。"),
    "customers": (
        "certcenter.ctl.customers",
        "customers",
        "Import customers, set initial passwords. 匯入客戶、設定初始密碼。",
    ),
    "clients": (
        "certcenter.ctl.clients",
        "clients",
        "Programs that may log in without a captcha. 登記可免驗證碼登入的程式。",
    ),
    "staff": ("certcenter.ctl.staff", "staff", "Create staff, unlock a login. 新增行員、解鎖登入。"),
    "ca": ("certcenter.ctl.authorities", "ca", "Show the certificate authorities. 檢視憑證機構。"),
    "mail": ("certcenter.ctl.mail", "mail", "Who signs an institution's mail. 郵件簽章憑證。"),
    "audit": ("certcenter.ctl.history", "audit", "Verify and read the audit trail. 驗證、查閱稽核軌跡。"),
    "evidence": (
        "certcenter.ctl.evidence",
        "evidence",
        "Check the evidence of orders again. 重新驗證委託證據。",
    ),
    "outbox": (
        "certcenter.ctl.letters",
        "outbox",
        "See messages that failed, try them again. 檢視失敗的訊息、重試。",
    ),
    "downloads": (
        "certcenter.ctl.downloads",
        "downloads",
        "Offer the desktop helper's files. 提供憑證小幫手下載檔。",
    ),
    "backup": ("certcenter.ctl.backups", "backup", "Write everything into one file. 備份。"),
    "restore": ("certcenter.ctl.restores", "restore", "Bring a backup back into an empty home. 還原。"),
    "serve": ("certcenter.ctl.processes", "serve", "Run the web server. 啟動網頁伺服器。"),
    "worker": ("certcenter.ctl.processes", "worker", "Run the background worker. 啟動背景工作。"),
    "demo": ("certcenter.ctl.showcase", "demo", "Set up and run the demo. 建立並啟動示範環境。"),
    "tour": (
        "certcenter.ctl.showcase",
        "tour",
        "Walk a certificate's life against a throw-away centre. 走一遍憑證的一生。",
    ),
}
#: A centre without secrets has no settings yet, and a start of Django would put something into the empty home.
_WITHOUT_DJANGO = frozenset({"restore"})


class LazyGroup(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which an operator meets them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module, after Django is set up where it is needed."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, function, _ = _COMMANDS[cmd_name]
        if cmd_name not in _WITHOUT_DJANGO:
            set_up_django()
        command: click.Command = getattr(import_module(module), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands 指令"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in _COMMANDS.items()])


def set_up_django() -> None:
    """Choose the settings by CERTCENTER_MODE (demo unless told otherwise) and start Django's registry."""
    import django

    mode = os.environ.get("CERTCENTER_MODE", "demo")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"certcenter.settings.{mode}")
    django.setup()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="certcenter")
def main(**_: Any) -> None:
    """Operate a Certcenter. 憑證中心管理指令。

    Everything is configured by CERTCENTER_* variables (docs/guides/operator.md);
    state lives below CERTCENTER_HOME. 設定見 CERTCENTER_* 環境變數，資料存於 CERTCENTER_HOME。
    """
