"""What the window reads of an institution's policy (`GET policy`): names, colours, menu, links, whom to call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certcenter_helper.window.pages import is_here
from certcenter_helper.window.theme import DARK, LIGHT, Tokens


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the menu; `availability` is `always`, `renewal-window` or `opened-by-staff`."""

    function: str
    label: str
    availability: str = "always"


@dataclass(frozen=True, slots=True)
class Link:
    """A way out of the window, into the browser."""

    key: str
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """An institution as its window shows it. All of it is empty before the first visit to its centre."""

    slug: str = ""
    name: str = ""
    centre_name: str = ""
    profile: str = "helper"
    mark: str = ""
    heading: str = ""
    test_environment: bool = False
    portal: str = ""
    password_centre: bool = False
    light: Tokens = LIGHT
    dark: Tokens = DARK
    menu: tuple[Entry, ...] = ()
    overview_actions: frozenset[str] = frozenset()
    links: tuple[Link, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    hours: str = ""
    branch: str = ""
    obtained: str = ""
    """Said when a certificate was applied for and is installed."""
    renewal_notes: tuple[str, ...] = ()
    export_notes: tuple[str, ...] = ()
    """《重要說明》."""
    repair_note: str = ""
    repair_mode: str = "self-service"
    revocation_notice: str = ""
    resend_seconds: int = 60
    tries: int = 3
    patience: tuple[int, int] = (5, 20)
    asked_at: frozenset[str] = frozenset()
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def asks_slip(self) -> bool:
        """Whether applying begins with the slip from the counter (manual M3)."""
        return "slip" in self.extras.get("proofs", ())

    def link(self, key: str) -> Link | None:
        """A link by its key in the policy file, or None."""
        return next((each for each in self.links if each.key == key), None)


def read(policy: Mapping[str, Any] | None) -> Face:
    """Read what is there: an older centre may say less, and a window that knows less still opens."""
    if not policy:
        return Face()
    house, menu = policy["institution"], policy["menu"]
    accents = house.get("accents") or {}
    codes, contact = policy.get("codes", {}), policy.get("contact", {})
    entries = (Entry(each["function"], each["label"], each["availability"]) for each in menu["items"])
    return Face(
        slug=house["slug"],
        name=house["name"],
        centre_name=house["centre_name"],
        profile=house["profile"],
        mark=house["mark"],
        heading=menu["heading"],
        test_environment=house["test_environment"],
        portal=house.get("portal", ""),
        password_centre=bool(
            policy.get("passwords", {}).get("centre", "passwords" in menu["overview_actions"])
        ),
        light=_wear(LIGHT, accents.get("light")),
        dark=_wear(DARK, accents.get("dark")),
        menu=tuple(entry for entry in entries if is_here(entry.function)),
        overview_actions=frozenset(menu["overview_actions"]),
        links=tuple(Link(each["key"], each["label"], each["url"]) for each in policy.get("links", ())),
        lines=tuple((each["label"], each["phone"]) for each in contact.get("lines", ())),
        hours=contact.get("hours", ""),
        branch=contact.get("branch", ""),
        obtained=policy["application"].get("done", ""),
        renewal_notes=tuple(policy.get("renewal", {}).get("notes", ())),
        export_notes=tuple(policy.get("export", {}).get("notes", ())),
        repair_note=policy["repair"]["note"],
        repair_mode=policy["repair"]["mode"],
        revocation_notice=policy["revocation"]["notice"],
        resend_seconds=codes.get("resend_seconds", 60),
        tries=codes.get("tries", 3),
        patience=_pair(policy["application"].get("progress_seconds")),
        asked_at=frozenset(policy["security"]["asked_at"]),
        extras={"proofs": tuple(policy["application"]["proofs"])},
    )


def _pair(value: Any) -> tuple[int, int]:
    return (int(value[0]), int(value[1])) if value else (5, 20)


def _wear(tokens: Tokens, accent: Mapping[str, str] | None) -> Tokens:
    return tokens.wearing(accent["colour"], accent["ink"], accent["soft"]) if accent else tokens
