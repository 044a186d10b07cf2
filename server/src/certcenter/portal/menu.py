"""The menu: which entries, in which order and under which words is policy; where they lead is decided here."""

from dataclasses import dataclass

from django.urls import reverse

from certcenter.core.errors import NotFound
from certcenter.core.texts import Text
from certcenter.institutions.policy import Institution, MenuItem
from certcenter.institutions.vocabulary import Function, KeyPlace

#: The page of each function that the portal has. What is missing lives on the desktop or on a token.
PAGES: dict[Function, str] = {
    Function.OVERVIEW: "overview",
    Function.APPLY: "apply",
    Function.RENEW: "renew",
    Function.REVOKE: "revoke",
    Function.REPAIR: "repair",
    Function.IMPORT: "import",
    Function.EXPORT: "export",
    Function.DATA_CHECK: "data-check",
    Function.SECURITY_SETTING: "security-setting",
    Function.ENVIRONMENT_CHECK: "environment",
    Function.PHONE_UPLOAD: "phone-upload",
    Function.SIGN_ORDER: "sign-order",
    Function.PASSWORDS: "passwords",
    Function.ANNOUNCEMENTS: "announcements",
    Function.INSTRUCTIONS: "instructions",
    Function.FAQ: "faq",
    Function.USERS: "users",
    Function.OWN_PASSWORD: "own-password",
    Function.LOGOUT: "logout",
    Function.CLOSE: "logout",  # 關閉視窗: no page may close the customer's window, but it can end the session
}
#: What stands below the menu where the policy offers it outside the menu proper: a company's users act by themselves.
_BESIDE: dict[Function, Text] = {
    Function.USERS: Text(zh="使用者管理", en="Users"),
    Function.OWN_PASSWORD: Text(zh="變更密碼", en="Change password"),
    Function.LOGOUT: Text(zh="登出", en="Sign out"),
}
#: What makes, moves or uses a key of this browser, and so belongs to institutions whose keys live there.
WITH_BROWSER_KEY = frozenset(
    {
        Function.APPLY,
        Function.RENEW,
        Function.REVOKE,
        Function.REPAIR,
        Function.IMPORT,
        Function.EXPORT,
        Function.DATA_CHECK,
    }
)
#: What uses a key of this browser, be it the institution's place for keys or a phone that got one (SPEC A12).
WITH_ANY_BROWSER_KEY = frozenset({Function.SECURITY_SETTING, Function.SIGN_ORDER})
#: A rule is drawn above the first of these: from here on it is not about the certificate.
_APART = (Function.ENVIRONMENT_CHECK, Function.LOGOUT, Function.CLOSE)
#: Pages that belong to an entry without standing in the menu themselves.
_UNDER: dict[str, str] = {
    "apply": "overview",
    "renew": "overview",
    "repair": "overview",
    "security-setting": "overview",
    "sign-order": "overview",
    "phone": "phone-upload",
    "phone-upload": "overview",
    "announcements": "overview",
    "revoked": "revoke",
    "user-reset": "users",
    "user-request": "users",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. `post` entries change something, so they are buttons."""

    label: Text
    url: str
    icon: str
    current: bool
    parted: bool
    post: bool


def has_page(institution: Institution, function: Function) -> bool:
    """Whether `function` is offered by the institution's policy and can be done in a browser there."""
    lives_here = institution.key.place is KeyPlace.BROWSER
    may_come_here = lives_here or institution.menu.offers(Function.PHONE_UPLOAD)
    possible = (lives_here or function not in WITH_BROWSER_KEY) and (
        may_come_here or function not in WITH_ANY_BROWSER_KEY
    )
    return function in PAGES and possible and institution.menu.offers(function)


def require(institution: Institution, function: Function) -> None:
    """Raise NotFound where the institution has no page for `function`."""
    if not has_page(institution, function):
        raise NotFound


def entries(institution: Institution, *, current: str) -> list[Entry]:
    """The menu of `institution` with the entry of the page named `current` marked."""
    beside = [function for function in _BESIDE if function in institution.menu.overview_actions]
    shown = [item for item in institution.menu.items if has_page(institution, item.function)]
    shown += [MenuItem(function=function, label=_BESIDE[function]) for function in beside]
    names = {PAGES[item.function] for item in shown}
    marked = current
    while marked not in names and marked in _UNDER:
        marked = _UNDER[marked]
    return [
        Entry(
            label=item.label,
            url=reverse(PAGES[item.function]),
            icon=Function.LOGOUT.value if item.function is Function.CLOSE else item.function.value,
            current=PAGES[item.function] == marked,
            parted=item.function in (_APART if not beside else beside[:1]),
            post=PAGES[item.function] == "logout",
        )
        for item in shown
    ]
