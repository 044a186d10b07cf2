"""The pages of the window, one for each function of a menu. They are imported when they are first opened."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from certcenter_helper.window.pages.base import Page

_PAGES: Final = {
    "login": ("login", "LoginPage"),
    "centre": ("login", "CentrePage"),
    "overview": ("overview", "OverviewPage"),
    "apply": ("obtain", "ApplyPage"),
    "renew": ("obtain", "RenewPage"),
    "redownload": ("repair", "RedownloadPage"),
    "revoke": ("revoke", "RevokePage"),
    "export": ("files", "ExportPage"),
    "import": ("files", "ImportPage"),
    "repair": ("repair", "RepairPage"),
    "data-check": ("repair", "DataCheckPage"),
    "pfx-password": ("settings", "PfxPasswordPage"),
    "security-setting": ("settings", "SecurityPage"),
    "environment-check": ("environment", "EnvironmentPage"),
    "announcements": ("documents", "AnnouncementsPage"),
    "instructions": ("documents", "InstructionsPage"),
    "faq": ("documents", "QuestionsPage"),
    "phone-upload": ("phone", "PhonePage"),
    "sign-order": ("order", "OrderPage"),
}


def opener(function: str) -> type[Any]:
    """The class of a function's page."""
    module, name = _PAGES[function]
    page: type[Page] = getattr(import_module(f"certcenter_helper.window.pages.{module}"), name)
    return page


def is_here(function: str) -> bool:
    """Whether this window has a page for the function: a centre may know more than an older helper."""
    return function in _PAGES or function in {"logout", "close"}
