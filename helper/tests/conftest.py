"""A home folder of its own for each test, and one language."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.home import Home, Known
from certcenter_helper.core.texts import use_language
from certcenter_helper.core.values import House


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The helper's folder."""
    monkeypatch.setenv("CERTCENTER_HELPER_HOME", str(tmp_path / "家"))
    use_language("en")
    yield tmp_path / "家"
    use_language("en")


def policy(slug: str, *, place: str = "helper") -> dict[str, object]:
    """As much of a policy as the tests without a centre need."""
    word = {"word": "word", "label": "label", "advice": "advice", "code": None}
    host = ("none", "awaiting", "valid", "expiring", "expired", "suspended", "revoked")
    client = ("none", "exportable", "absent", "mismatch", "invalid", "key_only")
    return {
        "institution": {
            "slug": slug, "profile": "helper", "name": "Example", "centre_name": "Centre", "test_environment": True,
        },
        "key": {
            "place": place, "folder": "BTS", "default_type": "p256",
            "password": {"min_length": 4, "max_length": 10, "text": "4 to 10 letters and digits"},
        },
        "security": {
            "choices": ["1", "2", "3"], "default": "2", "asked_at": ["apply"], "note": "note",
            "labels": {each: {"label": f"label {each}", "explained": f"explained {each}"} for each in "123"},
        },
        "export": {"allowed": True, "name_changeable": False, "password": "new-twice", "compatible_allowed": True},
        "repair": {"mode": "self-service", "note": ""},
        "revocation": {"online": "revoke", "notice": ""},
        "application": {"offer_backup": True, "unreachable": ""},
        "menu": {"items": [], "overview_actions": []},
        "statuses": {
            "host": dict.fromkeys(host, word), "client": dict.fromkeys(client, word), "serial_forms": ["hex"],
        },
        "password_centre": {
            "login": {"min_length": 7, "max_length": 10, "text": "7 to 10 letters and digits"},
            "withdrawal": {"min_length": 6, "max_length": 6, "text": "6 letters and digits"},
            "voice_sync": False, "wrong_limit": 3, "final_limit": 6, "reissues_a_day": 5, "link_hours": 24,
            "birth_calendar": "gregorian",
        },
        "recommended": {"clock_skew_seconds": 120},
        "expiring_days": 30,
    }  # fmt: skip


@pytest.fixture
def desk() -> Callable[..., Desk]:
    """`desk(url)`: a computer that knows a centre, whose policy it remembers, and who was there last."""

    def known(url: str = "http://127.0.0.1:9", *, slug: str = "demo", place: str = "helper") -> Desk:
        folder = Home()
        values = policy(slug, place=place)
        for language in ("en", "zh-Hant"):
            folder.keep_policy(slug, language, values)
        there = Known(
            house=House(slug=slug, url=url, name="Example"), identity="A123456789", masked="A123****89"
        )
        folder.remember(there)
        return Desk(folder, there)

    return known
